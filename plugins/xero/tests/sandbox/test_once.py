"""Several elements at once, repeats, lost answers and strange ones: what a client may see when it does not know."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Answer, Client


def _mixed(client: Client) -> dict[str, Any]:
    good, bad = client.invoice(number="S-1"), client.invoice(("1.00", "9999", "NONE"), number="S-2")
    return {"Invoices": [good, bad, client.invoice(number="S-3")]}


def _numbers(sandbox: XeroSandbox) -> list[str]:
    return [found["InvoiceNumber"] for found in sandbox.entities(TENANT, "Invoices")]


def test_without_summaries_each_element_tells_its_own_outcome(client: Client, sandbox: XeroSandbox) -> None:
    """F11"""
    answer = client.put("Invoices", _mixed(client), summarizeErrors="false")

    assert answer.status == 200
    outcomes = [(found["StatusAttributeString"], "InvoiceID" in found) for found in answer.json["Invoices"]]
    assert outcomes == [("OK", True), ("ERROR", False), ("OK", True)]
    assert answer.messages == ["Account code '9999' is not a valid code for this document."]
    assert _numbers(sandbox) == ["S-1", "S-3"]


def test_by_default_one_bad_element_fails_the_answer_yet_the_good_ones_are_kept(
    client: Client, sandbox: XeroSandbox
) -> None:
    """F05: and the client is not told their ids."""
    answer = client.put("Invoices", _mixed(client))

    assert (answer.status, answer.json["ErrorNumber"], answer.json["Type"]) == (400, 10, "ValidationException")
    assert [element["InvoiceNumber"] for element in answer.json["Elements"]] == ["S-2"]
    assert _numbers(sandbox) == ["S-1", "S-3"]


@pytest.mark.parametrize("places", [[1], [2, 3], [1, 2, 3]])
def test_elements_are_refused_to_order_and_the_others_saved(
    client: Client, sandbox: XeroSandbox, places: list[int]
) -> None:
    """F11"""
    sandbox.oddities.order("refuse_elements", label="Invoices.create", places=places)
    body = {"Invoices": [client.invoice(number=f"S-{place}") for place in (1, 2, 3)]}
    answer = client.put("Invoices", body, key="k-1", summarizeErrors="false")

    refused = [place for place, found in enumerate(answer.json["Invoices"], 1) if found.get("HasErrors") is True]
    assert refused == places
    assert _numbers(sandbox) == [f"S-{place}" for place in (1, 2, 3) if place not in places]
    assert client.put("Invoices", body, key="k-1", summarizeErrors="false").text == answer.text


def test_an_answer_may_list_its_elements_in_another_order(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.oddities.order("other_order", label="Invoices.create")
    body = {"Invoices": [client.invoice(number="S-1"), client.invoice(number="S-2")]}

    answer = client.put("Invoices", body, summarizeErrors="false")

    assert [found["InvoiceNumber"] for found in answer.json["Invoices"]] == ["S-2", "S-1"]


def test_more_than_fifty_elements_or_three_and_a_half_megabytes_are_refused_whole(
    client: Client, sandbox: XeroSandbox
) -> None:
    many = {"Invoices": [client.invoice(number=f"S-{place}") for place in range(51)]}
    large = {"Invoices": [client.invoice(number="S-1") | {"Reference": "x" * 3_500_000}]}

    answer = client.put("Invoices", many, summarizeErrors="false")
    assert (answer.status, answer.json["Type"]) == (400, "PostDataInvalidException")
    assert client.put("Invoices", large, summarizeErrors="false").status == 413
    assert _numbers(sandbox) == []
    assert client.put("Invoices", {"Invoices": many["Invoices"][:50]}, summarizeErrors="false").status == 200
    assert len(_numbers(sandbox)) == 50


def test_summaries_cannot_be_switched_off_where_the_api_knows_no_such_parameter(client: Client) -> None:
    body = {"BankTransfers": [client.transfer("-1.00")]}

    assert client.put("BankTransfers", body, summarizeErrors="false").status == 400


def test_a_body_with_an_unknown_key_or_type_is_refused_as_a_whole(client: Client, sandbox: XeroSandbox) -> None:
    bodies: tuple[object, ...] = (
        {"Invoices": [client.invoice(), client.invoice(Colour="red")]},
        {"Invoices": [client.invoice(Type="SALE")]},
        {"Invoices": [client.invoice(InvoiceNumber=1)]},
        {"Invoices": [client.invoice(Date="yesterday")]},
        {"Invoices": []},
        {"Bills": []},
        ["Invoices"],
    )
    for body in bodies:
        answer = client.put("Invoices", body)
        assert (answer.status, answer.json["Type"]) == (400, "PostDataInvalidException"), body
    assert _numbers(sandbox) == []
    assert client.send("PUT", "Invoices", data=b"{", headers={"Content-Type": "application/json"}).status == 400
    assert client.send("PUT", "Invoices", data=b'{"a":NaN}', headers={"Content-Type": "application/json"}).status == 400
    assert client.send("PUT", "Invoices", data=b"<Invoices/>", headers={"Content-Type": "text/xml"}).status == 415


def test_a_repeat_within_six_minutes_gets_the_first_answer(client: Client, sandbox: XeroSandbox) -> None:
    """F01"""
    body = {"Invoices": [client.invoice()]}
    first = client.put("Invoices", body, key="k-1")
    assert client.put("Invoices", body, key="k-1").text == first.text
    other = client.put("Invoices", {"Invoices": [client.invoice(("1.00", "4000", "NONE"))]}, key="k-1")
    assert (other.status, "Idempotency-Key" in other.message) == (400, True)
    assert len(_numbers(sandbox)) == 1
    assert client.put("Invoices", body, key="k" * 129).status == 400


def test_after_six_minutes_a_repeat_is_a_new_request(client: Client, sandbox: XeroSandbox) -> None:
    """F01: which is how hundreds of payments were made twice."""
    body = {"ManualJournals": [client.journal(("6100", "1.00"), ("4000", "-1.00"))]}
    client.put("ManualJournals", body, key="k-1")
    sandbox.clock.advance(359)
    client.put("ManualJournals", body, key="k-1")
    assert len(sandbox.entities(TENANT, "ManualJournals")) == 1
    sandbox.clock.advance(2)
    client.put("ManualJournals", body, key="k-1")
    assert len(sandbox.entities(TENANT, "ManualJournals")) == 2
    sandbox.set(TENANT, idempotency="forget")
    client.put("ManualJournals", body, key="k-1")
    assert len(sandbox.entities(TENANT, "ManualJournals")) == 3


@pytest.mark.parametrize(("kind", "written"), [("server_error", 0), ("commit_then_server_error", 1)])
def test_a_server_error_is_kept_under_its_key(client: Client, sandbox: XeroSandbox, kind: str, written: int) -> None:
    """F01: the same key goes on failing for six minutes, whether the books were written or not."""
    sandbox.oddities.order(kind, label="Invoices.create")
    body = {"Invoices": [client.invoice()]}
    answers = [client.put("Invoices", body, key="k-1").status for _ in range(2)]

    assert answers == [500, 500]
    assert len(_numbers(sandbox)) == written
    assert client.put("Invoices", body, key="k-2").status == 200


def test_a_refusal_is_kept_under_its_key_too(client: Client, sandbox: XeroSandbox) -> None:
    sandbox.set(TENANT, period_lock_date="2026-01-31")
    body = {"Invoices": [client.invoice()]}
    assert client.put("Invoices", body, key="k-1").status == 400
    sandbox.set(TENANT, period_lock_date="")

    assert client.put("Invoices", body, key="k-1").status == 400
    assert client.put("Invoices", body, key="k-2").status == 200


def test_an_answer_may_be_lost_after_the_books_were_written(client: Client, sandbox: XeroSandbox) -> None:
    """F01"""
    sandbox.faults.order("commit_then_drop", label="Invoices.create")
    body = {"Invoices": [client.invoice(number="S-1")]}
    with pytest.raises(requests.ConnectionError):
        client.put("Invoices", body, key="k-1")

    assert _numbers(sandbox) == ["S-1"]
    assert client.put("Invoices", body, key="k-1").status == 200
    assert client.put("Invoices", body, key="k-2").messages == ["Invoice # must be unique."]


def test_a_client_may_give_up_while_the_books_are_written(client: Client, sandbox: XeroSandbox) -> None:
    """F01"""
    sandbox.faults.order("commit_then_delay", label="Payments.create", seconds=30)
    made = client.create("Invoices", client.invoice())
    client.find("Payments")  # puts the headers in
    url = f"{sandbox.base_url}/api.xro/2.0/Payments"
    body = {"Payments": [client.payment(made, "120.00") | {"Amount": 120}]}
    with pytest.raises(requests.Timeout):
        client.session.put(url, json=body, timeout=0.1)

    for _ in range(200):  # the server may still be at it
        if client.find("Payments"):
            break
        time.sleep(0.01)
    assert [found["Amount"] for found in client.find("Payments")] == [120]


def test_a_gateway_may_answer_with_a_page_before_or_after_the_books(client: Client, sandbox: XeroSandbox) -> None:
    """F07"""
    sandbox.faults.order("commit_then_unavailable", label="Invoices.create", headers={"Retry-After": "30"})
    answer = client.put("Invoices", {"Invoices": [client.invoice(number="S-1")]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    assert answer.headers["Content-Type"].startswith("text/html")
    sandbox.faults.order("answer", status=400, body="<html>Bad Request</html>", label="Invoices.create")
    answer = client.put("Invoices", {"Invoices": [client.invoice(number="S-2")]})
    assert (answer.status, answer.text) == (400, "<html>Bad Request</html>")
    assert _numbers(sandbox) == ["S-1"]


def test_a_success_may_hold_null_days_or_a_status_nobody_knows(client: Client, sandbox: XeroSandbox) -> None:
    """F23: such an answer made a vendor's own package raise after the write had succeeded."""
    sandbox.oddities.order("null_dates", label="Invoices.create")
    made = client.create("Invoices", client.invoice())
    assert (made["Date"], made["DueDate"], made["UpdatedDateUTC"]) == (None, None, None)
    assert str(made["Total"]) == "120.00"
    sandbox.oddities.order("unknown_status", label="Invoices.*", times=2)
    assert client.find("Invoices")[0]["Status"] == "UNDERREVIEW"
    assert client.get(f"Invoices/{made['InvoiceID']}").json["Invoices"][0]["Status"] == "UNDERREVIEW"
    assert client.find("Invoices")[0]["Status"] == "AUTHORISED"


def test_racing_creates_with_one_number_leave_one_winner(client: Client, sandbox: XeroSandbox) -> None:
    """F02"""

    def create(body: dict[str, Any], key: str = "") -> Answer:
        racer = Client(sandbox)
        try:
            return racer.put("Invoices", body, key=key)
        finally:
            racer.close()

    body = {"Invoices": [client.invoice(number="S-1")]}
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(lambda _: create(body).status, range(6))) == [200, *[400] * 5]
        free = {"Invoices": [client.invoice()]}
        assert len({answer.text for answer in pool.map(lambda _: create(free, "k-1"), range(6))}) == 1
    assert sandbox.trial_balance(TENANT) == {"1100": 24000, "2120": -4000, "4000": -20000}
