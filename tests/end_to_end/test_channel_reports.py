"""What a channel says of itself is set beside the documents that came: what never came is missed by that alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.drift import Report
from bridge.drift.comparing.confirming import BEHIND, CHANGED_SINCE, SEVERAL_CURRENCIES, TOO_FRESH
from bridge.drift.report import Answer
from bridge.drift.report.pages import to_html, to_json
from bridge.model.findings import FindingState, KeptFinding
from bridge.work import Synced
from tests.end_to_end.live import DAY, HOUR, Live
from tests.end_to_end.live_shop import LiveShop, live_shop
from tests.end_to_end.live_shopify import LiveShopify, live_shopify


def check(live: Live) -> Report:
    with live.app() as app:
        (report,) = app.story.check((), actor="ann").reports
    return report


def states(report: Report) -> dict[str, str]:
    return {one.called: one.state for one in report.confirmations if one.told or one.held}


def differing(report: Report) -> list[KeptFinding]:
    return [kept for kept in report.findings if kept.finding.code == "drift.report_differs"]


def accept(live: LiveShop, finding: str) -> None:
    with live.app() as app, app.store.unit("ann") as unit:
        unit.findings.accept(finding, "ann", "the report is wrong", None)


def test_days_agree_with_the_shops_own_report_once_all_of_them_is_read(tmp_path: Path) -> None:
    """D02: the sums of a day stand beside those that the shop makes itself."""
    with live_shop(tmp_path) as live:
        order = live.shop.place(["40.00", "20.00"], tax="4", fee="0.49")
        live.shop.place(["10.00"], paid=False)
        synced = live.sync(after_seconds=20 * HOUR)
        early = check(live)

        assert [(one.report, one.spans, one.why) for one in synced.pulls[0].reports] == [("revenue", 1, "")]
        assert states(early) == {
            "orders paid on 2026-06-01": TOO_FRESH,
            "orders less refunds on 2026-06-01": TOO_FRESH,
        }
        assert early.confirmed.answer is Answer.NOT_PROVEN
        assert "held back: all is read beyond its end" in early.confirmed.why

        live.clock.advance(6 * HOUR)
        live.shop.refund(order, "5.00")
        live.sync(after_seconds=2 * DAY)
        report = check(live)

        assert states(report) == {
            "orders paid on 2026-06-01": "agrees",
            "orders less refunds on 2026-06-01": "agrees",
            "orders less refunds on 2026-06-02": "agrees",
        }
        assert (report.confirmed.answer, differing(report)) == (Answer.YES, [])
        assert "6 figures of its own reports come to what its documents come to" in report.confirmed.why


def test_an_order_that_never_came_is_missed_by_the_shops_own_report(tmp_path: Path) -> None:
    """F10: an order that no list shows. A finding says which day, which figure, by how much, and what to do."""
    with live_shop(tmp_path) as live:
        live.shop.place(["60.00"])
        live.sync(after_seconds=DAY)
        hidden = live.shop.place(["30.00"])
        kept = live.shop.orders.pop(hidden)
        live.sync(after_seconds=2 * DAY)
        live.shop.orders[hidden] = kept
        live.sync(after_seconds=7 * HOUR)

        report = check(live)
        found = {kept.finding.title: kept.finding for kept in differing(report)}

        assert sorted(found) == [
            "Revenue report, orders less refunds on 2026-06-02: the channel says 30.00 USD, bridge 0.00 USD",
            "Revenue report, orders paid on 2026-06-02: the channel says 1, bridge 0",
        ]
        sums = found[min(found)]
        assert (sums.amount_minor, sums.currency) == (3_000, "USD")
        assert sums.evidence == (("orders less refunds", "0.00 USD", "30.00 USD"),)
        assert "cancelled after they were paid" in sums.cause
        assert "1 did not come here" in found[max(found)].cause
        assert "bridge sync" in sums.repair
        assert (report.confirmed.answer, report.reconciled.answer) == (Answer.NO, Answer.NO)
        assert "orders paid on 2026-06-02" in report.confirmed.why


def test_what_a_person_accepts_is_left_out_until_the_figure_changes(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.shop.set(report_off="1.00")
        live.shop.place(["60.00"])
        live.sync(after_seconds=2 * DAY)
        (kept,) = differing(check(live))
        accept(live, kept.finding.finding_id)

        report = check(live)
        assert [one.state for one in differing(report)] == [FindingState.ACCEPTED]
        assert report.confirmed.words == "yes, with 1 accepted"

        live.shop.set(report_off="2.00")
        live.sync(after_seconds=7 * HOUR)
        assert [one.state for one in differing(check(live))] == [FindingState.OPEN]

        live.shop.set(report_off="0.00")
        live.sync(after_seconds=7 * HOUR)
        assert differing(check(live)) == []


def test_a_report_that_is_filled_twice_a_day_is_waited_for(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.shop.set(report_import="scheduled")
        synced = live.sync(after_seconds=HOUR)
        assert "has not filled its revenue report yet" in synced.pulls[0].reports[0].why
        assert "none was read yet" in check(live).confirmed.why

        live.shop.place(["60.00"])
        live.sync(after_seconds=2 * DAY)
        report = check(live)
        assert set(states(report).values()) == {BEHIND}
        assert (report.confirmed.answer, BEHIND in report.confirmed.why) == (Answer.NOT_PROVEN, True)

        live.shop.place(["10.00"])
        live.sync(after_seconds=DAY)
        assert states(check(live))["orders paid on 2026-06-01"] == "agrees"


def test_a_document_that_changed_after_the_report_was_read_is_compared_when_it_is_read_again(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        order = live.shop.place(["60.00"])
        live.sync(after_seconds=3 * DAY)
        live.shop.add(order, "10.00")
        live.shop.orders[order]["date_paid_gmt"] = "2026-06-02T16:00:00"
        live.sync(after_seconds=HOUR)
        assert set(states(check(live)).values()) & {CHANGED_SINCE}
        assert differing(check(live)) == []

        live.sync(after_seconds=7 * HOUR)
        assert CHANGED_SINCE not in states(check(live)).values()


def test_a_day_with_several_currencies_is_not_compared_where_the_report_adds_them_up(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.shop.place(["60.00"])
        foreign = live.shop.place(["50.00"])
        live.shop.orders[foreign]["currency"] = "EUR"
        live.sync(after_seconds=2 * DAY)
        assert states(check(live)) == {
            "orders paid on 2026-06-01": "agrees",
            "orders less refunds on 2026-06-01": SEVERAL_CURRENCIES,
        }


def test_a_channel_without_a_report_of_its_own_is_not_proven_and_that_is_said(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.shop.set(report_import="off")
        live.shop.place(["60.00"])
        synced = live.sync(after_seconds=2 * DAY)
        report = check(live)
        assert "Analytics off" in synced.pulls[0].reports[0].why
        assert report.confirmed.answer is Answer.NOT_PROVEN
        assert "No independent report" in report.confirmed.why
        assert all(green.answer is Answer.YES for green in report.greens), "it stands beside the three"


def test_a_report_that_is_not_read_any_more_proves_nothing_of_now(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.shop.place(["60.00"])
        live.sync(after_seconds=2 * DAY)
        assert check(live).confirmed.answer is Answer.YES
        live.shop.set(report_import="off")
        live.sync(after_seconds=8 * DAY)
        confirmed = check(live).confirmed
        assert (confirmed.answer, "was last read on 2026-06-03" in confirmed.why) == (Answer.NOT_PROVEN, True)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Synced, Report]:
    with live_shop(tmp_path_factory.mktemp("told")) as live:
        live.shop.set(report_off="1.00")
        live.shop.place(["60.00"])
        synced = live.sync(after_seconds=2 * DAY)
        return synced, check(live)


def test_the_json_tells_every_figure_beside_what_the_documents_come_to(told: tuple[Synced, Report]) -> None:
    route: dict[str, Any] = json.loads(to_json((told[1],)))["routes"][0]
    assert route["confirmed"]["answer"] == "no"
    assert {one["called"]: (one["told"], one["held"], one["state"]) for one in route["confirmations"]} == {
        "orders paid on 2026-06-01": (1, 1, "agrees"),
        "orders less refunds on 2026-06-01": (6_100, 6_000, "differs"),
        "orders paid on 2026-06-02": (0, 0, "agrees"),
        "orders less refunds on 2026-06-02": (0, 0, "agrees"),
    }


def test_the_page_shows_what_the_channel_says_of_itself(told: tuple[Synced, Report]) -> None:
    page = to_html((told[1],))
    assert "What the channel says of itself" in page
    assert "61.00 USD" in page
    assert "confirmed" in page


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[LiveShopify]:
    with live_shopify(tmp_path) as made:
        yield made


def test_orders_by_day_payouts_and_balances_of_a_shop_agree(merchant: LiveShopify) -> None:
    """D02, D24: what is counted by day, what each payout comes to, and what is held, by the channel's own word."""
    merchant.shop.sell("100.00")
    merchant.shop.sell("50.00")
    paid = merchant.shop.pay_out(fee="1.00")
    merchant.shop.sell("5.00")
    merchant.catch_up(after_days=3)
    report = check(merchant)

    found = {one.called: (one.told, one.held, one.state) for one in report.confirmations if one.told}
    (day,) = {called.rsplit(" ", 1)[1] for called in found}
    assert found == {
        f"orders placed on {day}": (3, 3, "agrees"),
        f"payout {paid} of {day}": (14_800, 14_800, "agrees"),
    }
    assert report.confirmed.answer is Answer.YES
    assert [(one.name, one.minor) for one in report.balances] == [("total", 500)]
    assert "total 5.00 USD" in to_html((report,))


