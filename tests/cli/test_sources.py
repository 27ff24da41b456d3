"""``bridge sources status``: what stands open is told in words, alarms come and go, and the exit code says who acts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from bridge.app import App
from bridge.cli.context import Setup
from bridge.cli.output import Exit
from bridge.cli.sources import sources
from bridge.desk.completeness import Known, stream_status
from bridge.errors import AuthorizationError, BridgeError, ConfigError, DocumentError
from bridge.host.registry import Loaded, Registry
from bridge.model.channel import Asking, ChannelFacts, Window, WindowState
from bridge.model.connections import Connection, Side
from bridge.model.findings import FindingState
from bridge.model.reports import NOTICES, Subscription
from bridge.plugin import Page, PagePart, Unknown, Wait, Want
from bridge.settings import Settings
from bridge.store.api import SealedCredential, Store
from tests.pulled.shop import Hook
from tests.pulled.source import TinyPull, offer
from tests.pulled.world import CONNECTION, NOON, World

DAY, HOUR = 86_400, 3_600


class _Setup(Setup):
    """A run of the command line over a world's store."""

    def __init__(self, made: App) -> None:
        super().__init__(None, {})
        self._made = made

    @contextmanager
    def app(self, *, is_new: bool = False) -> Iterator[App]:
        yield self._made


class Watched(World):
    """The tiny shop, pulled as a sync does it, and looked at by the command."""

    notices_url = ""

    def app(self) -> App:
        registry = Registry()
        registry.admit(
            Loaded("tinypull", "", "", offers=("tinypull",), is_ready=True), [offer(self.source, self.capabilities)]
        )
        plugins = {"tinypull": {"base_url": self.server.base_url}}
        settings = Settings(folder=Path(), plugins=plugins, notices_url=self.notices_url)
        return App(self.store, settings, self.clock, registry)

    def sync(self, *, after_seconds: float = 0) -> None:
        """What a sync does with the channel; what stops it is told by the command."""
        self.clock.advance(after_seconds)
        with suppress(BridgeError):
            self.app().steps.pull("shop", actor="cli")

    def status(self, *options: str) -> tuple[int, str]:
        """How the command ends, and what it prints, without the lines of its tables."""
        done = CliRunner().invoke(sources, ["status", *options], obj=_Setup(self.app()), standalone_mode=False)
        assert done.exception is None, done.exception
        return done.return_value, " ".join(done.output.replace("│", " ").split())

    def plain(self) -> dict[str, Any]:
        done = CliRunner().invoke(sources, ["status", "--json"], obj=_Setup(self.app()), standalone_mode=False)
        told: dict[str, Any] = json.loads(done.output)
        return told


def granted(*grants: str) -> type[TinyPull]:
    """A plugin that the channel lets read this."""

    class Granted(TinyPull):
        def survey(self) -> ChannelFacts:
            return msgspec.structs.replace(super().survey(), grants=grants)

    return Granted


@pytest.fixture
def world(sqlite_store: Store) -> Iterator[Watched]:
    made = Watched(sqlite_store)
    made.only("orders", "payouts")
    yield made
    made.server.stop()
    assert not made.server.crashes


def test_what_is_in_is_told_in_one_sentence(world: Watched) -> None:
    world.shop.sell("o1", 1000)
    world.sync(after_seconds=30)
    code, told = world.status()

    assert (code, "complete through 2026-07-01 12:00 UTC for all" in told) == (Exit.OK, True)
    assert "to the end" not in told
    plain = world.plain()
    assert (plain["standing"], plain["sources"][0]["through"]) == ("complete", "2026-07-01T12:00:30Z")


def test_what_keeps_a_channel_is_said_once_and_no_sync_is_asked_for(world: Watched) -> None:
    class Refused(TinyPull):
        def survey(self) -> ChannelFacts:
            raise ConfigError("shop", "knows no such key", "Give another")

    world.source = Refused
    world.sync(after_seconds=30)
    code, told = world.status()

    assert (code, told.count("knows no such key"), told.count("see above")) == (Exit.FIX, 1, 2)
    assert "bridge sync" not in told


