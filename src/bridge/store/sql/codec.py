"""How facts become columns: instants, book dates, words of an enumeration, and whole structs as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from bridge.model.line_tax import Tax
from bridge.store import packing
from bridge.store.packing import micros
from bridge.store.sql.failures import NOT_READ_BACK, unreadable

EPOCH = packing.EPOCH
_REMEMBERED = 4_096
_PAIRS = msgspec.json.Decoder(tuple[tuple[str, str], ...])
_TAX = msgspec.json.Decoder(Tax)
T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


@lru_cache(maxsize=_REMEMBERED)
def instant(value: int) -> datetime:
    """The instant of so many microseconds, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def encode(value: object) -> str:
    """A struct as JSON text; decoding makes it again, with all its checks."""
    return msgspec.json.encode(value).decode()


def decode(text: str, kind: type[T]) -> T:
    """The struct of that JSON text. Raises: ConfigError ``store.unreadable`` when the text is not one."""
    try:
        return msgspec.json.decode(text, type=kind)
    except NOT_READ_BACK as cause:
        raise unreadable(getattr(kind, "__name__", "value")) from cause


@lru_cache(maxsize=_REMEMBERED)
def unpack_tax(text: str) -> Tax:
    """The components of that JSON text; remembered, because lines come by the million and say much the same."""
    return _TAX.decode(text)


@lru_cache(maxsize=_REMEMBERED)
def unpack_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The attributes of that JSON text."""
    return _PAIRS.decode(text)


def plain_row(table: sa.Table, values: Mapping[str, Any]) -> tuple[Any, ...]:
    """A row as the database holds it, in the order of the table's columns, for a bulk insert."""
    return tuple(bind(values[name]) if bind else values[name] for name, bind in _binders(table).items())


def plain_values(table: sa.Table, columns: Iterable[str], values: Iterable[Any]) -> Iterator[Any]:
    """Values of some columns as the database holds them."""
    binders = _binders(table)
    for name, value in zip(columns, values, strict=True):
        bind = binders[name]
        yield bind(value) if bind else value


@cache
def _binders(table: sa.Table) -> Mapping[str, Callable[[Any], Any] | None]:
    return {column.name: _binder(column.type) for column in table.columns}


def _binder(kind: Any) -> Callable[[Any], Any] | None:
    if not isinstance(kind, TypeDecorator):
        return None
    dialect: Any = None  # ours ask none
    return lambda value: kind.process_bind_param(value, dialect)


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as whole microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        try:
            return None if value is None else instant(value)
        except NOT_READ_BACK as cause:
            raise unreadable("instant") from cause


class Day(TypeDecorator[date]):
    """A book date, kept as ISO text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Any) -> str | None:
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Any) -> date | None:
        try:
            return None if value is None else date.fromisoformat(value)
        except NOT_READ_BACK as cause:
            raise unreadable("date") from cause


class Word(TypeDecorator[E]):
    """A word of an enumeration, kept as its text."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, dialect: Any) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Any) -> E | None:
        try:
            return None if value is None else self.kind(value)
        except NOT_READ_BACK as cause:
            raise unreadable(self.kind.__name__) from cause


class Json(TypeDecorator[T]):
    """A struct, or a tuple of them. A query looks into few (``Dialect.said``); no index leads by what is in them."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: T | None, dialect: Any) -> str | None:
        return None if value is None else encode(value)

    def process_result_value(self, value: str | None, dialect: Any) -> T | None:
        return None if value is None else decode(value, self.kind)
