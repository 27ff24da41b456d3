"""Pure: the ledger's accounts as a check needs them: which one is the clearing account, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from bridge.errors import ConfigError
from bridge.model.chart import (
    CARRY_FORWARD,
    FACILITATOR_TAX,
    ROLE_BANK,
    ROLE_CLEARING,
    SUSPENSE,
    recommended_chart,
)
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts

# Accounts that stand at zero once everything is in the ledger.
AT_ZERO = (CARRY_FORWARD, FACILITATOR_TAX, SUSPENSE)


class Chart(msgspec.Struct, frozen=True):
    """The accounts of one ledger for one route.

    carry:    the account that carries a settlement over a month end; None where the ledger has none.
    at_zero:  accounts that stand at zero once everything is in, carry among them.
    names:    number and name by ledger id. sections: the part of the profit and loss statement, by ledger id;
              accounts of the balance sheet are not among them.
    """

    clearing: LedgerAccount
    carry: LedgerAccount | None
    at_zero: tuple[LedgerAccount, ...]
    names: Mapping[str, str]
    sections: Mapping[str, str]

    def name(self, account_id: str) -> str:
        """The account for people; an id the chart does not list speaks for itself."""
        return self.names.get(account_id) or (f"account {account_id}" if account_id else "(account not stated)")

    @property
    def watched(self) -> frozenset[str]:
        """Accounts on which nobody but us should post, by ledger id."""
        return frozenset({self.clearing.ledger_id, *(account.ledger_id for account in self.at_zero)})


def chart_of(facts: LedgerFacts, route: Route) -> Chart:
    """Raises: ConfigError when the route's clearing account is not in the ledger's chart."""
    clearing = account_of(facts, route, route.clearing)
    if clearing is None:
        raise ConfigError(
            f"route {route.name}",
            f"its clearing account {route.clearing} is not among the active accounts of {facts.company}",
            "Create it in the ledger, or name yours under [routes.NAME.accounts] and run `bridge apply`",
            code="account.missing",
        )
    at_zero = {number: account_of(facts, route, number) for number in AT_ZERO}
    return Chart(
        clearing=clearing,
        carry=at_zero[CARRY_FORWARD],
        at_zero=tuple(account for account in at_zero.values() if account is not None),
        names={account.ledger_id: title(account) for account in facts.accounts},
        sections={account.ledger_id: account.type for account in facts.accounts if account.type in _sections()},
    )


def account_of(facts: LedgerFacts, route: Route, number: str) -> LedgerAccount | None:
    """The ledger's account for a number of our chart: as the route maps its role, else the number, else itself."""
    mapped = dict(route.accounts)
    role = {route.clearing: ROLE_CLEARING, route.bank: ROLE_BANK}.get(number, "")
    return facts.account(mapped.get(role, mapped.get(number, number)))


def title(account: LedgerAccount) -> str:
    """An account as people call it: ``1200 Amazon clearing``."""
    return f"{account.number} {account.name}".strip()


@cache
def _sections() -> frozenset[str]:
    """The ledgers' own words for the sections of a profit and loss statement, as the recommended chart has them."""
    return frozenset(
        word
        for account in recommended_chart().values()
        if account.number[0] in "4567"
        for word in (account.quickbooks_type, account.xero_type)
        if word
    )
