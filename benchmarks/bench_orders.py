"""A file of thousands of small orders into documents, against parsing it and writing the very same rows unasked.

Measured: import as the product does it: read once into a spool, each order judged against what is known of it,
          its payload kept in the vault, its lines checked and added up, one unit of work with its audit row.
Against:  the same parser alone, once, then the same tuples into the same tables in one transaction:
          ``executemany`` on SQLite, COPY on PostgreSQL.
Aim:      more than 3,000 orders a second on SQLite; memory that grows only by what is told of each order.

    python benchmarks/bench_orders.py [--orders 10000]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import TimedStore, Told, in_own_process, postgres, rows_of, tell, write

CONNECTION, ORGANISATION = "shop", "local"
OPENED = datetime(2026, 6, 1, tzinfo=UTC)
NOW = OPENED + timedelta(days=40)
WRITTEN = ("vault", "vault_chunk", "seen_file", "line", "document", "audit")
PARTS = (
    ("product", "sale.product", 2499),
    ("discount", "discount.product", -250),
    ("shipping", "sale.shipping", 500),
    ("tax", "tax.collected", 186),
    ("shipping:tax", "tax.collected", 41),
)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, default=10_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](given.given["urls"], Path(given.given["file"])))
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder, postgres(databases=2) as servers:
        file = Path(folder) / "orders.jsonl"
        generate(file, given.orders)
        print(f"{given.orders:,} orders of {len(PARTS) + 1} lines, {file.stat().st_size / 1e6:.0f} MB")
        run("SQLite", [f"sqlite:///{folder}/{name}.sqlite" for name in ("ours", "bare")], file, given.orders)
        run("PostgreSQL", servers, file, given.orders)
    return 0


def run(name: str, urls: list[str], file: Path, orders: int) -> None:
    """Import into the first database, then write the same into the second."""
    ours, bare = measure("bridge", urls, file), measure("bare", urls, file)
    print(
        f"bridge on {name}: {ours['first']:.2f} s ({orders / ours['first']:,.0f} orders/s), {ours['megabytes']:.0f} MB;"
        f" held for {ours['held']:.2f} s;"
        f" again {ours['again']:.2f} s ({orders / ours['again']:,.0f} orders/s)"
    )
    print(f"parse and bulk write on {name}: {bare['first']:.2f} s")
    print(f"  {name}: {ours['first'] / bare['first']:.2f} times as long")


def measure(method: str, urls: list[str], file: Path) -> Told:
    return in_own_process(__file__, method, urls=urls, file=file)


def generate(file: Path, orders: int) -> None:
    with file.open("w", encoding="utf-8") as out:
        for number in range(orders):
            at = OPENED + timedelta(minutes=number)
            order = {"id": f"55{number:08d}", "name": f"#{number}", "at": at.isoformat(), "email": "x@example.com"}
            print(json.dumps(order | {"note": "x" * 700}), file=out)


class Orders:
    """Reads such a file an order at a time."""

    def read_file(self, file: Any) -> Iterator[Any]:
        import msgspec

        from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart

        with file.open() as stream:
            for row in stream:
                order = msgspec.json.decode(row)
                name, at = order["id"], datetime.fromisoformat(order["at"])
                total = sum(minor for _, _, minor in PARTS)
                payload = msgspec.json.encode({key: order[key] for key in ("id", "name", "at", "note")})
                yield DocumentStart(
                    kind=_kind(),
                    external_id=name,
                    currency="USD",
                    total_minor=total,
                    opened_at=at,
                    closed_at=at,
                    title=order["name"],
                    paid_at=at,
                    as_of=at,
                    order_id=name,
                    status="paid",
                    payload=payload,
                )
                yield DocumentLines(tuple(_lines(name, at, total)))
                yield DocumentEnd()


def _kind() -> Any:
    from bridge.model.documents import DocumentKind

    return DocumentKind.ORDER


def _lines(name: str, at: datetime, total: int) -> Iterator[Any]:
    from bridge.model.line_tax import taxed_at
    from bridge.model.lines import Line, Part

    for key, kind, minor in PARTS:
        yield Line(
            key=f"{name}:{key}",
            kind=kind,
            part=Part.SALE,
            amount_minor=minor,
            occurred_at=at,
            order_id=name,
            tax_group=name,
            sku="ACME-1",
            tax=taxed_at("8.25"),
        )
    gateway = (("gateway", "card"),)
    yield Line(
        key=f"{name}:paid",
        kind="tender",
        part=Part.RECEIPT,
        amount_minor=-total,
        occurred_at=at,
        order_id=name,
        attributes=gateway,
        reference=f"card:{name}",
    )


def bridge(urls: list[str], file: Path) -> Told:
    """The product's own way, twice."""
    from bridge.ingest import Importer
    from bridge.model.connections import Connection, Side
    from bridge.model.entries import Mode
    from bridge.plugin import FileType, SourceCapabilities, SourceOffer, Tender, TenderClass
    from bridge.store.sql import open_store
    from tests.fakes.clock import FakeClock
    from tests.fakes.desk import FakeDesk

    clock, source = FakeClock(NOW), Orders()
    capabilities = SourceCapabilities(
        modes=(Mode.ORDER,),
        files=(FileType("orders"),),
        clearing="1200",
        bank="1000",
        prefix="BEN",
        tenders=(Tender("*", "1200", TenderClass.PAYS_OUT),),
    )
    offer = SourceOffer(name="bench", title="Bench", version="1", capabilities=capabilities, build=lambda _: source)
    store = open_store(urls[0], ORGANISATION, clock)
    store.migrate()
    with store.unit("bench") as unit:
        unit.connections.put(Connection(CONNECTION, "bench", Side.SOURCE, "S1"))
    timed = TimedStore(store)
    importer = Importer(timed, FakeDesk(clock, sources={CONNECTION: source}, source_offers={CONNECTION: offer}), clock)
    start = time.perf_counter()
    imported = importer.import_file(CONNECTION, file, actor="bench")
    between = time.perf_counter()
    again = importer.import_file(CONNECTION, file, actor="bench")
    end = time.perf_counter()
    store.close()
    if imported.error or not imported.is_news or again.is_news:
        raise SystemExit(f"not imported: {imported.error}")
    return {"first": between - start, "again": end - between, "held": sum(timed.held)}


def bare(urls: list[str], file: Path) -> Told:
    """The parser, once; then what ``bridge`` wrote, written again."""
    from bridge.ingest import FileOnDisk

    start = time.perf_counter()
    deque(Orders().read_file(FileOnDisk(file)), maxlen=0)
    parsing = time.perf_counter() - start

    rows = rows_of(urls[0], WRITTEN)
    writing, _ = write(urls[1], rows)
    return {"first": parsing + writing}


METHODS: dict[str, Callable[[list[str], Path], Told]] = {"bridge": bridge, "bare": bare}

if __name__ == "__main__":
    sys.exit(main())
