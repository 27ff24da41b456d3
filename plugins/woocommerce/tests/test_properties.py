"""Whatever a shop answers, and however it is cut into files, the same facts come back."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from plugins.woocommerce.tests.shop import (
    Reading,
    fee,
    item,
    meta,
    order,
    read,
    read_bytes,
    recorded,
    recording,
    refund,
    shipping,
    tax,
    tax_line,
    told,
)

RATES = {1: Decimal(20), 2: Decimal(5), 3: Decimal(0), 4: Decimal("8.875")}
CENT = Decimal("0.01")


def text(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("0.000001")), "f")


@st.composite
def orders(draw: st.DrawFn, *, per_line: bool | None = None) -> dict[str, Any]:
    """An order whose lines, tax and total are worked out as a shop does it, by line or at subtotal."""
    rounds_lines = draw(st.booleans()) if per_line is None else per_line
    prices = st.decimals(0, 500, places=6, allow_nan=False)
    by_rate: dict[int, list[Decimal]] = {rate: [Decimal(0), Decimal(0)] for rate in RATES}
    net = Decimal(0)

    def charged(amount: Decimal, rate: int, view: int, before: Decimal | None = None) -> list[dict[str, Any]]:
        exact, undiscounted = (each * RATES[rate] / 100 for each in (amount, amount if before is None else before))
        if rounds_lines:
            exact, undiscounted = (each.quantize(CENT, "ROUND_HALF_UP") for each in (exact, undiscounted))
        by_rate[rate][view] += exact
        own = tax(rate, text(exact), text(undiscounted))
        return [own, *(tax(other, "") for other in RATES if other != rate)]

    products, places = [], draw(st.integers(1, 12))
    for number in range(1, places + 1):
        before, rate = draw(prices), draw(st.sampled_from(list(RATES)))
        after = (before * draw(st.sampled_from([Decimal(1), Decimal("0.9"), Decimal(0)]))).quantize(Decimal("0.000001"))
        net += after
        products.append(item(number, text(after), charged(after, rate, 0, before), subtotal=text(before)))
    sent, extra = draw(prices), draw(prices)
    net += sent + extra
    carriage, surcharge = [shipping(91, text(sent), charged(sent, 1, 1))], [fee(92, text(extra), charged(extra, 1, 0))]
    whole_tax = sum((view for views in by_rate.values() for view in views), Decimal(0)).quantize(CENT, "ROUND_HALF_UP")
    total = (net + sum((view for views in by_rate.values() for view in views), Decimal(0))).quantize(
        CENT, "ROUND_HALF_UP"
    )
    if rounds_lines:
        total = net.quantize(CENT, "ROUND_HALF_UP") + whole_tax
    return order(
        total=text(total),
        total_tax=text(whole_tax),
        line_items=products,
        shipping_lines=carriage,
        fee_lines=surcharge,
        tax_lines=[
            tax_line(rate, float(RATES[rate]), text(views[0]), text(views[1])) for rate, views in by_rate.items()
        ],
    )


def _charges(sold: dict[str, Any]) -> list[dict[str, Any]]:
    return [*sold["line_items"], *sold["shipping_lines"], *sold["fee_lines"]]


@given(orders())
def test_an_order_of_the_shops_own_arithmetic_always_adds_up(sold: dict[str, Any]) -> None:
    """F18, D02: no cent of an order whose exact lines make its total goes to rounding, and none is lost."""
    found = read(sold)[0]

    assert found.off_minor == 0
    assert "rounding" not in found.by_kind()
    assert found.by_kind().get("tax.collected", 0) == int(Decimal(sold["total_tax"]) * 100)
    exact = {str(line["id"]): Decimal(line.get("subtotal", line["total"])) * 100 for line in _charges(sold)}
    assert all(abs(found.line(key).amount_minor - minor) <= 1 for key, minor in exact.items())


@given(orders())
def test_base_and_discount_have_the_tax_that_the_shop_states_of_each(sold: dict[str, Any]) -> None:
    """The discount's is the difference of the two that are stated; what was rounded stays with the base."""
    found = read(sold)[0]
    for line in sold["line_items"]:
        (own,) = [each for each in line["taxes"] if each["total"]]
        base, off = (
            sum(each.amount_minor for each in found.booked if each.key == f"{line['id']}{part}:tax:{own['id']}")
            for part in ("", ":discount")
        )
        before, after = (int((Decimal(own[each]) * 100).quantize(1, "ROUND_HALF_UP")) for each in ("subtotal", "total"))
        has_discount = f"{line['id']}:discount" in {each.key for each in found.booked}
        assert off == (after - before if has_discount else 0)
        assert abs(base + off - after) <= 1 + len(sold["line_items"])


@given(orders())
def test_every_taxed_line_is_within_a_rounding_of_what_the_shop_states(sold: dict[str, Any]) -> None:
    found = read(sold)[0]
    for line in sold["line_items"]:
        (own,) = [each for each in line["taxes"] if each["total"]]
        keys = {f"{line['id']}:tax:{own['id']}", f"{line['id']}:discount:tax:{own['id']}"}
        tax_minor = sum(each.amount_minor for each in found.booked if each.key in keys)
        assert abs(tax_minor - Decimal(own["total"]) * 100) <= 1 + len(sold["line_items"])
        assert found.line(str(line["id"])).tax_rate == f"{RATES[own['id']].normalize():f}"


