"""Orders edited after payment: receipts as charged, the first lines as they were, each edit on its own day."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plugin import ConcernKind
from plugins.woocommerce.tests.shop import (
    SHOPS,
    Reading,
    item,
    join,
    meta,
    one,
    order,
    read,
    recorded,
    sample,
    tax,
    tax_line,
)

NAMES = ("edited_1_paid", "edited_2_line_added", "edited_3_line_removed")
TOTALS = {"gb_inclusive": (4547, 6742, 5272), "us_exclusive": (5296, 7686, 6085)}
PAYPAL = {
    "paypal_fee": {"currency_code": "GBP", "value": "0.93"},
    "gross_amount": {"currency_code": "GBP", "value": "10.00"},
    "net_amount": {"currency_code": "GBP", "value": "9.07"},
}


def paid(total: str, *lines: Any, at: str = "Thu, 12 Mar 2026 09:00:00 GMT", **more: Any) -> Any:
    """An answer about an order with these lines, given at an instant; its date of modification never moves."""
    return recorded([order(total=total, line_items=list(lines) or [item(1, total)], **more)], at=at)


def sale(*files: Any) -> Reading:
    return join(*files)[0]


def charged(found: Reading) -> int:
    return -sum(line.amount_minor for line in found.lines if line.part.is_money)


def by_day(found: Reading) -> dict[str, int]:
    sums = Counter[str]()
    for line in found.booked:
        sums[f"{line.occurred_at:%d %H:%M}"] += line.amount_minor
    return {day: minor for day, minor in sums.items() if minor}


@pytest.mark.parametrize("shop", SHOPS)
def test_a_recorded_order_edited_twice_keeps_its_lines_and_receipt_and_adds_each_edit_on_its_day(shop: str) -> None:
    """F21, C14: 45.47, 67.42, 52.72; in the British shop its date of modification never moves."""
    answers = [json.loads(sample(f"{shop}/timeline/{name}")) for name in NAMES]
    first, second, third = (join(*answers[:count], order_id="99")[0] for count in (1, 2, 3))
    totals, hour = TOTALS[shop], {"gb_inclusive": 9, "us_exclusive": 16}[shop]

    assert tuple(each.start.total_minor for each in (first, second, third)) == totals
    assert [each.off_minor for each in (first, second, third)] == [0, 0, 0]
    assert {charged(each) for each in (first, second, third)} == {totals[0]}
    assert len({each.start.paid_at for each in (first, second, third)}) == 1
    assert set(first.lines) < set(second.lines) < set(third.lines)
    assert by_day(third) == {
        f"10 {hour:02}:00": totals[0],
        f"12 {hour:02}:00": totals[1] - totals[0],
        f"12 {hour:02}:05": totals[2] - totals[1],
    }
    assert first.concerns == ()
    for each, total, minute in ((second, totals[1], 0), (third, totals[2], 5)):
        (concern,) = each.concerns
        assert (concern.kind, concern.amount_minor) == (ConcernKind.EDITED, total - totals[0])
        assert concern.at == datetime(2026, 3, 12, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("shop", SHOPS)
def test_what_is_kept_of_an_order_says_its_former_contents_again_and_changes_nothing(shop: str) -> None:
    """Two of these answers were given in the same second."""
    answers = [json.loads(sample(f"{shop}/timeline/{name}")) for name in NAMES]
    once, again = (join(*told, order_id="99") for told in (answers, [*answers, *answers, answers[0]]))

    assert [(each.lines, each.start, each.concerns) for each in again] == [
        (each.lines, each.start, each.concerns) for each in once
    ]


def test_plain_answers_without_any_instant_count_in_the_turn_they_came() -> None:
    """In a shop that keeps orders as posts; one that was there before is not the news."""
    first, second = order(total="10.00"), order(total="12.00", line_items=[item(1, "12.00")])

    assert sale(first, second).start.total_minor == 1200
    assert sale(first, second, first).lines == sale(first, second).lines


@pytest.mark.parametrize("shop", SHOPS)
def test_an_edited_order_read_for_the_first_time_is_charged_what_its_gateway_says(shop: str) -> None:
    """C14: net and fee of the gateway on the order; its date of modification says nothing of the edit."""
    found = join(json.loads(sample(f"{shop}/timeline/{NAMES[2]}")), order_id="99")[0]

    assert (found.start.total_minor, charged(found)) == (TOTALS[shop][2], TOTALS[shop][0])
    assert [concern.kind for concern in found.concerns] == [ConcernKind.EDITED]
    assert "45.47 GBP were charged" in found.concerns[0].message or shop == "us_exclusive"


@pytest.mark.parametrize(
    ("gateway", "fields"),
    [
        ("stripe", [meta("_stripe_fee", "0.93"), meta("_stripe_net", "9.07"), meta("_stripe_currency", "GBP")]),
        ("woocommerce_payments", [meta("_wcpay_transaction_fee", 0.93), meta("_wcpay_net", "9.07")]),
        ("ppcp-gateway", [meta("_ppcp_paypal_fees", PAYPAL)]),
    ],
)
def test_every_gateways_own_figure_is_known(gateway: str, fields: list[Any]) -> None:
    found = one(paid("12.00", payment_method=gateway, meta_data=fields))

    assert charged(found) == 1000
    assert [(each.kind, each.amount_minor) for each in found.concerns] == [(ConcernKind.EDITED, 200)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"authorization_amount": "10.00", "charge_captured": "yes"}, 1000),
        ({"authorization_amount": 10, "capture_total": "0.00", "charge_captured": "yes"}, 1000),
        ({"authorization_amount": "10.00", "capture_total": "9.50", "charge_captured": "yes"}, 950),
        ({"authorization_amount": "10.00", "charge_captured": "no"}, None),
        ({"authorization_amount": "10.00"}, None),
        ({"authorization_amount": "ten", "charge_captured": "yes"}, None),
        ({"authorization_amount": "10.00", "charge_captured": "Ann Sample"}, None),
    ],
)
def test_what_a_gateway_captured_is_the_charge_though_the_order_is_seen_only_after_its_edit(
    fields: dict[str, Any], expected: int | None
) -> None:
    """What was paid back since does not lower it, as it lowers a gateway's net."""
    own = [meta(f"_wc_square_credit_card_{name}", value) for name, value in fields.items()]
    told: dict[str, Any] = {"payment_method": "square_credit_card", "refunds": [{"id": 90, "total": "-3.00"}]}
    found = one(paid("12.00", meta_data=own, **told))
    other = one(paid("12.00", meta_data=own, **(told | {"payment_method": "braintree_credit_card"})))

    assert charged(found) == (1200 if expected is None else expected)
    assert [each.kind for each in found.concerns] == ([] if expected is None else [ConcernKind.EDITED])
    assert (charged(other), other.concerns) == (1200, ())
    assert b"Ann Sample" not in found.start.payload


