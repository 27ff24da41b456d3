"""Reads a file's documents through its source, checks every part, and adds up what it saw. Saves nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import msgspec

from bridge.errors import PluginError
from bridge.ingest.texts import instant_fault, is_plain, name_fault, plain_line, plain_problem, text_fault
from bridge.model.documents import Problem
from bridge.model.lines import Line, check_line
from bridge.model.money import decimal_text, exponent
from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart, FilePart, Source, SourceFile

Progress = Callable[[int], None]
_AUTHOR = "Report this to the plugin's author"


class Surveyed(msgspec.Struct, frozen=True):
    """One document as it was read.

    by_kind:      (kind, sum of its lines in minor units), by name. content_hash: over its normalised content.
    off_minor:    lines less total; zero when the document balances. problems: the source's, and the missing balance.
    """

    start: DocumentStart
    line_count: int
    lines_minor: int
    by_kind: tuple[tuple[str, int], ...]
    content_hash: str
    problems: tuple[Problem, ...]

    @property
    def off_minor(self) -> int:
        return self.lines_minor - self.start.total_minor


def survey(source: Source, file: SourceFile, progress: Progress = lambda lines: None) -> tuple[Surveyed, ...]:
    """All documents of a file. Memory: a piece. Raises: what ``walk`` raises."""
    seen = 0
    found: list[Surveyed] = []
    for part in walk(source, file):
        if isinstance(part, DocumentLines):
            seen += len(part.lines)
            progress(seen)
        elif isinstance(part, Surveyed):
            found.append(part)
    return tuple(found)


def walk(source: Source, file: SourceFile) -> Iterator[DocumentStart | DocumentLines | Surveyed]:
    """The parts of a file, each checked; in place of a document's end comes what was seen of it.

    Texts of lines and problems come with spaces for control characters, and not longer than stores keep them.

    Raises: DocumentError as the source does; PluginError ``plugin.file_parts`` or ``plugin.line`` when the source
            breaks its contract.
    """
    where = f"file {file.name}"
    tally: _Tally | None = None
    has_document = False
    for part in source.read_file(file):
        if isinstance(part, DocumentStart) and tally is None:
            tally, has_document = _Tally(part, where), True
            yield part
        elif isinstance(part, DocumentLines) and tally is not None:
            yield tally.add(part)
        elif isinstance(part, DocumentEnd) and tally is not None:
            yield tally.surveyed(part.problems)
            tally = None
        else:
            raise _broken(where, part, is_open=tally is not None)
    if tally is not None or not has_document:
        raise _broken(where, None, is_open=tally is not None)


class _Tally:
    """Adds up one document while its lines stream by."""

    def __init__(self, start: DocumentStart, where: str) -> None:
        exponent(start.currency)
        _check_start(start, where)
        self._start, self._where = start, where
        self._count, self._minor = 0, 0
        self._by_kind: dict[str, int] = {}
        self._encoder = msgspec.json.Encoder()
        head = (start.kind, start.external_id, start.currency, start.total_minor)
        instants = [_utc(at) if at else None for at in (start.opened_at, start.closed_at, start.pays_at)]
        self._digest = hashlib.sha256(self._encoder.encode((*head, *instants)))

    def add(self, part: DocumentLines) -> DocumentLines:
        """The piece as it is kept."""
        by_kind = self._by_kind
        lines = tuple(self._checked(line) for line in part.lines)
        for line in lines:
            by_kind[line.kind] = by_kind.get(line.kind, 0) + line.amount_minor
            self._minor += line.amount_minor
        self._count += len(lines)
        self._digest.update(self._encoder.encode_lines(_normal(line) for line in lines))
        return DocumentLines(lines)

    def _checked(self, line: Line) -> Line:
        check_line(line, where=self._where)
        is_fit = is_plain(line)
        if fault := instant_fault(line.occurred_at) or ("" if is_fit else text_fault(line)):
            raise PluginError(f"{self._where} line {line.key[:40]!r}", fault, _AUTHOR, code="plugin.line")
        return line if is_fit else plain_line(line)

    def surveyed(self, problems: tuple[Problem, ...]) -> Surveyed:
        start = self._start
        found = Surveyed(
            start=start,
            line_count=self._count,
            lines_minor=self._minor,
            by_kind=tuple(sorted(self._by_kind.items())),
            content_hash=self._digest.hexdigest(),
            problems=tuple(plain_problem(problem) for problem in problems),
        )
        if not found.off_minor:
            return found
        return msgspec.structs.replace(found, problems=(_unbalanced(found, self._where), *found.problems))


def _check_start(start: DocumentStart, where: str) -> None:
    """Raises: PluginError for a document that no store, or no calendar, could take."""
    instants = (instant_fault(at) for at in (start.opened_at, start.closed_at, start.pays_at))
    fault = next(filter(None, instants), "") or name_fault(start.external_id) or name_fault(start.title)
    if fault:
        raise PluginError(f"{where} document {start.external_id[:40]!r}", fault, _AUTHOR, code="plugin.file_parts")


def _normal(line: Line) -> tuple[object, ...]:
    """What of a line makes its document another one when it differs. Not the kind: that is our reading of it."""
    occurred_at = _utc(line.occurred_at)
    return line.key, line.words, line.amount_minor, occurred_at, line.order_id, line.tax_group, line.sku


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _unbalanced(found: Surveyed, where: str) -> Problem:
    start, currency = found.start, found.start.currency
    difference = (
        f"{decimal_text(abs(found.off_minor), currency)} {currency} {'more' if found.off_minor > 0 else 'less'}"
    )
    total, lines = (f"{decimal_text(minor, currency)} {currency}" for minor in (start.total_minor, found.lines_minor))
    message = (
        f"{start.kind} {start.external_id}: its lines add up to {lines}, {difference} than its total of {total}. "
        "It is held and not booked; download the report again, the file may be cut or damaged."
    )
    return Problem(code=f"{start.kind}.unbalanced", message=message, where=where, blocking=True)


def _broken(where: str, part: FilePart | None, *, is_open: bool) -> PluginError:
    got = type(part).__name__ if part is not None else "the end"
    cause = f"its source gave {got} {'inside' if is_open else 'outside'} a document"
    return PluginError(where, cause, _AUTHOR, code="plugin.file_parts")