@given(orders(per_line=True), st.data())
def test_a_refund_of_lines_that_make_its_amount_has_no_rounding_either(
    sold: dict[str, Any], data: st.DataObject
) -> None:
    """In a shop that rounds tax at the subtotal, a line's may be a cent more than its rate has left."""
    taken = data.draw(st.lists(st.sampled_from(sold["line_items"]), min_size=1, unique_by=lambda line: line["id"]))
    rates: dict[int, Decimal] = dict.fromkeys(RATES, Decimal(0))
    lines, net = [], Decimal(0)
    for line in taken:
        (own,) = [each for each in line["taxes"] if each["total"]]
        rates[own["id"]] += Decimal(own["total"])
        net += Decimal(line["total"])
        named = [meta("_refunded_item_id", str(line["id"]))]
        facts = {"meta_data": named, "total_tax": text(-Decimal(own["total"])), "sku": line["sku"]}
        given_back = [tax(own["id"], text(-Decimal(own["total"])))]
        lines.append(item(1000 + line["id"], text(-Decimal(line["total"])), given_back, **facts))
    amount = (net + sum(rates.values())).quantize(CENT, "ROUND_HALF_UP")
    assume(abs(amount - Decimal(sold["total"])) != CENT)  # all of the order, and a cent: that is a rounding of the shop
    by_rate = [tax_line(rate, float(RATES[rate]), text(-minor)) for rate, minor in rates.items()]
    back = refund(amount=text(amount), line_items=lines, tax_lines=by_rate)
    (found,) = [each for each in read([sold, back]) if each.start.kind is DocumentKind.REFUND]

    assert found.off_minor == 0
    assert "rounding" not in found.by_kind()


@given(orders(), st.decimals("0", "600", places=2), st.booleans())
def test_a_refund_is_its_amount_whatever_its_lines_are(sold: dict[str, Any], amount: Decimal, whole: bool) -> None:
    """F19."""
    lines = [{**line, "total": f"-{line['total']}", "subtotal": f"-{line['subtotal']}"} for line in sold["line_items"]]
    for line in lines:
        line["taxes"] = [{**each, "total": each["total"] and f"-{each['total']}"} for each in line["taxes"]]
    rates = [{**rate, "tax_total": f"-{rate['tax_total']}"} for rate in sold["tax_lines"]] if whole else []
    back = refund(amount=text(amount), line_items=lines, tax_lines=rates)
    (found,) = [each for each in read([sold, back]) if each.start.kind is DocumentKind.REFUND]

    assert found.start.total_minor == -int(amount * 100)
    assert found.off_minor == 0
    assert found.by_kind().get("tender", 0) == int(amount * 100)


# Files


@cache
def everything() -> tuple[Any, ...]:
    """Every order and refund of a recorded shop."""
    orders, refunds = (
        told(f"gb_inclusive/{name}")["body"] for name in ("orders/all_dp6_oldest_first", "refunds/all_dp6")
    )
    return (*orders, *refunds)


@cache
def expected() -> dict[tuple[DocumentKind, str], Reading]:
    return {each.name: each for each in recording("gb_inclusive")}


def facts(found: list[Reading]) -> dict[tuple[DocumentKind, str], Any]:
    return {each.name: (each.start.total_minor, each.start.paid_at, each.lines) for each in found}


@given(st.data())
def test_any_split_into_answers_in_any_order_brings_the_same_documents(data: st.DataObject) -> None:
    """F20, D17: pages may come in any order, overlap, and be read again."""
    shuffled = data.draw(st.permutations(everything()))
    size = data.draw(st.integers(1, 20))
    again = data.draw(st.lists(st.sampled_from(everything()), max_size=5))
    pages = [recorded(shuffled[begin : begin + size]) for begin in range(0, len(shuffled), size)]
    content = json.dumps([*pages, recorded(again)], default=float).encode()

    assert facts(read_bytes(content)) == facts(list(expected().values()))


@given(st.data())
def test_orders_in_files_of_their_own_are_the_same_as_in_one(data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from([each for each in everything() if "amount" not in each]), min_size=1))
    found = [each for sold in some for each in read_bytes(json.dumps(sold, default=float).encode())]

    told = [each for each in found if each.start.awaits is None]

    assert facts(told).items() <= facts(list(expected().values())).items()


# Damage


@given(st.binary(max_size=300))
def test_no_bytes_bring_anything_but_a_refusal(content: bytes) -> None:
    with suppress(DocumentError):
        raise AssertionError(read_bytes(content))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


FIELDS = sorted({*order(), "prices_include_tax", "gift_cards", "pw_gift_cards_redeemed", "_links"})


@given(orders(), st.sampled_from(FIELDS), JSON)
def test_any_value_in_any_field_is_read_or_refused(sold: dict[str, Any], field: str, value: Any) -> None:
    with suppress(DocumentError):
        read([{**sold, field: value}, refund()])


@given(st.sampled_from(sorted(refund())), JSON)
def test_any_value_in_any_field_of_a_refund_is_read_or_refused(field: str, value: Any) -> None:
    with suppress(DocumentError):
        read([order(), {**refund(line_items=[item()]), field: value}])


@given(orders(), st.sampled_from([*sorted(item()), "meta_data"]), JSON)
def test_any_value_in_any_field_of_a_line_is_read_or_refused(sold: dict[str, Any], field: str, value: Any) -> None:
    sold["line_items"][0][field] = value
    with suppress(DocumentError):
        assert read([sold, refund(line_items=[{**sold["line_items"][0]}])])


@given(
    orders(),
    st.sampled_from(
        ["_stripe_fee", "_stripe_net", "_wcpay_net", "_ppcp_paypal_fees", "_ywgc_applied_gift_cards", "_funds_used"]
    ),
    JSON,
)
def test_any_value_in_a_free_field_is_read(sold: dict[str, Any], key: str, value: Any) -> None:
    told = {**sold, "meta_data": [meta("_stripe_fee", "0.50"), meta(key, value)]}
    with suppress(DocumentError):
        found = read(told)
        (sale, *_) = read_bytes(found[0].start.payload)
        assert (sale.start, sale.lines) == (found[0].start, found[0].lines)
