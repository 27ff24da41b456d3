"""Stories: many vouchers a call into an organisation that misbehaves, and found again in few calls, over real HTTP."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    InDoubtError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, LookUp, Outcome, Present, Sought
from bridge.sandbox import FaultKind
from bridge_xero.errors import NumberTakenError
from bridge_xero.kinds import ALLOCATION, BANK_TRANSFER, INVOICE, KINDS, MANUAL_JOURNAL, PAYMENT, WRITTEN
from bridge_xero.search import Search
from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.batches import look_up, of_kind, send
from plugins.xero.tests.books import Books, as_held, as_sent
from plugins.xero.tests.calls import CHART, client
from plugins.xero.tests.conftest import connected
from plugins.xero.tests.organisation import TENANT, PatientClock

SENT = tuple(kind for kind in WRITTEN if kind != ALLOCATION)  # which hangs on two others: see test_open_orders
TOGETHER = tuple(kind for kind in SENT if kind != BANK_TRANSFER)
TRANSFERS = {BANK_TRANSFER}


def writes(books: Books, kind: str) -> int:
    return books.calls(f"{KINDS[kind].plural}.create")


def all_calls(books: Books) -> int:
    return int(str(books.sandbox.requests.counters()["total"]))


def shown(answers: Sequence[LookUp | Outcome]) -> str:
    """A letter each: Present or delivered, Absent, Unknown, Refused, in Doubt."""
    return "".join(
        "P"
        if isinstance(one, Present | LedgerCopy)
        else "R"
        if isinstance(one, RejectedError)
        else "D"
        if isinstance(one, BridgeError)
        else type(one).__name__[0]
        for one in answers
    )


# Sending


@pytest.mark.parametrize("kind", SENT)
def test_five_go_in_one_call_and_are_held_as_they_were_sent(books: Books, kind: str) -> None:
    vouchers = of_kind(books, kind, 5)
    before = writes(books, kind)
    echoes = send(books, vouchers)

    assert writes(books, kind) - before == (5 if kind in TRANSFERS else 1)
    for voucher, echo in zip(vouchers, echoes, strict=True):
        assert isinstance(echo, LedgerCopy)
        assert (echo.key, as_held(echo)) == (voucher.key, as_sent(voucher))
    assert len({echo.ref for echo in echoes if isinstance(echo, LedgerCopy)}) == 5


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("place", [1, 3, 5])
def test_one_bad_element_spoils_no_other(books: Books, kind: str, place: int) -> None:
    """F11."""
    vouchers = of_kind(books, kind, 5)
    label = f"{KINDS[kind].plural}.create"
    if kind in TRANSFERS:
        books.sandbox.faults.order(FaultKind.UNAVAILABLE, label=label, skip=place - 1)
    else:
        books.sandbox.oddities.order("refuse_elements", label, places=[place])

    outcomes = send(books, vouchers)

    bad = "D" if kind in TRANSFERS else "R"
    assert shown(outcomes) == "P" * (place - 1) + bad + "P" * (5 - place)
    assert books.objects(kind) == 4


def test_refusals_bear_the_codes_they_bear_alone(books: Books) -> None:
    """F24."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 3)
    books.set(period_lock_date="2026-06-02")

    outcomes = send(books, vouchers)

    assert [one.code if isinstance(one, BridgeError) else "" for one in outcomes] == ["xero.period", "xero.period", ""]


def test_a_payment_of_what_is_not_there_stays_behind_and_the_others_go(books: Books) -> None:
    vouchers = of_kind(books, PAYMENT, 3)
    del books.refs[vouchers[1].pays]

    outcomes = send(books, vouchers)

    assert shown(outcomes) == "PRP"
    assert isinstance(outcomes[1], RejectedError)
    assert outcomes[1].code == "xero.payment"
    assert writes(books, PAYMENT) == 1