def test_a_back_fill_that_was_stopped_is_told_as_such(world: Watched) -> None:
    shop = Connection(name="shop", plugin="tinypull", side=Side.SOURCE, account="S1").connection_id
    (orders,) = [one for one in world.capabilities.streams if one.name == "orders"]
    read = Window(shop, "orders", NOON - timedelta(days=40), NOON - timedelta(days=30), WindowState.CLOSED)
    status = stream_status(Known(orders, None, [read], {}, is_short=False), NOON)

    assert status.said.why == "was stopped while it was read, 30 days are left"
    assert "bridge backfill" in status.said.next_step
    asked = {"orders": Asking("orders", NOON - timedelta(days=30))}
    assert stream_status(Known(orders, None, [read], asked, is_short=False), NOON).said.why == "is 30 days behind"


def test_a_shop_that_was_never_asked(world: Watched) -> None:
    code, told = world.status("shop")
    assert code == Exit.LATER
    assert "new and changed orders nothing yet never was never asked. Run `bridge sync`" in told
    assert "not complete: nothing is here yet of new and changed orders, payouts" in told


def test_a_job_and_a_limit_are_waited_for(world: Watched) -> None:
    world.only("orders", "history", "payouts")
    world.server.faults.order("throttle", path="/orders")
    world.sync(after_seconds=30)
    code, told = world.status()

    assert code == Exit.LATER
    assert "a job runs; goes on at 2026-07-01 12:01 UTC" in told
    assert "new and changed orders nothing yet never asked us to wait 90 s; goes on at 2026-07-01 12:02 UTC" in told


def test_fewer_than_the_channel_counts_are_for_a_person_until_they_are_there(world: Watched) -> None:
    world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    world.sync(after_seconds=30)
    code, told = world.status()

    assert code == Exit.WAITS
    assert "2, 1 the channel counts 2, and 1 came; read again at 2026-07-01 13:00 UTC" in told
    (orders, _) = world.plain()["sources"][0]["streams"]
    assert (orders["expected"], orders["got"], orders["said"]["standing"]) == (2, 1, "look")

    world.shop.counts_wrong = 0
    world.sync(after_seconds=HOUR)
    assert world.status()[0] == Exit.OK


def test_what_the_channel_does_not_let_bridge_read_is_never_complete(world: Watched) -> None:
    streams = {stream.name: stream for stream in world.capabilities.streams}
    guarded = msgspec.structs.replace(streams["payouts"], grants=("read", "read_payouts"))
    world.declare(msgspec.structs.replace(world.capabilities, streams=(streams["orders"], guarded)))
    world.source = granted("read")
    world.sync(after_seconds=30)
    code, told = world.status()

    assert code == Exit.WAITS
    assert "payouts nothing yet never not readable: the channel does not give bridge read_payouts. Let bridge" in told
    assert "complete through 2026-07-01 12:00 UTC for all that is read; not readable: payouts" in told
    (_, payouts) = world.plain()["sources"][0]["streams"]
    assert (payouts["is_readable"], payouts["said"]["standing"], payouts["through"]) == (False, "look", None)

    world.accept("window.refused")
    code, told = world.status()
    assert (code, "does not give bridge read_payouts; accepted" in told) == (Exit.OK, True)
    assert "for all that is read; not readable: payouts" in told

    world.source = granted("read", "read_payouts")
    world.sync(after_seconds=HOUR)
    assert (world.status()[0], "not readable" in world.status()[1]) == (Exit.OK, False)


def test_nothing_where_something_was_is_for_a_person(world: Watched) -> None:
    """F10."""
    world.only("history")
    world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    world.sync(after_seconds=30)
    world.shop.finish_jobs()
    world.sync(after_seconds=120)
    del world.shop.orders["o1"]
    world.shop.counts_wrong = 0
    world.sync(after_seconds=3700)
    world.shop.finish_jobs()
    world.sync(after_seconds=120)
    code, told = world.status()

    assert (code, "nothing came where there were 1" in told) == (Exit.WAITS, True)


def test_an_answer_that_cannot_be_read(world: Watched) -> None:
    class Malformed(TinyPull):
        def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
            if b'"orders"' in content:
                raise DocumentError("answer", "has a date that is none", "Report it", code="tiny.answer")
            return super().read(content, facts)

    world.source = Malformed
    world.sync(after_seconds=30)
    code, told = world.status()

    assert code == Exit.WAITS
    assert "an answer cannot be read, since 2026-07-01 12:00 UTC: has a date that is none. Report it" in told
    assert "payouts 2026-07-01 12:00 UTC" in told, "it stops no other"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            ConfigError("shop", "lacks a scope", "Give it"),
            "access is refused since 2026-07-01 12:00 UTC: lacks a scope",
        ),
        (
            AuthorizationError("shop", "is dead", "Sign in"),
            "bridge is not let in: is dead (since 2026-07-01 12:00 UTC) next: Run `bridge connections",
        ),
    ],
)
def test_access_that_is_refused_is_put_right_by_a_person(world: Watched, error: BridgeError, words: str) -> None:
    class Refused(TinyPull):
        def pull(self, want: Want) -> Iterator[Page | Wait]:
            raise error

    world.source = Refused
    world.sync(after_seconds=30)
    code, told = world.status()

    assert (code, words in told) == (Exit.FIX, True)


