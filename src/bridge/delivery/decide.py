"""Pure: what becomes of a delivery after the ledger said yes, said no, or did not say.

Each function takes the delivery as it stands and returns it as it is to be saved. ``due_at`` says when to come
back to it; of a parked delivery it says when it was parked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

import msgspec

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    InDoubtError,
    PluginError,
    RateLimitedError,
    RejectedError,
    TransientError,
)
from bridge.model.deliveries import LONGEST_ASKED, Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Absent, Cure, LookUp, Present, Unknown

# Doubts in which the vendor itself said nothing about the request. The send that follows bears the same header key,
# so that a vendor that replays gives one object even where the first request lands only then. A doubt under any
# other code was an answer (the header key is used up, say): a repeat of the key would only get that answer again.
_SILENT = frozenset({InDoubtError.code, Reason.INTERRUPTED})
# Refusals whose cure is in the mapping: the old body would be refused again, so the voucher is planned anew.
_BY_MAPPING = (Cure.ACCOUNT, Cure.TAX_CODE)
Cures = Mapping[str, Cure]
NO_CURES: Cures = MappingProxyType({})

MAX_ATTEMPTS = 6
FIRST_WAIT_SECONDS = 5
LONGEST_WAIT_SECONDS = 900
SHORTEST_DOUBT_SECONDS = 30


def intent(delivery: Delivery, now: datetime) -> Delivery:
    """Saved before anything is sent: from here on, silence means doubt."""
    return msgspec.structs.replace(
        delivery,
        state=DeliveryState.SENDING,
        reason=_standing(delivery),
        note="",
        attempts=delivery.attempts + 1,
        sent_at=now,
        due_at=now,
    )


def delivered(delivery: Delivery, copy: LedgerCopy) -> Delivery:
    """The ledger has it."""
    return msgspec.structs.replace(
        delivery, state=DeliveryState.DELIVERED, reason="", note="", due_at=None, ref=copy.ref
    )


def parked(delivery: Delivery, reason: str, note: str, now: datetime) -> Delivery:
    """It waits for a person, or for the period policy."""
    return msgspec.structs.replace(delivery, state=DeliveryState.PARKED, reason=reason, note=note, due_at=now)


def postponed(delivery: Delivery, error: BridgeError, now: datetime) -> Delivery:
    """Still owed, and provably not sent: later again."""
    return _owed(delivery, error.code, str(error), now + wait(delivery, error))


def after_error(
    delivery: Delivery, error: BridgeError, now: datetime, settle_seconds: int, cures: Cures = NO_CURES
) -> Delivery:
    """After a send that raised. cures: what the ledger's plugin says of its refusals, by code.

    Only three kinds of error say that nothing was written: asked to wait or not reached, not let in, refused.
    Everything else, a plugin's own mistake included, leaves open what the ledger did.
    """
    match error:
        case TransientError():
            return postponed(delivery, error, now)
        case AuthorizationError():
            unsent = msgspec.structs.replace(delivery, attempts=delivery.attempts - 1)
            return _owed(unsent, error.code, str(error), now)
        case RejectedError():
            reason = Reason.PERIOD_LOCKED if cures.get(error.code) is Cure.PERIOD else error.code
            return parked(delivery, reason, str(error), now)
        case _:
            return _in_doubt(delivery, error.code, str(error), now + timedelta(seconds=settle_seconds))


def parted(delivery: Delivery, error: BridgeError, now: datetime) -> Delivery:
    """After a refusal of a call that carried several, and named none: at once again, with fewer beside it.

    The ledger has answered to this header key, and may repeat that answer.
    """
    again = msgspec.structs.replace(delivery, round=delivery.round + 1)
    return _owed(again, error.code, str(error), now)


def unproven(delivery: Delivery, error: BridgeError, now: datetime, settle_seconds: int) -> Delivery:
    """After the ledger, or its plugin, has shown for it what is not it."""
    match delivery.state:
        case DeliveryState.SENDING:
            return after_error(delivery, error, now, settle_seconds)
        case DeliveryState.IN_DOUBT:
            return after_look_up(delivery, Unknown(str(error)), now)
        case DeliveryState.OWED:
            return postponed(delivery, error, now)
        case _:
            return parked(delivery, delivery.reason, str(error), now)


def after_conflict(
    delivery: Delivery, error: BridgeError, answer: LookUp, now: datetime, settle_seconds: int
) -> Delivery:
    """After the ledger said that the number is taken, and was asked at once whether by us.

    At the first attempt nobody has sent this voucher before, so an absent key means a stranger. Later on an
    earlier attempt may have landed that the ledger does not find yet: it is asked again.
    """
    if isinstance(answer, Present):
        return delivered(delivery, answer.copy)
    if isinstance(answer, Absent) and delivery.attempts == 1:
        return parked(delivery, Reason.NUMBER_TAKEN, str(error), now)
    return _in_doubt(delivery, Reason.NUMBER_TAKEN, str(error), now + timedelta(seconds=settle_seconds))


def after_interruption(delivery: Delivery, settle_seconds: int) -> Delivery:
    """Found as ``sending`` under a lease that has passed on: whoever sent it did not live to say how it went."""
    assert delivery.sent_at is not None
    due_at = delivery.sent_at + timedelta(seconds=settle_seconds)
    note = f"Its delivery at {delivery.sent_at:%Y-%m-%d %H:%M:%S} UTC was cut off; bridge asks the ledger."
    return _in_doubt(delivery, Reason.INTERRUPTED, note, due_at)


def after_look_up(delivery: Delivery, answer: LookUp, now: datetime) -> Delivery:
    """After asking, once the ledger's time to settle has passed."""
    match answer:
        case Present(copy):
            return delivered(delivery, copy)
        case Unknown(cause):
            note = delivery.note if delivery.reason == Reason.NUMBER_TAKEN else cause
            return _in_doubt(delivery, delivery.reason, note, now + _patience(delivery, now))
        case Absent(deleted=True):
            return parked(delivery, Reason.DELETED, _deleted_note(delivery), now)
        case _ if delivery.reason == Reason.NUMBER_TAKEN:
            return parked(delivery, Reason.NUMBER_TAKEN, delivery.note, now)
        case _ if delivery.attempts >= MAX_ATTEMPTS:
            return parked(delivery, Reason.NEVER_LANDS, _never_note(delivery), now)
        case _:
            due_at = now if delivery.attempts <= 1 else now + _backoff(delivery.attempts)
            again = msgspec.structs.replace(delivery, round=delivery.round + (not _is_silent(delivery.reason)))
            return _owed(again, "", "", due_at)


