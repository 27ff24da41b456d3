"""Which account of a ledger a number of our chart is: the one rule, for whoever books, checks or tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.model.chart import ACCOUNTS_RECEIVABLE, ROLE_BANK, ROLE_CLEARING
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts

OF: Final = ":"
"""Between a role, or a number, and the currency that its mapping is for."""
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
    which the ledger itself posts them.
    """
    mapped = dict(mapping)
    role = roles.get(number, "")
    keys = (f"{role}{OF}{currency}", f"{number}{OF}{currency}", role, number)
    wanted = next((mapped[key] for key in keys if key in mapped), number)
    if number == ACCOUNTS_RECEIVABLE and wanted == number and facts.receivable_id:
        wanted = facts.receivable_id
    return Sought(wanted, facts.account(wanted))


def seek_for(facts: LedgerFacts, route: Route, number: str, currency: str = "") -> Sought:
    """The account of a number by a route's mapping; its bank and its clearing account have roles.

    currency: of what is booked there; empty for the account of all that no account of its own is mapped for.
    """
    return seek(facts, number, route.accounts, {route.bank: ROLE_BANK, route.clearing: ROLE_CLEARING}, currency)


def account_of(facts: LedgerFacts, route: Route, number: str) -> LedgerAccount | None:
    """The account of a number by a route's mapping, if there is one."""
    return seek_for(facts, route, number).account


def all_accounts_of(facts: LedgerFacts, route: Route, number: str) -> tuple[LedgerAccount, ...]:
    """The accounts of a number in every currency that the route maps one for, the one of all others first."""
    currencies = sorted({key.partition(OF)[2] for key, _ in route.accounts} | {""})
    found = (seek_for(facts, route, number, currency).account for currency in currencies)
    return tuple({account.ledger_id: account for account in found if account is not None}.values())
