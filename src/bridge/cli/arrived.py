"""``bridge arrived``: what reached the bank of a payout in another currency, on a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, counted, say, show_json, show_table
from bridge.model.money import money
from bridge.plugin.wording import object_name

if TYPE_CHECKING:  # with HTTP, which help needs none of
    from bridge.model.entries import JournalEntry
    from bridge.work.arriving import Meant


@click.command()
@click.argument("payout")
@click.argument("amount", default="")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which the bank had it.")
@click.option("--fee", default="0", help="What the bank kept of it, in the same currency, where its statement says so.")
@click.option("--take-back", "is_taken_back", is_flag=True, help="Take back what was said.")
@click.option("--reason", default="", help="What it is known from; kept in the audit log. Needed to carry it out.")
@click.option("--by", help="Who says so; default: you.")
@click.option("--sure", "is_sure", is_flag=True, help="It is right, although it is unlike what is usual.")
@click.option("--yes", "is_meant", is_flag=True, help="Carry it out. Without it, only what would be done is shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def arrived(
    setup: Setup,
    payout: str,
    amount: str,
    on: datetime | None,
    fee: str,
    reason: str,
    by: str | None,
    *,
    is_taken_back: bool,
    is_sure: bool,
    is_meant: bool,
    as_json: bool,
) -> int:
    """Say what reached the bank of PAYOUT, in another currency than it was paid in: AMOUNT, such as "1083.20 USD".

    PAYOUT: the channel's id of a payout or settlement. First it is shown what would be booked by it, and what of an
    earlier word would be taken out of the ledger. With --yes it is kept, with name and reason, and booked by; the
    next sync sends it. Said once more, it stands in the place of what was said before.
    """
    from bridge.work.arriving import word_of

    figure, _, currency = amount.partition(" ")
    wanted = None if is_taken_back else word_of(figure, currency, f"{on:%Y-%m-%d}" if on else "", fee)
    with setup.app() as app:
        meant = app.arriving.foresee(payout, wanted, actor=setup.actor)
        if is_meant:
            app.arriving.carry_out(meant, by=by or setup.actor, reason=reason, actor=setup.actor, is_sure=is_sure)
        route = meant.books.paid.route
        titles, words = app.desk.titles(route.name), app.desk.words(route.ledger)
    if as_json:
        show_json(_plain(meant, is_done=is_meant))
    elif is_meant:
        say(f"Kept: {_called(meant)}, by {escape(by or setup.actor)}.")
        if meant.undos:
            say(f"{counted(len(meant.undos), 'voucher')} of what was said before taken out of the ledger.")
        say("next: bridge preview shows what would be sent; bridge sync sends it")
    else:
        _show(meant, titles, words)
    return Exit.WAITS if meant.hindered and not is_meant else Exit.OK


def _called(meant: Meant) -> str:
    one, word = meant.books.paid, meant.books.wanted
    if word is None:
        return f"nothing more is said of {escape(one.name)}"
    fee = f", after a fee of {money(word.fee_minor, word.currency)}" if word.fee_minor else ""
    total = money(one.document.total_minor, one.document.currency)
    got = money(word.amount_minor, word.currency)
    return f"{escape(one.name)} of {total} reached the bank as {got} on {word.on}{fee} ({meant.books.rate})"


def _show(meant: Meant, titles: Mapping[str, str], words: Mapping[str, str]) -> None:
    said = meant.books.paid.said
    say(f"{_called(meant)}.")
    if said is not None:
        say(f"   until now: {money(said.amount_minor, said.currency)} on {said.on}, by {escape(said.by)}")
    for entry in meant.books.entries:
        _show_entry(entry, titles)
    if meant.undos:
        rows = [
            (
                object_name(one.voucher.type, "", words),
                one.voucher.number or one.delivery.ref,
                (one.hindrance and "stays") or one.becomes,
            )
            for one in meant.undos
        ]
        show_table(
            "What would be taken out of the ledger first, and booked anew", ("object", "number", "becomes"), rows
        )
    for one in meant.hindered:
        say(f"[yellow]{escape(one.voucher.number or one.delivery.ref)}[/]: {escape(one.hindrance)}")
    for doubt in meant.books.doubts:
        say(f"[yellow]Is that right?[/] {escape(doubt)}; if it is: --sure")
    say("Nothing is done yet. To do it: the same with --yes and --reason.")


def _show_entry(entry: JournalEntry, titles: Mapping[str, str]) -> None:
    say(f"   {entry.booked_on} {escape(entry.narration)}")
    for one in entry.postings:
        if one.amount_minor:
            say(f"      {escape(titles.get(one.account, one.account))}  {money(one.amount_minor, entry.currency)}")


def _plain(meant: Meant, *, is_done: bool) -> dict[str, object]:
    foreseen = meant.books
    entries = [
        {
            "booked_on": entry.booked_on,
            "currency": entry.currency,
            "narration": entry.narration,
            "postings": [(one.account, one.kind, one.amount_minor) for one in entry.postings],
        }
        for entry in foreseen.entries
    ]
    return {
        "payout": foreseen.paid.document.identity.external_id,
        "route": foreseen.paid.route.name,
        "rate": foreseen.rate,
        "is_done": is_done,
        "doubts": foreseen.doubts,
        "entries": entries,
        "taken_out": [one.delivery.voucher_id for one in meant.undos],
        "hindered": [one.hindrance for one in meant.hindered],
    }
