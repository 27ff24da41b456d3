"""What a source said of a file, gathered so that checks can ask about it. Lenient: it is the checks that judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import UNCLASSIFIED, Line
from bridge.plugin import (
    Concern,
    ConcernKind,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    Source,
    SourceFile,
)


class ReadDocument(msgspec.Struct, frozen=True):
    """One document of a file. file: where it was read, for messages."""

    file: str
    start: DocumentStart
    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    concerns: tuple[Concern, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.file}: {self.start.kind} {self.start.external_id}"

    @property
    def parts_minor(self) -> int:
        """The sum of its lines, receipts and repayments aside."""
        return sum(line.amount_minor for line in self.lines if not line.part.is_money)

    @property
    def adds_up(self) -> bool:
        """Whether its lines make its total; of one whose lines are awaited nothing says otherwise."""
        return self.start.awaits is not None or self.parts_minor == self.start.total_minor

    @property
    def money_minor(self) -> int:
        """The sum of its receipts and repayments."""
        return sum(line.amount_minor for line in self.lines if line.part.is_money)

    @property
    def edited_minor(self) -> int:
        """What it says that edits made of it since it was paid."""
        return sum(concern.amount_minor for concern in self.concerns if concern.kind is ConcernKind.EDITED)

    @property
    def by_kind(self) -> dict[str, int]:
        """Minor units by kind of line, receipts and repayments and zeros aside."""
        sums: dict[str, int] = {}
        for line in self.lines:
            if not line.part.is_money:
                sums[line.kind] = sums.get(line.kind, 0) + line.amount_minor
        return {kind: minor for kind, minor in sums.items() if minor}

    @property
    def is_held(self) -> bool:
        """Whether the host would hold it: a problem stops it, or it does not add up."""
        return not self.adds_up or any(problem.blocking for problem in self.problems)

    @property
    def is_ignored(self) -> bool:
        """Whether nothing of it is booked: a test order, an order in the bin."""
        return bool(self.lines) and all(line.kind == "ignored" for line in self.lines)

    @property
    def money(self) -> tuple[object, ...]:
        """What must not be another for a file that was cut: its total, and what each line is and comes to."""
        lines = ((line.key, line.kind, line.part, line.amount_minor, line.reference) for line in self.lines)
        return self.start.kind, self.start.external_id, self.start.currency, self.start.total_minor, tuple(lines)

    @property
    def facts(self) -> tuple[object, ...]:
        """What makes it this document, whatever file it was found in and however its payload is written."""
        start = self.start
        head = (start.kind, start.external_id, start.currency, start.total_minor, start.opened_at, start.closed_at)
        return (
            *head,
            start.pays_at,
            start.title,
            start.paid_at,
            start.order_id,
            start.status,
            start.agreed_at,
            self.lines,
        )


class Reading(msgspec.Struct, frozen=True):
    """All that a source said of a file. parts: as they came."""

    parts: tuple[FilePart, ...]
    documents: tuple[ReadDocument, ...]

    @property
    def checks(self) -> tuple[DocumentCheck, ...]:
        return tuple(part for part in self.parts if isinstance(part, DocumentCheck))

    @property
    def is_flagged(self) -> bool:
        """Whether a person would hear of something: any of its documents would be held."""
        return any(document.is_held for document in self.documents)

    @property
    def unclassified(self) -> tuple[Line, ...]:
        return tuple(line for document in self.documents for line in document.lines if line.kind == UNCLASSIFIED)


def read(source: Source, file: SourceFile) -> Reading:
    """Read a file. Raises: what the source raises."""
    return gather(source.read_file(file), file.name)


def gather(parts: Iterable[FilePart], name: str) -> Reading:
    """The documents among some parts; what stands outside a document is only kept among the parts."""
    kept = tuple(parts)
    return Reading(kept, tuple(_documents(kept, name)))


def _documents(parts: Iterable[FilePart], name: str) -> Iterator[ReadDocument]:
    start: DocumentStart | None = None
    lines: list[Line] = []
    for part in parts:
        match part:
            case DocumentStart():
                start, lines = part, []
            case DocumentLines():
                lines += part.lines
            case DocumentEnd() if start is not None:
                yield ReadDocument(name, start, tuple(lines), part.problems, part.concerns)
                start = None
            case _:
                pass


def texts(value: object) -> Iterator[str]:
    """Every text in a value, bytes decoded."""
    match value:
        case str():
            yield value
        case bytes():
            yield value.decode("utf-8", "replace")
        case msgspec.Struct():
            for name in value.__struct_fields__:
                yield from texts(getattr(value, name))
        case tuple() | list():
            for one in value:
                yield from texts(one)
        case _:
            pass
