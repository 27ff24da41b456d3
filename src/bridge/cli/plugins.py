"""``bridge plugins``: what is installed, what it declares, and what is wrong with it."""

from __future__ import annotations

import click

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table


@click.group()
def plugins() -> None:
    """Installed plugins: what they read or write, and which are broken."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def list_plugins(setup: Setup, *, as_json: bool) -> int:
    """List installed plugins with what they offer."""
    loaded = setup.registry().loaded
    if as_json:
        show_json(loaded)
        return Exit.OK
    show_table(
        "",
        ("plugin", "version", "offers", "status", "cause"),
        [
            (one.name, one.version, ", ".join(one.offers), "ready" if one.is_ready else "broken", one.cause)
            for one in loaded
        ],
    )
    return Exit.OK


@plugins.command()
@with_setup
def check(setup: Setup) -> int:
    """Load every plugin alone and name each that is broken, with its cause; exit code 2 when any is."""
    broken = [one for one in setup.registry().loaded if not one.is_ready]
    for one in broken:
        say(f"[red]broken[/] {one.name} {one.version}: {one.cause}")
    say(f"{len(setup.registry().loaded)} plugins, {len(broken)} broken")
    return Exit.FIX if broken else Exit.OK
