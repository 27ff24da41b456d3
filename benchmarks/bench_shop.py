"""What a shop costs, from saved pages to a checked ledger: import, book, preview, deliver, check for drift, and growth.

Measured: each step as the commands do it, over the real plugins, store and QuickBooks client; the ledger is a sandbox
          in a process of its own. Shopify in pages of 250, WooCommerce in pages of 100, booked by the day and by the
          order.
Against:  the least that the step could be, in the same run.
          import    decoding the same pages with ``orjson``, and writing the rows that came of it in bulk
          book      writing the rows that came of it in bulk (``executemany`` on SQLite, COPY on PostgreSQL)
          preview   reading the same rows of vouchers, and decoding them with ``orjson``
          deliver   sending the same objects to another company, one after the other over one session
          drift     reading all objects of the company in pages over one session, and decoding them with ``orjson``
Growth:   a shop that grows from --growth's first size to its last, by the day, on SQLite: what an order costs at each
          size, and what a sync of one new order costs. Both should stay as they were.

    python benchmarks/bench_shop.py [--orders 1000] [--channel shopify woocommerce] [--mode day order]
                                    [--growth 2000 8000]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import postgres, rows_of, write
from benchmarks.shops import write_pages
from bridge import log

OURS, OTHERS = "9130000000000011", "9130000000000012"
PAGE = {"shopify": 250, "woocommerce": 100}
IMPORTED = ("vault", "vault_chunk", "seen_file", "line", "document", "audit")
BOOKED = ("entry", "posting", "fate", "delivery", "delivery_after")
KINDS = (
    "JournalEntry",
    "Transfer",
    "SalesReceipt",
    "RefundReceipt",
    "Invoice",
    "Payment",
    "CreditMemo",
    "Purchase",
    "Deposit",
)
SETTINGS = """
[bridge]
database_url = "{url}"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"
[plugins.quickbooks]
base_url = "{ledger}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 1000000
calls_per_second = 100000
batches_per_minute = 1000000
batch_items_per_minute = 1000000
[connections.books]
plugin = "quickbooks"
account = "{realm}"
customer = "Sales channels"
[connections.shop]
plugin = "{channel}"
account = "shop.example.com"
[routes.shop]
source = "shop"
ledger = "books"
time_zone = "UTC"
first_day = 2026-01-01
mode = "{mode}"
"""


class Took(NamedTuple):
    """Seconds on the clock, and seconds that this process worked: a busy machine stretches the first."""

    wall: float
    cpu: float

    def plus(self, other: Took) -> Took:
        return Took(self.wall + other.wall, self.cpu + other.cpu)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, default=1_000)
    arguments.add_argument("--channel", nargs="*", choices=sorted(PAGE), default=sorted(PAGE))
    arguments.add_argument("--mode", nargs="*", choices=("day", "order"), default=("day", "order"))
    arguments.add_argument("--growth", nargs="*", type=int, default=(2_000, 8_000))
    given = arguments.parse_args()
    log.configure(level="error")
    for channel in given.channel:
        for mode in given.mode:
            with folder() as place:
                run(f"{channel} by the {mode} on SQLite", place, channel, mode, given.orders, *_sqlite(place))
            with folder() as place, postgres(databases=3) as urls:
                run(f"{channel} by the {mode} on PostgreSQL", place, channel, mode, given.orders, *urls)
    if given.growth:
        with folder() as place:
            grow(place, given.growth)
    return 0


def run(what: str, place: Path, channel: str, mode: str, orders: int, *urls: str) -> None:
    """A whole life, and beside each step the least it could be."""
    pages = write_pages(place / "pages", channel, orders, PAGE[channel])
    url, for_import, for_booking = urls
    with ledger() as address, shop(place, url, channel, mode, address) as app:
        ours: dict[str, Took] = {}
        bare: dict[str, Took] = {}
        ours["import"] = _timed(lambda: [_imported(app, page) for page in pages])
        bare["import"] = _timed(lambda: _decoded(pages)).plus(_written(for_import, rows_of(url, IMPORTED)))
        ours["import, known"] = _timed(lambda: [_imported(app, page) for page in pages])
        bare["import, known"] = _timed(lambda: _decoded(pages))
        known = {table: len(rows) for table, rows in rows_of(url, IMPORTED).items()}
        ours["book"] = _timed(lambda: app.books.run("shop", actor="bench"))
        made = rows_of(url, IMPORTED)
        _written(for_booking, made | {"audit": made["audit"][: known["audit"]]})
        bare["book"] = _written(for_booking, rows_of(url, BOOKED))
        ours["preview"] = _timed(lambda: app.desk.preview("shop"))
        bare["preview"] = _timed(lambda: _vouchers(url))
        ours["deliver"] = _timed(lambda: app.steps.deliver("books", actor="bench", patience_seconds=60))
        bare["deliver"], sent = _sent_again(address)
        ours["drift"] = _timed(lambda: _checked(app))
        bare["drift"] = _timed(lambda: _read(address, OURS))
    print(f"{what}: {orders:,} orders, {sent:,} vouchers")
    for step, took in ours.items():
        least = bare[step]
        print(
            f"  {step:14s} {took.wall:8.2f} s, {took.wall / least.wall:6.1f} times the least ({least.wall:.2f} s);"
            f" of work here {took.cpu:7.2f} s, {took.cpu / least.cpu:6.1f} times ({least.cpu:.2f} s)"
        )


def grow(place: Path, sizes: Sequence[int]) -> None:
    with ledger() as address, shop(place, _sqlite(place)[0], "shopify", "day", address) as app:
        first: tuple[float, float, float] | None = None
        for before, size in zip((0, *sizes[:-1]), sizes, strict=True):
            every, one, check = _grown(app, place, before, size)
            first = first or (every, one, check)
            print(
                f"grown to {size:,} orders, by work here: {every * 1000:.2f} ms an order"
                f" ({every / first[0]:.2f} times the first); a sync of one new order {one:.2f} s"
                f" ({one / first[1]:.2f} times); a check {check:.2f} s ({check / first[2]:.2f} times)",
                flush=True,
            )


def _grown(app: Any, place: Path, before: int, size: int) -> tuple[float, float, float]:
    """Seconds of work an order, for a sync of one more, and for a check."""
    pages = write_pages(place / f"to-{size}", "shopify", size - 1 - before, 250, first=before)
    every = _timed(lambda: [_synced(app, page) for page in pages]).cpu / (size - 1 - before)
    (page,) = write_pages(place / f"one-{size}", "shopify", 1, 1, first=size - 1)
    return every, _timed(lambda: _synced(app, page)).cpu, _timed(lambda: _checked(app)).cpu


# bridge


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        yield Path(name)


def _sqlite(place: Path) -> list[str]:
    return [f"sqlite:///{place}/{name}.sqlite" for name in ("ours", "imported", "booked")]


@contextmanager
def ledger() -> Iterator[str]:
    """A sandbox with two companies, in a process of its own; its address."""
    companies = f"companies={OURS}:USD:US:Ours,{OTHERS}:USD:US:Others"
    command = [sys.executable, "-m", "bridge", "sandbox", "quickbooks", "--option", companies, "--option", "limits=off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        told = ""
        while "Ctrl-C" not in told:
            told += process.stdout.readline()
        yield re.findall(r"http://127.0.0.1:\d+", told)[0]
        process.terminate()


@contextmanager
def shop(place: Path, url: str, channel: str, mode: str, address: str) -> Iterator[Any]:
    """The application of a shop that is connected and has done nothing yet."""
    from cryptography.fernet import Fernet

    from bridge.app import open_app
    from bridge.clock import SystemClock
    from bridge.host.loader import load
    from bridge.settings import load_settings

    key, config = place / "sealing.key", place / "bridge.toml"
    key.write_bytes(Fernet.generate_key() + b"\n")
    key.chmod(0o600)
    told = {"url": url, "ledger": address, "realm": OURS, "channel": channel, "mode": mode}
    config.write_text(SETTINGS.format(**told), encoding="utf-8")
    with open_app(load_settings(config, {}), SystemClock(), load(), is_new=True) as app:
        app.apply(config, actor="bench", is_dry_run=False)
        started = app.host.authorization.start("books", "bench")
        consent = requests.get(started.url, params={"realm": OURS}, allow_redirects=False, timeout=60)
        app.host.authorization.finish(started, consent.headers["Location"])
        yield app


def _imported(app: Any, page: Path) -> None:
    if error := app.steps.import_file("shop", page, actor="bench").error:
        raise SystemExit(str(error))


def _synced(app: Any, page: Path) -> None:
    _imported(app, page)
    app.books.run("shop", actor="bench")
    app.steps.deliver("books", actor="bench", patience_seconds=60)


def _checked(app: Any) -> None:
    report = app.steps.check("shop", actor="bench")
    if not (report.is_delivered and report.is_matched):
        raise SystemExit(f"drift found something: {report.counts}")


# The least it could be


def _decoded(pages: Sequence[Path]) -> None:
    import orjson

    for page in pages:
        orjson.loads(page.read_bytes())


def _vouchers(url: str) -> None:
    import orjson

    (rows,) = rows_of(url, ("delivery",)).values()
    for row in rows:
        for cell in row:
            if isinstance(cell, bytes | str) and cell[:1] in (b"{", "{"):
                orjson.loads(cell)


def _session(address: str, realm: str) -> requests.Session:
    granted = requests.post(f"{address}/_sandbox/tokens", json={"realm": realm}, timeout=60).json()
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {granted['access_token']}"
    session.headers["Accept"] = "application/json"
    return session


def _sent_again(address: str) -> tuple[Took, int]:
    """What it takes to send what is in our company to the other; how many objects."""
    state = requests.get(f"{address}/_sandbox/state", params={"realm": OURS}, timeout=600).json()
    bodies = [
        (kind.lower(), {name: value for name, value in one.items() if name not in {"Id", "SyncToken", "MetaData"}})
        for kind in KINDS
        for one in state["entities"].get(kind, ())
    ]
    session = _session(address, OTHERS)

    def send() -> None:
        for path, body in bodies:
            answer = session.post(f"{address}/v3/company/{OTHERS}/{path}?minorversion=75", json=body, timeout=60)
            answer.raise_for_status()

    return _timed(send), len(bodies)


def _read(address: str, realm: str) -> None:
    import orjson

    session = _session(address, realm)
    for kind in KINDS:
        start, is_more = 1, True
        while is_more:
            question = f"select * from {kind} startposition {start} maxresults 1000"
            asked = f"{address}/v3/company/{realm}/query"
            answer = session.get(asked, params={"query": question, "minorversion": "75"}, timeout=600)
            answer.raise_for_status()
            found = orjson.loads(answer.content)["QueryResponse"].get(kind, ())
            start, is_more = start + len(found), len(found) == 1000


def _written(url: str, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> Took:
    return Took(*write(url, rows))


def _timed(work: Callable[[], object]) -> Took:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    sys.exit(main())
