"""What a month came to for a route: what the channel told of it, what of that is booked in it, and its tax."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import msgspec

from bridge.desk.answers import Answer, Verdict, unproven
from bridge.model import chart as numbers
from bridge.model.accounts import account_of
from bridge.model.chart import Chart, title
from bridge.model.connections import Route
from bridge.model.facts import LedgerFacts
from bridge.model.line_tax import tax_called
from bridge.model.lines import UNCLASSIFIED, kinds
from bridge.model.money import money
from bridge.model.periods import day_start, local_day, month_before, month_end
from bridge.model.readings import LedgerReading
from bridge.model.tax import NONE as NO_TAX
from bridge.model.tax import explained, rate_of
from bridge.store.api import BookedSum, Fated, LedgerMove, TaxBooked, ToldSum, UnitOfWork

TAXES = ("2100", numbers.FACILITATOR_TAX, numbers.VAT_PAYABLE, "2130", "2140")
"""The accounts of the chart that hold tax until somebody pays it."""
NO_TELLING = "neither a stream of the channel nor an unbroken series of its files tells"
_LATER = "What follows is of what is here"
_DAY = timedelta(days=1)
_TAX = "Tax"
_FEES, _REFUNDS, _UNKNOWN = "Fees, fulfilment, advertising", "Refunds and disputes", "Not classified"
_ROWS = ("Sales", "Discounts", _REFUNDS, "Shipping", _FEES, "Reimbursements", _UNKNOWN, _TAX)
_BESIDE = {_UNKNOWN: "in suspense until a rule names it", _TAX: "no income, no cost"}
_BY_KIND = {"sale.shipping": "Shipping", UNCLASSIFIED: _UNKNOWN, "restocking": _REFUNDS}
_BY_ROLLUP = {
    "sales": "Sales",
    "refunds": _REFUNDS,
    "fees": _FEES,
    "fulfilment": _FEES,
    "marketing": _FEES,
    "reimbursement": "Reimbursements",
    "tax": _TAX,
}
_OWED_TO_YOU = frozenset({"1450", "1460"})
_WHAT = {
    "tax.collected": "charged to buyers, less what they got back",
    "tax.facilitator": "taken by the channel, which pays it on",
    "tax.retrocharge": "charged, and taken, once more by the channel",
    "tax.on_fees": "charged on fees",
    "tax.withheld_income": "kept back of your income",
}


class Step(msgspec.Struct, frozen=True):
    """From what the channel told of a month to what is booked in it; what brings something to the merchant is positive.

    elsewhere: booked on days outside it. waits: not booked, or not as it is now. excluded: left out with a reason.
    others: what is booked in it and is not of it: of other months, or of what has changed since.
    """

    called: str
    told_minor: int = 0
    elsewhere_minor: int = 0
    waits_minor: int = 0
    excluded_minor: int = 0
    booked_minor: int = 0

    @property
    def others_minor(self) -> int:
        own = self.told_minor - self.elsewhere_minor - self.waits_minor - self.excluded_minor
        return self.booked_minor - own

    @property
    def is_of_profit(self) -> bool:
        """Whether it is income or cost."""
        return self.called not in _BESIDE

    @property
    def note(self) -> str:
        """Why it is neither; empty where it is."""
        return _BESIDE.get(self.called, "")

    @property
    def is_same(self) -> bool:
        """Whether all that the channel told of the month is booked in it, and nothing else."""
        return not (self.elsewhere_minor or self.waits_minor or self.excluded_minor or self.others_minor)

    def __add__(self, other: Step) -> Step:
        return Step(
            self.called,
            self.told_minor + other.told_minor,
            self.elsewhere_minor + other.elsewhere_minor,
            self.waits_minor + other.waits_minor,
            self.excluded_minor + other.excluded_minor,
            self.booked_minor + other.booked_minor,
        )


class Steps(msgspec.Struct, frozen=True):
    """All of them in one currency. is_whole: whether all that the channel has of the month is known to be here."""

    currency: str
    rows: tuple[Step, ...]
    is_whole: bool

    @property
    def total(self) -> Step:
        """Of what is income or cost."""
        return sum((one for one in self.rows if one.is_of_profit), Step("Together"))

    @property
    def answer(self) -> Answer:
        """Whether the books say what the channel told.

        Grey: not all of the month is known to be here. To be looked at: something of it is not booked.
        """
        if any(one.waits_minor for one in self.rows):
            words = "Not all of it is booked"
            return Answer(Verdict.LOOK, words, "What is not stands in its column.", "`bridge held` says why")
        same = "The books say what the channel told, figure by figure."
        if any(not one.is_same for one in self.rows):
            same = "All that the channel told is booked, or left out with a reason; what differs stands in its column."
        return (
            Answer(Verdict.FINE, "Every difference is named", same)
            if self.is_whole
            else unproven(f"Of what is here: {same[0].lower()}{same[1:]}")
        )

    @property
    def shown(self) -> tuple[Step, ...]:
        """Income and cost with what they come to, then what is neither."""
        of_profit = [one for one in self.rows if one.is_of_profit]
        return (*of_profit, self.total, *(one for one in self.rows if not one.is_of_profit))


class TaxOwed(msgspec.Struct, frozen=True):
    """A tax of the month, as it is booked. called: which; empty where the channel does not tell. what: of it.

    who: owes it to its authority, or is owed it. account: where it stands, by title.
    """

    called: str
    what: str
    who: str
    account: str
    minor: int
    currency: str


class TaxCoded(msgspec.Struct, frozen=True):
    """What is booked under a treatment of the ledger's own tax: without the tax, and the tax in it."""

    treatment: str
    net_minor: int
    tax_minor: int
    currency: str


