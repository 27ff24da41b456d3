"""``bridge clock``: this machine's clock beside the times in the database, and what a wrong one left put right."""

from __future__ import annotations

import click

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, counted, say, show_json, show_table


@click.command()
@click.option("--put-right", is_flag=True, help="Make due now, and free, what bears a time from the future.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def clock(setup: Setup, *, put_right: bool, as_json: bool) -> int:
    """Compare this machine's clock with the times in the database.

    A clock that was wrong once leaves vouchers due next year, and leases that last as long: then the exit code is 2.
    """
    with setup.app() as app:
        found = app.times()
        done = app.put_right(actor=setup.actor) if put_right else ()
        left = app.times().beyond if put_right else found.beyond
    if as_json:
        show_json({"now": found.now, "last_at": found.last_at, "beyond": left, "put_right": done})
    else:
        say(f"This machine says {found.now:%Y-%m-%d %H:%M:%S} UTC.")
        if found.last_at is not None:
            say(f"Something was last written at {found.last_at:%Y-%m-%d %H:%M:%S} UTC.")
        if done:
            say(f"{counted(len(done), 'thing')} put right: due now, and free. Next: bridge sync")
        rows = [(one.what, one.name, f"{one.at:%Y-%m-%d %H:%M:%S} UTC") for one in left]
        if rows:
            show_table("Times from the future", ("what", "name", "until"), rows)
        if any(one.what == "decision" for one in left):
            say("A decision counts once its time has come. Give it again: the new one counts at once.")
        if any(one.what != "decision" for one in left):
            say("See that the clock is right, then: bridge clock --put-right")
    return Exit.FIX if any(one.what != "decision" for one in left) else Exit.OK
