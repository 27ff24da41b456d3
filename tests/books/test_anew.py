"""What is booked or planned anew before it is sent: changes applied, accounts moved, what a person took back."""

from collections.abc import Callable
from datetime import date
from functools import partial

import msgspec
import pytest

from bridge.books import Result
from bridge.model.connections import BankLeg, LatePolicy, TaxRegime
from bridge.model.deliveries import DeliveryState
from bridge.model.facts import LedgerTaxCode
from bridge.model.findings import InstructionKind
from bridge.model.rules import Rule
from bridge.model.vouchers import Voucher
from bridge.plugin import PlanRequest
from tests.books.book import DAY, Book, MakeBook, plain
from tests.books.builders import Received, settlement
from tests.books.reissues import again, assert_lines_add_up, reissue

LABELS = Rule("labels", kind="unclassified", as_kind="fee.label")
VAT = {"country": "GB", "tax_regime": TaxRegime.VAT_STANDARD}
CODES = (LedgerTaxCode("S", "Standard", "20", ("sale:20",)),)
Alter = Callable[[Voucher], tuple[Voucher, ...]]


def odd() -> Received:
    text = "2026-05-30 sale.product 5.00\n2026-06-02 unclassified -3.00\n2026-06-03 sale.product 10.00"
    return settlement("S1", text, opened="2026-05-20", closed="2026-06-14", pays="2026-06-16")


def june(external_id: str = "S1") -> Received:
    text = "2026-06-03 sale.product 10.00\n2026-06-04 fee.storage -1.00"
    return settlement(external_id, text, opened="2026-06-01", closed="2026-06-14", pays="2026-06-16")


def changes_nothing(book: Book) -> bool:
    audited = book.audit_rows()
    book.run()
    return book.audit_rows() == audited


@pytest.mark.parametrize("is_carried_out", [True, False])
def test_what_a_person_withdrew_is_not_booked_anew(book: Book, is_carried_out: bool) -> None:
    """Somebody entered it by hand; a rule that comes later does not send it a second time."""
    book.book(odd())
    book.decide(InstructionKind.WITHDRAW, "S1 2026-05", reason="entered by hand")
    if is_carried_out:
        book.run()
    book.rules(LABELS)
    run = book.run()

    assert [outcome.result for outcome in run.documents] == [Result.NEEDS_CORRECTION]
    [kept] = book.findings()
    assert (kept.finding.code, "withdrawn by a person" in kept.finding.cause) == ("books.needs_correction", True)
    assert book.vouchers() == plain("""
        S1 2026-05  withdrawn  withdrawn
        S1 2026-06  held  unclassified
        S1 bank     held  unclassified
    """)
    assert book.deliver() == []
    assert changes_nothing(book)


def test_a_payout_that_failed_does_not_keep_its_settlement_from_being_booked_anew(book: Book) -> None:
    text = "2026-06-17 payout.failed 12.00\n2026-06-20 sale.product 40.00"
    book.book(odd(), settlement("S2", text, opened="2026-06-14", closed="2026-06-28", pays="2026-07-30"))
    assert book.delivery("S1 bank").reason == "payout.failed"
    book.rules(LABELS)

    assert Result.REBOOKED in [outcome.result for outcome in book.run().documents]
    assert book.delivery("S1 bank").reason == "payout.failed"


def test_another_account_reaches_what_was_owed_before_it(book: Book) -> None:
    book.book(june())
    book.change_route(accounts=(("4000", "4050"),))
    book.run()

    voucher = book.delivery("S1 2026-06").voucher
    assert voucher is not None
    accounts = {line.account.number: line.account.ledger_id for line in voucher.lines}
    assert accounts["4000"] == book.ledger.account_id("4050")
    assert book.delivery("S1 2026-06").state is DeliveryState.OWED
    assert changes_nothing(book)


def test_an_account_that_went_missing_holds_what_was_owed(book: Book) -> None:
    book.book(june())
    book.change_route(accounts=(("4000", "no such account"),))
    book.run()

    assert book.delivery("S1 2026-06").reason == "account.missing"
    assert changes_nothing(book)


def test_review_reaches_what_was_owed_before_it_but_not_what_a_person_released(book: Book) -> None:
    book.book(odd(), june("S2"))
    book.decide(InstructionKind.RELEASE, "S1 2026-05")
    book.run()
    book.change_route(review=True)
    book.run()

    assert book.delivery("S1 2026-05").state is DeliveryState.OWED
    assert book.delivery("S2 2026-06").reason == book.delivery("S2 bank").reason == "review"
    assert changes_nothing(book)


