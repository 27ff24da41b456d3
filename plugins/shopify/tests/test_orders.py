"""Agreements to documents: edits, refunds, returns, exchanges, and what holds an order."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.plugin import ConcernKind
from plugins.shopify.tests.shop import (
    AT,
    LATER,
    LATEST,
    agreement,
    bag,
    item,
    kinds,
    note_codes,
    order,
    orders,
    page,
    read,
    refund,
    sale,
    sold,
    transaction,
)


def test_an_edit_adds_to_the_order_and_changes_no_line_it_had() -> None:
    """F21: a late edit is later lines, dated when it happened."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, "20.00", item=2)], LATER, "OrderEdit")
    before = read(orders(order([first], "100.00")))[0]
    paid = [transaction(501, "100.00"), transaction(502, "20.00", at=LATER)]
    items = page([item(1), item(2)])
    after = read(orders(order([edit, first], "120.00", transactions=paid, lineItems=items)))[0]

    assert set(before.lines) < set(after.lines)
    assert kinds(after) == [("sale.product", 10000), ("sale.product", 2000), ("tender", -10000), ("tender", -2000)]
    assert [line.occurred_at.day for line in after.lines] == [1, 5, 1, 5]
    assert after.start.paid_at == before.start.paid_at == before.lines[-1].occurred_at
    assert after.is_tied
    assert not after.blocking


