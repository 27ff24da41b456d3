"""``bridge held``: what waits, for whom or for when, and what leads on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say, show_json, show_table, warn_of_the_future
from bridge.cli.tax_words import say_question
from bridge.desk import Held
from bridge.desk.wording import BY_ITSELF, WordsOf, document_name, document_why, patience, voucher_name, voucher_why
from bridge.model.deliveries import Delivery
from bridge.model.documents import AWAITED, Awaits, DocumentState, Problem
from bridge.model.money import money
from bridge.model.reasons import OF_THE_LEDGER, REISSUED, Reason
from bridge.model.tax_setup import TaxQuestion
from bridge.store.api import KeptDocument

PATIENT_SHOWN = 20
_ALONE = {
    Awaits.ORDER: ("order", "--currency GBP --gateway WHO-PAID-IT-BACK "),
    Awaits.DETAILS: ("own answer", ""),
}
_Waiting = TypeVar("_Waiting", KeptDocument, Delivery)


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
        found, times = app.desk.held(is_all=is_all), app.times()
        if as_json:
            show_json(msgspec.to_builtins(found) | {"questions": tuple(found.questions.values())})
        else:
            _show(found, app.desk.words, is_all=is_all)
    warn_of_the_future(times)
    return 0


def _show(found: Held, words: WordsOf, *, is_all: bool) -> None:
    """What asks for a person first; what goes on by itself last, and short."""
    documents, patient = _parted(kept for kept in found.documents if not _is_asked_of(kept, found.questions))
    vouchers, patient_vouchers = _parted(found.vouchers)
    if not any((found.questions, documents, vouchers, found.unclear, found.withdrawn)):
        say("Nothing waits for a person." if patient or patient_vouchers else "Nothing waits.")
    _show_questions(found)
    if documents:
        _show_documents(documents)
    if vouchers:
        _show_vouchers("Vouchers that wait", vouchers, found, words)
        _say_what_leads_on(vouchers)
    if found.unclear:
        rows = [(one.voucher_id, one.state, _when(one), voucher_name(one, words), one.note) for one in found.unclear]
        show_table("Sent, and no clear answer yet", ("voucher", "state", "asked again at", "what", "why"), rows)
        say("Nothing to decide: `bridge deliver` asks the ledger whether they arrived.")
    if found.withdrawn:
        _show_vouchers("Withdrawn by a person: not in the ledger", found.withdrawn, found, words)
        say("To send one after all: bridge decide VOUCHER|SETTLEMENT book_again --reason '...'")
        say("If it was entered by hand, accept its finding in `bridge drift`.")
    if found.failed:
        failed = [(one.voucher_id, voucher_name(one, words), one.note) for one in found.failed]
        title = "Payouts that failed: nothing reaches the bank, so code no bank line"
        show_table(title, ("voucher", "what", "why"), failed)
    _show_unknown(found.unknown_lines)
    _show_patient(patient, patient_vouchers, words, is_all=is_all)
    if found.is_part:
        say("Documents from before the first day of their route are left out: bridge held --all")
    if found.given_up:
        orders = counted(found.given_up, "order")
        say(f"Never paid, and cancelled or failed in the channel, left out: {orders}: bridge held --all")


def _say_what_leads_on(vouchers: Sequence[Delivery]) -> None:
    say("Decide with: bridge decide VOUCHER|SETTLEMENT release|retry|withdraw --reason '...'")
    if any(one.reason == Reason.PILOT_AWAITED for one in vouchers):
        say("To try a route out that waits for its pilot: bridge pilot ROUTE")
    if any(one.reason in OF_THE_LEDGER for one in vouchers):
        say("What waits for the ledger is shown as it was at the last look. To look again: bridge deliver")


def _parted(waiting: Iterable[_Waiting]) -> tuple[list[_Waiting], list[_Waiting]]:
    """What asks for a person, and what goes on by itself."""
    found: tuple[list[_Waiting], list[_Waiting]] = ([], [])
    for one in waiting:
        found[one.reason in BY_ITSELF].append(one)
    return found


def _show_patient(
    documents: Sequence[KeptDocument], vouchers: Sequence[Delivery], words: WordsOf, *, is_all: bool
) -> None:
    rows = [
        (
            "",
            f"{document_name(kept)}, {money(kept.document.total_minor, kept.document.currency)}",
            kept.reason,
            patience(kept),
        )
        for kept in documents
    ]
    rows += [
        (one.voucher_id, voucher_name(one, words), one.reason, one.note or BY_ITSELF[one.reason]) for one in vouchers
    ]
    shown = rows if is_all else rows[:PATIENT_SHOWN]
    if shown:
        show_table("These go on by themselves: nothing to do", ("voucher", "what", "reason", "why"), shown)
    if more := len(rows) - len(shown):
        say(f"... and {more:,} more of that kind: bridge held --all")


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
            document_name(kept),
            money(kept.document.total_minor, kept.document.currency),
            kept.reason or "not booked yet",
            document_why(kept),
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


def _show_vouchers(title: str, vouchers: Sequence[Delivery], found: Held, words: WordsOf) -> None:
    rows = [
        (
            one.voucher_id,
            one.state,
            one.reason,
            voucher_name(one, words),
            found.decided.get(one.voucher_id) or voucher_why(one),
        )
        for one in vouchers
    ]
    show_table(title, ("voucher", "state", "reason", "what", "why"), rows)


def _when(delivery: Delivery) -> str:
    return f"{delivery.due_at:%Y-%m-%d %H:%M} UTC" if delivery.due_at else "the next deliver"
