"""Which account of a ledger a number of the chart is, by a route's mapping."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from bridge.model.account_classes import AccountClass
from bridge.model.accounts import account_of, all_accounts_of, odd_class, renamed, seek, seek_for
from bridge.model.chart import recommended_chart
from bridge.model.connections import Route
from bridge.model.facts import LedgerAccount, LedgerFacts

ROUTE = Route("us", "amazon", "books", "UTC", date(2026, 6, 1), clearing="1200", bank="1000")
FACTS = LedgerFacts(
    connection="books",
    taken_at=datetime(2026, 6, 1, tzinfo=UTC),
    company="Example",
    home_currency="USD",
    accounts=(
        LedgerAccount(
            ledger_id="a", number="1000", name="Checking", type="Bank", currency="USD", account_class=AccountClass.BANK
        ),
        LedgerAccount(
            ledger_id="b",
            number="1200",
            name="Channel",
            type="Other Current Asset",
            currency="USD",
            account_class=AccountClass.CURRENT_ASSET,
        ),
        LedgerAccount(
            ledger_id="c", number="4000", name="Sales", type="Income", currency="USD", account_class=AccountClass.INCOME
        ),
        LedgerAccount(
            ledger_id="d",
            number="",
            name="Trade debtors",
            type="Accounts Receivable",
            currency="USD",
            account_class=AccountClass.RECEIVABLE,
        ),
        LedgerAccount(
            ledger_id="e", number="", name="Twice", type="Income", currency="USD", account_class=AccountClass.INCOME
        ),
        LedgerAccount(
            ledger_id="f", number="", name="Twice", type="Income", currency="USD", account_class=AccountClass.INCOME
        ),
    ),
)


@pytest.mark.parametrize(
    ("number", "mapping", "found"),
    [
        ("4000", (), ("4000", "c")),
        ("4000", (("4000", "Trade debtors"),), ("Trade debtors", "d")),
        ("1200", (("1200", "Checking"),), ("Checking", "a")),
        ("1200", (("1200", "Sales"), ("@clearing", "b")), ("b", "b")),
        ("1000", (("@clearing", "Sales"),), ("1000", "a")),
        ("1000", (("@bank", "Sales"),), ("Sales", "c")),
        ("4000", (("4000", "Twice"),), ("Twice", None)),
        ("1200", (("1200:EUR", "Checking"), ("@clearing:EUR", "Sales"), ("@clearing", "b")), ("b", "b")),
        ("6000", (), ("6000", None)),
    ],
)
def test_a_role_comes_before_its_number_and_that_before_itself(
    number: str, mapping: tuple[tuple[str, str], ...], found: tuple[str, str | None]
) -> None:
    route = msgspec.structs.replace(ROUTE, accounts=mapping)
    sought = seek_for(FACTS, route, number)

    assert (sought.wanted, sought.account.ledger_id if sought.account else None) == found
    assert account_of(FACTS, route, number) == sought.account


@pytest.mark.parametrize(
    ("mapping", "found"),
    [
        ((("1200:EUR", "Checking"),), "a"),
        ((("1200:EUR", "Checking"), ("@clearing", "Sales")), "a"),
        ((("1200:EUR", "Checking"), ("@clearing:EUR", "Sales")), "c"),
        ((("1200:GBP", "Checking"), ("1200", "Sales")), "c"),
        ((), "b"),
    ],
)
def test_what_is_mapped_for_a_currency_comes_before_what_is_for_all(
    mapping: tuple[tuple[str, str], ...], found: str
) -> None:
    route = msgspec.structs.replace(ROUTE, accounts=mapping)
    account = seek_for(FACTS, route, "1200", "EUR").account

    assert account is not None
    assert account.ledger_id == found
    every = all_accounts_of(FACTS, route, "1200")
    assert (every[0], account in every) == (account_of(FACTS, route, "1200"), True)


def test_open_invoices_are_where_the_ledger_has_them_unless_they_are_mapped() -> None:
    facts = msgspec.structs.replace(FACTS, receivable_id="d")

    assert seek(FACTS, "1100", ()).account is None
    assert (seek(facts, "1100", ()).wanted, seek(facts, "1100", ()).account) == ("d", facts.accounts[3])
    assert seek(facts, "1100", [("1100", "Sales")]).wanted == "Sales"


def test_what_is_said_of_receivables_for_all_currencies_means_those_of_each() -> None:
    """A ledger that keeps them by currency posts there itself; what is said of one currency goes before."""
    euros = msgspec.structs.replace(FACTS.accounts[3], ledger_id="g", name="Debtors EUR", currency="EUR")
    kept = (("EUR", "g"), ("USD", "d"))
    facts = msgspec.structs.replace(FACTS, accounts=(*FACTS.accounts, euros), receivable_id="d", receivables=kept)
    on_receivables = (("1150", "Trade debtors"),)
    route = msgspec.structs.replace(ROUTE, accounts=on_receivables)

    found = {one: seek(facts, "1150", on_receivables, currency=one).account for one in ("", "USD", "EUR", "GBP")}
    debtors = facts.accounts[3]
    assert found == {"": debtors, "USD": debtors, "EUR": euros, "GBP": debtors}
    named = seek(facts, "1150", (*on_receivables, ("1150:EUR", "Channel")), currency="EUR").account
    assert named == facts.accounts[1]
    assert seek(facts, "1100", (), currency="EUR").account == euros
    assert all_accounts_of(facts, route, "1150") == (debtors, euros)


def renamed_to(name: str, **more: object) -> LedgerFacts:
    """The next snapshot, in which the account of sales is called otherwise."""
    accounts = tuple(
        msgspec.structs.replace(one, name=name, **more) if one.ledger_id == "c" else one for one in FACTS.accounts
    )
    return msgspec.structs.replace(FACTS, accounts=accounts).remembering(FACTS)


def test_an_account_that_was_renamed_is_still_meant_and_it_is_said_what_it_is_called() -> None:
    route = msgspec.structs.replace(ROUTE, accounts=(("4000", "Sales"),))
    now = renamed_to("Web sales", number="4010")

    assert seek_for(now, route, "4000").account == now.accounts[2]
    assert now.remembering(FACTS).remembering(now).accounts[2].formerly == ("4000", "Sales")
    (told,) = renamed(now, route)
    assert "the ledger's Sales is now called '4010 Web sales' there" in told
    assert renamed(FACTS, route) == ()


def test_another_account_that_took_the_name_goes_before_the_one_that_had_it() -> None:
    heir = LedgerAccount(
        ledger_id="g", number="", name="Sales", type="Income", currency="USD", account_class=AccountClass.INCOME
    )
    now = renamed_to("Web sales")
    now = msgspec.structs.replace(now, accounts=(*now.accounts, heir))

    assert now.account("Sales") == heir


def test_an_archived_account_is_known_as_such_and_stands_for_nothing() -> None:
    now = renamed_to("Sales (deleted)", is_active=False)

    assert now.account("4000") is None
    assert {wanted: now.archived(wanted) for wanted in ("4000", "Sales", "nowhere", "1200")} == {
        "4000": now.accounts[2],
        "Sales": now.accounts[2],
        "nowhere": None,
        "1200": None,
    }


@pytest.mark.parametrize(
    ("number", "theirs", "is_odd"),
    [
        ("4000", "c", False),
        ("4000", "b", True),
        ("1260", "c", True),
        ("1260", "d", True),
        ("1100", "d", False),
        ("1150", "d", False),
    ],
)
def test_an_account_of_another_statement_or_of_open_invoices_cannot_be_meant(
    number: str, theirs: str, is_odd: bool
) -> None:
    account = next(one for one in FACTS.accounts if one.ledger_id == theirs)

    assert bool(odd_class(recommended_chart()[number], account)) is is_odd


def test_a_channel_has_accounts_of_sales_costs_and_fees_to_itself_and_shares_the_rest() -> None:
    """C26."""
    route = msgspec.structs.replace(ROUTE, own_accounts="SHP", accounts=(("4100", "Sales"),))
    wanted = {number: seek_for(FACTS, route, number).wanted for number in ("4000", "4100", "5200", "6000", "1200")}

    assert wanted == {"4000": "4000SHP", "4100": "Sales", "5200": "5200SHP", "6000": "6000SHP", "1200": "1200"}
