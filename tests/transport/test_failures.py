"""What a lost call means: sent or not, done or not."""

import socket
from collections.abc import Callable

import pytest
import requests

from bridge.errors import BridgeError, InDoubtError, UnavailableError
from bridge.sandbox import FaultKind, SandboxServer
from bridge.transport import HostSession, ResponseTooLargeError, failure_of
from tests.transport.clock import PatientClock
from tests.transport.test_session import Vendor


def failure(call: Callable[[], object], *, is_write: bool) -> BridgeError:
    with pytest.raises(requests.RequestException) as met:
        call()
    return failure_of(met.value, thing="voucher A", is_write=is_write)


def door(*hosts: str) -> HostSession:
    return HostSession(frozenset({"127.0.0.1", *hosts}), PatientClock(), read_seconds=0.05, max_response_bytes=1)


def test_nobody_listening_is_provably_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/x?token=hush"
        error = failure(lambda: door().post(url, data=b"x"), is_write=True)

    assert type(error) is UnavailableError
    assert "nothing was sent" in str(error)
    assert "hush" not in str(error)


def test_a_name_that_does_not_resolve_is_provably_not_sent() -> None:
    error = failure(lambda: door("nobody.invalid").post("https://nobody.invalid/x"), is_write=True)

    assert type(error) is UnavailableError


@pytest.mark.parametrize(
    "fault", [FaultKind.DROP, FaultKind.COMMIT_THEN_DROP, FaultKind.COMMIT_THEN_DELAY, FaultKind.ANSWER]
)
def test_once_it_may_have_left_a_write_is_in_doubt_and_a_read_is_not(fault: FaultKind) -> None:
    """F01, F07."""
    with SandboxServer(Vendor()) as server:
        server.faults.order(fault, times=2, seconds=0.12 if "DELAY" in fault.name else 0, body="much too long")
        written = failure(lambda: door().post(f"{server.base_url}/x", data=b"x"), is_write=True)
        read = failure(lambda: door().get(f"{server.base_url}/x"), is_write=False)

    assert (type(written), type(read)) == (InDoubtError, UnavailableError)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (requests.ReadTimeout(), "no answer in time"),
        (requests.ConnectionError("reset"), "the connection broke"),
        (ResponseTooLargeError(), "an answer too large"),
    ],
)
def test_the_cause_is_said_in_words(error: requests.RequestException, words: str) -> None:
    assert words in str(failure_of(error, thing="voucher A", is_write=True))


def test_a_failure_that_is_its_own_cause_still_ends() -> None:
    error = requests.ConnectionError()
    error.args = (error,)

    assert type(failure_of(error, thing="voucher A", is_write=True)) is InDoubtError
