"""Pure: what is at stake: of all that an object does, or an edit changed, the amount on the account that matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from bridge.drift.sides.chart import Chart, Rank
from bridge.model.chart import ACCOUNTS_RECEIVABLE, title
from bridge.model.entries import JournalEntry
from bridge.model.lines import TENDER
from bridge.model.vouchers import LedgerCopy, LedgerLine, VoucherLine


class Stake(msgspec.Struct, frozen=True):
    """An amount, debit positive, and the account it is on, as people call it; several are named together."""

    amount_minor: int
    account: str


def account_sums(lines: Iterable[LedgerLine]) -> dict[str, int]:
    """What each account gets from an object's lines, in minor units; accounts that net to zero are left out."""
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.account_id] = sums.get(line.account_id, 0) + line.amount_minor
    return {account: amount for account, amount in sums.items() if amount}


def net_sums(lines: Iterable[LedgerLine]) -> dict[str, int]:
    """What the ledger itself says each account gets: ``account_sums`` without tax, which has an account of its own."""
    return account_sums(LedgerLine(line.account_id, line.amount_minor - line.tax_minor) for line in lines)


def stake(effects: Mapping[str, int], chart: Chart) -> Stake:
    """What the effects on accounts, by ledger id, come to for whoever reads the report.

    That is what buyers' or the channel's money changes by, on clearing accounts and receivables, where it all goes
    one way; else what the most important of the accounts changes by: clearing before receivables, these before the
    rest of the balance sheet, that before income and expense, the larger amount first. The sum of debits says none of
    this: discounts, tax and carried amounts are debits too.
    """
    return _ranked(effects, chart.rank, chart.name)


def of_copy(copy: LedgerCopy, chart: Chart) -> Stake:
    """What an object of the ledger puts in."""
    return stake(net_sums(copy.lines), chart)


def of_lines(lines: Iterable[VoucherLine], chart: Chart) -> Stake:
    """What a voucher will put in."""
    told = (LedgerLine(line.account.ledger_id, line.amount_minor, tax_minor=line.tax_minor) for line in lines)
    return stake(net_sums(told), chart)


def of_entry(entry: JournalEntry, chart: Chart) -> Stake:
    """What an entry that is no voucher yet will put in, by the accounts of our chart."""
    effects: dict[str, int] = {}
    for posting in entry.postings:
        effects[posting.account] = effects.get(posting.account, 0) + posting.amount_minor - posting.tax_minor
    route = chart.route
    clearings = {route.clearing, *(one.account for one in entry.postings if one.kind == TENDER)}

    def rank(number: str) -> Rank:
        if number in clearings:
            return Rank.CLEARING
        if number in (ACCOUNTS_RECEIVABLE, route.bank):
            return Rank.RECEIVABLE if number == ACCOUNTS_RECEIVABLE else Rank.BANK
        return Rank.BALANCE if number[:1] in ("1", "2", "3") else Rank.RESULT

    return _ranked(effects, rank, lambda number: title(chart.listed, number))


def _ranked(effects: Mapping[str, int], rank: Callable[[str], Rank], name: Callable[[str], str]) -> Stake:
    money = {account: amount for account, amount in effects.items() if amount and rank(account) <= Rank.RECEIVABLE}
    if money and len({amount > 0 for amount in money.values()}) == 1:
        return Stake(sum(money.values()), " and ".join(sorted(map(name, money))))
    changed = [account for account, amount in effects.items() if amount]
    if not changed:
        return Stake(0, "")
    account = min(changed, key=lambda one: (rank(one), -abs(effects[one]), name(one)))
    return Stake(effects[account], name(account))
