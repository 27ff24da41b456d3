"""A generated year of a shop, pulled from its sandbox and booked, against fetching and parsing the same answers.

Measured: bridge in a process of its own: everything is pulled until nothing waits any more, then booked; the shop is
          a Shopify sandbox in another process, whose own time (it answers slowly, being a fake) is told apart:
          what counts is the work of bridge's process, and its peak memory.
Against:  plain requests and ``orjson.loads`` in a process of its own: the first orders in pages of 50 and of 250, and
          all of them as bulk files; by the order. Both collect their garbage as Python does.
Aims:     less than 300 MB; the larger year costs no more an order than the smaller one.

    python benchmarks/bench_pull.py [--orders 2000 20000] [--goods 5]

A year of 100,000 orders took 42 minutes on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_shop import OURS, ledger
from benchmarks.measuring import Told, counted_statements, in_own_process, tell

SHOP, TOKEN, YEAR = "acme.myshopify.com", "shpat_sandbox", "2025"
PAGED = 5_000
"""Orders that are read in pages: those of a large year are as good as those of a small one."""
SETTINGS = f"""
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"
[plugins.quickbooks]
base_url = "{{ledger}}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
[plugins.shopify]
base_url = "{{url}}"
calls_per_minute = 1000000
bulk_from_orders = 100
[plugins.shopify.tokens]
"{SHOP}" = "{TOKEN}"
[connections.books]
plugin = "quickbooks"
account = "{OURS}"
customer = "Sales channels"
[connections.shop]
plugin = "shopify"
account = "{SHOP}"
[routes.main]
source = "shop"
ledger = "books"
time_zone = "America/New_York"
first_day = {YEAR}-01-01
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, nargs="+", default=[2_000, 20_000])
    arguments.add_argument("--goods", type=int, default=5)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](**given.given))
    first = 0.0
    for orders in given.orders:
        with sandbox(orders, given.goods) as url, ledger() as books:
            each = run(url, books, orders)
        first = first or each
        print(f"  an order costs {each / first:.2f} times what it does in the first year", flush=True)
    return 0


def run(url: str, books: str, orders: int) -> float:
    """Pull and book one year; milliseconds of bridge's work an order."""
    ours = in_own_process(__file__, "bridge", url=url, books=books)
    print(
        f"{orders:,} orders: {ours['pull'] + ours['book']:.1f} s of work here, {ours['megabytes']:.0f} MB;"
        f" pulled in {ours['pull']:.1f} s ({ours['wall']:.0f} s with the sandbox), booked in {ours['book']:.1f} s\n"
        f"  {ours['calls']:,.0f} calls; {ours['pulling']:,.0f} statements to pull, {ours['booking']:,.0f} to book,"
        f" {ours['entries']:,.0f} entries",
        flush=True,
    )
    for what, page in (("pages of 50", 50), ("pages of 250", 250), ("the bulk file", 0)):
        bare = in_own_process(__file__, "bare", url=url, page=page)
        if not bare["orders"]:
            continue  # so small a year is pulled without bulk operations
        milliseconds = bare["cpu"] / min(orders, bare["orders"]) * 1_000
        print(
            f"  {what}: requests and orjson {milliseconds:.3f} ms an order, {bare['megabytes']:.0f} MB;"
            f" pulling takes {ours['pull'] / orders * 1_000 / milliseconds:.1f} times as long",
            flush=True,
        )
    return (ours["pull"] + ours["book"]) / orders * 1_000


