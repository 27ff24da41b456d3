"""Queries, change data capture, reports and the singletons."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


def _numbers(client: Client, query: str) -> list[str]:
    return [found["DocNumber"] for found in client.query(query).get("JournalEntry", [])]


@pytest.fixture
def entries(client: Client, sandbox: QuickBooksSandbox) -> Client:
    """Three journals, a minute apart, dated against the order of their numbers."""
    sandbox.clock.set(datetime(2026, 2, 1, 12, 0, 0, tzinfo=UTC))
    for number, on, amount in (
        ("A-3", "2026-01-01", "5.00"),
        ("A-2", "2026-01-02", "50.00"),
        ("B-1", "2026-01-03", "9.00"),
    ):
        client.create("JournalEntry", client.sale(number, on, amount))
        sandbox.clock.advance(60)
    return client


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("", ["A-3", "A-2", "B-1"]),
        ("where DocNumber = 'A-2'", ["A-2"]),
        ("where DocNumber in ('A-2', 'B-1', 'C-9')", ["A-2", "B-1"]),
        ("where DocNumber like 'A-%'", ["A-3", "A-2"]),
        ("where DocNumber like '%1'", ["B-1"]),
        ("where TxnDate > '2026-01-01' and TxnDate <= '2026-01-03' AND DocNumber LIKE 'A%'", ["A-2"]),
        ("where TotalAmt >= '9'", ["A-2", "B-1"]),
        ("where TotalAmt < 50", ["A-3", "B-1"]),
        ("where Id > '101'", ["A-2", "B-1"]),
        ("where MetaData.LastUpdatedTime > '2026-02-01T12:00:00Z'", ["A-2", "B-1"]),
        ("where MetaData.LastUpdatedTime >= '2026-02-01T04:01:00-08:00'", ["A-2", "B-1"]),
        ("where MetaData.CreateTime = '2026-02-01T04:02:00'", ["B-1"]),
        ("orderby DocNumber", ["A-2", "A-3", "B-1"]),
        ("ORDER BY TxnDate DESC", ["B-1", "A-2", "A-3"]),
        ("orderby TotalAmt desc startposition 2 maxresults 1", ["B-1"]),
        ("startposition 4", []),
    ],
)
def test_a_query_selects_orders_and_pages(entries: Client, where: str, numbers: list[str]) -> None:
    assert _numbers(entries, f"select * from JournalEntry {where}") == numbers


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select * from JournalEntry where DocNumber = 'A' or DocNumber = 'B'", "4000"),
        ("select * from JournalEntry where DocNumber = A", "4000"),
        ("select * from JournalEntry where DocNumber like", "4000"),
        ("select * from JournalEntry where DocNumber ~ 'A'", "4000"),
        ("select from JournalEntry", "4000"),
        ("update JournalEntry", "4000"),
        ("select * from JournalEntry maxresults many", "4000"),
        ("select * from Nonsense", "4001"),
        ("select * from JournalEntry where PrivateNote = 'x'", "4001"),
        ("select * from JournalEntry where MetaData.LastUpdatedTime > 'yesterday'", "4001"),
        ("select * from JournalEntry startposition 0", "4001"),
        ("select * from JournalEntry maxresults 1001", "4001"),
    ],
)
def test_a_query_that_the_real_one_refuses_is_refused(entries: Client, query: str, code: str) -> None:
    assert entries.get("query", query=query).code == code


def test_a_query_by_post_counts_and_takes_columns_and_escapes(entries: Client) -> None:
    entries.create("JournalEntry", entries.sale("O'Neil \\ 1"))
    count = entries.post_text("query", "select count(*) from JournalEntry", "application/text")
    quoted = entries.query(r"select * from JournalEntry where DocNumber = 'O\'Neil \\ 1'")
    part = entries.query("select Id, MetaData.LastUpdatedTime from JournalEntry maxresults 1")

    assert count.json["QueryResponse"] == {"totalCount": 4}
    assert (quoted["startPosition"], quoted["maxResults"]) == (1, 1)
    assert set(part["JournalEntry"][0]) == {"Id", "MetaData", "domain", "sparse"}
    assert entries.post_text("query", "select * from Account", "application/json").status == 415


def test_a_page_holds_a_hundred_unless_told_otherwise(client: Client) -> None:
    for number in range(101):
        client.create("Transfer", client.transfer(amount=number + 1))

    assert client.query("select * from Transfer")["maxResults"] == 100
    assert client.query("select * from Transfer startposition 101")["maxResults"] == 1
    assert client.query("select * from Transfer maxresults 1000")["maxResults"] == 101


def test_a_new_object_stays_out_of_as_many_queries_as_told_but_not_out_of_reads(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F01: a look-up right after a lost answer may miss what was written."""
    sandbox.set(REALM, index_delay_reads=2)
    created = client.create("JournalEntry", client.sale("S-1"))
    query = "select * from JournalEntry where DocNumber = 'S-1'"

    assert client.get(f"journalentry/{created['Id']}").status == 200
    assert [bool(client.query(query)) for _ in range(3)] == [False, False, True]


