"""Which tax regime a route is booked by, and what is asked where nothing settles it."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from bridge.model.connections import Route, TaxRegime
from bridge.model.facts import LedgerFacts, LedgerTaxCode
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion, mapped_tax_codes, odd_tax_codes, tax_question, tax_regime

US, VAT, NEITHER = TaxRegime.US_SALES_TAX, TaxRegime.VAT_STANDARD, TaxRegime.NOT_REGISTERED
COUNTRIES = ("US", "GB", "FR", "CA", "AU", "NZ", "")


def facts(country: str, *codes: LedgerTaxCode) -> LedgerFacts:
    return LedgerFacts(
        connection="books-x",
        taken_at=datetime(2026, 7, 1, tzinfo=UTC),
        company="Acme Ltd",
        home_currency="USD",
        accounts=(),
        tax_codes=codes,
        country=country,
    )


def route(stated: TaxRegime | None = None, confirmed: str = "", **more: object) -> Route:
    return Route(
        "shop",
        "shop",
        "books-x",
        "UTC",
        date(2026, 1, 1),
        "1210",
        "1000",
        tax_regime=stated,
        tax_regime_confirmed=confirmed,
        **more,  # type: ignore[arg-type]
    )


def settled(stated: TaxRegime | None, country: str, confirmed: str = "") -> str:
    answer = tax_regime(route(stated, confirmed), facts(country))
    return answer.code if isinstance(answer, TaxQuestion) else answer


@pytest.mark.parametrize(
    ("stated", "answers"),
    [
        (
            None,
            (US, Reason.UNSTATED, Reason.UNSTATED, Reason.UNSTATED, Reason.UNSTATED, Reason.UNSTATED, Reason.UNSTATED),
        ),
        (US, (US, Reason.MISFIT, Reason.MISFIT, Reason.MISFIT, Reason.MISFIT, Reason.MISFIT, US)),
        (VAT, (Reason.MISFIT, VAT, VAT, Reason.MISFIT, Reason.MISFIT, Reason.MISFIT, VAT)),
        (NEITHER, (NEITHER,) * 7),
    ],
)
def test_a_regime_fits_the_country_or_is_asked_about(stated: TaxRegime | None, answers: tuple[str, ...]) -> None:
    """Only in the United States does silence say anything; an unknown country leaves what a person stated."""
    assert tuple(settled(stated, country) for country in COUNTRIES) == answers


def test_a_person_may_confirm_what_does_not_fit_for_that_country_and_no_other() -> None:
    assert settled(US, "CA", "CA") == US
    assert settled(US, "CA", "GB") == Reason.MISFIT
    assert settled(VAT, "AU", "AU") == VAT
    assert settled(None, "CA", "CA") == Reason.UNSTATED


def test_while_the_ledger_was_never_asked_only_what_is_stated_stands() -> None:
    assert tax_regime(route(VAT), None) is VAT
    assert words(None, None) == (
        "route shop books nothing yet: it states no tax_regime, and ledger books-x has not told yet in which country "
        "its company is. Let bridge into it (`bridge connections authorize books-x`), or write tax_regime = "
        '"us_sales_tax", "vat_standard" or "not_registered" in [routes.shop] of bridge.toml and run `bridge apply`.'
    )


def words(stated: TaxRegime | None, known: LedgerFacts | None) -> str:
    question = tax_question(route(stated), known)
    assert question is not None
    return question.words


def test_abroad_the_question_names_company_country_and_what_to_write() -> None:
    assert words(None, facts("FR")) == (
        "route shop books nothing yet: it states no tax_regime, and Acme Ltd is a company in FR. Write tax_regime = "
        '"vat_standard" (registered for VAT) or "not_registered" in [routes.shop] of bridge.toml; '
        "then run `bridge apply`."
    )
    assert words(US, facts("FR")) == (
        "route shop books nothing yet: tax_regime is us_sales_tax, and Acme Ltd is a company in FR, whose VAT return "
        'would stay empty. Write tax_regime = "vat_standard" (registered for VAT) or "not_registered" in [routes.shop] '
        'of bridge.toml, or keep us_sales_tax and add tax_regime_confirmed = "FR"; then run `bridge apply`.'
    )
    assert words(VAT, facts("US")) == (
        "route shop books nothing yet: tax_regime is vat_standard, and Acme Ltd is a company in US. Write tax_regime = "
        '"us_sales_tax" (registered for sales tax) or "not_registered" in [routes.shop] of bridge.toml, or keep '
        'vat_standard and add tax_regime_confirmed = "US"; then run `bridge apply`.'
    )


@pytest.mark.parametrize(("country", "tax"), [("CA", "GST/HST"), ("AU", "GST"), ("NZ", "GST")])
def test_where_a_regime_is_yet_to_come_it_is_said_with_what_would_stay_empty_p28(country: str, tax: str) -> None:
    assert words(None, facts(country)) == (
        f"route shop books nothing yet: it states no tax_regime, and Acme Ltd is a company in {country}, where the tax "
        f'is {tax}: a regime for it comes later. Write tax_regime = "not_registered" in [routes.shop] of bridge.toml '
        f"if it is not registered for {tax}, and run `bridge apply`; else let the route wait, for by us_sales_tax its "
        f'{tax} return would stay empty (tax_regime = "us_sales_tax" with tax_regime_confirmed = "{country}" books so '
        "all the same)."
    )
    assert f"by vat_standard its {tax} return would not be right" in words(VAT, facts(country))


def test_a_ledger_that_tells_no_country_is_named() -> None:
    assert "ledger books-x does not say in which country Acme Ltd is" in words(None, facts(""))


def test_a_route_of_an_earlier_version_keeps_the_regime_it_was_stored_with() -> None:
    """What used to be the default was stored as if it had been stated: it is asked about like that."""
    stored = msgspec.json.decode(msgspec.json.encode(route(US)))
    del stored["tax_regime_confirmed"]

    assert settled(msgspec.convert(stored, Route).tax_regime, "FR") == Reason.MISFIT


CODES = (
    LedgerTaxCode("5", "5.0% R", "5", ("sale:5",)),
    LedgerTaxCode("6", "20.0% S", "20", ("sale:20",)),
    LedgerTaxCode("7", "20.0% RC", ""),
    LedgerTaxCode("8", "Exempt", "0"),
)


def test_a_treatment_mapped_to_a_code_of_another_rate_is_told() -> None:
    mapped = (("sale:20", "5.0% R"), ("none", "6"), ("sale:5", "5"), ("purchase:exempt", "Exempt"), ("sale:0", "lost"))

    assert odd_tax_codes(route(tax_codes=mapped), facts("GB", *CODES)) == {
        "sale:20": "sale:20 is mapped to '5.0% R', a code of 5 %",
        "none": "none is mapped to '6', a code of 20 %",
    }


def test_supplies_to_a_channel_bear_what_is_said_of_zero_rated_sales_unless_more_is_said() -> None:
    zero, deemed = ("sale:0", "20.0% S"), ("sale:deemed_supply", "Exempt")

    assert mapped_tax_codes(route(tax_codes=(zero,)))["sale:deemed_supply"] == "20.0% S"
    assert mapped_tax_codes(route(tax_codes=(zero, deemed)))["sale:deemed_supply"] == "Exempt"
    assert mapped_tax_codes(route(tax_codes=(("sale:20", "20.0% S"),))) == {"sale:20": "20.0% S"}
    assert set(odd_tax_codes(route(tax_codes=(zero,)), facts("GB", *CODES))) == {"sale:0", "sale:deemed_supply"}


def test_a_code_of_several_rates_is_a_persons_own_choice() -> None:
    """A reverse charge takes and gives: it has no one rate."""
    assert odd_tax_codes(route(tax_codes=(("purchase:exempt", "20.0% RC"),)), facts("GB", *CODES)) == {}
