"""A ``bridge`` that is there at once: each call is forked from a process that has imported everything already.

What runs is a process of its own as far as anybody can tell: its folder, environment, streams, arguments, exit code and
Ctrl-C are the caller's. Only importing, most of the time of a short command, is done once for all. That a real start
works too is for ``tests/cli`` to prove.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import site
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import NoReturn, SupportsIndex

import time_machine

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
SHIFT = "CLOCK_SHIFT_SECONDS"  # a variable: how far ahead the process should find the clock
HURRY = "CLOCK_HURRIES"  # a variable: whether its waits take no time, though its clock goes on by as much
_NEVER_RUN = ("bridge.testing", "bridge.__main__", "bridge.store.sql.migrations")
_LATE = ("alembic.command", "authlib.oauth2", "pwd", "rich._emoji_codes", "structlog")
"""What others wait with until it is used."""
_COMMAND = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({place!r})
    told = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(server, [len(told).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(told)
    process = int.from_bytes(server.recv(4), "big")
    code = b""
    while not code:
        try:
            code = server.recv(1) or b"\\1"
        except KeyboardInterrupt:
            os.kill(process, signal.SIGINT)
sys.exit(code[0])
"""


@contextmanager
def warm_bridge(command: Path, python: Path) -> Iterator[None]:
    """Write the command, which works until the end of the block; ``python`` is whose packages it has."""
    place = command.with_name(".warm")
    start = "import sys; from tests.fakes.warm import serve; serve(sys.argv[1])"
    serving: list[str | Path] = [python, "-c", start, place]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BRIDGE_", "PYTHON"))}
    with subprocess.Popen(serving, env=kept | {"PYTHONPATH": str(ROOT)}, start_new_session=True) as server:
        try:
            ends = time.monotonic() + PATIENCE_SECONDS
            while not place.exists() and server.poll() is None and time.monotonic() < ends:
                time.sleep(0.01)
            assert place.exists(), "the process to fork from did not start"
            command.write_text(_COMMAND.format(python=python, place=str(place)))
            command.chmod(0o755)
            yield
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # and whatever of it still runs
            place.unlink(missing_ok=True)


def serve(place: str) -> None:
    """Import all that a command may come to need, each of which is put off until then; and fork for every caller."""
    offers = [entry for group in ("bridge.plugins", "bridge.sandboxes") for entry in entry_points(group=group)]
    for package in ("bridge", *(entry.module.partition(".")[0] for entry in offers)):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not module.name.startswith(_NEVER_RUN):
                importlib.import_module(module.name)
    for late in _LATE:
        importlib.import_module(late)
    for entry in offers:
        entry.load()
    gc.freeze()  # what is shared stays so
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{place}.new")
        listener.listen(16)
        Path(f"{place}.new").rename(place)  # whole, and listening
        while True:
            caller, _ = listener.accept()
            with caller:
                if os.fork() == 0:
                    listener.close()
                    _be(caller)


def _be(caller: socket.socket) -> NoReturn:
    """Be the process that the caller thinks it started."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(caller, 4, 3)
    with caller.makefile("rb") as told:
        sys.argv, folder, environment = json.loads(told.read(int.from_bytes(length, "big")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if shift := int(environment.get(SHIFT, 0)):
        time_machine.travel(time.time() + shift, tick=True).start()
    elif environment.get(HURRY):
        hurry(time_machine.travel(time.time(), tick=True).start())
    for packages in site.getsitepackages():
        site.addsitedir(packages)  # what was installed since
    caller.sendall(os.getpid().to_bytes(4, "big"))
    code = _run()
    for written in (sys.stdout, sys.stderr):
        try:
            written.flush()
        except OSError:
            code = code or 1
    caller.sendall(bytes([code]))
    os._exit(code)


def hurry(traveller: time_machine.Traveller) -> None:
    """From here on whoever waits finds the time over at once."""

    def wait(seconds: float | SupportsIndex, /) -> None:
        traveller.shift(float(seconds))

    time.sleep = wait


def _run() -> int:
    from bridge.cli import main

    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
        return 1
    return 0
