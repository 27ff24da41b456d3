"""What comes of killing, freezing, cutting off, poisoning and replacing workers: an enumeration, with its figures.

Each case: real workers in processes of their own, over the real engine and database, two organisations with routes
          that are named alike; steps that take seconds, or milliseconds, and say when they begin and end.
Holds:    what was asked for is done in the end; no two are ever at one duty at once, but for who was lost; a poison
          duty is begun three times and stops, of its organisation alone.

    python benchmarks/bench_reliability.py [--times 5]

Prints the table of docs/explanation/reliability.md.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import postgres
from tests.work.crew import Crew

TENANTS = ("local", "acme")
SLOW, QUICK, POISON = "acme/slow-a", "local/quick-b", "acme/poison"


class Case(msgspec.Struct, frozen=True):
    """What came of one case. seconds: until somebody else was at it, each time. done: of what was asked for."""

    what: str
    times: int
    seconds: tuple[float, ...]
    overlaps: int
    asked: int
    done: int

    def row(self, database: str) -> str:
        took = f"{sum(self.seconds) / len(self.seconds):.1f} / {max(self.seconds):.1f}" if self.seconds else ""
        return f"| {database} | {self.what} | {self.times} | {took} | {self.done} of {self.asked} | {self.overlaps} |"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--times", type=int, default=5)
    times = arguments.parse_args().times
    print("| database | what happens | times | seconds until it goes on, mean / most | done | twice at once |")
    print("|---|---|---|---|---|---|")
    failed = False
    for database, cases in (("SQLite", (killed, told_to_stop, poisoned)), ("PostgreSQL", CASES)):
        for case in cases:
            with crew(database) as made:
                found = case(made, times)
            print(found.row(database), flush=True)
            failed = failed or bool(found.overlaps) or found.done < found.asked
    return int(failed)


def killed(made: Crew, times: int) -> Case:
    """``kill -9`` in the middle of a turn."""
    return _lost(made, times, "kill -9 in the middle of a turn", signal.SIGKILL)


def frozen(made: Crew, times: int) -> Case:
    """Stopped in the middle of a turn, and woken after another took over."""
    return _lost(made, times, "frozen in the middle of a turn, then woken", signal.SIGSTOP)


def _lost(made: Crew, times: int, what: str, how: signal.Signals) -> Case:
    seconds, lost, done = list[float](), list[subprocess.Popen[bytes]](), 0
    for _ in range(times):
        since = time.monotonic()
        made.ask(SLOW)
        made.until(lambda since=since: made.begun(SLOW, *lost, since=since), "nobody began")  # type: ignore[misc]
        victim = made.process(made.begun(SLOW, *lost, since=since)[0][0])
        victim.send_signal(how)
        at = time.monotonic()
        lost.append(victim)
        if made.url.startswith("sqlite"):
            victim.wait()
        made.start()
        made.until(lambda at=at: made.begun(SLOW, *lost, since=at), "nobody took over")  # type: ignore[misc]
        seconds.append(made.begun(SLOW, *lost, since=at)[0][1] - at)
        if how is signal.SIGSTOP:
            victim.send_signal(signal.SIGCONT)
            made.until(lambda victim=victim: made.logged(victim, "turn was taken over"), "not fenced")  # type: ignore[misc]
            victim.send_signal(signal.SIGTERM)
        made.ask(QUICK)
        made.until(lambda at=at: made.begun(QUICK, since=at), "the other organisation waits")  # type: ignore[misc]
        done += 1
    return Case(what, times, tuple(seconds), len(made.overlaps(*lost)), times, done)


def told_to_stop(made: Crew, times: int) -> Case:
    """A deployment, or a roll-back: each worker is told to stop in the middle of a turn, and another is started."""
    done = 0
    for _ in range(times):
        since = time.monotonic()
        made.ask(SLOW)
        made.until(lambda since=since: made.begun(SLOW, since=since), "nobody began")  # type: ignore[misc]
        process = made.process(made.begun(SLOW, since=since)[0][0])
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60) == 0
        made.start()
        done += ended and len(made.begun(SLOW, since=since)) == 1
    return Case("told to stop in the middle of a turn, and replaced", times, (), len(made.overlaps()), times, done)


def poisoned(made: Crew, _times: int) -> Case:
    """A duty that kills whoever begins it."""
    from bridge.model.duties import DutyKind
    from tests.store import facts

    with made.of("acme").unit("ann") as unit:
        unit.connections.put(facts.connection("poison", account="poison"))
        route = msgspec.structs.replace(facts.route("poison"), source="poison", check_on=None)
        unit.routes.put(route)
    at, alive = time.monotonic(), 1 if made.url.startswith("sqlite") else 2

    def has_stopped() -> bool:
        while sum(process.poll() is None for process in made.processes) < alive:
            made.start()  # as whatever keeps processes running does
        duty = made.duty(POISON)
        return duty is not None and duty.stopped_at is not None

    made.until(has_stopped, "it goes on killing")
    made.ask(QUICK, SLOW)
    made.until(lambda: made.begun(SLOW, since=at) and made.begun(QUICK, since=at), "others wait")
    begun = len(made.begun(POISON))
    with made.of("acme").reading() as unit:
        others = [one for one in unit.duties.all() if one.stopped_at and one.kind is DutyKind.SYNC]
    is_well = begun == 3 and len(others) == 1
    return Case(f"a duty that kills its worker: begun {begun} times, then stopped", 1, (), 0, 1, int(is_well))


def cut_off(made: Crew, times: int) -> Case:
    """Every connection to the database is ended by the server, as when it restarts."""
    import psycopg
    from sqlalchemy.engine import make_url

    plain = make_url(made.url).set(drivername="postgresql").render_as_string(hide_password=False)
    seconds = []
    for _ in range(times):
        with psycopg.connect(plain, autocommit=True) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        at = time.monotonic()
        made.connect()
        made.ask(QUICK)
        made.until(lambda at=at: made.begun(QUICK, since=at), "cut off for good")  # type: ignore[misc]
        seconds.append(made.begun(QUICK, since=at)[0][1] - at)
        time.sleep(1)
    return Case("all connections ended by the server", times, tuple(seconds), len(made.overlaps()), times, len(seconds))


CASES: tuple[Callable[[Crew, int], Case], ...] = (killed, frozen, cut_off, told_to_stop, poisoned)


@contextmanager
def crew(database: str) -> Iterator[Crew]:
    """Workers that have found their places: one beside a file, two of a server."""
    from bridge.store.sql import migrate

    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name, _url(database, Path(name)) as url:
        migrate(url)
        made = Crew(url, Path(name), "slow-a", "quick-b", organisations=TENANTS)
        try:
            for _ in range(1 if database == "SQLite" else 2):
                made.start()
            made.until(lambda: made.begun(SLOW) and made.begun(QUICK), "nobody begins")
            made.until(lambda: (duty := made.duty(SLOW)) and duty.last, "nobody ends")
            yield made
        finally:
            made.close()


@contextmanager
def _url(database: str, folder: Path) -> Iterator[str]:
    if database == "SQLite":
        yield f"sqlite:///{folder / 'bridge.db'}"
        return
    with postgres() as (url,):
        yield url


if __name__ == "__main__":
    sys.exit(main())
