"""Doors in a process of their own, over real HTTP; and in this one.

Run as ``python -m tests.web.served SETTINGS PORT``: it says ``ready`` when it answers.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.applications import Starlette

from bridge import log
from bridge.app import House, open_house
from bridge.clock import Clock, SystemClock
from bridge.settings import load_settings
from bridge.web import serving
from bridge.web.doors import Doors, LoggedRequests
from bridge.web.site import site
from tests.end_to_end.merchant import plugins
from tests.web.beside import beside

ROOT = Path(__file__).parents[2]


@contextmanager
def served(config: Path, clock: Clock) -> Iterator[tuple[House, str]]:
    """The house of these settings, and where its doors stand, answered by threads of this process."""
    with open_house(load_settings(config, {}), clock, plugins()) as house:
        doors = Doors(house)
        app = Starlette(routes=doors.routes)
        try:
            with beside(app) as address:
                yield house, f"{address}/notices"
        finally:
            doors.close()


@contextmanager
def apart(config: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The whole site in a process of its own, as ``bridge web`` serves it, and at which port."""
    command = [sys.executable, "-m", "tests.web.served", str(config), str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            word, _, found = process.stdout.readline().partition(" ")
            assert word == "ready"
            yield process, int(found)
        finally:
            process.kill()


def main(config: str, port: str) -> None:
    with open_house(load_settings(Path(config), {}), SystemClock(), plugins()) as house:
        log.configure(level="warning")
        made = LoggedRequests(site(house, doors=Doors(house).routes))
        with socket.create_server(("127.0.0.1", int(port))) as door:
            door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sys.stdout.write(f"ready {door.getsockname()[1]}\n")
            sys.stdout.flush()
            serving.serve(made, house.settings, door)


if __name__ == "__main__":
    main(*sys.argv[1:])
