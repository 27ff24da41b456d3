"""Where a pull of orders goes on: what its cursor remembers."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from bridge_shopify.wire import At


class Job(Struct, frozen=True, omit_defaults=True):
    """A bulk operation.

    asked_at:  before which it was not submitted. operation: its id, once that is known.
    offset:    bytes of its file that are read. orders: how many stood in them.
    failed:    how many operations of this window came to nothing before.
    addresses: whether it asks for the countries of addresses.
    """

    asked_at: At
    operation: str = ""
    offset: int = 0
    orders: int = 0
    failed: int = 0
    addresses: bool = True


class Cursor(Struct, frozen=True, omit_defaults=True):
    """Where a pull goes on: in the pages of a search, or in a bulk operation.

    since: of a search that began behind many orders of the window. seen: orders of this search. is_narrow: more at once
    was refused.
    """

    after: str | None = None
    since: At | None = None
    seen: int = 0
    is_narrow: bool = False
    job: Job | None = None

    @property
    def text(self) -> bytes:
        """As the host keeps it; never empty."""
        return msgspec.json.encode(self)


def cursor_of(text: bytes) -> Cursor:
    """What was kept; the beginning where nothing was."""
    return msgspec.json.decode(text, type=Cursor) if text else Cursor()
