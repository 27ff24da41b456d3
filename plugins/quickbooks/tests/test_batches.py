"""Stories: many vouchers in one call, each with its own outcome, whatever becomes of the call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import pytest

from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    InDoubtError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge.model.entries import JournalEntry
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, BatchingSink, Outcome, Parcel, Present, Sought, Unknown
from bridge.sandbox import FaultKind
from bridge_quickbooks.batches import request_id
from bridge_quickbooks.sink import CAPABILITIES, QuickBooksSink
from plugins.quickbooks.tests.company import REALM, Books, SinkContext, american_order, entry, payout_entry
from plugins.quickbooks.tests.sandbox.client import Client

NEVER_SEEN = "brk_" + "z" * 20


def sales(number: int, *, on: date = date(2026, 6, 30), fee: str = "6000") -> JournalEntry:
    """A settlement of its own amount."""
    amount = 1000 + number
    return entry(
        ("1200", amount, "carry"), ("4000", -amount - 100, "sale.product"), (fee, 100, "fee.referral"),
        group=f"settlement {number}", on=on,
    )  # fmt: skip


def mixed(many: int) -> list[JournalEntry]:
    """Journals and transfers in turn."""
    return [payout_entry(f"payout {n}", 5000 + n) if n % 3 == 2 else sales(n) for n in range(many)]


def planned(books: Books, entries: Sequence[JournalEntry]) -> list[Voucher]:
    return [books.plan(made) for made in entries]


def parcels(vouchers: Sequence[Voucher], turn: int = 0) -> list[Parcel]:
    return [Parcel(voucher, f"{voucher.key}-{turn}") for voucher in vouchers]


def send(books: Books, vouchers: Sequence[Voucher], turn: int = 0) -> tuple[Outcome, ...]:
    return books.sink.send_batch(parcels(vouchers, turn))


def shown(outcome: Outcome) -> str:
    return outcome.code if isinstance(outcome, BridgeError) else "there"


def refs(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.ref for outcome in outcomes if isinstance(outcome, LedgerCopy)]


def written(books: Books) -> int:
    return sum(len(books.sandbox.entities(REALM, kind)) for kind in CAPABILITIES.types)


def answered(*items: object) -> str:
    return json.dumps({"BatchItemResponse": list(items)})


# Sending


@pytest.mark.parametrize("order", ["kept", "reversed"])
def test_thirty_vouchers_leave_in_one_call_and_each_echo_is_its_own(books: Books, order: str) -> None:
    """F05: only the id of an item says which is which."""
    books.set(batch_order=order)
    vouchers = planned(books, mixed(30))

    outcomes = send(books, vouchers)

    assert [outcome.key if isinstance(outcome, LedgerCopy) else "" for outcome in outcomes] == [v.key for v in vouchers]
    assert [outcome.total_minor for outcome in outcomes if isinstance(outcome, LedgerCopy)] == [
        voucher.total_minor for voucher in vouchers
    ]
    assert (books.calls("batch.create"), books.sandbox.requests.count(), written(books)) == (1, 1, 30)
    assert isinstance(books.sink, BatchingSink)
    assert CAPABILITIES.batch_size == 30
    assert not CAPABILITIES.batch_of_one_type


def test_a_batch_spends_itself_and_its_items_and_one_voucher_spends_neither(books: Books) -> None:
    """F44: the vendor counts batches, and what is in them, apart from calls."""
    send(books, planned(books, mixed(7)))
    (alone,) = send(books, planned(books, [sales(99)]))

    assert books.context.spent == {"batches": 1, "batch items": 7}
    assert shown(alone) == "there"
    assert (books.calls("batch.create"), books.calls("JournalEntry.create")) == (1, 1)


class SpentContext(SinkContext):
    """Of a company whose batches are spent for now."""

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        raise RateLimitedError(what, retry_after_seconds=longest_wait_seconds)


def test_while_a_batch_may_not_leave_nothing_leaves(books: Books) -> None:
    """F44: provably nothing is written."""
    sink = QuickBooksSink(SpentContext(books.context.app, books.context.token))

    with pytest.raises(RateLimitedError):
        sink.send_batch(parcels(planned(books, mixed(2))))
    assert books.sandbox.requests.count() == 0


def test_receipts_leave_in_a_batch_and_come_back_as_they_were_sent(books: Books) -> None:
    facts = books.sink.facts()
    made = [of_group(american_order(), str(5001 + n)) for n in range(3)]
    vouchers = [books.plan_with(order, facts) for order in made]

    outcomes = send(books, vouchers)

    assert [shown(outcome) for outcome in outcomes] == ["there"] * 3
    assert len(books.sandbox.entities(REALM, "SalesReceipt")) == 3


def test_what_no_echo_could_be_read_without_is_asked_before_anything_is_written(books: Books) -> None:
    facts = books.sink.facts()
    vouchers = [books.plan_with(of_group(american_order(), str(n)), facts) for n in (5001, 5002)]
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="Item.query")

    with pytest.raises(UnavailableError):
        send(books, vouchers)
    assert (written(books), books.calls("batch.create")) == (0, 0)


# Each refused as if it were alone


def test_one_that_is_refused_spoils_no_other(books: Books) -> None:
    """F05, F38, F46: a closed period, an account that is inactive, and two that are well."""
    vouchers = planned(books, [sales(1, on=date(2026, 5, 31)), sales(2), sales(3, fee="6100"), payout_entry()])
    books.set(book_close_date="2026-05-31")
    books.person.deactivate("6100")

    outcomes = send(books, vouchers)

    assert [shown(outcome) for outcome in outcomes] == ["quickbooks.6210", "there", "quickbooks.610", "there"]
    assert isinstance(outcomes[0], RejectedError)
    assert written(books) == 2


def test_each_refusal_of_a_batch_is_what_it_is_alone(books: Books) -> None:
    books.set(book_close_date="2026-06-30")
    first, second = planned(books, [sales(1), sales(2)])

    together, _ = send(books, [first, second])
    (alone,) = send(books, [first], turn=1)

    assert isinstance(together, RejectedError)
    assert (type(together), str(together)) == (type(alone), str(alone))


@pytest.mark.parametrize(
    ("code", "commits", "kind", "told"),
    [
        ("2300", False, RejectedError, "quickbooks.2300"),
        ("5010", False, ConflictError, "quickbooks.5010"),
        ("3001", False, RateLimitedError, "rate_limited"),
        ("3100", False, AuthorizationError, "authorization"),
        ("600", True, InDoubtError, "quickbooks.600"),
        ("", True, InDoubtError, "in_doubt"),
        ("", False, InDoubtError, "in_doubt"),
    ],
)
def test_a_fault_of_one_item_is_told_of_that_voucher(
    books: Books, code: str, commits: bool, kind: type[BridgeError], told: str
) -> None:
    """F05: also where the answer says nothing of it."""
    vouchers = planned(books, mixed(4))
    books.sandbox.item_faults.order(code=code, contains=vouchers[2].key, commits=commits)

    outcomes = send(books, vouchers)

    assert [shown(outcome) for outcome in outcomes] == ["there", "there", told, "there"]
    assert isinstance(outcomes[2], kind)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_numbers_that_our_own_hold_already_are_adopted_in_one_call_more(books: Books, language: str) -> None:
    """F02: a rebuilt database, other header keys; ours by their keys, read together."""
    vouchers = planned(books, [sales(n) for n in range(12)])
    books.set(language=language)
    before = send(books, vouchers)
    books.sandbox.requests.clear()

    again = send(books, vouchers, turn=7)

    assert refs(again) == refs(before)
    assert (books.journals(), books.sandbox.requests.count()) == (12, 2)


def test_a_number_that_somebody_elses_holds_is_a_conflict_of_that_voucher(books: Books) -> None:
    """F02: never adopted, and never sent past the check."""
    vouchers = planned(books, [sales(1), sales(2)])
    books.person.add_foreign("6000", "1000", "5", "2026-06-30", number=vouchers[0].number, note=NEVER_SEEN)

    outcomes = send(books, vouchers)

    assert isinstance(outcomes[0], ConflictError)
    assert [shown(outcome) for outcome in outcomes] == ["quickbooks.6140", "there"]


def test_a_holder_that_cannot_be_read_leaves_its_voucher_in_doubt_and_no_other(books: Books) -> None:
    """F07."""
    vouchers = planned(books, [sales(1), sales(2)])
    send(books, vouchers[:1])
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, method="GET")

    outcomes = send(books, vouchers, turn=1)

    assert [type(outcome) for outcome in outcomes] == [InDoubtError, LedgerCopy]


# The whole call lost


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        (FaultKind.COMMIT_THEN_DROP, {}),
        (FaultKind.COMMIT_THEN_UNAVAILABLE, {}),
        (FaultKind.COMMIT_THEN_ANSWER, {"status": 200, "body": "<html>"}),
        (FaultKind.COMMIT_THEN_ANSWER, {"status": 200, "body": '{"fault": {"error": [{"code": "4"}]}}'}),
        (FaultKind.COMMIT_THEN_ANSWER, {"status": 400, "body": '{"Fault": {"Error": [{"code": "10000"}]}}'}),
    ],
)
def test_a_lost_answer_leaves_all_in_doubt_and_all_are_found(
    books: Books, fault: FaultKind, how: dict[str, object]
) -> None:
    """F01: the ledger has them; nobody may send them again."""
    vouchers = planned(books, mixed(9))
    books.sandbox.faults.order(fault, label="batch.create", **how)

    try:
        outcomes: tuple[Outcome, ...] = send(books, vouchers)
    except InDoubtError as doubt:
        outcomes = (doubt,) * 9

    assert {type(outcome) for outcome in outcomes} == {InDoubtError}
    found = books.sink.look_up_batch([Sought(voucher) for voucher in vouchers])
    assert [state.copy.key if isinstance(state, Present) else "" for state in found] == [v.key for v in vouchers]
    assert written(books) == 9


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"BatchItemResponse": null}',
        '{"BatchItemResponse": [7, null, {}]}',
        answered({"bId": "0"}, {"bId": "1", "JournalEntry": None}),
        answered({"bId": "0", "JournalEntry": {"Id": "9"}}, {"bId": "1", "JournalEntry": {"SyncToken": "0"}}),
        answered({"bId": "0", "Fault": {"Error": [{"code": ""}]}}, {"bId": "1", "fault": {"error": [{"code": "4"}]}}),
        answered(*({"bId": "0", "Fault": {"Error": [{"code": "2300"}]}} for _ in range(2))),
        answered({"bId": 0, "Fault": {"Error": [{"code": "2300"}]}}, {"bId": "2"}),
    ],
)
def test_an_item_of_which_the_answer_says_nothing_clear_is_in_doubt(books: Books, body: str) -> None:
    """F01, F05."""
    vouchers = planned(books, [sales(1), sales(2)])
    books.sandbox.faults.order(FaultKind.COMMIT_THEN_ANSWER, status=200, body=body, label="batch.create")

    outcomes = send(books, vouchers)

    assert [shown(outcome) for outcome in outcomes] == ["in_doubt"] * 2


def test_an_echo_under_the_wrong_id_is_nobodys(books: Books) -> None:
    """F05: two outcomes that were swapped would put each voucher's ref on the other."""
    vouchers = planned(books, [sales(1), sales(2)])
    send(books, vouchers)
    made = [plain(each) for each in books.sandbox.entities(REALM, "JournalEntry")]
    swapped = answered(*({"bId": str(1 - place), "JournalEntry": each} for place, each in enumerate(made)))
    books.sandbox.faults.order(FaultKind.ANSWER, status=200, body=swapped, label="batch.create")

    assert [shown(outcome) for outcome in send(books, vouchers, turn=1)] == ["in_doubt"] * 2


