"""A fake as one object: for tests directly, for people through ``bridge sandbox``."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from bridge.sandbox.admin import ADMIN_PREFIX, AdminDoor
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.faults import Faults
from bridge.sandbox.messages import BadRequestError
from bridge.sandbox.requests_seen import RequestLog
from bridge.sandbox.server import Gate, SandboxServer, Vendor
from bridge.sandbox.shelf import Shelf

__all__ = ["FakeSystem", "options_told"]


class FakeSystem(ABC):
    """Subclass it for a vendor, and call ``_listen`` at the end of its ``__init__``.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    server: SandboxServer

    def __init__(self, *, data: Path | None = None, clock: SandboxClock | None = None) -> None:
        self.clock = clock or SandboxClock()
        self._shelf = Shelf(data)

    def _listen(self, vendor: Vendor, admin: AdminDoor, port: int, gate: Gate | None = None) -> None:
        try:
            self.server = SandboxServer(vendor, port=port, clock=self.clock, admin=admin, gate=gate)
        except BadRequestError:
            self._shelf.close()
            raise

    @abstractmethod
    def summary(self) -> str:
        """Tell a person how to use it."""

    def _told(self, title: str, rows: Iterable[tuple[str, str]], more: Iterable[tuple[str, str]] = ()) -> str:
        """Write a summary: ``rows``, the admin door, ``more``."""
        door = ("admin door", f"{self.base_url}{ADMIN_PREFIX}")
        lines = [f"  {name:<19}{value}" for name, value in (*rows, door, *more)]
        return "\n".join([f"{f'{title} sandbox':<21}{self._address}", *lines])

    @property
    def _address(self) -> str:
        """Where a client finds it."""
        return self.base_url

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.server.base_url

    @property
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def options_told(options: Mapping[str, str], defaults: Mapping[str, str], *whole: str) -> dict[str, str]:
    """Give what a person chose, or the default; ``limits`` is on or off, and ``whole`` names whole numbers.

    Raises:   BadRequestError naming an option that is unknown or cannot be read.
    """
    if unknown := sorted(set(options) - set(defaults)):
        raise BadRequestError(f"unknown options: {', '.join(unknown)}", f"There are: {', '.join(defaults)}")
    chosen = {**defaults, **options}
    if chosen.get("limits", "on") not in {"on", "off"}:
        raise BadRequestError("limits is on or off", "Correct the option")
    for name in whole:
        if not chosen[name].isdecimal():
            raise BadRequestError(f"{name} is a whole number", "Correct the option")
    return chosen
