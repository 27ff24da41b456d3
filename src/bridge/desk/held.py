"""What waits, for whom or for when: documents that are not booked, and vouchers that are not delivered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bridge.model.connections import Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState, Problem, is_of_words
from bridge.model.findings import FindingState, Instruction, InstructionKind
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion, tax_question
from bridge.store.api import KeptDocument, UnitOfWork

WAITING = (DeliveryState.HELD, DeliveryState.PARKED)
UNCLEAR = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)
FAILED_SHOWN = 5
GIVEN_UP = frozenset({"cancelled", "canceled", "failed", "voided", "expired"})
"""What channels say of an order that most likely nobody will pay; it is booked all the same if somebody does."""


class Held(msgspec.Struct, frozen=True):
    """Everything that waits.

    questions: what must be answered first, by the connection whose documents wait for it. documents: that are not
    booked; unless asked for, not those from before the first day of their route (is_part: such were left out), nor
    orders that were cancelled or failed and never paid (given_up: how many).
    vouchers: for a fact or a person. unclear: sent, without a clear answer. withdrawn: by a person, and not accepted
    as such. failed: transfers of the payouts that failed last. unknown_lines: what the reader said of lines that nobody
    has classified. decided: what a person said last about a voucher, by its id.
    """

    questions: dict[str, TaxQuestion]
    documents: tuple[KeptDocument, ...]
    is_part: bool
    given_up: int
    vouchers: tuple[Delivery, ...]
    unclear: tuple[Delivery, ...]
    withdrawn: tuple[Delivery, ...]
    failed: tuple[Delivery, ...]
    unknown_lines: tuple[Problem, ...]
    decided: dict[str, str]


def what_waits(unit: UnitOfWork, *, is_all: bool) -> Held:
    """Everything that waits, as it stands; asks no ledger.

    is_all: also what is from before the first day of its route, and orders that were given up unpaid.
    """
    asked = ((route.source, tax_question(route, unit.facts.latest(route.ledger))) for route in unit.routes.all())
    questions = {unit.connections.get(source).connection_id: question for source, question in asked if question}
    left_out = frozenset[str]() if is_all else frozenset[str]({Reason.BEFORE_FIRST_DAY})
    sources = [one.connection_id for one in unit.connections.all() if one.side is Side.SOURCE]
    reasons = {source: unit.documents.reasons(source, DocumentState.HELD) for source in sources}
    ledgers = tuple(dict.fromkeys(route.ledger for route in unit.routes.all()))
    vouchers = _with_state(unit, ledgers, *WAITING)
    withdrawn = _withdrawn(unit)
    failed = _with_state(unit, ledgers, DeliveryState.WITHDRAWN, reasons=[Reason.PAYOUT_FAILED])
    said = unit.instructions.of_subjects([one.voucher_id for one in (*vouchers, *withdrawn)])
    documents = [kept for source in sources for kept in _documents(unit, source, reasons[source] - left_out)]
    shown = [kept for kept in documents if is_all or not _is_given_up(kept)]
    return Held(
        questions=questions,
        documents=tuple(shown),
        is_part=any(left_out & some for some in reasons.values()),
        given_up=len(documents) - len(shown),
        vouchers=vouchers,
        unclear=_with_state(unit, ledgers, *UNCLEAR),
        withdrawn=withdrawn,
        failed=failed[-FAILED_SHOWN:],
        unknown_lines=tuple(_unknown_lines(unit, vouchers)),
        decided={one.voucher_id: _decision(one, said.get(one.voucher_id, ())) for one in (*vouchers, *withdrawn)},
    )


def _documents(unit: UnitOfWork, source: str, reasons: Iterable[str]) -> Sequence[KeptDocument]:
    """What a connection brought that is not booked: new, or held for one of these reasons; by its day."""
    found = [*unit.documents.with_state(source, DocumentState.NEW), *unit.documents.held_for(source, sorted(reasons))]
    return sorted(found, key=lambda kept: (kept.document.closed_at, kept.document.document_id))


def _is_given_up(kept: KeptDocument) -> bool:
    """Whether it is an order that was never paid, and that its channel does not wait for any more."""
    return kept.reason == Reason.UNPAID and kept.document.status in GIVEN_UP


def _with_state(
    unit: UnitOfWork, ledgers: Iterable[str], *states: DeliveryState, reasons: Sequence[str] = ()
) -> tuple[Delivery, ...]:
    found = (unit.deliveries.with_state(ledger, *states, reasons=reasons) for ledger in ledgers)
    return tuple(delivery for several in found for delivery in several)


def _withdrawn(unit: UnitOfWork) -> tuple[Delivery, ...]:
    """What people withdrew of entries that stand, but for what was accepted as withdrawn since.

    What moves a payout is listed once a check has found that no bank line is coded in its place.
    """
    told = {
        kept.finding.subject: kept.state
        for route in unit.routes.all()
        for kept in unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
        if kept.finding.code == "drift.withdrawn"
    }
    subjects = dict.fromkeys(one.subject for one in unit.instructions.of_kind(InstructionKind.WITHDRAW))
    taken_back = [one for one in unit.deliveries.get_many(list(subjects)).values() if one.is_taken_back]
    made_from = unit.entries.get_many(sorted({one.entry_id for one in taken_back}))
    found = []
    for one in taken_back:
        kept = made_from[one.entry_id]
        unsaid = FindingState.CLOSED if kept.entry.moves_payout else FindingState.OPEN
        if kept.is_live and told.get(one.voucher_id, unsaid) is FindingState.OPEN:
            found.append(one)
    return tuple(found)


def _unknown_lines(unit: UnitOfWork, vouchers: Iterable[Delivery]) -> list[Problem]:
    """What the reader said of the lines for which vouchers wait as unclassified; each once."""
    entry_ids = [one.entry_id for one in vouchers if one.reason == Reason.UNCLASSIFIED]
    kept_entries = unit.entries.get_many(sorted(set(entry_ids)))
    entries = [kept_entries[entry_id].entry for entry_id in entry_ids]
    revisions = dict.fromkeys((entry.document_id, entry.revision) for entry in entries if entry.document_id)
    heads = unit.documents.heads(list(dict.fromkeys(document_id for document_id, _ in revisions)))
    kept = {(one.document.document_id, one.document.revision): one for several in heads.values() for one in several}
    return [problem for key in revisions for problem in kept[key].problems if is_of_words(problem.code)]


def _decision(delivery: Delivery, said: Iterable[Instruction]) -> str:
    """What a person said last about a voucher that still waits; empty when nothing, or when it was carried out."""
    last = max(
        (one for one in said if one.kind is not InstructionKind.PILOT_OVER), key=lambda one: one.given_at, default=None
    )
    is_spent = delivery.state is DeliveryState.PARKED and delivery.due_at and last and last.given_at < delivery.due_at
    if last is None or is_spent or (delivery.is_taken_back and last.kind is not InstructionKind.BOOK_AGAIN):
        return ""
    return f"{last.kind} by {last.by}, with the next sync"
