"""Sources and sinks as the rest of bridge meets them: each call and each page through the guard."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final, cast

import msgspec

from bridge.errors import BridgeError, PluginError
from bridge.host.guard import Guard
from bridge.model.channel import ChannelFacts
from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.model.reports import Balances, Figures, Subscription
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import (
    MAX_PAGE_BYTES,
    NO_REFS,
    Absent,
    AnyPage,
    BalanceSource,
    BatchingSink,
    Changes,
    ChangingSink,
    Count,
    CreatingSink,
    DayOfCurrency,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePage,
    FilePart,
    Gone,
    LookUp,
    Made,
    Master,
    NotifyingSource,
    Observation,
    OrderSource,
    Outcome,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Parcel,
    Pending,
    PlanRequest,
    Present,
    PulledSource,
    RatedSink,
    ReportingSource,
    Sink,
    Sought,
    Source,
    SourceFile,
    StandIn,
    SummingSink,
    UndoingSink,
    Unknown,
    Unread,
    Wait,
    Want,
)
from bridge.plugin.wording import one_line

_TOGETHER: Final = 100
_Name = Annotated[str, msgspec.Meta(min_length=1)]
_Rate = Annotated[str, msgspec.Meta(pattern=r"^(?=.*[1-9])[0-9]{1,12}(\.[0-9]{1,12})?$")]
_PARTS: Final[tuple[type[PagePart], ...]] = (
    DocumentStart,
    DocumentLines,
    DocumentEnd,
    DocumentCheck,
    FileNotes,
    OwnerStart,
    OwnerEnd,
    Pending,
)
_INSIDE, _OPEN, _OWNERS = (DocumentLines, DocumentEnd), (DocumentStart, DocumentLines), (OwnerStart, OwnerEnd)
"""Parts that come inside a document; behind which one is open; and those that stand around documents."""
_OF_PAGES: Final[tuple[type, ...]] = (*_OWNERS, Pending)
_STEPS: Final[tuple[type[AnyPage | Wait], ...]] = (Page, FilePage, Wait)
_ONE: Final[tuple[type[AnyPage | Gone | Unknown], ...]] = (Page, FilePage, Gone, Unknown)
_FIGURES: Final[tuple[type[Figures | Unknown], ...]] = (Figures, Unknown)
_BALANCES: Final[tuple[type[Balances | Unknown], ...]] = (Balances, Unknown)
_COUNTS: Final[tuple[type[Count | Unknown], ...]] = (Count, Unknown)
_ANSWERS: Final[tuple[type[LookUp], ...]] = (Present, Absent, Unknown)
_CHANGES: Final[tuple[type[Changes | Unread | Unknown], ...]] = (Changes, Unread, Unknown)


class GuardedSource:
    """A source of which only documents come out that start and end; what their lines say is for ingest to check.

    None of its calls is made while a unit of work writes.
    """

    def __init__(self, source: Source, guard: Guard) -> None:
        self._source, self._guard = source, guard

    @property
    def is_asked(self) -> bool:
        """Whether it is a PulledSource; one of a connection without a key only reads files."""
        return isinstance(self._source, PulledSource)

    def survey(self) -> ChannelFacts:
        source = self._pulled("survey")
        return self._guard.one("survey", self._guard.call("survey", source.survey), ChannelFacts)

    def pull(self, want: Want) -> Iterator[AnyPage | Wait]:
        """As the contract says: pages in turn, up to the last, or a wait that ends them."""
        source, guard = self._pulled("pull"), self._guard
        has_ended = False
        for given in guard.pages("pull", lambda: source.pull(want)):
            if has_ended:
                raise guard.broken("pull", "went on after its last page, or after a wait")
            answer: AnyPage | Wait = guard.one("pull", given, *_STEPS)
            if not isinstance(answer, Wait):
                self._check_page("pull", answer)
            elif answer.until.tzinfo is None:
                raise guard.broken("pull", "gave a wait without a zone")
            has_ended = isinstance(answer, Wait) or answer.is_last
            yield answer
        if not has_ended:
            raise guard.broken("pull", "ended without a last page, and without a wait")

    def one(self, kind: str, external_id: str) -> AnyPage | Gone | Unknown:
        source = self._pulled("one")
        given = self._guard.call("one", lambda: source.one(kind, external_id))
        answer: AnyPage | Gone | Unknown = self._guard.one("one", given, *_ONE)
        if isinstance(answer, Page | FilePage):
            self._check_page("one", answer)
        elif isinstance(answer, Gone):
            self._check_instant("one", answer.as_of)
        return answer

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        source = self._pulled("census")
        given = self._guard.call("census", lambda: source.census(stream, since, until, with_ids=with_ids))
        count: Count | Unknown = self._guard.one("census", given, *_COUNTS)
        if isinstance(count, Count) and with_ids and len(set(count.ids)) != count.owners:
            raise self._guard.broken("census", f"counts {count.owners}, and names {len(set(count.ids))}")
        return count

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        source, guard = self._source, self._guard
        if not isinstance(source, ReportingSource):
            raise guard.broken("figures", "is not there, though reports are declared")
        given = guard.call("figures", lambda: source.figures(report, since, until, facts))
        answer: Figures | Unknown = guard.one("figures", given, *_FIGURES)
        if isinstance(answer, Figures):
            self._check_instant("figures", answer.as_of)
            if any(not since <= figure.since <= figure.until <= until for figure in answer.figures):
                raise guard.broken("figures", "gave a figure outside the span that was asked for")
        return answer

    def balances(self, facts: ChannelFacts) -> Balances | Unknown:
        source, guard = self._source, self._guard
        if not isinstance(source, BalanceSource):
            raise guard.broken("balances", "is not there, though balances are declared")
        given = guard.call("balances", lambda: source.balances(facts))
        answer: Balances | Unknown = guard.one("balances", given, *_BALANCES)
        if isinstance(answer, Balances):
            self._check_instant("balances", answer.as_of)
        return answer

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        source, guard = self._source, self._guard
        if not isinstance(source, NotifyingSource):
            raise guard.broken("subscriptions", "is not there, though notices are declared")
        given = guard.call("subscriptions", lambda: source.subscriptions(facts))
        if isinstance(given, Unknown):
            return guard.one("subscriptions", given, Unknown)
        return guard.each("subscriptions", given, Subscription)

    def minimise(self, page: Page) -> bytes:
        source = self._pulled("minimise")
        return self._guard.one(
            "minimise", self._guard.call("minimise", lambda: source.minimise(page), is_pure=True), bytes
        )

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        """As the contract says: owners in turn, each document inside one."""
        source, guard = self._pulled("read"), self._guard
        is_inside = False
        for part in self._parts("read", lambda: source.read(content, facts), is_pure=True):
            if type(part) is OwnerStart:
                if part.as_of.tzinfo is None or not part.kind or not part.external_id:
                    raise guard.broken("read", "gave an owner without a kind, an id, or a zone of its instant")
                is_inside = True
            elif type(part) is OwnerEnd:
                is_inside = False
            elif type(part) is DocumentCheck or (not is_inside and type(part) in (DocumentStart, Pending)):
                raise guard.broken("read", f"gave a {type(part).__name__} outside an owner")
            yield part

    def _pulled(self, name: str) -> PulledSource:
        source = self._source
        if not isinstance(source, PulledSource):
            raise self._guard.broken(name, "is not there, though streams are declared")
        return source

    def _check_instant(self, name: str, at: datetime) -> None:
        if at.tzinfo is None:
            raise self._guard.broken(name, "gave an instant without a zone")

    def _check_page(self, name: str, page: AnyPage) -> None:
        if page.as_of.tzinfo is None:
            raise self._guard.broken(name, "gave a page whose instant has no zone")
        if isinstance(page, FilePage):
            if not (page.kind and page.external_id and Path(page.path).is_file()):
                raise self._guard.broken(name, "gave a file of no owner, or one that is not there")
        elif len(page.body) > MAX_PAGE_BYTES:
            raise self._guard.broken(name, f"gave a page of {len(page.body):,} bytes; {MAX_PAGE_BYTES:,} are allowed")

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        return self._file_parts("read_file", lambda: self._source.read_file(file))

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        source = self._source
        if not isinstance(source, OrderSource):
            raise self._guard.broken("read_order", "is not there, though joins_orders is declared")
        return self._file_parts("read_order", lambda: source.read_order(order_id, payloads, stand_in))

    def _file_parts(self, name: str, work: Callable[[], Iterator[FilePart]]) -> Iterator[FilePart]:
        parts = cast("Iterator[FilePart]", self._parts(name, work))  # as the next line makes sure
        for part in parts:
            if type(part) in _OF_PAGES:
                raise self._guard.broken(name, f"gave a {type(part).__name__}, which pages have")
            yield part

    def _parts(self, name: str, work: Callable[[], Iterator[PagePart]], *, is_pure: bool = False) -> Iterator[PagePart]:
        guard, is_open, has_owner = self._guard, False, False
        for given in guard.pages(name, work, together=_TOGETHER, is_pure=is_pure):
            part: PagePart = guard.one(name, given, *_PARTS)
            kind = type(part)  # exactly one of those promised; isinstance of a struct costs six times as much
            if (kind in _INSIDE) is not is_open or (kind in _OWNERS and (kind is OwnerStart) is has_owner):
                raise guard.broken(name, f"gave a {kind.__name__} out of turn")
            if kind in _OWNERS:
                has_owner = kind is OwnerStart
            is_open = kind in _OPEN
            if type(part) is DocumentStart:
                self._check_start(name, part)
            yield part
        if is_open or has_owner:
            raise guard.broken(name, f"did not end its last {'document' if is_open else 'owner'}")

    def _check_start(self, name: str, start: DocumentStart) -> None:
        if any(at.tzinfo is None for at in (start.opened_at, start.closed_at, start.pays_at) if at is not None):
            raise self._guard.broken(name, f"gave document {start.external_id!r} an instant without a zone")
        if not start.external_id:
            raise self._guard.broken(name, "gave a document without an id")


class GuardedSink:
    """A sink whose every outcome is one the contract names.

    settle_seconds: how long after a send a look-up may still miss what was committed, on this connection.
    types: that it declares to write.
    """

    def __init__(self, sink: Sink, guard: Guard, types: Collection[str]) -> None:
        self._sink, self._guard, self._types = sink, guard, types

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
        echo = self._guard.call("send", lambda: self._sink.send(voucher, header_key, refs))
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
        given = self._guard.call("send_batch", lambda: sink.send_batch(parcels))
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
        return self._guard.one("create", self._guard.call("create", lambda: sink.create(master)), Made)

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
        self._guard.call("undo", lambda: sink.undo(kind, copy))

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        sink = self._summing()
        return self._guard.each("balances_on", self._guard.call("balances_on", lambda: sink.balances_on(on)), LedgerSum)

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        sink = self._summing()
        found = self._guard.call("profit_and_loss", lambda: sink.profit_and_loss(since, until))
        return self._guard.each("profit_and_loss", found, LedgerSum)

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