def test_change_data_capture_shows_what_changed_and_stubs_of_what_was_deleted(
    entries: Client, sandbox: QuickBooksSandbox
) -> None:
    """F13"""
    since = sandbox.clock.now().isoformat()
    entries.post("journalentry", {"Id": "101", "SyncToken": "0"}, operation="delete")
    entries.create("Transfer", entries.transfer())
    sandbox.tamper(REALM).change_date("JournalEntry", "103", "2026-03-01")
    answer = entries.get("cdc", entities="JournalEntry,Transfer,Deposit", changedSince=since)
    journals, transfers, deposits = answer.json["CDCResponse"][0]["QueryResponse"]

    assert [(found["Id"], found.get("status")) for found in journals["JournalEntry"]] == [
        ("103", None),
        ("101", "Deleted"),
    ]
    assert set(journals["JournalEntry"][1]) == {"Id", "status", "domain", "MetaData"}
    assert len(transfers["Transfer"]) == transfers["maxResults"] == 1
    assert deposits == {}


def test_change_data_capture_reaches_thirty_days_and_not_every_list(client: Client, sandbox: QuickBooksSandbox) -> None:
    """F13"""
    now = sandbox.clock.now()

    def ask(entities: str, days: int) -> str:
        return client.get("cdc", entities=entities, changedSince=(now - timedelta(days=days)).isoformat()).code

    assert ask("JournalEntry", 29) == ""
    assert ask("JournalEntry", 31) == "4001"
    assert ask("TaxCode", 1) == "4001"
    assert ask("Nonsense", 1) == "4001"
    assert client.get("cdc", entities="JournalEntry").code == "2020"


def test_change_data_capture_gives_a_thousand_objects_over_all_entities_and_no_second_page(
    client: Client, sandbox: QuickBooksSandbox
) -> None:
    """F13"""
    tamper = sandbox.tamper(REALM)
    for kind, count in (("JournalEntry", 600), ("Transfer", 500)):
        for _ in range(count):
            tamper.add_foreign("1200", "1000", "1.00", "2026-01-01", entity=kind)
    since = (sandbox.clock.now() - timedelta(days=1)).isoformat()
    answer = client.get("cdc", entities="JournalEntry,Transfer", changedSince=since)

    parts = answer.json["CDCResponse"][0]["QueryResponse"]
    assert [part["totalCount"] for part in parts] == [600, 400]


def test_accounts_show_numbers_types_and_balances_with_the_sign_of_their_side(client: Client) -> None:
    client.create("JournalEntry", client.journal(("1200", "12.50"), ("2100", "-2.50"), ("4000", "-10.00")))
    accounts = {
        found["AcctNum"]: found
        for found in client.query("select * from Account maxresults 1000")["Account"]
        if "AcctNum" in found
    }

    assert len(accounts) == 83
    assert accounts["1200"]["CurrentBalance"] == Decimal("12.5")
    assert accounts["2100"]["CurrentBalance"] == Decimal("2.5")
    assert (accounts["1200"]["AccountType"], accounts["1200"]["AccountSubType"]) == ("Bank", "CashOnHand")
    assert accounts["4000"]["Classification"] == "Revenue"
    assert accounts["1200"]["CurrencyRef"]["value"] == "USD"


def test_the_trial_balance_report_has_a_row_per_account_and_equal_sides(client: Client) -> None:
    client.create("JournalEntry", client.sale("S-1", on="2026-01-31"))
    client.create("JournalEntry", client.sale("S-2", on="2026-02-01"))
    report = client.get("reports/TrialBalance", start_date="2026-01-01", end_date="2026-01-31").json

    cells = [[cell["value"] for cell in row["ColData"]] for row in report["Rows"]["Row"][:-1]]
    assert cells == [["1200 Amazon clearing", "25.06", ""], ["4000 Product sales", "", "25.06"]]
    total = report["Rows"]["Row"][-1]["Summary"]["ColData"]
    assert [cell["value"] for cell in total] == ["TOTAL", "25.06", "25.06"]
    assert client.get("reports/Nonsense").code == "500"


def test_preferences_and_the_companys_card_tell_what_it_is(client: Client, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, multi_currency=True, name="Sample & Sons")
    preferences = client.get("preferences").json["Preferences"]

    assert preferences["CurrencyPrefs"] == {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}
    assert preferences["SalesFormsPrefs"]["CustomTxnNumbers"] is True
    assert preferences["TaxPrefs"]["PartnerTaxEnabled"] is True
    assert "BookCloseDate" not in preferences["AccountingInfoPrefs"]
    assert client.get(f"companyinfo/{REALM}").json["CompanyInfo"]["CompanyName"] == "Sample & Sons"
    assert client.query("select * from CompanyInfo")["CompanyInfo"][0]["Country"] == "USA"
    assert client.get("journalentry").code == "500"
