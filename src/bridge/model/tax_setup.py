"""What a route says of tax, held against what its ledger says of itself: a regime, or a question to a person. Pure.

A regime never follows from a default: a company abroad that is booked as if it were in the United States has books
that look right, and a VAT return that stays empty. So the country decides whether anything has to be asked, and until
a person has answered, the route books nothing. So does the scheme that a ledger says its company is in: whoever is not
registered owes no tax, and who is taxed when money comes owes it on another day.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from bridge.model.accounts import OF
from bridge.model.chart import DUE_FROM_BUYERS
from bridge.model.connections import BankLeg, Route, TaxRegime
from bridge.model.entries import Mode
from bridge.model.facts import LedgerFacts, TaxScheme
from bridge.model.reasons import Reason
from bridge.model.tax import DEEMED_SUPPLY, SALE, rate_of
from bridge.model.tax_regimes import is_at_home, is_of_scheme, regimes_for, row_of, tax_of, usual_in

_US = "US"
_SALES_TAX, _NEITHER = TaxRegime.US_SALES_TAX, TaxRegime.NOT_REGISTERED
_SAYS = {
    TaxScheme.NONE: "is not registered for {tax}",
    TaxScheme.REGISTERED: "is registered for {tax}",
    TaxScheme.ACCRUAL: "owes {tax} by its documents (accrual basis)",
    TaxScheme.CASH: "owes {tax} when money comes (cash basis)",
    TaxScheme.FLAT_RATE: "is in the flat rate scheme",
    TaxScheme.FLAT_RATE_CASH: "is in the flat rate scheme on a cash basis",
}


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
    row = row_of(stated)
    if facts and country and route.tax_regime_confirmed != country:
        if not is_at_home(row, country):
            return _question(Reason.MISFIT, route, facts)
        if country != _US and not is_of_scheme(row, facts.tax_scheme):
            return _of_scheme(route, facts)
    if route.bank_leg is BankLeg.DOCUMENT and is_cash(route, facts):
        return _of_deposit(route, facts)
    if route.placed_from is not None and is_cash(route, facts) and not _keeps_debtors(route, facts):
        return _of_orders(route, facts)
    return stated


def is_cash(route: Route, facts: LedgerFacts | None) -> bool:
    """Whether tax is due when money comes: no journal may say it, and no document that stays open for nothing."""
    row = row_of(route.tax_regime)
    return row.is_paid or (row.rides and facts is not None and facts.tax_scheme.is_cash)


def tax_question(route: Route, facts: LedgerFacts | None) -> TaxQuestion | None:
    """What must be asked before a route books anything; None for nothing."""
    answer = tax_regime(route, facts)
    return answer if isinstance(answer, TaxQuestion) else None


def asks_for_rows(route: Route) -> bool:
    """Whether nobody has said if the channel's account states tax in rows of its own. Of channels of settlements."""
    row = row_of(route.tax_regime)
    return row.rides and not row.states_prices_net and route.vat_in_rows is None


