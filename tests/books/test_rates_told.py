"""At which rate a line is by its regime: several taxes by their province, goods by where they went (C1, C20)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.books.tax.rates import rate_told
from bridge.model.connections import TaxRegime
from bridge.model.line_tax import Liable, Tax, TaxComponent, charged_on
from bridge.model.lines import SHIP_TO, Line, Part
from bridge.model.tax_regimes import row_of

GST = TaxComponent(rate="5", jurisdiction="GST")
PST = TaxComponent(rate="7", jurisdiction="PST")
CHANNELS_PST = TaxComponent(rate="7", jurisdiction="PST", liable=Liable.CHANNEL)
NO_RATE = TaxComponent(jurisdiction="PST")


def line(tax: Tax, *, kind: str = "sale.product", ship_to: str = "") -> Line:
    at = datetime(2026, 6, 3, tzinfo=UTC)
    told = ((SHIP_TO, ship_to),) if ship_to else ()
    return Line(key="1", kind=kind, part=Part.SALE, amount_minor=100, occurred_at=at, attributes=told, tax=tax)


@pytest.mark.parametrize(
    ("tax", "told"),
    [
        ((GST, PST), "5+7@CA-BC"),
        ((PST, GST), "5+7@CA-BC"),
        ((GST, CHANNELS_PST), "5"),
        ((CHANNELS_PST,), "0"),
        ((GST, NO_RATE), ""),
        ((), ""),
    ],
)
def test_of_several_taxes_those_count_that_the_merchant_owes(tax: Tax, told: str) -> None:
    """British Columbia: GST is the seller's, PST the marketplace's where that owes it."""
    regime = row_of(TaxRegime.GST_HST)

    assert rate_told(line(tax), regime, "CA") == told
    assert rate_told(line(tax), row_of(TaxRegime.VAT_STANDARD), "CA") == line(tax).tax_rate


def test_a_line_of_tax_says_the_same_whichever_of_them_it_is_of() -> None:
    for own in (GST, PST):
        taxed = line(charged_on("sale.product", (GST, PST), own), kind="tax.collected")
        assert rate_told(taxed, row_of(TaxRegime.GST_HST), "CA") == "5+7@CA-BC"


def vat(rate: str, jurisdiction: str = "") -> Tax:
    return (TaxComponent(rate=rate, jurisdiction=jurisdiction),)


@pytest.mark.parametrize(
    ("rate", "ship_to", "oss", "eu_b2b"),
    [
        ("19", "DE", "oss_ioss:19@DE", "19"),
        ("23", "IE", "23", "23"),
        ("23", "", "23", "23"),
        ("0", "DE", "reverse_charge", "reverse_charge"),
        ("0", "IE", "0", "0"),
        ("0", "US", "export", "export"),
        ("25", "NO", "foreign_vat:25@NO", "foreign_vat:25@NO"),
    ],
)
def test_within_the_union_goods_are_by_where_they_went(rate: str, ship_to: str, oss: str, eu_b2b: str) -> None:
    taxed = line(charged_on("sale.product", vat(rate)), kind="tax.collected", ship_to=ship_to)
    for each in (line(vat(rate), ship_to=ship_to), taxed):
        assert rate_told(each, row_of(TaxRegime.OSS), "IE") == oss
        assert rate_told(each, row_of(TaxRegime.EU_B2B), "IE") == eu_b2b
        assert rate_told(each, row_of(TaxRegime.VAT_STANDARD), "IE") == rate


def test_the_country_whose_tax_it_is_tells_where_goods_went_too() -> None:
    assert rate_told(line(vat("19", "DE-VAT-1")), row_of(TaxRegime.OSS), "IE") == "oss_ioss:19@DE"
    assert rate_told(line(vat("19", "VAT")), row_of(TaxRegime.OSS), "IE") == "19"
    assert rate_told(line(vat("19", "DE-VAT-1")), row_of(TaxRegime.OSS), "") == "19"


def test_what_was_bought_went_nowhere() -> None:
    assert rate_told(line(vat("19", "DE"), kind="fee.referral"), row_of(TaxRegime.OSS), "IE") == "19"
