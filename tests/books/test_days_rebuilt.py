"""Days, orders and payouts that are built again: nothing of a neighbour is lost, no key is used twice."""

from __future__ import annotations

import msgspec
import pytest

from bridge.model.connections import GiftCards, TaxRegime
from bridge.model.entries import Mode
from bridge.model.facts import LedgerTaxCode
from bridge.model.findings import InstructionKind
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line, Part
from bridge.model.rules import Rule
from tests.books.shop import MakeShop, Shop, at, money, order, payout, refund, sale

WHEN = "2026-06-03 12:00"
CODES = tuple(
    LedgerTaxCode(name, name, rate, (treatment,))
    for name, rate, treatment in (("S", "20", "sale:20"), ("P", "20", "purchase:20"), ("N", "", "none"))
)


@pytest.mark.parametrize("change", [{"time_zone": "Pacific/Auckland"}, {"mode": Mode.ORDER}])
def test_a_neighbour_stays_in_its_unsent_day_when_the_route_changes(shop: Shop, change: dict[str, str]) -> None:
    shop.book(order("1", "2026-06-03 23:00", {"sale.product": 1000}), order("2", WHEN, {"sale.product": 500}))
    shop.change_route(**change)
    shop.book(order("2", WHEN, {"sale.product": 600}), order("3", WHEN, {"sale.product": 70}))

    assert shop.balances()["4000"] == -1670
    shop.check()


def test_an_order_whose_row_moves_to_another_payout_is_not_lost(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.PAYOUT)

    def rows(*names: str) -> list[Line]:
        return [
            Line(
                key=f"r{name}",
                kind="settles",
                part=Part.SALE,
                amount_minor=1000,
                occurred_at=at(WHEN),
                reference=f"card:{name}/card",
            )
            for name in names
        ]

    shop.book(
        order("1", WHEN, {"sale.product": 1000}),
        order("2", WHEN, {"sale.product": 1000}),
        payout("P1", "2026-06-05 00:00", rows("1", "2")),
    )
    shop.book(payout("P1", "2026-06-05 00:00", rows("1")), payout("P2", "2026-06-06 00:00", rows("2")))
    shop.book(order("1", WHEN, {"sale.product": 1001}, {"card": 1001}))

    assert shop.balances()["4000"] == -2001
    shop.check()


def test_newer_rules_leave_an_order_and_a_payout_in_their_slots(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    odd = order("1", WHEN, {"unclassified": 1000})
    fee = [sale("f", "unclassified", -50, WHEN, Part.FEE), sale("s", "settles", 1000, WHEN)]
    shop.book(odd, payout("P1", "2026-06-05 00:00", fee))
    shop.rules(Rule("odd", kind="unclassified", as_kind="sale.other"))
    shop.run()
    shop.run()

    assert shop.balances() == {"1000": 950, "4060": -950}
    assert shop.reasons() == {"1": "booked", "P1": "booked"}
    shop.check()


def test_documents_without_lines_are_done_with(shop: Shop) -> None:
    shop.book(order("1", WHEN, {}, {}), payout("P1", WHEN, []), order("2", WHEN, {"sale.product": 100}))

    assert shop.reasons() == {"1": "booked", "2": "booked", "P1": "booked"}
    assert shop.balances() == {"1210": 100, "4000": -100}


def test_no_key_is_used_twice_where_a_person_withdraws_a_reversal(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    for minor in (1000, 900):
        shop.book(order("1", WHEN, {"sale.product": minor}))
        if minor == 1000:
            shop.deliver_all()
    reversal = next(entry for entry in shop.entries() if entry.purpose == "reversal")
    with shop.store.reading() as uow:
        (delivery,) = uow.deliveries.of_entry(reversal.entry_id)
    shop.books().decide(InstructionKind.WITHDRAW, delivery.voucher_id, by="ann", reason="by hand")
    shop.deliver_all()
    shop.book(order("1", WHEN, {"sale.product": 800}))
    shop.deliver_all()

    with shop.store.reading() as uow:
        keys = [
            each.voucher.key
            for each in uow.deliveries.of_route(shop.route.route_id)
            if each.voucher is not None and each.ref
        ]
    assert len(keys) == len(set(keys)) >= 3


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_an_order_that_changes_its_currency_is_undone_in_the_old_one(make_shop: MakeShop, mode: Mode) -> None:
    shop = make_shop(mode=mode)
    shop.book(order("1", WHEN, {"sale.product": 1000}))
    shop.deliver_all()
    shop.book(order("1", WHEN, {"sale.product": 1000}, currency="EUR"))

    sums: dict[str, int] = {}
    for entry in shop.entries():
        for posting in entry.postings:
            if posting.account == "4000":
                sums[entry.currency] = sums.get(entry.currency, 0) + posting.amount_minor
    assert sums == {"USD": 0, "EUR": -1000}


def test_what_is_open_of_an_order_comes_out_even_in_whatever_order_its_days_are_built(shop: Shop) -> None:
    short = order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"card": 600}, paid_at=at("2026-06-03 12:00"))
    shop.book(short)
    shop.book(refund("R1", "1", "2026-06-05 12:00", {"refund.product": -400}, {}))
    shop.book(order("2", "2026-06-03 13:00", {"sale.product": 1}))

    assert shop.balances() == {"1210": 601, "4000": -1001, "4200": 400}
    shop.check()


