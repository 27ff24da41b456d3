"""Stories: what an organisation holds is found again, whatever people did to it, over real HTTP."""

from datetime import date
from typing import Any

import msgspec
import pytest

from bridge.errors import RateLimitedError, UnavailableError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.remarks import Grade, Remark
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Absent, Observation, Present, Unknown
from bridge.sandbox import FaultKind
from bridge.testing import read_all
from bridge_xero.kinds import PAYMENT
from bridge_xero.settings import SCOPES
from plugins.xero.tests.books import Books, last, refs_of
from plugins.xero.tests.conftest import ENTRIES
from plugins.xero.tests.organisation import TENANT, account_id, entry, leg, sale

SUMMER = Observation(date(2026, 6, 1), date(2026, 7, 31), frozenset())
LAST = {name: made for name, made in ENTRIES.items() if name not in {"part", "received"}}


# Looking up


@pytest.mark.parametrize("made", LAST.values(), ids=LAST)
def test_what_was_voided_is_there_and_worth_nothing_and_what_was_deleted_is_gone(
    books: Books, made: JournalEntry
) -> None:
    """F33: Xero goes on showing both; sending it again would undo what a person did."""
    voucher = last(books, made)
    echo = books.send(voucher)
    is_deleted = voucher.type in {"Payment", "BankTransfer", "BankTransaction"}
    (books.person.delete if is_deleted else books.person.void)(voucher.type, echo.ref)

    found = books.sink.look_up(voucher, books.refs)
    ((_, again),) = books.sink.read_back(refs_of([echo]))

    if is_deleted:
        # An invoice does not show the payments of it that were deleted.
        assert found == Absent(deleted=voucher.type != PAYMENT)
        assert again == Absent(deleted=True)
    else:
        assert isinstance(found, Present)
        assert isinstance(again, Present)
        assert found.copy.is_voided
        assert again.copy.is_voided


@pytest.mark.parametrize("name", ["settlement", "journal", "spent", "transfer"])
def test_an_object_a_person_moved_to_another_day_and_reworded_is_still_found(books: Books, name: str) -> None:
    (voucher,) = books.plan(ENTRIES[name])
    echo = books.send(voucher)
    books.person.change_date(voucher.type, echo.ref, "2026-06-12")
    books.person.change_note(voucher.type, echo.ref, f"{voucher.key} see e-mail")

    found = books.sink.look_up(voucher)

    assert isinstance(found, Present)
    assert found.copy.ref == echo.ref


def test_a_journal_that_says_exactly_the_same_is_asked_for_by_one_call(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["journal"])
    books.send(voucher)

    assert isinstance(books.sink.look_up(voucher), Present)
    assert books.calls("ManualJournals.list") == 1


def test_of_two_copies_the_one_that_stands_is_the_voucher(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["journal"])
    echo = books.send(voucher)
    books.person.duplicate("ManualJournal", echo.ref)
    books.person.void("ManualJournal", echo.ref)

    found = books.sink.look_up(voucher)

    assert isinstance(found, Present)
    assert not found.copy.is_voided
    assert found.copy.ref != echo.ref