def test_a_channel_that_does_not_say_how_it_is_set(world: Watched) -> None:
    world.sync(after_seconds=30)
    world.server.faults.order("unavailable", path="/facts")
    world.sync(after_seconds=HOUR)
    code, told = world.status()

    assert code == Exit.LATER
    assert "tinypull tiny.example is not answered since 2026-07-01 13:00 UTC" in told


def test_a_stream_that_is_silent_for_too_long_is_an_alarm_and_is_none_when_it_answers(world: Watched) -> None:
    """F10: the other stream goes on, and hides nothing."""
    world.sync(after_seconds=30)
    world.server.faults.order("unavailable", path="/orders", times=100)
    for _ in range(36):
        world.sync(after_seconds=HOUR)
    assert (world.status()[0], world.findings()) == (Exit.LATER, [])

    world.sync(after_seconds=HOUR)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.WAITS, ["source.silent"])
    assert "nothing came for 37 hours" in told
    assert "shop: new and changed orders were not answered since 2026-07-01 12:00 UTC" in told
    assert "payouts 2026-07-03 01:00 UTC" in told

    world.server.faults.clear()
    world.sync(after_seconds=HOUR)
    assert (world.status()[0], world.findings()) == (Exit.OK, [])


def test_a_shop_that_sells_every_day_and_then_nothing_is_an_alarm_until_it_sells(world: Watched) -> None:
    """F10: by its own history."""
    for day in range(12):
        world.shop.sell(f"o{day}", 1000, at=world.clock.now() + timedelta(seconds=HOUR))
        world.sync(after_seconds=DAY)
    world.sync(after_seconds=DAY)
    world.sync(after_seconds=DAY)
    assert world.findings() == [], "three times as long as ever before has to pass"
    world.sync(after_seconds=DAY)
    code, told = world.status()

    assert (code, world.findings()) == (Exit.WAITS, ["source.quiet"])
    assert "shop: nobody has bought anything since 2026-07-12 13:00 UTC" in told

    world.shop.sell("late", 1000)
    world.sync(after_seconds=HOUR)
    assert (world.status()[0], world.findings()) == (Exit.OK, [])


def test_a_shop_that_has_hardly_sold_is_not_called_quiet(world: Watched) -> None:
    for day in range(9):
        world.shop.sell(f"o{day}", 1000)
        world.sync(after_seconds=DAY)
    world.sync(after_seconds=90 * DAY)
    assert world.findings() == []


def test_what_is_not_final_is_named_with_since_when_it_is_asked_for(world: Watched) -> None:
    world.shop.pay_out("p1", 900, "scheduled")
    for _ in range(3):
        world.sync(after_seconds=HOUR)
    code, told = world.status()

    assert code == Exit.OK
    assert "asked for by itself since 2026-07-01 13:00 UTC: payout p1, which is not final yet" in told
    (one,) = world.plain()["sources"][0]["open_things"]
    assert (one["since"], one["due_at"]) == ("2026-07-01T13:00:00Z", "2026-07-01T16:00:00Z")


def test_a_sync_that_does_not_run_leaves_a_shop_behind(world: Watched) -> None:
    world.sync(after_seconds=30)
    world.clock.advance(5 * DAY)
    code, told = world.status()
    assert (code, "is 5 days behind. Run `bridge sync`, and let it run on a schedule" in told) == (Exit.LATER, True)


def ending(at: datetime) -> type[TinyPull]:
    """A plugin whose secret ends."""

    class Ending(TinyPull):
        def survey(self) -> ChannelFacts:
            reached = NOON - timedelta(days=60)
            told = super().survey()
            return msgspec.structs.replace(told, access_ends=(("the app's secret", at),), reaches_back_to=reached)

    return Ending


