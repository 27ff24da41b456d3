"""A check that takes over what the last one knew of days says what one says that reads all of our books anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, timedelta
from random import Random

import msgspec
import pytest

from bridge.books import Books
from bridge.drift import Drift, Report
from bridge.drift.sides import Party, before_of, chart_of, signs_of, told, touched
from bridge.drift.sides.days import Day
from bridge.errors import ConfigError, InvariantError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import Mode
from bridge.model.findings import InstructionKind
from bridge.model.rules import Rule
from tests.books.shop import CAPABILITIES, LEDGER, Fact, order, refund
from tests.drift.counter import Counter, MakeCounter, payout, row
from tests.drift.reading import read_whole

FIRST = date(2026, 6, 1)
APART = timedelta(days=3)
"""So long between two checks that the feed of the ledger no longer tells of what the last one saw."""


class Story:
    """A shop in whose life anything may come next."""

    def __init__(self, shop: Counter, seed: int) -> None:
        self.shop, self.chance = shop, Random(seed)
        self.orders: dict[str, Fact] = {}
        self.paid_out: set[str] = set()
        self.payouts = 0

    # What may happen.

    def sell(self) -> None:
        for _ in range(self.chance.randint(2, 6)):
            name = f"{1001 + len(self.orders)}"
            parts = {"sale.product": self.chance.randint(1, 90) * 100}
            if self.chance.random() < 0.3:
                parts["sale.shipping"] = 500
            gateway = self.chance.choice(("card", "card", "card", "paypal", "cash", "gift_card"))
            self.orders[name] = order(name, self._when(), parts, {gateway: sum(parts.values())})
            self.shop.receive(self.orders[name])
        self.book()

    def book(self) -> None:
        self.shop.run()
        self.shop.deliver()

    def sell_and_wait(self) -> None:
        """Booked, and not yet sent."""
        name = f"{1001 + len(self.orders)}"
        self.orders[name] = order(name, self._when(), {"sale.product": 1900})
        self.shop.book(self.orders[name])

    def sell_unpaid(self) -> None:
        name = f"{1001 + len(self.orders)}"
        self.orders[name] = order(name, self._when(), {"sale.product": 700}, {})
        self.shop.book(self.orders[name])

    def edit_in_channel(self) -> None:
        name = self.chance.choice(sorted(self.orders))
        lines = self.orders[name].lines
        more = [msgspec.structs.replace(one, amount_minor=one.amount_minor * 2) for one in lines]
        self.orders[name] = self.orders[name].with_lines(more)
        self.shop.bring_in(self.orders[name])

    def take_out_of_channel(self) -> None:
        self.shop.bring_in(self.orders[self.chance.choice(sorted(self.orders))].ignored())

    def refund(self) -> None:
        name = self.chance.choice(sorted(self.orders))
        self.shop.bring_in(refund(f"r{self.chance.randint(1, 999)}", name, self._when(), {"refund.product": -100}))

    def pay_out(self) -> None:
        """A payout of some orders, late for most of them; now and then it names what an earlier one named."""
        some = self.chance.sample(sorted(self.orders), min(4, len(self.orders)))
        rows = [row(name, self._takings(name), self._when(), fee=30) for name in some]
        self.payouts += 1
        self.shop.bring_in(payout(f"p{self.payouts}", f"{self.shop.clock.now():%Y-%m-%d} 08:00", *rows))

    def issue_payout_again(self) -> None:
        """The newest payout, of one order alone."""
        name = self.chance.choice(sorted(self.orders))
        when = f"{self.shop.clock.now():%Y-%m-%d} 08:00"
        status = self.chance.choice(("paid", "failed"))
        rows = row(name, self._takings(name), when, fee=20)
        self.shop.bring_in(payout(f"p{max(self.payouts, 1)}", when, rows, status=status))

    def edit_in_ledger(self) -> None:
        ledger, ref = self.shop.ledger, self._ref()
        edits: tuple[Callable[[], object], ...] = (
            lambda: ledger.edit_amount(ref, 7),
            lambda: ledger.edit_date(ref, date(2026, 5, 5)),
            lambda: ledger.save_again(ref),
            lambda: ledger.leave_open(ref, self.chance.choice((0, 250))),
            lambda: ledger.void(ref),
            lambda: ledger.delete(ref),
            lambda: ledger.duplicate(ref),
            lambda: ledger.pay_out("2026-06-20", "1210", 1900),
            lambda: ledger.add_foreign(date(2026, 6, 9), [("1000", 4), ("1210", -4)], type="Payment", settles=(ref,)),
        )
        self.chance.choice(edits)()

    def undo(self) -> None:
        names = [one.voucher_id for one in self._delivered()]
        for name in self.chance.sample(names, min(1, len(names))):
            with suppress(ConfigError):  # something hinders it
                self.shop.undo(name)

    def book_again(self) -> None:
        with self.shop.store.reading() as unit:
            gone = unit.deliveries.with_state(LEDGER, DeliveryState.WITHDRAWN)
        for one in gone[:1]:
            self._decide(InstructionKind.BOOK_AGAIN, one.voucher_id)
        self.book()

    def accept(self) -> None:
        for kept in self.check().open_findings[:1]:
            if not kept.finding.binding:
                self._decide(InstructionKind.ACCEPT, kept.finding.finding_id)

    def new_rule(self) -> None:
        self.shop.rules(Rule("other", kind="sale.shipping", account=self.chance.choice(("4000", "4100", "4900"))))
        self.book()

    def other_first_day(self) -> None:
        self.shop.change_route(first_day=FIRST - timedelta(days=self.chance.randint(1, 9)))

    # What is asked.

    def check(self, *, in_full: bool = False) -> Report:
        shop, streams = self.shop, [stream.name for stream in CAPABILITIES.streams]
        with read_whole(shop.store, (shop.route.source,), streams, shop.clock.now()):
            return Drift(shop.store, shop.desk, shop.clock).check(shop.route.name, actor="cli", in_full=in_full)

    def check_anew(self) -> Report:
        """As if nothing had been handed on; what was, is afterwards."""
        bodies = self.handed_on()
        with self.shop.store.unit("test") as unit:
            unit.carries.forget(self.shop.route.route_id)
        report, made = self.check(), self.handed_on()
        with self.shop.store.unit("test") as unit:
            unit.carries.put(self.shop.route.route_id, self.shop.route.route_id, bodies, made.keys() - bodies.keys())
        return report

    def handed_on(self) -> Mapping[str, bytes]:
        with self.shop.store.reading() as unit:
            return unit.carries.of(self.shop.route.route_id, self.shop.route.route_id)

    def first(self) -> str:
        """The ledger's id of an object of the first order."""
        (name,) = [each.narration for each in self.shop.entries() if "1001" in each.narration]
        return self.shop.ref(name)

    def _takings(self, name: str) -> int:
        return sum(line.amount_minor for line in self.orders[name].lines if not line.part.is_money)

    def _when(self) -> str:
        return f"{FIRST + timedelta(days=self.chance.randint(0, 12))} 12:00"

    def _delivered(self) -> tuple[Delivery, ...]:
        with self.shop.store.reading() as unit:
            return unit.deliveries.with_state(LEDGER, DeliveryState.DELIVERED)

    def _ref(self) -> str:
        there = {copy.ref for copy in self.shop.ledger.objects()}
        return self.chance.choice([one.ref for one in self._delivered() if one.ref in there])

    def _decide(self, kind: InstructionKind, subject: str) -> None:
        shop = self.shop
        with suppress(ConfigError):  # it cannot be booked again
            Books(shop.store, shop.desk, shop.clock).decide(kind, subject, by="ann", reason="seen")


