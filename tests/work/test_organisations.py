"""One worker for many organisations: nobody waits for whoever has much to do, and nobody's work is another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bridge.delivery import DrainReport
from bridge.host.organisations import Organisations
from bridge.host.pausing import Pausing
from bridge.model.connections import Connection, Side
from bridge.model.duties import Duty, DutyKind, Rhythm, next_due
from bridge.model.hindrances import Standing
from bridge.model.leases import LeaseKind
from bridge.model.organisations import OWN
from bridge.model.outages import outages
from bridge.store.sql import NOBODY, SqlStore
from bridge.work import Story
from bridge.work.worker import turns
from bridge.work.worker.line import Place, in_turn, named
from bridge.work.worker.outages import LOOKED
from bridge.work.worker.running import OFFERED_SECONDS, Worker
from bridge.work.worker.shared_clock import SharedClock
from tests.fakes.clock import FakeClock
from tests.store import facts
from tests.work.engines import PlainEngine
from tests.work.steps import OrderedSteps, unavailable

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Town:
    """Organisations that each have a route of one name, and one worker."""

    def __init__(self, store: SqlStore, clock: FakeClock, *names: str) -> None:
        self.store, self.clock, self.engine = store, clock, PlainEngine()
        self.steps = {name: OrderedSteps(facts.route()) for name in names}
        self.organisations = Organisations(store, clock)
        for name in names:
            if name != OWN:
                self.organisations.add(name, "", is_tenant=True, actor="ann")
            with store.of(name).unit("ann") as unit:
                unit.connections.put(facts.connection("amazon-us", account=name))
                unit.connections.put(Connection(facts.LEDGER, "ledgers", Side.SINK, name))
                unit.routes.put(facts.route())
        house = store.of(NOBODY)
        self.worker = Worker(house, clock.now, SharedClock(clock), [self.story], self.engine, is_alone=False)
        self.worker.begin()

    def story(self, name: str) -> Story:
        return Story(self.store.of(name), self.clock, self.steps[name], "here")

    def round(self) -> list[str]:
        self.worker.tick()
        return self.engine.hand_out()

    def until_still(self) -> list[str]:
        return [key for some in iter(self.round, []) for key in some]

    def ask(self, name: str, kind: DutyKind, subject: str) -> None:
        """As a hint does."""
        with self.store.of(name).unit("inbox") as unit:
            unit.duties.ask(kind, subject, self.clock.now())


@pytest.fixture
def town(store: SqlStore, clock: FakeClock) -> Town:
    return Town(store, clock, OWN, "acme", "zoo")


def test_one_worker_does_the_duties_of_all_and_each_in_its_own_books(town: Town) -> None:
    """On both databases."""
    done = Counter(town.until_still())

    assert done.keys() == {f"{name}/{duty}" for name in town.steps for duty in ("sync/us", f"deliver/{facts.LEDGER}")}
    for name, steps in town.steps.items():
        assert steps.taken.count("book us") == 1
        with town.store.of(name).reading() as unit:
            assert {run.piece.kind for run in unit.runs.newest(9)} == {"sync", "deliver"}
    town.clock.advance(60)
    town.ask("zoo", DutyKind.SYNC, "us")
    assert town.until_still()[0] == "zoo/sync/us"
    assert town.steps["acme"].taken.count("book us") == 1


def test_who_has_much_to_do_takes_one_piece_and_then_stands_behind_all_others(town: Town) -> None:
    """A back-fill beside them: no turn waits for more than one piece of it."""
    town.until_still()

    def endless(ledger: str, **_: object) -> DrainReport:
        town.clock.advance(1)
        return DrainReport(ledger, 1, 0, 0, {}, stopped="delivery.limit")

    town.steps["acme"].deliver = endless  # type: ignore[method-assign]
    town.ask("acme", DutyKind.DELIVER, facts.LEDGER)
    done: list[str] = []
    for number in range(12):
        if number % 4 == 0:
            town.ask("zoo", DutyKind.SYNC, "us")
            town.ask(OWN, DutyKind.SYNC, "us")
        done += town.round()

    large = f"acme/deliver/{facts.LEDGER}"
    between = [len(some.split()) for some in " ".join("." if key == large else key for key in done).split(".")]
    assert done.count(large) >= 12
    assert done.count("zoo/sync/us") == done.count(f"{OWN}/sync/us") == 3
    assert max(between) <= 4


@pytest.mark.parametrize(
    ("due", "under_way", "order"),
    [
        ("aaaab", {}, "abaaa"),
        ("aabbc", {}, "abcab"),
        ("aabbc", {"a": 1}, "bcaba"),
        ("abc", {"a": 2, "b": 1}, "cba"),
        ("", {"a": 1}, ""),
    ],
)
def test_turns_go_round_and_who_has_one_already_comes_later(due: str, under_way: dict[str, int], order: str) -> None:
    places = [Place(name, Duty(DutyKind.SYNC, str(number), Rhythm(), NOON)) for number, name in enumerate(due)]
    found = in_turn(places, under_way)

    assert "".join(place.organisation for place in found) == order
    for name in set(due):
        mine = [int(place.duty.subject) for place in found if place.organisation == name]
        assert mine == sorted(mine)


def test_looks_come_first_and_what_is_long_goes_on_beside_them() -> None:
    """However much there is to send to everybody's ledger, and however many pieces a look back has."""
    ended = NOON - timedelta(seconds=5)
    back = [Place(name, Duty(DutyKind.SYNC, "us", Rhythm(), ended, last_at=ended)) for name in "xyz"]
    sends = [Place(name, Duty(DutyKind.DELIVER, "books", Rhythm(), NOON)) for name in "abcdefgh"]
    looks = [Place(name, Duty(DutyKind.SYNC, "us", Rhythm(), NOON, last_at=ended)) for name in "abcdefgh"]
    found = in_turn([*back, *sends, *looks], {"h": 1})

    words = [f"{place.organisation}{'-' if place.duty in (back[0].duty, sends[0].duty) else ''}" for place in found]
    assert " ".join(words) == "a b c x- d e f y- g z- h a- b- c- d- e- f- g- h-"


