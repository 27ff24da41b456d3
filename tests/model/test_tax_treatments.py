"""What a posting is for tax: which texts say so, and whose tax several rates on one line are."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.connections import TaxRegime
from bridge.model.tax import is_treatment, joined, plain_rate, rate_of, wider
from bridge.model.tax_places import PartedCode, composed, served_by
from bridge.model.tax_regimes import REFUSED, is_at_home, row_of, usual_in


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "sale:20",
        "sale:5+9.975",
        "sale:5+7@CA-BC",
        "sale:exempt",
        "sale:export",
        "sale:outside",
        "sale:deemed_supply",
        "sale:reverse_charge",
        "sale:oss_ioss:19@DE",
        "sale:oss_ioss:19",
        "sale:foreign_vat:25@NO",
        "purchase:20",
        "purchase:exempt",
        "purchase:finance",
        "purchase:reverse_charge",
    ],
)
def test_a_person_may_name_every_treatment_there_is(text: str) -> None:
    assert is_treatment(text)


@pytest.mark.parametrize(
    "text",
    [
        "sale",
        "sale:",
        "sale:20.0",
        "sale:7+5",
        "sale:5+",
        "sale:0+5",
        "sale:101",
        "sale:finance",
        "sale:20@",
        "sale:20@Ontario",
        "sale:exempt@GB",
        "sale:oss_ioss:DE",
        "sale:oss:19",
        "purchase:export",
        "purchase:oss_ioss:19",
        "none@GB",
        "bought:20",
    ],
)
def test_what_is_no_treatment_is_refused(text: str) -> None:
    assert not is_treatment(text)


@given(st.lists(st.decimals(0, 25, places=3).map(plain_rate), min_size=1, max_size=3))
def test_several_rates_are_one_treatment_whose_rate_is_their_sum(rates: list[str]) -> None:
    treatment = f"sale:{joined(rates)}@CA-QC"

    assert is_treatment(treatment)
    assert rate_of(treatment) == sum(map(Decimal, rates))
    assert joined(reversed(rates)) == joined(rates)


def test_a_code_is_looked_for_by_the_narrowest_treatment_first() -> None:
    assert wider("sale:5+7@CA-BC") == ("sale:5+7@CA-BC", "sale:5+7")
    assert wider("purchase:finance") == ("purchase:finance", "purchase:exempt")
    assert wider("sale:20") == ("sale:20",)


@pytest.mark.parametrize(
    ("parts", "treatment"),
    [
        ((("CA-BC-PST-2", "7"), ("CA-BC-GST-1", "5")), "5+7@CA-BC"),
        ((("GST", "5"), ("RST", "7")), "5+7@CA-MB"),
        ((("GST", "5"), ("PST", "6")), "5+6@CA-SK"),
        ((("TPS", "5"), ("TVQ", "9.975")), "5+9.975@CA-QC"),
        ((("GST", "5"), ("Provincial", "7")), "5+7"),
        ((("CA-AB-GST-1", "5"),), "5"),
        ((("HST", "13"),), "13@CA-ON"),
        ((("HST", "15"),), "15"),
        ((("CA-NB-HST-1", "15"),), "15@CA-NB"),
        ((("GST", "5"), ("PST", "0")), "5"),
        ((("Tax on sales", "20"),), "20"),
    ],
)
def test_whose_taxes_they_are_is_read_off_their_names(parts: tuple[tuple[str, str], ...], treatment: str) -> None:
    assert composed(parts) == treatment


def test_without_a_place_only_the_one_code_serves_that_bears_those_taxes() -> None:
    """Or, of several, the one that is no province's; what comes to the same sum is nobody's."""
    codes = [
        PartedCode("1", "GST", sale=(("GST", "5"),)),
        PartedCode("2", "GST BC", sale=(("GST (BC)", "5"), ("PST (BC)", "7"))),
        PartedCode("3", "GST/RST", sale=(("GST", "5"), ("RST", "7"))),
        PartedCode("4", "QC", sale=(("GST", "5"), ("QST", "9.975")), purchase=(("GST", "5"), ("QST", "9.975"))),
        PartedCode("5", "Nothing", sale=(("Zero", "0"),)),
    ]

    assert served_by(codes) == {
        "1": ("sale:5",),
        "2": ("sale:5+7@CA-BC",),
        "3": ("sale:5+7@CA-MB",),
        "4": (
            "purchase:14.975",
            "purchase:5+9.975",
            "purchase:5+9.975@CA-QC",
            "sale:14.975",
            "sale:5+9.975",
            "sale:5+9.975@CA-QC",
        ),
    }


def test_every_regime_has_a_row_and_every_country_a_usual_one() -> None:
    assert {row_of(regime).name for regime in TaxRegime} == set(TaxRegime)
    for country in ("US", "GB", "IE", "FR", "CA", "AU", "NZ", "NO", "IN"):
        assert is_at_home(row_of(usual_in(country)), country)
    assert REFUSED.keys().isdisjoint(TaxRegime)
