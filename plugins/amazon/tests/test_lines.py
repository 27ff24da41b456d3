"""What a row says becomes a line's facts: order, tax group, part, attributes; in both layouts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.errors import DocumentError
from bridge.model.line_tax import Liable, TaxComponent, taxed_at
from bridge.model.lines import Line, Part
from bridge_amazon.cells import Meanings
from bridge_amazon.vocabulary import vocabulary
from plugins.amazon.tests.report import POSTED, V1, V2, MemoryFile, Report, Row, read

TAX = ("Order", "ItemPrice", "Tax")
WITHHELD = ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal")


def lines(*rows: Row) -> tuple[Line, ...]:
    return read(Report(rows=rows).file()).lines


@pytest.mark.parametrize(
    ("cell", "order_id"),
    [
        ("114-0000001-0000011", "114-0000001-0000011"),
        (" 114-0000001-0000011 ", "114-0000001-0000011"),
        ("S01-0000001-0000043", "S01-0000001-0000043"),
        ("FBA15ABCDEF1", ""),
        ("114-0000001-00000111", ""),
        ("", ""),
    ],
)
def test_only_a_real_order_id_is_taken_for_one(cell: str, order_id: str) -> None:
    assert lines(Row(order=cell))[0].order_id == order_id


def test_base_tax_and_what_the_marketplace_withheld_of_an_item_share_a_group() -> None:
    """Whatever the row: a discount, the tax of it, what nobody has classified yet."""
    others = [
        ("Order", "Promotion", "Principal"),
        ("Order", "Promotion", "TaxDiscount"),
        ("Order", "ItemPrice", "Moon"),
    ]
    groups = {line.tax_group for line in lines(Row(), *(Row(words=words) for words in (TAX, WITHHELD, *others)))}
    assert groups == {"Order|114-0000001-0000011|82047234148649|D071049rq"}


def test_a_fee_without_an_item_and_its_tax_share_a_group_by_their_date() -> None:
    base, tax = (("FBAFees", "FBA Inventory Storage Fee", words) for words in ("Base fee", "Tax on fee"))
    later = POSTED + timedelta(days=1)
    found = lines(
        *(Row(words=words, order="", item="", shipment="", at=at) for at in (POSTED, later) for words in (base, tax))
    )
    first, second, third, fourth = (line.tax_group for line in found)
    assert first == second != third == fourth


def test_what_no_tax_is_charged_on_is_in_no_group() -> None:
    (reserve,) = lines(
        Row(words=("other-transaction", "other-transaction", "Current Reserve Amount"), order="", item="")
    )
    assert reserve.tax_group == ""


@pytest.mark.parametrize(
    "other",
    [
        Row(words=TAX, order="114-0000001-0000012"),
        Row(words=TAX, item="82047234148650"),
        Row(words=TAX, shipment="D071049rr"),
        Row(words=("Refund", "ItemPrice", "Tax")),
        Row(words=TAX, adjustment="A1"),
    ],
    ids=["order", "item", "shipment", "refund", "adjustment"],
)
def test_another_order_item_shipment_refund_or_adjustment_is_another_group(other: Row) -> None:
    first, second = lines(Row(words=TAX), other)
    assert first.tax_group != second.tax_group


def test_two_refunds_of_one_item_are_judged_apart() -> None:
    refunds = [Row(words=("Refund", "ItemPrice", "Tax"), adjustment=name) for name in ("A1", "A2")]
    first, second = lines(*refunds)
    assert first.tax_group != second.tax_group


@pytest.mark.parametrize(
    ("words", "kind", "part"),
    [
        (("Order", "ItemPrice", "Principal"), "sale.product", Part.SALE),
        (("Order", "Promotion", "Principal"), "discount.product", Part.SALE),
        (TAX, "tax.collected", Part.SALE),
        (WITHHELD, "tax.facilitator", Part.SALE),
        (("Order", "ItemFees", "Commission"), "fee.referral", Part.FEE),
        (("Refund", "ItemFees", "Commission"), "fee.referral", Part.FEE),
        (("Refund", "ItemPrice", "Principal"), "refund.product", Part.REFUND),
        (("Refund", "ItemPrice", "Tax"), "tax.collected", Part.REFUND),
        (("Refund", "ItemPrice", "RestockingFee"), "restocking", Part.REFUND),
        (("Chargeback Refund", "ItemPrice", "Principal"), "claim", Part.ADJUSTMENT),
        (("FBAFees", "FBA Inventory Storage Fee", "Tax on fee"), "tax.on_fees", Part.FEE),
        (("other-transaction", "other-transaction", "Current Reserve Amount"), "reserve", Part.ADJUSTMENT),
        (("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_LOST"), "reimb.inventory", Part.ADJUSTMENT),
        (("other-transaction", "other-transaction", "Transfer of funds unsuccessful: x"), "payout.failed", Part.PAYOUT),
        (("No", "Such", "Thing"), "unclassified", Part.ADJUSTMENT),
    ],
)
def test_every_line_belongs_to_one_view_of_the_settlement(words: tuple[str, str, str], kind: str, part: Part) -> None:
    line = lines(Row(words=words))[0]
    assert (line.kind, line.part, line.words) == (kind, part, "|".join(words))


def test_units_are_counted_on_principal_rows_only() -> None:
    principal, tax = lines(Row(quantity="3"), Row(quantity="3", words=TAX))
    assert dict(principal.attributes)["quantity"] == "3"
    assert "quantity" not in dict(tax.attributes)


def test_attributes_hold_what_is_there_and_equal_ones_are_shared() -> None:
    first, second, bare = lines(Row(promotion="SUMMER"), Row(promotion="SUMMER"), Row(marketplace="", quantity=""))
    assert first.attributes == (
        ("marketplace", "Amazon.com"), ("fulfilment", "AFN"), ("quantity", "1"), ("promotion", "SUMMER")
    )  # fmt: skip
    assert first.attributes is second.attributes
    assert bare.attributes == (("fulfilment", "AFN"),)


def test_nothing_of_the_merchants_own_numbers_for_buyers_is_kept() -> None:
    """Multi-channel rows may carry whatever the merchant's shop calls an order."""
    report = Report()
    cells = report.detail(Row()) | {"merchant-order-id": "Jane Doe", "merchant-order-item-id": "jane@example.com"}
    content = "\n".join([*report.lines()[:2], "\t".join(cells.get(name, "") for name in V2)])
    assert "ane" not in repr(read(MemoryFile(content.encode())))


