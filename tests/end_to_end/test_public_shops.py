"""WooCommerce shops that people reported on in public, from the file to the voucher that a ledger gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge.model.vouchers import Voucher
from tests.end_to_end.shops import WOO, Shops, shops

P07 = "P07_woo_full_refund_by_status_mixed_rates"
P10 = "P10_woo_shop_without_decimals_nok"
P12 = "P12_woo_gift_cards_extension_part"
P14 = ("P14_woo_refund_by_api_without_tax_a", "P14_woo_refund_by_api_without_tax_b")


@contextmanager
def booked(folder: Path, name: str, *files: str) -> Iterator[Shops]:
    """A shop whose answers were imported and booked, order by order."""
    with shops(folder, name, mode="order") as open_shops:
        for file in files:
            imported = open_shops.app.import_file(name, WOO / "public" / f"{file}.json", actor="ann")
            assert imported.error is None, imported.error
        run = open_shops.app.books.run(name, actor="ann")
        assert [each.message for each in run.documents if each.reason] == []
        yield open_shops


def vouchers(open_shops: Shops, route: str, *types: str) -> list[Voucher]:
    with open_shops.app.store.reading() as unit:
        found = [each.voucher for each in unit.deliveries.of_route(unit.routes.get(route).route_id)]
    return [voucher for voucher in found if voucher is not None and voucher.type in types]


def lines(voucher: Voucher) -> list[tuple[str, int, str, int]]:
    """Account, debit, the ledger's tax code and the tax inside, of what is sent."""
    return sorted(
        (line.account.number, line.amount_minor, line.tax_code, line.tax_minor)
        for line in voucher.lines
        if not line.is_implied
    )


def test_p07_a_refund_by_status_is_a_credit_note_that_mirrors_the_sale(tmp_path: Path) -> None:
    """24.00 gross at 20 % with 4.00 of VAT and 20.00 zero-rated, on 4200; with the sale no VAT is left."""
    with booked(tmp_path, "woo-gb", P07) as open_shops:
        (sale,), (back,) = (vouchers(open_shops, "woo-gb", kind) for kind in ("Invoice", "CreditNote"))

    assert lines(sale) == [("4000", -2400, "OUTPUT2", -400), ("4000", -2000, "ZERORATEDOUTPUT", 0)]
    assert lines(back) == [("4200", 2000, "ZERORATEDOUTPUT", 0), ("4200", 2400, "OUTPUT2", 400)]


def test_p14_refunds_without_a_stated_tax_give_back_that_of_the_line_they_name(tmp_path: Path) -> None:
    with booked(tmp_path, "woo-gb", *P14) as open_shops:
        backs = vouchers(open_shops, "woo-gb", "CreditNote")

    assert [lines(back) for back in backs] == [[("4200", 500, "OUTPUT2", 83)]] * 2


def test_p12_a_gift_card_is_a_tender_of_its_own(tmp_path: Path) -> None:
    """Sales of 60.00: 35.00 through Stripe, 25.00 off the cards' liability."""
    with booked(tmp_path, "woo-us", P12) as open_shops:
        (entry,) = open_shops.entries("woo-us")
        sent = vouchers(open_shops, "woo-us", "SalesReceipt", "JournalEntry", "Invoice", "Payment")

    assert {posting.account: posting.amount_minor for posting in entry.postings} == {
        "1220": 3500,
        "2200": 2500,
        "4000": -6000,
    }
    assert sum(voucher.total_minor for voucher in sent) == 6000


def test_p10_a_shop_without_decimals_is_booked_with_its_own_rounding(tmp_path: Path) -> None:
    """687 kroner of 687.26: the rest goes to 7990 without a tax code."""
    with booked(tmp_path, "woo-gb", P10) as open_shops:
        (entry,) = open_shops.entries("woo-gb")

    assert {(posting.account, posting.tax_code): posting.amount_minor for posting in entry.postings} == {
        ("1220", "none"): 68700,
        ("4000", "sale:15"): -66596,
        ("4100", "sale:15"): 5870,
        ("4050", "sale:15"): -8000,
        ("7990", "none"): 26,
    }