def test_of_numbers_that_are_taken_ours_are_adopted_by_one_question_and_others_never(books: Books) -> None:
    """F02: a rebuilt database, and one stranger among its numbers."""
    vouchers = of_kind(books, INVOICE, 6)
    first = send(books, vouchers[:4])
    books.person.add_foreign("1100", "4000", "5", "2026-06-30", "Invoice", number=vouchers[4].number)
    asked = books.calls("Invoices.list")

    outcomes = send(books, vouchers, turn=7)

    assert shown(outcomes) == "PPPPDP"
    assert isinstance(outcomes[4], NumberTakenError)
    assert [one.ref for one in outcomes[:4] if isinstance(one, LedgerCopy)] == [
        one.ref for one in first if isinstance(one, LedgerCopy)
    ]
    assert books.objects(INVOICE) == 6
    assert books.calls("Invoices.list") - asked <= 2


def test_taken_numbers_that_cannot_be_looked_at_are_in_doubt_and_the_others_delivered(books: Books) -> None:
    vouchers = of_kind(books, INVOICE, 3)
    send(books, vouchers[:1])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Invoices.list")

    assert shown(send(books, vouchers, turn=1)) == "DPP"


@pytest.mark.parametrize("kind", TOGETHER)
def test_a_repeat_of_the_same_call_gives_the_first_answer(books: Books, kind: str) -> None:
    """F01, F09: the vendor's own replay, for six minutes."""
    vouchers = of_kind(books, kind, 3)

    assert send(books, vouchers) == send(books, vouchers)
    assert books.objects(kind) == 3


@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.COMMIT_THEN_UNAVAILABLE])
@pytest.mark.parametrize("kind", TOGETHER)
def test_a_batch_whose_answer_is_lost_is_in_doubt_and_then_found(books: Books, fault: FaultKind, kind: str) -> None:
    """F01: the ledger has them; nobody may send them again."""
    vouchers = of_kind(books, kind, 5)
    before = writes(books, kind)
    books.sandbox.faults.order(fault, method="PUT")

    with pytest.raises(InDoubtError):
        send(books, vouchers)

    assert writes(books, kind) == before + 1
    for knows_when in (True, False):
        found = look_up(books, vouchers, knows_when=knows_when)
        assert shown(found) == "PPPPP"
        assert [one.copy.key for one in found if isinstance(one, Present)] == [voucher.key for voucher in vouchers]
        assert [as_held(one.copy) for one in found if isinstance(one, Present)] == [as_sent(one) for one in vouchers]


@pytest.mark.parametrize("kind", TOGETHER)
def test_a_batch_that_never_arrived_is_in_doubt_and_then_absent(books: Books, kind: str) -> None:
    """F01."""
    vouchers = of_kind(books, kind, 5)
    books.sandbox.faults.order(FaultKind.DROP, method="PUT")

    with pytest.raises(InDoubtError):
        send(books, vouchers)

    assert set(look_up(books, vouchers)) == {Absent()}
    assert set(look_up(books, vouchers, knows_when=False)) == {Absent()}


@pytest.mark.parametrize("kind", ["server_error", "commit_then_server_error"])
def test_a_failure_that_xero_keeps_asks_for_other_header_keys(books: Books, kind: str) -> None:
    """F01: Xero repeats a 500 for the same key, whether or not it wrote anything."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 3)
    books.sandbox.oddities.order(kind, "ManualJournals.create")

    for _ in range(2):
        with pytest.raises(InDoubtError) as doubt:
            send(books, vouchers)
        assert doubt.value.code == "xero.stored_failure"

    is_there = kind == "commit_then_server_error"
    assert shown(look_up(books, vouchers)) == ("PPP" if is_there else "AAA")
    if not is_there:
        assert shown(send(books, vouchers, turn=1)) == "PPP"
    assert books.objects(MANUAL_JOURNAL) == 3


def test_an_answer_in_another_order_is_taken_for_nobody(books: Books) -> None:
    """F07."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 4)
    books.sandbox.oddities.order("other_order", "ManualJournals.create")

    assert shown(send(books, vouchers)) == "DDDD"
    found = look_up(books, vouchers)
    assert [one.copy.key for one in found if isinstance(one, Present)] == [voucher.key for voucher in vouchers]


