"""A WooCommerce shop that is asked live, into QuickBooks: each order once, and what changes later is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from bridge.cli.output import Exit
from bridge.cli.sync import left_of, show_synced
from bridge.model.connections import ConnectionState
from bridge.model.documents import DocumentKind
from bridge.model.runs import RunOutcome
from bridge.plugin import signature
from tests.end_to_end.live import DAY, HOUR, codes
from tests.end_to_end.live_shop import LiveShop, live_shop
from tests.fakes.doors import hand_in

ORDER, REFUND = DocumentKind.ORDER, DocumentKind.REFUND
SOLD = {"1220": 5 * (6_240 - 49), "2100": -5 * 240, "4000": -5 * 6_000, "6100": 5 * 49}
CHANGED = {
    "1150": 1_040,
    "1220": SOLD["1220"] - 4_160,
    "2100": SOLD["2100"] - 40 + 160,
    "4000": SOLD["4000"] - 1_000,
    "4200": 4_000,
    "6100": SOLD["6100"],
}
"""The edit is owed by its buyer, what was given back is gone; of the deleted order no money moved."""


def sell(live: LiveShop) -> list[int]:
    """Five orders of 60.00 and 2.40 of tax, an hour apart on a Monday; the gateway keeps 0.49 of each."""
    placed = []
    for _ in range(5):
        placed.append(live.shop.place(["40.00", "20.00"], tax="4", fee="0.49"))
        live.clock.advance(HOUR)
    return placed


def change(live: LiveShop, placed: list[int]) -> int:
    """An order is edited, of another a line is given back, and a third is deleted for good. The refund's id."""
    live.clock.advance(HOUR)
    edited, given_back, deleted = placed[:3]
    live.shop.add(edited, "10.00", tax="4")
    refund = live.shop.refund(given_back, line=0)
    live.shop.delete(deleted)
    return refund


@pytest.mark.parametrize("storage", ["tables", "posts"])
def test_orders_are_pulled_booked_and_delivered_and_later_changes_are_seen(tmp_path: Path, storage: str) -> None:
    """F20: an edit, a refund and a deletion are seen a sweep later, also where an edit moves no date."""
    with live_shop(tmp_path) as live:
        live.shop.set(storage=storage)
        placed = sell(live)
        first = live.sync(after_seconds=3 * DAY)

        assert (codes(first), live.balances, live.findings()) == ([], SOLD, [])

        refund = change(live, placed)
        second = live.sync(after_seconds=DAY)

        assert codes(second) == []
        assert (live.revisions(ORDER, placed[0]), live.revisions(REFUND, refund)) == (2, 1)
        assert live.findings() == ["channel.edited", "channel.gone"]

        third = live.sync(after_seconds=3 * DAY)
        assert codes(third) == []
        assert (live.balances, live.findings()) == (CHANGED, ["channel.edited", "channel.gone"])


def test_a_fee_that_comes_late_is_booked_in_a_shop_of_posts(tmp_path: Path) -> None:
    """Writing it moves no date there."""
    with live_shop(tmp_path) as live:
        live.shop.set(storage="posts")
        placed = live.shop.place(["40.00"], tax="4", fee="")
        live.sync(after_seconds=3 * DAY)
        live.shop.orders[placed]["meta_data"] = [
            {"id": 1, "key": "_stripe_fee", "value": "1.20"},
            {"id": 2, "key": "_stripe_currency", "value": "USD"},
        ]
        live.sync(after_seconds=DAY)
        live.sync(after_seconds=3 * DAY)

        assert live.balances == {"1220": 4_160 - 120, "2100": -160, "4000": -4_000, "6100": 120}