def test_without_bank_leg_the_unsent_transfer_is_withdrawn(book: Book) -> None:
    book.book(june(), june("S2"), june("S3"))
    book.park("S2 bank", "same_amount")
    book.decide(InstructionKind.WITHDRAW, "S3 2026-06")
    book.change_route(bank_leg=BankLeg.NONE)
    book.run()

    assert {book.delivery(f"{name} bank").reason for name in ("S1", "S2", "S3")} == {"bank_leg.none"}
    assert sorted(book.deliver()) == ["S1 2026-06", "S2 2026-06"]
    assert changes_nothing(book)


def test_the_period_policy_reaches_what_was_owed_before_it(book: Book) -> None:
    book.book(june())
    book.ledger.locked_through = date(2026, 6, 30)
    book.clock.advance(DAY)
    book.run()
    assert book.delivery("S1 2026-06").reason == "period.locked"
    book.change_route(late=LatePolicy.NEXT_OPEN_DAY)
    book.run()

    voucher = book.delivery("S1 2026-06").voucher
    assert voucher is not None
    assert voucher.dated_on == date(2026, 7, 1)
    assert changes_nothing(book)


def test_another_clearing_account_books_an_unsent_settlement_anew(book: Book) -> None:
    book.book(june(), june("S2"))
    [first] = [each for each in book.deliveries() if each.voucher_id == book.delivery("S1 2026-06").voucher_id]
    book.change_route(clearing="1240", bank="1010")
    run = book.run()

    assert [outcome.result for outcome in run.documents] == [Result.REBOOKED] * 2
    assert book.accounts("S1 2026-06")["1240"] == "9.00"
    assert book.accounts("S1 bank") == {"1010": "9.00", "1240": "-9.00"}
    again = book.delivery("S1 2026-06").voucher
    assert first.voucher
    assert again
    assert first.voucher.key == again.key
    assert changes_nothing(book)


def test_a_silent_ledger_is_no_reason_to_hold_what_is_owed(make_book: MakeBook) -> None:
    book = make_book(tax_regime="us_sales_tax")
    book.book(june())
    book.ledger.is_authorized = False
    book.clock.advance(30 * DAY)

    assert changes_nothing(book)
    assert book.delivery("S1 2026-06").state is DeliveryState.OWED


def test_what_was_attempted_is_deliverys_and_keeps_its_voucher(book: Book) -> None:
    book.book(june())
    book.park("S1 2026-06", "rejected")
    book.retry("S1 2026-06")
    before = book.delivery("S1 2026-06")
    book.change_route(accounts=(("4000", "4050"),))
    book.run()

    assert book.delivery("S1 2026-06") == before


def test_a_rebuilt_database_gives_a_settlement_that_was_booked_anew_the_same_keys(make_book: MakeBook) -> None:
    """Decision 0004: keys count what was sent, not how often it was booked."""
    lived, rebuilt = make_book(), make_book()
    lived.book(odd())
    lived.rules(LABELS)
    lived.run()
    rebuilt.rules(LABELS)
    rebuilt.book(odd())

    assert lived.entry_of("S1 2026-06").number == 2
    assert len(lived.deliver()) == len(rebuilt.deliver()) == 3
    assert keys(lived) == keys(rebuilt)


def test_an_entry_booked_anew_after_a_refusal_is_sent_in_a_round_of_its_own(book: Book) -> None:
    """A vendor may repeat its old refusal for an old header key."""
    book.book(odd())
    book.decide(InstructionKind.RELEASE, "S1 2026-06")
    book.run()
    book.park("S1 2026-06", "rejected")
    refused = book.delivery("S1 2026-06")
    book.rules(LABELS)
    book.run()

    again = book.delivery("S1 2026-06")
    assert refused.voucher
    assert again.voucher
    assert refused.voucher.key == again.voucher.key
    assert refused.header_key != again.header_key


def scaled(factor: int) -> Alter:
    def alter(voucher: Voucher) -> tuple[Voucher, ...]:
        lines = tuple(msgspec.structs.replace(line, amount_minor=line.amount_minor * factor) for line in voucher.lines)
        return (msgspec.structs.replace(voucher, lines=lines),)

    return alter


