"""Orders that are read again though nothing says that they changed.

A shop that keeps its orders as posts moves no date for an edit, or for a fee that arrives late: there all that was
placed in the last month is read again once a day. One that keeps them in tables of their own is asked what changed.
Source: WooCommerce 10.5.0, both kinds of shop, recorded.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from bridge.errors import ConfigError, DocumentError
from bridge.plugin import Want
from bridge_woocommerce.client import API, Client

_REACH: Final = timedelta(days=30)


class Sweep(msgspec.Struct, frozen=True):
    """What to read again. at: when the shop was asked how it keeps its orders; None where it did not say."""

    want: Want
    at: datetime | None


def sweep(client: Client, want: Want) -> Sweep | None:
    """All that was placed in the month before a window's end, where it holds a midnight (UTC), in a shop of posts.

    A shop that does not say how it keeps its orders (before 7.1, or for what stands before it) is one of posts.
    Raises: TransientError where it does not answer.
    """
    if want.since.date() == want.until.date():
        return None
    wide = msgspec.structs.replace(want, since=want.until - _REACH)
    try:
        answer = client.get(f"{API}/system_status", _fields="settings.HPOS_enabled")
        status = client.decoded(answer.body, _Status)
    except (ConfigError, DocumentError):
        return Sweep(wide, None)
    return None if status.settings.has_own_tables else Sweep(wide, answer.at)


class _Settings(msgspec.Struct, frozen=True):
    has_own_tables: bool = msgspec.field(name="HPOS_enabled", default=False)


class _Status(msgspec.Struct, frozen=True):
    settings: _Settings = _Settings()