@pytest.mark.parametrize(
    ("changed", "total", "minor", "told"),
    [("20.00", "120.00", 2000, "20.00 USD is owed by"), ("-30.00", "70.00", -3000, "30.00 USD is owed to")],
)
def test_an_order_that_is_changed_after_it_was_paid_stays_paid_and_says_what_is_owed(
    changed: str, total: str, minor: int, told: str
) -> None:
    """F21, C14: the receipt is what was charged; the change is dated when it was made."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, changed, action="UPDATE", item=1)], LATER, "OrderEdit")
    (document,) = read(orders(order([first, edit], total, transactions=[transaction(501, "100.00")])))

    assert document.start.paid_at == document.lines[0].occurred_at
    assert [line.occurred_at.day for line in document.lines] == [1, 5, 1]
    (concern,) = document.concerns
    assert (concern.kind, concern.amount_minor, concern.at.day) == (ConcernKind.EDITED, minor, 5)
    assert told in concern.message


def test_a_change_that_was_settled_needs_nobody() -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, "20.00", item=1)], LATER, "OrderEdit")
    paid = [transaction(501, "100.00"), transaction(502, "20.00", at=LATEST)]

    assert read(orders(order([first, edit], "120.00", transactions=paid)))[0].concerns == ()


@pytest.mark.parametrize("agreed", [True, False], ids=["agreed", "without agreement"])
def test_a_refund_that_pays_back_what_an_edit_left_owed_is_money_and_no_goodwill(*, agreed: bool) -> None:
    """44.04 charged, 35.38 since the edit: the refund of 8.66 is none of the sale, which is 35.38 before and after."""
    first = agreement(201, [sale(301, "44.04", item=1)])
    edit = agreement(202, [sale(302, "-8.66", action="UPDATE", item=1)], LATER, "OrderEdit")
    repaid = transaction(502, "8.66", "REFUND", LATEST)
    back = [agreement(203, [], LATEST, "Refund", 601)] if agreed else []
    node = order(
        [first, edit, *back],
        "35.38",
        transactions=[transaction(501, "44.04"), repaid],
        refunds=[refund(601, [repaid], LATEST)],
    )
    before = read(orders(order([first, edit], "35.38", transactions=[transaction(501, "44.04")])))
    sold_, paid_back = read(orders(node))

    assert [concern.kind for concern in before[0].concerns] == [ConcernKind.EDITED]
    assert (sold_.lines, sold_.concerns, sold_.blocking) == (before[0].lines, (), [])
    assert (kinds(paid_back), paid_back.start.total_minor) == ([("tender", 866)], 0)
    assert sum(line.amount_minor for document in (sold_, paid_back) for line in document.lines) == 0


def test_a_paid_order_that_was_cancelled_and_not_refunded_says_so_and_stays_as_it_is() -> None:
    """C14: a cancellation moves no money."""
    (standing,) = read(orders(sold()))
    (cancelled,) = read(orders(sold(cancelledAt=LATER)))

    assert (cancelled.start.total_minor, cancelled.lines) == (standing.start.total_minor, standing.lines)
    (concern,) = cancelled.concerns
    assert (concern.kind, concern.amount_minor) == (ConcernKind.CANCELLED, 10000)
    assert "100.00 USD" in concern.message
    assert "2026-09-05" in concern.message


def test_a_cancelled_order_that_was_never_paid_is_told_for_whoever_booked_it_when_it_was_placed() -> None:
    """What is taken back of it needs nobody; whether it is in the books, the host knows."""
    unpaid = sold(cancelledAt=LATER, transactions=[])
    ((concern,),) = [document.concerns for document in read(orders(unpaid))]
    assert (concern.kind, concern.amount_minor) == (ConcernKind.CANCELLED, 10000)
    assert "before it was paid in full" in concern.message

    back = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Refund", 601)
    taken_back = order(
        [agreement(201, [sale(301, "100.00", item=1)]), back],
        "100.00",
        "0.00",
        transactions=[],
        refunds=[refund(601, [])],
        cancelledAt=LATER,
    )
    assert [document.concerns for document in read(orders(taken_back)) if document.concerns] == []


def test_a_cancelled_order_that_was_refunded_needs_nobody() -> None:
    repaid = transaction(502, "100.00", "REFUND", LATER)
    back = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Refund", 601)
    refunded = order(
        [agreement(201, [sale(301, "100.00", item=1)]), back],
        "100.00",
        "0.00",
        transactions=[transaction(501, "100.00"), repaid],
        refunds=[refund(601, [repaid])],
        cancelledAt=LATER,
    )
    for node in (refunded, sold(cancelledAt=LATER, test=True)):
        assert [document.concerns for document in read(orders(node)) if document.concerns] == []


def test_goods_taken_off_by_an_edit_stay_in_the_order_whichever_way_its_total_counts_them() -> None:
    first = agreement(201, [sale(301, "100.00", item=1), sale(302, "40.00", item=1)])
    edit = agreement(202, [sale(303, "-40.00", action="RETURN", item=1)], LATER, "OrderEdit")
    for total in ("100.00", "140.00"):
        (document,) = read(orders(order([first, edit], total, "100.00", transactions=[transaction(501, "140.00")])))

        assert document.start.total_minor == 10000
        assert document.is_tied
        assert not document.blocking


def test_a_changed_price_is_an_update_with_its_discount() -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    edit = agreement(202, [sale(302, "-10.00", discount="10.00", action="UPDATE", item=1)], LATER, "OrderEdit")
    (document,) = read(orders(order([first, edit], "90.00", transactions=[transaction(501, "90.00")])))

    assert kinds(document)[1:3] == [("sale.product", 0), ("discount.product", -1000)]
    assert document.is_tied


def test_the_discount_share_of_a_refund_comes_back_as_a_refund() -> None:
    """C15: whichever sign Shopify gives the discount of a returned sale."""
    for sign in ("", "-"):
        first = agreement(201, [sale(301, "90.00", discount="10.00", item=1)])
        back = sale(302, "-90.00", discount=f"{sign}10.00", action="RETURN", item=1)
        repaid = transaction(502, "90.00", "REFUND", LATER)
        node = order(
            [first, agreement(202, [back], LATER, "Refund", 601)],
            "90.00",
            "0.00",
            transactions=[transaction(501, "90.00"), repaid],
            refunds=[refund(601, [repaid])],
        )
        _, document = read(orders(node))

        assert kinds(document) == [("refund.product", -10000), ("refund.discount", 1000), ("tender", 9000)]


def test_a_return_books_before_its_money_moves_and_the_refund_pays_it() -> None:
    """C15: two documents, a month apart if need be."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    agreed = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Return", 701)
    repaid = transaction(502, "100.00", "REFUND", LATEST)
    node = order(
        [first, agreed],
        "100.00",
        "0.00",
        transactions=[transaction(501, "100.00"), repaid],
        refunds=[refund(601, [repaid], LATEST)],
    )
    _, returned, paid = read(orders(node))

    assert (returned.start.external_id, kinds(returned)) == ("return:202", [("refund.product", -10000)])
    assert (paid.start.external_id, paid.start.total_minor, kinds(paid)) == ("601", 0, [("tender", 10000)])
    assert returned.start.opened_at < paid.start.opened_at
    assert {document.start.order_id for document in (returned, paid)} == {"450000009001"}