def test_an_end_of_access_is_told_weeks_ahead_once_and_not_after_it_was_renewed(world: Watched) -> None:
    """D31: clock moved forward."""
    world.source = ending(NOON + timedelta(days=60))
    world.sync(after_seconds=30)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.OK, [])
    assert "ends on 2026-08-30: the app's secret" in told
    assert "the channel tells nothing from before 2026-05-02" in told

    world.sync(after_seconds=32 * DAY)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.WAITS, ["source.access_ends"])
    assert "soon: ends on 2026-08-30" in told
    world.sync(after_seconds=DAY)
    assert world.findings() == ["source.access_ends"]

    world.source = ending(NOON + timedelta(days=240))
    world.sync(after_seconds=DAY)
    assert (world.status()[0], world.findings()) == (Exit.OK, [])


def test_a_ledgers_sign_in_is_among_the_dates(world: Watched) -> None:
    """F58, D31."""
    world.sync(after_seconds=30)
    books = Connection(name="books", plugin="fake", side=Side.SINK, account="C1").connection_id
    used, consent = NOON + timedelta(days=100), NOON + timedelta(days=365)
    with world.store.unit("test") as unit:
        unit.connections.put_credential(SealedCredential(books, 1, b"x", NOON, used, consent))
    code, told = world.status()

    assert code == Exit.OK
    assert "ends on 2026-10-09: the sign-in, unless it is used before (`bridge connections authorize books`)" in told
    assert "ends on 2027-07-01: the sign-in, however often it is used" in told

    world.sync(after_seconds=75 * DAY)
    assert world.status()[0] == Exit.WAITS

    world.sync(after_seconds=30 * DAY)
    code, told = world.status()
    assert (code, "soon" in told) == (Exit.WAITS, False)
    assert "ended on 2026-10-09: the sign-in" in told


def test_a_column_with_nothing_to_say_is_left_out(world: Watched) -> None:
    world.sync(after_seconds=30)
    assert "last answered" in world.status()[1]
    assert not [column for column in ("expected, got", "why") if column in world.status()[1]]

    world.shop.sell("o1", 1000)
    world.shop.counts_wrong = 1
    world.sync(after_seconds=HOUR)
    assert "expected, got" in world.status()[1]


def test_a_connection_of_files_says_how_new_they_are(world: Watched) -> None:
    world.declare(msgspec.structs.replace(world.capabilities, streams=()))
    assert world.status() == (Exit.OK, "shop, tinypull tiny.example is read from files; none has come yet")


def test_a_connection_that_is_not_there_is_refused(world: Watched) -> None:
    done = CliRunner().invoke(sources, ["status", "books"], obj=_Setup(world.app()), standalone_mode=False)
    assert isinstance(done.exception, ConfigError)
    assert "there are shop" in str(done.exception)


# Notices

HOOKS = "https://books.example/hooks"


def asked_for_notices(world: Watched) -> int:
    return world.shop.asked.count("GET /hooks")


def test_notices_that_a_shop_switches_off_are_an_alarm_until_they_are_on_again(world: Watched) -> None:
    world.notices_url = HOOKS
    world.shop.hooks = [
        Hook("order changed", "https://crm.example/SECRET-PATH"),
        hook := Hook("order changed", "https://Books.example/hooks/local/shop/"),
    ]
    world.sync(after_seconds=30)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.OK, [])
    assert "notices are sent to https://books.example/hooks/local/shop, asked 2026-07-01 12:00 UTC" in told

    hook.state = "failing"
    world.sync(after_seconds=HOUR)
    world.sync(after_seconds=2 * HOUR)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.WAITS, ["source.notices"])
    assert "shop: 1 of 1 notices do not come: order changed" in told
    assert "next: They are to go to https://books.example/hooks/local/shop. Switch it on under Messages" in told
    assert "to accept it as it is: bridge decide" in told
    assert "do not all come, known since 2026-07-01 13:00 UTC: order changed is switched off (7 failed);" in told
    assert "pulls go on without them: late changes are seen by a sweep within 1 h" in told
    (notices,) = [one["notices"] for one in world.plain()["sources"]]
    assert notices["unsent"] == {"order changed": "is switched off (7 failed)"}

    world.accept("source.notices")
    code, told = world.status()
    assert (code, "notices do not all come" in told) == (Exit.OK, True), "it is still said"

    hook.state = "on"
    world.sync(after_seconds=HOUR)
    code, told = world.status()
    assert (code, world.findings(FindingState.OPEN, FindingState.ACCEPTED)) == (Exit.OK, [])
    assert "notices are sent to" in told


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        ([], "order changed is not sent"),
        ([Hook("order changed", f"{HOOKS}/local/shop", "stopped")], "order changed is paused"),
        ([Hook("order changed", "https://old.example/hooks/SECRET-PATH?key=SECRET")], "goes to old.example only"),
        ([Hook("order changed", "arn:aws:events:SECRET")], "order changed goes to another address only"),
        ([Hook("order changed", "https://[SECRET")], "order changed goes to another address only"),
        ([Hook("dispute opened", f"{HOOKS}/local/shop")], "order changed is not sent"),
    ],
)
def test_a_notice_that_does_not_come_says_why_and_keeps_no_address_of_others(
    world: Watched, hooks: list[Hook], words: str
) -> None:
    world.notices_url, world.shop.hooks = HOOKS, hooks
    world.sync(after_seconds=30)
    code, told = world.status()

    assert (code, words in told, "dispute opened" in told) == (Exit.WAITS, True, False)
    with world.store.reading() as unit:
        kept = [one.subscriptions for one in unit.readings.of_report(CONNECTION.connection_id, NOTICES)]
    assert (len(kept), "SECRET" in str(kept)) == (1, False)


