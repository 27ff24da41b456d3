"""``bridge serve`` and ``bridge web`` as processes, and the browser of whoever started them."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.web.visiting import field_of

PATIENCE_SECONDS = 90


class Served:
    """One of them, running."""

    def __init__(self, process: subprocess.Popen[str], url: str, link: str) -> None:
        self.process, self.url, self.link = process, url, link

    def signed_in(self, *, proxy_for: str = "") -> requests.Session:
        """A browser that followed the printed link; perhaps through a proxy that tells its address."""
        browser = requests.Session()
        browser.headers.update({"X-Forwarded-For": proxy_for} if proxy_for else {})
        csrf = field_of(browser.get(self.link, timeout=PATIENCE_SECONDS).text, "csrf")
        done = browser.post(self.link, data={"csrf": csrf}, allow_redirects=False, timeout=PATIENCE_SECONDS)
        assert done.status_code == 303, done.text
        return browser

    def workers(self) -> tuple[int, ...]:
        """The processes that it started."""
        return children(self.process.pid)

    def worker(self, *, but: int = 0) -> int:
        """The worker, once there is one."""
        return until(lambda: next((pid for pid in self.workers() if pid != but), 0))


@contextmanager
def serving(command: Sequence[str]) -> Iterator[Served]:
    """Runs it on a port of its own, from its first words to its end."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    told = {**os.environ, "BRIDGE_PORT": str(port)}
    with subprocess.Popen(
        command, env=told, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        link = re.search(r"http://\S+/sign-in/link/\S+", second)
        assert link, first + second + (process.stdout.read() if process.poll() is not None else "")
        try:
            yield Served(process, f"http://127.0.0.1:{port}", link[0])
        finally:
            started = [] if process.poll() is not None else children(process.pid)
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            process.wait(PATIENCE_SECONDS)
            assert not [pid for pid in started if Path(f"/proc/{pid}").exists()], "a worker outlived who started it"


def children(parent: int) -> tuple[int, ...]:
    """Processes that a process started, and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(words[1]) == parent and words[0] != "Z":
            found.append(int(stat.parent.name))
    return tuple(found)


def until(look: object) -> int:
    """What it gives, once it gives something."""
    assert callable(look)
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        if found := look():
            return int(found)
        time.sleep(0.05)
    raise AssertionError("nothing came")
