"""``bridge drift``: whether the ledgers still say what they were told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, exit_code, money, progress, say, show_error, show_table, write_file
from bridge.drift import Report
from bridge.drift.report import to_csv, to_html, to_json
from bridge.errors import BridgeError
from bridge.model.findings import Severity

GRAVE = [Severity.ERROR, Severity.WARNING, Severity.INFO]


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--html", type=click.Path(path_type=Path), help="Write the report as one self-contained page.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the findings, one a row.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on standard output.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 4 when an open finding is at least this grave.",
)
@with_setup
def drift(
    setup: Setup, route_names: tuple[str, ...], html: Path | None, csv_file: Path | None, fail_on: str, *, as_json: bool
) -> int:
    """Read the ledgers back and compare them with the channels and with what was delivered; all routes by default."""
    reports: list[Report] = []
    failed: list[BridgeError] = []
    with setup.app() as app:
        for name in route_names or tuple(route.name for route in app.routes()):
            try:
                with progress(f"reading back {name}") as step:
                    reports.append(app.check(name, actor=setup.actor, progress=step))
            except BridgeError as error:
                failed.append(error)
                show_error(error)
    done = tuple(reports)
    if done and html:
        write_file(html, to_html(done))
    if done and csv_file:
        write_file(csv_file, to_csv(done))
    if as_json:
        click.echo(to_json(done).decode())
    else:
        for report in done:
            show_report(report)
        if done and html:
            say(f"Report: {escape(str(html))}")
    if failed:
        return max(exit_code(error) for error in failed)
    return Exit.DRIFT if _is_grave(done, fail_on) else Exit.OK


def show_report(report: Report) -> None:
    """One route's check for a person at a terminal."""
    marks = [("delivered", report.is_delivered), ("matched", report.is_matched), ("reconciled", report.is_reconciled)]
    greens = ", ".join(f"[green]{word}[/]" if good else f"[red]not {word}[/]" for word, good in marks)
    say(f"[bold]{escape(report.company)}[/] ({escape(report.route)}): {greens}")
    for clearing in report.clearings:
        say(
            f"  clearing {escape(clearing.account)}: {money(clearing.opening_minor, clearing.currency)} "
            f"+ {money(clearing.in_minor, clearing.currency)} - {money(clearing.out_minor, clearing.currency)} "
            f"= {money(clearing.closing_minor, clearing.currency)}; unexplained "
            f"{money(clearing.unexplained_minor, clearing.currency)}"
        )
    if report.waiting:
        say(f"  waiting: {', '.join(one.words for one in report.waiting)}")
    rows = [
        (
            kept.finding.severity,
            kept.finding.code,
            kept.finding.title,
            money(kept.finding.amount_minor, kept.finding.currency) if kept.finding.amount_minor else "",
            kept.finding.finding_id,
        )
        for kept in report.open_findings
    ]
    if rows:
        show_table("", ("", "code", "what", "amount", "finding"), rows, right=("amount",))
    else:
        say("  no open findings")
    say("")


def _is_grave(reports: tuple[Report, ...], fail_on: str) -> bool:
    if fail_on == "never":
        return False
    counts = Counter(kept.finding.severity for report in reports for kept in report.open_findings)
    return any(counts[severity] for severity in GRAVE[: GRAVE.index(Severity(fail_on)) + 1])
