"""A worker on a clock of the test's: what it does when, what it leaves alone, and who it never works beside."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from bridge.books import BookRun
from bridge.delivery import DrainReport
from bridge.errors import ConfigError, TransientError
from bridge.host.pausing import Pausing
from bridge.model.connections import Connection, ConnectionState, Route, Side, TaxRegime
from bridge.model.deliveries import DeliveryState
from bridge.model.duties import Duty, DutyKind, Rhythm
from bridge.model.facts import LedgerFacts
from bridge.model.leases import Lease, LeaseKind
from bridge.model.runs import Piece, Run, RunKind, RunOutcome
from bridge.store.sql import NOBODY, SqlStore
from bridge.work import Story
from bridge.work.worker import running, turns
from bridge.work.worker.hints import BETWEEN_SYNCS
from bridge.work.worker.pieces import ASKED_SECONDS, BOOKED_SECONDS, SENT_SECONDS
from bridge.work.worker.running import Suspects, Worker
from bridge.work.worker.shared_clock import SharedClock
from bridge.work.worker.turns import Turns
from tests.fakes.clock import FakeClock
from tests.store import facts
from tests.work.engines import PlainEngine
from tests.work.steps import OrderedSteps, unavailable

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GB = msgspec.structs.replace(facts.route("gb"), source="amazon-gb", ledger="books-gb", time_zone="Europe/London")
SYNC_US, BOOKS, SYNC_GB, BOOKS_GB = "sync/us", f"deliver/{facts.LEDGER}", "sync/gb", "deliver/books-gb"


class Site:
    """A worker, what it is handed, and what it did."""

    def __init__(self, store: SqlStore, clock: FakeClock, *routes: Route) -> None:
        self.store, self.clock, self.steps, self.engine = store, clock, OrderedSteps(*routes), PlainEngine()
        with store.unit("ann") as unit:
            for route in routes:
                unit.connections.put(facts.connection(route.source, account=route.source))
                unit.connections.put(Connection(route.ledger, "ledgers", Side.SINK, f"of {route.name}"))
                unit.routes.put(route)
        self.worker = self.another(self.engine)

    def another(self, engine: PlainEngine | None = None, *, is_alone: bool = False) -> Worker:
        """A worker that has found its place, as ``run`` begins one."""
        story = Story(self.store, self.clock, self.steps, "here")
        clock = SharedClock(self.clock)
        house, stories = self.store.of(NOBODY), [lambda _name: story]
        worker = Worker(house, self.clock.now, clock, stories, engine or PlainEngine(), is_alone=is_alone)
        worker.begin()
        return worker

    def round(self) -> list[str]:
        """A look, and all that it hands out."""
        self.worker.tick()
        return self.hand_out()

    def hand_out(self) -> list[str]:
        """The names of duties, which are all of one organisation."""
        return [key.removeprefix("local/") for key in self.engine.hand_out()]

    def until_still(self) -> list[str]:
        """Rounds, until nothing more is due."""
        return [key for some in iter(self.round, []) for key in some]

    def duty(self, key: str) -> Duty:
        kind, _, subject = key.partition("/")
        with self.store.reading() as unit:
            duty = unit.duties.get(DutyKind(kind), subject)
        assert duty is not None
        return duty

    def put(self, duty: Duty) -> None:
        with self.store.unit("ann") as unit:
            unit.duties.put(duty)

    def runs(self) -> list[Run]:
        with self.store.reading() as unit:
            return list(reversed(unit.runs.newest(100)))

    def let_in(self, name: str, state: ConnectionState) -> None:
        with self.store.unit("ann") as unit:
            unit.connections.set_state(name, state, "" if state is ConnectionState.ACTIVE else "refused")


@pytest.fixture
def site(sqlite_store: SqlStore, clock: FakeClock) -> Site:
    return Site(sqlite_store, clock, facts.route())


def test_a_new_route_is_read_at_once_and_what_it_owes_is_sent_after_it(site: Site) -> None:
    assert site.round() == [SYNC_US, BOOKS]
    assert site.round() == []

    assert site.steps.taken == [
        "inbox of amazon-us",
        "pull amazon-us",
        "book us",
        f"look again at {facts.LEDGER}",
        f"deliver to {facts.LEDGER}",
    ]
    assert [(run.piece.kind, run.actor, run.outcome) for run in site.runs()] == [
        (RunKind.SYNC, "worker", RunOutcome.DONE),
        (RunKind.DELIVER, "worker", RunOutcome.DONE),
    ]
    assert site.duty(SYNC_US).last_run == 1


def test_a_delivery_that_nothing_waits_for_ends_as_it_is_claimed_and_is_no_run(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    site = Site(sqlite_store, clock, msgspec.structs.replace(facts.route(), tax_regime=TaxRegime.NOT_REGISTERED))
    with site.store.unit("ann") as unit:
        unit.facts.put(
            LedgerFacts(
                connection=facts.LEDGER,
                taken_at=clock.now(),
                company="Acme",
                home_currency="USD",
                accounts=(),
                locked_through=None,
                country="US",
            )
        )

    assert site.round() == [SYNC_US, BOOKS]
    assert site.round() == []  # the sync asked for no delivery

    assert [run.piece.kind for run in site.runs()] == [RunKind.SYNC]
    ended = site.duty(BOOKS)
    assert (ended.last, ended.last_run, ended.due_at > clock.now()) == (RunOutcome.DONE, 0, True)


def test_a_day_of_a_route_is_as_many_turns_as_its_rhythm_says(site: Site) -> None:
    site.until_still()
    done: list[str] = []
    for _ in range(24 * 2):
        site.clock.advance(1_800)
        done += site.until_still()

    assert (done.count(SYNC_US), done.count("upkeep/")) == (6, 1)
    assert 6 <= done.count(BOOKS) <= 12  # one by its rhythm and one after each sync, or both at once


def test_what_was_missed_while_no_worker_was_at_work_is_done_once(site: Site) -> None:
    site.until_still()
    site.clock.advance(3 * DAY.total_seconds())

    assert Counter(site.until_still()) == Counter([BOOKS, SYNC_US, "upkeep/"])
    assert site.duty(SYNC_US).due_at > site.clock.now()


@pytest.mark.parametrize("ahead", [HOUR, 400 * DAY], ids=["an hour", "more than a year"])
@pytest.mark.parametrize("is_another", [False, True], ids=["the same worker", "the next worker"])
def test_a_clock_that_was_ahead_and_is_put_back_keeps_nothing_from_being_done(
    site: Site, ahead: timedelta, is_another: bool
) -> None:
    """What a turn said then of when the next is due holds no longer than the rhythm lets anything wait."""
    site.until_still()
    site.clock.advance(ahead.total_seconds())
    site.until_still()
    site.clock.advance(-ahead.total_seconds())
    if is_another:
        site.worker = site.another(site.engine)
    site.until_still()
    done = len(site.runs())
    every = timedelta(minutes=site.duty(SYNC_US).rhythm.every_minutes)
    assert site.duty(SYNC_US).due_at <= site.clock.now() + every
    site.clock.advance(every.total_seconds())
    assert SYNC_US in site.until_still()
    assert len(site.runs()) > done


def test_a_ledger_with_a_posting_time_is_sent_to_at_it_and_not_after_each_sync(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    site = Site(sqlite_store, clock, msgspec.structs.replace(GB, post_at="06:00"))
    done: list[tuple[str, datetime]] = []
    for _ in range(2 * 24 * 2):
        done += [(key, clock.now()) for key in site.until_still()]
        clock.advance(1_800)

    sent = [at for key, at in done if key == BOOKS_GB]
    assert [at.date() for at in sent] == [clock.now().date() - DAY, clock.now().date()]
    assert all(timedelta(hours=5) <= at - at.replace(hour=0, minute=0) <= timedelta(hours=5, minutes=30) for at in sent)
    assert len([key for key, _ in done if key == SYNC_GB]) == 13


def test_a_route_that_is_checked_on_mondays_is_checked_on_mondays(site: Site) -> None:
    checked: list[datetime] = []
    site.clock.advance(HOUR.total_seconds())  # looked at an hour after five of that place, and at its evening
    for _ in range(2 * 13):
        if "check/us" in site.until_still():
            checked.append(site.clock.now())
        site.clock.advance(12 * HOUR.total_seconds())

    assert [at.weekday() for at in checked] == [0, 0]
    assert checked[1] - checked[0] == 7 * DAY


def test_another_rhythm_takes_the_place_of_the_first_and_a_route_that_ended_asks_for_nothing(site: Site) -> None:
    site.until_still()
    often = msgspec.structs.replace(facts.route(), sync_minutes=15)
    with site.store.unit("ann") as unit:
        unit.routes.put(often)
    site.worker.tick()
    assert site.duty(SYNC_US).due_at <= site.clock.now() + timedelta(minutes=15)

    with site.store.unit("ann") as unit:
        unit.routes.put(msgspec.structs.replace(often, is_ended=True))
    site.worker.tick()
    with site.store.reading() as unit:
        assert [duty.key for duty in unit.duties.all()] == ["upkeep/"]


def test_a_long_delivery_is_cut_and_others_come_before_its_next_piece(sqlite_store: SqlStore, clock: FakeClock) -> None:
    """One merchant with much to send does not keep another waiting: each turn is a piece, then the next in line."""
    site = Site(sqlite_store, clock, facts.route(), GB)
    site.steps.deliver = cut_short_at(facts.LEDGER, clock)  # type: ignore[method-assign]
    site.worker.tick()
    rounds = [site.hand_out()] + [site.round() for _ in range(3)]

    assert rounds[0] == [SYNC_GB, SYNC_US, BOOKS, BOOKS_GB]
    assert rounds[1] == rounds[2] == rounds[3] == [BOOKS]


def test_a_long_booking_is_cut_and_goes_on_at_once(sqlite_store: SqlStore, clock: FakeClock) -> None:
    """What was read of a year is booked in several turns, each of which lets others come before the next."""
    site = Site(sqlite_store, clock, facts.route(), GB)
    left = [True, True, False]

    def book(route: str, *, actor: str, until: datetime | None = None) -> BookRun:
        assert until == clock.now() + timedelta(seconds=ASKED_SECONDS + BOOKED_SECONDS)
        clock.advance(1)
        return BookRun(route, (), is_cut=route == "us" and left.pop(0))

    site.steps.book = book  # type: ignore[method-assign]
    site.worker.tick()
    rounds = [site.hand_out()] + [site.round() for _ in range(3)]

    assert rounds[0] == [SYNC_GB, SYNC_US, BOOKS, BOOKS_GB]
    assert [SYNC_US in some for some in rounds[1:]] == [True, True, False]


def cut_short_at(ledger: str, clock: FakeClock) -> Callable[..., DrainReport]:
    """Steps at a ledger that has always more to send than a turn takes."""

    def deliver(name: str, *, ends_at: datetime | None, **_: object) -> DrainReport:
        assert ends_at == clock.now() + timedelta(seconds=SENT_SECONDS)
        clock.advance(1)
        return DrainReport(name, 1, 0, 0, {}, stopped="delivery.limit" if name == ledger else "")

    return deliver


def test_what_waits_for_a_ledger_goes_on_when_it_may_not_at_the_next_sync(site: Site) -> None:
    soon = site.clock.now() + timedelta(minutes=2)
    told = DrainReport(facts.LEDGER, 0, 0, 0, {DeliveryState.OWED: 1}, soon, "rate_limited", "asked us to wait")
    site.steps.deliver = lambda *_, **__: told  # type: ignore[method-assign]
    site.until_still()

    assert site.duty(BOOKS).due_at == soon


def test_a_channel_that_does_not_answer_is_asked_again_in_minutes(site: Site) -> None:
    site.steps.failing["pull amazon-us"] = unavailable("amazon-us")
    site.until_still()

    assert site.duty(SYNC_US).due_at == site.clock.now() + timedelta(minutes=5)
    assert site.runs()[0].told.failures[0].code == "unavailable"


def test_what_was_asked_for_while_it_is_being_done_is_done_again(site: Site) -> None:
    """F52: nothing that somebody owes in the middle of a delivery waits for the next day."""
    site.until_still()
    deliver = site.steps.deliver

    def asked_meanwhile(*arguments: object, **options: object) -> DrainReport:
        with site.store.unit("another worker") as unit:
            unit.duties.ask(DutyKind.DELIVER, facts.LEDGER, site.clock.now())
        site.steps.deliver = deliver  # type: ignore[method-assign]
        return deliver(*arguments, **options)  # type: ignore[arg-type]

    site.steps.deliver = asked_meanwhile  # type: ignore[method-assign]
    with site.store.unit("ann") as unit:
        unit.duties.ask(DutyKind.DELIVER, facts.LEDGER, site.clock.now())

    assert site.until_still() == [BOOKS, BOOKS]


def test_a_sync_that_was_asked_for_while_it_is_being_done_is_done_again_after_a_pause(site: Site) -> None:
    """Each order of a busy shop sends word while the last ones are read: it is not read without a pause."""
    site.until_still()
    sync = site.steps.book

    def asked_meanwhile(*arguments: object, **options: object) -> Any:
        with site.store.unit("door") as unit:
            unit.duties.ask(DutyKind.SYNC, "us", site.clock.now())
        site.steps.book = sync  # type: ignore[method-assign]
        return sync(*arguments, **options)  # type: ignore[arg-type]

    site.steps.book = asked_meanwhile  # type: ignore[method-assign]
    with site.store.unit("ann") as unit:
        unit.duties.ask(DutyKind.SYNC, "us", site.clock.now())

    assert site.until_still().count(SYNC_US) == 1
    assert site.duty(SYNC_US).due_at == site.clock.now() + BETWEEN_SYNCS


def test_two_workers_offer_a_duty_under_one_token_and_one_of_them_does_it(site: Site) -> None:
    site.worker.tick()
    other = site.another(site.engine)
    other.tick()

    assert [one.key for one in site.engine.waiting] == [f"local/{SYNC_US}", f"local/{BOOKS}"]
    keys = [one.key for one in site.engine.waiting]
    for key in [*keys, *keys]:  # handed out twice, as an engine may
        other.do(key)
    assert site.steps.taken.count("book us") == 1


def test_a_duty_is_never_done_by_two_at_once(site: Site) -> None:
    site.worker.tick()
    other = site.another()
    deliver, inside = site.steps.deliver, list[str]()

    def handed_out_again(*arguments: object, **options: object) -> DrainReport:
        inside.append("in")
        other.do(f"local/{BOOKS}")
        site.worker.tick()
        inside.append("out")
        return deliver(*arguments, **options)  # type: ignore[arg-type]

    site.steps.deliver = handed_out_again  # type: ignore[method-assign]
    site.engine.hand_out()

    assert inside == ["in", "out"]


def test_a_worker_that_slept_through_its_turn_saves_nothing_of_it(site: Site) -> None:
    """F53, D32: frozen, taken over by another, then woken."""
    site.worker.tick()
    other, deliver, due = site.another(), site.steps.deliver, site.duty(BOOKS).due_at

    def sleeping(*arguments: object, **options: object) -> DrainReport:
        site.steps.deliver = deliver  # type: ignore[method-assign]
        site.clock.advance(turns.TERM.total_seconds() + 1)
        other.do(f"local/{BOOKS}")
        return deliver(*arguments, **options)  # type: ignore[arg-type]

    site.steps.deliver = sleeping  # type: ignore[method-assign]
    site.engine.hand_out()

    ended = site.duty(BOOKS)
    assert ended.due_at > due
    assert ended.last_run == 3  # of the one who took over
    with site.store.reading() as unit:
        assert unit.leases.get(LeaseKind.DUTY, BOOKS) is None


def dying(store: SqlStore, clock: FakeClock, key: str, times: int) -> Iterator[Lease]:
    """Workers of other machines that claim a duty and are heard of no more."""
    for number in range(times):
        with store.unit("worker") as unit:
            lease = unit.leases.take(LeaseKind.DUTY, key, f"dead {number}", clock.now(), clock.now() + turns.TERM)
        assert lease is not None
        yield lease
        clock.advance(turns.TERM.total_seconds() + 1)


def test_what_a_dead_worker_left_is_taken_over_within_ten_seconds(site: Site) -> None:
    """F52: nobody has to say that it is dead."""
    site.worker.tick()
    for _ in dying(site.store, site.clock, SYNC_US, 1):
        assert f"local/{SYNC_US}" not in [one.key for one in site.worker.offers()]

    assert turns.TERM + timedelta(seconds=running.TICK_SECONDS) < timedelta(seconds=10)
    assert SYNC_US in site.round()


def test_a_duty_that_killed_three_in_a_row_stops_and_the_others_go_on(site: Site) -> None:
    """F54, D32."""
    site.worker.tick()
    site.engine.waiting.clear()
    list(dying(site.store, site.clock, SYNC_US, turns.MOST_CLAIMS))

    done = site.until_still()
    assert SYNC_US in done
    assert "book us" not in site.steps.taken
    assert BOOKS in done
    assert site.duty(SYNC_US).stopped_at is not None
    site.clock.advance(DAY.total_seconds())
    assert SYNC_US not in site.until_still()

    Pausing(site.store, site.clock).begin_again(SYNC_US, actor="ann")
    assert SYNC_US in site.until_still()
    assert "book us" in site.steps.taken
    with pytest.raises(ConfigError, match="has not stopped"):
        Pausing(site.store, site.clock).begin_again(SYNC_US, actor="ann")


def test_two_deaths_and_an_end_are_forgotten(site: Site) -> None:
    site.worker.tick()
    site.engine.waiting.clear()
    for _ in range(3):
        list(dying(site.store, site.clock, SYNC_US, turns.MOST_CLAIMS - 1))
        site.until_still()
        site.clock.advance(DAY.total_seconds())

    assert site.duty(SYNC_US).stopped_at is None
    assert site.steps.taken.count("book us") == 3


def test_a_bug_counts_like_a_death_and_stops_the_duty_after_three(site: Site) -> None:
    site.steps.failing["book us"] = ZeroDivisionError("of a buyer's name")
    for _ in range(6):
        site.until_still()
        site.clock.advance(600)

    assert site.steps.taken.count("book us") == 3
    assert site.duty(SYNC_US).stopped_at is not None
    assert [run.outcome for run in site.runs() if run.piece.kind is RunKind.SYNC] == [RunOutcome.UNFINISHED] * 3


def test_whoever_ends_on_its_own_does_not_count_as_dead(site: Site) -> None:
    """A deployment in the middle of a long turn: the process leaves, and says that it did not die of that turn."""
    for _ in range(turns.MOST_CLAIMS + 2):
        story = Story(site.store, site.clock, site.steps, "here")
        hand = Turns(site.store, site.clock, lambda _name, story=story: story)  # type: ignore[misc]
        site.worker.tick()
        site.steps.failing["book us"] = KeyboardInterrupt()  # what ends it from outside; its thread says no more

        def leave(step: str, hand: Turns = hand) -> None:
            if step == "book us":
                hand.give_back()
                raise KeyboardInterrupt

        site.steps.before = leave
        with pytest.raises(KeyboardInterrupt):
            hand.take("local", DutyKind.SYNC, "us")
    site.steps.before, site.steps.failing = lambda _step: None, {}

    assert SYNC_US in site.until_still()
    assert site.duty(SYNC_US).stopped_at is None


def test_a_pause_by_a_person_and_a_missing_sign_in_are_two_states(site: Site) -> None:
    """F57: letting bridge in again ends no pause, and ending the pause lets nobody in."""
    pausing = Pausing(site.store, site.clock)
    assert pausing.pause("amazon-us", by="ann", reason="moves", actor="cli")
    assert not pausing.pause("amazon-us", by="bob", reason="", actor="cli")
    site.let_in("amazon-us", ConnectionState.UNAUTHORIZED)
    site.let_in("amazon-us", ConnectionState.ACTIVE)
    assert SYNC_US not in site.until_still()

    site.let_in("amazon-us", ConnectionState.UNAUTHORIZED)
    pausing.resume("amazon-us", by="ann", actor="cli")
    assert SYNC_US not in site.until_still()

    site.let_in("amazon-us", ConnectionState.ACTIVE)
    assert SYNC_US in site.until_still()
    assert site.steps.taken.count("book us") == 1
    with site.store.reading() as unit:
        notes = " ".join(row.notes for row in unit.audit.rows())
    assert "pause.added" in notes
    assert "pause.lifted" in notes


def test_what_came_due_while_deliveries_were_stopped_is_sent_when_they_may_go_again(site: Site) -> None:
    site.until_still()
    pausing = Pausing(site.store, site.clock)
    pausing.stop("", "", by="ann", reason="looks wrong", actor="cli")
    site.clock.advance(DAY.total_seconds())
    assert BOOKS not in site.until_still()
    assert site.duty(BOOKS).due_at < site.clock.now()

    pausing.lift("", "", by="ann", actor="cli")
    assert site.until_still() == [BOOKS]


def test_of_a_file_one_worker_takes_care_and_of_a_server_many(site: Site) -> None:
    site.clock.on_sleep = site.worker.tick  # it lives
    with pytest.raises(ConfigError) as refused:
        site.another(is_alone=True)
    assert refused.value.code == "worker.second"
    site.another()

    site.clock.on_sleep = lambda: None
    site.clock.advance(turns.TERM.total_seconds() + 1)
    site.another(is_alone=True)


def test_upkeep_keeps_sign_ins_alive_and_lets_go_of_runs_of_long_ago_and_of_files(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F58: also where nothing else is done with a connection."""
    monkeypatch.setattr("bridge.work.record.NEWEST_KEPT", 3)
    site.steps.sleepy = ("books",)
    for _ in range(5):
        with site.store.unit("ann") as unit:
            run = Run(Piece(RunKind.SYNC), "ann", "", site.clock.now(), site.clock.now(), outcome=RunOutcome.DONE)
            unit.runs.begin(run)
    site.clock.advance(100 * DAY.total_seconds())
    Story(site.store, site.clock, site.steps, "here").upkeep(actor="worker")

    assert site.steps.taken == ["keep books alive", "sweep"]
    assert [run.number for run in site.runs()] == [4, 5, 6]


