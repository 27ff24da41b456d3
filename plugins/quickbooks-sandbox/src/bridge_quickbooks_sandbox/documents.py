"""Creating, changing, voiding and deleting objects: the story of one write."""

from copy import deepcopy

from bridge_quickbooks_sandbox import links
from bridge_quickbooks_sandbox.chart import account_type, classification
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import SALES_FORMS, Kind
from bridge_quickbooks_sandbox.references import check_references
from bridge_quickbooks_sandbox.refusals import RefusalError
from bridge_quickbooks_sandbox.rules import check, check_number, check_open
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.totals import complete
from bridge_quickbooks_sandbox.wire import JsonObject, amount, stamp

__all__ = ["create", "delete", "existing", "update", "void", "void_in_place"]

_SERVERS_OWN = ("domain", "sparse", "status", "MetaData")
_STALE = (
    "Stale Object Error : You and another user were working on this at the same time."
    " The other user finished before you did, so your work was not saved."
)


def existing(company: Company, kind: Kind, id: str) -> JsonObject:
    """Give an object.

    Raises:   RefusalError 610 if it does not exist or was deleted.
    """
    found = company.get(kind.name, id)
    if found is None:
        detail = f"Object Not Found : {kind.name} {id} does not exist, or another user has deleted it."
        raise RefusalError("610", detail)
    return found


def create(company: Company, kind: Kind, body: JsonObject, *, allows_duplicate: bool = False) -> JsonObject:
    """Write a new object, or refuse it and change nothing."""
    if kind.is_read_only:
        raise RefusalError("500", f"Operation create is not supported for {kind.name}.")
    draft = load_schema().read(kind.name, body)
    draft.pop("Id", None)
    return _write(company, kind, draft, allows_duplicate=allows_duplicate)


def update(company: Company, kind: Kind, body: JsonObject, *, allows_duplicate: bool = False) -> JsonObject:
    """Change an object: what a full body leaves out becomes empty, a sparse one keeps it."""
    if kind.is_read_only:
        raise RefusalError("500", f"Operation update is not supported for {kind.name}.")
    given = load_schema().read(kind.name, body)
    old = existing(company, kind, given.get("Id", ""))
    _check_token(old, given)
    is_sparse = given.get("sparse") is True
    kept = {key: deepcopy(value) for key, value in old.items() if body.get(key) != ""}  # an empty text empties
    draft = {**kept, **given} if is_sparse else {**given, "TxnDate": given.get("TxnDate", old.get("TxnDate"))}
    if not kind.is_list:
        check_open(company, old)
        links.check_changeable(company, kind.name, old)
    if draft.get("TxnDate") is None:
        draft.pop("TxnDate", None)
    return _write(company, kind, draft, allows_duplicate=allows_duplicate, old=old)


def delete(company: Company, kind: Kind, body: JsonObject) -> JsonObject:
    """Take a transaction away for good; answers with what is left of it."""
    if kind.is_list:
        raise RefusalError("500", f"Operation delete is not supported for {kind.name}; make it inactive.")
    given = load_schema().read(kind.name, {key: body.get(key) for key in ("Id", "SyncToken")})
    old = existing(company, kind, given.get("Id", ""))
    _check_token(old, given)
    check_open(company, old)
    links.check_changeable(company, kind.name, old)
    company.delete(kind.name, old["Id"])
    links.refresh_open(company, old)
    return {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}


def void(company: Company, kind: Kind, body: JsonObject, *, by: str) -> JsonObject:
    """Void a transaction the way its kind is voided: ``by`` is the query parameter used."""
    if kind.voids_by != by:
        raise RefusalError("500", f"Operation void is not supported for {kind.name}.")
    given = load_schema().read(kind.name, {key: body.get(key) for key in ("Id", "SyncToken", "sparse")})
    old = existing(company, kind, given.get("Id", ""))
    _check_token(old, given)
    check_open(company, old)
    links.check_changeable(company, kind.name, old)
    voided = void_in_place(company, kind.name, old)
    links.refresh_open(company, old)
    return voided


def void_in_place(company: Company, kind: str, old: JsonObject, *, by: str = "") -> JsonObject:
    """Set every amount to zero and say so in the note, as a void leaves a transaction."""
    note = old.get("PrivateNote", "")
    voided = {**old, "PrivateNote": f"Voided - {note}" if note else "Voided"}
    voided["Line"] = [_emptied(line) for line in old.get("Line", ())]
    if "TxnTaxDetail" in voided:
        voided["TxnTaxDetail"] = {"TotalTax": amount(0)}
    for key in ("Amount", "TotalAmt", "HomeTotalAmt", "Balance", "UnappliedAmt"):
        if key in voided:
            voided[key] = amount(0)
    return company.put(kind, voided, by=by) if by else company.put(kind, voided)