HAPPENS = (
    Story.sell,
    Story.sell,
    Story.sell_and_wait,
    Story.sell_unpaid,
    Story.book,
    Story.edit_in_channel,
    Story.take_out_of_channel,
    Story.refund,
    Story.pay_out,
    Story.pay_out,
    Story.issue_payout_again,
    Story.edit_in_ledger,
    Story.edit_in_ledger,
    Story.undo,
    Story.book_again,
    Story.accept,
    Story.new_rule,
    Story.other_first_day,
)


def said(report: Report) -> dict[str, object]:
    """What a report says, but for how much was read for it."""
    left_out = {"audit_head", "read_back", "objects_read"}
    return {name: value for name, value in msgspec.structs.asdict(report).items() if name not in left_out}


@pytest.mark.parametrize("has_invoices", [False, True], ids=["journals", "invoices"])
@pytest.mark.parametrize("mode", [Mode.ORDER, Mode.DAY, Mode.PAYOUT])
def test_whatever_happened_a_check_says_what_one_says_that_reads_all(
    make_counter: MakeCounter, mode: Mode, has_invoices: bool
) -> None:
    """D03. The proof that goes before a reading in full holds too."""
    story = Story(make_counter(has_invoices=has_invoices, mode=mode), seed=7)
    story.sell()
    story.sell()
    report = story.check()
    for number in range(12):
        story.shop.clock.advance(APART.total_seconds())
        what = story.chance.choice(HAPPENS)
        what(story)
        report = story.check()
        assert said(story.check_anew()) == said(report), f"{number}: {what.__name__}"
    assert said(story.check(in_full=True)) == said(report)


