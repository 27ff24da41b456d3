"""What a person had taken back stays equal to what it is about, whatever is taken back, gone or read anew after it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.ingest import Decisions, Importer
from bridge.model.findings import FindingState, KeptFinding
from bridge.store.api import Store
from bridge_woocommerce.files import WooCommerceSource
from bridge_woocommerce.source import offer as woocommerce
from plugins.woocommerce.tests.shop import item, order, recorded, refund, tax, tax_line
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.ingest.channel import CONNECTION, LEDGER, ROUTE

PLACED = datetime(2026, 6, 10, 9, tzinfo=UTC)


def at(hours: int) -> datetime:
    return PLACED + timedelta(hours=hours)


def told(body: Any, hours: int) -> Any:
    return recorded([body], at=format_datetime(at(hours), usegmt=True))


def sold(
    hours: int, *goods: tuple[str, str, int], total: str = "12.00", backs: tuple[str, ...] = (), **more: Any
) -> Any:
    """The order as it is told: its goods (net, tax, rate in percent), and the amounts of the refunds that it shows."""
    every = goods or (("10.00", "2.00", 20),)
    lines = [
        item(number, net, [tax(number, vat)], total_tax=vat) for number, (net, vat, _) in enumerate(every, start=1)
    ]
    rates = [tax_line(number, rate, vat) for number, (_, vat, rate) in enumerate(every, start=1)]
    stamps: dict[str, Any] = {
        "date_created_gmt": f"{PLACED:%Y-%m-%dT%H:%M:%S}",
        "date_paid_gmt": f"{PLACED:%Y-%m-%dT%H:%M:%S}",
        "date_modified_gmt": f"{at(hours):%Y-%m-%dT%H:%M:%S}",
    }
    shown = [{"id": 80 + number, "total": f"-{amount}"} for number, amount in enumerate(backs, start=1)]
    vat = f"{sum(round(float(vat) * 100) for _, vat, _ in every) / 100:.2f}"
    body = order(total=total, total_tax=vat, line_items=lines, tax_lines=rates, refunds=shown, **stamps, **more)
    return told(body, hours)


def back(hours: int, amount: str = "6.00", number: int = 81) -> Any:
    return told(refund(number, amount, date_created_gmt=f"{at(4):%Y-%m-%dT%H:%M:%S}"), hours)


class Shop:
    """A merchant with a WooCommerce shop, and a person who decides."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.clock = store, folder, FakeClock()
        source = WooCommerceSource(max_file_megabytes=64)
        desk = FakeDesk(self.clock, sources={CONNECTION.name: source}, source_offers={CONNECTION.name: woocommerce()})
        self.importer, self.decisions = Importer(store, desk, self.clock), Decisions(store, desk, self.clock)
        with store.unit("test") as unit:
            unit.connections.put(CONNECTION)
            unit.connections.put(LEDGER)
            unit.routes.put(ROUTE)

    def take(self, *answers: Any) -> None:
        path = self.folder / f"{len(list(self.folder.iterdir()))}.json"
        path.write_text(json.dumps(answers))
        found = self.importer.import_file(CONNECTION.name, path, actor="ada")
        assert found.error is None, found.error

    def open(self) -> dict[str, KeptFinding]:
        with self.store.reading() as unit:
            kept = unit.findings.of_route(ROUTE.route_id, FindingState.OPEN)
        return {one.finding.code.removeprefix("channel."): one for one in kept}

    def reverse(self, code: str) -> None:
        self.decisions.reverse(self.open()[code], by="ada", reason="no money moved")

    def came_to(self) -> dict[str, int]:
        """Over all documents: sales and tax by rate, and money that moved; what is nothing is left out."""
        sums = Counter[str]()
        with self.store.reading() as unit:
            for kept in unit.documents.of_connection(CONNECTION.connection_id):
                for page in unit.documents.lines(kept.document.document_id, kept.document.revision):
                    for line in page:
                        what = "money" if line.part.is_money else "tax" if line.kind == "tax.collected" else "sold"
                        sums[what if what == "money" else f"{what} {line.tax_rate}"] += line.amount_minor
        return {what: minor for what, minor in sums.items() if minor}

    def counters(self) -> list[tuple[str, datetime]]:
        """What each document that takes back takes back, and when."""
        with self.store.reading() as unit:
            every = tuple(unit.documents.of_connection(CONNECTION.connection_id))
        return sorted(
            (kept.document.identity.external_id, kept.document.closed_at) for kept in every if kept.document.is_reversal
        )


