"""Files beside databases, each of one world, that outlive its processes."""

from __future__ import annotations

from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.delivery import HeadFile

_NUMBERS = count()


def new_head_file() -> HeadFile:
    """One that is not there yet."""
    return HeadFile(Path(_folder().name) / f"{next(_NUMBERS)}.head")


@cache
def _folder() -> TemporaryDirectory[str]:
    """Made for the first, when it is known where temporary files lie."""
    return TemporaryDirectory(prefix="bridge-heads-")
