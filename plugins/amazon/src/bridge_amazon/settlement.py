"""Pure: the text of a settlement report to its document, as it streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.errors import DocumentError
from bridge.model.documents import Problem
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.plugin import DocumentEnd, DocumentLines, FilePart
from bridge_amazon.cells import Attributes
from bridge_amazon.columns import Columns
from bridge_amazon.files import Layout
from bridge_amazon.parse import Report, Rows, V2Rows
from bridge_amazon.parse_v1 import V1Rows
from bridge_amazon.refusal import ReportPlace
from bridge_amazon.styles import Amounts, Instants
from bridge_amazon.summary import Summary, SummaryRow


def document(
    pieces: Iterable[tuple[list[str], bool]], layout: Layout, place: ReportPlace, marketplaces: tuple[str, ...]
) -> Iterator[FilePart]:
    """The settlement of a report: its start, its lines piece by piece, its end.

    pieces:  lines of text in file order, the header first; false beside a last line that nothing ended.
    marketplaces: those it may be of; none for all.
    Raises:  DocumentError naming the line. ``amazon.file.truncated`` when the last line is cut; a cut between two
             lines or after an amount shows in the sum, which is the host's to check. A file that another program
             wrote anew is refused unless its sum proves that nothing was lost.
    """
    columns: Columns | None = None
    rows: Rows | None = None
    number, added = 1, 0
    for lines, is_ended in pieces:
        begin = 0
        if columns is None:
            columns, begin = Columns(lines[0], layout, place), 1
        if rows is None:
            while begin < len(lines) and not lines[begin].strip():
                begin += 1
            if begin == len(lines):
                number += len(lines)
                continue
            row = SummaryRow(lines[begin], number + begin, columns, place)
            amounts, instants = Amounts(row.currency), Instants(row.currency)
            summary = row.read(amounts, instants)
            yield summary.document()
            reader = V1Rows if layout is Layout.SETTLEMENT_V1 else V2Rows
            rows = reader(Report(columns, summary, amounts, instants, Attributes(marketplaces), place))
            begin += 1
        if found := _read(rows, lines[begin:], number + begin, place, is_ended=is_ended):
            yield DocumentLines(tuple(found))
            added += sum(line.amount_minor for line in found)
            rows.handed.add(found)
        number += len(lines)
    if rows is None:
        raise place.refuse("file.empty", "has a header and nothing under it")
    problems = (*rows.unknown.problems(), *_changes(place, rows.summary, added))
    yield DocumentEnd(problems, series=rows.handed.series())


def _changes(place: ReportPlace, summary: Summary, added: int) -> Iterator[Problem]:
    """What is said of a file that another program wrote anew. Raises: DocumentError when its sum does not prove it."""
    if not place.changes:
        return
    if added != summary.total_minor:
        total, sums = (decimal_text(minor, summary.currency) for minor in (summary.total_minor, added))
        raise place.refuse("file.resaved", f"says {total} {summary.currency} in all, and its rows add up to {sums}")
    message = f"Another program saved it anew ({place.changes}). It adds up, and was read. Bring files as downloaded."
    yield Problem(code="amazon.resaved", message=message, where=place(), blocking=False)


def _read(rows: Rows, lines: list[str], number: int, place: ReportPlace, *, is_ended: bool) -> list[Line]:
    if is_ended or not lines or rows.is_full(lines[0]):
        return rows.lines(lines, number)
    if not rows.is_whole(lines[0]):
        raise place.refuse("file.truncated", "is the last line and is cut off", at=number)
    try:
        return rows.lines(lines, number)
    except DocumentError as error:
        if error.code not in {"amazon.file.amount", "amazon.file.dates"}:
            raise
        cause = f"is the last line, cut off or damaged: {error.cause}"
        raise place.refuse("file.truncated", cause, at=number) from error