def test_two_hundred_that_are_sent_to_at_six_begin_apart_though_all_are_named_alike() -> None:
    rhythm = Rhythm(times=(("06:00", "UTC"),))
    dues = [next_due(rhythm, named(f"t{number}", DutyKind.DELIVER, "books"), NOON) for number in range(200)]

    a_minute = Counter(due.replace(second=0) for due in dues)
    assert min(dues) >= NOON.replace(hour=6) + DAY
    assert max(dues) < NOON.replace(hour=6, minute=15) + DAY
    assert len(a_minute) == 15
    assert max(a_minute.values()) <= 30


def test_a_pause_of_one_organisation_stops_all_of_its_work_and_nobody_elses(town: Town) -> None:
    assert town.organisations.pause("acme", by="olga", reason="unpaid", actor="operator:olga")
    assert not town.organisations.pause("acme", by="olga", reason="", actor="operator:olga")
    done = town.until_still()

    assert not [key for key in done if key.startswith("acme/")]
    assert "zoo/sync/us" in done
    with town.store.of("acme").reading() as unit:
        assert "operator:olga" in {row.actor for row in unit.audit.rows()}
    (seen,) = Pausing(town.store.of("acme"), town.clock).stopped()
    assert (seen.by, seen.reason) == ("olga", "unpaid")
    town.organisations.resume("acme", by="olga", actor="operator:olga")
    assert "acme/sync/us" in town.until_still()


def test_a_stop_of_all_at_once_holds_for_everybody_and_only_an_operator_lifts_it(town: Town) -> None:
    town.organisations.stop("ledgers", "", by="olga", reason="it doubles", actor="operator:olga")
    done = town.until_still()
    assert {key.split("/")[1] for key in done} == {"sync"}

    own = Pausing(town.store.of("zoo"), town.clock)
    assert [pause.is_everywhere for pause in own.stopped()] == [True]
    assert "--everywhere" in own.stopped()[0].next_step
    assert not own.lift("ledgers", "", by="zoe", actor="web:zoe")
    assert town.until_still() == []

    assert town.organisations.lift("ledgers", "", by="olga", actor="operator:olga")
    assert Counter(town.until_still()) == Counter(f"{name}/deliver/{facts.LEDGER}" for name in town.steps)


