"""A shop that is asked by plain http: only when told so, by signed calls, and its secret never goes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import ValidationError

from bridge.errors import BridgeError
from bridge.plugin import Page, Want
from bridge.testing import StillClock
from bridge_woocommerce.pulled import WooCommercePulled
from bridge_woocommerce.signing import signed
from bridge_woocommerce_sandbox import WooCommerceSandbox
from bridge_woocommerce_sandbox.oauth import check
from bridge_woocommerce_sandbox.refusals import RefusalError
from plugins.woocommerce.tests.pulling import opened, settings, source
from plugins.woocommerce.tests.shop import sample

RECORDED = [
    "gb_inclusive/errors/oauth_ok",
    "gb_inclusive/errors/oauth_old_timestamp_401",
    "gb_inclusive/errors/oauth_wrong_secret_401",
    "us_exclusive/errors/oauth_ok",
]


@pytest.fixture
def clock() -> StillClock:
    return StillClock(datetime(2026, 6, 1, 12, tzinfo=UTC))


@pytest.fixture
def sandbox(clock: StillClock) -> Iterator[WooCommerceSandbox]:
    with opened(clock) as running:
        running.shop.set(scheme="http")
        yield running


def far(sandbox: WooCommerceSandbox) -> str:
    """An address that leads to this machine, and does not say so."""
    return sandbox.url.replace("127.0.0.1", "127.1")


def asked(sandbox: WooCommerceSandbox, clock: StillClock, **shop: Any) -> WooCommercePulled:
    return source(sandbox, clock, allow_plain_http=True, **{"url": far(sandbox), **shop})


def refusal(sandbox: WooCommerceSandbox, clock: StillClock, **shop: object) -> BridgeError:
    with pytest.raises(BridgeError) as refused:
        asked(sandbox, clock, **shop).survey()
    return refused.value


def recorded(path: str) -> tuple[Any, str, dict[str, str]]:
    """A recorded call, the address that was signed, and its query."""
    told = json.loads(sample(path))
    host = path.partition("_")[0]
    parts = urlsplit(told["request"]["path"])
    return told, f"http://{host}-shop.example{parts.path}", dict(parse_qsl(parts.query))


@pytest.mark.parametrize("path", RECORDED)
def test_calls_are_signed_as_a_shop_took_them(path: str) -> None:
    told, address, query = recorded(path)
    plain = {name: value for name, value in query.items() if not name.startswith("oauth_")}
    made = signed(
        address,
        plain,
        key=told["signing"]["consumer_key"],
        secret=told["signing"]["consumer_secret"],
        at=datetime.fromtimestamp(int(query["oauth_timestamp"]), UTC),
        nonce=query["oauth_nonce"],
    )

    assert dict(made) == query


def test_the_sandbox_takes_and_refuses_what_the_shop_did() -> None:
    secret = json.loads(sample("gb_inclusive/errors/oauth_ok"))["signing"]["consumer_secret"]
    used: set[str] = set()
    for what in ("ok", "old_timestamp_401", "replayed_nonce_401", "wrong_secret_401"):
        told, address, query = recorded(f"gb_inclusive/errors/oauth_{what}")
        now = datetime.strptime(told["headers"]["Date"], "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=UTC)
        if what == "ok":
            check(address, query, secret, now, used)
            continue
        with pytest.raises(RefusalError) as refused:
            check(address, query, secret, now, used)
        response = refused.value.response
        assert (response.status, json.loads(response.body)) == (told["status"], told["body"])


@pytest.mark.parametrize("permalinks", ["pretty", "plain"])
@pytest.mark.parametrize("path", ["", "/store"])
def test_a_shop_by_plain_http_is_asked_by_signed_calls(
    sandbox: WooCommerceSandbox, clock: StillClock, path: str, permalinks: str
) -> None:
    sandbox.shop.set(path=path, permalinks=permalinks)
    placed = sandbox.shop.place(["10.00"])
    sandbox.shop.refund(placed, "1.00")
    shop = asked(sandbox, clock)
    want = Want("orders", clock.now() - timedelta(days=1), clock.now() + timedelta(days=1), b"", shop.survey())

    page, *_ = [answer for answer in shop.pull(want) if isinstance(answer, Page)]
    assert f'"id":{placed},'.encode() in page.body


def test_on_this_machine_it_is_asked_so_too(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    assert source(sandbox, clock).survey().account == "sandbox-shop.example"


def test_the_secret_is_in_no_call(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    """Behind what speaks https a shop takes keys; by plain http over a network none is sent to it."""
    sandbox.shop.set(scheme="https")

    assert refusal(sandbox, clock).code == "woocommerce.key_unknown"
    assert "cs_sandbox" not in str(sandbox.requests.all())


def test_a_wrong_secret_and_a_wrong_clock_are_told_with_what_to_do(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    wrong = refusal(sandbox, clock, secret="cs_mistyped")
    assert (wrong.code, "mistyped" in str(wrong)) == ("woocommerce.key", False)

    sandbox.clock.advance(1_000)
    late = refusal(sandbox, clock)
    assert (late.code, "this machine's clock" in late.next_step) == ("woocommerce.key", True)
    assert refusal(sandbox, clock, key="ck_mistyped").code == "woocommerce.key_unknown"


@pytest.mark.parametrize("url", ["http://shop.example.com", "http://shop.example.com/store/"])
def test_plain_http_over_a_network_is_refused_unless_it_is_allowed_by_name(
    sandbox: WooCommerceSandbox, url: str
) -> None:
    with pytest.raises(ValidationError, match="`allow_plain_http = true`"):
        settings(sandbox, url=url)

    assert settings(sandbox, url=url, allow_plain_http=True).shops["kit"].url == url.rstrip("/")


@pytest.mark.parametrize("url", ["ftp://shop.example.com", "shop.example.com", "http://", ""])
def test_what_is_no_address_is_refused_all_the_same(sandbox: WooCommerceSandbox, url: str) -> None:
    with pytest.raises(ValidationError):
        settings(sandbox, url=url, allow_plain_http=True)
