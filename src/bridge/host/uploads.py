"""Files that people brought to a page, held on disk between looking at them and taking them in.

Each lies in a folder of its organisation's, is known by a secret of its own, and only to who brought it for that
connection. It is found for an hour at most. Who takes it in lets go of it; what nobody took in is swept: by the next
file that comes, by pages as they begin, by the organisation's upkeep, and with the organisation.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from bridge.clock import SKEW
from bridge.errors import ConfigError, of_disk
from bridge.model.organisations import NAME

Owner = tuple[str, str, str]
"""The organisation, the connection, and the person who brought the file."""
LASTS_SECONDS: Final = 3600
MOST_NAME: Final = 100
_ORGANISATION: Final = re.compile(NAME, re.ASCII)
_TOKEN = re.compile(r"(\d{1,12})\.[A-Za-z0-9_-]{43}", re.ASCII)


class Uploads:
    """A folder that is this system user's alone, shared by its processes; what is not of these files stays in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, owner: Owner, name: str, content: BinaryIO, now: datetime) -> str:
        """Hold a file; the secret by which it is found. Killed: what was begun is swept with what is old.

        Raises: ConfigError ``upload.folder`` where others may look into the folder, or nothing can be written there;
                DiskError where there is no room.
        """
        self._check()
        self.sweep(now)
        token = f"{int(now.timestamp())}.{secrets.token_urlsafe(32)}"
        place = self._place(owner[0], token)
        try:
            (place / "file").mkdir(parents=True)
            with (place / "file" / _plain(name)).open("xb") as kept:
                shutil.copyfileobj(content, kept, 1024**2)
            (place / "owner").write_text(json.dumps(owner), encoding="utf-8")
        except OSError as cause:
            shutil.rmtree(place, ignore_errors=True)
            raise of_disk(cause) or _unfit(self._folder, f"cannot be written ({cause.strerror})") from cause
        return token

    def find(self, owner: Owner, token: str, now: datetime) -> Path:
        """Raises: ConfigError ``upload.gone`` for none that is theirs."""
        place = self._place(owner[0], token)
        if _is_old(token, now):
            raise _gone()
        try:
            is_theirs = json.loads((place / "owner").read_text("utf-8")) == list(owner)
            held = list((place / "file").iterdir()) if is_theirs else []
        except (OSError, ValueError):
            raise _gone() from None
        if not held:
            raise _gone()
        return held[0]

    def forget(self, organisation: str, token: str) -> None:
        """Let go of one that was found."""
        shutil.rmtree(self._place(organisation, token), ignore_errors=True)

    def sweep(self, now: datetime, organisation: str = "") -> None:
        """Let go of what is not found any more: of one organisation, or of all. Twice, at once too: harmless."""
        for of_one in [self._of(organisation)] if organisation else _within(self._folder):
            if _ORGANISATION.fullmatch(of_one.name) is None:
                continue
            for place in _within(of_one):
                if _TOKEN.fullmatch(place.name) and _is_old(place.name, now):
                    shutil.rmtree(place, ignore_errors=True)
            with suppress(OSError):  # something is in it, or somebody else was faster
                of_one.rmdir()

    def erase(self, organisation: str) -> int:
        """Let go of all that was brought for an organisation; how many files that were.

        Raises: ConfigError ``upload.folder`` where something of it stays.
        """
        of_it = self._of(organisation)
        many = sum(1 for place in _within(of_it) if _TOKEN.fullmatch(place.name))
        shutil.rmtree(of_it, ignore_errors=True)
        if of_it.exists():
            raise _unfit(of_it, "cannot be deleted")
        return many

    def _of(self, organisation: str) -> Path:
        """No name leads elsewhere: it is one part of a path, and no link."""
        if _ORGANISATION.fullmatch(organisation) is None:
            raise _gone()
        return self._folder / organisation

    def _place(self, organisation: str, token: str) -> Path:
        if _TOKEN.fullmatch(token) is None:
            raise _gone()
        return self._of(organisation) / token

    def _check(self) -> None:
        """Raises: ConfigError where somebody else made the folder before us, or it cannot be made."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = self._folder.lstat()
        except OSError as cause:
            raise of_disk(cause) or _unfit(self._folder, f"cannot be made ({cause.strerror})") from cause
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise _unfit(self._folder, "is not this user's alone, and files of merchants would be held in it")


def _within(folder: Path) -> Iterable[Path]:
    """The folders in it; nothing where it is not there. A link leads elsewhere, and is none."""
    try:
        inside = () if folder.is_symlink() else tuple(folder.iterdir())
    except OSError:
        return ()
    return [place for place in inside if place.is_dir() and not place.is_symlink()]


def _is_old(token: str, now: datetime) -> bool:
    """By its own first part: when it was kept. Also where that is to come, by a clock that was put back since."""
    age = now.timestamp() - int(token.partition(".")[0])
    return not -SKEW.total_seconds() <= age <= LASTS_SECONDS


def _plain(name: str) -> str:
    """The last part of a name, of letters that any disk and page takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isprintable() else "_" for letter in last).lstrip(".").strip()
    while len(plain.encode()) > MOST_NAME:
        plain = plain[1:]  # what tells its kind is at its end
    return plain or "file"


def _unfit(folder: Path, cause: str) -> ConfigError:
    step = "Remove it, or set uploads_folder in [bridge] to one that only bridge may read and write"
    return ConfigError(f"folder {folder}", cause, step, code="upload.folder")


def _gone() -> ConfigError:
    return ConfigError(
        "the file",
        "is not held any more: it was taken in, or it was brought more than an hour ago",
        "Bring it again where it was not taken in; the same file twice changes nothing",
        code="upload.gone",
    )
