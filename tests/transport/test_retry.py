"""Repeating reads: what is tried again, how long is waited, and what never is."""

import pytest

from bridge.errors import AuthorizationError, BridgeError, InDoubtError, RateLimitedError, UnavailableError
from bridge.transport import safely
from tests.transport.clock import PatientClock


class Reads:
    """Raises what it is given, one after another, then answers."""

    def __init__(self, *errors: BridgeError) -> None:
        self.errors, self.calls = list(errors), 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


DOWN = UnavailableError("books", "503")


def test_a_read_is_tried_again_with_longer_waits() -> None:
    clock, reads = PatientClock(), Reads(DOWN, DOWN, DOWN)

    assert safely(reads, clock=clock) == "answer"
    assert clock.waits == [1, 2, 4]


def test_the_last_error_is_passed_on_as_it_is() -> None:
    last = UnavailableError("books", "still 503")
    clock, reads = PatientClock(), Reads(DOWN, DOWN, DOWN, last)

    with pytest.raises(UnavailableError) as met:
        safely(reads, clock=clock)

    assert met.value is last
    assert reads.calls == 4


def test_the_wait_that_was_asked_for_is_kept() -> None:
    """F44."""
    clock = PatientClock()

    safely(Reads(RateLimitedError("books", retry_after_seconds=60), DOWN), clock=clock)

    assert clock.waits == [60, 2]


def test_a_wait_too_long_is_not_begun() -> None:
    """F43's kin: a day limit must not hold a worker for hours."""
    clock, reads = PatientClock(), Reads(RateLimitedError("books", retry_after_seconds=21_600))

    with pytest.raises(RateLimitedError):
        safely(reads, clock=clock)

    assert (clock.waits, reads.calls) == ([], 1)


@pytest.mark.parametrize("error", [InDoubtError("a write", "lost"), AuthorizationError("books", "no", "Connect")])
def test_what_is_not_transient_is_never_repeated(error: BridgeError) -> None:
    """F01."""
    reads = Reads(error)

    with pytest.raises(type(error)):
        safely(reads, clock=PatientClock())

    assert reads.calls == 1
