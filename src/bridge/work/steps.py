"""The steps that pieces of work are made of, as the story knows them; ``app`` has them over its services."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.runs import Piece

if TYPE_CHECKING:  # each brings libraries of its own, and a piece needs but some
    from bridge.books import BookRun
    from bridge.delivery import DrainReport
    from bridge.drift import Report
    from bridge.ingest import Back, ImportedFile, Pulled


class Steps(Protocol):
    """Each may be repeated, and killed in the middle: the next time goes on. All raise BridgeError alone."""

    def routes(self) -> tuple[Route, ...]:
        """Every route that has not ended, by name."""
        ...

    def import_file(
        self, connection: str, file: Path, *, actor: str, progress: Callable[[int], None]
    ) -> ImportedFile: ...

    def import_inbox(
        self, connection: str, *, actor: str, progress: Callable[[int], None]
    ) -> tuple[ImportedFile, ...]: ...

    def is_asked(self, connection: str) -> bool:
        """Whether the channel itself is asked, or would be if nothing stood in the way; else only files are read."""
        ...

    def pull(
        self, connection: str, *, actor: str, back: Back | None = None, until: datetime | None = None
    ) -> Pulled | None:
        """What the channel itself answers; None where only files of it are read.

        back: as part of a back-fill. until: when to leave off behind a page, for the next pull to go on.
        """
        ...

    def book(self, route: str, *, actor: str, until: datetime | None = None) -> BookRun:
        """What is new on a route, into the books. until: when to leave off, for the next one to go on."""
        ...

    def look_again(self, ledger: str, *, actor: str) -> tuple[BookRun, ...]: ...

    def deliver(
        self,
        ledger: str,
        *,
        actor: str,
        patience_seconds: int,
        limit: int | None,
        ends_at: datetime | None,
        progress: Callable[[Delivery], None] | None,
    ) -> DrainReport: ...

    def check(
        self,
        route: str,
        *,
        actor: str,
        in_full: bool,
        progress: Callable[[int], None],
        announce: Callable[[str], None],
    ) -> Report: ...

    def idle(self) -> tuple[str, ...]:
        """The connections whose sign-in ends soon for lack of use."""
        ...

    def keep_alive(self, connection: str) -> None:
        """Use the sign-in of an idle connection, so that it does not end."""
        ...

    def sweep(self) -> None:
        """Let go of files that people brought and nobody took in."""
        ...

    def used(self) -> Mapping[tuple[str, str], int]:
        """What was used, and taken in, since this was asked last, by plugin and what."""
        ...

    def is_waiting_for_a_person(self) -> bool: ...

    def is_undecided(self, routes: Sequence[Route]) -> bool:
        """Whether a finding of these routes that changes the books waits for a person."""
        ...

    def sum_up(self, piece: Piece, *, actor: str) -> None:
        """Keep how the routes stand that a piece was about, for whoever looks at many. Raises: nothing."""
        ...
