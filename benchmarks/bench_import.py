"""From a settlement file to owed vouchers, against parsing it and writing the very same rows with no questions asked.

Measured: import and booking as the product does them: read once into a spool, judged, kept in the vault, every line
          chosen an account, every fate checked by the schema, two units of work with their audit rows. For how long the
          import holds the database, in all and at most at a time (large documents are written in many units); on SQLite
          also how long another process that writes all the while has to wait.
Against:  the plugin's parser alone, once, then the same tuples into the same tables in one transaction, with the
          same pragmas and constraints: ``executemany`` on SQLite, COPY on PostgreSQL.
Aim:      at most 3 times as long. Each in a process of its own, with its peak memory.

    python benchmarks/bench_import.py [--rows 200000]
"""

from __future__ import annotations

import argparse
import json
import select
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import TimedStore, Told, in_own_process, postgres, rows_of, tell, write

CONNECTION, LEDGER, ROUTE, ORGANISATION = "amazon-us", "books", "amazon to books", "local"
OPENED = datetime(2026, 6, 24, 17, 32, 11, tzinfo=UTC)
CLOSED = OPENED + timedelta(days=14)
NOW = CLOSED + timedelta(days=1)
WORDS = """
    settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type order-id
    merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount fulfillment-id
    posted-date posted-date-time order-item-code merchant-order-item-id merchant-adjustment-item-id sku
    quantity-purchased promotion-id
"""
COLUMNS = WORDS.split()
ORDER = (
    ("ItemPrice", "Principal", 2499),
    ("ItemPrice", "Tax", 206),
    ("ItemFees", "Commission", -375),
    ("ItemFees", "FBAPerUnitFulfillmentFee", -386),
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -206),
)
WRITTEN = (
    "vault",
    "vault_chunk",
    "line",
    "document",
    "entry",
    "posting",
    "fate",
    "delivery",
    "delivery_after",
    "audit",
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=200_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](given.given["urls"], Path(given.given["file"])))
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder, postgres(databases=2) as servers:
        file = Path(folder) / "settlement.txt"
        generate(file, given.rows)
        print(f"a settlement of {given.rows:,} rows, {file.stat().st_size / 1e6:.0f} MB")
        run("SQLite", [f"sqlite:///{folder}/{name}.sqlite" for name in ("ours", "bare")], file, given.rows)
        beside(f"sqlite:///{folder}/beside.sqlite", file)
        run("PostgreSQL", servers, file, given.rows)
    return 0


def run(name: str, urls: list[str], file: Path, rows: int) -> None:
    """Import into the first database, then write the same into the second."""
    ours, bare = measure("bridge", urls, file), measure("bare", urls, file)
    print(
        f"bridge on {name}: {ours['seconds']:.2f} s (import {ours['import']:.2f} s, booking {ours['booking']:.2f} s;"
        f" {rows / ours['seconds']:,.0f} rows/s), {ours['megabytes']:.0f} MB"
    )
    print(f"the import holds it for {ours['held']:.2f} s, at most {ours['longest']:.2f} s at a time")
    print(
        f"parse and bulk write on {name}: {bare['seconds']:.2f} s (parsing {bare['parsing']:.2f} s,"
        f" writing {bare['tuples']:,.0f} rows {bare['writing']:.2f} s)"
    )
    print(f"  {name}: {ours['seconds'] / bare['seconds']:.2f} times as long")


def beside(url: str, file: Path) -> None:
    """Import once more, while another process writes."""
    from bridge.store.sql import migrate

    migrate(url)
    command = [sys.executable, __file__, "--method", "writer", "--given", json.dumps({"urls": [url], "file": ""})]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        measure("alone", [url], file)
        told: Told = json.loads(writer.communicate("enough")[0])
    print(f"another process that wrote {told['units']:,.0f} times meanwhile waited {told['longest']:.2f} s at most")


def writer(urls: list[str], _: Path) -> Told:
    """Write a little every 0.05 s until somebody has enough of it; how often, and how long it had to wait for that."""
    from bridge.clock import SystemClock
    from bridge.store.sql import open_store

    store = open_store(urls[0], ORGANISATION, SystemClock())
    waited: list[float] = []
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        start = time.perf_counter()
        with store.unit("writer") as unit:
            waited.append(time.perf_counter() - start)
            unit.audit.note("waited", "bench", f"{waited[-1]:.3f} s")
    store.close()
    return {"units": len(waited), "longest": max(waited)}


def measure(method: str, urls: list[str], file: Path) -> Told:
    return in_own_process(__file__, method, urls=urls, file=file)


def generate(file: Path, rows: int, *, moved_every: int = 0) -> None:
    """A V2 settlement over a month's end, five rows an order, whose total is the sum of its rows.

    moved_every: as it is issued again: of every so manieth order a cent went from the price to the commission.
    """
    total = sum(ORDER[number % len(ORDER)][2] for number in range(rows))
    first = ["28500000011", _instant(OPENED), _instant(CLOSED), _instant(CLOSED), f"{total / 100:.2f}", "USD"]
    with file.open("w", encoding="utf-8") as out:
        print(*COLUMNS, sep="\t", file=out)
        print(*first, *[""] * (len(COLUMNS) - len(first)), sep="\t", file=out)
        for number in range(rows):
            print(*_row(number, rows, moved_every), sep="\t", file=out)


