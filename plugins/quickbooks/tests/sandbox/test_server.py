"""The server under the fake: faults, clock, log, admin door, and what survives a restart."""

import threading
import time
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests

import bridge_quickbooks_sandbox as quickbooks_sandbox
from bridge.errors import ConfigError
from bridge.sandbox import BadRequestError, RunningSandbox, Sandbox
from bridge_quickbooks_sandbox import QuickBooksSandbox, create_sandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


def _admin(sandbox: RunningSandbox, method: str, path: str, body: object = None, status: int = 200) -> Any:
    url = f"{sandbox.base_url}/_sandbox{path}"
    response = requests.request(method, url, json=body, timeout=60)
    assert response.status_code == status, response.text
    return response.json()


def test_a_fault_strikes_as_often_and_where_it_was_ordered(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.faults.order("throttle", times=2, method="POST", contains="S-1", skip=1, headers={"Retry-After": "60"})
    statuses = [
        client.post("journalentry", client.sale("S-1"), include="allowduplicatedocnum").status for _ in range(4)
    ]

    assert statuses == [200, 429, 429, 200]
    assert client.get("preferences").status == 200
    seen = sandbox.requests.all()
    assert [request.fault for request in seen] == ["", "throttle", "throttle", "", ""]
    assert sandbox.requests.count(label="JournalEntry.create", status=429) == 2


def test_a_fault_can_delay_before_or_after_the_books_and_answer_anything(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F01: the client gives up, the books are written all the same."""
    sandbox.faults.order("commit_then_delay", label="JournalEntry.create", seconds=30)
    client.session.headers["Authorization"] = f"Bearer {client.access}"
    url = f"{sandbox.base_url}/v3/company/{REALM}/journalentry"
    body = client.sale("S-1") | {"Line": [{**line, "Amount": 1} for line in client.sale()["Line"]]}
    with pytest.raises(requests.Timeout):
        client.session.post(url, json=body, timeout=0.15)
    assert client.query("select count(*) from JournalEntry") == {"totalCount": 1}

    sandbox.faults.order("delay", seconds=0.01)
    assert client.get("preferences").status == 200
    sandbox.faults.order("answer", status=500, body='{"fault": {}}', content_type="application/json")
    answer = client.post("transfer", client.transfer())
    assert (answer.status, answer.text) == (500, '{"fault": {}}')
    sandbox.faults.order("commit_then_answer", status=200, body="")
    assert client.post("transfer", client.transfer()).text == ""
    assert len(sandbox.entities(REALM, "Transfer")) == 1


def test_stopping_ends_requests_that_hang(sandbox: QuickBooksSandbox) -> None:
    with QuickBooksSandbox() as short_lived:
        short_lived.faults.order("delay", seconds=60)
        failures: list[str] = []

        def ask() -> None:
            try:
                requests.get(f"{short_lived.base_url}/v3/company/1/preferences", timeout=60)
            except requests.ConnectionError:
                failures.append("dropped")

        waiting = threading.Thread(target=ask)
        waiting.start()
        while short_lived.faults.pending():
            time.sleep(0.01)
    waiting.join(60)
    assert failures == ["dropped"]


def test_connections_are_kept_alive(sandbox: QuickBooksSandbox) -> None:
    connection = HTTPConnection(sandbox.base_url.removeprefix("http://"), timeout=60)
    sockets = []
    for _ in range(2):
        connection.request("GET", "/_sandbox/counters")
        connection.getresponse().read()
        sockets.append(connection.sock)
    connection.close()

    assert sockets[0] is sockets[1] is not None


def test_the_admin_door_orders_faults_moves_the_clock_and_shows_the_log(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    order = {"kind": "unavailable", "times": 1, "label": "Preferences.*"}
    assert _admin(sandbox, "POST", "/faults", order, 201)["pending"][0]["kind"] == "unavailable"
    assert _admin(sandbox, "DELETE", "/faults") == {"pending": []}
    assert "kind must be one of" in _admin(sandbox, "POST", "/faults", {"kind": "x"}, 400)["error"]
    assert "unknown keys" in _admin(sandbox, "POST", "/faults", {"kind": "drop", "when": 1}, 400)["error"]

    moved = _admin(sandbox, "POST", "/clock", {"set": "2026-01-31T12:00:00Z"})
    assert moved == {"now": "2026-01-31T12:00:00+00:00", "is_frozen": True}
    assert _admin(sandbox, "POST", "/clock", {"advance": 60})["now"] == "2026-01-31T12:01:00+00:00"
    assert _admin(sandbox, "POST", "/clock", {"run": True})["is_frozen"] is False
    for wrong in ({"set": "2026-01-31T12:00:00"}, {"set": "noon"}, {}):
        _admin(sandbox, "POST", "/clock", wrong, 400)

    client.get("preferences")
    assert _admin(sandbox, "GET", "/requests")["requests"][0]["label"] == "Preferences.read"
    assert _admin(sandbox, "GET", "/counters")["by_label"] == {"Preferences.read": 1}
    assert _admin(sandbox, "DELETE", "/requests")["total"] == 0
    assert "GET /_sandbox/state" in _admin(sandbox, "GET", "")["routes"]
    _admin(sandbox, "GET", "/nonsense", status=404)
    headers = {"Host": "attacker.example"}
    assert requests.get(f"{sandbox.base_url}/_sandbox", headers=headers, timeout=60).status_code == 403


def test_the_admin_door_opens_companies_tampers_and_shows_the_books(client: Client, sandbox: QuickBooksSandbox) -> None:
    new = {"realm": "44", "name": "UK", "home_currency": "GBP", "country": "GB", "chart": "recommended"}
    companies = _admin(sandbox, "POST", "/companies", new, 201)["companies"]
    assert [company["realm"] for company in companies] == [REALM, "44"]
    assert "exists already" in _admin(sandbox, "POST", "/companies", new, 400)["error"]
    assert "chart" in _admin(sandbox, "POST", "/companies", {"realm": "5", "chart": "mine"}, 400)["error"]
    _admin(sandbox, "POST", "/companies", {"name": "nowhere"}, 400)

    client.create("JournalEntry", client.sale("S-1"))
    edit = {"realm": REALM, "op": "edit_amount", "entity": "JournalEntry", "id": "101", "amount": "26.00"}
    assert _admin(sandbox, "POST", "/tamper", edit)["result"]["SyncToken"] == "1"
    assert _admin(sandbox, "GET", f"/trial-balance?realm={REALM}") == {"1200": 2600, "4000": -2600}
    state = _admin(sandbox, "GET", f"/state?realm={REALM}")
    assert state["balances_minor"] == {"1200": 2600, "4000": -2600}
    assert state["entities"]["JournalEntry"][0]["DocNumber"] == "S-1"
    _admin(sandbox, "GET", "/state?realm=none", status=400)

    _admin(sandbox, "POST", "/settings", {"realm": REALM, "book_close_date": "2026-01-31"})
    assert client.post("journalentry", client.sale("S-2")).code == "6210"
    assert _admin(
        sandbox, "POST", "/service", {"limits": True, "items_per_minute": 640, "refresh_grace_seconds": 5}
    ) == {
        "limits": True,
        "calls_per_minute": 500,
        "calls_per_second": 10,
        "calls_under_way": 10,
        "batches_per_minute": 40,
        "items_per_minute": 640,
        "refresh_grace_seconds": 5,
    }
    _admin(sandbox, "POST", "/item-faults", {"code": "6240", "times": 2}, 201)
    assert _admin(sandbox, "GET", "/item-faults") == {"pending": [{"code": "6240", "contains": "", "left": 2}]}
    assert "code must be one of" in _admin(sandbox, "POST", "/item-faults", {"code": "4711"}, 400)["error"]
    assert "unknown keys" in _admin(sandbox, "POST", "/item-faults", {"kode": "6240"}, 400)["error"]
    assert _admin(sandbox, "DELETE", "/item-faults") == {"pending": []}
    client.access = _admin(sandbox, "POST", "/tokens", {"realm": REALM})["access_token"]
    assert client.get("preferences").status == 200
    _admin(sandbox, "POST", "/disconnect", {"realm": REALM})
    assert client.get("preferences").status == 401


def test_books_that_a_file_keeps_come_back_as_often_as_is_asked(tmp_path: Path) -> None:
    data, options = tmp_path / "quickbooks.db", {"companies": f"{REALM}:USD:US:Acme"}
    with create_sandbox(data=data, options=options) as sandbox:
        edit = {"op": "add_foreign", "account": "1200", "counter_account": "4000", "date": "2026-03-01"}
        _admin(sandbox, "POST", "/come-back", {"realm": REALM}, 400)
        _admin(sandbox, "POST", "/tamper", {"realm": REALM, "amount": "5.00", **edit})
        _admin(sandbox, "POST", "/remember", {"realm": REALM})
        for _ in range(2):
            made = _admin(sandbox, "POST", "/tamper", {"realm": REALM, "amount": "7.00", **edit})["result"]
            assert made["Id"] == "102", "what was not there is made anew"
            assert sandbox.trial_balance(REALM) == {"1200": 1200, "4000": -1200}
            _admin(sandbox, "POST", "/come-back", {"realm": REALM})
            assert sandbox.trial_balance(REALM) == {"1200": 500, "4000": -500}
    with create_sandbox(data=data, options=options) as again:
        assert again.trial_balance(REALM) == {"1200": 500, "4000": -500}
    with create_sandbox(options=options) as forgetful:
        assert "--data" in str(_admin(forgetful, "POST", "/remember", {"realm": REALM}, 400))


def test_a_file_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    """F01: a request id is still known afterwards."""
    data = tmp_path / "quickbooks.db"
    with create_sandbox(data=data, options={"limits": "off"}) as first:
        client = Client(first)
        client.create("JournalEntry", client.journal(("1200", "100.00"), ("4000", "-100.00"), number="S-1"))
        deleted = client.create("JournalEntry", client.sale("S-2"), requestid="r-2")
        client.post("journalentry", {"Id": deleted["Id"], "SyncToken": "0"}, operation="delete")
        first.set(REALM, book_close_date="2025-12-31")
        refresh, access = client.refresh, client.access
        since = first.clock.now().isoformat()[:10] + "T00:00:00Z"
        client.close()

    with create_sandbox(data=data, options={"limits": "off"}) as second:
        client = Client(second)
        client.access = access
        assert second.trial_balance(REALM) == {"1200": 10000, "4000": -10000}
        assert second.settings(REALM).book_close_date == "2025-12-31"
        assert client.post("journalentry", client.sale("S-2"), requestid="r-2").json["JournalEntry"] == deleted
        assert client.post("journalentry", client.sale("S-1")).code == "6140"
        changed = client.get("cdc", entities="JournalEntry", changedSince=since)
        found = changed.json["CDCResponse"][0]["QueryResponse"][0]["JournalEntry"]
        assert [(entry["Id"], entry.get("status")) for entry in found] == [("101", None), ("102", "Deleted")]
        kept = {"Id": "101", "SyncToken": "0", "sparse": True, "PrivateNote": "after the restart"}
        assert client.create("JournalEntry", kept)["TotalAmt"] == 100
        assert client.create("JournalEntry", client.sale("S-3"))["Id"] == "103"
        assert second.tokens.refresh(refresh).access != access
        client.close()


def test_the_entry_point_starts_what_its_options_say_and_tells_how_to_use_it() -> None:
    offered: Sandbox = quickbooks_sandbox
    options = {"companies": "1:USD:US:One,2:GBP:GB:Two: the second", "client_id": "me", "limits": "on"}
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
    [{"colour": "red"}, {"limits": "perhaps"}, {"refresh_grace_seconds": "-1"}, {"companies": "1:USD"}],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, str]) -> None:
    with pytest.raises(BadRequestError, match=next(iter(options))):
        create_sandbox(options=options)


def test_a_port_in_use_is_refused_with_a_next_step(sandbox: QuickBooksSandbox) -> None:
    port = int(sandbox.base_url.rsplit(":", 1)[1])

    with pytest.raises(ConfigError, match="Choose another"):
        QuickBooksSandbox(port=port)


def test_two_companies_keep_their_books_apart(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.add_company("2", chart="system")
    client.create("JournalEntry", client.sale("S-1"))

    assert sandbox.trial_balance("2") == {}
    assert len(sandbox.entities("2", "Account")) < len(sandbox.entities(REALM, "Account"))
    with pytest.raises(BadRequestError):
        sandbox.trial_balance("3")


def test_a_clock_that_was_set_stamps_what_is_written(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.clock.set(datetime(2026, 1, 31, 7, 30, tzinfo=UTC))
    body = client.sale("S-1")
    del body["TxnDate"]
    client.access, _ = sandbox.issue_tokens(REALM)
    created = client.create("JournalEntry", body)

    assert created["MetaData"]["CreateTime"] == "2026-01-30T23:30:00-08:00"
    assert created["TxnDate"] == "2026-01-30"
