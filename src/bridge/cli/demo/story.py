"""The story of the demo, step by step, through the same services a user's commands call."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import requests
from rich.markup import escape

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.cli.demo.asking import ask_twice, held_in
from bridge.cli.demo.tampering import Edit, Posted, tamper
from bridge.cli.demo.trading import FIRST_ASKED_DAYS, Calendar, trade
from bridge.cli.demo.world import (
    ACCOUNTS,
    AMAZON,
    BROUGHT,
    CA,
    COMPANIES,
    LANES,
    PATIENCE_SECONDS,
    QUICKBOOKS,
    SHOPIFY,
    TIMEOUT_SECONDS,
    WOOCOMMERCE,
    XERO,
    Admin,
    Company,
    companies_of,
    write_folder,
)
from bridge.cli.output import counted, say, show_table, write_file
from bridge.cli.sandbox import open_sandbox
from bridge.clock import Clock
from bridge.drift import Report
from bridge.drift.report.pages import to_csv, to_html, to_json
from bridge.errors import UnavailableError
from bridge.ingest import ENDS, REACH
from bridge.model.chart import VAT_PAYABLE
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import NOT_PAID_OUT, Finding, Severity
from bridge.model.money import money
from bridge.settings import load_settings

SANDBOXES = {
    QUICKBOOKS: {"companies": companies_of(QUICKBOOKS), "limits": "off"},
    XERO: {"organisations": companies_of(XERO), "limits": "off"},
    AMAZON: {"seller": ACCOUNTS[AMAZON], "limits": "off"},
    SHOPIFY: {"shop": ACCOUNTS[SHOPIFY], "limits": "off"},
    WOOCOMMERCE: {"home": f"https://{ACCOUNTS[WOOCOMMERCE]}"},
}
LEDGERS = (QUICKBOOKS, XERO)


class Sandbox(msgspec.Struct, frozen=True):
    """A sandbox that the demo leaves behind, to be started again."""

    plugin: str
    file: Path
    port: int


class Outcome(msgspec.Struct, frozen=True):
    """What the demo leaves behind. missed: edits drift did not find, or found wrongly; untied: sums that differ."""

    report: Path
    config: Path
    sandboxes: tuple[Sandbox, ...]
    missed: tuple[str, ...]
    untied: tuple[str, ...]


def tell(setup: Setup, folder: Path) -> Outcome:
    """Run the demo in ``folder``."""
    with _sandboxes(folder) as urls:
        admin = Admin(urls)
        config = write_folder(folder, urls, _free_port())
        calendar = Calendar(setup.clock, admin)
        with open_app(load_settings(config, {}), calendar, setup.registry(), is_new=True) as app:
            edited = trade(admin, calendar)
            calendar.go_to(FIRST_ASKED_DAYS)
            _connect(app, config, admin, setup.actor)
            unseen = ask_twice(app, admin, calendar, edited, setup.actor)
            say("[bold]4. Import and book[/]  the others bring files: settlements as they are, shops by the day")
            _import(app, folder, setup.actor)
            say("[bold]5. Deliver[/], and be killed in the middle")
            _deliver_and_die(admin, config, setup.clock)
            _resume(app, admin, setup.actor)
            untied = _untied(app, admin)
            say("[bold]6. Check[/]  straight after delivery")
            clean = _check(app, setup.actor)
            untied += tuple(kept.title for kept in _open(clean) if not _is_told(kept))
            told = {kept.finding_id: kept for kept in _open(clean)}
            say(f"   {len(clean)} routes, {len(told)} findings; every cent ties")
            for one in clean:
                for kept in one.open_findings:
                    say(f"   {escape(one.route)}: {escape(kept.finding.title)}: to be looked at")
            say("[bold]7. Meanwhile[/] people work in the ledgers")
            edits = tamper(admin, Posted(app.store))
            for edit in edits:
                say(f"   somebody {escape(edit.what)} ({edit.route})")
            say("[bold]8. Check again[/]")
            reports = _check(app, setup.actor)
        missed = unseen + _missed(edits, reports, told)
        _show(reports, edits, missed, told)
        left = tuple(Sandbox(plugin, _file(folder, plugin), _port(urls[plugin])) for plugin in LEDGERS)
    return Outcome(_written(folder, reports), config, left, missed, untied)


@contextmanager
def _sandboxes(folder: Path) -> Iterator[dict[str, str]]:
    """All of them, by plugin where they listen; ledgers keep what they hold in the folder."""
    with ExitStack() as running:
        urls = {}
        for plugin, options in SANDBOXES.items():
            data = _file(folder, plugin) if plugin in LEDGERS else None
            opened = open_sandbox(plugin, data=data, options=options)
            running.callback(opened.stop)
            urls[plugin] = opened.base_url
        yield urls


def _file(folder: Path, plugin: str) -> Path:
    return folder / f"{plugin}.db"


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _connect(app: App, config: Path, admin: Admin, actor: str) -> None:
    say("[bold]1. Connect[/]  eight channels, three companies in QuickBooks and one in Xero (sandboxes here)")
    app.apply(config, actor=actor, is_dry_run=False)
    for company in COMPANIES:
        _authorize(app, company, admin, actor)


def _authorize(app: App, company: Company, admin: Admin, actor: str) -> None:
    """Play the browser: follow the consent page's redirect and hand bridge the address it ends at."""
    started = app.host.authorization.start(company.ledger, actor)
    picked = admin.consent(company)
    consent = requests.get(started.url, params=picked, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    app.host.authorization.finish(started, consent.headers["Location"])


def _import(app: App, folder: Path, actor: str) -> None:
    rows = []
    for lane in BROUGHT:
        for name in lane.files:
            imported = app.steps.import_file(lane.channel, folder / name, actor=actor)
            if imported.error is not None:
                raise imported.error
            rows.append((lane.route, Path(name).name, *held_in([found.document for found in imported.documents])))
        app.books.run(lane.route, actor=actor)
    show_table("", ("route", "file", "holds", "total"), rows, right=("total",))


def _deliver_and_die(admin: Admin, config: Path, clock: Clock) -> None:
    """Deliver in a process of its own and kill it after the ledger took a voucher, before the answer came."""
    path = f"*/{CA.account}/journalentry"
    admin.order_fault(QUICKBOOKS, kind="commit_then_delay", path=path, skip=1, seconds=5)
    command = [sys.executable, "-m", "bridge", "--config", str(config), "deliver", CA.ledger]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
    for _ in range(PATIENCE_SECONDS * 20):
        if len(admin.entities(CA, "JournalEntry")) >= 2 or process.poll() is not None:
            break
        clock.sleep(0.05)
    if process.poll() is not None:
        _, complaint = process.communicate()
        raise UnavailableError(
            "the delivering process", f"ended by itself: {complaint.decode(errors='replace')[-300:]}"
        )
    process.send_signal(signal.SIGKILL)
    process.communicate()
    admin.clear_faults(QUICKBOOKS)
    say(f"   process {process.pid} killed by signal 9: the ledger took the second entry, bridge never heard the answer")


def _resume(app: App, admin: Admin, actor: str) -> None:
    for company in COMPANIES:
        app.steps.deliver(company.ledger, actor=actor, patience_seconds=PATIENCE_SECONDS)
    with app.store.reading() as unit:
        ours = sum(len(unit.deliveries.with_state(one.ledger, DeliveryState.DELIVERED)) for one in COMPANIES)
    there = sum(admin.count(one) for one in COMPANIES)
    say(f"   resumed: looked up what was in doubt, sent the rest; {ours} sent in all, {there} in the ledgers")


def _untied(app: App, admin: Admin) -> tuple[str, ...]:
    """Compare bridge's books with the ledgers' trial balances, account by account."""
    wrong = []
    for company in COMPANIES:
        booked = Counter[str]()
        with app.store.reading() as unit:
            routes = [unit.routes.get(lane.route) for lane in LANES if lane.company == company]
            for route in routes:
                for kept in unit.entries.of_route(route.route_id):
                    for posting in kept.entry.postings:
                        booked[posting.account] += posting.amount_minor - posting.tax_minor
                        booked[VAT_PAYABLE] += posting.tax_minor
        there = admin.trial_balance(company)
        wrong += [
            f"{company.name} account {account}: booked {booked[account]}, ledger {there.get(account, 0)}"
            for account in sorted(booked.keys() | there.keys())
            if booked[account] != there.get(account, 0)
        ]
    return tuple(wrong)


def _check(app: App, actor: str) -> tuple[Report, ...]:
    return tuple(app.steps.check(lane.route, actor=actor) for lane in LANES)


def _open(reports: Iterable[Report]) -> Iterator[Finding]:
    return (kept.finding for one in reports for kept in one.open_findings)


def _is_told(finding: Finding) -> bool:
    """Whether it is only what the channel said of itself, or money that did not come: no bank takes part in this."""
    is_late = finding.code in (NOT_PAID_OUT, "drift.item_late", "drift.deposit_unpaid")
    return finding.severity is Severity.INFO or is_late or finding.code in (REACH, ENDS)


def _missed(edits: tuple[Edit, ...], reports: tuple[Report, ...], told: Collection[str]) -> tuple[str, ...]:
    found = {
        (one.route, kept.finding.code, kept.finding.ref): kept.finding
        for one in reports
        for kept in one.open_findings
        if kept.finding.finding_id not in told
    }
    wanted = {(edit.route, edit.code, edit.ref): edit.what for edit in edits}
    missed = [f"drift did not find that somebody {what}" for key, what in wanted.items() if key not in found]
    false = [f"drift reports what nobody did: {found[key].title}" for key in found if key not in wanted]
    return tuple(missed + false)


def _show(reports: tuple[Report, ...], edits: tuple[Edit, ...], missed: tuple[str, ...], told: Collection[str]) -> None:
    rows = [
        (one.route, kept.finding.title, money(kept.finding.amount_minor, kept.finding.currency))
        for one in reports
        for kept in one.open_findings
        if kept.finding.finding_id not in told
    ]
    show_table("", ("route", "finding", "amount"), rows, right=("amount",))
    say(f"   {len(edits)} edits made, {len(rows)} findings, {len(missed)} missed or false")
    for one in reports:
        for clearing in one.clearings:
            closing = money(clearing.closing_minor, clearing.currency)
            say(
                f"   {escape(one.route)} {escape(clearing.account)}: {closing}, "
                f"explained by {counted(len(clearing.items), 'item')}, unexplained "
                f"{money(clearing.unexplained_minor, clearing.currency)}"
            )


def _written(folder: Path, reports: tuple[Report, ...]) -> Path:
    """The report in all its forms; the page."""
    page = folder / "review.html"
    write_file(page, to_html(reports))
    write_file(folder / "review.csv", to_csv(reports))
    write_file(folder / "review.json", to_json(reports))
    return page
