"""``bridge explain``: from a posting back to its rule, its version, and the channel's own lines."""

from __future__ import annotations

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say, show_json
from bridge.cli.tax_words import in_words
from bridge.desk import Explanation, PostingExplanation
from bridge.desk.wording import WordsOf
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, called
from bridge.model.money import money
from bridge.model.periods import local_day
from bridge.plugin.wording import object_name


@click.command()
@click.argument("entry")
@click.option(
    "--lines", default=5, show_default=True, help="Show at most this many source lines a posting; 0 for none."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def explain(setup: Setup, entry: str, lines: int, *, as_json: bool) -> int:
    """Explain ENTRY: each posting by its tax, its rule, its version and the channel's own lines.

    ENTRY is the channel's id of a settlement or payout, the id or number of an order, a day such as "USD 2026-06-30",
    a voucher's number, or the id of an entry or voucher or the start of it.
    """
    with setup.app() as app:
        found = app.desk.explain(entry, lines=None if as_json else lines)
        if as_json:
            show_json(found)
            return 0
        for one in found:
            _show(one, app.desk.words)
            say("")
    return 0


def _show(found: Explanation, words: WordsOf) -> None:
    booked = found.kept.entry
    say(f"[bold]{escape(booked.narration)}[/], booked on {booked.booked_on} ({escape(found.route.time_zone)})")
    live = "" if found.kept.is_live else " (replaced before it was sent)"
    say(f"  entry {booked.entry_id}, number {booked.number} of its slot{live}, rules version {booked.rule_version}")
    for kept in found.documents:
        document = kept.document
        identity = document.identity
        name = called(identity.kind, identity.external_id, document.title)
        its_id = "" if identity.external_id in name or document.is_reversal else f" ({identity.external_id})"
        say(f"  from {escape(name + its_id)} of {escape(identity.account)}, revision {document.revision}")
        say(f"  {_origin(document)}")
    if found.document_count > len(found.documents):
        say(f"  and {counted(found.document_count - len(found.documents), 'more document')} (--lines)")
    for one in found.postings:
        _show_posting(one, found)
    say("")
    for reason, count, minor in found.excluded:
        lines = counted(count, "line")
        say(f"left out of its entries: {lines}, {money(minor, booked.told_in)} ({escape(reason)})")
    for delivery in found.deliveries:
        voucher = delivery.voucher
        of_ledger = words(delivery.ledger)
        name = object_name(voucher.type, voucher.number, of_ledger) if voucher else "not planned yet"
        state = f"{delivery.state} ({delivery.reason})" if delivery.reason else str(delivery.state)
        where = f", there as {delivery.ref}" if delivery.ref else ""
        say(f"voucher {delivery.voucher_id}: {escape(f'{name}, {state}{where}')}")
        if delivery.state is DeliveryState.HELD and delivery.note:
            say(f"  {escape(delivery.note)}")


def _origin(document: Document) -> str:
    """Who told of a document; of one that bridge wrote itself, on whose word."""
    if document.is_reversal:
        return "written by bridge: a person decided reverse; who and why: bridge audit show"
    return f"read by {document.plugin} {document.plugin_version}; kept as sha256 {document.vault_hash}"


def _show_posting(one: PostingExplanation, found: Explanation) -> None:
    posting, currency, names = one.posting, found.kept.entry.currency, found.order_names
    told_in = found.kept.entry.told_in
    side = "debit" if posting.amount_minor >= 0 else "credit"
    say("")
    amount = money(abs(posting.amount_minor), currency)
    say(f"{posting.number}. {side} {escape(one.account)}: {amount}, {escape(posting.kind)}")
    if tax := in_words(one.tax):
        inside = f", {money(abs(posting.tax_minor), currency)} inside" if posting.tax_minor else ""
        say(f"   tax {escape(tax)}{inside}")
    for ruling in one.rulings:
        by = f"version {ruling.version} by {escape(ruling.author)}" if ruling.version else "bridge"
        say(f"   rule {escape(ruling.rule)} ({by}): {escape(ruling.reason)}")
    for line in one.lines:
        day = local_day(line.occurred_at, found.route.time_zone)
        facts = "  ".join(filter(None, (line.words, names.get(line.order_id, line.order_id), line.sku)))
        say(f"   line {line.key} of {day}: {money(line.amount_minor, told_in)}  {escape(facts)}")
    for line in one.taken_back:
        order = names.get(line.order_id, line.order_id)
        say(f"   takes back line {line.key}: {money(line.amount_minor, told_in)}  {escape(order)}")
    if (more := posting.line_count - len(one.lines) - len(one.taken_back)) > 0:
        say(f"   ... {counted(more, 'more line')} (--lines)")