@pytest.mark.parametrize(("price", "extra"), [("130.00", "30.00"), ("80.00", "-20.00")])
def test_an_exchange_is_one_document_of_what_went_back_and_what_went_out(price: str, extra: str) -> None:
    """F19: dearer goods bring a payment, cheaper ones a refund; either way the order's totals tie."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    out = [sale(302, "-100.00", action="RETURN", item=1), sale(303, price, item=2)]
    exchanged = agreement(202, out, LATER, "Return", 701)
    is_dearer = not extra.startswith("-")
    moved = transaction(502, extra.removeprefix("-"), "SALE" if is_dearer else "REFUND", LATER)
    node = order(
        [first, exchanged],
        f"{100 + float(price):.2f}",
        price,
        transactions=[transaction(501, "100.00"), moved],
        refunds=[] if is_dearer else [refund(601, [moved])],
        lineItems=page([item(1), item(2, price)]),
    )
    found = read(orders(node))

    assert all(document.is_tied and not document.blocking for document in found)
    assert sum(document.start.total_minor for document in found) == int(float(price) * 100)
    (exchange,) = [document for document in found if document.start.external_id == "return:202"]
    assert [kind for kind, _ in kinds(exchange)] == ["refund.product", "sale.product"]
    assert sum(minor for document in found for kind, minor in kinds(document) if kind == "tender") == -int(
        float(price) * 100
    )


def test_duties_fees_and_tips_are_told_apart() -> None:
    """C12, C21: duties and tips are owed to others."""
    sales = [
        sale(301, "100.00", item=1),
        sale(302, "12.00", line="DUTY", duty=801),
        sale(303, "4.00", line="ADDITIONAL_FEE"),
        sale(304, "5.00", line="TIP", item=2),
        sale(305, "7.00", line="FEE"),
    ]
    (document,) = read(orders(order([agreement(201, sales)], "128.00")))

    assert [kind for kind, _ in kinds(document)] == [
        "sale.product",
        "duty",
        "sale.other",
        "tip",
        "restocking",
        "tender",
    ]
    assert document.is_tied


def test_a_tip_is_counted_once() -> None:
    """It is a sale of its own and a line item as well, and the order tells its sum a third time."""
    node = order(
        [agreement(201, [sale(301, "100.00", item=1), sale(302, "5.00", line="TIP", item=2)])],
        "105.00",
        lineItems=page([item(1), item(2, "5.00")]),
        totalTipReceivedSet=bag("5.00"),
    )
    (document,) = read(orders(node))

    assert kinds(document) == [("sale.product", 10000), ("tip", 500), ("tender", -10500)]


def test_a_restocking_fee_is_kept_out_of_what_comes_back() -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = [sale(302, "-100.00", action="RETURN", item=1), sale(303, "10.00", line="FEE")]
    repaid = transaction(502, "90.00", "REFUND", LATER)
    node = order(
        [first, agreement(202, back, LATER, "Refund", 601)],
        "100.00",
        "10.00",
        transactions=[transaction(501, "100.00"), repaid],
        refunds=[refund(601, [repaid])],
    )
    _, document = read(orders(node))

    assert kinds(document) == [("refund.product", -10000), ("restocking", 1000), ("tender", 9000)]
    assert not document.blocking


@pytest.mark.parametrize(("line", "action"), [("UNKNOWN", "ORDER"), ("PRODUCT", "UNKNOWN"), ("SUBSCRIPTION", "ORDER")])
def test_a_sale_of_a_type_nobody_knows_keeps_the_total_and_waits(line: str, action: str) -> None:
    """F23, D12: unknown words are suspense, never an error."""
    (document,) = read(orders(order([agreement(201, [sale(301, "90.00", "8.00", line=line, action=action)])], "90.00")))

    assert kinds(document)[0] == ("unclassified", 9000)
    assert document.is_tied
    assert document.blocking == ["shopify.unclassified"]


def test_agreements_that_miss_the_current_total_hold_the_order_with_the_exact_difference() -> None:
    """F22."""
    (document,) = read(orders(order([agreement(201, [sale(301, "90.00", item=1)])], "100.00", "100.00")))

    assert document.blocking == ["shopify.order.total"]
    assert not document.is_tied
    assert "come to 10.00 USD less than its current total of 100.00 USD" in document.problems[0].message


def test_a_total_before_returns_that_no_reading_explains_holds_the_order() -> None:
    (document,) = read(orders(order([agreement(201, [sale(301, "100.00", item=1)])], "77.00", "100.00")))

    assert document.blocking == ["shopify.order.total"]
    assert document.start.total_minor == 7700


CUT: list[tuple[str, Any]] = [
    ("lineItems", page([item(1)], more=True)),
    ("shippingLines", page([], more=True)),
    ("agreements", page([agreement(201, [sale(301, "100.00", item=1)])], more=True)),
    ("agreements", page([agreement(201, [sale(301, "100.00", item=1)]) | {"sales": page([], more=True)}])),
    ("refunds", [refund(601, refundLineItems=page([], more=True))]),
    ("refunds", [refund(601) | {"transactions": page([], more=True)}]),
    ("lineItems", {"pageInfo": {"hasNextPage": False}}),
]


@pytest.mark.parametrize(("field", "value"), CUT)
def test_an_order_of_which_a_page_is_missing_is_held(field: str, value: Any) -> None:
    """F41: a nested connection that was cut at its first page loses nothing silently."""
    (document,) = read(orders(sold() | {field: value}))

    assert "shopify.order.incomplete" in document.blocking


@pytest.mark.parametrize("is_repaid", [True, False])
def test_an_order_whose_refunds_were_cut_off_is_held(*, is_repaid: bool) -> None:
    """They are a list, which has no page info: the agreements, the transactions and the total name what it lacks."""
    back = agreement(202, [sale(302, "-30.00", action="RETURN", item=1)], LATER, "Refund", 601)
    moves = [transaction(501, "100.00"), *([transaction(502, "30.00", "REFUND", LATER)] if is_repaid else [])]
    agreed = [agreement(201, [sale(301, "100.00", item=1)])]
    for agreements in ([*agreed, back], agreed, None):
        (document, *_) = read(orders(order(agreements, "100.00", "70.00", transactions=moves)))
        assert document.blocking


def test_further_pages_of_orders_are_told_and_hold_nothing() -> None:
    answer = orders(sold(), more=True)

    assert (read(answer)[0].codes, note_codes(answer)) == ([], ["shopify.answer.more_pages"])


def test_the_day_of_an_imported_order_is_the_day_it_was_processed() -> None:
    node = sold(createdAt=LATEST, processedAt=AT)

    assert read(orders(node))[0].start.opened_at.isoformat() == "2026-09-01T10:00:00+00:00"


def test_an_order_is_as_of_its_last_change_and_wears_shopifys_own_word() -> None:
    (document,) = read(orders(sold(displayFinancialStatus="PARTIALLY_PAID")))

    assert document.start.as_of is not None
    assert document.start.as_of.isoformat() == "2026-09-09T12:00:00+00:00"
    assert document.start.status == "partially_paid"


def test_one_order_and_edges_read_as_a_page_of_nodes() -> None:
    node = sold()
    as_edges = {"data": {"orders": {"edges": [{"cursor": "c", "node": _with_edges(node)}]}}}

    (expected,) = read(orders(node))
    for answer in ({"data": {"order": node}}, as_edges):
        (document,) = read(answer)
        assert document.facts == expected.facts


def test_a_refund_agreement_that_does_not_say_of_which_refund_is_refused() -> None:
    node = sold()
    node["agreements"]["nodes"][0]["__typename"] = "RefundAgreement"
    with pytest.raises(DocumentError) as caught:
        read(orders(node))

    assert caught.value.code == "shopify.file.shape"


def test_all_documents_of_an_order_share_their_payload_and_name_it() -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Refund", 601)
    repaid = transaction(502, "100.00", "REFUND", LATER)
    node = order(
        [first, back],
        "100.00",
        "0.00",
        transactions=[transaction(501, "100.00"), repaid],
        refunds=[refund(601, [repaid])],
    )
    sold_, refunded = read(orders(node))

    assert sold_.start.payload is refunded.start.payload
    assert (sold_.start.kind, refunded.start.kind) == (DocumentKind.ORDER, DocumentKind.REFUND)
    assert {line.order_id for document in (sold_, refunded) for line in document.lines} == {"450000009001"}


def _with_edges(value: Any) -> Any:
    if isinstance(value, dict):
        found = {name: _with_edges(each) for name, each in value.items() if name != "nodes"}
        return found | ({"edges": [{"node": _with_edges(each)} for each in value["nodes"]]} if "nodes" in value else {})
    return [_with_edges(each) for each in value] if isinstance(value, list) else value
