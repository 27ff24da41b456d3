"""Inspecting says what files hold and what stands in the way, and saves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.ingest import FileOnDisk, Inspection, inspect_files
from bridge.model.documents import Problem
from tests.ingest.channel import SmallSource, Sold, Statement, statement, write

UNKNOWN = Problem("small.unclassified", "what is 'moon tax'?", "file a.json, line 7", blocking=True)


def inspect(*paths: Path) -> Inspection:
    return inspect_files(SmallSource(), [FileOnDisk(path) for path in paths])


def test_a_clean_file_shows_its_header_its_rows_and_its_kinds_without_zeros(tmp_path: Path) -> None:
    lines = [Sold(1000), Sold(-150, "fee.referral"), Sold(206, "tax.collected"), Sold(-206, "tax.collected"), Sold(0)]
    found = inspect(write(tmp_path / "a.json", Statement("P-1", lines)))

    assert json.loads(found.json()) == {
        "settlements": [
            {
                "id": "P-1",
                "currency": "USD",
                "total_minor": 850,
                "deposit_at": "2026-06-15T00:00:00Z",
                "start_at": "2026-06-01T00:00:00Z",
                "end_at": "2026-06-15T00:00:00Z",
                "rows": 5,
                "by_kind": {"fee.referral": -150, "sale.product": 1000},
            }
        ],
        "problems": [],
    }
    assert found.exit_code == 0


def test_a_sum_that_is_off_is_a_blocking_problem_with_the_exact_difference(tmp_path: Path) -> None:
    """F22: the difference is named to the cent."""
    found = inspect(write(tmp_path / "a.json", statement(1000, total=1001)))
    (problem,) = json.loads(found.json())["problems"]

    assert (problem["code"], problem["where"], problem["blocking"]) == ("settlement.unbalanced", "file a.json", True)
    assert "10.00 USD, 0.01 USD less than its total of 10.01 USD" in problem["message"]
    assert found.exit_code == 3


def test_what_would_hold_a_document_is_told_as_the_source_said_it(tmp_path: Path) -> None:
    """F23: an unknown type shows before anything is saved."""
    found = inspect(write(tmp_path / "a.json", statement(1), problems=[UNKNOWN]))
    assert (found.problems, found.exit_code) == ((UNKNOWN,), 3)


def test_a_remark_alone_holds_nothing(tmp_path: Path) -> None:
    remark = Problem("small.remark", "seen", "file a.json", blocking=False)
    assert inspect(write(tmp_path / "a.json", statement(1), problems=[remark])).exit_code == 0


@pytest.mark.parametrize("damaged_after", [1, 2, 3])
def test_a_file_that_cannot_be_read_is_a_blocking_problem_and_the_others_are_told(
    tmp_path: Path, damaged_after: int
) -> None:
    bad = write(tmp_path / "a.json", statement(1), damaged_after=damaged_after)
    good = write(tmp_path / "b.json", statement(2, name="P-2"), problems=[UNKNOWN])
    found = inspect(bad, good)

    assert found.unreadable == ("a.json",)
    assert [document.id for _, document in found.documents] == ["P-2"]
    assert (found.problems[0].code, found.problems[0].where) == ("small.cut", f"file a.json, line {damaged_after}")
    assert found.problems[0].message == "is cut. Bring it again."
    assert found.problems[0].blocking
    assert found.exit_code == 2


def test_a_file_on_which_the_plugin_fails_is_a_blocking_problem_and_the_others_are_told(tmp_path: Path) -> None:
    bad = write(tmp_path / "a.json", Statement("P-1", [Sold(1, "no.such.kind")]))
    found = inspect(bad, write(tmp_path / "b.json", statement(2, name="P-2")))

    assert (found.unreadable, found.problems[0].code, found.exit_code) == (("a.json",), "plugin.line", 2)
    assert [document.id for _, document in found.documents] == ["P-2"]


def test_nothing_at_all_is_clean(tmp_path: Path) -> None:
    assert json.loads(inspect().json()) == {"settlements": [], "problems": []}
    assert list(tmp_path.iterdir()) == []
