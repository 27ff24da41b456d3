"""The tax of a line: composed, summed up, and as rules ask for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.line_tax import Liable, Tax, TaxComponent, charged_on, sum_of, taxed_at
from bridge.model.lines import Line, Part
from bridge.model.rules import Rule
from bridge.model.tax import is_rate, plain_rate

M, C, U = Liable.MERCHANT, Liable.CHANNEL, Liable.UNKNOWN
SOLD, TAX, WITHHELD = "sale.product", "tax.collected", "tax.facilitator"
RATES = st.decimals(0, 20, places=4).map(plain_rate)
BORNE = st.lists(
    st.builds(
        TaxComponent, rate=st.just("") | RATES, jurisdiction=st.sampled_from(["", "GB", "State", "City"]), liable=...
    ),
    max_size=4,
).map(tuple)


def line(kind: str, tax: Tax, attributes: tuple[tuple[str, str], ...] = ()) -> Line:
    at = datetime(2026, 6, 3, tzinfo=UTC)
    return Line(key="1", kind=kind, part=Part.SALE, amount_minor=1, occurred_at=at, tax=tax, attributes=attributes)


@given(rate=st.just("") | RATES, base=st.sampled_from(["", SOLD]), liable=st.sampled_from([M, C]))
def test_what_is_said_of_a_line_of_tax_is_read_back(rate: str, base: str, liable: Liable) -> None:
    said = line(TAX, taxed_at(rate, base=base, liable=liable))
    assert (said.tax_rate, said.tax_base, said.tax_sum.liable) == (rate, base, liable)


@given(tax=BORNE, place=st.integers(0, 4))
def test_what_bears_tax_and_its_line_of_tax_say_the_same_each_its_own_way_round(tax: Tax, place: int) -> None:
    own = tax[place] if place < len(tax) else None
    charged = charged_on(SOLD, tax, own)
    said = line(TAX, charged)

    assert {each.base for each in charged} == {SOLD} == {said.tax_base}
    assert sorted(map(repr, charged_on("", charged))) == sorted(map(repr, tax or [TaxComponent()]))
    if own is not None:
        assert charged_on("", charged[:1]) == (own,)
    elif tax:
        assert charged_on("", charged) == tax, "in the order that it was told"


@given(tax=BORNE)
def test_a_sum_loses_no_rate_and_names_none_that_is_not_told(tax: Tax) -> None:
    of_tax, of_goods = sum_of(TAX, tax).rate, sum_of(SOLD, tax).rate
    own = [each.rate for each in tax if each.liable is not C]
    assert of_tax == (told([each.rate for each in tax]) if tax else "")
    assert of_goods == (told(own) if tax else "")


def told(rates: list[str]) -> str:
    return plain_rate(sum(map(Decimal, rates), Decimal(0))) if all(map(is_rate, rates)) else ""


@pytest.mark.parametrize(
    ("kind", "tax", "rate", "is_channels", "liable"),
    [
        (SOLD, (), "", False, None),
        (SOLD, taxed_at("20"), "20", False, None),
        (SOLD, taxed_at("5.3", liable=C), "0", True, "channel"),
        (SOLD, taxed_at("4") + taxed_at("4.5", liable=C), "4", False, None),
        (SOLD, taxed_at("4", liable=U), "4", False, None),
        (SOLD, taxed_at("60") + taxed_at("60"), "", False, None),
        (WITHHELD, charged_on(SOLD, taxed_at("4") + taxed_at("4.5")), "8.5", False, None),
        (WITHHELD, taxed_at("", liable=C), "", False, None),
        (TAX, taxed_at("", base=SOLD, liable=U), "", False, "unknown"),
        ("ignored", taxed_at("5", base=SOLD, liable=C), "5", False, None),
    ],
)
def test_who_owes_decides_what_books_and_rules_read(
    kind: str, tax: Tax, rate: str, is_channels: bool, liable: str | None
) -> None:
    """C1. Rules ask for ``liable`` by name, beside the attributes."""
    said = line(kind, tax, attributes=(("source", "web"),))
    assert (said.tax_rate, said.is_taxed_by_channel) == (rate, is_channels)
    assert said.facts == (("source", "web"), *((("liable", liable),) if liable else ()))
    for party in ("channel", "unknown"):
        rule = Rule("r", "4000", attributes=(("liable", party), ("source", "web")))
        assert rule.holds(said) is (party == liable)
