"""What leaves for Xero, and how its answers are taken."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    InDoubtError,
    PluginError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge_xero.errors import KeyUsedError, NumberTakenError, StoredFailureError
from bridge_xero.kinds import KINDS, LISTED, WRITTEN
from plugins.xero.tests.calls import API, HERE, ID, INVOICE, JULY, client, create, refused
from plugins.xero.tests.organisation import TENANT, PatientClock

# What leaves


def test_a_create_carries_our_bytes_unchanged_the_key_and_the_tenant(net: responses.RequestsMock) -> None:
    """F01, F29: the library's own models would write money by way of a float, and add fields nobody decided."""
    body = b'{"Invoices":[{"UnitAmount":12345678901234567.89,"x":"\\u00fc"}]}'
    net.put(f"{HERE}/Invoices", json={"Invoices": [INVOICE]})

    create(body=body)

    (call,) = net.calls
    assert call.request.body == body
    assert call.request.params == {"summarizeErrors": "false"}  # type: ignore[attr-defined]
    wanted = {
        "Idempotency-Key": "brk_a-0",
        "xero-tenant-id": TENANT,
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "bridge",
        "Authorization": f"Bearer token-of-{TENANT}",
    }
    assert {name: call.request.headers[name] for name in wanted} == wanted


@pytest.mark.parametrize("kind", [kind for kind in WRITTEN if kind in LISTED])
def test_every_kind_is_created_by_put_which_updates_nothing(net: responses.RequestsMock, kind: str) -> None:
    """POST /Invoices with a known number would change that invoice."""
    one = KINDS[kind]
    net.put(f"{HERE}/{one.plural}", json={one.plural: [{one.id: ID}]})

    assert client().create(kind, b"{}", key="k", thing="it") == {one.plural: [{one.id: ID}]}
    assert net.calls[0].request.headers["Idempotency-Key"] == "k"


# How answers are taken


def element(**more: object) -> dict[str, Any]:
    return {"Invoices": [INVOICE | more]}


def told(message: str) -> list[dict[str, str]]:
    return [{"Message": message}]


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (
            {"InvoiceID": ID, "StatusAttributeString": "ERROR", "ValidationErrors": told("Why not.")},
            RejectedError,
            "xero.validation",
        ),
        (
            {"InvoiceID": "00000000-0000-0000-0000-000000000000", "ValidationErrors": told("Why not.")},
            RejectedError,
            "xero.validation",
        ),
        (
            {"StatusAttributeString": "ERROR", "ValidationErrors": told("Invoice # must be unique.")},
            NumberTakenError,
            "xero.number_taken",
        ),
        ({"StatusAttributeString": "ERROR"}, RejectedError, "xero.validation"),
        ({"Type": "ACCREC"}, InDoubtError, "in_doubt"),
    ],
)
def test_a_200_may_hold_a_refusal(
    net: responses.RequestsMock, answer: dict[str, Any], kind: type[BridgeError], code: str
) -> None:
    """F11: what was sent as one list is answered one by one."""
    net.put(f"{HERE}/Invoices", json={"Invoices": [answer]})

    error = refused()

    assert (type(error), error.code) == (kind, code)


def test_a_warning_is_no_refusal(net: responses.RequestsMock) -> None:
    warned = {"StatusAttributeString": "WARNING", "Warnings": told("Mind."), "ValidationErrors": told("Mind.")}
    net.put(f"{HERE}/Invoices", json=element(**warned))

    assert create()["InvoiceID"] == ID


@pytest.mark.parametrize("answer", [{}, {"Invoices": []}, {"Invoices": [INVOICE, INVOICE]}, {"Invoices": None}, []])
def test_an_answer_that_does_not_show_what_was_made_leaves_it_in_doubt(
    net: responses.RequestsMock, answer: object
) -> None:
    """F07."""
    net.put(f"{HERE}/Invoices", json=answer)

    assert type(refused()) is InDoubtError


@pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset")])
def test_a_lost_write_is_in_doubt_and_a_lost_read_is_tried_again(net: responses.RequestsMock, error: Exception) -> None:
    """F01."""
    net.put(f"{HERE}/Invoices", body=error)
    net.get(f"{HERE}/Invoices/{ID}", body=error)
    clock = PatientClock()

    assert type(refused()) is InDoubtError
    with pytest.raises(UnavailableError):
        client(clock=clock).get("Invoice", ID)
    assert clock.waits == [1, 2, 4]


def test_a_failure_of_xeros_own_uses_up_the_key_and_a_gateways_does_not(net: responses.RequestsMock) -> None:
    """F01: Xero repeats a stored 500 for the same key; a lost request and its repeat must share theirs."""
    net.put(f"{HERE}/Invoices", status=500, json={"Type": "InternalError", "Message": "An error occurred"})
    net.put(f"{HERE}/Invoices", status=502, body="<html>")
    net.put(f"{HERE}/Invoices", status=400, json={"Message": "Idempotency key was used for another request"})

    assert [type(refused()) for _ in range(3)] == [StoredFailureError, InDoubtError, KeyUsedError]


def test_a_throttled_read_waits_as_long_as_it_is_told_but_not_for_hours(net: responses.RequestsMock) -> None:
    """F44."""
    net.get(f"{HERE}/Invoices/{ID}", status=429, headers={"Retry-After": "33"})
    net.get(f"{HERE}/Invoices/{ID}", json={"Invoices": [INVOICE]})
    net.get(f"{HERE}/Payments/{ID}", status=429, headers={"Retry-After": "30000"})
    clock = PatientClock()

    assert client(clock=clock).get("Invoice", ID) == decoded(INVOICE)
    with pytest.raises(RateLimitedError):
        client(clock=clock).get("Payment", ID)
    assert clock.waits == [33]


def decoded(value: object) -> Any:
    return json.loads(json.dumps(value), parse_int=Decimal)


def test_what_is_not_there_reads_as_none_and_an_answer_about_something_else_as_no_answer(
    net: responses.RequestsMock,
) -> None:
    """F07."""
    net.get(f"{HERE}/Invoices/{ID}", status=404, body="The resource you're looking for cannot be found")
    net.get(f"{HERE}/Payments/{ID}", json={"Status": "OK"})
    net.get(f"{HERE}/BankTransfers/{ID}", json=[])
    net.get(f"{HERE}/CreditNotes/{ID}", status=404, body="<html>no such host</html>")

    assert client().get("Invoice", ID) is None
    for kind in ("Payment", "BankTransfer", "CreditNote"):
        with pytest.raises(UnavailableError):
            client().get(kind, ID)


def test_a_question_that_xero_refuses_is_our_own_fault_and_no_refusal_of_a_voucher(net: responses.RequestsMock) -> None:
    net.get(f"{HERE}/Invoices", status=400, json={"Type": "QueryParseException", "Message": "No."})

    with pytest.raises(PluginError):
        list(client().dated("Invoice", *JULY))


def test_the_organisations_we_were_let_into_are_listed(net: responses.RequestsMock) -> None:
    net.get(f"{API}/Connections", json=[{"id": "1", "tenantId": "a"}, {"id": "2", "tenantId": "b"}])
    net.get(f"{API}/Connections", status=401, json={"Title": "Unauthorized"})

    assert client().tenants() == ("a", "b")
    with pytest.raises(AuthorizationError):
        client().tenants()


# Questions


def asked(net: responses.RequestsMock, place: int = -1) -> dict[str, str]:
    params: dict[str, str] = net.calls[place].request.params  # type: ignore[attr-defined]
    return params