@pytest.mark.parametrize(
    ("gateway", "fields"),
    [
        ("stripe", [meta("_stripe_fee", "0.93"), meta("_stripe_net", "8.50"), meta("_stripe_currency", "USD")]),
        ("stripe", [meta("Stripe Fee", "0.93"), meta("Net Revenue From Stripe", "8.50")]),
        (
            "woocommerce_payments",
            [
                meta("_wcpay_transaction_fee", "0.93"),
                meta("_wcpay_net", "8.50"),
                meta("_wcpay_multi_currency_stripe_exchange_rate", 1.17),
            ],
        ),
        ("klarna", [meta("_stripe_fee", "0.93"), meta("_stripe_net", "8.50"), meta("_stripe_currency", "GBP")]),
        ("stripe", [meta("_stripe_fee", "?"), meta("_stripe_net", "8.50")]),
        ("stripe", []),
    ],
)
def test_a_figure_in_another_currency_or_of_another_gateway_says_nothing_of_the_charge(
    gateway: str, fields: list[Any]
) -> None:
    """F27: where neither figure nor former content is known, the shop's total is taken."""
    found = one(paid("12.00", payment_method=gateway, meta_data=fields))

    assert (charged(found), found.concerns) == (1200, ())


@pytest.mark.parametrize(
    ("net", "refunds", "expected", "concern"),
    [
        ("11.50", ["-3.00"], 1200, None),
        ("8.50", ["-3.00"], 1200, None),
        ("6.50", ["-3.00", "-2.00"], 1200, None),
        ("9.50", ["-3.00", "-2.00"], 1200, None),
        ("7.00", ["-3.00"], 1200, ConcernKind.CHARGE_UNKNOWN),
    ],
)
def test_a_figure_lowered_by_what_was_paid_back_is_the_charge_all_the_same(
    net: str, refunds: list[str], expected: int, concern: ConcernKind | None
) -> None:
    """Stripe's gateway lowers its net by refunds that went through it, and not by others."""
    fields = [meta("_stripe_fee", "0.50"), meta("_stripe_net", net), meta("_stripe_currency", "GBP")]
    stubs = [{"id": 90 + number, "total": total} for number, total in enumerate(refunds)]
    found = one(paid("12.00", meta_data=fields, refunds=stubs))

    assert charged(found) == expected
    assert [each.kind for each in found.concerns] == ([concern] if concern else [])


