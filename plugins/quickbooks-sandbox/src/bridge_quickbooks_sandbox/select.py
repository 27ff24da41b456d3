"""Answers a query from a company's books: without deleted objects, and behind where the index trails."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.present import present, shown
from bridge_quickbooks_sandbox.query import Condition, Query
from bridge_quickbooks_sandbox.wire import JsonObject, amount, instant, value_of

__all__ = ["select"]

_COMPUTED = frozenset({"Account", "CompanyCurrency", "CompanyInfo", "Preferences"})
_NUMBERS = frozenset({"TotalAmt", "Balance", "Amount", "CurrentBalance"})
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def select(company: Company, query: Query) -> JsonObject:
    """Give the content of a ``QueryResponse``."""
    kind = query.kind.name
    is_computed = kind in _COMPUTED
    candidates = present(company, kind) if is_computed else company.all(kind)
    found = [value for value in candidates if company.is_in_index(kind, value["Id"]) and _holds_all(query, value)]
    company.count_query(kind)
    if query.is_count:
        return {"totalCount": len(found)}
    for field, is_descending in reversed(query.order):
        found.sort(key=lambda value, field=field: _sort_key(field, value), reverse=is_descending)  # type: ignore[misc]
    page = found[query.start - 1 : query.start - 1 + query.size]
    if not is_computed:
        page = [shown(company, kind, value) for value in page]
    if not page:
        return {}
    if query.columns:
        page = [_projected(query, value) for value in page]
    return {kind: page, "startPosition": query.start, "maxResults": len(page)}


def _projected(query: Query, value: JsonObject) -> JsonObject:
    """Keep the columns asked for, whole where part of one is asked for; say that the object is sparse."""
    wanted = {column.split(".")[0].casefold() for column in query.columns} | {"id", "domain"}
    kept = {key: item for key, item in value.items() if key.casefold() in wanted}
    return {**kept, "sparse": True}


def _holds_all(query: Query, value: JsonObject) -> bool:
    """Tell whether every condition holds; lists show the inactive only when asked about Active."""
    asks_activity = any(condition.field == "Active" for condition in query.conditions)
    if query.kind.is_list and not asks_activity and value.get("Active") is False:
        return False
    return all(_holds(condition, value) for condition in query.conditions)


def _holds(condition: Condition, value: JsonObject) -> bool:
    raw = _raw(condition.field, value)
    if raw is None:
        return False
    if condition.operator == "LIKE":
        pattern = "".join(".*" if part == "%" else re.escape(part) for part in re.split("(%)", condition.values[0]))
        return re.fullmatch(pattern, str(raw), re.IGNORECASE | re.DOTALL) is not None
    left = _comparable(condition.field, raw)
    rights = (_comparable(condition.field, right) for right in condition.values)
    if condition.operator == "IN":
        return left in tuple(rights)
    return _COMPARE[condition.operator](left, next(rights))


def _raw(field: str, value: JsonObject) -> object:
    found: Any = value
    for part in field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return value_of(found) if isinstance(found, dict) else found


def _comparable(field: str, raw: object) -> str | Decimal | datetime | tuple[int, str]:
    """Give a value in the form in which its field compares."""
    if field.startswith("MetaData."):
        return instant(str(raw))
    if field in _NUMBERS:
        return amount(raw)
    if field == "Id":
        text = str(raw)
        return (int(text), "") if text.isdecimal() else (0, text)
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw).casefold()


def _sort_key(field: str, value: JsonObject) -> tuple[bool, Any]:
    raw = _raw(field, value)
    return (raw is not None, _comparable(field, raw) if raw is not None else "")
