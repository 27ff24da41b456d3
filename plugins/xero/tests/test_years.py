"""A period is cut where financial years end: what the trial balance tells begins anew there."""

from __future__ import annotations

from datetime import date

import pytest

from bridge_xero.years import parts

BRITISH = {"FinancialYearEndMonth": 3, "FinancialYearEndDay": 31}
LEAP = {"FinancialYearEndMonth": 2, "FinancialYearEndDay": 29}


@pytest.mark.parametrize(
    ("organisation", "since", "until", "found"),
    [
        ({}, "2026-01-01", "2026-12-31", [(None, "2026-12-31")]),
        ({}, "2026-02-01", "2026-02-28", [("2026-01-31", "2026-02-28")]),
        (BRITISH, "2026-01-01", "2026-12-31", [("2025-12-31", "2026-03-31"), (None, "2026-12-31")]),
        (BRITISH, "2026-04-01", "2026-04-01", [(None, "2026-04-01")]),
        (
            BRITISH,
            "2025-03-31",
            "2027-05-01",
            [("2025-03-30", "2025-03-31"), (None, "2026-03-31"), (None, "2027-03-31"), (None, "2027-05-01")],
        ),
        (LEAP, "2024-02-29", "2025-03-01", [("2024-02-28", "2024-02-29"), (None, "2025-02-28"), (None, "2025-03-01")]),
        ({}, "2026-02-01", "2026-01-31", []),
    ],
)
def test_a_period_in_its_financial_years(
    organisation: dict[str, object], since: str, until: str, found: list[tuple[str | None, str]]
) -> None:
    cut = parts(organisation, date.fromisoformat(since), date.fromisoformat(until))

    assert [(str(before) if before else None, str(end)) for before, end in cut] == found
