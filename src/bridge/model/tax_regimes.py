"""The tax regimes there are, a row each: where it is at home, which scheme of a ledger it fits, what it refuses. Pure.

What bridge does otherwise by regime is a column here, and nowhere a condition on its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from bridge.model.connections import TaxRegime
from bridge.model.facts import TaxScheme

_R, _S = TaxRegime, TaxScheme
_OWN_TAX: Final = {"US": "sales tax", "CA": "GST/HST", "AU": "GST", "NZ": "GST"}
"""Countries whose tax is not VAT, and what it is called."""
EUROPEAN_UNION: Final = frozenset(
    {"AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"}
    | {"IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"}
)
REFUSED: Final = {
    "quick_method": (
        "is not booked by bridge: under the Quick Method you remit a part of what you charged, so the ledger's codes "
        "would return too much; use gst_hst and make the adjustment at the end of the period by hand"
    ),
    "margin_scheme": (
        "is not booked by bridge: under the margin scheme VAT is owed on what an item earned over its cost, which no "
        "channel tells; book those sales by hand"
    ),
}
"""Schemes that are refused by name, and why: what would be booked by another one would be wrong."""


class Regime(msgspec.Struct, frozen=True, kw_only=True):
    """One row.

    name, means:   the second for people.
    countries:     where those who are registered are booked by it; None: in every country whose tax is VAT.
    is_usual:      it is what a registered company is booked by where nothing else is said.
    schemes:       what a ledger may say of itself; empty where it does not matter.
    rides:         the tax is a part of its line, which bears a code; else it is a line of its own, or is no tax at all.
    claims:        tax that is stated on a cost is claimed back; else it is a part of the cost.
    is_paid:       tax is due when money comes: what journals and open documents say would be too early, or too late.
    states_prices_net: a sale that no row of tax belongs to was sold without tax; else somebody has to say.
    has_parts:     several authorities tax one line, and the ledger has one code for all of them.
    splits:        a marketplace may owe one part, and the merchant the other.
    has_vouchers:  a gift card may owe tax when it is sold.
    by_destination: goods are coded by the country they went to. has_one_stop: also where tax was charged on them.
    standard_rate: in percent, where the country has but one.
    """

    name: TaxRegime
    means: str
    countries: frozenset[str] | None = None
    is_usual: bool = False
    schemes: frozenset[TaxScheme] = frozenset({_S.REGISTERED, _S.ACCRUAL})
    rides: bool = True
    claims: bool = True
    is_paid: bool = False
    states_prices_net: bool = False
    has_parts: bool = False
    splits: bool = False
    has_vouchers: bool = False
    by_destination: bool = False
    has_one_stop: bool = False
    standard_rate: str = "20"
    rates: tuple[str, ...] = ()

    @property
    def tax(self) -> str:
        """What its tax is called."""
        return tax_of(min(self.countries or ("",)))


_INSIDE = "tax stands inside the lines it was charged on"
_ANY_BASIS = frozenset({_S.REGISTERED, _S.ACCRUAL, _S.CASH})
_ROWS: Final = (
    Regime(
        name=_R.US_SALES_TAX,
        means="tax stands on lines of its own",
        countries=frozenset({"US"}),
        is_usual=True,
        schemes=frozenset(),
        rides=False,
    ),
    Regime(name=_R.VAT_STANDARD, means=_INSIDE, is_usual=True, has_vouchers=True),
    Regime(
        name=_R.GST_HST,
        means=f"{_INSIDE}, with the ledger's code for all that one line bears",
        countries=frozenset({"CA"}),
        is_usual=True,
        schemes=_ANY_BASIS,
        states_prices_net=True,
        has_parts=True,
        splits=True,
        standard_rate="",
        rates=("5", "11", "12", "13", "14", "14.975", "15"),
    ),
    Regime(
        name=_R.GST_AU,
        means=_INSIDE,
        countries=frozenset({"AU"}),
        is_usual=True,
        schemes=_ANY_BASIS,
        standard_rate="10",
    ),
    Regime(
        name=_R.GST_NZ,
        means=_INSIDE,
        countries=frozenset({"NZ"}),
        is_usual=True,
        schemes=_ANY_BASIS,
        standard_rate="15",
    ),
    Regime(
        name=_R.VAT_CASH,
        means=f"{_INSIDE}, and is due when money comes",
        schemes=frozenset({_S.REGISTERED, _S.CASH}),
        is_paid=True,
        has_vouchers=True,
    ),
    Regime(
        name=_R.NOT_REGISTERED,
        means="tax is part of price and cost",
        schemes=frozenset({_S.NONE}),
        rides=False,
        claims=False,
    ),
    Regime(
        name=_R.OSS,
        means=f"{_INSIDE}, and goods to another country of the Union bear the tax of that country",
        countries=EUROPEAN_UNION,
        has_vouchers=True,
        by_destination=True,
        has_one_stop=True,
    ),
    Regime(
        name=_R.EU_B2B,
        means=f"{_INSIDE}, and what went untaxed to another country of the Union is the buyer's to declare",
        countries=EUROPEAN_UNION,
        has_vouchers=True,
        by_destination=True,
    ),
    Regime(
        name=_R.VAT_FLAT_RATE,
        means=f"{_INSIDE}, and tax on costs is part of the cost",
        countries=frozenset({"GB"}),
        schemes=frozenset({_S.REGISTERED, _S.FLAT_RATE, _S.FLAT_RATE_CASH}),
        claims=False,
        has_vouchers=True,
    ),
)
_BY_NAME: Final[Mapping[TaxRegime, Regime]] = {row.name: row for row in _ROWS}


def row_of(regime: TaxRegime | None) -> Regime:
    """The row of a regime; that of the United States where none is said, which books nothing elsewhere."""
    return _BY_NAME[regime or _R.US_SALES_TAX]


def tax_of(country: str) -> str:
    """What the tax of a country is called: ``VAT``."""
    return _OWN_TAX.get(country, "VAT")


def usual_in(country: str) -> TaxRegime:
    """The regime of those who are registered in a country and have said no more."""
    return next(row.name for row in _ROWS if row.is_usual and is_at_home(row, country))


def is_at_home(row: Regime, country: str) -> bool:
    """Whether a regime is one of that country."""
    return row.name is _R.NOT_REGISTERED or (
        country not in _OWN_TAX if row.countries is None else country in row.countries
    )


def regimes_for(country: str, scheme: TaxScheme) -> tuple[TaxRegime, ...]:
    """Those that fit a ledger which says so much of itself, the usual one first."""
    fits = [row for row in _ROWS if is_at_home(row, country) and is_of_scheme(row, scheme)]
    return tuple(row.name for row in sorted(fits, key=lambda row: not row.is_usual))


def is_of_scheme(row: Regime, scheme: TaxScheme) -> bool:
    """Whether what a ledger says of its scheme fits a regime; where it says nothing, all fit."""
    return not row.schemes or scheme in {TaxScheme.UNKNOWN, *row.schemes}
