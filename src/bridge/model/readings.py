"""How a ledger was last read: what the copies that are kept of it cover."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class LedgerReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the kept copies of a ledger cover, and since when.

    reader:            the plugin with its version, and the company: what another read is of no use.
    accounts, contacts: by ledger id, sorted: what touches or names one of them is there.
    since_on:          the first day. through: what changed until then is there.
    swept_at:          when the ledger was last read in full; objects, calls: how much that was.
    unexplained:       after that, by account, in minor units: what of a balance no object explains.
    """

    reader: str
    accounts: tuple[str, ...]
    contacts: tuple[str, ...]
    since_on: date
    through: datetime
    swept_at: datetime
    objects: int
    calls: int
    unexplained: tuple[tuple[str, int], ...] = ()

    def covers(self, accounts: frozenset[str], contacts: frozenset[str], since_on: date) -> bool:
        """Whether all that is wanted is among it."""
        is_all = accounts.issubset(self.accounts) and contacts.issubset(self.contacts)
        return is_all and self.since_on <= since_on