def test_no_answer_is_never_not_there(books: Books) -> None:
    """F07."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None)

    assert isinstance(books.sink.look_up(voucher), Unknown)


# A twin of a payout


def test_money_that_others_brought_to_the_bank_is_seen_before_a_transfer_is_sent(books: Books) -> None:
    """C6, F20."""
    (voucher,) = books.plan(ENTRIES["transfer"])
    for kind, source in (("BankTransfer", "1230"), ("BankTransaction", "4500")):
        books.person.add_foreign("1000", source, "84.45", "2026-07-10", kind)
    books.person.add_foreign("1000", "4500", "84.46", "2026-07-10", "BankTransaction")
    books.person.add_foreign("1000", "4500", "84.45", "2026-07-16", "BankTransaction")

    assert sorted(copy.type for copy in books.sink.same_amount(voucher)) == ["BankTransaction", "BankTransfer"]


def test_our_own_transfer_and_deleted_ones_are_no_twins(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["transfer"])
    books.send(voucher)
    other = books.person.add_foreign("1000", "1230", "84.45", "2026-07-10", "BankTransfer")
    books.person.delete("BankTransfer", str(other["BankTransferID"]))

    assert books.sink.same_amount(voucher) == ()


def test_a_twin_cannot_be_ruled_out_while_nobody_answers(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["transfer"])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="BankTransactions.list")

    with pytest.raises(UnavailableError):
        books.sink.same_amount(voucher)


# Reading back


def observed(books: Books, *accounts: str) -> dict[str, LedgerCopy]:
    wanted = msgspec.structs.replace(
        SUMMER, accounts=frozenset(books.sandbox.account_id(TENANT, code) for code in accounts)
    )
    return {copy.ref: copy for copy in read_all(books.sink, wanted)}


def test_everything_of_ours_is_observed_as_it_was_echoed(books: Books) -> None:
    """F36, F38."""
    echoes = [copy for made in ENTRIES.values() for copy in books.deliver(made)]
    seen = observed(books)

    assert seen.keys() == {echo.ref for echo in echoes}
    for echo in echoes:
        assert seen[echo.ref].lines_hash == echo.lines_hash
        assert (seen[echo.ref].key, seen[echo.ref].dated_on) == (echo.key, echo.dated_on)


def test_what_others_did_to_the_accounts_is_observed_and_the_rest_left_out(books: Books) -> None:
    """F37."""
    touching = [
        books.person.add_foreign("1210", "4500", "5", "2026-06-30"),
        books.person.add_foreign("1000", "1210", "5", "2026-06-30", "BankTransaction"),
        books.person.add_foreign("1100", "1210", "5", "2026-06-30", "Invoice", number="INV-1"),
    ]
    books.person.add_foreign("6000", "4500", "5", "2026-06-30")
    books.person.add_foreign("1210", "4500", "5", "2025-01-31")
    books.person.pay(str(touching[2]["InvoiceID"]), "1210", "2", "2026-06-30")

    seen = observed(books, "1210")

    assert sorted(copy.type for copy in seen.values()) == ["BankTransaction", "Invoice", "ManualJournal", "Payment"]
    assert {str(each.get("ManualJournalID")) for each in touching[:1]} <= seen.keys()
    assert not any(copy.key for copy in seen.values())


def test_voided_and_deleted_objects_are_observed_as_worth_nothing(books: Books) -> None:
    """F33."""
    (invoice,) = books.deliver(ENTRIES["settlement"])
    (moved,) = books.deliver(ENTRIES["transfer"])
    books.person.void("Invoice", invoice.ref)
    books.person.delete("BankTransfer", moved.ref)

    seen = observed(books)

    assert seen[invoice.ref].is_voided
    assert seen[moved.ref].is_voided


def test_an_invoice_that_was_paid_has_not_changed(books: Books) -> None:
    """The deposit was matched: that is what the invoice was for."""
    (invoice,) = books.deliver(ENTRIES["settlement"])
    books.person.pay(invoice.ref, "1000", "107.96", "2026-07-02")
    seen = observed(books)[invoice.ref]

    assert seen.lines_hash == invoice.lines_hash
    assert not seen.is_voided


def test_a_change_is_read_back_with_who_made_it(books: Books) -> None:
    """F34, F36."""
    (invoice,) = books.deliver(ENTRIES["settlement"])
    books.person.recode("Invoice", invoice.ref, "4050")

    ((ref, answer),) = books.sink.read_back(refs_of([invoice]))

    assert ref == invoice.ref
    assert isinstance(answer, Present)
    assert answer.copy.lines_hash != invoice.lines_hash
    assert answer.copy.changed_by == "Alex Bookkeeper"
    assert answer.copy.changed_at.endswith("+00:00")


@pytest.mark.parametrize("name", ["settlement", "refund"])
def test_a_rate_that_a_person_changed_is_another_mark(books: Books, name: str) -> None:
    """Xero gives a foreign document its rate: what its echo told is told again until somebody changes it."""
    copies = books.deliver(msgspec.structs.replace(ENTRIES[name], currency="EUR"))
    document = copies[0]
    assert {copy.ref: copy.marks_hash for copy in observed(books).values()} == {
        copy.ref: copy.marks_hash for copy in copies
    }

    books.person.edit_rate(document.type, document.ref, "1.5")

    before, after = ({mark.kind: mark.value for mark in one.marks} for one in (document, observed(books)[document.ref]))
    assert after == before | {"exchange rate": "1.5"}


def test_of_others_what_names_our_contact_is_observed_though_it_touches_no_account_of_ours(books: Books) -> None:
    contact = books.facts.contacts[0]
    for kind in ("Invoice", "CreditNote", "BankTransaction", "Prepayment"):
        books.person.add_foreign("1000", "4500", "5", "2026-06-30", kind, number="INV-1", customer=contact.name)
        books.person.add_foreign("1000", "4500", "5", "2026-06-30", kind, number="INV-2", customer="Another")
    (ours,) = (one for one in books.sandbox.entities(TENANT, "Invoices") if one["InvoiceNumber"] == "INV-1")
    books.person.pay(str(ours["InvoiceID"]), "1000", "2", "2026-06-30")

    wanted = msgspec.structs.replace(SUMMER, contacts=frozenset({contact.ledger_id}))
    seen = read_all(books.sink, wanted)

    assert sorted(copy.type for copy in seen if copy.contact == contact.ledger_id) == [
        "BankTransaction",
        "BankTransaction",
        "CreditNote",
        "Invoice",
        "Payment",
        "Prepayment",
    ]
    assert len(seen) == 6


def test_every_kind_is_read_back_by_id(books: Books) -> None:
    echoes = [copy for made in ENTRIES.values() for copy in books.deliver(made)]
    answers = dict(books.sink.read_back(refs_of(echoes)))

    for echo in echoes:
        found = answers[echo.ref]
        assert isinstance(found, Present)
        assert (found.copy.lines_hash, found.copy.key) == (echo.lines_hash, echo.key)


def test_what_is_not_there_is_deleted_and_what_is_not_answered_is_unknown(books: Books) -> None:
    """F07."""
    (invoice,) = books.deliver(ENTRIES["settlement"])
    nowhere = account_id("1")
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Invoices.read", skip=1)

    answers = list(books.sink.read_back([("Invoice", nowhere), *refs_of([invoice]), ("Payment", nowhere)]))

    assert answers[0] == (nowhere, Absent(deleted=True))
    assert [type(answer) for _, answer in answers[1:]] == [Unknown, Unknown]


def test_a_list_that_breaks_off_is_not_concluded_from(books: Books) -> None:
    """F12."""
    books.deliver(ENTRIES["settlement"])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="BankTransactions.list")

    with pytest.raises(UnavailableError):
        observed(books)


# Facts


def test_facts_tell_all_that_planning_needs(books: Books) -> None:
    books.set(period_lock_date="2026-03-31", end_of_year_lock_date="2025-12-31")
    facts = books.sink.facts()
    served = {treatment: code.ledger_id for code in facts.tax_codes for treatment in code.serves}

    assert (facts.home_currency, facts.currencies, facts.is_multicurrency) == ("GBP", ("EUR",), True)
    assert facts.locked_through == date(2026, 3, 31)
    assert facts.receivable_id == books.sandbox.account_id(TENANT, "1100")
    assert facts.tax_account_id == books.sandbox.account_id(TENANT, "2120")
    assert [contact.name for contact in facts.contacts] == ["Sales channels"]
    assert served == {
        "sale:20": "OUTPUT2",
        "sale:5": "RROUTPUT",
        "sale:0": "ZERORATEDOUTPUT",
        "sale:export": "ZERORATEDOUTPUT",
        "sale:deemed_supply": "ZERORATEDOUTPUT",
        "sale:exempt": "EXEMPTOUTPUT",
        "purchase:20": "INPUT2",
        "purchase:5": "RRINPUT",
        "purchase:0": "ZERORATEDINPUT",
        "purchase:exempt": "EXEMPTINPUT",
        "purchase:reverse_charge": "REVERSECHARGES",
        "none": "NONE",
        "sale:outside": "NONE",
    }
    assert {number: facts.account(number).takes_payments for number in ("1200", "1280", "2200")} == {  # type: ignore[union-attr]
        "1200": True,
        "1280": False,
        "2200": True,
    }
    assert (facts.has_unique_numbers, odd(facts)) == (True, {})


def test_facts_tell_what_stands_on_each_account_by_one_more_call(books: Books) -> None:
    """Across the end of a financial year, with what others entered, and as far ahead as a check reads entries."""
    books.person.add_foreign("1200", "4000", "10.00", "2019-12-31")
    books.deliver(ENTRIES["negative"])
    books.person.add_foreign("1200", "4000", "1.00", "2026-08-01")
    books.person.add_foreign("1200", "4000", "0.01", "2027-08-02")
    books.person.add_foreign("1200", "4000", "0.02", "2027-08-03")
    assert books.calls("Reports.TrialBalance.read") == 1, "the plan's own facts"

    facts = books.sink.facts()

    told = {number: facts.account(number).balance_minor for number in ("1200", "1210", "4000")}  # type: ignore[union-attr]
    assert told == {"1200": 1000 - 5000 + 100 + 1, "1210": 0, "4000": None}
    assert books.calls("Reports.TrialBalance.read") == 2


def test_balances_are_of_the_day_on_the_organisations_calendar(books: Books) -> None:
    """At noon UTC it is tomorrow already where the clocks are 14 hours ahead."""
    books.set(time_zone="LINEISLANDSSTANDARDTIME")
    books.person.add_foreign("1200", "4000", "0.01", "2026-08-02")

    account = books.sink.facts().account("1200")

    assert account is not None
    assert account.balance_minor == 1


def test_a_connection_from_before_the_scope_was_asked_for_tells_no_balances_and_works_on(books: Books) -> None:
    asked = " ".join(scope for scope in SCOPES if "reports" not in scope)
    books.context.token = books.sandbox.issue_tokens(TENANT, scope=asked)[0]

    facts = books.sink.facts()

    assert {account.balance_minor for account in facts.accounts} == {None}
    assert "bridge connections authorize" in odd(facts)["xero.balances"].next_step
    assert books.deliver(ENTRIES["settlement"])


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (FaultKind.ANSWER, {"status": 403}),
        (FaultKind.ANSWER, {"status": 404}),
        (FaultKind.ANSWER, {"status": 400}),
        (FaultKind.ANSWER, {"status": 200, "body": '{"Reports": [{"Rows": [{"RowType": "Row"}]}]}'}),
        (FaultKind.ANSWER, {"status": 200, "body": '{"Reports": []}'}),
        (FaultKind.UNAVAILABLE, {}),
    ],
)
def test_a_trial_balance_that_is_not_given_is_a_warning(books: Books, fault: FaultKind, how: dict[str, Any]) -> None:
    """Planning and sending need no balances, and must not wait for them."""
    books.sandbox.faults.order(fault, times=None, label="Reports.TrialBalance.read", **how)

    facts = books.sink.facts()

    assert {account.balance_minor for account in facts.accounts} == {None}
    assert "the balances of accounts are not known" in odd(facts)["xero.balances"].what
    assert books.deliver(ENTRIES["settlement"])


def test_a_day_that_is_used_up_is_told_with_its_hours_by_the_trial_balance_too(books: Books) -> None:
    headers = {"Retry-After": "7200"}
    books.sandbox.faults.order(FaultKind.ANSWER, label="Reports.*", status=429, headers=headers)

    with pytest.raises(RateLimitedError):
        books.sink.facts()


def test_a_missing_contact_is_warned_of(books: Books) -> None:
    books.person.archive_contact("Sales channels")

    assert "Sales channels" in odd(books.sink.facts())["xero.contact_missing"].what


def test_a_foreign_day_is_booked_in_its_currency(books: Books) -> None:
    """C4."""
    made = entry(sale("4000", -500, "sale.product"), sale("1210", 500), purpose=Purpose.DAY, currency="EUR")
    invoice, payment = books.deliver(made)

    assert (invoice.currency, payment.currency) == ("EUR", "EUR")
    assert (invoice.total_minor, payment.total_minor) == (500, 500)


def test_a_foreign_journal_goes_out_as_an_invoice_for_nothing(books: Books) -> None:
    """C4: a manual journal has no currency."""
    made = entry(leg("6100", 310, "fee.payment"), leg("1210", -310), purpose=Purpose.JOURNAL, currency="EUR")
    (invoice,) = books.deliver(made)

    assert (invoice.type, invoice.currency, invoice.total_minor) == ("Invoice", "EUR", 310)


def odd(facts: LedgerFacts) -> dict[str, Remark]:
    """What is not in order, by code, beside what only people are told."""
    told = {remark.code: remark for remark in facts.remarks if remark.grade is not Grade.OK}
    return {code: remark for code, remark in told.items() if code not in {"xero.adviser", "xero.automation"}}