def test_a_throttled_batch_is_told_with_its_wait_and_nothing_is_written(books: Books) -> None:
    """F44."""
    books.sandbox.faults.order(FaultKind.THROTTLE, label="batch.create", headers={"Retry-After": "17"})

    with pytest.raises(RateLimitedError) as waiting:
        send(books, planned(books, mixed(5)))

    assert waiting.value.retry_after_seconds == 17
    assert written(books) == 0


def test_nobody_listening_is_provably_not_sent(books: Books) -> None:
    vouchers = planned(books, mixed(3))
    books.sandbox.stop()

    with pytest.raises(UnavailableError):
        send(books, vouchers)


def test_a_disconnected_company_waits_for_a_person(books: Books) -> None:
    """F42."""
    vouchers = planned(books, mixed(3))
    books.sandbox.disconnect(REALM)

    with pytest.raises(AuthorizationError):
        send(books, vouchers)


@pytest.mark.parametrize(("code", "kind"), [("1040", RejectedError), ("2130", RejectedError), ("2020", RejectedError)])
def test_a_batch_refused_for_its_form_wrote_none(books: Books, code: str, kind: type[BridgeError]) -> None:
    body = json.dumps({"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": code}], "type": "ValidationFault"}})
    books.sandbox.faults.order(FaultKind.ANSWER, status=400, body=body, label="batch.create")

    with pytest.raises(kind) as refused:
        send(books, planned(books, mixed(3)))
    assert refused.value.code == f"quickbooks.{code}"


