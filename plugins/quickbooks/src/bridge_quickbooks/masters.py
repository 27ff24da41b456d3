"""Pure: what is made in a company's lists on a person's word: which list, which body, and whether it is there.

Source: QuickBooks v3 IntuitNamesTypes.xsd and Finance.xsd: Account, Customer, Vendor, Item, Class, Department.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bridge.plugin import Made, Master, MasterKind
from bridge.transport import Body, Json, encode
from bridge_quickbooks.accounts import account_types
from bridge_quickbooks.answers import text_of
from bridge_quickbooks.dimensions import LOCATION

CREATES = (
    MasterKind.ACCOUNT,
    MasterKind.OPTION,
    MasterKind.CUSTOMER,
    MasterKind.SUPPLIER,
    MasterKind.ITEM,
)
_LISTS: Mapping[MasterKind, str] = MappingProxyType(
    {
        MasterKind.ACCOUNT: "Account",
        MasterKind.CUSTOMER: "Customer",
        MasterKind.SUPPLIER: "Vendor",
        MasterKind.ITEM: "Item",
    }
)
# The lists of people's names, of which only those that are meant are ever asked for.
OF_NAMES = frozenset({"Customer", "Vendor"})


def list_of(master: Master) -> str:
    """The list that it stands in."""
    if master.kind is MasterKind.OPTION:
        return "Department" if master.dimension_id == LOCATION else "Class"
    return _LISTS[master.kind]


def found(master: Master, rows: Iterable[Json]) -> Made | None:
    """The active one of that number or name."""
    for row in rows:
        name = text_of(row.get("FullyQualifiedName")) or text_of(row.get("DisplayName")) or text_of(row.get("Name"))
        is_numbered = bool(master.number) and text_of(row.get("AcctNum")) == master.number
        if row.get("Active", True) is True and (is_numbered or name.casefold() == master.name.casefold()):
            return Made(str(row["Id"]), name, is_new=False)
    return None


def body(master: Master) -> bytes:
    """The body of the one call that makes it."""
    return encode(_fields(master) | ({"CurrencyRef": {"value": master.currency}} if master.currency else {}))


def _fields(master: Master) -> dict[str, Body]:
    match master.kind:
        case MasterKind.ACCOUNT:
            told = master.account.told(account_types()) if master.account else ""
            type_, _, detail = told.partition(", ")
            return {"Name": master.name, "AcctNum": master.number, "AccountType": type_, "AccountSubType": detail}
        case MasterKind.CUSTOMER | MasterKind.SUPPLIER:
            return {"DisplayName": master.name}
        case MasterKind.ITEM:
            return {"Name": master.name, "Type": "Service", "IncomeAccountRef": {"value": master.account_id}}
        case _:
            return {"Name": master.name}
