"""What a week brought: what nobody saw in the eight before it, and refunds and disputes beside what they were then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

import msgspec

from bridge.books.rules.defaults import DEFAULT
from bridge.desk.answers import Answer, Verdict, unproven
from bridge.desk.month import NO_TELLING
from bridge.model.chart import Chart, title
from bridge.model.connections import Route
from bridge.model.line_tax import TAX, Tax, tax_called
from bridge.model.lines import DISPUTE, kinds
from bridge.model.periods import day_start
from bridge.store.api import Facet, FacetSum, Figures, ToldDocument, UnitOfWork

BEFORE = 8
"""So many weeks before it a week is looked at beside."""
ENOUGH = 4
"""In so many of them something was sold, or they say nothing of what is usual."""
LARGEST = 5
NOT_TOLD = "the channel does not tell which"
OWN = "bridge:"
"""What the ids of bridge's own decisions begin with, where rules have theirs."""
_RULE = "Where the default account is right, nothing is to be done; else add a rule that names it"
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_SALES = tuple(one.name for one in kinds().values() if one.rollup == "sales")
_DISPUTES = (DISPUTE, "claim")
_REFUNDS = tuple(
    one.name for one in kinds().values() if one.rollup == "refunds" and one.name not in ("claim", "dispute.lost")
)
_SOLD = "sale.product"
_GROUPS = (_SALES, _REFUNDS, _DISPUTES)
_NAMES = {Facet.SKU: "SKU", Facet.WORDS: "words", Facet.TAX: "tax"}


class New(msgspec.Struct, frozen=True):
    """Something that the channel tells, and told in none of the weeks before.

    what: SKU, words or tax. called: it, for people. kinds: of its lines, for a SKU of what was sold of it. rule: that
    decided; of several the default. accounts: to which these lines are booked, by title; none while they are not.
    """

    what: str
    called: str
    kinds: tuple[str, ...]
    rule: str
    accounts: tuple[str, ...]
    minor: int
    currency: str
    lines: int

    @property
    def is_by_default(self) -> bool:
        """Whether it is booked, and no rule names it."""
        return self.rule.startswith(DEFAULT)

    @property
    def is_by_bridge(self) -> bool:
        """Whether that follows from who owes its tax, or the like: there is no rule to make."""
        return self.rule.startswith(OWN)


class WeekSaid(msgspec.Struct, frozen=True):
    """What a week of one currency came to, without tax: what was sold less discounts, given back, disputed.

    refunds, disputes: how many orders, or other documents. The amounts of both are what they take from the merchant.
    """

    since_on: date
    sales_minor: int = 0
    refunds_minor: int = 0
    refunds: int = 0
    disputes_minor: int = 0
    disputes: int = 0

    @property
    def until_on(self) -> date:
        return self.since_on + _WEEK - _DAY

    @property
    def refunded(self) -> int | None:
        """The share of refunds in sales, in thousandths, half a one rounded up; None where nothing was sold."""
        return _share(self.refunds_minor, self.sales_minor)

    @property
    def disputed(self) -> int | None:
        return _share(self.disputes_minor, self.sales_minor)


class Usual(msgspec.Struct, frozen=True):
    """A week beside those before it, the newest first, in one currency. largest: by what it lost most.

    is_whole: whether all of the week is known to be here.
    """

    currency: str
    is_whole: bool
    week: WeekSaid
    before: tuple[WeekSaid, ...]
    largest: tuple[ToldDocument, ...]

    @property
    def weeks(self) -> tuple[WeekSaid, ...]:
        """All nine, the newest first."""
        return self.week, *self.before

    @property
    def answer(self) -> Answer:
        """Whether refunds and disputes are no more than usual.

        Grey: too little was sold before, or nothing says that all is here. To be looked at: more than in any week.
        """
        if sum(one.sales_minor > 0 for one in self.before) < ENOUGH:
            return unproven(
                "In fewer than four of the eight weeks before anything was sold here: nothing says what is usual."
            )
        if unusual := list(self._unusual()):
            words = "More than in any of the eight weeks before"
            return Answer(Verdict.LOOK, words, f"{'; '.join(unusual).capitalize()}.", "Look at the largest of them")
        if not self.is_whole:
            return unproven(
                f"No more than in the eight weeks before, of what is here; whether that is all, {NO_TELLING}."
            )
        words = "No more than in any of the eight weeks before"
        return Answer(Verdict.FINE, words, "By their share of the sales, and disputes by number too.")

    def _unusual(self) -> Iterator[str]:
        if self.week.refunds and _above(self.week.refunded, (one.refunded for one in self.before)):
            yield "refunds took more of the sales"
        if self.week.disputes and _above(self.week.disputed, (one.disputed for one in self.before)):
            yield "disputes took more of the sales"
        if self.week.disputes > max(one.disputes for one in self.before):
            yield "there were more disputes"


