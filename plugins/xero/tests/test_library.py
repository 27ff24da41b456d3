"""What the library under the client would do left to itself, and that it cannot hurt us."""

import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
import responses

from bridge.errors import (
    InDoubtError,
    RateLimitedError,
)
from bridge_xero.parse import ledger_copy
from plugins.xero.tests.calls import CHART, HERE, ID, INVOICE, client, create, refused
from plugins.xero.tests.organisation import PatientClock


@contextmanager
def peer(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """A server on loopback that reads each request whole, then drops the connection, or answers, or (None) waits."""
    seen: list[bytes] = []
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def serve() -> None:
            while not done.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                with connection:
                    seen.append(connection.recv(65536))
                    if answer is None:
                        done.wait(2)
                    elif answer:
                        connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
        finally:
            done.set()
            thread.join()


def test_a_create_whose_answer_is_lost_reaches_xero_once() -> None:
    """F01: the library's pool sends a PUT four times when the connection breaks after the commit."""
    with peer(b"") as (url, seen):
        error = refused(client(api_url=url))

    assert type(error) is InDoubtError
    assert error.code == "in_doubt"
    assert len(seen) == 1
    assert seen[0].startswith(b"PUT /api.xro/2.0/Invoices?summarizeErrors=false ")


def test_time_outs_of_a_fraction_of_a_second_hold() -> None:
    """The library ignores a time-out that is a float, and has none of its own."""
    with peer(None) as (url, seen):
        error = refused(client(api_url=url, read_seconds=0.1))

    assert "no answer in time" in error.cause
    assert len(seen) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_nobody_sleeps_inside_a_call_because_xero_asks_for_patience(net: responses.RequestsMock, status: int) -> None:
    """F44: the library's pool would sleep six hours, three times over, and send the create again each time."""
    net.put(f"{HERE}/Invoices", status=status, headers={"Retry-After": "21600"}, json={"Title": "wait"})
    clock = PatientClock()

    error = refused(client(clock=clock))

    assert clock.waits == []
    assert len(net.calls) == 1
    if isinstance(error, RateLimitedError):
        assert error.retry_after_seconds == 21600
    else:
        assert error.code == "xero.stored_failure"


def test_two_organisations_never_share_a_token_or_a_place(net: responses.RequestsMock) -> None:
    """F45: the library's configuration is one object for the process; a second client signs in as the first."""
    net.get(f"{HERE}/Invoices/{ID}", json={"Invoices": [INVOICE]})
    first, second = client("one"), client("two")

    for by in (first, second, first):
        by.get("Invoice", ID)

    told = [(call.request.headers["xero-tenant-id"], call.request.headers["Authorization"]) for call in net.calls]
    assert told == [("one", "Bearer token-of-one"), ("two", "Bearer token-of-two"), ("one", "Bearer token-of-one")]


def test_the_token_is_asked_for_anew_by_every_call_even_from_many_threads(net: responses.RequestsMock) -> None:
    """F42: the library keeps one token object, changes it on every call without a lock, and refreshes it itself."""
    net.get(f"{HERE}/Invoices/{ID}", json={"Invoices": [INVOICE]})
    clients = [client(f"t{number}") for number in range(4)]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: clients[number % 4].get("Invoice", ID), range(40)))

    told = {(call.request.headers["xero-tenant-id"], call.request.headers["Authorization"]) for call in net.calls}
    assert told == {(f"t{number}", f"Bearer token-of-t{number}") for number in range(4)}
    assert len(net.calls) == 40


def test_debug_switches_and_log_levels_of_the_process_stay_as_they_are(
    net: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library's configuration turns http.client's debug output on or off for everybody."""
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 7)
    logger = logging.getLogger("xero_python")
    monkeypatch.setattr(logger, "level", logging.CRITICAL)
    net.put(f"{HERE}/Invoices", json={"Invoices": [INVOICE]})

    create()

    assert http.client.HTTPConnection.debuglevel == 7
    assert logger.level == logging.CRITICAL


@pytest.mark.parametrize(
    "odd",
    [
        {"Status": "ASTONISHING"},
        {"CurrencyCode": "GBP", "LineAmountTypes": "Sideways", "Type": "ACCRECFUTURE"},
        {"Date": None},
        {"Reference": None, "InvoiceNumber": None, "UpdatedDateUTC": None, "LineItems": None, "Contact": None},
        {"NewField": {"deep": [None]}, "HasErrors": None, "DueDate": "no day"},
    ],
)
def test_a_create_that_succeeded_is_never_told_as_a_failure(net: responses.RequestsMock, odd: dict[str, Any]) -> None:
    """F01: the library raises ValueError on a word it does not know, or a null date, after the write succeeded."""
    net.put(f"{HERE}/Invoices", json={"Invoices": [INVOICE | odd]})

    copy = ledger_copy("Invoice", create(), CHART)

    assert copy.ref == ID
    assert not copy.is_voided
    assert "None" not in (copy.number, copy.memo, copy.version, copy.changed_at)


def test_numbers_arrive_exactly(net: responses.RequestsMock) -> None:
    """F29."""
    net.get(f"{HERE}/Invoices/{ID}", body=b'{"Invoices": [{"InvoiceID": "x", "Total": 12345678901234567.89, "n": 1}]}')

    found = client().get("Invoice", ID)

    assert found == {"InvoiceID": "x", "Total": Decimal("12345678901234567.89"), "n": Decimal(1)}
    assert type(found["n"]) is Decimal


def test_a_refusal_that_is_a_page_is_taken_for_what_it_is(net: responses.RequestsMock) -> None:
    """The library raises JSONDecodeError when its error is looked at."""
    net.put(f"{HERE}/Invoices", status=400, body="<html>Bad Request</html>", content_type="text/html")

    error = refused()

    assert type(error) is InDoubtError
    assert error.code == "in_doubt"
