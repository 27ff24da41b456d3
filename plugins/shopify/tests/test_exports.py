"""Exports of the admin: columns by name, dates as they come, rows that move from one export to the next."""

from __future__ import annotations

import csv
import io

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from plugins.shopify.tests.shop import SAMPLES, checks, kinds, note_codes, read, sample

COLUMNS = [
    *("Transaction Date", "Type", "Order", "Card Brand", "Card Source", "Payout Status", "Payout Date", "Payout ID"),
    *("Available On", "Amount", "Fee", "Net", "Checkout", "Payment Method Name", "Presentment Amount"),
    *("Presentment Currency", "Currency"),
]
ROW = {
    "Transaction Date": "2026-09-01 10:02:13 -0400",
    "Type": "charge",
    "Order": "#1001",
    "Payout Status": "paid",
    "Payout Date": "2026-09-07",
    "Payout ID": "5001",
    "Amount": "100.00",
    "Fee": "3.20",
    "Net": "96.80",
    "Checkout": "#30001",
    "Currency": "USD",
}


def export(*rows: dict[str, str], columns: list[str] = COLUMNS) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(ROW | row for row in rows)
    return out.getvalue()


def code(content: str | bytes) -> str:
    with pytest.raises(DocumentError) as caught:
        read(content)
    return caught.value.code


def test_columns_are_found_by_name_wherever_they_stand_and_strangers_are_passed_over() -> None:
    columns = ["Business Entity Name", *reversed(COLUMNS), "New one"]
    (expected,) = read(export({}))

    (document,) = read(export({"New one": "x"}, columns=columns))
    assert document.facts == expected.facts


def test_vat_on_a_fee_is_told_apart_inside_or_beside_it() -> None:
    """C20."""
    columns = [*COLUMNS, "VAT"]
    for row in ({"Fee": "3.20", "VAT": "0.53", "Net": "96.80"}, {"Fee": "2.67", "VAT": "0.53", "Net": "96.80"}):
        (document,) = read(export(row, columns=columns))

        assert kinds(document) == [("settles", 10000), ("fee.payment", -267), ("tax.on_fees", -53)]
        assert document.is_tied
        assert not document.blocking


def test_rows_that_are_the_same_are_two_and_keep_their_names_when_others_move() -> None:
    one = {"Checkout": "#30001"}
    before = read(export(one, one))[0]
    after = read(export({"Checkout": "#30009", "Amount": "5.00", "Fee": "0.00", "Net": "5.00"}, one, one))[0]

    assert len({line.key for line in before.lines}) == 4
    assert {line.key for line in before.lines} < {line.key for line in after.lines}


def test_a_row_keeps_its_name_from_pending_to_paid() -> None:
    pending = {"Payout ID": "", "Payout Status": "pending", "Checkout": "#30002"}
    content = export({}, pending)
    (first,) = read(content)
    (second,) = read(export({}, {"Checkout": "#30002"}))

    assert (first.codes, note_codes(content)) == ([], ["shopify.payout.pending"])
    assert {line.key for line in first.lines} < {line.key for line in second.lines}


def test_a_transfer_row_is_the_payout_and_an_unknown_type_waits() -> None:
    rows = [{}, {"Type": "transfer", "Amount": "-96.80", "Fee": "0.00", "Net": "-96.80"}]
    (document,) = read(export(*rows))
    assert kinds(document) == [("settles", 10000), ("fee.payment", -320)]

    (strange,) = read(export({"Type": "moon tax", "Fee": "0.00", "Net": "100.00"}))
    assert kinds(strange) == [("unclassified", 10000)]
    assert strange.blocking == ["shopify.unclassified"]


@pytest.mark.parametrize("word", ["payout", "Payout", "transfer"])
def test_the_row_of_the_payout_itself_proves_its_sum_in_every_vocabulary(word: str) -> None:
    """P19."""
    own = {"Type": word, "Amount": "-96.80", "Fee": "0.00", "Net": "-96.80"}
    (document,) = read(export({}, own))
    (short,) = read(export({}, own | {"Amount": "-90.00", "Net": "-90.00"}))

    assert (kinds(document), document.blocking) == ([("settles", 10000), ("fee.payment", -320)], [])
    assert (short.start.total_minor, short.blocking) == (9680, ["shopify.payout.summary"])


@pytest.mark.parametrize("word", ["payout failure", "payout_cancellation", "transfer failure"])
def test_a_payout_that_failed_is_its_rows_and_one_that_pays_it_anew_has_it_as_a_row(word: str) -> None:
    own = {"Type": "payout", "Amount": "-96.80", "Fee": "0.00", "Net": "-96.80", "Payout Status": "failed"}
    back = own | {"Type": word, "Amount": "96.80", "Net": "96.80"}
    (failed,) = read(export({"Payout Status": "failed"}, own, back))
    (anew,) = read(export(back | {"Payout Status": "paid", "Payout ID": "5002"}))

    assert (failed.start.total_minor, failed.start.status, failed.blocking) == (9680, "failed", [])
    assert (kinds(anew), anew.blocking) == ([("payout.failed", 9680)], [])


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("chargeback", "dispute"),
        ("Chargeback Won", "dispute"),
        ("chargeback_won", "dispute"),
        ("dispute", "dispute"),
        ("reserve", "reserve"),
        ("chargeback hold", "reserve"),
        ("shop cash credit", "settles"),
        ("shipping label", "fee.label"),
        ("adjustment", "unclassified"),
    ],
)
def test_the_words_of_the_export_are_known_and_those_of_the_api_in_its_spelling(word: str, kind: str) -> None:
    """P18."""
    assert kinds(read(export({"Type": word, "Fee": "0.00", "Net": "100.00"}))[0]) == [(kind, 10000)]


