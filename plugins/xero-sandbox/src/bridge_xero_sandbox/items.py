"""Items: what an organisation sells and buys, and what a line takes over from the one that its code names.

Stock is not kept: what an item that is tracked as inventory has on hand stays as it was made.
"""

from collections.abc import Iterator

from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["create_item", "delete_item", "shown_line", "upsert_item", "with_item"]

_KEPT = [
    "Code",
    "Name",
    "Description",
    "PurchaseDescription",
    "IsSold",
    "IsPurchased",
    "SalesDetails",
    "PurchaseDetails",
    "InventoryAssetAccountCode",
]
_ACCOUNTS = (
    ("SalesDetails", "AccountCode"),
    ("PurchaseDetails", "AccountCode"),
    ("PurchaseDetails", "COGSAccountCode"),
)
_PURCHASES = ("ACCPAY", "SPEND")


def create_item(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Add an item.

    Raises:   InvalidError if its code is taken, or an account that it names is none.
    """
    if organisation.item(given["Code"]):
        raise InvalidError(Text.ITEM_TAKEN.format(code=given["Code"]))
    return _write(organisation, given, None)


def upsert_item(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Change the item of that id or code, or make one."""
    if given.get("ItemID") and organisation.get("Items", given["ItemID"]) is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    found = organisation.get("Items", given.get("ItemID", "")) or organisation.item(given["Code"])
    return _write(organisation, given, found)


def delete_item(organisation: Organisation, old: JsonObject) -> None:
    """Take an item away; lines that sold it keep its code. One whose stock is kept stays while a line names it.

    Raises:   InvalidError for that.
    """
    if old["IsTrackedAsInventory"] and old["ItemID"] in set(_sold(organisation)):
        raise InvalidError(Text.ITEM_IN_USE)
    organisation.remove("Items", old["ItemID"])


def with_item(organisation: Organisation, line: JsonObject, document_type: str) -> JsonObject:
    """Give a line with what it leaves to its item: words, price, account and tax. What it says itself stands.

    A line that is written again keeps the item that it had, though that has another code by now, or is gone.
    Raises:   InvalidError if the organisation has no item of that code.
    """
    own = {key: value for key, value in line.items() if key != "Item"}
    code = str(line.get("ItemCode") or "")
    if not code:
        return own
    item = organisation.item(code) or organisation.get("Items", line.get("Item", {}).get("ItemID", ""))
    if item is None and "Item" in line:
        return line
    if item is None:
        raise InvalidError(Text.ITEM_INVALID.format(code=code))
    is_bought = document_type.startswith(_PURCHASES)
    details = item["PurchaseDetails" if is_bought else "SalesDetails"]
    words = item.get("PurchaseDescription" if is_bought else "Description") or item.get("Name")
    left = {
        "Description": words,
        "UnitAmount": details.get("UnitPrice") if line.get("LineAmount") is None else None,
        "AccountCode": details.get("AccountCode") if not line.get("AccountID") else None,
        "TaxType": details.get("TaxType"),
    }
    own |= {key: value for key, value in left.items() if value is not None and not own.get(key)}
    return {**own, "ItemCode": item["Code"], "Item": {"ItemID": item["ItemID"]}}


def shown_line(organisation: Organisation, line: JsonObject) -> JsonObject:
    """Give a line as answers show it: its item by the code that it has now. Of one that is gone the code is left.

    Source: Xero's certification practice questions, "existing transactions are automatically updated".
    """
    if "Item" not in line:
        return line
    item = organisation.get("Items", line["Item"]["ItemID"])
    if item is None:
        return {key: value for key, value in line.items() if key != "Item"}
    named = {key: item[key] for key in ("ItemID", "Name", "Code") if key in item}
    return {**line, "ItemCode": item["Code"], "Item": named}


def _write(organisation: Organisation, given: JsonObject, old: JsonObject | None) -> JsonObject:
    empty: JsonObject = {"IsSold": True, "IsPurchased": True, "SalesDetails": {}, "PurchaseDetails": {}}
    item = {**(old or empty), **{key: given[key] for key in _KEPT if key in given}}
    holder = organisation.item(item["Code"])
    if holder is not None and holder["ItemID"] != item.get("ItemID"):
        raise InvalidError(Text.ITEM_TAKEN.format(code=item["Code"]))
    named = [str(item[part][key]) for part, key in _ACCOUNTS if item[part].get(key)]
    for code in (*named, *filter(None, [item.get("InventoryAssetAccountCode")])):
        if organisation.account(code) is None:
            raise InvalidError(Text.ACCOUNT_INVALID.format(code=code))
    is_tracked = bool(item.get("InventoryAssetAccountCode") and item["PurchaseDetails"].get("COGSAccountCode"))
    item["IsTrackedAsInventory"] = is_tracked
    if is_tracked:
        item = {"QuantityOnHand": 0, "TotalCostPool": 0, **item}
    return organisation.put("Items", item, changes="Edited" if old else "Created", details=item["Code"])


def _sold(organisation: Organisation) -> Iterator[str]:
    for kind in KINDS.values():
        for document in organisation.all(kind.name) if kind.lines == "LineItems" else ():
            yield from (line["Item"]["ItemID"] for line in document[kind.lines] if "Item" in line)
