"""What waits as one list, a page at a time: what a thing is, why it waits, by when, who has it, what may be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

import msgspec

from bridge.books import document_as_seen, finding_as_seen, offered, voucher_as_seen
from bridge.desk.choosing import PAGE, Paged, Wanted, choice, place, sums
from bridge.desk.held import DECIDABLE, UNCLEAR, Known, decision, is_failed, known, lookout, unknown_lines
from bridge.desk.wording import (
    BY_ITSELF,
    WordsOf,
    document_name,
    document_why,
    patience,
    voucher_name,
    voucher_shortly,
    what_to_do,
)
from bridge.ingest import is_reversible
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import AWAITED, DocumentState, Problem
from bridge.model.entries import Mode, Purpose
from bridge.model.findings import REISSUED, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.periods import local_day
from bridge.model.reasons import Reason
from bridge.model.reviews import Assignment
from bridge.model.tax_setup import TaxQuestion
from bridge.model.urgency import Urgency, due_on, of_document, of_finding, of_voucher
from bridge.model.waiting import GIVEN_UP, Alike, Choice, Group, Lookout, Order, Thing, alike
from bridge.store.api import KeptDocument, Outline, UnitOfWork

ASKS_THE_LEDGER = "Nothing to decide: the next delivery asks the ledger whether it arrived"
NOTHING_REACHES = "Nothing reaches the bank: code no bank line"
_LOOKED_INTO = 20
"""Of vouchers that nobody has classified, so many are looked into."""


class Waiting(msgspec.Struct, frozen=True):
    """One thing that waits.

    subject:   its id. state: where it stands, for people. why: in words. next_step: what leads on.
    since, due_on: since when it waits, and by when it should be seen to.
    decisions: what a person may decide about it. decided: what one did already, to be carried out.
    seen:      a mark that is another once it is not as it is here.
    is_patient: nobody need act: it goes on by itself.
    """

    thing: Thing
    subject: str
    route: str
    name: str
    state: str
    reason: str
    why: str
    next_step: str
    since: datetime
    due_on: date
    urgency: Urgency
    amount_minor: int
    currency: str
    decisions: tuple[InstructionKind, ...] = ()
    decided: str = ""
    seen: str = ""
    is_patient: bool = False
    owner: str = ""
    note: str = ""


class AskedOfRoute(msgspec.Struct, frozen=True):
    """A question that holds a whole route, and how many documents it keeps from being booked."""

    route: str
    question: TaxQuestion
    documents: int


class Waitlist(msgspec.Struct, frozen=True):
    """A page of it, as it stood at an instant, and what there is in all.

    sums: what comes to by currency, and late: how many should have been seen to, of all that is wanted. decisions: that
    may be made about some of that. patient: how many go on by themselves. routes, reasons, owners: what may be asked
    for; reasons each with how many. unknown_lines: the first that readers said of lines that nobody has classified.
    """

    at: datetime
    shown: Paged[Waiting]
    sums: tuple[tuple[str, int], ...]
    late: int
    patient: int
    decisions: frozenset[InstructionKind]
    routes: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]
    owners: tuple[str, ...]
    questions: tuple[AskedOfRoute, ...]
    unknown_lines: tuple[Problem, ...]


class _Found(msgspec.Struct, frozen=True):
    """All that waits, counted. offered: what may be decided about things that wait alike."""

    known: Known
    where: Lookout
    groups: tuple[Group, ...]
    offered: Mapping[Alike, tuple[InstructionKind, ...]]

    def choice(self, wanted: Wanted) -> Choice:
        ids = {route.name: route.route_id for route in self.known.routes.values()}
        fits = tuple(one for one, kinds in self.offered.items() if wanted.decision in kinds)
        return choice(wanted, ids.get(wanted.route, ""), fits if wanted.decision else None)

    def of(self, some: Choice) -> list[Group]:
        return [group for group in self.groups if some.fits(group)]


def waits(unit: UnitOfWork, wanted: Wanted, number: int, now: datetime, words: WordsOf) -> Waitlist:
    """A page of what waits; asks no ledger. Memory: that page, and what of all is told apart.

    words: see ``wording.WordsOf``.
    """
    found = _counted(unit, now, words)
    some = found.choice(wanted)
    groups, every = found.of(some), found.of(Choice(is_patient=some.is_patient))
    total = sum(group.count for group in groups)
    number, pages = place(number, total)
    named = unit.waits.some(found.where, some, wanted.order, PAGE, (number - 1) * PAGE) if total else ()
    reasons = Counter[str]()
    for group in every:
        reasons[group.reason] += group.count
    return Waitlist(
        at=now,
        shown=Paged(about(unit, [subject for _, subject in named], words, found.known), number, pages, total),
        sums=sums((group.currency, group.minor) for group in groups),
        late=sum(group.count for group in groups if group.is_late),
        patient=sum(group.count for group in found.groups if group.is_patient),
        decisions=frozenset(kind for group in groups for kind in found.offered[alike(group)]),
        routes=tuple(sorted({found.known.routes[group.route_id].name for group in found.groups})),
        reasons=tuple(sorted(reasons.items())),
        owners=tuple(sorted({group.owner for group in found.groups} - {""})),
        questions=tuple(_asked(found)),
        unknown_lines=_unclassified(unit, found),
    )


def chosen(unit: UnitOfWork, wanted: Wanted, most: int, now: datetime, words: WordsOf) -> tuple[tuple[str, ...], int]:
    """The ids of the first of what is wanted, in its order, and how many there are in all."""
    found = _counted(unit, now, words)
    some = found.choice(wanted)
    named = unit.waits.some(found.where, some, wanted.order, most)
    return tuple(subject for _, subject in named), sum(group.count for group in found.of(some))


def _counted(unit: UnitOfWork, now: datetime, words: WordsOf) -> _Found:
    given = known(unit)
    where = lookout(given, (), now, is_all=False, has_findings=True)
    groups = tuple(group for group in unit.waits.groups(where) if group.told != GIVEN_UP)
    alikes = {alike(group): group.one for group in groups}
    each = {one.subject: one.decisions for one in about(unit, list(alikes.values()), words, given)}
    return _Found(given, where, groups, {key: each.get(one, ()) for key, one in alikes.items()})


def _asked(found: _Found) -> Iterator[AskedOfRoute]:
    waiting = Counter[str]()
    for group in found.groups:
        if group.thing is Thing.DOCUMENT and group.reason == DocumentState.NEW:
            waiting[group.route_id] += group.count
    for connection, question in found.known.questions.items():
        route = found.known.of_channel[connection]
        yield AskedOfRoute(route.name, question, waiting[route.route_id])


def _unclassified(unit: UnitOfWork, found: _Found) -> tuple[Problem, ...]:
    """What readers said of the lines for which some vouchers wait."""
    some = Choice(reason=Reason.UNCLASSIFIED, thing=Thing.VOUCHER)
    if not found.of(some):
        return ()
    named = unit.waits.some(found.where, some, Order.OLDEST, _LOOKED_INTO)
    return tuple(unknown_lines(unit, unit.deliveries.get_many([subject for _, subject in named]).values()))


def finding_decisions(kept: KeptFinding) -> tuple[InstructionKind, ...]:
    """What a person may decide about a finding."""
    finding = kept.finding
    if kept.state is FindingState.CLOSED:
        return ()
    return (
        *(() if finding.binding else (InstructionKind.ACCEPT,)),
        *((InstructionKind.REVERSE,) if is_reversible(finding.code) else ()),
        *((InstructionKind.SUPPLEMENT,) if finding.code == REISSUED else ()),
    )


def of_delivery(
    delivery: Delivery, route: Route, entry: Outline, said: Sequence[Instruction], words: WordsOf
) -> Waiting:
    """A voucher as it waits. said: what people said of it."""
    voucher, is_unclear = delivery.voucher, delivery.state in UNCLEAR
    since = delivery.due_at if delivery.state is DeliveryState.PARKED and delivery.due_at else entry.made_at
    is_of_payout = entry.mode is Mode.PAYOUT or entry.purpose in {Purpose.BANK, Purpose.BOUNCED}
    urgency = of_voucher(delivery.reason, is_of_payout=is_of_payout)
    return Waiting(
        thing=Thing.VOUCHER,
        subject=delivery.voucher_id,
        route=route.name,
        name=voucher_name(delivery, words) if voucher else f"{entry.narration} of {entry.booked_on}",
        state=str(delivery.state).replace("_", " "),
        reason=delivery.reason,
        why=voucher_shortly(delivery),
        next_step=ASKS_THE_LEDGER if is_unclear else what_to_do(delivery.reason, delivery.state),
        since=since,
        due_on=due_on(urgency, local_day(since, route.time_zone)),
        urgency=urgency,
        amount_minor=voucher.total_minor if voucher else 0,
        currency=voucher.currency if voucher else entry.currency,
        decisions=() if is_unclear else offered(delivery, said),
        is_patient=delivery.reason in BY_ITSELF,
    )


def of_kept_finding(kept: KeptFinding, route: Route) -> Waiting:
    """A finding as it waits."""
    finding = kept.finding
    urgency = of_finding(finding.code)
    return Waiting(
        thing=Thing.FINDING,
        subject=finding.finding_id,
        route=route.name,
        name=finding.title,
        state="finding",
        reason=finding.code,
        why=finding.cause,
        next_step=finding.repair,
        since=kept.first_seen_at,
        due_on=due_on(urgency, local_day(kept.first_seen_at, route.time_zone)),
        urgency=urgency,
        amount_minor=finding.amount_minor,
        currency=finding.currency,
        decisions=finding_decisions(kept),
    )


def about(unit: UnitOfWork, subjects: Sequence[str], words: WordsOf, given: Known | None = None) -> tuple[Waiting, ...]:
    """These things as they stand, whether or not they wait for anybody, in this order; what is not there is left out.

    given: what is known of routes, where somebody has read it already.
    """
    heads, said = unit.documents.heads(subjects), unit.instructions.of_subjects(subjects)
    new = {kept.connection_id for kept, *_ in heads.values() if kept.state is DocumentState.NEW}
    given = given or known(unit, new)
    deliveries = unit.deliveries.get_many(subjects)
    entries = unit.entries.outlines(sorted({one.entry_id for one in deliveries.values()}))
    found = {
        name: _seen(
            _voucher(one, given.routes[one.route_id], entries[one.entry_id], said.get(name, ()), words),
            voucher_as_seen(one, said.get(name, ())),
        )
        for name, one in deliveries.items()
    }
    found |= {
        one.finding.finding_id: _seen(of_kept_finding(one, given.routes[one.finding.route_id]), finding_as_seen(one))
        for one in unit.findings.of_ids(subjects)
    }
    for name, (kept, *_) in heads.items():
        if (route := given.of_channel.get(kept.connection_id)) is not None:
            question = given.questions.get(kept.connection_id) if kept.state is DocumentState.NEW else None
            found[name] = _seen(_document(kept, route, question), document_as_seen(kept, said.get(name, ())))
    assigned = unit.assignments.of_subjects(subjects)
    return tuple(_with_owner(found[name], assigned.get(name)) for name in dict.fromkeys(subjects) if name in found)


def _voucher(delivery: Delivery, route: Route, entry: Outline, said: Sequence[Instruction], words: WordsOf) -> Waiting:
    """With what a person said of it already, and what comes of a payout that failed."""
    one = of_delivery(delivery, route, entry, said, words)
    if is_failed(delivery):
        return msgspec.structs.replace(one, next_step=NOTHING_REACHES, decisions=(), is_patient=True)
    if delivery.state not in DECIDABLE and not delivery.is_taken_back:
        return one
    told = decision(delivery, said)
    return msgspec.structs.replace(one, decided=told, is_patient=True) if told else one


def _document(kept: KeptDocument, route: Route, question: TaxQuestion | None) -> Waiting:
    document = kept.document
    urgency = of_document(document.identity.kind, kept.reason)
    why, next_step, is_patient = _why(kept, question)
    return Waiting(
        thing=Thing.DOCUMENT,
        subject=document.document_id,
        route=route.name,
        name=document_name(kept),
        state="booked" if kept.state is DocumentState.BOOKED else "not booked",
        reason=kept.reason or str(kept.state),
        why=why,
        next_step=next_step,
        since=kept.saved_at,
        due_on=due_on(urgency, local_day(kept.saved_at, route.time_zone)),
        urgency=urgency,
        amount_minor=document.total_minor,
        currency=document.currency,
        decisions=(InstructionKind.BOOK_ALONE,) if kept.reason in AWAITED else (),
        is_patient=is_patient,
    )


def _why(kept: KeptDocument, question: TaxQuestion | None) -> tuple[str, str, bool]:
    """Why a document waits, what leads on, and whether that comes by itself."""
    if question is not None:
        return "its route books nothing yet: see above", "Answer the question of its route", False
    if kept.state is DocumentState.NEW:
        return document_why(kept), "Nothing: the next sync books it", True
    if kept.reason in BY_ITSELF:
        return patience(kept), what_to_do(kept.reason), True
    return document_why(kept), what_to_do(kept.reason), False


def _seen(one: Waiting, mark: str) -> Waiting:
    return msgspec.structs.replace(one, seen=mark)


def _with_owner(one: Waiting, assignment: Assignment | None) -> Waiting:
    if assignment is None:
        return one
    return msgspec.structs.replace(one, owner=assignment.owner, note=assignment.note)
