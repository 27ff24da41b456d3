"""How a ledger was last read: what the copies that are kept of it cover."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

import msgspec

_Words = Annotated[str, msgspec.Meta(min_length=1)]


class Unread(msgspec.Struct, frozen=True):
    """A kind of object that a ledger does not let bridge read, as where the company's plan has none of it.

    kind: in the ledger's own word (``Bill``). why: a phrase, the same for as long as it is the same reason. next_step:
    what lets it be read, a sentence. Neither ends in a full stop.
    """

    kind: _Words
    why: _Words
    next_step: _Words


class Listed(msgspec.Struct, frozen=True, order=True):
    """What one of a ledger's lists holds, and what vouchers name: an account, an item, a contact.

    state: what of it changes what is booked when it changes. name: for people.
    """

    kind: str
    ledger_id: str
    state: str = ""
    name: str = ""


class LedgerReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the kept copies of a ledger cover, and since when.

    reader:            the plugin with its version, and the company: what another read is of no use.
    accounts, contacts: by ledger id, sorted: what touches or names one of them is there.
    since_on:          the first day. through: what changed until then is there.
    swept_at:          when the ledger was last read in full; objects, calls: how much that was.
    left:              after that, by route and account, in minor units: what of a balance is not of what was read.
    unread:            by kind, what could not be read the last time: of it nothing is known.
    lists:             what its lists held.
    """

    reader: str
    accounts: tuple[str, ...]
    contacts: tuple[str, ...]
    since_on: date
    through: datetime
    swept_at: datetime
    objects: int
    calls: int
    left: tuple[tuple[str, str, int], ...] = ()
    unread: tuple[Unread, ...] = ()
    lists: tuple[Listed, ...] = ()

    def covers(self, accounts: frozenset[str], contacts: frozenset[str], since_on: date) -> bool:
        """Whether all that is wanted is among it."""
        is_all = accounts.issubset(self.accounts) and contacts.issubset(self.contacts)
        return is_all and self.since_on <= since_on

    def left_of(self, route_id: str) -> dict[str, int]:
        """What is left of balances for a route, by account."""
        return {account: minor for name, account, minor in self.left if name == route_id}

    def with_left_of(self, route_id: str, left: Mapping[str, int]) -> LedgerReading:
        """This, with what is left for one route."""
        others = [one for one in self.left if one[0] != route_id]
        mine = [(route_id, account, minor) for account, minor in left.items() if minor]
        return msgspec.structs.replace(self, left=tuple(sorted([*others, *mine])))
