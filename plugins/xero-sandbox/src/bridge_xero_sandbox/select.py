"""Lists of objects: which of them, in which order, on which page."""

from collections.abc import Mapping
from datetime import UTC, datetime

from bridge_xero_sandbox.kinds import KINDS, Kind
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.present import present
from bridge_xero_sandbox.refusals import RefusalError
from bridge_xero_sandbox.where import parse_where
from bridge_xero_sandbox.wire import JsonObject, read_instant

__all__ = ["select"]

_LARGEST_PAGE = 1000
_DEFAULT_PAGE = 100
_ORDERS = ("UpdatedDateUTC", "Date", "DueDate", "Name", "Code", "Reference")
# Query parameters that list values: the field each is compared with.
_LISTS = {
    "IDs": "",
    "InvoiceNumbers": "InvoiceNumber",
    "Statuses": "Status",
    "ContactIDs": "Contact.ContactID",
    "References": "Reference",
}


def select(
    organisation: Organisation, kind: Kind, query: Mapping[str, str], modified_since: str, takes: frozenset[str]
) -> JsonObject:
    """Answer a list request: the objects, and how many pages there are where pages were asked for.

    Shape:    without ``page`` everything comes at once, documents without their lines.
    """
    asked = {name: text for name, text in query.items() if name in takes}
    conditions = parse_where(kind, asked.get("where", ""))
    found = [
        value
        for value in organisation.all(kind.name)
        if _is_wanted(kind, value, asked)
        and all(condition.holds(_joined(organisation, value)) for condition in conditions)
    ]
    if since := read_instant(modified_since) if modified_since else None:
        found = [value for value in found if _updated(value) > since.replace(microsecond=0)]
    found = _in_order(kind, found, asked.get("order", ""))
    if kind.is_paged and "page" in asked:
        return _page(organisation, kind, found, asked)
    return {kind.name: [present(organisation, kind.name, value, is_summary=True) for value in found]}


def _is_wanted(kind: Kind, value: JsonObject, asked: Mapping[str, str]) -> bool:
    for parameter, field in _LISTS.items():
        if parameter in asked:
            wanted = {text.strip().lower() for text in asked[parameter].split(",")}
            if str(_at(value, field or KINDS[kind.name].id)).lower() not in wanted:
                return False
    if value.get("ContactStatus", "ACTIVE") != "ACTIVE" and not _is_true(asked, "includeArchived"):
        return False
    if value["IsByHand"] and _is_true(asked, "createdByMyApp"):
        return False
    is_gone = kind.name == "BankTransfers" and value["Status"] == "DELETED"
    return not is_gone or _is_true(asked, "includeDeleted")


def _is_true(asked: Mapping[str, str], name: str) -> bool:
    return asked.get(name, "").lower() == "true"


def _joined(organisation: Organisation, value: JsonObject) -> JsonObject:
    """Put the whole contact into a document, so that a filter can name its fields."""
    if "Contact" not in value:
        return value
    return {**value, "Contact": organisation.get("Contacts", value["Contact"]["ContactID"])}


def _at(value: JsonObject, field: str) -> object:
    first, _, rest = field.partition(".")
    found = value.get(first)
    return _at(found, rest) if rest and isinstance(found, dict) else found


def _updated(value: JsonObject) -> datetime:
    """Give when an object was last changed, to the second, as the filter sees it."""
    return datetime.fromisoformat(value["UpdatedDateUTC"]).astimezone(UTC).replace(microsecond=0)


def _in_order(kind: Kind, found: list[JsonObject], order: str) -> list[JsonObject]:
    field, _, direction = (order or "UpdatedDateUTC ASC").partition(" ")
    if field not in {kind.id, kind.number, *_ORDERS}:
        raise RefusalError(16, "QueryParseException", f"Lists cannot be put in order of {field}")
    return sorted(found, key=lambda value: str(value.get(field, "")), reverse=direction.strip().upper() == "DESC")


def _page(organisation: Organisation, kind: Kind, found: list[JsonObject], asked: Mapping[str, str]) -> JsonObject:
    page, size = _number(asked, "page", 1), min(_number(asked, "pageSize", _DEFAULT_PAGE), _LARGEST_PAGE)
    is_summary = _is_true(asked, "summaryOnly")
    shown = [
        present(organisation, kind.name, value, is_summary=is_summary)
        for value in found[(page - 1) * size : page * size]
    ]
    pages = -(-len(found) // size)
    return {
        "pagination": {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(found)},
        kind.name: shown,
    }


def _number(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise RefusalError(16, "QueryParseException", f"{name} must be a whole number from 1")
    return int(text)
