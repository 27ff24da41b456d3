"""Inspecting says what files hold and what stands in the way, and saves nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.ingest import FileOnDisk, Inspection, inspect_files
from bridge.model.documents import DocumentKind, Problem, Witness
from tests.ingest.channel import CLOSED, Fact, SmallSource, Sold, Stated, Statement, statement, write, write_facts

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


LINES = [
    Sold(2000),
    Sold(-300, "discount.product"),
    Sold(0, "sale.other"),
    Sold(140, "tax.collected"),
    Sold(60, "tax.facilitator"),
]


def test_an_order_shows_what_was_sold_what_of_it_is_tax_and_who_paid(tmp_path: Path) -> None:
    paid = {"shopify_payments": 1500, "gift_card": 400, "cash": 0}
    found = inspect(write_facts(tmp_path / "page.json", Fact("5001", LINES, paid, name="#1001", buyer="Ada")))

    assert json.loads(found.json()) == {
        "settlements": [],
        "orders": [
            {
                "id": "5001",
                "name": "#1001",
                "currency": "USD",
                "total_minor": 1900,
                "tax_minor": 200,
                "by_kind": {
                    "discount.product": -300,
                    "sale.product": 2000,
                    "tax.collected": 140,
                    "tax.facilitator": 60,
                },
                "payments": [
                    {"gateway": "gift_card", "minor": 400},
                    {"gateway": "shopify_payments", "minor": 1500},
                ],
            }
        ],
        "problems": [],
    }
    assert found.exit_code == 0


def test_a_test_order_shows_as_ignored(tmp_path: Path) -> None:
    fact = Fact("5001", LINES, {"card": 1900}, name="#1001", is_test=True)
    (order,) = json.loads(inspect(write_facts(tmp_path / "page.json", fact)).json())["orders"]
    assert (order["by_kind"], order["total_minor"], order["tax_minor"]) == ({"ignored": 1900}, 1900, 0)


def test_what_belongs_to_an_order_and_payouts_are_shown_by_kind(tmp_path: Path) -> None:
    refund = Fact("R1", [Sold(-500, "refund.product")], {"card": 500}, DocumentKind.REFUND, order="5001")
    fee = Fact("F1", [Sold(-59, "fee.payment")], kind=DocumentKind.FEE, order="5001")
    payout = Fact("P1", [Sold(1900, "settles"), Sold(-59, "fee.payment")], kind=DocumentKind.PAYOUT, status="paid")
    shown = json.loads(inspect(write_facts(tmp_path / "page.json", refund, fee, payout)).json())

    assert shown["refunds"] == [
        {
            "id": "R1",
            "name": "refund R1",
            "order_id": "5001",
            "currency": "USD",
            "total_minor": -500,
            "by_kind": {"refund.product": -500},
        }
    ]
    assert shown["fees"] == [
        {
            "id": "F1",
            "name": "fee F1",
            "order_id": "5001",
            "currency": "USD",
            "total_minor": -59,
            "by_kind": {"fee.payment": -59},
        }
    ]
    assert shown["payouts"] == [
        {
            "id": "P1",
            "currency": "USD",
            "total_minor": 1841,
            "status": "paid",
            "by_kind": {"settles": 1900, "fee.payment": -59},
        }
    ]
    assert "orders" not in shown


def test_a_document_that_overlapping_pages_hold_is_shown_once_as_it_was_last(tmp_path: Path) -> None:
    """And so are its problems: those of a past content are past."""
    early, late = (CLOSED.replace(hour=hour) for hour in (1, 2))
    pages = [
        write_facts(tmp_path / "1.json", Fact("1", [Sold(100)], as_of=early), Fact("2", [Sold(1)], as_of=early)),
        write_facts(tmp_path / "2.json", Fact("1", [Sold(200)], as_of=late), Fact("3", [Sold(3)], as_of=late)),
        write_facts(tmp_path / "3.json", Fact("1", [Sold(300)], total=1, as_of=early)),
        write_facts(tmp_path / "4.json", Fact("1", [Sold(400)], as_of=late.replace(hour=5), witness=Witness.FILE)),
    ]
    for some in (pages, pages[::-1]):
        found = inspect(*some)
        orders = {order["id"]: order["total_minor"] for order in json.loads(found.json())["orders"]}
        assert orders == {"1": 200, "2": 1, "3": 3}
        assert (found.problems, found.exit_code) == ((), 0)


def test_a_settlement_that_two_files_hold_is_shown_twice(tmp_path: Path) -> None:
    files = [write(tmp_path / name, statement(1)) for name in ("a.json", "b.json")]
    assert len(json.loads(inspect(*files).json())["settlements"]) == 2


def test_what_a_file_only_states_is_listed_and_not_booked(tmp_path: Path) -> None:
    found = inspect(write_facts(tmp_path / "export.json", stated=[Stated(8763, name="#1001", tax=763)]))
    assert json.loads(found.json())["checks"] == [
        {
            "kind": "order",
            "external_id": "",
            "title": "#1001",
            "currency": "USD",
            "total_minor": 8763,
            "tax_minor": 763,
            "at": None,
        }
    ]
    assert found.exit_code == 0
