"""How the command line speaks: tables and progress for people, JSON for machines, errors that say what to do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bridge.errors import BridgeError, ConfigError, Disposition
from bridge.model.words import OBEYED, shown

if TYPE_CHECKING:
    from bridge.delivery import Times


class Exit(IntEnum):
    """What a scheduler can act on."""

    OK = 0
    ERROR = 1
    FIX = 2
    WAITS = 3
    DRIFT = 4
    LATER = 5


_BY_DISPOSITION = {
    Disposition.RETRY: Exit.LATER,
    Disposition.LOOK_UP: Exit.LATER,
    Disposition.PARK: Exit.FIX,
    Disposition.HOLD: Exit.WAITS,
    Disposition.RECONNECT: Exit.FIX,
    Disposition.FIX: Exit.FIX,
    Disposition.HALT: Exit.ERROR,
}

WIDTH_OF_A_PIPE = 200
"""A file or pipe has no width of its own; tables are then as wide as they need to be, up to this."""


_ESCAPED = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in OBEYED})
_IN_LINE = {0x0A: " ", 0x0D: " ", 0x2028: " ", 0x2029: " "}


class _Terminal(Console):
    """Shows what a terminal would obey."""

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*(shown(one) if isinstance(one, str) else one for one in objects), **how)


out = _Terminal(highlight=False, width=None if sys.stdout.isatty() else WIDTH_OF_A_PIPE)
err = _Terminal(stderr=True, highlight=False)


def exit_code(error: BridgeError) -> Exit:
    """The exit code for an error: 5 may be tried again later, 2 needs a person, 1 is our bug."""
    return _BY_DISPOSITION[error.disposition]


def show_error(error: BridgeError) -> None:
    """Code, thing, cause and next step on standard error."""
    told = [escape(text.translate(_IN_LINE)) for text in (error.thing, error.cause, error.next_step)]
    err.print(f"[bold red]{escape(error.code)}[/] {told[0]}: {told[1]}", soft_wrap=True)
    err.print(f"  next: {told[2]}", soft_wrap=True)


def plain_error(error: BridgeError) -> dict[str, str]:
    """An error for a machine."""
    return {"code": error.code, "thing": error.thing, "cause": error.cause, "next": error.next_step}


def show_json(value: object) -> None:
    """One JSON document on standard output, keys as they are, instants ISO 8601 with Z."""
    echo_json(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))


def echo_json(document: str) -> None:
    """A JSON document on standard output; what a terminal would obey is escaped in it, and so is the same to machines.

    Such letters stand in its texts alone: none of them is left that JSON itself would have to escape.
    """
    click.echo(document.translate(_ESCAPED))


def show_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """A table; columns named in ``right`` are aligned for figures. Text is taken literally, never as markup."""
    table = Table(title=title or None, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(escape(shown(str(cell))) for cell in row))
    out.print(table)


def say(text: str, *, is_literal: bool = False) -> None:
    """A sentence for a person; text from outside must be passed through ``escape`` first, or be literal as a whole."""
    out.print(text, soft_wrap=True, markup=not is_literal)


def write_file(path: Path, content: str | bytes) -> None:
    """Write what was asked for into a file of its owner alone. Raises: ConfigError ``output.unwritable``."""
    try:
        with private_file(path) as file:
            file.write(content.encode() if isinstance(content, str) else content)
    except OSError as cause:
        raise unwritable(path, cause) from cause


def private_file(path: Path, *, is_new: bool = False) -> BinaryIO:
    """A file to write that nobody but its owner may read; one that is there keeps the mode it has.

    is_new: refuse one that is there. Raises: OSError.
    """
    how = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if is_new else os.O_TRUNC)
    return os.fdopen(os.open(path, how, 0o600), "wb")


def warn_of_the_future(times: Times) -> None:
    """Say on standard error when something waits for a time that no wait of ours reaches."""
    found = [one for one in times.beyond if one.what != "decision"]
    if found:
        until = max(one.at for one in found)
        err.print(
            f"[bold yellow]clock.future[/] {counted(len(found), 'thing')} wait for times up to {until:%Y-%m-%d}",
            soft_wrap=True,
        )
        words = "A clock was wrong once. `bridge clock` lists them, `bridge clock --put-right` frees them."
        err.print(f"  next: {words}", soft_wrap=True)


def unwritable(path: Path, cause: OSError) -> ConfigError:
    """The error for a place that cannot be written."""
    return ConfigError(
        str(path), f"cannot be written ({cause.strerror})", "Name another place", code="output.unwritable"
    )


def counted(count: int, noun: str) -> str:
    """``1 voucher``, ``2 vouchers``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@contextmanager
def progress(what: str, *, total: int | None = None) -> Iterator[Any]:
    """A progress line on standard error while something long runs; silent when that is no terminal.

    Yields a function that takes how far the work is.
    """
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)