class TaxAccount(msgspec.Struct, frozen=True):
    """What a month did to an account of tax, from the merchant's side: owed is positive.

    shown_minor: what the ledger shows of this route's; beside_minor: of everybody else's. None where it was never read.
    is_read_since: whether it was read after the month had ended.
    """

    account: str
    currency: str
    booked_minor: int
    shown_minor: int | None
    beside_minor: int | None
    is_read_since: bool

    @property
    def answer(self) -> Answer:
        """Whether the ledger shows what is booked. Grey: never read, or not since the month ended. Red: another sum."""
        if self.shown_minor is None:
            return Answer(Verdict.UNPROVEN, "not read", next_step="Run `bridge drift`")
        if differs := self.shown_minor - self.booked_minor:
            return Answer(Verdict.WRONG, f"no: {money(differs, self.currency)}")
        if not self.is_read_since:
            return Answer(Verdict.UNPROVEN, "read before the month ended", next_step="Run `bridge drift`")
        return Answer(Verdict.FINE, "yes")


class Month(msgspec.Struct, frozen=True):
    """A month of a route. since_on: its first day, or the route's. through: up to when all is here; None: not known.

    read_through: up to when the ledger was last read; None where it never was. codes: empty where the books go by
    accounts of tax.
    """

    name: str
    since_on: date
    until_on: date
    through: date | None
    read_through: date | None
    steps: tuple[Steps, ...]
    taxes: tuple[TaxOwed, ...]
    codes: tuple[TaxCoded, ...]
    tax_accounts: tuple[TaxAccount, ...]

    @property
    def doubt(self) -> Answer | None:
        """Why figures of it may lack something; None where all of it is here."""
        if self.through is None:
            return unproven(f"whether all of {self.name} is here, {NO_TELLING}.", _LATER)
        if self.through < self.until_on:
            return unproven(f"of {self.name} all is here through {self.through} only.", _LATER)
        return None


def last_month(today: date) -> str:
    """The last one that has ended: ``2026-06``."""
    return f"{month_before(today):%Y-%m}"


def days_of(name: str, route: Route) -> tuple[date, date]:
    """The days of a month on which a route books."""
    until_on = month_end(name)
    return max(until_on.replace(day=1), min(route.first_day, until_on)), until_on


def month_of(
    unit: UnitOfWork, route: Route, chart: Chart, facts: LedgerFacts | None, name: str, through: date | None
) -> Month:
    """What a month came to; reads its lines. name: ``2026-06``."""
    since_on, until_on = days_of(name, route)
    since, until = (day_start(on, route.time_zone) for on in (since_on, until_on + _DAY))
    connection_id = unit.connections.get(route.source).connection_id
    told = unit.figures.told(connection_id, since, until, (since_on, until_on))
    booked = unit.figures.booked(route.route_id, since_on, until_on)
    reading = unit.copies.covered(route.ledger)
    return Month(
        name=name,
        since_on=since_on,
        until_on=until_on,
        through=through,
        read_through=local_day(reading.through, route.time_zone) if reading else None,
        steps=tuple(_steps(told, booked, is_whole=through is not None and through >= until_on)),
        taxes=tuple(_taxes(unit.figures.taxes(route.route_id, since_on, until_on), chart)),
        codes=tuple(_coded(booked)),
        tax_accounts=tuple(_accounts(unit, route, chart, facts, booked, (since_on, until_on), reading)),
    )


