"""What became of the bank's lines of our payouts in the ledger, where they were coded to something else.

A ledger's own automation does it unasked: a rule, a memory or a prediction puts the line straight to sales, splits it,
or matches it with another payout's document. Income then counts twice, and clearing never empties.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from bridge.drift.comparing.deposits import Deposit
from bridge.drift.comparing.ours import name
from bridge.drift.comparing.stake import account_sums
from bridge.drift.comparing.strangers import Nature, Stranger, memo
from bridge.drift.comparing.tieout import GONE, OPEN_INVOICE, WITHDRAWN, Tie
from bridge.drift.sides import Snapshot
from bridge.model.account_classes import AccountClass
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.periods import bank_days_after
from bridge.model.vouchers import LedgerCopy

# A line of the bank belongs to a payout that is due so many bank days after it, or before it.
EARLY, LATE = -2, 5
# What an object that is not ours may be, and be a payout's line of the bank all the same.
_MAY_BE = (Nature.FOREIGN, Nature.DOUBLE_REVENUE)
_INCOME = (AccountClass.INCOME, AccountClass.OTHER_INCOME)


def coded_elsewhere(
    now: Snapshot, ties: Iterable[Tie], deposits: Mapping[str, Deposit], others: Iterable[Stranger]
) -> tuple[Finding, ...]:
    """One for each line of the bank that has a payout's amount and currency, came when it did, and went elsewhere.

    ties: of the checked route. others: objects that are not in our books: what copies or replaces one of ours is told
    as that. A line that is coded rightly takes its payout, so that another of the same amount is not taken for it.

    Memory: what has the amount of a payout. Complexity: one walk over the bank's account for 500 amounts.
    """
    if not now.chart.bank_id:
        return ()
    free = [tie for tie in ties if _is_due(tie, now) and _is_awaited(tie, deposits.get(tie.title))]
    told = {one.copy.ref for one in others if one.nature not in _MAY_BE} | set(now.scope.seen.absent)
    amounts = {minor for minor, _ in (tie.at_bank for tie in free)}
    moving = now.unit.copies.moving(now.route.ledger, now.chart.bank_id, amounts)
    lines = [copy for copy in moving if copy.ref not in told and not _is_of_others(now, copy, deposits)]
    found = []
    for copy in sorted(lines, key=lambda copy: (not _is_right(now, copy), copy.dated_on, copy.ref)):
        if fits := _fitting(now, copy, free):
            free.remove(fits[0])
            if not _is_right(now, copy):
                found.append(_finding(now, copy, fits, deposits))
    return tuple(found)


def _is_due(tie: Tie, now: Snapshot) -> bool:
    return tie.is_in_scope and tie.pays_out and tie.due_on is not None and tie.due_on <= now.scope.today


def _is_awaited(tie: Tie, deposit: Deposit | None) -> bool:
    """Not where the bank alone paid its document, in full, or where the ledger does not tell what paid it."""
    if deposit is None:
        return tie.bank != OPEN_INVOICE
    return bool(deposit.open_minor or deposit.others or not deposit.by_bank)


def _moved(now: Snapshot, copy: LedgerCopy) -> int:
    return account_sums(copy.lines)[now.chart.bank_id]


def _is_right(now: Snapshot, copy: LedgerCopy) -> bool:
    """Whether all of it went to the clearing accounts."""
    sums = account_sums(copy.lines)
    clearing = sum(sums.get(watch.account.ledger_id, 0) for watch in now.chart.clearings)
    return clearing == -sums[now.chart.bank_id]


def _is_of_others(now: Snapshot, copy: LedgerCopy, deposits: Mapping[str, Deposit]) -> bool:
    """Money from another bank account, to another route's clearing account, or for another document of ours."""
    own = {watch.account.ledger_id for watch in now.chart.clearings}
    rest = account_sums(copy.lines).keys() - {now.chart.bank_id}
    documents = {one.document.ref for one in deposits.values()}
    is_elsewhere = not rest.isdisjoint(now.scope.clearings - own) and rest.isdisjoint(own)
    ours = (now.unit.deliveries.baseline(now.route.ledger, ref) for ref in copy.settles if ref not in documents)
    return rest <= now.chart.banks or is_elsewhere or any(ours)


