"""A source as the rest of bridge meets it: each call and each page through the guard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from bridge.host.guard import Guard
from bridge.model.channel import ChannelFacts
from bridge.model.reports import Balances, Figures, Subscription
from bridge.plugin import (
    MAX_PAGE_BYTES,
    AnyPage,
    BalanceSource,
    Count,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePage,
    FilePart,
    Gone,
    NotifyingSource,
    OrderSource,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Pending,
    PulledSource,
    ReportingSource,
    Source,
    SourceFile,
    StandIn,
    Unknown,
    Wait,
    Want,
)

_TOGETHER: Final = 100
PARTS: Final[tuple[type[PagePart], ...]] = (
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
            part: PagePart = guard.one(name, given, *PARTS)
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
