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
from typing import TYPE_CHECKING

import msgspec
import requests
from rich.markup import escape

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.cli.demo.tampering import Edit, Posted, tamper
from bridge.cli.demo.world import (
    COMPANIES,
    LANES,
    QUICKBOOKS,
    TIMEOUT_SECONDS,
    US,
    XERO,
    Admin,
    Company,
    companies_of,
    write_folder,
)
from bridge.cli.output import counted, money, say, show_table, write_file
from bridge.cli.sandbox import open_sandbox
from bridge.clock import Clock
from bridge.drift import Report
from bridge.drift.report.pages import to_csv, to_html, to_json
from bridge.errors import UnavailableError
from bridge.ingest import ImportedFile
from bridge.model.chart import VAT_PAYABLE
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding, Severity
from bridge.settings import load_settings

if TYPE_CHECKING:
    from bridge.sandbox import RunningSandbox

PATIENCE_SECONDS = 20
SANDBOXES = {
    QUICKBOOKS: {"companies": companies_of(QUICKBOOKS), "limits": "off"},
    XERO: {"organisations": companies_of(XERO), "limits": "off"},
}


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
    folder.mkdir(parents=True, mode=0o700)
    with _ledgers(folder) as running:
        urls = {plugin: sandbox.base_url for plugin, sandbox in running.items()}
        admin = Admin(urls)
        config = write_folder(folder, urls, _free_port())
        settings = load_settings(config, {})
        with open_app(settings, setup.clock, setup.registry(), is_new=True) as app:
            say("[bold]1. Connect[/]  eight channels, three companies in QuickBooks and one in Xero (sandboxes here)")
            app.apply(config, actor=setup.actor, is_dry_run=False)
            for company in COMPANIES:
                _authorize(app, company, admin, setup.actor)
            say("[bold]2. Import and book[/]  settlements as they are; shops by the day")
            _import(app, folder, setup.actor)
            say("[bold]3. Deliver[/], and be killed in the middle")
            _deliver_and_die(admin, config, setup.clock)
            _resume(app, admin, setup.actor)
            untied = _untied(app, admin)
            say("[bold]4. Check[/]  straight after delivery")
            clean = [app.steps.check(lane.route, actor=setup.actor) for lane in LANES]
            untied += tuple(kept.title for kept in _open(clean) if not _is_told(kept))
            told = {kept.finding_id: kept for kept in _open(clean)}
            say(f"   {len(clean)} routes, {len(told)} findings; every cent ties")
            for kept in told.values():
                say(f"   {escape(kept.title)}: to be looked at")
            say("[bold]5. Meanwhile[/] people work in the ledgers")
            edits = tamper(admin, Posted(app.store))
            for edit in edits:
                say(f"   somebody {escape(edit.what)} ({edit.route})")
            say("[bold]6. Check again[/]")
            reports = tuple(app.steps.check(lane.route, actor=setup.actor) for lane in LANES)
        missed = _missed(edits, reports, told)
        _show(reports, edits, missed, told)
        page = folder / "review.html"
        write_file(page, to_html(reports))
        write_file(folder / "review.csv", to_csv(reports))
        write_file(folder / "review.json", to_json(reports))
        left = tuple(Sandbox(plugin, _file(folder, plugin), _port(url)) for plugin, url in urls.items())
    return Outcome(page, config, left, missed, untied)


@contextmanager
def _ledgers(folder: Path) -> Iterator[dict[str, RunningSandbox]]:
    with ExitStack() as running:
        opened = {}
        for plugin, options in SANDBOXES.items():
            opened[plugin] = open_sandbox(plugin, data=_file(folder, plugin), options=options)
            running.callback(opened[plugin].stop)
        yield opened


def _file(folder: Path, plugin: str) -> Path:
    return folder / f"{plugin}.db"


def _port(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _authorize(app: App, company: Company, admin: Admin, actor: str) -> None:
    """Play the browser: follow the consent page's redirect and hand bridge the address it ends at."""
    started = app.host.authorization.start(company.ledger, actor)
    picked = admin.consent(company)
    consent = requests.get(started.url, params=picked, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    app.host.authorization.finish(started, consent.headers["Location"])


def _import(app: App, folder: Path, actor: str) -> None:
    rows = []
    for lane in LANES:
        for name in lane.files:
            imported = app.steps.import_file(lane.channel, folder / lane.folder / name, actor=actor)
            if imported.error is not None:
                raise imported.error
            rows.append((lane.route, name, *_held_in(imported)))
        app.books.run(lane.route, actor=actor)
    show_table("", ("route", "file", "holds", "total"), rows, right=("total",))


def _held_in(imported: ImportedFile) -> tuple[str, str]:
    """What a file holds, and what its sales or its settlement come to."""
    documents = [found.document for found in imported.documents]
    kinds = Counter(document.identity.kind for document in documents)
    words = ", ".join(counted(count, str(kind)) for kind, count in sorted(kinds.items()))
    wanted = DocumentKind.ORDER if DocumentKind.ORDER in kinds else documents[0].identity.kind
    total = sum(document.total_minor for document in documents if document.identity.kind is wanted)
    return words, money(total, documents[0].currency)


def _deliver_and_die(admin: Admin, config: Path, clock: Clock) -> None:
    """Deliver in a process of its own and kill it after the ledger took a voucher, before the answer came."""
    path = f"*/{US.account}/journalentry"
    admin.order_fault(QUICKBOOKS, kind="commit_then_delay", path=path, skip=1, seconds=5)
    command = [sys.executable, "-m", "bridge", "--config", str(config), "deliver", US.ledger]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
    for _ in range(PATIENCE_SECONDS * 20):
        if len(admin.entities(US, "JournalEntry")) >= 2 or process.poll() is not None:
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
    say(f"   resumed: looked up what was in doubt, sent the rest; {ours} sent, {there} in the ledgers")


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


def _open(reports: Iterable[Report]) -> Iterator[Finding]:
    return (kept.finding for one in reports for kept in one.open_findings)


def _is_told(finding: Finding) -> bool:
    """Whether it is only what the channel said of itself, and no difference."""
    return finding.severity is Severity.INFO


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
