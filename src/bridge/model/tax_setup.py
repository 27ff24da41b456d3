"""What a route says of tax, held against what its ledger says of itself: a regime, or a question to a person. Pure.

A regime never follows from a default: a company abroad that is booked as if it were in the United States has books
that look right, and a VAT return that stays empty. So the country decides whether anything has to be asked, and until
a person has answered, the route books nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bridge.model.connections import Route, TaxRegime
from bridge.model.facts import LedgerFacts
from bridge.model.reasons import Reason
from bridge.model.tax import DEEMED_SUPPLY, SALE, rate_of

_US = "US"
# Countries with a tax of their own for which no regime exists yet, and what its return is called.
_NOT_YET: Final = {"CA": "GST/HST", "AU": "GST", "NZ": "GST"}
_SALES_TAX, _VAT, _NEITHER = TaxRegime.US_SALES_TAX, TaxRegime.VAT_STANDARD, TaxRegime.NOT_REGISTERED


class TaxQuestion(msgspec.Struct, frozen=True):
    """What a person must answer before a route books anything. country: empty while it is not known."""

    code: Reason
    route: str
    company: str
    country: str
    cause: str
    next_step: str

    @property
    def title(self) -> str:
        """What stands still, and why."""
        return f"route {self.route} books nothing yet: {self.cause}"

    @property
    def words(self) -> str:
        """All of it, for people."""
        return f"{self.title}. {self.next_step}."


def tax_regime(route: Route, facts: LedgerFacts | None) -> TaxRegime | TaxQuestion:
    """The regime a route is booked by, or what must be asked first. facts: None while the ledger was never asked.

    A stated regime stands where the country is not known, and where a person confirmed it for the country.
    """
    country = facts.country if facts else ""
    stated = route.tax_regime
    if stated is None:
        return _SALES_TAX if country == _US else _question(Reason.UNSTATED, route, facts)
    is_fitting = not country or stated is _NEITHER or stated is _usual(country)
    if is_fitting or route.tax_regime_confirmed == country:
        return stated
    return _question(Reason.MISFIT, route, facts)


def tax_question(route: Route, facts: LedgerFacts | None) -> TaxQuestion | None:
    """What must be asked before a route books anything; None for nothing."""
    answer = tax_regime(route, facts)
    return answer if isinstance(answer, TaxQuestion) else None


def asks_for_rows(route: Route) -> bool:
    """Whether nobody has said if the channel's account states VAT in rows of its own. Of channels of settlements."""
    return route.tax_regime is _VAT and route.vat_in_rows is None


def rows_question(route: Route) -> str:
    """What a person is asked then."""
    return (
        f"Does this account state VAT in rows of its own? Set vat_in_rows in [routes.{route.name}]: true where it "
        "does, and what has no row is without VAT; false where prices include it. Then run `bridge apply`"
    )


def mapped_tax_codes(route: Route) -> Mapping[str, str]:
    """What a route maps each treatment to.

    Where it says which code its zero-rated sales bear, and nothing of supplies to a channel, these bear the same.
    """
    mapped = dict(route.tax_codes)
    zero_rated = mapped.get(f"{SALE}:0")
    return {f"{SALE}:{DEEMED_SUPPLY}": zero_rated, **mapped} if zero_rated else mapped


def odd_tax_codes(route: Route, facts: LedgerFacts) -> Mapping[str, str]:
    """Each treatment that a route maps to a code of another rate, and the sentence for people.

    A code with several rates or none (a reverse charge, a combined code) is the person's own choice.
    """
    return {
        treatment: f"{treatment} is mapped to {wanted!r}, a code of {code.rate} %"
        for treatment, wanted in mapped_tax_codes(route).items()
        for code in facts.tax_codes
        if wanted in {code.ledger_id, code.name} and code.rate and Decimal(code.rate) != rate_of(treatment)
    }


def _usual(country: str) -> TaxRegime | None:
    """The regime of those who are registered in a country; None where there is none yet."""
    return _SALES_TAX if country == _US else None if country in _NOT_YET else _VAT


def _question(code: Reason, route: Route, facts: LedgerFacts | None) -> TaxQuestion:
    company, country = (facts.company, facts.country) if facts else ("", "")
    cause, next_step = _abroad(route, company, country) if country else _unknown(route, company)
    return TaxQuestion(code, route.name, company, country, cause, next_step)


def _unknown(route: Route, company: str) -> tuple[str, str]:
    write = f'write tax_regime = "{_SALES_TAX}", "{_VAT}" or "{_NEITHER}" in {_place(route)} and run `bridge apply`'
    if company:
        cause = f"it states no tax_regime, and ledger {route.ledger} does not say in which country {company} is"
        return cause, f"{write[0].upper()}{write[1:]}"
    cause = f"it states no tax_regime, and ledger {route.ledger} has not told yet in which country its company is"
    return cause, f"Let bridge into it (`bridge connections authorize {route.ledger}`), or {write}"


def _abroad(route: Route, company: str, country: str) -> tuple[str, str]:
    """The question where the country is known: what does not fit, and what to write."""
    stated, usual, tax = route.tax_regime, _usual(country), _NOT_YET.get(country, "VAT")
    said = f"tax_regime is {stated}" if stated else "it states no tax_regime"
    cause = f"{said}, and {company} is a company in {country}"
    confirmed = f'tax_regime_confirmed = "{country}"'
    if usual is None:
        meant = stated or _SALES_TAX
        harm = "stay empty" if meant is _SALES_TAX else "not be right"
        return f"{cause}, where the tax is {tax}: a regime for it comes later", (
            f'Write tax_regime = "{_NEITHER}" in {_place(route)} if it is not registered for {tax}, and run `bridge '
            f"apply`; else let the route wait, for by {meant} its {tax} return would {harm} "
            f'(tax_regime = "{meant}" with {confirmed} books so all the same)'
        )
    harm = ", whose VAT return would stay empty" if stated is _SALES_TAX else ""
    keep = f", or keep {stated} and add {confirmed}" if stated else ""
    registered = "sales tax" if usual is _SALES_TAX else tax
    write = f'Write tax_regime = "{usual}" (registered for {registered}) or "{_NEITHER}" in {_place(route)}'
    return cause + harm, f"{write}{keep}; then run `bridge apply`"


def _place(route: Route) -> str:
    return f"[routes.{route.name}] of bridge.toml"
