"""What the plugin offers to the host."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.metadata import entry_points

import msgspec
import pluggy
import pytest
import requests
from pydantic import ValidationError

import bridge_woocommerce
from bridge.clock import Clock, SystemClock
from bridge.errors import PluginError
from bridge.model.chart import recommended_chart
from bridge.model.entries import Mode
from bridge.plugin import (
    AppSettings,
    ConnectionSettings,
    DocumentLines,
    DocumentStart,
    KnownOrder,
    SourceOffer,
    hookspecs,
)
from bridge.plugin.hookspecs import PROJECT
from bridge_woocommerce.settings import WooCommerceConnection, WooCommerceSettings
from bridge_woocommerce.source import offer
from plugins.woocommerce.tests.shop import MemoryFile, sample


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SourceOffer] = []

    def add(self, offer: SourceOffer) -> None:
        self.offers.append(offer)


class Lent(msgspec.Struct, frozen=True):
    """A Context."""

    app: AppSettings
    settings: ConnectionSettings
    connection: str = "shop"
    account: str = "shop.example"
    clock: Clock = SystemClock()

    def session(self) -> requests.Session:
        raise AssertionError("a file needs no network")

    def order(self, order_id: str) -> KnownOrder | None:
        paid_at = datetime(2026, 3, 1, tzinfo=UTC)
        return KnownOrder("EUR", paid_at, (("stripe", "stripe:ch_1"),), False, ("20",)) if order_id == "83" else None


def test_woocommerce_is_offered_through_the_hook_under_its_entry_point() -> None:
    assert [point.load() for point in entry_points(group="bridge.plugins", name="woocommerce")] == [bridge_woocommerce]
    plugins = pluggy.PluginManager(PROJECT)
    plugins.add_hookspecs(hookspecs)
    plugins.register(bridge_woocommerce)
    register = Register()
    plugins.hook.bridge_register_sources(register=register)

    (found,) = register.offers
    capabilities = found.capabilities
    assert (found.name, capabilities.modes, capabilities.prefix) == ("woocommerce", (Mode.DAY, Mode.ORDER), "WOO")
    accounts = {capabilities.clearing, capabilities.bank, *(account for _, account in capabilities.tenders)}
    assert accounts <= set(recommended_chart())
    assert capabilities.tenders[-1] == ("*", "1240")
    assert found.hosts(WooCommerceSettings()) == frozenset()


def test_the_source_of_a_connection_knows_its_currency() -> None:
    source = offer().build(Lent(WooCommerceSettings(), WooCommerceConnection(currency="USD")))

    assert list(source.read_file(MemoryFile(sample("us_exclusive/refunds/order_83"))))


def test_a_refund_takes_currency_and_gateway_from_an_order_that_came_before() -> None:
    source = offer().build(Lent(WooCommerceSettings(), WooCommerceConnection()))
    parts = list(source.read_file(MemoryFile(sample("us_exclusive/refunds/order_83"))))

    assert {part.currency for part in parts if isinstance(part, DocumentStart)} == {"EUR"}
    tenders = [line for part in parts if isinstance(part, DocumentLines) for line in part.lines if line.part.is_money]
    assert {line.reference for line in tenders} == {"stripe:ch_1"}


def test_a_refund_that_is_only_looked_at_is_shown_without_a_currency_or_with_that_of_an_order_seen_before() -> None:
    looking = offer().build(Lent(WooCommerceSettings(), WooCommerceConnection(), account=""))

    def currencies(name: str) -> set[str]:
        return {
            part.currency for part in looking.read_file(MemoryFile(sample(name))) if isinstance(part, DocumentStart)
        }

    assert currencies("us_exclusive/refunds/all_dp6") == {"XXX", "EUR"}, "one of them came before"
    assert currencies("us_exclusive/orders/all_dp6_oldest_first") == {"USD", "EUR"}
    assert currencies("us_exclusive/refunds/all_dp6") == {"USD"}


def test_settings_of_another_plugin_are_refused() -> None:
    with pytest.raises(PluginError):
        offer().build(Lent(AppSettings(), WooCommerceConnection()))


@pytest.mark.parametrize("settings", [{"max_file_megabytes": 0}, {"max_file_megabyte": 5}])
def test_a_setting_that_cannot_be_meant_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        WooCommerceSettings.model_validate(settings)


@pytest.mark.parametrize("currency", ["usd", "US", "XAU", "dollars"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    with pytest.raises(ValidationError):
        WooCommerceConnection(currency=currency)
