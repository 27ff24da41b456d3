"""Which account of a ledger a number of our chart is: the one rule, for whoever books, checks or tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.model.account_classes import AccountClass
from bridge.model.chart import (
    ACCOUNTS_RECEIVABLE,
    DUE_FROM_BUYERS,
    ROLE_BANK,
    ROLE_CLEARING,
    ChartAccount,
    recommended_chart,
)
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts

OF: Final = ":"
"""Between a role, or a number, and the currency that its mapping is for."""
_OF_ONE_CHANNEL: Final = frozenset({AccountClass.INCOME, AccountClass.COST_OF_SALES, AccountClass.EXPENSE})
_NO_ROLES: Final[Mapping[str, str]] = MappingProxyType({})


class Sought(msgspec.Struct, frozen=True):
    """What a number was looked for as, and the account it is: None where there is none, or a name fits several."""

    wanted: str
    account: LedgerAccount | None


def seek(
    facts: LedgerFacts,
    number: str,
    mapping: Iterable[tuple[str, str]],
    roles: Mapping[str, str] = _NO_ROLES,
    currency: str = "",
) -> Sought:
    """The account of a number: as its role is mapped, else as the number is, else the one of that same number.

    mapping: (role or number, the ledger's account by number, name or id); what is said of one currency (``1210:EUR``)
    goes before what is said of all. roles: by number. Where nobody maps the account of open invoices, it is the one to
    which the ledger itself posts them; and what is said of one of these for all currencies means those of each.
    """
    mapped = dict(mapping)
    role = roles.get(number, "")
    of_currency, of_all = (f"{role}{OF}{currency}", f"{number}{OF}{currency}"), (role, number)
    wanted = next((mapped[key] for key in (*of_currency, *of_all) if key in mapped), number)
    own = facts.receivable_of(currency or facts.home_currency)
    if number == ACCOUNTS_RECEIVABLE and wanted == number and own:
        wanted = own
    found = facts.account(wanted)
    if found and mapped.keys().isdisjoint(of_currency) and found.ledger_id in dict(facts.receivables).values():
        found = next((account for account in facts.accounts if account.ledger_id == own), found)
    return Sought(wanted, found)


def seek_for(facts: LedgerFacts, route: Route, number: str, currency: str = "") -> Sought:
    """The account of a number by a route's mapping; its bank and its clearing account have roles.

    currency: of what is booked there; empty for the account of all that no account of its own is mapped for.
    """
    mapped = (*route.accounts, *own_accounts(route, number))
    return seek(facts, number, mapped, {route.bank: ROLE_BANK, route.clearing: ROLE_CLEARING}, currency)


def own_accounts(route: Route, number: str) -> tuple[tuple[str, str], ...]:
    """How a number that nobody maps is mapped where a channel has accounts of sales, costs and fees to itself."""
    known = recommended_chart().get(number)
    is_own = route.own_accounts and known is not None and known.account_class in _OF_ONE_CHANNEL
    return ((number, number + route.own_accounts),) if is_own and number not in dict(route.accounts) else ()


def odd_class(ours: ChartAccount, theirs: LedgerAccount) -> str:
    """Why an account cannot stand for one of the chart; empty where it can.

    Sections of one statement are a merchant's choice; the balance sheet is not profit and loss, and what the ledger
    keeps by customer or supplier takes no plain posting; but what buyers owe may be kept by customer.
    """
    wanted, found = ours.account_class, theirs.account_class
    is_open = ours.number == DUE_FROM_BUYERS and found is AccountClass.RECEIVABLE
    is_control = found in {AccountClass.RECEIVABLE, AccountClass.PAYABLE} and found is not wanted and not is_open
    if wanted.is_of_the_balance_sheet is found.is_of_the_balance_sheet and not is_control:
        return ""
    return f"{ours.title} is {theirs.name!r} there, of type {theirs.type}: {found}, where {wanted} is meant"


def renamed(facts: LedgerFacts, route: Route) -> tuple[str, ...]:
    """What a route calls by a name that it no longer has in the ledger, as sentences without their full stop."""
    found = ((wanted, facts.account(wanted)) for _, wanted in route.accounts)
    return tuple(
        f"the ledger's {wanted} is now called {' '.join(filter(None, (account.number, account.name)))!r} there: "
        f"it is the same account; write it so in [routes.{route.name}.accounts]"
        for wanted, account in found
        if account and wanted in account.formerly
    )


def account_of(facts: LedgerFacts, route: Route, number: str) -> LedgerAccount | None:
    """The account of a number by a route's mapping, if there is one."""
    return seek_for(facts, route, number).account


def all_accounts_of(facts: LedgerFacts, route: Route, number: str) -> tuple[LedgerAccount, ...]:
    """The accounts of a number in every currency that there may be one for, the one of all others first."""
    mapped = {key.partition(OF)[2] for key, _ in route.accounts}
    currencies = sorted(mapped | {currency for currency, _ in facts.receivables} | {""})
    found = (seek_for(facts, route, number, currency).account for currency in currencies)
    return tuple({account.ledger_id: account for account in found if account is not None}.values())
