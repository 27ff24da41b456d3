"""What the stories of whole weeks share: how a channel is read, in whatever way, and the books that come of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from bridge.app import App
from bridge.errors import RateLimitedError
from bridge.ingest import Back, Puller
from bridge.model.entries import JournalEntry
from bridge.model.vouchers import Voucher
from bridge.sandbox import Happening
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.live import DAY
from tests.fakes.clock import FakeClock
from tests.fakes.doors import hand_in

_QUIET = timedelta(hours=3)
"""Longer than any reading takes that dies and waits: what happens does not wait for it."""
WEEKS = 4
EXAMPLES = settings(max_examples=5, deadline=None)
SEEDS = st.integers(1, 3)
DAYS = st.integers(1, 7 * WEEKS)
Notice = tuple[dict[str, str], bytes]


class Way(msgspec.Struct, frozen=True):
    """How some weeks are read.

    pulls: after how many days. deaths: before which write each of these pulls dies, whose next goes on. again: how many
    days back it is read once more. has_notices: whether the channel says what changes. file: after how many days a
    person brings all that is there as a file; None for never.
    """

    pulls: tuple[int, ...] = ()
    deaths: tuple[int, ...] = ()
    again: int = 0
    has_notices: bool = False
    file: int | None = None


@st.composite
def ways(draw: st.DrawFn) -> Way:
    return Way(
        pulls=tuple(draw(st.lists(DAYS, max_size=4))),
        deaths=tuple(draw(st.lists(st.integers(0, 60), max_size=5))),
        again=draw(st.sampled_from((0, 2, 40))),
        has_notices=draw(st.booleans()),
        file=draw(st.none() | DAYS),
    )


class Books(msgspec.Struct, frozen=True):
    """All that is booked and owed, whole."""

    entries: tuple[JournalEntry, ...]
    vouchers: tuple[tuple[Voucher | None, str, str], ...]


def books_of(app: App) -> Books:
    with app.store.reading() as unit:
        (route,) = unit.routes.all()
        entries = [kept.entry for kept in unit.entries.of_route(route.route_id)]
        owed = [
            (one.voucher_id, one.voucher, str(one.state), one.reason)
            for one in unit.deliveries.of_route(route.route_id)
        ]
    return Books(
        tuple(sorted(entries, key=lambda entry: entry.entry_id)),
        tuple((voucher, state, reason) for _, voucher, state, reason in sorted(owed, key=lambda one: one[0])),
    )


class Reader:
    """bridge beside a shop whose life goes on: it reads as a way says, and books when all is over."""

    def __init__(self, app: App, clock: FakeClock, way: Way, source: str = "shop") -> None:
        self.app, self._clock, self._way, self._source = app, clock, way, source
        self._deaths = list(way.deaths)

    def pull(self, back: Back | None = None) -> None:
        """Until nothing has to wait; one that dies is begun again when its lease has run out."""
        while True:
            store = MortalStore(self.app.store, Life(self._deaths.pop())) if self._deaths else self.app.store
            try:
                pulled = Puller(store, self.app.host, self._clock).pull(self._source, actor="ann", back=back)
            except Killed:
                self._clock.advance(900)
                continue
            due = [report.due_at for report in pulled.streams if report.due_at]
            if isinstance(pulled.error, RateLimitedError):
                due.append(self._clock.now() + timedelta(seconds=pulled.error.retry_after_seconds))
            else:
                assert pulled.error is None
            if not due:
                return
            back = None
            self._wait_until(max(min(due), self._clock.now() + timedelta(minutes=1)))

    def live(
        self,
        story: list[Happening],
        carry_out: Callable[[Happening], None],
        notice: Callable[[Happening], Notice | None],
        bring_file: Callable[[], None],
    ) -> None:
        """All happenings, each at its instant, and what is read in between, when nothing happens for a while."""
        begun = self._clock.now()
        to_do: list[tuple[datetime, Callable[[], None]]]
        to_do = [(begun + timedelta(days=day), self.pull) for day in self._way.pulls]
        if self._way.file is not None:
            to_do.append((begun + timedelta(days=self._way.file), bring_file))
        to_do.sort(key=lambda one: one[0])
        for happening in story:
            while to_do and max(to_do[0][0], self._clock.now()) + _QUIET <= happening.at:
                self._wait_until(to_do[0][0])
                to_do.pop(0)[1]()
            self._wait_until(happening.at)
            carry_out(happening)
            if self._way.has_notices and (told := notice(happening)):
                hand_in(self.app.store, self.app.host, self._source, *told, self._clock.now())

    def end(self) -> Books:
        """What is booked some days later, when all was read."""
        self._clock.advance(4 * DAY)
        self.pull()
        if self._way.again:
            since = self._clock.now() - timedelta(days=self._way.again)
            self.pull(Back(lambda _: None, since))
        with self.app.store.reading() as unit:
            (route,) = unit.routes.all()
        self.app.steps.book(route.name, actor="ann")
        return books_of(self.app)

    def _wait_until(self, at: datetime) -> None:
        self._clock.advance(max(0.0, (at - self._clock.now()).total_seconds()))
