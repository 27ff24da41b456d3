"""Amazon's words to kinds: the table's own rows, spellings, patterns and their order."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from importlib import resources

import pytest

from bridge.model.lines import kinds
from bridge.plugin import reading
from bridge_amazon.vocabulary import Vocabulary, normalised, vocabulary

TABLE = list(
    csv.DictReader(resources.files("bridge_amazon").joinpath("vocabulary.csv").read_text(encoding="utf-8").splitlines())
)


def table(*rows: str) -> Vocabulary:
    names = ("transaction_type", "amount_type", "amount_description", "kind")
    found: Iterable[Mapping[str, str]] = [dict(zip(names, row.split("|"), strict=True)) for row in rows]
    return Vocabulary(reading.Vocabulary(found, names[:3], normalised))


def test_every_row_of_the_table_names_a_kind_of_the_model() -> None:
    assert len(TABLE) == 431
    assert {row["kind"] for row in TABLE} <= set(kinds())
    assert {row["tax_base"] for row in TABLE} - {None, ""} <= set(kinds())


def test_every_tax_of_the_table_names_what_it_was_charged_on() -> None:
    """But for stock that Amazon moved between sellers, whose VAT stands alone, and a pattern that fits any fee."""
    alone = {("Commingling VAT", "*", "*"), ("*", "*", "Tax on fee")}
    unnamed = set()
    for row in TABLE:
        triple = row["transaction_type"], row["amount_type"], row["amount_description"]
        if row["kind"] in {"tax.collected", "tax.on_fees"} and not vocabulary().tax_base(triple):
            unnamed.add(triple)
    assert unnamed == alone


@pytest.mark.parametrize("leg", ["IGST", "CGST", "SGST", "UTGST"])
@pytest.mark.parametrize(
    ("fee", "kind"),
    [
        ("Commission", "fee.referral"),
        ("Fixed closing fee", "fee.closing"),
        ("FBA Weight Handling Fee", "fee.fulfilment"),
        ("FBA Pick & Pack Fee", "fee.fulfilment"),
        ("Technology Fee", "fee.closing"),
        ("Easy Ship weight handling fees", "fee.label"),
        ("Shipping commission", "fee.referral"),
    ],
)
def test_a_fees_own_words_and_a_leg_of_gst_are_the_tax_of_that_fee_p01(fee: str, kind: str, leg: str) -> None:
    for words in (f"{fee} {leg}", f"{fee}{leg}", f"{fee.upper()}-{leg.lower()}"):
        triple = "Order", "ItemFees", words
        assert (vocabulary().kind(triple), vocabulary().tax_base(triple)) == ("tax.on_fees", kind)


def test_a_leg_of_gst_on_words_nobody_knows_stays_unclassified() -> None:
    assert vocabulary().kind(("Order", "ItemFees", "Moon Fee IGST")) == "unclassified"
    assert vocabulary().kind(("Order", "ItemPrice", "Principal IGST")) == "unclassified"


def test_every_row_without_an_asterisk_means_what_it_says() -> None:
    for row in TABLE:
        triple = row["transaction_type"], row["amount_type"], row["amount_description"]
        if "*" not in "".join(triple):
            assert vocabulary().kind(triple) == row["kind"], triple


@pytest.mark.parametrize(
    ("triple", "kind"),
    [
        (("Order", "ItemFees", "Digital Services Fee"), "fee.regulatory"),
        (("ORDER", "itemfees", "digital-services_fee"), "fee.regulatory"),
        (("AmazonFees", "Eco-contribution for EPR Pay on Behalf - GB", "Base fee"), "fee.compliance"),
        (("Debt Adjustment", "Debt Adjustment", "Cross-Account Debt Adjustment against DE, FR"), "transfer"),
        (("CouponRedemptionFee", "CouponRedemptionFee", "Save 5% on mugs"), "fee.promotion"),
        (("Transfer", "other-transaction", "Current Reserve Amount"), "reserve"),
        (("Transfer", "", ""), "payout"),
        (("Refund", "ItemWithheldTax", "MarketplaceFacilitatorTax-Moon"), "tax.facilitator"),
        (("Order", "ItemWithheldTax", "TCS-CGST"), "tax.withheld_income"),
        (("Order", "ItemTCS", "TCS-SGST"), "tax.withheld_income"),
        (("Order", "ItemTDS", "TDS (Section 194-O)"), "tax.withheld_income"),
        (("other-transaction", "other-transaction", "TDS - Section 194-O"), "tax.withheld_income"),
        (("other-transaction", "other-transaction", "Amazon Easy Ship Charges"), "fee.label"),
        (("Order", "Promotion", "Promo rebates"), "discount.product"),
        (("FBAFees", "A fee of next year", "Tax on fee"), "tax.on_fees"),
        (("FBAFees", "A fee of next year", "Base fee"), "unclassified"),
        (("other-transaction", "other-transaction", "MiscAdjustment"), "unclassified"),
        (("Order", "ItemPrice", ""), "unclassified"),
        (("", "", ""), "unclassified"),
    ],
)
def test_spellings_and_patterns_of_real_files(triple: tuple[str, str, str], kind: str) -> None:
    assert vocabulary().kind(triple) == kind


def test_the_triple_decides_and_never_the_description_alone() -> None:
    found = [vocabulary().kind((*pair, "Principal")) for pair in [
        ("Order", "ItemPrice"), ("Refund", "ItemPrice"), ("Order", "Promotion"), ("Refund", "Promotion"),
        ("Chargeback Refund", "ItemPrice"), ("Liquidations", "ItemPrice"),
    ]]  # fmt: skip
    assert found == ["sale.product", "refund.product", "discount.product", "refund.discount", "claim", "liquidation"]


def test_exact_comes_before_any_pattern_then_free_cells_then_letters() -> None:
    words = table("*|*|tax*|fx", "a|*|*|loan", "a|b*|*|duty", "a|b|*|tip", "a|b|tax|deposit", "*|b|tax on fee|rounding")
    assert words.kind(("A", "B", "Tax")) == "deposit"
    assert words.kind(("A", "B", "Taxes")) == "tip"
    assert words.kind(("A", "Bee", "Taxes")) == "duty"
    assert words.kind(("A", "C", "Taxes")) == "loan"
    assert words.kind(("C", "D", "Taxes")) == "fx"
    assert words.kind(("C", "B", "Tax on fee")) == "rounding"
    assert words.kind(("C", "D", "E")) == "unclassified"


def test_more_free_cells_beat_longer_text() -> None:
    assert table("*|*|averylongdescription*|fx", "a|b|*|tip").kind(("a", "b", "a very long description")) == "tip"


def test_letters_of_every_script_are_kept() -> None:
    """Two Japanese words must not both become nothing."""
    assert normalised("配送料 (税込)") == "配送料税込"
    words = table("注文|商品|価格|sale.product", "注文|商品|税|tax.collected")
    assert words.kind(("注文", "商品", "価格")) == "sale.product"
    assert words.kind(("注文", "商品", "ポイント")) == "unclassified"


def test_the_fallback_of_v1_is_for_v1_and_only_where_nothing_else_is_said() -> None:
    assert vocabulary().kind(("Shipping label purchase", "other-amount", ""), is_v1=True) == "fee.label"
    assert vocabulary().kind(("Shipping label purchase", "other-amount", "")) == "unclassified"
    assert vocabulary().kind(("Storage Fee", "other-fee", "Some tax"), is_v1=True) == "unclassified"
