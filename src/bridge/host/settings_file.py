"""The settings file as something to add to: whole tables at its end, or nothing. What stands in it is never touched."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from bridge.errors import ConfigError
from bridge.host.config_file import read_toml


class SettingsFile:
    """One settings file. path: its own, not of a link to it."""

    def __init__(self, path: Path) -> None:
        self._named, self.path = path, path.resolve()

    def check(self) -> None:
        """Whether it could be added to. Raises: ConfigError when it cannot be read or written."""
        read_toml(self._named)
        if not (os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)):
            raise self._unwritable("may not be written by you")

    def declares(self, kind: str, name: str) -> bool:
        """Whether it has a table ``[kind.name]``."""
        tables = read_toml(self._named).get(kind, {})
        return isinstance(tables, dict) and name in tables

    @contextmanager
    def added(self, tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> Iterator[None]:
        """With these tables at its end, and so for good; as it was before, when the block ends by an exception.

        tables: by kind and name. Killed: written whole beside it and put in its place, it has all of them or none.
        Raises: ConfigError when it cannot be written, or would be no TOML.
        """
        with self._alone():
            before = self.path.read_bytes()
            after = before + _text(before, tables)
            self._check_toml(after, tables)
            self._write(after)
            try:
                yield
            except BaseException:
                self._write(before)
                raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Whoever else adds to it waits; the file itself is put in place anew, so its folder is held."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _check_toml(self, content: bytes, tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        try:
            read = tomllib.loads(content.decode())
            is_whole = all(read[kind][name] == dict(table) for (kind, name), table in tables.items())
        except (ValueError, KeyError, TypeError):
            is_whole = False
        if not is_whole:
            raise self._unwritable("cannot take further tables at its end")

    def _write(self, content: bytes) -> None:
        try:
            with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=f".{self.path.name}.") as folder:
                beside = Path(folder) / self.path.name
                with beside.open("xb") as file:
                    os.fchmod(file.fileno(), self.path.stat().st_mode & 0o7777)
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self.path)
        except OSError as cause:
            raise self._unwritable(f"cannot be written ({cause.strerror})") from cause

    def _unwritable(self, cause: str) -> ConfigError:
        return ConfigError(
            str(self._named),
            cause,
            "Write the tables of the connection into it by hand, run `bridge apply`, then this again: it then asks for "
            "what lets bridge in, and nothing is written",
            code="connection.file",
        )


def _text(before: bytes, tables: Mapping[tuple[str, str], Mapping[str, Any]]) -> bytes:
    lines = [] if before.endswith(b"\n") or not before else [""]
    for (kind, name), table in tables.items():
        lines += ["", f"[{kind}.{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return ("\n".join(lines) + "\n").encode()


def _value(value: object) -> str:
    """A TOML value: texts and lists of them as JSON has them, which TOML reads the same."""
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{json.dumps(key)} = {_value(one)}' for key, one in value.items())} }}"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)
