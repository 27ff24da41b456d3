"""Two hundred merchants on two workers: how late their syncs begin, whether limits hold, what a second worker adds.

Measured: real workers in processes of their own over the real engine, store and services, on PostgreSQL; shops and
          ledgers are fakes within them. How late each sync begins after it came due, by the workers' own logs;
          every call to the vendor, against its limits; connections to the database at their most.
Beside:   one merchant whose shop has 100,000 orders behind it, which are read and booked from the first.
Against:  one worker instead of two, with everybody due at once: how long until all are through.
Aims:     p95 below 60 s in both, no limit broken, no turn waits longer than a piece of the large one takes; as many
          connections with two hundred as with twenty.

    python benchmarks/bench_tenants.py [--tenants 200] [--minutes 5] [--seconds 420] [--orders 100000]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median, quantiles

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import postgres
from benchmarks.tenants import BEGUN, BIG, SETTINGS, read, registry, violations


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--tenants", type=int, default=200)
    arguments.add_argument("--minutes", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=420)
    arguments.add_argument("--orders", type=int, default=100_000)
    arguments.add_argument("--only", nargs="*", default=["two", "beside", "at once", "few"])
    arguments.add_argument("--work", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.work:
        return work(given.work)
    if "two" in given.only:
        with site(given.tenants, given.minutes) as here:
            here.watch(2, given.seconds, f"{given.tenants} merchants, two workers")
    if "beside" in given.only:
        with site(given.tenants, given.minutes, orders=given.orders) as here:
            here.watch(2, given.seconds, f"the same beside one of {given.orders:,} orders")
    if "at once" in given.only:
        took = {}
        for workers in (1, 2):
            with site(given.tenants, given.minutes) as here:
                took[workers] = here.through(workers)
        print(f"all due at once: {took[1]:.0f} s by one worker, {took[2]:.0f} s by two: {took[1] / took[2]:.2f} times")
    if "few" in given.only:
        with site(20, given.minutes) as here:
            here.watch(2, 60, "20 merchants, two workers")
    return 0


class Site:
    """Merchants in a database, and their workers."""

    def __init__(self, url: str, folder: Path, tenants: int) -> None:
        self.url, self.folder, self.tenants = url, folder, tenants
        self.calls = folder / "calls"
        self.calls.touch()
        self._most = 0

    def watch(self, workers: int, seconds: int, what: str) -> None:
        """Let them work for so long, and say how it went. The first reading of all is not counted as late."""
        with self._working(workers) as logs:
            self._until_all(logs)
            began_at = time.time()
            time.sleep(seconds)
        if "TENANTS_KEEP" in os.environ:
            import shutil

            for log in logs:
                shutil.copy(log, os.environ["TENANTS_KEEP"])
        told = [one for log in logs for one in read(log)]
        late = [
            one["late_seconds"]
            for one in told
            if one["event"] == "turn began" and one["duty"] == "sync/main" and one["organisation"] != BIG
            and one["at"] >= began_at
        ]  # fmt: skip
        faults = [one for one in told if one["event"] in ("turn failed", "turn broke off", "part failed")]
        big = sum(one["event"] == "turn ended" and one["organisation"] == BIG for one in told)
        print(
            f"{what}, {seconds} s: {len(late)} syncs; late at p50 {median(late):.0f} s, p95 {_p95(late):.0f} s,"
            f" at most {max(late)} s; {violations(self.calls)} limits broken; {len(faults)} faults;"
            f" at most {self._most} connections{f'; {big} pieces of the large one' if big else ''}",
            flush=True,
        )
        for one in faults[:3]:
            print(f"  {one}")

    def through(self, workers: int) -> float:
        """Seconds until everybody, due at once, was read for the first time."""
        with self._working(workers) as logs:
            began = min(one["at"] for one in self._until(logs, lambda: self._events(logs, "turn began")))
            self._until_all(logs)
            return time.time() - began

    def _until_all(self, logs: list[Path]) -> None:
        def all_read() -> list[dict[str, object]]:
            ended = [one for one in self._events(logs, "turn ended") if one["duty"] == "sync/main"]
            return ended if len({one["organisation"] for one in ended}) >= self.tenants else []

        self._until(logs, all_read)

    def _events(self, logs: list[Path], event: str) -> list[dict[str, object]]:
        return [one for log in logs for one in read(log) if one["event"] == event]

    def _until(self, logs: list[Path], found):  # type: ignore[no-untyped-def]
        ends = time.monotonic() + 900
        while not (told := found()):
            if time.monotonic() > ends:
                raise SystemExit(f"not through: {[log.read_text()[-2000:] for log in logs]}")
            time.sleep(0.5)
        return told

    @contextmanager
    def _working(self, workers: int) -> Iterator[list[Path]]:
        logs = [self.folder / f"log-{number}" for number in range(workers)]
        environment = {**os.environ, "TENANTS_CALLS": str(self.calls), "TENANTS_BEGAN": str(time.time())}
        command = [sys.executable, __file__, "--work", self.url]
        processes = []
        for log in logs:
            with log.open("wb") as file:
                processes.append(subprocess.Popen(command, stdout=file, stderr=file, env=environment))
        over = threading.Event()
        counting = threading.Thread(target=self._count, args=(over,), daemon=True)
        counting.start()
        try:
            yield logs
        finally:
            over.set()
            counting.join()
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                process.wait(60)

    def _count(self, over: threading.Event) -> None:
        import psycopg
        from sqlalchemy.engine import make_url

        plain = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as server:
            mine = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            while not over.wait(0.5):
                row = server.execute(mine).fetchone()
                self._most = max(self._most, row[0] if row else 0)


def _p95(values: list[int]) -> float:
    return quantiles(values, n=20)[-1]


@contextmanager
def site(tenants: int, minutes: int, *, orders: int = 0) -> Iterator[Site]:
    """So many merchants with a route each; orders: and one that has so many behind it."""
    from bridge.app import open_house
    from bridge.clock import SystemClock
    from bridge.settings import Settings

    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name, postgres() as (url,):
        folder, clock, today = Path(name), SystemClock(), date.today().isoformat()  # noqa: DTZ011 - of the fakes
        names = [f"t{number:03}" for number in range(tenants)]
        accounts = {one: (one, today) for one in names} | ({BIG: (f"{BIG}-{orders}", BEGUN)} if orders else {})
        settings = Settings(database_url=url, folder=folder)
        with open_house(settings, clock, registry(), is_new=True) as house:
            for one, (account, first_day) in accounts.items():
                house.organisations.add(one, "", is_tenant=True, actor="bench")
                file = folder / "bridge.toml"
                file.write_text(SETTINGS.format(name=account, first_day=first_day))
                app = house.office(one)
                app.apply(file, actor="bench", is_dry_run=False)
                with app.store.unit("bench") as unit:
                    unit.routes.put(msgspec.structs.replace(unit.routes.get("main"), sync_minutes=minutes))
        yield Site(url, folder, len(accounts) - bool(orders))


def work(url: str) -> int:
    """A worker, until it is told to stop."""
    from bridge import log
    from bridge.app import open_worker
    from bridge.clock import SystemClock
    from bridge.settings import Settings

    log.configure(level="info", as_json=True)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    with (
        tempfile.TemporaryDirectory() as folder,
        open_worker(Settings(database_url=url, folder=Path(folder)), SystemClock(), registry(), 4) as worker,
    ):
        worker.run(stopping)
    return 0


if __name__ == "__main__":
    sys.exit(main())
