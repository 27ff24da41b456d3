"""What a week and a month of a route come to: from lines to what is said of them, and what turns it grey or red."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bridge.desk import Figures, Verdict
from bridge.desk.figures import MANY
from bridge.desk.month import TaxAccount
from bridge.desk.profit import Beside, Profit
from bridge.errors import ConfigError
from bridge.model.entries import Mode
from bridge.model.line_tax import TaxComponent, charged_on
from bridge.model.rules import Rule
from bridge.model.summaries import Summary
from bridge.store.sql import SqlStore
from tests.books.shop import MakeShop, Shop, order, refund, sale
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import FakeLedger

MONDAYS = [date(2026, 6, 29) - timedelta(weeks=number) for number in range(9)]
NOW = datetime(2026, 7, 8, 9, tzinfo=UTC)
FINE, LOOK, WRONG, UNPROVEN = Verdict


@pytest.fixture
def kept(store: SqlStore, clock: FakeClock) -> Shop:
    """A shop over each of the two databases, which books order by order."""
    return Shop(store, clock, FakeLedger(clock, home_currency="USD"), mode=Mode.ORDER)


def later(shop: Shop) -> None:
    """It is a week after the last whole one."""
    shop.clock.advance((NOW - shop.clock.now()).total_seconds())


def figures(shop: Shop, month: str = "", through: str = "2026-07-07") -> Figures:
    """What a person sees, where all is here through the end of that day."""
    later(shop)
    shop.read(orders=datetime.fromisoformat(f"{through} 00:00").replace(tzinfo=UTC) + timedelta(days=1))
    with shop.store.unit("test") as unit:
        ends = datetime.fromisoformat(through).replace(tzinfo=UTC) + timedelta(days=1)
        known = unit.summaries.all().get(shop.route.route_id)
        over = known.summary.at if known else None
        assert unit.summaries.put(shop.route.route_id, Summary(NOW, through=ends), over=over)
    return shop.views().figures(shop.route.name, month)


def weeks(shop: Shop, many: int = 9, back_minor: int = -100) -> None:
    """In each of the last so many weeks a mug is sold for 10.00, and some of it given back."""
    for number, monday in enumerate(MONDAYS[:many]):
        at = f"{monday + timedelta(days=2)} 12:00"
        sold = order(f"{number}", at, {"sale.product": 1000})
        shop.receive(sold.with_lines([msgspec.structs.replace(sold.lines[0], sku="MUG"), *sold.lines[1:]]))
        shop.receive(refund(f"9{number}", f"{number}", at, {"refund.product": back_minor}))


def sell(shop: Shop, name: str, sku: str, on: str = "2026-07-01", **facts: Any) -> None:
    sold = order(name, f"{on} 12:00", {"sale.product": 2000}, **facts)
    shop.receive(sold.with_lines([msgspec.structs.replace(sold.lines[0], sku=sku), *sold.lines[1:]]))


def test_a_month_goes_from_what_the_channel_told_to_what_is_booked(shop: Shop) -> None:
    """Placed in May and paid in June; placed in June and never paid; changed after it was sent."""
    paid_late = datetime(2026, 6, 2, 12, tzinfo=UTC)
    shop.receive(
        order("1", "2026-05-31 12:00", {"sale.product": 1000, "sale.shipping": 200}, paid_at=paid_late),
        order("2", "2026-06-03 12:00", {"sale.product": 500, "discount.product": -50}),
        order("3", "2026-06-04 12:00", {"sale.product": 70}, {}),
        refund("9", "2", "2026-06-05 12:00", {"refund.product": -100}),
    )
    shop.run()
    may, june = (figures(shop, name).month for name in ("2026-05", "2026-06"))
    assert may
    assert june

    def told(row: Any) -> tuple[int, ...]:
        return row.told_minor, row.elsewhere_minor, row.waits_minor, row.others_minor, row.booked_minor

    assert {row.called: told(row) for row in may.steps[0].rows} == {
        "Sales": (1000, 1000, 0, 0, 0),
        "Shipping": (200, 200, 0, 0, 0),
    }
    assert {row.called: told(row) for row in june.steps[0].rows} == {
        "Sales": (570, 0, 70, 1000, 1500),
        "Discounts": (-50, 0, 0, 0, -50),
        "Refunds and disputes": (-100, 0, 0, 0, -100),
        "Shipping": (0, 0, 0, 200, 200),
    }
    assert june.steps[0].total.booked_minor == -sum(
        shop.balances()[number] for number in ("4000", "4050", "4100", "4200")
    )
    assert (may.steps[0].answer.verdict, june.steps[0].answer.verdict) == (FINE, LOOK)
    assert "`bridge held`" in june.steps[0].answer.next_step

    later(shop)
    shop.deliver_all()
    shop.receive(order("2", "2026-06-03 12:00", {"sale.product": 400, "discount.product": -50}))
    behind = figures(shop, "2026-06").month
    assert behind
    row = behind.steps[0].rows[0]
    assert (row.told_minor, row.waits_minor, row.others_minor) == (470, 470, 1500), (
        "what stands is of the revision before"
    )


def test_a_month_that_is_not_known_to_be_here_is_grey(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 500}))
    whole, part = (figures(shop, "2026-06", through).month for through in ("2026-06-30", "2026-06-29"))
    assert whole
    assert part

    assert (whole.doubt, whole.steps[0].answer.verdict) == (None, FINE)
    assert part.doubt
    assert "through 2026-06-29 only" in part.doubt.why
    assert part.steps[0].answer.verdict is UNPROVEN


def test_tax_is_told_by_whose_it_is_also_where_a_line_was_taken_back(kept: Shop) -> None:
    """What is told of the taxes adds up to what was posted."""

    def taxed(city_minor: int) -> Any:
        state, city = TaxComponent(rate="6", jurisdiction="US-CA"), TaxComponent(rate="1.25", jurisdiction="Ojai")
        plain = order("1", "2026-06-03 12:00", {"sale.product": 1000, "tax.collected": 60 + city_minor})
        lines = [
            plain.lines[0],
            sale("s", "tax.collected", 60, "2026-06-03 12:00", tax=charged_on("sale.product", (state,)), order_id="1"),
            sale(
                "c",
                "tax.collected",
                city_minor,
                "2026-06-03 12:00",
                tax=charged_on("sale.product", (city,)),
                order_id="1",
            ),
            plain.lines[2],
        ]
        return plain.with_lines(lines)

    def owed() -> dict[str, int]:
        month = figures(kept, "2026-06").month
        assert month
        assert sum(one.minor for one in month.taxes) == -kept.balances()["2100"]
        assert {one.who for one in month.taxes} == {"you"}
        return {one.called: one.minor for one in month.taxes}

    kept.book(taxed(13))
    assert owed() == {"US-CA 6 %": 60, "Ojai 1.25 %": 13}
    kept.deliver_all()
    kept.book(taxed(10))
    assert owed() == {"US-CA 6 %": 60, "Ojai 1.25 %": 10}


def test_refunds_are_no_more_than_usual_more_or_nothing_says_what_is_usual(make_shop: MakeShop) -> None:
    usual, more, young = make_shop(), make_shop(), make_shop()
    for shop, many in ((usual, 9), (more, 9), (young, 4)):
        weeks(shop, many)
    more.receive(refund("8", "1", "2026-07-03 12:00", {"refund.product": -1}))

    def said(shop: Shop) -> Any:
        week = figures(shop).week
        assert week
        assert (week.since_on, week.until_on) == (MONDAYS[0], date(2026, 7, 5))
        return week.usual[0]

    assert (said(usual).answer.verdict, said(young).answer.verdict) == (FINE, UNPROVEN)
    found = said(more)
    assert (found.answer.verdict, found.answer.why) == (LOOK, "Refunds took more of the sales.")
    assert (found.week.sales_minor, found.week.refunds_minor, found.week.refunds, found.week.refunded) == (
        1000,
        101,
        2,
        101,
    )
    assert [each.external_id for each in found.largest] == ["90", "8"]


def test_a_dispute_more_than_in_any_week_before_is_to_be_looked_at(shop: Shop) -> None:
    weeks(shop)
    plain = refund("7", "1", "2026-07-03 12:00", {"claim": -10})
    shop.receive(plain)
    week = figures(shop).week
    assert week
    assert week.usual[0].answer.why == "Disputes took more of the sales; there were more disputes."
    assert (week.usual[0].week.disputes, week.usual[0].week.refunds) == (1, 1)


def test_what_is_new_says_who_decided_where_it_goes(shop: Shop) -> None:
    shop.rules(Rule(id="cups", kind="sale.product", sku="CUP", account="4060"))
    weeks(shop)
    sell(shop, "71", "CUP")
    shop.run()
    named = figures(shop).week
    assert named
    assert [(one.called, one.rule, one.is_by_default) for one in named.news] == [("CUP", "cups", False)]
    assert named.answer.verdict is FINE

    sell(shop, "72", "LAMP", paid={})
    waits = figures(shop).week
    assert waits
    assert waits.answer.verdict is UNPROVEN, "it is not booked: nothing says where it goes"

    sell(shop, "73", "LAMP")
    shop.run()
    default = figures(shop).week
    assert default
    assert (default.answer.verdict, default.answer.words) == (LOOK, "1 new since 2026-06-29 that no rule names")
    assert default.news[0].accounts == ("4000 Product sales",)


@pytest.mark.parametrize(("many", "verdict"), [(1, UNPROVEN), (5, UNPROVEN), (6, LOOK)])
def test_what_is_new_is_told_from_what_is_old_by_enough_weeks(shop: Shop, many: int, verdict: Verdict) -> None:
    weeks(shop, many)
    sell(shop, "71", "LAMP")
    shop.run()
    week = figures(shop).week
    assert week
    assert week.answer.verdict is verdict


def test_nothing_is_said_of_a_channel_of_which_nothing_is_here_nor_of_what_is_no_month(shop: Shop) -> None:
    later(shop)
    empty = shop.views().figures(shop.route.name)
    assert (empty.name, empty.week, empty.month, empty.is_too_much) == ("2026-06", None, None, False)
    for text in ("2026-13", "June", "0000-01", "2026-06-01"):
        with pytest.raises(ConfigError, match="is no month"):
            shop.views().figures(shop.route.name, text)


def test_too_many_lines_are_not_read_while_somebody_waits(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.desk.figures.MANY", 1)
    weeks(shop)
    later(shop)
    seen = shop.views().route(shop.route.name).figures
    assert (seen.month, seen.is_too_much, seen.lines > 1 < MANY) == (None, True, True)
    assert shop.views().figures(shop.route.name).month is not None


@pytest.mark.parametrize(
    ("shown", "is_since", "verdict", "words"),
    [
        (500, True, FINE, "yes"),
        (500, False, UNPROVEN, "read before the month ended"),
        (480, True, WRONG, "no: -0.20 USD"),
        (480, False, WRONG, "no: -0.20 USD"),
        (None, True, UNPROVEN, "not read"),
    ],
)
def test_an_account_of_tax_says_the_same_only_where_it_was_read(
    shown: int | None, is_since: bool, verdict: Verdict, words: str
) -> None:
    answer = TaxAccount("2100", "USD", 500, shown, 0, is_since).answer
    assert (answer.verdict, answer.words) == (verdict, words)


@pytest.mark.parametrize(
    ("account", "verdict"),
    [
        (Beside("4000", 500, 0, 0, 0, 500), FINE),
        (Beside("4000", 500, 0, 30, 0, 530), LOOK),
        (Beside("4000", 500, 0, 0, -20, 480), LOOK),
        (Beside("4000", 500, 40, 0, 0, 460), WRONG),
        (Beside("4000", 500, 40, 0, 40, 500), WRONG),
        (None, UNPROVEN),
    ],
)
def test_profit_and_loss_is_the_same_only_where_nothing_is_missing_and_nothing_beside(
    account: Beside | None, verdict: Verdict
) -> None:
    found = Profit("USD", (account,) if account else ())
    assert found.answer.verdict is verdict
    assert account is None or found.total == msgspec.structs.replace(account, account="Together")
