"""The story: the order of the steps, and what is kept of each run, however it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from bridge.errors import AuthorizationError, BridgeError, ConfigError, LockedError, StaleError
from bridge.host.holder import as_it_stands
from bridge.ingest import Outcome, Pulled, StreamReport
from bridge.model.runs import Failure, Piece, Run, RunKind, RunOutcome
from bridge.store.sql import SqlStore, failures
from bridge.work import Story, Unwatched, Verdict
from tests.fakes.clock import FakeClock
from tests.store import facts
from tests.work.steps import OrderedSteps, refused, unavailable

SHOP = facts.route().source
HELLO = "from bridge.host.holder import holder_name; print(holder_name())"


class Listening(Unwatched):
    """Keeps which runs it was told will never end."""

    def __init__(self) -> None:
        self.left: list[int] = []

    def began(self, run: Run, left: Sequence[Run]) -> None:
        self.left += [one.number for one in left]


@pytest.fixture
def steps() -> OrderedSteps:
    return OrderedSteps()


@pytest.fixture
def story(sqlite_store: SqlStore, clock: FakeClock, steps: OrderedSteps) -> Story:
    with sqlite_store.unit("ann") as unit:
        unit.connections.put(facts.connection())
    return Story(sqlite_store, clock, steps, "here")


def left_behind(store: SqlStore, clock: FakeClock, holder: str) -> Run:
    """A run of which nobody said how it ended."""
    with store.unit("ann") as unit:
        return unit.runs.begin(Run(Piece(RunKind.SYNC, routes=("us",)), "ann", holder, clock.now(), clock.now()))


def as_shown(store: SqlStore, clock: FakeClock) -> tuple[Run, ...]:
    """Every run as a person sees it, newest first."""
    with store.reading() as unit:
        return tuple(as_it_stands(run, clock.now()) for run in unit.runs.newest(100))


def test_a_sync_takes_in_books_and_delivers_and_is_kept_with_what_it_did(
    story: Story, steps: OrderedSteps, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    synced = story.sync(actor="ann", wait_seconds=60)

    assert steps.taken == [f"inbox of {SHOP}", f"pull {SHOP}", "book us", f"deliver to {facts.LEDGER}"]
    assert synced.verdict is Verdict.NOTHING
    (kept,) = as_shown(sqlite_store, clock)
    assert kept == synced.run
    assert (kept.number, kept.outcome, kept.actor) == (1, RunOutcome.DONE, "ann")
    assert kept.ended_at is not None
    assert kept.piece == Piece(
        RunKind.SYNC, routes=("us",), ledgers=(facts.LEDGER,), connections=(SHOP,), wait_seconds=60
    )
    assert (kept.told.booked, kept.told.vouchers) == ({"booked": 1}, {"delivered": 1})


def test_what_fails_in_one_place_does_not_stop_the_others(sqlite_store: SqlStore, clock: FakeClock) -> None:
    other = msgspec.structs.replace(facts.route("gb"), source="amazon-gb", ledger="books-gb")
    steps = OrderedSteps(facts.route(), other)
    steps.failing = {
        "inbox of amazon-gb": AuthorizationError("connection amazon-gb", "lets nobody in", "Sign in"),
        f"deliver to {facts.LEDGER}": unavailable(facts.LEDGER),
    }

    synced = Story(sqlite_store, clock, steps, "here").sync(actor="ann", wait_seconds=0)

    assert steps.taken[-4:] == ["book us", "book gb", f"deliver to {facts.LEDGER}", "deliver to books-gb"]
    assert [error.code for error in synced.failed] == ["authorization", "unavailable"]
    assert synced.run.outcome is RunOutcome.FAILED
    assert synced.run.told.failures[0] == Failure("authorization", 1, "connection amazon-gb: lets nobody in", "Sign in")


def test_a_database_that_another_process_holds_stops_it_after_one_wait(
    story: Story, steps: OrderedSteps, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    """Each part would wait as long, and so would saying what became of it."""
    locked = failures.locked()
    steps.failing = {"inbox of amazon-us": locked}
    with pytest.raises(LockedError) as stopped:
        story.sync(actor="ada", wait_seconds=0)
    assert stopped.value is locked
    assert steps.taken == ["inbox of amazon-us"]
    (run,) = as_shown(sqlite_store, clock)
    assert (run.outcome, run.ended_at) == (RunOutcome.RUNNING, None)


def test_a_stream_that_stops_is_a_cause_and_what_the_others_brought_is_counted(
    story: Story, steps: OrderedSteps
) -> None:
    orders = StreamReport("orders", "orders", documents=((Outcome.NEW, 2),))
    steps.pulled = Pulled(SHOP, (orders, StreamReport("payouts", "payouts", error=unavailable("payouts"))))

    synced = story.sync(actor="ann", wait_seconds=0)

    assert synced.run.told.taken_in == {"new": 2}
    assert [one.code for one in synced.run.told.failures] == ["unavailable"]
    assert [error.code for error in synced.failed] == ["unavailable"]
    assert synced.run.outcome is RunOutcome.WAITS


def test_refusals_are_told_by_cause_with_the_first_message(story: Story, steps: OrderedSteps) -> None:
    steps.parked, steps.is_waiting = (refused("vch_1"), refused("vch_2")), True

    delivered = story.deliver(actor="ann", wait_seconds=0)

    (failure,) = delivered.run.told.failures
    assert (failure.code, failure.times, failure.message) == ("rejected", 2, "voucher vch_1: no vch_1")
    assert delivered.run.told.vouchers == {"delivered": 1, "parked": 2}
    assert delivered.run.outcome is RunOutcome.WAITS


def test_what_only_time_mends_waits(story: Story, steps: OrderedSteps) -> None:
    steps.failing = {f"deliver to {facts.LEDGER}": unavailable(facts.LEDGER)}

    delivered = story.deliver(actor="ann", wait_seconds=0)

    assert (delivered.verdict, delivered.run.outcome) == (Verdict.LATER, RunOutcome.WAITS)


def test_a_run_that_an_error_stops_has_failed_by_it(
    story: Story, steps: OrderedSteps, tmp_path: Path, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    steps.failing = {"book us": StaleError("document 1", "another came first", "Run it again")}

    with pytest.raises(StaleError):
        story.import_files(SHOP, [tmp_path / "a.txt"], actor="ann")

    (run,) = as_shown(sqlite_store, clock)
    assert run.outcome is RunOutcome.FAILED
    assert [one.code for one in run.told.failures] == ["stale"]


def test_what_a_person_stops_is_unfinished(
    story: Story, steps: OrderedSteps, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    steps.failing = {"book us": KeyboardInterrupt()}

    with pytest.raises(KeyboardInterrupt):
        story.sync(actor="ann", wait_seconds=0)

    assert [run.outcome for run in as_shown(sqlite_store, clock)] == [RunOutcome.UNFINISHED]


def test_a_killed_run_stands_as_unfinished_and_the_next_says_so_once(
    story: Story, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    dead = subprocess.run([sys.executable, "-c", HELLO], capture_output=True, text=True, check=True).stdout.strip()
    killed = left_behind(sqlite_store, clock, dead)
    watch = Listening()

    assert [run.outcome for run in as_shown(sqlite_store, clock)] == [RunOutcome.UNFINISHED]
    for _ in range(2):
        story.deliver(actor="ann", wait_seconds=0, watch=watch)

    assert watch.left == [killed.number]
    with sqlite_store.reading() as unit:
        assert unit.runs.get(killed.number).outcome is RunOutcome.UNFINISHED


def test_a_run_elsewhere_is_believed_for_a_day(story: Story, sqlite_store: SqlStore, clock: FakeClock) -> None:
    elsewhere = left_behind(sqlite_store, clock, "another machine")

    assert [run.outcome for run in as_shown(sqlite_store, clock)] == [RunOutcome.RUNNING]
    with pytest.raises(ConfigError, match="still under way"):
        story.retry(elsewhere.number, actor="bob")
    clock.sleep(timedelta(days=1, seconds=1).total_seconds())
    assert [run.outcome for run in as_shown(sqlite_store, clock)] == [RunOutcome.UNFINISHED]


def test_a_run_is_done_again_as_a_new_one_that_names_it(story: Story, steps: OrderedSteps, tmp_path: Path) -> None:
    before = [
        story.import_files(SHOP, [tmp_path / "a.txt"], actor="ann").run,
        story.sync(["us"], actor="ann", wait_seconds=5).run,
        story.deliver([facts.LEDGER], actor="ann", wait_seconds=7, limit=3).run,
        story.check(["us"], actor="ann").run,
    ]
    taken, steps.taken = steps.taken, []

    again = [story.retry(run.number, actor="bob").run for run in before]

    assert steps.taken == taken
    assert [run.piece for run in again] == [run.piece for run in before]
    assert [(run.number, run.retry_of, run.actor) for run in again] == [
        (5, 1, "bob"),
        (6, 2, "bob"),
        (7, 3, "bob"),
        (8, 4, "bob"),
    ]


def test_what_is_refused_before_anything_is_done_is_no_run(
    story: Story, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    with pytest.raises(ConfigError):
        story.sync(["nowhere"], actor="ann", wait_seconds=0)
    with pytest.raises(ConfigError):
        story.import_files("nowhere", [Path("a.txt")], actor="ann")

    assert as_shown(sqlite_store, clock) == ()


# Back-fills


class Looking(Unwatched):
    """Whoever looks on; waited: until when, and why."""

    def __init__(self) -> None:
        self.waited: list[tuple[datetime, str]] = []

    def waits(self, why: str, until: datetime) -> None:
        self.waited.append((until, why))


def pulled(clock: FakeClock, *, in_seconds: int = 0, error: BridgeError | None = None) -> Pulled:
    """What a channel answered; in_seconds: when its job is done."""
    due_at = clock.now() + timedelta(seconds=in_seconds) if in_seconds else None
    report = StreamReport("orders", "orders", ((Outcome.NEW, 1),), due_at=due_at, why="a job runs", error=error)
    return Pulled(SHOP, (report,))


def test_a_backfill_waits_for_what_is_due_books_and_sends_nothing(
    story: Story, steps: OrderedSteps, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    steps.pulling = [pulled(clock, in_seconds=100), pulled(clock, in_seconds=250), pulled(clock)]
    watch = Looking()
    filled = story.backfill(actor="ann", wait_seconds=600, watch=watch)

    assert steps.taken == [*[f"pull {SHOP}"] * 3, "book us"]
    assert clock.slept == [100, 150]
    assert [why for _, why in watch.waited] == ["a job runs"] * 2
    assert filled.verdict is Verdict.NOTHING
    (kept,) = as_shown(sqlite_store, clock)
    assert kept.piece == Piece(RunKind.BACKFILL, routes=("us",), connections=(SHOP,), wait_seconds=600)
    assert (kept.outcome, kept.told.taken_in, kept.told.failures) == (RunOutcome.DONE, {"new": 3}, ())


def test_a_backfill_waits_no_longer_than_it_may_and_says_that_more_is_to_come(
    story: Story, steps: OrderedSteps, clock: FakeClock
) -> None:
    steps.pulling = [pulled(clock, in_seconds=50), pulled(clock, in_seconds=120)]
    filled = story.backfill(actor="ann", wait_seconds=100, watch=Looking())

    assert clock.slept == [50]
    assert (filled.verdict, filled.run.outcome) == (Verdict.LATER, RunOutcome.WAITS)


def test_a_backfill_of_a_channel_that_names_times_that_are_past_does_not_spin(
    story: Story, steps: OrderedSteps, clock: FakeClock
) -> None:
    steps.pulling = [pulled(clock, in_seconds=-30)] * 9
    filled = story.backfill(actor="ann", wait_seconds=20, watch=Looking())

    assert clock.slept == [5] * 4
    assert filled.verdict is Verdict.LATER


def test_a_channel_that_is_silent_for_a_while_is_asked_again_and_its_silence_is_no_failure(
    story: Story, steps: OrderedSteps, clock: FakeClock
) -> None:
    steps.pulling = [pulled(clock, error=unavailable("shop")), pulled(clock)]
    filled = story.backfill(actor="ann", wait_seconds=100, watch=Looking())

    assert clock.slept == [60]
    assert (filled.verdict, filled.failed, filled.run.told.failures) == (Verdict.NOTHING, (), ())

    steps.pulling = [pulled(clock, error=unavailable("shop"))]
    filled = story.backfill(actor="ann", wait_seconds=10, watch=Looking())
    assert (filled.verdict, [error.code for error in filled.failed]) == (Verdict.LATER, ["unavailable"])


def test_a_backfill_of_what_is_not_asked_or_has_no_first_day_is_refused(
    story: Story, steps: OrderedSteps, sqlite_store: SqlStore
) -> None:
    filled = story.backfill([SHOP], actor="ann", wait_seconds=0)
    assert [error.code for error in filled.failed] == ["backfill.not_asked"]
    for names, since, code in (
        ((SHOP,), date(2025, 1, 1), "backfill.since"),
        (("nobody",), None, "connection.unknown"),
        (("idle",), None, "backfill.no_route"),
    ):
        with sqlite_store.unit("ann") as unit:
            unit.connections.put(msgspec.structs.replace(facts.connection(), name="idle", account="idle"))
        with pytest.raises(ConfigError) as refused:
            story.backfill(names, actor="ann", wait_seconds=0, since=since)
        assert refused.value.code == code


def test_a_backfill_is_done_again_by_its_number(story: Story, steps: OrderedSteps, clock: FakeClock) -> None:
    steps.pulled = pulled(clock)
    first = story.backfill(actor="ann", wait_seconds=5)
    again = story.retry(first.run.number, actor="ann")

    assert (again.run.piece, again.run.retry_of) == (first.run.piece, first.run.number)


def test_every_run_ends_by_summing_up_what_it_was_about_also_one_that_failed(
    story: Story, steps: OrderedSteps, tmp_path: Path
) -> None:
    story.sync(actor="ann", wait_seconds=0)
    steps.failing[f"inbox of {SHOP}"] = ConfigError("inbox", "is away", "Bring it back")
    story.sync(actor="ann", wait_seconds=0, is_sending=False)
    steps.failing[f"import lost.txt for {SHOP}"] = ConfigError("file", "is broken", "Mend it")
    with pytest.raises(ConfigError):
        story.import_files(SHOP, [tmp_path / "lost.txt"], actor="ann")

    assert [(piece.kind, piece.routes, piece.ledgers) for piece in steps.summed] == [
        (RunKind.SYNC, ("us",), ("books",)),
        (RunKind.SYNC, ("us",), ()),
        (RunKind.IMPORT, ("us",), ()),
    ]
