"""Steps to order: each says that it was taken, and does or fails as it was told to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bridge.books import BookRun, DocumentOutcome, Result
from bridge.delivery import DrainReport
from bridge.drift import Report
from bridge.errors import BridgeError, ConfigError
from bridge.ingest import Back, ImportedFile, Pulled
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.runs import Piece
from tests.store import facts


class OrderedSteps:
    """See ``work.Steps``. taken: what was done, in order. failing: what a step of that name raises.

    before: told of each step before it is taken.
    """

    def __init__(self, *routes: Route) -> None:
        self._routes = routes or (facts.route(),)
        self.taken: list[str] = []
        self.failing: dict[str, BaseException] = {}
        self.before: Callable[[str], None] = lambda _step: None
        self.delivered, self.parked = 1, tuple[Delivery, ...]()
        self.is_waiting = False
        self.sleepy: tuple[str, ...] = ()
        self.pulled: Pulled | None = None
        self.pulling: list[Pulled] = []
        self.summed: list[Piece] = []

    def routes(self) -> tuple[Route, ...]:
        return self._routes

    def import_file(self, connection: str, file: Path, *, actor: str, progress: Callable[[int], None]) -> ImportedFile:
        self._take(f"import {file.name} for {connection}")
        progress(1)
        return ImportedFile(file.name, "hash")

    def import_inbox(self, connection: str, *, actor: str, progress: Callable[[int], None]) -> tuple[ImportedFile, ...]:
        self._take(f"inbox of {connection}")
        return ()

    def is_asked(self, connection: str) -> bool:
        return True

    def pull(
        self, connection: str, *, actor: str, back: Back | None = None, until: datetime | None = None
    ) -> Pulled | None:
        self._take(f"pull {connection}")
        return self.pulling.pop(0) if self.pulling else self.pulled

    def book(self, route: str, *, actor: str, until: datetime | None = None) -> BookRun:
        self._take(f"book {route}")
        return BookRun(route, (DocumentOutcome("doc_1", "1", Result.BOOKED),), owed=1)

    def idle(self) -> tuple[str, ...]:
        return self.sleepy

    def keep_alive(self, connection: str) -> None:
        self._take(f"keep {connection} alive")

    def look_again(self, ledger: str, *, actor: str) -> tuple[BookRun, ...]:
        self._take(f"look again at {ledger}")
        return ()

    def deliver(
        self,
        ledger: str,
        *,
        actor: str,
        patience_seconds: int,
        limit: int | None,
        ends_at: datetime | None,
        progress: Callable[[Delivery], None] | None,
    ) -> DrainReport:
        self._take(f"deliver to {ledger}")
        for delivery in self.parked:
            if progress:
                progress(delivery)
        parked = len(self.parked)
        return DrainReport(ledger, self.delivered, parked, 0, {DeliveryState.PARKED: parked})

    def check(
        self,
        route: str,
        *,
        actor: str,
        in_full: bool,
        progress: Callable[[int], None],
        announce: Callable[[str], None],
    ) -> Report:
        self._take(f"check {route}")
        raise ConfigError(f"route {route}", "is not for this test", "Use another")

    def sweep(self) -> None:
        self._take("sweep")

    def used(self) -> Mapping[tuple[str, str], int]:
        return {}

    def is_waiting_for_a_person(self) -> bool:
        return self.is_waiting

    def is_undecided(self, routes: Sequence[Route]) -> bool:
        return False

    def sum_up(self, piece: Piece, *, actor: str) -> None:
        self.summed.append(piece)

    def _take(self, step: str) -> None:
        self.before(step)
        self.taken.append(step)
        if error := self.failing.get(step):
            raise error


def refused(voucher_id: str) -> Delivery:
    """A voucher that its ledger refused."""
    return Delivery(
        voucher_id, "ent_1", facts.LEDGER, "rte_1", None, DeliveryState.PARKED, "rejected", f"no {voucher_id}"
    )


def unavailable(thing: str) -> BridgeError:
    from bridge.errors import UnavailableError

    return UnavailableError(thing, "did not answer")
