"""Real workers over the real engine: killed, frozen and woken, told to stop, and cut off from their database."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from tests.work.crew import ENOUGH_SECONDS, Crew


@pytest.fixture
def crew(own_url: str, tmp_path: Path) -> Iterator[Crew]:
    found = Crew(own_url, tmp_path, "slow-a", "quick-b", organisations=("local", "acme"))
    yield found
    found.close()


@pytest.mark.parametrize("own_url", ["postgres"], indirect=True)
def test_workers_that_are_killed_frozen_and_cut_off_leave_nothing_undone_and_do_nothing_twice_at_once(
    crew: Crew,
) -> None:
    """F52, F53, D32, with three workers. How soon the others take over is measured: ``bench reliability``."""
    for _ in range(3):
        crew.start()
    crew.until(lambda: crew.begun("acme/slow-a"), "nobody began")
    killed = crew.process(crew.begun("acme/slow-a")[0][0])
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    crew.until(lambda: crew.begun("acme/slow-a", killed), "nobody took over from the dead")

    frozen = crew.process(crew.begun("acme/slow-a", killed)[0][0])
    frozen.send_signal(signal.SIGSTOP)
    crew.until(lambda: crew.begun("acme/slow-a", killed, frozen), "nobody took over from the frozen")
    frozen.send_signal(signal.SIGCONT)
    crew.until(lambda: crew.logged(frozen, "turn was taken over"), "the woken one was not fenced")

    url = make_url(crew.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(url, autocommit=True)) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    before = len(crew.said())
    crew.connect()
    crew.ask("local/quick-b", "acme/quick-b")
    crew.until(
        lambda: {route for _, route, _, _ in crew.said()[before:]} >= {"local/quick-b", "acme/quick-b"},
        "cut off for good",
    )
    assert not crew.overlaps(killed, frozen)


@pytest.mark.parametrize("own_url", ["sqlite"], indirect=True)
def test_a_worker_beside_a_file_ends_what_it_does_when_it_is_told_to_stop(crew: Crew) -> None:
    worker = crew.start()
    crew.until(lambda: crew.begun("acme/slow-a"), "it did not begin")
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(ENOUGH_SECONDS) == 0
    words = [(word, route) for word, route, pid, _ in crew.said() if pid == worker.pid]
    assert words.count(("begin", "acme/slow-a")) == words.count(("end", "acme/slow-a")) == 1
    for name in crew.organisations:
        with crew.of(name).reading() as unit:
            assert unit.leases.all() == ()
    assert (ended := crew.duty("acme/slow-a")) is not None
    assert ended.last is not None
