"""The operator's and the merchant's settings, and the offer that is made of them."""

import importlib.metadata
import subprocess
import sys

import pytest
from pydantic import ValidationError

import bridge_xero
from bridge.plugin import SinkOffer
from bridge_xero.settings import XeroConnection, XeroSettings, hosts, oauth


class Register:
    """Takes what is offered."""

    def __init__(self) -> None:
        self.offers: list[SinkOffer] = []

    def add(self, offer: SinkOffer) -> None:
        self.offers.append(offer)


def test_the_entry_point_offers_one_ledger_with_what_it_declares() -> None:
    (point,) = importlib.metadata.entry_points(group="bridge.plugins", name="xero")
    register = Register()

    point.load().bridge_register_sinks(register)

    (offer,) = register.offers
    assert (offer.name, offer.title, offer.capabilities.number_length) == ("xero", "Xero", 255)
    assert offer.capabilities.types == (
        "Invoice",
        "CreditNote",
        "Payment",
        "ManualJournal",
        "BankTransaction",
        "BankTransfer",
        "Allocation",
    )
    assert (offer.capabilities.settlement_leg, offer.capabilities.payout_leg) == ("document", "none")
    assert point.load() is bridge_xero


def test_loading_the_plugin_does_not_load_the_library() -> None:
    """It takes a third of a second, and most processes never call Xero."""
    asked = "import sys, bridge_xero.sink; print('xero_python' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_bridge_talks_to_the_api_and_to_the_identity_server() -> None:
    assert hosts(XeroSettings()) == {"api.xero.com", "identity.xero.com"}


def test_a_base_url_stands_in_for_every_address() -> None:
    app = XeroSettings(base_url="http://127.0.0.1:8080/")

    assert hosts(app) == {"127.0.0.1"}
    assert (app.api_url, oauth(app).token_url) == ("http://127.0.0.1:8080", "http://127.0.0.1:8080/connect/token")
    assert oauth(app).authorize_url == "http://127.0.0.1:8080/identity/connect/authorize"


def test_consent_asks_for_the_least_that_does_the_work_and_learns_no_account() -> None:
    wanted = oauth(XeroSettings(client_id="id"))

    assert wanted.scopes == (
        "offline_access",
        "accounting.invoices",
        "accounting.payments",
        "accounting.banktransactions",
        "accounting.manualjournals",
        "accounting.contacts.read",
        "accounting.settings.read",
        "accounting.reports.trialbalance.read",
    )
    assert (wanted.account_parameter, wanted.takes_pkce) == ("", True)


@pytest.mark.parametrize("url", ["http://example.com", "ftp://127.0.0.1", "localhost:80", "https://"])
def test_an_address_without_encryption_is_refused_unless_it_is_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        XeroSettings(base_url=url)


def test_the_time_to_settle_stays_within_the_life_of_an_idempotency_key() -> None:
    with pytest.raises(ValidationError):
        XeroSettings(settle_seconds=361)


@pytest.mark.parametrize("name", ['Say "hi"', "back\\slash"])
def test_a_contact_has_a_name_that_can_be_asked_for(name: str) -> None:
    with pytest.raises(ValidationError):
        XeroConnection(contact=name)


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(XeroSettings.model_validate({"client_secret": "hush"}))
