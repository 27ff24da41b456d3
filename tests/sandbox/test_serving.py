"""What every fake has by being served: connections that are kept, broken and ended, bodies in pieces, its own time."""

import errno
import gc
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
import requests

from bridge.sandbox import FaultKind, Request, Response, SandboxServer, json_response


class Echo:
    """Answers with what was sent."""

    def __init__(self) -> None:
        self.carried_out = 0
        self.is_nameless = False
        self.meanwhile: Callable[[], object] = lambda: None

    def handle(self, request: Request) -> Response:
        self.carried_out += 1
        self.meanwhile()
        return json_response([request.method, request.path, dict(request.query), request.body.decode()])

    def label(self, request: Request) -> str:
        if self.is_nameless:
            raise LookupError("no name")
        return request.path.removeprefix("/")

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        return json_response(str(kind), 429)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
def server(echo: Echo) -> Iterator[SandboxServer]:
    with SandboxServer(echo) as running:
        yield running


def _connect(server: SandboxServer) -> HTTPConnection:
    return HTTPConnection(server.base_url.removeprefix("http://"), timeout=60)


def _ask(connection: HTTPConnection) -> None:
    connection.request("GET", "/orders")
    connection.getresponse().read()


def test_a_request_arrives_whole_whether_its_length_is_told_or_not(server: SandboxServer) -> None:
    url = f"{server.base_url}/a%20b?one=1&none=&one=2"
    told = ["POST", "/a b", {"one": "2", "none": ""}]

    assert requests.post(url, data=b"x" * 200_000, timeout=60).json() == [*told, "x" * 200_000]
    assert requests.post(url, data=iter([b"in ", b"pieces"]), timeout=60).json() == [*told, "in pieces"]
    assert len(requests.get(f"{server.base_url}/long?query={'q' * 60_000}", timeout=60).json()[2]["query"]) == 60_000


def test_a_head_has_the_length_of_the_body_and_none(server: SandboxServer) -> None:
    connection = _connect(server)
    for path in ("/orders", "/_sandbox/counters"):
        connection.request("HEAD", path)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert int(answer.headers["Content-Length"]) > 0
    connection.close()


def test_answers_are_dated_by_the_clock_of_the_fake(server: SandboxServer) -> None:
    server.clock.set(datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC))
    answer = requests.get(server.base_url, timeout=60)

    assert answer.headers["Date"] == "Sat, 31 Jan 2026 23:59:58 GMT"
    assert answer.headers["Server"] == "bridge-sandbox"


def test_headers_of_a_fault_leave_as_they_were_ordered(server: SandboxServer) -> None:
    order = {"kind": "throttle", "headers": {"Retry-After": 60, "X-Why": "the minute"}}
    requests.post(f"{server.base_url}/_sandbox/faults", json=order, timeout=60).raise_for_status()
    connection = _connect(server)
    connection.request("GET", "/orders")
    answer = connection.getresponse()
    answer.read()
    connection.close()

    assert answer.status == 429
    assert answer.getheaders()[-2:] == [("Retry-After", "60"), ("X-Why", "the minute")]


@pytest.mark.parametrize(("kind", "carried_out"), [("drop", 0), ("commit_then_drop", 1)])
def test_a_drop_is_a_reset_without_a_byte(server: SandboxServer, echo: Echo, kind: str, carried_out: int) -> None:
    """F01: nobody could take it for an answer that ended."""
    server.faults.order(kind)
    address = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=60) as connection:
        connection.sendall(b"POST /orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}")
        with pytest.raises(ConnectionResetError) as broken:
            connection.recv(1)

    assert broken.value.errno == errno.ECONNRESET
    assert echo.carried_out == carried_out
    assert requests.get(server.base_url, timeout=60).status_code == 200
    assert [(seen.status, seen.fault) for seen in server.log.all()] == [(0, kind), (200, "")]


def test_stopping_waits_for_no_client_and_ends_each(server: SandboxServer, echo: Echo) -> None:
    idle, hanging = _connect(server), _connect(server)
    _ask(idle)
    is_ending, waited = threading.Event(), list[bool]()
    echo.meanwhile = lambda: waited.append(is_ending.wait(60))
    hanging.request("GET", "/hangs")
    while echo.carried_out < 2:
        time.sleep(0.001)
    server.stop()
    assert not waited, "it waited for what a client had asked"
    is_ending.set()

    with pytest.raises(ConnectionError):
        hanging.getresponse()
    with pytest.raises(ConnectionError):
        _ask(idle)
    with pytest.raises(requests.ConnectionError):
        requests.get(server.base_url, timeout=60)
    hanging.close()
    idle.close()


def test_a_client_that_it_has_let_in_and_not_met_is_ended_too(echo: Echo) -> None:
    """Else its socket stays open until the collector finds it, which fails whatever test is running then."""
    for _ in range(30):
        with SandboxServer(echo) as server:
            host, port = server.base_url.removeprefix("http://").split(":")
            socket.create_connection((host, int(port)), timeout=60).close()
    gc.collect()


def test_a_vendor_may_stop_it_from_within_and_ask_it(server: SandboxServer, echo: Echo) -> None:
    told: list[object] = []
    echo.meanwhile = lambda: told.append(requests.get(f"{server.base_url}/_sandbox/counters", timeout=60).json())
    requests.get(server.base_url, timeout=60)
    echo.meanwhile = server.stop

    with pytest.raises(requests.ConnectionError):
        requests.get(server.base_url, timeout=60)
    assert told == [{"total": 0, "by_label": {}, "by_status": {}}]


def test_many_are_answered_at_once(server: SandboxServer, echo: Echo) -> None:
    together = threading.Barrier(12)
    echo.meanwhile = lambda: together.wait(60)
    with ThreadPoolExecutor(12) as clients:
        answers = list(clients.map(lambda number: requests.get(f"{server.base_url}/{number}", timeout=60), range(12)))

    assert [answer.json()[1] for answer in answers] == [f"/{number}" for number in range(12)]
    assert server.crashes == []


def test_a_vendor_that_fails_is_told_of_by_name_and_goes_on(server: SandboxServer, echo: Echo) -> None:
    echo.meanwhile = lambda: 1 / 0
    answer = requests.get(server.base_url, timeout=60)
    echo.is_nameless = True
    unnamed = requests.get(server.base_url, timeout=60)

    assert (answer.status_code, answer.json()["type"]) == (500, "ZeroDivisionError")
    assert (unnamed.status_code, unnamed.json()["type"]) == (500, "LookupError")
    assert server.crashes == ["ZeroDivisionError: division by zero", "LookupError: no name"]


def test_what_is_no_http_is_refused_and_kept_out_of_the_log(server: SandboxServer) -> None:
    address = server.base_url.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1])), timeout=60) as connection:
        connection.sendall(b"not HTTP at all\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
    assert server.log.all() == []
