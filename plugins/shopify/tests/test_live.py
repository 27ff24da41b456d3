"""A shop that is asked over HTTP: what it refuses, how much it lets be asked, what it hides, what is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from bridge.errors import BridgeError, ConfigError, DocumentError, PluginError, RateLimitedError, UnavailableError
from bridge.plugin import MAX_PAGE_BYTES, Count, Gone, Page, Unknown, Want
from bridge_shopify import live_orders, pages
from bridge_shopify.client import VERSION
from bridge_shopify.notices import DOOR
from bridge_shopify.offer import offer
from bridge_shopify.settings import ShopifySettings
from bridge_shopify.wire_payments import Account
from plugins.shopify.tests.seller import DAY, NOON, Seller
from plugins.shopify.tests.shop import account, order, orders, payout, row, sold


@pytest.fixture
def seller() -> Iterator[Seller]:
    made = Seller()
    yield made
    assert made.sandbox.server.crashes == []
    assert made.clock.waits == []
    made.sandbox.stop()


# What it refuses


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"status": 401}, ConfigError, "shopify.token"),
        ({"status": 402}, ConfigError, "shopify.frozen"),
        ({"status": 403}, ConfigError, "shopify.scope"),
        ({"status": 404}, ConfigError, "shopify.address"),
        ({"status": 301, "headers": {"Location": "https://other.example"}}, ConfigError, "shopify.address"),
        ({"status": 423}, ConfigError, "shopify.frozen"),
        ({"status": 430}, RateLimitedError, "rate_limited"),
        ({"status": 503}, UnavailableError, "unavailable"),
        ({"status": 200, "body": "<html><body>Are you a robot?</body></html>"}, UnavailableError, "unavailable"),
        ({"status": 200, "body": "[]", "content_type": "application/json"}, UnavailableError, "unavailable"),
        ({"status": 200, "body": "{}", "content_type": "application/json"}, UnavailableError, "unavailable"),
        (
            {"status": 200, "body": '{"data": null}', "content_type": "application/json"},
            UnavailableError,
            "unavailable",
        ),
        (
            {"status": 200, "body": '{"data": {"shop": {}}, "errors": "odd"}', "content_type": "application/json"},
            UnavailableError,
            "unavailable",
        ),
    ],
)
def test_each_refusal_says_what_to_do(
    seller: Seller, answer: dict[str, Any], kind: type[BridgeError], code: str
) -> None:
    seller.faults.order("answer", **answer)

    with pytest.raises(kind) as refused:
        seller.source.survey()
    assert refused.value.code == code
    assert "shpat" not in str(refused.value)


def test_a_token_of_another_shop_is_a_wrong_setting(seller: Seller) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.shopify\.tokens") as refused:
        seller.asking("acme.myshopify.com", "shpat_wrong").survey()
    assert refused.value.code == "shopify.token"


def test_an_app_is_given_a_token_of_a_day_and_another_in_time(seller: Seller) -> None:
    source = seller.of_an_app()
    source.survey()
    source.survey()
    assert seller.labels().count("/admin/oauth/access_token") == 1

    seller.clock.sleep(86_390)
    seller.clock.waits.clear()
    source.survey()
    assert seller.labels().count("/admin/oauth/access_token") == 2
    assert seller.sandbox.requests.count(status=401) == 0


def test_a_token_that_is_taken_back_is_asked_for_once_more(seller: Seller) -> None:
    source = seller.of_an_app()
    source.survey()
    seller.shop.take_tokens_back()

    assert source.survey().account == "acme"
    assert seller.sandbox.requests.count(status=401) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ({"status": 429, "headers": {"Retry-After": "90"}}, RateLimitedError, "rate_limited"),
        ({"status": 503}, UnavailableError, "unavailable"),
        ({"status": 200, "body": "<html></html>"}, UnavailableError, "unavailable"),
        ({"status": 404}, ConfigError, "shopify.token"),
    ],
)
def test_each_refusal_of_a_token_says_what_to_do(
    seller: Seller, answer: dict[str, Any], kind: type[BridgeError], code: str
) -> None:
    seller.faults.order("answer", path="/admin/oauth/access_token", **answer)

    with pytest.raises(kind) as refused:
        seller.of_an_app().survey()
    assert refused.value.code == code


def test_a_wrong_secret_is_told_and_not_shown(seller: Seller) -> None:
    with pytest.raises(ConfigError, match="client_secret") as refused:
        seller.of_an_app("top-secret").survey()
    assert (refused.value.code, "top-secret" in str(refused.value)) == ("shopify.token", False)


@pytest.mark.parametrize(
    ("stream", "scope"),
    [
        ("orders", "read_orders"),
        ("payouts", "read_shopify_payments_payouts"),
        ("disputes", "read_shopify_payments_disputes"),
    ],
)
def test_a_scope_that_is_lacking_is_named_and_never_taken_for_an_empty_shop(
    seller: Seller, stream: str, scope: str
) -> None:
    seller.shop.scopes.remove(scope)

    with pytest.raises(ConfigError, match=scope) as refused:
        seller.pull(stream)
    assert refused.value.code == "shopify.scope"


def test_a_scope_that_is_taken_away_meanwhile_is_named_too(seller: Seller) -> None:
    facts = seller.source.survey()
    seller.shop.scopes.remove("read_orders")

    with pytest.raises(ConfigError, match="read_orders"):
        list(seller.source.pull(Want("orders", NOON - DAY, NOON, b"", facts)))


def test_another_version_of_the_api_is_not_read(seller: Seller) -> None:
    seller.shop.version = "2027-07"

    with pytest.raises(PluginError, match="2027-07") as refused:
        seller.source.survey()
    assert refused.value.code == "shopify.version"


# How much may be asked


def test_what_is_too_much_at_once_is_asked_for_in_smaller_steps_from_then_on(seller: Seller) -> None:
    numbers = [seller.shop.sell("10.00") for _ in range(3)]
    pages = seller.pull()

    assert seller.owners(pages) == [f"order {number}" for number in numbers]
    assert seller.labels().count("Orders") == 3, "one is refused"
    seller.pull(cursor=pages[0].cursor)
    assert seller.labels().count("Orders") == 4


def test_without_limits_a_page_holds_more(seller: Seller) -> None:
    seller.sandbox.bucket.is_on = False
    for _ in range(26):
        seller.shop.sell("10.00")

    assert [len(seller.owners([page])) for page in seller.pull()] == [25, 1]


def test_points_that_are_spent_are_waited_for_unless_that_takes_long(seller: Seller) -> None:
    seller.shop.sell("10.00")
    facts = seller.source.survey()
    bucket = seller.sandbox.bucket
    bucket.take(bucket.available() - 10)
    want = Want("orders", NOON - DAY, NOON + DAY, b"", facts)

    assert len(list(seller.source.pull(want))) == 1
    assert 5 <= sum(seller.clock.waits) <= 20
    seller.clock.waits.clear()

    bucket.take(bucket.available() - 10)
    bucket.restored = 1
    with pytest.raises(RateLimitedError) as refused:
        list(seller.source.pull(want))
    assert 500 <= refused.value.retry_after_seconds <= 1_000


def test_behind_as_many_orders_as_shopify_pages_through_another_search_begins(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_orders, "_MOST_PAGED", 2)
    numbers = []
    for _ in range(5):
        numbers.append(seller.shop.sell("10.00"))
        seller.clock.sleep(60)
    seller.clock.waits.clear()
    pages = seller.pull()

    assert list(dict.fromkeys(seller.owners(pages))) == [f"order {number}" for number in numbers]
    assert b"since" in pages[0].cursor


# What is there


def test_an_order_of_many_lines_edits_and_refunds_comes_whole(seller: Seller) -> None:
    number = seller.shop.sell("300.00", items=130)
    for _ in range(4):
        seller.shop.add(number, "10.00")
    for _ in range(6):
        seller.shop.refund(number, "6.00", lines=60)
    pages = seller.pull()
    assert seller.clock.waits, "it takes more points than the bucket holds"
    seller.clock.waits.clear()

    (page,) = pages
    told = json.loads(page.body)["data"]["orders"]["nodes"][0]
    assert len(told["lineItems"]["nodes"]) == 130
    assert [len(one["sales"]["nodes"]) for one in told["agreements"]["nodes"]] == [130, *[1] * 4, *[60] * 6]
    assert [len(one["refundLineItems"]["nodes"]) for one in told["refunds"]] == [60] * 6
    assert len(told["transactions"]) == 11
    assert seller.owners(pages) == [f"order {number}"]


def test_an_app_that_is_kept_from_addresses_reads_orders_without_them(seller: Seller) -> None:
    seller.shop.hides_addresses = True
    short, long = seller.shop.sell("10.00"), seller.shop.sell("50.00", items=20)
    pages = seller.pull()

    assert seller.owners(pages) == [f"order {short}", f"order {long}"]
    assert not any(b"countryCode" in page.body for page in pages)
    seller.shop.hides_addresses = False
    assert all(b"countryCode" in page.body for page in seller.asking("acme").pull(_want(seller)))  # type: ignore[union-attr]


def test_orders_that_are_too_long_for_one_page_come_in_several(seller: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_orders, "_LONGEST_BODY", 2_000)
    numbers = [seller.shop.sell("10.00") for _ in range(3)]
    pages = seller.pull()

    assert [seller.owners([page]) for page in pages] == [[f"order {number}"] for number in numbers]
    assert [page.is_last for page in pages] == [False, False, True]
    assert seller.owners(seller.pull(cursor=pages[0].cursor)) == [f"order {number}" for number in numbers]


def _want(seller: Seller) -> Want:
    return Want("orders", NOON - DAY, NOON + DAY, b"", seller.source.survey())


def test_an_order_that_changes_each_time_is_given_up_for_now(seller: Seller) -> None:
    number = seller.shop.sell("10.00", items=30)

    def touch() -> None:
        seller.clock.sleep(1)
        seller.clock.waits.clear()
        seller.shop.orders[number].updated_at = seller.clock.now()

    facts = seller.source.survey()
    seller.sandbox.vendor.on_answer = touch
    with pytest.raises(UnavailableError, match="changed again and again"):
        list(seller.source.pull(Want("orders", NOON - DAY, NOON + DAY, b"", facts)))


def test_a_shop_without_shopify_payments_has_no_payouts(seller: Seller) -> None:
    seller.shop.has_payments = False

    for stream in ("payouts", "disputes"):
        (page,) = seller.pull(stream)
        assert page.is_last
        assert seller.owners([page]) == []


def test_what_is_not_there_is_gone_unless_the_app_cannot_see_that_far(seller: Seller) -> None:
    number = seller.shop.sell("10.00")
    back = seller.shop.refund(number, "1.00")
    found = seller.source.one("refund", str(back))
    assert isinstance(found, Page)
    assert seller.owners([found]) == [f"order {number}"]

    seller.shop.delete(number)
    for kind in ("order", "payout", "dispute"):
        assert isinstance(seller.source.one(kind, str(number)), Gone)
    assert isinstance(seller.source.one("refund", str(back)), Gone)
    seller.shop.scopes.remove("read_all_orders")
    assert isinstance(seller.source.one("order", str(number)), Unknown)
    assert isinstance(seller.source.one("refund", str(back)), Unknown)
    assert isinstance(seller.source.one("payout", str(number)), Gone)
    for kind, odd in (("order", "return:1"), ("refund", "x"), ("customer", "1")):
        assert isinstance(seller.source.one(kind, odd), Unknown)


def test_sixty_days_are_what_an_app_sees_without_another_scope(seller: Seller) -> None:
    assert seller.source.survey().reaches_back_to is None
    seller.shop.scopes.remove("read_all_orders")
    assert seller.source.survey().reaches_back_to == NOON - 60 * DAY


def test_the_version_of_the_api_that_the_plugin_speaks_ends(seller: Seller) -> None:
    """D31."""
    ((what, at),) = seller.source.survey().access_ends
    assert VERSION in what
    assert at == datetime(int(VERSION[:4]) + 1, int(VERSION[5:]), 1, tzinfo=UTC)


def test_the_account_is_named_as_the_connection_names_it(seller: Seller) -> None:
    assert seller.source.survey().account == "acme"
    assert seller.asking("acme.myshopify.com").survey().account == "acme.myshopify.com"
    seller.shop.domain = "other.myshopify.com"
    assert seller.source.survey().account == "other.myshopify.com"


# What is counted


def test_a_window_of_more_than_shopify_counts_is_counted_in_halves(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge_shopify_sandbox.schema._EXACT_COUNT", 2)
    for _ in range(5):
        seller.shop.sell("10.00")
        seller.clock.sleep(600)
    seller.clock.waits.clear()

    assert seller.source.census("orders", NOON, NOON + DAY) == Count(5)
    for _ in range(3):
        seller.shop.sell("10.00")
    assert isinstance(seller.source.census("orders", NOON, NOON + DAY), Unknown)


def test_a_count_that_is_refused_is_not_known(seller: Seller) -> None:
    seller.faults.order("unavailable")
    assert isinstance(seller.source.census("orders", NOON, NOON + DAY), Unknown)
    assert isinstance(seller.source.census("payouts", NOON, NOON + DAY), Unknown)


# What is long


def test_a_payout_of_more_rows_than_a_page_holds_is_packed_and_reads_the_same(
    seller: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        seller.shop.sell(f"{number}0.00")
    paid = seller.shop.pay_out(fee="0.50")
    plain = seller.pull("payouts")
    monkeypatch.setattr(pages, "_LONGEST_PLAIN", 1_000)
    packed = seller.pull("payouts")
    one = seller.source.one("payout", str(paid))

    assert isinstance(one, Page)
    assert (plain[0].body[:1], packed[0].body[:1], one.body) == (b"{", b"\x78", packed[0].body)
    assert seller.source.minimise(packed[0]) == seller.source.minimise(plain[0])
    assert seller.owners(packed) == [f"payout {paid}"]


def test_thirty_thousand_rows_fit_a_page(seller: Seller) -> None:
    rows = [row(10**9 + number, "10.00", fee="0.50") for number in range(30_000)]
    told = account([payout(5001, "285000.00")], rows)["data"]["shopifyPaymentsAccount"]
    body = pages.account_body(msgspec.convert(told, Account))
    (document,) = seller.documents([Page(body, NOON)]).values()

    assert (len(msgspec.json.encode(told)) > MAX_PAGE_BYTES, len(body) < MAX_PAGE_BYTES // 8) == (True, True)
    assert (len(document.lines), document.problems, document.start.total_minor) == (60_000, (), 28_500_000)


@pytest.mark.parametrize("damage", ["cut", "changed", "long"])
def test_a_packed_page_that_is_damaged_or_far_too_long_is_refused(
    seller: Seller, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr(pages, "_LONGEST_PLAIN", 10)
    body = pages.account_body(Account())
    if damage == "long":
        monkeypatch.setattr(pages, "_LONGEST_UNPACKED", 10)
    else:
        body = body[:-9] if damage == "cut" else body[:5] + b"\xff\xff" + body[7:]

    with pytest.raises(DocumentError) as refused:
        seller.source.minimise(Page(body, NOON))
    assert refused.value.code == ("shopify.file.too_large" if damage == "long" else "shopify.file.json")


# What is pure


def test_of_a_page_nothing_of_a_buyer_is_kept(seller: Seller) -> None:
    node = sold(email="zoe@example.com", note="ring twice", customer={"firstName": "Zoe"})
    node["lineItems"]["nodes"][0]["name"] = "Zoe's mug"
    node["shippingAddress"] = {"countryCodeV2": "US", "address1": "Zoe Street 1"}
    body = json.dumps(orders(node, order(None, "5.00"))).encode()
    kept = seller.source.minimise(Page(body, NOON))

    assert (b"zoe" in body.lower(), b"zoe" in kept.lower(), b"ring" in kept) == (True, False, False)
    assert json.loads(kept)["asOf"] == "2026-07-01T12:00:00Z"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": {"orders": {"nodes": [{"id": 1}]}}}', b"<html>"])
def test_what_is_no_page_is_refused(seller: Seller, body: bytes) -> None:
    with pytest.raises(BridgeError) as refused:
        seller.source.minimise(Page(body, NOON))
    assert refused.value.code.startswith("shopify.file.")


@pytest.mark.parametrize(
    ("topic", "body", "named"),
    [
        ("orders/updated", {"id": 7, "email": "zoe@example.com"}, (("order", "7"),)),
        ("orders/delete", {"id": 7}, (("order", "7"),)),
        ("refunds/create", {"id": 8, "order_id": 7}, (("order", "7"),)),
        ("order_transactions/create", {"id": 9, "order_id": 7}, (("order", "7"),)),
        ("disputes/update", {"id": 3}, (("dispute", "3"),)),
        ("products/update", {"id": 5}, ()),
        ("orders/updated", {"id": "7; drop"}, ()),
        ("orders/updated", {"id": None}, ()),
        ("orders/updated", {}, ()),
    ],
)
def test_a_notice_names_what_it_is_about(topic: str, body: object, named: tuple[tuple[str, str], ...]) -> None:
    words = DOOR.read({"x-shopify-topic": topic}, json.dumps(body).encode())
    assert tuple((word.kind, word.external_id) for word in words) == named


def test_a_shop_is_asked_where_it_is_and_nowhere_else() -> None:
    settings = ShopifySettings(tokens={"acme": SecretStr("shpat_1"), "https://b.myshopify.com": SecretStr("shpat_2")})

    assert offer().hosts(settings) == {"acme.myshopify.com", "b.myshopify.com", "storage.googleapis.com"}
    assert settings.url("acme") == "https://acme.myshopify.com"
    assert (settings.token("ACME.myshopify.com"), settings.token("c"), settings.token("")) == ("shpat_1", "", "")
    assert VERSION == "2026-10"
