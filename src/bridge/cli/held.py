"""``bridge held``: what waits, for whom or for when, and what leads on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, money, say, show_json, show_table, warn_of_the_future
from bridge.cli.tax_words import say_question
from bridge.model.connections import Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import AWAITED, Awaits, DocumentKind, DocumentState, Problem, called, is_of_words
from bridge.model.findings import FindingState, Instruction, InstructionKind
from bridge.model.reasons import OF_THE_LEDGER, REISSUED, TAX_QUESTIONS, Reason
from bridge.model.tax_setup import TaxQuestion
from bridge.store.api import KeptDocument, UnitOfWork

WAITING = (DeliveryState.HELD, DeliveryState.PARKED)
UNCLEAR = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)
# Reasons that pass by themselves, with what is said of a document that has no words of its own.
BY_ITSELF: Mapping[str, str] = {
    Reason.HOLD_BACK: "more may come for its day",
    Reason.UNPAID: "not paid: it is booked on the day on which it is",
    Reason.PAYOUT_AWAITED: "booked with the payout that holds it",
    Reason.NOT_PAID: "the bank has not paid it out yet",
}
FAILED_SHOWN, PATIENT_SHOWN = 5, 20
GIVEN_UP = frozenset({"cancelled", "canceled", "failed", "voided", "expired"})
"""What channels say of an order that most likely nobody will pay; it is booked all the same if somebody does."""
_ALONE = {
    Awaits.ORDER: ("order", "--currency GBP --gateway WHO-PAID-IT-BACK "),
    Awaits.DETAILS: ("own answer", ""),
}
_Waiting = TypeVar("_Waiting", KeptDocument, Delivery)


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


@click.command()
@click.option(
    "--all",
    "is_all",
    is_flag=True,
    help="Also documents from before their route began, and all that goes on by itself.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def held(setup: Setup, *, is_all: bool, as_json: bool) -> int:
    """List what waits: documents that are not booked, vouchers held, parked, in doubt or withdrawn, each with why."""
    with setup.app() as app:
        cards = app.cards()
        with app.store.reading() as unit:
            asked = {
                unit.connections.get(card.route.source).connection_id: card.question for card in cards if card.question
            }
            found = _found(unit, asked, is_all=is_all)
        times = app.times()
    if as_json:
        show_json(msgspec.to_builtins(found) | {"questions": tuple(found.questions.values())})
    else:
        _show(found, is_all=is_all)
    warn_of_the_future(times)
    return 0


def _found(unit: UnitOfWork, questions: dict[str, TaxQuestion], *, is_all: bool) -> Held:
    left_out = frozenset[str]() if is_all else frozenset[str]({Reason.BEFORE_FIRST_DAY})
    sources = [one.connection_id for one in unit.connections.all() if one.side is Side.SOURCE]
    reasons = {source: unit.documents.reasons(source, DocumentState.HELD) for source in sources}
    ledgers = tuple(dict.fromkeys(route.ledger for route in unit.routes.all()))
    vouchers = _with_state(unit, ledgers, *WAITING)
    withdrawn = _withdrawn(unit)
    failed = [one for one in _with_state(unit, ledgers, DeliveryState.WITHDRAWN) if one.reason == Reason.PAYOUT_FAILED]
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
        failed=tuple(failed[-FAILED_SHOWN:]),
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


def _with_state(unit: UnitOfWork, ledgers: Iterable[str], *states: DeliveryState) -> tuple[Delivery, ...]:
    return tuple(delivery for ledger in ledgers for delivery in unit.deliveries.with_state(ledger, *states))


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
    found = []
    for one in map(unit.deliveries.get, subjects):
        kept = unit.entries.get(one.entry_id)
        unsaid = FindingState.CLOSED if kept.entry.moves_payout else FindingState.OPEN
        if one.is_taken_back and kept.is_live and told.get(one.voucher_id, unsaid) is FindingState.OPEN:
            found.append(one)
    return tuple(found)


def _unknown_lines(unit: UnitOfWork, vouchers: Iterable[Delivery]) -> list[Problem]:
    """What the reader said of the lines for which vouchers wait as unclassified; each once."""
    entry_ids = [one.entry_id for one in vouchers if one.reason == Reason.UNCLASSIFIED]
    kept_entries = unit.entries.get_many(sorted(set(entry_ids)))
    entries = [kept_entries[entry_id].entry for entry_id in entry_ids]
    documents = dict.fromkeys((entry.document_id, entry.revision) for entry in entries)
    kept = [unit.documents.revision(document_id, revision) for document_id, revision in documents]
    return [problem for one in kept if one is not None for problem in one.problems if is_of_words(problem.code)]


def _decision(delivery: Delivery, said: Iterable[Instruction]) -> str:
    """What a person said last about a voucher that still waits; empty when nothing, or when it was carried out."""
    last = max(said, key=lambda one: one.given_at, default=None)
    is_spent = delivery.state is DeliveryState.PARKED and delivery.due_at and last and last.given_at < delivery.due_at
    if last is None or is_spent or (delivery.is_taken_back and last.kind is not InstructionKind.BOOK_AGAIN):
        return ""
    return f"{last.kind} by {last.by}, with the next sync"


def _show(found: Held, *, is_all: bool) -> None:
    """What asks for a person first; what goes on by itself last, and short."""
    documents, patient = _parted(kept for kept in found.documents if not _is_asked_of(kept, found.questions))
    vouchers, patient_vouchers = _parted(found.vouchers)
    if not any((found.questions, documents, vouchers, found.unclear, found.withdrawn)):
        say("Nothing waits for a person." if patient or patient_vouchers else "Nothing waits.")
    _show_questions(found)
    if documents:
        _show_documents(documents)
    if vouchers:
        _show_vouchers("Vouchers that wait", vouchers, found)
        say("Decide with: bridge decide VOUCHER|SETTLEMENT release|retry|withdraw --reason '...'")
        if any(one.reason in OF_THE_LEDGER for one in vouchers):
            say("What waits for the ledger is shown as it was at the last look. To look again: bridge deliver")
    if found.unclear:
        rows = [(one.voucher_id, one.state, _when(one), _what(one), one.note) for one in found.unclear]
        show_table("Sent, and no clear answer yet", ("voucher", "state", "asked again at", "what", "why"), rows)
        say("Nothing to decide: `bridge deliver` asks the ledger whether they arrived.")
    if found.withdrawn:
        _show_vouchers("Withdrawn by a person: not in the ledger", found.withdrawn, found)
        say("To send one after all: bridge decide VOUCHER|SETTLEMENT book_again --reason '...'")
        say("If it was entered by hand, accept its finding in `bridge drift`.")
    if found.failed:
        failed = [(one.voucher_id, _what(one), one.note) for one in found.failed]
        title = "Payouts that failed: nothing reaches the bank, so code no bank line"
        show_table(title, ("voucher", "what", "why"), failed)
    _show_unknown(found.unknown_lines)
    _show_patient(patient, patient_vouchers, is_all=is_all)
    if found.is_part:
        say("Documents from before the first day of their route are left out: bridge held --all")
    if found.given_up:
        orders = counted(found.given_up, "order")
        say(f"Never paid, and cancelled or failed in the channel, left out: {orders}: bridge held --all")


def _parted(waiting: Iterable[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """What asks for a person, and what goes on by itself."""
    found: tuple[list[_Waiting], list[_Waiting]] = ([], [])
    for one in waiting:
        found[one.reason in BY_ITSELF].append(one)
    return found


def _show_patient(documents: Sequence[KeptDocument], vouchers: Sequence[Delivery], *, is_all: bool) -> None:
    rows = [
        (
            "",
            f"{_name(kept)}, {money(kept.document.total_minor, kept.document.currency)}",
            kept.reason,
            _patience(kept),
        )
        for kept in documents
    ]
    rows += [(one.voucher_id, _what(one), one.reason, one.note or BY_ITSELF[one.reason]) for one in vouchers]
    shown = rows if is_all else rows[:PATIENT_SHOWN]
    if shown:
        show_table("These go on by themselves: nothing to do", ("voucher", "what", "reason", "why"), shown)
    if more := len(rows) - len(shown):
        say(f"... and {more:,} more of that kind: bridge held --all")


def _patience(kept: KeptDocument) -> str:
    """Why it goes on by itself; of an unpaid order also what the channel says of it."""
    status = f" ({kept.document.status})" if kept.reason == Reason.UNPAID and kept.document.status else ""
    words = BY_ITSELF[kept.reason]
    return words.replace("not paid:", f"not paid{status}:")


def _show_unknown(lines: Sequence[Problem]) -> None:
    for problem in lines:
        say(f"Unknown type of line, {escape(problem.where)}: {escape(problem.message)}")
    if lines:
        say(
            'Name it by a rule (kind = "unclassified", words = ..., as_kind = ...) in bridge.toml, then `bridge apply`.'
        )


def _show_questions(found: Held) -> None:
    """What holds whole routes, each with how many documents it keeps from being booked."""
    waiting = Counter(kept.connection_id for kept in found.documents if _is_asked_of(kept, found.questions))
    for connection_id, question in found.questions.items():
        say_question(question, what=f"{counted(waiting[connection_id], 'document')}: ")


def _is_asked_of(kept: KeptDocument, questions: Mapping[str, TaxQuestion]) -> bool:
    """Whether nothing but its route's question keeps a document from being booked."""
    return kept.state is DocumentState.NEW and kept.connection_id in questions


