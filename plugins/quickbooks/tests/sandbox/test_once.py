"""Lost answers, repeats and batches: what a client may see when it does not know what happened."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client

FOUND = "select count(*) from JournalEntry where DocNumber = 'S-1'"


def _count(client: Client) -> int:
    return int(client.query(FOUND)["totalCount"])


def test_an_answer_may_be_lost_after_the_books_were_written(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F01"""
    sandbox.faults.order("commit_then_drop", label="JournalEntry.create")
    with pytest.raises(requests.ConnectionError):
        client.post("journalentry", client.sale("S-1"), requestid="r-1")

    assert _count(client) == 1
    assert client.create("JournalEntry", client.sale("S-1"), requestid="r-1")["Id"] == "101"
    assert _count(client) == 1


def test_a_gateway_page_may_hide_that_the_books_were_written(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F01"""
    sandbox.faults.order("commit_then_unavailable", path="*/journalentry")
    answer = client.post("journalentry", client.sale("S-1"))

    assert (answer.status, answer.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert _count(client) == 1


@pytest.mark.parametrize("kind", ["drop", "unavailable", "throttle", "unauthorized"])
def test_a_fault_before_the_books_leaves_them_alone(client: Client, sandbox: QuickBooksSandbox, kind: str) -> None:
    """F01"""
    sandbox.faults.order(kind, label="JournalEntry.create")
    try:
        status = client.post("journalentry", client.sale("S-1")).status
    except requests.ConnectionError:
        status = 0

    assert status == {"drop": 0, "unavailable": 503, "throttle": 429, "unauthorized": 401}[kind]
    assert _count(client) == 0
    assert client.post("journalentry", client.sale("S-1")).status == 200


def test_a_repeated_request_id_gets_the_first_answer_and_writes_nothing(client: Client) -> None:
    """F01"""
    first = client.post("journalentry", client.sale("S-1"), requestid="r-1")
    again = client.post("journalentry", client.sale("S-1"), requestid="r-1")

    assert again.text == first.text
    assert _count(client) == 1
    assert client.post("journalentry", client.sale("S-2"), requestid="r-1").code == "600"
    assert client.post("journalentry", client.sale("S-3"), requestid="r" * 51).code == "2130"


def test_a_refusal_is_not_remembered_under_its_request_id(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, book_close_date="2026-01-31")
    assert client.post("journalentry", client.sale("S-1"), requestid="r-1").code == "6210"
    sandbox.set(REALM, book_close_date="")

    assert client.post("journalentry", client.sale("S-1"), requestid="r-1").status == 200


def test_request_ids_may_be_forgotten_or_refused(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F01: a payment was written twice although the request id was set."""
    sandbox.set(REALM, request_ids="forget")
    client.create("Transfer", client.transfer(), requestid="r-1")
    client.create("Transfer", client.transfer(), requestid="r-1")
    assert len(sandbox.entities(REALM, "Transfer")) == 2

    sandbox.set(REALM, request_ids="refuse")
    assert client.post("transfer", client.transfer(), requestid="r-1").code == "600"


def test_a_repeated_delete_with_its_request_id_gets_the_first_answer(client: Client) -> None:
    created = client.create("JournalEntry", client.sale("S-1"))
    key = {"Id": created["Id"], "SyncToken": "0"}
    first = client.post("journalentry", key, operation="delete", requestid="d-1")

    assert client.post("journalentry", key, operation="delete", requestid="d-1").text == first.text
    assert client.post("journalentry", key, operation="delete").code == "610"


def test_racing_creates_with_one_number_leave_one_winner(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F02"""
    body = client.sale("S-1")

    def create(_: int) -> str:
        racer = Client(sandbox)
        try:
            return racer.post("journalentry", body).code
        finally:
            racer.close()

    with ThreadPoolExecutor(8) as pool:
        codes = sorted(pool.map(create, range(8)))
    assert codes == ["", *["6140"] * 7]
    assert sandbox.trial_balance(REALM) == {"1200": 2506, "4000": -2506}


def _item(id: str, operation: str, **body: Any) -> dict[str, Any]:
    return {"bId": id, "operation": operation, **body}


def test_a_batch_carries_each_item_out_with_its_own_outcome(client: Client) -> None:
    """F05"""
    body = {
        "BatchItemRequest": [
            _item("1", "create", JournalEntry=client.sale("S-1")),
            _item("2", "create", JournalEntry=client.sale("S-1")),
            _item("3", "create", JournalEntry=client.sale("S-1"), optionsData="allowduplicatedocnum"),
            _item("4", "delete", JournalEntry={"Id": "101", "SyncToken": "0"}),
            {"bId": "5", "Query": FOUND},
            _item("6", "vanish", JournalEntry={}),
            _item("7", "update", JournalEntry={"Id": "102", "SyncToken": "0", "sparse": True, "PrivateNote": "x"}),
            _item("8", "create"),
            _item("a-long-identifier", "create", JournalEntry=client.sale("S-8")),
        ]
    }
    answer = client.post("batch", body, requestid="b-1")
    outcomes = [
        item["Fault"]["Error"][0]["code"] if "Fault" in item else "ok" for item in answer.json["BatchItemResponse"]
    ]

    assert outcomes == ["ok", "6140", "ok", "ok", "ok", "500", "ok", "2010", "2130"]
    assert answer.json["BatchItemResponse"][4]["QueryResponse"] == {"totalCount": 1}
    assert client.post("batch", body, requestid="b-1").text == answer.text
    assert client.post("batch", body, requestid="b" * 37).code == "2130"


def test_a_batch_takes_thirty_items_at_most(client: Client) -> None:
    items = [_item(str(number), "create", Transfer=client.transfer()) for number in range(31)]

    assert client.post("batch", {"BatchItemRequest": items}).code == "1040"
    assert client.post("batch", {"BatchItemRequest": items[:30]}).status == 200
    assert client.post("batch", {"BatchItemRequest": []}).code == "2020"


def test_limits_throttle_by_the_second_the_minute_and_the_batch(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F44"""
    sandbox.limits.is_on = True
    sandbox.clock.set(sandbox.clock.now())
    statuses = [client.get("preferences").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    throttled = client.get("preferences")
    assert throttled.json["Fault"]["type"] == "SERVICE"
    assert throttled.code == "3001"

    for _ in range(49):
        sandbox.clock.advance(1)
        assert {client.get("preferences").status for _ in range(10)} == {200}
    sandbox.clock.advance(1)
    assert client.get("preferences").status == 429
    sandbox.clock.advance(60)
    assert client.get("preferences").status == 200


def test_batches_have_a_limit_of_their_own(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F44"""
    sandbox.limits.is_on = True
    sandbox.clock.set(sandbox.clock.now())
    body = {"BatchItemRequest": [{"bId": "1", "Query": FOUND}]}
    for _ in range(40):
        sandbox.clock.advance(0.5)
        assert client.post("batch", body).status == 200
    assert client.post("batch", body).status == 429
    assert client.get("preferences").status == 200


def test_a_batch_counts_all_its_items_and_waits_for_room_for_all(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F44"""
    sandbox.limits.is_on = True
    sandbox.limits.windows["items"].most = 50
    sandbox.clock.set(sandbox.clock.now())
    items = [_item(str(number), "create", Transfer=client.transfer()) for number in range(30)]

    assert client.post("batch", {"BatchItemRequest": items}).status == 200
    sandbox.clock.advance(1)
    assert client.post("batch", {"BatchItemRequest": items}).status == 429
    assert client.post("batch", {"BatchItemRequest": items[:20]}).status == 200
    assert len(sandbox.entities(REALM, "Transfer")) == 50
    sandbox.clock.advance(59)
    assert client.post("batch", {"BatchItemRequest": items}).status == 200


def test_items_of_a_batch_may_be_refused_left_out_or_carried_out_and_not_told(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F05"""
    sandbox.item_faults.order(code="6240", contains="S-1")
    sandbox.item_faults.order(code="6000", contains="S-2", commits=True)
    sandbox.item_faults.order(skip=1, commits=True)
    items = [_item(str(number), "create", JournalEntry=client.sale(f"S-{number}")) for number in range(1, 6)]

    answer = client.post("batch", {"BatchItemRequest": items}).json["BatchItemResponse"]

    told = {item["bId"]: item["Fault"]["Error"][0]["code"] if "Fault" in item else "ok" for item in answer}
    assert told == {"1": "6240", "2": "6000", "3": "ok", "5": "ok"}
    assert [txn["DocNumber"] for txn in sandbox.entities(REALM, "JournalEntry")] == ["S-2", "S-3", "S-4", "S-5"]


def test_a_batch_may_be_answered_in_another_order_and_its_repeat_by_6000(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F09: seen of the real service, in ruckus/quickbooks-ruby pull request 344."""
    sandbox.set(REALM, batch_order="reversed", batch_repeats="6000")
    items = [_item(str(number), "create", JournalEntry=client.sale(f"S-{number}")) for number in range(3)]

    first = client.post("batch", {"BatchItemRequest": items}, requestid="b-1").json["BatchItemResponse"]
    again = client.post("batch", {"BatchItemRequest": items}, requestid="b-1").json["BatchItemResponse"]

    assert [item["bId"] for item in first] == [item["bId"] for item in again] == ["2", "1", "0"]
    assert ["JournalEntry" in item for item in first] == [True] * 3
    assert [item["Fault"]["Error"][0]["code"] for item in again] == ["6000"] * 3
    assert len(sandbox.entities(REALM, "JournalEntry")) == 3
