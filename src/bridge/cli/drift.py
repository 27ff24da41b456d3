"""``bridge drift``: whether the ledgers still say what they were told."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, echo_json, exit_code, say, show_table, write_file
from bridge.cli.watching import Watching
from bridge.drift import Report
from bridge.drift.report import Answer, Clearing, Green, Name, Shared, shared_accounts
from bridge.drift.report.pages import to_csv, to_html, to_json
from bridge.ingest import is_reversible
from bridge.model.findings import REISSUED, FindingState, Severity
from bridge.model.money import money
from bridge.work import Checked

GRAVE = [Severity.ERROR, Severity.WARNING, Severity.INFO]
_COLOURS = {Answer.YES: "green", Answer.NO: "red", Answer.NOT_PROVEN: "yellow"}


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--html", type=click.Path(path_type=Path), help="Write the report as one self-contained page.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Write the findings, one a row.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on standard output.")
@click.option("--full", is_flag=True, help="Read the ledgers whole, though what changed might do.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default="error",
    show_default=True,
    help="Exit with 4 when an open finding is at least this grave, or when a green is not yes.",
)
@with_setup
def drift(
    setup: Setup,
    route_names: tuple[str, ...],
    html: Path | None,
    csv_file: Path | None,
    fail_on: str,
    *,
    as_json: bool,
    full: bool,
) -> int:
    """Read the ledgers back and compare them with the channels and with what was delivered; all routes by default."""
    with setup.app() as app:
        checked = app.story.check(route_names, actor=setup.actor, in_full=full, watch=Watching(setup.clock))
    done = checked.reports
    if done and html:
        write_file(html, to_html(done))
    if done and csv_file:
        write_file(csv_file, to_csv(done))
    code = show_checked(checked, as_json=as_json, fail_on=fail_on)
    if done and html and not as_json:
        say(f"Report: {escape(str(html))}")
    return code


def show_checked(checked: Checked, *, as_json: bool = False, fail_on: str = Severity.ERROR) -> int:
    """What was found, for a person or a machine. Returns the exit code."""
    if as_json:
        echo_json(to_json(checked.reports).decode())
    else:
        show_reports(checked.reports)
    if checked.failed:
        return max(exit_code(error) for error in checked.failed)
    return Exit.DRIFT if _is_grave(checked.reports, fail_on) else Exit.OK


def show_reports(reports: tuple[Report, ...]) -> None:
    """Every route's check, then what they share."""
    for report in reports:
        show_report(report)
    for shared in shared_accounts(reports):
        show_shared(shared)
    codes = {code for report in reports for code in report.counts}
    if any(map(is_reversible, codes)):
        say("To have taken back what the channel gave up: bridge decide FINDING reverse --reason '...'")
    if REISSUED in codes:
        say("To let the books follow what was issued again: bridge decide FINDING supplement --reason '...'")
    if codes:
        say("To accept a finding as it is: bridge decide FINDING accept --reason '...'")
        say("Causes and what to do: bridge drift --html review.html")


def show_report(report: Report) -> None:
    """One route's check for a person at a terminal."""
    greens = ", ".join(f"[{_COLOURS[green.answer]}]{escape(_told(green))}[/]" for green in report.greens)
    say(f"[bold]{escape(report.company)}[/] ({escape(report.route)}): {greens}")
    for green in report.greens:
        if green.answer is not Answer.YES:
            say(f"  {_told(green)}: {escape(green.why)}")
    confirmed = report.confirmed
    say(f"  [{_COLOURS[confirmed.answer]}]{_told(confirmed)}[/]: {escape(confirmed.why)}")
    say(f"  {escape(report.read_back.words)}")
    for clearing in report.clearings:
        show_account(clearing)
    if report.waiting:
        say(f"  waiting: {', '.join(one.words for one in report.waiting)}")
    if report.open_findings:
        show_findings(report)
    else:
        say("  no open findings")
    for one in report.beside:
        if one.kept.state is FindingState.OPEN:
            say(f"  in an account it shares: {escape(one.kept.finding.title)} (a finding of {escape(one.route)})")
    say("")


def show_findings(report: Report) -> None:
    """Every open finding, the worst first; the account that the amount is on where one has one."""
    found = [kept.finding for kept in report.open_findings]
    has_accounts = any(one.account for one in found)
    rows = [
        (
            one.severity,
            one.code,
            one.title,
            money(one.amount_minor, one.currency) if one.amount_minor else "",
            *((one.account,) if has_accounts else ()),
            one.finding_id,
        )
        for one in found
    ]
    on = ("on",) if has_accounts else ()
    show_table("", ("", "code", "what", "amount", *on, "finding"), rows, right=("amount",))


def show_account(account: Clearing) -> None:
    """One clearing account, or the route's part of one that is shared."""
    currency = account.currency
    part = ", this route's part" if account.is_part else ""
    say(
        f"  clearing {escape(account.account)}{part}: {money(account.opening_minor, currency)} "
        f"+ {money(account.in_minor, currency)} - {money(account.out_minor, currency)} "
        f"= {money(account.closing_minor, currency)}{_unexplained(account)}"
    )


def show_shared(shared: Shared) -> None:
    """All of an account that several routes post to."""
    one = shared.account
    routes = escape(", ".join(one.sharing))
    say(
        f"{escape(one.account)}, shared by {routes}: {money(one.closing_minor, one.currency)} in all{_unexplained(one)}"
    )


def _unexplained(account: Clearing) -> str:
    if account.is_part:
        return ""
    if account.balance_minor is None:
        return f"; not compared: {escape(account.doubt)}" if account.doubt else ""
    return f"; unexplained {money(account.unexplained_minor, account.currency)}"


def _told(green: Green) -> str:
    """``delivered through 2026-06-30``, ``not matched`` or ``reconciled: not proven``."""
    match green.answer:
        case Answer.YES if green.name == Name.DELIVERED and green.through:
            return f"{green.name} through {green.through}"
        case Answer.YES:
            return green.name
        case Answer.NO:
            return f"not {green.name}"
        case _:
            return f"{green.name}: {green.answer}"


def _is_grave(reports: tuple[Report, ...], fail_on: str) -> bool:
    """Whether anything is red or unproven, or a finding as grave as asked for is open.

    What the channel itself confirms may stay unproven: most channels have no report of their own.
    """
    if fail_on == "never":
        return False
    counts = Counter(kept.finding.severity for report in reports for kept in report.open_findings)
    is_red = any(green.answer is not Answer.YES for report in reports for green in report.greens)
    return is_red or any(counts[severity] for severity in GRAVE[: GRAVE.index(Severity(fail_on)) + 1])