def _show_documents(documents: Sequence[KeptDocument]) -> None:
    rows = [
        (
            _name(kept),
            money(kept.document.total_minor, kept.document.currency),
            kept.reason or "not booked yet",
            "; ".join(problem.message for problem in kept.problems[:3]) or BY_ITSELF.get(kept.reason, ""),
        )
        for kept in documents
    ]
    show_table("Documents not in the books", ("document", "total", "reason", "why"), rows, right=("total",))
    if any(kept.reason in REISSUED for kept in documents):
        say("What was issued again is a finding of `bridge drift`: compare both, correct by hand what is wrong, then")
        say("  bridge decide FINDING accept --reason '...'")
    awaited = {AWAITED.get(kept.reason) for kept in documents}
    for awaits, (what, options) in _ALONE.items():
        if awaits in awaited:
            say(f"Where nobody can bring a refund's {what}, book it as a free amount:")
            say(f"  bridge decide REFUND book_alone {options}--reason '...'")


def _name(kept: KeptDocument) -> str:
    """``refund 88 of order 75``, ``settlement 28500000011``, ``Refund 88 of order #75: reversal``"""
    document = kept.document
    if document.is_reversal:
        return called(document.identity.kind, document.identity.external_id, document.title)
    of = document.order_id if document.identity.kind is not DocumentKind.ORDER else ""
    return f"{document.identity.kind} {document.identity.external_id}{f' of order {of}' if of else ''}"


def _show_vouchers(title: str, vouchers: Sequence[Delivery], found: Held) -> None:
    rows = [
        (one.voucher_id, one.state, one.reason, _what(one), found.decided.get(one.voucher_id) or _why(one))
        for one in vouchers
    ]
    show_table(title, ("voucher", "state", "reason", "what", "why"), rows)


def _why(delivery: Delivery) -> str:
    return "its route books nothing yet: see above" if delivery.reason in TAX_QUESTIONS else delivery.note


def _what(delivery: Delivery) -> str:
    voucher = delivery.voucher
    name = " ".join(filter(None, (voucher.type, voucher.number))) if voucher else ""
    return f"{name} of {voucher.dated_on}" if voucher else "cannot be planned yet"


def _when(delivery: Delivery) -> str:
    return f"{delivery.due_at:%Y-%m-%d %H:%M} UTC" if delivery.due_at else "the next deliver"
