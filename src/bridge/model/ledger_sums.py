"""What a ledger itself says its accounts come to: a trial balance on a day, the profit and loss of a period."""

from __future__ import annotations

import msgspec


class LedgerSum(msgspec.Struct, frozen=True):
    """One account's sum: minor units of the company's own currency, debit positive. name: as the ledger calls it."""

    account_id: str
    name: str
    amount_minor: int
