"""Pure: what an organisation says of itself becomes ledger facts, and the small part of them that reading goes by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from bridge.model.facts import LedgerAccount, LedgerContact, LedgerDimension, LedgerFacts, LedgerItem, LedgerOption
from bridge.transport import Json
from bridge_xero.accounts import CREDITORS, DEBTORS, class_of, takes_journals, type_of
from bridge_xero.parse import UNREADABLE, Chart, unreadable
from bridge_xero.remarks import remarks
from bridge_xero.tax_types import scheme_of, tax_codes
from bridge_xero.wire import day, rows, text

ACTIVE = "ACTIVE"
_TAX_ACCOUNT = "GST"
_TRACKED = (
    "Xero tracks it as inventory, and each line that sells it would move its stock: sell one there that is not tracked"
)
# The classes of accounts whose balance the trial balance tells; of income and expense it tells the year's.
_BALANCE_SHEET = frozenset({"ASSET", "LIABILITY", "EQUITY"})


class Told(msgspec.Struct, frozen=True):
    """What was asked of an organisation. contacts: those with a name that settings name, and the names not found.

    items: those that rules name. balances: by account id, in the organisation's own currency; None where Xero does not
    tell them, and untold why.
    """

    organisation: Json
    accounts: tuple[Json, ...]
    tax_rates: tuple[Json, ...]
    currencies: tuple[Json, ...]
    contacts: tuple[LedgerContact, ...]
    missing: tuple[str, ...]
    balances: Mapping[str, int] | None = None
    untold: str = ""
    categories: tuple[Json, ...] = ()
    items: tuple[Json, ...] = ()


def ledger_facts(told: Told, *, connection: str, taken_at: datetime, customer: str = "") -> LedgerFacts:
    """The organisation's facts. customer: the contact that the connection names.

    Raises: PluginError ``xero.answer`` when what every organisation has is not said.
    """
    home, country = home_currency(told.organisation), text(told.organisation.get("CountryCode"))
    chart = chart_of(told.organisation, told.accounts)
    locks = [day(told.organisation.get(name)) for name in ("PeriodLockDate", "EndOfYearLockDate")]
    currencies = tuple(code for found in told.currencies if (code := text(found.get("Code"))) and code != home)
    try:
        return LedgerFacts(
            connection=connection,
            taken_at=taken_at,
            company=text(told.organisation.get("Name")) or text(told.organisation.get("LegalName")),
            home_currency=home,
            accounts=tuple(_account(found, home, told.balances) for found in told.accounts),
            locked_through=max((lock for lock in locks if lock), default=None),
            is_multicurrency=bool(currencies),
            remarks=tuple(
                remarks(
                    told.organisation,
                    contacts=[contact.name for contact in told.contacts],
                    missing=told.missing,
                    has_receivable=bool(chart.receivable_id),
                    untold=told.untold,
                )
            ),
            tax_codes=tuple(tax_codes(told.tax_rates, country=country)),
            contacts=told.contacts,
            items=tuple(_item(found) for found in told.items),
            currencies=currencies,
            receivable_id=chart.receivable_id,
            tax_account_id=_system_account(told.accounts, _TAX_ACCOUNT),
            country=country,
            tax_scheme=scheme_of(told.organisation),
            own_customer=customer,
            dimensions=tuple(_dimension(found) for found in told.categories if is_active(found)),
        )
    except UNREADABLE as cause:
        raise unreadable("organisation facts", f"cannot be read ({type(cause).__name__})") from cause


def home_currency(organisation: Json) -> str:
    """The organisation's own currency. Raises: PluginError ``xero.answer`` when it is not said."""
    if not (home := text(organisation.get("BaseCurrency"))):
        raise unreadable("Organisation", "no base currency is named")
    return home


def chart_of(organisation: Json, accounts: Iterable[Json]) -> Chart:
    """What reading a document needs of the chart."""
    found = tuple(accounts)
    home = home_currency(organisation)
    return Chart(
        home_currency=home,
        receivable_id=_system_account(found, DEBTORS),
        payable_id=_system_account(found, CREDITORS),
        ids={code: text(one.get("AccountID")) for one in found if (code := text(one.get("Code")))},
        currencies={text(one.get("AccountID")): text(one.get("CurrencyCode")) or home for one in found},
    )


def _system_account(accounts: Iterable[Json], word: str) -> str:
    return next((text(one.get("AccountID")) for one in accounts if one.get("SystemAccount") == word), "")


def _account(found: Json, home: str, balances: Mapping[str, int] | None) -> LedgerAccount:
    """Xero gives no balance with its chart, and in its reports all in its own currency.

    So an account kept in another one has none: whoever compares it with what was posted there expects that currency.
    """
    currency = text(found.get("CurrencyCode")) or home
    is_told = balances is not None and currency == home and text(found.get("Class")) in _BALANCE_SHEET
    return LedgerAccount(
        ledger_id=found["AccountID"],
        number=text(found.get("Code")),
        name=text(found.get("Name")),
        type=type_of(found),
        currency=currency,
        account_class=class_of(found),
        is_active=text(found.get("Status")) in {ACTIVE, ""},
        balance_minor=balances.get(found["AccountID"], 0) if balances is not None and is_told else None,
        takes_journals=takes_journals(found),
        takes_payments=found.get("EnablePaymentsToAccount") is True,
    )


def is_active(found: Json) -> bool:
    """Whether it can be used, by its status; without one it can."""
    return text(found.get("Status")) in {ACTIVE, ""}


def _dimension(found: Json) -> LedgerDimension:
    """A tracking category; Xero lets an organisation have two active ones."""
    options = tuple(
        LedgerOption(text(one.get("TrackingOptionID")), text(one.get("Name")), is_active=is_active(one))
        for one in rows(found.get("Options"))
    )
    return LedgerDimension(text(found.get("TrackingCategoryID")), text(found.get("Name")), options)


def named_items(found: Iterable[Json], named: Iterable[str]) -> tuple[Json, ...]:
    """Those of a long list whose codes rules name, in any case."""
    wanted = {name.casefold() for name in named}
    return tuple(one for one in found if text(one.get("Code")).casefold() in wanted)


def _item(found: Json) -> LedgerItem:
    """A line names an item by its code, and an account beside it: the item's own is only what it leaves out.

    Source: Xero Accounting OpenAPI 16.1.0, LineItem and Item; developer.xero.com, "Integrating with Xero Tracked
    Inventory", read 2026-11: a sale of an item that is tracked moves its stock, and posts its cost.
    """
    code = text(found.get("Code"))
    return LedgerItem(code, code, "", _TRACKED if found.get("IsTrackedAsInventory") is True else "")


def rate_of(facts: LedgerFacts, code: str) -> Decimal:
    """The rate in percent of one of the organisation's tax codes; zero for one it does not have."""
    rates = {one.ledger_id: one.rate for one in facts.tax_codes}
    return Decimal(rates.get(code) or 0)


def contact_of(name: str, found: Iterable[Json]) -> LedgerContact | None:
    """The active contact of exactly that name, whatever else a search found."""
    for one in found:
        is_active = text(one.get("ContactStatus")) in {ACTIVE, ""}
        if is_active and text(one.get("Name")).casefold() == name.casefold() and text(one.get("ContactID")):
            return LedgerContact(text(one.get("ContactID")), name)
    return None
