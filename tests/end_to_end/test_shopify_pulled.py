"""A Shopify shop that is asked itself, into QuickBooks: what happens late is seen, what dies goes on, nothing twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from bridge.errors import AuthorizationError
from bridge.host.authorization import Started
from bridge.ingest import Outcome
from bridge.model.documents import DocumentKind, DocumentState, Witness
from bridge.model.reasons import Reason
from bridge.plugin import signature
from tests.end_to_end.live import DAY, codes
from tests.end_to_end.live_shopify import TOKEN, LiveShopify, live_shopify
from tests.fakes.doors import hand_in

CONSENT = """client_id = "sandbox-client"
client_secret = "sandbox-secret"
merchants = ["acme.myshopify.com"]
"""
TOKENS = "/admin/oauth/access_token"


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[LiveShopify]:
    with live_shopify(tmp_path) as made:
        yield made


def test_sales_payouts_late_edits_and_late_refunds_reach_the_ledger_by_the_next_sync(merchant: LiveShopify) -> None:
    shop = merchant.shop
    first, second = shop.sell("100.00", items=3), shop.sell("50.00")
    shop.pay_out(fee="1.00")
    assert merchant.catch_up(after_days=3).failed == ()

    assert merchant.balances == {"1000": 14800, "4000": -15000, "6100": 200}
    assert (merchant.findings(), merchant.vouchers()) == ([], 3)

    shop.add(first, "20.00")
    shop.refund(second, "10.00")
    late = shop.pay_out(fee="1.00", status="SCHEDULED")
    merchant.catch_up(after_days=3)

    assert merchant.balances["1000"] == 14800, "a payout that is not paid yet reached no bank"
    assert merchant.balances["1210"] == 900

    shop.settle(late)
    merchant.catch_up(after_days=1)

    assert "1210" not in merchant.balances
    assert merchant.balances == {"1000": 15700, "4000": -17000, "4200": 1000, "6100": 300}
    before = merchant.vouchers()
    merchant.catch_up(after_days=1)
    assert merchant.vouchers() == before


def test_a_sync_that_is_killed_anywhere_goes_on_and_books_once(merchant: LiveShopify) -> None:
    numbers = [merchant.shop.sell(f"{number}0.00", items=number) for number in range(1, 8)]
    merchant.shop.refund(numbers[6], "7.00", lines=3)
    merchant.clock.advance(3 * DAY)
    deaths = 0
    for writes in range(0, 60, 3):
        if not merchant.sync_mortally(writes):
            break
        deaths += 1
        merchant.clock.advance(900)  # by then the lease of who died has run out
    merchant.catch_up(after_days=1)

    assert deaths > 5
    kept = [merchant.kept(DocumentKind.ORDER, number) for number in numbers]
    assert [one.document.revision for one in kept if one is not None] == [1] * len(numbers)
    assert merchant.balances == {"1210": 27300, "4000": -28000, "4200": 700}


def test_orders_that_were_brought_as_a_file_before_are_booked_once(merchant: LiveShopify) -> None:
    numbers = [merchant.shop.sell("10.00", items=2), merchant.shop.sell("20.00")]
    merchant.shop.refund(numbers[0], "5.00")
    merchant.import_files(merchant.save_answer())
    merchant.catch_up(after_days=3)

    assert merchant.balances == {"1210": 2500, "4000": -3000, "4200": 500}
    for number in numbers:
        kept = merchant.kept(DocumentKind.ORDER, number)
        assert kept is not None
        assert (kept.document.revision, kept.state) == (1, DocumentState.BOOKED)


PAID_OUT = {"1000": 14_700, "4000": -15_000, "6100": 300}


def test_payouts_that_were_brought_as_an_export_before_are_booked_once(merchant: LiveShopify) -> None:
    """The export's rows bear no ids: its payouts do, and the API's rows take their place."""
    for total in ("100.00", "30.00", "20.00"):
        merchant.shop.sell(total)
    payout = merchant.shop.pay_out(fee="1.00")
    merchant.import_files(merchant.save_answer(), merchant.save_transactions())
    merchant.clock.advance(3 * DAY)
    with merchant.app() as app:
        app.story.deliver((), actor="ann", wait_seconds=0)
    assert merchant.balances == PAID_OUT
    vouchers = merchant.vouchers()
    merchant.catch_up()

    assert (merchant.balances, merchant.vouchers(), merchant.findings()) == (PAID_OUT, vouchers, [])
    kept = merchant.kept(DocumentKind.PAYOUT, payout)
    assert kept is not None
    assert (kept.document.witness, kept.state) == (Witness.API, DocumentState.BOOKED)


def test_files_of_what_the_shop_has_told_itself_change_nothing(merchant: LiveShopify) -> None:
    for total in ("100.00", "30.00", "20.00"):
        merchant.shop.sell(total)
    merchant.shop.pay_out(fee="1.00")
    merchant.catch_up(after_days=3)
    vouchers = merchant.vouchers()
    for saved in (merchant.save_answer(), merchant.save_transactions()):
        assert merchant.import_files(saved) == {"known"}
    merchant.catch_up()

    assert (merchant.balances, merchant.vouchers(), merchant.findings()) == (PAID_OUT, vouchers, [])


def test_a_file_of_another_shop_is_refused_by_its_name_where_the_shop_is_asked_too(merchant: LiveShopify) -> None:
    merchant.shop.sell("10.00")
    merchant.catch_up(after_days=3)
    saved = merchant.save_answer()
    saved.write_text(saved.read_text().replace(merchant.account, "other.myshopify.com"), encoding="utf-8")
    with merchant.app() as app:
        imported = app.steps.import_file("shop", saved, actor="ann")

    assert imported.error is not None
    assert (imported.error.code, "other.myshopify.com" in imported.error.cause) == ("shopify.file.other_shop", True)
    assert merchant.balances == {"1210": 1000, "4000": -1000}


def test_a_shop_without_a_token_is_read_from_files_only(merchant: LiveShopify) -> None:
    merchant.shop.sell("10.00")
    merchant.set_up("")
    synced = merchant.sync()

    assert (synced.pulls, synced.failed) == ((), ())
    assert merchant.shopify.requests.counters()["total"] == 0


def test_nothing_waits_for_a_shop_that_is_not_asked_any_more(merchant: LiveShopify) -> None:
    merchant.shop.sell("10.00")
    merchant.clock.advance(60)
    merchant.sync()
    merchant.set_up("")
    merchant.clock.advance(3 * DAY)
    merchant.sync()

    assert merchant.balances == {"1210": 1000, "4000": -1000}


def test_a_wrong_token_is_told_and_the_right_one_goes_on(merchant: LiveShopify) -> None:
    merchant.shop.sell("10.00")
    merchant.shop.token = "shpat_other"
    synced = merchant.sync()
    assert codes(synced) == ["shopify.token"]

    merchant.set_up(TOKEN.replace("shpat_sandbox", "shpat_other"))
    merchant.catch_up(after_days=3)
    assert merchant.balances == {"1210": 1000, "4000": -1000}


def test_what_lies_beyond_sixty_days_is_told_and_not_passed_over(tmp_path: Path) -> None:
    """F41."""
    with live_shopify(tmp_path, first_day="2026-01-01") as merchant:
        merchant.shop.scopes.remove("read_all_orders")
        merchant.catch_up()
        assert merchant.findings() == ["window.reach"] * 2, "payouts and disputes reach further"
        assert sorted(kept.finding.title.split()[1] for kept in merchant.kept_findings()) == ["new", "orders"]
        for kept in merchant.kept_findings():
            assert "without read_all_orders an app sees the orders of the last 60 days" in kept.finding.cause


def test_years_in_which_nothing_happened_cost_few_calls(tmp_path: Path) -> None:
    """F44: windows grow while they are empty, and are as short as ever where something is."""
    with live_shopify(tmp_path, first_day="2021-07-01") as merchant:
        merchant.shopify.bucket.is_on = False
        now = merchant.clock.now()
        for months in (0, 1, 2, 50, 51):
            merchant.clock.advance((datetime(2021, 7, 20, tzinfo=UTC) - merchant.clock.now()).total_seconds())
            merchant.clock.advance(months * 30 * DAY)
            merchant.shop.sell("100.00")
        merchant.clock.advance((now - merchant.clock.now()).total_seconds())
        (pulled,) = merchant.sync().pulls

        assert pulled.documents[Outcome.NEW] == 5
        seen = merchant.shopify.requests
        reports = sum(seen.count(label=label) for label in ("DayCounts", "PaidOut", "Held"))
        assert seen.count() - reports < 150, "of 243 windows, each of which took three or four"
        assert reports < 2 * 61 + 5 * 4 * 2, "a month that is empty takes one question of each report"


def test_payouts_that_the_app_may_not_read_are_told_and_the_rest_is_booked(merchant: LiveShopify) -> None:
    merchant.shop.scopes.remove("read_shopify_payments_payouts")
    merchant.shop.sell("100.00")
    merchant.shop.pay_out(fee="1.00")
    synced = merchant.catch_up(after_days=3)

    assert synced.failed == ()
    assert merchant.findings() == ["window.refused"]
    assert "read_shopify_payments_payouts" in merchant.kept_findings()[0].finding.cause
    assert merchant.balances == {"1210": 10000, "4000": -10000}

    merchant.shop.scopes.append("read_shopify_payments_payouts")
    merchant.catch_up(after_days=1)
    assert merchant.findings() == []
    assert merchant.balances == {"1000": 9900, "4000": -10000, "6100": 100}, "from the first day on"


def test_a_deleted_order_whose_money_moved_is_told_by_the_next_sweep_and_stays(merchant: LiveShopify) -> None:
    """Nothing but a count shows it: it stands in no window of what was changed."""
    paid, _ = merchant.shop.sell("100.00"), merchant.shop.sell("50.00")
    merchant.catch_up(after_days=3)
    before = merchant.balances
    merchant.shop.delete(paid)
    for _ in range(2):
        merchant.catch_up(after_days=1)

        assert merchant.findings() == ["channel.gone"]
        assert str(paid) in merchant.kept_findings()[0].finding.title
        assert merchant.balances == before, "a person decides"


def test_a_deleted_order_is_missed_though_another_of_its_hours_was_listed_late(merchant: LiveShopify) -> None:
    """A search trails what happens. Counted again, the window held as many as before: one less, and one more."""
    merchant.shop.trails_seconds = 300
    deleted = merchant.shop.sell("100.00")
    merchant.clock.advance(DAY - 60)
    late = merchant.shop.sell("50.00")
    merchant.clock.advance(60)
    merchant.catch_up()
    assert (merchant.kept(DocumentKind.ORDER, deleted) is None, merchant.kept(DocumentKind.ORDER, late)) == (
        False,
        None,
    )
    merchant.shop.delete(deleted)
    for _ in range(3):
        merchant.catch_up(after_days=1.5)

    assert merchant.findings() == ["channel.gone"]
    assert merchant.kept(DocumentKind.ORDER, late) is not None


def test_a_deleted_order_of_which_no_money_moved_is_set_aside(merchant: LiveShopify) -> None:
    unpaid, paid = merchant.shop.sell("100.00", is_paid=False), merchant.shop.sell("50.00")
    merchant.catch_up(after_days=3)
    waiting = merchant.kept(DocumentKind.ORDER, unpaid)
    merchant.shop.delete(unpaid)
    merchant.catch_up(after_days=1)

    gone = merchant.kept(DocumentKind.ORDER, unpaid)
    assert waiting is not None
    assert gone is not None
    assert waiting.reason != Reason.GONE
    assert (gone.state, gone.reason) == (DocumentState.HELD, Reason.GONE)
    assert (merchant.findings(), merchant.balances) == ([], {"1210": 5000, "4000": -5000})
    assert merchant.kept(DocumentKind.ORDER, paid) is not None


# Many orders at once


def test_a_back_fill_by_bulk_operations_that_is_killed_anywhere_is_collected_and_booked_once(
    merchant: LiveShopify,
) -> None:
    merchant.set_up(f"bulk_from_orders = 2\n{TOKEN}")
    numbers = [merchant.shop.sell(f"{number}0.00", items=number) for number in range(1, 8)]
    merchant.shop.refund(numbers[6], "7.00", lines=3)
    merchant.clock.advance(3 * DAY)
    deaths = 0
    for writes in range(0, 60, 2):
        is_dead = merchant.sync_mortally(writes)
        deaths += is_dead
        merchant.clock.advance(900 if is_dead else 60)
    merchant.catch_up(after_days=1)

    queries = [operation.query for operation in merchant.shop.bulk.operations]
    assert deaths > 5
    assert len(queries) == len(set(queries)) >= 2, "each window is collected once"
    kept = [merchant.kept(DocumentKind.ORDER, number) for number in numbers]
    assert [one.document.revision for one in kept if one is not None] == [1] * len(numbers)
    assert merchant.balances == {"1210": 27300, "4000": -28000, "4200": 700}


def test_what_a_bulk_operation_collected_gives_way_to_what_was_read_since(merchant: LiveShopify) -> None:
    merchant.set_up(f'bulk_from_orders = 2\nclient_secret = "hush"\n{TOKEN}')
    merchant.shop.bulk.run_seconds = 6 * 3_600
    first, _ = merchant.shop.sell("100.00"), merchant.shop.sell("50.00")
    merchant.clock.advance(DAY)
    merchant.sync()
    merchant.clock.advance(3_600)
    merchant.shop.add(first, "20.00")
    body = json.dumps({"id": first}).encode()
    headers = {"X-Shopify-Topic": "orders/edited", "X-Shopify-Hmac-Sha256": signature("hush", body)}
    with merchant.app() as app:
        assert hand_in(app.store, app.host, "shop", headers, body, merchant.clock.now()) == 1
    merchant.sync()
    newer = merchant.kept(DocumentKind.ORDER, first)
    merchant.clock.advance(6 * 3_600)
    merchant.catch_up()
    merchant.catch_up(after_days=3)

    assert newer is not None
    assert newer.document.total_minor == 12000
    kept = merchant.kept(DocumentKind.ORDER, first)
    assert kept is not None
    assert (kept.document.revision, kept.document.total_minor) == (1, 12000)
    assert merchant.balances == {"1210": 17000, "4000": -17000}
    assert merchant.findings() == []


# A merchant's consent


def consent(merchant: LiveShopify) -> tuple[Started, str]:
    """The merchant opens the address, and allows it: what was begun, and where the browser is sent back to."""
    with merchant.app() as app:
        app.apply(merchant.config, actor="ann", is_dry_run=False)
        started = app.host.authorization.start("shop", "ann")
    allowed = requests.get(started.url, params={"allow": merchant.account}, allow_redirects=False, timeout=60)
    return started, allowed.headers["Location"]


def finish(merchant: LiveShopify, started: Started, back: str) -> None:
    with merchant.app() as app:
        app.host.authorization.finish(started, back)


def test_a_merchant_lets_bridge_in_and_a_lost_renewal_is_asked_for_again_with_the_same_token(
    merchant: LiveShopify,
) -> None:
    merchant.set_up(CONSENT)
    merchant.shop.sell("10.00")
    waits = merchant.sync()
    assert codes(waits) == ["authorization"]
    started, back = consent(merchant)
    assert "scope=read_orders%2Cread_all_orders%2C" in started.url
    finish(merchant, started, back)

    assert merchant.catch_up(after_days=1).failed == ()
    merchant.shopify.faults.order("commit_then_drop", path=TOKENS)
    merchant.clock.advance(DAY)
    lost = merchant.sync()
    assert codes(lost) == ["unavailable"]
    assert merchant.catch_up(after_days=2).failed == ()
    assert merchant.balances == {"1210": 1000, "4000": -1000}
    asked = [seen for seen in merchant.shopify.requests.all() if seen.path == TOKENS]
    assert len(asked) >= 4

    merchant.shop.take_tokens_back()
    gone = merchant.sync()
    assert codes(gone) == ["authorization"]
    assert "bridge connections authorize shop" in str(gone.failed[0])


def test_an_address_that_the_shop_did_not_sign_lets_nobody_in(merchant: LiveShopify) -> None:
    merchant.set_up(CONSENT)
    started, back = consent(merchant)

    with pytest.raises(AuthorizationError) as refused:
        finish(merchant, started, back.replace("timestamp=1", "timestamp=2"))
    assert refused.value.code == "authorization.signature"
    assert [seen for seen in merchant.shopify.requests.all() if seen.path == TOKENS] == []
