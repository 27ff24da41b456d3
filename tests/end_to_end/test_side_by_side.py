"""Two versions at work on one database, cut off from it, rolled back and brought forward: nothing is stranded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from bridge.clock import SystemClock
from bridge.model.duties import DutyKind
from bridge.store.sql import open_store, schema
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant
from tests.end_to_end.test_taken_back import SQLITE, Earlier, database_of, put

ENOUGH_SECONDS = 300.0
AWAY_SECONDS = 2.0
SEND_AWAY = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
JSON = {"BRIDGE_LOG_JSON": "true"}


class Shift:
    """Workers of both versions, as processes."""

    def __init__(self, merchant: Merchant, earlier: Earlier, folder: Path) -> None:
        self.merchant, self.earlier, self._folder = merchant, earlier, folder
        self._processes: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(self, *, is_earlier: bool) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "bridge", "--config", str(self.merchant.config), "worker", "--hands", "2"]
        own = {"PYTHONPATH": os.pathsep.join(map(str, self.earlier.sources))} if is_earlier else {}
        file = self._folder / f"log-{len(self._processes)}"
        with file.open("wb") as log:
            process = subprocess.Popen(command, env=os.environ | own | JSON, stdout=log, stderr=log, cwd=self._folder)
        self._processes.append((process, file))
        until(lambda: self.told(process, "worker began"), "it did not begin", process)
        return process

    def told(self, process: subprocess.Popen[bytes], event: str) -> list[dict[str, object]]:
        """What its log says of one kind of thing."""
        file = next(file for one, file in self._processes if one is process)
        lines = [line for line in file.read_text().splitlines() if line.startswith("{")]
        return [one for one in map(json.loads, lines) if one["event"] == event]

    def ask(self, route: str) -> None:
        """Have a route read now, as a notice does."""
        with closing(open_store(database_of(self.merchant), "local", SystemClock())) as store:
            now = store.moment()
            with store.unit("ann") as unit:
                unit.duties.ask(DutyKind.SYNC, route, now)

    def end(self) -> None:
        for process, _ in self._processes:
            process.kill()
            process.wait()


def until(is_so: Callable[[], object], what: str, process: subprocess.Popen[bytes] | None = None) -> None:
    ends = time.monotonic() + ENOUGH_SECONDS
    while not is_so():
        assert time.monotonic() < ends, what
        assert process is None or process.poll() is None, "it ended"
        time.sleep(0.1)


def away(url: str) -> None:
    """The server takes nobody for a while, and sends away who is there, as one that restarts."""
    parsed = make_url(url).set(drivername="postgresql")
    other = parsed.set(database="postgres").render_as_string(hide_password=False)
    with closing(psycopg.connect(other, autocommit=True)) as server:
        server.execute(f'ALTER DATABASE "{parsed.database}" ALLOW_CONNECTIONS false'.encode())
        try:
            server.execute(SEND_AWAY, [parsed.database])
            time.sleep(AWAY_SECONDS)
        finally:
            server.execute(f'ALTER DATABASE "{parsed.database}" ALLOW_CONNECTIONS true'.encode())


@pytest.fixture
def shift(postgres_url: str, tmp_path: Path) -> Iterator[Shift]:
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(tmp_path / "books", sandbox, "us", "gb")
        merchant.config.write_text(merchant.config.read_text().replace(SQLITE, f'database_url = "{postgres_url}"'))
        merchant.connect()
        made = Shift(merchant, Earlier(tmp_path / "earlier"), tmp_path)
        yield made
        made.end()


def journals(merchant: Merchant, country: str) -> int:
    return len(merchant.sandbox.entities(merchant.sellers[country].realm, "JournalEntry"))


def test_two_versions_work_side_by_side_and_either_goes_on_alone(shift: Shift) -> None:
    """D32: the ledger says in the end what one version alone would have made of it."""
    merchant = shift.merchant
    if schema.OLDEST not in shift.earlier.schemas:
        return  # the version before may not run on it, and says so: see test_taken_back
    new, old = shift.start(is_earlier=False), shift.start(is_earlier=True)
    put(merchant, "us", "us_v2_standard.txt")
    shift.ask("us")
    until(lambda: journals(merchant, "us") == 3, "nothing came of it")

    away(database_of(merchant))
    new.terminate()  # taken back
    assert new.wait(60) == 0
    put(merchant, "gb", "gb_v2_dmy.txt")
    shift.ask("gb")
    until(lambda: journals(merchant, "gb") == 1, "the version before did not go on")
    assert shift.told(old, "turn ended")

    again = shift.start(is_earlier=False)
    old.terminate()
    assert old.wait(60) == 0
    for route in ("us", "gb"):
        shift.ask(route)
    until(lambda: len(shift.told(again, "turn ended")) >= 2, "this version did not go on")
    again.terminate()
    assert again.wait(60) == 0

    assert "nothing to send" in merchant.ok("sync").output
    assert (journals(merchant, "us"), journals(merchant, "gb")) == (3, 1)
    assert all(one["matched"] for one in merchant.json("drift")["routes"])
    merchant.ok("audit", "verify", "--store")
    assert not [one for process in (new, again) for one in shift.told(process, "turn broke off")]
