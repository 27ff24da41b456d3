"""What a route would need of its ledger's lists and the ledger lacks. Pure: nothing of it is made here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bridge.books.planning.accounts import is_passed_through
from bridge.books.planning.plan import Ledger
from bridge.books.rules.defaults import DEFAULT
from bridge.model.account_classes import AccountClass
from bridge.model.accounts import Sought, own_accounts, seek_for
from bridge.model.chart import REFUNDS_PAYABLE, ROLE_BANK, ROLE_CLEARING, ROLE_TENDER, AccountPurpose, ChartAccount
from bridge.model.connections import Route
from bridge.model.contacts import in_currency
from bridge.model.entries import JournalEntry, Mode, Purpose
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.items import named_item, why_no_item
from bridge.model.lines import TENDER, kinds
from bridge.model.rules import RuleSet
from bridge.model.tracking import merged, parsed
from bridge.plugin import Master, MasterKind, SinkCapabilities

_BY_HAND: Final = frozenset({AccountClass.CARD, AccountClass.STOCK, AccountClass.EQUITY})
_BY_FORM: Final = frozenset({Purpose.ORDER, Purpose.REFUND})
_OF_MODE: Final[Mapping[Mode, Purpose]] = {
    Mode.PAYOUT: Purpose.SETTLEMENT,
    Mode.ORDER: Purpose.ORDER,
    Mode.DAY: Purpose.DAY,
}


class ByHand(msgspec.Struct, frozen=True):
    """What is missing as well and only a person can mend in the ledger, or in the route. why: with the next step."""

    what: str
    why: str


class Needs(msgspec.Struct, frozen=True):
    """What a route lacks: what can be made on a person's word, in the order it must be, and what cannot."""

    masters: tuple[Master, ...]
    by_hand: tuple[ByHand, ...]


class Use(msgspec.Struct, frozen=True):
    """What a route books with. entries: those that wait. rules: the version of its rules that is in force last."""

    entries: tuple[JournalEntry, ...]
    rules: RuleSet | None


def needs(ledger: Ledger, facts: LedgerFacts, makes: SinkCapabilities, use: Use, *, is_whole: bool = False) -> Needs:
    """What the route's waiting entries, its rules and the route itself name.

    is_whole: and every account to which a kind of line goes by default, whether such lines ever came or not.
    """
    numbers = _numbers(ledger, use, is_whole=is_whole)
    sought = {number: seek_for(facts, ledger.route, number) for number in sorted(numbers)}
    accounts = [_account(ledger, facts, number, found) for number, found in sought.items()]
    told = (*accounts, *_tracking(ledger.route, facts, use))
    made = (one for one in told if isinstance(one, Master))
    wanted = (*made, *_contacts(ledger, facts, makes, use))
    items = _items(ledger, facts, {number: found.account for number, found in sought.items()}, use)
    named = tuple(_named_items(ledger, facts, makes, use))
    of_rules = (one for one in named if isinstance(one, Master))
    masters = dict.fromkeys((*wanted, *(items if makes.needs_items else ()), *of_rules))
    unmade = [one for one in masters if not _is_made(one, makes)]
    by_hand = [one for one in (*told, *named) if isinstance(one, ByHand)]
    by_hand += [ByHand(one.title, "Make it in the ledger: bridge can make none there") for one in unmade]
    return Needs(tuple(one for one in masters if one not in unmade), tuple(dict.fromkeys(by_hand)))


def _is_made(master: Master, makes: SinkCapabilities) -> bool:
    """Whether the ledger's plugin makes such, and what it belongs to."""
    is_lost = master.kind is MasterKind.OPTION and not master.dimension_id and MasterKind.DIMENSION not in makes.creates
    return master.kind in makes.creates and not is_lost


def _numbers(ledger: Ledger, use: Use, *, is_whole: bool) -> set[str]:
    route, rules = ledger.route, use.rules.rules if use.rules else ()
    named = {route.clearing, route.bank, *(number for _, number in route.tenders)}
    named |= {item.account for item in route.opening_items}
    named |= {rule.account for rule in rules if not rule.id.startswith(DEFAULT)}
    named |= {posting.account for entry in use.entries for posting in entry.postings if posting.amount_minor}
    named |= {REFUNDS_PAYABLE for entry in use.entries if is_passed_through(entry)}
    if is_whole:
        named |= {kind.account for kind in kinds().values()} | {tender.account for tender in ledger.channel.tenders}
    return named - {"", ROLE_BANK, ROLE_CLEARING, ROLE_TENDER}


def _account(ledger: Ledger, facts: LedgerFacts, number: str, sought: Sought) -> Master | ByHand | None:
    if sought.account is not None:
        return None
    ours, table = ledger.chart.get(number), f"[routes.{ledger.route.name}.accounts]"
    name = ours.title if ours else number
    if facts.archived(sought.wanted):
        return ByHand(f"account {name}", f"It is archived there, or merged: restore it, or map another in {table}")
    own = own_accounts(ledger.route, number)
    if sought.wanted not in {number, *dict(own).values()}:
        return ByHand(f"account {name}", f"It is mapped to {sought.wanted!r}, which is not there: correct {table}")
    if ours is None or _is_by_hand(ours):
        return ByHand(f"account {name}", f"Make it in the ledger as its bank or keeper says, or map it in {table}")
    channel = f"{ledger.source.title} - {ours.name}"
    return Master(kind=MasterKind.ACCOUNT, number=sought.wanted, name=channel if own else ours.name, account=ours)


