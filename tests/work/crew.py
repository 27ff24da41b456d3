"""Workers as processes of their own over one database, and what they say that they do."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bridge.clock import SystemClock
from bridge.model.connections import Connection, Side
from bridge.model.duties import Duty, DutyKind
from bridge.model.organisations import OWN, Organisation
from bridge.store.sql import SqlStore, open_store
from tests.store import facts

ROOT = Path(__file__).parents[2]
ENOUGH_SECONDS = 240.0


class Crew:
    """Workers of one database. routes: of each organisation, named alike. A route's name here: ``acme/slow-a``."""

    def __init__(self, url: str, folder: Path, *routes: str, organisations: tuple[str, ...] = (OWN,)) -> None:
        self.url, self.folder, self.file = url, folder, folder / "said"
        self.file.touch()
        self.processes: list[subprocess.Popen[bytes]] = []
        self.store = open_store(url, OWN, SystemClock())
        self.organisations = organisations
        for name in organisations:
            with self.of(name).unit("ann") as unit:
                unit.organisations.put(Organisation(name, name, self.store.moment()))
                unit.audit.note("organisation.added", name)
                unit.connections.put(Connection(facts.LEDGER, "ledgers", Side.SINK, "1"))
                for route in routes:
                    unit.connections.put(facts.connection(route, account=route))
                    unit.routes.put(msgspec.structs.replace(facts.route(route), source=route, check_on=None))

    def connect(self) -> None:
        """Go on with connections of which none was lost."""
        self.store.close()
        self.store = open_store(self.url, OWN, SystemClock())

    def of(self, organisation: str) -> SqlStore:
        return self.store.of(organisation)

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
        return [(word, f"{whose}/{route}", int(pid), float(at)) for word, route, pid, at, whose in rows]

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

    def begun(self, route: str, *but: subprocess.Popen[bytes], since: float = 0.0) -> list[tuple[int, float]]:
        """Who began it, and when."""
        left_out = {one.pid for one in but}
        return [
            (pid, at)
            for word, name, pid, at in self.said()
            if (word, name) == ("begin", route) and pid not in left_out and at >= since
        ]

    def process(self, pid: int) -> subprocess.Popen[bytes]:
        return next(one for one in self.processes if one.pid == pid)

    def ask(self, *routes: str) -> None:
        """Have them done once more."""
        for name in routes:
            organisation, _, route = name.partition("/")
            with self.of(organisation).unit("ann") as unit:
                unit.duties.ask(DutyKind.SYNC, route, self.store.moment())

    def duty(self, name: str) -> Duty | None:
        """The sync of a route, as it stands."""
        organisation, _, route = name.partition("/")
        with self.of(organisation).reading() as unit:
            return unit.duties.get(DutyKind.SYNC, route)

    def overlaps(self, *lost: subprocess.Popen[bytes]) -> list[str]:
        """Routes that two were at at once; whoever was killed or frozen does not count."""
        under_way, both = dict[str, int](), list[str]()
        gone = {one.pid for one in lost}
        for word, route, pid, _ in self.said():
            if pid in gone:
                continue
            if word == "end":
                under_way.pop(route, None)
            elif under_way.setdefault(route, pid) != pid:
                both.append(route)
        return both

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        self.store.close()
