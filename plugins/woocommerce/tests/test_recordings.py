"""Two recorded shops come out as their own tables say, order by order, refund by refund, month by month."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.model.documents import DocumentKind
from bridge.model.lines import Part
from plugins.woocommerce.tests.shop import CURRENCIES, SHOPS, ZONES, Reading, cents, read_bytes, recording, sample, told


@cache
def expected(shop: str) -> Any:
    return told(f"{shop}/expected")


@cache
def documents(shop: str) -> dict[tuple[DocumentKind, str], Reading]:
    """Everything of a shop, the bin included."""
    found = [*recording(shop), *read_bytes(sample(f"{shop}/orders/status_trash"))]
    return {each.name: each for each in found}


ORDERS = [(shop, each) for shop in SHOPS for each in expected(shop)["orders"] if not each.get("gone")]
REFUNDS = [(shop, order, each) for shop, order in ORDERS for each in order.get("refunds", ())]


def label(value: Any) -> str:
    return value if isinstance(value, str) else str(value.get("label") or value["id"])


@pytest.mark.parametrize(("shop", "order"), ORDERS, ids=label)
def test_an_order_is_what_the_tables_of_the_shop_say(shop: str, order: Any) -> None:
    """F18: gross, discounts, shipping, fees, tax and total; the rest is rounding and no more than rounding."""
    found = documents(shop)[DocumentKind.ORDER, str(order["id"])]
    amounts, start = order["amounts"], found.start

    assert (start.currency, start.status) == (order["currency"], order["status"])
    assert start.paid_at == (instant(order["date_paid_utc"]) if order["date_paid_utc"] else None)
    assert start.opened_at == instant(order["date_created_utc"])
    assert start.total_minor == cents(amounts["total"])
    assert found.off_minor == 0
    if start.status == "trash":
        assert {line.kind for line in found.lines} == {"ignored"}
        return
    tables = {
        "items_gross": cents(amounts["items_gross"]),
        "discounts": -cents(amounts["discounts"]),
        "shipping": cents(amounts["shipping"]),
        "fees": cents(amounts["fees_positive"]) + cents(amounts["fees_negative"]),
        "tax": cents(amounts["tax"]),
    }
    ours = amounts_of(found)
    halves = len(found.booked)  # each amount is rounded by itself: at most half a minor unit a line
    assert all(abs(ours[name] - minor) * 2 <= halves for name, minor in tables.items()), (ours, tables)
    assert ours["tax"] == tables["tax"]
    if shop == "us_exclusive":  # its lines are stored with cents only
        assert {name: minor for name, minor in ours.items() if name != "rounding"} == tables
        assert not ours["rounding"]


@pytest.mark.parametrize(("shop", "order"), ORDERS, ids=label)
def test_tax_by_rate_is_what_the_shop_states(shop: str, order: Any) -> None:
    found = documents(shop)[DocumentKind.ORDER, str(order["id"])]
    by_rate: dict[str, int] = {}
    for line in found.booked:
        if ":tax:" in line.key:
            code = line.words.removeprefix("tax|")
            by_rate[code] = by_rate.get(code, 0) + line.amount_minor
    stated = {
        code: cents(rate["on_items_and_fees"]) + cents(rate["on_shipping"])
        for code, rate in order["tax_by_rate"].items()
    }

    assert all(abs(by_rate.get(code, 0) - minor) <= 1 for code, minor in stated.items()), (by_rate, stated)


@pytest.mark.parametrize(("shop", "order"), ORDERS, ids=label)
def test_a_paid_order_was_paid_whole_and_by_its_gateway(shop: str, order: Any) -> None:
    found = documents(shop)[DocumentKind.ORDER, str(order["id"])]
    money = [line for line in found.lines if line.part.is_money]

    if order["date_paid_utc"] and cents(order["amounts"]["total"]):
        (paid,) = money
        transaction, gateway = order["transaction_id"], order["payment_method"]
        assert (paid.part, paid.amount_minor) == (Part.RECEIPT, -found.start.total_minor)
        assert dict(paid.attributes) == {"gateway": gateway}
        assert paid.reference == (f"{gateway}:{transaction}" if transaction else "")
    else:
        assert not money


@pytest.mark.parametrize(("shop", "order", "refund"), REFUNDS, ids=label)
def test_a_refund_is_what_the_tables_of_the_shop_say(shop: str, order: Any, refund: Any) -> None:
    """F18, F19, F20."""
    found = documents(shop)[DocumentKind.REFUND, str(refund["id"])]
    start, kinds = found.start, found.by_kind()

    assert start.total_minor == cents(refund["total"])
    assert (start.order_id, start.currency) == (str(order["id"]), order["currency"])
    assert start.opened_at == start.paid_at == instant(refund["date_utc"])
    assert found.off_minor == 0
    assert kinds.get("refund.product", 0) == cents(refund["items"])
    assert kinds.get("refund.shipping", 0) == cents(refund["shipping"])
    assert kinds.get("refund.other", 0) == cents(refund["fees"])
    assert kinds.get("tax.collected", 0) == cents(refund["tax"])
    assert kinds.get("refund.goodwill", 0) + kinds.get("rounding", 0) == cents(refund["not_in_lines"])
    assert ("refund.goodwill" in kinds) is (refund["kind"] in {"lump_sum", "by_status"})
    assert kinds["tender"] == -start.total_minor
    assert found.line("tender").reference == f"stripe:{order['transaction_id']}"
    assert not found.problems


@pytest.mark.parametrize("shop", SHOPS)
def test_every_refund_of_the_shop_is_there_once(shop: str) -> None:
    """F20: as many as the orders show, and both of two identical ones."""
    ours = {number for kind, number in documents(shop) if kind is DocumentKind.REFUND}

    assert ours == {str(refund["id"]) for where, _, refund in REFUNDS if where == shop}


@pytest.mark.parametrize("shop", SHOPS)
def test_every_order_of_the_shop_is_there_once(shop: str) -> None:
    ours = {number for kind, number in documents(shop) if kind is DocumentKind.ORDER}

    assert ours == {str(order["id"]) for where, order in ORDERS if where == shop}


@pytest.mark.parametrize(("shop", "order"), ORDERS, ids=label)
def test_what_is_left_after_refunds_is_what_the_shop_says(shop: str, order: Any) -> None:
    found = documents(shop).values()
    of_order = [each for each in found if each.start.order_id == str(order["id"])]
    left = sum(each.start.total_minor for each in of_order if each.start.kind is not DocumentKind.FEE)

    assert left == cents(order["net_after_refunds"])


@pytest.mark.parametrize(("shop", "row"), [(shop, row) for shop in SHOPS for row in expected(shop)["by_month"]["rows"]])
def test_months_add_up_as_the_shop_counts_them(shop: str, row: Any) -> None:
    """F37: by the day of payment in the shop's own zone, whatever the clocks do."""
    orders = [each for each in paid(shop) if in_month(shop, each, row)]
    refunds = [each for each in of_kind(shop, DocumentKind.REFUND) if in_month(shop, each, row)]

    assert len(orders) == row["orders"]
    assert sum(each.start.total_minor for each in orders) == cents(row["total"])
    assert sum(amounts_of(each)["tax"] for each in orders) == cents(row["tax"])
    assert len(refunds) == row["refunds_count"]
    assert sum(each.start.total_minor for each in refunds) == cents(row["refunds"])
    parts = {name: sum(amounts_of(each)[name] for each in orders) for name in ("items_gross", "discounts", "shipping")}
    lines = sum(len(each.booked) for each in orders)
    assert abs(parts["items_gross"] - cents(row["items_gross"])) * 2 <= lines
    assert abs(parts["discounts"] + cents(row["discounts"])) * 2 <= lines
    assert parts["shipping"] == cents(row["shipping"])


