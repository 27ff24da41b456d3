"""Pure: lists of the API: parameters checked, rows chosen, sorted, cut into pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec

from bridge.sandbox import JsonObject
from bridge_woocommerce_sandbox.refusals import invalid

_STATUSES = (
    "any",
    "trash",
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
_KEYS = {"date": "date_created_gmt", "modified": "date_modified_gmt", "id": "id"}
_BOUNDS = {"after": "date_created_gmt", "modified_after": "date_modified_gmt"}


class Listed(msgspec.Struct, frozen=True):
    """One page of a list, and how long it is as a whole."""

    rows: Sequence[JsonObject]
    total: int
    pages: int


def listed(rows: Sequence[JsonObject], query: Mapping[str, str], zone: str) -> Listed:
    """Raises: RefusalError for a parameter that cannot be meant."""
    size, page = whole(query, "per_page", 10, most=100), whole(query, "page", 1)
    orderby, order = query.get("orderby", "date"), query.get("order", "desc")
    if orderby not in (*_KEYS, "include", "title", "slug"):
        raise invalid("orderby", "orderby is not one of date, id, include, title, slug, and modified.")
    found = [row for row in rows if _is_wanted(row, query, zone)]
    key = _KEYS.get(orderby, "id")
    found.sort(key=lambda row: (row.get(key) or "", row["id"]) if key != "id" else ("", row["id"]))
    if order == "desc":
        found.reverse()
    first = size * (page - 1)
    return Listed(found[first : first + size], len(found), -(-len(found) // size))


def whole(query: Mapping[str, str], name: str, usual: int, *, least: int = 1, most: int = 1_000_000) -> int:
    """A parameter that is a whole number."""
    told = query.get(name, str(usual))
    if not told.isdecimal():
        raise invalid(name, f"{name} is not of type integer.")
    if not least <= int(told) <= most:
        raise invalid(name, f"{name} must be between {least} (inclusive) and {most} (inclusive)")
    return int(told)


def _is_wanted(row: JsonObject, query: Mapping[str, str], zone: str) -> bool:
    if include := query.get("include"):
        return str(row["id"]) in include.split(",")
    return _has_status(row, query.get("status", "any")) and all(
        _is_within(row, query, bound, zone) for bound in _BOUNDS
    )


def _has_status(row: JsonObject, status: str) -> bool:
    if status not in _STATUSES:
        raise invalid("status", f"status[0] is not one of {', '.join(_STATUSES)}.")
    return "status" not in row or (row["status"] != "trash" if status == "any" else row["status"] == status)


def _is_within(row: JsonObject, query: Mapping[str, str], after: str, zone: str) -> bool:
    """Both ends are strict. Of a refund only the day of its making is known."""
    at = datetime.fromisoformat(row.get(_BOUNDS[after]) or row["date_created_gmt"]).replace(tzinfo=UTC)
    before = after.replace("after", "before")
    since = _instant(query, after, zone)
    until = _instant(query, before, zone)
    return (since is None or at > since) and (until is None or at < until)


def _instant(query: Mapping[str, str], name: str, zone: str) -> datetime | None:
    """With ``dates_are_gmt`` a bare instant is UTC, and one with an offset is turned into the shop's time before."""
    if name not in query:
        return None
    try:
        told = datetime.fromisoformat(query[name])
    except ValueError:
        raise invalid(name, "Invalid date.") from None
    if "T" not in query[name]:
        raise invalid(name, "Invalid date.")
    local = told.astimezone(ZoneInfo(zone)).replace(tzinfo=None) if told.tzinfo else told
    if query.get("dates_are_gmt") == "true":
        return local.replace(tzinfo=UTC)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
