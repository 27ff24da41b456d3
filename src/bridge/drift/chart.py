"""Pure: the ledger's accounts as a check needs them: which are watched, what they are for, and how each is called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache

import msgspec

from bridge.errors import ConfigError
from bridge.model.chart import (
    ACCOUNTS_RECEIVABLE,
    CARRY_FORWARD,
    FACILITATOR_TAX,
    GIFT_CARDS,
    ROLE_BANK,
    ROLE_CLEARING,
    SUSPENSE,
    recommended_chart,
)
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.plugin import SourceCapabilities

# Accounts that stand at zero once everything is in the ledger.
AT_ZERO = (CARRY_FORWARD, FACILITATOR_TAX, SUSPENSE)


class Purpose(StrEnum):
    """What empties a clearing account.

    settlements: the channel's settlements, each with its total. payouts: the channel's own payouts of buyers' money.
    bank: nothing that bridge sees: lines of the bank or wallet that people code to it. cards: goods, as gift cards
    and store credit are redeemed; what stands there is owed to whoever holds them.
    """

    SETTLEMENTS = "settlements"
    PAYOUTS = "payouts"
    BANK = "bank"
    CARDS = "cards"


class Watch(msgspec.Struct, frozen=True):
    """One clearing account that is watched and explained. is_own: it is the route's own, not just a way to pay."""

    account: LedgerAccount
    purpose: Purpose
    is_own: bool = False


class Chart(msgspec.Struct, frozen=True):
    """The accounts of one ledger for one route.

    clearings: the route's own first, then those that ways to pay go through.
    carry:     the account that carries a settlement over a month end; None where the ledger has none.
    at_zero:   accounts that stand at zero once everything is in, carry among them.
    receivable_id: of the account of open invoices; empty where there is none.
    names:     number and name by ledger id. sections: the part of the profit and loss statement, by ledger id;
               accounts of the balance sheet are not among them. tax_names: of tax codes, by ledger id.
    """

    clearings: tuple[Watch, ...]
    carry: LedgerAccount | None
    at_zero: tuple[LedgerAccount, ...]
    receivable_id: str
    names: Mapping[str, str]
    sections: Mapping[str, str]
    tax_names: Mapping[str, str]

    @property
    def clearing(self) -> LedgerAccount:
        """The route's own clearing account."""
        return self.clearings[0].account

    def name(self, account_id: str) -> str:
        """The account for people; an id the chart does not list speaks for itself."""
        return self.names.get(account_id) or (f"account {account_id}" if account_id else "(account not stated)")

    def tax_name(self, code: str) -> str:
        """A tax code for people."""
        return self.tax_names.get(code, code) or "no tax"

    @property
    def watched(self) -> frozenset[str]:
        """Accounts on which nobody but us should post unseen, by ledger id."""
        clearings = (watch.account for watch in self.clearings)
        return frozenset(account.ledger_id for account in (*clearings, *self.at_zero))


def chart_of(facts: LedgerFacts, route: Route, channel: SourceCapabilities, tenders: Iterable[str]) -> Chart:
    """The chart of one route. tenders: the numbers of our chart that its ways to pay were booked to.

    Raises: ConfigError when the route's clearing account is not in the ledger's chart.
    """
    clearing = account_of(facts, route, route.clearing)
    if clearing is None:
        raise ConfigError(
            f"route {route.name}",
            f"its clearing account {route.clearing} is not among the active accounts of {facts.company}",
            "Create it in the ledger, or name yours under [routes.NAME.accounts] and run `bridge apply`",
            code="account.missing",
        )
    at_zero = {number: account_of(facts, route, number) for number in AT_ZERO}
    receivable = account_of(facts, route, ACCOUNTS_RECEIVABLE)
    own = Watch(clearing, _own_purpose(channel), is_own=True)
    return Chart(
        clearings=(own, *_tender_accounts(facts, route, clearing, tenders)),
        carry=at_zero[CARRY_FORWARD],
        at_zero=tuple(account for account in at_zero.values() if account is not None),
        receivable_id=receivable.ledger_id if receivable else "",
        names={account.ledger_id: title(account) for account in facts.accounts},
        sections={account.ledger_id: account.type for account in facts.accounts if account.type in _sections()},
        tax_names={code.ledger_id: code.name for code in facts.tax_codes},
    )


def account_of(facts: LedgerFacts, route: Route, number: str) -> LedgerAccount | None:
    """The ledger's account for a number of our chart: as the route maps its role, else the number, else itself."""
    mapped = dict(route.accounts)
    role = {route.bank: ROLE_BANK, route.clearing: ROLE_CLEARING}.get(number, "")
    wanted = mapped.get(role, mapped.get(number, number))
    if number == ACCOUNTS_RECEIVABLE and wanted == number and facts.receivable_id:
        wanted = facts.receivable_id
    return facts.account(wanted)


def shares(facts: LedgerFacts, route: Route, channel: SourceCapabilities, chart: Chart) -> bool:
    """Whether another route may post to one of the clearing accounts."""
    numbers = {route.clearing, *(number for _, number in (*route.tenders, *channel.tenders))}
    watched = {watch.account.ledger_id for watch in chart.clearings}
    found = (account_of(facts, route, number) for number in numbers)
    return any(account is not None and account.ledger_id in watched for account in found)


def title(account: LedgerAccount) -> str:
    """An account as people call it: ``1200 Amazon clearing``."""
    return f"{account.number} {account.name}".strip()


def _own_purpose(channel: SourceCapabilities) -> Purpose:
    if not channel.tenders:
        return Purpose.SETTLEMENTS
    return Purpose.PAYOUTS if channel.payable else Purpose.BANK


def _tender_accounts(
    facts: LedgerFacts, route: Route, clearing: LedgerAccount, numbers: Iterable[str]
) -> Iterator[Watch]:
    """The accounts of ways to pay that hold something for the merchant, or for those with gift cards."""
    bank = account_of(facts, route, route.bank)
    seen = {clearing.ledger_id, bank.ledger_id if bank else ""}
    for number in sorted(numbers):
        account = account_of(facts, route, number)
        if account is None or account.ledger_id in seen:
            continue
        seen.add(account.ledger_id)
        if number == GIFT_CARDS:
            yield Watch(account, Purpose.CARDS)
        elif account.type in _types("1"):
            yield Watch(account, Purpose.BANK)


@cache
def _sections() -> frozenset[str]:
    """The ledgers' own words for the sections of a profit and loss statement, as the recommended chart has them."""
    return _types("4567")


@cache
def _types(first_digits: str) -> frozenset[str]:
    """The ledgers' own words for the accounts whose numbers begin so."""
    return frozenset(
        word
        for account in recommended_chart().values()
        if account.number[0] in first_digits
        for word in (account.quickbooks_type, account.xero_type)
        if word
    )
