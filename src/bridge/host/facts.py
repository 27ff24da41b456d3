"""pure: how long a snapshot of a ledger's facts may be planned by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bridge.model.facts import LedgerFacts

YOUNG: Final = timedelta(hours=1)


def is_young(facts: LedgerFacts, now: datetime) -> bool:
    """Whether it was taken within the hour; one from the future (a clock set back) is not believed."""
    return timedelta() <= now - facts.taken_at < YOUNG
