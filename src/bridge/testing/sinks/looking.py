"""Checks of looking: there, gone, never there and unknown are four answers, and none passes for another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from bridge.errors import BridgeError, RateLimitedError, UnavailableError
from bridge.model.entries import Purpose
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, Observation, Present, Sink, Unknown
from bridge.testing.sinks.bench import SinkBench, header_key, read_all, shown
from bridge.testing.sinks.entries import BANK, CLEARING, DAY
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import none_of, that

_STRANGE = 4321


class LookingChecks(SinkBench):
    """What is read back."""

    def test_what_was_never_sent_is_absent(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            sent, never = (self.settled(ledger.sink, facts, group=group) for group in ("kit 1", "kit 2"))
            ledger.sink.send(sent, header_key(sent))
            found = ledger.sink.look_up(never)
            none_of(_not(found, Absent(), "a voucher that was never sent"))

    def test_what_was_deleted_is_told_as_deleted(self) -> None:
        with self.ledger() as ledger:
            none_of(self._deleted(ledger))

    def test_read_back_answers_each_ref_in_order(self) -> None:
        with self.ledger() as ledger:
            none_of(self._read_back(ledger))

    def test_silence_is_unknown_and_never_absent(self) -> None:
        with self.ledger() as ledger:
            none_of(self._silent(ledger))

    def test_an_observation_shows_ours_and_strangers(self) -> None:
        with self.ledger() as ledger:
            none_of(self._unseen(ledger))

    def test_every_type_that_is_written_is_observed(self) -> None:
        with self.ledger() as ledger:
            sent = self._all_sent(ledger.sink)
            seen = {(copy.type, copy.ref) for copy in _observed(ledger.sink)}
            none_of(
                f"a {copy.type} that was sent is not among what is observed, asked for no account and no contact"
                for copy in sent
                if (copy.type, copy.ref) not in seen
            )

    def test_marks_are_told_alike(self) -> None:
        with self.ledger() as ledger:
            sent = self._all_sent(ledger.sink)
            listed = {(copy.type, copy.ref): copy for copy in _observed(ledger.sink)}
            answers = zip(sent, ledger.sink.read_back([(copy.type, copy.ref) for copy in sent]), strict=True)
            read = {(one.type, one.ref): state.copy for one, (_, state) in answers if isinstance(state, Present)}
            none_of(fault for copy in sent for fault in _marked_otherwise(copy, observed=listed, read_back=read))

    def test_an_observation_that_is_not_answered_ends_in_an_error(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            accounts = frozenset({self.account(facts, CLEARING).ledger_id})
            ledger.fall_silent()
            try:
                pages: object = list(ledger.sink.observe(Observation(DAY, DAY, accounts)))
            except BridgeError as error:
                pages = error
            that(
                isinstance(pages, UnavailableError | RateLimitedError),
                f"the ledger does not answer, and observe gives {pages!r}; an UnavailableError is wanted",
            )

    def test_the_same_amount_by_other_hands_is_seen(self) -> None:
        with self.ledger() as ledger:
            none_of(self._twin_unseen(ledger))

    # Inside

    def _all_sent(self, sink: Sink) -> list[LedgerCopy]:
        """The echoes of a voucher of every purpose."""
        facts = sink.facts()
        return [copy for one in self.planned(sink, facts) for _, copy in self.sent(sink, one)]

    def _deleted(self, ledger: FakeLedger) -> Iterator[str]:
        voucher = self.settled(ledger.sink, ledger.sink.facts())
        copy = ledger.sink.send(voucher, header_key(voucher))
        ledger.delete(copy.type, copy.ref)
        for _, state in ledger.sink.read_back([(copy.type, copy.ref)]):
            yield from _not(state, Absent(deleted=True), "read_back of what was deleted")
        found = ledger.sink.look_up(voucher)
        if not isinstance(found, Absent):
            yield f"look_up of what was deleted gives {shown(found)}; Absent is wanted"

    def _read_back(self, ledger: FakeLedger) -> Iterator[str]:
        facts = ledger.sink.facts()
        copies = [self._send_one(ledger.sink, self.settled(ledger.sink, facts, group=f"kit {n}")) for n in range(3)]
        refs = [(copy.type, copy.ref) for copy in (copies[2], copies[0], copies[1])]
        answers = list(ledger.sink.read_back(refs))
        if [ref for ref, _ in answers] != [ref for _, ref in refs]:
            yield f"asked for {[ref for _, ref in refs]}, read_back answers for {[ref for ref, _ in answers]}"
        wanted = {copy.ref: copy.lines_hash for copy in copies}
        for ref, state in answers:
            if not isinstance(state, Present) or state.copy.lines_hash != wanted.get(ref):
                yield f"read_back of {ref} gives {shown(state)}; it stands there as it was sent"

    def _silent(self, ledger: FakeLedger) -> Iterator[str]:
        voucher = self.settled(ledger.sink, ledger.sink.facts())
        copy = self._send_one(ledger.sink, voucher)
        ledger.fall_silent()
        answers = [("look_up", ledger.sink.look_up(voucher))]
        answers += [("read_back", state) for _, state in ledger.sink.read_back([(copy.type, copy.ref)])]
        for name, state in answers:
            if not isinstance(state, Unknown) or not state.cause:
                yield f"the ledger does not answer, and {name} says {shown(state)}; Unknown with its cause is wanted"

    def _unseen(self, ledger: FakeLedger) -> Iterator[str]:
        facts = ledger.sink.facts()
        voucher = self.settled(ledger.sink, facts)
        copy = self._send_one(ledger.sink, voucher)
        bank, clearing = (self.account(facts, number).ledger_id for number in (BANK, CLEARING))
        ledger.add_foreign(DAY, bank, clearing, _STRANGE)
        wanted = Observation(DAY - timedelta(days=1), DAY + timedelta(days=1), frozenset({clearing}))
        seen = read_all(ledger.sink, wanted)
        if not any((each.type, each.ref, each.lines_hash) == (copy.type, copy.ref, copy.lines_hash) for each in seen):
            yield "the voucher that was sent is not among what is observed"
        if not any(_moves(each, clearing, -_STRANGE) for each in seen):
            yield "a stranger's object on the account that is watched is not among what is observed"

    def _twin_unseen(self, ledger: FakeLedger) -> Iterator[str]:
        facts = ledger.sink.facts()
        for one in self.planned(ledger.sink, facts):
            if one.entry.purpose is not Purpose.BANK:
                continue
            for voucher in one.vouchers:
                if voucher.same_amount_days and (found := ledger.sink.same_amount(voucher)):
                    yield f"nobody booked anything, and same_amount finds {shown(found)}"
                self._book_twin(ledger, voucher, voucher.dated_on)
                if voucher.same_amount_days and not ledger.sink.same_amount(voucher):
                    yield "somebody booked the same payout, and same_amount finds nothing"

    def _book_twin(self, ledger: FakeLedger, voucher: Voucher, on: date) -> None:
        debit = next(line.account.ledger_id for line in voucher.lines if line.amount_minor > 0)
        credit = next(line.account.ledger_id for line in voucher.lines if line.amount_minor < 0)
        ledger.add_foreign(on, debit, credit, voucher.total_minor)

    def _send_one(self, sink: Sink, voucher: Voucher) -> LedgerCopy:
        return sink.send(voucher, header_key(voucher))


def _observed(sink: Sink) -> list[LedgerCopy]:
    """What is observed around the day of all that the kit sends, though no account is asked for."""
    return read_all(sink, Observation(DAY - timedelta(days=1), DAY + timedelta(days=1), frozenset()))


def _marked_otherwise(echo: LedgerCopy, **told: Mapping[tuple[str, str], LedgerCopy]) -> Iterator[str]:
    """Where what is told of an object's marks later is not what its echo told; that it is told at all, others ask."""
    for how, copies in told.items():
        copy = copies.get((echo.type, echo.ref), echo)
        if copy.marks_hash != echo.marks_hash:
            yield f"{echo.type}: its echo is marked {_marks(echo)}, and {how} says {_marks(copy)}"


def _marks(copy: LedgerCopy) -> str:
    every = {*copy.marks, *(mark for line in copy.lines for mark in line.marks)}
    return ", ".join(f"{mark.kind} {mark.value}" for mark in sorted(every)) or "with nothing"


def _moves(copy: LedgerCopy, account: str, amount_minor: int) -> bool:
    return sum(line.amount_minor for line in copy.lines if line.account_id == account) == amount_minor


def _not(found: object, wanted: object, what: str) -> Iterator[str]:
    if found != wanted:
        yield f"{what} gives {shown(found)}; {wanted} is wanted"
