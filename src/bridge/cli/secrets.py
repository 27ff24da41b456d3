"""``bridge secrets``: the keys that seal what lets bridge into accounts, and going over to a new one."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, counted, private_file, say, show_json, unwritable
from bridge.errors import ConfigError
from bridge.host.rotation import Rotation


@click.group(cls=Group)
def secrets() -> None:
    """The keys that seal tokens and answers: a new key, and sealing everything with it."""


@secrets.command("new-key")
@click.option("--print", "is_printed", is_flag=True, help="Print one for a store of yours, and write nothing.")
@with_setup
def new_key(setup: Setup, *, is_printed: bool) -> int:
    """Put a new key on top of the sealing key file: it seals from now on, and the others still open.

    What runs reads the file anew before it seals, and where no key that it knows opens something.
    """
    from cryptography.fernet import Fernet  # slow to import, and no list of commands needs it

    key = Fernet.generate_key()
    if is_printed:
        click.echo(key.decode())
        return Exit.OK
    settings = setup.settings()
    file = settings.sealing_key_file
    if file is None or not settings.is_keyed_by_file:
        raise ConfigError(
            "sealing_keys",
            "are not read from a file",
            "Put what `bridge secrets new-key --print` prints before the others, where they come from",
            code="config.sealing_keys",
        )
    try:
        _put_on_top(file.resolve(), key)
    except OSError as cause:
        raise unwritable(file, cause) from cause
    say(f"A new key is on top of {escape(str(file))}.")
    say("next: bridge secrets rotate")
    return Exit.OK


@secrets.command()
@click.option("--dry-run", is_flag=True, help="Only say which key opens what.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def rotate(setup: Setup, *, dry_run: bool, as_json: bool) -> int:
    """Seal everything with the first key, for all organisations, while work goes on; may be stopped and run again.

    Exits with 2 while something is sealed with an older key, or with none that is known.
    """
    with setup.house(setup.settings()) as house:
        done = house.rotate(setup.actor, is_dry_run=dry_run)
    if as_json:
        show_json(done)
    else:
        _show(done, is_dry_run=dry_run)
    return Exit.OK if done.is_done else Exit.FIX


def _show(done: Rotation, *, is_dry_run: bool) -> None:
    if not is_dry_run:
        say(f"{counted(done.resealed, 'credential')} sealed anew.")
    for place, opened in enumerate(done.opened, start=1):
        say(f"key {place} opens {counted(opened, 'credential')}{_advice(place, opened)}")
    for lost in done.lost:
        say(f"[red]no key opens[/] that of connection {escape(lost.connection)} ({escape(lost.organisation)})")
    if done.lost:
        say("next: put back the key that sealed it, or: bridge connections authorize NAME")
    elif not done.is_done and not is_dry_run:
        say("next: start what still runs with older keys anew, then this again")


def _advice(place: int, opened: int) -> str:
    if place == 1:
        return ", and seals"
    return "" if opened else ": drop it, unless a backup needs it"


def _put_on_top(file: Path, key: bytes) -> None:
    """Killed: the file is as it was, or as it is to be. It keeps its mode and its owner."""
    before, held = file.read_bytes(), file.stat()
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    with private_file(beside, is_new=True) as out:
        os.fchmod(out.fileno(), held.st_mode)
        if os.geteuid() == 0:
            os.fchown(out.fileno(), held.st_uid, held.st_gid)
        out.write(key + b"\n" + before)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)
