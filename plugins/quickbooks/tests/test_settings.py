"""The operator's settings, and the offer that is made of them."""

import importlib.metadata

import pytest
from pydantic import ValidationError

import bridge_quickbooks
from bridge.plugin import SinkOffer
from bridge_quickbooks.settings import QuickBooksConnection, QuickBooksSettings, hosts, oauth


class Register:
    """Takes what is offered."""

    def __init__(self) -> None:
        self.offers: list[SinkOffer] = []

    def add(self, offer: SinkOffer) -> None:
        self.offers.append(offer)


def test_the_entry_point_offers_one_ledger_with_what_it_declares() -> None:
    (point,) = importlib.metadata.entry_points(group="bridge.plugins", name="quickbooks")
    register = Register()

    point.load().bridge_register_sinks(register)

    (offer,) = register.offers
    assert offer.name == "quickbooks"
    assert offer.capabilities.types == (
        "JournalEntry",
        "Transfer",
        "SalesReceipt",
        "RefundReceipt",
        "Invoice",
        "Payment",
        "CreditMemo",
        "Purchase",
    )
    assert offer.connection_settings().model_dump() == {"customer": ""}
    assert offer.capabilities.number_length == 21
    assert point.load() is bridge_quickbooks


def test_production_and_intuits_test_companies_have_their_own_hosts() -> None:
    assert hosts(QuickBooksSettings()) == {"quickbooks.api.intuit.com", "oauth.platform.intuit.com"}
    assert hosts(QuickBooksSettings(environment="sandbox")) == {
        "sandbox-quickbooks.api.intuit.com",
        "oauth.platform.intuit.com",
    }


def test_a_base_url_stands_in_for_every_address() -> None:
    app = QuickBooksSettings(base_url="http://127.0.0.1:8080/")

    assert hosts(app) == {"127.0.0.1"}
    assert (app.api_url, oauth(app).token_url) == ("http://127.0.0.1:8080", "http://127.0.0.1:8080/oauth2/tokens")
    assert oauth(app).authorize_url == "http://127.0.0.1:8080/oauth2/authorize"


def test_consent_asks_for_accounting_and_learns_the_company() -> None:
    wanted = oauth(QuickBooksSettings(client_id="id"))

    assert (wanted.scopes, wanted.account_parameter) == (("com.intuit.quickbooks.accounting",), "realmId")


@pytest.mark.parametrize("url", ["http://example.com", "ftp://127.0.0.1", "localhost:80", "https://"])
def test_an_address_without_encryption_is_refused_unless_it_is_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        QuickBooksSettings(base_url=url)


@pytest.mark.parametrize("name", ["a\\", "a\nb", "Käufer", "x" * 101])
def test_a_customers_name_that_no_query_can_ask_for_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        QuickBooksConnection(customer=name)


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(QuickBooksSettings.model_validate({"client_secret": "hush"}))
