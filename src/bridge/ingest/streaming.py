"""The windows of one stream, read one after the other, until there is none to read, or one has to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.errors import BridgeError, DocumentError, RateLimitedError, TransientError
from bridge.ingest import windows
from bridge.ingest.aside import set_aside
from bridge.ingest.back import Back, Telling
from bridge.ingest.revisions import Outcome
from bridge.ingest.setting import Setting
from bridge.ingest.taking import take
from bridge.ingest.windows import Ending
from bridge.model.channel import Inquiry, Why, Window, WindowState, complete_through
from bridge.model.documents import PAYING, DocumentKind
from bridge.model.findings import FindingState
from bridge.model.periods import day_start
from bridge.plugin import AnyPage, FilePage, Stream, Unknown, Wait, Want, WindowOf
from bridge.store.api import UnitOfWork

_BEFORE = timedelta(days=31)
_INQUIRIES = 10_000
_READINGS = 2
"""How often one run reads a window whose channel is set otherwise while it is read."""


class StreamReport(msgspec.Struct, frozen=True):
    """How far a stream came. title: what people call it. through: complete up to then.

    due_at, why: when it goes on, and why only then.
    documents: how many were read, by what became of them: a back-fill brings more than a report could hold.
    closed: windows that this run closed. error: what stopped it, or why a file of it was set aside.
    is_cut: whether it was left off, for others to come before the rest.
    """

    stream: str
    title: str
    documents: tuple[tuple[Outcome, int], ...] = ()
    closed: int = 0
    through: datetime | None = None
    due_at: datetime | None = None
    why: str = ""
    error: BridgeError | None = None
    is_cut: bool = False


class Streaming:
    """One stream in one pull. back: when it is part of a back-fill. until: when to leave off behind a page."""

    def __init__(
        self, setting: Setting, stream: Stream, back: Back | None = None, until: datetime | None = None
    ) -> None:
        self._setting, self._stream, self._back, self._until = setting, stream, back, until
        self._store, self._clock, self._actor = setting.store, setting.clock, setting.actor
        self._connection_id = setting.connection_id
        self._documents: Counter[Outcome] = Counter()
        self._aside: BridgeError | None = None
        self._has_heard = self._has_answered = self._is_cut = False
        self._telling: Telling | None = None
        self._empty = 0
        """Windows one behind the other that held nothing."""

    def run(self) -> StreamReport:
        """Read what there is. What stops this stream is told, and stops no other; what has to wait is saved as such."""
        closed, name = 0, self._stream.name
        error: BridgeError | None = None
        try:
            if self._back is not None:
                self._telling = Telling(self._back, self._setting, self._stream, self._first_day)
            while (opened := self._next()) and (window := self._read(opened)).state is WindowState.CLOSED:
                closed += 1
                self._empty = 0 if window.got else self._empty + 1
                if self._telling is not None:
                    self._telling.tell()
        except (TransientError, DocumentError) as fault:
            error = fault
            self._postpone(fault)
        except BridgeError as fault:
            self._note(fault)
            raise
        self._note(error)
        with self._store.reading() as unit:
            current = unit.windows.current(self._connection_id, name)
            through = complete_through(unit.windows.closed(self._connection_id, name))
        due_at, why = (current.due_at, current.note) if current else (None, "")
        counts = tuple(self._documents.items())
        stopped = error or self._aside
        return StreamReport(name, self._stream.title, counts, closed, through, due_at, why, stopped, self._is_cut)

    def _note(self, fault: BridgeError | None) -> None:
        """Keep how asking went; where nothing was asked, nothing. That a limit is spent the window itself tells."""
        if isinstance(fault, RateLimitedError):
            return
        if self._has_heard or fault is not None:
            self._setting.note(self._stream.name, fault, has_answered=self._has_answered)

    def _next(self) -> Window | None:
        """The window to read now, as it is saved; None where there is none, its time has not come, or ours is over."""
        with self._store.reading() as unit:
            window = unit.windows.current(self._connection_id, self._stream.name)
            closed = unit.windows.closed(self._connection_id, self._stream.name)
        if window is None and (window := self._opened(closed)) is None:
            return None
        if window.due_at is not None and window.due_at > self._clock.now():
            return None
        if self._is_over:
            self._is_cut = True
            return None
        fault = windows.overtaken(self._stream, window, self._setting.facts)
        return self._begin_again(window, fault) if fault else window

    def _opened(self, closed: Sequence[Window]) -> Window | None:
        """A new window behind the last; the very first begins with the first day that any route books."""
        setting, through = self._setting, complete_through(closed)
        window = windows.next_window(
            self._stream,
            self._connection_id,
            through,
            self._first_day,
            setting.facts,
            setting.started_at,
            empty=self._empty,
        )
        if window is not None:
            with self._store.unit(self._actor) as unit:
                unit.windows.open(window)
                if not self._stream.tells_pending:
                    self._tell_of_reach(unit, closed[0] if closed else window)
        return window

    @property
    def _first_day(self) -> datetime:
        """What any route books from on; of one that no route reads from, a day ago. What waits began before that.

        Settlements and payouts from before tell what was there on that day: those of a month are read too.
        """
        if self._stream.tells_pending:
            return self._setting.started_at - timedelta(days=self._stream.reach_days or 0)
        days = [day_start(route.first_day, route.time_zone) for route in self._setting.routes]
        first = min(days, default=self._setting.started_at - timedelta(days=1))
        return first - _BEFORE if days and self._stream.kinds <= frozenset(PAYING) else first

    def _tell_of_reach(self, unit: UnitOfWork, window: Window) -> None:
        """A finding for each route that books from before the very first window, as long as that is so."""
        for route in self._setting.routes:
            found = windows.unreached(route, self._stream, window, self._setting.facts)
            if day_start(route.first_day, route.time_zone) < window.since:
                unit.findings.add(found, self._setting.started_at)
            elif unit.findings.of_ids([found.finding_id]):
                unit.findings.close(found.finding_id)

    def _begin_again(self, window: Window, why: str) -> Window:
        with self._store.unit(self._actor) as unit:
            unit.windows.clear_owners(window)
            return unit.windows.save(windows.begun_again(self._stream, window, self._setting.facts, None, why))

    def _read(self, window: Window) -> Window:
        """Read a window to its end, or to where it waits. Returns it as it is saved."""
        for _ in range(_READINGS):
            before = self._setting.facts
            window = self._count(window) if window.state is WindowState.READ else self._pages(window)
            if self._setting.facts == before:
                break
        return window

    def _pages(self, window: Window) -> Window:
        facts, known = self._setting.facts, self._known() if self._stream.is_once else frozenset()
        want = Want(self._stream.name, window.since, window.until, window.cursor, facts, known)
        for answer in self._setting.source.pull(want):
            self._has_heard = True
            if isinstance(answer, Wait):
                waiting = msgspec.structs.replace(window, cursor=answer.cursor, due_at=answer.until, note=answer.why)
                with self._store.unit(self._actor) as unit:
                    return unit.windows.save(waiting)
            ending = self._ending(window) if answer.is_last else None
            if ending is not None and ending.facts.facts_hash != self._setting.facts.facts_hash:
                self._setting.learn(ending.facts)
                return self._begin_again(window, "the channel was set otherwise while it was read")
            window = self._take(answer, window, ending)
            if ending is None and self._is_over:
                self._is_cut = True
                break
        return window

    @property
    def _is_over(self) -> bool:
        """Whether it is time to leave off; never before a page came, so that every stream goes on with every pull."""
        return self._has_heard and self._until is not None and self._clock.now() >= self._until

    def _known(self) -> frozenset[tuple[str, str]]:
        """The owners of the last window that nobody asks for any more: what still moves, or lacks, is not here yet."""
        with self._store.reading() as unit:
            closed = unit.windows.closed(self._connection_id, self._stream.name)
            asked = unit.inquiries.of_connection(self._connection_id, _INQUIRIES)
            had = unit.windows.owners(closed[-1]) if closed else frozenset()
        return had - {(one.kind, one.external_id) for one in asked}

    def _take(self, page: AnyPage, window: Window, ending: Ending | None) -> Window:
        """Save a page with the cursor after it; the last of a window together with what becomes of the window."""

        def finish(unit: UnitOfWork, came: Window | None) -> Window:
            after = msgspec.structs.replace(came or window, cursor=page.cursor, due_at=None, note="")
            return unit.windows.save(after) if ending is None else self._end(unit, after, ending)

        name = f"{self._stream.name} {window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC"
        try:
            documents, after = take(self._setting, page, name, window, finish)
        except DocumentError as fault:
            if not isinstance(page, FilePage):
                raise
            self._has_answered = True
            self._aside = fault
            with self._store.unit(self._actor) as unit:
                set_aside(unit, self._setting, page, fault)
                return finish(unit, window)
        self._has_answered = True
        self._documents.update(document.outcome for document in documents)
        if self._telling is not None:
            self._telling.tell(max(0, (after or window).got - window.got))
        return after or window

    def _ending(self, window: Window) -> Ending:
        """What the channel says behind the last page, before that is saved."""
        stream, source = self._stream, self._setting.source
        count = source.census(stream.name, window.since, window.until) if stream.has_census else None
        return Ending(source.survey(), count)

    def _count(self, window: Window) -> Window:
        """Count a window that was read before."""
        ending = self._ending(window)
        self._has_heard, self._has_answered = True, not isinstance(ending.count, Unknown)
        if ending.facts.facts_hash != self._setting.facts.facts_hash:
            self._setting.learn(ending.facts)
            return self._begin_again(window, "the channel was set otherwise before it was counted")
        with self._store.unit(self._actor) as unit:
            return self._end(unit, window, ending)

    def _end(self, unit: UnitOfWork, window: Window, ending: Ending) -> Window:
        """Close a window, or keep it open with a finding; in the unit that saves its last page."""
        now, stream = self._clock.now(), self._stream
        found = [windows.finding(route, stream, window, ending) for route in self._setting.routes]
        known = unit.findings.of_ids([finding.finding_id for finding in found])
        is_accepted = bool(known) and all(kept.state is FindingState.ACCEPTED for kept in known)
        after = windows.ended(stream, window, ending, now, is_accepted=is_accepted)
        if after.state is WindowState.OPEN:
            unit.windows.clear_owners(window)
            for finding in found:
                unit.findings.add(finding, now)
        if after.state is WindowState.CLOSED:
            for kept in known:
                if kept.state is FindingState.OPEN:
                    unit.findings.close(kept.finding.finding_id)
            if not stream.recount_days:
                return put_by(unit, unit.windows.save(after), is_once=stream.is_once)
            self._ask_unlisted(unit, window)
        return unit.windows.save(after)

    def _ask_unlisted(self, unit: UnitOfWork, window: Window) -> None:
        """What came otherwise, and is none of a whole window that it was made in, may have gone before that was read.

        No later count would miss it.
        """
        kinds = [kind for kind in DocumentKind if kind in self._stream.owners]
        names = unit.documents.unlisted(window, kinds) if self._stream.window is WindowOf.CREATED else ()
        asked = [Inquiry(kind, name, Why.COUNTED, self._clock.now()) for kind, name in names]
        unit.inquiries.add(self._connection_id, asked)

    def _postpone(self, fault: BridgeError) -> None:
        """The channel asked to wait: the window goes on then."""
        if not isinstance(fault, RateLimitedError):
            return
        with self._store.unit(self._actor) as unit:
            if window := unit.windows.current(self._connection_id, self._stream.name):
                due_at = self._clock.now() + timedelta(seconds=fault.retry_after_seconds)
                unit.windows.save(msgspec.structs.replace(window, due_at=due_at, note=fault.cause))


def put_by(unit: UnitOfWork, window: Window, *, is_once: bool = False) -> Window:
    """A closed window that is not counted again: its owners are forgotten, and unbroken ones are one row.

    is_once: its owners are remembered until the next is closed.
    """
    owners = unit.windows.owners(window) if is_once else ()
    unit.windows.clear_owners(window)
    before = [one for one in unit.windows.closed(window.connection_id, window.stream) if one.since < window.since]
    if before and before[-1].due_at is None and before[-1].until >= window.since:
        unit.windows.clear_owners(before[-1])
        unit.windows.join(before[-1], window)
        window = msgspec.structs.replace(window, since=before[-1].since)
    unit.windows.add_owners(window, owners)
    return window
