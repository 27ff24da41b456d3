"""Manual journals: they balance, and keep off bank, receivable, payable and stock accounts."""

from decimal import Decimal

from bridge_xero_sandbox.lines import account_of_line, tax_type_of
from bridge_xero_sandbox.locks import check_open
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.tax import rate_of, tax_on
from bridge_xero_sandbox.tracking import check_tracking
from bridge_xero_sandbox.wire import JsonObject, amount, money, read_day

__all__ = ["create_journal", "upsert_journal"]

_NEXT = {
    "DRAFT": frozenset({"DRAFT", "POSTED", "DELETED"}),
    "POSTED": frozenset({"POSTED", "VOIDED"}),
}
_KEPT = ("Narration", "JournalLines", "Date", "LineAmountTypes", "Status", "Url", "ShowOnCashBasisReports")
_LONGEST = 4000


def create_journal(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Make a new manual journal."""
    return _write(organisation, {key: given[key] for key in _KEPT if key in given}, None)


def upsert_journal(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Change the journal of that id, or make one; there is no number to find it by."""
    if not given.get("ManualJournalID"):
        return create_journal(organisation, given)
    old = organisation.get("ManualJournals", given["ManualJournalID"])
    if old is None:
        raise InvalidError(Text.DOCUMENT_MISSING)
    wanted = given.get("Status", old["Status"])
    if old["Status"] not in _NEXT or wanted not in _NEXT[old["Status"]]:
        raise InvalidError(Text.STATUS.format(status=wanted))
    if old["Status"] == "POSTED":
        check_open(organisation, old["Date"])
    if wanted in {"VOIDED", "DELETED"}:
        ended = {**old, "Status": wanted}
        return organisation.put("ManualJournals", ended, changes=wanted.capitalize(), details=old["Narration"])
    return _write(organisation, {**old, **{key: given[key] for key in _KEPT if key in given}}, old)


def _write(organisation: Organisation, journal: JsonObject, old: JsonObject | None) -> JsonObject:
    today = organisation.clock.now().date().isoformat()
    journal["Date"] = read_day(journal.get("Date") or today)
    journal.setdefault("LineAmountTypes", "NoTax")
    journal.setdefault("Status", "DRAFT")
    journal.setdefault("ShowOnCashBasisReports", True)
    if journal["Status"] not in _NEXT:
        raise InvalidError(Text.STATUS.format(status=journal["Status"]))
    if len(journal["Narration"]) > _LONGEST:
        raise InvalidError(Text.TOO_LONG.format(field="Narration", most=_LONGEST))
    if "xero" in (journal.get("Url") or "").lower():
        raise InvalidError(Text.URL)
    journal["JournalLines"] = _lines(organisation, journal)
    if off := _off(journal):
        raise InvalidError(Text.UNBALANCED.format(off=money(off)))
    if journal["Status"] == "POSTED":
        check_open(organisation, journal["Date"])
    changes = "Created" if old is None else "Edited"
    return organisation.put("ManualJournals", journal, changes=changes, details=journal["Narration"])


def _lines(organisation: Organisation, journal: JsonObject) -> list[JsonObject]:
    wrong: list[str] = []
    lines = []
    for line in journal.get("JournalLines") or ():
        try:
            lines.append(_line(organisation, dict(line), journal["LineAmountTypes"]))
        except InvalidError as error:
            wrong += error.messages
    if not wrong and len(lines) < 2:
        wrong.append(Text.FEW_LINES)
    if wrong:
        raise InvalidError(*dict.fromkeys(wrong))
    return lines


def _line(organisation: Organisation, line: JsonObject, types: str) -> JsonObject:
    """Complete a line; the tax is always computed, whatever was stated."""
    account = account_of_line(organisation, line, is_journal=True)
    tax_type = tax_type_of(organisation, {"TaxType": "NONE", **line}, account, types)
    check_tracking(organisation, line.get("Tracking") or ())
    value = money(amount(line.get("LineAmount")))
    return {
        "LineAmount": value,
        "AccountCode": account["Code"],
        "AccountID": account["AccountID"],
        "Description": line.get("Description", ""),
        "TaxType": tax_type,
        "TaxAmount": money(tax_on(value, rate_of(organisation, tax_type) or Decimal(0), types)),
        "Tracking": line.get("Tracking") or [],
        "IsBlank": False,
    }


def _off(journal: JsonObject) -> Decimal:
    off = sum((line["LineAmount"] for line in journal["JournalLines"]), Decimal(0))
    if journal["LineAmountTypes"] == "Exclusive":
        off += sum((line["TaxAmount"] for line in journal["JournalLines"]), Decimal(0))
    return off
