"""The door: options for every command, and what an error becomes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from bridge import log
from bridge.cli import (
    apply,
    audit,
    books_export,
    clock,
    connections,
    decide,
    deliver,
    demo,
    drift,
    explain,
    held,
    imports,
    init,
    inspect,
    plugins,
    preview,
    routes,
    sandbox,
    sync,
)
from bridge.cli.context import Setup
from bridge.cli.output import Exit, err, exit_code, show_error
from bridge.errors import BridgeError

HELP = """bridge puts what happened in your sales channels into your books, once, and checks that it stays so.

Start with `bridge demo`, or `bridge init` for your own books. Exit codes: 0 done, 1 a bug, 2 something to put
right, 3 something waits for a person, 4 drift was found, 5 try again later.
"""
INTERRUPTED = 130


@click.group(help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="bridge-host", prog_name="bridge")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BRIDGE_CONFIG",
    help="The settings file; default ./bridge.toml if it is there.",
)
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for every HTTP call.")
@click.pass_context
def cli(context: click.Context, config: Path | None, verbose: int) -> None:
    level = ("", "info", "debug")[min(verbose, 2)]
    log.configure(level=level or "warning")
    context.obj = Setup(config=config, environment=dict(os.environ), log_level=level)


for command in (
    init.init,
    apply.apply,
    connections.connections,
    routes.routes,
    imports.import_files,
    preview.preview,
    deliver.deliver,
    sync.sync,
    drift.drift,
    explain.explain,
    books_export.books,
    held.held,
    decide.decide,
    plugins.plugins,
    inspect.inspect,
    sandbox.sandbox,
    audit.audit,
    clock.clock,
    demo.demo,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        code = cli.main(standalone_mode=False)
    except BridgeError as error:
        show_error(error)
        sys.exit(exit_code(error))
    except (click.exceptions.Abort, KeyboardInterrupt):
        err.print("Stopped. Nothing is lost: run it again.")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(Exit.FIX)
    sys.exit(code if isinstance(code, int) else Exit.OK)