@pytest.mark.parametrize("code", ["600", "6000", "6140", "6240", "2300", "5010"])
def test_a_batch_refused_for_a_rule_of_the_books_proves_nothing_of_any(books: Books, code: str) -> None:
    """F09: and its request id is used up, for QuickBooks did answer."""
    body = json.dumps({"Fault": {"Error": [{"Message": "m", "Detail": "d", "code": code}], "type": "ValidationFault"}})
    books.sandbox.faults.order(FaultKind.COMMIT_THEN_ANSWER, status=400, body=body, label="batch.create")

    with pytest.raises(InDoubtError) as doubt:
        send(books, planned(books, mixed(3)))
    assert doubt.value.code == f"quickbooks.{code}"


# Sent again


def test_a_batch_sent_again_under_its_keys_gets_its_first_answer(books: Books) -> None:
    """F01, F09: the vendor's own replay."""
    vouchers = planned(books, mixed(6))

    assert refs(send(books, vouchers)) == refs(send(books, vouchers))
    assert written(books) == 6


def test_a_repeat_that_is_answered_6000_is_no_refusal_of_what_is_there(books: Books) -> None:
    """F09: seen of the real service; parked as refused, each would be entered a second time by hand."""
    books.set(batch_repeats="6000")
    vouchers = planned(books, mixed(6))

    assert refs(send(books, vouchers)) == refs(send(books, vouchers))
    assert written(books) == 6


