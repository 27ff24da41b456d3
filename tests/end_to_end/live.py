"""A merchant whose channel is asked live, and whose company is in a QuickBooks: all on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from bridge.app import App, open_app
from bridge.model.documents import DocumentKind, Identity
from bridge.model.findings import FindingState, KeptFinding
from bridge.sandbox import SandboxClock, SandboxServer
from bridge.settings import load_settings
from bridge.store.api import KeptDocument
from bridge.work import Synced
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated

REALM = "9130000000000011"
DAY, HOUR = 86_400, 3_600
SETTINGS = """
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"
notices_url = "{notices_url}"

[plugins.quickbooks]
base_url = "{quickbooks}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000
calls_per_second = 1000
batches_per_minute = 60000
batch_items_per_minute = 60000

[connections.books]
plugin = "quickbooks"
account = "9130000000000011"
customer = "Sales channels"
"""


class Live:
    """The company, and what bridge makes of a channel. A channel's own declares it (``declare``), then connects.

    plugin, account: of the channel. source, route: what the settings call it.
    """

    plugin = account = source = route = ""

    def __init__(self, folder: Path, quickbooks: QuickBooksSandbox, clock: FakeClock) -> None:
        self.folder, self.quickbooks, self.clock = folder, quickbooks, clock
        self.config = folder / "bridge.toml"
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key())
        put_migrated(folder / "bridge.db")

    def declare(self, text: str, *, notices_url: str = "") -> None:
        """Write the settings: the ledger's, and these of the channel."""
        host = SETTINGS.format(quickbooks=self.quickbooks.base_url, notices_url=notices_url)
        self.config.write_text(host + text, encoding="utf-8")

    def connect(self, connection: str = "books", realm: str = REALM, *, currency: str = "USD") -> None:
        """Open a company of that currency, apply the settings, and let bridge in."""
        self.quickbooks.add_company(realm, home_currency=currency, name=f"Acme {connection}")
        with self.app() as app:
            app.apply(self.config, actor="ann", is_dry_run=False)
            started = app.host.authorization.start(connection, "ann")
            consent = requests.get(started.url, params={"realm": realm}, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])

    @contextmanager
    def app(self) -> Iterator[App]:
        """A process of its own."""
        with open_app(load_settings(self.config, {}), self.clock, plugins()) as app:
            yield app

    def sync(self, *, after_seconds: float = 0) -> Synced:
        """``bridge sync``, that much later."""
        self.clock.advance(after_seconds)
        with self.app() as app:
            return app.story.sync((), actor="ann", wait_seconds=0)

    def sync_mortally(self, writes: int) -> bool:
        """``bridge sync`` in a process that dies before its n-th write or commit; whether it did."""
        with self.app() as app:
            mortal = App(MortalStore(app.store, Life(writes)), app.settings, self.clock, plugins())
            try:
                mortal.story.sync((), actor="ann", wait_seconds=0)
            except Killed:
                return True
        return False

    def import_files(self, *files: Path) -> set[str]:
        """Import files that a person downloaded, and book them: what became of their documents."""
        with self.app() as app:
            imported = app.story.import_files(self.source, files, actor="ann")
        assert {file.error for file in imported.files} <= {None}
        return {str(one.outcome) for file in imported.files for one in file.documents}

    @property
    def balances(self) -> dict[str, int]:
        """The company's own books: account number to minor units, zeros left out."""
        return {account: minor for account, minor in self.quickbooks.trial_balance(REALM).items() if minor}

    def kept(self, kind: DocumentKind, name: int | str) -> KeptDocument | None:
        """The newest content of a document."""
        identity = Identity(self.plugin, self.account, kind, str(name))
        with self.app() as app, app.store.reading() as unit:
            return unit.documents.latest(identity.document_id)

    def revisions(self, kind: DocumentKind, name: int | str) -> int:
        """How many contents of a document are kept."""
        latest = self.kept(kind, name)
        return latest.document.revision if latest is not None else 0

    def kept_findings(self, name: str = "") -> list[KeptFinding]:
        """What is open of the route, or of another of that name."""
        with self.app() as app, app.store.reading() as unit:
            route = unit.routes.get(name or self.route)
            return list(unit.findings.of_route(route.route_id, FindingState.OPEN))

    def findings(self) -> list[str]:
        """The codes of what is open."""
        return sorted(kept.finding.code for kept in self.kept_findings())


def codes(synced: Synced) -> list[str]:
    """What stopped a sync."""
    return [error.code for error in synced.failed]


@contextmanager
def ledger_beside(channel: SandboxServer, clock: FakeClock) -> Iterator[QuickBooksSandbox]:
    """A QuickBooks on that clock, as long as it is needed; then neither it nor the channel's fake broke."""
    with QuickBooksSandbox(clock=SandboxClock(clock)) as quickbooks:
        yield quickbooks
        assert (channel.crashes, quickbooks.server.crashes) == ([], [])
