"""D01: a verifier written apart from the engine re-adds raw files to the ledger, and names any changed cent."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.books.book import DAY, ROUTE, MakeBook
from tests.books.conftest import make_book as make_book
from tests.books.raw import SAMPLES as FILES
from tests.books.raw import sample
from tests.verifier import proof, verify

NAME = "us_v2_standard.txt"
SAMPLES = FILES / "synthetic"
FILE = (SAMPLES / NAME).read_bytes()
Told = tuple[list[dict[str, Any]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def told(make_book: MakeBook) -> Told:
    """The books of one settlement and the ledger that got them."""
    book = make_book()
    book.book(sample(NAME))
    book.clock.advance(30 * DAY)
    book.run()
    book.deliver()
    return proof.postings(book.store, ROUTE), proof.ledger_lines(book.ledger.objects(), book.ledger.facts())


def test_untouched_files_books_and_ledger_agree(told: Told) -> None:
    postings, lines = told

    assert verify.verify([FILE], lines, postings) == []
    assert verify.verify([FILE], balance(lines)) == []


def test_a_payout_that_is_still_to_come_stays_on_clearing(make_book: MakeBook) -> None:
    book = make_book()
    book.book(sample(NAME))
    book.deliver()

    assert verify.verify([FILE], book.ledger.trial_balance(), unpaid={"28500000011"}) == []
    assert verify.verify([FILE], book.ledger.trial_balance()) != []


@pytest.mark.parametrize("name", ["ca_v2_negative.txt", "ca_v2_after_negative.txt", "fr_v2_comma.txt", "gb_v2_dmy.txt"])
def test_other_styles_are_read_too(name: str) -> None:
    _, total, rows = verify.read((SAMPLES / name).read_bytes())

    assert sum(row.minor for row in rows) == total
    assert all(row.kind != "unclassified" for row in rows)


@pytest.mark.parametrize("number", range(1, 59))
def test_a_cent_changed_in_any_row_names_the_row(told: Told, number: int) -> None:
    postings, lines = told
    rows = FILE.decode().split("\n")
    cells = rows[number + 1].split("\t")
    cells[14] = str(Decimal(cells[14]) + Decimal("0.01"))
    rows[number + 1] = "\t".join(cells)
    changed = "\n".join(rows).encode()

    faults = verify.verify([changed], lines, postings)
    assert [fault for fault in faults if fault.startswith("row ")] != []
    assert all(fault.startswith(f"row {number} of 28500000011") for fault in faults if fault.startswith("row "))
    assert any(fault.startswith("file 28500000011: its rows add up to 30125") for fault in faults)
    assert verify.verify([changed], balance(lines)) != []


def test_a_cent_changed_in_the_total_is_named(told: Told) -> None:
    postings, lines = told
    faults = verify.verify([FILE.replace(b"\t301.24\t", b"\t301.25\t")], lines, postings)

    assert faults[0] == "file 28500000011: its rows add up to 30124, its total says 30125"
    assert any(fault.startswith("posting settlement.total") for fault in faults)


def test_a_cent_changed_in_any_ledger_line_names_the_line(told: Told) -> None:
    postings, lines = told
    for place, line in enumerate(lines):
        changed = copy.deepcopy(lines)
        changed[place]["amount_minor"] += 1
        number = [one["object"] for one in lines[: place + 1]].count(line["object"])

        faults = verify.verify([FILE], changed, postings)
        assert faults[0].startswith(f"ledger line {number} of {line['object']}: ")
        assert [fault for fault in faults if fault.startswith(f"account {line['account']}: ")] != []


def test_a_cent_changed_in_any_account_names_the_account(told: Told) -> None:
    right = balance(told[1])
    for account in right:
        faults = verify.verify([FILE], {**right, account: right[account] + 1})
        assert faults == [f"account {account}: the ledger holds {right[account] + 1}, the files say {right[account]}"]


def test_a_cent_changed_in_any_posting_names_it(told: Told) -> None:
    postings, lines = told
    for place, posting in enumerate(postings):
        changed = copy.deepcopy(postings)
        changed[place]["amount_minor"] += 1

        faults = verify.verify([FILE], lines, changed)
        assert any(posting["object"] in fault for fault in faults)
        if posting["rows"]:
            assert any(fault.startswith(f"posting {posting['kind']} of {posting['object']}") for fault in faults)


def lose_a_row(postings: list[dict[str, Any]]) -> None:
    first_booked(postings)["rows"].pop(0)


def book_a_row_twice(postings: list[dict[str, Any]]) -> None:
    rows = first_booked(postings)["rows"]
    rows.append(rows[0])


def move_a_row(postings: list[dict[str, Any]]) -> None:
    rows = first_booked(postings)["rows"]
    postings[-1]["rows"].append(rows.pop(0))


def change_a_row(postings: list[dict[str, Any]]) -> None:
    first_booked(postings)["rows"][0][1] += 1


@pytest.mark.parametrize("spoil", [lose_a_row, book_a_row_twice, move_a_row, change_a_row])
def test_a_row_that_is_lost_doubled_moved_or_changed_on_the_way_is_named(
    told: Told, spoil: Callable[[list[dict[str, Any]]], None]
) -> None:
    postings, lines = copy.deepcopy(told[0]), told[1]
    number = first_booked(postings)["rows"][0][0]
    spoil(postings)

    assert verify.verify([FILE], lines, postings)[0].startswith(f"row {number} of 28500000011")


def test_an_object_that_is_missing_or_extra_in_the_ledger_is_named(told: Told) -> None:
    postings, lines = told
    name = lines[0]["object"]

    gone = verify.verify([FILE], [line for line in lines if line["object"] != name], postings)
    assert gone[0].startswith(f"ledger line 1 of {name}: is None")
    twice = verify.verify([FILE], [*lines, {"object": "other", "account": "4000", "amount_minor": -1}], postings)
    assert twice[0] == "ledger line 1 of other: is ('4000', -1), the books say None"


def test_the_verifier_shares_no_code_with_what_it_verifies() -> None:
    text = Path(verify.__file__).read_text(encoding="utf-8")
    modules = [
        name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    ]

    allowed = {"__future__", "collections", "csv", "decimal", "fnmatch", "functools", "itertools", "pathlib", "typing"}
    assert {name.split(".")[0] for name in modules if name} <= allowed


def balance(lines: list[dict[str, Any]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line["account"]] = sums.get(line["account"], 0) + line["amount_minor"]
    return sums


def first_booked(postings: list[dict[str, Any]]) -> dict[str, Any]:
    return next(posting for posting in postings if posting["rows"])
