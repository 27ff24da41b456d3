"""Which tax regime a route is booked by, and what is asked where nothing settles it."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from bridge.model.account_classes import AccountClass
from bridge.model.connections import BankLeg, Route, TaxRegime
from bridge.model.entries import Mode
from bridge.model.facts import LedgerAccount, LedgerFacts, LedgerTaxCode, TaxScheme
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion, mapped_tax_codes, odd_tax_codes, tax_question, tax_regime

US, VAT, NEITHER = TaxRegime.US_SALES_TAX, TaxRegime.VAT_STANDARD, TaxRegime.NOT_REGISTERED
CA, FLAT, OSS = TaxRegime.GST_HST, TaxRegime.VAT_FLAT_RATE, TaxRegime.OSS
ASKED = Reason.MISFIT
RECEIVABLE = LedgerAccount(
    ledger_id="7", number="1100", name="Debtors", type="DEBTOR", currency="GBP", account_class=AccountClass.RECEIVABLE
)
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
        (None, (US, *(Reason.UNSTATED,) * 6)),
        (US, (US, *(ASKED,) * 5, US)),
        (VAT, (ASKED, VAT, VAT, ASKED, ASKED, ASKED, VAT)),
        (CA, (ASKED, ASKED, ASKED, CA, ASKED, ASKED, CA)),
        (TaxRegime.GST_AU, (*(ASKED,) * 4, TaxRegime.GST_AU, ASKED, TaxRegime.GST_AU)),
        (TaxRegime.GST_NZ, (*(ASKED,) * 5, TaxRegime.GST_NZ, TaxRegime.GST_NZ)),
        (FLAT, (ASKED, FLAT, *(ASKED,) * 4, FLAT)),
        (OSS, (ASKED, ASKED, OSS, *(ASKED,) * 3, OSS)),
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
        '"us_sales_tax", "vat_standard", "not_registered" or another in [routes.shop] of bridge.toml and run '
        "`bridge apply`."
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


@pytest.mark.parametrize(
    ("country", "tax", "regime"), [("CA", "GST/HST", "gst_hst"), ("AU", "GST", "gst_au"), ("NZ", "GST", "gst_nz")]
)
def test_each_country_is_asked_about_by_its_own_tax_p28(country: str, tax: str, regime: str) -> None:
    assert words(None, facts(country)) == (
        f"route shop books nothing yet: it states no tax_regime, and Acme Ltd is a company in {country}. Write "
        f'tax_regime = "{regime}" (registered for {tax}) or "not_registered" in [routes.shop] of bridge.toml; then run '
        "`bridge apply`."
    )
    assert f"whose {tax} return would stay empty" in words(US, facts(country))


SCHEMES = {
    US: (),
    VAT: ("registered", "accrual"),
    CA: ("registered", "accrual", "cash"),
    TaxRegime.VAT_CASH: ("registered", "cash"),
    FLAT: ("registered", "flat_rate", "flat_rate_cash"),
    NEITHER: ("none",),
}


@pytest.mark.parametrize("stated", [regime for regime in SCHEMES if regime is not US])
def test_a_regime_fits_what_the_ledger_says_of_its_scheme_or_is_asked_about(stated: TaxRegime) -> None:
    country = "CA" if stated is CA else "GB"
    fits = [
        scheme
        for scheme in TaxScheme
        if tax_regime(route(stated), msgspec.structs.replace(facts(country), tax_scheme=scheme)) is stated
    ]
    assert fits == ["", *SCHEMES[stated]] if stated is not NEITHER else ["", "none"]


def test_in_the_united_states_a_ledgers_own_tax_engine_may_be_on_or_off() -> None:
    for scheme in TaxScheme:
        known = msgspec.structs.replace(facts("US"), tax_scheme=scheme)
        assert (tax_regime(route(US), known), tax_regime(route(None), known)) == (US, US)


def test_the_question_of_a_scheme_names_what_fits_and_how_to_insist() -> None:
    question = tax_question(route(VAT), msgspec.structs.replace(facts("GB"), tax_scheme=TaxScheme.FLAT_RATE))
    assert question is not None
    assert question.words == (
        "route shop books nothing yet: tax_regime is vat_standard, and ledger books-x says that Acme Ltd is in the "
        'flat rate scheme. Write tax_regime = "vat_flat_rate" in [routes.shop] of bridge.toml, or put it right in the '
        'ledger, or keep vat_standard and add tax_regime_confirmed = "GB"; then run `bridge apply`.'
    )


def test_where_tax_is_due_with_money_no_deposit_may_stay_open() -> None:
    """C25: by the regime, or by what the ledger says of GST."""
    by_ledger = msgspec.structs.replace(facts("AU"), tax_scheme=TaxScheme.CASH)
    for stated, known in ((TaxRegime.VAT_CASH, facts("GB")), (TaxRegime.GST_AU, by_ledger)):
        question = tax_question(route(stated, bank_leg=BankLeg.DOCUMENT), known)
        assert question is not None
        assert question.code == Reason.OPEN_DEPOSIT
        assert tax_regime(route(stated), known) is stated


def test_where_tax_is_due_with_money_what_is_not_paid_is_a_debtor_of_the_ledger_or_no_sale() -> None:
    """C25: the ledger itself knows when an invoice is paid; of an account that bridge keeps for it, it does not."""
    known = msgspec.structs.replace(facts("GB"), accounts=(RECEIVABLE,), receivable_id="7")
    on_terms: dict[str, Any] = {"placed_from": date(2026, 1, 1), "mode": Mode.ORDER}
    question = tax_question(route(TaxRegime.VAT_CASH, **on_terms), known)
    assert question is not None
    assert question.code == Reason.OPEN_ORDERS
    assert 'mode = "order" and map "1150"' in question.words

    kept = route(TaxRegime.VAT_CASH, **on_terms, accounts=(("1150", "1100"),))
    assert tax_regime(kept, known) is TaxRegime.VAT_CASH
    euros = msgspec.structs.replace(RECEIVABLE, ledger_id="8", number="1101", name="Debtors EUR", currency="EUR")
    several = msgspec.structs.replace(known, accounts=(RECEIVABLE, euros), receivables=(("EUR", "8"), ("GBP", "7")))
    for number, regime in (("1101", TaxRegime.VAT_CASH), ("1240", None)):
        abroad = route(TaxRegime.VAT_CASH, **on_terms, accounts=(("1150", "1100"), ("1150:EUR", number)))
        assert (None if tax_question(abroad, several) else tax_regime(abroad, several)) is regime
    assert tax_regime(route(VAT, **on_terms), known) is VAT


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
