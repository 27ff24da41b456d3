"""A channel that is pulled, through the application as it is wired for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.app import App
from bridge.cli.pulls import plain_pull, show_pull
from bridge.cli.told_clock import ToldClock
from bridge.cli.watching import Watching
from bridge.errors import ConfigError, PluginError, UnavailableError
from bridge.host.registry import Loaded, Registry
from bridge.model.budgets import Limit
from bridge.model.connections import ConnectionState
from bridge.plugin import Page, SourceOffer, Wait, Want
from bridge.settings import Settings
from bridge.store.api import Store
from bridge.transport import Budget
from bridge.work.told import faults
from tests.fakes.clock import FakeClock
from tests.pulled.source import TinyPull, offer
from tests.pulled.world import ORDER, World


@pytest.fixture
def world(sqlite_store: Store) -> Iterator[World]:
    made = World(sqlite_store)
    yield made
    made.server.stop()


def app(world: World, folder: Path, offered: SourceOffer) -> App:
    registry = Registry()
    registry.admit(Loaded("tinypull", "", "", offers=("tinypull",), is_ready=True), [offered])
    settings = Settings(folder=folder, plugins={"tinypull": {"base_url": world.server.base_url}})
    return App(world.store, settings, world.clock, registry)


def test_a_pull_is_told_to_people_and_to_scripts(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shop.sell("o1", 1000)
    world.shop.sell("o2", 1000)
    world.clock.advance(30)
    pulled = app(world, tmp_path, offer()).steps.pull("shop", actor="cli")

    assert pulled is not None
    show_pull(pulled)
    told = capsys.readouterr().out
    assert "shop, new and changed orders: complete through 2026-07-01 12:00 UTC" in told
    assert "shop, orders by day placed: a job runs; goes on at 2026-07-01 12:01 UTC" in told
    assert "shop: 2 documents new" in told
    plain = plain_pull(pulled)
    assert [(one["report"], one["spans"]) for one in plain["reports"]] == [
        ("days", 2),
        ("paid_out", 2),
        ("balances", 1),
    ]
    assert (plain["documents"], plain["asked"], list(faults(pulled))) == ({"new": 2}, 0, [])
    assert world.state(ORDER, "o1")[3] == 1000


def test_a_report_that_is_not_read_is_told_and_is_no_failure(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.server.faults.order("unavailable", path="/days")
    pulled = app(world, tmp_path, offer()).steps.pull("shop", actor="cli")

    assert pulled is not None
    show_pull(pulled)
    assert "shop: Sales by day was not read: answered with status 5" in capsys.readouterr().out
    assert plain_pull(pulled)["reports"][0]["error"]["code"] == UnavailableError.code
    assert faults(pulled) == ()


def test_what_stopped_a_stream_is_told_and_stops_no_other(world: World, tmp_path: Path) -> None:
    world.shop.sell("o1", 1000)
    world.clock.advance(30)
    world.server.faults.order("unavailable", path="/orders")
    pulled = app(world, tmp_path, offer()).steps.pull("shop", actor="cli")

    assert pulled is not None
    assert [error.code for error in faults(pulled)] == ["unavailable"]
    assert [report.closed for report in pulled.streams] == [0, 0, 2]


def test_a_plugin_that_breaks_its_contract_is_paused(world: World, tmp_path: Path) -> None:
    class Endless(TinyPull):
        def pull(self, want: Want) -> Iterator[Page | Wait]:
            yield from ()

    with pytest.raises(PluginError):
        app(world, tmp_path, offer(Endless)).steps.pull("shop", actor="cli")
    with world.store.reading() as unit:
        assert unit.connections.get("shop").state is ConnectionState.PAUSED


def test_a_long_wait_for_what_a_vendor_allows_is_told_with_who_and_until_when(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """F44: once, and again where minutes later it still waits; short turns are no news."""
    clock = ToldClock(FakeClock())
    watch, budget = Watching(clock), Budget([Limit("requests", 1, 50)], clock, thing="connection shop")
    with watch.step("asking shop"):
        for _ in range(3):
            budget.take()
        clock.sleep(4)
    assert [line for line in capsys.readouterr().err.splitlines() if "wait" in line] == [
        "asking shop: asked to wait, until 12:00:51 UTC"
    ]
    with watch.step("delivering to books"):
        for _ in range(9):
            clock.sleep(60)
    assert capsys.readouterr().err.count("delivering to books: asked to wait, until") == 3
    clock.sleep(60)
    assert capsys.readouterr().err == "", "nobody waits for anything"


def test_what_stops_several_steps_alike_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watching(ToldClock(FakeClock()))
    for thing in ("[plugins.acme] url", "[plugins.acme] url", "[plugins.acme] key"):
        watch.failed(ConfigError(thing, "is wrong", "Correct it"))

    assert capsys.readouterr().err.count("is wrong") == 2