@pytest.mark.parametrize(
    ("alter", "named"),
    [
        (scaled(10), "gets -100.00 USD by the plan and -10.00"),
        (scaled(-1), "by the plan and"),
        (lambda _: (), "planned no voucher"),
        (lambda voucher: (msgspec.structs.replace(voucher, currency="CAD"),), "is in 'CAD', the entry in USD"),
        (lambda voucher: (voucher, voucher), "are not numbered 1 to 2"),
        (lambda voucher: (msgspec.structs.replace(voucher, entry_id="ent_other"),), "names entry 'ent_other'"),
        (lambda voucher: (msgspec.structs.replace(voucher, key=""),), "key of their own"),
    ],
    ids=["times ten", "signs swapped", "empty", "currency", "same id twice", "other entry", "no key"],
)
def test_a_plan_that_does_not_say_what_its_entry_says_is_held_and_the_run_goes_on(
    book: Book, alter: Alter, named: str
) -> None:
    plan = book.ledger.plan

    def spoil(request: PlanRequest) -> tuple[Voucher, ...]:
        vouchers, entry = plan(request), request.entry
        return alter(vouchers[0]) if entry.slot.group == "S1" and not entry.is_bank_leg else vouchers

    book.ledger.plan = spoil  # type: ignore[method-assign]
    one = settlement("S1", "2026-06-03 sale.product -10.00", opened="2026-06-01", closed="2026-06-14")
    book.book(one, june("S2"))

    delivery = book.delivery("S1 2026-06")
    assert (delivery.state, delivery.reason, delivery.voucher) == (DeliveryState.HELD, "plugin.plan", None)
    assert named in delivery.note
    assert book.delivery("S2 2026-06").state is DeliveryState.OWED

    book.ledger.plan = plan  # type: ignore[method-assign]
    book.run()
    assert book.delivery("S1 2026-06").state is DeliveryState.OWED


def keys(book: Book) -> list[tuple[str, date]]:
    return sorted(
        (each.voucher.key, each.voucher.dated_on)
        for each in book.deliveries()
        if each.voucher is not None and each.state is DeliveryState.DELIVERED
    )


def test_where_an_answer_is_missing_by_now_the_transfer_waits_with_the_settlement(make_book: MakeBook) -> None:
    book = make_book(**VAT, vat_in_rows=False)
    received = settlement("S1", "2026-06-02 sale.product 100.00\n2026-06-03 unclassified -3.00", pays="2026-06-16")
    book.book(received)
    book.change_route(vat_in_rows=None)
    book.rules(Rule("labels", kind="unclassified", as_kind="fee.label"))
    book.clock.advance(40 * DAY)
    book.run()
    assert book.document_state(received) == ("held", "settlement.vat_in_rows")
    assert book.vouchers() == ""

    book.change_route(vat_in_rows=False)
    book.run()
    assert book.document_state(received) == ("booked", "")
    assert book.balances()["1000", date(2026, 6, 16), "USD"] == 9700


def test_what_was_let_in_waits_for_an_answer_and_is_not_asked_about_again(make_book: MakeBook) -> None:
    """What stands of the first content stays as it is while the second waits."""
    book = make_book(**VAT, vat_in_rows=False)
    book.ledger.tax_codes = CODES
    text = "2026-05-30 sale.product 60.00\n2026-06-02 sale.product {}.00"
    made = partial(settlement, "S1", opened="2026-05-20", closed="2026-06-10", pays="2026-06-12")
    book.book(made(text.format(36)))
    book.change_route(vat_in_rows=None)
    second = again(made(text.format(48)))
    finding_id = reissue(book, second)
    assert book.deliver()[0] == "S1 2026-05"
    book.books().decide(InstructionKind.SUPPLEMENT, finding_id, by="ann", reason="checked")
    before = book.balances()
    book.run()
    assert book.document_state(second) == ("held", "settlement.vat_in_rows")
    assert book.balances() == before

    book.change_route(vat_in_rows=False)
    book.run()
    assert book.document_state(second) == ("booked", "")
    assert book.balance("4000") == "-108.00"
    assert_lines_add_up(book)


def test_newer_rules_book_anew_what_stands_whatever_was_issued_since(book: Book) -> None:
    """Of three contents the second came and went before anybody looked at it, and the third waits for a person."""
    first = odd()
    book.book(first)
    for revision in (2, 3):
        book.receive(again(settlement("S1", f"2026-06-02 sale.product {revision}.00"), revision))
    book.run()
    book.rules(LABELS)

    assert [each.result for each in book.run().documents] == [Result.REBOOKED]
    assert changes_nothing(book)
