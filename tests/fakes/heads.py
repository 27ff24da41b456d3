"""Files beside databases, each of one world, that outlive its processes."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.delivery import HeadFile

_FOLDER = TemporaryDirectory(prefix="bridge-heads-")
_NUMBERS = count()


def new_head_file() -> HeadFile:
    """One that is not there yet."""
    return HeadFile(Path(_FOLDER.name) / f"{next(_NUMBERS)}.head")
