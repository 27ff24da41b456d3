"""``bridge import``: files a person brought, into documents and from there into the books. Nothing is sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.books_run import show_books
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, err, plain_error, say, show_error, show_json, show_table
from bridge.cli.watching import Watching, exit_of
from bridge.ingest import ImportedDocument, ImportedFile
from bridge.model.connections import Route
from bridge.model.documents import AWAITED, Document, DocumentKind, Problem, called
from bridge.model.money import money
from bridge.model.periods import closing_day
from bridge.model.reasons import Reason
from bridge.work import Imported

UTC = "UTC"
# Why a document is passed over, or waits, where no problem beside it says so.
_REASONS: Mapping[str, str] = {
    Reason.STALE: "a later answer tells of it",
    Reason.FILE_AFTER_API: "the API's own answer counts",
    Reason.AWAITS_ORDER: "waits for its order",
    Reason.AWAITS_DETAILS: "waits for its own answer",
    Reason.BEFORE_FIRST_DAY: "from before the route's first day",
    Reason.UNPAID: "not paid yet",
    Reason.PAYOUT_AWAITED: "waits for its payout",
}
LISTED = 20
"""A file with more documents than that is told in one line for each outcome; so are problems beyond that number."""


@click.command("import")
@click.option("--connection", required=True, help="The channel connection these files belong to.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def import_files(setup: Setup, connection: str, files: tuple[Path, ...], *, as_json: bool) -> int:
    """Import FILES for a channel connection and book them. Nothing is sent: see `preview`, then `deliver`.

    The same file twice changes nothing. A file that cannot be read is named and left out; the others go on. A file that
    only states documents is compared with what is there.
    """
    with setup.app() as app:
        imported = app.story.import_files(connection, files, actor=setup.actor, watch=Watching(setup.clock))
    return show_imported(imported, as_json=as_json)


def show_imported(imported: Imported, *, as_json: bool = False) -> int:
    """What came of it, for a person or a machine. Returns the exit code."""
    if as_json:
        files = [plain_file(file) for file in imported.files]
        show_json({"run": imported.run.number, "files": files, "books": imported.books})
    else:
        show_files(imported.files, zone_of(imported.routes))
        show_books(imported.books)
        if not imported.books:
            connection = ", ".join(imported.run.piece.connections)
            err.print(f"No route reads from {connection} yet: the documents are kept, nothing is booked.")
        if imported.is_waiting:
            say("Something waits for a person; to see what and why: bridge held")
    return exit_of(imported.verdict, [file.error for file in imported.files if file.error is not None])


def plain_file(file: ImportedFile) -> dict[str, Any]:
    """A file's outcome for a machine; its error as code, thing, cause and next step."""
    plain: dict[str, Any] = {"name": file.name, "content_hash": file.content_hash}
    plain["documents"] = msgspec.to_builtins(file.documents)
    plain["checked"] = {str(kind): count for kind, count in file.checked}
    plain["checks"] = file.checks
    plain["problems"] = msgspec.to_builtins(file.problems)
    plain["error"] = plain_error(file.error) if file.error else None
    return plain


def zone_of(routes: Sequence[Route]) -> str:
    """The one time zone of these routes; UTC where they have none, or several."""
    zones = {route.time_zone for route in routes}
    return zones.pop() if len(zones) == 1 else UTC


def show_files(imported: Sequence[ImportedFile], time_zone: str = UTC) -> None:
    """What became of each file, for a person; files that could not be read go to standard error.

    time_zone: whose days are shown.
    """
    imported = _without_what_came(imported)
    rows = [row for file in imported for row in _rows(file, time_zone)]
    closed = "closed (UTC)" if time_zone == UTC else "closed"
    if rows:
        show_table("", ("file", "document", closed, "total", "amounts", "outcome"), rows, right=("total", "amounts"))
    for file in imported:
        problems = (problem for found in file.documents if found.is_told for problem in found.problems)
        _show_problems(list(dict.fromkeys(problems)))
        _show_joined(file)
        _show_checks(file)
        if file.error:
            show_error(file.error)


def _without_what_came(imported: Sequence[ImportedFile]) -> list[ImportedFile]:
    """The files without the documents that waited for what a later one of them brought: they are told with that."""
    found: list[ImportedFile] = []
    read: set[str] = set()
    for file in reversed(imported):
        told = [one for one in file.documents if one.reason not in AWAITED or one.document.document_id not in read]
        read |= {one.document.document_id for one in file.documents if one.reason not in AWAITED}
        found.append(msgspec.structs.replace(file, documents=tuple(told)))
    return found[::-1]


def _rows(file: ImportedFile, time_zone: str) -> Iterator[tuple[str, ...]]:
    """A row a document that the file tells of; where these are many, one a kind and outcome."""
    documents = [found for found in file.documents if found.is_told]
    if len(documents) <= LISTED:
        for found in documents:
            document = found.document
            total, closed = money(document.total_minor, document.currency), closing_day(document, time_zone)
            yield file.name, _name(document), f"{closed}", total, f"{document.line_count:,}", _outcome(found)
        return
    alike: dict[tuple[str, str, str], list[ImportedDocument]] = {}
    for found in documents:
        document = found.document
        alike.setdefault((document.identity.kind, document.currency, _outcome(found)), []).append(found)
    for (kind, currency, outcome), some in sorted(alike.items()):
        first, last = (f(closing_day(each.document, time_zone) for each in some) for f in (min, max))
        days = f"{first}" if first == last else f"{first} to {last}"
        total = money(sum(each.document.total_minor for each in some), currency)
        lines = f"{sum(each.document.line_count for each in some):,}"
        yield file.name, counted(len(some), kind), days, total, lines, outcome


def _name(document: Document) -> str:
    kind, external_id = document.identity.kind, document.identity.external_id
    return external_id if kind is DocumentKind.SETTLEMENT else called(kind, external_id, document.title)


def _outcome(found: ImportedDocument) -> str:
    return f"{found.outcome}: {_REASONS.get(found.reason, found.reason)}" if found.reason else str(found.outcome)


def _show_joined(file: ImportedFile) -> None:
    """What was read again only because it belongs to an order of the file, and is as it was."""
    if joined := sum(not found.is_told for found in file.documents):
        say(f"{escape(file.name)}: read with {counted(joined, 'more document')} of its orders, known and unchanged")


def _show_checks(file: ImportedFile) -> None:
    if file.checked:
        told = " and ".join(counted(count, kind) for kind, count in file.checked)
        say(f"{escape(file.name)}: {told} checked, {_agreeing(file.checks)}")
    _show_problems(file.problems)


def _agreeing(count: int) -> str:
    return f"{count:,} agrees" if count == 1 else f"{count:,} agree"


def _show_problems(problems: Sequence[Problem]) -> None:
    for problem in problems[:LISTED]:
        say(f"  {escape(problem.where)}: {escape(problem.code)}: {escape(problem.message)}")
    for code, count in sorted(Counter(problem.code for problem in problems[LISTED:]).items()):
        say(f"  and {count:,} more of {escape(code)}; --json lists all")
