"""What does a page of what waits cost, and a decision: by how much waits, and by how many routes there are?

Measured: work of bridge's process from the request to the page, and by the clock, for a server works too; the best of
          a few. What Python keeps in memory for it at most; statements. Half of what waits are documents that do not
          add up, half vouchers held for review.
Against:  the same page where little waits, and the same decision, and pages, beside one route.
Each size in a process of its own.

    python benchmarks/bench_waits.py [--things 30000] [--routes 1000]
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from starlette.requests import Request
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import RUNS, Told, counted_statements, in_own_process, postgres, tell
from bridge.app import House
from bridge.clock import SystemClock
from bridge.host.loader import load
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import JournalEntry, Mode, Posting, Slot
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine, voucher_id
from bridge.settings import Settings
from bridge.store.api import KeptDocument
from bridge.store.sql import SqlStore, migrate, open_store
from bridge.web.people import Person, Role
from bridge.web.site import site

NAME, CSRF, PAGES = "local", "csrf", ("/waits", "/waits?page=9999", "/waits?sort=largest&owner=-&due=late")
NOW = datetime.now(UTC)
AT_ONCE = 500
OTHERS = ("/", "/routes/shop-0", "/connections", "/connections/shop-0", "/preview", "/drift", "/runs", "/stop")


class OneWithASeat:
    """A doorkeeper who takes everybody for one person."""

    def who(self, request: Request) -> Person:
        return Person("p", "Ann", {NAME: Role.OWNER}, CSRF)


def fill(store: SqlStore, things: int, routes: int) -> None:
    """Routes, and what waits, spread over them."""
    made = [
        Route(f"shop-{place}", f"shop-{place}", f"books-{place}", "Europe/London", date(2025, 1, 1), "1210", "1000")
        for place in range(routes)
    ]
    with store.unit("bench") as unit:
        for place, route in enumerate(made):
            unit.connections.put(Connection(route.source, "shopify", Side.SOURCE, f"shop-{place}"))
            unit.connections.put(Connection(route.ledger, "xero", Side.SINK, f"tenant-{place}"))
            unit.routes.put(route)
    for begin in range(0, things // 2, AT_ONCE):
        with store.unit("bench") as unit:
            some = range(begin, min(begin + AT_ONCE, things // 2))
            unit.documents.add_many([(document(one, made[one % routes]), ()) for one in some])
            entries = [entry(one, made[one % routes]) for one in some]
            unit.entries.add_many(entries)
            unit.deliveries.add_many(
                [delivery(each, made[one % routes]) for one, each in zip(some, entries, strict=True)]
            )


def document(number: int, route: Route) -> KeptDocument:
    identity = Identity("shopify", route.source, DocumentKind.ORDER, f"{number}")
    at = NOW - timedelta(minutes=number)
    head = Document(
        identity=identity, revision=1, currency="GBP", total_minor=number * 37 % 90_000, opened_at=at, closed_at=at,
        pays_at=None, line_count=0, content_hash=f"c{number}", vault_hash="", witness=Witness.API, plugin="shopify",
        plugin_version="1", title=f"#{number}",
    )  # fmt: skip
    source = Connection(route.source, "shopify", Side.SOURCE, route.source)
    return KeptDocument(head, source.connection_id, 0, DocumentState.HELD, at, reason="order.unbalanced")


def entry(number: int, route: Route) -> JournalEntry:
    minor = number * 31 % 90_000 + 1
    return JournalEntry(
        slot=Slot(route.route_id, Mode.ORDER, f"{number}", "2026-06"), number=1, document_id="", revision=1,
        booked_on=NOW.date() - timedelta(days=number // 1_000), currency="GBP", narration=f"Order {number}",
        postings=(Posting(1, "4000", -minor, "sale.product", "", 1), Posting(2, "1210", minor, "sale.product", "", 1)),
        rule_version=1, content_hash=f"c{number}", plugin_version="1",
    )  # fmt: skip


def delivery(of: JournalEntry, route: Route) -> Delivery:
    name, minor = voucher_id(of.entry_id, 1), of.postings[1].amount_minor
    sides = (("79", "4000", -minor), ("80", "1210", minor))
    lines = tuple(
        VoucherLine(account=AccountRef(ledger, number, f"Account {number}"), amount_minor=amount, description="Sales")
        for ledger, number, amount in sides
    )
    voucher = Voucher(
        voucher_id=name, entry_id=of.entry_id, type="Invoice", number=f"SHP-{of.slot.group}", key=f"brk_{name}",
        dated_on=of.booked_on, currency="GBP", memo=of.narration, lines=lines,
    )  # fmt: skip
    return Delivery(name, of.entry_id, route.ledger, route.route_id, voucher, DeliveryState.HELD, reason="review")


@contextmanager
def served(url: str, things: int, routes: int) -> Iterator[TestClient]:
    migrate(url)
    store = open_store(url, NAME, SystemClock())
    fill(store, things, routes)
    house = House(store, Settings(), SystemClock(), load())
    with TestClient(site(house, OneWithASeat()), base_url="http://127.0.0.1:8730", follow_redirects=False) as client:
        yield client
    store.close()


def worked(do: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Milliseconds of work, or by another clock; the best of a few."""
    found = []
    for _ in range(RUNS):
        begun = clock()
        do()
        found.append(clock() - begun)
    return min(found) * 1000