def test_a_worker_that_died_is_taken_over_in_each_organisation_by_itself(town: Town) -> None:
    """F52, D32: a duty of one is held, and the same of another is not."""
    town.worker.tick()
    town.engine.waiting.clear()
    town.clock.advance(OFFERED_SECONDS)
    until = town.clock.now() + turns.TERM
    with town.store.of("acme").unit("worker") as unit:
        unit.leases.take(LeaseKind.DUTY, "sync/us", "dead", town.clock.now(), until)
    done = town.until_still()
    assert "zoo/sync/us" in done
    assert "acme/sync/us" not in done

    town.clock.advance(turns.TERM.total_seconds() + 1)
    assert "acme/sync/us" in town.until_still()


def test_a_duty_that_kills_its_workers_stops_for_its_organisation_alone(town: Town) -> None:
    """F54, D32."""
    town.steps["acme"].failing["book us"] = ZeroDivisionError()
    for _ in range(6):
        town.until_still()
        town.clock.advance(600)

    with town.store.of("acme").reading() as unit:
        stopped = unit.duties.get(DutyKind.SYNC, "us")
    assert stopped is not None
    assert stopped.stopped_at is not None
    assert town.steps["acme"].taken.count("book us") == 3
    town.ask("zoo", DutyKind.SYNC, "us")
    assert "zoo/sync/us" in town.until_still()


def test_a_vendor_that_fails_for_all_is_told_once_and_once_when_it_answers(
    town: Town, logs: Sequence[Mapping[str, object]]
) -> None:
    """F57: one alert, not two hundred."""
    for steps in town.steps.values():
        steps.failing["pull amazon-us"] = unavailable("amazon")
    for _ in range(3):
        town.until_still()
        town.clock.advance(LOOKED.total_seconds() + 300)
    (told,) = town.organisations.outages()
    assert (told.plugin, told.code, told.organisations, told.of, told.is_of_vendor) == (
        "amazon", "unavailable", 3, 3, True,
    )  # fmt: skip
    assert [one["event"] for one in logs].count("vendor fails") == 1

    for steps in town.steps.values():
        steps.failing.clear()
    town.until_still()
    town.clock.advance(LOOKED.total_seconds())
    town.until_still()
    assert town.organisations.outages() == ()
    assert [one["event"] for one in logs].count("vendor answers again") == 1


@pytest.mark.parametrize(("failing", "is_of_vendor"), [(1, False), (2, False), (5, False), (6, True), (10, True)])
def test_it_is_the_vendor_where_most_of_its_connections_fail(failing: int, is_of_vendor: bool) -> None:
    names = [f"t{number}" for number in range(10)]
    shop = facts.connection()
    how = {name: Standing.of([facts.route()], [shop], ()) for name in names}
    duty = Duty(DutyKind.SYNC, "us", Rhythm(), NOON).failing("unavailable", NOON).failing("unavailable", NOON + DAY)
    (found,) = outages([(name, duty) for name in names[:failing]], how, [(name, shop) for name in names])

    assert (found.connections, found.of, found.since) == (failing, 10, NOON)
    assert found.is_of_vendor is is_of_vendor


def test_what_an_organisation_used_is_counted_by_month(town: Town) -> None:
    used: list[dict[tuple[str, str], int]] = [
        {("amazon", "calls"): 3},
        {("amazon", "calls"): 4, ("amazon", "documents"): 2},
    ]
    town.steps["acme"].used = lambda: used.pop() if used else {}  # type: ignore[method-assign]
    town.until_still()

    month = f"{town.clock.now():%Y-%m}"
    found = [(name, one.what, one.many) for name, one in town.organisations.used(month)]
    assert found == [("acme", "calls", 7), ("acme", "documents", 2)]
    assert town.organisations.used("1999-01") == ()
