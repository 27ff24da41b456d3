"""Up to thirty operations in one request, each with its own outcome."""

from typing import Any

from bridge_quickbooks_sandbox import documents
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.item_faults import ItemFaults
from bridge_quickbooks_sandbox.kinds import kind_by_path
from bridge_quickbooks_sandbox.present import shown
from bridge_quickbooks_sandbox.query import parse
from bridge_quickbooks_sandbox.refusals import RefusalError, fault
from bridge_quickbooks_sandbox.select import select
from bridge_quickbooks_sandbox.wire import JsonObject, encode

__all__ = ["items_in", "run_batch", "unexpected"]

_MOST_ITEMS = 30
_LONGEST_ID = 10
_NOT_THE_OBJECT = frozenset({"bId", "operation", "optionsData", "Query"})


def run_batch(company: Company, body: JsonObject, faults: ItemFaults, *, is_named: bool = False) -> JsonObject:
    """Carry out every item in order; one that is refused does not stop the next.

    Shape:    ``is_named``: the call has a request id, and only then the ids of its items are short.

    Raises:   RefusalError 1040 for more than thirty items, 2020 where there are none.
    """
    items = items_in(body)
    if not items:
        raise RefusalError("2020", "Required parameter BatchItemRequest is missing", element="BatchItemRequest")
    if len(items) > _MOST_ITEMS:
        raise RefusalError("1040", f"The batch size {len(items)} exceeds the limit of {_MOST_ITEMS}")
    return _in_order(company, [told for item in items for told in _told(company, item, faults, is_named=is_named)])


def unexpected(company: Company, body: JsonObject) -> JsonObject:
    """Say of each item what a repeat of a batch was once seen to get: 6000, whatever became of it the first time."""
    detail = "Business Validation Error: An unexpected error occurred while accessing or saving your data."
    refusal = fault(RefusalError("6000", detail), company.settings.language)
    return _in_order(company, [{**refusal, "bId": str(item.get("bId", ""))} for item in items_in(body)])


def items_in(body: JsonObject) -> list[Any]:
    """Give the items of a batch; none where it has none that can be read."""
    items = body.get("BatchItemRequest")
    return items if isinstance(items, list) and all(isinstance(item, dict) for item in items) else []


def _in_order(company: Company, told: list[JsonObject]) -> JsonObject:
    """Answer in the order of the items, or another: only the bId says which is which."""
    return {"BatchItemResponse": told[::-1] if company.settings.batch_order == "reversed" else told}


def _told(company: Company, item: JsonObject, faults: ItemFaults, *, is_named: bool) -> list[JsonObject]:
    """Give what is told of one item, which may be nothing."""
    ordered = faults.take(encode(item).decode())
    told = _answer(company, item, is_named=is_named) if ordered is None or ordered.commits else {}
    if ordered is None:
        return [told]
    refusal = fault(RefusalError(ordered.code, "As was ordered"), company.settings.language) if ordered.code else None
    return [{**refusal, "bId": str(item.get("bId", ""))}] if refusal else []


def _answer(company: Company, item: JsonObject, *, is_named: bool) -> JsonObject:
    id = str(item.get("bId", ""))
    try:
        if is_named and len(id) > _LONGEST_ID:
            raise RefusalError("2130", f"The bId is longer than {_LONGEST_ID} characters", element="bId")
        return {**_carry_out(company, item), "bId": id}
    except RefusalError as refusal:
        return {**fault(refusal, company.settings.language), "bId": id}


def _carry_out(company: Company, item: JsonObject) -> JsonObject:
    if "Query" in item:
        return {"QueryResponse": select(company, parse(str(item["Query"])))}
    names = [name for name in item if name not in _NOT_THE_OBJECT]
    kind = kind_by_path(names[0]) if len(names) == 1 else None
    if kind is None or not isinstance(item[names[0]], dict):
        raise RefusalError("2010", f"Property Name:{', '.join(names)} is unsupported or invalid")
    body = item[names[0]]
    options = str(item.get("optionsData", "")).lower()
    duplicates = "allowduplicatedocnum" in options
    match item.get("operation"):
        case "create":
            written = documents.create(company, kind, body, allows_duplicate=duplicates)
        case "update" if "void" in options:
            written = documents.void(company, kind, body, by="include")
        case "update":
            written = documents.update(company, kind, body, allows_duplicate=duplicates)
        case "delete":
            return {kind.name: documents.delete(company, kind, body)}
        case operation:
            raise RefusalError("500", f"Operation {operation} is not supported in a batch.")
    return {kind.name: shown(company, kind.name, written)}
