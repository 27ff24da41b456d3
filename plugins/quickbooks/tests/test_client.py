"""What leaves for QuickBooks and how its answers are taken; and that the library under it cannot hurt us."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
import requests
import responses

from bridge.errors import InDoubtError, InvariantError, RateLimitedError, UnavailableError
from bridge.transport import HostSession
from bridge_quickbooks.client import Client
from plugins.quickbooks.tests.company import PatientClock

API = "https://quickbooks.api.intuit.com"
HERE = f"{API}/v3/company/123"
JULY = (date(2026, 7, 1), date(2026, 7, 31))


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mocked:
        yield mocked


def client(realm: str = "123", clock: PatientClock | None = None, page_size: int = 1000) -> Client:
    session = HostSession(frozenset({"quickbooks.api.intuit.com"}), PatientClock(), lambda: f"token-of-{realm}")
    return Client(session, api_url=API, realm=realm, clock=clock or PatientClock(), page_size=page_size)


def create(body: bytes = b'{"A":1}') -> object:
    return client().create("JournalEntry", body, request_id="brk_a-0", thing="JournalEntry A")


# What leaves


def test_a_create_carries_our_bytes_unchanged_the_request_id_and_the_minor_version(net: responses.RequestsMock) -> None:
    """F01, F29: the library's own models would add fields nobody decided, and write money as text."""
    body = b'{"Amount":12345678901234567.89,"x":"\\u00fc"}'
    net.post(f"{HERE}/journalentry", json={"JournalEntry": {"Id": "1"}})

    create(body)

    (call,) = net.calls
    assert call.request.body == body
    assert call.request.params == {"minorversion": "75", "requestid": "brk_a-0"}  # type: ignore[attr-defined]
    assert call.request.headers["Content-Type"] == "application/json"
    assert call.request.headers["Accept"] == "application/json"
    assert call.request.headers["User-Agent"] == "bridge"


def test_two_companies_never_share_a_token_or_a_place(net: responses.RequestsMock) -> None:
    """The library can keep one client for the whole process; ours are made per call."""
    for realm in ("123", "456"):
        net.get(f"{API}/v3/company/{realm}/transfer/7", json={"Transfer": {"Id": "7"}})
    first, second = client("123"), client("456")

    second.read("Transfer", "7")
    first.read("Transfer", "7")

    assert [call.request.headers["Authorization"] for call in net.calls] == [
        "Bearer token-of-456",
        "Bearer token-of-123",
    ]


def test_making_a_client_calls_nobody_and_refreshes_no_token(net: responses.RequestsMock) -> None:
    """F42: the library's own sign-in asks the network at once and keeps the new refresh token to itself."""
    client()

    assert len(net.calls) == 0