def test_a_figure_that_comes_later_counts_and_refunds_after_it_change_nothing() -> None:
    told = [meta("_stripe_fee", "0.50"), meta("_stripe_net", "9.50"), meta("_stripe_currency", "GBP")]
    lowered = [told[0], meta("_stripe_net", "6.50"), told[2]]
    first = paid("10.00")
    second = paid("12.00", meta_data=told, at="Fri, 13 Mar 2026 09:00:00 GMT")
    third = paid("12.00", meta_data=lowered, refunds=[{"id": 88, "total": "-3.00"}], at="Sat, 14 Mar 2026 09:00:00 GMT")

    assert [charged(sale(*answers)) for answers in ([first], [first, second], [first, second, third])] == [1000] * 3


def test_an_order_of_its_old_size_again_leaves_nothing_to_decide_and_its_edits_where_they_were() -> None:
    found = sale(
        paid("10.00"),
        paid("15.00", item(1, "10.00"), item(2, "5.00"), at="Fri, 13 Mar 2026 09:00:00 GMT"),
        paid("10.00", item(1, "10.00"), at="Sat, 14 Mar 2026 09:00:00 GMT"),
    )

    assert by_day(found) == {"10 09:00": 1000, "13 09:00": 500, "14 09:00": -500}
    assert (found.start.total_minor, charged(found), found.concerns) == (1000, 1000, ())


def test_an_edit_that_taxes_the_order_anew_takes_lines_back_at_their_old_rate() -> None:
    """A rate that changed since the sale: the shop taxes every line with today's."""

    def at(percent: float, tax_minor: str, day: str, rate: int) -> Any:
        line = item(1, "10.00", [tax(rate, tax_minor)])
        rates = [tax_line(rate, percent, tax_minor)]
        total = f"{10 + float(tax_minor):.2f}"
        return paid(total, line, total_tax=tax_minor, tax_lines=rates, at=f"{day} Mar 2026 09:00:00 GMT")

    found = sale(at(20, "2.00", "Thu, 12", 1), at(17.5, "1.75", "Fri, 13", 2))

    later = {(line.kind, line.tax_rate): line.amount_minor for line in found.booked if line.occurred_at.day == 13}
    assert later == {
        ("sale.product", "20"): -1000,
        ("tax.collected", "20"): -200,
        ("sale.product", "17.5"): 1000,
        ("tax.collected", "17.5"): 175,
    }
    assert found.off_minor == 0


def test_an_edit_is_dated_when_the_shop_says_it_was_made_where_that_moves() -> None:
    """Orders in own tables."""
    first = paid("10.00", at="Thu, 12 Mar 2026 09:00:00 GMT")
    edited = {"date_modified_gmt": "2026-03-13T07:30:00"}
    second = paid("12.00", at="Sat, 14 Mar 2026 09:00:00 GMT", **edited)

    assert by_day(sale(first, second)) == {"10 09:00": 1000, "13 07:30": 200}


def test_what_was_edited_before_the_payment_was_never_anything_else() -> None:
    waiting = paid("10.00", date_paid_gmt=None, status="on-hold")
    came = paid("12.00", at="Fri, 13 Mar 2026 09:00:00 GMT")

    assert sale(waiting, came).booked == sale(came).booked
    assert sale(waiting, came).concerns == ()