def test_a_repeat_that_is_answered_6000_and_cannot_be_looked_up_is_in_doubt(books: Books) -> None:
    """F07, F09: under a code of its own, so that another header key is used."""
    books.set(batch_repeats="6000")
    vouchers = planned(books, [sales(1), sales(2)])
    send(books, vouchers)
    books.sandbox.faults.order(FaultKind.UNAVAILABLE, times=None, label="*.query")

    outcomes = send(books, vouchers)

    assert {type(outcome).__mro__[1] for outcome in outcomes} == {InDoubtError}
    assert [shown(outcome) for outcome in outcomes] == ["quickbooks.6000"] * 2


def test_a_rule_that_does_refuse_a_voucher_is_told_with_its_code(books: Books) -> None:
    """What is refused by 6000, and is not there, was refused."""
    vouchers = planned(books, mixed(3))
    books.sandbox.item_faults.order(code="6000", contains=vouchers[1].key)

    outcomes = send(books, vouchers)

    assert isinstance(outcomes[1], RejectedError)
    assert [shown(outcome) for outcome in outcomes] == ["there", "quickbooks.6000", "there"]


def test_without_the_vendors_memory_numbers_still_keep_a_batch_single(books: Books) -> None:
    """F01, F02: of transfers nothing does, which is why they are looked up before they are sent again."""
    books.set(request_ids="forget")
    vouchers = planned(books, [sales(n) for n in range(5)])

    assert refs(send(books, vouchers)) == refs(send(books, vouchers))
    assert written(books) == 5


def test_the_same_vouchers_in_another_order_are_another_call() -> None:
    """An item is remembered by its place: a replay of the first order would be taken for the second."""
    keys = [f"brk_{n}-0" for n in range(30)]

    assert request_id(keys) == request_id(list(keys))
    assert request_id(keys) != request_id(keys[::-1])
    assert len(request_id(keys)) <= 36


# Looking up


def test_many_are_looked_up_in_a_call_a_type_however_many_others_there_are(books: Books) -> None:
    vouchers = planned(books, mixed(30))
    send(books, vouchers[:20])
    for number in range(1200):
        books.person.add_foreign("6000", "1000", "1", "2026-06-12", number=f"U{number}")
    books.sandbox.requests.clear()

    found = books.sink.look_up_batch([Sought(voucher) for voucher in vouchers])

    assert [type(state) for state in found] == [Present] * 20 + [Absent] * 10
    assert [state.copy.key for state in found if isinstance(state, Present)] == [v.key for v in vouchers[:20]]
    # By number, then by key on their days, of journals; by key on their days, of transfers.
    assert (books.calls("JournalEntry.query"), books.calls("Transfer.query")) == (2, 1)


def test_what_left_us_is_found_though_a_person_changed_its_date_and_number(books: Books) -> None:
    """F01: by when it was made, where neither its number nor its day says so."""
    journal, transfer = vouchers = planned(books, [sales(1), payout_entry()])
    outcomes = send(books, vouchers)
    client = Client(books.sandbox)
    for outcome, more in zip(outcomes, ({"DocNumber": "7"}, {}), strict=True):
        assert isinstance(outcome, LedgerCopy)
        change = {"Id": outcome.ref, "SyncToken": "0", "sparse": True, "TxnDate": "2026-07-20", **more}
        assert client.post(outcome.type.lower(), change).status == 200

    sent_at = books.sandbox.clock.now() - timedelta(minutes=2)
    found = books.sink.look_up_batch([Sought(journal, sent_at=sent_at), Sought(transfer, sent_at=sent_at)])

    assert [state.copy.ref if isinstance(state, Present) else "" for state in found] == refs(outcomes)