def test_a_sync_without_sending_is_done_again_without_sending(site: Site) -> None:
    story = Story(site.store, site.clock, site.steps, "here")
    run = story.sync(["us"], actor="worker", wait_seconds=0, is_sending=False).run
    story.retry(run.number, actor="ann")

    assert f"deliver to {facts.LEDGER}" not in site.steps.taken
    assert site.steps.taken.count("book us") == 2


def test_a_database_that_is_away_is_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> datetime:
        raise unavailable("the database")

    monkeypatch.setattr(site.worker, "_moment", away)
    assert site.round() == []
    monkeypatch.undo()
    assert site.round() == [SYNC_US, BOOKS]


def test_an_engine_that_is_away_is_waited_for_and_one_that_does_not_start_is_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise OSError("of its own tables")

    monkeypatch.setattr(site.engine, "offer", away)
    assert site.round() == []
    monkeypatch.undo()
    assert site.round() == [SYNC_US, BOOKS]

    dead = PlainEngine()
    monkeypatch.setattr(dead, "start", away)
    with pytest.raises(TransientError) as told:
        site.another(dead)
    assert told.value.code == "worker.engine"
    assert "of its own tables" not in str(told.value)


def test_two_machines_whose_clocks_differ_go_by_the_databases(sqlite_store: SqlStore, clock: FakeClock) -> None:
    ahead = FakeClock(clock.now() + HOUR)
    shared, other = SharedClock(ahead), SharedClock(clock)
    shared.put_right(clock.now())
    other.put_right(clock.now())

    assert shared.now() == other.now() == clock.now()


