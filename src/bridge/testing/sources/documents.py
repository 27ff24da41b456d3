"""Checks that what is declared is shown, and that documents have the shape that the host takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from bridge.errors import PluginError
from bridge.host.guard import NO_HOSTS, Guard
from bridge.model.documents import DocumentKind, Problem
from bridge.model.entries import Mode
from bridge.model.lines import Line, Part, kinds
from bridge.plugin import DocumentCheck, DocumentEnd, DocumentLines, DocumentStart, FileNotes, FileUse
from bridge.testing.sources.bench import SourceBench
from bridge.testing.sources.reading import ReadDocument, Reading
from bridge.testing.verdict import none_of

MOST_LINES: Final = 5000
LONGEST_NAME: Final = 500
_SECONDS: Final = 60
_PARTS: Final = frozenset({DocumentStart, DocumentLines, DocumentEnd, DocumentCheck, FileNotes})
_SHOWN: Final = {
    Mode.PAYOUT: ({DocumentKind.SETTLEMENT, DocumentKind.PAYOUT},),
    Mode.ORDER: ({DocumentKind.ORDER}, {DocumentKind.REFUND}),
    Mode.DAY: ({DocumentKind.ORDER}, {DocumentKind.REFUND}),
}


class DocumentChecks(SourceBench):
    """The shape of documents."""

    def test_the_samples_show_what_is_declared(self) -> None:
        none_of(self._not_shown())

    def test_the_samples_hold_the_documents_expected(self) -> None:
        none_of(self._unexpected())

    def test_no_document_is_held_unless_expected(self) -> None:
        none_of(self._held())

    def test_a_title_is_more_than_the_id(self) -> None:
        none_of(
            f"{document.name}: its title is its id; a title is what people call it, and empty where that is the id"
            for document in self.documents()
            if document.start.title == document.start.external_id
        )

    def test_parts_come_in_turn_and_in_pieces(self) -> None:
        none_of(fault for file, reading in self._named() for fault in _out_of_turn(file, reading))

    def test_every_part_is_of_the_types_that_are_promised(self) -> None:
        none_of(fault for file, reading in self._named() for fault in self._mistyped(file, reading))

    def test_names_are_there_and_can_be_kept(self) -> None:
        none_of(fault for document in self.documents() for fault in _unkept(document))

    def test_no_two_lines_of_a_document_share_a_key(self) -> None:
        none_of(
            f"{document.name}: {count} lines have the key {key!r}"
            for document in self.documents()
            for key, count in Counter(line.key for line in document.lines).items()
            if count > 1
        )

    def test_every_kind_of_line_is_known(self) -> None:
        none_of(
            f"{document.name}: line {line.key!r} is of kind {line.kind!r}, which is no kind of line"
            for document, line in self._lines()
            if line.kind not in kinds()
        )

    def test_every_instant_has_a_zone(self) -> None:
        none_of(fault for document in self.documents() for fault in _without_zone(document))

    def test_every_document_fits_a_declared_mode(self) -> None:
        modes = self.offer().capabilities.modes
        none_of(
            f"{document.name}: a settlement is booked in mode payout, and {', '.join(modes)} is declared"
            for document in self.documents()
            if document.start.kind is DocumentKind.SETTLEMENT and Mode.PAYOUT not in modes
        )

    # Inside

    def _mistyped(self, file: str, reading: Reading) -> Iterator[str]:
        """As the host reads it: a struct says nothing of a field of another type before."""
        guard = Guard(self.offer().name, "kit", hosts=NO_HOSTS, seconds=_SECONDS)
        for number, part in enumerate(reading.parts, start=1):
            if type(part) in _PARTS:
                try:
                    guard.one("read_file", part, type(part))
                except PluginError as error:
                    yield f"{file}: part {number}: read_file {error.cause}"

    def _named(self) -> Iterator[tuple[str, Reading]]:
        return zip((file.name for file in self.samples()), self.readings(), strict=True)

    def _lines(self) -> Iterator[tuple[ReadDocument, Line]]:
        for document in self.documents():
            for line in document.lines:
                yield document, line

    def _not_shown(self) -> Iterator[str]:
        declared, readings = self.offer().capabilities, list(self.readings())
        found = {document.start.kind for reading in readings for document in reading.documents}
        for mode in declared.modes:
            for wanted in _SHOWN[mode]:
                if not found & wanted:
                    yield f"mode {mode} is declared, and no sample holds a document of kind {' or '.join(wanted)}"
        parts = {line.part for reading in readings for document in reading.documents for line in document.lines}
        for part in (Part.RECEIPT, Part.REPAYMENT) if declared.tenders else ():
            if part not in parts:
                yield f"tenders are declared, and no sample holds a line of part {part}"
        uses = {each.use for each in declared.files}
        for use, shown in ((FileUse.BOOKS, bool(found)), (FileUse.CHECKS, any(each.checks for each in readings))):
            if shown is not (use in uses):
                yield f"a file that {use} is {'not declared' if shown else 'declared'}, and samples show otherwise"

    def _unexpected(self) -> Iterator[str]:
        for file, reading in zip(self.samples(), self.readings(), strict=True):
            if file.expected and len(file.expected) != len(reading.documents):
                yield f"{file.name}: {len(file.expected)} documents are expected, {len(reading.documents)} were read"
            for wanted, document in zip(file.expected, reading.documents, strict=False):
                start = document.start
                got = (start.kind, start.external_id, start.currency, start.total_minor)
                if got != (wanted.kind, wanted.external_id, wanted.currency, wanted.total_minor):
                    yield f"{document.name}: {got} was read, {wanted} is expected"
                elif wanted.by_kind and document.by_kind != wanted.by_kind:
                    yield f"{document.name}: {document.by_kind} was read, {wanted.by_kind} is expected"

    def _held(self) -> Iterator[str]:
        for file, reading in zip(self.samples(), self.readings(), strict=True):
            met = set()
            for document in reading.documents:
                for problem in document.problems:
                    met |= {problem.code} if problem.blocking else set()
                    if problem.blocking and problem.code not in file.held:
                        yield f"{document.name}: is held, and its SampleFile does not say so: {_told(problem)}"
            for code in file.held:
                if code not in met:
                    yield f"{file.name}: nothing of it is held with the code {code!r}, as its SampleFile says"


def _told(problem: Problem) -> str:
    return f"{problem.message} ({problem.code})"


def _out_of_turn(file: str, reading: Reading) -> Iterator[str]:
    is_open = False
    for number, part in enumerate(reading.parts, start=1):
        if type(part) not in _PARTS:
            yield f"{file}: part {number} is a {type(part).__name__}"
        elif isinstance(part, DocumentLines | DocumentEnd) is not is_open:
            where = "inside" if is_open else "outside"
            yield f"{file}: part {number}, a {type(part).__name__}, comes {where} a document"
        elif isinstance(part, DocumentLines) and len(part.lines) > MOST_LINES:
            yield f"{file}: part {number} holds {len(part.lines)} lines, and {MOST_LINES} are the most for one piece"
        is_open = isinstance(part, DocumentStart) or (is_open and not isinstance(part, DocumentEnd))
    if is_open:
        yield f"{file}: its last document does not end"


def _unkept(document: ReadDocument) -> Iterator[str]:
    start = document.start
    for what, name in (("external_id", start.external_id), *(("a line's key", line.key) for line in document.lines)):
        if not name:
            yield f"{document.name}: {what} is empty"
        elif not name.isprintable() or len(name) > LONGEST_NAME:
            yield f"{document.name}: {what} holds a control character, or more than {LONGEST_NAME} characters"


def _without_zone(document: ReadDocument) -> Iterator[str]:
    start = document.start
    told = ("opened_at", "closed_at", "pays_at", "paid_at", "as_of", "agreed_at")
    instants = [(name, getattr(start, name)) for name in told]
    instants += [(f"line {line.key!r}", line.occurred_at) for line in document.lines]
    for name, at in instants:
        if at is not None and at.tzinfo is None:
            yield f"{document.name}: the instant of {name} has no zone"
