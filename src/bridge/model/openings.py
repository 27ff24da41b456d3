"""What accounts held before anything of them is read, as people agreed to it."""

from __future__ import annotations

from datetime import date

import msgspec


class AgreedOpening(msgspec.Struct, frozen=True):
    """What one account of a ledger held at the beginning of a day, in one currency, and who says so.

    account_id: the ledger's own id. since_on: the day; entries are read from it on. minor: debit positive.
    reason: why they agreed.
    """

    ledger: str
    account_id: str
    currency: str
    since_on: date
    minor: int
    by: str
    reason: str
    agreed_on: date
