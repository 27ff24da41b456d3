"""Checks of sending: once, whatever happens to the answer, and every refusal as the error the contract names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    InDoubtError,
    RateLimitedError,
    RejectedError,
)
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Present, Sink
from bridge.testing.plugin import needs
from bridge.testing.sinks.bench import SinkBench, header_key, said_otherwise, shown
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import none_of, that

SHARED = ("period.", "account.", "rate.", "tax.", "contact.")
_PATIENCE_SECONDS = 17


class SendingChecks(SinkBench):
    """Each voucher, there once."""

    def test_what_is_sent_is_there_as_it_was_sent(self) -> None:
        with self.ledger() as ledger:
            none_of(self._not_there(ledger))

    @needs("replays")
    def test_the_same_header_key_makes_one_object(self) -> None:
        with self.ledger() as ledger:
            voucher = self.settled(ledger.sink, ledger.sink.facts())
            answers = [_tried(ledger.sink, voucher, header_key(voucher)) for _ in range(2)]
            none_of(fault for got in answers for fault in _wrong(got, LedgerCopy))
            none_of(_not_one(ledger, {got.ref for got in answers if isinstance(got, LedgerCopy)}))

    def test_a_number_that_is_taken_is_not_taken_again(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            voucher = self.settled(ledger.sink, facts)
            refs = {ledger.sink.send(voucher, header_key(voucher)).ref}
            if facts.has_unique_numbers and voucher.number:
                got = _tried(ledger.sink, voucher, header_key(voucher, 1))
                refs |= {got.ref} if isinstance(got, LedgerCopy) else set()
                none_of(_wrong(got, LedgerCopy, ConflictError, RejectedError, InDoubtError))
                none_of(_not_one(ledger, refs))

    def test_a_lost_answer_is_in_doubt_and_then_found_once(self) -> None:
        with self.ledger() as ledger:
            voucher = self.settled(ledger.sink, ledger.sink.facts())
            ledger.lose_the_next_answer()
            none_of(_wrong(_tried(ledger.sink, voucher, header_key(voucher)), InDoubtError))
            found = ledger.sink.look_up(voucher)
            that(isinstance(found, Present), f"it was carried out, and look_up says {shown(found)}")
            none_of(_not_one(ledger, set()))

    def test_a_refusal_is_rejected_with_a_code_of_the_plugins(self) -> None:
        with self.ledger() as ledger:
            got = self._struck(ledger, ledger.refuse_the_next_write)
            none_of(_wrong(got, RejectedError))
            none_of(self._strange_code(got))
            none_of(_written(ledger))

    def test_a_throttle_says_how_long_to_wait(self) -> None:
        with self.ledger() as ledger:
            got = self._struck(ledger, lambda: ledger.throttle_the_next_write(_PATIENCE_SECONDS))
            none_of(_wrong(got, RateLimitedError))
            waits = got.retry_after_seconds if isinstance(got, RateLimitedError) else 0
            that(waits == _PATIENCE_SECONDS, f"the ledger asks for {_PATIENCE_SECONDS} s, the error says {waits}")
            none_of(_written(ledger))

    def test_a_revoked_connection_needs_a_person(self) -> None:
        with self.ledger() as ledger:
            none_of(_wrong(self._struck(ledger, ledger.revoke), AuthorizationError))
            try:
                got: object = ledger.sink.facts()
            except BridgeError as error:
                got = error
            none_of(_wrong(got, AuthorizationError))
            none_of(_written(ledger))

    # Inside

    def _not_there(self, ledger: FakeLedger) -> Iterator[str]:
        """Send a voucher of every purpose and compare the echo, then what a look-up finds."""
        sent = 0
        for one in self.planned(ledger.sink, ledger.sink.facts()):
            refs: dict[str, str] = {}
            for voucher, copy in self.sent(ledger.sink, one):
                sent += 1
                yield from (f"{one.entry.narration}: {fault}" for fault in said_otherwise(voucher, copy))
                refs[voucher.voucher_id] = copy.ref
                found = ledger.sink.look_up(voucher, refs)
                if not isinstance(found, Present):
                    yield f"{one.entry.narration}: {voucher.type} was sent, and look_up says {shown(found)}"
                elif found.copy.ref != copy.ref or found.copy.lines_hash != copy.lines_hash:
                    yield f"{one.entry.narration}: look_up finds another object than the echo of {voucher.type}"
        if ledger.count() != sent:
            yield f"{sent} vouchers were sent, and {ledger.count()} objects stand in the ledger"

    def _struck(self, ledger: FakeLedger, strike: Callable[[], None]) -> object:
        """What sending comes to after the world did something."""
        voucher = self.settled(ledger.sink, ledger.sink.facts())
        strike()
        return _tried(ledger.sink, voucher, header_key(voucher))

    def _strange_code(self, got: object) -> Iterator[str]:
        if isinstance(got, BridgeError) and not got.code.startswith((f"{self.offer().name}.", *SHARED)):
            yield f"the refusal has the code {got.code!r}; one that begins with {self.offer().name!r} is wanted"


def _tried(sink: Sink, voucher: Voucher, key: str) -> object:
    try:
        return sink.send(voucher, key)
    except Exception as error:  # noqa: BLE001 - whatever comes out of a plugin is what is judged here
        return error


def _wrong(got: object, *wanted: type) -> Iterator[str]:
    if not isinstance(got, wanted):
        names = " or ".join(kind.__name__ for kind in wanted)
        yield f"{type(got).__name__} ({got}) came out, {names} is wanted"


def _not_one(ledger: FakeLedger, refs: set[str]) -> Iterator[str]:
    if ledger.count() != 1 or len(refs) > 1:
        yield f"one voucher, and {ledger.count()} objects stand in the ledger; refs told: {sorted(refs)}"


def _written(ledger: FakeLedger) -> Iterator[str]:
    if ledger.count():
        yield f"nothing was to be written, and {ledger.count()} object(s) stand in the ledger"
