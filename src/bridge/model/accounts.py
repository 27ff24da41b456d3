"""Which account of a ledger a number of our chart is: the one rule, for whoever books, checks or tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.model.chart import ACCOUNTS_RECEIVABLE, ROLE_BANK, ROLE_CLEARING
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts

_NO_ROLES: Final[Mapping[str, str]] = MappingProxyType({})


class Sought(msgspec.Struct, frozen=True):
    """What a number was looked for as, and the account it is: None where there is none, or a name fits several."""

    wanted: str
    account: LedgerAccount | None


def seek(
    facts: LedgerFacts, number: str, mapping: Iterable[tuple[str, str]], roles: Mapping[str, str] = _NO_ROLES
) -> Sought:
    """The account of a number: as its role is mapped, else as the number is, else the one of that same number.

    mapping: (role or number, the ledger's account by number, name or id). roles: by number. Where nobody maps the
    account of open invoices, it is the one to which the ledger itself posts them.
    """
    mapped = dict(mapping)
    wanted = mapped.get(roles.get(number, ""), mapped.get(number, number))
    if number == ACCOUNTS_RECEIVABLE and wanted == number and facts.receivable_id:
        wanted = facts.receivable_id
    return Sought(wanted, facts.account(wanted))


def seek_for(facts: LedgerFacts, route: Route, number: str) -> Sought:
    """The account of a number by a route's mapping; its bank and its clearing account have roles."""
    return seek(facts, number, route.accounts, {route.bank: ROLE_BANK, route.clearing: ROLE_CLEARING})


def account_of(facts: LedgerFacts, route: Route, number: str) -> LedgerAccount | None:
    """The account of a number by a route's mapping, if there is one."""
    return seek_for(facts, route, number).account
