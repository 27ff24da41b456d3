"""What is wrong with one organisation, one notice or one file beside the books stops nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from bridge.delivery import DrainReport
from bridge.errors import BridgeError, InvariantError, RejectedError, TransientError
from bridge.model.duties import DutyKind
from bridge.model.notices import Notice
from bridge.model.organisations import OWN
from bridge.store.api import UnitOfWork
from bridge.store.sql import SqlStore
from bridge.work.worker.hints import Hints
from bridge.work.worker.running import Worker
from bridge.work.worker.shared_clock import SharedClock
from bridge.work.worker.turns import Turns
from tests.fakes.clock import FakeClock
from tests.store import facts
from tests.work.engines import PlainEngine
from tests.work.test_organisations import Town

SYNCS = {f"{name}/sync/us" for name in (OWN, "acme", "zoo")}


@pytest.fixture
def town(store: SqlStore, clock: FakeClock) -> Town:
    return Town(store, clock, OWN, "acme", "zoo")


@pytest.fixture
def raw(store: SqlStore, database_url: str) -> Iterator[sa.Engine]:
    """The database itself, past everything of ours."""
    engine = sa.create_engine(database_url)
    yield engine
    engine.dispose()


def change(raw: sa.Engine, statement: str) -> None:
    with raw.begin() as connection:
        connection.execute(sa.text(statement))


def test_routes_that_a_later_version_kept_stop_their_organisation_alone(town: Town, raw: sa.Engine) -> None:
    """D32, a roll-back: what one tenant began to use meanwhile, this version cannot read."""
    change(raw, "UPDATE route SET body = '{\"later\": 1}' WHERE organisation_id = 'acme'")
    assert SYNCS & set(town.until_still()) == {f"{OWN}/sync/us", "zoo/sync/us"}

    change(raw, "UPDATE route SET body = 'x' WHERE organisation_id = 'zoo'")  # after its duties were planned
    town.clock.advance(6 * 3600)
    assert SYNCS & set(town.until_still()) == {f"{OWN}/sync/us"}


def test_duties_of_a_kind_that_came_later_are_left_to_the_version_that_knows_them(town: Town, raw: sa.Engine) -> None:
    """D32, two versions side by side: the older one neither does them nor takes them away."""
    for name in (OWN, "acme"):
        values = f"VALUES ('{name}', 'later', 'us', 1, 0, 'x', 'x')"
        change(raw, f"INSERT INTO duty (organisation_id, kind, subject, due_at, asked, body, fault) {values}")
    assert set(town.until_still()) >= SYNCS
    town.clock.advance(20)
    town.worker.tick()
    with raw.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM duty WHERE kind = 'later'")).scalar_one() == 2


class Fading:
    """A store whose database is away for so many units."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self.fails = store, 0

    def of(self, organisation: str) -> SqlStore:
        return self._store.of(organisation) if organisation == "" else self  # type: ignore[return-value]

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return self._store.reading()

    def unit(self, actor: str) -> AbstractContextManager[UnitOfWork]:
        if self.fails:
            self.fails -= 1
            raise TransientError("the database", "broke off", "Run it again", code="store.gone")
        return self._store.unit(actor)