def _row(number: int, rows: int, moved_every: int) -> Iterator[str]:
    order, place = divmod(number, len(ORDER))
    kind, words, minor = ORDER[place]
    if moved_every and order % moved_every == 0:
        minor += {"Principal": 1, "Commission": -1}.get(words, 0)
    at = OPENED + (CLOSED - OPENED) * (number / rows)
    told = {
        "settlement-id": "28500000011",
        "transaction-type": "Order",
        "order-id": f"114-{order:07d}-0000011",
        "merchant-order-id": f"114-{order:07d}-0000011",
        "shipment-id": f"D{order:08d}",
        "marketplace-name": "Amazon.com",
        "amount-type": kind,
        "amount-description": words,
        "amount": f"{minor / 100:.2f}",
        "fulfillment-id": "AFN",
        "posted-date": f"{at:%Y-%m-%d}",
        "posted-date-time": _instant(at),
        "order-item-code": f"8204{order:010d}",
        "sku": f"ACME-{order % 500}",
        "quantity-purchased": "1",
    }
    return (told.get(column, "") for column in COLUMNS)


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def bridge(urls: list[str], file: Path) -> Told:
    """The product's own way."""
    return _taken_in(urls[0], file, is_booked=True)


def alone(urls: list[str], file: Path) -> Told:
    """The same without the books."""
    return _taken_in(urls[0], file, is_booked=False)


def _taken_in(url: str, file: Path, *, is_booked: bool) -> Told:
    """The ledger's facts come from memory, everything else is real."""
    with books_of(url) as (store, desk, clock):
        timed = TimedStore(store)
        start = time.perf_counter()
        take_in(timed, desk, file)
        between = time.perf_counter()
        if is_booked:
            book(store, desk, clock)
        end = time.perf_counter()
    held = {"held": sum(timed.held), "longest": max(timed.held)}
    return {"seconds": end - start, "import": between - start, "booking": end - between, **held}


@contextmanager
def books_of(url: str) -> Iterator[tuple[Any, Any, Any]]:
    """A store with a channel and a ledger that answers from memory, the desk that knows them, and their clock."""
    from bridge.books import activate
    from bridge.model.connections import Connection, Route, Side
    from bridge.store.sql import open_store
    from bridge_amazon.offer import offer
    from bridge_amazon.source import AmazonSource
    from tests.fakes.clock import FakeClock
    from tests.fakes.desk import FakeDesk
    from tests.fakes.ledger import FakeLedger, fake_sink_offer

    clock = FakeClock(NOW)
    ledger = FakeLedger(clock)
    desk = FakeDesk(
        clock,
        sources={CONNECTION: AmazonSource(max_file_megabytes=4096)},
        source_offers={CONNECTION: offer()},
        sinks={LEDGER: ledger},
        sink_offers={LEDGER: fake_sink_offer(ledger)},
    )
    store = open_store(url, ORGANISATION, clock)
    store.migrate()
    time_zone, first_day = "America/Los_Angeles", date(2026, 1, 1)
    with store.unit("bench") as unit:
        unit.connections.put(Connection(CONNECTION, "amazon", Side.SOURCE, "A1SELLER"))
        unit.connections.put(Connection(LEDGER, "fake", Side.SINK, "company"))
        unit.routes.put(Route(ROUTE, CONNECTION, LEDGER, time_zone, first_day, clearing="1200", bank="1000"))
    activate(store, ROUTE, (), first_day, "bench", "the defaults", clock)
    yield store, desk, clock
    store.close()


def take_in(store: Any, desk: Any, file: Path) -> None:
    from bridge.clock import SystemClock
    from bridge.ingest import Importer

    imported = Importer(store, desk, SystemClock()).import_file(CONNECTION, file, actor="bench")
    if imported.error:
        raise SystemExit(f"not taken in: {imported.error}")


def book(store: Any, desk: Any, clock: Any) -> None:
    from bridge.books import Books, Result

    run = Books(store, desk, clock).run(ROUTE, actor="bench")
    if [outcome.result for outcome in run.documents] not in ([Result.BOOKED], [Result.CORRECTED]):
        raise SystemExit(f"not booked: {run}")


def bare(urls: list[str], file: Path) -> Told:
    """The parser, once; then what ``bridge`` wrote, written again."""
    from bridge.ingest import FileOnDisk
    from bridge_amazon.source import AmazonSource

    start = time.perf_counter()
    deque(AmazonSource(max_file_megabytes=4096).read_file(FileOnDisk(file)), maxlen=0)
    parsing = time.perf_counter() - start

    rows = rows_of(urls[0], WRITTEN)
    writing, _ = write(urls[1], rows)
    written = sum(len(some) for some in rows.values())
    return {"seconds": parsing + writing, "parsing": parsing, "writing": writing, "tuples": written}


METHODS: dict[str, Callable[[list[str], Path], Told]] = {
    "bridge": bridge,
    "alone": alone,
    "bare": bare,
    "writer": writer,
}

if __name__ == "__main__":
    sys.exit(main())
