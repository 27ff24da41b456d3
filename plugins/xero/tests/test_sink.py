"""Stories: vouchers into an organisation that misbehaves, over real HTTP."""

from datetime import date

import pytest

from bridge.errors import (
    AuthorizationError,
    ConflictError,
    InDoubtError,
    RateLimitedError,
    RejectedError,
)
from bridge.model.entries import JournalEntry
from bridge.plugin import Absent, Present, Unknown
from bridge.sandbox import FaultKind
from bridge_xero.kinds import ALLOCATION, KINDS, PAYMENT, WRITTEN
from plugins.xero.tests.books import Books, as_held, as_sent, last
from plugins.xero.tests.conftest import ENTRIES
from plugins.xero.tests.organisation import TENANT

LAST = {name: made for name, made in ENTRIES.items() if name not in {"part", "received"}}


# Sending


@pytest.mark.parametrize("made", ENTRIES.values(), ids=ENTRIES)
def test_what_is_sent_is_what_the_organisation_then_holds(books: Books, made: JournalEntry) -> None:
    vouchers = books.plan(made)
    echoes = [books.send(voucher) for voucher in vouchers]

    for voucher, echo in zip(vouchers, echoes, strict=True):
        assert as_held(echo) == as_sent(voucher)
        assert (echo.type, echo.number, echo.key) == (voucher.type, voucher.number, voucher.key)
        assert (echo.dated_on, echo.currency, echo.is_voided) == (voucher.dated_on, "GBP", False)
        assert echo.version or echo.type == "BankTransfer"
    held = {name: minor for name, minor in books.sandbox.trial_balance(TENANT).items() if name != "2120"}
    wanted: dict[str, int] = {}
    for posting in made.postings:
        wanted[posting.account] = wanted.get(posting.account, 0) + posting.amount_minor - posting.tax_minor
    assert held == wanted


def test_every_kind_is_written(books: Books) -> None:
    kinds = {copy.type for made in ENTRIES.values() for copy in books.deliver(made)}

    assert kinds == set(WRITTEN) - {ALLOCATION}  # which needs an order that is open: test_open_orders


@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.COMMIT_THEN_UNAVAILABLE])
@pytest.mark.parametrize("made", LAST.values(), ids=LAST)
def test_a_write_whose_answer_is_lost_is_in_doubt_and_then_found(
    books: Books, fault: FaultKind, made: JournalEntry
) -> None:
    """F01: the ledger has it; nobody may send it again."""
    voucher = last(books, made)
    books.sandbox.faults.order(fault, method="PUT", path=f"*/{KINDS[voucher.type].plural}")

    with pytest.raises(InDoubtError):
        books.send(voucher)

    found = books.sink.look_up(voucher, books.refs)
    assert isinstance(found, Present)
    assert (found.copy.key, as_held(found.copy)) == (voucher.key, as_sent(voucher))


@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.UNAVAILABLE])
@pytest.mark.parametrize("made", LAST.values(), ids=LAST)
def test_a_write_that_never_arrived_is_in_doubt_and_then_absent(
    books: Books, fault: FaultKind, made: JournalEntry
) -> None:
    voucher = last(books, made)
    books.sandbox.faults.order(fault, method="PUT")

    with pytest.raises(InDoubtError):
        books.send(voucher)

    assert books.sink.look_up(voucher, books.refs) == Absent()


def test_a_write_is_sent_once_and_never_repeated_inside(books: Books) -> None:
    """F01: one call is one request, whatever happens to it."""
    voucher = last(books, ENTRIES["order"])
    sent = books.calls("Payments.create")
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, method="PUT")

    with pytest.raises(InDoubtError):
        books.send(voucher)

    assert books.calls("Payments.create") == sent + 1


@pytest.mark.parametrize("made", LAST.values(), ids=LAST)
def test_sending_again_with_the_same_header_key_gives_the_first_answer(books: Books, made: JournalEntry) -> None:
    """F01, F09: the vendor's own replay, for six minutes."""
    voucher = last(books, made)

    assert books.send(voucher).ref == books.send(voucher).ref
    assert books.objects(voucher.type) == (2 if voucher.type == PAYMENT and made is ENTRIES["order"] else 1)


@pytest.mark.parametrize("kind", ["server_error", "commit_then_server_error"])
def test_a_failure_that_xero_keeps_under_the_key_asks_for_another_key(books: Books, kind: str) -> None:
    """F01: Xero repeats a 500 for the same key for six minutes, whether or not it wrote anything."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.oddities.order(kind, "Invoices.create")

    for _ in range(2):
        with pytest.raises(InDoubtError) as doubt:
            books.send(voucher)
        assert doubt.value.code == "xero.stored_failure"

    found = books.sink.look_up(voucher)
    assert isinstance(found, Present) == (kind == "commit_then_server_error")
    echo = books.send(voucher, turn=1)
    assert books.objects("Invoice") == 1
    assert echo.key == voucher.key


@pytest.mark.parametrize("made", [ENTRIES["settlement"], ENTRIES["refund"]], ids=["invoice", "credit note"])
def test_a_rebuilt_database_meets_its_own_voucher(books: Books, made: JournalEntry) -> None:
    """F02: another header key, the same number; ours by its key."""
    voucher = books.plan(made)[0]
    first = books.send(voucher)

    assert books.send(voucher, turn=7).ref == first.ref
    assert books.objects(voucher.type) == 1


def test_our_invoice_is_met_though_a_person_rewrote_its_reference(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    first = books.send(voucher)
    books.person.change_note("Invoice", first.ref, "deposit of the 30th")

    assert books.send(voucher, turn=1).ref == first.ref


def test_a_number_that_somebody_elses_invoice_holds_is_a_conflict(books: Books) -> None:
    """F02: never adopt what is not ours."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.person.add_foreign("1100", "4000", "5", "2026-06-30", "Invoice", number=voucher.number)

    with pytest.raises(ConflictError) as conflict:
        books.send(voucher)

    assert conflict.value.code == "xero.number_taken"
    assert books.sink.look_up(voucher) == Absent()


