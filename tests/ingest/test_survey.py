"""Every part that a source gives is checked; a content hash depends on content and on nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import DocumentError, PluginError
from bridge.ingest.survey import SeenPart, Surveyed, walk
from bridge.model.documents import Awaits, DocumentKind, Problem
from bridge.model.line_tax import TaxComponent, taxed_at
from bridge.model.lines import Line, Part
from bridge.model.money import NOT_KNOWN
from bridge.model.series import Carried, Moved, Series
from bridge.plugin import DocumentCheck, DocumentEnd, DocumentLines, DocumentStart, FileNotes, FilePart
from tests.ingest.channel import CLOSED, Script, Sold, Statement, parts, statement


def walked(given_parts: Sequence[FilePart]) -> list[SeenPart]:
    """What is seen of parts that a source was told to give."""
    return list(walk(iter(given_parts), "file none.json"))


def surveyed(given_parts: Sequence[FilePart]) -> list[Surveyed]:
    return [part for part in walked(given_parts) if isinstance(part, Surveyed)]


def played(*statements: Statement) -> list[FilePart]:
    return list(parts(Script(list(statements))))


def content_hash(given_parts: Sequence[FilePart]) -> str:
    (found,) = surveyed(given_parts)
    return found.content_hash


START, LINES, END = played(statement(100))


@pytest.mark.parametrize(
    "broken",
    [[], [LINES], [END], [START], [START, LINES], [START, START], [START, LINES, END, LINES], [START, LINES, END, END]],
)
def test_parts_out_of_order_are_the_plugins_fault(broken: list[FilePart]) -> None:
    with pytest.raises(PluginError) as refusal:
        surveyed(broken)
    assert refusal.value.code == "plugin.file_parts"


@pytest.mark.parametrize(
    "line",
    [
        {"key": ""},
        {"kind": "no.such.kind"},
        {"amount_minor": 1.5},
        {"key": "1\x00"},
        {"words": "half \ud800"},
        {"attributes": (("marketplace", "\udfff"),)},
        {"tax_group": "x" * 501},
        {"occurred_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)},
        {"reference": "x" * 501},
        {"kind": "tender"},
        {"tax": taxed_at("", base="no.such.kind")},
        {"tax": (*taxed_at("5", base="duty"), *taxed_at("7", base="tip"))},
        {"tax": (TaxComponent(rate="5", jurisdiction="half \ud800"),)},
        {"tax": taxed_at("20.0")},
        {"tax": taxed_at("exempt")},
        {"tax": (*taxed_at("5"), *taxed_at("-5"))},
        {"occurred_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
        {"occurred_at": msgspec.json.decode('"2026-06-01T00:00:00"', type=type(played(statement(1))[0].opened_at))},  # type: ignore[union-attr]
    ],
)
def test_a_line_that_breaks_the_contract_is_refused(line: dict[str, object]) -> None:
    assert isinstance(LINES, DocumentLines)
    broken = DocumentLines((msgspec.structs.replace(LINES.lines[0], **line),))
    with pytest.raises(PluginError) as refusal:
        surveyed([START, broken, END])
    assert refusal.value.code == "plugin.line"


@pytest.mark.parametrize(
    "start",
    [
        {"opened_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
        {"closed_at": datetime(2201, 1, 1, tzinfo=UTC)},
        {"pays_at": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)},
        {"external_id": "P\x00"},
        {"title": "\ud800"},
        {"order_id": "1\x00"},
        {"status": "\x1b[2J"},
        {"paid_at": datetime(2201, 1, 1, tzinfo=UTC)},
        {"as_of": msgspec.json.decode('"2026-06-01T00:00:00"', type=datetime)},
    ],
)
def test_a_document_of_no_possible_time_or_name_is_refused(start: dict[str, object]) -> None:
    assert isinstance(START, DocumentStart)
    with pytest.raises(PluginError) as refusal:
        surveyed([msgspec.structs.replace(START, **start), LINES, END])
    assert refusal.value.code == "plugin.file_parts"


def test_problems_of_a_source_can_be_shown_on_any_terminal() -> None:
    problem = Problem("small.odd", "\x1b[2Jodd \ud800" + "x" * 5000, "line\x00 1", blocking=True)
    (found,) = surveyed([START, LINES, DocumentEnd((problem,))])
    assert found.problems[0].message == " [2Jodd ?" + "x" * 1991
    assert found.problems[0].where == "line  1"


NAIVE = msgspec.json.decode('"2026-06-01T00:00:00"', type=datetime)


@pytest.mark.parametrize(
    "series",
    [
        Series("a\x00b"),
        Series("one", carries_in=(Carried("reserve", 1.5),)),  # type: ignore[arg-type]
        Series("one", carries_out=tuple(Carried("reserve", minor) for minor in range(501))),
        Series("one", moved=(Moved(1, NAIVE, "moved"),)),
        Series("one", moved=(Moved(1, datetime(2201, 1, 1, tzinfo=UTC), "moved"),)),
    ],
)
def test_a_series_that_hands_over_what_makes_no_sense_is_refused(series: Series) -> None:
    with pytest.raises(PluginError) as refusal:
        surveyed([START, LINES, DocumentEnd(series=series)])
    assert refusal.value.code == "plugin.file_parts"


def test_what_a_series_hands_over_can_be_shown_anywhere_and_makes_no_other_content() -> None:
    told = Series("one", (Carried("re\x1bserve", 1),), (Carried("debt", 2),), (Moved(3, CLOSED, "to\x00 two"),))
    (found,) = surveyed([START, LINES, DocumentEnd(series=told)])

    assert found.series == Series(
        "one", (Carried("re serve", 1),), (Carried("debt", 2),), (Moved(3, CLOSED, "to  two"),)
    )
    assert found.content_hash == content_hash([START, LINES, END])


@pytest.mark.parametrize("currency", ["XYZ", NOT_KNOWN])
def test_a_currency_nobody_knows_is_the_files_fault_and_not_its_plugins(currency: str) -> None:
    assert isinstance(START, DocumentStart)
    with pytest.raises(DocumentError) as refusal:
        surveyed([msgspec.structs.replace(START, currency=currency), LINES, END])
    assert refusal.value.code == "money.currency"


@given(st.lists(st.integers(-1000, 1000), max_size=9), st.integers(1, 9))
def test_pieces_of_any_size_give_the_same_document(amounts: list[int], size: int) -> None:
    whole = played(statement(*amounts))
    lines = [line for part in whole if isinstance(part, DocumentLines) for line in part.lines]
    pieces = [DocumentLines(tuple(lines[first : first + size])) for first in range(0, len(lines), size)]
    cut = [whole[0], *pieces, whole[-1]]

    assert surveyed(cut) == surveyed(whole)
    (found,) = surveyed(whole)
    assert (found.line_count, found.lines_minor, found.off_minor) == (len(amounts), sum(amounts), 0)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=6), st.data())
def test_dropping_or_changing_any_line_shows_in_sum_or_hash(amounts: list[int], data: st.DataObject) -> None:
    """D02: drop any one source line and the document is another one; unless it was zero, it no longer adds up."""
    total = sum(amounts)
    place = data.draw(st.integers(0, len(amounts) - 1))
    rest = amounts[:place] + amounts[place + 1 :]
    (found,) = surveyed(played(statement(*rest, total=total)))

    assert found.off_minor == -amounts[place]
    assert found.content_hash != content_hash(played(statement(*amounts, total=total)))
    assert bool(found.problems) == bool(amounts[place])


def test_the_same_instant_in_another_zone_is_the_same_content() -> None:
    there = timezone(timedelta(hours=-7))
    here = Sold(100)
    assert content_hash(played(Statement("P-1", [here]))) == content_hash(
        played(Statement("P-1", [Sold(100, at=here.at.astimezone(there))]))
    )


def test_an_end_needs_no_problems() -> None:
    assert isinstance(END, DocumentEnd)
    assert surveyed([START, LINES, END])[0].problems == ()


@pytest.mark.parametrize(
    "check",
    [
        {"title": ""},
        {"title": "\ud800"},
        {"total_minor": 1.5},
        {"tax_minor": True},
        {"external_id": "x" * 501},
        {"at": datetime(2026, 7, 1)},  # noqa: DTZ001
    ],
)
def test_a_check_that_names_nothing_or_states_no_amount_is_refused(check: dict[str, object]) -> None:
    good = DocumentCheck(
        kind=DocumentKind.ORDER, external_id="", title="#1001", currency="USD", total_minor=8763, tax_minor=763
    )
    assert walked([good]) == [good]
    with pytest.raises(PluginError) as refusal:
        surveyed([msgspec.structs.replace(good, **check)])
    assert refusal.value.code == "plugin.file_parts"


WAITS = {"order_id": "9", "payload": b"{}"}


@pytest.mark.parametrize("awaits", Awaits)
def test_what_waits_to_be_read_says_no_more_than_that_it_is_there(awaits: Awaits) -> None:
    """Its total is what its order shows, which its own lines will make; a total without an order is made up."""
    start = msgspec.structs.replace(START, kind=DocumentKind.REFUND, total_minor=-300, awaits=awaits, **WAITS)
    bare = msgspec.structs.replace(start, total_minor=0)
    if awaits is Awaits.DETAILS:
        (found,) = surveyed([start, END])
        assert (found.off_minor, found.problems) == (0, ())
    broken = [[bare, LINES, END], [msgspec.structs.replace(bare, payload=b""), END]]
    for parts_ in [*broken, *([[start, END]] if awaits is Awaits.ORDER else [])]:
        with pytest.raises(PluginError, match=str(awaits)):
            surveyed(parts_)


def test_a_check_inside_a_document_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError) as refusal:
        surveyed(
            [
                START,
                DocumentCheck(kind=DocumentKind.ORDER, external_id="1", title="", currency="USD", total_minor=1),
                END,
            ]
        )
    assert refusal.value.code == "plugin.file_parts"


def test_a_note_of_the_file_stands_between_documents_and_holds_none_of_them() -> None:
    note = Problem("small.more", "There are\nmore.", "file x", blocking=False)
    shown = msgspec.structs.replace(note, message="There are more.")
    holding = msgspec.structs.replace(note, blocking=True)
    assert walked([START, LINES, END, FileNotes((note,))])[-1:] == [FileNotes((shown,))]
    for wrong in ([START, FileNotes((note,)), END], [START, LINES, END, FileNotes((holding,))]):
        with pytest.raises(PluginError) as refusal:
            surveyed(wrong)
        assert refusal.value.code == "plugin.file_parts"


def test_tax_rate_tax_base_and_reference_are_content_where_there_are_any() -> None:
    """So that a settlement, which has none, keeps the hash it always had."""
    assert isinstance(LINES, DocumentLines)
    changes: tuple[dict[str, object], ...] = (
        {"tax": taxed_at("20")},
        {"tax": taxed_at("5")},
        {"tax": taxed_at("", base="sale.product")},
        {"reference": "card:1"},
        {},
    )
    hashes = {
        content_hash([START, DocumentLines((msgspec.structs.replace(LINES.lines[0], **change),)), END])
        for change in changes
    }
    assert len(hashes) == len(changes)


def test_payments_are_told_by_gateway_from_the_buyers_side() -> None:
    """What comes in is positive, what is paid back is less; neither is part of what the lines add up to."""
    (found,) = surveyed([START, tenders(("card", -900), ("cash", -200), ("cash", 50)), LINES, END])
    assert (found.payments, found.lines_minor, found.line_count) == ((("card", 900), ("cash", 150)), 100, 4)
    assert found.by_kind == (("sale.product", 100),)


def tenders(*given: tuple[str, int]) -> DocumentLines:
    """Money in (negative) and back, by gateway."""
    return DocumentLines(
        tuple(
            Line(
                key=f"t{number}",
                kind="tender",
                part=Part.RECEIPT if minor < 0 else Part.REPAYMENT,
                amount_minor=minor,
                occurred_at=CLOSED,
                attributes=(("gateway", gateway),),
            )
            for number, (gateway, minor) in enumerate(given)
        )
    )
