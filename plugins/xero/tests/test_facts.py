"""What an organisation says of itself, and what bridge makes of it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.errors import PluginError
from bridge.model.facts import LedgerFacts
from bridge.model.remarks import Grade
from bridge_xero.facts import Told, contact_of, ledger_facts, rate_of

ORGANISATION: dict[str, Any] = {"Name": "Shop Ltd", "BaseCurrency": "GBP", "CountryCode": "GB"}


def facts(
    organisation: dict[str, Any] | None = None,
    accounts: tuple[dict[str, Any], ...] = (),
    rates: tuple[dict[str, Any], ...] = (),
    currencies: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    balances: dict[str, int] | None = None,
    untold: str = "",
) -> LedgerFacts:
    told = Told(
        organisation=ORGANISATION | (organisation or {}),
        accounts=accounts,
        tax_rates=rates,
        currencies=tuple({"Code": code} for code in currencies),
        contacts=(),
        missing=missing,
        balances=balances,
        untold=untold,
    )
    return ledger_facts(told, connection="books", taken_at=datetime(2026, 7, 1, tzinfo=UTC))


def rate(code: str, percent: str, **more: Any) -> dict[str, Any]:
    return {"TaxType": code, "Name": code, "EffectiveRate": Decimal(percent), "Status": "ACTIVE", **more}


def parted(code: str, name: str, on: str = "Revenue", *, is_compound: bool = False, **parts: str) -> dict[str, Any]:
    """A rate that an organisation made itself of these parts."""
    told = [{"Name": tax, "Rate": Decimal(percent), "IsCompound": is_compound} for tax, percent in parts.items()]
    whole = sum(map(Decimal, parts.values()), Decimal(0))
    return rate(code, f"{whole}", **{"Name": name, f"CanApplyTo{on}": True, "TaxComponents": told})


@pytest.mark.parametrize(
    ("period", "year", "locked"),
    [
        ("/Date(1774915200000+0000)/", None, date(2026, 3, 31)),
        (None, "/Date(1767139200000+0000)/", date(2025, 12, 31)),
        ("/Date(1767139200000+0000)/", "/Date(1774915200000+0000)/", date(2026, 3, 31)),
        (None, None, None),
    ],
)
def test_the_later_lock_counts(period: str | None, year: str | None, locked: date | None) -> None:
    """F24: an adviser's connection would write into a locked period, so bridge looks for itself."""
    assert facts({"PeriodLockDate": period, "EndOfYearLockDate": year}).locked_through == locked


@pytest.mark.parametrize("country", ["GB", "US", "AU", "CA", ""])
def test_the_country_is_the_organisations_own_p28(country: str) -> None:
    assert facts({"CountryCode": country}).country == country


def test_system_accounts_that_no_journal_may_name_go_by_their_own_word() -> None:
    made = facts(
        accounts=(
            {"AccountID": "1", "Code": "610", "Name": "AR", "Type": "CURRENT", "SystemAccount": "DEBTORS"},
            {"AccountID": "2", "Code": "800", "Name": "AP", "Type": "CURRLIAB", "SystemAccount": "CREDITORS"},
            {"AccountID": "3", "Code": "820", "Name": "VAT", "Type": "CURRLIAB", "SystemAccount": "GST"},
            {"AccountID": "4", "Name": "Bank", "Type": "BANK", "CurrencyCode": "EUR", "Status": "ARCHIVED"},
            {"AccountID": "5", "Code": "620", "Name": "Clearing", "Type": "CURRENT", "EnablePaymentsToAccount": True},
        )
    )

    assert [account.type for account in made.accounts] == ["DEBTORS", "CREDITORS", "CURRLIAB", "BANK", "CURRENT"]
    assert [account.currency for account in made.accounts] == ["GBP", "GBP", "GBP", "EUR", "GBP"]
    assert [account.is_active for account in made.accounts] == [True, True, True, False, True]
    assert [account.takes_payments for account in made.accounts] == [False, False, False, False, True]
    assert (made.receivable_id, made.tax_account_id) == ("1", "3")


