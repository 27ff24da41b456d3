"""The story of the demo, step by step, through the same services a user's commands call."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import requests
from rich.markup import escape

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.cli.demo.tampering import Edit, tamper
from bridge.cli.demo.world import SELLERS, TIMEOUT_SECONDS, Admin, Seller, companies_option, write_folder
from bridge.cli.output import counted, money, say, show_table
from bridge.cli.sandbox import open_sandbox
from bridge.clock import Clock
from bridge.drift import Report
from bridge.drift.report import to_csv, to_html, to_json
from bridge.errors import UnavailableError
from bridge.model.deliveries import DeliveryState
from bridge.sandbox import RunningSandbox
from bridge.settings import load_settings

PATIENCE_SECONDS = 20


class Outcome(msgspec.Struct, frozen=True):
    """What the demo leaves behind. missed: edits drift did not find, or found wrongly; untied: sums that differ."""

    report: Path
    config: Path
    ledger_file: Path
    port: int
    missed: tuple[str, ...]
    untied: tuple[str, ...]


def tell(setup: Setup, folder: Path) -> Outcome:
    """Run the demo in ``folder``."""
    folder.mkdir(parents=True)
    ledger_file = folder / "quickbooks.db"
    with _ledger(ledger_file) as sandbox:
        admin = Admin(sandbox.base_url)
        config = write_folder(folder, sandbox.base_url, _free_port())
        settings = load_settings(config, {})
        with open_app(settings, setup.clock, setup.registry(), is_new=True) as app:
            say("[bold]1. Connect[/]  four seller accounts, four QuickBooks companies (a sandbox on this machine)")
            app.apply(config, actor=setup.actor, is_dry_run=False)
            for seller in SELLERS:
                _authorize(app, seller, setup.actor)
            say("[bold]2. Import and book[/]")
            _import(app, folder, setup.actor)
            say("[bold]3. Deliver[/], and be killed in the middle")
            _deliver_and_die(admin, config, setup.clock)
            _resume(app, admin, setup.actor)
            untied = _untied(app, admin)
            say("[bold]4. Check[/]  straight after delivery")
            clean = [app.check(seller.country, actor=setup.actor) for seller in SELLERS]
            untied += tuple(f"{one.company}: {kept.finding.title}" for one in clean for kept in one.open_findings)
            say(f"   {len(clean)} companies, {sum(len(one.open_findings) for one in clean)} findings; every cent ties")
            say("[bold]5. Meanwhile[/] people work in the ledger")
            edits = tamper(admin)
            for edit in edits:
                say(f"   somebody {escape(edit.what)} ({edit.route})")
            say("[bold]6. Check again[/]")
            reports = tuple(app.check(seller.country, actor=setup.actor) for seller in SELLERS)
        missed = _missed(edits, reports)
        _show(reports, edits, missed)
        page = folder / "review.html"
        page.write_text(to_html(reports), encoding="utf-8")
        (folder / "review.csv").write_text(to_csv(reports), encoding="utf-8")
        (folder / "review.json").write_bytes(to_json(reports))
        port = int(sandbox.base_url.rsplit(":", 1)[1])
    return Outcome(page, config, ledger_file, port, missed, untied)


@contextmanager
def _ledger(file: Path) -> Iterator[RunningSandbox]:
    sandbox = open_sandbox("quickbooks", data=file, options={"companies": companies_option()})
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _authorize(app: App, seller: Seller, actor: str) -> None:
    """Play the browser: follow the consent page's redirect and hand bridge the address it ends at."""
    started = app.host.authorization.start(seller.ledger, actor)
    consent = requests.get(started.url, params={"realm": seller.realm}, allow_redirects=False, timeout=TIMEOUT_SECONDS)
    app.host.authorization.finish(started, consent.headers["Location"])


def _import(app: App, folder: Path, actor: str) -> None:
    rows = []
    for seller in SELLERS:
        for name in seller.files:
            imported = app.import_file(seller.channel, folder / "settlements" / name, actor=actor)
            if imported.error is not None:
                raise imported.error
            for found in imported.documents:
                document = found.document
                total = money(document.total_minor, document.currency)
                rows.append((document.identity.external_id, seller.company, f"{document.line_count} lines", total))
        app.books.run(seller.country, actor=actor)
    show_table("", ("settlement", "for", "", "total"), rows, right=("", "total"))


