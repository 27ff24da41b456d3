"""The fee a gateway wrote on an order is one document, once, in its own currency."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.model.documents import DocumentKind
from bridge.model.lines import Part
from plugins.woocommerce.tests.shop import Reading, meta, order, read

FOREIGN = meta("_wcpay_multi_currency_stripe_exchange_rate", "1.17")
PAYPAL = {"paypal_fee": {"currency_code": "GBP", "value": "4.93"}, "net_amount": {"currency_code": "GBP", "value": "1"}}


def fees(*fields: dict[str, Any], **more: Any) -> tuple[list[Reading], list[str]]:
    """The fee documents of an order with these free fields, and the codes of its problems."""
    found = read(order(meta_data=list(fields), **more))
    return [each for each in found if each.start.kind is DocumentKind.FEE], [
        code for each in found for code in each.codes
    ]


@pytest.mark.parametrize(
    ("gateway", "fields"),
    [
        ("stripe", [meta("_stripe_fee", "4.93"), meta("_stripe_currency", "GBP"), meta("_stripe_net", "5.07")]),
        ("stripe_klarna", [meta("Stripe Fee", "4.93")]),
        ("woocommerce_payments", [meta("_wcpay_transaction_fee", 4.93)]),
        ("ppcp-gateway", [meta("PayPal Transaction Fee", "5.00"), meta("_ppcp_paypal_fees", PAYPAL)]),
        ("paypal", [meta("PayPal Transaction Fee", "4.93"), meta("_paypal_transaction_fee", "4.93")]),
        ("stripe", [meta("PayPal Transaction Fee", "9.00"), meta("_stripe_fee", "4.930000")]),
        ("klarna", [meta("_stripe_fee", "4.93")]),
    ],
)
def test_a_fee_is_taken_from_the_key_of_the_orders_own_gateway_once(gateway: str, fields: list[Any]) -> None:
    (fee,), codes = fees(*fields, payment_method=gateway)

    assert (fee.start.external_id, fee.start.order_id, fee.start.currency) == ("75", "75", "GBP")
    assert (fee.start.total_minor, fee.off_minor) == (-493, 0)
    assert [(line.kind, line.part, line.amount_minor) for line in fee.lines] == [
        ("fee.payment", Part.FEE, -493),
        ("tender", Part.REPAYMENT, 493),
    ]
    assert {dict(line.attributes)["gateway"] for line in fee.lines} == {gateway}
    assert fee.line("tender").reference == f"{gateway}:ch_1"
    assert fee.start.paid_at == fee.start.opened_at
    assert codes == []


def test_the_fee_of_an_account_in_another_currency_is_a_document_in_that_currency() -> None:
    """F27: 1.37 GBP on an order of 64.95 EUR is never 1.37 EUR."""
    (fee,), codes = fees(meta("_stripe_fee", "1.37"), meta("_stripe_currency", "gbp"), total="10.00")
    assert (fee.start.currency, codes) == ("GBP", [])

    (fee,), codes = fees(meta("_stripe_fee", "1.37"), meta("_stripe_currency", "usd"))
    assert (fee.start.currency, fee.start.total_minor, codes) == ("USD", -137, ["woocommerce.fee_currency"])


@pytest.mark.parametrize(
    ("gateway", "fields"),
    [
        ("stripe", [meta("Stripe Fee", "1.37"), meta("Net Revenue From Stripe", "7.20")]),
        ("stripe", [meta("_stripe_fee", "1.37"), meta("_stripe_currency", "xxx")]),
        ("woocommerce_payments", [meta("_wcpay_transaction_fee", "1.37"), FOREIGN]),
        ("woocommerce_payments", [meta("_wcpay_transaction_fee", "1.37"), meta("_wcpay_net", "7.20"), FOREIGN]),
    ],
)
def test_a_fee_in_an_unknown_currency_is_left_out_and_named(gateway: str, fields: list[Any]) -> None:
    """F27: with what is left of the charge it does not come to the order, or the account is in another currency."""
    found, codes = fees(*fields, payment_method=gateway)

    assert (found, codes) == ([], ["woocommerce.fee_unreadable"])


@pytest.mark.parametrize(
    ("gateway", "fields"),
    [
        ("stripe", [meta("Stripe Fee", "1.37"), meta("Net Revenue From Stripe", "8.63")]),
        ("woocommerce_payments", [meta("_wcpay_transaction_fee", "1.37"), meta("_wcpay_net", "8.63"), FOREIGN]),
    ],
)
def test_a_fee_that_makes_the_order_with_what_is_left_of_the_charge_is_in_its_currency(
    gateway: str, fields: list[Any]
) -> None:
    (fee,), codes = fees(*fields, payment_method=gateway)

    assert (fee.start.currency, fee.start.total_minor, codes) == ("GBP", -137, [])


@pytest.mark.parametrize(
    "fields",
    [
        [meta("_stripe_fee", "about 1.37")],
        [meta("_stripe_fee", ["1.37"])],
        [meta("_stripe_fee", True)],
        [meta("_stripe_fee", {"amount": "1.37"})],
        [meta("_stripe_fee", "1.37"), meta("_stripe_currency", "pounds")],
        [meta("_stripe_fee", "1.37"), meta("_stripe_currency", "XXZ")],
        [meta("_ppcp_paypal_fees", "a:1:{}")],
        [meta("_ppcp_paypal_fees", {"paypal_fee": {"currency_code": "GBP", "value": 4.93}})],
    ],
)
def test_a_fee_that_cannot_be_read_is_named_and_stops_nothing(fields: list[Any]) -> None:
    found, codes = fees(*fields)

    assert (found, codes) == ([], ["woocommerce.fee_unreadable"])


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [meta("_stripe_fee", "")],
        [meta("_stripe_fee", "0.00")],
        [meta("_stripe_fee", None)],
        [meta("_ppcp_paypal_fees", [])],
        [meta("_ppcp_paypal_fees", {})],
        [{"id": 1}, 17, "odd", meta("_something", {"deep": [1.5, None]})],
    ],
)
def test_no_fee_is_no_document(fields: list[Any]) -> None:
    assert fees(*fields) == ([], [])


def test_free_fields_that_php_wrote_as_an_object_are_read_all_the_same() -> None:
    found = read(order(meta_data={"3": meta("_stripe_fee", "1.37")}))

    assert [each.start.total_minor for each in found] == [1000, -137]


def test_the_fee_of_an_unpaid_order_waits_with_it() -> None:
    (fee,), _ = fees(meta("_stripe_fee", "1.37"), date_paid_gmt=None)

    assert fee.start.paid_at is None
