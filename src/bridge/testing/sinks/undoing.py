"""Checks of taking out again what was sent, for a sink that declares ``undoes``; of any other they say nothing."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.errors import RejectedError
from bridge.plugin import Absent, Present, UndoingSink
from bridge.testing.sinks.bench import SinkBench, shown
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail, none_of, that


class UndoingChecks(SinkBench):
    """What is sent can be taken out, and what was edited meanwhile stays."""

    def test_what_is_undone_is_out_of_the_ledger_and_twice_does_no_harm(self) -> None:
        if self._undoes():
            with self.ledger() as ledger:
                none_of(self._left_over(ledger))

    def test_what_was_edited_meanwhile_is_kept(self) -> None:
        if self._undoes():
            with self.ledger() as ledger:
                voucher = self.settled(ledger.sink, ledger.sink.facts())
                copy = ledger.sink.send(voucher, f"{voucher.key}-0")
                ledger.edit(copy.type, copy.ref)
                try:
                    _undoing(ledger).undo(copy.type, copy)
                except RejectedError:
                    return
                fail(f"a {copy.type} that was edited after the copy was made is taken out without a word")

    # Inside

    def _undoes(self) -> dict[str, str]:
        return dict(self.offer().capabilities.undoes)

    def _left_over(self, ledger: FakeLedger) -> Iterator[str]:
        """Of every entry its vouchers, the last first."""
        sink, ways = _undoing(ledger), self._undoes()
        for one in self.planned(sink, sink.facts()):
            copies = [copy for _, copy in self.sent(sink, one)]
            refs = frozenset(copy.ref for copy in copies)
            for copy in reversed(copies):
                if copy.type not in ways:
                    yield f"{copy.type} is written, and undoes does not name it"
                    continue
                state, hindrance = sink.hindrance(copy.type, copy.ref, refs)
                that(
                    isinstance(state, Present) and not hindrance, f"{copy.type} cannot go: {hindrance or shown(state)}"
                )
                assert isinstance(state, Present)
                for _ in range(2):
                    sink.undo(copy.type, state.copy)
                ((_, left),) = sink.read_back([(copy.type, copy.ref)])
                if not isinstance(left, Absent) and not (isinstance(left, Present) and left.copy.is_voided):
                    yield f"{copy.type} was taken out, and read_back says {shown(left)}"


def _undoing(ledger: FakeLedger) -> UndoingSink:
    sink = ledger.sink
    if not isinstance(sink, UndoingSink):
        fail("undoes is declared, and the sink has no hindrance and undo")
    return sink
