"""``bridge sync``: the whole way once: new files and what channels answer, into the books, into the ledgers."""

from __future__ import annotations

import click

from bridge.books import BookRun
from bridge.cli.books_run import show_books
from bridge.cli.context import Setup, with_setup
from bridge.cli.deliver import drain, outcome, show_drain
from bridge.cli.imports import plain_file, show_files, zone_of
from bridge.cli.output import noting, plain_error, progress, say, show_json, warn_of_the_future
from bridge.cli.pulls import faults, plain_pull, show_pull
from bridge.errors import BridgeError
from bridge.ingest import ImportedFile, Pulled


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--wait", default=60, show_default=True, metavar="SECONDS", help="How long to wait for what is due soon.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def sync(setup: Setup, route_names: tuple[str, ...], wait: int, *, as_json: bool) -> int:
    """Take in new files and what channels answer, book, and deliver: what a scheduler runs. All routes by default."""
    with setup.app() as app:
        known = app.routes()
        names = route_names or tuple(route.name for route in known)
        for name in set(names) - {route.name for route in known}:
            with app.store.reading() as unit:
                unit.routes.get(name)
        routes = tuple(route for route in known if route.name in names)
        failed: list[BridgeError] = []
        files: list[ImportedFile] = []
        pulls: list[Pulled] = []
        for source in dict.fromkeys(route.source for route in routes):
            with noting(failed), progress(f"reading the inbox of {source}") as step:
                files += app.import_inbox(source, actor=setup.actor, progress=step)
            with noting(failed):
                pulled = app.pull(source, actor=setup.actor)
                pulls += [pulled] if pulled else []
        failed += [error for pulled in pulls for error in faults(pulled)]
        runs: list[BookRun] = []
        for route in routes:
            with noting(failed):
                runs.append(app.books.run(route.name, actor=setup.actor))
        ledgers = tuple(dict.fromkeys(route.ledger for route in routes))
        drains, undelivered = drain(app, ledgers, actor=setup.actor, wait=wait)
        is_waiting, times = app.is_waiting_for_a_person(), app.times()
    failed += undelivered
    warn_of_the_future(times)
    if as_json:
        plain = [plain_file(file) for file in files]
        show_json(
            {
                "files": plain,
                "pulled": [plain_pull(one) for one in pulls],
                "books": runs,
                "ledgers": drains,
                "failed": [plain_error(one) for one in failed],
            }
        )
    else:
        show_files(files, zone_of(routes))
        for pulled in pulls:
            show_pull(pulled)
        for run in runs:
            show_books(run)
        for report in drains:
            show_drain(report, hint=False)
        if is_waiting:
            say("Something waits for a person; to see what and why: bridge held")
    unread = [file.error for file in files if file.error is not None]
    return outcome(drains, [*failed, *unread], runs, is_waiting=is_waiting)
