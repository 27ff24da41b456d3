"""Pure: QuickBooks' lists and preferences become the facts that planning takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from bridge.model.facts import ContactRole, LedgerAccount, LedgerContact, LedgerFacts, LedgerItem, LedgerTaxCode
from bridge.model.money import minor_from_decimal
from bridge.model.tax import DEEMED_SUPPLY, EXEMPT, EXPORT, NONE, OUTSIDE, PURCHASE, SALE, plain_rate
from bridge.transport import Json
from bridge_quickbooks.accounts import RECEIVABLE, class_of
from bridge_quickbooks.answers import UNREADABLE, reference, text_of, unreadable
from bridge_quickbooks.countries import country_of
from bridge_quickbooks.dimensions import dimensions
from bridge_quickbooks.taxes import TAXABLE, UNTAXED
from bridge_quickbooks.words import NUMBERS_ITSELF

# The codes that QuickBooks itself sets up for VAT, by name; those of reverse charge and of trade inside the Union are
# nobody's usual ones. Source: issue intuit/quickbooks-online-mcp-server#94 and QuickBooks' help, read 2026-11.
_USUAL = re.compile(r"(?P<rate>\d{1,2}(\.\d+)?)% [SRZ]")
_NAMED = {
    "exempt": (f"{SALE}:{EXEMPT}", f"{PURCHASE}:{EXEMPT}"),
    "no vat": (NONE, f"{SALE}:{OUTSIDE}"),
    "out of scope": (NONE, f"{SALE}:{OUTSIDE}"),
}
# In the United Kingdom exports are zero-rated, and so is what is supplied to a marketplace that owes the tax itself
# (VAT Act 1994, schedule 8, groups 15 and 21): all of it is in box 6. Elsewhere nothing serves it until it is mapped.
_BRITISH = {"0.0% z": (f"{SALE}:{EXPORT}", f"{SALE}:{DEEMED_SUPPLY}")}
_TAX_SUBTYPES = frozenset({"SalesTaxPayable", "GlobalTaxPayable"})


class Lists(msgspec.Struct, frozen=True):
    """What was asked of a company besides its card, preferences and chart; empty where it was not needed."""

    tax_codes: Iterable[Json] = ()
    tax_rates: Iterable[Json] = ()
    items: Iterable[Json] = ()
    customers: Iterable[Json] = ()
    vendors: Iterable[Json] = ()
    classes: Iterable[Json] = ()
    departments: Iterable[Json] = ()
    currencies: Iterable[Json] = ()


def ledger_facts(
    *,
    connection: str,
    taken_at: datetime,
    company: Json,
    preferences: Json,
    accounts: Iterable[Json],
    lists: Lists,
    customer: str = "",
) -> LedgerFacts:
    """The company's facts. customer: as the connection names it.

    Raises: PluginError ``quickbooks.answer`` where a list or a preference cannot be read.
    """
    home = home_currency(preferences)
    closed = text_of(preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate"))
    chart = list(accounts)
    try:
        return LedgerFacts(
            connection=connection,
            taken_at=taken_at,
            company=text_of(company.get("CompanyName")) or text_of(company.get("LegalName")),
            home_currency=home,
            accounts=tuple(_account(account, home) for account in chart),
            locked_through=date.fromisoformat(closed[:10]) if closed else None,
            is_multicurrency=is_multicurrency(preferences),
            has_unique_numbers=_warns_of_duplicates(preferences),
            warnings=tuple(_warnings(preferences)),
            tax_codes=tuple(_us_codes() if is_american(company) else _tax_codes(lists, country=_country(company))),
            items=tuple(_items(lists.items)),
            contacts=(
                *_contacts(lists.customers, ContactRole.CUSTOMER),
                *_contacts(lists.vendors, ContactRole.SUPPLIER),
            ),
            currencies=tuple(sorted(_currencies(lists.currencies) - {home})),
            receivable_id=control_account(chart, RECEIVABLE),
            tax_account_id=_only(account for account in chart if account.get("AccountSubType") in _TAX_SUBTYPES),
            country=_country(company),
            own_customer=customer,
            dimensions=dimensions(preferences, lists.classes, lists.departments),
        )
    except UNREADABLE as cause:
        raise unreadable("company facts", f"cannot be read ({type(cause).__name__})") from cause


def home_currency(preferences: Json) -> str:
    """The company's own currency. Raises: PluginError ``quickbooks.answer`` when it is not said."""
    home = preferences.get("CurrencyPrefs", {}).get("HomeCurrency")
    named = home if isinstance(home, str) else reference(home)
    if not named:
        raise unreadable("Preferences", "no home currency is named")
    return named


def is_american(company: Json) -> bool:
    """Whether sales tax is the United States' own, where lines are only taxed or not."""
    return _country(company) == "US"


def is_multicurrency(preferences: Json) -> bool:
    return _is_on(preferences, "CurrencyPrefs", "MultiCurrencyEnabled")


def has_tax_codes(company: Json, preferences: Json) -> bool:
    """Whether the company has codes of its own to list."""
    return not is_american(company) and _is_on(preferences, "TaxPrefs", "UsingSalesTax")