@contextmanager
def sandbox(orders: int, goods: int) -> Iterator[str]:
    """The shop, in a process of its own; its address."""
    options = (f"orders={orders}", f"year={YEAR}", f"goods={goods}", "limits=off", f"shop={SHOP}", f"token={TOKEN}")
    command = [sys.executable, "-m", "bridge", "sandbox", "shopify", *(f"--option={option}" for option in options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            told = ""
            while "Ctrl-C" not in told:
                told += process.stdout.readline()
            yield re.findall(r"http://127.0.0.1:\d+", told)[0]
        finally:
            process.terminate()


def bridge(url: str, books: str) -> Told:
    """The product's own way: the whole year, until nothing waits."""
    from cryptography.fernet import Fernet

    from bridge import log
    from bridge.app import open_app
    from bridge.clock import SystemClock
    from bridge.host.loader import load
    from bridge.ingest import Puller
    from bridge.settings import load_settings
    from tests.fakes.clock import FakeClock

    log.configure(level="error")
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        key, config = Path(name) / "sealing.key", Path(name) / "bridge.toml"
        key.touch(mode=0o600)
        key.write_bytes(Fernet.generate_key() + b"\n")
        config.write_text(SETTINGS.format(url=url, ledger=books), encoding="utf-8")
        clock = FakeClock(SystemClock().now())
        with open_app(load_settings(config, {}), clock, load(), is_new=True) as app:
            app.apply(config, actor="bench", is_dry_run=False)
            started = app.host.authorization.start("books", "bench")
            consent = requests.get(started.url, params={"realm": OURS}, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])
            statements = counted_statements()
            wall, cpu = time.perf_counter(), time.process_time()
            puller = Puller(app.store, app.host, clock)
            while True:
                pulled = puller.pull("shop", actor="bench")
                faults = [report.error for report in pulled.streams if report.error]
                if faults or pulled.error:
                    raise SystemExit(f"not pulled: {faults or pulled.error}")
                if not any(report.due_at for report in pulled.streams):
                    break
                _let_a_minute_pass(url, clock)
            pulled_at = time.process_time()
            told = {"wall": time.perf_counter() - wall, "pull": pulled_at - cpu, "pulling": statements()}
            told["calls"] = requests.get(f"{url}/_sandbox/counters", timeout=60).json()["total"]
            run = app.books.run("main", actor="bench")
            told |= {"book": time.process_time() - pulled_at, "booking": statements() - told["pulling"]}
            with app.store.reading() as unit:
                entries = sum(1 for route in unit.routes.all() for _ in unit.entries.of_route(route.route_id))
            if not entries:
                raise SystemExit(f"nothing was booked: {run}")
            return {**told, "entries": entries}


def _let_a_minute_pass(url: str, clock: Any) -> None:
    """In both processes: bulk operations come to their end."""
    clock.advance(60)
    requests.post(f"{url}/_sandbox/clock", json={"advance": 60}, timeout=60).raise_for_status()


def bare(url: str, page: int) -> Told:
    """The answers as dictionaries, each thrown away. page: 0 for the files of what bridge had collected by bulk."""
    started = time.process_time()
    orders = _files(url) if not page else _pages(url, page)
    return {"cpu": time.process_time() - started, "orders": orders}


def _asked(session: requests.Session, url: str, **body: object) -> Any:
    import orjson

    from bridge_shopify.client import VERSION

    headers = {"X-Shopify-Access-Token": TOKEN}
    answer = session.post(f"{url}/admin/api/{VERSION}/graphql.json", json=body, headers=headers, timeout=600)
    answer.raise_for_status()
    return orjson.loads(answer.content)["data"]


def _pages(url: str, page: int) -> int:
    from bridge_shopify.client import query

    session, after, orders = requests.Session(), None, 0
    while True:
        variables = {"first": page, "after": after}
        found = _asked(session, url, query=query("orders"), operationName="Orders", variables=variables)["orders"]
        orders += len(found["nodes"])
        after = found["pageInfo"]["endCursor"]
        if orders >= PAGED or not found["pageInfo"]["hasNextPage"]:
            return orders


def _files(url: str) -> int:
    import orjson

    session, orders = requests.Session(), 0
    told = _asked(session, url, query="{ bulkOperations(first: 100) { nodes { url query } } }")
    for one in told["bulkOperations"]["nodes"]:
        if "updated_at" in one["query"] and one["url"]:
            for line in requests.get(one["url"], timeout=600).content.splitlines():
                orders += "__parentId" not in orjson.loads(line)
    return orders


METHODS: dict[str, Callable[..., Told]] = {"bridge": bridge, "bare": bare}

if __name__ == "__main__":
    sys.exit(main())
