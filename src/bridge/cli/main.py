"""The door: options for every command, and what an error becomes.

Whoever asks for help, or mistypes, waits for nothing: what a command needs is imported when it is run.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

import click

from bridge import log
from bridge.cli.commands import COMMANDS, GROUPS
from bridge.cli.context import Setup
from bridge.errors import BridgeError

HELP = """bridge puts what happened in your sales channels into your books, once, and checks that it stays so.

Start with `bridge demo`, or `bridge init` for your own books. `bridge COMMAND --help` says more of each. Exit codes: 0
done, 1 a bug, 2 something to put right, 3 something waits for a person, 4 drift was found, 5 try again later.
"""
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Imports a command when it is called for; lists them by what is said of each in ``GROUPS``."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].place.split(":")
        command: click.Command = getattr(import_module(f"bridge.cli.{module}"), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        longest = max(map(len, COMMANDS))
        for group, listed in GROUPS.items():
            with formatter.section(group):
                formatter.write_dl([(name.ljust(longest), one.help) for name, one in listed.items()])


@click.group(
    cls=LazyGroup, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="bridge-host", prog_name="bridge")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BRIDGE_CONFIG",
    help="The settings file; default ./bridge.toml if it is there.",
)
@click.option(
    "--organisation",
    default="",
    metavar="NAME",
    help="Whose books, where there are several; default: that of the settings.",
)
@click.option(
    "--reason",
    default="",
    envvar="BRIDGE_REASON",
    help="Why you look into a tenant's books; it stands in their audit log.",
)
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for every HTTP call.")
@click.pass_context
def cli(context: click.Context, config: Path | None, organisation: str, reason: str, verbose: int) -> None:
    level = ("", "info", "debug")[min(verbose, 2)]
    log.configure(level=level or "warning")
    environment = {name: value for name, value in os.environ.items() if name != "BRIDGE_REASON"}
    context.obj = Setup(
        config=config,
        environment=environment,
        log_level=level,
        organisation=organisation,
        reason=reason,
        command=context.invoked_subcommand or "",
    )


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except (BridgeError, click.ClickException, click.exceptions.Abort, KeyboardInterrupt) as stopped:
        sys.exit(_told(stopped))
    sys.exit(code if isinstance(code, int) else 0)


def _told(stopped: BaseException) -> int:
    """Say why a run ended early. Returns its exit code."""
    from bridge.cli.output import Exit, err, exit_code, show_error  # colours take their time, and are seldom needed

    match stopped:
        case BridgeError():
            show_error(stopped)
            return exit_code(stopped)
        case click.ClickException():
            stopped.show()
            return Exit.FIX
        case _:
            err.print("Stopped. Nothing is lost: run it again.")
            return INTERRUPTED
