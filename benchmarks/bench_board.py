"""How long does the board over 200 organisations take, from the request to the page, at p95?

Each organisation has two routes with connections, duties and what their last run and check said; every tenth has
something paused. Against: the same rows read by one plain statement a table, decoded into the same values.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import sqlalchemy as sa
from starlette.requests import Request
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import postgres
from bridge.app import House
from bridge.clock import SystemClock
from bridge.host.loader import load
from bridge.model.connections import Connection, Route, Side
from bridge.model.duties import Duty, next_due, rhythms
from bridge.model.pauses import Pause, Scope
from bridge.model.summaries import AccountSaid, CheckSummary, Ending, GreenSaid, Pile, Summary
from bridge.settings import Settings
from bridge.store.sql import SqlStore, migrate, open_store
from bridge.web.people import Person, Role
from bridge.web.site import site

ORGANISATIONS, ROUTES, TIMES = 200, 2, 60
NOW = datetime.now(UTC)
ORGANISATION_NAMES = [f"client-{number:03}" for number in range(ORGANISATIONS)]


class OneWithAllSeats:
    """A doorkeeper who takes everybody for one person with a seat everywhere."""

    def who(self, request: Request) -> Person:
        return Person("p", "Ann", dict.fromkeys(ORGANISATION_NAMES, Role.BOOKKEEPER), "csrf")


def fill(store: SqlStore, number: int) -> None:
    """One organisation as its last runs left it."""
    routes = [
        Route(f"shop-{place}", f"channel-{place}", "books", "Europe/London", date(2025, 1, 1), "1210", "1000")
        for place in range(ROUTES)
    ]
    with store.unit("bench") as unit:
        for route in routes:
            unit.connections.put(Connection(route.source, "shopify", Side.SOURCE, f"{number}-{route.source}"))
            unit.routes.put(route)
            unit.summaries.put(route.route_id, summary(number), check(number))
        unit.connections.put(Connection("books", "xero", Side.SINK, f"tenant-{number}"))
        for (kind, subject), rhythm in rhythms(routes).items():
            unit.duties.put(Duty(kind, subject, rhythm, next_due(rhythm, f"{kind}/{subject}", NOW)))
        if number % 10 == 0:
            unit.pauses.add(Pause(Scope.CONNECTION, "channel-0", "Ann", "the client asked", NOW))


def summary(number: int) -> Summary:
    held = Pile(number % 7, {"GBP": 12_345 * (number % 7)}, date(2025, 3, 1)) if number % 7 else Pile()
    ends = (Ending("books", "the sign-in, unless it is used before", NOW + timedelta(days=20 + number)),)
    return Summary(NOW, NOW - timedelta(minutes=number), NOW, date(2025, 3, 31), held=held, ends=ends)


def check(number: int) -> CheckSummary:
    why = "Every document through 2025-03-31 is booked, and its entries came into the ledger and still stand there."
    answers = ("yes", "yes", "not proven" if number % 3 else "yes")
    greens = tuple(
        GreenSaid(name, answer, why)
        for name, answer in zip(("delivered", "matched", "reconciled"), answers, strict=True)
    )
    account = AccountSaid(
        "1210 Shopify clearing", "", "payouts", "GBP", 0, 500_000, 400_000, 100_000, 100_000, 0, 12, None
    )
    return CheckSummary(NOW, date(2025, 3, 31), greens, 31, 31, (account,) * 4)


class Took(msgspec.Struct, frozen=True):
    """At p95, in milliseconds: by the clock, and of work of this process."""

    waited: float
    worked: float

    def __str__(self) -> str:
        return f"{self.waited:.0f} ms ({self.worked:.0f} ms of work)"


def p95(do: Callable[[], object]) -> Took:
    waited, worked = [], []
    for _ in range(TIMES):
        began, begun = time.perf_counter(), time.process_time()
        do()
        waited.append(time.perf_counter() - began)
        worked.append(time.process_time() - begun)
    at = int(TIMES * 0.95) - 1
    return Took(sorted(waited)[at] * 1000, sorted(worked)[at] * 1000)


def read_plainly(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        for text in connection.execute(sa.text("SELECT body FROM route_summary")).scalars():
            msgspec.json.decode(text, type=Summary)
        for table, kind in (("route", Route), ("connection", Connection), ("duty", Duty), ("pause", Pause)):
            for text in connection.execute(sa.text(f"SELECT body FROM {table}")).scalars():
                msgspec.json.decode(text, type=kind)


def measure(what: str, url: str) -> None:
    migrate(url)
    store = open_store(url, ORGANISATION_NAMES[0], SystemClock())
    for number, name in enumerate(ORGANISATION_NAMES):
        fill(store.of(name), number)
    engine = sa.create_engine(url)
    house = House(store, Settings(), SystemClock(), load())
    rows = f"{ORGANISATIONS * ROUTES} of {ORGANISATIONS * ROUTES} routes"
    with TestClient(site(house, OneWithAllSeats()), base_url="http://127.0.0.1:8730") as client:
        page = client.get("/")
        if rows not in page.text:
            raise SystemExit(f"the board does not show {rows}")
        plain = p95(lambda: read_plainly(engine))
        read = p95(lambda: house.board(ORGANISATION_NAMES))
        whole = p95(lambda: client.get("/"))
        found = p95(lambda: client.get("/?q=client-017&state=look"))
    print(f"{what}, {ORGANISATIONS} organisations with {ORGANISATIONS * ROUTES} routes, at p95:")
    print(
        f"  the page ({len(page.content) / 1024:.0f} KB): {whole}, {whole.worked / plain.worked:.1f} times the baseline"
    )
    print(f"  of that reading and judging: {read}; a filtered page: {found}; the baseline: {plain}")
    engine.dispose()
    store.close()


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{Path(folder) / 'board.db'}")
    with postgres() as (url,):
        measure("PostgreSQL", url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
