"""Checks of sending and looking up several, of a sink that declares a ``batch_size``; of any other they say nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bridge.errors import BridgeError, InDoubtError, RejectedError
from bridge.model.vouchers import AccountRef, LedgerCopy, Voucher
from bridge.plugin import Absent, BatchingSink, LookUp, Outcome, Parcel, Present, Sought, Unknown
from bridge.testing.sinks.bench import SinkBench, header_key, shown
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail, none_of

_NOWHERE: Final = AccountRef("kit-nowhere", "", "An account that is not there")


class BatchingChecks(SinkBench):
    """Several at a time, each by itself."""

    def test_several_are_sent_each_with_its_own_echo(self) -> None:
        if self._has_batches():
            with self.ledger() as ledger:
                vouchers = self._several(ledger)
                none_of(_mistold(vouchers, _sent(ledger, vouchers)))
                none_of(_counted(ledger, len(vouchers)))

    def test_one_that_is_refused_spoils_no_other(self) -> None:
        if self._has_batches():
            with self.ledger() as ledger:
                first, bad, *others = self._several(ledger)
                none_of(_spoilt(_sent(ledger, [first, _on_no_account(bad), *others])))
                none_of(_counted(ledger, 1 + len(others)))

    def test_several_whose_answer_is_lost_are_in_doubt_and_then_found(self) -> None:
        if self._has_batches():
            with self.ledger() as ledger:
                vouchers = self._several(ledger)
                ledger.lose_the_next_answer()
                none_of(_undoubted(_sent(ledger, vouchers)))
                none_of(_mistold(vouchers, _found(ledger, vouchers)))
                none_of(_counted(ledger, len(vouchers)))

    def test_several_are_looked_up_in_their_order(self) -> None:
        if self._has_batches():
            with self.ledger() as ledger:
                never, *vouchers = self._several(ledger)
                _sent(ledger, vouchers)
                answer, *answers = _found(ledger, [never, *reversed(vouchers)])
                none_of(_mistold(vouchers[::-1], answers))
                none_of([] if answer == Absent() else [f"one that was never sent is {shown(answer)}; Absent is wanted"])

    def test_silence_is_unknown_for_each_of_several(self) -> None:
        if self._has_batches():
            with self.ledger() as ledger:
                vouchers = self._several(ledger)
                ledger.fall_silent()
                none_of(
                    f"the ledger does not answer, and look_up_batch says {shown(answer)}; Unknown is wanted"
                    for answer in _found(ledger, vouchers)
                    if not isinstance(answer, Unknown)
                )

    # Inside

    def _has_batches(self) -> bool:
        return self.offer().capabilities.batch_size > 1

    def _several(self, ledger: FakeLedger) -> list[Voucher]:
        """Three of one type, or two where a call carries no more."""
        facts, many = ledger.sink.facts(), min(3, self.offer().capabilities.batch_size)
        return [self.settled(ledger.sink, facts, group=f"kit {number}") for number in range(many)]


def _batching(ledger: FakeLedger) -> BatchingSink:
    sink = ledger.sink
    if not isinstance(sink, BatchingSink):
        fail("a batch_size is declared, and the sink has no send_batch or no look_up_batch")
    return sink


def _sent(ledger: FakeLedger, vouchers: Sequence[Voucher]) -> tuple[Outcome, ...]:
    """What became of each; where the call as a whole came to something, that."""
    try:
        return _batching(ledger).send_batch([Parcel(voucher, header_key(voucher)) for voucher in vouchers])
    except BridgeError as error:
        return (error,) * len(vouchers)


def _found(ledger: FakeLedger, vouchers: Sequence[Voucher]) -> tuple[LookUp, ...]:
    return _batching(ledger).look_up_batch([Sought(voucher) for voucher in vouchers])


def _on_no_account(voucher: Voucher) -> Voucher:
    first, *lines = voucher.lines
    return msgspec.structs.replace(voucher, lines=(msgspec.structs.replace(first, account=_NOWHERE), *lines))


def _mistold(vouchers: Sequence[Voucher], told: Sequence[Outcome | LookUp]) -> Iterator[str]:
    """Where what is told is not the object of the voucher in its place."""
    if len(told) != len(vouchers):
        yield f"{len(vouchers)} vouchers, and {len(told)} answers"
    for voucher, one in zip(vouchers, told, strict=False):
        copy = one.copy if isinstance(one, Present) else one
        if not isinstance(copy, LedgerCopy):
            yield f"{voucher.type} {voucher.key} was sent, and is told to be {shown(one)}"
        elif copy.key != voucher.key:
            yield f"in the place of {voucher.key} stands {copy.key}"


def _spoilt(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for number, outcome in enumerate(outcomes, start=1):
        wanted = RejectedError if number == 2 else LedgerCopy
        if not isinstance(outcome, wanted):
            yield f"the second posts to no account, and number {number} comes to {outcome!r}"


def _undoubted(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        if not isinstance(outcome, InDoubtError):
            yield f"the answer was lost, and one voucher comes to {outcome!r}; InDoubtError is wanted"


def _counted(ledger: FakeLedger, wanted: int) -> Iterator[str]:
    if ledger.count() != wanted:
        yield f"{wanted} objects should stand in the ledger, and {ledger.count()} do"
