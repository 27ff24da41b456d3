"""Files that a person or another program changed: read where nothing was lost, else refused with what was changed."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest

from bridge.errors import DocumentError
from bridge_amazon.source import AmazonSource
from plugins.amazon.tests.report import DOTS, MemoryFile, Report, Row, parts, read

FOUR = [
    ("sale.product", 2999),
    ("sale.shipping", 399),
    ("fee.referral", -450),
    ("fee.fulfilment", -321),
]
TWO = Report(rows=(Row(), Row(minor=-375, words=("Order", "ItemFees", "Commission"))))
EURO = Report(rows=(Row(minor=114900), Row(minor=-9192)), currency="EUR", dates=DOTS, mark=",")


def facts(file: MemoryFile) -> list[tuple[str, int]]:
    return [(line.kind, line.amount_minor) for line in read(file).lines]


def cells(report: Report, separator: str, quote: str = "") -> str:
    rows = ([f"{quote}{cell}{quote}" for cell in line.split("\t")] for line in report.lines())
    return "".join(f"{separator.join(row)}\n" for row in rows)


def refusal_of(content: str) -> DocumentError:
    with pytest.raises(DocumentError) as refusal:
        read(MemoryFile(content.encode()))
    return refusal.value


@pytest.mark.parametrize(("letter", "currency"), [("a", "GBP"), ("b", "CAD")])
def test_days_that_can_mean_one_day_only_are_read_in_any_currency_p03(letter: str, currency: str) -> None:
    file = MemoryFile.sample(f"public/P03_iso_days_where_dots_are_usual_{letter}.txt")
    found = read(file)

    assert (found.start.currency, found.start.total_minor) == (currency, 2627)
    assert facts(file) == FOUR
    assert found.end.problems == ()


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("a.csv", "commas between the cells"),
        ("b.txt", "quotes around the cells"),
        ("c.txt", "blanks for dashes in the names of the columns"),
    ],
)
def test_a_report_that_a_spreadsheet_saved_is_read_where_its_sum_proves_it_p06(name: str, changes: str) -> None:
    file = MemoryFile.sample(f"public/P06_settlement_saved_by_a_spreadsheet_{name}")
    found = read(file)

    assert (found.start.total_minor, facts(file)) == (2627, FOUR)
    (problem,) = found.end.problems
    assert (problem.code, problem.blocking) == ("amazon.resaved", False)
    assert f"({changes})" in problem.message


@pytest.mark.parametrize("name", ["a.csv", "b.txt", "c.txt"])
def test_a_report_that_was_saved_anew_and_does_not_add_up_is_refused_with_what_was_changed_p06(name: str) -> None:
    text = MemoryFile.sample(f"public/P06_settlement_saved_by_a_spreadsheet_{name}").content.decode()
    refusal = refusal_of(text.replace("29.99", "29"))

    assert refusal.code == "amazon.file.resaved"
    assert "says 26.27 USD in all, and its rows add up to 25.28; it is a settlement report that another program" in str(
        refusal
    )
    assert "Flat File V2" in refusal.next_step


@pytest.mark.parametrize(
    "change",
    [
        lambda report: cells(report, ";"),
        lambda report: cells(report, ",", '"'),
        lambda report: cells(report, ";", '"'),
        lambda report: cells(report, "\t", '"'),
        lambda report: report.text().replace("-id", "_id").replace("-date", "_date").replace("-amount", "_amount"),
    ],
    ids=["semicolons", "commas and quotes", "semicolons and quotes", "tabs and quotes", "other names"],
)
@pytest.mark.parametrize("report", [TWO, EURO], ids=["dollars", "decimal commas"])
def test_whatever_parts_the_cells_the_same_lines_come_out(change: Callable[[Report], str], report: Report) -> None:
    """As for the identity of a settlement: the original, brought later, brings nothing new."""
    assert read(MemoryFile(change(report).encode())).lines == read(report.file()).lines


def test_a_packed_report_is_read_as_what_is_in_it() -> None:
    content = TWO.text().encode()
    assert read(MemoryFile(gzip.compress(content), name="report.gz")) == read(MemoryFile(content))


def test_a_packed_report_that_is_cut_or_too_large_is_refused() -> None:
    packed = gzip.compress(TWO.text().encode())
    for damaged in (packed[:-9], packed[:40] + b"x" * 40 + packed[80:]):
        with pytest.raises(DocumentError) as refusal:
            read(MemoryFile(damaged))
        assert refusal.value.code == "amazon.file.truncated"
    bomb = MemoryFile(gzip.compress(TWO.text().encode() + b"\n" * 3_000_000))
    with pytest.raises(DocumentError, match="unpacks to more than the") as refusal:
        list(AmazonSource(max_file_megabytes=2).read_file(bomb))
    assert refusal.value.code == "amazon.file.too_large"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace("2026-06-25 08:14:22 UTC", "25/06/2026 08:14", 1), "dates"),
        (lambda text: text.replace("24.99", "1 024.99", 1), "amount"),
        (lambda text: text.replace("82047234148649", "8.20472E+13"), "row"),
        (lambda text: text.replace(",ACME-MUG-BLU,1,\n", ',"ACME-MUG-BLU,1,\n'), "row"),
        (lambda text: text.replace(",ACME-MUG-BLU,1,", ",ACME-MUG-BLU,1,,x", 1), "row"),
        (lambda text: text.replace(",posted-date,", ",posted,"), "columns"),
    ],
    ids=["dates", "thousands", "a rounded id", "an open quote", "a cell too many", "another column"],
)
def test_what_a_spreadsheet_lost_is_refused_and_the_message_names_what_it_changed(
    change: Callable[[str], str], code: str
) -> None:
    refusal = refusal_of(change(cells(TWO, ",")))

    assert refusal.code == f"amazon.file.{code}"
    assert "a settlement report that another program saved anew (commas between the cells)" in str(refusal)
    assert "Flat File V2" in refusal.next_step


def test_another_report_with_commas_is_told_by_its_own_name() -> None:
    date_range = MemoryFile.sample("synthetic/us_date_range_transactions.csv").content.decode()
    header = next(line for line in date_range.splitlines() if "settlement id" in line)
    assert refusal_of(date_range[date_range.index(header) :]).code == "amazon.file.not_yet"


SOURCE = AmazonSource(max_file_megabytes=1, marketplaces=("Amazon.com", "Amazon.ca"))


def test_a_report_of_another_marketplace_than_the_connections_is_refused_by_name() -> None:
    """Reports do not name their seller: an amazon.co.uk settlement once went into the books of amazon-us."""
    with pytest.raises(
        DocumentError, match=r"line 3: is of 'Amazon\.co\.uk', and this connection is for Amazon\.com"
    ) as no:
        list(SOURCE.read_file(Report(rows=(Row(marketplace="Amazon.co.uk"),)).file()))
    assert no.value.code == "amazon.file.marketplace"


def test_rows_of_no_marketplace_and_of_sales_elsewhere_ride_along() -> None:
    rows = tuple(Row(marketplace=name) for name in ("Amazon.com", "amazon.ca", "", "Non-Amazon US"))
    assert list(SOURCE.read_file(Report(rows=rows).file())) == list(parts(Report(rows=rows).file()))