def _is_by_hand(account: ChartAccount) -> bool:
    """What has a statement of somebody else's, or is the ledger's own: never bridge's to open."""
    is_bank = account.account_class is AccountClass.BANK and account.purpose is AccountPurpose.NONE
    return account.create == "never" or is_bank or account.account_class in _BY_HAND


def _tracking(route: Route, facts: LedgerFacts, use: Use) -> Iterator[Master | ByHand]:
    """Dimensions before their options; what is switched off or archived is a person's matter."""
    texts = {route.tracking, *(rule.tracking for rule in use.rules.rules)} if use.rules else {route.tracking}
    for text in sorted({merged(one, route.tracking) for one in texts}):
        for name, option in parsed(text).items():
            dimension = facts.dimension(name)
            if dimension is None:
                yield Master(kind=MasterKind.DIMENSION, name=name)
                yield Master(kind=MasterKind.OPTION, name=option, dimension=name)
            elif dimension.off:
                yield ByHand(f"option {option} of {dimension.name}", dimension.off)
            elif (known := dimension.option(option)) is None:
                of, of_id = dimension.name, dimension.ledger_id
                yield Master(kind=MasterKind.OPTION, name=option, dimension=of, dimension_id=of_id)
            elif not known.is_active:
                yield ByHand(f"option {known.name} of {dimension.name}", "It is archived there: restore it")


def _contacts(ledger: Ledger, facts: LedgerFacts, makes: SinkCapabilities, use: Use) -> Iterator[Master]:
    home, purposes = facts.home_currency, {_OF_MODE[ledger.route.mode], *(entry.purpose for entry in use.entries)}
    if not purposes.isdisjoint(makes.names_customers):
        for currency in sorted({home, *(entry.currency for entry in use.entries)}):
            name = ledger.customer(currency)
            if facts.contact(name, currency) is None:
                is_own = name == ledger.customer(home)
                yield Master(kind=MasterKind.CUSTOMER, name=name, currency="" if is_own else currency)
    for rule in use.rules.rules if use.rules else ():
        if rule.contact:
            is_payable = rule.account in ledger.chart and (
                ledger.chart[rule.account].account_class is AccountClass.PAYABLE
            )
            kind = MasterKind.SUPPLIER if is_payable else MasterKind.CUSTOMER
            yield from _named(rule.contact, kind, facts, use)


def _named(name: str, kind: MasterKind, facts: LedgerFacts, use: Use) -> Iterator[Master]:
    """Whom a rule names; where the ledger keeps each in one currency, in that of all that waits in the name."""
    home = facts.home_currency
    waiting = {entry.currency for entry in use.entries if any(one.contact == name for one in entry.postings)}
    for currency in sorted(waiting) if waiting and facts.receivables else (home,):
        called = in_currency(name, currency, home)
        if facts.contact(name, currency) is None and facts.contact(called, currency) is None:
            yield Master(kind=kind, name=called, currency="" if currency == home else currency)


def _items(
    ledger: Ledger, facts: LedgerFacts, accounts: Mapping[str, LedgerAccount | None], use: Use
) -> Iterator[Master]:
    """One for each account that a form sells on, and has no item; forms are of routes that book by order."""
    sold = {item.account_id for item in facts.items if item.is_usual and not item.off}
    for number, account in accounts.items():
        ours = ledger.chart.get(number)
        id_ = account.ledger_id if account else ""
        is_by_form = ledger.route.mode is Mode.ORDER and id_ not in sold
        if is_by_form and ours and _is_sold(ours, number, use.entries):
            yield Master(kind=MasterKind.ITEM, name=ours.name, account_id=id_, account=ours)


def _is_sold(account: ChartAccount, number: str, entries: Sequence[JournalEntry]) -> bool:
    is_used = any(
        (number == REFUNDS_PAYABLE and is_passed_through(entry))
        or (entry.purpose in _BY_FORM and any(one.account == number and one.kind != TENDER for one in entry.postings))
        for entry in entries
    )
    return account.account_class.is_income or is_used


def _named_items(ledger: Ledger, facts: LedgerFacts, makes: SinkCapabilities, use: Use) -> Iterator[Master | ByHand]:
    """Those that rules name and no line can.

    Only what stands in the name of a customer names items: in journals they are told when an entry is held for one.
    """
    if _OF_MODE[ledger.route.mode] not in makes.names_customers:
        return
    roles = {ROLE_CLEARING: ledger.route.clearing, ROLE_BANK: ledger.route.bank}
    for rule in use.rules.rules if use.rules else ():
        if rule.item:
            number = rule.account or kinds()[rule.as_kind].account
            account = seek_for(facts, ledger.route, roles.get(number, number)).account
            id_ = account.ledger_id if account else ""
            if why := why_no_item(facts, rule.item, id_):
                yield ByHand(f"item {rule.item}, which rule {rule.id} names", why)
            elif named_item(facts, rule.item, id_) is None:
                yield Master(kind=MasterKind.ITEM, name=rule.item, account_id=id_, account=ledger.chart.get(number))


def together(found: Iterable[Needs]) -> Needs:
    """Those of several routes to one ledger, each thing once."""
    several = tuple(found)
    masters = dict.fromkeys(one for each in several for one in each.masters)
    return Needs(tuple(masters), tuple(dict.fromkeys(one for each in several for one in each.by_hand)))
