"""Pure: the ledger's accounts as a check needs them: which are watched, what they are for, and how each is called."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.drift.sides.holdings import AT_ZERO, HOLDINGS, Holding, Others, Side
from bridge.errors import ConfigError
from bridge.model.account_classes import AccountClass
from bridge.model.accounts import account_of, all_accounts_of, odd_class
from bridge.model.chart import (
    ACCOUNTS_RECEIVABLE,
    AccountPurpose,
    ChartAccount,
    chart_with,
)
from bridge.model.connections import Route, TenderClass
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.lines import TENDER
from bridge.model.reasons import Reason
from bridge.model.tenders import tender_class
from bridge.plugin import SourceCapabilities

_NO_WORDS: Final[Mapping[str, str]] = MappingProxyType({})
# What the kinds of lines begin with that are sales.
SALE = "sale."


class Purpose(StrEnum):
    """What empties an account of the balance sheet.

    settlements: the channel's settlements, each with its total. payouts: the channel's own payouts of buyers' money.
    bank: a gateway's payouts, of which bridge sees what people code to it: lines of the bank. manual: such lines too,
    one for each payment. wallet: whatever the merchant does with it; its own statement proves it. cards: goods, as
    gift cards and store credit are redeemed; what stands there is owed to whoever holds them.
    Of accounts that do not clear: rolled: later entries of its own kind. zero: the other half of the same thing.
    busy: whatever others post there every day.
    """

    SETTLEMENTS = "settlements"
    PAYOUTS = "payouts"
    BANK = "bank"
    MANUAL = "manual"
    WALLET = "wallet"
    CARDS = "cards"
    ROLLED = "rolled"
    ZERO = "zero"
    BUSY = "busy"

    @property
    def clears(self) -> bool:
        """Whether it is a clearing account."""
        return self not in (Purpose.ROLLED, Purpose.ZERO, Purpose.BUSY)

    @property
    def is_answered_by_lines(self) -> bool:
        """Whether nothing empties it but lines of a bank that people code to it."""
        return self in (Purpose.BANK, Purpose.MANUAL, Purpose.WALLET)


class Rank(IntEnum):
    """How near an account is to buyers' and the channel's money, the nearest first.

    The bank comes last: what happens there is told from the other side.
    """

    CLEARING = 0
    RECEIVABLE = 1
    BALANCE = 2
    RESULT = 3
    BANK = 4


class Watch(msgspec.Struct, frozen=True):
    """One account that is watched. number: of the chart. is_own: it is the route's own, not just a way to pay."""

    account: LedgerAccount
    purpose: Purpose
    number: str
    is_own: bool = False

    @property
    def side(self) -> Side:
        """Where a channel's own account may end either way, for the channel owes and is owed."""
        if self.purpose is Purpose.CARDS:
            return Side.CREDIT
        return Side.DEBIT if self.purpose.is_answered_by_lines else Side.EITHER


class Rolled(msgspec.Struct, frozen=True):
    """Another account of the balance sheet that the route's entries touch, and that is rolled forward.

    purpose: ``zero`` where it stands at zero once everything is in; ``busy`` where others post there every day (the
    bank, receivables) and it is reconciled elsewhere: only the route's own entries are told; else ``rolled``.
    """

    account: LedgerAccount
    purpose: Purpose
    holding: Holding

    @property
    def side(self) -> Side:
        """The side on which it rightly ends; of a busy one others decide."""
        return Side.EITHER if self.purpose is Purpose.BUSY else self.holding.side