def row_of(kind: str) -> str:
    """Among which figures a kind of line is told; empty for what is neither income nor cost, nor tax."""
    known = kinds().get(kind)
    if kind.startswith("discount.") or kind == "points":
        return "Discounts"
    return _BY_KIND.get(kind) or (_BY_ROLLUP.get(known.rollup, "") if known else "")


def is_of_profit(kind: str) -> bool:
    """Whether a kind of line is income or cost."""
    return bool(row := row_of(kind)) and row not in _BESIDE


def _steps(told: Iterable[ToldSum], booked: Iterable[BookedSum], *, is_whole: bool) -> Iterator[Steps]:
    found: dict[str, dict[str, Step]] = {}

    def add(currency: str, step: Step) -> None:
        rows = found.setdefault(currency, {})
        rows[step.called] = rows.get(step.called, Step(step.called)) + step

    for one in told:
        if row := row_of(one.kind):
            minor = one.minor
            fated = {
                Fated.BOOKED: Step(row, minor),
                Fated.ELSEWHERE: Step(row, minor, elsewhere_minor=minor),
                Fated.WAITS: Step(row, minor, waits_minor=minor),
                Fated.EXCLUDED: Step(row, minor, excluded_minor=minor),
            }
            add(one.currency, fated[one.fated])
    for posted in booked:
        if row := row_of(posted.kind):
            add(posted.currency, Step(row, booked_minor=posted.tax_minor - posted.minor))
        if row and posted.tax_minor:
            add(posted.currency, Step(_TAX, booked_minor=-posted.tax_minor))
    for currency, rows in sorted(found.items()):
        told_of = (rows[name] for name in _ROWS if name in rows)
        yield Steps(currency, tuple(one for one in told_of if one != Step(one.called)), is_whole)


def _taxes(found: Iterable[TaxBooked], chart: Chart) -> Iterator[TaxOwed]:
    sums = Counter[tuple[str, str, str, str, str]]()
    for one in found:
        stands = title(chart, one.account)
        stands = f"with {stands}" if one.tax_code else stands
        sums[tax_called(one.tax), _WHAT.get(one.kind, one.kind), _who(one), stands, one.currency] += one.minor
    for (called, what, who, account, currency), minor in sorted(sums.items()):
        if minor:
            yield TaxOwed(called, what, who, account, minor, currency)


def _who(one: TaxBooked) -> str:
    """Who owes it, as it is booked."""
    if one.account == numbers.FACILITATOR_TAX:
        return "the channel"
    if one.account in _OWED_TO_YOU:
        return "owed to you"
    if one.kind == "tax.on_fees":
        return "owed to you" if one.tax_code and rate_of(one.tax_code) else "you, as a cost"
    return "you"


def _coded(booked: Iterable[BookedSum]) -> Iterator[TaxCoded]:
    net, tax = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in booked:
        if one.tax_code and one.tax_code != NO_TAX:
            net[one.tax_code, one.currency] -= one.minor - one.tax_minor
            tax[one.tax_code, one.currency] -= one.tax_minor
    for code, currency in sorted(net):
        yield TaxCoded(explained(code), net[code, currency], tax[code, currency], currency)


def _accounts(
    unit: UnitOfWork,
    route: Route,
    chart: Chart,
    facts: LedgerFacts | None,
    booked: Iterable[BookedSum],
    days: tuple[date, date],
    reading: LedgerReading | None,
) -> Iterator[TaxAccount]:
    sums = Counter[tuple[str, str]]()
    for one in booked:
        if one.account in TAXES:
            sums[one.account, one.currency] -= one.minor
    accounts = {number: account_of(facts, route, number) if facts else None for number, _ in sums}
    ids = {number: one.ledger_id for number, one in accounts.items() if one is not None}
    moves = unit.figures.in_ledger(route.ledger, sorted(set(ids.values())), *days) if ids and reading else ()
    shown = _shown(moves, route.route_id)
    is_since = reading is not None and local_day(reading.through, route.time_zone) > days[1]
    for (number, currency), minor in sorted(sums.items()):
        ours, beside = shown.get((ids.get(number, ""), currency), (0, 0)) if reading and number in ids else (None, None)
        yield TaxAccount(title(chart, number), currency, minor, ours, beside, is_read_since=is_since)


def _shown(moves: Iterable[LedgerMove], route_id: str) -> Mapping[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in moves:
        ours, beside = found.get((one.account_id, one.currency), (0, 0))
        mine = one.route_id == route_id
        found[one.account_id, one.currency] = (ours - one.minor, beside) if mine else (ours, beside - one.minor)
    return found
