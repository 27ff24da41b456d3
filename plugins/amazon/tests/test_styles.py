"""Dates, numbers and encodings of every marketplace; what cannot be told for certain is refused, never guessed."""

from __future__ import annotations

import codecs
from datetime import UTC, datetime

import msgspec
import pytest

from bridge.errors import DocumentError
from plugins.amazon.tests.report import DOTS, END, ISO, POSTED, SLASHES, START, MemoryFile, Report, Row, read

DOTTED = ("CAD", "MXN", "BRL", "EUR", "GBP", "SEK", "PLN", "TRY", "AED", "SAR", "INR", "AUD", "SGD")
TEA = Row(sku="ACME-THÉ-VERT", minor=1250)


@pytest.mark.parametrize(
    ("currency", "dates"),
    [
        ("USD", ISO),
        *((code, DOTS) for code in DOTTED),
        *((code, ISO) for code in DOTTED),
        ("JPY", SLASHES),
        ("JPY", ISO),
        ("ZAR", DOTS),
    ],
)
@pytest.mark.parametrize("mark", [".", ","])
def test_each_currency_is_read_in_its_own_style_and_with_days_that_only_mean_one_day(
    currency: str, dates: str, mark: str
) -> None:
    """F48: decimal point and decimal comma, three orders of day, month and year."""
    found = read(Report(currency=currency, dates=dates, mark=mark, rows=(Row(minor=1995), Row(minor=-40))).file())

    assert (found.start.currency, found.start.total_minor) == (currency, 1955)
    assert (found.start.opened_at, found.start.closed_at) == (START, END)
    assert [(line.amount_minor, line.occurred_at) for line in found.lines] == [(1995, POSTED), (-40, POSTED)]


@pytest.mark.parametrize(
    ("currency", "dates"), [("USD", DOTS), ("USD", SLASHES), ("CAD", SLASHES), ("GBP", "%d/%m/%Y")]
)
def test_dates_in_another_currencys_style_are_refused(currency: str, dates: str) -> None:
    with pytest.raises(DocumentError, match=f"not a date as {currency} settlements write them") as refusal:
        read(Report(currency=currency, dates=dates).file())
    assert refusal.value.code == "amazon.file.dates"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-25T08:14:22+00:00", POSTED),
        ("2026-06-25T01:14:22-07:00", POSTED),
        ("2026-06-25T08:14:22Z", POSTED),
        ("2026-06-25", datetime(2026, 6, 25, tzinfo=UTC)),
    ],
)
def test_an_offset_says_the_instant_by_itself_and_a_bare_date_is_its_midnight_in_utc(
    text: str, instant: datetime
) -> None:
    """F34: instants are UTC, whatever zone a file writes them in."""
    content = Report().text().replace("\t2026-06-25 08:14:22 UTC", f"\t{text}")
    assert read(MemoryFile(content.encode())).lines[0].occurred_at == instant


@pytest.mark.parametrize(
    "text", ["06/25/2026 08:14:22 UTC", "2026-06-25 08:14:22", "2026-02-30", "25 Jun 2026", "2026-06-25 08:14:22 PST"]
)
def test_a_date_that_is_not_certain_is_refused_with_its_line(text: str) -> None:
    content = Report().text().replace("\t2026-06-25 08:14:22 UTC", f"\t{text}")
    with pytest.raises(DocumentError, match=r"settlement\.txt, line 3: ") as refusal:
        read(MemoryFile(content.encode()))
    assert refusal.value.code == "amazon.file.dates"


@pytest.mark.parametrize(
    "text",
    ["9999-12-31 23:59:59 UTC", "0001-01-01", "1989-12-31", "2201-01-01", "0001-01-01T00:00:00+14:00"],
)
@pytest.mark.parametrize("was", ["2026-06-25 08:14:22 UTC", "2026-07-08 17:32:10 UTC"], ids=["posted", "deposit"])
def test_a_year_no_settlement_can_be_of_is_refused(text: str, was: str) -> None:
    """Saved, it would stop every later run at the edge of the calendar."""
    content = Report().text().replace(f"\t{was}", f"\t{text}")
    with pytest.raises(DocumentError) as refusal:
        read(MemoryFile(content.encode()))
    assert refusal.value.code == "amazon.file.dates"


def test_the_day_stands_in_where_the_time_of_posting_is_blank() -> None:
    content = Report().text().replace("\t2026-06-25 08:14:22 UTC", "\t")
    assert read(MemoryFile(content.encode())).lines[0].occurred_at == datetime(2026, 6, 25, tzinfo=UTC)


