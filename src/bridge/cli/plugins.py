"""``bridge plugins``: what is installed, what it declares, what is wrong with it; and the beginning of a new one."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table, unwritable
from bridge.cli.template import FORMATS, Scaffold
from bridge.errors import ConfigError
from bridge.host.registry import Registry

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_NAME: Final = 40


@click.group(cls=Group)
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


@plugins.command()
@click.argument("name")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="What the channel's files are.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    show_default="./bridge-NAME",
    help="Where to write it; must not be there yet.",
)
@with_setup
def new(setup: Setup, name: str, file_format: str, folder: Path | None) -> int:
    """Write a plugin for the channel NAME, which reads an export of orders and passes the conformance kit."""
    _check_name(name)
    _check_free(name, setup.registry())
    scaffold = Scaffold(name, file_format)
    where = folder or Path(scaffold.distribution)
    if where.exists():
        raise ConfigError(
            str(where),
            "is there already",
            "Name another folder with --folder, or another plugin",
            code="plugins.exists",
        )
    try:
        written = scaffold.write(where)
    except OSError as cause:
        raise unwritable(where, cause) from cause
    for file in written:
        say(f"  {escape(str(file))}")
    say(f"Wrote {scaffold.distribution}: {len(written)} files.")
    say(f"next: python -m pip install -e {escape(str(where))}, then run python -m pytest in it")
    return Exit.OK


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise ConfigError(
            f"plugin {name[:60]!r}",
            f"is no name: it must be lower-case letters, digits and single underscores, a letter first, at most "
            f"{_LONGEST_NAME} long",
            "Name it as the channel is called, such as corner_shop",
            code="plugins.name",
        )


def _check_free(name: str, registry: Registry) -> None:
    taken = registry.names | registry.installed
    if name in taken or find_spec(f"bridge_{name}") is not None:
        raise ConfigError(
            f"plugin {name!r}",
            "one of that name is installed already",
            "Choose another name, or uninstall that one",
            code="plugins.taken",
        )
