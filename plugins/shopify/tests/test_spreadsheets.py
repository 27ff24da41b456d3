"""Exports that a person opened and saved anew: read where nothing is lost, else refused with what was changed (P21)."""

from __future__ import annotations

import csv
import io

import pytest

from bridge.errors import DocumentError
from plugins.shopify.tests.shop import checks, kinds, read, sample
from plugins.shopify.tests.test_exports import COLUMNS, export


def rewritten(content: str, *, delimiter: str = ",", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(csv.reader(io.StringIO(content)))  # type: ignore[arg-type]
    return out.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_another_separator_and_quotes_change_nothing(delimiter: str, quoting: int) -> None:
    written = rewritten(export({}), delimiter=delimiter, quoting=quoting)

    assert [each.facts for each in read(written)] == [each.facts for each in read(export({}))]


@pytest.mark.parametrize("name", ["payouts_export.csv", "orders_export.csv"])
def test_exports_that_check_are_read_with_semicolons_too(name: str) -> None:
    content = sample(name).decode("utf-8-sig")

    assert checks(rewritten(content, delimiter=";")) == checks(content)


@pytest.mark.parametrize(
    ("amount", "fee", "net"),
    [
        ("$1234.50", "$3.20", "$1231.30"),
        ("1,234.50", "3.2", "1,231.30"),
        ("$1,234.50", "+3.20", "$1,231.30"),
        ("1234,50", "3,20", "1231,30"),
    ],
)
def test_amounts_that_can_mean_one_thing_only_are_read(amount: str, fee: str, net: str) -> None:
    (document,) = read(export({"Amount": amount, "Fee": fee, "Net": net}))

    assert kinds(document) == [("settles", 123450), ("fee.payment", -320)]
    assert not document.blocking


@pytest.mark.parametrize("text", ["(20.00)", "-$20.00", "$-20.00", "($20.00)", "-20"])
def test_amounts_below_nothing_are_read_in_the_styles_of_accountants(text: str) -> None:
    (document,) = read(export({"Type": "refund", "Amount": text, "Fee": "0.00", "Net": "-20.00"}))

    assert kinds(document) == [("settles", -2000)]


@pytest.mark.parametrize("day", ["2026/9/7", "2026/09/07", "2026-9-7"])
def test_days_with_the_year_first_are_read(day: str) -> None:
    (document,) = read(export({"Payout Date": day}))

    assert document.start.closed_at.isoformat() == "2026-09-07T00:00:00+00:00"


@pytest.mark.parametrize(
    ("row", "code", "told"),
    [
        ({"Amount": "€100.00"}, "shopify.file.amount", "amount"),
        ({"Amount": "1,234"}, "shopify.file.amount", "amount"),
        ({"Amount": "1.234,50"}, "shopify.file.amount", "amount"),
        ({"Net": "(-5.00)"}, "shopify.file.amount", "net"),
        ({"Net": "-$-5.00"}, "shopify.file.amount", "net"),
        ({"Fee": "#####"}, "shopify.file.amount", "fee"),
        ({"Payout Date": "9/7/2026"}, "shopify.file.dates", "payout date"),
        ({"Payout Date": "07.09.2026"}, "shopify.file.dates", "payout date"),
        ({"Payout Date": "46272"}, "shopify.file.dates", "payout date"),
        ({"Payout Date": "2026/9-7"}, "shopify.file.dates", "payout date"),
        ({"Transaction Date": "9/1/2026 10:02"}, "shopify.file.dates", "transaction date"),
        ({"Transaction Date": "2026-09-01 10:02:13"}, "shopify.file.dates", "transaction date"),
        ({"Payout ID": "1.40769E+11"}, "shopify.file.row", "payout id"),
    ],
)
def test_what_may_mean_two_things_is_refused_with_what_was_changed_and_where_the_original_is(
    row: dict[str, str], code: str, told: str
) -> None:
    with pytest.raises(DocumentError, match=told) as caught:
        read(export({}, row))

    assert caught.value.code == code
    assert caught.value.thing.endswith("line 3")
    assert "Download it again" in caught.value.next_step


def test_empty_columns_that_a_spreadsheet_adds_are_passed_over() -> None:
    padded = export({}, columns=[*COLUMNS, "", ""])

    assert [each.facts for each in read(padded)] == [each.facts for each in read(export({}))]
