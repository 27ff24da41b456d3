"""How fast orders reach a ledger that keeps its limits: a shop, a ledger's sandbox and bridge, all on one clock.

Nobody really waits, and a call takes no time: what passes on the clock is what the limits ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests
from cryptography.fernet import Fernet

from bridge.app import App, open_app
from bridge.delivery import DrainReport
from bridge.model.budgets import Limit
from bridge.model.deliveries import Delivery
from bridge.sandbox import SandboxClock
from bridge.settings import load_settings
from bridge_quickbooks.parse import key_of
from bridge_quickbooks.settings import QuickBooksSettings, limits
from bridge_quickbooks.sink import CAPABILITIES
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero.kinds import KINDS, WRITTEN
from bridge_xero.outcomes import BATCH as XERO_BATCH
from bridge_xero.parse import NOT_STANDING
from bridge_xero.parse import key_of as xero_key_of
from bridge_xero.settings import XeroSettings
from bridge_xero.settings import limits as xero_limits
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock

DAY = 86_400
STRICTER = 0.8
# No order is from before the database, which would have to be asked about before it is sent (decision 0057).
BEGAN_AT, NOW = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 11, 2, 12, tzinfo=UTC)
SETTINGS = """
[bridge]
database_url = "{database_url}"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"
[plugins.{plugin}]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
{limits}
[connections.books]
plugin = "{plugin}"
account = "{account}"
{contact} = "Sales channels"
[connections.shop]
plugin = "woocommerce"
account = "us-shop.example"
[routes.shop]
source = "shop"
ledger = "books"
time_zone = "UTC"
first_day = 2026-01-01
mode = "order"
"""


class Ledger(NamedTuple):
    """What is peculiar to one.

    account:  of the books, and ``parameter`` what the sandbox's sign-in calls it.
    open:     a sandbox on that clock that keeps the limits, with empty books.
    limits:   what the plugin keeps to, and ``settings`` what says so in the settings, if they are not the vendor's.
    an_order: how many documents an order is, its gateway's fee among them.
    needs:    of each thing that is limited how many so many documents take at least.
    writes:   the sandbox's label of a call that carries several.
    standing: the keys of what bridge wrote that stands in the books, each as often as it stands there.
    """

    plugin: str
    account: str
    parameter: str
    open: Callable[[SandboxClock], Any]
    limits: Sequence[Limit]
    settings: str
    an_order: int
    needs: Callable[[int], Mapping[str, int]]
    writes: str
    standing: Callable[[Any], Iterable[str]]


class Pace(NamedTuple):
    """What a delivery took. calls: by the sandbox's label; throttled: answers of 429; seconds: on the clock.

    too_soon: calls that left within the time that a 429 had asked for.
    """

    documents: int
    calls: Mapping[str, int]
    throttled: int
    too_soon: int
    seconds: float
    floor: float
    report: DrainReport

    @property
    def ratio(self) -> float:
        """Times the least there could be."""
        return self.seconds / self.floor

    @property
    def documents_a_call(self) -> float:
        """Of all calls, reads among them."""
        return self.documents / sum(self.calls.values())


class Paced:
    """A merchant whose orders are booked one by one, and whose ledger asks for patience.

    database_url: empty, and new; in the folder where none is given.
    """

    def __init__(self, folder: Path, ledger: Ledger, sandbox: Any, clock: FakeClock, database_url: str = "") -> None:
        self.ledger, self.sandbox, self.clock = ledger, sandbox, clock
        self._config = folder / "bridge.toml"
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key())
        told = {"plugin": ledger.plugin, "account": ledger.account, "base_url": sandbox.base_url}
        url = database_url or f"sqlite:///{folder}/bridge.db"
        contact = {"quickbooks": "customer", "xero": "contact"}[ledger.plugin]
        text = SETTINGS.format(database_url=url, limits=ledger.settings, contact=contact, **told)
        self._config.write_text(text, encoding="utf-8")
        with self.app(is_new=True) as app:
            app.apply(self._config, actor="ann", is_dry_run=False)
        clock.advance((NOW - clock.now()).total_seconds())
        with self.app() as app:
            started = app.host.authorization.start("books", "ann")
            asked = {ledger.parameter: ledger.account}
            consent = requests.get(started.url, params=asked, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])

    @contextmanager
    def app(self, *, is_new: bool = False) -> Iterator[App]:
        """A process of its own."""
        with open_app(load_settings(self._config, {}), self.clock, plugins(), is_new=is_new) as app:
            yield app

    def book(self, pages: Iterable[Path]) -> None:
        """Take in saved pages of orders, and book each."""
        with self.app() as app:
            for page in pages:
                if error := app.steps.import_file("shop", page, actor="ann").error:
                    raise error
            app.books.run("shop", actor="ann")

    def tighten(self, part: float = STRICTER) -> None:
        """Let the vendor allow only a part of what it says."""
        for window in self.sandbox.limits.windows.values():
            window.most = int(window.most * part)

    def deliver(self, progress: Callable[[Delivery], None] | None = None) -> Pace:
        """Drain the ledger to the end, a day at most."""
        self.clock.advance(DAY)  # whatever was asked before counts no more
        self.sandbox.requests.clear()
        began_at = self.clock.now()
        with self.app() as app:
            report = app.deliverer.drain("books", actor="ann", patience_seconds=DAY, progress=progress)
        counters = self.sandbox.requests.counters()
        documents = report.delivered
        return Pace(
            documents=documents,
            calls={label: many for label, many in counters["by_label"].items() if not label.startswith("oauth")},
            throttled=counters["by_status"].get("429", 0),
            too_soon=_too_soon(self.sandbox.requests.all()),
            seconds=(self.clock.now() - began_at).total_seconds(),
            floor=floor(self.ledger.limits, self.ledger.needs(documents)),
            report=report,
        )


def floor(limits: Iterable[Limit], needs: Mapping[str, int]) -> float:
    """The least that limits let pass: all that a time allows leaves at its start, and the last need not wait."""
    return max((-(-needs.get(limit.what, 0) // limit.many) - 1) * limit.seconds for limit in limits)


def _too_soon(seen: Sequence[Any], asked_seconds: int = 60) -> int:
    """Calls that left before a throttled one's time was over."""
    throttled = [call.at for call in seen if call.status == 429]
    return sum(
        any(0 < (call.at - at).total_seconds() < asked_seconds for at in throttled)
        for call in seen
        if not call.label.startswith("oauth")
    )


