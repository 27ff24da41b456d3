"""What Amazon says beside its settlements (money held back, balances, payouts): kept, compared, never booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge.drift import Report
from bridge.drift.comparing.confirming import AMOUNTS_OLD
from bridge.model.findings import KeptFinding
from bridge.model.pending import Pending
from plugins.amazon.tests.report import Report as File
from plugins.amazon.tests.report import Row
from tests.end_to_end.live import DAY, HOUR
from tests.end_to_end.live_seller import LiveSeller, live_seller, sample

END_OF_JUNE = datetime(2026, 7, 1, 7, tzinfo=UTC)
"""In Los Angeles."""


def back_to(live: LiveSeller, at: datetime) -> None:
    live.clock.advance((at - live.clock.now()).total_seconds())


def fill(live: LiveSeller, *, days: float = 0) -> None:
    """``bridge backfill``, so many days later: it waits for the usage plan."""
    live.clock.advance(days * DAY)
    with live.app() as app:
        filled = app.story.backfill((), actor="ann", wait_seconds=DAY)
    assert filled.failed == ()


def held(live: LiveSeller, at: datetime) -> tuple[Pending, ...]:
    """What is kept of what was held back then."""
    with live.app() as app, app.store.reading() as unit:
        return unit.pending.at(unit.connections.get("amazon").connection_id, at)


def check(live: LiveSeller) -> Report:
    with live.app() as app:
        (report,) = app.story.check((), actor="ann").reports
    return report


def states(report: Report, name: str) -> dict[str, str]:
    return {one.called: one.state for one in report.confirmations if one.report == name}


def differing(report: Report) -> list[KeptFinding]:
    return [kept for kept in report.findings if kept.finding.code == "drift.report_differs"]


@pytest.mark.parametrize("page", ["500", "1"])
def test_what_is_deferred_in_one_month_comes_free_in_the_next(tmp_path: Path, page: str) -> None:
    """F36, F51, D30: itemised at the month's end, and tied to Amazon's own balance; nothing is booked."""
    with live_seller(tmp_path, page=page) as live:
        back_to(live, datetime(2026, 6, 28, 12, tzinfo=UTC))
        first = live.seller.sell("30.00", fee="4.50")
        second = live.seller.sell("12.00", days=30, reason="B2B")
        live.seller.sell("99.00", days=0)
        live.seller.sell("5.00", days=1)
        fill(live, days=5)
        before = {one.external_id: one for one in held(live, END_OF_JUNE)}

        assert before.keys() == {first, second}
        sale = before[first]
        assert (sale.place, sale.currency, sale.amount_minor, sale.reason) == ("Amazon.com", "USD", 2_550, "DD7")
        assert (sale.occurred_at, sale.order_id) == (datetime(2026, 6, 28, 12, tzinfo=UTC), "114-0000001-0000001")
        assert sale.matures_at == datetime(2026, 7, 5, 12, tzinfo=UTC)
        assert (sale.released_at, sale.statement) == (None, "")
        assert sale.parts == (("Sales / Product Charges", 3_000), ("Expenses / Amazon Fees", -450))

        live.clock.advance(4 * DAY)
        live.seller.close()
        fill(live, days=2)
        after = {one.external_id: one for one in held(live, END_OF_JUNE)}

        assert after.keys() == {first, second}
        assert after[first].released_at == datetime(2026, 7, 5, 12, tzinfo=UTC)
        assert after[first].statement.startswith("286")
        assert [one.external_id for one in held(live, live.clock.now())] == [second]
        report = check(live)
        assert states(report, "Deferred balance")["held back in Amazon.com at 2026-07-01 07:00 UTC"] == "agrees"
        assert [one.minor for one in report.balances if one.name == "deferred"] == [1_200]
        assert live.balances == {}, "nothing of it is booked before its settlement is sent"
        live.sync()
        assert live.balances["4000"] == -3_000 - 500 - 9_900, "each once, by its settlement"


def test_a_transaction_that_no_list_shows_is_missed_by_the_balance(tmp_path: Path) -> None:
    """D30: one transaction dropped is told, with both figures."""
    with live_seller(tmp_path) as live:
        back_to(live, datetime(2026, 6, 28, 12, tzinfo=UTC))
        live.seller.sell("30.00", fee="4.50", days=20)
        live.seller.hide(live.seller.sell("12.00", days=20))
        fill(live, days=10)
        titles = {kept.finding.title for kept in differing(check(live))}

        assert (
            "Deferred balance, held back in Amazon.com at 2026-07-01 07:00 UTC: the channel says 37.50 USD, bridge "
            "25.50 USD"
        ) in titles


def test_nothing_is_compared_before_it_is_asked_for_since(tmp_path: Path) -> None:
    """What was held when it was asked for last may have come free since: that is no difference, and no agreement."""
    with live_seller(tmp_path) as live:
        back_to(live, datetime(2026, 4, 20, 20, tzinfo=UTC))
        live.seller.sell("30.00", days=71)
        back_to(live, datetime(2026, 6, 28, 12, tzinfo=UTC))
        second = live.seller.sell("12.00", days=40)
        fill(live, days=2.1)
        name = "held back in Amazon.com at 2026-07-01 07:00 UTC"
        live.amazon.faults.order("throttle", label="listTransactions", skip=6)
        synced = live.sync(after_seconds=4 * DAY)
        report = check(live)

        assert [stream.closed for stream in synced.pulls[0].streams] == [1, 1], "and the plan is spent by that"
        assert len(held(live, END_OF_JUNE)) == 2, "what is older than the last weeks is asked for by its day"
        assert states(report, "Deferred balance")[name] == AMOUNTS_OLD
        assert differing(report) == []

        live.sync(after_seconds=HOUR)
        report = check(live)
        assert [one.external_id for one in held(live, END_OF_JUNE)] == [second]
        assert states(report, "Deferred balance")[name] == "agrees"
        assert differing(report) == []


def test_the_first_reading_takes_one_sync_and_what_the_plan_allows_at_once(tmp_path: Path) -> None:
    """F44: ninety days, each asked for once; no answer is a refusal, and nothing is waited for."""
    with live_seller(tmp_path) as live:
        first = live.sync()
        _, deferred = first.pulls[0].streams

        assert (first.failed, deferred.stream, deferred.closed, deferred.due_at) == ((), "deferred", 1, None)
        assert live.amazon.requests.count(label="listTransactions") == 10
        live.sync(after_seconds=DAY)
        assert live.amazon.requests.count(label="listTransactions") == 10 + 2 * 3
        assert live.amazon.requests.count(status=429) == 0
        assert all(seconds < 2 for seconds in live.clock.slept)


def test_killed_between_any_two_days_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    sold = datetime(2026, 6, 28, 12, tzinfo=UTC)
    kept = []
    for writes in ((), (3, 6, 9, 12, 15)):
        with live_seller(tmp_path / str(len(writes))) as live:
            back_to(live, sold)
            for days in range(4):
                live.seller.sell(f"{10 + days}.00", days=5 + days)
                live.clock.advance(DAY)
            live.clock.advance(3 * DAY)
            for number in writes:
                assert live.sync_mortally(number)
                live.clock.advance(60)
            back_to(live, sold + timedelta(days=9))
            fill(live)
            kept.append([(one.external_id, one.released_at) for one in held(live, END_OF_JUNE)])
    assert kept[0] == kept[1]
    assert len(kept[0]) == 3


def test_payouts_are_set_beside_settlements(tmp_path: Path) -> None:
    """F51: also of a settlement that pays nothing out, of which its own sum is asked for."""
    with live_seller(tmp_path) as live:
        live.settle(sample("us_v2_standard.txt"))
        fees = Row(("other-transaction", "other-transaction", "Subscription Fee"), -3_999, order="", marketplace="")
        closed = datetime(2026, 7, 9, tzinfo=UTC)
        live.settle(File((fees,), settlement_id="28500000012", closed=closed, deposit=closed).text().encode())
        live.sync(after_seconds=HOUR)
        assert set(states(check(live), "Payouts").values()) == {"the report had not taken it in when it was read"}
        live.sync(after_seconds=8 * DAY)
        report = check(live)

        assert states(report, "Payouts") == {
            "settlement 28500000011 of 2026-07-08": "agrees",
            "settlement 28500000012 of 2026-07-08": "agrees",
        }
        assert differing(report) == []


def test_a_payout_that_failed_is_named(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        live.settle(sample("us_v2_standard.txt"))
        live.sync(after_seconds=HOUR)
        live.seller.fail_payout("28500000011")
        live.sync(after_seconds=8 * DAY)
        (kept,) = differing(check(live))

        assert kept.finding.title == (
            "Payouts, settlement 28500000011 of 2026-07-08: the channel says 0.00 USD, bridge 301.24 USD"
        )
        assert "failed" in kept.finding.cause


def test_a_settlement_that_was_never_listed_is_missed_by_its_payout(tmp_path: Path) -> None:
    """F10."""
    with live_seller(tmp_path) as live:
        live.settle(sample("us_v2_standard.txt"))
        closed = datetime(2026, 7, 9, tzinfo=UTC)
        lost = live.settle(File(settlement_id="28500000013", closed=closed, deposit=closed).text().encode())
        live.seller.finish(lost, "FATAL")
        live.sync(after_seconds=HOUR)
        live.sync(after_seconds=8 * DAY)
        (kept,) = differing(check(live))

        assert "settlement 28500000013" in kept.finding.title
        assert "no document of it is here" in kept.finding.cause


def test_a_busy_seller_is_asked_for_fewer_days_at_once(tmp_path: Path) -> None:
    """F44: where twenty days hold more pages than the plan allows, the window goes on all the same, and comes whole."""
    with live_seller(tmp_path, page="1") as live:
        back_to(live, datetime(2026, 6, 26, 6, tzinfo=UTC))
        sold = []
        for _ in range(8):
            sold.append(live.seller.sell("10.00", days=60))
            live.clock.advance(DAY / 2)
        began_at = live.clock.now() + timedelta(days=3)
        fill(live, days=3)

        assert [one.external_id for one in held(live, END_OF_JUNE)] == sold
        assert timedelta(minutes=2) < live.clock.now() - began_at < timedelta(minutes=30)
        assert live.amazon.requests.count(status=429) == 0