ACCOUNTS: tuple[dict[str, Any], ...] = (
    {"AccountID": "1", "Code": "620", "Type": "CURRENT", "Class": "ASSET"},
    {"AccountID": "2", "Code": "621", "Type": "CURRENT", "Class": "ASSET"},
    {"AccountID": "3", "Code": "800", "Type": "CURRLIAB", "Class": "LIABILITY"},
    {"AccountID": "4", "Code": "900", "Type": "EQUITY", "Class": "EQUITY"},
    {"AccountID": "5", "Code": "200", "Type": "SALES", "Class": "REVENUE"},
    {"AccountID": "6", "Code": "400", "Type": "EXPENSE", "Class": "EXPENSE"},
    {"AccountID": "7", "Name": "Euros", "Type": "BANK", "Class": "ASSET", "CurrencyCode": "EUR"},
    {"AccountID": "8", "Code": "999", "Type": "CURRENT"},
)


def test_accounts_of_the_balance_sheet_have_what_stands_there_and_nothing_where_the_report_leaves_them_out() -> None:
    """Income has only its year, and an account in another currency is not told in that one."""
    told = {str(id): id * 100 for id in (1, 3, 4, 5, 6, 7, 8)}
    made = facts(accounts=ACCOUNTS, balances=told)

    assert [account.balance_minor for account in made.accounts] == [100, 0, 300, 400, None, None, None, None]


def test_balances_that_are_not_told_are_nowhere_taken_for_nothing() -> None:
    made = facts(accounts=ACCOUNTS, untold="no trial balance")

    assert {account.balance_minor for account in made.accounts} == {None}
    assert "no trial balance" in [remark.what for remark in made.remarks]


@pytest.mark.parametrize(
    ("country", "rates", "served"),
    [
        (
            "GB",
            [rate("OUTPUT2", "20.0000"), rate("EXEMPTINPUT", "0"), rate("CAPEXINPUT2", "20"), rate("TAX001", "7")],
            {"sale:20": "OUTPUT2", "purchase:exempt": "EXEMPTINPUT"},
        ),
        (
            "GB",
            [rate("ZERORATEDOUTPUT", "0"), rate("EXEMPTOUTPUT", "0"), rate("NONE", "0")],
            {
                "sale:0": "ZERORATEDOUTPUT",
                "sale:export": "ZERORATEDOUTPUT",
                "sale:deemed_supply": "ZERORATEDOUTPUT",
                "sale:exempt": "EXEMPTOUTPUT",
                "none": "NONE",
                "sale:outside": "NONE",
            },
        ),
        (
            "NZ",
            [rate("OUTPUT2", "15"), rate("ZERORATED", "0")],
            {"sale:15": "OUTPUT2", "sale:0": "ZERORATED", "sale:export": "ZERORATED"},
        ),
        (
            "US",
            [rate("OUTPUT", "8.25"), rate("NONE", "0")],
            {"sale:8.25": "OUTPUT", "none": "NONE", "sale:outside": "NONE"},
        ),
        (
            "AU",
            [
                rate("OUTPUT", "10"),
                rate("EXEMPTOUTPUT", "0"),
                rate("EXEMPTEXPORT", "0"),
                rate("EXEMPTEXPENSES", "0"),
                rate("BASEXCLUDED", "0"),
                rate("NONE", "0"),
            ],
            {
                "sale:10": "OUTPUT",
                "sale:0": "EXEMPTOUTPUT",
                "sale:export": "EXEMPTEXPORT",
                "purchase:0": "EXEMPTEXPENSES",
                "none": "BASEXCLUDED",
                "sale:outside": "BASEXCLUDED",
            },
        ),
        ("GB", [rate("OUTPUT2", "20", Status="ARCHIVED"), rate("", "20")], {}),
        (
            "CA",
            [
                parted("TAX001", "GST", GST="5"),
                parted("TAX002", "GST and PST", GST="5", PST="7"),
                parted("TAX003", "GST and RST", GST="5", RST="7"),
                parted("TAX004", "HST bought", on="Expenses", HST="13"),
                parted("TAX005", "QST on GST", GST="5", QST="9.5", is_compound=True),
                parted("TAX006", "Zero-rated", GST="0"),
                rate("NONE", "0"),
            ],
            {
                "sale:5": "TAX001",
                "sale:5+7@CA-BC": "TAX002",
                "sale:5+7@CA-MB": "TAX003",
                "purchase:13": "TAX004",
                "purchase:13@CA-ON": "TAX004",
                "sale:0": "TAX006",
                "sale:export": "TAX006",
                "none": "NONE",
                "sale:outside": "NONE",
            },
        ),
    ],
)
def test_tax_types_serve_treatments_at_the_organisations_own_rates(
    country: str, rates: list[dict[str, Any]], served: dict[str, str]
) -> None:
    made = facts({"CountryCode": country}, rates=tuple(rates))

    assert {treatment: code.ledger_id for code in made.tax_codes for treatment in code.serves} == served