# QuickBooks


REALM = "9130000000000011"


def quickbooks(**limited: int) -> Ledger:
    """QuickBooks with the vendor's limits, or with other ones: by the names of the plugin's settings."""
    app = QuickBooksSettings.model_validate(limited)

    def opened(clock: SandboxClock) -> QuickBooksSandbox:
        sandbox = QuickBooksSandbox(clock=clock, limits=True)
        sandbox.add_company(REALM)
        if limited:
            windows = sandbox.limits.windows
            windows["batches"].most, windows["items"].most = app.batches_per_minute, app.batch_items_per_minute
        return sandbox

    return Ledger(
        plugin="quickbooks",
        account=REALM,
        parameter="realm",
        open=opened,
        limits=limits(app),
        settings="\n".join(f"{name} = {many}" for name, many in limited.items()),
        an_order=2,
        needs=_quickbooks_needs,
        writes="batch.create",
        standing=_in_quickbooks,
    )


def _quickbooks_needs(documents: int) -> Mapping[str, int]:
    calls = -(-documents // CAPABILITIES.batch_size)
    return {"requests": calls, "batches": calls, "batch items": documents}


def _in_quickbooks(sandbox: QuickBooksSandbox) -> Iterator[str]:
    for kind in CAPABILITIES.types:
        yield from map(key_of, sandbox.entities(REALM, kind))


# Xero


TENANT = "5a0dbe11-0000-4000-8000-000000000001"


def xero(**limited: int) -> Ledger:
    """Xero with the vendor's limits, or with other ones: by the names of the plugin's settings."""
    app = XeroSettings.model_validate(limited)

    def opened(clock: SandboxClock) -> XeroSandbox:
        sandbox = XeroSandbox(clock=clock, limits=True)
        sandbox.add_organisation(TENANT, base_currency="USD", country="US")
        sandbox.limits.windows["minute"].most = app.calls_per_minute
        return sandbox

    return Ledger(
        plugin="xero",
        account=TENANT,
        parameter="tenant",
        open=opened,
        limits=xero_limits(app),
        settings="\n".join(f"{name} = {many}" for name, many in limited.items()),
        an_order=3,
        needs=_xero_needs,
        writes="*.create",
        standing=_in_xero,
    )


def _xero_needs(documents: int) -> Mapping[str, int]:
    """An order is an invoice, its payment and its gateway's fee; a call carries one type."""
    each = -(-documents // 3)
    return {"requests": 3 * -(-each // XERO_BATCH)}


def _in_xero(sandbox: XeroSandbox) -> Iterator[str]:
    for kind in WRITTEN:
        found = sandbox.entities(TENANT, KINDS[kind].plural)
        yield from (xero_key_of(kind, one) for one in found if one["Status"] not in NOT_STANDING)


LEDGERS = {"quickbooks": quickbooks, "xero": xero}


@contextmanager
def paced(folder: Path, ledger: Ledger, database_url: str = "") -> Iterator[Paced]:
    """A merchant with a ledger of its own, on a clock of their own."""
    clock = FakeClock(BEGAN_AT)
    with ledger.open(SandboxClock(clock)) as sandbox:
        yield Paced(folder, ledger, sandbox, clock, database_url)
        assert sandbox.server.crashes == []
