"""What the plugin offers to the host."""

from __future__ import annotations

from importlib.metadata import entry_points

import pluggy
import pytest
from pydantic import ValidationError

import bridge_amazon
from bridge.model.chart import chart_with
from bridge.model.entries import Mode
from bridge.plugin import PulledSource, SourceOffer, hookspecs
from bridge.plugin.hookspecs import PROJECT
from bridge.testing import Bench
from bridge_amazon.offer import offer
from bridge_amazon.settings import AmazonConnection, AmazonSettings


class Register:
    """Keeps what is offered."""

    def __init__(self) -> None:
        self.offers: list[SourceOffer] = []

    def add(self, offer: SourceOffer) -> None:
        self.offers.append(offer)


def test_amazon_is_offered_through_the_hook_under_its_entry_point() -> None:
    assert [point.load() for point in entry_points(group="bridge.plugins", name="amazon")] == [bridge_amazon]
    plugins = pluggy.PluginManager(PROJECT)
    plugins.add_hookspecs(hookspecs)
    plugins.register(bridge_amazon)
    register = Register()
    plugins.hook.bridge_register_sources(register=register)

    (offer,) = register.offers
    capabilities = offer.capabilities
    assert (offer.name, capabilities.modes, capabilities.prefix) == ("amazon", (Mode.PAYOUT,), "AMZ")
    assert {capabilities.clearing, capabilities.bank} <= set(chart_with(capabilities.accounts))
    assert offer.oauth is None
    assert offer.hosts(AmazonSettings()) == frozenset()


SELLER = {"region": "eu", "refresh_token": "Atzr|one"}
APP = {"client_id": "app", "client_secret": "cs"}


@pytest.mark.parametrize(
    "settings",
    [
        {"max_file_megabytes": 0},
        {"max_file_megabyte": 5},
        {"sellers": {"kit": SELLER}},
        {**APP, "sellers": {"kit": {**SELLER, "region": "us"}}},
        {**APP, "sellers": {"kit": {"region": "eu"}}},
        {**APP, "base_url": "http://elsewhere.example"},
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AmazonSettings.model_validate(settings)


@pytest.mark.parametrize("marketplaces", ["Amazon.com", [""], [" Amazon.com"]])
def test_marketplaces_are_a_list_of_names(marketplaces: object) -> None:
    with pytest.raises(ValidationError):
        AmazonConnection.model_validate({"marketplaces": marketplaces})
    assert AmazonConnection.model_validate({"marketplaces": ["Amazon.com"]}).marketplaces == ("Amazon.com",)


def test_only_an_account_that_was_authorised_is_asked_and_only_amazon_is_reached() -> None:
    app = AmazonSettings.model_validate({**APP, "sellers": {"kit": SELLER}})

    assert isinstance(offer().build(Bench(offer(), app=app, connection="kit")), PulledSource)
    assert not isinstance(offer().build(Bench(offer(), app=app, connection="another")), PulledSource)
    assert offer().hosts(app) == {"api.amazon.com", "sellingpartnerapi-eu.amazon.com", *app.document_hosts}
    beside = AmazonSettings.model_validate({**APP, "sellers": {"kit": SELLER}, "base_url": "http://127.0.0.1:8080"})
    assert offer().hosts(beside) == {"127.0.0.1"}
    assert "Atzr|one" not in repr(app)
