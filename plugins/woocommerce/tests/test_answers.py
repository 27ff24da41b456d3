"""Files told apart by what is in them; what cannot be read is refused with a code, a cause and a next step."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind, Witness
from bridge_woocommerce.files import WooCommerceSource
from plugins.woocommerce.tests.shop import (
    SHOPS,
    MemoryFile,
    item,
    one,
    order,
    read,
    read_bytes,
    recorded,
    refund,
    sample,
)


def code_of(content: bytes) -> str:
    with pytest.raises(DocumentError) as refused:
        read_bytes(content)
    assert refused.value.thing.startswith("file orders.json")
    assert refused.value.cause
    assert refused.value.next_step
    return refused.value.code


def code_of_json(told: Any) -> str:
    return code_of(json.dumps(told).encode())


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (order(), ["order 75"]),
        ([order(), order(76)], ["order 75", "order 76"]),
        (recorded(order()), ["order 75"]),
        (recorded([order(), order(76)]), ["order 75", "order 76"]),
        ([recorded([order()]), recorded([refund()], path="/wp-json/wc/v3/refunds")], ["order 75", "refund 88"]),
        ([refund(), order()], ["order 75", "refund 88"]),
        ([order(), order(76), refund()], ["order 75", "refund 88", "order 76"]),
        ([[order()], [recorded([refund()])]], ["order 75", "refund 88"]),
        ({**recorded(order()), "request": "GET /wp-json/wc/v3/orders/75", "status": 201}, ["order 75"]),
    ],
)
def test_answers_are_told_apart_by_what_they_hold(told: Any, names: list[str]) -> None:
    found = read(told)

    assert [f"{each.start.kind} {each.start.external_id}" for each in found] == names
    assert {each.start.witness for each in found} == {Witness.API}


def test_a_byte_order_mark_and_white_space_change_nothing() -> None:
    plain = json.dumps(order()).encode()

    assert read_bytes(b"\xef\xbb\xbf\r\n " + plain + b"\n") == read_bytes(plain)


def test_an_order_that_comes_twice_is_there_once_as_the_shop_last_said() -> None:
    """D17: pages of a list that moves overlap."""
    early = recorded([order(total="10.00")], at="Thu, 12 Mar 2026 09:00:00 GMT")
    late = recorded([order(total="12.00", line_items=[item(1, "12.00")])], at="Thu, 12 Mar 2026 09:00:01 GMT")

    assert one([early, late]).start.total_minor == one([late, early]).start.total_minor == 1200


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("us_exclusive/errors/no_key_401", "woocommerce_rest_cannot_view"),
        ("us_exclusive/errors/wrong_secret_401", "woocommerce_rest_authentication_error"),
        ("us_exclusive/errors/no_route_404", "rest_no_route"),
        ("us_exclusive/errors/refund_negative_amount_500", "woocommerce_rest_invalid_order_refund"),
        ("gb_inclusive/orders/deleted_by_id", "woocommerce_rest_shop_order_invalid_id"),
    ],
)
def test_a_refusal_of_the_shop_is_told_by_its_code(path: str, code: str) -> None:
    with pytest.raises(DocumentError, match=code) as refused:
        read_bytes(sample(path))
    assert refused.value.code == "woocommerce.file.refused"


def test_a_bare_refusal_is_one_too_whatever_its_data_is() -> None:
    assert code_of_json({"code": "rest_forbidden", "message": "Hello Ada", "data": 400}) == "woocommerce.file.refused"
    assert code_of_json({"code": 7, "message": "", "data": {"status": 500}}) == "woocommerce.file.refused"
    with pytest.raises(DocumentError) as refused:
        read({"code": "Ada Test, 12 Sample Street", "message": "x", "data": None})
    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize(
    "path", ["us_exclusive/reports/revenue_stats_date_paid", "us_exclusive/setup/settings_general"]
)
def test_other_answers_are_named_and_not_used(path: str) -> None:
    with pytest.raises(DocumentError, match="/wp-json/wc") as refused:
        read_bytes(sample(path))
    assert refused.value.code == "woocommerce.file.not_used"
    assert "/wp-json/wc/v3/orders" in refused.value.next_step


def test_parameters_of_a_request_are_never_shown() -> None:
    """They may hold the key's secret."""
    told = recorded({"id": 1}, path="/wp-json/wc/v3/coupons?consumer_secret=cs_1")
    with pytest.raises(DocumentError) as refused:
        read(told)
    assert "cs_1" not in str(refused.value)


