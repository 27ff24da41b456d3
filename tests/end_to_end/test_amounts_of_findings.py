"""The amount of a finding is what changed on the account that matters, from a channel's file to a ledger's object."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding
from tests.drift.reading import check_whole
from tests.end_to_end.shops import SAMPLES, Shops, shops

AMAZON_GB = """
[connections.amazon-gb]
plugin = "amazon"
account = "amazon-gb.example.com"

[routes.amazon-gb]
source = "amazon-gb"
ledger = "books-gb"
time_zone = "Europe/London"
first_day = 2025-01-01
tax_regime = "not_registered"
tax_regime_confirmed = "GB"
bank_leg = "document"
"""


def findings(open_shops: Shops, route: str) -> list[Finding]:
    return [kept.finding for kept in check_whole(open_shops.app, route).open_findings]


def delivered(open_shops: Shops, ledger: str, kind: str) -> list[Delivery]:
    with open_shops.app.store.reading() as unit:
        found = unit.deliveries.with_state(ledger, DeliveryState.DELIVERED)
    return [each for each in found if each.voucher and each.voucher.type == kind]


def test_a_voided_invoice_of_a_settlement_is_told_with_what_it_was_open_for(tmp_path: Path) -> None:
    """It was told with the sum of its debits, 137.73: fees and what was carried are debits too."""
    file = SAMPLES / "amazon/tests/samples/synthetic/gb_v2_dmy.txt"
    with shops(tmp_path, more=AMAZON_GB) as open_shops:
        assert open_shops.app.steps.import_file("amazon-gb", file, actor="ann").error is None
        open_shops.app.books.run("amazon-gb", actor="ann")
        open_shops.deliver()
        (invoice,) = delivered(open_shops, "books-gb", "Invoice")
        open_shops.tamper("books-gb", op="void", entity="Invoice", id=invoice.ref)

        (found,) = findings(open_shops, "amazon-gb")

    assert (found.code, found.amount_minor, found.currency) == ("drift.voided", -32_76, "GBP")
    assert found.account == "1100 Accounts receivable"
    assert sum(line.amount_minor for line in found.lines) == 0
    assert (found.account, 32_76) in {(line.account, line.amount_minor) for line in found.lines}


def test_a_receipt_that_is_lowered_is_told_with_what_it_was_lowered_by(tmp_path: Path) -> None:
    """Its discount and its tax are debits and credits of their own: the sum of debits fell by less."""
    with shops(tmp_path, "woo-us", mode="order") as open_shops:
        open_shops.import_and_book("woo-us")
        open_shops.deliver()
        receipt = next(
            each
            for each in delivered(open_shops, "books-us", "SalesReceipt")
            if each.voucher and sum(line.amount_minor > 0 for line in each.voucher.lines) > 1
        )
        assert receipt.voucher is not None
        clearing = max(receipt.voucher.lines, key=lambda line: line.amount_minor)
        sold = next(line for line in receipt.voucher.lines if line.amount_minor < 0)
        lowered = f"{(-sold.amount_minor - 3_00) / 100:.2f}"
        open_shops.tamper("books-us", op="edit_amount", entity="SalesReceipt", id=receipt.ref, amount=lowered)

        (found,) = [one for one in findings(open_shops, "woo-us") if one.code == "drift.amount"]

    assert (found.amount_minor, found.account) == (-3_00, f"{clearing.account.number} {clearing.account.name}")


def test_an_order_that_is_not_delivered_is_told_with_what_its_buyer_paid(tmp_path: Path) -> None:
    """Whether its vouchers are planned or not: a discount is no part of what is at stake."""
    with shops(tmp_path, "woo-us", mode="order") as open_shops:
        open_shops.import_and_book("woo-us")
        open_shops.deliver()
        found = [one for one in findings(open_shops, "woo-us") if one.code == "drift.not_delivered"]
        with open_shops.app.store.reading() as unit:
            totals = {
                f"#{kept.document.identity.external_id}:": (kept.document.total_minor, kept.document.currency)
                for connection in unit.connections.all()
                for kept in unit.documents.of_connection(connection.connection_id)
                if kept.document.identity.kind is DocumentKind.ORDER
            }

    assert found
    for one in found:
        name = next(name for name in totals if name in one.title)
        assert (one.amount_minor, one.currency) == totals[name]


@pytest.mark.parametrize(
    ("shop", "ledger", "kind"), [("shop-us", "books-us", "JournalEntry"), ("shop-gb", "books-gb", "Invoice")]
)
@pytest.mark.parametrize("op", ["delete", "void"])
def test_a_day_that_was_taken_out_lists_its_lines_so_that_it_can_be_entered_again(
    tmp_path: Path, shop: str, ledger: str, kind: str, op: str
) -> None:
    with shops(tmp_path, shop) as open_shops:
        open_shops.import_and_book(shop)
        open_shops.deliver()
        day = delivered(open_shops, ledger, kind)[0]
        assert day.voucher is not None
        open_shops.tamper(ledger, op=op, entity=kind, id=day.ref)

        found = next(one for one in findings(open_shops, shop) if one.ref == day.ref)

    told = [(line.amount_minor, line.tax_minor) for line in found.lines]
    assert sorted(told) == sorted((line.amount_minor, line.tax_minor) for line in day.voucher.lines)
    names = {line.account for line in found.lines}
    assert all(any(line.account.name in name for name in names) for line in day.voucher.lines)
    assert any(line.tax_code and line.tax_minor for line in found.lines) is (shop == "shop-gb")
    assert f"dated {day.voucher.dated_on}, with the lines below" in found.repair