def instructed(
    delivery: Delivery, instructions: Sequence[Instruction], now: datetime, cures: Cures = NO_CURES
) -> Delivery | None:
    """What a person said about a parked delivery since it was parked; None when nothing.

    A parked voucher is proven absent, so a retry opens a new round: a vendor that stores refusals by header key
    would otherwise repeat the old one. What another account or tax code may cure waits for books to plan it anew.
    """
    latest = _said_last(delivery, instructions)
    if latest is None or latest.kind in {InstructionKind.BOOK_AGAIN, InstructionKind.ADOPT}:
        return None  # the first takes back a withdrawal that was not carried out yet; for the other see ``adopted``
    said = f"{latest.by}: {latest.reason}"
    if latest.kind is InstructionKind.WITHDRAW:
        return msgspec.structs.replace(
            delivery, state=DeliveryState.WITHDRAWN, reason=Reason.WITHDRAWN_PARKED, note=said, due_at=None
        )
    again = msgspec.structs.replace(delivery, round=delivery.round + bool(delivery.attempts), released_by=latest.by)
    if delivery.reason == Reason.ACCOUNT_INACTIVE or cures.get(delivery.reason) in _BY_MAPPING:
        note = f"{said}; the next run plans it anew"
        return msgspec.structs.replace(
            again, state=DeliveryState.HELD, reason=Reason.ACCOUNT_MISSING, note=note, due_at=None
        )
    return _owed(again, "", said, now)


def adopted(delivery: Delivery, instructions: Sequence[Instruction]) -> str:
    """The ledger's id of the object that a parked voucher is, as a person said since; empty where nobody did."""
    latest = _said_last(delivery, instructions)
    return latest.ref if latest is not None and latest.kind is InstructionKind.ADOPT else ""


def _said_last(parked: Delivery, instructions: Sequence[Instruction]) -> Instruction | None:
    kinds = (InstructionKind.RETRY, InstructionKind.WITHDRAW, InstructionKind.BOOK_AGAIN, InstructionKind.ADOPT)
    latest = max((one for one in instructions if one.kind in kinds), key=lambda one: one.given_at, default=None)
    if latest is None or (parked.due_at is not None and latest.given_at < parked.due_at):
        return None
    return latest


def taken_back(owed: Delivery, instructions: Sequence[Instruction]) -> Delivery | None:
    """An owed voucher of which a person has said that it shall not be sent; None where nobody has, or not last."""
    latest = max(instructions, key=lambda one: one.given_at, default=None)
    if latest is None or latest.kind is not InstructionKind.WITHDRAW:
        return None
    said = f"{latest.by}: {latest.reason}"
    return msgspec.structs.replace(
        owed, state=DeliveryState.WITHDRAWN, reason=Reason.WITHDRAWN_PARKED, note=said, due_at=None
    )