@pytest.mark.parametrize("shop", SHOPS)
def test_a_list_of_some_fields_only_is_refused(shop: str) -> None:
    assert code_of(sample(f"{shop}/orders/modified_asc")) == "woocommerce.file.fields"


@pytest.mark.parametrize("shop", SHOPS)
def test_a_page_beyond_the_last_holds_nothing(shop: str) -> None:
    assert code_of(sample(f"{shop}/orders/page_beyond")) == "woocommerce.file.empty"


@pytest.mark.parametrize("shop", SHOPS)
def test_a_checkout_begun_and_left_is_unpaid(shop: str) -> None:
    (draft,) = read_bytes(sample(f"{shop}/orders/status_checkout_draft"))

    assert (draft.start.status, draft.start.paid_at) == ("checkout-draft", None)


def test_a_recorded_answer_without_decimals_is_refused() -> None:
    assert code_of(sample("us_exclusive/orders/one_dp0")) == "woocommerce.file.decimals"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"[]", "empty"),
        (b"<!DOCTYPE html><html><title>Ada Test</title></html>", "html"),
        (b"<br />\n<b>Notice</b>:  Undefined index: Ada in /srv/www/x.php on line <b>7</b><br />\n[]", "notice"),
        (b"<br />\n<b>Fatal error</b>:  Allowed memory size exhausted", "notice"),
        (b'{"status":200,"headers":{},"body":"<html>Just a moment...</html>"}', "html"),
        (b'{"status":200,"headers":{},"body":"<br />\\n<b>Warning</b>: x"}', "notice"),
        (b"\xff\xfe[\x00]\x00", "json"),
        (b"PK\x03\x04", "json"),
        (b"order-id\ttotal\n", "table"),
        (b'"text"', "json"),
        (b"[1]", "types"),
        (b"[{]", "json"),
        (b'[{"id": 75, "line_items": [', "truncated"),
        (b"[" * 100_000, "json"),
        (b"[" * 900 + b"]" * 900, "json"),
        (b'{"orders":' * 900 + b"[]" + b"}" * 900, "json"),
        (json.dumps(order()).encode().replace(b"processing", b"\xff"), "json"),
        (b"{}", "not_used"),
        (b'[{"id": 1, "name": "Mug", "price": "9.99"}]', "not_used"),
    ],
)
def test_what_is_no_answer_is_refused(content: bytes, code: str) -> None:
    """HTML with status 200, PHP notices before JSON, cut downloads."""
    assert code_of(content) == f"woocommerce.file.{code}"
    with pytest.raises(DocumentError) as refused:
        read_bytes(content)
    assert "Ada" not in str(refused.value)


@pytest.mark.parametrize(
    "broken",
    [
        {"total": 10.0},
        {"total": None},
        {"id": "75"},
        {"line_items": {}},
        {"line_items": [{**item(), "total": 3}]},
        {"status": True},
        {"tax_lines": [{"rate_id": [], "tax_total": "1.00"}]},
        {"refunds": "none"},
    ],
)
def test_a_field_of_another_type_is_refused_and_its_content_not_told(broken: dict[str, Any]) -> None:
    """F29: amounts are text; a JSON number was a float somewhere."""
    assert code_of_json([order(**broken)]) == "woocommerce.file.types"


