"""Settlements in series: each takes over what the one before handed on, and a missing one is found (F49, D02, C28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.findings import FindingState, KeptFinding, Severity
from tests.books.book import Book, MakeBook
from tests.books.builders import Received
from tests.books.papers import PaperQuickBooks
from tests.books.raw import report
from tests.fakes.statements import statements

OTHER = "other-transaction|other-transaction"
GIVEN_BACK, HELD, PAYABLE = (
    f"{OTHER}|{word}" for word in ("Previous Reserve Amount Balance", "Current Reserve Amount", "Payable to Amazon")
)
CHARGED, BOUNCED = f"{OTHER}|Successful charge", f"{OTHER}|Transfer of funds unsuccessful: account closed"
FEE = f"{OTHER}|Subscription Fee"
ACROSS = "Debt Adjustment|Debt Adjustment|Cross-Account Debt Adjustment"
FORTNIGHT = timedelta(days=14)


def settled(
    number: int,
    sold: str = "500.00",
    *others: tuple[str, str],
    name: str = "S",
    marketplace: str = "Amazon.com",
    currency: str = "USD",
) -> Received:
    """The n-th settlement of a fortnight, of a sale and other rows; it begins a second after the one before ended."""
    opened = datetime(2026, 2, 1, 17, 32, 11, tzinfo=UTC) + FORTNIGHT * number
    closed = opened + FORTNIGHT - timedelta(seconds=1)
    rows = [f"{opened.date() + timedelta(days=1)}  1  Order|ItemPrice|Principal  {sold}"] if sold else []
    rows += [f"{opened.date() + timedelta(days=2)}  -  {words}  {amount}" for words, amount in others]
    days = {"opened": f"{opened:%F %T}", "closed": f"{closed:%F %T}", "pays": f"{closed.date() + timedelta(days=2)}"}
    return report("\n".join(rows), f"{name}{number}", currency=currency, marketplace=marketplace, **days)


def told(book: Book) -> list[tuple[str, str, int]]:
    """(what, of which settlement, how much) of every open finding about a series."""
    return sorted(
        (kept.finding.code.rpartition("_")[2], _about(book, kept), kept.finding.amount_minor)
        for kept in _open(book)
        if kept.finding.code.startswith("books.series")
    )


def _open(book: Book) -> list[KeptFinding]:
    return [kept for kept in book.findings() if kept.state is FindingState.OPEN]


def _about(book: Book, kept: KeptFinding) -> str:
    with book.store.reading() as uow:
        head = uow.documents.latest(kept.finding.subject)
    return head.document.identity.external_id if head else kept.finding.subject


def european(make_book: MakeBook) -> Book:
    return make_book(currency="EUR", time_zone="Europe/Paris", tax_regime="not_registered")


CHAIN = (
    settled(0, "500.00", (GIVEN_BACK, "80.00"), (HELD, "-100.00")),
    settled(1, "500.00", (GIVEN_BACK, "100.00"), (HELD, "-120.00")),
    settled(2, "", (GIVEN_BACK, "120.00"), (FEE, "-300.00")),
    settled(3, "90.00", (PAYABLE, "-180.00"), (CHARGED, "180.00")),
    settled(4, "60.00", (BOUNCED, "90.00")),
)
"""Reserves, a debt that is carried and charged to the card, and a payout that bounced."""


# One that is missing.


def test_f49_a_settlement_that_is_missing_between_two_others_is_found_until_it_comes(book: Book) -> None:
    book.book(*CHAIN[:1], *CHAIN[2:])
    (kept,) = _open(book)

    assert kept.finding.title == "a settlement is missing between Amazon settlement S0 and Amazon settlement S2"
    assert kept.finding.severity is Severity.ERROR
    assert "none here covers 2026-02-15 17:32:10 UTC to 2026-03-01 17:32:11 UTC" in kept.finding.cause
    assert told(book) == [("gap", "S2", 0)]

    book.book(CHAIN[1])
    assert told(book) == []


def test_f49_settlements_that_fit_say_nothing_nor_does_the_first_that_is_known(book: Book) -> None:
    """The one before it may be older than the channel keeps reports: what it takes over is not asked about."""
    book.book(*CHAIN)
    assert told(book) == []

    audited = book.audit_rows()
    book.run()
    assert book.audit_rows() == audited


def test_each_missing_settlement_is_found_and_two_that_follow_each_other_are_one_gap(book: Book) -> None:
    fits = [settled(number) for number in range(8)]
    book.book(*(fits[number] for number in (0, 2, 3, 6, 7)))
    assert told(book) == [("gap", "S2", 0), ("gap", "S6", 0)]

    book.book(fits[5])
    assert told(book) == [("gap", "S2", 0), ("gap", "S5", 0)]


def test_what_the_seller_was_before_the_first_day_is_not_asked_about(make_book: MakeBook) -> None:
    book = make_book(first_day=date(2026, 4, 1))
    book.book(settled(0), settled(2), settled(5))
    assert told(book) == [("gap", "S5", 0)], "S2 closes before it"


@pytest.mark.parametrize("seconds", [-1, 0, 1, 60, 61])
def test_one_begins_with_the_end_of_the_one_before_or_some_seconds_later(book: Book, seconds: int) -> None:
    first = settled(0)
    opened = first.document.closed_at + timedelta(seconds=seconds)
    second = report(
        "2026-02-16  1  Order|ItemPrice|Principal  5.00", "S1", opened=f"{opened:%F %T}", closed="2026-03-01"
    )
    book.book(first, second)

    assert told(book) == ([("gap", "S1", 0)] if seconds == 61 else []), "-1: side by side, not one after the other"


def test_one_that_is_held_is_not_missing(book: Book) -> None:
    """Its lines do not add up, which is told of itself: what it hands on is not believed."""
    book.receive(*CHAIN[:1], *CHAIN[2:])
    book.receive(short(CHAIN[1]))
    book.run()
    assert (book.document_state(CHAIN[1])[0], told(book)) == ("held", [])


def short(received: Received) -> Received:
    """The same without its last row, as a file is that was cut."""
    less = settled(1, "500.00", (GIVEN_BACK, "100.00"))
    document = msgspec.structs.replace(less.document, total_minor=received.document.total_minor)
    return Received(msgspec.structs.replace(less.kept, document=document), less.lines)


# What one hands on.


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([(HELD, "-100.00")], [(GIVEN_BACK, "80.00")], [("reserve", "100.00", "80.00", -2000)]),
        ([(HELD, "-100.00")], [], [("reserve", "100.00", "0.00", -10000)]),
        ([], [(GIVEN_BACK, "80.00")], [("reserve", "0.00", "80.00", 8000)]),
        ([(HELD, "-60.00"), (HELD, "-40.00")], [(GIVEN_BACK, "100.00")], []),
        ([(FEE, "-700.00")], [(PAYABLE, "-200.00"), (CHARGED, "199.00")], []),
        ([(FEE, "-700.00")], [(PAYABLE, "-300.00")], [("debt to Amazon", "-200.00", "-300.00", -10000)]),
        ([(FEE, "-700.00")], [], [("debt to Amazon", "-200.00", "0.00", 20000)]),
        ([], [(PAYABLE, "-5.00")], [("debt to Amazon", "0.00", "-5.00", -500)]),
        ([], [(CHARGED, "32.09")], []),
        ([], [(BOUNCED, "500.00")], []),
        ([], [(BOUNCED, "499.00")], [("payout that came back", "0.00", "499.00", 49900)]),
        (
            [(HELD, "-100.00")],
            [(GIVEN_BACK, "90.00"), (BOUNCED, "7.00")],
            [("reserve", "100.00", "90.00", -300), ("payout that came back", "0.00", "7.00", -300)],
        ),
    ],
)
def test_a_settlement_takes_over_what_the_one_before_handed_on(
    book: Book,
    first: Sequence[tuple[str, str]],
    second: Sequence[tuple[str, str]],
    expected: Sequence[tuple[str, str, str, int]],
) -> None:
    """Reserve and debt to the cent, nothing for nothing; a payout only where it came back; a charge never."""
    book.book(settled(0, "500.00", *first), settled(1, "900.00", *second))
    found = [
        (name, out.split()[-2], taken.split()[-2], kept.finding.amount_minor)
        for kept in _open(book)
        if kept.finding.code == "books.series_differs"
        for name, out, taken in kept.finding.evidence
    ]

    assert found == expected


def test_a_payout_may_come_back_after_a_while_and_only_once(book: Book) -> None:
    book.book(settled(0, "11.00"), settled(1, "22.00"), settled(2, "33.00", (BOUNCED, "11.00")))
    assert told(book) == []
    book.book(settled(3, "44.00", (BOUNCED, "11.00")))
    assert told(book) == [("differs", "S3", 1100)]


def test_f49_a_settlement_that_is_issued_again_is_compared_as_it_is_now(book: Book) -> None:
    book.book(CHAIN[0], CHAIN[1])
    book.receive(again(settled(0, "500.00", (GIVEN_BACK, "80.00"), (HELD, "-110.00"))))
    book.run()
    assert told(book) == [("differs", "S1", -1000)]

    book.receive(again(settled(1, "500.00", (GIVEN_BACK, "110.00"), (HELD, "-120.00"))))
    book.run()
    assert told(book) == []


def again(received: Received) -> Received:
    document = msgspec.structs.replace(received.document, revision=2)
    return Received(msgspec.structs.replace(received.kept, document=document), received.lines)


def test_what_was_accepted_stays_so_until_its_facts_change(book: Book) -> None:
    book.book(CHAIN[0], settled(1, "500.00", (GIVEN_BACK, "90.00")))
    (kept,) = _open(book)
    with book.store.unit("ann") as uow:
        uow.findings.accept(kept.finding.finding_id, "ann", "paid by cheque", None)
    audited = book.audit_rows()
    book.run()
    assert (told(book), book.audit_rows()) == ([], audited)


def test_tax_that_is_moved_between_collected_and_withheld_adds_up_to_nothing_or_is_told(book: Book) -> None:
    """Within one settlement, where the rest stands on 2110: no other settlement answers it."""
    collected, withheld = (
        "Order_Retrocharge|ItemPrice|Tax",
        "Order_Retrocharge|ItemWithheldTax|MarketplaceFacilitatorTax-Principal",
    )
    book.book(settled(0, "500.00", (collected, "-1.60"), (withheld, "1.60")))
    assert _open(book) == []

    book.book(settled(1, "500.00", (collected, "-1.60"), (withheld, "1.20")))
    (kept,) = _open(book)
    assert (kept.finding.code, kept.finding.amount_minor) == ("books.facilitator_residue", 40)


# Series side by side.


def test_each_marketplace_is_a_series_and_one_without_sales_is_of_the_series_that_it_touches(
    make_book: MakeBook,
) -> None:
    """France and Germany, both in euros: what France holds back does not concern Germany, nor does its gap."""
    french = [settled(n, "500.00", name="F", marketplace="Amazon.fr", currency="EUR") for n in range(4)]
    german = [
        later(settled(0, "500.00", (HELD, "-70.00"), name="D", marketplace="Amazon.de", currency="EUR")),
        later(settled(1, "", (GIVEN_BACK, "70.00"), (FEE, "-9.00"), name="D", currency="EUR")),
        later(settled(2, "500.00", name="D", marketplace="Amazon.de", currency="EUR")),
    ]
    book = european(make_book)
    book.book(*french[:2], *german, french[3])

    assert told(book) == [("gap", "F3", 0)]


def later(received: Received) -> Received:
    """Six days after the other marketplace."""
    document = received.document
    moved = {name: getattr(document, name) + timedelta(days=6) for name in ("opened_at", "closed_at")}
    return Received(
        msgspec.structs.replace(received.kept, document=msgspec.structs.replace(document, **moved)), received.lines
    )


def test_a_marketplace_that_begins_after_another_has_ended_is_no_gap(make_book: MakeBook) -> None:
    book = european(make_book)
    book.book(
        settled(0, name="F", marketplace="Amazon.fr", currency="EUR"),
        settled(5, name="I", marketplace="Amazon.it", currency="EUR"),
        settled(9, name="U", marketplace="Amazon.co.uk", currency="GBP"),
    )
    assert told(book) == []


def test_two_series_of_one_marketplace_that_end_in_one_second_are_told_apart_by_what_they_hand_on(book: Book) -> None:
    """Standard and invoiced orders, or what is paid on delivery, are settled apart under one name."""
    book.book(
        settled(0, "500.00", (HELD, "-100.00"), name="A"),
        settled(0, "500.00", (HELD, "-33.00"), name="B"),
        settled(1, "500.00", (GIVEN_BACK, "33.00"), name="A"),
        settled(1, "500.00", (GIVEN_BACK, "100.00"), name="B"),
    )
    assert told(book) == []


# What moves between them.


def test_debts_across_marketplaces_add_up_to_nothing_and_so_does_1290(make_book: MakeBook) -> None:
    """Italy's debt is paid by Germany and France."""
    book = european(make_book)
    sides = [
        settled(0, "500.00", (f"{ACROSS} for IT", "-30.00"), name="D", marketplace="Amazon.de", currency="EUR"),
        settled(0, "500.00", (f"{ACROSS} for IT", "-5.20"), name="F", marketplace="Amazon.fr", currency="EUR"),
        settled(0, "10.00", (f"{ACROSS} against DE, FR", "35.20"), name="I", marketplace="Amazon.it", currency="EUR"),
    ]
    book.book(*sides[:2])
    assert (told(book), book.balance("1290")) == ([], "35.20"), "Italy's settlement may not be closed yet"

    book.book(settled(1, name="D", marketplace="Amazon.de", currency="EUR"))
    assert told(book) == [("moved", "amazon-us EUR", 3520)]
    (kept,) = _open(book)
    assert kept.finding.severity is Severity.INFO
    assert [words for words, *_ in kept.finding.evidence] == [f"{ACROSS} for IT"] * 2

    book.book(sides[2])
    assert (told(book), book.balance("1290")) == ([], "0.00")


