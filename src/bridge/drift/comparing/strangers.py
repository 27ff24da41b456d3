"""Pure: what others put into the ledger that concerns us: copies of ours, our sales again, what stands in clearing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from bridge.drift.comparing.ours import name
from bridge.drift.comparing.revenue import Again
from bridge.drift.comparing.stake import Stake, account_sums, of_copy
from bridge.drift.sides import Chart, Purpose, Watch, title
from bridge.model.account_classes import AccountClass
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.vouchers import LedgerCopy

MEMO_SHOWN = 120
# What a gateway keeps for itself is an expense of one of these sections.
FEES = (AccountClass.EXPENSE, AccountClass.OTHER_EXPENSE)


class Nature(StrEnum):
    """What an object in the ledger is that our books do not know as theirs."""

    EXTRA_COPY = "extra_copy"
    REPLACEMENT = "replacement"
    DOUBLE_REVENUE = "double_revenue"
    FOREIGN = "foreign"
    IN_FLIGHT = "in_flight"
    ELSEWHERE = "elsewhere"


class Double(msgspec.Struct, frozen=True):
    """Something of ours that moves the same amount. is_posted: in the ledger; else it waits and can be withdrawn."""

    what: str
    is_posted: bool


class BankLine(msgspec.Struct, frozen=True):
    """What makes an object a line of the bank: beside clearing accounts it touches the bank, and fees kept of it.

    fee_minor: that fee, with the sign of what reached the bank; fee_account: where it stands, for people.
    is_of_card: a line of a credit card: it answers what a channel took from that, and nothing else.
    """

    fee_minor: int = 0
    fee_account: str = ""
    is_of_card: bool = False


class Stranger(msgspec.Struct, frozen=True):
    """One such object. twin: our object it copies or replaces, if any, called so for people; route_id: whose that is.

    again:   the sale of ours that it is again, if any.
    effects: what it does to the watched accounts, by ledger id; those that it leaves alone are left out.
    line:    None where it is no line of the bank, and so no other half of anything that bridge leaves open.
    """

    copy: LedgerCopy
    nature: Nature
    twin: LedgerCopy | None
    effects: Mapping[str, int]
    route_id: str = ""
    again: Again | None = None
    line: BankLine | None = None
    called_twin: str = ""

    @property
    def reason(self) -> str:
        """Why its money stands in the clearing account."""
        match self.nature:
            case Nature.EXTRA_COPY:
                return f"an extra copy of {self.called_twin or 'ours'}"
            case Nature.REPLACEMENT:
                return f"entered by others in place of {self.called_twin or 'ours'}"
            case Nature.DOUBLE_REVENUE:
                return f"entered by others; {_again(self).by}"
            case Nature.IN_FLIGHT:
                return "bridge's own; its delivery is not confirmed yet"
            case Nature.ELSEWHERE:
                return "a copy of another route's voucher: see that route's report"
            case _:
                return "not posted by bridge"


class Unanswered(msgspec.Struct, frozen=True):
    """A watched account that a stranger's object moves by what nothing of ours answers.

    double: what of ours moves it by the same amount, or is about to.
    """

    watch: Watch
    amount_minor: int
    double: Double | None


class Twin(msgspec.Struct, frozen=True):
    """Our object of which another may be a copy, and whose it is. stands: it still counts in the ledger.

    copy: None where it belongs to a route that shares no account.
    """

    copy: LedgerCopy | None
    route_id: str = ""
    stands: bool = True


def judge(
    copy: LedgerCopy, chart: Chart, twin: Twin | None, again: Again | None, *, is_in_flight: bool
) -> Stranger | None:
    """What an object is that is not in our books; None when it does not concern this route.

    What may only be a sale of ours, and stands in clearing, may as well settle something there: it is judged so.

    is_in_flight: it carries the key of a voucher that is on its way.
    """
    sums = account_sums(copy.lines)
    effects = {account: minor for account, minor in sums.items() if account in chart.watched}
    if copy.is_voided:
        return None
    if is_in_flight:
        return Stranger(copy, Nature.IN_FLIGHT, None, effects)
    if twin is None and again and (again.is_sure or not effects):
        return Stranger(copy, Nature.DOUBLE_REVENUE, None, effects, again=again)
    if twin is None:
        return Stranger(copy, Nature.FOREIGN, None, effects, line=bank_line(sums, chart)) if effects else None
    if twin.copy is None:
        return Stranger(copy, Nature.ELSEWHERE, None, effects)
    nature = Nature.EXTRA_COPY if twin.stands else Nature.REPLACEMENT
    return Stranger(copy, nature, twin.copy, effects, twin.route_id, called_twin=name(twin.copy, chart))


def bank_line(sums: Mapping[str, int], chart: Chart) -> BankLine | None:
    """An object as a line of the bank, by what each account gets from it; None where it is none.

    It takes money from clearing accounts to those of a bank, or the other way; a fee that was kept of it is an expense
    on the side of the bank. Money that goes from one clearing account to another has not left them.
    """
    clearing_ids = {watch.account.ledger_id for watch in chart.clearings}
    others = {account: minor for account, minor in sums.items() if account not in clearing_ids}
    money = {account: minor for account, minor in others.items() if account in chart.banks | chart.cards}
    fees = {account: minor for account, minor in others.items() if account not in money}
    takes = {minor < 0 for account, minor in sums.items() if account in clearing_ids}
    brings = {minor > 0 for minor in others.values()}
    if not money or takes != brings or len(brings) > 1:
        return None
    if any(chart.sections.get(account) not in FEES for account in fees):
        return None
    named = " and ".join(sorted(map(chart.name, fees)))
    return BankLine(sum(fees.values()), named, is_of_card=not chart.cards.isdisjoint(money))


def finding(stranger: Stranger, route_id: str, chart: Chart, touched: Sequence[Unanswered]) -> Finding | None:
    """The finding of a stranger; None where there is nothing to do about it here.

    touched: the watched accounts, the route's own first, on which it is not the other half of what bridge leaves
    open, as the report asks.
    """
    words = memo(stranger.copy)
    match stranger.nature:
        case Nature.EXTRA_COPY:
            return _finding(
                stranger,
                route_id,
                "extra_copy",
                f"an extra copy of {stranger.called_twin or 'ours'}",
                chart=chart,
                severity=Severity.ERROR,
                cause=f"Somebody copied it, or a second tool posted the same money{words}",
                repair="Delete the copy in the ledger",
            )
        case Nature.REPLACEMENT:
            return _finding(
                stranger,
                route_id,
                "replacement",
                f"entered in place of {stranger.called_twin or 'ours'}",
                chart=chart,
                severity=Severity.WARNING,
                cause=f"Ours no longer counts in the ledger, and somebody entered this one{words}",
                repair="Compare it with what was booked; if it is right, accept both findings with a reason",
            )
        case Nature.DOUBLE_REVENUE:
            return _double_revenue(stranger, route_id, chart)
        case Nature.FOREIGN if touched:
            first = next((one for one in touched if one.double), touched[0])
            return _foreign(stranger, route_id, chart, first)
        case _:
            return None


def _double_revenue(stranger: Stranger, route_id: str, chart: Chart) -> Finding:
    copy, again = stranger.copy, _again(stranger)
    sums = account_sums(copy.lines)
    account = " and ".join(sorted(chart.name(one) for one in sums if one in chart.sold))
    twice, words = decimal_text(again.minor, copy.currency), memo(copy)
    if again.is_sure:
        what = f"sells {again.what} again" if again.what else "sells again what bridge sells"
        cause = f"A person or a second tool entered it: {again.by}, so {twice} of revenue is in the books twice{words}"
        repair = "Void it in the ledger, and stop what entered it; or accept it with a reason"
    else:
        what = f"may sell {again.what} again"
        cause = f"It is not bridge's, and {again.by}, so {twice} of revenue may be in the books twice{words}"
        repair = "Look whether it is the same sale: if so, void it in the ledger; else accept it with a reason"
    return _finding(
        stranger,
        route_id,
        "double_revenue",
        what,
        chart=chart,
        severity=Severity.ERROR if again.is_sure else Severity.WARNING,
        at_stake=Stake(-again.minor, account),
        cause=cause,
        repair=repair,
    )


def _again(stranger: Stranger) -> Again:
    assert stranger.again is not None
    return stranger.again


def _foreign(stranger: Stranger, route_id: str, chart: Chart, touched: Unanswered) -> Finding:
    words, double, account = memo(stranger.copy), touched.double, title(touched.watch.account)
    doubt = f"; it is as much as {double.what}, so the money may be in the books twice" if double else ""
    is_for_cards = touched.watch.purpose is Purpose.CARDS
    if double is None and is_for_cards:
        repair = "Nothing to do if cards were given away or lapsed; else re-code it, or accept it with a reason"
    elif double is None:
        repair = "Re-code it to the account it belongs to, or accept it with a reason"
    elif double.is_posted:
        repair = "If it is the same money, delete one of the two in the ledger"
    else:
        repair = "If it is the same money, withdraw bridge's own before it is posted: see `bridge held`"
    return _finding(
        stranger,
        route_id,
        "foreign",
        f"not bridge's, but in {account}",
        chart=chart,
        severity=Severity.ERROR if double else Severity.INFO if is_for_cards else Severity.WARNING,
        at_stake=Stake(touched.amount_minor, account),
        cause=f"A person, a bank-feed rule or a second tool posted to {account}{doubt}{words}",
        repair=repair,
    )


def _finding(
    stranger: Stranger,
    route_id: str,
    code: str,
    what: str,
    *,
    chart: Chart,
    severity: Severity,
    cause: str,
    repair: str,
    at_stake: Stake | None = None,
) -> Finding:
    copy = stranger.copy
    at_stake = at_stake or of_copy(copy, chart)
    return Finding(
        code=f"drift.{code}",
        severity=severity,
        route_id=route_id,
        subject=copy.ref,
        title=f"{name(copy, chart)}: {what}",
        amount_minor=at_stake.amount_minor,
        currency=copy.currency,
        cause=cause,
        repair=repair,
        evidence=(
            ("date", "", copy.dated_on.isoformat()),
            ("total", "", decimal_text(copy.total_minor, copy.currency)),
            *(
                (f"on {title(watch.account)}", "", decimal_text(stranger.effects.get(account_id, 0), copy.currency))
                for watch in (*chart.clearings, *chart.at_zero)
                if (account_id := watch.account.ledger_id) in stranger.effects or watch.is_own
            ),
        ),
        ref=copy.ref,
        account=at_stake.account,
    )


def memo(copy: LedgerCopy) -> str:
    """An object's memo as the end of a sentence; empty where it has none."""
    words = copy.memo if len(copy.memo) <= MEMO_SHOWN else f"{copy.memo[:MEMO_SHOWN]}…"
    return f'. Its memo: "{words}"' if words else ""
