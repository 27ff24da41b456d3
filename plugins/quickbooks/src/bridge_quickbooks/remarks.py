"""Pure: what in a company's own settings matters for bridge's promises, each with what to do."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.model.remarks import Remark, in_order, lacking, to_look_at
from bridge.transport import Json

DUPLICATES, NUMBERS, ACCOUNT_NUMBERS = "quickbooks.duplicates", "quickbooks.numbers", "quickbooks.account_numbers"
TAX, CLASSES, LOCATIONS = "quickbooks.tax", "quickbooks.classes", "quickbooks.locations"
CREDITS, PAYMENTS, BANK_RULES = "quickbooks.credits", "quickbooks.payments", "quickbooks.bank_rules"
_SETTINGS = "QuickBooks, Account and settings, Advanced"


def remarks(preferences: Json, *, is_american: bool) -> Iterator[Remark]:
    """Everything that was looked at, in order or not."""
    yield from _numbers(preferences)
    yield _tax(preferences, is_american=is_american)
    yield from _marks(preferences)
    yield from _automation(preferences)


def warns_of_duplicates(preferences: Json) -> bool:
    """Whether QuickBooks refuses a journal number that is taken; silence counts as no."""
    others = {item.get("Name"): item.get("Value") for item in preferences.get("OtherPrefs", {}).get("NameValue", ())}
    return others.get("WarnDuplicateJournalNumber") == "true"


def is_on(preferences: Json, group: str, name: str) -> bool:
    """Whether a preference is switched on; silence counts as no."""
    return preferences.get(group, {}).get(name) is True


def _numbers(preferences: Json) -> Iterator[Remark]:
    if warns_of_duplicates(preferences):
        yield in_order(DUPLICATES, "QuickBooks warns of a journal number used twice, and so refuses a second copy")
    else:
        yield lacking(
            DUPLICATES,
            "QuickBooks does not warn of a journal number used twice",
            f"Switch it on under {_SETTINGS}, Other preferences, so that it refuses a second copy by itself",
        )
    if is_on(preferences, "SalesFormsPrefs", "CustomTxnNumbers"):
        yield in_order(NUMBERS, "sales forms carry bridge's own numbers (custom transaction numbers are on)")
    else:
        yield to_look_at(
            NUMBERS,
            "custom transaction numbers are off, so QuickBooks may number sales forms itself; bridge then finds its "
            "objects by the key in their memo",
            "Switch them on under QuickBooks, Account and settings, Sales, Sales form content, if you want its numbers",
        )
    if is_on(preferences, "AccountingInfoPrefs", "UseAccountNumbers"):
        yield in_order(ACCOUNT_NUMBERS, "accounts have numbers")
    else:
        yield to_look_at(
            ACCOUNT_NUMBERS,
            "account numbers are off, so accounts are found by name",
            f"Switch them on under {_SETTINGS}, Chart of accounts, or map each account in the route",
        )


def _tax(preferences: Json, *, is_american: bool) -> Remark:
    """In the United States tax is booked on accounts of the chart; elsewhere lines need the company's codes."""
    if is_american:
        return in_order(TAX, "sales tax goes to accounts of the chart; QuickBooks' Sales Tax Center shows none of it")
    if is_on(preferences, "TaxPrefs", "UsingSalesTax"):
        return in_order(TAX, "tax is set up, so its tax codes can be used")
    return lacking(
        TAX,
        "tax is not set up in QuickBooks, so it has no tax codes",
        'Set it up under QuickBooks, Taxes; a company that is not registered has tax_regime = "not_registered"',
    )


def _marks(preferences: Json) -> Iterator[Remark]:
    accounting = "AccountingInfoPrefs"
    by_line = is_on(preferences, accounting, "ClassTrackingPerTxnLine")
    by_form = is_on(preferences, accounting, "ClassTrackingPerTxn")
    where = "on each line" if by_line else "on the whole form" if by_form else "off"
    yield in_order(CLASSES, f"classes are {where}")
    yield in_order(LOCATIONS, f"locations are {'on' if is_on(preferences, accounting, 'TrackDepartments') else 'off'}")


def _automation(preferences: Json) -> Iterator[Remark]:
    """What QuickBooks does by itself. Source: Intuit, Preferences, SalesFormsPrefs, read 2026-11."""
    for code, name, what in ((CREDITS, "AutoApplyCredit", "credits"), (PAYMENTS, "AutoApplyPayments", "payments")):
        if is_on(preferences, "SalesFormsPrefs", name):
            yield to_look_at(
                code,
                f"QuickBooks applies {what} to open invoices by itself, and may choose another than is meant",
                f"Switch it off under {_SETTINGS}, Automation",
            )
        else:
            yield in_order(code, f"QuickBooks does not apply {what} by itself")
    yield to_look_at(
        BANK_RULES,
        "only you can see whether a bank rule codes the channels' deposits by itself",
        "Look under QuickBooks, Transactions, Rules: none may add them to income; they are matched",
    )