def test_a_topic_is_missed_only_where_it_may_be_read_and_a_new_one_ends_an_acceptance(world: Watched) -> None:
    world.notices_url = HOOKS
    world.sync(after_seconds=30)
    world.accept("source.notices")
    world.source = granted("disputes")
    world.sync(after_seconds=HOUR)

    assert world.findings() == ["source.notices"]
    assert "2 of 2 notices do not come: order changed, dispute opened" in world.status()[1]


def test_a_shop_is_asked_once_an_hour_and_at_once_about_another_address(world: Watched) -> None:
    world.notices_url = HOOKS
    world.shop.hooks = [Hook("order changed", f"{HOOKS}/local/shop")]
    for _ in range(5):
        world.sync(after_seconds=900)
    assert asked_for_notices(world) == 2

    world.notices_url = "https://new.example"
    world.sync(after_seconds=60)
    assert (asked_for_notices(world), world.findings()) == (3, ["source.notices"])


def test_where_no_notices_are_expected_nobody_asks_and_nothing_is_said(world: Watched) -> None:
    world.sync(after_seconds=30)
    world.sync(after_seconds=DAY)
    assert (asked_for_notices(world), world.findings(), "notice" in world.status()[1]) == (0, [], False)

    world.notices_url = HOOKS
    world.sync(after_seconds=HOUR)
    assert (asked_for_notices(world), world.findings()) == (1, ["source.notices"])
    world.notices_url = ""
    world.sync(after_seconds=DAY)
    assert (asked_for_notices(world), world.findings(), world.status()[0]) == (1, [], Exit.OK)


def test_a_plugin_that_needs_no_notices_is_not_asked_for_them(world: Watched) -> None:
    world.notices_url = HOOKS
    world.declare(msgspec.structs.replace(world.capabilities, notices=()))
    world.sync(after_seconds=30)
    assert (asked_for_notices(world), "notice" in world.status()[1]) == (0, False)


def test_a_shop_that_does_not_say_is_no_alarm_and_ends_none(world: Watched) -> None:
    class Silent(TinyPull):
        def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
            return Unknown("the app lacks a scope")

    world.notices_url, world.source = HOOKS, Silent
    world.sync(after_seconds=30)
    code, told = world.status()
    assert (code, world.findings()) == (Exit.OK, [])
    assert "https://books.example/hooks/local/shop; the channel has not said yet whether it sends them" in told

    world.source = TinyPull
    world.sync(after_seconds=HOUR)
    world.server.faults.order("unavailable", path="/hooks", times=3)
    world.sync(after_seconds=HOUR)
    assert (world.status()[0], world.findings()) == (Exit.WAITS, ["source.notices"])


@pytest.mark.parametrize("odd", [[], (7,), None])
def test_what_is_promised_of_notices_is_held_to(world: Watched, odd: Any) -> None:
    class Odd(TinyPull):
        def subscriptions(self, facts: ChannelFacts) -> Any:
            return odd

    world.notices_url, world.source = HOOKS, Odd
    world.sync(after_seconds=30)
    code, told = world.status()
    assert (code, "is paused: plugin.type" in told) == (Exit.FIX, True)
