"""A dry run is a worker's: what its page says while nobody reads, while somebody does, and of whatever came of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from bridge.clock import SystemClock
from bridge.host.holder import holder_name
from bridge.host.turn import take
from bridge.model.duties import DutyKind
from bridge.model.leases import LeaseKind
from bridge.model.pauses import Pause, Scope
from bridge.model.runs import Piece, Run, RunKind
from bridge.store.sql import NOBODY
from bridge.web.people import Person, Role
from tests.fakes.clock import FakeClock
from tests.web.visiting import HOME, ann
from tests.web.wizard import REALM, Browser, Merchant, Vendors

PAGE = "/connections/shop/first-run"


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with ExitStack() as stack:
        yield Vendors(stack)


@pytest.fixture
def merchant(tmp_path: Path, vendors: Vendors) -> Merchant:
    return Merchant(tmp_path, vendors, is_hosted=True)


@pytest.fixture
def clock() -> FakeClock:
    """Now, for as long as it takes: a busy machine makes no two turns of one."""
    return FakeClock(SystemClock().now())


@pytest.fixture
def browser(merchant: Merchant, clock: FakeClock) -> Iterator[Browser]:
    """A route from a shop that sold one thing, of which nothing was read."""
    with merchant.browser(clock=clock) as opened:
        opened.connect_quickbooks()
        opened.connect_shop()
        opened.make_route()
        yield opened


def employ(browser: Browser, kind: LeaseKind, subject: str, holder: str = "") -> None:
    """A worker, by default of this very process, takes its place or begins a turn."""
    now, place = browser.app.clock.now(), NOBODY if kind is LeaseKind.WORKER else "acme"
    with browser.app.store.of(place).unit("worker") as unit:
        take(unit, kind, subject, holder or holder_name(), now, now + timedelta(seconds=60))


def test_pages_alone_say_that_nobody_reads_and_a_worker_reads_once_for_all_who_asked(
    browser: Browser, merchant: Merchant, clock: FakeClock
) -> None:
    assert "Nothing yet" in browser.open(PAGE).says
    asked = browser.send(PAGE)
    assert "No worker is at work, and pages read no channel themselves" in asked.says
    assert "Look again" in asked.says, "without scripts"
    assert 'hx-trigger="every 3s"' in asked.shown
    assert f'hx-get="{asked.address.removeprefix(HOME)}"' in asked.shown
    assert "What would be sent" not in asked.says
    assert browser.app.desk.runs(10) == (), "no request of a browser read anything"
    mine = asked.address

    employ(browser, LeaseKind.WORKER, "1")
    assert "A worker comes to it within moments" in browser.open(mine).says
    with merchant.browser(Person("p-bob", "Bob", {"acme": Role.BOOKKEEPER}, "x"), clock) as bobs:
        theirs = bobs.send(PAGE).address
        assert "sync/shop" in browser.work()
        for one, address in ((browser, mine), (bobs, theirs)):
            said = one.open(address).says
            assert "Booked: 1 booked" in said
            assert "1 voucher" in said
            assert "20.00 USD" in said
            assert one.client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    read = [run for run in browser.app.desk.runs(10) if run.piece.kind is RunKind.SYNC]
    assert len(read) == 1, "two who asked are read for once"
    assert "Booked: 1 booked" in browser.open(PAGE).says, "also to whoever comes later"
    assert not any(merchant.vendors.quickbooks.trial_balance(REALM).values())


def test_what_becomes_of_a_turn_is_told_whoever_died_paused_or_refused(browser: Browser, merchant: Merchant) -> None:
    dead = "from bridge.host.holder import holder_name; print(holder_name())"
    gone = subprocess.run([sys.executable, "-c", dead], check=True, capture_output=True, text=True).stdout.strip()
    page, now = browser.send(PAGE).address, browser.app.clock.now()
    with browser.app.store.unit("worker") as unit:
        unit.runs.begin(Run(Piece(RunKind.SYNC, routes=("shop",)), "worker", gone, started_at=now, last_at=now))
    employ(browser, LeaseKind.DUTY, "sync/shop", gone)
    assert "Run 1 broke off before its end. What it kept stands" in browser.open(page).says
    assert "No worker is at work" in browser.says
    with browser.app.store.unit("worker") as unit:
        duty = unit.duties.get(DutyKind.SYNC, "shop")
        assert duty is not None
        unit.duties.put(msgspec.structs.replace(duty, stopped_at=now))
    assert "three in a row who began it did not live to end it" in browser.open(page).says
    assert "bridge worker again sync/shop" in browser.says
    with browser.app.store.unit("worker") as unit:
        unit.duties.put(duty)

    browser.send("/connections/shop/pause", reason="a count is under way")
    assert "is not begun: shop paused by Ann" in browser.open(page).says
    browser.send("/connections/shop/resume")
    with browser.app.store.unit("ops") as unit:
        unit.pauses.add(Pause(Scope.ORGANISATION, "", "Ops", "unpaid", now))
    assert "is not begun: the organisation is paused by Ops" in browser.open(page).says
    assert browser.work() == []
    with browser.app.store.unit("ops") as unit:
        unit.pauses.lift(Scope.ORGANISATION, "", "Ops")

    employ(browser, LeaseKind.DUTY, "sync/shop")
    assert "A worker reads shop just now" in browser.open(page).says
    with browser.app.store.unit("worker") as unit:
        for lease in unit.leases.all():
            unit.leases.release(lease)

    merchant.vendors.shopify.faults.order("unauthorized", times=None)
    browser.work()
    merchant.vendors.shopify.faults.clear()
    assert "failed. Nothing was new" in browser.open(page).says
    assert "shopify.token" in browser.says, "with its code"
    assert "It was asked for" in browser.send(PAGE).says


def test_a_route_that_sends_by_itself_has_no_dry_run(browser: Browser, merchant: Merchant) -> None:
    with browser.app.store.unit("ann") as unit:
        unit.routes.put(msgspec.structs.replace(unit.routes.get("shop"), pilot=False))
    said = browser.open(PAGE).says
    assert "sends by itself" in said
    assert "Read what is new" not in said
    refused = browser.send(PAGE)
    assert (refused.status, "route.sends" in refused.says) == (422, True)
    with merchant.browser(ann(Role.VIEWER, "acme")) as viewers:
        assert viewers.send(PAGE).status == 403
