"""Accounts: adding one, changing it, archiving it, and deleting one that nothing uses."""

from collections.abc import Iterator

from bridge_xero_sandbox.chart import new_account
from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import InvalidError, Text
from bridge_xero_sandbox.tax import rate_of
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["create_account", "delete_account", "update_account"]

_KEPT = [
    "Code",
    "Name",
    "Type",
    "Status",
    "Description",
    "BankAccountNumber",
    "BankAccountType",
    "CurrencyCode",
    "TaxType",
    "EnablePaymentsToAccount",
    "ShowInExpenseClaims",
    "AddToWatchlist",
]
_LONGEST_CODE = 10


def create_account(organisation: Organisation, given: JsonObject) -> JsonObject:
    """Add an account to the chart.

    Raises:   InvalidError if its code or name is taken, or something needed is missing.
    """
    type_ = given.get("Type", "")
    needed = ["Name", "Type"] if type_ == "BANK" else ["Code", "Name", "Type"]
    wrong = [Text.FIELD_NEEDED.format(field=field) for field in needed if not given.get(field)]
    if type_ == "BANK" and not given.get("BankAccountNumber"):
        wrong.append(Text.BANK_NUMBER)
    if wrong:
        raise InvalidError(*wrong)
    more = {key: given[key] for key in _KEPT if key in given}
    account = new_account(organisation, given.get("Code", ""), given["Name"], type_, **more)
    _check(organisation, account)
    return organisation.put("Accounts", account, changes="Created", details=account["Name"])


def update_account(organisation: Organisation, old: JsonObject, given: JsonObject) -> JsonObject:
    """Change or archive an account."""
    if old.get("SystemAccount") and set(given) & {"Status", "Type"}:
        raise InvalidError(Text.SYSTEM_ACCOUNT)
    account = {**old, **{key: given[key] for key in _KEPT if key in given}}
    _check(organisation, account)
    return organisation.put("Accounts", account, changes="Edited", details=account["Name"])


def delete_account(organisation: Organisation, old: JsonObject) -> JsonObject:
    """Take an account away that nothing uses."""
    if old.get("SystemAccount"):
        raise InvalidError(Text.SYSTEM_ACCOUNT)
    if old["AccountID"] in set(_used(organisation)):
        raise InvalidError(Text.IN_USE)
    organisation.remove("Accounts", old["AccountID"])
    return {**old, "Status": "DELETED"}


def _used(organisation: Organisation) -> Iterator[str]:
    for kind in (kind for kind in KINDS.values() if not kind.is_list):
        for document in organisation.all(kind.name):
            for line in document.get(kind.lines) or ():
                yield line.get("AccountID", "")
            for key in ("Account", "BankAccount", "FromBankAccount", "ToBankAccount"):
                yield document.get(key, {}).get("AccountID", "")


def _check(organisation: Organisation, account: JsonObject) -> None:
    wrong = []
    if len(account.get("Code") or "") > _LONGEST_CODE:
        wrong.append(Text.TOO_LONG.format(field="Code", most=_LONGEST_CODE))
    if rate_of(organisation, account["TaxType"]) is None:
        wrong.append(Text.TAX_MISSING.format(tax=account["TaxType"]))
    for other in organisation.all("Accounts"):
        if other["AccountID"] == account.get("AccountID"):
            continue
        if account.get("Code") and other.get("Code") == account["Code"]:
            wrong.append(Text.UNIQUE_CODE)
        if other["Name"].casefold() == account["Name"].casefold():
            wrong.append(Text.UNIQUE_NAME)
    if wrong:
        raise InvalidError(*dict.fromkeys(wrong))
