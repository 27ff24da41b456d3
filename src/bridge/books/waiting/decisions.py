"""What people may decide about vouchers, which of those meant a decision fits, and what is said where it fits none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from bridge.books.engine.chains import all_withdrawn
from bridge.books.planning.withdrawal import is_taken_back
from bridge.errors import BridgeError, ConfigError
from bridge.model.deliveries import NOT_SENT, Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.reasons import RELEASABLE
from bridge.plugin.wording import object_name
from bridge.store.api import UnitOfWork

_S = DeliveryState
WordsOf = Callable[[str], Mapping[str, str]]
"""What a ledger calls its objects, by type."""


class Meant(msgspec.Struct, frozen=True):
    """Something a person means: an id, or the beginning of one. seen: as what they saw it; empty where nobody looked.

    ref: of adopt alone, the ledger's id of the object that it is.
    """

    subject: str
    seen: str = ""
    ref: str = ""


class Told(msgspec.Struct, frozen=True):
    """What came of a decision about one thing. instructions: what was said; refusal: why nothing was."""

    meant: Meant
    instructions: tuple[Instruction, ...] = ()
    refusal: BridgeError | None = None


_FITS = {
    InstructionKind.RELEASE: frozenset({_S.HELD}),
    InstructionKind.WITHDRAW: NOT_SENT,
    InstructionKind.RETRY: frozenset({_S.PARKED}),
    InstructionKind.ADOPT: frozenset({_S.PARKED}),
}


def check_ref(kind: InstructionKind, subject: str, ref: str) -> None:
    """Raises: ConfigError where adopt names no object, or something else names one."""
    if (kind is InstructionKind.ADOPT) is not bool(ref.strip()):
        raise ConfigError(
            f"{kind} {subject}",
            "names no object of the ledger" if kind is InstructionKind.ADOPT else "takes no object of the ledger",
            "Say which object a parked voucher is: `bridge decide VOUCHER adopt --ref ID`; `bridge held` tells ids",
        )


def fitting(
    uow: UnitOfWork, kind: InstructionKind, subject: str, meant: Sequence[Delivery], now: datetime, words: WordsOf
) -> list[Delivery]:
    """Those of the vouchers meant that a decision fits. words: what a ledger calls its objects.

    Raises: ConfigError when it fits none, when it is to book again what another entry has taken the place of, or when
            a voucher was parked at a time yet to come: what is decided now would count as said before.
    """
    found = [delivery for delivery in meant if _fits(uow, kind, delivery)]
    if not found:
        raise _refusal(kind, subject, meant, words)
    if kind is InstructionKind.ADOPT and len(found) > 1:
        raise ConfigError(f"adopt {subject}", f"means {len(found)} vouchers", "Name one: an object is one voucher")
    for delivery in found:
        _check_time(delivery, now)
    if kind is InstructionKind.BOOK_AGAIN:
        for delivery in found:
            _check_place(uow, delivery)
    return found


def offered(delivery: Delivery, said: Sequence[Instruction]) -> tuple[InstructionKind, ...]:
    """What a person may decide about a voucher as it stands. said: what people said of it."""
    found = [kind for kind in _FITS if _suits(kind, delivery)]
    return (*found, *((InstructionKind.BOOK_AGAIN,) if is_taken_back(delivery, said) else ()))


def _fits(uow: UnitOfWork, kind: InstructionKind, delivery: Delivery) -> bool:
    if kind is InstructionKind.BOOK_AGAIN:
        return is_taken_back(delivery, uow.instructions.of_subject(delivery.voucher_id))
    return _suits(kind, delivery)


def _suits(kind: InstructionKind, delivery: Delivery) -> bool:
    match kind:
        case InstructionKind.RELEASE if delivery.reason not in RELEASABLE:
            return False
        case _:
            return delivery.state in _FITS[kind]


def _check_time(delivery: Delivery, now: datetime) -> None:
    if delivery.state is _S.PARKED and (at := delivery.beyond(now)):
        raise ConfigError(
            f"voucher {delivery.voucher_id}",
            f"was parked at {at:%Y-%m-%d %H:%M} UTC, which is yet to come: a clock was wrong",
            "Run `bridge clock --put-right`, then decide",
            code="clock.future",
        )


def _check_place(uow: UnitOfWork, delivery: Delivery) -> None:
    """Raises: ConfigError when another entry stands where this one would go, or went out under its key."""
    kept = uow.entries.get(delivery.entry_id)
    others = [
        each
        for each in uow.entries.chain(kept.entry.slot)
        if each.entry.entry_id != kept.entry.entry_id and each.entry.intent_id == kept.entry.intent_id and each.is_live
    ]
    if kept.is_live and all(all_withdrawn(uow.deliveries.of_entry(each.entry.entry_id)) for each in others):
        return
    raise ConfigError(
        f"voucher {delivery.voucher_id}",
        "cannot be booked again: a later entry was made as if this one were in the ledger",
        f"Enter it by hand as `bridge explain {delivery.entry_id}` shows it, and accept its finding",
        code="book_again.overtaken",
    )


def _refusal(kind: InstructionKind, subject: str, meant: Sequence[Delivery], words: WordsOf) -> ConfigError:
    thing = f"voucher {meant[0].voucher_id}" if len(meant) == 1 else f"vouchers of {subject}"
    each = "it is" if len(meant) == 1 else f"all {len(meant)} are" if _are_alike(meant) else "they are"
    standing = ", ".join(dict.fromkeys(map(_standing, meant)))
    return ConfigError(thing, f"{each} {standing}, which {kind} does not fit", _next_step(kind, meant, words))


def _are_alike(meant: Sequence[Delivery]) -> bool:
    return len({_standing(delivery) for delivery in meant}) == 1


def _standing(delivery: Delivery) -> str:
    return f"{delivery.state} ({delivery.reason})" if delivery.reason else str(delivery.state)


def _next_step(kind: InstructionKind, meant: Sequence[Delivery], words: WordsOf) -> str:
    """What leads on from where they stand."""
    states = {delivery.state for delivery in meant}
    if _S.DELIVERED in states and kind is not InstructionKind.RELEASE:
        there = ", ".join(_named(one, words) for one in meant if one.state is _S.DELIVERED)
        return (
            f"It is in the ledger ({there}): `bridge undo` takes it out of there again, and books it again where wanted"
        )
    if states == {_S.DELIVERED}:
        return (
            "Nothing of it waits: it is in the ledger. Where newer content of it waits, `bridge held` lists that as a "
            "document, with what leads on"
        )
    if any(delivery.is_taken_back for delivery in meant):
        return "It was withdrawn by a person: to send it after all, decide book_again"
    if states & {_S.SENDING, _S.IN_DOUBT}:
        return "Run `bridge deliver`: it asks the ledger whether it arrived"
    return "See `bridge held`"


def _named(delivery: Delivery, words: WordsOf) -> str:
    """A delivered voucher as the ledger knows it."""
    voucher = delivery.voucher
    return (
        object_name(voucher.type, voucher.number or delivery.ref, words(delivery.ledger)) if voucher else delivery.ref
    )
