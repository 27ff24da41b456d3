"""Files that people brought, held on this machine's disk between looking at them and taking them in.

Each is known by a secret of its own, and only to who brought it, for that organisation and connection. It is found for
an hour at most. Who takes it in lets go of it; what nobody took in goes when the next file is brought.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from bridge.errors import ConfigError

Owner = tuple[str, str, str]
"""The organisation, the connection, and the person who brought the file."""
LASTS_SECONDS: Final = 3600
MOST_NAME: Final = 100
_TOKEN = re.compile(r"(\d{1,12})\.[A-Za-z0-9_-]{43}", re.ASCII)


class Uploads:
    """A folder that is this system user's alone, shared by its processes. folder: for tests."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"bridge-uploads-{os.geteuid()}"

    def keep(self, owner: Owner, name: str, content: BinaryIO, now: datetime) -> str:
        """Hold a file; the secret by which it is found. Killed: what was begun is swept with what is old."""
        self._check()
        self._sweep(now)
        token = f"{int(now.timestamp())}.{secrets.token_urlsafe(32)}"
        place = self._folder / token
        place.mkdir(mode=0o700)
        (place / "file").mkdir()
        with (place / "file" / _plain(name)).open("xb") as kept:
            shutil.copyfileobj(content, kept, 1024**2)
        (place / "owner").write_text(json.dumps(owner), encoding="utf-8")
        return token

    def find(self, owner: Owner, token: str, now: datetime) -> Path:
        """Raises: ConfigError ``upload.gone`` for none that is theirs."""
        place = self._folder / token
        if _TOKEN.fullmatch(token) is None or _is_old(token, now):
            raise _gone()
        try:
            is_theirs = json.loads((place / "owner").read_text("utf-8")) == list(owner)
            held = list((place / "file").iterdir()) if is_theirs else []
        except (OSError, ValueError):
            raise _gone() from None
        if not held:
            raise _gone()
        return held[0]

    def forget(self, token: str) -> None:
        """Let go of one that was found."""
        shutil.rmtree(self._folder / token, ignore_errors=True)

    def _check(self) -> None:
        """Raises: ConfigError where somebody else made the folder before us."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        found = self._folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise ConfigError(
                f"folder {self._folder}",
                "is not this user's alone, and files of merchants would be held in it",
                "Remove it, or set TMPDIR to a folder that only bridge may read",
                code="upload.folder",
            )

    def _sweep(self, now: datetime) -> None:
        for place in self._folder.iterdir():
            if _is_old(place.name, now):
                shutil.rmtree(place, ignore_errors=True)


def _is_old(token: str, now: datetime) -> bool:
    """By its own first part: when it was kept."""
    told = _TOKEN.fullmatch(token)
    return told is None or now.timestamp() - int(told[1]) > LASTS_SECONDS


def _plain(name: str) -> str:
    """The last part of a name, of letters that any disk and page takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isprintable() else "_" for letter in last).lstrip(".").strip()
    while len(plain.encode()) > MOST_NAME:
        plain = plain[1:]  # what tells its kind is at its end
    return plain or "file"


def _gone() -> ConfigError:
    return ConfigError(
        "the file",
        "is not held any more: it was taken in, or it was brought more than an hour ago",
        "Bring it again where it was not taken in; the same file twice changes nothing",
        code="upload.gone",
    )
