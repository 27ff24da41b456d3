"""``bridge pilot``: a few vouchers of a route, posted, read back and compared, before it sends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.markup import escape

from bridge.books import Pick, Sample, samples
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, counted, say, show_json, show_table
from bridge.cli.preview import show_voucher
from bridge.errors import ConfigError
from bridge.model.connections import BankLeg, Route
from bridge.model.deliveries import Delivery
from bridge.model.money import money

if TYPE_CHECKING:  # with HTTP, which help needs none of
    from bridge.app import App
    from bridge.delivery import ReadBack
    from bridge.work.piloting import Stage


@click.command()
@click.argument("route")
@click.option("--yes", "is_meant", is_flag=True, help="Post exactly what is shown, read it back and compare.")
@click.option("--accept", "is_accepted", is_flag=True, help="Keep it: from now on the route sends by itself.")
@click.option("--roll-back", "is_undone", is_flag=True, help="Take all of it out of the ledger again.")
@click.option("--reason", default="", help="Why; kept in the audit log. Needed for --accept and --roll-back.")
@click.option("--by", help="Who decides; default: you.")
@click.option("--wait", default=60, show_default=True, metavar="SECONDS", help="How long to wait for what is due soon.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def pilot(
    setup: Setup,
    route: str,
    reason: str,
    by: str | None,
    wait: int,
    *,
    is_meant: bool,
    is_accepted: bool,
    is_undone: bool,
    as_json: bool,
) -> int:
    """Try ROUTE out: one sale, one refund and one payout, posted, read back and compared field by field.

    First they are shown, with their tax, and nothing is sent. A route that says `pilot = true` sends nothing by itself
    before its pilot has passed and somebody accepted it. Exits with 4 where the ledger shows something else than was
    sent, with 3 while something waits.
    """
    if sum((is_meant, is_accepted, is_undone)) > 1:
        raise ConfigError("pilot", "is told several things at once", "Give one of --yes, --accept, --roll-back")
    who = by or setup.actor
    with setup.app() as app:
        if is_meant:
            why = reason or "pilot"
            stage = app.piloting.send(route, by=who, reason=why, actor=setup.actor, patience_seconds=wait)
        elif is_accepted:
            stage = app.piloting.accept(route, by=who, reason=reason)
        elif is_undone:
            stage = app.piloting.roll_back(route, by=who, reason=reason, actor=setup.actor)
        else:
            stage = app.piloting.stage(route)
        picks = () if stage.pilot.vouchers or is_undone else app.books.picks(route)
        if as_json:
            show_json(_plain(stage, picks))
        elif is_undone:
            say(f"The pilot of {escape(route)} is out of the ledger again, by {escape(who)}.")
            say("next: bridge sync, which books it anew" if stage.pilot.holds else "next: bridge held")
        elif stage.pilot.vouchers:
            _show(app, stage)
            if is_accepted:
                say("next: bridge sync, which sends the rest")
        else:
            _show_picks(app, stage, picks)
    return _exit(stage, picks, is_undone=is_undone)


def _exit(stage: Stage, picks: Sequence[Pick], *, is_undone: bool) -> int:
    if any(not one.is_same for one in stage.read):
        return Exit.DRIFT
    is_idle = not stage.pilot.vouchers and not picks and not is_undone and stage.pilot.accepted is None
    return Exit.WAITS if stage.waiting or is_idle else Exit.OK


def _show_picks(app: App, stage: Stage, picks: Sequence[Pick]) -> None:
    """What would be tried out, as it would be sent."""
    route = stage.pilot.route.name
    _say_state(stage)
    for sample in samples(stage.pilot.route):
        pick = next((one for one in picks if one.sample is sample), None)
        words = f"{pick.entry.narration} of {pick.entry.booked_on}" if pick else _missing(sample, stage.pilot.route)
        say(f"[bold]{sample}[/]: {escape(words)}")
    meant = {name for pick in picks for name in pick.voucher_ids}
    for one in app.desk.preview(route):
        if one.delivery.voucher_id in meant:
            show_voucher(one, app.desk.words)
    if meant:
        say(f"Nothing is sent yet. To post exactly these {counted(len(meant), 'voucher')}:")
        say(escape(f"  bridge pilot {route} --yes"))


def _show(app: App, stage: Stage) -> None:
    """What was sent beside what is there, and what leads on."""
    route = escape(stage.pilot.route.name)
    for one in stage.read:
        rows = [(field.name, field.sent, field.kept, "yes" if field.is_same else "NO") for field in one.fields]
        title = f"{_called(app, one.delivery)} (ledger id {one.delivery.ref})"
        show_table(title, ("field", "sent", "in the ledger", "same?"), rows)
    if stage.waiting:
        left = [(one.voucher_id, one.state, one.reason, one.note) for one in stage.waiting]
        show_table("Not in the ledger", ("voucher", "state", "reason", "why"), left)
    if stage.note:
        say(escape(stage.note))
    _say_state(stage)
    if stage.pilot.accepted is not None:
        return
    if stage.has_passed:
        say(f"Passed: {counted(len(stage.read), 'voucher')}, every field as it was sent. Look at them there, then:")
        say(f"  bridge pilot {route} --accept --reason '...'")
    elif stage.waiting:
        say(f"next: bridge pilot {route} --yes, which goes on; what waits for a person, `bridge decide`")
    else:
        say(f"[yellow]Not passed[/]: {_differing(stage.read)}. Find out why before the route sends more.")
    say(f"To take all of it out again: bridge pilot {route} --roll-back --reason '...'")


def _say_state(stage: Stage) -> None:
    pilot, route = stage.pilot, escape(stage.pilot.route.name)
    if pilot.accepted is not None:
        said = pilot.accepted
        say(f"{route}: accepted by {escape(said.by)} on {said.given_at:%Y-%m-%d}: {escape(said.reason)}")
    elif pilot.holds:
        say(f"{route}: sends nothing by itself before its pilot is accepted.")
    elif pilot.route.review:
        say(f"{route}: every voucher waits for release; a pilot is posted all the same.")
    else:
        say(f"{route}: sends by itself, without a pilot (pilot = false in the settings file).")


def _missing(sample: Sample, route: Route) -> str:
    if sample is Sample.PAYOUT and route.bank_leg is BankLeg.NONE:
        return 'bridge posts none: bank_leg = "none", its bank line is coded by hand'
    return "none that could go waits on the route yet"


def _differing(read: Sequence[ReadBack]) -> str:
    fields = [field for one in read for field in one.fields if not field.is_same]
    return counted(len(fields), "field") + f" of {counted(sum(not one.is_same for one in read), 'voucher')}"


def _called(app: App, delivery: Delivery) -> str:
    voucher = delivery.voucher
    if voucher is None:
        return delivery.voucher_id
    return f"{app.desk.called(delivery)} of {voucher.dated_on}, {money(voucher.total_minor, voucher.currency)}"


def _plain(stage: Stage, picks: Sequence[Pick]) -> dict[str, Any]:
    """For a machine."""
    pilot = stage.pilot
    return {
        "route": pilot.route.name,
        "holds": pilot.holds,
        "accepted": msgspec.to_builtins(pilot.accepted),
        "has_passed": stage.has_passed,
        "picks": {pick.sample: pick.voucher_ids for pick in picks},
        "vouchers": [
            {
                "voucher": one.delivery.voucher_id,
                "ref": one.delivery.ref,
                "fields": [{**msgspec.to_builtins(field), "is_same": field.is_same} for field in one.fields],
            }
            for one in stage.read
        ],
        "waiting": [
            {"voucher": one.voucher_id, "state": one.state, "reason": one.reason, "note": one.note}
            for one in stage.waiting
        ],
    }
