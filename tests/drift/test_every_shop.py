"""Whatever a shop books, is paid out and people edit: every account stays explained, and nothing is found falsely."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence
from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bridge.drift.report import Answer
from bridge.model.entries import Mode
from tests.books.shop import Fact, at, order, refund
from tests.drift.counter import Counter, MakeCounter, are_explained, payout, row
from tests.drift.firm import codes

GATEWAYS = ("card", "card", "paypal", "gift_card", "cash")
UNPAID = {"payout_unmatched", "not_paid_out"}
RESTATED = {"books.payout_changed", "books.payout_bounced"}
Name = tuple[str, str]
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
            charged_in = draw(st.sampled_from(("", "CHF")))
            return order(name, when, {"sale.product": total}, paid, paid_at=at(when), charged_in=charged_in)
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


class Played:
    """What happened to a shop's books, and what of it their check may rightly find.

    changed: documents of which a newer content came after the books last looked. restated: payouts that said something
    else after their transfer was sent.
    """

    def __init__(self, counter: Counter, steps: Sequence[Fact | str]) -> None:
        self.changed: set[Name] = set()
        self.restated: set[Name] = set()
        self._known: dict[Name, Fact] = {}
        self._sent: dict[Name, Fact] = {}
        for step in steps:
            if isinstance(step, Fact):
                counter.receive(step)
                self._learn((step.kind, step.external_id), step)
            else:
                counter.run()
                self.changed.clear()
                self.restated |= {name for name, fact in self._sent.items() if fact != self._known[name]}
                if step == "deliver":
                    counter.deliver()
                    self._sent |= {name: fact for name, fact in self._known.items() if fact.kind == "payout"}

    def allows(self, found: Tally[str]) -> bool:
        """Whether no more was found than is so."""
        is_restated = all(found[code] <= len(self.restated) for code in RESTATED)
        return is_restated and found["newer_not_booked"] <= len(self.changed)

    def _learn(self, name: Name, fact: Fact) -> None:
        if self._known.get(name, fact) != fact:
            self.changed.add(name)
        self._known[name] = fact


def edit(counter: Counter, edited: Sequence[tuple[int, str]]) -> Tally[str]:
    """Do something to some of our objects; says what should be found."""
    ours = [copy.ref for copy in counter.ledger.objects() if copy.key]
    return Tally(filter(None, [_edit(counter, ours[place], what) for place, what in edited if place < len(ours)]))


def _edit(counter: Counter, ref: str, what: str) -> str:
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


DAY, PAID_DAY = "2026-06-01 12:00", "2026-06-06 00:00"
CHANGED_AFTER_A_RUN = [
    order("1", DAY, {"sale.product": 100}),
    "run",
    order("1", DAY, {"sale.product": 100}, {"paypal": 30, "card": 70}),
]
ONE_SENT = [order("1", DAY, {"sale.product": 100}), "deliver"]
SENT = [order("2", DAY, {"sale.product": 200}), payout("P2", PAID_DAY, row("2", 200, DAY)), "deliver"]
RESTATED_AFTER_IT_WAS_SENT = [*SENT, payout("P2", PAID_DAY, row("2", 100, DAY)), "run"]
FAILED_AFTER_IT_WAS_SENT = [*SENT, payout("P2", PAID_DAY, row("2", 200, DAY), status="failed"), "run"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from((Mode.DAY, Mode.ORDER, Mode.PAYOUT)), st.booleans(), edits, strangers)
@example(played=CHANGED_AFTER_A_RUN, mode=Mode.DAY, has_invoices=False, edited=[], foreign=[])
@example(played=CHANGED_AFTER_A_RUN, mode=Mode.ORDER, has_invoices=True, edited=[], foreign=[("1210", 5)])
@example(
    played=[*CHANGED_AFTER_A_RUN, CHANGED_AFTER_A_RUN[0]], mode=Mode.DAY, has_invoices=False, edited=[], foreign=[]
)
@example(played=RESTATED_AFTER_IT_WAS_SENT, mode=Mode.DAY, has_invoices=False, edited=[], foreign=[])
@example(played=FAILED_AFTER_IT_WAS_SENT, mode=Mode.DAY, has_invoices=False, edited=[], foreign=[])
@example(played=ONE_SENT, mode=Mode.DAY, has_invoices=False, edited=[(0, "copy"), (1, "delete")], foreign=[])
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
    history = Played(counter, played)
    wanted = edit(counter, edited)
    for account, minor in foreign:
        counter.ledger.add_foreign(date(2026, 6, 8), [(account, minor), ("3100", -minor)])

    report = counter.check_ledger()

    found = Tally(codes(report))
    assert {code: found[code] for code in wanted} == wanted
    waiting = {"never_booked", "newer_not_booked", "not_delivered", "payout_rows", "wrong_side", *UNPAID}
    assert found.keys() <= wanted.keys() | waiting | RESTATED | {"foreign"}
    assert found["foreign"] <= len(foreign)
    assert history.allows(found)
    assert are_explained(report)
    red = [green for green in report.greens if green.answer is Answer.NO]
    assert report.open_findings or all("(not: " in green.why for green in red), "what is red says why"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from((Mode.DAY, Mode.ORDER, Mode.PAYOUT)), st.booleans())
@example(played=RESTATED_AFTER_IT_WAS_SENT, mode=Mode.DAY, has_invoices=False)
@example(played=FAILED_AFTER_IT_WAS_SENT, mode=Mode.DAY, has_invoices=False)
def test_once_all_is_delivered_every_day_ties_and_nothing_is_found(
    make_counter: MakeCounter, played: list[Fact | str], mode: Mode, has_invoices: bool
) -> None:
    counter = make_counter(mode=mode, has_invoices=has_invoices)
    history = Played(counter, [*played, "deliver"])

    report = counter.check_ledger()

    assert set(codes(report)) <= {"payout_rows", "wrong_side", *UNPAID} | RESTATED
    assert history.allows(Tally(codes(report)))
    assert all(tie.is_tied for tie in report.days)
    assert are_explained(report)
