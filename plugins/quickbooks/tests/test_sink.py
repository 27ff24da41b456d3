"""Stories: vouchers into a company that misbehaves, over real HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from bridge.errors import (
    AuthorizationError,
    ConflictError,
    InDoubtError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge.model.entries import JournalEntry
from bridge.plugin import Absent, Observation, Present, Unknown
from bridge.sandbox import FaultKind
from plugins.quickbooks.tests.company import REALM, Books, payout_entry, sent

JULY = Observation(date(2026, 6, 1), date(2026, 7, 31), frozenset())


# Sending


def test_what_is_sent_is_what_the_company_then_holds(books: Books, sales: JournalEntry, payout: JournalEntry) -> None:
    voucher = books.plan(sales)
    echo = sent(books, sales)
    moved = sent(books, payout)

    assert books.sandbox.trial_balance(REALM) == {"1000": 8445, "4000": -10000, "6000": 1555}
    assert (echo.number, echo.key, echo.dated_on) == (voucher.number, voucher.key, voucher.dated_on)
    assert [(line.account_id, line.amount_minor) for line in echo.lines] == [
        (line.account.ledger_id, line.amount_minor) for line in voucher.lines
    ]
    assert (moved.type, moved.total_minor) == ("Transfer", 8445)


@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.COMMIT_THEN_UNAVAILABLE])
@pytest.mark.parametrize("which", ["sales", "payout"])
def test_a_write_whose_answer_is_lost_is_in_doubt_and_then_found(
    books: Books, fault: FaultKind, which: str, request: pytest.FixtureRequest
) -> None:
    """F01: the ledger has it; nobody may send it again."""
    voucher = books.plan(request.getfixturevalue(which))
    books.sandbox.faults.order(fault, method="POST", path=f"*/{voucher.type.lower()}")

    with pytest.raises(InDoubtError):
        books.sink.send(voucher, f"{voucher.key}-0")

    found = books.sink.look_up(voucher)
    assert isinstance(found, Present)
    assert found.copy.key == voucher.key


@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.UNAVAILABLE])
def test_a_write_that_never_arrived_is_in_doubt_and_then_absent(
    books: Books, sales: JournalEntry, fault: FaultKind
) -> None:
    voucher = books.plan(sales)
    books.sandbox.faults.order(fault, path="*/journalentry")

    with pytest.raises(InDoubtError):
        books.sink.send(voucher, f"{voucher.key}-0")

    assert books.sink.look_up(voucher) == Absent()


def test_a_write_is_sent_once_and_never_repeated_inside(books: Books, sales: JournalEntry) -> None:
    """F01: one call is one request, whatever happens to it."""
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, path="*/journalentry")

    with pytest.raises(InDoubtError):
        sent(books, sales)

    assert books.calls("JournalEntry.create") == 1


def test_sending_again_with_the_same_header_key_gives_the_first_answer(books: Books, sales: JournalEntry) -> None:
    """F01, F09: the vendor's own replay."""
    assert sent(books, sales).ref == sent(books, sales).ref
    assert books.journals() == 1


@pytest.mark.parametrize("memory", ["forget", "refuse"])
def test_without_the_vendors_replay_the_number_still_keeps_it_single(
    books: Books, sales: JournalEntry, memory: str
) -> None:
    """F01, F02, F09: 6140 names our own voucher, which is its success; 600 leaves it in doubt, and it is found."""
    books.set(request_ids=memory)
    first = sent(books, sales)

    if memory == "forget":
        assert sent(books, sales).ref == first.ref
    else:
        with pytest.raises(InDoubtError):
            sent(books, sales)
        assert isinstance(books.sink.look_up(books.plan(sales)), Present)
    assert books.journals() == 1


@pytest.mark.parametrize(("code", "language"), [("6140", "en"), ("6140", "fr"), ("6210", "fr")])
def test_a_rebuilt_database_meets_its_own_voucher_in_any_language(
    books: Books, sales: JournalEntry, code: str, language: str
) -> None:
    """F02: another request id, the same number; ours by its key."""
    first = sent(books, sales)
    books.set(duplicate_code=code, language=language)

    assert sent(books, sales, turn=7).ref == first.ref
    assert books.journals() == 1


