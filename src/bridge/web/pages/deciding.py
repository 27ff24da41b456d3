"""Deciding about one thing or many: first what would come of each, then, once it is confirmed, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.books import Meant, Told
from bridge.desk import Waiting, sums
from bridge.desk.reviews import latest_lapse
from bridge.errors import ConfigError
from bridge.model.duties import DutyKind
from bridge.model.findings import InstructionKind
from bridge.model.money import exponent
from bridge.plugin import StandIn
from bridge.web.asked import Asked, action
from bridge.work.deciding import ELSEWHERE, Word

AT_ONCE = 500
"""So many things are decided about at once."""
_BY_HALF = frozenset({InstructionKind.RELEASE, InstructionKind.WITHDRAW})
WORDS: Mapping[InstructionKind, str] = {
    InstructionKind.RELEASE: "Release",
    InstructionKind.RETRY: "Retry",
    InstructionKind.WITHDRAW: "Withdraw",
    InstructionKind.ADOPT: "Adopt",
    InstructionKind.BOOK_AGAIN: "Book again",
    InstructionKind.ACCEPT: "Accept",
    InstructionKind.REVERSE: "Reverse",
    InstructionKind.SUPPLEMENT: "Supplement",
    InstructionKind.BOOK_ALONE: "Book alone",
}
EFFECTS: Mapping[InstructionKind, str] = {
    InstructionKind.RELEASE: "goes into the ledger with the next delivery",
    InstructionKind.RETRY: "is sent once more with the next delivery",
    InstructionKind.WITHDRAW: "is not sent, and stays out of the ledger until somebody books it again",
    InstructionKind.ADOPT: "counts as that object of the ledger, and nothing is sent",
    InstructionKind.BOOK_AGAIN: "is planned anew with the next sync, and sent",
    InstructionKind.ACCEPT: "counts as it is, in books and ledger, until it lapses or its facts change",
    InstructionKind.REVERSE: "is taken back in the books with the next sync",
    InstructionKind.SUPPLEMENT: "is followed by the books with supplements, with the next sync",
    InstructionKind.BOOK_ALONE: "is read as a free amount and booked with the next sync",
}


class Outcome(msgspec.Struct, frozen=True):
    """A thing, and what a decision does to it, or why it cannot."""

    thing: Waiting
    told: Told


def foreseen(asked: Asked, subjects: Sequence[str] = (), total: int = 0) -> Response:
    """What a decision would do to each thing that was chosen; nothing is done yet.

    subjects: else those of the form. total: how many were chosen, where these are the first of them.
    """
    kind, subjects = _kind(asked), subjects or asked.fields("thing")
    things = asked.app.desk.about(subjects[:AT_ONCE])
    if not things:
        raise HTTPException(404)
    refs = {InstructionKind.ADOPT: "to be named"}
    meant = [Meant(one.subject, one.seen, refs.get(kind, "")) for one in things]
    outcomes = _outcomes(things, asked.app.deciding.foresee(meant, Word(kind, asked.actor, "")))
    can = [one for one in outcomes if one.told.refusal is None]
    names = [one.thing.subject for one in can]
    return asked.show(
        "foreseen.html",
        kind=kind,
        word=WORDS[kind],
        effect=EFFECTS[kind],
        can=can,
        cannot=[one for one in outcomes if one.told.refusal is not None],
        sums=sums((one.thing.currency, abs(one.thing.amount_minor)) for one in can),
        others=asked.app.desk.siblings(names) if kind in _BY_HALF and names else None,
        left_out=max(0, max(total, len(set(subjects))) - AT_ONCE),
        lapses_on=latest_lapse(asked.app.clock.now()),
        **_asks(kind),
    )


def decided(asked: Asked) -> Response:
    """The decision, about each thing as it was shown; what came of each."""
    kind = _kind(asked)
    meant = [_meant(asked, one) for one in asked.fields("thing")[:AT_ONCE]]
    things = asked.app.desk.about([one.subject for one in meant])
    if not things:
        raise HTTPException(404)
    asked.touches(*(one.route for one in things))
    told = asked.app.deciding.decide_each(meant, _word(asked, kind))
    outcomes = _outcomes(things, told)
    done = [one for one in outcomes if one.told.refusal is None]
    return asked.show(
        "decided.html",
        status=200 if done else 409,
        kind=kind,
        word=WORDS[kind],
        effect=EFFECTS[kind],
        done=done,
        not_done=[one for one in outcomes if one.told.refusal is not None],
        sums=sums((one.thing.currency, abs(one.thing.amount_minor)) for one in done),
        routes=sorted({one.thing.route for one in done}) if kind is not InstructionKind.ACCEPT else [],
    )


def carried_out(asked: Asked) -> Response:
    """Have decisions carried out now: what books and sends these routes is asked for."""
    for route in asked.app.desk.routes():
        if route.name in asked.fields("route"):
            asked.app.asking.ask(DutyKind.SYNC, route.name, actor=asked.actor)
            asked.app.asking.ask(DutyKind.DELIVER, route.ledger, actor=asked.actor)
    return asked.go("waits")


def _kind(asked: Asked) -> InstructionKind:
    wanted = asked.field("decision")
    if wanted not in {kind.value for kind in InstructionKind} - ELSEWHERE:
        raise ConfigError("the decision", "is none that can be made here", "Choose one of those that are offered")
    return InstructionKind(wanted)


def _asks(kind: InstructionKind) -> dict[str, bool]:
    """What must be said beside the reason."""
    return {
        "asks_until": kind is InstructionKind.ACCEPT,
        "asks_ref": kind is InstructionKind.ADOPT,
        "asks_stand_in": kind is InstructionKind.BOOK_ALONE,
    }


def _meant(asked: Asked, packed: str) -> Meant:
    subject, _, seen = packed.partition(" ")
    return Meant(subject, seen or "unseen", asked.field(f"ref {subject}"))


def _word(asked: Asked, kind: InstructionKind) -> Word:
    reason, currency = asked.field("reason").strip(), asked.field("currency").strip().upper()
    if not reason:
        raise ConfigError(f"the decision {kind}", "has no reason", "Say why; it is kept in the audit log")
    if currency:
        exponent(currency)
    stand_in = StandIn(currency, asked.field("gateway").strip())
    return Word(kind, asked.actor, reason, _until(asked.field("until")), stand_in)


def _until(text: str) -> datetime | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as cause:
        raise ConfigError("the day", f"{text[:20]!r} is none", "Write it as 2026-12-31") from cause
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _outcomes(things: Sequence[Waiting], told: Sequence[Told]) -> list[Outcome]:
    by_subject = {one.subject: one for one in things}
    return [Outcome(by_subject[one.meant.subject], one) for one in told if one.meant.subject in by_subject]


PAGES = (
    action("/waits/foreseen", foreseen),
    action("/waits/decided", decided),
    action("/waits/carried-out", carried_out),
)