def test_what_came_by_file_before_is_booked_once(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        placed = sell(live)
        live.shop.refund(placed[1], "5.00")
        live.set_up(is_live=False)
        live.clock.advance(3 * DAY)
        live.import_answers()
        alone = live.sync()
        before = live.balances
        live.set_up()
        asked = live.sync(after_seconds=DAY)

        assert (alone.pulls, codes(asked)) == ((), [])
        assert [dict(report.documents) for report in asked.pulls[0].streams] == [
            {"known": 11},
            {"known": 11},
            {"known": 3},
            {},
        ]
        assert live.balances == before != {}
        assert [live.revisions(ORDER, name) for name in placed] == [1] * 5


def test_files_of_what_the_shop_has_told_itself_change_nothing(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        placed = sell(live)
        live.shop.refund(placed[1], "5.00")
        live.sync(after_seconds=3 * DAY)
        before = live.balances
        live.import_answers()
        live.sync(after_seconds=DAY)

        assert live.balances == before != {}
        assert [live.revisions(ORDER, name) for name in placed] == [1] * 5


def ended(live: LiveShop) -> tuple[int, RunOutcome]:
    """The exit code of ``bridge sync``, and how its run ended."""
    with live.app() as app:
        synced = app.story.sync((), actor="ann", wait_seconds=0)
        return show_synced(synced, left_of(app, synced)), synced.run.outcome


def told(live: LiveShop, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``bridge sync`` prints."""
    with live.app() as app:
        synced = app.story.sync((), actor="ann", wait_seconds=0)
        show_synced(synced, left_of(app, synced))
    return capsys.readouterr().out


def test_a_sync_says_what_a_person_must_decide_until_it_is_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F20: an order with money that is deleted for good changes nothing by itself, and is not kept quiet."""
    with live_shop(tmp_path) as live:
        placed = sell(live)
        live.sync(after_seconds=3 * DAY)
        live.shop.delete(placed[0])
        live.clock.advance(2 * DAY)
        first, again = told(live, capsys), told(live, capsys)

        assert live.findings() == ["channel.gone"]
        for said in (first, again):
            assert f"To decide: order #{placed[0]}" in said.replace("Order", "order"), said
            assert "Why, and how to decide: bridge drift" in said
        assert ended(live) == (Exit.WAITS, RunOutcome.WAITS), "a scheduler is told too"

        with live.app() as app, app.store.unit("ann") as unit:
            unit.findings.accept(live.kept_findings()[0].finding.finding_id, "ann", "it is right", None)
        assert ended(live) == (Exit.OK, RunOutcome.DONE)


def test_after_an_outage_of_one_stream_its_days_go_out_whole_and_the_sync_says_what_is_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F10: refunds answer all the time; orders do not for three days."""
    with live_shop(tmp_path) as live:
        live.sync()
        live.clock.advance(HOUR)
        sell(live)
        live.import_answers()
        live.woo.server.faults.order("unavailable", path="/wp-json/wc/v3/orders", times=None)
        live.clock.advance(3 * DAY)
        assert "Not everything is in from shop; why, and what to do: bridge sources status shop\n" in told(live, capsys)
        assert live.balances == {}, "the clock alone would have sent what the file has of it"
        with live.app() as app:
            reasons = {one.reason for one in app.desk.held(is_all=True).vouchers}
        assert reasons == {"coverage.awaited"}

        live.woo.server.faults.clear()
        live.clock.advance(HOUR)
        printed = told(live, capsys)
        assert "Not everything" not in printed
        assert live.balances == SOLD


def test_a_killed_sync_goes_on(tmp_path: Path) -> None:
    """F01: whenever it dies, the next one leaves the books as if it had not."""
    with live_shop(tmp_path) as live:
        placed = sell(live)
        live.clock.advance(2 * DAY)
        deaths = die_again_and_again(live)
        live.sync(after_seconds=HOUR)
        assert live.balances == SOLD
        change(live, placed)
        live.clock.advance(2 * DAY)
        deaths += die_again_and_again(live)
        live.sync(after_seconds=DAY)

        assert deaths > 15
        assert (live.balances, live.findings()) == (CHANGED, ["channel.edited", "channel.gone"])


def die_again_and_again(live: LiveShop) -> int:
    """Syncs an hour apart that each die a few writes later than the one before. How many did."""
    deaths = 0
    for writes in range(2, 90, 6):
        live.clock.advance(HOUR)
        deaths += live.sync_mortally(writes)
    return deaths


def test_a_wrong_key_stops_the_shop_alone_and_is_mended_in_the_settings(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        sell(live)
        live.set_up(key="ck_mistyped")
        refused = live.sync(after_seconds=3 * DAY)
        with live.app() as app, app.store.reading() as unit:
            assert unit.connections.get("shop").state is ConnectionState.ACTIVE

        assert (codes(refused), live.balances) == (["woocommerce.key_unknown"], {})

        live.set_up()
        assert codes(live.sync(after_seconds=HOUR)) == []
        assert live.balances == SOLD


def test_a_shop_that_is_not_asked_any_more_is_read_from_files_and_nothing_waits_for_it(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.sync()
        sell(live)
        live.set_up(is_live=False)
        live.clock.advance(3 * DAY)
        live.import_answers()
        assert live.balances == {}, "its windows are not read that far"
        live.sync()

        assert live.balances == SOLD


@pytest.mark.parametrize("is_read_again", [True, False])
def test_a_refund_whose_record_is_deleted_is_told(tmp_path: Path, *, is_read_again: bool) -> None:
    """Nothing of its order moves: it is missed when its order is read again, or else when refunds are counted again."""
    with live_shop(tmp_path) as live:
        live.shop.set(storage="posts")
        placed = sell(live)
        refund = live.shop.refund(placed[0], line=1)
        live.sync(after_seconds=3 * DAY)
        before = live.balances
        live.shop.delete_refund(refund)
        if is_read_again:
            live.shop.set_status(placed[0], "completed")
        synced = live.sync(after_seconds=DAY)

        assert (codes(synced), live.findings()) == ([], ["channel.gone"])
        assert live.balances == before, "no money moved"


def test_a_shop_without_https_is_asked_by_signed_calls_where_the_settings_allow_it(tmp_path: Path) -> None:
    """The address leads to this machine and does not say so."""
    with live_shop(tmp_path) as live:
        live.shop.set(scheme="http")
        sell(live)
        far = live.woo.url.replace("127.0.0.1", "127.1")
        live.set_up(url=far)
        assert set(codes(live.sync(after_seconds=3 * DAY))) == {"config.value"}
        live.set_up(url=far, more="allow_plain_http = true")

        assert codes(live.sync()) == []
        assert live.balances == SOLD


def test_a_webhook_that_the_shop_signed_has_its_order_asked_for(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.sync()
        placed = live.shop.place(["40.00"], tax="4", fee="0.49")
        body = b'{"id":%d,"status":"processing"}' % placed
        headers = {"X-WC-Webhook-Resource": "order", "x-wc-webhook-signature": signature("whsec_live", body)}
        with live.app() as app:
            assert hand_in(app.store, app.host, "shop", headers, body, live.clock.now()) is None

        live.set_up(more='webhook_secret = "whsec_live"')
        with live.app() as app:
            assert hand_in(app.store, app.host, "shop", headers, body, live.clock.now()) == 1
        synced = live.sync()

        assert (synced.pulls[0].asked, live.revisions(ORDER, placed)) == (1, 1)


def test_a_webhook_that_the_shop_switched_off_is_missed_until_it_is_on_again(tmp_path: Path) -> None:
    """What a merchant never sees by himself: sales go on, and late changes are seen a day later."""
    with live_shop(tmp_path) as live:
        door = f"{live.woo.base_url}/_sandbox/shop"

        def order(**told: object) -> int:
            answer = requests.post(door, json=told, timeout=60)
            answer.raise_for_status()
            return int(answer.json()["id"] or 0)

        address = "https://books.example/hooks/local/shop"
        first, *_ = (
            order(op="add_webhook", topic=f"order.{topic}", address=address)
            for topic in ("created", "updated", "deleted")
        )
        live.sync()
        assert [one.label for one in live.woo.requests.all() if one.label == "webhooks"] == [], "nobody expects any"

        live.set_up(notices_url="https://books.example/hooks")
        live.sync(after_seconds=HOUR)
        assert live.findings() == []
        order(op="set_webhook", webhook=first, status="disabled")
        live.sync(after_seconds=HOUR)
        with live.app() as app:
            (source,) = app.desk.completeness().sources
        assert live.findings() == ["source.notices"]
        assert source.notices is not None
        assert source.notices.unsent == {
            "order.created": "is switched off (the shop gave up after deliveries that failed)"
        }
        assert "Webhooks, set its status to Active" in source.alarms[0].repair

        order(op="set_webhook", webhook=first, status="active")
        live.sync(after_seconds=HOUR)
        assert live.findings() == []
        assert len([one for one in live.woo.requests.all() if one.label == "webhooks"]) == 3