def test_what_was_converted_on_its_way_is_taken_as_answered(make_book: MakeBook) -> None:
    """No file tells the rate: euros one way and pounds the other are each other's answer, whatever they come to."""
    book = european(make_book)
    book.book(
        settled(0, "500.00", (f"{ACROSS} for UK", "-30.00"), name="D", marketplace="Amazon.de", currency="EUR"),
        settled(0, "10.00", (f"{ACROSS} against DE", "25.61"), name="U", marketplace="Amazon.co.uk", currency="GBP"),
        settled(1, name="D", marketplace="Amazon.de", currency="EUR"),
    )
    assert told(book) == []

    book.book(
        settled(2, "500.00", (f"{ACROSS} for UK", "-8.00"), name="D", marketplace="Amazon.de", currency="EUR"),
        settled(3, name="D", marketplace="Amazon.de", currency="EUR"),
    )
    assert told(book) == [], "how much of it was converted, nobody can tell"


def test_amazon_in_settles_what_is_paid_on_delivery_apart_and_moves_between_both(make_book: MakeBook) -> None:
    """One marketplace, one currency, two series whose periods are the same: 1290 is zero, and nothing is to be told.

    GST is collected and, on fees, claimed; TCS and TDS that were withheld of the income are credits (1460).
    """
    book = make_book(ledger=PaperQuickBooks("INR", is_taxed=False), time_zone="Asia/Kolkata", tax_regime="us_sales_tax")
    book.book(
        indian(0, "E", ("Order|ItemFees|Easy Ship weight handling fees", "-50.00"), (ACROSS, "-666.00")),
        indian(0, "C", ("Order|ItemFees|Easy Ship weight handling fees IGST", "-9.00"), (ACROSS, "666.00")),
        indian(1, "C", (HELD, "-80.00")),
        indian(1, "E", (f"{OTHER}|TDS - Section 194-O", "-1.00"), (HELD, "-70.00")),
        indian(2, "E", (GIVEN_BACK, "70.00")),
        indian(2, "C", (GIVEN_BACK, "80.00")),
    )

    assert told(book) == []
    balances = {account: book.balance(account) for account in ("1260", "1290", "1450", "1460", "1990", "2100", "5240")}
    assert balances == {
        "1260": "0.00",
        "1290": "0.00",
        "1450": "9.00",
        "1460": "37.00",
        "1990": "0.00",
        "2100": "-1080.00",
        "5240": "50.00",
    }