@pytest.mark.parametrize("shop", SHOPS)
def test_the_report_of_the_shop_is_explained_to_the_cent(shop: str) -> None:
    """What its revenue report says differs from the documents by named reasons and nothing else."""
    found, why = documents(shop), expected(shop)["reports"]["why_they_differ_from_the_orders"]

    def total(numbers: list[int]) -> int:
        return sum(found[DocumentKind.ORDER, str(number)].start.total_minor for number in numbers)

    live = sum(each.start.total_minor for each in paid(shop))
    refunded = sum(each.start.total_minor for each in of_kind(shop, DocumentKind.REFUND))
    explained = live + refunded
    explained -= total(why["cancelled_after_payment_left_out"])
    explained += total([each["order"] for each in why["counted_although_the_order_no_longer_counts"]])
    explained -= total([each["order"] for each in why["not_counted_although_the_order_counts"]])

    assert why["orders_or_refunds_without_row"] == why["full_refund_after_part_refund_counted_again"] == []
    assert explained == cents(expected(shop)["reports"]["revenue_by_date_paid"]["total_sales"])


def test_the_recorded_report_says_the_same_total() -> None:
    report = told("us_exclusive/reports/revenue_stats_date_paid")["body"]["totals"]["total_sales"]

    assert cents(Decimal(report)) == cents(expected("us_exclusive")["reports"]["revenue_by_date_paid"]["total_sales"])


