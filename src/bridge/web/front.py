"""Where the site stands as browsers know it: its address, its cookies, the ways it leads people on. Pure."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.model.people import LONGEST
from bridge.settings import Settings
from bridge.transport import is_loopback

_HERE: Final = ("localhost", "127.0.0.1", "[::1]")
_AN_HOUR: Final = 3_600
_LONGEST_WAY: Final = 2_000


class Front(msgspec.Struct, frozen=True):
    """url: the site's address, without a slash at its end. hosts: what a request may call it."""

    url: str
    hosts: tuple[str, ...]

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https."""
        return self.url.startswith("https:")

    @property
    def session_cookie(self) -> str:
        """By this prefix a browser takes it from no other host, and by https alone."""
        return "__Host-bridge" if self.is_secure else "bridge"

    @property
    def browser_cookie(self) -> str:
        """What a browser is known by before anybody is signed in."""
        return f"{self.session_cookie}-browser"

    def remember(self, response: Response, name: str, secret: str) -> None:
        """Give a browser a cookie, which no script reads and no other site's form sends."""
        lasts = int(LONGEST.total_seconds()) if name == self.session_cookie else _AN_HOUR
        response.set_cookie(name, secret, max_age=lasts, secure=self.is_secure, httponly=True, samesite="lax")

    def forget(self, response: Response) -> None:
        """Take the session's cookie back."""
        response.delete_cookie(self.session_cookie, secure=self.is_secure, httponly=True, samesite="lax")


def front_of(settings: Settings) -> Front:
    """Where the site stands. Raises: ConfigError ``config.public_url`` for one that other machines would reach."""
    if settings.public_url:
        ours = {urlsplit(url).hostname or "" for url in (settings.public_url, settings.notices_url)} - {""}
        return Front(settings.public_url, (*sorted(ours), *_HERE))
    if not is_loopback(settings.host):
        raise ConfigError(
            f"host {settings.host}",
            "can be reached from other machines, and bridge is not told by which address",
            "Set public_url in [bridge] to the https:// address that browsers use",
            code="config.public_url",
        )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    told = urlsplit(settings.notices_url).hostname  # a proxy may hand on notices alone
    return Front(f"http://{host}:{settings.port}", (host, *_HERE, *((told,) if told else ())))


def own_way(told: str) -> str:
    """A path of this site to lead somebody on to; the start for whatever else is told."""
    is_odd = len(told) > _LONGEST_WAY or "\\" in told or not told.isprintable() or not told.isascii()
    parts = urlsplit("" if is_odd else told)
    is_ours = told.startswith("/") and not told.startswith("//") and not (parts.scheme or parts.netloc)
    return told if parts.path and is_ours else "/"


def address_of(request: Request) -> str:
    """Whom failures are counted for: an address, or the network that one household has."""
    told = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    return told if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))
