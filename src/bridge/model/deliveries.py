"""Deliveries: getting one voucher into one ledger, there once however often we try. The move table is here."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bridge.errors import InvariantError
from bridge.model.reasons import BY_PERSON
from bridge.model.vouchers import Voucher


class DeliveryState(StrEnum):
    """Where a voucher stands."""

    HELD = "held"
    OWED = "owed"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"
    UNDOING = "undoing"


# The longest that a ledger may ask us to wait; no voucher is due later than that, and a little.
LONGEST_ASKED = timedelta(days=1)
CLOCKS_APART = timedelta(minutes=5)
_S = DeliveryState
NOT_SENT = frozenset({_S.HELD, _S.OWED, _S.PARKED})
MOVES: frozenset[tuple[DeliveryState, DeliveryState]] = frozenset(
    {
        (_S.HELD, _S.OWED),  # books: the reason to hold is gone
        (_S.HELD, _S.WITHDRAWN),  # books: its entry is replaced
        (_S.OWED, _S.HELD),  # books: a reason to hold came up
        (_S.OWED, _S.WITHDRAWN),  # books: its entry is replaced before it was sent
        (_S.OWED, _S.SENDING),  # delivery: intent and key saved
        (_S.OWED, _S.PARKED),  # delivery: a check before sending speaks against it
        (_S.OWED, _S.DELIVERED),  # delivery: found there before it was sent
        (_S.OWED, _S.OWED),  # delivery: a check before sending had no answer; due later
        (_S.SENDING, _S.DELIVERED),  # delivery: the ledger said yes
        (_S.SENDING, _S.OWED),  # delivery: asked to wait, or provably not sent
        (_S.SENDING, _S.IN_DOUBT),  # delivery: no clear answer
        (_S.SENDING, _S.PARKED),  # delivery: the ledger refused
        (_S.IN_DOUBT, _S.DELIVERED),  # delivery: found there
        (_S.IN_DOUBT, _S.OWED),  # delivery: proven absent
        (_S.IN_DOUBT, _S.IN_DOUBT),  # delivery: the ledger did not say; asked again later
        (_S.IN_DOUBT, _S.PARKED),  # delivery: something else stands in its place
        (_S.PARKED, _S.OWED),  # a person, or the period policy
        (_S.PARKED, _S.WITHDRAWN),
        (_S.PARKED, _S.HELD),
        (_S.PARKED, _S.DELIVERED),  # delivery: a person said which object it is
        (_S.WITHDRAWN, _S.OWED),  # books: the person who withdrew it, or another, wants it booked again
        (_S.WITHDRAWN, _S.HELD),
        (_S.DELIVERED, _S.UNDOING),  # delivery: a person wants it out of the ledger again; intent saved
        (_S.UNDOING, _S.WITHDRAWN),  # delivery: it is not in the ledger any more
        (_S.UNDOING, _S.DELIVERED),  # delivery: the ledger keeps it
        (_S.UNDOING, _S.UNDOING),  # delivery: no clear answer; looked at again later
    }
)


def check_move(before: DeliveryState, after: DeliveryState) -> None:
    """Raises: InvariantError when the move table does not know this move."""
    if (before, after) not in MOVES:
        raise InvariantError(
            "delivery", f"may not go from {before} to {after}", "Report this as a bug", code="delivery.move"
        )


class Delivery(msgspec.Struct, frozen=True):
    """One voucher on its way into one ledger.

    voucher:  None while its entry could not be planned yet (an account is missing, a rate is unknown).
    reason:   the stable code of why it is held or parked; note: the sentence for people.
    round:    with the key it makes the vendor's header key. It rises only when the vendor has answered to that key
    (a refusal, a key used up) or another body is sent: a new key gets past the answer the vendor keeps. After
    silence it stays, so that the request that was lost and the one sent after it are one to the vendor.
    due_at:   not before this instant; of a parked one, when it was parked. sent_at: when its latest attempt
    left us. epoch: the lease under which it was last moved. ref: the ledger's own id once delivered.
    """

    voucher_id: str
    entry_id: str
    ledger: str
    route_id: str
    voucher: Voucher | None
    state: DeliveryState
    reason: str = ""
    note: str = ""
    round: int = 0
    attempts: int = 0
    due_at: datetime | None = None
    sent_at: datetime | None = None
    epoch: int = 0
    ref: str = ""
    released_by: str = ""

    @property
    def due_voucher(self) -> Voucher:
        """What is to be sent. Raises: InvariantError where nothing is planned yet."""
        if self.voucher is None:
            raise InvariantError(f"delivery {self.voucher_id}", "is due without a voucher", "Report this as a bug")
        return self.voucher

    @property
    def is_taken_back(self) -> bool:
        """Whether a person withdrew it, and it is not bridge that saw nothing to send."""
        return self.state is DeliveryState.WITHDRAWN and self.reason in BY_PERSON

    def beyond(self, now: datetime) -> datetime | None:
        """A time it bears from a future that no wait of ours reaches, for a clock was wrong once; else None."""
        match self.state:
            case DeliveryState.OWED | DeliveryState.SENDING | DeliveryState.IN_DOUBT | DeliveryState.UNDOING:
                latest = [(self.due_at, LONGEST_ASKED + timedelta(hours=1)), (self.sent_at, CLOCKS_APART)]
            case DeliveryState.PARKED:
                latest = [(self.due_at, CLOCKS_APART)]
            case _:
                latest = []
        return max((at for at, wait in latest if at is not None and at > now + wait), default=None)

    @property
    def header_key(self) -> str:
        """The vendor's idempotency header: the key, and the round that rises only when the vendor has answered."""
        return f"{self.voucher.key if self.voucher else self.voucher_id}-{self.round}"