@pytest.mark.parametrize(
    ("fault", "kind"), [(FaultKind.THROTTLE, RateLimitedError), (FaultKind.UNAUTHORIZED, AuthorizationError)]
)
def test_a_call_that_nobody_let_in_wrote_nothing(books: Books, fault: FaultKind, kind: type[BridgeError]) -> None:
    """F42, F44."""
    vouchers = of_kind(books, INVOICE, 3)
    books.sink.facts()
    books.sandbox.faults.order(fault, times=None, method="PUT")

    with pytest.raises(kind):
        send(books, vouchers)

    assert books.objects(INVOICE) == 0
    assert books.context.clock.waits == []


@pytest.mark.parametrize(
    ("fault", "calls"), [(FaultKind.THROTTLE, 3), (FaultKind.UNAUTHORIZED, 3), (FaultKind.UNAVAILABLE, 6)]
)
def test_of_several_calls_those_after_one_that_was_not_let_in_do_not_leave(
    books: Books, fault: FaultKind, calls: int
) -> None:
    """Nothing is raised: what the calls before it did is known."""
    vouchers = of_kind(books, BANK_TRANSFER, 6)
    books.sandbox.faults.order(fault, times=None, method="PUT", skip=2)

    outcomes = send(books, vouchers)

    assert shown(outcomes) == "PPDDDD"
    assert len({type(one) for one in outcomes[2:]}) == 1
    assert writes(books, BANK_TRANSFER) == calls


class SlowClock(PatientClock):
    """Time that passes whenever somebody looks."""

    def now(self) -> datetime:
        self.at += timedelta(seconds=12)
        return self.at


def test_calls_one_by_one_end_before_a_lease_might_lapse(books: Books) -> None:
    vouchers = of_kind(books, BANK_TRANSFER, 4)
    books.context.clock = SlowClock()

    outcomes = send(books, vouchers)

    assert shown(outcomes) == "PPDD"
    assert {type(one) for one in outcomes[2:]} == {UnavailableError}
    assert books.objects(BANK_TRANSFER) == 2


# Looking up


def test_each_is_found_or_not_by_itself_and_in_the_order_of_the_question(books: Books) -> None:
    for kind in SENT:
        vouchers = of_kind(books, kind, 6)
        send(books, vouchers[::2])
        assert shown(look_up(books, vouchers)) == "PAPAPA"
        assert shown(look_up(books, vouchers[::-1], knows_when=False)) == "APAPAP"


def test_types_may_be_mixed_and_what_is_not_answered_of_one_says_nothing_of_another(books: Books) -> None:
    """F07."""
    vouchers = [one for kind in (INVOICE, MANUAL_JOURNAL) for one in of_kind(books, kind, 2)]
    for kind in (INVOICE, MANUAL_JOURNAL):
        send(books, [one for one in vouchers if one.type == kind])
    mixed = [vouchers[2], vouchers[0], vouchers[3], vouchers[1]]
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="ManualJournals.list")

    assert shown(look_up(books, mixed)) == "UPUP"