def _emptied(line: JsonObject) -> JsonObject:
    emptied = {**line, "Amount": amount(0)}
    for key, detail in line.items():
        if isinstance(detail, dict):
            zeroes = {name: amount(0) for name in ("Qty", "TaxAmount", "TaxInclusiveAmt") if name in detail}
            emptied[key] = {**detail, **zeroes}
    emptied.pop("LinkedTxn", None)
    return emptied


def _write(
    company: Company, kind: Kind, draft: JsonObject, *, allows_duplicate: bool, old: JsonObject | None = None
) -> JsonObject:
    for key in _SERVERS_OWN:
        draft.pop(key, None)
    if kind.is_list:
        _fill_list(company, kind, draft)
    else:
        _fill_transaction(company, kind, draft, old)
    check_references(company, draft)
    check(company, kind.name, draft)
    if not kind.is_list:
        check_open(company, draft)
        links.check_links(company, kind.name, draft)
        complete(company, kind.name, draft)
        if not allows_duplicate:
            check_number(company, kind.name, draft)
    written = company.put(kind.name, draft)
    if not kind.is_list:
        links.refresh_open(company, written, old)
    return written


def _fill_list(company: Company, kind: Kind, draft: JsonObject) -> None:
    draft.setdefault("Active", True)
    if name := draft.get("Name") or draft.get("DisplayName"):
        draft["FullyQualifiedName"] = name
    if kind.name in {"Account", "Customer", "Vendor"}:
        draft.setdefault("CurrencyRef", {"value": company.settings.home_currency})
    if kind.name == "Account":
        if "AccountType" not in draft:
            draft["AccountType"] = account_type(draft.get("AccountSubType", ""))
        if not draft["AccountType"]:
            raise RefusalError("2020", "Required parameter AccountType is missing", element="AccountType")
        draft.setdefault("AccountSubType", draft["AccountType"].replace(" ", ""))
        draft["Classification"] = classification(draft["AccountType"])
        for computed in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
            draft.pop(computed, None)
    if kind.name == "Item" and not {"IncomeAccountRef", "ExpenseAccountRef"} & set(draft):
        raise RefusalError("2020", "Required parameter IncomeAccountRef is missing", element="IncomeAccountRef")


def _fill_transaction(company: Company, kind: Kind, draft: JsonObject, old: JsonObject | None) -> None:
    draft.setdefault("TxnDate", stamp(company.clock.now())[:10])
    if "CurrencyRef" not in draft:
        if company.settings.multi_currency:
            raise RefusalError("2020", "Required parameter CurrencyRef is missing", element="CurrencyRef")
        draft["CurrencyRef"] = {"value": company.settings.home_currency}
    if not amount(draft.get("ExchangeRate")):
        draft.pop("ExchangeRate", None)  # clients send 0 of a rate that nobody set
    if company.settings.multi_currency:
        draft.setdefault("ExchangeRate", amount(1))
    if kind.numbers is None:
        draft.pop("DocNumber", None)
    elif kind.name in SALES_FORMS:
        _number_sale(company, draft, old)


def _number_sale(company: Company, draft: JsonObject, old: JsonObject | None) -> None:
    """Number a sales form, unless the company lets users (and us) choose the numbers."""
    if not company.settings.custom_txn_numbers:
        draft["DocNumber"] = old["DocNumber"] if old else _next_number(company)
    elif draft.get("DocNumber") == "AUTO_GENERATE":
        draft["DocNumber"] = _next_number(company)


def _next_number(company: Company) -> str:
    """Number a sales form as QuickBooks does: one more than the last number used."""
    numbers = [
        int(txn["DocNumber"])
        for name in SALES_FORMS
        for txn in company.all(name)
        if str(txn.get("DocNumber", "")).isdecimal()
    ]
    return str(max(numbers, default=1000) + 1)


def _check_token(old: JsonObject, given: JsonObject) -> None:
    if "SyncToken" not in given:
        raise RefusalError("2020", "Required parameter SyncToken is missing in the request", element="SyncToken")
    if given["SyncToken"] != old["SyncToken"]:
        raise RefusalError("5010", _STALE)
