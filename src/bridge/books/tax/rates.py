"""At which rate a line is, as its channel tells it and its regime reads it. Pure.

Several taxes on one line are told by their parts, and goods by where they went.
"""

from __future__ import annotations

import re

from bridge.model.line_tax import own_of
from bridge.model.lines import SHIP_TO, Line, kinds
from bridge.model.tax import EXPORT, FOREIGN_VAT, OSS_IOSS, REVERSE_CHARGE, SALE, is_rate, treatment
from bridge.model.tax_places import composed
from bridge.model.tax_regimes import EUROPEAN_UNION, Regime

_COUNTRY = re.compile(r"[A-Z]{2}(?=-|$)")


def rate_told(line: Line, regime: Regime, home_country: str) -> str:
    """What follows the side in its treatment: a rate, several, or where goods went; empty where nobody tells a rate."""
    rate = line.tax_rate
    if regime.has_parts and rate not in {"", "0"}:
        return composed(tuple((each.jurisdiction, each.rate) for each in own_of(line.kind, line.tax)))
    if regime.by_destination and is_rate(rate) and _is_sold(line):
        return _elsewhere(rate, _destination(line), regime, home_country)
    return rate


def _is_sold(line: Line) -> bool:
    return treatment(kinds()[line.tax_base or line.kind].tax_treatment, "0").startswith(SALE)


def _elsewhere(rate: str, country: str, regime: Regime, home_country: str) -> str:
    """Abroad a taxed sale bears the tax of where it went, and an untaxed one is the buyer's to declare, or an export.

    Below the Union's threshold a shop charges the tax of its own country, and its regime says so: by ``eu_b2b`` what is
    taxed is taxed at home.
    """
    if not country or not home_country or country == home_country:
        return rate
    if rate == "0":
        return REVERSE_CHARGE if country in EUROPEAN_UNION else EXPORT
    if country not in EUROPEAN_UNION:
        return f"{FOREIGN_VAT}:{rate}@{country}"
    return f"{OSS_IOSS}:{rate}@{country}" if regime.has_one_stop else rate


def _destination(line: Line) -> str:
    """Where goods went: as the channel says it, else the country whose tax it names; empty where neither is told."""
    told = dict(line.attributes).get(SHIP_TO, "")
    named = (_COUNTRY.match(each.jurisdiction) for each in line.tax)
    return told or next((found[0] for found in named if found), "")
