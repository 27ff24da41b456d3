"""The ``demo`` command: makes its folder, runs the story, and says where to look."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.demo.story import SANDBOXES, tell
from bridge.cli.demo.world import MARKER
from bridge.cli.output import Exit, say
from bridge.cli.sandbox import require_sandboxes
from bridge.errors import ConfigError


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("bridge-demo"),
    show_default=True,
    help="Where its files, database and report go; an earlier demo there is replaced.",
)
@with_setup
def demo(setup: Setup, folder: Path) -> int:
    """Show the whole job on this machine: three channels, two ledgers, a late edit, a kill, tampering, the report."""
    folder = folder.absolute()
    require_sandboxes("the demo", SANDBOXES)
    _prepare(folder)
    outcome = tell(setup, folder)
    say("")
    say(f"Report   {escape(str(outcome.report))}")
    command = f"{sys.executable} -m bridge"
    for what in ("explain 28500000011", "sources status"):
        say(f"Explore  {escape(command)} --config {escape(str(outcome.config))} {what}")
    say(f"Pages    {escape(command)} --config {escape(str(outcome.config))} serve")
    for sandbox in outcome.sandboxes:
        ledger = f"--data {escape(str(sandbox.file))} --port {sandbox.port} --option limits=off"
        say(f"Ledger   {escape(command)} sandbox {sandbox.plugin} {ledger}")
    say("         (start them again before `serve`, `deliver` or `drift`; the shops are closed, `sync` finds none)")
    if outcome.missed or outcome.untied:
        for miss in (*outcome.missed, *outcome.untied):
            say(f"[red]Not as it should be:[/] {escape(miss)}")
        return Exit.ERROR
    return Exit.OK


def _prepare(folder: Path) -> None:
    """An empty folder, in place of an earlier demo. Raises: ConfigError when it holds anything else."""
    if folder.exists() and not (folder / MARKER).exists() and any(folder.iterdir()):
        raise ConfigError(
            f"folder {folder}", "holds files that no demo made", "Name another one with --folder", code="demo.folder"
        )
    shutil.rmtree(folder, ignore_errors=not folder.exists())
    folder.mkdir(parents=True, mode=0o700)
    (folder / MARKER).write_text("bridge demo may replace this folder\n", encoding="utf-8")
