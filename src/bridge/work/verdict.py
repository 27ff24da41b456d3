"""Pure: how a piece of work ended."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.errors import BridgeError, Disposition, PausedError
from bridge.model.findings import Severity
from bridge.model.runs import RunOutcome

if TYPE_CHECKING:
    from bridge.books import BookRun
    from bridge.delivery import DrainReport
    from bridge.drift import Report
    from bridge.ingest import ImportedFile

PUT_RIGHT = ("authorization", "plugin.")
"""How the codes begin for which a drain stops until somebody puts something right."""
_PASSES = {Disposition.RETRY, Disposition.LOOK_UP}


class Verdict(StrEnum):
    """What has to happen next, the gravest first: put something right, a person's decision, another try, nothing."""

    PUT_RIGHT = "put_right"
    DECIDE = "decide"
    LATER = "later"
    NOTHING = "nothing"

    @property
    def outcome(self) -> RunOutcome:
        """What a run is called that ended so."""
        match self:
            case Verdict.PUT_RIGHT:
                return RunOutcome.FAILED
            case Verdict.NOTHING:
                return RunOutcome.DONE
            case _:
                return RunOutcome.WAITS


def of_import(files: Sequence[ImportedFile], books: Sequence[BookRun], *, is_waiting: bool) -> Verdict:
    """Files and their booking. Nothing was to be sent: a ledger that lets nobody in is for a person to see to."""
    errors = _of_errors([file.error for file in files if file.error is not None])
    silent = {run.why_silent for run in books} - {None}
    if errors is Verdict.PUT_RIGHT:
        return errors
    if is_waiting or silent - _PASSES or any(file.problems for file in files):
        return Verdict.DECIDE
    return Verdict.LATER if silent else errors


def of_delivery(
    errors: Sequence[BridgeError], books: Sequence[BookRun], drains: Sequence[DrainReport], *, is_waiting: bool
) -> Verdict:
    """Vouchers into ledgers. books: of the books before it; a ledger may have been silent there."""
    failed = _of_errors(errors)
    silent = {run.why_silent for run in books} - {None}
    is_stopped = any(report.stopped.startswith(PUT_RIGHT) for report in drains)
    if failed is Verdict.PUT_RIGHT or is_stopped or silent - _PASSES - {Disposition.HOLD}:
        return Verdict.PUT_RIGHT
    is_paused = Disposition.HOLD in silent or any(report.stopped.startswith(PausedError.code) for report in drains)
    if failed is Verdict.DECIDE or is_waiting or is_paused:
        return Verdict.DECIDE
    if silent or any(report.in_doubt or report.waiting or report.stopped for report in drains):
        return Verdict.LATER
    return failed


def of_backfill(
    errors: Sequence[BridgeError], books: Sequence[BookRun], *, is_waiting: bool, is_behind: bool
) -> Verdict:
    """Channels from their first day on, and their booking. is_behind: a stream waits for a later time."""
    ending = of_delivery(errors, books, (), is_waiting=is_waiting)
    return Verdict.LATER if ending is Verdict.NOTHING and is_behind else ending


def of_check(errors: Sequence[BridgeError], reports: Sequence[Report]) -> Verdict:
    """Routes against their ledgers: what is found is for a person to decide about; hints are not."""
    failed = _of_errors(errors)
    grave = (kept.finding for report in reports for kept in report.open_findings)
    if failed is Verdict.NOTHING and any(finding.severity is not Severity.INFO for finding in grave):
        return Verdict.DECIDE
    return failed


def _of_errors(errors: Sequence[BridgeError]) -> Verdict:
    """What errors ask for, whatever else was done."""
    asked = {error.disposition for error in errors}
    if asked - _PASSES - {Disposition.HOLD}:
        return Verdict.PUT_RIGHT
    if Disposition.HOLD in asked:
        return Verdict.DECIDE
    return Verdict.LATER if asked else Verdict.NOTHING