def _deliver_and_die(admin: Admin, config: Path, clock: Clock) -> None:
    """Deliver in a process of its own and kill it after the ledger took a voucher, before the answer came."""
    american = SELLERS[0]
    admin.order_fault(kind="commit_then_delay", path=f"*/{american.realm}/journalentry", skip=1, seconds=5)
    command = [sys.executable, "-m", "bridge", "--config", str(config), "deliver", american.ledger]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
    for _ in range(PATIENCE_SECONDS * 20):
        if len(admin.entities(american, "JournalEntry")) >= 2 or process.poll() is not None:
            break
        clock.sleep(0.05)
    if process.poll() is not None:
        _, complaint = process.communicate()
        raise UnavailableError(
            "the delivering process", f"ended by itself: {complaint.decode(errors='replace')[-300:]}"
        )
    process.send_signal(signal.SIGKILL)
    process.communicate()
    admin.clear_faults()
    say(f"   process {process.pid} killed by signal 9: the ledger took the second entry, bridge never heard the answer")


def _resume(app: App, admin: Admin, actor: str) -> None:
    for seller in SELLERS:
        app.deliver(seller.ledger, actor=actor, patience_seconds=PATIENCE_SECONDS)
    with app.store.reading() as unit:
        ours = {one.ledger: len(unit.deliveries.with_state(one.ledger, DeliveryState.DELIVERED)) for one in SELLERS}
    there = sum(len(admin.entities(one, kind)) for one in SELLERS for kind in ("JournalEntry", "Transfer"))
    say(f"   resumed: looked up what was in doubt, sent the rest; {sum(ours.values())} sent, {there} in the ledger")


def _untied(app: App, admin: Admin) -> tuple[str, ...]:
    """Compare bridge's books with the ledger's trial balance, account by account."""
    wrong = []
    for seller in SELLERS:
        with app.store.reading() as unit:
            route = unit.routes.get(seller.country)
            booked: dict[str, int] = {}
            for kept in unit.entries.of_route(route.route_id):
                for posting in kept.entry.postings:
                    booked[posting.account] = booked.get(posting.account, 0) + posting.amount_minor
        there = admin.trial_balance(seller)
        wrong += [
            f"{seller.company} account {account}: booked {booked.get(account, 0)}, ledger {there.get(account, 0)}"
            for account in sorted(booked.keys() | there.keys())
            if booked.get(account, 0) != there.get(account, 0)
        ]
    return tuple(wrong)


def _missed(edits: tuple[Edit, ...], reports: tuple[Report, ...]) -> tuple[str, ...]:
    found = {
        (one.route, kept.finding.code, kept.finding.ref): kept.finding for one in reports for kept in one.open_findings
    }
    wanted = {(edit.route, edit.code, edit.ref): edit.what for edit in edits}
    missed = [f"drift did not find that somebody {what}" for key, what in wanted.items() if key not in found]
    false = [f"drift reports what nobody did: {found[key].title}" for key in found if key not in wanted]
    return tuple(missed + false)


def _show(reports: tuple[Report, ...], edits: tuple[Edit, ...], missed: tuple[str, ...]) -> None:
    rows = [
        (one.company, kept.finding.title, money(kept.finding.amount_minor, kept.finding.currency))
        for one in reports
        for kept in one.open_findings
    ]
    show_table("", ("company", "finding", "amount"), rows, right=("amount",))
    say(f"   {len(edits)} edits made, {len(rows)} findings, {len(missed)} missed or false")
    for one in reports:
        clearing = one.clearing
        say(
            f"   {escape(one.company)}: clearing {money(clearing.closing_minor, clearing.currency)}, "
            f"explained by {counted(len(clearing.items), 'item')}, unexplained "
            f"{money(clearing.unexplained_minor, clearing.currency)}"
        )
