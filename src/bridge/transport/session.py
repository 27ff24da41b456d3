"""The one HTTP session: time-outs, limits, declared hosts, encryption, a size cap, one log line a call."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests

from bridge import log
from bridge.clock import Clock
from bridge.errors import PluginError
from bridge.transport.failures import ResponseTooLargeError
from bridge.transport.limits import Budget
from bridge.transport.reach import Reach, ReachAdapter, place_of
from bridge.transport.redact import address

CHUNK_BYTES = 64 * 1024
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # below, it tells queries: signatures among them
_STANDARD = "Authorization"


class HostSession(requests.Session):
    """A ``requests`` session that a plugin, or a vendor's library, cannot use in an unsafe way.

    Hosts:     only declared ones, only by https (or on loopback, or of ``plain_hosts``); redirects are answers, never
               followed. Addresses inside networks only as ``reach`` allows; None: all.
    Sending:   once. Nothing is repeated, but for one case: a 401 says that nothing was done, and if ``renew`` then
               gives another token the request goes out once more.
    Token:     asked of ``bearer`` for every call, never kept, never logged; it replaces what the caller put there, in
               ``token_header``: alone, or as ``Bearer ...`` where that is ``Authorization``.
               Where there is none, ``authorization`` is what goes out in its place: the header of a key, or nothing.
               Neither leaves this machine without encryption.
    Time:      every call has time-outs; a longer one asked for by the caller is cut to ours.
    Size:      an answer is read whole, up to ``max_response_bytes`` after decompression, unless ``stream=True``.
    Machine:   the environment is not consulted (a ``.netrc`` would replace the token); proxies and a private
               certificate authority come from the settings.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        clock: Clock,
        bearer: Callable[[], str] | None = None,
        budget: Budget | None = None,
        *,
        renew: Callable[[str], str] | None = None,
        connect_seconds: float = 10,
        read_seconds: float = 120,
        max_response_bytes: int = 64 * 1024 * 1024,
        user_agent: str = "bridge",
        proxies: Mapping[str, str] | None = None,
        ca_bundle: Path | None = None,
        reach: Reach | None = None,
    ) -> None:
        super().__init__()
        self._reach = reach
        if reach:
            self.mount("https://", ReachAdapter(reach))
            self.mount("http://", ReachAdapter(reach))
        self.trust_env = False
        self.hosts = hosts
        self.clock = clock
        self.bearer = bearer
        self.renew = renew
        self.leaves: Callable[[], None] = lambda: None  # asked of every call, when only sending it is left to do
        self.counted: Callable[[], None] = lambda: None  # told of every call that leaves
        self.answered: Callable[[int], None] = lambda _status: None  # and of how each ended, 0 for without an answer
        self.authorization, self.token_header = "", _STANDARD
        self.plain_hosts: frozenset[str] = frozenset()
        self.budget = budget
        self.timeouts = (connect_seconds, read_seconds)
        self.max_response_bytes = max_response_bytes
        self.user_agent = user_agent
        self.proxies = dict(proxies or {})
        self.verify = str(ca_bundle) if ca_bundle else True
        self._log = log.get("transport")

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send one prepared request under all the rules above.

        Raises: PluginError for an undeclared host or an address without encryption, before anything is sent;
                ConfigError ``connection.address`` for one that is not to be reached, before a byte is sent;
                requests.RequestException when no whole answer came (see ``failure_of``).
        """
        self._check_address(request.url or "")
        token = self.bearer() if self.bearer else ""
        response = self._send_once(request, token, options)
        if response.status_code == 401 and token and self.renew is not None:
            renewed = self.renew(token)
            if renewed != token and not hasattr(request.body, "read"):
                response.close()
                response = self._send_once(request, renewed, options)
        return response

    def _send_once(
        self, request: requests.PreparedRequest, token: str, options: Mapping[str, Any]
    ) -> requests.Response:
        request.headers["User-Agent"] = self.user_agent
        request.headers.pop(_STANDARD, None)
        if _is_private(urlsplit(request.url or "")):
            if token and self.token_header != _STANDARD:
                request.headers[self.token_header] = token
            elif allowed := f"Bearer {token}" if token else self.authorization:
                request.headers[_STANDARD] = allowed
        if self.budget:
            self.budget.take()
        self.leaves()
        timeout = _shorter(options.get("timeout"), self.timeouts)
        sent_at = self.clock.now()
        status = 0
        try:
            self.counted()
            fixed = {"allow_redirects": False, "stream": True, "timeout": timeout}
            response = super().send(request, **{**options, **fixed})
            response.raw = _Capped(response.raw, self.max_response_bytes, response)
            if not options.get("stream"):
                _ = response.content
            status = response.status_code
            if self.budget:
                self.budget.heard(response.headers, sent_at)
        finally:
            self.answered(status)
            self._log.info(
                "call",
                method=request.method,
                address=address(request.url or ""),
                status=status,
                seconds=round((self.clock.now() - sent_at).total_seconds(), 3),
            )
        return response

    def _check_address(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host not in self.hosts:
            raise PluginError(
                f"host {host or url[:40]!r}",
                "the plugin did not declare it, so nothing was sent there",
                "Report this to the plugin's author",
                code="plugin.undeclared_host",
            )
        is_plain = parts.scheme == "http" and host in self.plain_hosts
        if not (is_plain or _is_private(parts)):
            raise PluginError(
                f"address {address(url)}",
                "is not encrypted, so nothing was sent there",
                "Use an https address",
                code="plugin.not_encrypted",
            )
        if self._reach:
            self._reach.check_name(place_of(url))


def is_loopback(host: str) -> bool:
    """Whether a host name can only be this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_private(parts: SplitResult) -> bool:
    """Whether nobody on the way can read what is sent there."""
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _shorter(asked: object, ours: tuple[float, float]) -> tuple[float, float]:
    """The caller's time-outs where they are shorter than ours."""
    pair = asked if isinstance(asked, tuple) else (asked, asked)
    connect, read = (
        min(limit, wanted) if isinstance(wanted, int | float) else limit
        for wanted, limit in zip(pair, ours, strict=True)
    )
    return connect, read


class _Capped:
    """The raw body of an answer, which ends in an error once it is longer than it may be."""

    def __init__(self, raw: Any, most: int, response: requests.Response) -> None:
        self._raw, self._most, self._response = raw, most, response

    def stream(self, amount: int, decode_content: bool = True) -> Iterator[bytes]:
        """Pieces of the decompressed body."""
        read = 0
        for piece in self._raw.stream(min(amount, CHUNK_BYTES), decode_content=decode_content):
            read += len(piece)
            if read > self._most:
                self._raw.close()
                raise ResponseTooLargeError(request=self._response.request, response=self._response)
            yield piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)