def test_a_transfer_of_which_nobody_knows_when_it_left_is_found_on_another_day(books: Books) -> None:
    """F01: nothing but its key guards it."""
    (transfer,) = planned(books, [payout_entry()])
    (outcome,) = send(books, [transfer])
    assert isinstance(outcome, LedgerCopy)
    books.person.change_date("Transfer", outcome.ref, "2026-07-20")

    (state,) = books.sink.look_up_batch([Sought(transfer)])

    assert isinstance(state, Present)


def test_of_what_was_made_before_it_left_us_nothing_is_read(books: Books) -> None:
    """How many others there are on other days does not decide how many calls it takes."""
    (transfer,) = planned(books, [payout_entry()])
    for _ in range(1100):
        books.person.add_foreign("1000", "1200", "3", "2026-07-02", entity="Transfer")
    books.sandbox.clock.advance(1800)

    (state,) = books.sink.look_up_batch([Sought(transfer, sent_at=books.sandbox.clock.now())])

    assert state == Absent()
    assert books.calls("Transfer.query") == 2


def test_more_than_a_query_takes_are_looked_up_in_as_few_as_it_takes(books: Books) -> None:
    vouchers = planned(books, [sales(n) for n in range(65)])
    for start in range(0, 65, 30):
        send(books, vouchers[start : start + 30])
    books.sandbox.requests.clear()

    found = books.sink.look_up_batch([Sought(voucher) for voucher in vouchers])

    assert [state.copy.key for state in found if isinstance(state, Present)] == [v.key for v in vouchers]
    assert books.sandbox.requests.count() == 3


def test_only_our_own_transfer_is_found_among_equal_ones(books: Books) -> None:
    """F01, F08."""
    ours, other = planned(books, [payout_entry(), payout_entry("settlement 2")])
    send(books, [other])
    books.person.add_foreign("1000", "1200", "84.45", "2026-07-08", entity="Transfer", note="from the bank feed")

    found = books.sink.look_up_batch([Sought(ours), Sought(other)])

    assert [type(state) for state in found] == [Absent, Present]


@pytest.mark.parametrize("label", ["JournalEntry.query", "Transfer.query"])
@pytest.mark.parametrize("fault", [FaultKind.DROP, FaultKind.UNAVAILABLE, FaultKind.THROTTLE, FaultKind.UNAUTHORIZED])
def test_a_query_that_fails_makes_all_of_it_unknown(books: Books, fault: FaultKind, label: str) -> None:
    """F07: unknown is not absent; and nobody waits a minute for it while the lease is held."""
    vouchers = planned(books, mixed(6))
    send(books, vouchers)
    books.sandbox.faults.order(fault, times=None, label=label)

    found = books.sink.look_up_batch([Sought(voucher) for voucher in vouchers])

    assert [type(state) for state in found] == [Unknown] * 6
    assert sum(books.context.clock.waits) < 10


def test_a_strangers_journal_that_cannot_be_read_leaves_only_its_voucher_unknown(books: Books) -> None:
    """F07."""
    vouchers = planned(books, [sales(1), sales(2)])
    send(books, vouchers[1:])
    rows = [plain(row) for row in books.sandbox.entities(REALM, "JournalEntry")]
    line = {"JournalEntryLineDetail": {"PostingType": "Neither", "AccountRef": {"value": "1"}}}
    strange = {"Id": "7", "DocNumber": vouchers[0].number, "TxnDate": "2026-06-30", "Line": [line]}
    body = json.dumps({"QueryResponse": {"JournalEntry": [strange, *rows]}})
    books.sandbox.faults.order(FaultKind.ANSWER, status=200, body=body, label="JournalEntry.query")

    found = books.sink.look_up_batch([Sought(voucher) for voucher in vouchers])

    assert [type(state) for state in found] == [Unknown, Present]


def test_nothing_sought_asks_nobody(books: Books) -> None:
    assert books.sink.look_up_batch([]) == ()
    assert books.sandbox.requests.count() == 0


def plain(row: object) -> object:
    """As JSON, with amounts as text: a reader takes both."""
    return json.loads(json.dumps(row, default=str))


def of_group(made: JournalEntry, group: str) -> JournalEntry:
    return msgspec.structs.replace(made, slot=msgspec.structs.replace(made.slot, group=group))