def test_questions_name_their_filter_order_and_page(net: responses.RequestsMock) -> None:
    net.get(f"{HERE}/Payments", json={"Payments": []})
    net.get(f"{HERE}/Invoices", json={"Invoices": [], "pagination": {"itemCount": 0}})
    net.get(f"{HERE}/BankTransfers", json={"BankTransfers": []})
    net.get(f"{HERE}/ManualJournals", json={"ManualJournals": []})

    list(client().dated("Payment", *JULY))
    assert asked(net) == {
        "where": "Date>=DateTime(2026, 07, 01) AND Date<=DateTime(2026, 07, 31)",
        "order": "PaymentID ASC",
        "page": "1",
        "pageSize": "500",
    }
    client().numbered(["AMZ-A", "AMZ-B"])
    assert asked(net) == {"InvoiceNumbers": "AMZ-A,AMZ-B", "order": "InvoiceID ASC", "page": "1", "pageSize": "500"}
    client().identified(["1", "2"])
    assert asked(net)["IDs"] == "1,2"
    list(client().dated("BankTransfer", *JULY))
    assert asked(net)["includeDeleted"] == "true"
    client().worded("ManualJournal", "brk_a · words")
    assert asked(net)["where"] == 'Narration=="brk_a · words"'
    list(client().changed("ManualJournal", datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=2)))))
    assert net.calls[-1].request.headers["If-Modified-Since"] == "2026-07-01T00:00:00+00:00"
    since = datetime(2026, 7, 1, tzinfo=UTC)
    list(client().newest("ManualJournal", since))
    assert asked(net)["order"] == "UpdatedDateUTC DESC"
    list(client().newest("BankTransfer", since))
    assert "order" not in asked(net)
    list(client().dated("Payment", *JULY, since=since))
    assert "where" in asked(net)
    assert net.calls[-1].request.headers["If-Modified-Since"] == "2026-07-01T00:00:00+00:00"


# Paging


class MovingRows:
    """A list from which objects leave, or to which some come, while it is read."""

    def __init__(self, count: int, *, leaves: dict[int, str] | None = None, says_count: bool = True) -> None:
        self.ids = [f"{number:03d}" for number in range(1, count + 1)]
        self.leaves, self.says_count, self.asked = leaves or {}, says_count, 0

    def __call__(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        params: dict[str, str] = request.params  # type: ignore[attr-defined]
        page, size = int(params["page"]), int(params["pageSize"])
        rows = [{"PaymentID": id} for id in self.ids[(page - 1) * size : page * size]]
        told: dict[str, Any] = {"Payments": rows}
        if self.says_count:
            told["pagination"] = {"page": page, "pageSize": size, "itemCount": len(self.ids)}
        self.asked += 1
        if gone := self.leaves.get(self.asked):
            self.ids.remove(gone)
        return 200, {}, json.dumps(told)


@pytest.mark.parametrize("says_count", [True, False])
@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 95])
def test_every_object_comes_once_while_nothing_moves(
    net: responses.RequestsMock, count: int, *, says_count: bool
) -> None:
    moving = MovingRows(count, says_count=says_count)
    net.add_callback("GET", f"{HERE}/Payments", callback=moving)

    found = [row["PaymentID"] for page in client(page_size=10).dated("Payment", *JULY) for row in page]

    assert found == moving.ids


def test_no_object_is_lost_when_one_before_it_leaves_while_we_read(net: responses.RequestsMock) -> None:
    """F12, F41: pages are counted by place; reading on would step over the eleventh."""
    net.add_callback("GET", f"{HERE}/Payments", callback=MovingRows(25, leaves={1: "003"}))

    found = {row["PaymentID"] for page in client(page_size=10).dated("Payment", *JULY) for row in page}

    assert found >= {f"{number:03d}" for number in range(1, 26)} - {"003"}


def test_a_list_that_never_stands_still_is_not_concluded_from(net: responses.RequestsMock) -> None:
    net.add_callback("GET", f"{HERE}/Payments", callback=MovingRows(40, leaves={1: "001", 3: "002", 5: "003"}))

    with pytest.raises(UnavailableError):
        list(client(page_size=10).dated("Payment", *JULY))


def test_a_page_that_is_cut_short_is_no_end(net: responses.RequestsMock) -> None:
    """F07."""
    net.get(f"{HERE}/Payments", json={"Payments": None, "pagination": {"itemCount": 3}})
    net.get(f"{HERE}/Invoices", json={"Invoices": [None, {"InvoiceID": "1"}]})

    for kind in ("Payment", "Invoice"):
        with pytest.raises(UnavailableError):
            list(client().dated(kind, *JULY))