class Chart(msgspec.Struct, frozen=True):
    """The accounts of one ledger for one route.

    clearings: the route's own first, those of single currencies next, then those that ways to pay go through.
    rolled:    the other accounts of the balance sheet that its entries touch, by number; those at zero always.
    receivable_ids, bank_id: of the accounts of open invoices, and of the bank; empty where there is none.
    names:     number and name by ledger id. sections: the part of the profit and loss statement, by ledger id;
               accounts of the balance sheet are not among them. tax_names: of tax codes, by ledger id.
    banks:     of the class bank that no way to pay goes through, and cards: credit cards; by ledger id.
    listed:    the accounts that rules and the channel name, by number.
    income, sold: every account of income, by ledger id, and those that the route's own sales go to.
    words:     what the ledger calls its objects, by type.
    """

    route: Route
    clearings: tuple[Watch, ...]
    rolled: tuple[Rolled, ...]
    receivable_ids: frozenset[str]
    bank_id: str
    names: Mapping[str, str]
    sections: Mapping[str, AccountClass]
    banks: frozenset[str]
    cards: frozenset[str]
    tax_names: Mapping[str, str]
    listed: Mapping[str, ChartAccount]
    income: frozenset[str]
    sold: frozenset[str]
    words: Mapping[str, str] = {}
    odd: tuple[tuple[LedgerAccount, str], ...] = ()

    @property
    def clearing(self) -> LedgerAccount:
        """The route's own clearing account."""
        return self.clearings[0].account

    def name(self, account_id: str) -> str:
        """The account for people; an id the chart does not list speaks for itself."""
        return self.names.get(account_id) or (f"account {account_id}" if account_id else "(account not stated)")

    def rank(self, account_id: str) -> Rank:
        """How near an account is to buyers' and the channel's money."""
        if any(watch.account.ledger_id == account_id for watch in self.clearings):
            return Rank.CLEARING
        if account_id in self.receivable_ids:
            return Rank.RECEIVABLE
        if account_id == self.bank_id:
            return Rank.BANK
        return Rank.RESULT if account_id in self.sections else Rank.BALANCE

    def tax_name(self, code: str) -> str:
        """A tax code for people."""
        return self.tax_names.get(code, code) or "no tax"

    @property
    def at_zero(self) -> tuple[Watch, ...]:
        """The accounts that stand at zero once everything is in."""
        return tuple(
            Watch(one.account, one.purpose, one.holding.number) for one in self.rolled if one.purpose is Purpose.ZERO
        )

    @property
    def watched(self) -> frozenset[str]:
        """Accounts on which nobody but us should post unseen, by ledger id."""
        return frozenset(watch.account.ledger_id for watch in (*self.clearings, *self.at_zero))


class Touched(msgspec.Struct, frozen=True):
    """The numbers of our chart that a route's entries touch.

    tenders, sold: those that its ways to pay, and its sales, were booked to.
    """

    numbers: frozenset[str]
    tenders: frozenset[str]
    sold: frozenset[str]


def touched(postings: Collection[tuple[str, str]]) -> Touched:
    """What these accounts, each with a kind of what was posted there, come to."""
    return Touched(
        frozenset(account for account, _ in postings),
        frozenset(account for account, kind in postings if kind == TENDER),
        frozenset(account for account, kind in postings if kind.startswith(SALE)),
    )


def chart_of(
    facts: LedgerFacts,
    route: Route,
    channel: SourceCapabilities,
    numbers: Touched,
    elsewhere: Collection[str] = (),
    words: Mapping[str, str] = _NO_WORDS,
) -> Chart:
    """The chart of one route. numbers: what its entries touch. elsewhere: clearing accounts of others, by ledger id.

    words: see ``Chart``.

    Raises: ConfigError when the route's clearing account is not in the ledger's chart.
    """
    clearing = account_of(facts, route, route.clearing)
    if clearing is None:
        raise ConfigError(
            f"route {route.name}",
            f"its clearing account {route.clearing} is not among the active accounts of {facts.company}",
            "Create it in the ledger, or name yours under [routes.NAME.accounts] and run `bridge apply`",
            code=Reason.ACCOUNT_MISSING,
        )
    receivable, bank = all_accounts_of(facts, route, ACCOUNTS_RECEIVABLE), account_of(facts, route, route.bank)
    own = (clearing, *(each for each in all_accounts_of(facts, route, route.clearing) if each != clearing))
    clearings = (
        *(Watch(each, _own_purpose(route, channel), route.clearing, is_own=True) for each in own),
        *_tender_accounts(facts, route, channel, own, numbers.tenders),
    )
    explained = {watch.account.ledger_id for watch in clearings}
    listed = chart_with(channel.accounts)
    income = frozenset(account.ledger_id for account in facts.accounts if account.account_class.is_income)
    passing = {number for number, one in listed.items() if one.purpose is not AccountPurpose.NONE}
    between = {one.ledger_id for _, one in _each(facts, route, passing, ())} | explained | {*elsewhere}
    return Chart(
        route=route,
        clearings=clearings,
        rolled=tuple(_rolled(facts, route, numbers.numbers, explained, listed)),
        receivable_ids=frozenset(account.ledger_id for account in receivable),
        bank_id=bank.ledger_id if bank else "",
        names={account.ledger_id: title(account) for account in facts.accounts},
        sections={
            account.ledger_id: account.account_class
            for account in facts.accounts
            if not account.account_class.is_of_the_balance_sheet
        },
        banks=_of_class(facts, AccountClass.BANK) - between,
        cards=_of_class(facts, AccountClass.CARD) - between,
        tax_names={code.ledger_id: code.name for code in facts.tax_codes},
        listed=listed,
        income=income,
        words=words,
        odd=tuple(_odd(facts, route, numbers.numbers, listed)),
        sold=income & {account.ledger_id for _, account in _each(facts, route, numbers.sold, ())},
    )