def is_overruled(delivery: Delivery) -> bool:
    """Whether a person has said that the same-amount object found is another matter."""
    is_said = delivery.reason in {Reason.SAME_AMOUNT, Reason.ALIKE}
    return is_said and delivery.state is not DeliveryState.PARKED


def is_unlike(owed: Delivery, instructions: Sequence[Instruction], mark: Instruction) -> bool:
    """Whether a person has said, since the ledger was marked, that none of the objects found is this voucher."""
    retried = (one for one in instructions if one.kind is InstructionKind.RETRY)
    return owed.reason == Reason.ALIKE and any(one.given_at > mark.given_at for one in retried)


def is_sent_again(delivery: Delivery) -> bool:
    """Whether a person has said that what was deleted in the ledger shall be sent again.

    What was parked for the likes of it, and never sent from here, was asked about before.
    """
    is_said = delivery.reason == Reason.DELETED or (delivery.reason == Reason.ALIKE and not delivery.attempts)
    return is_said and delivery.state is not DeliveryState.PARKED


def undoing(delivery: Delivery, due_at: datetime) -> Delivery:
    """Saved before it is taken out of the ledger. due_at: when to look, where no answer is saved."""
    return msgspec.structs.replace(delivery, state=DeliveryState.UNDOING, reason="", note="", due_at=due_at)


def kept(undoing: Delivery, note: str) -> Delivery:
    """The ledger kept it."""
    return msgspec.structs.replace(undoing, state=DeliveryState.DELIVERED, reason="", note=note, due_at=None)


def undone(undoing: Delivery, instructions: Sequence[Instruction]) -> Delivery:
    """It is out of the ledger, as a person wanted."""
    said = (one for one in instructions if one.kind is InstructionKind.UNDO)
    latest = max(said, key=lambda one: one.given_at, default=None)  # none, where the clock was set back since
    note = f"{latest.by}: {latest.reason}" if latest else ""
    return msgspec.structs.replace(
        undoing, state=DeliveryState.WITHDRAWN, reason=Reason.UNDONE, note=note, due_at=None, ref=""
    )


def wait(delivery: Delivery, error: BridgeError) -> timedelta:
    """How long to wait: what the ledger asked for, else longer with every attempt; long for a broken plugin."""
    if isinstance(error, RateLimitedError):
        return asked(error)
    if isinstance(error, TransientError):
        return _backoff(delivery.attempts)
    return timedelta(seconds=LONGEST_WAIT_SECONDS)


def asked(error: RateLimitedError) -> timedelta:
    """How long the ledger asked us to wait, but never longer than a day."""
    return timedelta(seconds=min(error.retry_after_seconds, LONGEST_ASKED.total_seconds()))


def _owed(delivery: Delivery, reason: str, note: str, due_at: datetime) -> Delivery:
    reason = _standing(delivery) or reason
    return msgspec.structs.replace(delivery, state=DeliveryState.OWED, reason=reason, note=note, due_at=due_at)


def _in_doubt(delivery: Delivery, reason: str, note: str, due_at: datetime) -> Delivery:
    return msgspec.structs.replace(delivery, state=DeliveryState.IN_DOUBT, reason=reason, note=note, due_at=due_at)


def _standing(delivery: Delivery) -> str:
    """The reasons that outlive a move: an objection overruled stays overruled."""
    return delivery.reason if delivery.reason in {Reason.SAME_AMOUNT, Reason.ALIKE, Reason.DELETED} else ""


def _is_silent(reason: str) -> bool:
    """Whether a doubt came of silence; a plugin's own mistakes are that too, whatever they were."""
    return reason in _SILENT or reason.partition(".")[0] == PluginError.code


def _backoff(attempts: int) -> timedelta:
    doubled = FIRST_WAIT_SECONDS << min(max(attempts - 1, 0), 10)
    return timedelta(seconds=min(doubled, LONGEST_WAIT_SECONDS))


def _patience(delivery: Delivery, now: datetime) -> timedelta:
    """The longer the doubt lasts, the less often it is asked about."""
    lasted = now - delivery.sent_at if delivery.sent_at else timedelta()
    seconds = min(max(lasted // timedelta(seconds=2), SHORTEST_DOUBT_SECONDS), LONGEST_WAIT_SECONDS)
    return timedelta(seconds=seconds)


def _deleted_note(delivery: Delivery) -> str:
    return (
        f"voucher {_name(delivery)}: it was in the ledger and has been deleted there. "
        "Retry it to put it back, or withdraw it."
    )


def _never_note(delivery: Delivery) -> str:
    return (
        f"voucher {_name(delivery)}: sent {delivery.attempts} times without a clear answer, and never arrived; "
        f"the last time: {delivery.note} Look at the ledger's own status, then retry."
    )


def _name(delivery: Delivery) -> str:
    return (delivery.voucher.number or delivery.voucher.key) if delivery.voucher else delivery.voucher_id
