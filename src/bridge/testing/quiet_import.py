"""Run as a program, in a process of its own: imports a module and says whether it reached for the network.

Arguments: the import path as JSON, and the module's name. Prints the host it reached for, and nothing when it kept
still. It stands by itself: it imports nothing of bridge.
"""

from __future__ import annotations

import importlib
import json
import sys

EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"})


class Watch:
    """Refuses every reach for a host and remembers the first, should the module swallow the refusal."""

    def __init__(self) -> None:
        self.reached = ""

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if event not in EVENTS:
            return
        host = args[0] if event.startswith("socket.get") else args[1]
        if isinstance(host, str | bytes) and not event.startswith("socket.get"):
            return  # the path of a Unix socket: nothing leaves the machine
        self.reached = self.reached or str(host)
        raise PermissionError(f"{event}: no network while a plugin is imported")


def main() -> None:
    path, module = sys.argv[1:]
    sys.path[:] = json.loads(path)
    watch = Watch()
    sys.addaudithook(watch)
    try:
        importlib.import_module(module)
    finally:
        sys.stdout.write(watch.reached)


if __name__ == "__main__":
    main()
