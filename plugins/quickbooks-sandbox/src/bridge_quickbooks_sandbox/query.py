"""pure: reads QuickBooks' query language, and refuses what the real one refuses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bridge_quickbooks_sandbox.kinds import KINDS, Kind
from bridge_quickbooks_sandbox.refusals import RefusalError

__all__ = ["Condition", "Query", "parse"]

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<op><=|>=|=|<|>|\(|\)|,|\*)|(?P<word>[A-Za-z0-9_.\-:+]+))")
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "IN", "LIKE"})
_LARGEST_PAGE = 1000
_DEFAULT_PAGE = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """``field operator value``; only IN has more than one value."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One select. No ``columns`` means all; ``order`` holds (field, is descending); positions count from 1."""

    kind: Kind
    columns: tuple[str, ...]
    is_count: bool
    conditions: tuple[Condition, ...]
    order: tuple[tuple[str, bool], ...]
    start: int
    size: int


def parse(text: str) -> Query:
    """Read a query.

    Raises:   RefusalError 4000 where it cannot be read (OR and joins included), 4001 where it asks for what is
              not there: an unknown entity, a field that cannot be queried, a page out of range.
    """
    return _Reader(text).read()


class _Reader:
    """Goes through the words once."""

    def __init__(self, text: str) -> None:
        self._words = list(_split(text))
        self._at = 0

    def read(self) -> Query:
        self._expect("SELECT")
        columns = self._columns()
        is_count = columns == ("COUNT(*)",)
        self._expect("FROM")
        name = self._next("an entity")
        kind = {known.lower(): value for known, value in KINDS.items()}.get(name.lower())
        if kind is None:
            raise RefusalError("4001", f"QueryValidationError: Invalid context declaration: {name}")
        conditions = tuple(self._conditions(kind)) if self._take("WHERE") else ()
        order = tuple(self._order(kind)) if self._take_order() else ()
        start = self._number("STARTPOSITION", 1, 1, None)
        size = self._number("MAXRESULTS", _DEFAULT_PAGE, 1, _LARGEST_PAGE)
        if self._at < len(self._words):
            raise _unreadable(f"Encountered {self._words[self._at]!r} at the end")
        return Query(kind, () if is_count else columns, is_count, conditions, order, start, size)

    def _columns(self) -> tuple[str, ...]:
        """Read the columns up to FROM; a star is no column, since it means all of them."""
        words = []
        while not self._peek("FROM"):
            words.append(self._next("a column"))
        joined = "".join(words)
        if not joined:
            raise _unreadable("no columns")
        if joined.upper() == "COUNT(*)":
            return ("COUNT(*)",)
        return tuple(column for column in joined.split(",") if column != "*")

    def _conditions(self, kind: Kind) -> Iterator[Condition]:
        while True:
            field = _queryable(kind, self._next("a field"))
            operator = self._next("an operator").upper()
            if operator not in _OPERATORS:
                raise _unreadable(f"{operator} is no operator")
            yield Condition(field, operator, self._values() if operator == "IN" else (self._value(),))
            if not self._take("AND"):
                return

    def _values(self) -> tuple[str, ...]:
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        word = self._next("a value")
        if word.startswith("'"):
            return re.sub(r"\\(.)", r"\1", word[1:-1])
        if word.lower() not in {"true", "false"} and not re.fullmatch(r"-?\d+(\.\d+)?", word):
            raise _unreadable(f"{word} must stand in single quotes")
        return word.lower()

    def _order(self, kind: Kind) -> Iterator[tuple[str, bool]]:
        while True:
            field = _queryable(kind, self._next("a field"))
            is_descending = self._take("DESC")
            if not is_descending:
                self._take("ASC")
            yield field, is_descending
            if not self._take(","):
                return

    def _take_order(self) -> bool:
        if self._take("ORDERBY"):
            return True
        if self._take("ORDER"):
            self._expect("BY")
            return True
        return False

    def _number(self, word: str, default: int, least: int, most: int | None) -> int:
        if not self._take(word):
            return default
        text = self._next("a number")
        if not text.isdecimal():
            raise _unreadable(f"{text} is no number")
        number = int(text)
        if number < least:
            detail = f"QueryValidationError: value {number} is too small. Min allowed value is {least}"
            raise RefusalError("4001", detail)
        if most is not None and number > most:
            detail = f"QueryValidationError: value {number} is too large. Max allowed value is {most}"
            raise RefusalError("4001", detail)
        return number

    def _peek(self, word: str) -> bool:
        return self._at < len(self._words) and self._words[self._at].upper() == word

    def _take(self, word: str) -> bool:
        if self._peek(word):
            self._at += 1
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise _unreadable(f"{word} expected")

    def _next(self, what: str) -> str:
        if self._at == len(self._words):
            raise _unreadable(f"{what} expected")
        self._at += 1
        return self._words[self._at - 1]


def _split(text: str) -> Iterator[str]:
    position, text = 0, text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(f"Encountered {text[position : position + 10]!r}")
        position = match.end()
        yield match[0].strip()


def _queryable(kind: Kind, field: str) -> str:
    by_lower = {known.lower(): known for known in kind.queryable}
    if field.lower() not in by_lower:
        raise RefusalError("4001", f"QueryValidationError: Property {field} not found for Entity {kind.name}")
    return by_lower[field.lower()]


def _unreadable(detail: str) -> RefusalError:
    return RefusalError("4000", f"QueryParserError: {detail}")