class Week(msgspec.Struct, frozen=True):
    """The last whole week that is here, by the route's calendar.

    through: up to which day all is here; None where nothing says so. has_history: whether anything of the weeks before
    is here at all; is_short: whether nothing of the first half of them is. news: from its first day until now.
    """

    since_on: date
    until_on: date
    through: date | None
    has_history: bool
    is_short: bool
    news: tuple[New, ...]
    usual: tuple[Usual, ...]

    @property
    def answer(self) -> Answer:
        """Whether somebody has to see to what is new.

        Grey: too little of the weeks before is here, or what is new is not booked. To be looked at: a default took it.
        """
        if not self.has_history:
            return unproven(f"Nothing of the eight weeks before {self.since_on} is here: nothing tells new from old.")
        by_default = sum(one.is_by_default for one in self.news)
        if self.is_short and self.news:
            return unproven("Less than five of the eight weeks before are here: this may be new to bridge alone.")
        if by_default:
            words = f"{by_default:,} new since {self.since_on} that no rule names"
            return Answer(Verdict.LOOK, words, "In none of the eight weeks before did the channel tell them.", _RULE)
        if any(not one.accounts for one in self.news):
            return unproven(f"What is new since {self.since_on} is not booked yet.", "`bridge held` says why")
        words = f"No SKU, words or tax new since {self.since_on} that a rule would have to name"
        return Answer(Verdict.FINE, words, "In the eight weeks before the channel told them too, or a rule names them.")


def last_week(through: date) -> date:
    """The Monday of the last week, Monday to Sunday, that ends on a day or before it."""
    sunday = through - timedelta(days=(through.weekday() + 1) % 7)
    return sunday - _WEEK + _DAY


def week_of(unit: UnitOfWork, route: Route, chart: Chart, newest: date, through: date | None, now: datetime) -> Week:
    """What the last whole week brought that is here. newest: the day of what is newest of its channel.

    Reads the lines of nine weeks.
    """
    connection_id = unit.connections.get(route.source).connection_id
    monday = last_week(through or newest)
    since, before = (day_start(on, route.time_zone) for on in (monday, monday - BEFORE * _WEEK))
    half = day_start(monday - BEFORE // 2 * _WEEK, route.time_zone)
    has_history = bool(unit.figures.size(connection_id, before, since))
    news = tuple(_news(unit.figures, connection_id, (before, since, now), chart)) if has_history else ()
    return Week(
        since_on=monday,
        until_on=monday + _WEEK - _DAY,
        through=through,
        has_history=has_history,
        is_short=not unit.figures.size(connection_id, before, half),
        news=tuple(sorted(news, key=lambda one: (not one.is_by_default, one.what, -abs(one.minor), one.called))),
        usual=tuple(_usual(unit.figures, connection_id, route, monday, is_whole=through is not None)),
    )


def _news(
    figures: Figures, connection_id: str, times: tuple[datetime, datetime, datetime], chart: Chart
) -> Iterator[New]:
    before, since, now = times
    for facet in Facet:
        found = figures.facets(connection_id, since, now, facet)
        known = figures.values(connection_id, before, since, facet) if found else frozenset()
        names = {(kind, _called(facet, value)) for kind, value in known}
        together: dict[tuple[str, str, str], list[FacetSum]] = {}
        for one in found:
            kind, called = ("" if facet is Facet.SKU else one.kind), _called(facet, one.value)
            if (kind, called) not in names:
                together.setdefault((kind, called, one.currency), []).append(one)
        for (_, called, currency), sums in together.items():
            yield _new(facet, called, currency, sums, chart)


def _called(facet: Facet, value: str) -> str:
    """What a line says of itself, for people: a tax by itself, whatever it was charged on."""
    if facet is not Facet.TAX:
        return value
    return tax_called(msgspec.json.decode(value, type=Tax)) or NOT_TOLD


def _new(facet: Facet, called: str, currency: str, sums: list[FacetSum], chart: Chart) -> New:
    bearing = [one for one in sums if not one.kind.startswith(TAX)] or sums
    if facet is Facet.SKU:
        bearing = [one for one in bearing if one.kind == _SOLD] or bearing
    booked = [one for one in bearing if one.account]
    rules = sorted((one.rule for one in booked), key=lambda rule: (not rule.startswith(DEFAULT), rule))
    return New(
        what=_NAMES[facet],
        called=called,
        kinds=tuple(sorted({one.kind for one in bearing})),
        rule=rules[0] if rules else "",
        accounts=tuple(sorted({title(chart, one.account) for one in booked})),
        minor=sum(one.minor for one in bearing),
        currency=currency,
        lines=sum(one.lines for one in bearing),
    )


def _usual(figures: Figures, connection_id: str, route: Route, monday: date, *, is_whole: bool) -> Iterator[Usual]:
    weeks = [monday - number * _WEEK for number in range(BEFORE + 1)]
    found: dict[str, dict[date, WeekSaid]] = {}
    for begins in weeks:
        since, until = (day_start(on, route.time_zone) for on in (begins, begins + _WEEK))
        for one in figures.groups(connection_id, since, until, _GROUPS):
            (sales, _), (refunds, many), (disputes, disputed) = one.groups
            said = WeekSaid(begins, sales, -refunds, many, -disputes, disputed)
            found.setdefault(one.currency, {})[begins] = said
    since, until = (day_start(on, route.time_zone) for on in (monday, monday + _WEEK))
    largest = figures.largest(connection_id, since, until, (*_REFUNDS, *_DISPUTES), LARGEST)
    for currency, by_week in sorted(found.items()):
        week, *before = (by_week.get(begins, WeekSaid(begins)) for begins in weeks)
        yield Usual(currency, is_whole, week, tuple(before), tuple(one for one in largest if one.currency == currency))


def _share(part_minor: int, whole_minor: int) -> int | None:
    if whole_minor <= 0:
        return None
    return (2_000 * part_minor + whole_minor) // (2 * whole_minor)


def _above(share: int | None, before: Iterable[int | None]) -> bool:
    return share is not None and share > max((one for one in before if one is not None), default=0)
