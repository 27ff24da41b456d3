"""Says what files hold, and saves nothing: the same reading as an import, for a person or a script to look at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from bridge.errors import DocumentError, PluginError
from bridge.ingest.survey import Surveyed, survey
from bridge.model.documents import DocumentKind, Problem
from bridge.plugin import Source, SourceFile

CLEAN, WOULD_BE_HELD, UNREADABLE = 0, 3, 2


class Inspected(msgspec.Struct, frozen=True):
    """One document of a file. rows: its lines, zero amounts included. by_kind: minor units, zeros left out."""

    id: str
    currency: str
    total_minor: int
    deposit_at: datetime | None
    start_at: datetime
    end_at: datetime
    rows: int
    by_kind: dict[str, int]


class Inspection(msgspec.Struct, frozen=True):
    """What some files hold. unreadable: the names of files that cannot be read whole; nothing of them is listed."""

    documents: tuple[tuple[DocumentKind, Inspected], ...]
    problems: tuple[Problem, ...]
    unreadable: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when all would be booked, 3 when something would be held, 2 when a file cannot be read."""
        if self.unreadable:
            return UNREADABLE
        return WOULD_BE_HELD if any(problem.blocking for problem in self.problems) else CLEAN

    def json(self) -> bytes:
        """``settlements`` and ``problems``; the plural of another kind of document only where there are some."""
        content: dict[str, list[Inspected] | tuple[Problem, ...]] = {"settlements": []}
        for kind in DocumentKind:
            if found := [document for each, document in self.documents if each is kind]:
                content[f"{kind}s"] = found
        content["problems"] = self.problems
        return msgspec.json.format(msgspec.json.encode(content), indent=2)


def inspect_files(source: Source, files: Sequence[SourceFile]) -> Inspection:
    """Read the files one after the other; one that cannot be read becomes a blocking problem, and the others go on."""
    documents: list[tuple[DocumentKind, Inspected]] = []
    problems: list[Problem] = []
    unreadable: list[str] = []
    for file in files:
        try:
            surveyed = survey(source, file)
        except (DocumentError, PluginError) as error:
            message = f"{error.cause}. {error.next_step}."
            problems.append(Problem(code=error.code, message=message, where=error.thing, blocking=True))
            unreadable.append(file.name)
            continue
        documents += [(found.start.kind, _inspected(found)) for found in surveyed]
        problems += [problem for found in surveyed for problem in found.problems]
    return Inspection(tuple(documents), tuple(problems), tuple(unreadable))


def _inspected(found: Surveyed) -> Inspected:
    start = found.start
    return Inspected(
        id=start.external_id,
        currency=start.currency,
        total_minor=start.total_minor,
        deposit_at=start.pays_at.astimezone(UTC) if start.pays_at else None,
        start_at=start.opened_at.astimezone(UTC),
        end_at=start.closed_at.astimezone(UTC),
        rows=found.line_count,
        by_kind={kind: minor for kind, minor in found.by_kind if minor},
    )