def test_a_query_names_its_order_and_page(net: responses.RequestsMock) -> None:
    net.post(f"{HERE}/query", json={"QueryResponse": {}})

    assert list(client().dated("Deposit", *JULY)) == []

    (call,) = net.calls
    assert call.request.body == (
        b"SELECT * FROM Deposit WHERE TxnDate >= '2026-07-01' AND TxnDate <= '2026-07-31' "
        b"ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    )
    assert call.request.headers["Content-Type"] == "application/text"


@pytest.mark.parametrize("value", ["a'b", "a\\", "a\\' OR Id = '1", "", "x y", "ü", "1" * 51])
def test_a_value_that_would_need_an_escape_never_enters_a_query(net: responses.RequestsMock, value: str) -> None:
    """The library escapes a quote, but not a backslash before it."""
    with pytest.raises(InvariantError):
        client().numbered("JournalEntry", ["A-1", value])
    with pytest.raises(InvariantError):
        client().with_ids("JournalEntry", ["1", value])


# How answers are taken


def test_numbers_arrive_exactly(net: responses.RequestsMock) -> None:
    """F29."""
    net.get(f"{HERE}/transfer/7", body=b'{"Transfer": {"Id": "7", "Amount": 12345678901234567.89, "n": 100}}')

    found = client().read("Transfer", "7")

    assert found == {"Id": "7", "Amount": Decimal("12345678901234567.89"), "n": Decimal(100)}
    assert type(found["n"]) is Decimal


@pytest.mark.parametrize(
    "error", [requests.ReadTimeout(), requests.ConnectionError("reset"), requests.exceptions.SSLError()]
)
def test_a_lost_write_is_in_doubt(net: responses.RequestsMock, error: Exception) -> None:
    """F01."""
    net.post(f"{HERE}/journalentry", body=error)

    with pytest.raises(InDoubtError):
        create()

    assert len(net.calls) == 1


def test_a_lost_read_is_tried_again_and_then_told(net: responses.RequestsMock) -> None:
    net.get(f"{HERE}/transfer/7", body=requests.ReadTimeout())
    clock = PatientClock()

    with pytest.raises(UnavailableError):
        client(clock=clock).read("Transfer", "7")

    assert clock.waits == [1, 2, 4]


def test_a_throttled_read_waits_as_long_as_it_is_told(net: responses.RequestsMock) -> None:
    """F44: the library loses the header and calls it a validation error."""
    net.get(f"{HERE}/transfer/7", status=429, headers={"Retry-After": "33"}, body="")
    net.get(f"{HERE}/transfer/7", json={"Transfer": {"Id": "7"}})
    clock = PatientClock()

    assert client(clock=clock).read("Transfer", "7") == {"Id": "7"}
    assert clock.waits == [33]


def test_a_throttle_longer_than_we_wait_is_passed_on_at_once(net: responses.RequestsMock) -> None:
    net.get(f"{HERE}/transfer/7", status=429, headers={"Retry-After": "3600"}, body="")
    clock = PatientClock()

    with pytest.raises(RateLimitedError):
        client(clock=clock).read("Transfer", "7")

    assert clock.waits == []


@pytest.mark.parametrize(
    "body", [{"Transfer": {"Id": "7", "status": "Deleted"}}, {"Fault": {"Error": [{"code": "610"}]}}]
)
def test_an_object_that_is_gone_reads_as_none(net: responses.RequestsMock, body: dict[str, object]) -> None:
    net.get(f"{HERE}/transfer/7", json=body, status=400 if "Fault" in body else 200)

    assert client().read("Transfer", "7") is None


def test_an_answer_about_something_else_is_no_proof_of_absence(net: responses.RequestsMock) -> None:
    """F07."""
    net.get(f"{HERE}/transfer/7", json={"time": "2026-07-01"})

    with pytest.raises(UnavailableError):
        client().read("Transfer", "7")


# Paging


class MovingRows:
    """A list of which somebody deletes a row while it is read."""

    def __init__(self, count: int, *, delete_after: dict[int, int]) -> None:
        self.ids = [str(number) for number in range(1, count + 1)]
        self.delete_after, self.asked = delete_after, 0

    def __call__(self, request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        words = str(request.body, "ascii") if isinstance(request.body, bytes) else ""
        start, size = (int(words.split(word)[1].split()[0]) for word in ("STARTPOSITION", "MAXRESULTS"))
        rows = [{"Id": id} for id in self.ids[start - 1 : start - 1 + size]]
        self.asked += 1
        if gone := self.delete_after.get(self.asked):
            self.ids.remove(str(gone))
        return 200, {}, json.dumps({"QueryResponse": {"Deposit": rows} if rows else {}})


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 18, 19, 20, 95])
def test_every_row_comes_once_while_nothing_moves(net: responses.RequestsMock, count: int) -> None:
    net.add_callback("POST", f"{HERE}/query", callback=MovingRows(count, delete_after={}))

    found = [row["Id"] for page in client(page_size=10).dated("Deposit", *JULY) for row in page]

    assert found == [str(number) for number in range(1, count + 1)]


def test_no_row_is_lost_when_one_before_it_is_deleted_while_we_read(net: responses.RequestsMock) -> None:
    """F12, F41: positions move up; reading on would step over the eleventh."""
    net.add_callback("POST", f"{HERE}/query", callback=MovingRows(25, delete_after={1: 3}))

    found = {row["Id"] for page in client(page_size=10).dated("Deposit", *JULY) for row in page}

    assert found == {str(number) for number in range(1, 26)}


def test_a_list_that_never_stands_still_is_not_concluded_from(net: responses.RequestsMock) -> None:
    net.add_callback("POST", f"{HERE}/query", callback=MovingRows(40, delete_after={1: 1, 3: 2, 5: 3}))

    with pytest.raises(UnavailableError):
        list(client(page_size=10).dated("Deposit", *JULY))
