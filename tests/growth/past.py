"""A shop with a past: orders, refunds and payouts that came by file, were booked, and went to the ledger."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from bridge.app import App
from bridge.books import activate
from bridge.cli.context import Setup
from bridge.host.registry import Registry
from bridge.model.connections import Connection, Route, Side, TaxRegime
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode
from bridge.model.organisations import Organisation
from bridge.plugin import FileType, SourceCapabilities, SourceOffer, Tender, TenderClass
from bridge.settings import Settings, load_settings
from bridge.store.api import Store
from bridge.store.sql import open_store
from tests.charts import SHOPIFY_CLEARING
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.ledger import FakeLedger, fake_sink_offer
from tests.ingest.channel import Fact, SmallSource, Sold, write_facts

SHOP, LEDGER, ROUTE = "shop", "books", "main"
FIRST_DAY, A_DAY = datetime(2026, 7, 1, 12, tzinfo=UTC), timedelta(days=1)
TODAY = datetime(2031, 1, 1, 12, tzinfo=UTC)
PER_DAY, PER_PAYOUT, PER_EARLY_ONE = 20, 10, 5
CAPABILITIES = SourceCapabilities(
    modes=(Mode.DAY,),
    files=(FileType("JSON: books"),),
    accounts=(SHOPIFY_CLEARING,),
    clearing="1210",
    bank="1000",
    prefix="SML",
    tenders=(Tender("*", "1210", TenderClass.PAYS_OUT),),
)


class _Desk(FakeDesk):
    def inbox(self, _: str) -> Path:
        return Path("inbox")


class _App(App):
    """Over a desk of fakes."""

    def __init__(self, store: Store, desk: FakeDesk, settings: Settings, clock: FakeClock) -> None:
        super().__init__(store, settings, clock, Registry())
        self.__dict__["host"] = desk


def order(number: int, at: datetime) -> Fact:
    return Fact(f"o{number}", [Sold(1_000, at=at)], {"card": 1_000}, name=f"#{number}", paid_at=at)


def refund(number: int, at: datetime) -> Fact:
    back = [Sold(-1_000, at=at)]
    return Fact(f"r{number}", back, {"card": 1_000}, DocumentKind.REFUND, order=f"o{number}", paid_at=at)


def payout(number: int, at: datetime) -> Fact:
    return Fact(f"p{number}", [Sold(9_000, "settles", at=at)], kind=DocumentKind.PAYOUT, paid_at=at, status="paid")


class Past:
    """One merchant after so many orders, and what is done with it from then on.

    Some orders came before the route's first day; a payout pays every ten of the others. All of it is in the ledger.
    """

    def __init__(self, url: str, folder: Path, orders: int) -> None:
        self.url, self.folder, self.orders, self._organisation = url, folder, orders, f"of-{orders}"
        self.clock, self._source = FakeClock(TODAY), SmallSource()
        self._ledger = FakeLedger(self.clock)
        (folder / "inbox").mkdir(parents=True)
        self._set_up()
        self.sync(
            *(order(number, FIRST_DAY + number // PER_DAY * A_DAY) for number in range(orders)),
            *(order(orders + number, FIRST_DAY - A_DAY) for number in range(orders // PER_EARLY_ONE)),
            *(payout(number, FIRST_DAY + number * A_DAY) for number in range(orders // PER_PAYOUT)),
        )

    def sync(self, *arrived: Fact) -> None:
        """What a scheduler runs, see ``bridge sync``, after a file with these arrived where there are some."""
        if arrived:
            write_facts(self.folder / "inbox" / f"{arrived[0].id}.json", *arrived)
        app = self._app()
        files = app.steps.import_inbox(SHOP, actor="cli")
        assert not [file.error for file in files if file.error]
        app.books.run(ROUTE, actor="cli")
        app.steps.deliver(LEDGER, actor="cli")
        assert not app.steps.is_waiting_for_a_person()
        app.store.close()  # type: ignore[attr-defined]

    def preview(self) -> None:
        app = self._app()
        app.desk.preview(ROUTE)
        app.store.close()  # type: ignore[attr-defined]

    def command(self, command: click.Command, *arguments: str) -> None:
        """A command of bridge's, over this database."""
        setup = Setup(None, {"BRIDGE_DATABASE_URL": self.url, "BRIDGE_ORGANISATION": self._organisation})
        setup.registry = Registry
        command.main(list(arguments), obj=setup, standalone_mode=False)

    def _app(self) -> App:
        """A process's own: nothing is remembered from the one before."""
        store = open_store(self.url, self._organisation, self.clock)
        offer = SourceOffer(
            name="small", title="Small channel", version="1.2", capabilities=CAPABILITIES, build=lambda _: self._source
        )
        desk = _Desk(
            self.clock,
            sources={SHOP: self._source},
            source_offers={SHOP: offer},
            sinks={LEDGER: self._ledger},
            sink_offers={LEDGER: fake_sink_offer(self._ledger)},
        )
        return _App(store, desk, load_settings(None, {}, folder=self.folder), self.clock)

    def _set_up(self) -> None:
        app = self._app()
        booked = {"clearing": "1210", "bank": "1000", "mode": Mode.DAY, "tax_regime": TaxRegime.US_SALES_TAX}
        route = Route(ROUTE, SHOP, LEDGER, "UTC", FIRST_DAY.date(), **booked)  # type: ignore[arg-type]
        with app.store.unit("test") as unit:
            name = self._organisation
            unit.organisations.put(Organisation(name, name, self.clock.now(), is_tenant=False))
            unit.connections.put(Connection(SHOP, "small", Side.SOURCE, "S1"))
            unit.connections.put(Connection(LEDGER, "fake", Side.SINK, "C1"))
            unit.routes.put(route)
        activate(app.store, ROUTE, (), date(2000, 1, 1), "ann", "as agreed", self.clock)
        app.store.close()  # type: ignore[attr-defined]
