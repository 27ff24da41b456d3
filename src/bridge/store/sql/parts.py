"""Parts of statements: long lists in pieces that one takes, ids by their beginning, columns as they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

_AT_A_TIME = 500
"""Values in one statement."""
T = TypeVar("T")
Scope = Mapping[str, str]


def in_parts(values: Sequence[T], most: int = _AT_A_TIME) -> Iterator[Sequence[T]]:
    """As many at a time as one statement takes; most: where each makes up several of its values."""
    return (values[first : first + most] for first in range(0, len(values), most))


def begins(column: sa.Column[str], text: str) -> tuple[sa.ColumnElement[bool], ...]:
    """That an id begins so, as a range of the index that it is the key of."""
    return column >= text, column < f"{text}\U0010ffff"


def names(table: sa.Table) -> str:
    """The columns of a table, for a statement past SQLAlchemy."""
    return ", ".join(f'"{column.name}"' for column in table.columns)


def plain(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """A column as the database holds it: comparing needs no dates."""
    return sa.type_coerce(column, sa.types.NullType())


def within(table: sa.Table, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """That rows are of a scope."""
    return [table.c[name] == value for name, value in scope.items()]
