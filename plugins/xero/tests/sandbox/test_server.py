"""The sandbox as a service: limits, admin door, options, and what survives a restart."""

from pathlib import Path
from typing import Any

import pytest
import requests

import bridge_xero_sandbox as xero_sandbox
from bridge.errors import ConfigError
from bridge.sandbox import BadRequestError, RunningSandbox, Sandbox
from bridge_xero_sandbox import XeroSandbox, create_sandbox
from plugins.xero.tests.sandbox.client import TENANT, Client

DEFAULT = "5a0dbe11-0000-4000-8000-000000000001"


def _admin(sandbox: RunningSandbox, method: str, path: str, body: object = None, status: int = 200) -> Any:
    url = f"{sandbox.base_url}/_sandbox{path}"
    response = requests.request(method, url, json=body, timeout=60)
    assert response.status_code == status, response.text
    return response.json()


def test_the_minute_limit_counts_down_and_says_how_long_to_wait(client: Client, sandbox: XeroSandbox) -> None:
    """F44"""
    sandbox.limits.is_on = True
    sandbox.clock.set(sandbox.clock.now())
    answers = [client.get("Currencies") for _ in range(60)]
    assert [answer.status for answer in answers] == [200] * 60
    assert answers[0].headers["X-MinLimit-Remaining"] == "59"
    assert answers[-1].headers["X-MinLimit-Remaining"] == "0"
    sandbox.clock.advance(20)
    refused = client.get("Currencies")
    assert (refused.status, refused.headers["X-Rate-Limit-Problem"], refused.headers["Retry-After"]) == (
        429, "minute", "40"
    )  # fmt: skip
    sandbox.clock.advance(40)
    assert client.get("Currencies").headers["X-DayLimit-Remaining"] == "4939"


