"""Pure: whether an answer is of the connection's own shop, by the links that the shop puts into each.

The scheme, ``www``, the case, the port of the scheme, and what follows the address do not count. A path counts where
the connection names one: shops of one network lie side by side, and a shop may answer below a path of its language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://")
_API = re.compile(r"(/index\.php)?/?(wp-json(/|$)|\?|#).*", re.DOTALL)
_PORT = re.compile(r":(80|443)$")
_WIDE = 80


class Site(msgspec.Struct, frozen=True):
    """An address that shops are told apart by."""

    host: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.host}/{self.path}" if self.path else self.host


def site_of(text: str) -> Site | None:
    """The site that a text names; None for a text that is no address."""
    plain = _SCHEME.sub("", text.strip().casefold(), count=1)
    host, _, path = _API.sub("", plain).partition("/")
    host = _PORT.sub("", host.removeprefix("www."))
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    is_address = "." in host or ":" in host or host == "localhost"
    return Site(host, path.strip("/").removesuffix("index.php").strip("/")) if is_address else None


def stranger(links: Sequence[str], own: Sequence[Site]) -> str:
    """The shop that the links name, where it is none of these; empty when it is, or when nothing can be said."""
    if not own:
        return ""
    for site in map(site_of, links):
        if site is not None and not any(site.host == one.host and one.path in {"", site.path} for one in own):
            return str(site)[:_WIDE]
    return ""
