"""The ``where`` filter: comparisons joined by AND, on the fields that Xero calls optimised."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bridge_xero_sandbox.kinds import Kind
from bridge_xero_sandbox.refusals import RefusalError
from bridge_xero_sandbox.wire import JsonObject, amount

__all__ = ["Condition", "parse_where"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<date>DateTime\(\s*(?P<year>\d{4})\s*,\s*(?P<month>\d{1,2})\s*,\s*(?P<day>\d{1,2})\s*\))
    | (?P<guid>guid\(\s*"(?P<id>[0-9a-fA-F-]{36})"\s*\))
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op>==|!=|>=|<=|>|<)
    | (?P<and>&&|AND\b)
    | (?P<bool>true\b|false\b)
    | (?P<field>[A-Za-z][A-Za-z.]*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. The field is in its proper case; days are ISO text."""

    field: str
    operator: str
    value: str | Decimal | bool

    def holds(self, value: JsonObject) -> bool:
        """Tell whether an object satisfies it; what an object does not have satisfies only !=."""
        found: Any = value
        for part in self.field.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            return self.operator == "!="
        if isinstance(self.value, Decimal):
            found = amount(found)
        if type(found) is not type(self.value):
            return self.operator == "!="
        return _COMPARE[self.operator](found, self.value)


def parse_where(kind: Kind, text: str) -> list[Condition]:
    """Read a filter.

    Raises:   RefusalError 16 where it cannot be read, and HighVolumeException for a field that is not optimised: Xero
              answers that one for small organisations, but nobody may come to rely on it.
    """
    tokens = _tokens(text)
    conditions = []
    while tokens:
        if len(tokens) < 3 or tokens[0][0] != "field" or tokens[1][0] != "op":
            raise _unreadable(text)
        (_, field), (_, operator), (what, value) = tokens[:3]
        if what != "value":
            raise _unreadable(text)
        conditions.append(Condition(_proper(kind, str(field)), str(operator), value))
        tokens = tokens[3:]
        if tokens and (tokens.pop(0)[0] != "and" or not tokens):
            raise _unreadable(text)
    return conditions


def _tokens(text: str) -> list[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text)
        position = match.end()
        tokens.append(_token(match))
    return tokens


def _token(match: re.Match[str]) -> tuple[str, Any]:
    if match["string"]:
        return "value", re.sub(r"\\(.)", r"\1", match["string"][1:-1])
    if match["date"]:
        return "value", f"{match['year']}-{int(match['month']):02d}-{int(match['day']):02d}"
    if match["guid"]:
        return "value", match["id"].lower()
    if match["number"]:
        return "value", Decimal(match["number"])
    if match["bool"]:
        return "value", match["bool"].lower() == "true"
    if match["op"]:
        return "op", match["op"]
    return ("and", "") if match["and"] else ("field", match["field"])


def _proper(kind: Kind, field: str) -> str:
    for known in kind.where:
        if known.lower() == field.lower():
            return known
    message = f"The filter on {field} is not optimised for {kind.name}"
    raise RefusalError(10, "HighVolumeException", message)


def _unreadable(text: str) -> RefusalError:
    return RefusalError(16, "QueryParseException", f"The where clause cannot be read: {text}")
