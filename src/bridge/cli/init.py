"""``bridge init``: a commented settings file and a key, to start from."""

from __future__ import annotations

import shlex
from importlib import resources
from pathlib import Path

import click
from cryptography.fernet import Fernet
from rich.markup import escape

from bridge.cli.output import private_file, say, unwritable
from bridge.errors import ConfigError


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
def init(folder: Path) -> int:
    """Write bridge.toml, commented, and a sealing key into FOLDER (default: here). Overwrites nothing."""
    file, key = folder / "bridge.toml", folder / "sealing.key"
    for existing in (file, key):
        if existing.exists():
            raise ConfigError(
                str(existing), "is there already", "Edit it, or choose another folder", code="init.exists"
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with private_file(file, is_new=True) as out:
            out.write(resources.files(__package__).joinpath("bridge.toml").read_bytes())
        with private_file(key, is_new=True) as out:
            out.write(b"# Seals credentials at rest. Keep a copy where the database's backups are not.\n")
            out.write(Fernet.generate_key() + b"\n")
    except OSError as cause:
        raise unwritable(folder, cause) from cause
    say(f"Wrote {escape(str(file))} and {escape(str(key))} (readable by you alone).")
    there = "" if folder == Path() else f"cd {escape(shlex.quote(str(folder)))}, then "
    say(f"next: {there}bridge serve, to connect in the browser; or bridge connections add PLUGIN, the ledger first")
    return 0