@pytest.mark.parametrize("shop", SHOPS)
def test_default_pages_bring_the_same_documents_as_six_decimals(shop: str) -> None:
    """F18: amounts are rounded once, by the shop's own rule, however many decimals it was asked for."""
    pages = [each for page in range(1, 5) for each in read_bytes(sample(f"{shop}/orders/page_{page}"))]
    exact = {each.name: each for each in read_bytes(sample(f"{shop}/orders/all_dp6_oldest_first"))}

    assert {each.name for each in pages} == exact.keys()
    for page in pages:
        assert page.lines == exact[page.name].lines
        assert page.start.total_minor == exact[page.name].start.total_minor


@pytest.mark.parametrize("shop", SHOPS)
def test_amounts_of_lines_are_those_the_shop_itself_shows(shop: str) -> None:
    """Read with six decimals, they are the cents that the shop's default answer has for each line."""
    exact = documents(shop)
    for page in range(1, 5):
        for order in told(f"{shop}/orders/page_{page}")["body"]:
            found = exact[DocumentKind.ORDER, str(order["id"])]
            shown = {str(line["id"]): line["subtotal"] for line in order["line_items"]}
            shown |= {str(line["id"]): line["total"] for line in order["shipping_lines"]}
            assert {key: found.line(key).amount_minor for key in shown} == {
                key: cents(text) for key, text in shown.items()
            }


@pytest.mark.parametrize("shop", SHOPS)
def test_refunds_read_with_default_decimals_are_the_same(shop: str) -> None:
    exact = {each.name: each for each in read_bytes(sample(f"{shop}/refunds/all_dp6"), currency=CURRENCIES[shop])}
    default = {each.name: each for each in read_bytes(sample(f"{shop}/refunds/all_default"), currency=CURRENCIES[shop])}

    assert {name: each.lines for name, each in default.items()} == {name: each.lines for name, each in exact.items()}


@pytest.mark.parametrize("shop", SHOPS)
def test_fees_of_gateways_are_those_on_the_orders_each_once(shop: str) -> None:
    """Both keys of PayPal stand on one order; it is one fee."""
    keys = ("_stripe_fee", "PayPal Transaction Fee", "_paypal_transaction_fee")
    stated = {
        str(order["id"]): -cents(next(order["gateway_meta"][key] for key in keys if key in order["gateway_meta"]))
        for where, order in ORDERS
        if where == shop and order.get("gateway_meta")
    }

    assert {each.start.external_id: each.start.total_minor for each in of_kind(shop, DocumentKind.FEE)} == stated


@pytest.mark.parametrize("shop", SHOPS)
def test_what_is_kept_of_every_document_reads_as_the_same_document(shop: str) -> None:
    for each in documents(shop).values():
        again = {found.name: found for found in read_bytes(each.start.payload)}[each.name]
        assert (again.start, again.lines) == (each.start, each.lines)


