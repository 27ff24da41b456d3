"""What came of a piece of work, for whoever asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bridge.errors import BridgeError
from bridge.model.connections import Route
from bridge.model.runs import Run
from bridge.work.verdict import Verdict

if TYPE_CHECKING:
    from bridge.books import BookRun
    from bridge.delivery import DrainReport
    from bridge.drift import Report
    from bridge.ingest import ImportedFile, Pulled


class Imported(msgspec.Struct, frozen=True):
    """Files a person brought. routes: those that read from the connection; books: what was booked on each."""

    run: Run
    verdict: Verdict
    files: tuple[ImportedFile, ...]
    routes: tuple[Route, ...]
    books: tuple[BookRun, ...]
    is_waiting: bool


class Synced(msgspec.Struct, frozen=True):
    """The whole way once. failed: parts and streams that failed; a file that cannot be read stands with the files."""

    run: Run
    verdict: Verdict
    routes: tuple[Route, ...]
    files: tuple[ImportedFile, ...]
    pulls: tuple[Pulled, ...]
    books: tuple[BookRun, ...]
    drains: tuple[DrainReport, ...]
    failed: tuple[BridgeError, ...]
    is_waiting: bool

    @property
    def errors(self) -> tuple[BridgeError, ...]:
        """Of parts that failed, and of files."""
        return (*self.failed, *(file.error for file in self.files if file.error is not None))


class Filled(msgspec.Struct, frozen=True):
    """Channels read from their first day on. pulls: how far each came in the end."""

    run: Run
    verdict: Verdict
    pulls: tuple[Pulled, ...]
    books: tuple[BookRun, ...]
    failed: tuple[BridgeError, ...]
    is_waiting: bool


class Delivered(msgspec.Struct, frozen=True):
    """Ledgers brought up to date. looked: what waited for them, looked at again before."""

    run: Run
    verdict: Verdict
    looked: tuple[BookRun, ...]
    drains: tuple[DrainReport, ...]
    failed: tuple[BridgeError, ...]


class Checked(msgspec.Struct, frozen=True):
    """Routes compared with their ledgers."""

    run: Run
    verdict: Verdict
    reports: tuple[Report, ...]
    failed: tuple[BridgeError, ...]


class Kept(msgspec.Struct, frozen=True):
    """What nobody asks for was seen to."""

    run: Run
    verdict: Verdict
    failed: tuple[BridgeError, ...]


Done = Imported | Synced | Filled | Delivered | Checked | Kept