def item_accounts(items: Iterable[Json], *names: str) -> Mapping[str, str]:
    """The account that each item names first under one of these names, goods included: forms of others name them."""
    return {
        text_of(item.get("Id")): next((found for name in names if (found := reference(item.get(name)))), "")
        for item in items
    }


def control_account(accounts: Iterable[Json], account_type: str) -> str:
    """The one active account of a type; empty where there are more, or none."""
    return _only(account for account in accounts if account.get("AccountType") == account_type)


def _country(company: Json) -> str:
    return country_of(text_of(company.get("Country")))


def _account(found: Json, home: str) -> LedgerAccount:
    currency = reference(found.get("CurrencyRef")) or home
    # In which sense QuickBooks shows what a liability owes is not documented; an asset's balance is its debit.
    balance = found.get("CurrentBalance") if found.get("Classification") == "Asset" else None
    return LedgerAccount(
        ledger_id=str(found["Id"]),
        number=text_of(found.get("AcctNum")),
        name=text_of(found.get("FullyQualifiedName")) or text_of(found.get("Name")),
        type=text_of(found.get("AccountType")),
        currency=currency,
        account_class=class_of(found),
        is_active=found.get("Active", True) is True,
        balance_minor=None if balance is None else minor_from_decimal(Decimal(balance), currency),
    )


def _us_codes() -> Iterator[LedgerTaxCode]:
    yield LedgerTaxCode(UNTAXED, "Not taxed", serves=(NONE,))
    yield LedgerTaxCode(TAXABLE, "Taxed by QuickBooks' own engine")


def _tax_codes(lists: Lists, *, country: str) -> Iterator[LedgerTaxCode]:
    special = _BRITISH if country == "GB" else {}
    rates = {text_of(rate.get("Id")): Decimal(rate.get("RateValue") or 0) for rate in lists.tax_rates}
    for code in lists.tax_codes:
        if code.get("Active", True) is True:
            name, rate = text_of(code.get("Name")), _rate(code, rates)
            serves = (*_serves(name, rate), *special.get(name.casefold(), ()))
            yield LedgerTaxCode(str(code["Id"]), name, rate, serves)


def _rate(code: Json, rates: Mapping[str, Decimal]) -> str:
    """The one rate of a code on sales and purchases alike; empty where it has several or none."""
    named = {
        rates.get(reference(detail.get("TaxRateRef")))
        for side in ("SalesTaxRateList", "PurchaseTaxRateList")
        for detail in (code.get(side) or {}).get("TaxRateDetail") or ()
    }
    only = named.pop() if len(named) == 1 else None
    return "" if only is None else plain_rate(only)


def _serves(name: str, rate: str) -> tuple[str, ...]:
    if usual := _USUAL.fullmatch(name):
        said = plain_rate(Decimal(usual["rate"]))
        return (f"{SALE}:{said}", f"{PURCHASE}:{said}") if said == rate else ()
    return _NAMED.get(name.casefold(), ())


def _items(found: Iterable[Json]) -> Iterator[LedgerItem]:
    """Services only: an item of goods would move stock as well."""
    for item in found:
        account = reference(item.get("IncomeAccountRef"))
        if account and item.get("Active", True) is True and item.get("Type") == "Service":
            yield LedgerItem(str(item["Id"]), text_of(item.get("FullyQualifiedName") or item.get("Name")), account)


def _contacts(found: Iterable[Json], role: ContactRole) -> Iterator[LedgerContact]:
    for one in found:
        if one.get("Active", True) is True:
            yield LedgerContact(str(one["Id"]), text_of(one.get("DisplayName")), role)


def _currencies(found: Iterable[Json]) -> set[str]:
    return {str(currency["Code"]) for currency in found if currency.get("Active", True) is True}


def _only(accounts: Iterable[Json]) -> str:
    """The id of the one active account there is; empty where there are more, or none."""
    ids = [str(account["Id"]) for account in accounts if account.get("Active", True) is True]
    return ids[0] if len(ids) == 1 else ""


def _warns_of_duplicates(preferences: Json) -> bool:
    """Whether QuickBooks refuses a journal number that is taken; silence counts as no."""
    others = {item.get("Name"): item.get("Value") for item in preferences.get("OtherPrefs", {}).get("NameValue", ())}
    return others.get("WarnDuplicateJournalNumber") == "true"


def _warnings(preferences: Json) -> Iterator[str]:
    """What in a company's own settings weakens bridge's promises, for people."""
    if not _warns_of_duplicates(preferences):
        yield (
            "QuickBooks does not warn of a journal number used twice; switch it on under Account and settings, "
            "Advanced, Other preferences, so that it refuses a second copy by itself"
        )
    if not _is_on(preferences, "SalesFormsPrefs", "CustomTxnNumbers"):
        yield NUMBERS_ITSELF
    if not _is_on(preferences, "AccountingInfoPrefs", "UseAccountNumbers"):
        yield "Account numbers are off; accounts are found by name, so map each one in the route"


def _is_on(preferences: Json, group: str, name: str) -> bool:
    return preferences.get(group, {}).get(name) is True
