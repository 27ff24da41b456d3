"""QuickBooks' lists and preferences become facts; what is not said is left open."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bridge.errors import PluginError
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.model.remarks import Grade, Remark
from bridge_quickbooks.facts import Lists, ledger_facts

NOTHING = Lists()
PREFERENCES: dict[str, Any] = {
    "AccountingInfoPrefs": {"UseAccountNumbers": True, "BookCloseDate": "2026-05-31"},
    "SalesFormsPrefs": {"CustomTxnNumbers": True},
    "TaxPrefs": {"UsingSalesTax": True},
    "CurrencyPrefs": {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}},
    "OtherPrefs": {"NameValue": [{"Name": "WarnDuplicateJournalNumber", "Value": "true"}]},
}
ACCOUNTS: list[dict[str, Any]] = [
    {
        "Id": "91",
        "AcctNum": "1200",
        "Name": "Amazon",
        "FullyQualifiedName": "Clearing:Amazon",
        "AccountType": "Bank",
        "Classification": "Asset",
        "Active": True,
        "CurrentBalance": Decimal("-12.5"),
    },
    {
        "Id": "88",
        "Name": "Tax",
        "AccountType": "Other Current Liability",
        "Classification": "Liability",
        "CurrentBalance": 7,
    },
    {"Id": "84", "Name": "A/R", "AccountType": "Accounts Receivable", "AccountSubType": "AccountsReceivable"},
    {"Id": "85", "Name": "VAT", "AccountType": "Other Current Liability", "AccountSubType": "GlobalTaxPayable"},
]


def facts(lists: Lists = NOTHING, country: str = "GB", accounts: Any = None, **changes: Any) -> Any:
    return ledger_facts(
        connection="books",
        taken_at=datetime(2026, 8, 1, tzinfo=UTC),
        company={"CompanyName": "Shop Inc.", "Country": country},
        preferences=PREFERENCES | changes,
        accounts=ACCOUNTS if accounts is None else accounts,
        lists=lists,
    )


def test_facts_are_read_from_company_preferences_and_chart() -> None:
    """F38: the lock date is known before anything is planned."""
    read = facts()

    assert (read.company, read.home_currency, read.locked_through) == ("Shop Inc.", "USD", date(2026, 5, 31))
    assert not read.is_multicurrency
    assert [(remark.code, remark.grade) for remark in odd(read)] == [("quickbooks.bank_rules", Grade.LOOK)]
    assert read.account("1200").name == "Clearing:Amazon"
    assert read.account("Clearing:Amazon").balance_minor == -1250
    assert read.account("88").balance_minor is None


@pytest.mark.parametrize(
    ("change", "code", "grade", "words"),
    [
        (
            {"SalesFormsPrefs": {"CustomTxnNumbers": False}},
            "quickbooks.numbers",
            Grade.LOOK,
            "custom transaction numbers are off",
        ),
        (
            {"AccountingInfoPrefs": {"UseAccountNumbers": False}},
            "quickbooks.account_numbers",
            Grade.LOOK,
            "account numbers are off",
        ),
        (
            {"OtherPrefs": {"NameValue": [{"Name": "WarnDuplicateJournalNumber", "Value": "false"}]}},
            "quickbooks.duplicates",
            Grade.MISSING,
            "does not warn of a journal number used twice",
        ),
        (
            {"SalesFormsPrefs": {"CustomTxnNumbers": True, "AutoApplyCredit": True}},
            "quickbooks.credits",
            Grade.LOOK,
            "applies credits to open invoices by itself",
        ),
        (
            {"SalesFormsPrefs": {"CustomTxnNumbers": True, "AutoApplyPayments": True}},
            "quickbooks.payments",
            Grade.LOOK,
            "applies payments to open invoices by itself",
        ),
    ],
)
def test_a_setting_that_weakens_our_promises_is_remarked(
    change: dict[str, Any], code: str, grade: Grade, words: str
) -> None:
    read = facts(**change)
    (remark,) = [one for one in odd(read) if one.code != "quickbooks.bank_rules"]

    assert (remark.code, remark.grade) == (code, grade)
    assert words in remark.what
    assert remark.next_step
    assert read.lacks(code)


def test_a_company_abroad_without_tax_lacks_codes_and_says_where_they_are_set_up() -> None:
    read = facts(TaxPrefs={"UsingSalesTax": False})
    (remark,) = [one for one in read.remarks if one.code == "quickbooks.tax"]

    assert (remark.grade, "QuickBooks, Taxes" in remark.next_step) == (Grade.MISSING, True)
    assert not facts().lacks("quickbooks.tax")
    assert not facts(country="USA", TaxPrefs={"UsingSalesTax": False}).lacks("quickbooks.tax")


def odd(read: LedgerFacts) -> list[Remark]:
    """What is not in order."""
    return [remark for remark in read.remarks if remark.grade is not Grade.OK]


@pytest.mark.parametrize(
    "change",
    [{"CurrencyPrefs": {}}, {"AccountingInfoPrefs": {"BookCloseDate": "soon", "UseAccountNumbers": True}}],
)
def test_facts_that_are_not_all_there_are_no_facts(change: dict[str, Any]) -> None:
    with pytest.raises(PluginError):
        facts(**change)


def rated(*rates: str) -> dict[str, Any]:
    return {"TaxRateDetail": [{"TaxRateRef": {"value": rate}} for rate in rates]}


def code(ref: str, name: str, sales: dict[str, Any] | None = None, purchases: dict[str, Any] | None = None) -> Any:
    return {"Id": ref, "Name": name, "Active": True, "SalesTaxRateList": sales, "PurchaseTaxRateList": purchases}


RATES = [
    {"Id": ref, "RateValue": Decimal(value)}
    for ref, value in (("1", "20"), ("2", "20"), ("3", "5"), ("4", "0"), ("5", "-20"))
]


@pytest.mark.parametrize(
    ("listed", "rate", "serves"),
    [
        (code("5", "20.0% S", rated("1"), rated("2")), "20", ("sale:20", "purchase:20")),
        (code("6", "5.0% R", rated("3"), rated("3")), "5", ("sale:5", "purchase:5")),
        (
            code("7", "0.0% Z", rated("4"), rated("4")),
            "0",
            ("sale:0", "purchase:0", "sale:export", "sale:deemed_supply"),
        ),
        (code("8", "Exempt", rated("4"), rated("4")), "0", ("sale:exempt", "purchase:exempt")),
        (code("9", "No VAT"), "", ("none", "sale:outside")),
        (code("10", "20.0% RC", None, rated("1", "5")), "", ()),
        (code("11", "20.0% ECG", rated("4"), rated("1", "5")), "", ()),
        (code("12", "20.0% S", rated("3"), rated("3")), "5", ()),
        (code("13", "20.0% S", rated("99"), rated("99")), "", ()),
        (code("14", "GST", rated("3"), rated("3")), "5", ()),
    ],
)
def test_a_tax_code_serves_what_its_name_and_rate_both_say(listed: Any, rate: str, serves: tuple[str, ...]) -> None:
    (read,) = facts(Lists(tax_codes=[listed], tax_rates=RATES)).tax_codes

    assert (read.rate, read.serves) == (rate, serves)


PARTS = [
    {"Id": "1", "Name": "GST", "RateValue": Decimal(5)},
    {"Id": "2", "Name": "PST (BC)", "RateValue": Decimal(7)},
    {"Id": "3", "Name": "PST (MB)", "RateValue": Decimal(7)},
    {"Id": "4", "Name": "HST (NB)", "RateValue": Decimal(15)},
    {"Id": "5", "Name": "HST (NL)", "RateValue": Decimal(15)},
    {"Id": "6", "Name": "Zero-rated", "RateValue": Decimal(0)},
    {"Id": "7", "Name": "GST (AU)", "RateValue": Decimal(10)},
]


def test_in_canada_a_code_serves_the_taxes_it_is_made_of_by_province() -> None:
    """Two that come to the same are told apart by whose they are, and serve no sum alone."""
    codes = [
        code("1", "GST", rated("1"), rated("1")),
        code("2", "GST/PST BC", rated("1", "2")),
        code("3", "GST/PST MB", rated("1", "3")),
        code("4", "HST NB 2016", rated("4")),
        code("5", "HST NL 2016", rated("5")),
        code("6", "Zero-rated", rated("6"), rated("6")),
        code("7", "Out of Scope"),
    ]
    read = facts(Lists(tax_codes=codes, tax_rates=PARTS), country="CA").tax_codes

    assert {one.name: (one.rate, one.serves) for one in read} == {
        "GST": ("5", ("purchase:5", "sale:5")),
        "GST/PST BC": ("12", ("sale:5+7@CA-BC",)),
        "GST/PST MB": ("12", ("sale:5+7@CA-MB",)),
        "HST NB 2016": ("15", ("sale:15@CA-NB",)),
        "HST NL 2016": ("15", ("sale:15@CA-NL",)),
        "Zero-rated": ("0", ("sale:0", "purchase:0", "sale:export")),
        "Out of Scope": ("", ("none", "sale:outside")),
    }


def test_in_australia_what_is_bought_has_codes_of_its_own() -> None:
    names = ("GST", "GST on capital", "GST on non-capital")
    codes = [code(str(place), name, rated("7")) for place, name in enumerate(names)]
    read = facts(Lists(tax_codes=codes, tax_rates=PARTS), country="AU").tax_codes

    assert [one.serves for one in read] == [("sale:10",), (), ("purchase:10",)]


@pytest.mark.parametrize(
    ("country", "told", "scheme"),
    [("GB", True, "registered"), ("GB", False, "none"), ("US", False, ""), ("US", True, ""), ("GB", None, "")],
)
def test_a_company_says_whether_it_is_registered(country: str, told: bool | None, scheme: str) -> None:
    assert facts(country=country, TaxPrefs={"UsingSalesTax": told}).tax_scheme == scheme


def test_an_inactive_code_serves_nobody() -> None:
    assert facts(Lists(tax_codes=[code("5", "20.0% S") | {"Active": False}])).tax_codes == ()


@pytest.mark.parametrize(
    ("told", "country"),
    [
        ("US", "US"),
        ("USA", "US"),
        ("gb", "GB"),
        ("GBR", "GB"),
        (" CAN ", "CA"),
        ("FRA", "FR"),
        ("Atlantis", ""),
        ("", ""),
    ],
)
def test_a_country_is_told_by_two_letters_or_by_three_and_known_by_two_p28(told: str, country: str) -> None:
    assert facts(country=told).country == country


def test_a_company_that_names_no_country_is_in_none() -> None:
    company = {"CompanyName": "Shop Inc."}
    taken_at = datetime(2026, 8, 1, tzinfo=UTC)
    read = ledger_facts(
        connection="books",
        taken_at=taken_at,
        company=company,
        preferences=PREFERENCES,
        accounts=ACCOUNTS,
        lists=NOTHING,
    )

    assert read.country == ""


@pytest.mark.parametrize("country", ["US", "USA"])
def test_in_the_united_states_a_line_is_taxed_or_not(country: str) -> None:
    codes = {found.ledger_id: found.serves for found in facts(country=country).tax_codes}

    assert codes == {"NON": ("none",), "TAX": ()}


def test_items_are_active_services_with_an_account() -> None:
    """Goods would move stock with every summary."""
    service = {"Id": "1", "Name": "Sales", "Type": "Service", "Active": True, "IncomeAccountRef": {"value": "79"}}
    others = [service | {"Type": "Inventory"}, service | {"Active": False}, service | {"IncomeAccountRef": None}]

    assert facts(Lists(items=[service, *others])).items == (LedgerItem("1", "Sales", "79"),)


def test_the_accounts_that_the_ledger_itself_posts_to_are_known_where_there_is_one_of_them() -> None:
    read = facts()
    another = {"Id": "86", "AccountType": "Accounts Receivable", "Name": "A/R EUR"}
    several, in_euros = facts(accounts=[*ACCOUNTS, another]), another | {"CurrencyRef": {"value": "EUR"}}
    abroad = facts(accounts=[*ACCOUNTS, in_euros])

    assert (read.receivable_id, read.tax_account_id) == ("84", "85")
    assert (several.receivable_id, several.receivables, several.tax_account_id) == ("", (), "85")
    assert (abroad.receivable_id, abroad.receivable_of("EUR"), abroad.receivable_of("GBP")) == ("84", "86", "")


def test_currencies_are_those_besides_the_companys_own() -> None:
    found: list[dict[str, Any]] = [{"Code": "EUR"}, {"Code": "USD"}, {"Code": "CAD", "Active": False}]

    assert facts(Lists(currencies=found)).currencies == ("EUR",)
