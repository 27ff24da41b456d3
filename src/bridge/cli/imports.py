"""``bridge import``: files a person brought, into documents and from there into the books. Nothing is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.app import App
from bridge.cli.books_run import show_books
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, err, exit_code, money, plain_error, progress, say, show_error, show_json, show_table
from bridge.errors import ConfigError
from bridge.ingest import ImportedFile, shown


@click.command("import")
@click.option("--connection", required=True, help="The channel connection these files belong to.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def import_files(setup: Setup, connection: str, files: tuple[Path, ...], *, as_json: bool) -> int:
    """Import FILES for a channel connection and book them. Nothing is sent: see `preview`, then `deliver`.

    The same file twice changes nothing. A file that cannot be read is named and left out; the others go on.
    """
    imported: list[ImportedFile] = []
    with setup.app() as app:
        for file in files:
            with progress(f"reading {shown(file)}") as step:
                imported.append(_import_one(app, connection, file, setup.actor, step))
        runs = [app.books.run(route.name, actor=setup.actor) for route in app.routes_from(connection)]
        is_waiting = app.is_waiting_for_a_person()
    failed = [file.error for file in imported if file.error is not None]
    if as_json:
        show_json({"files": [plain_file(file) for file in imported], "books": runs})
    else:
        show_files(imported)
        for run in runs:
            show_books(run)
        if not runs:
            err.print(f"No route reads from {connection} yet: the documents are kept, nothing is booked.")
    if failed:
        return max(exit_code(error) for error in failed)
    return Exit.WAITS if is_waiting else Exit.OK


def _import_one(app: App, connection: str, file: Path, actor: str, step: Callable[[int], None]) -> ImportedFile:
    """One file; a path that is no file is told like a file that cannot be read, and the others go on."""
    try:
        return app.import_file(connection, file, actor=actor, progress=step)
    except ConfigError as error:
        if error.code != "ingest.file":
            raise
        return ImportedFile(shown(file), "", error=error)


def plain_file(file: ImportedFile) -> dict[str, Any]:
    """A file's outcome for a machine; its error as code, thing, cause and next step."""
    plain: dict[str, Any] = {"name": file.name, "content_hash": file.content_hash}
    plain["documents"] = msgspec.to_builtins(file.documents)
    plain["error"] = plain_error(file.error) if file.error else None
    return plain


def show_files(imported: Sequence[ImportedFile]) -> None:
    """What became of each file, for a person; files that could not be read go to standard error."""
    rows = [
        (
            file.name,
            found.document.identity.external_id,
            f"{found.document.closed_at:%Y-%m-%d}",
            money(found.document.total_minor, found.document.currency),
            f"{found.document.line_count:,}",
            f"{found.outcome}: {found.reason}" if found.reason else str(found.outcome),
        )
        for file in imported
        for found in file.documents
    ]
    if rows:
        show_table("", ("file", "document", "closed", "total", "lines", "outcome"), rows, right=("total", "lines"))
    for file in imported:
        for found in file.documents:
            for problem in found.problems:
                say(f"  {escape(problem.where)}: {escape(problem.code)}: {escape(problem.message)}")
        if file.error:
            show_error(file.error)
