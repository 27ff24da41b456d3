"""Every sample with an expected file comes out exactly as expected."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from plugins.amazon.tests.report import SAMPLES, MemoryFile, read

EXPECTED = sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*.expected.json"))


@pytest.mark.parametrize("expected_file", EXPECTED)
def test_sample_agrees_in_header_row_count_and_sums_by_kind(expected_file: str) -> None:
    """F22, D02: nothing is lost or invented between a settlement file and its lines."""
    expected = json.loads((SAMPLES / expected_file).read_text())
    found = read(MemoryFile.sample(expected_file.replace(".expected.json", ".txt")))

    start = found.start
    assert (start.kind, start.external_id) == (DocumentKind.SETTLEMENT, expected["settlement_id"])
    assert (start.currency, start.total_minor) == (expected["currency"], cents(expected["total_amount"]))
    assert start.opened_at == datetime.fromisoformat(expected["start_utc"])
    assert start.closed_at == datetime.fromisoformat(expected["end_utc"])
    assert start.pays_at == datetime.fromisoformat(expected["deposit_utc"])
    assert len(found.lines) == expected["detail_rows"]
    assert found.by_kind() == {kind: cents(text) for kind, text in expected["by_kind"].items() if cents(text)}
    assert sum(line.amount_minor for line in found.lines) == start.total_minor


@pytest.mark.parametrize("expected_file", [name for name in EXPECTED if name.startswith("synthetic")])
def test_sample_agrees_in_rows_and_sums_by_triple_and_by_month(expected_file: str) -> None:
    expected = json.loads((SAMPLES / expected_file).read_text())
    found = read(MemoryFile.sample(expected_file.replace(".expected.json", ".txt")))

    by_triple: dict[str, list[int]] = {}
    by_month: dict[str, int] = {}
    for line in found.lines:
        tally = by_triple.setdefault(line.words, [0, 0])
        tally[0] += 1
        tally[1] += line.amount_minor
        month = line.occurred_at.strftime("%Y-%m")
        by_month[month] = by_month.get(month, 0) + line.amount_minor
    assert by_triple == {
        words: [tally["rows"], cents(tally["amount"])] for words, tally in expected["by_triple"].items()
    }
    assert by_month == {month: cents(text) for month, text in expected["by_month_utc"].items()}


@pytest.mark.parametrize("expected_file", [name for name in EXPECTED if name.startswith("synthetic")])
def test_samples_of_known_words_bring_no_problem(expected_file: str) -> None:
    assert not read(MemoryFile.sample(expected_file.replace(".expected.json", ".txt"))).end.problems


def test_third_party_sample_is_read_whole_and_names_what_it_does_not_know() -> None:
    """F23, D12: its five unknown triples keep the total and are named with count, sum and first line."""
    found = read(MemoryFile.sample("thirdparty/xieyi138-amazon-settlement-parser/settlement-sample.txt"))

    assert [(problem.code, problem.where, problem.blocking) for problem in found.end.problems] == [
        ("amazon.unclassified", f"file settlement-sample.txt, line {line}", True) for line in (19, 20, 21, 22, 23)
    ]
    assert "'ServiceFee|other-transaction|Storage Fee'" in found.end.problems[0].message
    assert "1 row, -64.28 USD" in found.end.problems[0].message


@pytest.mark.parametrize(
    "name",
    ["us_date_range_transactions.csv", "de_date_range_transactions.csv", "us_all_orders_by_last_update.txt"],
)
def test_reports_that_do_not_book_are_recognised_and_say_what_to_bring(name: str) -> None:
    with pytest.raises(DocumentError, match="settlement report instead") as refusal:
        read(MemoryFile.sample(f"synthetic/{name}"))
    assert refusal.value.code == "amazon.file.not_yet"
    assert name in str(refusal.value)


def test_gst_of_amazon_in_is_known_row_by_row_p01() -> None:
    """27 rows and none of them in suspense: the seller's own GST, GST on each fee beside it, and what was withheld."""
    found = read(MemoryFile.sample("public/P01_amazon_in_words.txt"))

    assert (found.start.currency, found.start.total_minor, len(found.lines)) == ("INR", 43709, 27)
    assert found.end.problems == ()
    assert found.by_kind() == {
        "sale.product": 84746,
        "sale.shipping": 4000,
        "discount.shipping": -4000,
        "refund.product": -30000,
        "tax.collected": 9854,
        "fee.referral": -7000,
        "fee.refund_admin": -1500,
        "fee.closing": -2500,
        "fee.fulfilment": -6400,
        "tax.on_fees": -3132,
        "tax.withheld_income": -359,
    }
    assert sum(line.amount_minor for line in found.lines if line.tax_base == "fee.referral") == -1260
    assert {line.tax_base for line in found.lines if line.kind == "tax.collected"} == {
        "sale.product",
        "sale.shipping",
        "discount.shipping",
        "refund.product",
    }


def cents(text: str) -> int:
    minor = Decimal(text) * 100
    assert minor == int(minor)
    return int(minor)