def test_rates_are_plain_text() -> None:
    made = facts(rates=(rate("OUTPUT2", "20.0000"), rate("NONE", "0.0000")))

    assert [code.rate for code in made.tax_codes] == ["20", "0"]
    assert (rate_of(made, "OUTPUT2"), rate_of(made, "UNKNOWN")) == (Decimal(20), Decimal(0))


def test_currencies_are_those_besides_the_base_currency() -> None:
    assert (facts(currencies=("GBP", "EUR")).currencies, facts(currencies=("GBP",)).is_multicurrency) == (
        ("EUR",),
        False,
    )


def test_what_keeps_bridge_from_working_is_remarked() -> None:
    odd = facts({"Edition": "PARTNER", "PaysTax": False, "SalesTaxBasis": "CASH"}, missing=("Sales channels",))

    told = {remark.code: remark for remark in odd.remarks if remark.grade is not Grade.OK}
    assert list(told) == [
        "xero.contact_missing",
        "xero.receivable",
        "xero.edition",
        "xero.tax",
        "xero.tax_basis",
        "xero.adviser",
        "xero.automation",
    ]
    assert "'Sales channels'" in told["xero.contact_missing"].what
    assert [code for code, one in told.items() if one.grade is Grade.MISSING] == list(told)[:2]
    assert all(one.next_step for one in told.values())


@pytest.mark.parametrize(
    ("organisation", "accounts"), [({"BaseCurrency": None}, ()), ({}, ({"Code": "200", "Name": "Sales"},))]
)
def test_an_organisation_that_does_not_say_what_each_one_has_is_not_believed(
    organisation: dict[str, Any], accounts: tuple[dict[str, Any], ...]
) -> None:
    with pytest.raises(PluginError) as error:
        facts(organisation, accounts)

    assert error.value.code == "xero.answer"


def test_a_contact_is_the_active_one_of_that_very_name() -> None:
    found = [
        {"ContactID": "1", "Name": "Sales channels (old)", "ContactStatus": "ACTIVE"},
        {"ContactID": "2", "Name": "Sales channels", "ContactStatus": "ARCHIVED"},
        {"ContactID": "3", "Name": "SALES CHANNELS", "ContactStatus": "ACTIVE"},
    ]
    contact = contact_of("Sales channels", found)

    assert contact is not None
    assert (contact.ledger_id, contact.name) == ("3", "Sales channels")
    assert contact_of("Sales channels", found[:2]) is None


@pytest.mark.parametrize(
    ("told", "scheme"),
    [
        ({"PaysTax": True, "SalesTaxBasis": "ACCRUALS"}, "accrual"),
        ({"PaysTax": True, "SalesTaxBasis": "INVOICE"}, "accrual"),
        ({"PaysTax": True, "SalesTaxBasis": "PAYMENTS"}, "cash"),
        ({"PaysTax": True, "SalesTaxBasis": "FLATRATECASH"}, "flat_rate_cash"),
        ({"PaysTax": True, "SalesTaxBasis": "SOMETHING_NEW"}, "registered"),
        ({"PaysTax": False, "SalesTaxBasis": "ACCRUALS"}, "none"),
        ({}, ""),
    ],
)
def test_an_organisation_says_how_it_is_taxed(told: dict[str, Any], scheme: str) -> None:
    assert facts(told).tax_scheme == scheme
