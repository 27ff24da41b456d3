"""What the clients written in Python tell of each call: a line ``ok`` or ``no``, the call, and what went wrong."""

import sys
from collections.abc import Callable
from typing import TypeVar

__all__ = ["call"]

T = TypeVar("T")


def call(name: str, make: Callable[[], T]) -> T | None:
    """Make one call of the client's, and tell whether it did what it says."""
    try:
        made = make()
    except Exception as error:  # noqa: BLE001 - whatever a client raises, the next call is made
        words = " ".join(f"{type(error).__name__}: {error} {getattr(error, 'detail', '')}".split())
        sys.stdout.write(f"no\t{name}\t{words[:400]}\n")
        return None
    sys.stdout.write(f"ok\t{name}\t\n")
    return made