@pytest.mark.parametrize(
    "later",
    [
        {"status": "completed", "date_modified_gmt": "2026-03-15T09:00:00"},
        {"line_items": [item(1, "10.00", name="Cup", sku=None, product_id=0)]},
        {"total": "10", "line_items": [item(1, "10.000000", subtotal="10.000000")]},
        {"date_paid_gmt": None},
        {"total": "10.01"},
    ],
)
def test_what_changes_no_line_is_no_edit(later: dict[str, Any]) -> None:
    """Statuses, names, products that were deleted, decimals, rounding: the sale and its payment stay what they were."""
    first = paid("10.00")
    second = recorded([order(**{"total": "10.00", **later})], at="Sun, 15 Mar 2026 10:00:00 GMT")

    assert sale(first, second).lines == sale(first).lines
    assert sale(first, second).start.paid_at == sale(first).start.paid_at
    assert sale(first, second).concerns == ()


def test_a_reference_that_is_written_after_the_payment_is_the_payments() -> None:
    first = paid("10.00", transaction_id="")
    second = paid("10.00", at="Fri, 13 Mar 2026 09:00:00 GMT")

    assert sale(first, second).line("tender").reference == "stripe:ch_1"


def test_an_order_whose_currency_changed_after_payment_is_held() -> None:
    found = sale(paid("10.00"), paid("1000", currency="JPY", at="Fri, 13 Mar 2026 09:00:00 GMT"))

    assert (found.start.currency, found.start.total_minor) == ("GBP", 1000)
    assert [(each.code, each.blocking) for each in found.problems if each.blocking] == [
        ("woocommerce.currency_changed", True)
    ]


def test_all_contents_of_a_file_are_kept_so_that_later_readings_know_them() -> None:
    first, second, third = (
        paid(f"{total}.00", at=f"Thu, {day} Mar 2026 09:00:00 GMT") for day, total in ((12, 10), (13, 12), (14, 15))
    )
    together = sale([first, second, third])

    assert together.lines == sale(first, second, third).lines
    (again,) = read([json.loads(together.start.payload)])
    assert (again.start, again.lines) == (together.start, together.lines)


# Each once: a content like the one before it is known to the host already and not kept, so that of several that take
# turns, told backwards, some changes to and fro are never seen.
CONTENTS = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(0, 5000), st.sampled_from([20, 5, 0])),
    min_size=1,
    max_size=4,
    unique=True,
)


def content(number: int, first: int, second: int, rate: int) -> Any:
    """Two goods at one rate, told on a day of its own."""
    lines, whole_tax, net = [], 0, 0
    for place, minor in ((1, first), (2, second)):
        own = (minor * rate + 50) // 100
        if minor:
            lines.append(item(place, f"{minor / 100:.2f}", [tax(rate + 1, f"{own / 100:.2f}")]))
        whole_tax, net = whole_tax + own, net + minor
    return paid(
        f"{(net + whole_tax) / 100:.2f}",
        *lines,
        total_tax=f"{whole_tax / 100:.2f}",
        tax_lines=[tax_line(rate + 1, rate, f"{whole_tax / 100:.2f}")],
        at=f"Thu, {12 + number} Mar 2026 09:00:00 GMT",
    )


@given(CONTENTS, st.data())
def test_contents_in_any_turn_of_files_give_the_same_order_and_add_up_to_the_newest(
    told: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """D17, F21: read one by one, together, again and backwards."""
    answers = [content(number, *each) for number, each in enumerate(told)]
    turns = data.draw(st.permutations(answers))
    again = data.draw(st.lists(st.sampled_from(answers), max_size=2))
    found, expected = sale(*turns, *again), sale(answers)

    assert (found.start.total_minor, found.lines, found.concerns) == (
        expected.start.total_minor,
        expected.lines,
        expected.concerns,
    )
    newest = one(answers[-1])
    assert (found.off_minor, found.start.total_minor) == (0, newest.start.total_minor)
    assert charged(found) == charged(one(answers[0]))
    sums = Counter({key: minor for key, minor in found.by_rate().items() if minor})
    assert sums == Counter({key: minor for key, minor in newest.by_rate().items() if minor})