def test_our_voucher_is_met_though_the_refusal_names_no_holder(books: Books, sales: JournalEntry) -> None:
    first = sent(books, sales)
    refusal = '{"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": "6140"}], "type": "ValidationFault"}}'
    books.sandbox.faults.order(FaultKind.ANSWER, status=400, body=refusal, path="*/journalentry")

    assert sent(books, sales, turn=1).ref == first.ref


def test_a_number_that_somebody_elses_journal_holds_is_a_conflict(books: Books, sales: JournalEntry) -> None:
    """F02: never allow-duplicate, never adopt what is not ours."""
    voucher = books.plan(sales)
    books.person.add_foreign("6000", "1000", "5", "2026-06-30", number=voucher.number, note="brk_" + "z" * 20)

    with pytest.raises(ConflictError) as conflict:
        sent(books, sales)

    assert conflict.value.code == "quickbooks.6140"
    assert books.sink.look_up(voucher) == Absent()


def test_a_holder_that_cannot_be_read_leaves_the_write_in_doubt(books: Books, sales: JournalEntry) -> None:
    """F07."""
    sent(books, sales)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, method="GET")

    with pytest.raises(InDoubtError):
        sent(books, sales, turn=1)


def test_a_closed_period_is_refused_with_a_general_code(books: Books, sales: JournalEntry) -> None:
    """F38."""
    books.set(book_close_date="2026-06-30")

    with pytest.raises(RejectedError) as refused:
        sent(books, sales)

    assert refused.value.code == "quickbooks.6210"
    assert books.sink.facts().locked_through == date(2026, 6, 30)


@pytest.mark.parametrize("country", ["US", "GB", "CA", "FR", "AU", "NZ"])
def test_the_facts_name_the_companys_country_p28(books: Books, country: str) -> None:
    """The company's card gives it by three letters, or by two."""
    books.set(country=country)

    assert books.sink.facts().country == country


def test_an_account_made_inactive_is_refused_with_a_next_step(books: Books, sales: JournalEntry) -> None:
    """F46."""
    voucher = books.plan(sales)
    books.person.deactivate("6000")

    with pytest.raises(RejectedError) as refused:
        books.sink.send(voucher, "k-0")

    assert refused.value.code == "quickbooks.610"
    assert books.sink.facts().account("6000") is None


def test_a_throttle_is_told_with_its_wait_and_nothing_is_written(books: Books, sales: JournalEntry) -> None:
    """F44."""
    books.sandbox.faults.order(FaultKind.THROTTLE, headers={"Retry-After": "17"})

    with pytest.raises(RateLimitedError) as waiting:
        sent(books, sales)

    assert waiting.value.retry_after_seconds == 17
    assert books.journals() == 0


def test_nobody_listening_is_provably_not_sent(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    books.sandbox.stop()

    with pytest.raises(UnavailableError):
        books.sink.send(voucher, "k-0")


def test_a_disconnected_company_waits_for_a_person(books: Books, sales: JournalEntry) -> None:
    """F42."""
    voucher = books.plan(sales)
    books.sandbox.disconnect(REALM)

    with pytest.raises(AuthorizationError):
        books.sink.send(voucher, "k-0")
    with pytest.raises(AuthorizationError):
        books.sink.facts()


def test_a_cancelled_company_waits_for_a_person(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    books.set(is_active=False)

    with pytest.raises(AuthorizationError):
        books.sink.send(voucher, "k-0")


def test_a_rotated_token_is_used_from_the_next_call_on(books: Books, sales: JournalEntry) -> None:
    """F42: the host renews; the sink asks for the token each time and keeps none."""
    old = books.context.token
    _, refresh = books.sandbox.issue_tokens(REALM)
    books.context.token = books.sandbox.tokens.refresh(refresh).access

    assert sent(books, sales).key
    assert books.context.token != old


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "{}",
        '{"JournalEntry": null}',
        '{"JournalEntry": {"Id": "9"}}',
        '{"fault": {"error": [{"message": "x", "code": "4"}]}}',
        '{"Fault": {"Error": [{"Message": "x", "code": ""}], "type": "SystemFault"}}',
    ],
)
def test_an_answer_of_200_that_is_no_echo_proves_nothing(books: Books, sales: JournalEntry, body: str) -> None:
    """F01: the library takes a lower-case fault of status 200 for success, and dies of a code that is empty."""
    voucher = books.plan(sales)
    books.sandbox.faults.order(FaultKind.COMMIT_THEN_ANSWER, status=200, body=body, path="*/journalentry")

    with pytest.raises(InDoubtError):
        books.sink.send(voucher, "k-0")

    assert isinstance(books.sink.look_up(voucher), Present)


