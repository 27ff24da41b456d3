"""Pure: QuickBooks' lists and preferences become the facts that planning takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from bridge.model.facts import ContactRole, LedgerAccount, LedgerContact, LedgerFacts, LedgerItem
from bridge.model.money import minor_from_decimal
from bridge.transport import Json
from bridge_quickbooks.accounts import RECEIVABLE, class_of
from bridge_quickbooks.answers import UNREADABLE, reference, text_of, unreadable
from bridge_quickbooks.countries import country_of
from bridge_quickbooks.dimensions import dimensions
from bridge_quickbooks.remarks import is_on, remarks, warns_of_duplicates
from bridge_quickbooks.tax_codes import scheme_of, tax_codes, us_codes

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

    @property
    def of_tax(self) -> tuple[list[Json], list[Json]]:
        """The codes and the rates that they are made of."""
        return [*self.tax_codes], [*self.tax_rates]


def ledger_facts(
    *,
    connection: str,
    taken_at: datetime,
    company: Json,
    preferences: Json,
    accounts: Iterable[Json],
    lists: Lists,
    customer: str = "",
    named_items: Iterable[str] = (),
) -> LedgerFacts:
    """The company's facts. customer: as the connection names it. named_items: as rules do.

    Raises: PluginError ``quickbooks.answer`` where a list or a preference cannot be read.
    """
    home, country = home_currency(preferences), _country(company)
    closed = text_of(preferences.get("AccountingInfoPrefs", {}).get("BookCloseDate"))
    chart = list(accounts)
    receivables = {currency or home: found for currency, found in control_accounts(chart, RECEIVABLE).items()}
    try:
        return LedgerFacts(
            connection=connection,
            taken_at=taken_at,
            company=text_of(company.get("CompanyName")) or text_of(company.get("LegalName")),
            home_currency=home,
            accounts=tuple(_account(account, home) for account in chart),
            locked_through=date.fromisoformat(closed[:10]) if closed else None,
            is_multicurrency=is_multicurrency(preferences),
            has_unique_numbers=warns_of_duplicates(preferences),
            remarks=tuple(remarks(preferences, is_american=is_american(company))),
            tax_codes=tuple(us_codes() if is_american(company) else tax_codes(*lists.of_tax, country=country)),
            tax_scheme=scheme_of(preferences, country=country),
            items=tuple(_items(lists.items, named_items)),
            contacts=(
                *_contacts(lists.customers, ContactRole.CUSTOMER),
                *_contacts(lists.vendors, ContactRole.SUPPLIER),
            ),
            currencies=tuple(sorted(codes_of(lists.currencies) - {home})),
            receivable_id=receivables.get(home, ""),
            receivables=tuple(sorted(receivables.items())),
            tax_account_id=_only(account for account in chart if account.get("AccountSubType") in _TAX_SUBTYPES),
            country=country,
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
    return is_on(preferences, "CurrencyPrefs", "MultiCurrencyEnabled")


def has_tax_codes(company: Json, preferences: Json) -> bool:
    """Whether the company has codes of its own to list."""
    return not is_american(company) and is_on(preferences, "TaxPrefs", "UsingSalesTax")


def item_accounts(items: Iterable[Json], *names: str) -> Mapping[str, str]:
    """The account that each item names first under one of these names, goods included: forms of others name them."""
    return {
        text_of(item.get("Id")): next((found for name in names if (found := reference(item.get(name)))), "")
        for item in items
    }


def control_accounts(accounts: Iterable[Json], account_type: str) -> Mapping[str, str]:
    """By currency the one active account of a type; under none where the company has one currency.

    QuickBooks posts what is owed in a currency to the account that is kept in it; which, where there are several, it
    does not tell. Source: QuickBooks Community, multicurrency, read 2026-11.
    """
    fits = [account for account in accounts if account.get("AccountType") == account_type]
    of_currency = {
        currency: _only(account for account in fits if reference(account.get("CurrencyRef")) == currency)
        for currency in {reference(account.get("CurrencyRef")) for account in fits}
    }
    return {currency: found for currency, found in of_currency.items() if found}


def _country(company: Json) -> str:
    return country_of(text_of(company.get("Country")))


def _account(found: Json, home: str) -> LedgerAccount:
    currency = reference(found.get("CurrencyRef")) or home
    # In which sense QuickBooks shows what a liability owes is not documented, nor in which currency it shows what is on
    # an account of another one; an asset's balance is its debit.
    is_plain = found.get("Classification") == "Asset" and currency == home
    balance = found.get("CurrentBalance") if is_plain else None
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


def _items(found: Iterable[Json], named: Iterable[str]) -> Iterator[LedgerItem]:
    """Services that post somewhere, and whatever rules name: an item of goods would move stock as well."""
    wanted = {name.casefold() for name in named}
    for item in found:
        id_, name = str(item["Id"]), text_of(item.get("FullyQualifiedName") or item.get("Name"))
        account, off, is_service = reference(item.get("IncomeAccountRef")), _off(item), item.get("Type") == "Service"
        if (is_service and not off) or not wanted.isdisjoint((id_, name.casefold())):
            yield LedgerItem(id_, name, account, off, is_usual=is_service)


def _off(item: Json) -> str:
    """Why no line of a form may sell it. Source: QuickBooks API reference, Item.Type, read 2026-11."""
    kind = text_of(item.get("Type"))
    if item.get("Active", True) is not True:
        return "it is inactive in QuickBooks, or was merged into another: make it active there"
    if kind == "Inventory":
        return "QuickBooks keeps its stock, which each line that sells it would move: sell a service there"
    if kind not in {"Service", "NonInventory"}:
        return f"it is of type {kind or 'unknown'}, which no single line sells: sell a service there"
    if not reference(item.get("IncomeAccountRef")):
        return "it has no income account: give it one in QuickBooks"
    return ""


def _contacts(found: Iterable[Json], role: ContactRole) -> Iterator[LedgerContact]:
    for one in found:
        if one.get("Active", True) is True:
            currency = reference(one.get("CurrencyRef"))
            yield LedgerContact(str(one["Id"]), text_of(one.get("DisplayName")), role, currency)


def codes_of(found: Iterable[Json]) -> set[str]:
    """The currencies that a company uses."""
    return {str(currency["Code"]) for currency in found if currency.get("Active", True) is True}


def _only(accounts: Iterable[Json]) -> str:
    """The id of the one active account there is; empty where there are more, or none."""
    ids = [str(account["Id"]) for account in accounts if account.get("Active", True) is True]
    return ids[0] if len(ids) == 1 else ""