def test_a_page_that_is_missing_leaves_all_of_them_unknown(books: Books) -> None:
    """F07: the newest are on the first page, the oldest of the sought on one that does not come."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 6)
    send(books, vouchers)
    sought = [Sought(voucher, {}, books.sandbox.clock.now()) for voucher in vouchers]
    asking = client(api_url=books.sandbox.base_url, token=lambda: books.context.token, page_size=4)
    search = Search(asking, CHART)
    assert search.find(MANUAL_JOURNAL, sought).keys() == {voucher.key for voucher in vouchers}
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, skip=1, label="ManualJournals.list")

    with pytest.raises(UnavailableError):
        search.find(MANUAL_JOURNAL, sought)


@pytest.mark.parametrize("kind", SENT)
def test_how_many_are_sought_hardly_decides_how_often_xero_is_asked(books: Books, kind: str) -> None:
    vouchers = of_kind(books, kind, 12)
    send(books, vouchers)
    before = all_calls(books)

    assert shown(look_up(books, vouchers)) == "P" * 12
    assert all_calls(books) - before <= 2


@pytest.mark.parametrize("kind", [INVOICE, PAYMENT])
def test_absence_of_many_takes_two_calls(books: Books, kind: str) -> None:
    vouchers = of_kind(books, kind, 12)
    books.sink.standing()
    before = all_calls(books)

    assert set(look_up(books, vouchers)) == {Absent()}
    assert all_calls(books) - before <= 2


@pytest.mark.parametrize("kind", [INVOICE, MANUAL_JOURNAL, "BankTransaction", BANK_TRANSFER])
def test_what_a_person_moved_reworded_and_numbered_anew_is_found_by_when_it_was_sent(books: Books, kind: str) -> None:
    vouchers = of_kind(books, kind, 3)
    sent_at = books.sandbox.clock.now()
    (_, echo, _) = send(books, vouchers)
    assert isinstance(echo, LedgerCopy)
    books.sandbox.clock.advance(90)
    books.person.change_date(kind, echo.ref, "2025-01-12")
    books.person.change_note(kind, echo.ref, f"{vouchers[1].key} see e-mail")

    answers = books.sink.look_up_batch([Sought(voucher, books.refs, sent_at) for voucher in vouchers])

    assert shown(answers) == "PPP"
    assert isinstance(answers[1], Present)
    assert answers[1].copy.ref == echo.ref


@pytest.mark.parametrize("hours", [-23, 23])
@pytest.mark.parametrize("kind", SENT)
def test_a_machine_whose_clock_was_wrong_by_hours_finds_what_it_sent(books: Books, kind: str, hours: int) -> None:
    """Another time zone taken for UTC must not prove that something is not there."""
    vouchers = of_kind(books, kind, 2)
    send(books, vouchers)
    sent_at = books.sandbox.clock.now() + timedelta(hours=hours)

    answers = books.sink.look_up_batch([Sought(voucher, books.refs, sent_at) for voucher in vouchers])

    assert shown(answers) == "PP"


def test_of_two_copies_the_one_that_stands_is_the_voucher_and_deleted_ones_are_told(books: Books) -> None:
    """F33."""
    journals = of_kind(books, MANUAL_JOURNAL, 2)
    copied, voided = send(books, journals)
    assert isinstance(copied, LedgerCopy)
    assert isinstance(voided, LedgerCopy)
    books.person.duplicate(MANUAL_JOURNAL, copied.ref)
    books.person.void(MANUAL_JOURNAL, copied.ref)
    books.person.void(MANUAL_JOURNAL, voided.ref)
    transfers = of_kind(books, BANK_TRANSFER, 2)
    _, deleted = send(books, transfers)
    assert isinstance(deleted, LedgerCopy)
    books.person.delete(BANK_TRANSFER, deleted.ref)

    first, second = look_up(books, journals)
    assert isinstance(first, Present)
    assert isinstance(second, Present)
    assert (first.copy.is_voided, second.copy.is_voided) == (False, True)
    assert first.copy.ref != copied.ref
    assert look_up(books, transfers)[1] == Absent(deleted=True)


def test_a_payment_a_person_deleted_is_gone_and_sent_again_by_nobody(books: Books) -> None:
    vouchers = of_kind(books, PAYMENT, 4)
    echoes = send(books, vouchers)
    assert isinstance(echoes[0], LedgerCopy)
    books.person.delete(PAYMENT, echoes[0].ref)

    assert shown(look_up(books, vouchers)) == "APPP"


# What else is in the ledger


def posted_and_resolved(books: Books) -> int:
    """How many calls it takes to post journals and transactions in batches of which every third answer is lost."""
    books.sink.standing()
    before = all_calls(books)
    for kind in (MANUAL_JOURNAL, "BankTransaction", INVOICE, PAYMENT):
        vouchers = of_kind(books, kind, 60)
        for start in range(0, 60, 10):
            some = vouchers[start : start + 10]
            fault = {20: FaultKind.COMMIT_THEN_DROP, 50: FaultKind.DROP}.get(start)
            if not fault:
                assert shown(send(books, some)) == "P" * 10
                continue
            books.sandbox.faults.order(fault, method="PUT")
            with pytest.raises(InDoubtError):
                send(books, some)
            answers = look_up(books, some)
            assert shown(answers) == ("P" if fault is FaultKind.COMMIT_THEN_DROP else "A") * 10
            books.refs |= {
                voucher.voucher_id: one.copy.ref
                for voucher, one in zip(some, answers, strict=True)
                if isinstance(one, Present)
            }
    return all_calls(books) - before


def test_two_thousand_journals_of_others_change_nothing(books: Books) -> None:
    """They were entered before: nobody reads them."""
    for place in range(2_000):
        books.person.add_foreign("6000", "4500", "5", f"2026-06-{1 + place % 28:02d}")
    books.sandbox.clock.advance(2 * 86_400)
    books.context.token = books.sandbox.issue_tokens(TENANT)[0]
    crowded = posted_and_resolved(books)
    with XeroSandbox() as sandbox:
        sandbox.add_organisation(TENANT)
        empty = posted_and_resolved(connected(sandbox))

    assert crowded == empty


def test_journals_that_others_enter_meanwhile_cost_a_page_in_five_hundred(books: Books) -> None:
    vouchers = of_kind(books, MANUAL_JOURNAL, 3)
    send(books, vouchers[:2])
    for _ in range(700):
        books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    before = all_calls(books)

    assert shown(look_up(books, vouchers)) == "PPA"
    assert all_calls(books) - before == 2


def lists(books: Books, vouchers: Sequence[Voucher], shows: str) -> int:
    """How many calls it takes to look for vouchers of which nobody knows when, or whether, they were sent."""
    before = all_calls(books)
    assert shown(look_up(books, vouchers, knows_when=False)) == shows
    return all_calls(books) - before


def test_journals_of_others_are_read_once_a_drain_and_not_once_a_batch(books: Books) -> None:
    """A year that is booked at once asks about each batch whether a bridge before this one has sent it."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 12)
    for _ in range(1_200):
        books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    books.sandbox.clock.advance(900)
    books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    books.sink.standing()

    assert lists(books, vouchers[:3], "AAA") == 3
    send(books, vouchers[:3])
    assert lists(books, vouchers[3:6], "AAA") == 1
    assert lists(books, vouchers[:6], "PPPAAA") == 1