# Looking up


def test_an_index_that_trails_hides_what_was_written_until_it_has_settled(books: Books, sales: JournalEntry) -> None:
    """Why absence is proven only `settle_seconds` after the send."""
    books.set(index_delay_reads=2)
    voucher = books.plan(sales)
    sent(books, sales)

    assert books.sink.look_up(voucher) == Absent()
    assert isinstance(books.sink.look_up(voucher), Present)
    assert books.sink.settle_seconds >= 120, "QuickBooks may be at work on a request that long"


@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.UNAVAILABLE, FaultKind.THROTTLE, FaultKind.UNAUTHORIZED])
def test_a_look_up_that_is_not_answered_is_unknown_and_never_absent(
    books: Books, sales: JournalEntry, fault: FaultKind
) -> None:
    """F07: unknown is not absent; and nobody waits a minute for it while the lease is held."""
    voucher = books.plan(sales)
    books.sandbox.faults.order(fault, times=None)

    assert isinstance(books.sink.look_up(voucher), Unknown)
    assert sum(books.context.clock.waits) < 10


def test_a_short_hiccup_of_a_read_is_sat_out(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    sent(books, sales)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=2)

    assert isinstance(books.sink.look_up(voucher), Present)
    assert books.context.clock.waits == [1, 2]


@pytest.mark.parametrize("body", ["{}", '{"QueryResponse": []}', '{"QueryResponse": {"JournalEntry": 7}}', "<html>"])
def test_half_an_answer_to_a_look_up_is_unknown(books: Books, sales: JournalEntry, body: str) -> None:
    """F07."""
    voucher = books.plan(sales)
    books.sandbox.faults.order(FaultKind.ANSWER, times=None, status=200, body=body, path="*/query")

    assert isinstance(books.sink.look_up(voucher), Unknown)


