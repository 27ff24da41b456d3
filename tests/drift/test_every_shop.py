"""Whatever a shop books, is paid out and people edit: every account stays explained, and nothing is found falsely."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.entries import Mode
from tests.books.shop import Fact, at, order, refund
from tests.drift.counter import Counter, MakeCounter, are_explained, payout, row
from tests.drift.firm import codes

GATEWAYS = ("card", "card", "paypal", "gift_card", "cash")
ENDS = {"delete": "deleted", "forget": "missing", "void": "voided"}
amounts = st.integers(1, 9_999)
days = st.integers(1, 4).map(lambda day: f"2026-06-0{day} 12:00")


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """An order, a refund or a payout, of few names, so that changes and matches are frequent."""
    name, when = draw(st.sampled_from("123")), draw(days)
    match draw(st.sampled_from(["order", "order", "refund", "payout"])):
        case "order":
            total, gateway = draw(amounts), draw(st.sampled_from(GATEWAYS))
            first = draw(st.integers(0, total))
            paid = {gateway: first, "card": total - first} if gateway != "card" else {"card": total}
            return order(name, when, {"sale.product": total}, paid, paid_at=at(when))
        case "refund":
            return refund(f"R{name}", name, when, {"refund.product": -draw(amounts)}, draw(st.sampled_from((None, {}))))
        case _:
            fee, status = draw(st.integers(0, 300)), draw(st.sampled_from(("paid", "paid", "in_transit", "failed")))
            return payout(f"P{name}", "2026-06-06 00:00", row(name, draw(amounts), when, fee), status=status)


steps = st.lists(facts() | st.sampled_from(["run", "deliver", "deliver"]), min_size=1, max_size=9)
edits = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["delete", "void", "forget", "date", "recode", "copy"])),
    max_size=3,
    unique_by=lambda edit: edit[0],
)
strangers = st.lists(
    st.tuples(st.sampled_from(["1210", "1230", "1250", "2200"]), st.integers(-9_999, 9_999)), max_size=3
)


def play(counter: Counter, played: list[Fact | str]) -> None:
    for step in played:
        if isinstance(step, Fact):
            counter.receive(step)
        else:
            counter.run()
            if step == "deliver":
                counter.deliver()


def edit(counter: Counter, place: int, what: str) -> str:
    """Do something to one of our objects; says what should be found."""
    ours = [copy for copy in counter.ledger.objects() if copy.key]
    if place >= len(ours):
        return ""
    ref = ours[place].ref
    match what:
        case "date":
            counter.ledger.edit_date(ref, date(2026, 6, 29))
            return "date"
        case "recode":
            account = counter.ledger.lines(ref)[0][0]
            is_moved = sum(minor for number, minor in counter.ledger.lines(ref) if number == account)
            counter.ledger.edit_account(ref, account, "3000")
            return "account" if is_moved else ""
        case "copy":
            counter.ledger.duplicate(ref, number="")
            return "extra_copy"
        case _:
            getattr(counter.ledger, what)(ref)
            return ENDS[what]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from((Mode.DAY, Mode.ORDER, Mode.PAYOUT)), st.booleans(), edits, strangers)
def test_every_account_is_explained_whatever_was_booked_paid_out_or_edited(
    make_counter: MakeCounter,
    played: list[Fact | str],
    mode: Mode,
    has_invoices: bool,
    edited: list[tuple[int, str]],
    foreign: list[tuple[str, int]],
) -> None:
    """D03, D14."""
    counter = make_counter(mode=mode, has_invoices=has_invoices)
    play(counter, played)
    wanted = Tally(filter(None, [edit(counter, *each) for each in edited]))
    for account, minor in foreign:
        counter.ledger.add_foreign(date(2026, 6, 8), [(account, minor), ("3100", -minor)])

    report = counter.check_ledger()

    found = Tally(codes(report))
    assert {code: found[code] for code in wanted} == wanted
    others = {"foreign", "never_booked", "newer_not_booked", "not_delivered", "payout_unmatched", "wrong_side"}
    assert found.keys() <= wanted.keys() | others
    assert found["foreign"] <= len(foreign)
    assert are_explained(report)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from((Mode.DAY, Mode.ORDER, Mode.PAYOUT)), st.booleans())
def test_once_all_is_delivered_every_day_ties_and_nothing_is_found(
    make_counter: MakeCounter, played: list[Fact | str], mode: Mode, has_invoices: bool
) -> None:
    counter = make_counter(mode=mode, has_invoices=has_invoices)
    play(counter, [*played, "deliver"])

    report = counter.check_ledger()

    assert set(codes(report)) <= {"payout_unmatched", "wrong_side"}
    assert all(tie.is_tied for tie in report.days)
    assert are_explained(report)
