"""Whether a unit of work that writes is open here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_writing: ContextVar[bool] = ContextVar("bridge_writing", default=False)


def is_writing() -> bool:
    """Whether a unit of work that writes is open here: others wait for it, so nothing slow may be done."""
    return _writing.get()


@contextmanager
def writing() -> Iterator[None]:
    """Within, a unit of work writes; every store says so of its units."""
    before = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(before)
