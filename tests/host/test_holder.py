"""A lease whose holder died on this machine is not waited for."""

from __future__ import annotations

import subprocess
import sys

from bridge.host.holder import holder_name, is_dead

TELL = "from bridge.host.holder import holder_name; print(holder_name())"


def test_a_living_process_is_not_dead() -> None:
    assert not is_dead(holder_name())


def test_a_process_that_ended_is_dead() -> None:
    told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)
    assert is_dead(told.stdout.strip())


def test_another_process_under_a_reused_id_is_not_the_holder() -> None:
    machine, pid, started, random = holder_name().rsplit("/", 3)
    assert is_dead(f"{machine}/{pid}/{int(started) - 1}/{random}")


def test_nothing_is_said_of_holders_elsewhere() -> None:
    _, pid, _, random = holder_name().rsplit("/", 3)
    for holder in (f"another-boot:pid/{pid}/1/{random}", f"/{pid}/1/{random}", "worker-7", "", "a/b/c/d"):
        assert not is_dead(holder)