def test_our_voucher_is_found_though_a_person_rewrote_its_memo(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    ref = sent(books, sales).ref
    books.person.change_note("JournalEntry", ref, "checked by Ann")

    found = books.sink.look_up(voucher)

    assert isinstance(found, Present)
    assert (found.copy.ref, found.copy.key) == (ref, "")


def test_our_voucher_is_found_though_a_person_changed_its_date(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    ref = sent(books, sales).ref
    books.person.change_date("JournalEntry", ref, "2026-07-02")

    found = books.sink.look_up(voucher)

    assert isinstance(found, Present)
    assert found.copy.ref == ref


@pytest.mark.parametrize(("amount", "on"), [("5", "2026-06-30"), ("84.45", "2026-06-30"), ("84.45", "2026-06-29")])
def test_a_strangers_journal_under_our_number_is_not_adopted_for_want_of_a_key(
    books: Books, sales: JournalEntry, amount: str, on: str
) -> None:
    """F02: nobody's key is not our key; only what says all that we would send counts as ours."""
    voucher = books.plan(sales)
    books.person.add_foreign("6000", "1000", amount, on, number=voucher.number)

    with pytest.raises(ConflictError):
        books.sink.send(voucher, f"{voucher.key}-0")
    assert books.sink.look_up(voucher) == Absent()


def test_the_same_books_on_another_day_without_a_key_are_not_ours(books: Books, sales: JournalEntry) -> None:
    """F02."""
    voucher = books.plan(sales)
    ref = sent(books, sales).ref
    books.person.change_note("JournalEntry", ref, "checked by Ann")
    books.person.change_date("JournalEntry", ref, "2026-07-02")

    assert books.sink.look_up(voucher) == Absent()
    with pytest.raises(ConflictError):
        sent(books, sales, turn=1)


@pytest.mark.parametrize("fault", [FaultKind.DELAY, FaultKind.COMMIT_THEN_DELAY])
def test_a_slow_transfer_and_its_repeat_under_the_same_header_key_are_one(books: Books, fault: FaultKind) -> None:
    """F01: the first is still under way, and lands later; nothing but the request id guards a transfer."""
    voucher = books.plan(payout_entry())
    books.sandbox.faults.order(fault, seconds=0.15, path="*/transfer")
    with ThreadPoolExecutor(2) as clients:
        both = [clients.submit(books.sink.send, voucher, f"{voucher.key}-0") for _ in range(2)]
        first, second = (each.result() for each in both)

    assert first.ref == second.ref
    assert len(books.sandbox.entities(REALM, "Transfer")) == 1


def test_a_journal_is_found_by_key_where_the_company_changed_its_number(books: Books, sales: JournalEntry) -> None:
    voucher = books.plan(sales)
    ref = sent(books, sales).ref
    copy = books.person.duplicate("JournalEntry", ref, number="7")
    books.person.delete("JournalEntry", ref)

    found = books.sink.look_up(voucher)

    assert isinstance(found, Present)
    assert found.copy.ref == copy["Id"]


def test_only_our_own_transfer_is_adopted_among_equal_ones(books: Books) -> None:
    """F01, F08: the same day, the same amount, the same accounts, and another payout."""
    ours, other = books.plan(payout_entry()), payout_entry("settlement 2")
    sent(books, other)
    books.person.add_foreign("1000", "1200", "84.45", "2026-07-08", entity="Transfer", note="from the bank feed")

    assert books.sink.look_up(ours) == Absent()

    sent(books, payout_entry())
    found = books.sink.look_up(ours)
    assert isinstance(found, Present)
    assert found.copy.key == ours.key


# The same amount, entered by somebody else


@pytest.mark.parametrize("kind", ["Transfer", "Deposit", "JournalEntry"])
@pytest.mark.parametrize(("on", "is_near"), [("2026-07-01", True), ("2026-07-15", True), ("2026-06-30", False)])
def test_a_payout_that_somebody_entered_already_is_seen(books: Books, kind: str, on: str, is_near: bool) -> None:
    """F08: double money by a bank feed or a second tool; C6 of the bookings: within seven days."""
    voucher = books.plan(payout_entry())
    books.person.add_foreign("1000", "1200", "84.45", on, entity=kind)

    found = books.sink.same_amount(voucher)

    assert [copy.type for copy in found] == ([kind] if is_near else [])


def test_another_amount_another_account_or_our_own_is_no_twin(books: Books) -> None:
    voucher = books.plan(payout_entry())
    books.person.add_foreign("1000", "1200", "84.46", "2026-07-08", entity="Transfer")
    books.person.add_foreign("1010", "1200", "84.45", "2026-07-08", entity="Transfer")
    books.person.add_foreign("1200", "1000", "84.45", "2026-07-08", entity="Transfer")
    ref = str(books.person.add_foreign("1000", "1200", "84.45", "2026-07-08")["Id"])
    books.person.void("JournalEntry", ref)
    sent(books, payout_entry())

    assert books.sink.same_amount(voucher) == ()


def test_an_unanswered_search_for_a_twin_is_not_taken_for_none(books: Books) -> None:
    """F07."""
    voucher = books.plan(payout_entry())
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, contains="Deposit")

    with pytest.raises(UnavailableError):
        books.sink.same_amount(voucher)
