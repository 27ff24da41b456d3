"""A settlement that was issued again, and the difference that a person lets the books follow."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigError
from bridge.model.connections import BankLeg, TaxRegime
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import InstructionKind
from bridge.model.money import decimal_text
from tests.books.book import Book, MakeBook, plain
from tests.books.builders import Received, settlement
from tests.books.raw import report
from tests.books.reissues import again, assert_lines_add_up, reissue, supplement

FIRST = """
    2026-05-30  1  Order|ItemPrice|Principal   80.00
    2026-05-30  1  Order|ItemFees|Commission  -12.00
    2026-06-03  2  Order|ItemPrice|Principal   25.00
    2026-06-03  2  Order|ItemFees|Commission   -3.75
    2026-06-05  -  ServiceFee|Cost of Advertising|TransactionTotalAmount  -9.99
"""
SECOND = """
    2026-05-30  1  Order|ItemPrice|Principal   80.00
    2026-05-30  1  Order|ItemFees|Commission  -11.00
    2026-06-03  2  Order|ItemPrice|Principal   25.00
    2026-06-03  2  Order|ItemFees|Commission   -3.75
    2026-06-05  -  ServiceFee|Cost of Advertising|TransactionTotalAmount  -10.99
"""


def by_account(book: Book) -> dict[str, int]:
    sums = Counter[str]()
    for entry in book.entries():
        for posting in entry.postings:
            sums[posting.account] += posting.amount_minor
    return {account: minor for account, minor in sums.items() if minor}


def taxes(book: Book) -> dict[tuple[str, str], int]:
    sums = Counter[tuple[str, str]]()
    for entry in book.entries():
        for posting in entry.postings:
            sums[posting.account, posting.tax_code] += posting.tax_minor
    return {key: minor for key, minor in sums.items() if minor}


def test_a_persons_yes_books_the_difference_month_by_month(book: Book) -> None:
    book.book(report(FIRST, opened="2026-05-29"))
    book.deliver()
    supplement(book, again(report(SECOND, opened="2026-05-29")))

    may, june = (each for each in book.entries() if "supplement" in each.narration)
    assert shown(may) == plain("""
        2026-05-31 Amazon settlement S1, supplement 1: 2026-05
        6000 -1.00 fee.referral
        1280 1.00 carry
    """)
    assert shown(june) == plain("""
        2026-06-14 Amazon settlement S1, supplement 1: 2026-06
        6200 1.00 fee.advertising
        1280 -1.00 carry
    """)
    assert [kept.finding.code for kept in book.findings()] == ["books.reissued"]
    assert all(each.state is DeliveryState.DELIVERED for each in book.deliveries())


def test_what_was_never_sent_is_booked_anew_and_nothing_is_supplemented(book: Book) -> None:
    book.book(report(FIRST))
    supplement(book, again(report(SECOND)))

    assert len(book.entries()) == len({each.slot.part for each in book.entries()})
    assert all("supplement" not in each.narration for each in book.entries())
    assert_lines_add_up(book)


@pytest.mark.parametrize("leg", [BankLeg.TRANSFER, BankLeg.DOCUMENT])
def test_what_equals_a_bank_line_is_never_supplemented(make_book: MakeBook, leg: BankLeg) -> None:
    """A difference of the total stays on clearing, and a person is told of it."""
    book = make_book(bank_leg=leg)
    book.book(report(FIRST))
    book.deliver()
    before = by_account(book)
    supplement(book, again(report(FIRST.replace("-12.00", "-10.00"))))

    moved = Counter(by_account(book))
    moved.subtract(before)
    assert {account: minor for account, minor in moved.items() if minor} == {"1200": 200, "6000": -200}
    (finding,) = [kept.finding for kept in book.findings() if kept.finding.code == "books.payout_changed"]
    assert finding.amount_minor == 200
    assert_lines_add_up(book)


def test_what_is_not_paid_yet_is_paid_as_it_now_is(book: Book) -> None:
    """Its transfer was not sent: it moves the new total, and there is nothing to tell."""
    book.book(report(FIRST, pays="2026-07-20"))
    book.deliver()
    second = again(report(FIRST.replace("-12.00", "-10.00"), pays="2026-07-20"))
    book.books().decide(InstructionKind.SUPPLEMENT, reissue(book, second), by="ann", reason="checked")
    book.run()

    assert by_account(book).get("1200", 0) == 0
    assert by_account(book)["1000"] == second.document.total_minor
    assert [kept.finding.code for kept in book.findings()] == ["books.reissued"]


def test_what_is_told_of_a_total_that_changed_again_is_all_of_it(make_book: MakeBook) -> None:
    book = make_book(bank_leg=BankLeg.DOCUMENT)
    book.book(report(FIRST))
    book.deliver()
    for number, fee in enumerate(("-10.00", "-7.00"), start=2):
        supplement(book, again(report(FIRST.replace("-12.00", fee)), number))

    findings = [kept.finding for kept in book.findings() if kept.finding.code == "books.payout_changed"]
    assert [finding.amount_minor for finding in findings] == [500]
    assert_lines_add_up(book)


def test_vat_of_what_changed_follows_to_the_cent(make_book: MakeBook) -> None:
    """F33: the tax of a line that is taken back is what it was booked with, by the rows of its own revision."""

    def told(principal: str, tax: str) -> Received:
        rows = f"""
            2026-06-03  1  Order|ItemPrice|Principal  {principal}
            2026-06-03  1  Order|ItemPrice|Tax  {tax}
            2026-06-03  2  Order|ItemPrice|Principal  10.00
            2026-06-03  2  Order|ItemPrice|Tax  2.00
            2026-06-04  -  ServiceFee|Cost of Advertising|TransactionTotalAmount  -7.77
        """
        return report(rows, currency="GBP", marketplace="Amazon.co.uk")

    british = {"currency": "GBP", "country": "GB", "tax_regime": TaxRegime.VAT_STANDARD, "time_zone": "Europe/London"}
    book, fresh = make_book(**british), make_book(**british)
    book.book(told("40.00", "8.00"))
    book.deliver()
    supplement(book, again(told("33.33", "6.67")))
    fresh.book(told("33.33", "6.67"))

    assert taxes(book) == taxes(fresh) != {}
    assert besides_the_payout(book) == besides_the_payout(fresh)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["2026-05-30", "2026-06-02", "2026-06-09"]),
        st.sampled_from(["sale.product", "fee.referral", "refund.product", "unclassified", "tax.collected"]),
        st.integers(-9_999, 9_999).map(lambda minor: f"{minor / 100:.2f}"),
    ).map(" ".join),
    min_size=1,
    max_size=7,
)


@given(st.lists(ROWS, min_size=2, max_size=4), st.lists(st.booleans(), min_size=3, max_size=3))
def test_however_often_it_is_issued_again_the_books_say_what_the_last_one_says(
    make_book: MakeBook, issued: list[list[str]], sent: list[bool]
) -> None:
    """Whatever was sent between: but for what the transfer moved, the books are those of the last issue alone."""
    book, fresh = make_book(), make_book()
    first, *others = (told(rows, revision) for revision, rows in enumerate(issued, start=1))
    book.book(first)
    for second, is_sent in zip(others, sent, strict=False):
        if is_sent:
            book.deliver()
        supplement(book, second)
    fresh.book(told(issued[-1], 1))

    assert besides_the_payout(book) == besides_the_payout(fresh)
    assert by_account(book).get("1280", 0) == 0
    assert_lines_add_up(book)


@pytest.mark.parametrize("code", ["books.payout_bounced", "books.reissued"])
def test_only_what_was_issued_again_and_waits_is_supplemented(book: Book, code: str) -> None:
    book.book(report(FIRST))
    finding_id = reissue(book, again(report(SECOND)))
    if code == "books.reissued":
        book.books().decide(InstructionKind.ACCEPT, finding_id, by="ann", reason="right as they are")
    else:
        with book.store.unit("test") as uow:
            other = msgspec.structs.replace(uow.findings.get(finding_id).finding, code=code)
            uow.findings.add(other, book.clock.now())
            finding_id = other.finding_id

    with pytest.raises(ConfigError) as refused:
        book.books().decide(InstructionKind.SUPPLEMENT, finding_id, by="ann", reason="checked")
    assert refused.value.code == "decide.supplement"


def told(rows: list[str], revision: int) -> Received:
    """A settlement of these rows, and one that moves money whatever they are."""
    text = "\n".join(["2026-06-08 sale.product 1.00", *rows])
    return settlement("S1", text, opened="2026-05-29", revision=revision)


def shown(entry: JournalEntry) -> str:
    legs = (
        f"{each.account} {decimal_text(each.amount_minor, entry.currency)} {each.kind}"
        for each in entry.postings
        if each.amount_minor
    )
    return "\n".join([f"{entry.booked_on} {entry.narration}", *legs])


def besides_the_payout(book: Book) -> dict[str, int]:
    """What stands on each account but the two that a payout moves between."""
    return {account: minor for account, minor in by_account(book).items() if account not in {"1000", "1200"}}


def test_what_was_issued_again_in_another_currency_is_no_difference(book: Book) -> None:
    """Minor units of two currencies are never set off against each other."""
    book.book(settlement("S1", "2026-06-03 sale.product 10.00"))
    book.deliver()
    before = book.balances()
    finding_id = reissue(book, settlement("S1", "2026-06-03 sale.product 12.00", currency="EUR", revision=2))

    with pytest.raises(ConfigError, match="another currency") as refused:
        book.books().decide(InstructionKind.SUPPLEMENT, finding_id, by="ann", reason="checked")
    assert refused.value.code == "decide.supplement"
    book.run()
    assert book.balances() == before
