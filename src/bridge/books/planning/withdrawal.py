"""What people said of a voucher, and what of it counts: it outlasts every new look at its settlement."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind

_OF_A_PILOT = frozenset({InstructionKind.PILOT, InstructionKind.PILOT_OVER})


def latest(decisions: Sequence[Instruction]) -> Instruction | None:
    """The decision that counts: the newest; whether it is part of a pilot is another matter."""
    own = (one for one in decisions if one.kind not in _OF_A_PILOT)
    return max(own, key=lambda one: one.given_at, default=None)


def is_tried_out(decisions: Sequence[Instruction]) -> bool:
    """Whether it goes out as a part of its route's pilot. decisions: oldest first."""
    said = [one.kind for one in decisions if one.kind in _OF_A_PILOT]
    return said[-1:] == [InstructionKind.PILOT]


def is_wanted_again(delivery: Delivery, decisions: Sequence[Instruction]) -> bool:
    """Withdrawn by a person, who said later that it be booked again: as it was, or as what its document says by now."""
    said = latest(decisions)
    return delivery.is_taken_back and said is not None and said.kind is InstructionKind.BOOK_AGAIN


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
