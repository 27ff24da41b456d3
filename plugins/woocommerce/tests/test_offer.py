"""What the plugin offers to the host."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import msgspec
import pluggy
import pytest
import requests
from pydantic import ValidationError

import bridge_woocommerce
from bridge.clock import Clock, SystemClock
from bridge.errors import DocumentError
from bridge.model.chart import chart_with
from bridge.model.entries import Mode
from bridge.plugin import SourceOffer, Tender, TenderClass, hookspecs
from bridge.plugin.hookspecs import PROJECT
from bridge_woocommerce.files import WooCommerceSource
from bridge_woocommerce.settings import WooCommerceConnection, WooCommerceSettings
from bridge_woocommerce.source import offer
from plugins.woocommerce.tests.shop import SHOPS, MemoryFile, sample


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SourceOffer] = []

    def add(self, offer: SourceOffer) -> None:
        self.offers.append(offer)


class Lent(msgspec.Struct, frozen=True):
    """A Context."""

    app: WooCommerceSettings
    settings: WooCommerceConnection
    connection: str = "shop"
    account: str = "us-shop.example"
    clock: Clock = SystemClock()

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        raise AssertionError(f"no limit of {what} is declared")

    def session(self, *, bears_token: bool = True) -> requests.Session:
        raise AssertionError("a file needs no network")


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
    accounts = {capabilities.clearing, capabilities.bank, *(tender.account for tender in capabilities.tenders)}
    assert accounts <= set(chart_with(capabilities.accounts))
    assert capabilities.tenders[-1] == Tender("*", "1240", TenderClass.PAYS_OUT)
    assert found.hosts(WooCommerceSettings()) == frozenset()


def test_a_connection_reads_its_own_shop_only() -> None:
    file = MemoryFile(sample("us_exclusive/refunds/order_83"))

    assert list(offer().build(Lent(WooCommerceSettings(), WooCommerceConnection())).read_file(file))
    other = Lent(WooCommerceSettings(), WooCommerceConnection(), account="gb-shop.example")
    with pytest.raises(DocumentError, match=r"us-shop\.example") as refused:
        list(offer().build(other).read_file(file))
    assert refused.value.code == "woocommerce.file.other_shop"


def test_a_file_that_is_only_looked_at_may_be_of_any_shop() -> None:
    looking = offer().build(Lent(WooCommerceSettings(), WooCommerceConnection(), account=""))

    assert all(list(looking.read_file(MemoryFile(sample(f"{shop}/orders/page_1")))) for shop in SHOPS)


def test_the_documents_of_an_order_are_joined() -> None:
    assert offer().capabilities.joins_orders
    assert isinstance(offer().build(Lent(WooCommerceSettings(), WooCommerceConnection())), WooCommerceSource)


@pytest.mark.parametrize("settings", [{"max_file_megabytes": 0}, {"max_file_megabyte": 5}])
def test_a_setting_that_cannot_be_meant_is_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        WooCommerceSettings.model_validate(settings)


@pytest.mark.parametrize("settings", [{"decimals": -1}, {"decimals": 9}, {"addresses": ["shop"]}, {"currency": "USD"}])
def test_a_setting_of_a_shop_that_cannot_be_meant_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WooCommerceConnection.model_validate(settings)