def _fitting(now: Snapshot, copy: LedgerCopy, free: Sequence[Tie]) -> list[Tie]:
    """The payouts that it may be the money of, the nearest first."""
    minor = _moved(now, copy)
    fits = [
        tie
        for tie in free
        if tie.at_bank == (minor, copy.currency)
        and tie.due_on is not None
        and bank_days_after(tie.due_on, EARLY) <= copy.dated_on <= bank_days_after(tie.due_on, LATE)
    ]
    return sorted(fits, key=lambda tie: (abs((copy.dated_on - (tie.due_on or copy.dated_on)).days), tie.title))


def _finding(now: Snapshot, copy: LedgerCopy, fits: Sequence[Tie], deposits: Mapping[str, Deposit]) -> Finding:
    chart, tie = now.chart, fits[0]
    rest = {account: minor for account, minor in account_sums(copy.lines).items() if account != chart.bank_id}
    wrong = {account: minor for account, minor in rest.items() if account not in _clearing_ids(now)} or rest
    account = max(wrong, key=lambda one: (abs(wrong[one]), one))
    whose = fits[0].called if len(fits) == 1 else f"one of {', '.join(one.called for one in fits)}"
    document = deposits.get(tie.title)
    aside = f"neither {name(document.document, chart)} nor " if document else "not all of "
    twice = ": income counted twice" if any(chart.sections.get(one) in _INCOME for one in wrong) else ""
    return Finding(
        code="drift.coded_elsewhere",
        severity=Severity.ERROR,
        route_id=now.route.route_id,
        subject=copy.ref,
        title=f"{name(copy, chart)}: the money of {whose}, {_where(now, copy, rest, deposits)}{twice}",
        amount_minor=wrong[account],
        currency=copy.currency,
        cause=f"It fits {whose} by amount, currency and day, and reached {aside}{_clearing(now)}: the bank feed's own "
        f"automation, or a person, coded it{memo(copy)}",
        repair=f"{now.scope.feed.undo}; then {_again(now, tie, document)}. {now.scope.feed.stop}",
        evidence=(
            ("at the bank on", f"due {tie.due_on}", copy.dated_on.isoformat()),
            ("amount", decimal_text(*tie.at_bank), decimal_text(_moved(now, copy), copy.currency)),
            *(
                (f"on {chart.name(one)}", "", decimal_text(minor, copy.currency))
                for one, minor in sorted(rest.items(), key=lambda part: chart.name(part[0]))
            ),
        ),
        ref=copy.ref,
        account=chart.name(account),
    )


def _clearing_ids(now: Snapshot) -> Collection[str]:
    return {watch.account.ledger_id for watch in now.chart.clearings}


def _clearing(now: Snapshot) -> str:
    return now.chart.name(now.chart.clearing.ledger_id)


def _where(now: Snapshot, copy: LedgerCopy, rest: Mapping[str, int], deposits: Mapping[str, Deposit]) -> str:
    """What was done with it."""
    names = sorted(rest, key=now.chart.name)
    if matched := [one for one in deposits.values() if one.document.ref in copy.settles]:
        return f"matched with {name(matched[0].document, now.chart)} of {matched[0].called}"
    if len(names) > 1:
        return f"split: {', '.join(_part(now, copy, one, -rest[one]) for one in names)}"
    return f"coded straight to {now.chart.name(names[0])}"


def _part(now: Snapshot, copy: LedgerCopy, account_id: str, minor: int) -> str:
    return f"{decimal_text(minor, copy.currency)} to {now.chart.name(account_id)}"


def _again(now: Snapshot, tie: Tie, deposit: Deposit | None) -> str:
    """Where the bank's line belongs."""
    if deposit is not None and tie.bank == OPEN_INVOICE:
        return f"match it with {name(deposit.document, now.chart)}"
    if tie.bank in ("", OPEN_INVOICE, GONE, WITHDRAWN):
        return f"code it to {_clearing(now)}"
    return f"match it with bridge's own transfer for {tie.called}"