def test_a_suspect_is_taken_alone_and_others_wait_for_it() -> None:
    """F54: who happens to be beside a turn that kills its process is not counted with it a second time."""
    suspects, beside, most = Suspects(), Counter[bool](), list[Counter[bool]]()
    seen = threading.Lock()

    def turn(number: int) -> None:
        is_suspect = number % 4 == 0
        with suspects.beside(is_suspect=is_suspect):
            with seen:
                beside[is_suspect] += 1
                most.append(+beside)
            time.sleep(0.002)
            with seen:
                beside[is_suspect] -= 1

    with ThreadPoolExecutor(4) as hands:
        list(hands.map(turn, range(40)))

    assert len(most) == 40
    assert all(one == Counter({True: 1}) for one in most if one[True])
    assert max(one[False] for one in most) > 1


@pytest.mark.parametrize("settled", [RunOutcome.DONE, RunOutcome.FAILED])
def test_duties_are_kept_as_they_were_saved(store: SqlStore, clock: FakeClock, settled: RunOutcome) -> None:
    """On both databases."""
    duty = Duty(DutyKind.SYNC, "us", Rhythm(every_minutes=60), clock.now())
    with store.unit("worker") as unit:
        unit.duties.put(duty)
        unit.duties.put(duty)
        unit.duties.ask(DutyKind.SYNC, "us", clock.now() - HOUR)
        (asked,) = unit.duties.due(clock.now() - HOUR)
        assert (asked.asked, asked.due_at) == (1, clock.now() - HOUR)
        unit.duties.end(msgspec.structs.replace(asked, due_at=clock.now() + HOUR, last=settled), clock.now())
        assert unit.duties.get(DutyKind.SYNC, "us") == msgspec.structs.replace(
            asked, due_at=clock.now() + HOUR, last=settled
        )
        unit.duties.end(duty, clock.now())  # by one who had read it before it was asked for
        assert unit.duties.due(clock.now()) != ()
        unit.duties.remove(DutyKind.SYNC, "us")
        assert unit.duties.all() == ()
