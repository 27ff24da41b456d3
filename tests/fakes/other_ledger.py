"""A third kind of ledger, with words nobody has heard before: the host knows of it only what its sink says."""

from __future__ import annotations

from typing import Any

import msgspec

from bridge.model.account_classes import AccountClass
from bridge.plugin import Cure
from tests.drift.firm import Hands

WORDS = {
    AccountClass.BANK: "cash",
    AccountClass.CURRENT_ASSET: "asset",
    AccountClass.INCOME: "income",
    AccountClass.OTHER_INCOME: "gains",
    AccountClass.COST_OF_SALES: "costs",
    AccountClass.EXPENSE: "spending",
}


class OtherLedger(Hands):
    """Its own words for accounts, and a code of its own for a refusal that another account cures."""

    cures = (("other.account", Cure.ACCOUNT), ("other.closed", Cure.PERIOD))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.accounts = tuple(
            msgspec.structs.replace(one, type=WORDS.get(one.account_class, "thing")) for one in self.accounts
        )