def test_a_file_with_both_decimal_marks_is_refused_at_the_first_contradiction() -> None:
    """F48: one style a file; the next amount in the other one names its line."""
    report = Report(currency="EUR", dates=DOTS, mark=",", rows=(Row(minor=1250), Row(minor=330), Row(minor=77)))
    content = report.text().replace("\t3,30\t", "\t3.30\t")
    with pytest.raises(DocumentError, match=r"line 4: .*3\.30.*decimal point.*decimal comma") as refusal:
        read(MemoryFile(content.encode()))
    assert refusal.value.code == "amazon.file.mixed_decimals"


@pytest.mark.parametrize(
    "text", ["1,234.50", "1.234,50", "1 234.50", "(24.99)", "24.999", "1e3", "NaN", "−24.99", "1,234"]
)
def test_an_amount_that_is_not_plain_decimal_text_is_refused(text: str) -> None:
    content = Report(total=0).text().replace("\t24.99\t", f"\t{text}\t")
    with pytest.raises(DocumentError, match="line 3: ") as refusal:
        read(MemoryFile(content.encode()))
    assert refusal.value.code in {"amazon.file.amount", "amazon.file.mixed_decimals"}


def test_whole_amounts_suit_either_style() -> None:
    content = Report(currency="EUR", dates=DOTS, mark=",", rows=(Row(minor=1200), Row(minor=-50))).text()
    found = read(MemoryFile(content.replace("\t12,00\t", "\t12\t").encode()))
    assert [line.amount_minor for line in found.lines] == [1200, -50]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_western_encodings_are_told_apart_by_what_the_bytes_allow(encoding: str) -> None:
    """F48: UTF-8 with or without a mark, else windows-1252."""
    found = read(Report(currency="EUR", dates=DOTS, mark=",", rows=(TEA,)).file(encoding))
    assert found.lines[0].sku == "ACME-THÉ-VERT"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_japanese_file_is_read_in_cp932_though_its_letters_hide_backslashes_and_bars(encoding: str) -> None:
    """F48: 0x5C and 0x7C are second halves of letters in cp932, so it is decoded before it is split."""
    sku = "表示ソ-ポ"
    assert {b"\\"[0], b"|"[0]} & set(sku.encode("cp932"))
    row = Row(sku=sku, minor=1980, marketplace="Amazon.co.jp", promotion="夏のセール", order="249-0000001-0000011")
    found = read(Report(currency="JPY", dates=SLASHES, rows=(row,)).file(encoding))

    assert (found.lines[0].sku, found.lines[0].amount_minor) == (sku, 1980)
    assert ("promotion", "夏のセール") in found.lines[0].attributes


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("ISO-8859-1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("Shift_JIS", "cp932"),
    ],
)
def test_the_charset_a_download_declared_is_used(charset: str, encoding: str) -> None:
    sku = "ソ" if encoding == "cp932" else "THÉ"
    content = Report(rows=(Row(sku=sku),)).text().encode(encoding)
    assert read(MemoryFile(content, charset=charset)).lines[0].sku == sku


@pytest.mark.parametrize(
    ("content", "charset"),
    [
        (Report(rows=(TEA,)).text().encode("cp1252"), "utf-8"),
        (Report(rows=(TEA,)).text().encode("cp1252"), "klingon"),
        (Report().text().encode() + b"\x81\xff", ""),
        (codecs.BOM_UTF8 + Report(rows=(TEA,)).text().encode("cp1252"), ""),
        (Report().text().encode() + bytes(400), ""),
        (Report(currency="JPY", dates=SLASHES, rows=(TEA,)).text().encode("cp1252") + b"\x81\x01", ""),
    ],
    ids=["not as declared", "unknown charset", "no encoding fits", "a mark that lies", "NUL bytes", "not cp932"],
)
def test_bytes_that_cannot_be_read_for_certain_are_refused(content: bytes, charset: str) -> None:
    """F48: never a replacement character, never a guess."""
    with pytest.raises(DocumentError) as refusal:
        read(MemoryFile(content, charset=charset))
    assert refusal.value.code == "amazon.file.encoding"


def test_only_line_feeds_end_a_line() -> None:
    """A cell may hold what Unicode also calls a line break."""
    found = read(Report(rows=(Row(sku="A\u2028B\u0085C\x0bD"), Row(sku="E"))).file())
    assert [line.sku for line in found.lines] == ["A\u2028B\u0085C\x0bD", "E"]


def test_line_ends_and_quotes_change_nothing() -> None:
    """F48: quoting is off, a quotation mark is a letter like any other."""
    report = Report(rows=(Row(sku='19" RACK', promotion='"BUY 2'), Row(sku="'")))
    unix, dos = read(report.file()), read(msgspec.structs.replace(report, end="\r\n").file())
    assert unix == dos
    assert [line.sku for line in unix.lines] == ['19" RACK', "'"]
