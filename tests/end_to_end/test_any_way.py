"""Weeks of a shop's life, read in any way at all: the same books, entry for entry and voucher for voucher.

Whatever the size of pages, the overlap and the number of readings, wherever a process dies, with notices or without,
asked for or brought as a file. Only what is deleted is left out here: of that no reader knows who comes later.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bridge.model.documents import DocumentKind
from bridge.plugin import signature
from bridge.sandbox import Happening, What, life
from bridge_shopify import live_orders
from bridge_shopify_sandbox import Living as ShopifyLiving
from bridge_shopify_sandbox import Shop as ShopifyShop
from bridge_woocommerce_sandbox import Living as WooCommerceLiving
from bridge_woocommerce_sandbox import Shop as WooCommerceShop
from tests.end_to_end.live import DAY
from tests.end_to_end.live_shop import live_shop
from tests.end_to_end.live_shopify import TOKEN, live_shopify
from tests.end_to_end.ways import EXAMPLES, SEEDS, WEEKS, Books, Notice, Reader, Way, ways

ORDERS, SECRET = 16, "practice-secret"
LATE = settings(max_examples=4, deadline=None)
LATER, LATE_ONES = st.integers(1, 25), st.sampled_from(("edit", "refund", "delete"))


def story(seed: int, since: datetime) -> list[Happening]:
    told = life(seed, ORDERS, since, since + timedelta(weeks=WEEKS))
    return [one for one in told if one.what is not What.DELETED]


def _signed(order: int, header: str, topic: str, signed_in: str) -> Notice:
    body = json.dumps({"id": order}).encode()
    return {header: topic, signed_in: signature(SECRET, body)}, body


def shopify(seed: int, way: Way, *, page: int, bulk_from: int) -> Books:
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        live_shopify(Path(folder)) as live,
    ):
        patch.setattr(live_orders, "WIDE", replace(live_orders.WIDE, first=page))
        live.shopify.bucket.is_on = False
        live.set_up(f'client_secret = "{SECRET}"\nbulk_from_orders = {bulk_from}\n{TOKEN}')
        living = ShopifyLiving(live.shop)
        with live.app() as app:
            reader = Reader(app, live.clock, way)

            def notice(happening: Happening) -> Notice | None:
                if happening.order < 0:
                    return None
                number = living.numbers[happening.order]
                return _signed(number, "X-Shopify-Topic", "orders/updated", "X-Shopify-Hmac-Sha256")

            def bring_file() -> None:
                assert app.steps.import_file("shop", live.save_answer(), actor="ann").error is None

            reader.live(story(seed, live.clock.now()), living.carry_out, notice, bring_file)
            return reader.end()


@cache
def shopify_at_once(seed: int) -> Books:
    return shopify(seed, Way(), page=25, bulk_from=1_000)


@EXAMPLES
@given(SEEDS, ways(), st.integers(1, 25), st.sampled_from((1, 1_000)))
def test_a_shopify_shop_comes_to_the_same_books_in_any_way(seed: int, way: Way, page: int, bulk_from: int) -> None:
    """F01, F05, D10."""
    assert shopify(seed, way, page=page, bulk_from=bulk_from) == shopify_at_once(seed)


def woocommerce(seed: int, way: Way, *, page: int, storage: str) -> Books:
    with TemporaryDirectory() as folder, live_shop(Path(folder)) as live:
        live.set_up(page_size=page, more=f'webhook_secret = "{SECRET}"')
        live.shop.set(storage=storage)
        living = WooCommerceLiving(live.shop)
        with live.app() as app:
            reader = Reader(app, live.clock, way)

            def notice(happening: Happening) -> Notice | None:
                if happening.order < 0:
                    return None
                return _signed(
                    living.numbers[happening.order], "X-WC-Webhook-Topic", "order.updated", "X-WC-Webhook-Signature"
                )

            reader.live(story(seed, live.clock.now()), living.carry_out, notice, live.import_answers)
            return reader.end()


@cache
def woocommerce_at_once(seed: int, storage: str) -> Books:
    return woocommerce(seed, Way(), page=100, storage=storage)


@EXAMPLES
@given(SEEDS, ways(), st.integers(1, 100), st.sampled_from(("tables", "posts")))
def test_a_woocommerce_shop_comes_to_the_same_books_in_any_way(seed: int, way: Way, page: int, storage: str) -> None:
    """F01, F05, D10."""
    assert woocommerce(seed, way, page=page, storage=storage) == woocommerce_at_once(seed, storage)


def happen_late(shop: ShopifyShop | WooCommerceShop, what: str, order: int) -> int:
    """The number of a refund; 0 for what is none."""
    if what == "refund":
        return shop.refund(order, "30.00")
    if what == "edit":
        shop.add(order, "20.00")
    else:
        shop.delete(order)
    return 0


@LATE
@given(LATE_ONES, LATER)
def test_what_happens_late_to_an_order_of_a_shopify_shop_is_seen_by_the_next_sweep(what: str, days: int) -> None:
    """F20, F21: whatever it is, however long after the order."""
    with TemporaryDirectory() as folder, live_shopify(Path(folder)) as live:
        number, _ = live.shop.sell("100.00", items=2), live.shop.sell("50.00")
        with live.app() as app:
            live.clock.advance(DAY)
            reader = Reader(app, live.clock, Way())
            reader.pull()
            live.clock.advance(days * DAY)
            late = happen_late(live.shop, what, number)
            live.clock.advance(DAY)
            reader.pull()

        told = live.kept(DocumentKind.ORDER, number), live.kept(DocumentKind.REFUND, late)
        totals = [kept.document.total_minor if kept is not None else None for kept in told]
        expected = {"edit": [12_000, None], "refund": [10_000, -3_000], "delete": [10_000, None]}
        assert totals == expected[what]
        assert live.findings() == (["channel.gone"] if what == "delete" else [])


@LATE
@given(LATE_ONES, LATER, st.sampled_from(("tables", "posts")))
def test_what_happens_late_to_an_order_of_a_woocommerce_shop_is_seen_by_the_next_sweep(
    what: str, days: int, storage: str
) -> None:
    """F20: whatever it is, however long after the order, and also where an edit moves no date."""
    with TemporaryDirectory() as folder, live_shop(Path(folder)) as live:
        live.shop.set(storage=storage)
        number, _ = live.shop.place(["60.00", "40.00"]), live.shop.place(["50.00"])
        with live.app() as app:
            live.clock.advance(DAY)
            reader = Reader(app, live.clock, Way())
            reader.pull()
            live.clock.advance(days * DAY)
            late = happen_late(live.shop, what, number)
            live.clock.advance(DAY)
            reader.pull()
        assert live.revisions(DocumentKind.REFUND, late) == (what == "refund")
        assert live.findings() == {"edit": ["channel.edited"], "refund": [], "delete": ["channel.gone"]}[what]