def test_a_database_that_is_away_at_the_end_of_turns_is_no_death_of_their_duty(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    """However often: what stops a duty is who dies of it."""
    town, fading = Town(sqlite_store, clock, OWN), Fading(sqlite_store)
    town.until_still()
    turns, deliver, many = Turns(fading, clock, town.story), town.steps[OWN].deliver, 0  # type: ignore[arg-type]

    def fades(*arguments: object, **options: object) -> DrainReport:
        nonlocal many
        many, fading.fails = many + 1, 1 + many % 2  # with it the putting off
        return deliver(*arguments, **options)  # type: ignore[arg-type]

    town.steps[OWN].deliver = fades  # type: ignore[method-assign]
    for _ in range(6):
        town.clock.advance(3600)
        town.ask(OWN, DutyKind.DELIVER, facts.LEDGER)
        assert turns.take(OWN, DutyKind.DELIVER, facts.LEDGER)
    assert many == 6
    with sqlite_store.reading() as unit:
        assert (duty := unit.duties.get(DutyKind.DELIVER, facts.LEDGER)) is not None
        assert duty.stopped_at is None


class Inbox:
    """See ``store.api.Inbox``, as far as a worker asks it. broken: what it says instead of anything."""

    def __init__(self, *notices: Notice, broken: BridgeError | None = None) -> None:
        self.notices, self.broken, self.settled = list(notices), broken, list[int]()

    def waiting(self, limit: int) -> tuple[Notice, ...]:
        if self.broken:
            raise self.broken
        return tuple(one for one in self.notices if one.number not in self.settled)[:limit]

    def settle(self, numbers: list[int], now: datetime) -> None:
        self.settled += numbers

    def drop(self, numbers: list[int]) -> None:
        self.notices = [one for one in self.notices if one.number not in numbers]

    def forget(self, before: datetime, ends_before: datetime) -> int:
        return 0


class Houses:
    """The stores of a town; for one of them, one that breaks."""

    def __init__(self, town: Town, broken: Exception) -> None:
        self._town, self._broken = town, broken

    def store(self, organisation: str) -> SqlStore:
        if organisation == "acme":
            raise self._broken
        return self._town.store.of(organisation)

    def places(self, plugin: str) -> dict[str, list[tuple[str, str]]]:
        return {}


def notice(organisation: str, number: int) -> Notice:
    return Notice(
        plugin="amazon",
        organisation=organisation,
        connection="amazon-us",
        kind="report",
        external_id=f"r-{number}",
        mark=f"{organisation} {number}",
        received_at=datetime(2026, 7, 1, tzinfo=UTC),
        number=number,
    )


@pytest.mark.parametrize("broken", [ValueError("x"), RejectedError("x", "y", "z"), InvariantError("x", "y", "z")])
def test_a_notice_that_cannot_be_come_to_is_let_go_and_the_others_are_come_to(town: Town, broken: Exception) -> None:
    town.until_still()
    inbox = Inbox(notice("acme", 1), notice("zoo", 2))
    hints = Hints(inbox, Houses(town, broken))  # type: ignore[arg-type]
    town.clock.advance(60)

    assert hints.take(town.clock.now()) == 2
    assert hints.take(town.clock.now()) == 0
    assert town.until_still()[0] == "zoo/sync/us"


def test_an_inbox_that_cannot_be_read_keeps_no_duty_from_being_done(town: Town) -> None:
    """Beside a file it is a file of its own, which may be damaged, or refuse writes, for itself."""
    inbox = Inbox(broken=InvariantError("inbox", "its pages contradict each other", "x", code="store.damaged"))
    hints = Hints(inbox, Houses(town, ValueError())).take  # type: ignore[arg-type]
    engine, clock = PlainEngine(), SharedClock(town.clock)
    house = town.store.of("")
    worker = Worker(house, town.clock.now, clock, [town.story], engine, is_alone=False, hints=hints)
    worker.begin()
    done = set[str]()
    for _ in range(4):
        worker.tick()
        done |= set(engine.hand_out())
    assert done >= SYNCS


def test_a_storm_of_notices_makes_one_sync(town: Town) -> None:
    """Ten thousand of one shop, and one of another behind them."""
    town.until_still()
    inbox = Inbox(*(notice("acme", number) for number in range(1, 3_001)), notice("zoo", 3_001))
    hints = Hints(inbox, Offices(town))  # type: ignore[arg-type]
    town.clock.advance(60)
    while hints.take(town.clock.now()):
        pass
    done = town.until_still()
    assert (done.count("acme/sync/us"), done.count("zoo/sync/us")) == (1, 1)
    town.clock.advance(5)
    inbox.notices = [notice("acme", 4_000)]
    hints.take(town.clock.now())
    assert "acme/sync/us" not in town.until_still(), "a busy shop is not read without a pause"
    town.clock.advance(20)
    assert "acme/sync/us" in town.until_still()


class Offices(Houses):
    """None of which breaks."""

    def __init__(self, town: Town) -> None:
        super().__init__(town, ValueError())

    def store(self, organisation: str) -> SqlStore:
        return self._town.store.of(organisation)