@pytest.mark.parametrize(
    ("name", "payout", "lines"),
    [
        (
            "P18_shopify_export_chargeback_a",
            ("140000000002", 3510, "paid", "2026-02-05"),
            [("settles", 9000), ("fee.payment", -200), ("dispute", -3790), ("fee.dispute", -1500)],
        ),
        (
            "P18_shopify_export_chargeback_b",
            ("140000000003", 5290, "paid", "2026-03-27"),
            [("dispute", 3790), ("fee.dispute", 1500)],
        ),
        (
            "P19_shopify_export_payout_row",
            ("140000000001", 3680, "paid", "2026-02-02"),
            [("settles", 3790), ("fee.payment", -110)],
        ),
    ],
)
def test_public_exports_come_to_what_their_payouts_pay(
    name: str, payout: tuple[str, int, str, str], lines: list[tuple[str, int]]
) -> None:
    """P18, P19: each payout is the sum of its lines, and nothing of it is unclassified."""
    (found,) = read((SAMPLES.parent / "public" / f"{name}.csv").read_bytes())
    start = found.start

    assert start.pays_at is not None
    assert (start.external_id, start.total_minor, start.status, str(start.pays_at.date())) == payout
    assert (kinds(found), found.blocking, start.currency) == (lines, [], "EUR")
    assert sum(minor for _, minor in lines) == start.total_minor


def test_an_export_without_payout_ids_is_refused_with_the_column_and_what_to_bring() -> None:
    """P21."""
    with pytest.raises(DocumentError) as caught:
        read((SAMPLES.parent / "public" / "P21_shopify_export_without_payout_id.csv").read_bytes())

    assert caught.value.code == "shopify.file.columns"
    assert "payout id" in caught.value.cause
    assert "Export it again" in caught.value.next_step


def test_types_are_read_in_any_case_and_with_blanks() -> None:
    (document,) = read(export({"Type": "Dispute withdrawal", "Amount": "-50.00", "Fee": "15.00", "Net": "-65.00"}))

    assert kinds(document) == [("dispute", -5000), ("fee.dispute", -1500)]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ({"Amount": ""}, "shopify.file.amount"),
        ({"Net": "NaN"}, "shopify.file.amount"),
        ({"Currency": "XXQ"}, "shopify.file.currency"),
        ({"Currency": ""}, "shopify.file.currency"),
        ({"Transaction Date": "2026/6/12"}, "shopify.file.dates"),
        ({"Transaction Date": "2026-02-30 10:02:13 -0400"}, "shopify.file.dates"),
        ({"Transaction Date": ""}, "shopify.file.dates"),
        ({"Payout Date": "2026-13-07", "Payout ID": "5002"}, "shopify.file.dates"),
        ({"Type": ""}, "shopify.file.row"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_refused_with_its_line(row: dict[str, str], wanted: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(export({}, row))

    assert caught.value.code == wanted
    assert caught.value.thing.endswith("line 3")


def test_a_payout_whose_rows_contradict_each_other_is_refused() -> None:
    for row in ({"Payout Status": "failed"}, {"Payout Date": "2026-09-08"}, {"Currency": "CAD"}):
        assert code(export({}, row)) == "shopify.file.row"


def test_a_row_that_is_not_amount_less_fee_holds_its_payout() -> None:
    assert read(export({"Net": "96.00"}))[0].blocking == ["shopify.payout.row"]


@pytest.mark.parametrize("column", ["Payout ID", "Currency", "Payout Date"])
def test_an_export_of_an_older_layout_is_refused_naming_the_column(column: str) -> None:
    with pytest.raises(DocumentError, match=column.lower()) as caught:
        read(export({}, columns=[each for each in COLUMNS if each != column]))

    assert caught.value.code == "shopify.file.columns"


def test_a_column_that_stands_there_twice_is_refused() -> None:
    assert code(export({}).replace("Card Brand", "Amount")) == "shopify.file.columns"


def test_damage_is_refused() -> None:
    assert code(export({}).encode().replace(b"#1001", b"\xff\xfe")) == "shopify.file.encoding"
    assert code(export({}) + ",".join("x" * 30)) == "shopify.file.row"
    assert code(export({}, {}).rstrip()[:-8]) == "shopify.file.row"
    assert code(export({}) + '"never closed') == "shopify.file.row"
    assert code(export()) == "shopify.file.nothing"
    assert code(export({"Payout ID": ""})) == "shopify.file.nothing"


def test_a_byte_order_mark_and_quoted_line_ends_are_read() -> None:
    (document,) = read(b"\xef\xbb\xbf" + export({"Card Brand": "vi\r\nsa"}).encode())

    assert document.facts == read(export({}))[0].facts


def test_an_order_of_several_rows_is_one_check_and_an_empty_total_checks_that_it_is_there() -> None:
    lines = sample("orders_export.csv").decode().splitlines()
    told = checks("\n".join(lines).replace("5.18,66.03", "5.18,"))

    assert [(each.title, each.total_minor) for each in told[:2]] == [("#1001", None), ("#1002", 5000)]
    assert {each.kind for each in told} == {DocumentKind.ORDER}


def test_a_payouts_export_with_ids_names_them() -> None:
    text = "Payout Date,Status,Charges,Total,Currency,Payout ID\n2026-09-07,paid,1.00,96.80,USD,5001\n"

    assert [(each.external_id, each.total_minor) for each in checks(text)] == [("5001", 9680)]
