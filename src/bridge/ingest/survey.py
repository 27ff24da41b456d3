"""Checks every part of what a source gives, and adds up what it saw. Saves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator
from datetime import UTC, datetime

import msgspec

from bridge.errors import PluginError
from bridge.ingest.parts import check_check, check_end, check_notes, check_start, checked_line, checked_pending
from bridge.ingest.texts import plain_concern, plain_problem, plain_series
from bridge.model.documents import DocumentKind, Problem, called
from bridge.model.lines import GATEWAY, Line
from bridge.model.money import decimal_text
from bridge.model.reasons import unbalanced
from bridge.model.series import Series
from bridge.plugin import (
    Concern,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    OwnerEnd,
    OwnerStart,
    PagePart,
    Pending,
)

Progress = Callable[[int], None]
TAXES = ("tax.collected", "tax.facilitator")
_ENCODER = msgspec.json.Encoder()


class Surveyed(msgspec.Struct, frozen=True, gc=False):
    """One document as it was read.

    start:        as the source gave it, but without its payload, of which ``payload_hash`` is kept (empty for none).
    lines_minor:  the sum of its lines, money in and back aside: what should be its total.
    by_kind:      (kind, sum of these lines in minor units), by name.
    payments:     (gateway, minor units received from the buyer, less what was paid back), by name.
    content_hash: over its normalised content. problems: the source's, and the missing balance. concerns,
                  series: the source's.
    """

    start: DocumentStart
    payload_hash: str
    line_count: int
    lines_minor: int
    by_kind: tuple[tuple[str, int], ...]
    payments: tuple[tuple[str, int], ...]
    content_hash: str
    problems: tuple[Problem, ...]
    concerns: tuple[Concern, ...] = ()
    series: Series | None = None

    @property
    def off_minor(self) -> int:
        """Lines less total; zero when the document balances, and while its lines are awaited."""
        return 0 if self.start.awaits is not None else self.lines_minor - self.start.total_minor

    @property
    def tax_minor(self) -> int:
        """The tax among its lines, whoever remits it."""
        return sum(minor for kind, minor in self.by_kind if kind in TAXES)


SeenPart = DocumentStart | DocumentLines | Surveyed | DocumentCheck | FileNotes | OwnerStart | OwnerEnd | Pending


def walk(parts: Iterator[PagePart], where: str, *, may_be_empty: bool = False) -> Generator[SeenPart]:
    """The parts a source gives, each checked; in place of a document's end comes what was seen of it.

    where: what they are read from, for messages. may_be_empty: a page of a window may hold nothing, a file may not.

    Texts of lines and problems come with spaces for control characters, and not longer than stores keep them.

    Raises: DocumentError as the source does; PluginError ``plugin.file_parts`` or ``plugin.line`` when the source
            breaks its contract.
    """
    tally: _Tally | None = None
    is_empty = True
    for part in parts:
        if isinstance(part, DocumentStart) and tally is None:
            tally, is_empty = _Tally(part, where), False
            yield part
        elif isinstance(part, DocumentLines) and tally is not None:
            yield tally.add(part)
        elif isinstance(part, DocumentEnd) and tally is not None:
            yield tally.surveyed(part)
            tally = None
        elif isinstance(part, DocumentCheck) and tally is None:
            is_empty = False
            check_check(part, where)
            yield part
        elif isinstance(part, OwnerStart | OwnerEnd) and tally is None:
            yield part
        elif isinstance(part, Pending) and tally is None:
            yield checked_pending(part, where)
        elif isinstance(part, FileNotes) and tally is None:
            check_notes(part, where)
            yield FileNotes(tuple(plain_problem(problem) for problem in part.problems))
        else:
            raise _broken(where, part, is_open=tally is not None)
    if tally is not None or (is_empty and not may_be_empty):
        raise _broken(where, None, is_open=tally is not None)


class _Tally:
    """Adds up one document while its lines stream by."""

    def __init__(self, start: DocumentStart, where: str) -> None:
        check_start(start, where)
        self._start, self._where = start, where
        self._count, self._minor = 0, 0
        self._by_kind: dict[str, int] = {}
        self._payments: dict[str, int] = {}
        head: tuple[object, ...] = (start.kind, start.external_id, start.currency, start.total_minor)
        head += tuple(_utc(at) for at in (start.opened_at, start.closed_at, start.pays_at))
        if start.paid_at or start.status:
            head += _utc(start.paid_at), start.status
        if start.agreed_at and not start.paid_at:  # of what is paid it changes nothing that was not known before
            head += (_utc(start.agreed_at),)
        self._digest = hashlib.sha256(_ENCODER.encode(head))

    def add(self, part: DocumentLines) -> DocumentLines:
        """The piece as it is kept."""
        by_kind = self._by_kind
        lines = tuple([checked_line(line, self._where) for line in part.lines])
        for line in lines:
            if line.part.is_money:
                self._pay(line)
            else:
                by_kind[line.kind] = by_kind.get(line.kind, 0) + line.amount_minor
                self._minor += line.amount_minor
        self._count += len(lines)
        self._digest.update(_ENCODER.encode_lines([_normal(line) for line in lines]))
        return DocumentLines(lines)

    def _pay(self, line: Line) -> None:
        gateway = dict(line.attributes).get(GATEWAY, "")
        self._payments[gateway] = self._payments.get(gateway, 0) - line.amount_minor

    def surveyed(self, end: DocumentEnd) -> Surveyed:
        start = self._start
        check_end(start, end, self._count, self._where)
        found = Surveyed(
            start=msgspec.structs.replace(start, payload=b"") if start.payload else start,
            payload_hash=hashlib.sha256(start.payload).hexdigest() if start.payload else "",
            line_count=self._count,
            lines_minor=self._minor,
            by_kind=tuple(sorted(self._by_kind.items())),
            payments=tuple(sorted(self._payments.items())),
            content_hash=self._digest.hexdigest(),
            problems=tuple([plain_problem(problem) for problem in end.problems]),
            concerns=tuple([plain_concern(concern) for concern in end.concerns]),
            series=end.series and plain_series(end.series),
        )
        if not found.off_minor:
            return found
        return msgspec.structs.replace(found, problems=(_unbalanced(found, self._where), *found.problems))


def _normal(line: Line) -> tuple[object, ...]:
    """What of a line makes its document another one when it differs. Not the kind: that is our reading of it."""
    occurred_at = _utc(line.occurred_at)
    normal = line.key, line.words, line.amount_minor, occurred_at, line.order_id, line.tax_group, line.sku
    tax = line.tax_sum if line.tax else None
    if tax is not None and (tax.base or tax.rate):
        return *normal, line.reference, tax.base, tax.rate
    return (*normal, line.reference, "", "") if line.reference else normal


def _utc(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is UTC else at.astimezone(UTC)


def _unbalanced(found: Surveyed, where: str) -> Problem:
    start, currency = found.start, found.start.currency
    difference = (
        f"{decimal_text(abs(found.off_minor), currency)} {currency} {'more' if found.off_minor > 0 else 'less'}"
    )
    total, lines = (f"{decimal_text(minor, currency)} {currency}" for minor in (start.total_minor, found.lines_minor))
    again = (
        "download the report again, the file may be cut or damaged."
        if start.kind is DocumentKind.SETTLEMENT
        else "fetch it again from the channel; if that does not help, compare it there."
    )
    message = (
        f"{called(start.kind, start.external_id, start.title)}: its lines add up to {lines}, {difference} than its "
        f"total of {total}. It is held and not booked; {again}"
    )
    return Problem(code=unbalanced(start.kind), message=message, where=where, blocking=True)


def _broken(where: str, part: PagePart | None, *, is_open: bool) -> PluginError:
    got = type(part).__name__ if part is not None else "the end"
    cause = f"its source gave {got} {'inside' if is_open else 'outside'} a document"
    return PluginError(where, cause, "Report this to the plugin's author", code="plugin.file_parts")
