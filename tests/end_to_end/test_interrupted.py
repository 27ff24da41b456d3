"""Interrupted at any single write or request and run again: the same books and ledger, nothing twice (D10, F01)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from bridge.app import App
from bridge.settings import load_settings
from bridge.store.api import Store, UnitOfWork
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Everything, Merchant, plugins
from tests.fakes.clock import FakeClock
from tests.fakes.stores import Database

FILES = ("ca_v2_negative.txt", "ca_v2_after_negative.txt")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REQUEST_FAULTS = ("drop", "commit_then_drop", "commit_then_unavailable", "throttle")


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class MortalStore:
    """The real store as a process sees it that dies at its n-th unit of work, before or after the commit."""

    def __init__(self, store: Store, dies_at: int, *, is_committed: bool) -> None:
        self._store, self._dies_at, self._is_committed = store, dies_at, is_committed
        self.units = 0

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        if self.units == self._dies_at > 0:
            raise Killed  # whatever would still run in this process on its way out
        self.units += 1
        is_last = self.units == self._dies_at
        with self._store.unit(actor) as unit:
            yield unit
            if is_last and not self._is_committed:
                raise Killed
        if is_last:
            raise Killed

    def reading(self) -> object:
        return self._store.reading()


def life(merchant: Merchant, clock: FakeClock, dies_at: int = 0, *, is_committed: bool = False) -> int:
    """One process doing the whole job, until it is done or dead; returns the units of work it began."""
    settings = load_settings(merchant.config, {})
    real = database(settings.database_url.get_secret_value()).open(clock, settings.organisation)
    store = MortalStore(real, dies_at, is_committed=is_committed)
    try:
        app = App(store, settings, clock, plugins())  # type: ignore[arg-type]
        for name in FILES:
            app.steps.import_file("amazon-ca", SAMPLES / name, actor="test")
            app.books.run("ca", actor="test")
        app.steps.deliver("books-ca", actor="test", patience_seconds=600)
    except Killed:
        clock.advance(seconds=300)
    finally:
        real.close()
    return store.units


Fresh = Callable[[], AbstractContextManager[tuple[Merchant, FakeClock]]]
database = cache(lambda url: Database(url, lambda: None))  # statements stay compiled


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Gives a merchant who is connected and has done nothing yet, each time another, though always in one folder."""
    folder = tmp_path_factory.mktemp("merchant")
    connected, ledger, now = folder / "connected", folder / "ledger.db", folder / "now"
    with QuickBooksSandbox(data=ledger) as sandbox:
        first = Merchant(connected, sandbox, "ca")
        first.connect()

    @contextmanager
    def give() -> Iterator[tuple[Merchant, FakeClock]]:
        shutil.rmtree(now, ignore_errors=True)
        copied = shutil.copy(ledger, folder / "ledger-now.db")
        with QuickBooksSandbox(data=Path(copied)) as sandbox:
            yield first.again(now, sandbox), FakeClock(NOW)

    return give


@pytest.fixture(scope="module")
def undisturbed(fresh: Fresh) -> tuple[Everything, int, list[str]]:
    """What comes of it when nothing goes wrong, how many units of work it takes, and the labels of its requests."""
    with fresh() as (merchant, clock):
        units = life(merchant, clock)
        return merchant.everything("ca"), units, [seen.label for seen in merchant.sandbox.requests.all()]


@pytest.mark.parametrize("is_committed", [False, True], ids=["before the commit", "after the commit"])
def test_killed_at_any_unit_of_work_and_run_again_it_ends_the_same(
    is_committed: bool, undisturbed: tuple[Everything, int, list[str]], fresh: Fresh
) -> None:
    expected, units, _ = undisturbed
    for dies_at in range(1, units + 1):
        with fresh() as (merchant, clock):
            assert life(merchant, clock, dies_at, is_committed=is_committed) == dies_at
            life(merchant, clock)
            assert merchant.everything("ca") == expected, f"killed at unit {dies_at}"


def test_killed_again_and_again_it_still_ends_the_same(
    undisturbed: tuple[Everything, int, list[str]], fresh: Fresh
) -> None:
    expected, units, _ = undisturbed
    with fresh() as (merchant, clock):
        for dies_at in (3, 1, 5, 2, 4, 6, 3, 5):
            life(merchant, clock, dies_at, is_committed=dies_at % 2 == 0)
        assert life(merchant, clock) < units * 2
        assert merchant.everything("ca") == expected


@pytest.mark.parametrize("fault", REQUEST_FAULTS)
def test_any_request_may_fail_in_any_way_and_it_ends_the_same(
    fault: str, undisturbed: tuple[Everything, int, list[str]], fresh: Fresh
) -> None:
    """A read commits nothing: to drop it after the commit is to drop it."""
    expected, _, requests = undisturbed
    for skip, label in enumerate(requests):
        if label.endswith(".query") and fault == "commit_then_drop":
            continue
        with fresh() as (merchant, clock):
            merchant.sandbox.faults.order(fault, path="/v3/*", skip=skip)
            life(merchant, clock)
            clock.advance(seconds=300)
            life(merchant, clock)
            assert merchant.sandbox.faults.pending() == [], f"request {skip} was never made"
            assert merchant.everything("ca") == expected, f"{fault} at request {skip}"
