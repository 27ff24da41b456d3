"""``bridge inspect``: what a source makes of files; nothing is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from bridge.app import inspect_named
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import money, say, show_table


@click.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def inspect(setup: Setup, source: str, files: tuple[Path, ...], *, as_json: bool) -> int:
    """Show what SOURCE makes of FILES, by kind of line, and store nothing.

    Exit code 0: clean. 3: something in them would be held. 2: a file cannot be read.
    """
    found = inspect_named(setup.registry(), setup.settings(), source, files, setup.clock)
    if as_json:
        click.echo(found.json())
        return found.exit_code
    shown: dict[str, Any] = json.loads(found.json())
    for settlement in shown.get("settlements", ()):
        currency = settlement["currency"]
        rows = [(kind, money(minor, currency)) for kind, minor in sorted(settlement["by_kind"].items())]
        period = f"{settlement['start_at'][:10]} to {settlement['end_at'][:10]}"
        say(
            f"[bold]Settlement {escape(settlement['id'])}[/]: {money(settlement['total_minor'], currency)}, {period}, "
            f"{settlement['rows']} rows, paid {(settlement['deposit_at'] or 'not told')[:10]}"
        )
        show_table(
            "",
            ("kind", "amount"),
            [*rows, ("total", money(sum(settlement["by_kind"].values()), currency))],
            right=("amount",),
        )
        say("")
    problems = shown["problems"]
    if problems:
        show_table(
            "Problems",
            ("where", "code", "what", "would be held"),
            [(one["where"], one["code"], one["message"], "yes" if one["blocking"] else "no") for one in problems],
        )
    else:
        say("No problems.")
    return found.exit_code
