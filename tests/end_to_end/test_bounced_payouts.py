"""A payout that bounced, where each settlement is one open invoice (P32): what Xero holds in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bridge.drift import Report
from bridge.model.deliveries import Delivery, DeliveryState
from tests.end_to_end.shops import TENANT, Shops, shops

PUBLIC = Path(__file__).parents[2] / "plugins/amazon/tests/samples/public"
FIRST, SECOND = (PUBLIC / f"P32_amazon_gb_bounced_{letter}.txt" for letter in "ab")
SELLER = """
[connections.amazon-gb]
plugin = "amazon"
account = "A1SELLERGB"
marketplaces = ["Amazon.co.uk"]

[routes.gb]
source = "amazon-gb"
ledger = "books-gb"
time_zone = "Europe/London"
first_day = 2026-01-01
tax_regime = "vat_standard"
vat_in_rows = true
"""


@contextmanager
def seller(folder: Path) -> Iterator[Shops]:
    with shops(folder, more=SELLER) as opened:
        yield opened


def bring_in(opened: Shops, *files: Path) -> None:
    """Import, book, and send all that may be sent."""
    for file in files:
        imported = opened.app.import_file("amazon-gb", file, actor="ann")
        assert imported.error is None, imported.error
        opened.app.books.run("gb", actor="ann")
    opened.app.deliver("books-gb", actor="ann", patience_seconds=10)


def parked(opened: Shops) -> tuple[Delivery, ...]:
    with opened.app.store.reading() as unit:
        return unit.deliveries.with_state("books-gb", DeliveryState.PARKED)


def open_items(report: Report) -> list[tuple[str, int]]:
    return [(item.what, item.amount_minor) for clearing in report.clearings for item in clearing.items]


def test_p32_only_what_will_arrive_is_owed_and_clearing_is_empty(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        assert opened.trial_balance("books-gb") == {"1100": 10000, "4000": -10000}
        bring_in(opened, SECOND)
        balances = opened.trial_balance("books-gb")
        report = opened.app.check("gb", actor="ann")

    assert balances == {"1100": 15000, "4000": -15000}
    assert [kept.finding.title for kept in report.open_findings] == []
    assert open_items(report) == []


def test_p32_a_later_file_read_first_ends_the_same(tmp_path: Path) -> None:
    with seller(tmp_path) as opened:
        bring_in(opened, SECOND)
        assert opened.trial_balance("books-gb") == {"1100": 15000, "1200": -10000, "4000": -5000}
        bring_in(opened, FIRST)
        assert opened.trial_balance("books-gb") == {"1100": 15000, "4000": -15000}


def test_p32_an_invoice_that_was_matched_before_the_money_went_back_is_not_paid_twice(tmp_path: Path) -> None:
    """The bank's line came, was matched, and was sent back: a person codes the line that came back to clearing."""
    with seller(tmp_path) as opened:
        bring_in(opened, FIRST)
        paid_by_the_bank(opened)
        bring_in(opened, SECOND)
        (delivery,) = parked(opened)
        report = opened.app.check("gb", actor="ann")
        balances = opened.trial_balance("books-gb")

    assert delivery.reason == "xero.bounced_paid"
    assert "matched with a bank line before the money was sent back" in delivery.note
    assert "Code the bank line that came back to the clearing account, and withdraw this voucher" in delivery.note
    assert balances == {"1000": 10000, "1100": 15000, "1200": -10000, "4000": -15000}
    (finding,) = (kept.finding for kept in report.open_findings if kept.finding.code == "drift.not_delivered")
    assert "Code the bank line that came back" in finding.cause


def paid_by_the_bank(opened: Shops) -> None:
    """Somebody matches the invoice with the bank's own line."""
    with opened.app.store.reading() as unit:
        (invoice,) = unit.deliveries.with_state("books-gb", DeliveryState.DELIVERED)
    order = {"op": "pay", "id": invoice.ref, "account": "1000", "amount": "100.00", "date": "2026-06-12"}
    url = f"{opened.urls['xero']}/_sandbox/tamper"
    requests.post(url, json={"tenant": TENANT, **order}, timeout=10).raise_for_status()