def test_a_day_of_which_more_orders_are_counted_than_came_is_a_finding(merchant: LiveShopify) -> None:
    merchant.shop.sell("100.00")
    merchant.shop.days_wrong = 2
    merchant.catch_up(after_days=2)
    report = check(merchant)

    titles = [kept.finding.title for kept in differing(report)]
    assert all("the channel says" in title for title in titles)
    assert any(title.endswith("the channel says 3, bridge 1") for title in titles)
    assert all(kept.finding.amount_minor == 0 for kept in differing(report))
    assert report.reconciled.answer is Answer.NO


def test_a_payout_that_only_one_side_has_is_named(merchant: LiveShopify) -> None:
    merchant.shop.sell("100.00")
    first = merchant.shop.pay_out()
    merchant.catch_up(after_days=2)
    merchant.shop.sell("70.00")
    second = merchant.shop.pay_out()
    hidden = merchant.shop.payouts.pop(second)
    merchant.catch_up(after_days=5)
    merchant.shop.payouts[second] = hidden
    merchant.clock.advance(2 * DAY)
    merchant.shop.payouts.pop(first)
    merchant.catch_up()

    found = {kept.finding.title.partition(":")[0]: kept.finding for kept in differing(check(merchant))}
    lacking, extra = (
        next(one for title, one in found.items() if f"payout {name} " in title) for name in (second, first)
    )
    assert (lacking.amount_minor, lacking.cause) == (7_000, "The channel lists it, and no document of it is here")
    assert extra.amount_minor == -10_000
    assert "the channel does not list it" in extra.cause


def test_what_the_channel_does_not_show_any_more_is_not_missed(merchant: LiveShopify) -> None:
    """Without ``read_all_orders`` a shop counts the orders of sixty days alone."""
    merchant.shop.scopes.remove("read_all_orders")
    merchant.shop.sell("100.00")
    merchant.shop.pay_out()
    merchant.catch_up(after_days=2)
    assert "1" in {one.text(one.told) for one in check(merchant).confirmations}
    for _ in range(4):
        merchant.catch_up(after_days=20)
    report = check(merchant)

    assert differing(report) == []
    assert report.confirmed.answer is Answer.YES