def test_unknown_triples_keep_the_total_and_are_counted_once_each() -> None:
    """F23, D12: an invented type becomes an unclassified line; the settlement still adds up."""
    strange, stranger = ("Order", "ItemPrice", "Moon Tax"), ("Teleport", "", "")
    found = read(Report(rows=(Row(words=strange), Row(), Row(words=strange, minor=-500), Row(words=stranger))).file())

    assert sum(line.amount_minor for line in found.lines) == found.start.total_minor
    assert [line.kind for line in found.lines] == ["unclassified", "sale.product", "unclassified", "unclassified"]
    first, second = found.end.problems
    assert "'Order|ItemPrice|Moon Tax' is: 2 rows, 19.99 USD" in first.message
    assert (first.where, second.where) == ("file settlement.txt, line 3", "file settlement.txt, line 6")
    assert all(problem.blocking and problem.code == "amazon.unclassified" for problem in found.end.problems)


def test_a_flood_of_unknown_triples_stays_bounded() -> None:
    rows = tuple(Row(words=("Order", "ItemPrice", f"Strange {number}")) for number in range(230))
    problems = read(Report(rows=rows).file()).end.problems
    assert len(problems) == 201
    assert "30 rows more" in problems[-1].message


def v1(*rows: dict[str, str], total: int) -> tuple[Line, ...]:
    """The lines of a V1 report with these rows; columns not named stay blank."""
    summary = Report(total=total).summary()
    posted = {"settlement-id": "28500000011", "posted-date": POSTED.isoformat()}
    content = [
        "\t".join(V1),
        "",
        *("\t".join((row.get(name, "")) for name in V1) for row in (summary, *(posted | row for row in rows))),
    ]
    return read(MemoryFile(("\n".join(content) + "\n").encode())).lines


@pytest.mark.parametrize(
    ("cells", "words", "kind"),
    [
        ({"price-type": "Principal", "price-amount": "1.00"}, "ItemPrice|Principal", "sale.product"),
        ({"promotion-type": "Shipping", "promotion-amount": "1.00"}, "Promotion|Shipping", "discount.shipping"),
        (
            {"item-related-fee-type": "Commission", "item-related-fee-amount": "1.00"},
            "ItemFees|Commission",
            "fee.referral",
        ),
        (
            {"shipment-fee-type": "FBA transportation fee", "shipment-fee-amount": "1.00"},
            "shipment-fee|FBA transportation fee",
            "fee.fulfilment",
        ),
        ({"direct-payment-type": "CollectOnDeliveryRevenue", "direct-payment-amount": "1.00"},
         "DirectPayment|CollectOnDeliveryRevenue", "sale.other"),
        ({"order-fee-type": "X", "order-fee-amount": "1.00"}, "order-fee|X", "unclassified"),
        ({"misc-fee-amount": "1.00"}, "misc-fee|", "unclassified"),
        ({"other-fee-reason-description": "Y", "other-fee-amount": "1.00"}, "other-fee|Y", "unclassified"),
        ({"other-amount": "1.00"}, "other-amount|", "unclassified"),
    ],
)  # fmt: skip
def test_each_pair_of_v1_columns_is_a_component(cells: dict[str, str], words: str, kind: str) -> None:
    line = v1({"transaction-type": "Order"} | cells, total=100)[0]
    assert (line.words, line.kind, line.amount_minor) == (f"Order|{words}", kind, 100)


