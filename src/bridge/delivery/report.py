"""What a drain did, what it left, and what stood in its way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from bridge.model.deliveries import DeliveryState

BUSY = "delivery.busy"
LIMIT = "delivery.limit"
PAUSED = "delivery.paused"


class Stop(msgspec.Struct, frozen=True):
    """Why a drain ended before all was done. until: when it may go on; None when not by itself."""

    code: str
    note: str
    until: datetime | None = None


class DrainReport(msgspec.Struct, frozen=True):
    """One drain of one ledger.

    delivered, parked, withdrawn: how many vouchers came to it in this drain.
    standing:    how many of the ledger's vouchers stand in each state now, but for those that have come to rest
                 (delivered, withdrawn): these are history.
    next_due_at: when time alone makes something due again; None when nothing waits for time to pass.
    stopped:     the stable code of why it ended early (another drains it, not let in, asked to wait), else
                 empty; note: the sentence for people. told: what is to be said of the store, where it was restored.
    """

    ledger: str
    delivered: int
    parked: int
    withdrawn: int
    standing: Mapping[DeliveryState, int]
    next_due_at: datetime | None = None
    stopped: str = ""
    note: str = ""
    told: tuple[str, ...] = ()

    def after(self, before: DrainReport) -> DrainReport:
        """This one and the one before it of the same ledger, as one."""
        return msgspec.structs.replace(
            self,
            delivered=before.delivered + self.delivered,
            parked=before.parked + self.parked,
            withdrawn=before.withdrawn + self.withdrawn,
            told=(*before.told, *self.told),
        )

    @property
    def is_cut(self) -> bool:
        """Whether it ended because it was to take no more steps."""
        return self.stopped == LIMIT

    @property
    def waiting(self) -> int:
        """Vouchers owed, whenever they come due."""
        return self.standing.get(DeliveryState.OWED, 0)

    @property
    def in_doubt(self) -> int:
        """Vouchers sent of which it is not known yet whether they arrived."""
        return self.standing.get(DeliveryState.IN_DOUBT, 0) + self.standing.get(DeliveryState.SENDING, 0)

    @property
    def held(self) -> int:
        """Vouchers that wait for a fact or a person before they are owed."""
        return self.standing.get(DeliveryState.HELD, 0)
