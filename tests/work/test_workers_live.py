"""Real workers over the real engine: killed, frozen and woken, told to stop, and cut off from their database."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest
from sqlalchemy.engine import make_url

from bridge.clock import SystemClock
from bridge.model.connections import Connection, Side
from bridge.model.duties import DutyKind
from bridge.store.sql import open_store
from tests.store import facts

ROOT = Path(__file__).parents[2]
ENOUGH_SECONDS = 60.0


class Crew:
    """Workers of one database, and what they say that they do."""

    def __init__(self, url: str, folder: Path, *routes: str) -> None:
        self.url, self.folder, self.file = url, folder, folder / "said"
        self.file.touch()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.store = open_store(url, "local", SystemClock())
        with self.store.unit("ann") as unit:
            unit.connections.put(Connection(facts.LEDGER, "ledgers", Side.SINK, "1"))
            for name in routes:
                unit.connections.put(facts.connection(name, account=name))
                unit.routes.put(msgspec.structs.replace(facts.route(name), source=name, check_on=None))

    def start(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        command = [sys.executable, "-m", "tests.work.laborer", self.url, str(self.file)]
        with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def said(self) -> list[tuple[str, str, int, float]]:
        """What was begun and ended: word, route, process, seconds."""
        rows = [line.split() for line in self.file.read_text().splitlines()]
        return [(word, route, int(pid), float(at)) for word, route, pid, at in rows]

    def logged(self, process: subprocess.Popen[bytes], event: str) -> list[dict[str, object]]:
        """What a worker's log says of one kind of thing."""
        lines = (self.folder / f"log-{self.processes.index(process)}").read_text().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [one for one in told if one["event"] == event]

    def until(self, is_so: Callable[[], object], what: str) -> None:
        """Raises: AssertionError when that never is."""
        ends = time.monotonic() + ENOUGH_SECONDS
        while not is_so():
            assert time.monotonic() < ends, what
            time.sleep(0.05)

    def begun(self, route: str, *but: subprocess.Popen[bytes]) -> list[tuple[int, float]]:
        """Who began it, and when."""
        left_out = {one.pid for one in but}
        return [
            (pid, at) for word, name, pid, at in self.said() if (word, name) == ("begin", route) and pid not in left_out
        ]

    def of(self, pid: int) -> subprocess.Popen[bytes]:
        return next(one for one in self.processes if one.pid == pid)

    def ask(self, *routes: str) -> None:
        """Have them done once more."""
        with self.store.unit("ann") as unit:
            for name in routes:
                unit.duties.ask(DutyKind.SYNC, name, self.store.moment())

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.store.close()


@pytest.fixture
def crew(own_url: str, tmp_path: Path) -> Iterator[Crew]:
    found = Crew(own_url, tmp_path, "slow-a", "quick-b", "quick-c")
    yield found
    found.close()


def overlaps(crew: Crew, *lost: subprocess.Popen[bytes]) -> list[str]:
    """Routes that two were at at once; whoever was killed or frozen does not count."""
    under_way, both = dict[str, int](), list[str]()
    gone = {one.pid for one in lost}
    for word, route, pid, _ in crew.said():
        if pid in gone:
            continue
        if word == "end":
            under_way.pop(route, None)
        elif under_way.setdefault(route, pid) != pid:
            both.append(route)
    return both


@pytest.mark.parametrize("own_url", ["postgres"], indirect=True)
def test_workers_that_are_killed_frozen_and_cut_off_leave_nothing_undone_and_do_nothing_twice_at_once(
    crew: Crew,
) -> None:
    """F52, F53, D32, with three workers."""
    for _ in range(3):
        crew.start()
    crew.until(lambda: crew.begun("slow-a"), "nobody began")
    killed = crew.of(crew.begun("slow-a")[0][0])
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    at = time.monotonic()
    crew.until(lambda: crew.begun("slow-a", killed), "nobody took over from the dead")
    assert crew.begun("slow-a", killed)[0][1] - at < 10

    frozen = crew.of(crew.begun("slow-a", killed)[0][0])
    frozen.send_signal(signal.SIGSTOP)
    at = time.monotonic()
    crew.until(lambda: crew.begun("slow-a", killed, frozen), "nobody took over from the frozen")
    assert crew.begun("slow-a", killed, frozen)[0][1] - at < 11
    frozen.send_signal(signal.SIGCONT)
    crew.until(lambda: crew.logged(frozen, "turn was taken over"), "the woken one was not fenced")

    url = make_url(crew.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(url, autocommit=True)) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    before = len(crew.said())
    crew.store.close()
    crew.ask("quick-b", "quick-c")
    crew.until(lambda: {route for _, route, _, _ in crew.said()[before:]} >= {"quick-b", "quick-c"}, "cut off for good")
    assert not overlaps(crew, killed, frozen)


@pytest.mark.parametrize("own_url", ["sqlite"], indirect=True)
def test_a_worker_beside_a_file_ends_what_it_does_when_it_is_told_to_stop(crew: Crew) -> None:
    worker = crew.start()
    crew.until(lambda: crew.begun("slow-a"), "it did not begin")
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(ENOUGH_SECONDS) == 0
    words = [(word, route) for word, route, pid, _ in crew.said() if pid == worker.pid]
    assert words.count(("begin", "slow-a")) == words.count(("end", "slow-a")) == 1
    with crew.store.reading() as unit:
        assert unit.leases.all() == ()
        assert not [duty for duty in unit.duties.all() if duty.key == "sync/slow-a" and duty.last is None]
