"""A sink as the rest of bridge meets it: each call and each page through the guard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

import msgspec

from bridge.errors import BridgeError, PluginError
from bridge.host.guard import Guard
from bridge.host.sending import Gate, through
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    BatchingSink,
    Changes,
    ChangingSink,
    CreatingSink,
    DayOfCurrency,
    LookUp,
    Made,
    Master,
    Observation,
    Outcome,
    Parcel,
    PlanRequest,
    Present,
    RatedSink,
    Sink,
    Sought,
    SummingSink,
    UndoingSink,
    Unknown,
    Unread,
)
from bridge.plugin.wording import one_line

_Rate = Annotated[str, msgspec.Meta(pattern=r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,12})?$")]
T = TypeVar("T")
_ANSWERS: Final[tuple[type[LookUp], ...]] = (Present, Absent, Unknown)
_CHANGES: Final[tuple[type[Changes | Unread | Unknown], ...]] = (Changes, Unread, Unknown)


class GuardedSink:
    """A sink whose every outcome is one the contract names.

    settle_seconds: how long after a send a look-up may still miss what was committed, on this connection.
    types: that it declares to write. gate: before whatever it writes.
    """

    def __init__(self, sink: Sink, guard: Guard, types: Collection[str], gate: Gate = lambda: None) -> None:
        self._sink, self._guard, self._types, self._gate = sink, guard, types, gate

    @property
    def settle_seconds(self) -> int:
        return self._guard.one("settle_seconds", self._read_settle_seconds(), int)

    def facts(self) -> LedgerFacts:
        return _on_one_line(self._guard.one("facts", self._guard.call("facts", self._sink.facts), LedgerFacts))

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        planned = self._guard.call("plan", lambda: self._sink.plan(request), is_pure=True)
        return self._guard.each("plan", planned, Voucher)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return self._guard.one(
            "render", self._guard.call("render", lambda: self._sink.render(voucher, refs), is_pure=True), bytes
        )

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        """As the contract says; a PluginError leaves open whether the voucher arrived."""
        echo = self._write("send", lambda: self._sink.send(voucher, header_key, refs))
        return self._guard.one("send", echo, LedgerCopy)

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        given = self._guard.call("look_up", lambda: self._sink.look_up(voucher, refs))
        return self._guard.one("look_up", given, *_ANSWERS)

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """As the contract says; of a sink that sends one by one, one parcel, and what befalls it is raised.

        An outcome that the contract does not name is a PluginError of that parcel alone; a PluginError that is raised
        leaves open whether any of them arrived.
        """
        sink = self._sink
        if not isinstance(sink, BatchingSink):
            (parcel,) = parcels
            return (self.send(parcel.voucher, parcel.header_key, parcel.refs),)
        given = self._write("send_batch", lambda: sink.send_batch(parcels))
        return tuple(self._outcome(one) for one in self._as_many("send_batch", given, len(parcels)))

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        """As the contract says; a sink that looks up one by one is asked for one after another."""
        sink = self._sink
        if not isinstance(sink, BatchingSink):
            return tuple(self.look_up(one.voucher, one.refs) for one in sought)
        given = self._guard.call("look_up_batch", lambda: sink.look_up_batch(sought))
        many = self._as_many("look_up_batch", given, len(sought))
        return tuple(self._guard.one("look_up_batch", answer, *_ANSWERS) for answer in many)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        found = self._guard.call("same_amount", lambda: self._sink.same_amount(voucher))
        return self._guard.each("same_amount", found, LedgerCopy)

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        for page in self._guard.pages("observe", lambda: self._sink.observe(wanted)):
            if isinstance(page, Unread):
                yield self._unread("observe", self._guard.one("observe", page, Unread))
            else:
                yield self._guard.each("observe", page, LedgerCopy)

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        sink = self._changing("changes")
        for given in self._guard.pages("changes", lambda: sink.changes(since)):
            page: Changes | Unread | Unknown = self._guard.one("changes", given, *_CHANGES)
            yield self._unread("changes", page) if isinstance(page, Unread) else page

    def standing(self) -> LedgerFacts:
        sink = self._changing("standing")
        return _on_one_line(self._guard.one("standing", self._guard.call("standing", sink.standing), LedgerFacts))

    def create(self, master: Master) -> Made:
        sink = self._sink
        if not isinstance(sink, CreatingSink):
            raise self._guard.broken("create", "is not there, though what it creates is declared")
        return self._guard.one("create", self._write("create", lambda: sink.create(master)), Made)

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        """As the contract says: exactly one answer for each ref, in order."""
        asked = iter(refs)
        for given in self._guard.pages("read_back", lambda: self._sink.read_back(refs)):
            _, ref = next(asked, ("", None))
            pair: object = given
            if not isinstance(pair, tuple) or len(pair) != 2 or pair[0] != ref:
                raise self._guard.broken("read_back", "did not answer for the refs in the order they were asked for")
            yield pair[0], self._guard.one("read_back", pair[1], *_ANSWERS)
        if next(asked, None) is not None:
            raise self._guard.broken("read_back", "left a ref without an answer")

    def rates(self, wanted: Sequence[DayOfCurrency]) -> Mapping[DayOfCurrency, str]:
        """As the contract says; of a sink that is no RatedSink none."""
        sink = self._sink
        if not isinstance(sink, RatedSink):
            return {}
        promised: object = self._guard.call("rates", lambda: sink.rates(wanted))
        try:
            told = msgspec.convert(promised, dict[DayOfCurrency, _Rate])
        except msgspec.ValidationError:
            raise self._guard.broken(
                "rates", "gave something else than rates above nought by currency and day"
            ) from None
        if not told.keys() <= {*wanted}:
            raise self._guard.broken("rates", "gave a rate that nobody asked for")
        return told

    def hindrance(self, kind: str, ref: str, beside: frozenset[str]) -> tuple[LookUp, str]:
        sink = self._undoing()
        given: object = self._guard.call("hindrance", lambda: sink.hindrance(kind, ref, beside))
        if not isinstance(given, tuple) or len(given) != 2:
            raise self._guard.broken("hindrance", "did not answer with what it found and a phrase")
        return self._guard.one("hindrance", given[0], *_ANSWERS), self._guard.one("hindrance", given[1], str)

    def undo(self, kind: str, copy: LedgerCopy) -> None:
        """As the contract says; a PluginError leaves open whether it was done."""
        sink = self._undoing()
        self._write("undo", lambda: sink.undo(kind, copy))

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        sink = self._summing()
        return self._guard.each("balances_on", self._guard.call("balances_on", lambda: sink.balances_on(on)), LedgerSum)

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        sink = self._summing()
        found = self._guard.call("profit_and_loss", lambda: sink.profit_and_loss(since, until))
        return self._guard.each("profit_and_loss", found, LedgerSum)

    def _write(self, name: str, work: Callable[[], T]) -> T:
        """The only way of a call that writes. Raises: PausedError where somebody stopped it; as ``Guard.call``."""
        self._gate()
        return self._guard.call(name, lambda: through(self._gate, work))

    def _summing(self) -> SummingSink:
        sink = self._sink
        if not isinstance(sink, SummingSink):
            raise self._guard.broken("balances_on", "is not there, though tells_sums is declared")
        return sink

    def _unread(self, name: str, unread: Unread) -> Unread:
        """What the sink writes it must read: else nothing says whether that still stands there."""
        if unread.kind in self._types:
            raise self._guard.broken(name, f"left {unread.kind} unread, which it writes")
        return unread

    def _undoing(self) -> UndoingSink:
        sink = self._sink
        if not isinstance(sink, UndoingSink):
            raise self._guard.broken("undo", "is not there, though undoes is declared")
        return sink

    def _outcome(self, given: object) -> Outcome:
        if isinstance(given, BridgeError):
            return given
        try:
            return self._guard.one("send_batch", given, LedgerCopy)
        except PluginError as broken:
            return broken

    def _as_many(self, name: str, given: object, many: int) -> tuple[object, ...]:
        if not isinstance(given, tuple) or len(given) != many:
            raise self._guard.broken(name, f"did not answer for each of {many} in a tuple")
        return given

    def _changing(self, name: str) -> ChangingSink:
        sink = self._sink
        if not isinstance(sink, ChangingSink):
            raise self._guard.broken(name, "is not there, though feed_days are declared")
        return sink

    def _read_settle_seconds(self) -> object:
        return self._guard.call("settle_seconds", lambda: self._sink.settle_seconds, is_pure=True)


def _on_one_line(facts: LedgerFacts) -> LedgerFacts:
    """A company may be called anything: with the end of a line in it, it would say lines of its own to people."""
    return msgspec.structs.replace(facts, company=one_line(facts.company))
