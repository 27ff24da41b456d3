"""The trial balance, as Xero's published example writes it, becomes balances."""

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bridge.errors import PluginError
from bridge_xero.balances import balances_of
from bridge_xero.zones import ZONES, today_in

# The figures of the example of getReportTrialBalance in Xero Accounting OpenAPI 16.1.0 (MIT), with ids of our own.
REVENUE = [("Big Expense (002)", "", "0.00", "", "80.00"), ("Sales (400)", "", "200.00", "", "1020.22")]
REVENUE += [("Sales-35325 (1302)", "", "1000.00", "", "1000.00")]
EXPENSES = [("Foobar14043 (123)", "0.00", "", "40.00", ""), ("MyExp51937 (1231239)", "0.00", "", "80.00", "")]
ASSETS = [
    ("Accounts Receivable (120)", "1190.00", "", "36555.04", ""),
    ("Business Wells Fargo (088)", "0.00", "", "7639.04", ""),
    ("Generic Cash Clearing (8003)", "0.00", "", "1443.00", ""),
    ("Generic Credit Card Clearing (8002)", "0.00", "", "", "96.49"),
    ("Generic Inventory (1400)", "0.00", "", "", "160.00"),
    ("My Savings (090)", "0.00", "", "219.92", ""),
    ("Payment Wall Clearing Account (8001)", "0.00", "", "1.00", ""),
]
LIABILITIES = [
    ("Accounts Payable (200)", "", "0.00", "", "9223.00"),
    ("Deferred Revenue (2300)", "", "0.00", "", "1854.24"),
    ("Rounding (260)", "", "0.00", "", "0.01"),
    ("Sales Tax (220)", "", "0.00", "", "1578.35"),
    ("Suspense (250)", "10.00", "", "41.00", ""),
    ("Unpaid Expense Claims (210)", "", "0.00", "", "135.00"),
]
SECTIONS = {
    "Revenue": REVENUE,
    "Expenses": EXPENSES,
    "Assets": ASSETS,
    "Liabilities": LIABILITIES,
    "Equity": [("Retained Earnings (320)", "", "0.00", "", "30871.69")],
}


def row(values: tuple[str, ...]) -> dict[str, Any]:
    mark = [{"Value": f"id of {values[0]}", "Id": "account"}]
    return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": mark} for value in values]}


def report() -> dict[str, Any]:
    header = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")
    total = ("Total", "1200.00", "1200.00", "46019.00", "46019.00")
    return {
        "ReportName": "Trial Balance",
        "Rows": [
            {"RowType": "Header", "Cells": [{"Value": value} for value in header]},
            *({"RowType": "Section", "Title": name, "Rows": list(map(row, of))} for name, of in SECTIONS.items()),
            {
                "RowType": "Section",
                "Title": "",
                "Rows": [{"RowType": "SummaryRow", "Cells": [{"Value": value} for value in total]}],
            },
        ],
    }


def test_what_stands_there_is_read_debit_positive_and_not_what_the_month_moved() -> None:
    found = balances_of(report(), "USD")

    assert len(found) == 19
    assert found["id of Accounts Receivable (120)"] == 3655504
    assert found["id of Generic Credit Card Clearing (8002)"] == -9649
    assert found["id of Suspense (250)"] == 4100
    assert found["id of Retained Earnings (320)"] == -3087169
    assert sum(found.values()) == 0


def test_an_organisation_without_entries_has_no_balances() -> None:
    empty = report()
    del empty["Rows"][1:]

    assert balances_of(empty, "GBP") == {}


def _columns_the_other_way(found: dict[str, Any]) -> None:
    for one in (found["Rows"][0], *(row for section in found["Rows"][1:] for row in section["Rows"])):
        one["Cells"] = [one["Cells"][place] for place in (0, 3, 4, 1, 2)]


def test_the_columns_go_by_their_titles() -> None:
    turned = report()
    _columns_the_other_way(turned)

    assert balances_of(turned, "USD") == balances_of(report(), "USD")


@pytest.mark.parametrize("written", ["1,443.00", "(1443.00)", "1443.001", "NaN", "lots", "1443.00 USD"])
def test_a_cell_that_is_no_plain_amount_is_not_guessed_at(written: str) -> None:
    odd = report()
    odd["Rows"][3]["Rows"][2]["Cells"][3]["Value"] = written

    _assert_unreadable(odd)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("Rows"),
        lambda found: found["Rows"].pop(0),
        lambda found: found["Rows"][0]["Cells"].pop(),
        lambda found: found["Rows"][2]["Rows"].pop(),
        lambda found: found["Rows"].pop(),
        lambda found: found["Rows"][3]["Rows"][0].pop("Cells"),
        lambda found: found["Rows"][3]["Rows"][0]["Cells"].pop(),
        lambda found: found["Rows"][3]["Rows"][0]["Cells"][0].pop("Attributes"),
        lambda found: found["Rows"][3]["Rows"].append(deepcopy(found["Rows"][3]["Rows"][0])),
    ],
    ids=["no rows", "no header", "no column", "a row less", "no total", "no cells", "a cell less", "no id", "twice"],
)
def test_a_report_that_is_not_whole_tells_nothing(spoil: Any) -> None:
    odd = report()
    spoil(odd)

    _assert_unreadable(odd)


def _assert_unreadable(found: dict[str, Any]) -> None:
    with pytest.raises(PluginError) as error:
        balances_of(found, "USD")
    assert error.value.code == "xero.answer"


@pytest.mark.parametrize(
    ("word", "day"),
    [
        ("NEWZEALANDSTANDARDTIME", date(2026, 7, 2)),
        ("GMTSTANDARDTIME", date(2026, 7, 2)),
        ("UTC", date(2026, 7, 1)),
        ("HAWAIIANSTANDARDTIME", date(2026, 7, 1)),
        ("", date(2026, 7, 1)),
        ("MARSSTANDARDTIME", date(2026, 7, 1)),
    ],
)
def test_today_is_a_day_of_the_organisations_calendar(word: str, day: date) -> None:
    assert today_in(word, datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == day


def test_every_word_for_a_zone_names_a_place_whose_time_is_known() -> None:
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert {abs((today_in(word, at) - at.date()).days) for word in ZONES} <= {0, 1}