def rows_question(route: Route) -> str:
    """What a person is asked then."""
    tax = row_of(route.tax_regime).tax
    return (
        f"Does this account state {tax} in rows of its own? Set vat_in_rows in [routes.{route.name}]: true where it "
        f"does, and what has no row is without {tax}; false where prices include it. Then run `bridge apply`"
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


def _question(code: Reason, route: Route, facts: LedgerFacts | None) -> TaxQuestion:
    company, country = (facts.company, facts.country) if facts else ("", "")
    cause, next_step = _abroad(route, company, country) if country else _unknown(route, company)
    return TaxQuestion(code, route.name, company, country, cause, next_step)


def _unknown(route: Route, company: str) -> tuple[str, str]:
    write = (
        f'write tax_regime = "{_SALES_TAX}", "{TaxRegime.VAT_STANDARD}", "{_NEITHER}" or another in {_place(route)} '
        "and run `bridge apply`"
    )
    if company:
        cause = f"it states no tax_regime, and ledger {route.ledger} does not say in which country {company} is"
        return cause, f"{write[0].upper()}{write[1:]}"
    cause = f"it states no tax_regime, and ledger {route.ledger} has not told yet in which country its company is"
    return cause, f"Let bridge into it (`bridge connections authorize {route.ledger}`), or {write}"


def _abroad(route: Route, company: str, country: str) -> tuple[str, str]:
    """The question where the country is known: what does not fit, and what to write."""
    stated, usual, tax = route.tax_regime, usual_in(country), tax_of(country)
    said = f"tax_regime is {stated}" if stated else "it states no tax_regime"
    harm = f", whose {tax} return would stay empty" if stated is _SALES_TAX else ""
    keep = f", or keep {stated} and add {_confirmed(country)}" if stated else ""
    write = f'Write tax_regime = "{usual}" (registered for {tax}) or "{_NEITHER}" in {_place(route)}'
    return f"{said}, and {company} is a company in {country}{harm}", f"{write}{keep}; then run `bridge apply`"


def _of_scheme(route: Route, facts: LedgerFacts) -> TaxQuestion:
    """The question where the ledger says of itself that it is taxed in another way."""
    says = _SAYS[facts.tax_scheme].format(tax=tax_of(facts.country))
    fitting = " or ".join(f'"{name}"' for name in regimes_for(facts.country, facts.tax_scheme))
    return TaxQuestion(
        Reason.SCHEME,
        route.name,
        facts.company,
        facts.country,
        f"tax_regime is {route.tax_regime}, and ledger {route.ledger} says that {facts.company} {says}",
        f"Write tax_regime = {fitting} in {_place(route)}, or put it right in the ledger, or keep "
        f"{route.tax_regime} and add {_confirmed(facts.country)}; then run `bridge apply`",
    )


def _of_deposit(route: Route, facts: LedgerFacts | None) -> TaxQuestion:
    """The question where a settlement would stay open until the bank has it, and its tax with it."""
    return TaxQuestion(
        Reason.OPEN_DEPOSIT,
        route.name,
        facts.company if facts else "",
        facts.country if facts else "",
        "its tax is due when money comes, and what a marketplace takes has come to you that day; by bank_leg = "
        '"document" a settlement would stay open, and its tax wait, until the deposit reaches the bank',
        f'Write bank_leg = "none" or "transfer" in {_place(route)}; then run `bridge apply`',
    )


def _of_orders(route: Route, facts: LedgerFacts | None) -> TaxQuestion:
    """The question where what nobody has paid would be no debtor of the ledger, which then owes its tax at once."""
    return TaxQuestion(
        Reason.OPEN_ORDERS,
        route.name,
        facts.company if facts else "",
        facts.country if facts else "",
        "its tax is due when money comes, and orders are booked before they are paid, on an account that is not the "
        "ledger's accounts receivable: their tax would be due at once",
        f'Remove placed_from from {_place(route)}, or write mode = "order" and map "1150" to accounts receivable under '
        "its accounts; then run `bridge apply`",
    )


def _keeps_debtors(route: Route, facts: LedgerFacts | None) -> bool:
    """Whether what buyers owe stands on invoices of the ledger, which itself knows when they are paid."""
    mapped = {key: wanted for key, wanted in route.accounts if key.partition(OF)[0] == DUE_FROM_BUYERS}
    if facts is None or route.mode is not Mode.ORDER or DUE_FROM_BUYERS not in mapped:
        return False
    own = {facts.receivable_id, *dict(facts.receivables).values()} - {""}
    return all((found := facts.account(wanted)) is not None and found.ledger_id in own for wanted in mapped.values())


def _confirmed(country: str) -> str:
    return f'tax_regime_confirmed = "{country}"'


def _place(route: Route) -> str:
    return f"[routes.{route.name}] of bridge.toml"
