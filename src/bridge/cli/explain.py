"""``bridge explain``: from a posting back to its rule, its version, and the channel's own lines."""

from __future__ import annotations

import click
from rich.markup import escape

from bridge.books import Explanation, PostingExplanation
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import money, say, show_json


@click.command()
@click.argument("entry")
@click.option(
    "--lines", default=5, show_default=True, help="Show at most this many source lines a posting; 0 for none."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def explain(setup: Setup, entry: str, lines: int, *, as_json: bool) -> int:
    """Explain ENTRY: each posting by its rule, its version and the channel's own lines.

    ENTRY is an entry's or voucher's id or the start of it, a voucher's number, or a settlement's id.
    """
    with setup.app() as app:
        found = app.books.explain(entry, lines=None if as_json else lines)
    if as_json:
        show_json(found)
        return 0
    for one in found:
        _show(one)
        say("")
    return 0


def _show(found: Explanation) -> None:
    booked, document = found.kept.entry, found.document.document
    say(f"[bold]{escape(booked.narration)}[/], booked on {booked.booked_on} ({escape(found.route.time_zone)})")
    live = "" if found.kept.is_live else " (replaced before it was sent)"
    say(f"  entry {booked.entry_id}, number {booked.number} of its slot{live}, rules version {booked.rule_version}")
    say(
        f"  from {document.identity.kind} {escape(document.identity.external_id)} "
        f"of {escape(document.identity.account)}, revision {document.revision}"
    )
    say(f"  read by {document.plugin} {document.plugin_version}; file sha256 {document.vault_hash}")
    for one in found.postings:
        _show_posting(one, booked.currency)
    say("")
    for reason, count, minor in found.excluded:
        say(f"excluded: {count} lines, {money(minor, booked.currency)} ({escape(reason)})")
    for delivery in found.deliveries:
        voucher = delivery.voucher
        name = f"{voucher.type} {escape(voucher.number)}" if voucher else "not planned yet"
        where = f", there as {escape(delivery.ref)}" if delivery.ref else ""
        say(f"voucher {delivery.voucher_id}: {name}, {delivery.state} {escape(delivery.reason)}{where}")


def _show_posting(one: PostingExplanation, currency: str) -> None:
    posting = one.posting
    side = "debit" if posting.amount_minor >= 0 else "credit"
    say("")
    amount = money(abs(posting.amount_minor), currency)
    say(f"{posting.number}. {side} {posting.account} {amount}: {escape(posting.kind)}")
    for ruling in one.rulings:
        by = f"version {ruling.version} by {escape(ruling.author)}" if ruling.version else "bridge"
        say(f"   rule {escape(ruling.rule)} ({by}): {escape(ruling.reason)}")
    for line in one.lines:
        say(f"   line {line.key}: {money(line.amount_minor, currency)}  {escape(line.words)}  {escape(line.order_id)}")
    if posting.line_count > len(one.lines):
        say(f"   ... {posting.line_count - len(one.lines)} more lines (--lines)")
