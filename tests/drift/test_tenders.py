"""Money that nobody paid out, by how a way to pay reaches the merchant; and strangers that answer nothing of ours."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.drift.report import Answer
from bridge.errors import ConfigError
from bridge.model.connections import TenderClass
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode
from bridge.model.findings import Severity
from bridge.model.lines import Part
from tests.books.shop import Fact, at, money, order, refund, sale
from tests.drift.counter import Counter, MakeCounter, account, are_explained, items
from tests.drift.firm import codes, only

MONDAY = "2026-06-15"
GATEWAY, WALLET, BY_HAND = "1240", "1230", "1250"


def sell(counter: Counter, name: str, minor: int, on: str = MONDAY, gateway: str = "klarna") -> None:
    counter.bring_in(order(name, f"{on} 12:00", {"sale.product": minor}, {gateway: minor}))


def kept(name: str, minor: int, on: str = MONDAY, gateway: str = "klarna") -> Fact:
    """A fee that a gateway kept of a payment."""
    when = f"{on} 12:00"
    lines = (
        sale(name, "fee.payment", -minor, when, Part.FEE),
        money(f"{name}/{gateway}", gateway, minor, when, Part.REPAYMENT),
    )
    return Fact(DocumentKind.FEE, name, lines, at(when), at(when), name.removeprefix("F"))


def line(counter: Counter, on: str, *lines: tuple[str, int], called: str = "Deposit") -> str:
    """Somebody enters an object by hand, or codes a line of the bank."""
    return counter.ledger.add_foreign(date.fromisoformat(on), list(lines), type=called, number=f"H-{on[5:]}")


def stands_on(counter: Counter, day: str) -> None:
    """Let it be noon of a day in UTC."""
    counter.clock.advance((at(f"{day} 12:00") - counter.clock.now()).total_seconds())


@pytest.mark.parametrize(
    ("gateway", "number", "last", "late"),
    [
        ("klarna", GATEWAY, "2026-06-29", "2026-06-30"),
        ("cash", BY_HAND, "2026-06-22", "2026-06-23"),
        ("paypal", WALLET, "2027-06-15", None),
        ("gift_card", "2200", "2027-06-15", None),
    ],
)
def test_payments_that_no_line_of_the_bank_answers_are_late_by_their_class(
    make_counter: MakeCounter, gateway: str, number: str, last: str, late: str | None
) -> None:
    """C27: ten bank days for a gateway, five for cash, never for a wallet or what is owed."""
    counter = make_counter()
    stands_on(counter, "2026-06-17")
    sell(counter, "1", 5000, gateway=gateway)
    stands_on(counter, last)
    in_time = counter.check_ledger()
    stands_on(counter, late or last)
    report = counter.check_ledger()

    assert "drift.not_paid_out" not in in_time.counts
    assert [item.is_late for item in account(report, number).items] == [late is not None]
    if late:
        found = only(report).finding
        assert (found.code, found.severity, found.amount_minor) == ("drift.not_paid_out", Severity.WARNING, 5000)
        assert found.account.startswith(number)
        assert report.reconciled.answer is Answer.NO


def test_a_route_says_otherwise_how_the_money_of_an_account_comes(make_counter: MakeCounter) -> None:
    counter = make_counter(tender_classes=(("klarna", TenderClass.WALLET), ("paypal", TenderClass.PAYS_OUT)))
    sell(counter, "1", 5000, "2026-06-01")
    sell(counter, "2", 700, "2026-06-01", "paypal")

    report = counter.check_ledger()

    assert only(report).finding.title.startswith(WALLET)
    assert account(report, GATEWAY).unproven


def test_what_was_paid_back_to_buyers_is_not_missed_at_the_bank(make_counter: MakeCounter) -> None:
    counter = make_counter()
    sell(counter, "1", 5000, "2026-06-01")
    counter.bring_in(refund("R1", "1", "2026-06-26 12:00", {"refund.product": -4000}, {"klarna": 4000}))
    first = counter.check_ledger()
    counter.bring_in(refund("R2", "1", "2026-06-26 13:00", {"refund.product": -1000}, {"klarna": 1000}))
    second = counter.check_ledger()

    assert only(first).finding.amount_minor == 1000
    assert items(second, GATEWAY) == [("payments of 2026-06-01", "50.00"), ("payments of 2026-06-26", "-50.00")]
    assert codes(second) == []


def test_a_line_of_the_bank_that_names_its_fee_settles_what_was_booked(make_counter: MakeCounter) -> None:
    """C27: Dr bank 60.28, Dr 6100 17.27 / Cr 1240 77.55 is honest: the fee is named, and nothing stays open."""
    counter = make_counter()
    sell(counter, "1", 7755)
    ref = line(counter, "2026-06-18", ("1000", 6028), ("6100", 1727), (GATEWAY, -7755))

    report = counter.check_ledger()

    assert codes(report) == []
    assert items(report, GATEWAY) == []
    (settled,) = account(report, GATEWAY).settled
    assert (settled.ref, settled.fee_minor, settled.fee_account) == (ref, 1727, "6100 Payment processing fees")
    assert report.is_reconciled
    assert are_explained(report)


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
@pytest.mark.parametrize(
    ("bank", "credited"),
    [
        pytest.param(7755, 8000, id="it takes the gross, of which the fee is not there any more"),
        pytest.param(7510, 7755, id="it takes the net, and the fee off that again"),
    ],
)
def test_a_fee_that_a_line_of_the_bank_names_and_bridge_booked_too_is_a_warning(
    make_counter: MakeCounter, mode: Mode, bank: int, credited: int
) -> None:
    counter = make_counter(mode=mode)
    sell(counter, "1", 8000)
    counter.bring_in(kept("F1", 245))
    line(counter, "2026-06-18", ("1000", bank), ("6100", 245), (GATEWAY, -credited))

    found = only(counter.check_ledger()).finding

    assert (found.code, found.severity, found.amount_minor) == ("drift.fee_twice", Severity.WARNING, 245)
    assert "names a fee of 2.45 USD that bridge booked too" in found.title


def test_a_fee_beside_the_one_that_bridge_booked_is_no_finding(make_counter: MakeCounter) -> None:
    counter = make_counter()
    sell(counter, "1", 8000)
    counter.bring_in(kept("F1", 245))
    line(counter, "2026-06-18", ("1000", 6028), ("6100", 1727), (GATEWAY, -7755))

    assert codes(counter.check_ledger()) == []


@pytest.mark.parametrize(
    ("number", "gateway", "lines"),
    [
        pytest.param("1220", "stripe", (("6100", 2000), ("1220", -2000)), id="a fee by hand"),
        pytest.param(WALLET, "paypal", (("4200", 2500), (WALLET, -2500)), id="a refund by hand"),
        pytest.param(BY_HAND, "cash", (("2100", 2500), (BY_HAND, -2500)), id="tax by hand"),
        pytest.param(GATEWAY, "klarna", (("1220", 2500), (GATEWAY, -2500)), id="to another clearing account"),
        pytest.param(GATEWAY, "klarna", (("1000", 2000), ("4000", 500), (GATEWAY, -2500)), id="with sales in it"),
        pytest.param(GATEWAY, "klarna", (("1000", 2700), ("6100", -200), (GATEWAY, -2500)), id="a fee given back"),
        pytest.param(GATEWAY, "klarna", (("2050", 2500), (GATEWAY, -2500)), id="on a credit card"),
    ],
)
def test_what_is_no_line_of_the_bank_settles_nothing_and_is_found(
    make_counter: MakeCounter, number: str, gateway: str, lines: tuple[tuple[str, int], ...]
) -> None:
    """C28: the entry is as much as what is open, and leaves it open."""
    counter = make_counter(tenders=(("stripe", "1220"),))
    minor = -dict(lines)[number]
    sell(counter, "1", minor, "2026-06-29", gateway)
    line(counter, "2026-06-30", *lines, called="JournalEntry")

    report = counter.check_ledger()

    found = only(report).finding
    assert (found.code, found.amount_minor) == ("drift.foreign", -minor)
    assert found.account.startswith(number)
    assert [item.amount_minor for item in account(report, number).items] == [minor, -minor]
    assert report.reconciled.answer is Answer.NO
    assert are_explained(report)


def test_the_clearing_account_of_another_route_is_no_bank(make_counter: MakeCounter) -> None:
    counter = make_counter()
    sell(counter, "1", 2500, "2026-06-29")
    line(counter, "2026-06-30", ("1010", 2500), (GATEWAY, -2500))
    assert codes(counter.check_ledger()) == []
    sister = counter.sister()
    with counter.store.unit("test") as unit:
        unit.routes.put(msgspec.structs.replace(sister.route, clearing="1010"))

    assert codes(counter.check_ledger()) == ["foreign"]


@pytest.mark.parametrize("number", ["1990", "2110", "1280"])
def test_a_strangers_entry_where_nothing_should_stand_is_found_on_one_route(
    make_counter: MakeCounter, number: str
) -> None:
    """C28: Dr 1990 200.00 by hand, in the books of two shops."""
    counter = make_counter()
    sister = counter.sister()
    line(counter, "2026-06-20", (number, 20000), ("1000", -20000), called="JournalEntry")

    found, other = counter.check_ledger(), sister.check_ledger()

    assert (only(found).finding.code, only(found).finding.amount_minor) == ("drift.foreign", 20000)
    assert only(found).finding.account.startswith(number)
    assert found.reconciled.answer is Answer.NO
    assert codes(other) == []


def test_a_line_that_is_as_much_as_whole_days_answers_those_and_leaves_the_older_rest(
    make_counter: MakeCounter,
) -> None:
    """So what is short of one payout grows old, and does not wander on to the days of the next."""
    counter = make_counter()
    sell(counter, "1", 7755, "2026-06-10")
    line(counter, "2026-06-12", ("1000", 6028), (GATEWAY, -6028))
    for number, day in enumerate(("2026-06-22", "2026-06-23", "2026-06-24"), start=2):
        sell(counter, str(number), 1000 + number, day)
    line(counter, "2026-06-26", ("1000", 3009), (GATEWAY, -3009))

    report = counter.check_ledger()

    assert items(report, GATEWAY) == [("payments of 2026-06-10", "17.27")]
    assert only(report).finding.title == (
        "1240 Other gateway clearing: 17.27 USD less came than was booked: fees outside orders?"
    )
    assert are_explained(report)


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_cash_and_transfers_stand_order_by_order(make_counter: MakeCounter, mode: Mode) -> None:
    """C27: a line of the bank answers its order, whatever is older; and all orders of a day together."""
    counter = make_counter(mode=mode)
    for name, minor, day in (("1", 10000, "2026-06-24"), ("2", 5000, "2026-06-25"), ("3", 3000, "2026-06-25")):
        sell(counter, name, minor, day, "cash")
    line(counter, "2026-06-26", ("1000", 5000), (BY_HAND, -5000))
    one = counter.check_ledger()
    sell(counter, "4", 200, "2026-06-29", "cash")
    sell(counter, "5", 300, "2026-06-29", "cash")
    line(counter, "2026-06-30", ("1000", 500), (BY_HAND, -500))
    two = counter.check_ledger()

    assert items(one, BY_HAND) == [("payments of order 1", "100.00"), ("payments of order 3", "30.00")]
    assert items(two, BY_HAND) == items(one, BY_HAND)
    assert codes(two) == []
    assert are_explained(two)


def test_an_order_in_cash_that_is_paid_back_leaves_nothing_to_bring_to_the_bank(make_counter: MakeCounter) -> None:
    counter = make_counter()
    sell(counter, "1", 5000, "2026-06-01", "cash")
    counter.bring_in(refund("R1", "1", "2026-06-03 12:00", {"refund.product": -5000}, {"cash": 5000}))

    assert items(counter.check_ledger(), BY_HAND) == []


def test_a_wallet_is_proven_by_its_own_statement_alone(make_counter: MakeCounter) -> None:
    """C27: the ledger's balance at the end of that day, whatever came since."""
    counter = make_counter()
    sell(counter, "1", 5000, "2026-06-12", "paypal")
    sell(counter, "2", 900, "2026-07-01", "paypal")
    unproven = counter.check_ledger()
    counter.read_statement(WALLET, 5000, "2026-05-31")
    too_old = counter.check_ledger()
    counter.read_statement(WALLET, 5000)
    proven = counter.check_ledger()

    assert [report.reconciled.answer for report in (unproven, proven)] == [Answer.NOT_PROVEN, Answer.YES]
    assert too_old.reconciled.answer is Answer.NO, "of the end of May it shows what came in June"
    assert "`bridge routes balance shop 1230 AMOUNT --on 2026-06-30`" in unproven.reconciled.why
    assert codes(unproven) == codes(proven) == []
    proof = account(proven, WALLET).proof
    assert proof is not None
    assert (proof.stands_minor, proof.statement.by) == (5000, "ann")


def test_a_statement_that_shows_something_else_is_an_error_until_it_is_put_right(make_counter: MakeCounter) -> None:
    counter = make_counter()
    sell(counter, "1", 5000, "2026-06-12", "paypal")
    counter.read_statement(WALLET, 4825)
    off = counter.check_ledger()
    counter.read_statement(WALLET, 5000)
    right = counter.check_ledger()

    found = only(off).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.statement_differs", Severity.ERROR, 175)
    assert found.evidence == (("balance of 2026-06-30", "50.00", "48.25"),)
    assert off.reconciled.answer is Answer.NO
    assert right.reconciled.answer is Answer.YES


def test_a_statement_of_what_is_no_wallet_is_refused(make_counter: MakeCounter) -> None:
    counter = make_counter()

    with pytest.raises(ConfigError, match="is no wallet of route shop") as no_wallet:
        counter.read_statement(GATEWAY, 1)
    with pytest.raises(ConfigError, match="2026-07-01 is not over yet") as not_over:
        counter.read_statement(WALLET, 1, "2026-07-01")

    assert no_wallet.value.next_step == "Use one of: 1230"
    assert (no_wallet.value.code, not_over.value.code) == ("statement.account", "statement.day")
