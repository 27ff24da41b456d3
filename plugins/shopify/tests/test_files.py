"""Which file is what, by what is in it; and every way in which one is refused."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import Disposition, DocumentError
from bridge_shopify.source import ShopifySource
from plugins.shopify.tests.shop import (
    Json,
    MemoryFile,
    account,
    agreement,
    amount,
    bag,
    order,
    orders,
    page,
    payout,
    read,
    row,
    sale,
    sample,
    sold,
    transaction,
)

REST = Path(__file__).parent / "samples" / "thirdparty" / "shopify_python_api"


def refused(content: bytes | str | Json, source: ShopifySource | None = None) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        list((source or ShopifySource()).read_file(MemoryFile(content, "brought")))
    error = caught.value
    assert error.code.startswith("shopify.")
    assert error.disposition is Disposition.PARK
    assert error.thing.startswith("file brought")
    assert error.next_step
    return error


UNREADABLE: list[tuple[bytes, str]] = [
    (b"", "shopify.file.empty"),
    (b" \r\n\t", "shopify.file.empty"),
    (codecs.BOM_UTF8, "shopify.file.empty"),
    (b"PK\x03\x04 whatever", "shopify.file.unknown"),
    (b"\xff\xfe{\x00", "shopify.file.unknown"),
    (b"<html>", "shopify.file.unknown"),
    (b"hello", "shopify.file.unknown"),
    (b'[{"data": {}}]', "shopify.file.unknown"),
    (b'{"data": {"shop": {"name": "x"}}}', "shopify.file.unknown"),
    (b'{"data": {"orders": {"nodes": []}}}', "shopify.file.nothing"),
    (b'{"data": {"orders": null}}', "shopify.file.nothing"),
    (b'{"data": {"order": null}}', "shopify.file.nothing"),
    (b'{"data": {"orders": {"nodes": [', "shopify.file.truncated"),
    (b'{"data": {"orders": {"nodes": [}}}', "shopify.file.json"),
    (b'{"data": {"orders": {"nodes": []}}} and more', "shopify.file.json"),
    (b'{"data": {"orders": {"nodes": [null]}}}', "shopify.file.shape"),
    (b'{"data": {"orders": {"nodes": [{}]}}}', "shopify.file.shape"),
    (b'{"data": {"orders": []}}', "shopify.file.shape"),
    (b'{"data": []}', "shopify.file.shape"),
    (b'{"data": null}', "shopify.answer.errors"),
    (b'{"extensions": {}}', "shopify.answer.errors"),
    (b'{"data": {"orders": ' + b"[" * 100_000, "shopify.file.shape"),
    (b'{"data": {"x": ' + b"[" * 100_000, "shopify.file.json"),
    (b'{"id": "gid://shopify/Product/1", "title": "x"}\n', "shopify.file.unknown"),
    (b'{"x": 1}\n', "shopify.file.unknown"),
]


@pytest.mark.parametrize(("content", "code"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_refused_with_its_code(content: bytes, code: str) -> None:
    assert refused(content).code == code


@pytest.mark.parametrize("name", ["orders.json", "payouts.json"])
def test_answers_of_the_older_rest_api_are_refused_by_name(name: str) -> None:
    error = refused((REST / name).read_bytes())

    assert error.code == "shopify.file.rest"
    assert "GraphQL" in error.next_step


def test_json_without_an_id_of_shopifys_is_said_to_be_no_file_of_theirs() -> None:
    error = refused(b'{"id": 75, "number": "75", "line_items": [], "total": "10.00"}')

    assert error.code == "shopify.file.unknown"
    assert error.cause.startswith("is no file of Shopify's")
    assert error.next_step.startswith("Bring a saved answer of the GraphQL Admin API")


def test_how_a_bulk_operation_went_is_not_its_result() -> None:
    error = refused(sample("bulk_operation_completed.json"))

    assert error.code == "shopify.file.bulk_answer"
    assert "JSONL" in error.next_step
    assert "storage.example.com" not in str(error)


ERRORS: list[Any] = [
    [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
    [{"message": "Access denied for orders field of Jane Buyer"}],
    [{"message": "x", "extensions": {"code": "Jane Buyer"}}],
    "Not found: Jane Buyer",
    {"orders": "Jane Buyer"},
]


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("has_data", [True, False])
def test_an_answer_with_errors_is_refused_whole_even_with_data(errors: Any, has_data: bool) -> None:
    """A page with errors is not a page."""
    error = refused((orders(sold()) if has_data else {"data": None}) | {"errors": errors})

    assert error.code == "shopify.answer.errors"
    assert "Jane" not in str(error)


def test_a_throttled_answer_says_so() -> None:
    assert "(THROTTLED)" in str(refused({"errors": ERRORS[0]}))


def test_no_errors_are_no_errors() -> None:
    none: list[Any] = [[], None]
    for errors in none:
        assert read(orders(sold()) | {"errors": errors})


def test_a_byte_order_mark_is_read_over() -> None:
    for name in ("orders_us_tax_exclusive.json", "bulk_orders_us.jsonl"):
        assert [each.facts for each in read(codecs.BOM_UTF8 + sample(name))] == [
            each.facts for each in read(sample(name))
        ]


HOSTILE: list[tuple[str, Any, str]] = [
    ("amount", "1e5", "shopify.file.amount"),
    ("amount", "NaN", "shopify.file.amount"),
    ("amount", "Infinity", "shopify.file.amount"),
    ("amount", "-", "shopify.file.amount"),
    ("amount", "", "shopify.file.amount"),
    ("amount", "1,000.00", "shopify.file.amount"),
    ("amount", "10.001", "shopify.file.amount"),
    ("amount", "$10.00", "shopify.file.amount"),
    ("amount", "١٠.٠٠", "shopify.file.amount"),
    ("amount", "9" * 39, "shopify.file.amount"),
    ("amount", "9" * 400, "shopify.file.shape"),
    ("amount", 10, "shopify.file.shape"),
    ("amount", 10.5, "shopify.file.shape"),
    ("amount", None, "shopify.file.shape"),
    ("currencyCode", "EUR", "shopify.file.currency"),
    ("currencyCode", "XXQ", "shopify.file.currency"),
    ("currencyCode", None, "shopify.file.shape"),
]


@pytest.mark.parametrize(("field", "value", "code"), HOSTILE)
def test_an_amount_that_cannot_be_meant_is_refused_and_not_repeated(field: str, value: Any, code: str) -> None:
    """D12: decimals only, exactly."""
    node = sold()
    node["agreements"]["nodes"][0]["sales"]["nodes"][0]["totalAmount"]["shopMoney"][field] = value
    error = refused(orders(node))

    assert error.code == code
    assert len(str(error)) < 400


@pytest.mark.parametrize("currency", ["XXQ", "usd", "", "XAU", "XXX"])
def test_an_order_in_a_currency_that_is_none_is_refused(currency: str) -> None:
    assert refused(orders(sold(currencyCode=currency))).code == "shopify.file.currency"


def test_amounts_of_currencies_with_other_decimals_are_exact() -> None:
    for currency, text, minor in (("JPY", "1200.0", 1200), ("JPY", "1200", 1200), ("BHD", "1.234", 1234)):
        node = order(
            [agreement(201, [sale(301, "0") | {"totalAmount": bag(text, currency)}])],
            "0",
            currencyCode=currency,
            totalPriceSet=bag(text, currency),
            currentTotalPriceSet=bag(text, currency),
            lineItems=page([]),
            transactions=[],
        )
        for bags in ("totalTaxAmount", "totalDiscountAmountBeforeTaxes"):
            node["agreements"]["nodes"][0]["sales"]["nodes"][0][bags] = bag("0", currency)
        (document,) = read(orders(node))

        assert document.start.total_minor == minor


WRONG: list[tuple[str, Any]] = [
    ("id", "gid://shopify/Order/"),
    ("id", "gid://shopify/Order/12a"),
    ("id", 12),
    ("id", ""),
    ("name", None),
    ("name", "#" * 1000),
    ("test", None),
    ("test", "no"),
    ("createdAt", "yesterday"),
    ("processedAt", "2026-09-01T10:00:00"),
    ("processedAt", "0001-01-01T00:00:00Z"),
    ("processedAt", "9999-12-31T23:59:59-12:00"),
    ("transactions", None),
    ("transactions", {"nodes": []}),
    ("totalPriceSet", None),
    ("agreements", []),
    ("lineItems", {"nodes": [{"id": None}]}),
    ("taxesIncluded", 1),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_field_of_another_type_is_refused_naming_the_order_and_the_path(field: str, value: Any) -> None:
    error = refused(orders(sold(), sold() | {field: value}))

    assert error.code == "shopify.file.shape"
    assert "order" in error.thing


@pytest.mark.parametrize(
    "field", ["id", "name", "test", "transactions", "totalPriceSet", "currencyCode", "taxesIncluded"]
)
def test_a_field_that_was_not_asked_for_and_is_needed_is_named(field: str) -> None:
    node = sold()
    del node[field]
    error = refused(orders(node))

    assert (error.code, error.thing) == ("shopify.file.shape", "file brought, order 1 of the file")
    assert f"'{field}'" in str(error)


def test_the_whole_file_is_refused_for_one_order_that_cannot_be_read_and_names_it() -> None:
    error = refused(orders(*[sold()] * 16, sold() | {"createdAt": 5}))

    assert error.thing.endswith("order 17 of the file")


def test_a_file_larger_than_allowed_is_refused_before_it_is_read() -> None:
    class Huge(MemoryFile):
        def __init__(self) -> None:
            super().__init__(orders(sold()))
            self.size = 3_000_000

    for source in (ShopifySource(max_answer_megabytes=2), ShopifySource(max_file_megabytes=2)):
        with pytest.raises(DocumentError) as caught:
            list(source.read_file(Huge()))
        assert caught.value.code == "shopify.file.too_large"


def test_an_answer_with_orders_and_payouts_gives_both() -> None:
    both = {"data": orders(sold())["data"] | account([payout(5001, "10.00")], [row(1, "10.00")])["data"]}

    assert [document.name for document in read(both)] == ["order 450000009001", "payout 5001"]


def test_the_name_of_a_file_says_nothing() -> None:
    content = json.dumps(account([payout(5001, "10.00")], [row(1, "10.00", amount=amount("10.00"))])).encode()

    for name in ("orders_export.csv", "x.jsonl", ""):
        assert list(ShopifySource().read_file(MemoryFile(content, name)))


def test_control_characters_never_come_into_a_name() -> None:
    """What names documents and lines can be kept by every store and shown on every terminal."""
    odd = "\x1b[31m\x00\n"
    moves = [transaction(501, "100.00", gateway=f"pay{odd}pal")]
    node = sold(name=f"#{odd}1", displayFinancialStatus=f"PA{odd}ID", transactions=moves)
    rows = [row(1, "10.00", sourceOrderTransactionId=f"5{odd}")]
    for document in (*read(orders(node)), *read(account([payout(5001, "10.00", status=odd)], rows))):
        start = document.start
        assert all(text.isprintable() for text in (start.external_id, start.title, start.status, start.order_id))
        assert all(line.key.isprintable() and line.reference.isprintable() for line in document.lines)

    node["agreements"]["nodes"][0]["sales"]["nodes"][0]["id"] = f"gid://shopify/Sale/{odd}"
    assert refused(orders(node)).code == "shopify.file.shape"
