"""A channel is pulled in windows that close when nothing is missing, whatever happens to either side meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import msgspec
import pytest

from bridge.errors import ConfigError, InvariantError, PluginError, StaleError
from bridge.host.turn import TURN
from bridge.ingest import Outcome
from bridge.model.channel import ChannelFacts, Why, WindowState
from bridge.model.documents import DocumentState
from bridge.model.findings import FindingState
from bridge.plugin import DocumentEnd, Gone, OwnerStart, Page, PagePart, Pending, Unknown, Wait, Want
from bridge.store.api import Store
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MakeOrganisation
from tests.pulled.shop import Order
from tests.pulled.source import CAPABILITIES, TinyPull
from tests.pulled.world import CONNECTION, NOON, ORDER, PAYOUT, PLAIN, REFUND, ROUTE, World

NEW, HELD, BOOKED = DocumentState.NEW, DocumentState.HELD, DocumentState.BOOKED


@pytest.fixture
def world(sqlite_store: Store) -> Iterator[World]:
    made = World(sqlite_store)
    yield made
    made.server.stop()
    assert made.clock.slept == [], "a pull never sleeps"
    assert not made.server.crashes


# Windows


def test_what_a_window_holds_is_saved_and_the_window_closes(world: World) -> None:
    world.only("orders", "payouts")
    for number in range(1, 6):
        world.shop.sell(f"o{number}", 1000 * number, *[100] * (number % 3))
    world.shop.pay_out("p1", 900)
    world.clock.advance(60)

    pulled = world.pull()

    assert world.names() == [
        *[("order", f"o{number}", 1000 * number) for number in range(1, 6)],
        ("payout", "p1", 900),
        *[("refund", name, -100) for name in ("o1-r1", "o2-r1", "o2-r2", "o4-r1", "o5-r1", "o5-r2")],
    ]
    window = world.closed("orders")[0]
    assert (window.got, window.expected, window.until) == (5, 5, NOON + timedelta(seconds=60))
    assert [(report.stream, report.closed, report.through) for report in pulled.streams] == [
        (name, windows, NOON + timedelta(seconds=60)) for name, windows in (("orders", 1), ("payouts", 2))
    ], "payouts are read from a month before the first day on"
    kept = world.kept(ORDER, "o1")
    assert kept is not None
    assert kept.document.facts_hash == window.facts_hash


def test_the_next_window_begins_an_overlap_earlier_and_what_is_known_leaves_no_trace(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.pull(after_seconds=30)
    rows = world.audit_rows()

    world.pull(after_seconds=30)

    (window,) = world.closed("orders")
    assert (window.got, window.until) == (1, NOON + timedelta(seconds=60))
    assert world.audit_rows() == rows + 1  # that the channel stands by it later
    world.pull(after_seconds=600)
    rows = world.audit_rows()
    world.pull(after_seconds=600)
    assert world.audit_rows() == rows
    assert world.closed("orders")[0].until == NOON + timedelta(seconds=1260)


def test_a_window_that_lacks_something_stays_open_with_a_finding_until_it_has_all(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    pulled = world.pull(after_seconds=30)

    assert world.findings() == ["window.short"]
    assert world.closed("orders") == ()
    assert pulled.streams[0].through is None
    assert "counts 2, and 1 came" in pulled.streams[0].why
    assert world.kept(ORDER, "o1") is not None, "what came is there all the same"
    assert world.pull(after_seconds=60).streams[0].documents == (), "it is not asked all the time"

    world.shop.counts_wrong = 0
    world.pull(after_seconds=3600)
    assert world.findings() == []
    assert len(world.closed("orders")) == 1


def test_zero_where_some_were_keeps_a_window_open(world: World) -> None:
    world.only("history")
    world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    world.clock.advance(30)
    world.pull_all()
    del world.shop.orders["o1"]
    world.shop.counts_wrong = 0
    world.pull(after_seconds=3700)
    world.shop.finish_jobs()
    world.pull(after_seconds=120)

    window = world.current("history")
    assert window is not None
    assert window.note == "nothing came where there were 1"


def test_what_was_changed_again_is_missing_nowhere(world: World) -> None:
    world.only("orders")
    order = world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    world.pull(after_seconds=30)
    world.clock.advance(60)
    order.changed_at = world.clock.now()
    world.shop.counts_wrong = 0
    world.pull(after_seconds=3600)
    assert world.findings() == []
    assert world.current("orders") is None


def test_windows_that_are_not_counted_again_any_more_are_one_row(world: World) -> None:
    world.shop.sell("o1", 1000)
    counted(world)
    world.shop.finish_jobs()
    world.pull(after_seconds=120)
    assert len(world.closed("history")) == 2

    world.pull(after_seconds=40 * 86_400)
    (row,) = world.closed("history")
    assert row.due_at is None
    del world.shop.orders["o1"]
    world.shop.asked.clear()
    world.pull(after_seconds=3600)
    assert "GET /orders/o1" not in world.shop.asked


def test_a_person_may_let_a_window_close_that_lacks_something(world: World) -> None:
    world.only("orders")
    world.shop.counts_wrong = 1
    world.pull(after_seconds=30)
    world.accept("window.short")

    world.pull(after_seconds=3600)

    assert len(world.closed("orders")) == 1
    assert world.findings(FindingState.ACCEPTED) == ["window.short"]


def test_a_window_that_cannot_be_counted_waits_for_that_and_is_not_read_again(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.shop.is_uncounted = True
    world.pull(after_seconds=30)
    window = world.current("orders")
    assert window is not None
    assert window.state is WindowState.READ

    world.shop.is_uncounted = False
    world.shop.asked.clear()
    world.pull(after_seconds=3600)
    assert world.shop.asked[:3] == ["GET /facts", "GET /count", "GET /facts"]
    assert world.closed("orders")[0].got == 1


def test_an_answer_that_carries_errors_is_no_page(world: World) -> None:
    world.only("orders")
    for number in range(5):
        world.shop.sell(f"o{number}", 1000)
    world.clock.advance(30)
    asked = iter(range(100))
    world.shop.on_answer = lambda _: setattr(world.shop, "breaks", 1) if next(asked) == 2 else None
    (report,) = world.pull().streams

    assert report.error is not None
    assert dict(report.documents) == {Outcome.NEW: 2}
    window = world.current("orders")
    assert window is not None
    assert (window.got, window.cursor != b"") == (2, True)
    world.shop.on_answer = lambda _: None
    assert world.pull().streams[0].closed == 1
    assert len(world.names()) == 5


def test_a_shop_that_asks_to_wait_is_left_alone_until_then(world: World) -> None:
    world.only("orders")
    world.server.faults.order("throttle", path="/orders")
    (report,) = world.pull(after_seconds=30).streams
    assert report.due_at == world.clock.now() + timedelta(seconds=90)

    world.shop.asked.clear()
    world.pull(after_seconds=60)
    assert world.shop.asked == ["GET /facts"]
    assert world.pull(after_seconds=60).streams[0].closed == 2


def test_a_pull_that_is_to_leave_off_goes_on_behind_its_last_page_and_brings_the_same(world: World) -> None:
    """A piece of a long back-fill: every stream comes one page further at least, and nothing is read twice."""
    world.only("orders", "payouts")
    for number in range(1, 6):
        world.shop.sell(f"o{number}", 1000 * number)
    world.shop.pay_out("p1", 900)
    world.clock.advance(60)
    pieces = [world.puller().pull("shop", actor="worker", until=world.clock.now())]
    while pieces[-1].is_cut:
        pieces.append(world.puller().pull("shop", actor="worker", until=world.clock.now()))

    brought = [sum(piece.documents.values()) for piece in pieces]
    assert (sum(brought), len(world.names())) == (6, 6)
    assert max(brought) <= 3
    assert [piece.is_cut for piece in pieces] == [*[True] * (len(pieces) - 1), False]
    assert Outcome.NEW not in world.pull().documents


def test_a_cursor_of_an_older_plugin_begins_the_window_again(world: World) -> None:
    world.only("history")
    world.shop.sell("o1", 1000)
    world.pull(after_seconds=30)
    assert len(world.shop.jobs) == 1

    streams = tuple(msgspec.structs.replace(stream, cursor_version=2) for stream in world.capabilities.streams)
    world.declare(msgspec.structs.replace(PLAIN, streams=streams))
    world.shop.finish_jobs()
    world.pull(after_seconds=120)
    assert len(world.shop.jobs) == 2, "the job that the old cursor named is of no use"


def race(world: World, other: Callable[[], object]) -> None:
    """Five orders to pull, and something else that happens while the third is answered."""
    world.only("orders")
    for number in range(5):
        world.shop.sell(f"o{number}", 1000)
    world.clock.advance(30)
    raced: list[object] = []

    def beside(number: int) -> None:
        if number == 3 and not raced:
            raced.append(1)
            other()

    world.shop.on_answer = beside


def test_a_connection_is_pulled_by_one_at_a_time(world: World) -> None:
    told: list[str] = []

    def another() -> None:
        with pytest.raises(StaleError) as refused:
            world.pull()
        told.append(refused.value.code)

    race(world, another)
    world.pull()
    assert told == ["pull.busy"]
    assert len(world.names()) == 5
    assert world.closed("orders")[0].got == 5


def test_whoever_was_silent_for_too_long_and_is_overtaken_saves_no_page(world: World) -> None:
    race(world, lambda: world.pull(after_seconds=TURN.total_seconds() + 1))
    with pytest.raises(StaleError):
        world.pull()
    assert len(world.names()) == 5
    assert world.closed("orders")[0].got == 5


def test_what_a_channel_does_not_tell_any_more_is_a_finding_where_a_route_books_it(world: World) -> None:
    """F41."""
    reached = world.clock.now() - timedelta(hours=3)

    class Young(TinyPull):
        def survey(self) -> ChannelFacts:
            return msgspec.structs.replace(super().survey(), reaches_back_to=reached, reach_cause="it is young")

    world.source = Young
    world.only("orders")
    world.pull(after_seconds=30)
    world.pull(after_seconds=3_600)

    (kept,) = world.kept_findings()
    assert (kept.finding.code, world.closed("orders")[0].since) == ("window.reach", reached)
    assert kept.finding.cause.endswith("main books from 2026-06-30: it is young")


def test_a_route_that_books_from_before_what_was_read_is_told(world: World) -> None:
    """The route came later, or its first day was moved back: what is called complete does not hold its first days."""
    world.only("orders")
    world.shop.sell("old", 1000, at=NOON - timedelta(days=40))
    world.pull(after_seconds=30)
    assert world.findings() == []
    with world.store.unit("ann") as unit:
        unit.routes.put(msgspec.structs.replace(ROUTE, first_day=date(2026, 5, 1)))
    world.pull(after_seconds=3_600)

    (kept,) = world.kept_findings()
    assert (kept.finding.code, kept.finding.cause) == (
        "window.reach",
        "they are read since 2026-06-29, and main books from 2026-05-01",
    )
    assert "`bridge backfill shop`" in kept.finding.repair


def test_what_the_channel_does_not_let_us_read_is_told_until_it_does_and_stops_nothing(world: World) -> None:
    class Opening(TinyPull):
        grants: tuple[str, ...] = ("read",)

        def survey(self) -> ChannelFacts:
            return msgspec.structs.replace(super().survey(), grants=self.grants)

    world.source = Opening
    streams = {stream.name: stream for stream in CAPABILITIES.streams}
    guarded = msgspec.structs.replace(streams["payouts"], grants=("read", "read_payouts"))
    world.declare(msgspec.structs.replace(CAPABILITIES, streams=(streams["orders"], guarded)))
    world.shop.sell("o1", 1000)
    pulled = world.pull(after_seconds=3_600)

    assert [report.stream for report in pulled.streams] == ["orders"]
    (kept,) = world.kept_findings(FindingState.OPEN)
    assert (kept.finding.code, kept.finding.cause) == (
        "window.refused",
        "the channel does not give bridge read_payouts, without which they cannot be read",
    )
    assert world.current("payouts") is None

    Opening.grants = ("read", "read_payouts")
    pulled = world.pull(after_seconds=3_600)
    assert [report.stream for report in pulled.streams] == ["orders", "payouts"]
    assert world.findings(FindingState.OPEN) == []


# Jobs


def test_a_job_is_submitted_once_and_fetched_by_whoever_comes_next(world: World) -> None:
    world.only("history")
    for number in range(5):
        world.shop.sell(f"o{number}", 1000)
    first = world.pull(after_seconds=30).streams[0]
    assert (first.why, first.due_at) == ("a job runs", world.clock.now() + timedelta(seconds=60))
    world.shop.asked.clear()
    world.pull(after_seconds=30)
    assert world.shop.asked == ["GET /facts"], "nothing is asked before the time"
    world.pull(after_seconds=60)

    world.shop.finish_jobs()
    world.pull(after_seconds=60)

    assert [job.is_done for job in world.shop.jobs.values()] == [True, False], "the second is the next window's"
    assert [name for _, name, _ in world.names()] == [f"o{number}" for number in range(5)]
    assert world.closed("history")[0].got == 5


def test_a_late_answer_of_a_job_does_not_undo_what_came_after_it_was_made(world: World) -> None:
    world.only("orders", "history")
    world.shop.sell("o1", 1000)
    world.pull(after_seconds=30)
    world.clock.advance(600)
    world.shop.edit("o1", 1500)
    world.pull(after_seconds=10)
    assert world.state(ORDER, "o1")[3] == 1500

    world.shop.finish_jobs()
    world.pull(after_seconds=120)
    assert len(world.closed("history")) == 1
    assert world.state(ORDER, "o1") == (2, NEW, "", 1500)


def test_an_order_of_which_a_job_shows_a_part_is_asked_for_whole(world: World) -> None:
    world.only("history")
    world.shop.sell("o1", 1000, 100, 200, 300)
    world.clock.advance(30)
    world.pull_all()
    assert [name for _, name, _ in world.names()] == ["o1", "o1-r1"]

    world.pull(after_seconds=3600)
    assert [name for _, name, _ in world.names()] == ["o1", "o1-r1", "o1-r2", "o1-r3"]
    assert world.inquiries() == ()


# Owners


def test_an_order_that_is_edited_while_it_is_read_is_read_again(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000, 100, 200, 300)
    world.clock.advance(30)

    def edit(number: int) -> None:
        if number == 4:
            world.shop.edit("o1", 1007)

    world.shop.on_answer = edit
    world.pull()
    world.shop.on_answer = lambda _: None
    assert world.names() == [
        ("order", "o1", 1007),
        ("refund", "o1-r1", -101),
        ("refund", "o1-r2", -201),
        ("refund", "o1-r3", -301),
    ]


def test_a_refund_before_its_order_waits_and_is_then_read_as_it_would_have_been(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000, 250)
    world.note("refund", "o1-r1")
    world.shop.orders["o1"].changed_at += timedelta(seconds=200)
    world.pull(after_seconds=30)
    assert world.state(REFUND, "o1-r1") == (1, HELD, "refund.awaits_order", 0)
    assert world.kept(ORDER, "o1") is None

    world.pull(after_seconds=600)
    assert world.state(REFUND, "o1-r1") == (2, NEW, "", -250)
    assert [line.currency for line in [world.kept(REFUND, "o1-r1").document]] == ["EUR"]  # type: ignore[union-attr]


@pytest.mark.parametrize("asked_again", ["order", "refund"])
def test_a_refund_whose_order_was_deleted_before_it_was_read_is_told(world: World, asked_again: str) -> None:
    """It goes on waiting, for money may have moved: a person books it by itself, or the order is there after all."""
    world.only("orders")
    order = world.shop.sell("o1", 1000, 250)
    order.changed_at += timedelta(seconds=200)
    world.note("refund", "o1-r1")
    world.pull(after_seconds=30)
    del world.shop.orders["o1"]
    for _ in range(2):
        world.pull(after_seconds=600)
        world.note(asked_again, {"order": "o1", "refund": "o1-r1"}[asked_again])
    assert "GET /orders/o1" in world.shop.asked
    assert world.state(REFUND, "o1-r1") == (1, HELD, "refund.awaits_order", 0)
    assert world.findings() == ["channel.order_gone"]

    world.shop.orders["o1"], order.changed_at = order, world.clock.now()
    world.pull(after_seconds=600)
    assert world.state(REFUND, "o1-r1") == (2, NEW, "", -250)
    assert world.findings() == []


def test_a_page_of_many_documents_is_saved_in_several_units_and_counted_once(world: World) -> None:
    world.only("orders")
    world.shop.page_size = 2_000
    for number in range(1, 1_101):
        world.shop.sell(f"o{number:04d}", number)
    world.clock.advance(30)
    rows = world.audit_rows()
    assert world.pull_mortally(16), "it died between two cuts"
    assert world.names()
    world.pull()

    assert world.audit_rows() - rows >= 4
    assert world.closed("orders")[0].got == 1_100
    assert len(world.names()) == 1_100


def test_a_page_that_cannot_be_read_whole_leaves_nothing(world: World) -> None:
    class Breaking(TinyPull):
        def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
            for number, part in enumerate(super().read(content, facts)):
                if number > 6:
                    raise KeyError("ann.buyer@example.com")
                yield part

    world.source = Breaking
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.shop.sell("o2", 1000)
    world.clock.advance(30)
    with pytest.raises(PluginError) as broken:
        world.pull()
    assert "ann" not in str(broken.value)
    assert world.names() == []
    window = world.current("orders")
    assert window is not None
    assert (window.got, window.cursor) == (0, b"")


# By id


def test_what_still_moves_is_asked_for_until_it_is_final(world: World) -> None:
    world.only("payouts")
    world.shop.pay_out("p1", 900, "scheduled")
    world.pull(after_seconds=30)
    assert [(one.kind, one.external_id, one.why) for one in world.inquiries()] == [("payout", "p1", Why.OPEN)]

    world.shop.asked.clear()
    world.pull(after_seconds=3600)
    assert world.shop.asked.count("GET /payouts/p1") == 1
    world.shop.payouts["p1"].status = "paid"
    world.pull(after_seconds=3600)
    kept = world.kept(PAYOUT, "p1")
    assert kept is not None
    assert kept.document.status == "paid"
    assert world.inquiries() == ()


def test_notices_of_one_thing_are_asked_for_once_and_move_no_window(world: World) -> None:
    world.only("orders")
    world.pull(after_seconds=30)
    through = world.closed("orders")[0].until
    world.shop.sell("o9", 1000, at=NOON - timedelta(days=40))
    rows = world.audit_rows()
    assert [world.note("order", "o9"), world.note("order", "o9"), world.note("weather", "x")] == [1, 1, 0]
    assert world.audit_rows() == rows, "a notice is no fact"

    world.shop.asked.clear()
    pulled = world.pull()
    assert world.shop.asked.count("GET /orders/o9") == 1
    assert (pulled.asked, world.inquiries(), world.closed("orders")[0].until) == (1, (), through)
    assert world.state(ORDER, "o9") == (1, NEW, "", 1000)


def test_what_is_refused_stops_nothing_else_that_is_asked_for(world: World) -> None:
    """What still moves of a stream that the channel lets be read no more is asked for no more."""

    class Closing(TinyPull):
        grants: tuple[str, ...] = ("read_payouts",)

        def survey(self) -> ChannelFacts:
            return msgspec.structs.replace(super().survey(), grants=self.grants)

        def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
            if kind == "payout" or external_id == "o1":
                raise ConfigError("tiny shop", "does not let bridge in", "Let it", code="tiny.scope")
            return super().one(kind, external_id)

    world.source = Closing
    streams = {stream.name: stream for stream in CAPABILITIES.streams}
    guarded = msgspec.structs.replace(streams["payouts"], grants=("read_payouts",))
    world.declare(msgspec.structs.replace(PLAIN, streams=(streams["orders"], guarded)))
    world.shop.pay_out("p1", 900, "scheduled")
    world.pull(after_seconds=30)
    assert [inquiry.external_id for inquiry in world.inquiries()] == ["p1"]
    Closing.grants = ()
    world.shop.sell("o1", 1000)
    world.shop.sell("o2", 2000)
    world.note("order", "o1")
    world.note("order", "o2")
    pulled = world.pull(after_seconds=7_200)

    assert (pulled.asked, pulled.error and pulled.error.code) == (1, "tiny.scope")
    assert [inquiry.external_id for inquiry in world.inquiries()] == ["o1"]


def test_what_the_shop_does_not_answer_writes_nothing_and_is_asked_again(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000, paid=False)
    world.pull(after_seconds=30)
    world.note("order", "o1")
    rows = world.audit_rows()
    world.shop.on_answer = lambda _: (
        setattr(world.shop, "breaks", 1) if world.shop.asked[-1] == "GET /orders/o1" else None
    )
    world.pull()

    assert world.audit_rows() == rows
    assert [one.due_at for one in world.inquiries()] == [world.clock.now() + timedelta(hours=1)]
    assert world.state(ORDER, "o1") == (1, NEW, "", 1000)


def test_a_notice_that_comes_while_it_is_asked_for_is_asked_for_again(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.pull(after_seconds=30)
    world.note("order", "o1")

    def another(_: int) -> None:
        if world.shop.asked[-1] == "GET /orders/o1":
            world.note("order", "o1")

    world.shop.on_answer = another
    world.pull()
    assert [one.times for one in world.inquiries()] == [2]


# Gone


def counted(world: World) -> None:
    """History is read, and everything of it is there."""
    world.only("history")
    world.clock.advance(30)
    world.pull_all()


def test_a_deleted_order_that_was_paid_is_for_a_person(world: World) -> None:
    world.shop.sell("o1", 1000)
    world.shop.sell("o2", 1000)
    counted(world)
    world.book(ORDER, "o1")
    del world.shop.orders["o1"]

    world.pull(after_seconds=3600)
    assert world.findings() == ["channel.gone"]
    assert world.state(ORDER, "o1") == (1, BOOKED, "", 1000)
    world.shop.asked.clear()
    world.pull(after_seconds=3600)
    assert "GET /orders/o1" not in world.shop.asked, "it is known to be gone"


def test_an_order_that_was_deleted_before_its_window_was_read_is_missed(world: World) -> None:
    """No count of that window ever differs: it never held it."""
    world.only("orders")
    world.shop.sell("o1", 1000, paid=False)
    world.pull(after_seconds=30)
    del world.shop.orders["o1"]
    world.declare(PLAIN)
    world.pull_all()

    assert world.state(ORDER, "o1") == (1, HELD, "document.gone", 1000)


def test_a_deleted_order_that_nobody_paid_is_set_aside_until_it_is_shown_again(world: World) -> None:
    order = world.shop.sell("o1", 1000, paid=False)
    counted(world)
    del world.shop.orders["o1"]
    world.pull(after_seconds=3600)
    assert world.state(ORDER, "o1") == (1, HELD, "document.gone", 1000)
    assert world.findings() == []

    world.shop.orders["o1"] = order
    world.pull(after_seconds=3600)
    assert world.state(ORDER, "o1") == (2, NEW, "", 1000)


def test_a_deleted_refund_that_moved_no_money_is_reversed_by_itself_and_once(world: World) -> None:
    world.shop.sell("o1", 1000)
    world.only("orders")
    world.shop.refund("o1", 200, repaid=False)
    world.pull(after_seconds=30)
    world.book(ORDER, "o1")
    world.book(REFUND, "o1-r1")
    world.clock.advance(600)
    world.shop.orders["o1"].refunds.clear()
    world.shop.orders["o1"].changed_at = world.clock.now()

    for _ in range(2):
        world.pull(after_seconds=120)
        world.note("refund", "o1-r1")
    world.pull()
    assert [name for kind, name, _ in world.names() if "reversed" in name] == ["refund o1-r1:reversed:1"]
    assert world.findings() == []


def test_a_deleted_order_that_nobody_paid_is_reversed_with_its_refunds_to_nothing_and_once(world: World) -> None:
    _sold_and_given_back(world)
    world.book(REFUND, "o1-r1")
    del world.shop.orders["o1"]
    for _ in range(2):
        world.note("order", "o1")
        world.pull(after_seconds=600)

    assert world.names() == [
        ("order", "o1", 1000),
        ("order", "refund o1-r1:reversed:1", 200),
        ("refund", "o1-r1", -200),
        ("refund", "order o1:reversed:1", -1000),
    ]
    assert world.findings() == []


def test_a_deleted_order_of_which_an_earlier_content_is_booked_is_for_a_person(world: World) -> None:
    world.shop.sell("o1", 1000, paid=False)
    world.only("orders")
    world.pull(after_seconds=600)
    world.book(ORDER, "o1")
    world.shop.edit("o1", 900)
    world.pull(after_seconds=600)
    assert world.state(ORDER, "o1") == (2, NEW, "", 900)

    del world.shop.orders["o1"]
    world.note("order", "o1")
    world.pull(after_seconds=600)

    assert world.findings() == ["channel.gone"]
    assert world.state(ORDER, "o1") == (2, NEW, "", 900)
    assert _reversals(world) == []


def test_what_was_not_booked_is_set_aside_and_is_no_part_of_what_is_reversed(world: World) -> None:
    order = _sold_and_given_back(world)
    del world.shop.orders["o1"]
    for _ in range(2):
        world.note("order", "o1")
        world.pull(after_seconds=600)
    assert world.state(REFUND, "o1-r1") == (1, HELD, "document.gone", -200)
    assert _reversals(world) == [("refund", "order o1:reversed:1", -1000)]

    world.shop.orders["o1"] = order
    world.note("order", "o1")
    world.pull(after_seconds=600)
    assert world.state(REFUND, "o1-r1") == (2, NEW, "", -200)
    assert _reversals(world) == [("order", "order o1:reversed:2", 1000), ("refund", "order o1:reversed:1", -1000)]


def _sold_and_given_back(world: World) -> Order:
    """An order that is booked, and a refund of it that is not; no money moved."""
    world.only("orders")
    order = world.shop.sell("o1", 1000, paid=False)
    world.shop.refund("o1", 200, repaid=False)
    world.pull(after_seconds=30)
    world.book(ORDER, "o1")
    world.clock.advance(600)
    return order


def _reversals(world: World) -> list[tuple[str, str, int]]:
    return [one for one in world.names() if "reversed" in one[1]]


def test_absence_alone_makes_a_finding_and_a_question_and_reverses_nothing(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1000, 200)
    world.pull(after_seconds=30)
    world.book(REFUND, "o1-r1")
    world.clock.advance(600)
    world.shop.orders["o1"].refunds.clear()
    world.shop.orders["o1"].changed_at = world.clock.now()
    world.shop.on_answer = lambda _: (
        setattr(world.shop, "breaks", 1) if world.shop.asked[-1].startswith("GET /refunds") else None
    )
    world.pull(after_seconds=30)

    assert world.findings() == ["channel.gone"]
    assert [(one.kind, one.external_id, one.why) for one in world.inquiries()] == [("refund", "o1-r1", Why.ABSENT)]
    assert world.state(REFUND, "o1-r1") == (1, BOOKED, "", -200)


def test_what_was_said_before_it_was_gone_does_not_bring_it_back(world: World) -> None:
    world.only("orders", "history")
    world.shop.sell("o1", 1000, paid=False)
    world.shop.sell("o2", 1000)
    world.pull(after_seconds=30)
    world.clock.advance(600)
    for name in ("o1", "o2"):
        del world.shop.orders[name]
        world.note("order", name)
    world.pull()
    assert world.state(ORDER, "o1")[2] == "document.gone"
    assert world.findings() == ["channel.gone"]

    world.shop.finish_jobs()
    world.pull(after_seconds=120)
    assert world.state(ORDER, "o1") == (1, HELD, "document.gone", 1000)
    assert world.findings() == ["channel.gone"]


def test_what_was_gone_before_it_was_shown_again_is_there(world: World) -> None:
    class Late(TinyPull):
        def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
            return Gone(NOON)

    world.only("orders")
    world.shop.sell("o1", 1000, paid=False)
    world.pull(after_seconds=30)
    world.note("order", "o1")
    world.source = Late
    world.pull(after_seconds=30)
    assert world.state(ORDER, "o1") == (1, NEW, "", 1000)


# Facts


def test_a_shop_that_is_set_otherwise_while_a_window_is_read_is_read_again(world: World) -> None:
    world.only("orders")
    for number in range(5):
        world.shop.sell(f"o{number}", 1200)
    world.clock.advance(30)
    world.shop.on_answer = lambda number: world.shop.settings.update(inside=True) if number == 3 else None
    world.pull()

    taxed = [number for number in range(5) for line in world.lines(ORDER, f"o{number}") if line.kind.startswith("tax")]
    assert taxed == [0, 1, 2, 3, 4]
    (window,) = world.closed("orders")
    assert window.got == 5
    hashes = {world.kept(ORDER, f"o{number}").document.facts_hash for number in range(5)}  # type: ignore[union-attr]
    assert hashes == {window.facts_hash}


def test_another_meaning_is_a_finding_and_changes_nothing_that_is_booked_until_it_is_accepted(world: World) -> None:
    world.only("orders")
    world.shop.sell("o1", 1200)
    world.pull(after_seconds=30)
    world.book(ORDER, "o1")
    world.shop.settings["inside"] = True
    world.clock.advance(10)
    world.shop.sell("o2", 1200)
    world.shop.orders["o1"].changed_at = world.clock.now()
    world.pull(after_seconds=10)

    assert world.findings() == ["facts.meaning"]
    (kept,) = world.kept_findings()
    assert kept.finding.evidence == (("prices include tax", "no", "yes"),)
    assert world.state(ORDER, "o1") == (2, HELD, "facts.changed", 1200)
    assert world.state(ORDER, "o2") == (1, NEW, "", 1200)

    world.accept("facts.meaning")
    world.pull(after_seconds=600)
    assert world.state(ORDER, "o1") == (2, NEW, "", 1200)


def test_a_shop_of_another_account_is_refused(world: World) -> None:
    world.shop.account = "other.example"
    with pytest.raises(ConfigError) as refused:
        world.pull()
    assert refused.value.code == "channel.account"
    assert world.names() == []


# Units


def test_no_plugin_works_while_a_unit_writes(world: World) -> None:
    """A planted violation: a page that is read inside the unit that saves it."""
    source = world.guarded()
    facts, page = source.survey(), Page(b"{}", NOON)
    calls: list[Callable[[], object]] = [
        source.survey,
        lambda: source.minimise(page),
        lambda: list(source.read(b"{}", facts)),
        lambda: list(source.pull(Want("orders", NOON, NOON, b"", facts))),
        lambda: source.one("order", "o1"),
        lambda: source.census("orders", NOON, NOON),
        lambda: list(source.read_order("o1", [])),
    ]
    for call in calls:
        with pytest.raises(InvariantError) as refused, world.store.unit("test"):
            call()
        assert refused.value.code == "plugin.in_unit"
    with world.store.reading():
        assert source.minimise(page)


def test_a_page_that_reads_lazily_is_read_before_the_unit(world: World) -> None:
    """Each part is given in its own time: were any asked for in the unit, the guard would refuse it."""

    class Lazy(TinyPull):
        def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
            for part in super().read(content, facts):
                yield part
                if isinstance(part, DocumentEnd):
                    list(super().read(content, facts))

    world.source = Lazy
    for number in range(3):
        world.shop.sell(f"o{number}", 1000, 100)
    world.clock.advance(30)
    world.pull_all()
    assert len(world.names()) == 6


def test_a_pull_that_dies_between_any_two_writes_goes_on_and_comes_to_the_same(organisations: MakeOrganisation) -> None:
    def stage(made: World) -> None:
        made.shop.sell("o1", 1000, 100, 200)
        made.shop.sell("o2", 500, paid=False)
        made.shop.pay_out("p1", 900, "scheduled")
        made.note("refund", "o1-r2")
        made.clock.advance(30)

    def end(made: World) -> object:
        made.pull()
        made.shop.finish_jobs()
        made.pull(after_seconds=120)
        made.shop.payouts["p1"].status = "paid"
        del made.shop.orders["o2"]
        made.pull(after_seconds=3600)
        windows = [
            (window.stream, window.state, window.got, window.until)
            for name in ("orders", "history", "payouts")
            for window in made.closed(name)
        ]
        return made.names(), made.inquiries(), windows, made.findings(), made.state(ORDER, "o2")

    def life(deaths: int) -> tuple[bool, object]:
        clock = FakeClock(NOON)
        made = World(organisations(clock), clock)
        try:
            stage(made)
            died = made.pull_mortally(deaths)
            return died, end(made)
        finally:
            made.server.stop()

    _, expected = life(10_000)
    deaths = 0
    while True:
        died, came = life(deaths)
        assert came == expected, f"died before write {deaths}"
        if not died:
            break
        deaths += 1
    assert deaths > 20


@pytest.mark.parametrize(("is_outside", "told"), [(True, "outside an owner"), (False, "no stream that tells such")])
def test_money_that_waits_where_none_is_declared_is_a_broken_contract(
    world: World, *, is_outside: bool, told: str
) -> None:
    class Hoarding(TinyPull):
        def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
            for part in super().read(content, facts):
                if isinstance(part, OwnerStart):
                    at = part.as_of
                    held = {"external_id": "p1", "words": "sale", "place": "shop", "currency": "EUR"}
                    pending = Pending(**held, amount_minor=1, occurred_at=at, as_of=at)  # type: ignore[arg-type]
                    yield from (pending, part) if is_outside else (part, pending)
                else:
                    yield part

    world.source = Hoarding
    world.only("orders")
    world.shop.sell("o1", 1000)
    world.clock.advance(30)
    with pytest.raises(PluginError, match=told):
        world.pull()


def test_a_source_that_ends_without_a_last_page_is_broken(world: World) -> None:
    class Trailing(TinyPull):
        def pull(self, want: Want) -> Iterator[Page | Wait]:
            for answer in super().pull(want):
                if isinstance(answer, Page) and answer.is_last:
                    return
                yield answer

    world.source = Trailing
    world.only("orders")
    with pytest.raises(PluginError, match="without a last page"):
        world.pull(after_seconds=30)
    assert world.closed("orders") == ()


def test_a_stream_that_is_not_there_any_more_keeps_nothing_waiting(world: World) -> None:
    counted(world)
    world.declare(PLAIN)
    world.only("payouts")
    world.pull(after_seconds=3600)
    assert world.closed("history") == ()
    with world.store.reading() as unit:
        assert unit.windows.through(CONNECTION.connection_id) == {"payouts": world.clock.now()}
