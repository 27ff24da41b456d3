"""Parts of statements: long lists in pieces that one takes, ids by their beginning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

_AT_A_TIME = 500
"""Values in one statement."""
T = TypeVar("T")


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one statement takes."""
    return (values[first : first + _AT_A_TIME] for first in range(0, len(values), _AT_A_TIME))


def begins(column: sa.Column[str], text: str) -> tuple[sa.ColumnElement[bool], ...]:
    """That an id begins so, as a range of the index that it is the key of."""
    return column >= text, column < f"{text}\U0010ffff"