@pytest.mark.parametrize("shop", SHOPS)
def test_an_edit_is_a_later_content_whose_unchanged_lines_stay_as_they_are(shop: str) -> None:
    """F21: one order edited twice after payment; in one shop its date of modification never moves."""
    names = ("edited_1_paid", "edited_2_line_added", "edited_3_line_removed")
    first, second, third = (read_bytes(sample(f"{shop}/timeline/{name}"))[0] for name in names)

    assert first.name == second.name == third.name
    assert len({each.start.total_minor for each in (first, second, third)}) == 3
    before, after, last = ({line.key: line for line in each.booked} for each in (first, second, third))
    assert before.items() <= after.items()
    assert last.items() <= after.items()
    assert {key.partition(":")[0] for key in after.keys() - before.keys()} == {
        key.partition(":")[0] for key in last.keys() - before.keys()
    }
    assert first.start.as_of is not None
    assert third.start.as_of is not None
    assert first.start.as_of < third.start.as_of
    assert all(each.off_minor == 0 for each in (first, second, third))


def test_a_transfer_not_yet_received_is_unpaid_until_the_shop_has_a_date() -> None:
    (waiting,) = read_bytes(sample("us_exclusive/timeline/paid_next_month_1_on_hold"))
    paid_later = documents("us_exclusive")[waiting.name]

    assert (waiting.start.status, waiting.start.paid_at) == ("on-hold", None)
    assert paid_later.start.paid_at == datetime.fromisoformat("2026-04-01T16:00:00+00:00")
    assert paid_later.booked == waiting.booked


def test_refunds_asked_for_by_order_take_it_from_the_path() -> None:
    (by_order,) = read_bytes(sample("us_exclusive/refunds/order_83"), currency="USD")
    (of_all,) = [
        each
        for each in read_bytes(sample("us_exclusive/refunds/all_default"), currency="USD")
        if each.start.external_id == by_order.start.external_id
    ]

    assert by_order.start.order_id == "83"
    assert (by_order.lines, by_order.start.total_minor) == (of_all.lines, of_all.start.total_minor)


def test_an_order_that_shows_a_refund_says_where_it_is_to_be_found() -> None:
    """F20: a stub has neither date nor lines; no document is made of it, and nobody forgets it."""
    found = read_bytes(sample("us_exclusive/timeline/partial_line_2_after_refund"))

    assert [each.start.kind for each in found] == [DocumentKind.ORDER, DocumentKind.FEE]
    (problem,) = found[-1].problems
    assert (problem.code, problem.blocking) == ("woocommerce.refunds_elsewhere", False)
    assert "87" in problem.message


@pytest.mark.parametrize("shop", SHOPS)
def test_an_order_paid_and_then_cancelled_stays_booked_and_is_named(shop: str) -> None:
    named = {
        each.start.external_id for each in documents(shop).values() if "woocommerce.paid_and_cancelled" in each.codes
    }

    assert named == {"110"}


# Counting


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def amounts_of(found: Reading) -> dict[str, int]:
    """A document's sums in the words of expected.json; discounts and what fees take off are negative."""
    names = {"sale.product": "items_gross", "sale.shipping": "shipping", "sale.other": "fees", "tip": "fees"}
    sums = dict.fromkeys(("items_gross", "discounts", "shipping", "fees", "tax", "rounding"), 0)
    for line in found.booked:
        if line.kind == "discount.product":
            name = "fees" if line.words.startswith("fee|") else "discounts"
        elif line.kind == "tax.collected":
            name = "tax"
        else:
            name = names.get(line.kind, line.kind)
        sums[name] += line.amount_minor
    return sums


def of_kind(shop: str, kind: DocumentKind) -> list[Reading]:
    return [each for each in documents(shop).values() if each.start.kind is kind and "ignored" not in each.by_kind()]


def paid(shop: str) -> list[Reading]:
    return [each for each in of_kind(shop, DocumentKind.ORDER) if each.start.paid_at and each.start.status != "trash"]


def in_month(shop: str, found: Reading, row: Any) -> bool:
    at = found.start.paid_at
    assert at is not None
    month = at.astimezone(ZoneInfo(ZONES[shop])).strftime("%Y-%m")
    return (month, found.start.currency) == (row["month"], row["currency"])
