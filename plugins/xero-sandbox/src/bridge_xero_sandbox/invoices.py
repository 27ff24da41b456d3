"""Invoices and credit notes: creating, changing, voiding and deleting them."""

from bridge_xero_sandbox.contacts import contact_of
from bridge_xero_sandbox.currencies import settle_currency
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.lines import complete_lines, totals
from bridge_xero_sandbox.locks import check_open
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.settlement import is_touched, settle
from bridge_xero_sandbox.wire import JsonObject, amount, money, read_day

__all__ = ["create_document", "upsert_document"]

_UNIQUE_TYPES = frozenset({"ACCREC", "ACCRECCREDIT"})
_TYPES = {"Invoices": ("ACCREC", "ACCPAY"), "CreditNotes": ("ACCRECCREDIT", "ACCPAYCREDIT")}
_DRAFTS = frozenset({"DRAFT", "SUBMITTED"})
_NEXT = {
    "DRAFT": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "SUBMITTED": frozenset({"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"}),
    "AUTHORISED": frozenset({"AUTHORISED", "VOIDED"}),
    "PAID": frozenset({"VOIDED"}),
}
# What may still be changed once money is allocated.
_ALWAYS_OPEN = frozenset(
    {"Reference", "DueDate", "BrandingThemeID", "Contact", "Url", "InvoiceNumber", "SentToContact"}
)
_COMPUTED = ("SubTotal", "TotalTax", "Total")
_SERVERS_OWN = frozenset(
    [
        "AmountDue",
        "AmountPaid",
        "AmountCredited",
        "Payments",
        "CreditNotes",
        "Prepayments",
        "Overpayments",
        "FullyPaidOnDate",
        "HasAttachments",
        "HasErrors",
        "IsDiscounted",
        "UpdatedDateUTC",
        "UpdatedDateUTCString",
        "StatusAttributeString",
        "ValidationErrors",
        "Warnings",
        "Allocations",
        "AppliedAmount",
        "RemainingCredit",
        "TotalDiscount",
        "CISDeduction",
        "CISRate",
    ]
)
_LONGEST = 255


def create_document(organisation: Organisation, kind: str, given: JsonObject, unit_places: int) -> JsonObject:
    """Make a new invoice or credit note, as PUT does.

    Raises:   InvalidError, also where its number is taken.
    """
    draft = {key: value for key, value in given.items() if key != KINDS[kind].id}
    if draft.get("Type") not in _TYPES[kind]:
        raise InvalidError(Text.FIELD_NEEDED.format(field="Type"))
    return _write(organisation, kind, draft, None, unit_places)


def upsert_document(organisation: Organisation, kind: str, given: JsonObject, unit_places: int) -> JsonObject:
    """Change the document of that id or number, or make one, as POST does."""
    old = _existing(organisation, kind, given)
    if old is None:
        return create_document(organisation, kind, given, unit_places)
    wanted = given.get("Status", old["Status"])
    if old["Status"] not in _NEXT or wanted not in _NEXT[old["Status"]]:
        raise InvalidError(Text.NOT_MODIFIABLE)
    if is_touched(organisation, kind, old):
        _check_touched(old, given)
    elif wanted == "VOIDED":
        return _end(organisation, kind, old, "VOIDED")
    if wanted == "DELETED":
        return _end(organisation, kind, old, "DELETED")
    if old["Status"] not in _DRAFTS:
        check_open(organisation, old["Date"])
    return _write(organisation, kind, {**old, **given}, old, unit_places)


def _existing(organisation: Organisation, kind: str, given: JsonObject) -> JsonObject | None:
    if given.get(KINDS[kind].id):
        found = organisation.get(kind, given[KINDS[kind].id])
        if found is None:
            raise InvalidError(Text.DOCUMENT_MISSING)
        return found
    type_, number = given.get("Type"), given.get(KINDS[kind].number)
    return organisation.numbered(kind, type_, number) if type_ in _UNIQUE_TYPES and number else None


def _check_touched(old: JsonObject, given: JsonObject) -> None:
    if given.get("Status", old["Status"]) not in {old["Status"], "AUTHORISED"}:
        raise InvalidError(Text.HAS_PAYMENTS)
    for key, value in given.items():
        if key not in _ALWAYS_OPEN and key != "LineItems" and key in old and not _equal(old[key], value):
            raise InvalidError(Text.HAS_PAYMENTS)
    if "LineItems" in given:
        before = [_worth(line) for line in old["LineItems"]]
        if [_worth(line) for line in given["LineItems"]] != before:
            raise InvalidError(Text.HAS_PAYMENTS)