@pytest.mark.parametrize("name", ["total", "total_tax", "currency", "date_paid_gmt", "tax_lines", "fee_lines"])
def test_a_field_that_is_missing_is_named(name: str) -> None:
    told = {key: value for key, value in order().items() if key != name}
    with pytest.raises(DocumentError, match=name) as refused:
        read(told)
    assert refused.value.code == "woocommerce.file.fields"


@pytest.mark.parametrize("text", ["", "10,00", "1e3", "ten", "NaN", "1 000.00", "9" * 30, "१०"])
def test_an_amount_that_is_none_is_refused_with_its_order(text: str) -> None:
    with pytest.raises(DocumentError, match="order 75") as refused:
        read(order(total=text))
    assert refused.value.code == "woocommerce.file.amount"


@pytest.mark.parametrize("text", ["yesterday", "0000-00-00T00:00:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_date_that_is_none_is_refused(text: str) -> None:
    assert code_of_json(order(date_paid_gmt=text)) == "woocommerce.file.dates"
    assert code_of_json([order(), refund(date_created_gmt=text)]) == "woocommerce.file.dates"


def test_without_any_date_nothing_can_be_booked() -> None:
    nothing = {"date_created_gmt": None, "date_paid_gmt": None, "date_modified_gmt": None}

    assert code_of_json({**order(), **nothing}) == "woocommerce.file.dates"
    assert code_of_json([order(), refund(date_created_gmt=None)]) == "woocommerce.file.dates"


@pytest.mark.parametrize("currency", ["", "BTC", "XAU", "XXX", "gbp"])
def test_a_currency_that_is_none_is_refused(currency: str) -> None:
    assert code_of_json(order(currency=currency)) == "woocommerce.file.currency"


def test_a_larger_file_than_allowed_is_not_read() -> None:
    file = MemoryFile(b"[]")
    file.size = 65_000_000
    with pytest.raises(DocumentError, match="max_file_megabytes") as refused:
        list(WooCommerceSource(max_file_megabytes=64).read_file(file))
    assert refused.value.code == "woocommerce.file.too_large"


@pytest.mark.parametrize("odd", [Decimal("1e400"), Decimal(-3), Decimal(250), Decimal("1e-400")])
def test_odd_numbers_beside_the_money_stop_nothing(odd: Decimal) -> None:
    line = f'{{"rate_id": 1, "rate_percent": {odd}, "tax_total": "2.00"}}'
    told = json.dumps(order(total="12.00", total_tax="2.00", line_items=[{**item(), "quantity": "Q"}]))
    told = told.replace('"Q"', str(odd)).replace('"tax_lines": []', f'"tax_lines": [{line}]')

    found = read_bytes(told.encode())[0]

    assert found.off_minor == 0
    assert found.line("tax:1").tax_rate == ""


def test_documents_of_another_kind_of_channel_are_not_taken_for_orders() -> None:
    coupon = {"id": 3, "code": "ten", "amount": "10.00", "discount_type": "percent"}

    assert code_of_json([coupon]) == "woocommerce.file.not_used"
    assert one([order(), refund()], DocumentKind.REFUND).start.external_id == "88"


@pytest.mark.parametrize(
    ("told", "where", "said"),
    [
        ({**order(), "total": 10.0}, "order 75", "has 'total' as a number, where the channel gives text"),
        (
            {key: value for key, value in order().items() if key != "total"},
            "order 75",
            "lacks 'total'",
        ),
        ({**refund(), "amount": 3.0}, "refund 88", "has 'amount' as a number, where the channel gives text"),
        (order(line_items=[item(), item(2, subtotal=1.0)]), "order 75", "has 'subtotal' of 'line_items 2' as a number"),
    ],
)
def test_a_field_of_another_type_is_told_in_words_with_its_order(told: Any, where: str, said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_bytes(json.dumps([told]).encode())

    assert refused.value.thing == f"file orders.json, {where}"
    assert refused.value.cause.startswith(said)
    assert "Expected" not in refused.value.cause
