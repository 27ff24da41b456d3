"""What a whole check costs when a year of vouchers has been delivered: seconds, memory and statements, by voucher.

Measured: ``Drift.check`` of a shop's route, first, and again after a week in which nothing happened, each in a process
          of its own. By the order every order and refund is a voucher, and every day has a payout with its fees and
          its transfer; by the day there are three vouchers a day, and as many orders.
Data:     one day is booked and delivered by the product itself; the other days of the year are that day again, with
          its own ids and dates, written in bulk. The ledger answers with what was acknowledged, from the same file,
          in pages of 1,000: what its answers take is told apart.
Truth:    everything is in the ledger as it was told, so a check that finds anything fails the run.
Aims:     a voucher of the larger year takes no longer than of the smaller, and less than 1 KB more memory; less than
          300 MB for all of it.

    python benchmarks/bench_check.py [--vouchers 10000 100000] [--mode order day]
"""

from __future__ import annotations

import argparse
import itertools
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Told, in_own_process, rows_of, tell

DAYS = 364
FIRST = date(2025, 7, 1)
AFTER = datetime(2026, 7, 6, 12, tzinfo=UTC)
STREAMS = ("orders", "payouts", "disputes")
TABLES = ("document", "line", "entry", "posting", "fate", "delivery", "baseline", "baseline_line")
PAGE = 1_000
INSTANTS = ("opened_at", "closed_at", "pays_at", "paid_at", "occurred_at")
ANEW = re.compile(r"((?:doc|ent|vch|brk|int)_|SHP-)[a-z2-7]{3}|([orpL]0-)(?=\d{6})|(2025-07-\d\d)")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--vouchers", nargs="*", type=int, default=(10_000, 100_000))
    arguments.add_argument("--mode", nargs="*", choices=("order", "day"), default=("order", "day"))
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](**given.given))
    for mode in given.mode:
        for vouchers in given.vouchers:
            with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
                run(f"sqlite:///{folder}/bridge.sqlite", mode, vouchers)
    return 0


def run(url: str, mode: str, vouchers: int) -> None:
    """Fill a database, and check it twice."""
    told = in_own_process(__file__, "fill", url=url, mode=mode, vouchers=vouchers)
    orders, sent = int(told["orders"]), int(told["vouchers"])
    print(f"by the {mode}: {orders:,} orders, {sent:,} vouchers delivered", flush=True)
    idle = in_own_process(__file__, "idle", url=url)
    for name, days in (("first", 0), ("after a quiet week", 7)):
        told = in_own_process(__file__, "check", url=url, days=days)
        show(name, told, idle, *(("a voucher", sent) if mode == "order" else ("an order", orders)))


def show(name: str, told: Told, idle: Told, what: str, count: int) -> None:
    kept = (told["megabytes"] - idle["megabytes"]) * 1024 / count
    print(
        f"  {name:18s} {told['seconds']:7.1f} s, of work here {told['cpu']:6.1f} s ({told['cpu'] / count * 1e6:,.0f} µs"
        f" {what}), of it {told['ledger']:.1f} s to answer {told['calls']:,.0f} calls;"
        f" {told['megabytes']:.0f} MB ({kept:.2f} KB {what}); {told['statements']:,.0f} statements",
        flush=True,
    )


# The year: one day by the product itself, and then the same day again and again.


