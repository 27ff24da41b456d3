"""What a fake vendor sends word of: kept until it is told to post it, over real HTTP, to this machine alone."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Mail", "Mailbag"]

_SECONDS = 10
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Mail:
    """One notice on its way. tries: how often it is posted before the vendor gives it up."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    tries: int = 1
    about: str = field(default="")


class Mailbag:
    """Notices in their order. Nothing is posted to any other machine: those are dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Mail] = []

    def put(self, mail: Mail) -> None:
        """Have it posted with the next ``post``."""
        if urlsplit(mail.url).hostname in _LOCAL:
            with self._lock:
                self._waiting.append(mail)

    def post(self) -> list[tuple[Mail, int]]:
        """Post all that wait; what each was answered, 0 where nobody answered. What failed waits for its next try."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        posted = [(mail, _posted(mail)) for mail in waiting]
        with self._lock:
            again = [mail for mail, status in posted if not 200 <= status < 300 and mail.tries > 1]
            self._waiting = [Mail(one.url, one.headers, one.body, one.tries - 1, one.about) for one in again] + (
                self._waiting
            )
        return posted


def _posted(mail: Mail) -> int:
    import requests  # where there is somebody to be told

    try:
        answer = requests.post(
            mail.url, data=mail.body, headers=dict(mail.headers), timeout=_SECONDS, allow_redirects=False
        )
    except requests.RequestException:
        return 0
    return answer.status_code