def look(given: dict[str, object]) -> Told:
    """Pages of what waits."""
    told: Told = {}
    with served(str(given["url"]), int(str(given["things"])), 1) as client:
        for path in PAGES:
            page = client.get(f"/o/{NAME}{path}")
            assert page.status_code == 200, page.text
            told[path] = worked(lambda path=path: client.get(f"/o/{NAME}{path}"))  # type: ignore[misc]
        told["waited"] = worked(lambda: client.get(f"/o/{NAME}{PAGES[0]}"), time.perf_counter)
        tracemalloc.start()
        client.get(f"/o/{NAME}{PAGES[0]}")
        told["kept"] = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        begun = counted_statements()
        client.get(f"/o/{NAME}{PAGES[0]}")
        told["statements"] = begun()
    return told


def decide(given: dict[str, object]) -> Told:
    """One thing is given to somebody, beside so many routes; and what other pages cost there."""
    told: Told = {}
    with served(str(given["url"]), 200, int(str(given["routes"]))) as client:
        (thing, *_) = re.findall(r'name="thing" value="([^"]+)"', client.get(f"/o/{NAME}/waits").text)
        form, owners = {"csrf": CSRF, "do": "assign", "thing": thing}, iter(range(1_000))

        def give() -> None:
            answer = client.post(f"/o/{NAME}/waits", data=form | {"owner": f"Ann {next(owners)}"})
            assert answer.status_code == 303, answer.text

        give()
        begun = counted_statements()
        give()
        told["statements"] = begun()
        told["given"] = worked(give)
        for path in OTHERS:
            assert client.get(f"/o/{NAME}{path}").status_code == 200, path
            told[path] = worked(lambda path=path: client.get(f"/o/{NAME}{path}"))  # type: ignore[misc]
    return told


METHODS: dict[str, Callable[[dict[str, object]], Told]] = {"look": look, "decide": decide}


def measure(what: str, urls: Iterator[str], things: int, routes: int) -> None:
    few, many = (in_own_process(__file__, "look", url=next(urls), things=one) for one in (things // 30, things))
    print(f"{what}, {things:,} things wait, against {things // 30:,}:")
    for path in PAGES:
        print(f"  {path}: {many[path]:.0f} ms of work, {many[path] / few[path]:.1f} times")
    print(f"  {many['waited']:.0f} ms by the clock, {many['waited'] / few['waited']:.1f} times")
    print(
        f"  {many['statements']:.0f} statements, {many['kept']:.1f} MB at most, {many['kept'] / few['kept']:.1f} times"
    )
    one, *others = (in_own_process(__file__, "decide", url=next(urls), routes=n) for n in (1, 50, routes))
    for count, told in zip((50, routes), others, strict=True):
        print(
            f"  a thing is given to somebody, beside {count:,} routes: {told['given']:.0f} ms and"
            f" {told['statements']:.0f} statements, {told['given'] / one['given']:.1f} times as beside one"
        )
        print("  pages there: " + "; ".join(f"{p} {told[p]:.0f} ms, {told[p] / one[p]:.1f} times" for p in OTHERS))


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--things", type=int, default=30_000)
    arguments.add_argument("--routes", type=int, default=1_000)
    arguments.add_argument("--only", choices=("sqlite", "postgresql"))
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](given.given))
    if given.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            urls = (f"sqlite:///{Path(folder) / f'{number}.db'}" for number in range(5))
            measure("SQLite", urls, given.things, given.routes)
    if given.only != "sqlite":
        with postgres(5) as several:
            measure("PostgreSQL", iter(several), given.things, given.routes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
