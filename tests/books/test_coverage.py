"""Nothing is owed of a day or payout before its channel is read beyond it: after an outage the clock says nothing."""

from __future__ import annotations

from datetime import timedelta

from bridge.model.channel import Asking, ChannelFacts
from bridge.model.deliveries import Delivery
from bridge.model.entries import Mode
from bridge.model.lines import Line, Part
from tests.books.shop import MakeShop, Shop, at, order, payout, refund

MONDAY, TUESDAY, FRIDAY = "2026-06-01 12:00", "2026-06-02 12:00", at("2026-06-05 12:00")
HELD = {"coverage.awaited": 1}


def waiting(shop: Shop) -> dict[str, int]:
    """Run, and count what waits by its reason."""
    return dict(shop.run().waiting)


def held(shop: Shop) -> dict[str, str]:
    """What waits for its channel, with what is said of it, by what it is called."""
    with shop.store.reading() as uow:
        found: list[Delivery] = [one for one in uow.deliveries.of_route(shop.route.route_id) if one.reason in HELD]
        return {uow.entries.get(one.entry_id).entry.narration: one.note for one in found}


def paid_out(shop: Shop) -> None:
    """Two orders of which one is in Friday's payout, by card, and one was paid otherwise."""
    row = Line(
        key="r", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at(MONDAY), reference="card:1/card"
    )
    shop.receive(
        order("1", MONDAY, {"sale.product": 1000}),
        order("2", MONDAY, {"sale.product": 70}, {"paypal": 70}),
        payout("P1", "2026-06-05 06:00", [row]),
    )


def test_days_wait_for_a_stream_that_is_down_while_the_others_go_on(make_shop: MakeShop) -> None:
    """F10."""
    shop = make_shop(hold_back_hours=2)
    shop.receive(order("1", MONDAY, {"sale.product": 1000}), order("2", TUESDAY, {"sale.product": 500}))
    shop.read(orders=at("2026-06-02 08:00"), payouts=FRIDAY, disputes=FRIDAY)

    assert waiting(shop) == HELD
    assert held(shop) == {
        "Shop sales of 2026-06-02 (USD)": "more may come for 2026-06-02: of shop-us, orders are read through "
        "2026-06-02 08:00, and not yet through 2026-06-03 02:00 UTC; why: `bridge sources status shop-us`"
    }

    shop.receive(refund("9", "1", TUESDAY, {"refund.product": -200}))
    shop.read(orders=at("2026-06-03 02:00"))
    assert waiting(shop) == {}
    shop.deliver()
    assert shop.balances()["4000"] == -1500, "the outage ends, and one voucher tells the day with all that came late"


def test_days_wait_for_no_stream_that_brings_nothing_of_them(shop: Shop) -> None:
    shop.receive(order("1", MONDAY, {"sale.product": 1000}))
    shop.read(orders=FRIDAY)

    assert waiting(shop) == {}, "payouts and disputes were never read"


def test_days_wait_for_no_stream_that_the_channel_does_not_let_be_read(make_shop: MakeShop) -> None:
    """It would for ever: a finding says that it is not read, and its documents come by file."""
    shop = make_shop(mode=Mode.PAYOUT)
    paid_out(shop)
    shop.read(orders=FRIDAY + timedelta(days=2))
    facts = ChannelFacts(account="shop.example", currency="USD", time_zone="UTC")
    assert waiting(shop) == {"coverage.awaited": 2}
    with shop.store.unit("pull") as uow:
        uow.windows.put_asking(shop.connection.connection_id, Asking("", FRIDAY, told=facts))

    assert waiting(shop) == {}


def test_a_stream_that_was_never_read_holds_its_days(shop: Shop) -> None:
    """The first pull came no further than to be refused; what is there came by file."""
    shop.receive(order("1", MONDAY, {"sale.product": 1000}))
    with shop.store.unit("pull") as uow:
        uow.windows.put_asking(shop.connection.connection_id, Asking("", None))

    assert waiting(shop) == HELD
    assert "orders are not read at all" in next(iter(held(shop).values()))


def test_of_a_channel_that_is_only_brought_as_files_the_clock_alone_speaks(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.PAYOUT)
    paid_out(shop)

    assert waiting(shop) == {}


def test_a_payout_waits_for_its_orders_and_its_companion_for_orders_and_payouts(make_shop: MakeShop) -> None:

    shop = make_shop(mode=Mode.PAYOUT)
    paid_out(shop)
    shop.read(orders=FRIDAY, payouts=FRIDAY)
    assert waiting(shop) == HELD
    assert list(held(shop)) == ["Shop payout P1: sales (2026-06)"], "Friday is not read to its end; Monday is"

    shop.read(orders=at("2026-06-01 13:00"), payouts=FRIDAY + timedelta(days=2))
    shop.receive(order("3", MONDAY, {"sale.product": 5}, {"paypal": 5}))
    assert sorted(held_after(shop)) == [
        "Shop payout P1: sales (2026-06)",
        "Shop sales outside payouts of 2026-06-01 (USD)",
    ]

    shop.read(orders=FRIDAY + timedelta(days=2), payouts=at("2026-06-01 13:00"))
    assert sorted(held_after(shop)) == [
        "Shop payout P1: sales (2026-06)",
        "Shop sales outside payouts of 2026-06-01 (USD)",
    ]

    shop.read(payouts=FRIDAY + timedelta(days=2))
    assert held_after(shop) == {}


def held_after(shop: Shop) -> dict[str, str]:
    shop.run()
    return held(shop)


def test_the_transfer_of_a_payout_waits_for_no_stream(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.PAYOUT)
    paid_out(shop)
    shop.read(orders=at(MONDAY), payouts=at(MONDAY))
    shop.run()

    assert "Payout P1 of Shop" not in held(shop)
    assert len(held(shop)) == 2
