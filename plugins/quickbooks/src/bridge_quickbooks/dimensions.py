"""Pure: classes and locations: what a company has of them, where a transaction carries them, and whom a line names.

Source: QuickBooks v3 Finance.xsd: ClassRef of SalesTransaction, SalesItemLineDetail and JournalEntryLineDetail,
DepartmentRef of Transaction and JournalEntryLineDetail, AccountingInfoPrefs; Entity of JournalEntryLineDetail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from bridge.model.facts import ContactRole, LedgerDimension, LedgerOption
from bridge.model.tracking import Tracked
from bridge.model.vouchers import VoucherLine
from bridge.transport import Body, Json
from bridge_quickbooks.answers import text_of

CLASS, LOCATION = "class", "location"
# Where a company has one class a transaction, a form says it in its head; a journal says it by line all the same.
CLASS_OF_FORM = "class of the whole form"
_FIELDS: Mapping[str, str] = MappingProxyType({CLASS: "ClassRef", CLASS_OF_FORM: "ClassRef", LOCATION: "DepartmentRef"})
_OF_HEAD = frozenset({CLASS_OF_FORM, LOCATION})
_ENTITIES: Mapping[ContactRole, str] = MappingProxyType(
    {ContactRole.CUSTOMER: "Customer", ContactRole.SUPPLIER: "Vendor"}
)
_OFF = (
    "it is off in QuickBooks: switch it on under Account and settings, Advanced, Categories (the plans Plus and "
    "Advanced have it)"
)


def tracks_classes(preferences: Json) -> bool:
    """Whether the company has classes, by line or by transaction."""
    prefs = preferences.get("AccountingInfoPrefs", {})
    return prefs.get("ClassTrackingPerTxnLine") is True or prefs.get("ClassTrackingPerTxn") is True


def tracks_locations(preferences: Json) -> bool:
    """Whether the company has locations, which the API calls departments."""
    return preferences.get("AccountingInfoPrefs", {}).get("TrackDepartments") is True


def dimensions(preferences: Json, classes: Iterable[Json], departments: Iterable[Json]) -> tuple[LedgerDimension, ...]:
    """Both, whether they can be used or not."""
    is_by_line = preferences.get("AccountingInfoPrefs", {}).get("ClassTrackingPerTxnLine") is True
    place = CLASS if is_by_line or not tracks_classes(preferences) else CLASS_OF_FORM
    return (
        LedgerDimension(place, CLASS, _options(classes), "" if tracks_classes(preferences) else _OFF),
        LedgerDimension(LOCATION, LOCATION, _options(departments), "" if tracks_locations(preferences) else _OFF),
    )


def of_head(tracked: Iterable[Tracked]) -> tuple[Tracked, ...]:
    """What of it the head of a sales form says, for all of its lines."""
    return tuple(one for one in tracked if one.dimension_id in _OF_HEAD)


def head_references(lines: Iterable[VoucherLine]) -> dict[str, Body]:
    """The fields of a sales form's head, whose lines all say the same of it."""
    return _references(next((of_head(line.tracked) for line in lines), ()))


def line_references(line: VoucherLine) -> dict[str, Body]:
    """The fields of the detail of a sales form's line, whose location is in the head."""
    return _references(one for one in line.tracked if one.dimension_id not in _OF_HEAD)


def of_place(tracked: Iterable[Tracked]) -> tuple[Tracked, ...]:
    """What of it the head of an expense says: where. Its class is said by line, whatever the company has on forms."""
    return tuple(one for one in tracked if one.dimension_id == LOCATION)


def place_references(lines: Iterable[VoucherLine]) -> dict[str, Body]:
    """The fields of an expense's head, whose lines all say the same of it."""
    return _references(next((of_place(line.tracked) for line in lines), ()))


def expense_references(line: VoucherLine) -> dict[str, Body]:
    """The fields of the detail of an expense's line, whose location is in the head."""
    return _references(one for one in line.tracked if one.dimension_id != LOCATION)


def journal_references(line: VoucherLine) -> dict[str, Body]:
    """The fields of the detail of a journal's line, and whom it names."""
    found = _references(line.tracked)
    if line.contact:
        found["Entity"] = {"Type": _ENTITIES[line.contact_role], "EntityRef": {"value": line.contact}}
    return found


def _references(tracked: Iterable[Tracked]) -> dict[str, Body]:
    return {_FIELDS[one.dimension_id]: {"value": one.option_id} for one in tracked}


def _options(found: Iterable[Json]) -> tuple[LedgerOption, ...]:
    return tuple(_option(one) for one in found)


def _option(one: Json) -> LedgerOption:
    name = text_of(one.get("FullyQualifiedName")) or text_of(one.get("Name"))
    return LedgerOption(str(one["Id"]), name, is_active=one.get("Active", True) is True)
