"""Shops that people reported on in public: each comes out right, from its file to the lines of its documents."""

from __future__ import annotations

from bridge.model.documents import DocumentKind
from plugins.woocommerce.tests.shop import Reading, read_bytes, sample

P07 = "P07_woo_full_refund_by_status_mixed_rates"
P10 = "P10_woo_shop_without_decimals_nok"
P12 = "P12_woo_gift_cards_extension_part"
P14 = ("P14_woo_refund_by_api_without_tax_a", "P14_woo_refund_by_api_without_tax_b")
P17 = "P17_woo_gateway_payout_short"


def documents(name: str) -> dict[tuple[DocumentKind, str], Reading]:
    found = read_bytes(sample(f"public/{name}"))

    assert all(each.off_minor == 0 and not each.problems for each in found)
    concerns = [(each.name[1], str(concern.kind)) for each in found for concern in each.concerns]
    assert concerns == ([("203", "manual_refund")] if name == P07 else [])
    return {each.name: each for each in found}


def tenders(found: Reading) -> dict[str, int]:
    return {dict(line.attributes)["gateway"]: -line.amount_minor for line in found.lines if line.part.is_money}


def test_p07_a_refund_by_status_of_mixed_rates_mirrors_the_sale() -> None:
    """Not 44.00 at 20 % with a tax of 7.33, and no concession."""
    found = documents(P07)
    sale, back = found[DocumentKind.ORDER, "103"], found[DocumentKind.REFUND, "203"]

    assert sale.by_rate() == {
        ("sale.product", "20"): 2000,
        ("tax.collected", "20"): 400,
        ("sale.product", "0"): 2000,
    }
    assert back.by_rate() == {
        ("refund.product", "20"): -2000,
        ("tax.collected", "20"): -400,
        ("refund.product", "0"): -2000,
    }
    assert tenders(sale) == {"stripe": 4400}
    assert tenders(back) == {"stripe": -4400}


def test_p10_a_shop_without_decimals_rounds_by_its_own_unit() -> None:
    sale = documents(P10)[DocumentKind.ORDER, "101"]

    assert (sale.start.currency, sale.start.total_minor) == ("NOK", 68700)
    assert sale.by_kind()["rounding"] == -26


def test_p12_a_gift_card_of_the_official_extension_is_a_tender() -> None:
    sale = documents(P12)[DocumentKind.ORDER, "106"]

    assert (sale.start.total_minor, sale.by_rate()) == (6000, {("sale.product", "0"): 6000})
    assert tenders(sale) == {"stripe": 3500, "gift_card": 2500}
    assert b"AAAA" not in sale.start.payload


def test_p14_refunds_over_the_api_and_in_the_admin_give_back_the_same_tax() -> None:
    for name, number in zip(P14, ("221", "220"), strict=True):
        back = documents(name)[DocumentKind.REFUND, number]
        assert back.by_rate() == {("refund.product", "20"): -417, ("tax.collected", "20"): -83}


def test_p17_orders_and_the_fees_their_gateway_wrote_leave_what_it_should_have_paid() -> None:
    """77.55; that 60.28 came is seen at the bank alone."""
    found = documents(P17).values()

    assert sum(minor for each in found for minor in tenders(each).values()) == 7755
