"""What a lost HTTP call means: was anything sent, and may something have happened?"""

from __future__ import annotations

from collections.abc import Iterator

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError

from bridge.errors import BridgeError, InDoubtError, UnavailableError
from bridge.transport.redact import address

# Each arises before the first byte of a request leaves: no name, no connection, no tunnel.
_NOT_SENT = (ConnectTimeoutError, NameResolutionError, NewConnectionError, ProxyError)


class ResponseTooLargeError(requests.RequestException):
    """An answer longer than the session takes; the rest was not read."""


def failure_of(error: requests.RequestException, *, thing: str, is_write: bool) -> BridgeError:
    """Our error for a call that brought no whole answer; raise it ``from`` the original.

    Shape:  UnavailableError when provably nothing was sent, and for every read; else InDoubtError, for the request
            may have arrived and been carried out.
    """
    where = address(error.request.url) if error.request is not None and error.request.url else "the far side"
    if any(isinstance(cause, _NOT_SENT) for cause in _causes(error)):
        return UnavailableError(thing, f"no connection to {where}; nothing was sent")
    cause = f"{_words(error)} from {where}"
    return InDoubtError(thing, cause) if is_write else UnavailableError(thing, cause)


def _words(error: requests.RequestException) -> str:
    if isinstance(error, ResponseTooLargeError):
        return "an answer too large to take"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "the connection broke before a whole answer came"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of: ``requests`` wraps ``urllib3``, which keeps a reason."""
    seen: list[BaseException | None] = [error]
    for cause in seen:
        if cause is not None and len(seen) < 20:
            yield cause
            seen += [*(part for part in cause.args if isinstance(part, BaseException)), getattr(cause, "reason", None)]