def shares(facts: LedgerFacts, route: Route, channel: SourceCapabilities, chart: Chart) -> bool:
    """Whether another route may post to one of the clearing accounts."""
    declared = (tender.account for tender in channel.tenders)
    numbers = {route.clearing, *(number for _, number in route.tenders), *declared}
    watched = {watch.account.ledger_id for watch in chart.clearings}
    found = (account.ledger_id for number in numbers for account in all_accounts_of(facts, route, number))
    return not watched.isdisjoint(found)


def wallets(facts: LedgerFacts, route: Route, channel: SourceCapabilities) -> Mapping[str, LedgerAccount]:
    """The accounts of wallets that ways to pay of a route go through, by chart number."""
    numbers = {number for _, number in route.tenders} | {tender.account for tender in channel.tenders}
    of_wallets = (number for number in numbers if _purpose(number, route, channel) is Purpose.WALLET)
    found = {number: account_of(facts, route, number) for number in of_wallets}
    return {number: account for number, account in sorted(found.items()) if account is not None}


def title(account: LedgerAccount) -> str:
    """An account as people call it: ``1240 Other gateway clearing``."""
    return f"{account.number} {account.name}".strip()


def _of_class(facts: LedgerFacts, wanted: AccountClass) -> frozenset[str]:
    return frozenset(account.ledger_id for account in facts.accounts if account.account_class is wanted)


def _own_purpose(route: Route, channel: SourceCapabilities) -> Purpose:
    if not channel.tenders:
        return Purpose.SETTLEMENTS
    return Purpose.PAYOUTS if channel.payable else _purpose(route.clearing, route, channel)


def _purpose(number: str, route: Route, channel: SourceCapabilities) -> Purpose:
    match tender_class(number, route, channel.tenders):
        case TenderClass.WALLET:
            return Purpose.WALLET
        case TenderClass.MANUAL:
            return Purpose.MANUAL
        case TenderClass.LIABILITY:
            return Purpose.CARDS
        case _:
            return Purpose.BANK


def _tender_accounts(
    facts: LedgerFacts,
    route: Route,
    channel: SourceCapabilities,
    own: Iterable[LedgerAccount],
    numbers: Iterable[str],
) -> Iterator[Watch]:
    """The accounts of ways to pay that hold something for the merchant, or for those with gift cards."""
    apart = {account.ledger_id for account in (*own, *all_accounts_of(facts, route, route.bank))}
    passed = {*numbers} - {*AT_ZERO}
    for number, account in _each(facts, route, passed, apart):
        purpose = _purpose(number, route, channel)
        if purpose is Purpose.CARDS or account.account_class.is_asset:
            yield Watch(account, purpose, number)


def _rolled(
    facts: LedgerFacts,
    route: Route,
    numbers: Iterable[str],
    explained: Collection[str],
    listed: Mapping[str, ChartAccount],
) -> Iterator[Rolled]:
    """The accounts of the balance sheet beside clearing, each once."""
    busy = {
        account.ledger_id
        for number in (route.bank, ACCOUNTS_RECEIVABLE)
        for account in all_accounts_of(facts, route, number)
    }
    for number, account in _each(facts, route, {*numbers, *AT_ZERO, ACCOUNTS_RECEIVABLE}, explained):
        if not account.account_class.is_of_the_balance_sheet:
            continue
        holding = HOLDINGS.get(number) or Holding(number, "what routes book to it", _side(number, account, listed))
        is_busy = account.ledger_id in busy or account.account_class.is_busy or holding.others is Others.DAILY
        purpose = Purpose.ZERO if number in AT_ZERO else Purpose.BUSY if is_busy else Purpose.ROLLED
        yield Rolled(account, purpose, holding)


def _odd(
    facts: LedgerFacts, route: Route, numbers: Iterable[str], listed: Mapping[str, ChartAccount]
) -> Iterator[tuple[LedgerAccount, str]]:
    """Accounts that entries went to and that cannot stand for what was meant any more, each with why."""
    for number, account in _each(facts, route, numbers, ()):
        if number in listed and (why := odd_class(listed[number], account)):
            yield account, why


def _each(
    facts: LedgerFacts, route: Route, numbers: Iterable[str], but: Collection[str]
) -> Iterator[tuple[str, LedgerAccount]]:
    """The accounts of these numbers of our chart, without some by ledger id: each once, with its first number."""
    seen = set(but)
    for number in sorted(numbers):
        for account in all_accounts_of(facts, route, number):
            if account.ledger_id not in seen:
                seen.add(account.ledger_id)
                yield number, account


def _side(number: str, account: LedgerAccount, listed: Collection[str]) -> Side:
    """An asset ends in debit, a liability in credit; an account of the merchant's own goes by its class."""
    if number in listed:
        return {"1": Side.DEBIT, "2": Side.CREDIT}.get(number[0], Side.EITHER)
    if account.account_class.is_asset:
        return Side.DEBIT
    return Side.CREDIT if account.account_class.is_liability else Side.EITHER
