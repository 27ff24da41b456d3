"""``bridge apply``: make the store match the file's connections, routes and rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say, show_json, show_table
from bridge.cli.tax_words import say_odd_codes, say_question
from bridge.errors import ConfigError

if TYPE_CHECKING:
    from bridge.host.apply import Applied, ApplyReport

_WHAT = {"rules": "mapping rules"}


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def apply(setup: Setup, file: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Make the store match FILE (default: the settings file). Idempotent; also brings the database up to date.

    What is in the store but not in the file is named and left alone.
    """
    file = file or setup.config_file
    if file is None:
        raise ConfigError(
            "bridge.toml", "there is no such file here", "Make one with `bridge init`", code="config.no_file"
        )
    with setup.rehearsal() if dry_run else setup.app(is_new=True) as app:
        report = app.apply(file, actor=setup.actor, is_dry_run=dry_run)
    if as_json:
        show_json(report)
        return 0
    if not report.items:
        say("Nothing is declared yet: take the remark signs off the examples in the file, and fill them in.")
        return 0
    title = "Would change" if dry_run else "Applied"
    rows = [(_WHAT.get(one.what, one.what), one.name, _outcome(one)) for one in report.items]
    show_table(title, ("what", "name", "outcome"), rows)
    show_questions(report)
    for name in report.unauthorized:
        say(f"next: bridge connections authorize {name}")
    return 0


def _outcome(one: Applied) -> str:
    return f"{one.outcome}: {one.detail}" if one.detail else one.outcome


def show_questions(report: ApplyReport) -> None:
    """What a person still has to answer before the routes book."""
    for question in report.questions:
        say_question(question)
    for name, odd in report.odd_tax_codes:
        say_odd_codes((odd,), name)
    for name, odd in report.unfit:
        say(f"route [bold]{escape(name)}[/]: [yellow]{escape(odd)}[/]")
    for name, rows in report.rows:
        say(f"route [bold]{escape(name)}[/]: settlements whose sales state no tax wait until you answer.")
        say(f"  {escape(rows)}.")
