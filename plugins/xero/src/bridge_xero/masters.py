"""Pure: what is made in an organisation's lists on a person's word: by which call, with which body.

Source: Xero Accounting OpenAPI 16.1.0: createAccount, createContacts, createItems, createTrackingCategory,
createTrackingOptions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from bridge.errors import RejectedError
from bridge.plugin import Made, Master, MasterKind
from bridge.transport import Body, Json, encode
from bridge_xero.accounts import BANK, AccountType, account_types
from bridge_xero.facts import is_active
from bridge_xero.wire import text

CREATES = (
    MasterKind.ACCOUNT,
    MasterKind.DIMENSION,
    MasterKind.OPTION,
    MasterKind.CUSTOMER,
    MasterKind.SUPPLIER,
    MasterKind.ITEM,
)
_LONGEST_CODE, _LONGEST_NAME = 30, 50  # Source: Xero Accounting OpenAPI 16.1.0, Item.Code and Item.Name
_NO_TYPE = AccountType("", payments=False)


class List(msgspec.Struct, frozen=True):
    """One of the lists. create: the library's function. plural: of its answers. id: their field."""

    create: str
    plural: str
    id: str


_CONTACTS = List("create_contacts", "Contacts", "ContactID")
_LISTS: Mapping[MasterKind, List] = MappingProxyType(
    {
        MasterKind.ACCOUNT: List("create_account", "Accounts", "AccountID"),
        MasterKind.DIMENSION: List("create_tracking_category", "TrackingCategories", "TrackingCategoryID"),
        MasterKind.OPTION: List("create_tracking_options", "Options", "TrackingOptionID"),
        MasterKind.CUSTOMER: _CONTACTS,
        MasterKind.SUPPLIER: _CONTACTS,
        MasterKind.ITEM: List("create_items", "Items", "ItemID"),
    }
)


def list_of(master: Master) -> List:
    """The list that it stands in."""
    return _LISTS[master.kind]


def found(master: Master, rows: Iterable[Json]) -> Made | None:
    """The active one of that code or name. What a line names an item by is its code."""
    if master.kind is MasterKind.ITEM:
        codes = (text(row.get("Code")) for row in rows)
        return next(
            (Made(code, code, is_new=False) for code in codes if code.casefold() == master.name.casefold()), None
        )
    for row in rows:
        name, status = text(row.get("Name")), {**row, "Status": row.get("Status") or row.get("ContactStatus")}
        is_numbered = bool(master.number) and text(row.get("Code")) == master.number
        if is_active(status) and (is_numbered or name.casefold() == master.name.casefold()):
            return Made(text(row.get(list_of(master).id)), name, is_new=False)
    return None


def body(master: Master, chart: Iterable[Json] = ()) -> bytes:
    """The body of the one call that makes it. chart: of an item, the accounts that its sales may go to by themselves.

    Raises: RejectedError ``xero.by_hand`` for an account of a bank, which Xero makes only with the bank's own number,
            and for an item whose code is longer than Xero's are.
    """
    if master.kind is MasterKind.ITEM:
        return encode({"Items": [_item(master, chart)]})
    if master.kind is MasterKind.ACCOUNT:
        return encode(_account(master))
    if list_of(master) is _CONTACTS:
        return encode({"Contacts": [{"Name": master.name}]})
    return encode({"Name": master.name})


def _item(master: Master, chart: Iterable[Json]) -> dict[str, Body]:
    """One whose stock is not tracked: no account of stock and of cost is named."""
    if len(master.name) > _LONGEST_CODE:
        raise by_hand(
            master,
            f"Xero's item codes have {_LONGEST_CODE} characters at most, and this has {len(master.name)}",
            "Name a shorter one in the rule",
        )
    codes = (text(one.get("Code")) for one in chart if text(one.get("AccountID")) == master.account_id)
    sold: dict[str, Body] = {"AccountCode": code} if (code := next(codes, "")) else {}
    return {"Code": master.name, "Name": master.name[:_LONGEST_NAME], "SalesDetails": sold}


def by_hand(master: Master, cause: str, next_step: str) -> RejectedError:
    """The refusal of what bridge cannot make."""
    return RejectedError(master.title, cause, next_step, code="xero.by_hand")


def _account(master: Master) -> dict[str, Body]:
    ours, types = master.account, account_types()
    keys = (ours.number, ours.purpose.value, ours.account_class.value) if ours else ()
    made = next((types[key] for key in keys if key in types), _NO_TYPE)
    if made.word in {"", BANK}:
        raise by_hand(
            master,
            "Xero makes an account of a bank or wallet only with the number that its bank gave it",
            "Add it in Xero under Accounting, Bank accounts, and map it in the route's accounts",
        )
    return {
        "Code": master.number,
        "Name": master.name,
        "Type": made.word,
        "EnablePaymentsToAccount": made.payments,
    }