def test_a_journal_that_was_seen_before_is_told_as_it_stands_now(books: Books) -> None:
    """F33."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 4)
    first, second, third = (one.ref for one in send(books, vouchers[:3]) if isinstance(one, LedgerCopy))
    books.sandbox.clock.advance(900)
    books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    books.sink.standing()
    assert lists(books, vouchers, "PPPA") == 1
    books.sandbox.clock.advance(800)
    books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    books.person.void(MANUAL_JOURNAL, first)
    books.person.change_note(MANUAL_JOURNAL, second, "as the client says")

    answers = look_up(books, vouchers, knows_when=False)

    assert shown(answers) == "PAPA"
    assert [one.copy.is_voided for one in answers if isinstance(one, Present)] == [True, False]
    assert isinstance(answers[2], Present)
    assert answers[2].copy.ref == third


def test_a_read_that_broke_off_hides_nothing_from_the_next(books: Books) -> None:
    """F07."""
    vouchers = of_kind(books, MANUAL_JOURNAL, 4)
    for _ in range(600):
        books.person.add_foreign("6000", "4500", "5", "2026-06-12")
    books.sandbox.clock.advance(900)
    send(books, vouchers[:3])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=4, skip=1, label="ManualJournals.list")
    assert shown(look_up(books, vouchers, knows_when=False)) == "UUUU"

    assert shown(look_up(books, vouchers, knows_when=False)) == "PPPA"
