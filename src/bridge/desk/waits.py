"""Everything that waits as one list: what each thing is, why it waits, by when, who has it, and what may be decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from bridge.books import document_as_seen, finding_as_seen, offered, voucher_as_seen
from bridge.desk.held import Held, what_waits
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
from bridge.model.findings import REISSUED, FindingState, Instruction, InstructionKind, KeptFinding, Severity
from bridge.model.periods import local_day
from bridge.model.reviews import Assignment
from bridge.model.tax_setup import TaxQuestion
from bridge.model.urgency import Urgency, due_on, of_document, of_finding, of_voucher
from bridge.store.api import KeptDocument, Outline, UnitOfWork

ASKS_THE_LEDGER = "Nothing to decide: the next delivery asks the ledger whether it arrived"
_UNCLEAR = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)


class Thing(StrEnum):
    """What sort of thing waits."""

    DOCUMENT = "document"
    VOUCHER = "voucher"
    FINDING = "finding"


class Waiting(msgspec.Struct, frozen=True):
    """One thing that waits.

    subject:   its id. state: where it stands, for people. why: in words. next_step: what leads on.
    since, due_on: since when it waits, and by when it should be seen to.
    decisions: what a person may decide about it. decided: what one did already, to be carried out.
    seen:      a mark that is another once it is not as it is here; empty in a list of all, where nobody decides.
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
    """All of it, as it stood at an instant. unknown_lines: what readers said of lines that nobody has classified."""

    at: datetime
    things: tuple[Waiting, ...]
    questions: tuple[AskedOfRoute, ...]
    unknown_lines: tuple[Problem, ...]


def waits(unit: UnitOfWork, now: datetime, words: WordsOf) -> Waitlist:
    """Everything that waits; asks no ledger. words: see ``wording.WordsOf``. Memory: all of it."""
    held, routes = what_waits(unit, is_all=False), unit.routes.all()
    of_source = {unit.connections.get(route.source).connection_id: route for route in routes}
    findings = [
        kept
        for route in routes
        for kept in unit.findings.of_route(route.route_id, FindingState.OPEN)
        if kept.finding.severity is not Severity.INFO
    ]
    found = [
        *_documents(held, of_source, findings),
        *_vouchers(unit, held, {route.route_id: route for route in routes}, words),
    ]
    listed = {one.subject for one in found}
    found += _findings([kept for kept in findings if kept.finding.subject not in listed], routes)
    assigned = unit.assignments.of_subjects([one.subject for one in found])
    asked = Counter(kept.connection_id for kept in held.documents if _is_asked_of(kept, held))
    return Waitlist(
        now,
        tuple(_with_owner(one, assigned.get(one.subject)) for one in found),
        tuple(
            AskedOfRoute(of_source[connection].name, question, asked[connection])
            for connection, question in held.questions.items()
        ),
        held.unknown_lines,
    )


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
    voucher, is_unclear = delivery.voucher, delivery.state in _UNCLEAR
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


def about(unit: UnitOfWork, subjects: Sequence[str], words: WordsOf) -> tuple[Waiting, ...]:
    """These things as they stand, whether or not they wait for anybody; what is not there is left out."""
    routes, said = unit.routes.all(), unit.instructions.of_subjects(subjects)
    by_id = {route.route_id: route for route in routes}
    of_source = {unit.connections.get(route.source).connection_id: route for route in routes}
    deliveries = unit.deliveries.get_many(subjects)
    entries = unit.entries.outlines(sorted({one.entry_id for one in deliveries.values()}))
    heads = unit.documents.heads(subjects)
    found = [
        *(
            _seen(
                of_delivery(one, by_id[one.route_id], entries[one.entry_id], said.get(name, ()), words),
                voucher_as_seen(one, said.get(name, ())),
            )
            for name, one in deliveries.items()
        ),
        *(
            _seen(of_kept_finding(one, by_id[one.finding.route_id]), finding_as_seen(one))
            for one in unit.findings.of_ids(subjects)
        ),
        *(
            _seen(
                _document(kept[0], of_source[kept[0].connection_id], None),
                document_as_seen(kept[0], said.get(name, ())),
            )
            for name, kept in heads.items()
            if kept[0].connection_id in of_source
        ),
    ]
    assigned = unit.assignments.of_subjects(subjects)
    return tuple(_with_owner(one, assigned.get(one.subject)) for one in found)


def _documents(held: Held, routes: Mapping[str, Route], findings: Iterable[KeptFinding]) -> Iterator[Waiting]:
    """But for those issued again, of which the finding has what may be decided."""
    reissued = {kept.finding.subject.partition("#")[0] for kept in findings if kept.finding.code == REISSUED}
    for kept in held.documents:
        route = routes.get(kept.connection_id)
        if route is not None and kept.document.document_id not in reissued:
            question = held.questions[kept.connection_id] if _is_asked_of(kept, held) else None
            yield _document(kept, route, question)


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


def _vouchers(unit: UnitOfWork, held: Held, routes: Mapping[str, Route], words: WordsOf) -> Iterator[Waiting]:
    failed = {one.voucher_id for one in held.failed}
    deliveries = {one.voucher_id: one for one in (*held.vouchers, *held.unclear, *held.withdrawn, *held.failed)}
    said = unit.instructions.of_subjects(list(deliveries))
    entries = unit.entries.outlines(sorted({one.entry_id for one in deliveries.values()}))
    for delivery in deliveries.values():
        told = said.get(delivery.voucher_id, ())
        one = of_delivery(delivery, routes[delivery.route_id], entries[delivery.entry_id], told, words)
        if delivery.voucher_id in failed:
            step = "Nothing reaches the bank: code no bank line"
            one = msgspec.structs.replace(one, next_step=step, decisions=(), is_patient=True)
        if decided := held.decided.get(delivery.voucher_id):
            one = msgspec.structs.replace(one, decided=decided, is_patient=True)
        yield one


def _findings(findings: Iterable[KeptFinding], routes: Iterable[Route]) -> Iterator[Waiting]:
    by_id = {route.route_id: route for route in routes}
    return (of_kept_finding(kept, by_id[kept.finding.route_id]) for kept in findings)


def _is_asked_of(kept: KeptDocument, held: Held) -> bool:
    """Whether nothing but its route's question keeps a document from being booked."""
    return kept.state is DocumentState.NEW and kept.connection_id in held.questions


def _seen(one: Waiting, mark: str) -> Waiting:
    return msgspec.structs.replace(one, seen=mark)


def _with_owner(one: Waiting, assignment: Assignment | None) -> Waiting:
    if assignment is None:
        return one
    return msgspec.structs.replace(one, owner=assignment.owner, note=assignment.note)
