"""Two hundred merchants on two workers: how late their syncs begin, whether limits hold, what a second worker adds.

Measured: real workers in processes of their own over the real engine, store and services, on PostgreSQL; shops and
          ledgers are fakes within them. How late each sync begins after it came due, by the workers' own logs;
          every call to the vendor, against its limits; connections to the database at their most.
Beside:   one merchant whose shop has 100,000 orders behind it, which are read and booked from the first.
Against:  one worker instead of two, with everybody due at once: how long until all are through.
Aims:     p95 below 60 s in both, no limit broken, no turn waits longer than a piece of the large one takes; as many
          connections with two hundred as with twenty.

Takes:    about eleven minutes in all on an idle machine; parts by themselves with ``--only``. Each part says how much
          work (CPU, of the workers alone) a turn took. One that does not come through says so, and the others go on.

    python benchmarks/bench_tenants.py [--tenants 200] [--minutes 5] [--seconds 180] [--orders 100000]
        [--patience 240] [--only two beside "at once" few]
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import postgres
from benchmarks.tenants import BEFORE, BEGUN, BIG, SETTINGS, read, registry, violations

PARTS = ("two", "beside", "at once", "few")
AT_ONCE = 60
"""Merchants who are due at once: enough to tell one worker from two."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--tenants", type=int, default=200)
    arguments.add_argument("--minutes", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=180)
    arguments.add_argument("--orders", type=int, default=100_000)
    arguments.add_argument("--patience", type=int, default=240, help="seconds for the first reading of all")
    arguments.add_argument("--only", nargs="*", default=list(PARTS), choices=PARTS)
    arguments.add_argument("--work", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.work:
        return work(given.work)
    failed = 0
    if {"two", "beside"} & set(given.only):
        failed += _tried(_watched, given)
    if "at once" in given.only:
        failed += _tried(_at_once, given)
    if "few" in given.only:
        failed += _tried(_few, given)
    return int(failed > 0)


def _tried(part: Callable[[argparse.Namespace], None], given: argparse.Namespace) -> bool:
    """Whether it failed; the others go on."""
    try:
        part(given)
    except (NotThroughError, subprocess.TimeoutExpired) as error:
        print(f"not measured: {error}", flush=True)
        return True
    return False


def _watched(given: argparse.Namespace) -> None:
    """Alone, and then beside the large one, who comes to the same database."""
    with site(given.tenants, given.minutes, given.patience) as here:
        if "two" in given.only:
            here.watch(2, given.seconds, f"{given.tenants} merchants, two workers")
        if "beside" in given.only:
            here.add({BIG: (f"{BIG}-{given.orders}", BEGUN)}, given.minutes)
            here.watch(2, given.seconds, f"the same beside one of {given.orders:,} orders")


def _at_once(given: argparse.Namespace) -> None:
    took, many = {}, min(given.tenants, AT_ONCE)
    for workers in (1, 2):
        with site(many, given.minutes, given.patience) as here:
            took[workers] = here.through(workers)
    ratio = took[1] / took[2]
    print(f"{many} due at once: {took[1]:.0f} s by one worker, {took[2]:.0f} s by two: {ratio:.2f} times", flush=True)


def _few(given: argparse.Namespace) -> None:
    with site(20, given.minutes, given.patience) as here:
        here.watch(2, 20, "20 merchants, two workers")


class NotThroughError(Exception):
    """Not all was done in time."""


class Site:
    """Merchants in a database, and their workers."""

    def __init__(self, url: str, folder: Path, tenants: int, patience: int) -> None:
        self.url, self.folder, self.tenants, self._patience = url, folder, tenants, patience
        self._processes: list[subprocess.Popen[bytes]] = []
        self._read: set[str] = set()
        self.calls = folder / "calls"
        self.calls.touch()
        self._most = 0

    def add(self, accounts: Mapping[str, tuple[str, str]], minutes: int) -> None:
        """Merchants, each with the account of its shop and its first day."""
        from bridge.app import open_house
        from bridge.clock import SystemClock
        from bridge.settings import Settings

        settings = Settings(database_url=self.url, folder=self.folder)
        with open_house(settings, SystemClock(), registry(), is_new=True) as house:
            for one, (account, first_day) in accounts.items():
                house.organisations.add(one, "", is_tenant=True, actor="bench")
                file = self.folder / "bridge.toml"
                file.write_text(SETTINGS.format(name=account, first_day=first_day))
                app = house.office(one)
                app.apply(file, actor="bench", is_dry_run=False)
                with app.store.unit("bench") as unit:
                    unit.routes.put(msgspec.structs.replace(unit.routes.get("main"), sync_minutes=minutes))

    def watch(self, workers: int, seconds: int, what: str) -> None:
        """Let them work for so long, and say how it went. The first day of all, to its last voucher, is not counted."""
        with self._working(workers) as logs:
            began = time.monotonic()
            self._until_all(logs)
            all_read = time.monotonic() - began
            self._until(logs, self._all_sent)
            print(
                f"first day of {self.tenants}: all read after {all_read:.0f} s,"
                f" all sent after {time.monotonic() - began:.0f} s",
                flush=True,
            )
            began_at, work = time.time(), self._work()
            time.sleep(seconds)
            work = self._work() - work
        told = [one for log in logs for one in read(log)]
        late = [
            one["late_seconds"]
            for one in told
            if one["event"] == "turn began" and one["duty"] == "sync/main" and one["organisation"] != BIG
            and one["at"] >= began_at
        ]  # fmt: skip
        faults = [one for one in told if one["event"] in ("turn failed", "turn broke off", "part failed")]
        turns = sum(one["event"] == "turn ended" and one["at"] >= began_at for one in told)
        pieces = _pieces(told)
        lateness = (
            f"late at p50 {median(late):.0f} s, p95 {_p95(late):.0f} s, at most {max(late)} s" if late else "none due"
        )
        print(
            f"{what}, {seconds} s: {len(late)} syncs, {lateness}; {violations(self.calls)} limits broken;"
            f" {len(faults)} faults; at most {self._most} connections;"
            f" {turns} turns, of {1000 * work / max(1, turns):.0f} ms of work each, looks between them included;"
            f" {work / seconds:.2f} cores; load {os.getloadavg()[0]:.0f}"
            + (f"; {len(pieces)} pieces of the large one, the longest {max(pieces):.0f} s" if pieces else ""),
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
        """Until each was read once; those of an earlier watch were."""

        def all_read() -> list[dict[str, object]]:
            ended = [one for one in self._events(logs, "turn ended") if one["duty"] == "sync/main"]
            there = self._read | {str(one["organisation"]) for one in ended}
            return ended if len(there) >= self.tenants else []

        self._read |= {str(one["organisation"]) for one in self._until(logs, all_read)}

    def _all_sent(self) -> bool:
        """Whether no more is under way than what was sold meanwhile; the large one is not counted."""
        import psycopg

        with psycopg.connect(self._plain, autocommit=True) as server:
            row = server.execute(
                "SELECT count(*) FROM delivery WHERE state <> 'delivered' AND organisation_id <> %s", (BIG,)
            ).fetchone()
        return row is not None and row[0] < self.tenants

    @property
    def _plain(self) -> str:
        from sqlalchemy.engine import make_url

        return make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)

    def _events(self, logs: list[Path], event: str) -> list[dict[str, object]]:
        return [one for log in logs for one in read(log) if one["event"] == event]

    def _until(self, logs: list[Path], found):  # type: ignore[no-untyped-def]
        ends = time.monotonic() + self._patience
        while not (told := found()):
            if time.monotonic() > ends:
                raise NotThroughError(f"after {self._patience} s: {[log.read_text()[-300:] for log in logs]}")
            time.sleep(0.5)
        return told

    @contextmanager
    def _working(self, workers: int) -> Iterator[list[Path]]:
        logs = [self.folder / f"log-{number}" for number in range(workers)]
        environment = {**os.environ, "TENANTS_CALLS": str(self.calls), "TENANTS_BEGAN": str(time.time())}
        command = [sys.executable, __file__, "--work", self.url]
        processes = self._processes = []
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

    def _work(self) -> float:
        """Seconds of CPU of the workers so far."""
        texts = (
            Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split() for process in self._processes
        )
        return sum(int(text[11]) + int(text[12]) for text in texts) / os.sysconf("SC_CLK_TCK")

    def _count(self, over: threading.Event) -> None:
        import psycopg

        with psycopg.connect(self._plain, autocommit=True) as server:
            mine = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            while not over.wait(0.5):
                row = server.execute(mine).fetchone()
                self._most = max(self._most, row[0] if row else 0)


def _pieces(told: list[dict[str, object]]) -> list[float]:
    """How long each turn at the large one took."""
    began, pieces = 0.0, []
    for one in sorted(told, key=lambda line: line["at"]):  # type: ignore[arg-type,return-value]
        if one.get("organisation") == BIG and one.get("duty") == "sync/main":
            if one["event"] == "turn began":
                began = float(str(one["at"]))
            elif one["event"] == "turn ended":
                pieces.append(float(str(one["at"])) - began)
    return pieces


def _p95(values: list[int]) -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


@contextmanager
def site(tenants: int, minutes: int, patience: int) -> Iterator[Site]:
    """So many merchants with a route each."""
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name, postgres() as (url,):
        today = (datetime.now(UTC) - BEFORE).date().isoformat()
        here = Site(url, Path(name), tenants, patience)
        here.add({f"t{number:03}": (f"t{number:03}", today) for number in range(tenants)}, minutes)
        yield here


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