@pytest.fixture
def shop(sqlite_store: Store, tmp_path: Path) -> Shop:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return Shop(sqlite_store, folder)


def refund_first(shop: Shop) -> None:
    shop.take(sold(6, backs=("6.00",)), back(6))
    shop.take(sold(10))
    shop.reverse("gone")
    shop.take(sold(16, status="cancelled"))
    shop.reverse("cancelled")


def order_first(shop: Shop) -> None:
    shop.take(sold(6, backs=("6.00",), status="cancelled"), back(6))
    shop.reverse("cancelled")
    shop.take(sold(10, status="cancelled"))
    shop.reverse("gone")


@pytest.mark.parametrize("way", [refund_first, order_first])
def test_an_order_and_its_refund_taken_back_leave_nothing_but_the_money_whichever_was_first(
    shop: Shop, way: Callable[[Shop], None]
) -> None:
    way(shop)

    assert shop.came_to() == {"money": -1200}
    assert shop.open() == {}
    standing = shop.counters()
    shop.take(sold(20, status="cancelled"))
    assert (shop.came_to(), shop.open(), shop.counters()) == ({"money": -1200}, {}, standing)


def test_what_is_at_stake_of_a_cancelled_order_leaves_refunds_out_that_are_gone(shop: Shop) -> None:
    shop.take(sold(6, backs=("6.00",)), back(6))
    shop.take(sold(16, status="cancelled"))

    finding = shop.open()["cancelled"].finding
    assert finding.amount_minor == 1200
    assert "12.00 GBP of it were not refunded" in finding.cause
    assert "Refunds over 6.00 GBP that it does not show any more are not counted" in finding.cause


@pytest.mark.parametrize("way", [refund_first, order_first])
def test_a_refund_that_is_shown_again_after_both_were_taken_back_leaves_the_rest_to_be_decided(
    shop: Shop, way: Callable[[Shop], None]
) -> None:
    way(shop)
    shop.take(sold(30, backs=("6.00",), status="cancelled"), back(30))

    assert shop.open()["cancelled"].finding.amount_minor == 600
    assert shop.came_to() == {"sold 20": 500, "tax 20": 100, "money": -600}
    shop.reverse("cancelled")
    assert shop.came_to() == {"money": -600}


def test_an_order_that_was_taken_back_and_is_shared_out_otherwise_is_taken_back_anew(shop: Shop) -> None:
    """At the same total; a change of the total is decided anew."""
    shop.take(sold(6, ("10.00", "2.00", 20), ("10.00", "0.50", 5), total="22.50", status="cancelled"))
    shop.reverse("cancelled")
    shop.take(sold(10, ("5.00", "1.00", 20), ("15.71", "0.79", 5), total="22.50", status="cancelled"))

    assert shop.came_to() == {"money": -2250}
    assert shop.open().keys() <= {"edited"}
    standing = shop.counters()
    assert [name for name, _ in standing] == [f"order 75:reversed:{number}" for number in (1, 2, 3)]
    shop.take(sold(20, ("5.00", "1.00", 20), ("15.71", "0.79", 5), total="22.50", status="cancelled"))
    assert shop.counters() == standing


def test_a_refund_that_was_taken_back_and_is_priced_anew_is_taken_back_anew(shop: Shop) -> None:
    """An earlier answer came late: a free amount is shared over what had been sold, and was shared otherwise before."""
    shop.take(sold(6, backs=("6.00",)), back(6))
    shop.take(sold(10))
    shop.reverse("gone")
    shop.take(sold(3, ("10.00", "2.00", 20), ("50.00", "0.00", 0), total="62.00"))

    assert shop.came_to() == {"sold 20": 1000, "tax 20": 200, "money": -6200}
    assert [name for name, _ in shop.counters()] == [f"refund 81:reversed:{number}" for number in (1, 2, 3)]
    assert shop.open().keys() == {"edited"}


def test_an_order_is_settled_with_its_refunds_however_long_the_page_before_it_is(shop: Shop) -> None:
    """Documents are saved some hundred at a time, and an order never in two of these."""
    shop.take(sold(6, status="cancelled"))
    shop.reverse("cancelled")
    others = [order(1_000 + number, transaction_id=f"ch_{number}") for number in range(499)]
    shop.take(recorded(others), sold(10, backs=("6.00",), status="cancelled"), back(10))

    assert shop.open()["cancelled"].finding.amount_minor == 600
    assert shop.counters()[-1] == ("order 75:reversed:2", shop.counters()[0][1])