def test_a_taken_number_that_cannot_be_looked_at_is_in_doubt(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.send(voucher)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Invoices.list")

    with pytest.raises(InDoubtError):
        books.send(voucher, turn=1)


@pytest.mark.parametrize("oddity", ["null_dates", "unknown_status"])
def test_an_odd_echo_is_no_failure(books: Books, oddity: str) -> None:
    """F01: the write succeeded; a null day or a new word in the answer must not make us send again."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.oddities.order(oddity, "Invoices.create")

    echo = books.send(voucher)

    assert as_held(echo) == as_sent(voucher)
    assert not echo.is_voided


def test_an_echo_that_cannot_be_read_is_in_doubt(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    body = '{"Invoices": [{"InvoiceID": "x", "Total": "much"}]}'
    books.sandbox.faults.order(
        FaultKind.COMMIT_THEN_ANSWER, method="PUT", status=200, body=body, content_type="application/json"
    )

    with pytest.raises(InDoubtError):
        books.send(voucher)


# Refusals


def test_a_locked_period_is_refused_under_the_code_that_lets_it_be_dated_anew(books: Books) -> None:
    """F24."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.set(period_lock_date="2026-06-30")

    with pytest.raises(RejectedError) as refused:
        books.send(voucher)

    assert refused.value.code == "xero.period"
    assert books.sink.facts().locked_through == date(2026, 6, 30)


@pytest.mark.parametrize("country", ["GB", "US", "CA", "FR", "AU", "NZ"])
def test_the_facts_name_the_organisations_country_p28(books: Books, country: str) -> None:
    books.set(country=country)

    assert books.sink.facts().country == country


def test_an_account_archived_meanwhile_is_refused_and_named(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.person.deactivate("4000")

    with pytest.raises(RejectedError) as refused:
        books.send(voucher)

    assert refused.value.code == "xero.account"
    assert "4000" in refused.value.cause


def test_a_payment_of_what_a_person_voided_is_refused(books: Books) -> None:
    voucher = last(books, ENTRIES["refund"])
    books.person.void("CreditNote", books.refs[voucher.pays])

    with pytest.raises(RejectedError) as refused:
        books.send(voucher)

    assert refused.value.code == "xero.payment"


def test_a_payment_whose_invoice_was_withdrawn_is_never_sent(books: Books) -> None:
    _, payment = books.plan(ENTRIES["refund"])

    with pytest.raises(RejectedError) as refused:
        books.send(payment)

    assert refused.value.code == "xero.payment"
    assert books.calls("Payments.create") == 0
    assert books.sink.look_up(payment) == Absent()


def test_a_contact_archived_meanwhile_is_refused(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.person.archive_contact("Sales channels")

    with pytest.raises(RejectedError) as refused:
        books.send(voucher)

    assert refused.value.code == "xero.contact"
    assert books.sink.facts().contacts == ()


def test_a_used_up_day_is_told_with_its_hours_and_nobody_sleeps(books: Books) -> None:
    """F44."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.faults.order(
        FaultKind.ANSWER,
        method="PUT",
        status=429,
        headers={"Retry-After": "34567", "X-Rate-Limit-Problem": "day"},
    )

    with pytest.raises(RateLimitedError) as limited:
        books.send(voucher)

    assert limited.value.retry_after_seconds == 34567
    assert books.context.clock.waits == []


def test_a_look_up_never_waits_a_minute_under_the_lease(books: Books) -> None:
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.faults.order(FaultKind.THROTTLE, times=None, label="Invoices.list")

    assert isinstance(books.sink.look_up(voucher), Unknown)
    assert sum(books.context.clock.waits) <= 5


def test_a_token_that_is_not_good_any_more_stops_the_connection(books: Books) -> None:
    """F42."""
    (voucher,) = books.plan(ENTRIES["settlement"])
    books.sandbox.faults.order(FaultKind.UNAUTHORIZED, times=None)

    with pytest.raises(AuthorizationError):
        books.send(voucher)
    assert isinstance(books.sink.look_up(voucher), Unknown)


def test_an_organisation_we_were_not_let_into_is_told_with_those_we_were(books: Books) -> None:
    """F45."""
    other = "11111111-2222-4333-8444-555555555555"
    books.sandbox.add_organisation(other)
    books.context.token = books.sandbox.issue_tokens(other)[0]
    books.sandbox.disconnect(TENANT)

    with pytest.raises(AuthorizationError) as refused:
        books.sink.facts()

    assert refused.value.code == "xero.tenant"
    assert TENANT in refused.value.thing
    assert other in refused.value.cause