@pytest.fixture
def quiet(make_counter: MakeCounter) -> Story:
    """Two orders of one day and one of the next, in a ledger of invoices that was checked; days have passed since."""
    story = Story(make_counter(mode=Mode.ORDER), seed=0)
    for name, when in (("1001", "2026-06-03 12:00"), ("1002", "2026-06-03 12:00"), ("1003", "2026-06-04 12:00")):
        story.orders[name] = order(name, when, {"sale.product": 1000})
    story.shop.bring_in(*story.orders.values())
    story.check()
    story.shop.clock.advance(APART.total_seconds())
    story.check()
    story.shop.clock.advance(APART.total_seconds())
    return story


def taken_over(story: Story) -> set[str]:
    """The days whose entries a check would take over now."""
    shop = story.shop
    facts = shop.ledger.facts()
    with shop.store.reading() as unit:
        chart = chart_of(facts, shop.route, CAPABILITIES, touched(unit.entries.touched(shop.route.route_id)))
        party, signs = Party(shop.route, CAPABILITIES, (chart.clearing.ledger_id,)), signs_of(unit, chart, LEDGER)
        then = before_of(unit, party, party, signs)
        held = told(unit, party, signs, then)
    return {on.isoformat() for on in held.days.keys() - held.remade} if held.remade is not None else set()


def test_after_a_quiet_week_every_day_is_taken_over_and_nothing_is_written(quiet: Story) -> None:
    first, second = "2026-06-03", "2026-06-04"
    before = quiet.handed_on()

    assert taken_over(quiet) == {first, second}
    assert quiet.check().open_findings == ()
    after = quiet.handed_on()
    assert {on for on in before if before[on] != after[on]} == {""}


TOUCHES: Mapping[str, Callable[[Story], object]] = {
    "amount": lambda story: story.shop.ledger.edit_amount(story.first(), 7),
    "deleted": lambda story: story.shop.ledger.delete(story.first()),
    "open again": lambda story: story.shop.ledger.leave_open(story.first(), 250),
    "another order": lambda story: story.shop.bring_in(order("1009", "2026-06-03 12:00", {"sale.product": 500})),
    "an order that goes before all of its day": lambda story: story.shop.bring_in(
        order("1000", "2026-06-03 12:00", {"sale.product": 500})
    ),
    "edited in the channel": lambda story: story.shop.bring_in(
        order("1001", "2026-06-03 12:00", {"sale.product": 900})
    ),
    "paid out": lambda story: story.shop.bring_in(
        payout("p1", "2026-06-20 08:00", row("1001", 1000, "2026-06-03 12:00"))
    ),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_a_day_of_which_something_was_touched_is_made_again_and_no_other(quiet: Story, touch: str) -> None:
    TOUCHES[touch](quiet)
    before = quiet.handed_on()
    report = quiet.check()
    after = quiet.handed_on()

    assert before["2026-06-03"] != after.get("2026-06-03")
    assert before["2026-06-04"] == after["2026-06-04"]
    assert said(quiet.check_anew()) == said(report)
    assert said(quiet.check(in_full=True)) == said(report)


def test_a_payment_that_its_payout_names_no_more_is_read_again(quiet: Story) -> None:
    """Neither the order nor its entry was touched."""
    when = "2026-06-03 12:00"
    quiet.shop.bring_in(payout("p1", "2026-06-20 08:00", row("1001", 1000, when), row("1002", 1000, when)))
    quiet.check()
    quiet.shop.clock.advance(APART.total_seconds())
    quiet.check()
    quiet.shop.bring_in(payout("p1", "2026-06-20 08:00", row("1001", 1000, when)))

    assert said(quiet.check()) == said(quiet.check_anew())


def test_a_route_that_is_set_up_otherwise_takes_nothing_over(quiet: Story) -> None:
    quiet.shop.change_route(time_zone="Europe/Berlin")
    assert taken_over(quiet) == set()


def test_sums_that_are_not_what_the_books_say_are_told_and_not_silently_replaced(quiet: Story) -> None:
    bodies = dict(quiet.handed_on())
    day = msgspec.msgpack.decode(bodies["2026-06-03"], type=Day)
    wrong = msgspec.structs.replace(day, documents=day.documents[:1])
    with quiet.shop.store.unit("test") as unit:
        route_id = quiet.shop.route.route_id
        unit.carries.put(route_id, route_id, {**bodies, "2026-06-03": msgspec.msgpack.encode(wrong)}, ())

    with pytest.raises(InvariantError, match="what checks carried forward is not what its books say") as refused:
        quiet.check(in_full=True)
    assert refused.value.code == "drift.carried"
    assert quiet.handed_on() == {}
    assert quiet.check(in_full=True).open_findings == ()
