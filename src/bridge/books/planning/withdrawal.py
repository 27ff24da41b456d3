"""Whether a person has taken a voucher back: what they said outlasts every new look at its settlement."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind


def latest(decisions: Sequence[Instruction]) -> Instruction | None:
    """The decision that counts: the newest."""
    return max(decisions, key=lambda one: one.given_at, default=None)


def is_taken_back(delivery: Delivery, decisions: Sequence[Instruction]) -> bool:
    """Withdrawn by a person, or about to be: books or delivery have yet to carry it out.

    A decision about a parked voucher that is older than its parking is spent.
    """
    if delivery.state is DeliveryState.WITHDRAWN:
        return delivery.is_taken_back
    said = latest(decisions)
    if said is None or said.kind is not InstructionKind.WITHDRAW:
        return False
    parked_at = delivery.due_at if delivery.state is DeliveryState.PARKED else None
    return parked_at is None or said.given_at >= parked_at
