"""What the plugin offers to the host."""

from __future__ import annotations

from importlib.metadata import entry_points

import pluggy
import pytest
from pydantic import SecretStr, ValidationError

import bridge_shopify
from bridge.model.chart import chart_with
from bridge.model.entries import Mode
from bridge.plugin import FileUse, SourceOffer, hookspecs
from bridge.plugin.hookspecs import PROJECT
from bridge_shopify.offer import TENDERS, offer
from bridge_shopify.settings import ShopifySettings


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SourceOffer] = []

    def add(self, offer: SourceOffer) -> None:
        self.offers.append(offer)


def test_shopify_is_offered_through_the_hook_under_its_entry_point() -> None:
    assert [point.load() for point in entry_points(group="bridge.plugins", name="shopify")] == [bridge_shopify]
    plugins = pluggy.PluginManager(PROJECT)
    plugins.add_hookspecs(hookspecs)
    plugins.register(bridge_shopify)
    register = Register()
    plugins.hook.bridge_register_sources(register=register)

    (offer,) = register.offers
    capabilities = offer.capabilities
    assert (offer.name, capabilities.prefix, capabilities.payable) == ("shopify", "SHP", ("shopify_payments",))
    assert capabilities.modes == (Mode.DAY, Mode.ORDER, Mode.PAYOUT)
    assert [each.use for each in capabilities.files].count(FileUse.CHECKS) == 2
    accounts = {capabilities.clearing, capabilities.bank, *(tender.account for tender in capabilities.tenders)}
    assert accounts <= set(chart_with(capabilities.accounts))
    assert offer.oauth is not None
    assert offer.oauth(ShopifySettings(), "acme") is None
    assert offer.hosts(ShopifySettings()) == frozenset()


@pytest.mark.parametrize(
    ("gateway", "account"),
    [
        ("shopify_payments", "1210"),
        ("paypal", "1230"),
        ("paypal express checkout", "1230"),
        *((name, "2200") for name in ("gift_card", "gift card", "giftcard", "shopify_gift_card", "rise gift card")),
        *((name, "2200") for name in ("shopify_store_credit", "store credit", "store-credit")),
        ("cash", "1250"),
        ("bank deposit", "1250"),
        ("cash on delivery (cod)", "1250"),
        ("stripe", "1220"),
        ("klarna", "1240"),
        ("unknown", "1240"),
    ],
)
def test_every_gateway_has_an_account(gateway: str, account: str) -> None:
    assert next(tender.account for tender in TENDERS if tender.fits(gateway)) == account


@pytest.mark.parametrize(
    "settings",
    [{"max_file_megabytes": 0}, {"max_answer_megabytes": -1}, {"shop": "x"}, {"shops": ["x"]}, {"merchants": ["x"]}],
)
def test_a_setting_that_cannot_be_meant_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ShopifySettings.model_validate(settings)


def test_the_owner_of_a_shop_of_another_is_asked_at_that_shop() -> None:
    secret = SecretStr("shpss_1")
    settings = ShopifySettings(client_id="app", client_secret=secret, merchants=("acme", "b"), tokens={"b": secret})

    oauth = offer().oauth
    assert oauth is not None
    told = oauth(settings, "https://ACME.myshopify.com")
    assert told is not None
    assert told.authorize_url == "https://acme.myshopify.com/admin/oauth/authorize"
    assert told.token_url == "https://acme.myshopify.com/admin/oauth/access_token"
    assert (told.signature_parameter, told.token_header) == ("hmac", "X-Shopify-Access-Token")
    assert oauth(settings, "b") is None, "its token stands in the settings"
    assert oauth(settings, "c") is None