def indian(number: int, name: str, *others: tuple[str, str]) -> Received:
    taxes = [("Order|ItemPrice|Product Tax", "180.00"), ("Order|ItemTCS|TCS-IGST", "-5.00")]
    taxes.append(("Order|ItemWithheldTax|TDS (Section 194-O)", "-1.00"))
    return settled(number, "1000.00", *taxes, *others, name=name, marketplace="Amazon.in", currency="INR")


# In any order, and at what cost.

AMOUNTS = st.sampled_from(("", "10.00", "20.00"))
SEVERAL = st.lists(st.tuples(AMOUNTS, AMOUNTS, st.sampled_from(("Amazon.com", ""))), min_size=1, max_size=4)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SEVERAL, st.sets(st.integers(0, 3)), st.data())
def test_any_settlements_in_any_order_are_told_of_in_the_same_words(
    make_book: MakeBook, several: list[tuple[str, str, str]], missing: set[int], data: st.DataObject
) -> None:
    received = [
        settled(n, "500.00" if where else "", (FEE, "-1.00"), *_reserve(back, held), marketplace=where)
        for n, (back, held, where) in enumerate(several)
        if n not in missing
    ]
    at_once, one_by_one = make_book(), make_book()
    at_once.book(*received)
    for one in data.draw(st.permutations(received)):
        one_by_one.book(one)

    assert {kept.finding for kept in _open(one_by_one)} == {kept.finding for kept in _open(at_once)}


def _reserve(given_back: str, held: str) -> list[tuple[str, str]]:
    return [*([(GIVEN_BACK, given_back)] if given_back else []), *([(HELD, f"-{held}")] if held else [])]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_the_order_of_the_files_a_gap_is_gone_once_all_are_there(
    make_book: MakeBook, order: Sequence[int]
) -> None:
    book = make_book()
    for number in order:
        book.book(CHAIN[number])
    assert told(book) == []


def test_looking_at_a_series_costs_two_questions_however_long_it_is(book: Book) -> None:
    book.book(settled(0))
    with statements() as of_one:
        book.run()
    book.book(*(settled(number) for number in range(1, 9)))
    with statements() as of_many:
        book.run()

    assert sum("series IS NOT NULL" in text for text in of_one) == sum("series IS NOT NULL" in text for text in of_many)
    assert sum("series IS NOT NULL" in text for text in of_many) == 1