def fill(url: str, mode: str, vouchers: int) -> dict[str, float]:
    from bridge.store.sql import migrate, open_store
    from tests.fakes.clock import FakeClock

    migrate(url)
    store = open_store(url, "local", FakeClock(AFTER))
    shop = counter(store, FakeClock(AFTER), mode)
    orders = max((vouchers // DAYS - 2) * 12 // 13, 1)
    shop.bring_in(*a_day(orders))
    shop.deliver()
    store.close()
    rows = rows_of(url, TABLES)
    write_again(url, rows)
    return {"vouchers": len(rows["delivery"]) * DAYS, "orders": orders * DAYS}


def counter(store: Any, clock: Any, mode: str) -> Any:
    """The shop of the tests, with a ledger that takes one object an entry."""
    from bridge.model.entries import Mode
    from tests.drift.counter import Counter, InvoicingHands

    hands = InvoicingHands(clock, connection="books")
    hands.has_invoices = False
    shop = Counter(store, clock, hands, mode=Mode(mode), first_day=FIRST)
    shop.read(**dict.fromkeys(STREAMS, clock.now()))
    return shop


def a_day(orders: int) -> Iterator[Any]:
    """Orders in baskets of a few amounts, a refund for each twelve, and the payout of all that came in by card."""
    from tests.books.shop import order, refund
    from tests.drift.counter import payout, row

    when = f"{FIRST} 10:00"
    rows = []
    for number in range(orders):
        name, minor = f"o0-{number:06d}", 2_000 + number * 7919 % 20_000
        yield order(name, when, {"sale.product": minor, "sale.shipping": 500})
        rows.append(row(name, minor + 500, when, fee=59))
        if number % 12 == 0:
            yield refund(f"r0-{number:06d}", name, when, {"refund.product": -700})
            rows.append(row(f"r0-{number:06d}", -700, when))
    yield payout("p0-000000", f"{FIRST + timedelta(days=2)} 08:00", *rows)


def write_again(url: str, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    """Write the rows of the first day for every other day."""
    from bridge.store.sql import tables
    from bridge.store.sql.dialect import dialect_of

    dialect = dialect_of(url)
    engine = dialect.engine()
    days = {getattr(tables, name): Day(getattr(tables, name), some) for name, some in rows.items()}
    for number in range(1, DAYS):
        with dialect.transaction(engine, is_reading=False) as connection:
            for table, day in days.items():
                dialect.add_many(connection, table, day.again(number))
    engine.dispose()


class Day:
    """The rows of a table, as one text in which every id and date is found and told anew."""

    def __init__(self, table: Any, rows: Sequence[tuple[Any, ...]]) -> None:
        names = [column.name for column in table.columns]
        self._instants = [place for place, name in enumerate(names) if name in INSTANTS]
        ref = names.index("ref") if "ref" in names else None
        self._text = json.dumps([_named(row, ref) for row in rows])

    def again(self, number: int) -> Iterator[list[Any]]:
        """So many days later."""
        days = {(FIRST + timedelta(one)).isoformat(): (FIRST + timedelta(one + number)).isoformat() for one in range(9)}

        def anew(found: re.Match[str]) -> str:
            kind, own, day = found.groups()
            if day:
                return days.get(day, day)
            return f"{own[0]}{number}-" if own else f"{kind}-{number:03d}"

        for row in json.loads(ANEW.sub(anew, self._text)):
            for place in self._instants:
                row[place] = row[place] and row[place] + number * 86_400_000_000
            yield row


def _named(row: Sequence[Any], ref: int | None) -> list[Any]:
    """A row whose object has a ref of the day's own."""
    cells = list(row)
    if ref is not None and cells[ref]:
        cells[ref] = f"L0-{int(cells[ref]):06d}"
    return cells


# The ledger, and the checks.


class Acknowledged:
    """As a sink: what it acknowledged of every voucher, in pages from the database; nothing of it in memory.

    seconds: what its answers took. calls: how many there were.
    """

    settle_seconds = 0

    def plan(self, *_: Any) -> Any:
        """A check neither writes nor looks up: this and those below are for the protocol alone."""
        raise AssertionError("a check only reads")

    render = send = look_up = same_amount = plan

    def __init__(self, url: str, clock: Any) -> None:
        from bridge.store.sql.dialect import dialect_of
        from tests.drift.counter import VAT, InvoicingHands

        self._dialect, self._clock, self.seconds, self.calls = dialect_of(url), clock, 0.0, 0
        self._engine = self._dialect.engine()
        self.books = InvoicingHands(clock, connection="books")
        self.books.tax_codes = VAT

    @contextmanager
    def _work(self) -> Iterator[Any]:
        """A look at the database, counted as a call."""
        from bridge.store.sql.work import Work

        start = time.perf_counter()
        with self._dialect.transaction(self._engine, is_reading=True) as connection:
            yield Work(connection, self._dialect, "local", self._clock, "")
        self.seconds += time.perf_counter() - start
        self.calls += 1

    def facts(self) -> Any:
        """The chart, with the balances that all objects come to."""
        import msgspec
        import sqlalchemy as sa

        from bridge.store.sql import tables

        facts, line = self.books.facts(), tables.baseline_line
        with self._work() as work:
            sums = work.select(line, line.c.account_id, sa.func.sum(line.c.amount_minor)).group_by(line.c.account_id)
            balances = dict(map(tuple, work.rows(sums)))
        told = [msgspec.structs.replace(one, balance_minor=balances.get(one.ledger_id, 0)) for one in facts.accounts]
        return msgspec.structs.replace(facts, accounts=tuple(told))

    def observe(self, _: Any) -> Iterator[tuple[Any, ...]]:
        page = self._page("")
        while page:
            yield tuple(page)
            page = self._page(page[-1].ref)

    def standing(self) -> Any:
        """The same as ``facts``."""
        return self.facts()

    def changes(self, since: datetime) -> Iterator[Any]:
        """Nothing: it was a quiet week."""
        self.calls += 1
        return iter(())

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[Any]:
        raise SystemExit(f"{len(refs)} objects are to be read back, and all came by")

    def _page(self, last: str) -> list[Any]:
        from bridge.store.sql import objects, tables

        ref = tables.baseline.c.ref
        with self._work() as work:
            heads = work.select(tables.baseline).where(tables.baseline.c.ledger == "books", ref > last)
            return objects.read(work, tables.baseline_line, "books", work.rows(heads.order_by(ref).limit(PAGE)))


def opened(url: str, days: int) -> tuple[Any, Any, Acknowledged]:
    """The store so many days later, its channel read whole by then; what checks it, and the ledger it reads."""
    import msgspec

    from bridge.drift import Drift
    from bridge.plugin import SourceOffer
    from bridge.store.sql import open_store
    from tests.books.shop import CAPABILITIES, CHANNEL, LEDGER
    from tests.fakes.clock import FakeClock
    from tests.fakes.desk import FakeDesk
    from tests.fakes.ledger import fake_sink_offer

    clock = FakeClock(AFTER + timedelta(days=days))
    store = open_store(url, "local", clock)
    with store.unit("pull") as unit:
        connection_id = unit.connections.get(CHANNEL).connection_id
        for stream in STREAMS:
            (window,) = unit.windows.closed(connection_id, stream)
            unit.windows.save(msgspec.structs.replace(window, until=clock.now()))
    ledger = Acknowledged(url, clock)
    offer = SourceOffer(name="shop", title="Shop", version="1.0", capabilities=CAPABILITIES, build=lambda _: None)
    sinks, sink_offers = {LEDGER: ledger}, {LEDGER: fake_sink_offer(ledger.books)}
    desk = FakeDesk(clock, source_offers={CHANNEL: offer}, sinks=sinks, sink_offers=sink_offers)
    return store, Drift(store, desk, clock), ledger


def idle(url: str) -> dict[str, float]:
    """What a process holds that is about to check."""
    store, _, ledger = opened(url, days=0)
    ledger.facts()
    next(ledger.observe(None))
    store.close()
    return {}


def check(url: str, days: int) -> dict[str, float]:
    import sqlalchemy as sa

    store, drift, ledger = opened(url, days)
    statements = itertools.count()
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda *_: next(statements))
    wall, cpu = time.perf_counter(), time.process_time()
    report = drift.check("shop", actor="bench")
    took = time.perf_counter() - wall, time.process_time() - cpu
    if report.open_findings or not report.is_delivered or not report.is_matched:
        raise SystemExit(f"the check found something: {report.counts}")
    store.close()
    told = {"seconds": took[0], "cpu": took[1], "statements": float(next(statements))}
    return told | {"ledger": ledger.seconds, "calls": float(ledger.calls)}


METHODS: dict[str, Callable[..., dict[str, float]]] = {"fill": fill, "check": check, "idle": idle}

if __name__ == "__main__":
    sys.exit(main())
