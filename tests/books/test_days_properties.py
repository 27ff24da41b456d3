"""Whatever comes twice, late, changed or out of order, and whenever it is sent: the books end up the same."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.entries import Mode
from bridge.model.lines import Line
from tests.books.mortal import Killed, Life, MortalStore
from tests.books.shop import Fact, MakeShop, Shop, at, order, payout, refund, sale

KINDS = ("sale.product", "sale.shipping", "tip", "tax.collected")
amounts = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 9_999), min_size=1, max_size=3)
days = st.integers(1, 4).map(lambda day: f"2026-06-0{day} 12:00")


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """An order or a refund of a few names, so that revisions of the same ones are frequent."""
    name = draw(st.sampled_from("123"))
    when = draw(days)
    parts = draw(amounts)
    if draw(st.booleans()):
        total = sum(parts.values())
        share = draw(st.sampled_from((1, 2, 3)))
        paid = {"card": total // share} if share < 3 else {"paypal": total // 2, "card": total - total // 2}
        return order(name, when, parts, paid, paid_at=at(when))
    back = {kind.replace("sale.", "refund."): -minor for kind, minor in parts.items()}
    return refund(f"R{name}", name, when, back, draw(st.sampled_from((None, {}))))


steps = st.lists(st.one_of(facts(), st.just("deliver"), st.just("run")), min_size=1, max_size=9)


def _play(shop: Shop, played: list[Fact | str]) -> None:
    for step in played:
        if isinstance(step, Fact):
            shop.receive(step)
        elif step == "run":
            shop.run()
        else:
            shop.run()
            shop.deliver()
        shop.check_open()
    shop.run()


def _last(played: list[Fact | str]) -> list[Fact]:
    """The content of each document that counts in the end."""
    found = {(step.kind, step.external_id): step for step in played if isinstance(step, Fact)}
    return list(found.values())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps, st.sampled_from((Mode.DAY, Mode.ORDER)))
def test_books_are_those_of_the_last_contents_however_they_came(
    make_shop: MakeShop, played: list[Fact | str], mode: Mode
) -> None:
    shop, fresh = make_shop(mode=mode), make_shop(mode=mode)
    _play(shop, played)
    fresh.book(*_last(played))

    shop.check()
    assert shop.balances() == fresh.balances()
    before = shop.text()
    shop.run()
    assert shop.text() == before


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts(), min_size=2, max_size=5), st.integers(1, 12), st.booleans())
def test_killed_between_any_two_units_of_work_it_goes_on(
    make_shop: MakeShop, played: list[Fact], dies_at: int, is_sent: bool
) -> None:
    shop, fresh = make_shop(), make_shop()
    shop.book(*played[:1])
    if is_sent:
        shop.deliver()
    shop.receive(*played[1:])
    try:
        shop.run(MortalStore(shop.store, Life(dies_at)))
    except Killed:
        shop.check_open()
    shop.run()
    fresh.book(*_last(list(played)))

    shop.check()
    assert shop.balances() == fresh.balances()


def test_a_payout_of_the_same_money_under_other_line_keys_moves_nothing(shop: Shop) -> None:
    def rows(prefix: str) -> list[Line]:
        return [
            sale(f"{prefix}1", "fee.payment", -50, "2026-06-02 10:00"),
            sale(f"{prefix}2", "settles", 1000, "2026-06-02 10:00"),
        ]

    shop.book(payout("P1", "2026-06-03 00:00", rows("csv")))
    shop.deliver_all()
    shop.book(payout("P1", "2026-06-03 00:00", rows("api")))

    assert shop.balances() == {"1000": 950, "1210": -1000, "6100": 50}
    shop.check()