def test_the_day_limit_asks_for_hours(sandbox: XeroSandbox, client: Client) -> None:
    """F44"""
    sandbox.clock.set(sandbox.clock.now())
    _admin(sandbox, "POST", "/service", {"limits": True, "day_limit": 3})
    statuses = [client.get("Currencies").status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    sandbox.clock.advance(3600)
    client.access, _ = sandbox.issue_tokens(TENANT)
    refused = client.get("Currencies")
    assert (refused.headers["X-Rate-Limit-Problem"], refused.headers["Retry-After"]) == ("day", str(23 * 3600))
    assert refused.headers["X-DayLimit-Remaining"] == "0"
    sandbox.add_organisation("other")
    assert Client(sandbox, "other").get("Currencies").status == 200


def test_throttling_and_lost_access_can_be_ordered(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.faults.order("throttle")
    throttled = client.get("Organisation")
    assert (throttled.status, throttled.headers["Retry-After"], throttled.text) == (429, "60", "")
    sandbox.faults.order("throttle", headers={"X-Rate-Limit-Problem": "day", "Retry-After": "32400"})
    assert client.get("Organisation").headers["Retry-After"] == "32400"
    sandbox.faults.order("unauthorized")
    assert client.get("Organisation").json["Detail"].startswith("TokenExpired")
    client.access = ""
    assert client.get("Organisation").json["Detail"] == "AuthenticationUnsuccessful"


def test_operations_have_labels_that_faults_and_logs_go_by(client: Client, sandbox: XeroSandbox) -> None:
    made = client.create("Invoices", client.invoice())
    path = f"Invoices/{made['InvoiceID']}"
    client.find("Invoices")
    client.get(path)
    client.get(f"{path}/History")
    client.post(path, {"Invoices": [{"Reference": "r"}]})
    client.get("Reports/TrialBalance")
    requests.get(sandbox.connections_url, timeout=60)
    requests.get(f"{sandbox.base_url}/nonsense", timeout=60)

    assert [seen.label for seen in sandbox.requests.all()] == [
        "Invoices.create", "Invoices.list", "Invoices.read", "Invoices.History.read", "Invoices.update",
        "Reports.TrialBalance.read", "oauth.connections", "unknown",
    ]  # fmt: skip


def test_who_does_not_ask_for_json_gets_xml(client: Client, sandbox: XeroSandbox) -> None:
    client.session.headers["Accept"] = "*/*"
    answer = client.get("Organisation")

    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/xml")


def test_the_admin_door_opens_organisations_tampers_and_shows_the_books(client: Client, sandbox: XeroSandbox) -> None:
    new = {"tenant": "44", "name": "US", "base_currency": "USD", "country": "US"}
    listed = _admin(sandbox, "POST", "/organisations", new, 201)["organisations"]
    assert [found["tenant"] for found in listed] == [TENANT, "44"]
    assert "exists already" in _admin(sandbox, "POST", "/organisations", new, 400)["error"]
    assert "chart" in _admin(sandbox, "POST", "/organisations", {"tenant": "5", "chart": "mine"}, 400)["error"]
    _admin(sandbox, "POST", "/organisations", {"name": "nowhere"}, 400)

    made = client.create("Invoices", client.invoice(number="S-1"))
    edit = {"tenant": TENANT, "op": "edit_amount", "entity": "Invoice", "id": made["InvoiceID"], "amount": "240"}
    assert _admin(sandbox, "POST", "/tamper", edit)["result"]["Total"] == 240
    books = {"1100": 24000, "2120": -4000, "4000": -20000}
    assert _admin(sandbox, "GET", f"/trial-balance?tenant={TENANT}") == books
    assert _admin(sandbox, "GET", f"/trial-balance?tenant={TENANT}&as_of=2026-01-30") == {}
    state = _admin(sandbox, "GET", f"/state?tenant={TENANT}")
    assert state["balances_minor"] == books
    assert state["entities"]["Invoices"][0]["InvoiceNumber"] == "S-1"
    _admin(sandbox, "GET", "/state?tenant=none", status=400)

    _admin(sandbox, "POST", "/settings", {"tenant": TENANT, "period_lock_date": "2026-01-31"})
    assert client.put("Invoices", {"Invoices": [client.invoice()]}).status == 400
    _admin(sandbox, "POST", "/settings", {"tenant": TENANT, "adviser": True})
    assert client.put("Invoices", {"Invoices": [client.invoice()]}).status == 200
    assert _admin(sandbox, "POST", "/service", {"minute_limit": 9, "refresh_grace_seconds": 5}) == {
        "limits": False, "minute_limit": 9, "day_limit": 5000, "app_minute_limit": 10_000, "calls_under_way": 5,
        "refresh_grace_seconds": 5,
    }  # fmt: skip
    odd = {"kind": "unknown_status", "label": "Invoices.list"}
    assert _admin(sandbox, "POST", "/oddities", odd, 201)["pending"] == [{**odd, "places": [], "times": 1}]
    assert _admin(sandbox, "GET", "/oddities") == {"pending": [{**odd, "places": [], "times": 1}]}
    assert _admin(sandbox, "DELETE", "/oddities") == {"pending": []}
    _admin(sandbox, "POST", "/oddities", {"kind": "x"}, 400)
    _admin(sandbox, "POST", "/oddities", {"kind": "null_dates", "when": "now"}, 400)
    client.access = _admin(sandbox, "POST", "/tokens", {"tenant": TENANT, "scope": "accounting.invoices"})[
        "access_token"
    ]
    assert client.get("Payments").status == 401
    client.access = _admin(sandbox, "POST", "/tokens", {"tenant": TENANT})["access_token"]
    assert client.get("Organisation").status == 200
    _admin(sandbox, "POST", "/disconnect", {"tenant": TENANT})
    assert client.get("Organisation").status == 403


def test_a_file_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    """F01: an idempotency key is still known afterwards."""
    data = tmp_path / "xero.db"
    with create_sandbox(data=data, options={"limits": "off"}) as first:
        client = Client(first, DEFAULT)
        invoice = client.create("Invoices", client.invoice(number="S-1"))
        client.create("Payments", client.payment(invoice, "100.00"))
        keyed = {"Invoices": [client.invoice(number="S-2")]}
        answer = client.put("Invoices", keyed, key="k-1").text
        client.put("Currencies", {"Code": "USD"})
        spare = client.put("Accounts", {"Code": "621", "Name": "Spare", "Type": "CURRENT"}).json["Accounts"][0]
        client.send("DELETE", f"Accounts/{spare['AccountID']}")
        first.set(DEFAULT, period_lock_date="2025-12-31")
        refresh, access, before = client.refresh, client.access, first.trial_balance(DEFAULT)
        client.close()

    with create_sandbox(data=data, options={"limits": "off"}) as second:
        client = Client(second, DEFAULT)
        client.access = access
        assert second.trial_balance(DEFAULT) == before
        assert second.settings(DEFAULT).period_lock_date == "2025-12-31"
        assert client.put("Invoices", keyed, key="k-1").text == answer
        assert client.refused("Invoices", client.invoice(number="S-1")) == ["Invoice # must be unique."]
        assert client.refused("Payments", client.payment(invoice, "100.00"))[0].startswith("Payment amount exceeds")
        assert len(client.get(f"Invoices/{invoice['InvoiceID']}/History").json["HistoryRecords"]) == 2
        new = client.create("Invoices", client.invoice(number="S-3", CurrencyCode="USD"))
        ids = {found["InvoiceID"] for found in second.entities(DEFAULT, "Invoices")}
        assert (len(ids), new["InvoiceID"] in ids) == (3, True)
        assert client.get("Accounts", where='Code=="621"').json["Accounts"] == []
        assert second.tokens.refresh(refresh).access != access
        assert [one.tenant for one in second.tokens.connections()] == [DEFAULT]
        client.close()


def test_the_entry_point_starts_what_its_options_say_and_tells_how_to_use_it() -> None:
    offered: Sandbox = xero_sandbox
    options = {"organisations": "1:USD:US:One,2:GBP:GB:Two: the second", "client_id": "me", "limits": "on"}
    running = offered.create_sandbox(options=options)
    try:
        summary = running.summary()
        assert running.base_url in summary
        assert "client id          me" in summary
        assert "2  GBP  Two: the second" in summary
    finally:
        running.stop()
        running.stop()


@pytest.mark.parametrize(
    "options",
    [
        {"colour": "red"},
        {"limits": "perhaps"},
        {"refresh_grace_seconds": "-1"},
        {"day_limit": "many"},
        {"organisations": "1:USD"},
    ],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, str]) -> None:
    with pytest.raises(BadRequestError, match=next(iter(options))):
        create_sandbox(options=options)


def test_a_port_in_use_is_refused_with_a_next_step(sandbox: XeroSandbox) -> None:
    port = int(sandbox.base_url.rsplit(":", 1)[1])

    with pytest.raises(ConfigError, match="Choose another"):
        XeroSandbox(port=port)


def test_organisations_keep_their_books_apart_and_differ_by_country(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.add_organisation("us", base_currency="USD", country="US")
    other = Client(sandbox, "us")
    other.create("Invoices", other.invoice(("100.00", "4000", "OUTPUT"), number="S-1", LineAmountTypes="Exclusive"))
    client.create("Invoices", client.invoice(number="S-1"))

    assert sandbox.trial_balance("us") == {"1100": 10825, "2120": -825, "4000": -10000}
    assert sandbox.trial_balance(TENANT) == {"1100": 12000, "2120": -2000, "4000": -10000}
    assert [rate["TaxType"] for rate in other.find("TaxRates")] == ["OUTPUT", "INPUT", "NONE"]
    card = other.get("Organisation").json["Organisations"][0]
    assert (card["Version"], card["BaseCurrency"], card["OrganisationID"]) == ("US", "USD", "us")
    other.close()


def test_the_sandbox_names_what_it_does_not_have(sandbox: XeroSandbox) -> None:
    assert sandbox.history(TENANT, "Contacts", sandbox.contact_id(TENANT))[0].changes == "Created"
    for call in (
        lambda: sandbox.account_id(TENANT, "0"),
        lambda: sandbox.contact_id(TENANT, "Nobody"),
        lambda: sandbox.entities(TENANT, "Ships"),
        lambda: sandbox.settings("none"),
    ):
        with pytest.raises(BadRequestError):
            call()
