"""Up to thirty operations in one request, each with its own outcome."""

from bridge_quickbooks_sandbox import documents
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import kind_by_path
from bridge_quickbooks_sandbox.present import shown
from bridge_quickbooks_sandbox.query import parse
from bridge_quickbooks_sandbox.refusals import RefusalError, fault
from bridge_quickbooks_sandbox.select import select
from bridge_quickbooks_sandbox.wire import JsonObject

__all__ = ["run_batch"]

_MOST_ITEMS = 30
_LONGEST_ID = 10
_NOT_THE_OBJECT = frozenset({"bId", "operation", "optionsData", "Query"})


def run_batch(company: Company, body: JsonObject) -> JsonObject:
    """Carry out every item in order; one that is refused does not stop the next.

    Raises:   RefusalError 1040 for more than thirty items, 2020 where there are none.
    """
    items = body.get("BatchItemRequest")
    if not isinstance(items, list) or not items:
        raise RefusalError("2020", "Required parameter BatchItemRequest is missing", element="BatchItemRequest")
    if len(items) > _MOST_ITEMS:
        raise RefusalError("1040", f"The batch size {len(items)} exceeds the limit of {_MOST_ITEMS}")
    return {"BatchItemResponse": [_answer(company, item) for item in items]}


def _answer(company: Company, item: JsonObject) -> JsonObject:
    id = str(item.get("bId", ""))
    try:
        if len(id) > _LONGEST_ID:
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