def test_tax_that_changes_inside_the_same_amounts_is_told(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    shop.ledger.tax_codes = CODES

    def taxed(net: int, tax: int) -> tuple[Line, ...]:
        return (
            sale("a", "sale.product", net, WHEN, tax=taxed_at("20")),
            sale("a:tax", "tax.collected", tax, WHEN, tax=taxed_at("20", base="sale.product")),
            money("t", "card", -1200, WHEN),
        )

    shop.book(order("1", WHEN, {}, {}).with_lines(taxed(1000, 200)))
    shop.deliver_all()
    shop.book(order("1", WHEN, {}, {}).with_lines(taxed(1001, 199)))

    assert [finding.code for finding in shop.findings()] == ["books.tax_alone"]


def test_a_payout_that_changes_after_its_transfer_went_out_is_told(shop: Shop) -> None:
    rows = [Line(key="s", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at(WHEN))]
    shop.book(payout("P1", "2026-06-05 00:00", rows))
    shop.deliver_all()
    shop.book(payout("P1", "2026-06-05 00:00", [*rows, sale("f", "fee.payment", -40, WHEN, Part.FEE)]))

    (finding,) = shop.findings()
    assert (finding.code, finding.amount_minor) == ("books.payout_changed", -40)


def test_a_payout_that_failed_after_its_transfer_went_out_is_told(shop: Shop) -> None:
    rows = [Line(key="s", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at(WHEN))]
    shop.book(payout("P1", "2026-06-05 00:00", rows))
    shop.deliver_all()
    shop.book(payout("P1", "2026-06-05 00:00", rows, status="failed"))

    assert [finding.code for finding in shop.findings()] == ["books.payout_bounced"]


def test_a_payout_that_failed_and_then_was_paid_is_transferred(shop: Shop) -> None:
    rows = [Line(key="s", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at(WHEN))]
    for status in ("scheduled", "failed", "paid"):
        shop.book(payout("P1", "2026-06-05 00:00", rows, status=status))
    shop.deliver_all()

    with shop.store.reading() as uow:
        standing = [each.state for each in uow.deliveries.of_route(shop.route.route_id) if each.ref]
    assert standing == ["delivered"]


def test_a_fee_whose_tax_has_no_rate_is_taken_back_with_the_tax_it_was_booked_with(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    shop.ledger.tax_codes = CODES
    rows = [
        sale("f", "fee.subscription", -1000, WHEN, Part.FEE),
        msgspec.structs.replace(
            sale("f:tax", "tax.on_fees", -200, WHEN, Part.FEE), tax=taxed_at("", base="fee.subscription")
        ),
    ]
    shop.book(payout("P1", "2026-06-05 00:00", rows))
    shop.deliver_all()
    shop.book(payout("P1", "2026-06-05 00:00", []))

    taxes = [posting.tax_minor for entry in shop.entries() for posting in entry.postings if posting.tax_minor]
    assert taxes == [200, -200]


def test_newer_rules_book_an_order_anew_as_its_newest_content(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    shop.book(order("1", WHEN, {"unclassified": 1000}))
    shop.book(order("1", WHEN, {"unclassified": 1100}))
    shop.rules(Rule("odd", kind="unclassified", as_kind="sale.other"))
    shop.run()

    (entry,) = shop.entries()
    with shop.store.reading() as uow:
        kept = uow.documents.latest(entry.document_id)
    assert kept is not None
    assert (entry.revision, entry.content_hash) == (2, kept.document.content_hash)
    assert shop.balances() == {"1210": 1100, "4060": -1100}


def test_refunds_keep_the_names_of_their_orders_when_newer_rules_book_them_anew(shop: Shop) -> None:
    shop.book(order("1", WHEN, {"sale.product": 1000}), refund("R1", "1", WHEN, {"unclassified": -300}))
    described = {posting.description for entry in shop.entries() for posting in entry.postings}
    shop.rules(Rule("odd", kind="unclassified", as_kind="refund.product"))
    shop.run()

    assert shop.balances()["4200"] == 300
    assert {posting.description for entry in shop.entries() for posting in entry.postings} == described
    assert "Refunded from order #1" in described


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("sale.product", {"vat_in_rows": True}),
        ("sale.product", {"tax_regime": TaxRegime.NOT_REGISTERED}),
        ("gift_card", {"gift_cards": GiftCards.MULTI_PURPOSE}),
    ],
)
def test_what_is_taken_back_takes_the_tax_with_it_that_it_was_booked_with(
    make_shop: MakeShop, kind: str, change: dict[str, object]
) -> None:
    vat = {"tax_regime": TaxRegime.VAT_STANDARD, "gift_cards": GiftCards.SINGLE_PURPOSE, "vat_in_rows": False}
    shop = make_shop(country="GB", **vat)
    shop.ledger.tax_codes = CODES
    sold = order("1", WHEN, {kind: 1200})
    shop.book(sold)
    shop.deliver_all()
    shop.change_route(**change)
    shop.book(sold.ignored())

    taxes = [posting.tax_minor for entry in shop.entries() for posting in entry.postings if posting.tax_minor]
    assert taxes == [-200, 200]
    assert shop.balances() == {}
    shop.check()
