"""What is in another currency than the books: at QuickBooks' own rate of the day, which is stated, or not at all."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
import requests

from bridge.errors import HoldError
from bridge.model.entries import JournalEntry
from bridge.model.facts import ContactRole, LedgerContact, LedgerFacts
from bridge.model.vouchers import LedgerCopy, Mark
from bridge.plugin import Observation, PlanRequest, Unread
from bridge_quickbooks.plan import plan
from bridge_quickbooks.render import render
from plugins.quickbooks.tests.company import NAMES, REALM, Books, american_order, payout_entry

ON = date(2026, 6, 30)
RATE = "1.0832000001"


@pytest.fixture
def european(books: Books) -> Books:
    """A company that keeps dollars, and sells in euros too."""
    books.set(multi_currency=True, currencies=("EUR", "GBP"), rates=(f"EUR 2026-06-30={RATE}", "EUR=1.07"))
    return books


def in_euros(made: JournalEntry) -> JournalEntry:
    return msgspec.structs.replace(made, currency="EUR")


def enter(books: Books, kind: str, **fields: object) -> None:
    url = f"{books.sandbox.base_url}/v3/company/{REALM}/{kind}"
    requests.post(
        url, json=fields, headers={"Authorization": f"Bearer {books.context.token}"}, timeout=5
    ).raise_for_status()


def seen(books: Books, wanted: Observation) -> list[LedgerCopy]:
    return [copy for page in books.sink.observe(wanted) if not isinstance(page, Unread) for copy in page]


def request(books: Books, made: JournalEntry, rate: str = RATE, **facts: object) -> PlanRequest:
    return PlanRequest(
        entry=made,
        accounts={posting.account: books.account(posting.account) for posting in made.postings},
        facts=msgspec.structs.replace(books.sink.facts(), **facts),
        prefix="SHP",
        dated_on=ON,
        tax_codes={},
        names=NAMES,
        customer="Sales channels",
        rate=rate,
    )


def test_the_days_own_rate_is_asked_for_and_what_is_not_known_is_left_out(european: Books) -> None:
    days = [("EUR", ON), ("EUR", date(2026, 7, 1)), ("GBP", ON)]

    assert european.sink.rates(days) == {days[0]: RATE, days[1]: "1.07"}
    assert european.calls("exchangerate") == 3


def test_a_rate_is_stated_to_the_last_digit_and_its_memo_says_whose_it_is(european: Books, sales: JournalEntry) -> None:
    """F28: without one QuickBooks would take 1."""
    (voucher,) = plan(request(european, in_euros(sales)))

    assert f"(1 EUR = {RATE} USD, QuickBooks' rate of 2026-06-30)" in voucher.memo
    assert f'"CurrencyRef":{{"value":"EUR"}},"ExchangeRate":{RATE},'.encode() in render(voucher)
    echo = european.sink.send(voucher, "one")
    assert (echo.currency, echo.marks) == ("EUR", (Mark("exchange rate", RATE),))
    assert european.sandbox.trial_balance(REALM)["4000"] == -10832


def test_a_rate_that_a_person_changed_is_another_mark(european: Books, sales: JournalEntry) -> None:
    (voucher,) = plan(request(european, in_euros(sales)))
    echo = european.sink.send(voucher, "one")
    wanted = Observation(ON, ON, frozenset({european.account("1200").ledger_id}))
    (before,) = seen(european, wanted)
    european.person.edit_rate("JournalEntry", echo.ref, "1.5")
    (after,) = seen(european, wanted)

    assert (before.lines_hash, before.marks_hash) == (echo.lines_hash, echo.marks_hash)
    assert (after.lines_hash, after.marks) == (echo.lines_hash, (Mark("exchange rate", "1.5"),))


def test_a_transfer_in_another_currency_states_its_rate_too(european: Books) -> None:
    (voucher,) = plan(request(european, in_euros(payout_entry())))

    assert b'"ExchangeRate":1.0832000001' in render(voucher)


def test_forms_name_the_customer_of_their_currency(european: Books) -> None:
    made = in_euros(american_order())
    with pytest.raises(HoldError) as held:
        plan(request(european, made))
    assert (held.value.code, "'Sales channels EUR'" in str(held.value)) == ("contact.missing", True)

    enter(european, "customer", DisplayName="Sales channels EUR", CurrencyRef={"value": "EUR"})
    (voucher,) = plan(request(european, made))

    assert voucher.type == "SalesReceipt"
    assert european.sink.send(voucher, "one").marks[-1] == Mark("exchange rate", RATE)


def test_whom_a_rule_names_is_the_customer_of_that_name_in_the_currency(european: Books) -> None:
    """QuickBooks keeps everybody in one, and refuses a form for one of another."""
    order = in_euros(american_order())
    made = msgspec.structs.replace(
        order,
        postings=tuple(
            one if one.kind == "tender" else msgspec.structs.replace(one, contact="Acme Ltd") for one in order.postings
        ),
    )
    facts = european.sink.facts()
    dollars = LedgerContact("7", "Acme Ltd", ContactRole.CUSTOMER, "USD")
    with pytest.raises(
        HoldError, match="no active customer 'Acme Ltd EUR' in EUR, whom it names: 'Acme Ltd' is in USD"
    ):
        plan(request(european, made, contacts=(*facts.contacts, dollars)))

    euros = LedgerContact("8", "Acme Ltd EUR", ContactRole.CUSTOMER, "EUR")
    (voucher,) = plan(request(european, made, contacts=(*facts.contacts, dollars, euros)))
    assert voucher.contact == "8"


def test_the_first_invoice_of_a_currency_opens_its_account_and_no_other_takes_its_lines(european: Books) -> None:
    """What its payment's rate gains, or loses, QuickBooks posts by itself."""
    euros = {"CurrencyRef": {"value": "EUR"}, "TxnDate": "2026-06-30"}
    enter(european, "customer", DisplayName="Eve", CurrencyRef={"value": "EUR"})
    (eve,) = (one["Id"] for one in european.sandbox.entities(REALM, "Customer") if one["DisplayName"] == "Eve")
    item = european.sink.facts().items[0].ledger_id
    sold = {"Amount": 100, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    whose = {"CustomerRef": {"value": eve}, **euros}
    enter(european, "invoice", **whose, ExchangeRate=1.1, Line=[sold])

    facts, (invoice,) = european.sink.facts(), european.sandbox.entities(REALM, "Invoice")
    (opened,) = (one for one in facts.accounts if one.name == "Accounts Receivable (A/R) - EUR")
    assert (facts.receivable_of("EUR"), opened.currency) == (opened.ledger_id, "EUR")
    link = {"Amount": 40, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    enter(european, "payment", **whose, ExchangeRate=1.2, TotalAmt=50, Line=[link])
    moved = european.sandbox.trial_balance(REALM)
    assert (moved[opened.name], moved["7900"]) == (11000 - 4400 - 1200, -400)

    owed = [
        {
            "Amount": 5,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": account}, **named},
        }
        for side, account, named in (
            ("Debit", facts.receivable_id, {"Entity": {"Type": "Customer", "EntityRef": {"value": eve}}}),
            ("Credit", european.account("4000").ledger_id, {}),
        )
    ]
    with pytest.raises(requests.HTTPError, match="400"):
        enter(european, "journalentry", **euros, ExchangeRate=1.1, Line=owed)


@pytest.mark.parametrize(
    ("facts", "code", "next_step"),
    [
        ({"is_multicurrency": False}, "rate.missing", "switched on"),
        ({"currencies": ("GBP",)}, "quickbooks.currency", "Add EUR in QuickBooks under Settings, Currencies"),
        ({}, "rate.missing", "enter the rate of EUR"),
    ],
)
def test_what_has_no_rate_is_held(
    european: Books, sales: JournalEntry, facts: dict[str, object], code: str, next_step: str
) -> None:
    """F27, S18: nothing is booked at an invented rate."""
    with pytest.raises(HoldError) as held:
        plan(request(european, in_euros(sales), rate="", **facts))

    assert held.value.code == code
    assert next_step in held.value.next_step


def test_the_company_says_which_customer_is_whose(european: Books) -> None:
    facts: LedgerFacts = european.sink.facts()

    assert [contact.name for contact in facts.contacts] == ["Sales channels"]
    assert facts.currencies == ("EUR", "GBP")