def test_a_v1_row_yields_a_line_for_each_of_its_amounts_and_none_without() -> None:
    cells = {
        "price-type": "Principal",
        "price-amount": "24.99",
        "promotion-type": "Principal",
        "promotion-amount": "-2.00",
    }
    found = v1({"transaction-type": "Order"}, {"transaction-type": "Order"} | cells, total=2299)
    assert [(line.key, line.amount_minor) for line in found] == [("0000001", 2499), ("0000002", -200)]


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Storage Fee", "fee.storage"),
        ("DisposalComplete", "fee.removal"),
        ("Shipping label purchase", "fee.label"),
        ("Transfer of funds unsuccessful: account closed", "payout.failed"),
        ("Nobody knows", "unclassified"),
    ],
)
def test_a_v1_transaction_type_that_is_the_reason_itself_is_looked_up_as_one(reason: str, kind: str) -> None:
    assert v1({"transaction-type": reason, "other-amount": "-1.00"}, total=-100)[0].kind == kind


def test_advertising_and_its_tax_are_told_apart_in_v1() -> None:
    cost = {"item-related-fee-type": "Cost of Advertising", "item-related-fee-amount": "-100.00"}
    tax = {"other-fee-reason-description": "TaxAmount", "other-fee-amount": "-12.00"}
    found = v1({"transaction-type": "ServiceFee"} | cost, {"transaction-type": "ServiceFee"} | tax, total=-11200)
    assert [line.kind for line in found] == ["fee.advertising", "tax.on_fees"]


def test_a_v1_quantity_on_the_row_before_goes_to_the_items_principal() -> None:
    item = {"transaction-type": "Order", "order-id": "702-0000001-0000041", "order-item-code": "1", "sku": "MUG"}
    price = {"price-type": "Principal", "price-amount": "35.00"}
    first, second = v1(
        item | {"quantity-purchased": "2"}, item | price, item | {"order-item-code": "2"} | price, total=7000
    )
    assert dict(first.attributes) == {"quantity": "2"}
    assert dict(second.attributes) == {}


def test_words_of_any_length_and_kind_become_words_that_can_be_kept_and_shown() -> None:
    """A damaged cell of half a megabyte, with codes for a terminal in it."""
    row = Row(words=("Order\x1b[31m", "ItemPrice", "x" * 500_000))
    found = read(Report(rows=(row,)).file())

    assert found.lines[0].words == ("Order [31m|ItemPrice|" + "x" * 500)[:500]
    assert len(found.end.problems[0].message) < 600
    assert "\x1b" not in found.end.problems[0].message


def test_an_item_that_a_spreadsheet_rounded_is_refused() -> None:
    """Two items of an order would be one: what one's Tax row says would change the other."""
    with pytest.raises(DocumentError, match=r"line 3: names its item 8\.20472E\+13, as a spreadsheet") as refusal:
        lines(Row(item="8.20472E+13"))
    assert refusal.value.code == "amazon.file.row"


def test_a_tax_group_longer_than_any_name_is_refused() -> None:
    row = Row(words=("Order", "ItemPrice", "Tax"), shipment="x" * 600)
    with pytest.raises(DocumentError, match=r"settlement\.txt, line 3: ") as refusal:
        read(Report(rows=(row,)).file())
    assert refusal.value.code == "amazon.file.row"


def test_a_tax_names_what_it_was_charged_on() -> None:
    meanings = Meanings(vocabulary(), is_v1=False)

    assert {
        (triple[1], triple[2]): "".join(each.base for each in meanings[triple].tax)
        for triple in (
            ("Order", "ItemPrice", "Tax"),
            ("Order", "ItemPrice", "ShippingTax"),
            ("Order", "Promotion", "TaxDiscount"),
            ("Refund", "ItemPrice", "Tax"),
            ("FBAFees", "FBA Inventory Storage Fee", "Tax on fee"),
            ("Order", "ItemPrice", "Principal"),
        )
    } == {
        ("ItemPrice", "Tax"): "refund.product",
        ("ItemPrice", "ShippingTax"): "sale.shipping",
        ("Promotion", "TaxDiscount"): "discount.product",
        ("FBA Inventory Storage Fee", "Tax on fee"): "fee.storage",
        ("ItemPrice", "Principal"): "",
    }
    assert meanings["Order", "ItemPrice", "Tax"].tax == taxed_at("", base="sale.product")


def test_withheld_tax_is_the_marketplaces_and_collected_tax_the_merchants_unless_a_row_says_so() -> None:
    """A settlement tells neither rates nor jurisdictions."""
    meanings = Meanings(vocabulary(), is_v1=False)
    withheld = ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal")

    assert meanings[withheld].tax == (TaxComponent(liable=Liable.CHANNEL),)
    assert meanings["Order", "ItemPrice", "Tax"].tax == (TaxComponent(base="sale.product"),)
    assert meanings["Order", "ItemPrice", "Principal"].tax == ()
