"""``bridge held`` and ``bridge decide``: what waits for a person, and what the person decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

import click
from rich.markup import escape

from bridge.books import Result
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, money, say, show_json, show_table
from bridge.cli.tax_words import say_question
from bridge.errors import ConfigError
from bridge.model.connections import Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState, Problem
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.money import exponent
from bridge.model.tax_setup import QUESTIONS
from bridge.plugin import StandIn
from bridge.store.api import KeptDocument, UnitOfWork

WAITING = (DeliveryState.HELD, DeliveryState.PARKED)


@click.command()
@click.option("--all", "is_all", is_flag=True, help="Also documents from before the first day of their route.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def held(setup: Setup, *, is_all: bool, as_json: bool) -> int:
    """List what waits: documents that are not booked, vouchers held or parked, each with its reason."""
    with setup.app() as app, app.store.reading() as unit:
        sources = [one.connection_id for one in unit.connections.all() if one.side is Side.SOURCE]
        reasons = {source: unit.documents.reasons(source, DocumentState.HELD) for source in sources}
        left_out = frozenset[str]() if is_all else frozenset[str]({Result.BEFORE_FIRST_DAY})
        documents = [kept for source in sources for kept in _documents(unit, source, reasons[source] - left_out)]
        questions = {
            unit.connections.get(card.route.source).connection_id: card.question
            for card in app.cards()
            if card.question
        }
        ledgers = dict.fromkeys(route.ledger for route in unit.routes.all())
        vouchers = [delivery for ledger in ledgers for delivery in unit.deliveries.with_state(ledger, *WAITING)]
        unknown = _unknown_lines(unit, vouchers)
        said = unit.instructions.of_subjects([one.voucher_id for one in vouchers])
    if as_json:
        asked = list(questions.values())
        show_json({"questions": asked, "documents": documents, "vouchers": vouchers, "unknown_lines": unknown})
        return 0
    if not documents and not vouchers and not questions:
        say("Nothing waits.")
    waiting = Counter(kept.connection_id for kept in documents if kept.state is DocumentState.NEW)
    for connection_id, question in questions.items():
        say_question(question, what=f"{counted(waiting[connection_id], 'document')}: ")
    unasked = [kept for kept in documents if kept.state is DocumentState.HELD or kept.connection_id not in questions]
    if unasked:
        rows = [
            (
                kept.document.identity.external_id,
                money(kept.document.total_minor, kept.document.currency),
                kept.reason or "not booked yet",
                "; ".join(problem.message for problem in kept.problems[:3]),
            )
            for kept in unasked
        ]
        show_table("Documents not in the books", ("document", "total", "reason", "why"), rows, right=("total",))
    if vouchers:
        show_table(
            "Vouchers that wait",
            ("voucher", "state", "reason", "what", "why"),
            [_row(one, _decision(said.get(one.voucher_id, ()))) for one in vouchers],
        )
        say("Decide with: bridge decide VOUCHER|SETTLEMENT release|retry|withdraw --reason '...'")
    for problem in unknown:
        say(f"Unknown type of line, {escape(problem.where)}: {escape(problem.message)}")
    if unknown:
        say(
            'Name it by a rule (kind = "unclassified", words = ..., as_kind = ...) in bridge.toml, then `bridge apply`.'
        )
    if any(left_out & some for some in reasons.values()):
        say("Documents from before the first day of their route are left out: bridge held --all")
    return 0


def _documents(unit: UnitOfWork, source: str, reasons: Collection[str]) -> Sequence[KeptDocument]:
    """What a connection brought that is not booked: new, or held for one of these reasons; by its day."""
    found = [*unit.documents.with_state(source, DocumentState.NEW), *unit.documents.held_for(source, sorted(reasons))]
    return sorted(found, key=lambda kept: (kept.document.closed_at, kept.document.document_id))


def _unknown_lines(unit: UnitOfWork, vouchers: Iterable[Delivery]) -> list[Problem]:
    """What the reader said of the lines for which vouchers wait as unclassified; each once."""
    entry_ids = [one.entry_id for one in vouchers if one.reason == "unclassified"]
    kept_entries = unit.entries.get_many(sorted(set(entry_ids)))
    entries = [kept_entries[entry_id].entry for entry_id in entry_ids]
    documents = dict.fromkeys((entry.document_id, entry.revision) for entry in entries)
    kept = [unit.documents.revision(document_id, revision) for document_id, revision in documents]
    return [problem for one in kept if one is not None for problem in one.problems if problem.blocking]


def _decision(said: Iterable[Instruction]) -> str:
    """What a person said last about a voucher that still waits; empty when nothing."""
    last = max(said, key=lambda one: one.given_at, default=None)
    return f"{last.kind} by {last.by}, with the next sync" if last else ""


def _row(delivery: Delivery, decided: str) -> tuple[str, ...]:
    voucher = delivery.voucher
    name = " ".join(filter(None, (voucher.type, voucher.number))) if voucher else ""
    what = f"{name} of {voucher.dated_on}" if voucher else "cannot be planned yet"
    note = "its route books nothing yet: see above" if delivery.reason in QUESTIONS else delivery.note
    return (delivery.voucher_id, delivery.state, delivery.reason, what, decided or note)


@click.command()
@click.argument("subject")
@click.argument("decision", type=click.Choice([kind.value for kind in InstructionKind]))
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@click.option("--by", help="Who decides; default: you.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="accept only: the day on which it lapses.")
@click.option("--currency", default="", help="book_alone only: the refund's currency.")
@click.option("--gateway", default="", help="book_alone only: who paid it back, as the channel calls them.")
@with_setup
def decide(
    setup: Setup,
    subject: str,
    decision: str,
    reason: str,
    by: str | None,
    until: datetime | None,
    currency: str,
    gateway: str,
) -> int:
    """Decide about a voucher (release, retry, withdraw), a finding (accept, reverse) or a refund (book_alone).

    By its id, the start of it, or a voucher's number; a refund by the channel's id. A settlement's id means all its
    vouchers. The decision is saved with name and reason; `sync` carries it out.
    """
    kind, who = InstructionKind(decision), by or setup.actor
    siblings = 0
    with setup.app() as app:
        if kind is InstructionKind.REVERSE:
            app.decisions.reverse(app.books.finding(subject), by=who, reason=reason)
            given = [subject]
        elif kind is InstructionKind.BOOK_ALONE:
            stand_in = _stand_in(currency, gateway)
            found = app.decisions.book_alone(subject, stand_in, by=who, reason=reason)
            given = [one.document.identity.external_id for one in found]
        else:
            lapses_at = until.replace(tzinfo=UTC) if until else None
            given = [one.subject for one in app.books.decide(kind, subject, by=who, reason=reason, until=lapses_at)]
            siblings = app.others_that_wait(given) if kind is InstructionKind.RELEASE else 0
    for name in given:
        say(f"Saved: {kind} {escape(name)} by {escape(who)}.")
    if siblings:
        say(f"[yellow]{counted(siblings, 'voucher')} of the same settlement still waits[/]: it goes out by half.")
    if kind is not InstructionKind.ACCEPT:
        say("next: bridge sync")
    return 0


def _stand_in(currency: str, gateway: str) -> StandIn:
    """What a person says of an order that nobody can bring. Raises: ConfigError."""
    if not currency or not gateway:
        cause = "needs the currency, and who paid it back"
        next_step = "Say --currency and --gateway, as in --currency GBP --gateway stripe"
        raise ConfigError("book_alone", cause, next_step, code="config.option")
    exponent(currency)
    return StandIn(currency, gateway)
