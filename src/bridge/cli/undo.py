"""``bridge undo``: takes what was posted out of the ledger, and books it again where that is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, counted, say, show_json, show_table
from bridge.errors import ConfigError
from bridge.model.money import money
from bridge.plugin.wording import object_name

if TYPE_CHECKING:  # with HTTP, which help needs none of
    from bridge.app import App
    from bridge.delivery import Undo
    from bridge.model.deliveries import Delivery
    from bridge.work.undoing import Foreseen


@click.command()
@click.argument("thing")
@click.option("--reason", default="", help="Why; kept in the audit log. Needed to carry it out.")
@click.option("--by", help="Who decides; default: you.")
@click.option("--yes", "is_meant", is_flag=True, help="Carry it out. Without it, only what would be done is shown.")
@click.option(
    "--book-again", "is_again", is_flag=True, help="Let the next sync book it again, as rules and accounts are."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def undo(
    setup: Setup, thing: str, reason: str, by: str | None, *, is_meant: bool, is_again: bool, as_json: bool
) -> int:
    """Take what was posted for a settlement, payout, day, order or voucher out of the ledger again.

    THING: the channel's id of it, a day such as "USD 2026-06-30", or a voucher as `bridge held` and `bridge explain`
    name it. First it is shown what would be deleted or voided, and what hinders it: a match with the bank, a deposit,
    a payment, a closed period.
    With --yes it is done, all or nothing; entries and documents stay in bridge, and the decision in the audit log.
    """
    who = by or setup.actor
    if is_meant and not reason.strip():
        raise ConfigError("undo", "has no reason", "Say why: --reason; it is kept in the audit log")
    with setup.app() as app:
        foreseen = app.taking_out.foresee(thing, actor=setup.actor)
        words = app.desk.words(foreseen.ledger)
        if not foreseen.undos and not is_meant:
            raise foreseen.nothing
        done = _carry_out(app, setup, foreseen, who, reason, is_again=is_again) if is_meant else ()
    if as_json:
        vouchers = [_plain(one) for one in foreseen.undos]
        show_json({"thing": thing, "ledger": foreseen.ledger, "is_done": is_meant, "vouchers": vouchers})
        return Exit.OK if is_meant or not foreseen.hindered else Exit.WAITS
    if not is_meant:
        return _show(foreseen, words)
    say(f"{counted(len(done), 'voucher')} of {escape(thing)} taken out of {escape(foreseen.ledger)} by {escape(who)}.")
    say("next: bridge sync" + (", which books it again" if is_again else ", then bridge drift: delivered stays open"))
    return Exit.OK


def _carry_out(
    app: App, setup: Setup, foreseen: Foreseen, who: str, reason: str, *, is_again: bool
) -> tuple[Delivery, ...]:
    from bridge.delivery import Word

    return app.taking_out.carry_out(foreseen, Word(who, reason, is_again), actor=setup.actor)


def _show(foreseen: Foreseen, words: Mapping[str, str]) -> int:
    rows = [
        (
            object_name(one.voucher.type, "", words),
            one.voucher.number or one.delivery.ref,
            f"{one.voucher.dated_on}",
            money(one.voucher.total_minor, one.voucher.currency),
            (one.hindrance and "stays") or one.becomes,
        )
        for one in foreseen.undos
    ]
    show_table(f"What would be taken out for {foreseen.thing}", ("object", "number", "date", "amount", "becomes"), rows)
    for one in foreseen.hindered:
        name = object_name(one.voucher.type, one.voucher.number or one.delivery.ref, words)
        say(f"[yellow]{escape(name)}[/]: {escape(one.hindrance)}")
    if foreseen.waiting:
        say(f"{counted(len(foreseen.waiting), 'voucher')} not sent yet would be withdrawn, unless all is booked again.")
    if foreseen.hindered:
        say("Nothing can be done before that is put right.")
        return Exit.WAITS
    say("Nothing is done yet. To do it: the same with --yes and --reason; --book-again books it anew.")
    return Exit.OK


def _plain(one: Undo) -> dict[str, object]:
    return {
        "voucher_id": one.delivery.voucher_id,
        "type": one.voucher.type,
        "number": one.voucher.number,
        "ref": one.delivery.ref,
        "dated_on": one.voucher.dated_on,
        "amount_minor": one.voucher.total_minor,
        "currency": one.voucher.currency,
        "becomes": one.becomes,
        "hindrance": one.hindrance,
    }