def _worth(line: JsonObject) -> tuple[object, ...]:
    unit = line.get("UnitAmount", line.get("LineAmount"))
    return money(amount(line.get("Quantity", 1)) * amount(unit)), line.get("TaxType")


def _equal(old: object, new: object) -> bool:
    if isinstance(new, str):
        return str(old) == new or (new[:4].isdecimal() and str(old) == new[:10])
    return old == new


def _end(organisation: Organisation, kind: str, old: JsonObject, status: str) -> JsonObject:
    if status == "VOIDED":
        check_open(organisation, old["Date"])
    ended = {**old, "Status": status, "AmountDue": money(0)}
    if kind == "CreditNotes":
        ended["RemainingCredit"] = ended.pop("AmountDue")
    return organisation.put(kind, ended, changes=status.capitalize(), details=str(old.get(KINDS[kind].number, "")))


def _write(
    organisation: Organisation, kind: str, given: JsonObject, old: JsonObject | None, unit_places: int
) -> JsonObject:
    document = {key: value for key, value in given.items() if key not in _SERVERS_OWN}
    document.setdefault("Status", "DRAFT")
    if document["Status"] in {"VOIDED", "DELETED", "PAID"}:
        raise InvalidError(Text.STATUS.format(status=document["Status"]))
    is_draft = document["Status"] in _DRAFTS
    _fill(organisation, kind, document)
    _check_number(organisation, kind, document)
    _check_words(document, KINDS[kind].number)
    settle_currency(organisation, document)
    complete_lines(
        organisation,
        document,
        is_draft=is_draft,
        unit_places=unit_places,
        keeps_tax=True,
        has_discounts=document["Type"] == "ACCREC",
    )
    _add_up(document, old)
    if not is_draft:
        check_open(organisation, document["Date"])
    contact = contact_of(organisation, document)  # last, since it may make one
    document["Contact"] = {"ContactID": contact["ContactID"]}
    number = document.get(KINDS[kind].number, "")
    details = f"{number} to {contact['Name']} for {document['Total']}."
    changes = "Created" if old is None else "Edited"
    written = organisation.put(kind, document, changes=changes, details=details)
    return settle(organisation, kind, written)


def _fill(organisation: Organisation, kind: str, document: JsonObject) -> None:
    today = organisation.clock.now().date().isoformat()
    document["Date"] = read_day(document.get("Date") or today)
    document["DueDate"] = read_day(document.get("DueDate") or document["Date"])
    document.setdefault("LineAmountTypes", "Exclusive")
    document.setdefault("LineItems", [])
    number = KINDS[kind].number
    if not document.get(number) and document["Type"] in _UNIQUE_TYPES:
        prefix = "INV" if kind == "Invoices" else "CN"
        place = organisation.count(kind) + 1
        while organisation.numbered(kind, document["Type"], f"{prefix}-{place:04d}"):
            place += 1
        document[number] = f"{prefix}-{place:04d}"


def _check_number(organisation: Organisation, kind: str, document: JsonObject) -> None:
    if document["Type"] not in _UNIQUE_TYPES:
        return
    holder = organisation.numbered(kind, document["Type"], document[KINDS[kind].number])
    if holder is not None and holder[KINDS[kind].id] != document.get(KINDS[kind].id):
        raise InvalidError(Text.NUMBER_TAKEN)


def _check_words(document: JsonObject, number: str) -> None:
    for field in ("Reference", number):
        if len(document.get(field) or "") > _LONGEST:
            raise InvalidError(Text.TOO_LONG.format(field=field, most=_LONGEST))
    if "xero" in (document.get("Url") or "").lower():
        raise InvalidError(Text.URL)


def _add_up(document: JsonObject, old: JsonObject | None) -> None:
    stated = {key: document.get(key) for key in _COMPUTED}
    computed = totals(document["LineItems"], document["LineAmountTypes"])
    before = old or {}
    for key, value in stated.items():
        if value is not None and value != before.get(key) and money(amount(value)) != computed[key]:
            raise InvalidError(Text.DOCUMENT_TOTAL)
    document |= computed
    if computed["Total"] < 0:
        raise InvalidError(Text.NEGATIVE_TOTAL)
