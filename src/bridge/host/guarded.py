"""Sources and sinks as the rest of bridge meets them: each call and each page through the guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from bridge.host.guard import Guard
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import (
    NO_REFS,
    Absent,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePart,
    LookUp,
    Observation,
    OrderSource,
    PlanRequest,
    Present,
    Sink,
    Source,
    SourceFile,
    StandIn,
    Unknown,
)

_TOGETHER: Final = 100
_PARTS: Final[tuple[type[FilePart], ...]] = (DocumentStart, DocumentLines, DocumentEnd, DocumentCheck, FileNotes)
_ANSWERS: Final[tuple[type[LookUp], ...]] = (Present, Absent, Unknown)


class GuardedSource:
    """A source of which only documents come out that start and end; what their lines say is for ingest to check."""

    def __init__(self, source: Source, guard: Guard) -> None:
        self._source, self._guard = source, guard

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        return self._parts("read_file", lambda: self._source.read_file(file))

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        source = self._source
        if not isinstance(source, OrderSource):
            raise self._guard.broken("read_order", "is not there, though joins_orders is declared")
        return self._parts("read_order", lambda: source.read_order(order_id, payloads, stand_in))

    def _parts(self, name: str, work: Callable[[], Iterator[FilePart]]) -> Iterator[FilePart]:
        guard, is_open = self._guard, False
        for given in guard.pages(name, work, together=_TOGETHER):
            part: FilePart = guard.one(name, given, *_PARTS)
            if isinstance(part, DocumentStart | DocumentCheck | FileNotes) is is_open:
                raise guard.broken(name, f"gave a {type(part).__name__} out of turn")
            is_open = not isinstance(part, DocumentEnd | DocumentCheck | FileNotes)
            if isinstance(part, DocumentStart):
                self._check_start(name, part)
            yield part
        if is_open:
            raise guard.broken(name, "did not end its last document")

    def _check_start(self, name: str, start: DocumentStart) -> None:
        if any(at.tzinfo is None for at in (start.opened_at, start.closed_at, start.pays_at) if at is not None):
            raise self._guard.broken(name, f"gave document {start.external_id!r} an instant without a zone")
        if not start.external_id:
            raise self._guard.broken(name, "gave a document without an id")


class GuardedSink:
    """A sink whose every outcome is one the contract names.

    settle_seconds: how long after a send a look-up may still miss what was committed, on this connection.
    """

    def __init__(self, sink: Sink, guard: Guard) -> None:
        self._sink, self._guard = sink, guard

    @property
    def settle_seconds(self) -> int:
        return self._guard.one("settle_seconds", self._read_settle_seconds(), int)

    def facts(self) -> LedgerFacts:
        return self._guard.one("facts", self._guard.call("facts", self._sink.facts), LedgerFacts)

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        planned = self._guard.call("plan", lambda: self._sink.plan(request), is_pure=True)
        return self._guard.each("plan", planned, Voucher)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return self._guard.one(
            "render", self._guard.call("render", lambda: self._sink.render(voucher, refs), is_pure=True), bytes
        )

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        """As the contract says; a PluginError leaves open whether the voucher arrived."""
        echo = self._guard.call("send", lambda: self._sink.send(voucher, header_key, refs))
        return self._guard.one("send", echo, LedgerCopy)

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        given = self._guard.call("look_up", lambda: self._sink.look_up(voucher, refs))
        return self._guard.one("look_up", given, *_ANSWERS)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        found = self._guard.call("same_amount", lambda: self._sink.same_amount(voucher))
        return self._guard.each("same_amount", found, LedgerCopy)

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...]]:
        for page in self._guard.pages("observe", lambda: self._sink.observe(wanted)):
            yield self._guard.each("observe", page, LedgerCopy)

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

    def _read_settle_seconds(self) -> object:
        return self._guard.call("settle_seconds", lambda: self._sink.settle_seconds, is_pure=True)
