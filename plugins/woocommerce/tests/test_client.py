"""What a shop says when it does not answer: each an error with a stable code, and what to do."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bridge.errors import BridgeError, ConfigError, Disposition, RateLimitedError
from bridge.host.connections import app_settings
from bridge.plugin import Page, Unknown, Want
from bridge.sandbox import FaultKind
from bridge.settings import load_settings
from bridge.testing import StillClock
from bridge.transport import HostSession
from bridge_woocommerce.client import Client
from bridge_woocommerce.settings import ShopSettings, WooCommerceSettings, authorization, hosts
from bridge_woocommerce.source import offer
from bridge_woocommerce_sandbox import WooCommerceSandbox
from plugins.woocommerce.tests.pulling import opened, settings, source

HTML = "<!doctype html><html><body>Just a moment ...</body></html>"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sandbox(clock: StillClock) -> Iterator[WooCommerceSandbox]:
    with opened(clock) as running:
        yield running


def refusal(sandbox: WooCommerceSandbox, clock: StillClock, **shop: Any) -> BridgeError:
    with pytest.raises(BridgeError) as refused:
        source(sandbox, clock, **shop).survey()
    return refused.value


def answered(sandbox: WooCommerceSandbox, clock: StillClock, status: int, body: str, **more: Any) -> BridgeError:
    """The error for such an answer."""
    sandbox.faults.order(FaultKind.ANSWER, status=status, body=body, **more)
    return refusal(sandbox, clock)


@pytest.mark.parametrize(
    ("shop", "code"),
    [
        ({"secret": "cs_mistyped"}, "woocommerce.key"),
        ({"key": "ck_mistyped"}, "woocommerce.key_unknown"),
        ({"plain_permalinks": False}, "woocommerce.moved"),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(
    sandbox: WooCommerceSandbox, clock: StillClock, shop: dict[str, object], code: str
) -> None:
    if "plain_permalinks" in shop:
        sandbox.shop.set(permalinks="plain")
    error = refusal(sandbox, clock, **shop)

    assert (error.code, error.disposition) == (code, Disposition.FIX)
    assert "`" in error.next_step
    assert "mistyped" not in str(error)


def test_an_address_that_is_no_shop_is_told(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    error = refusal(sandbox, clock, url=f"{sandbox.url}/nothing-here")

    assert (error.code, "plain_permalinks" in error.next_step) == ("woocommerce.no_api", True)


def test_a_server_that_takes_the_header_away_is_told_as_a_key_that_did_not_arrive(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    sandbox.faults.order(FaultKind.UNAUTHORIZED, label="settings.general")
    error = refusal(sandbox, clock)

    assert error.code == "woocommerce.key_unknown"
    assert "pass the Authorization header on" in error.next_step


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, '{"code": "rest_not_logged_in", "message": "No.", "data": {"status": 401}}', "woocommerce.blocked"),
        (403, '{"code": "itsec_rest_api_access_restricted", "message": "No."}', "woocommerce.blocked"),
        (403, '{"message": "Forbidden"}', "woocommerce.blocked"),
        (200, HTML, "woocommerce.answer.html"),
        (403, HTML, "woocommerce.answer.html"),
        (200, "<br />\n<b>Notice</b>:  Undefined index in x.php\n{}", "woocommerce.answer.notice"),
        (200, '{"home": 5}', "woocommerce.answer.fields"),
        (200, "", "unavailable"),
        (500, HTML, "unavailable"),
        (500, '{"code": "internal_server_error", "message": "No.", "data": 500}', "unavailable"),
        (400, '{"code": "rest_invalid_param", "message": "No.", "data": {"status": 400}}', "woocommerce.refused"),
    ],
)
def test_what_stands_before_a_shop_is_told_by_what_it_answers(
    sandbox: WooCommerceSandbox, clock: StillClock, status: int, body: str, code: str
) -> None:
    assert answered(sandbox, clock, status, body).code == code


def test_a_shop_that_asks_for_patience_is_not_asked_again_before(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    sandbox.faults.order(FaultKind.THROTTLE)
    error = refusal(sandbox, clock)
    assert isinstance(error, RateLimitedError)
    assert (error.retry_after_seconds, clock.waits) == (90, [])

    assert isinstance(answered(sandbox, clock, 503, HTML, headers={"Retry-After": "7"}), RateLimitedError)


def test_a_redirect_is_not_followed_and_its_address_is_told_without_what_is_secret(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    to = {"Location": "https://www.shop.example/wp-json/?consumer_secret=cs_1"}
    error = answered(sandbox, clock, 301, "", headers=to)

    assert "(https://www.shop.example/wp-json/)" in str(error)
    assert len(sandbox.requests.all()) == 1


def test_a_connection_that_breaks_is_no_answer(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.faults.order(FaultKind.DROP)

    assert refusal(sandbox, clock).code == "unavailable"


def test_an_order_that_changes_whenever_it_is_read_is_read_later(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    placed = sandbox.shop.place(["10.00"])
    sandbox.shop.refund(placed, "1.00")
    asked = source(sandbox, clock)
    want = Want("orders", clock.now() - timedelta(days=1), clock.now() + timedelta(days=1), b"", asked.survey())
    sandbox.vendor.on_answer = lambda: sandbox.shop.add(placed, "1.00")

    with pytest.raises(BridgeError, match="changes whenever it is read") as refused:
        list(asked.pull(want))
    assert refused.value.disposition is Disposition.RETRY


def test_an_order_too_large_for_any_page_is_named(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    placed = sandbox.shop.place(["10.00"])
    sandbox.shop.orders[placed]["meta_data"].append({"id": 1, "key": "_lots", "value": "x" * 9_000_000})
    asked = source(sandbox, clock)
    want = Want("orders", clock.now() - timedelta(days=1), clock.now() + timedelta(days=1), b"", asked.survey())

    with pytest.raises(BridgeError, match=f"its order {placed} is larger") as refused:
        list(asked.pull(want))
    assert refused.value.code == "woocommerce.answer.too_large"
    assert isinstance(asked.one("order", str(placed)), Unknown)


def test_an_answer_is_of_the_instant_that_the_shop_tells(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.clock.advance(-90)
    asked = source(sandbox, clock)
    want = Want("orders", clock.now() - timedelta(days=1), clock.now(), b"", asked.survey())

    (page,) = [answer for answer in asked.pull(want) if isinstance(answer, Page)]
    assert page.as_of == clock.now() - timedelta(seconds=90)


class Undated(BaseHTTPRequestHandler):
    """A shop whose answers bear no date."""

    def do_GET(self) -> None:
        self.send_response_only(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_: object) -> None:
        pass


def test_an_answer_that_tells_no_instant_is_of_when_it_was_asked_for(clock: StillClock) -> None:
    clock.sleep(0.75)
    with HTTPServer(("127.0.0.1", 0), Undated) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        shop = ShopSettings(
            url=f"http://127.0.0.1:{server.server_address[1]}", key=SecretStr("k"), secret=SecretStr("s")
        )
        client = Client(shop, lambda: HostSession(frozenset({"127.0.0.1"}), clock), clock)

        assert client.get("/wc/v3/orders").at == clock.now() - timedelta(seconds=0.75)


@pytest.mark.parametrize("url", ["http://shop.example.com", "ftp://shop.example.com", "shop.example.com", ""])
def test_plain_http_is_for_this_machine_alone(sandbox: WooCommerceSandbox, url: str) -> None:
    with pytest.raises(ValidationError):
        settings(sandbox, url=url)


@pytest.mark.parametrize("lacking", ["url", "key", "secret"])
def test_a_shop_without_its_address_or_key_is_refused(lacking: str) -> None:
    told = {"url": "https://shop.example.com", "key": "ck_1", "secret": "cs_2"}
    told[lacking] = ""
    with pytest.raises(ValidationError) as refused:
        WooCommerceSettings.model_validate({"shops": {"shop": told}})
    assert "cs_2" not in str(refused.value)


def test_a_key_may_stand_outside_the_settings_file(tmp_path: Path) -> None:
    """In a variable, or in a file of the secrets directory, beside the address in the settings file."""
    config, secrets = tmp_path / "bridge.toml", tmp_path / "secrets"
    config.write_text('[plugins.woocommerce.shops.my-shop]\nurl = "https://shop.example.com/"\n')
    secrets.mkdir()
    (secrets / "plugins__woocommerce__shops__my-shop__secret").write_text("cs_2\n")
    environment = {"BRIDGE_PLUGINS__WOOCOMMERCE__SHOPS__MY-SHOP__KEY": "ck_1", "BRIDGE_SECRETS_DIR": str(secrets)}
    app = WooCommerceSettings.model_validate(load_settings(config, environment).plugins["woocommerce"])

    assert hosts(app) == {"shop.example.com"}
    assert authorization(app, "my-shop") == "Basic " + b64encode(b"ck_1:cs_2").decode()
    assert authorization(app, "another") == ""


def test_a_wrong_address_is_named_as_it_stands_in_the_settings_and_no_secret_with_it(tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    config.write_text(
        '[plugins.woocommerce.shops.shop]\nurl = "http://shop.example.com"\nkey = "ck_1"\nsecret = "cs_2"\n'
    )
    with pytest.raises(ConfigError, match="must be an https:// address") as refused:
        app_settings(offer(), load_settings(config, {}).plugins)

    assert "[plugins.woocommerce] shops.shop.url" in str(refused.value)
    assert "cs_2" not in str(refused.value)
