"""Over any sequence of refunds the lines are the amounts, no rate gives back more tax than it took, and all is all."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.model.documents import DocumentKind
from plugins.woocommerce.tests.shop import Reading, fee, item, join, meta, order, read, recorded, refund, tax, tax_line

RATES = {1: 20, 2: 5, 3: 0}
MIRRORED = {"refund.product": "sale.product", "refund.discount": "discount.product", "refund.other": "sale.other"}


def text(minor: int) -> str:
    sign, digits = ("-" if minor < 0 else ""), f"{abs(minor):03d}"
    return f"{sign}{digits[:-2]}.{digits[-2:]}"


@st.composite
def sales(draw: st.DrawFn) -> dict[str, Any]:
    """An order of some goods at several rates, discounted or not, with a surcharge."""
    lines, taxes, total = [], Counter[int](), 0
    for number in range(1, draw(st.integers(1, 5)) + 1):
        gross, rate = draw(st.integers(1, 20_000)), draw(st.sampled_from(list(RATES)))
        net = gross - draw(st.sampled_from([0, gross // 10, gross]))
        tax_minor = (net * RATES[rate] + 50) // 100
        before = (gross * RATES[rate] + 50) // 100
        lines.append(item(number, text(net), [tax(rate, text(tax_minor), text(before))], subtotal=text(gross)))
        taxes[rate] += tax_minor
        total += net + tax_minor
    extra = draw(st.integers(0, 500))
    return order(
        total=text(total + extra),
        total_tax=text(sum(taxes.values())),
        prices_include_tax=draw(st.booleans()),
        line_items=lines,
        fee_lines=[fee(90, text(extra))],
        tax_lines=[tax_line(rate, percent, text(taxes[rate])) for rate, percent in RATES.items()],
    )


@st.composite
def refunds(draw: st.DrawFn, sold: dict[str, Any]) -> list[dict[str, Any]]:
    """Refunds as the shop takes them: together no more than the order; of lines, of free amounts, or contradictory."""
    left, found = int(sold["total"].replace(".", "")), []
    for number in range(draw(st.integers(1, 4))):
        amount = draw(st.sampled_from([left, left // 2, draw(st.integers(0, max(left, 0)))]))
        lines = []
        for taken in draw(st.lists(st.sampled_from(sold["line_items"]), max_size=2, unique_by=lambda one: one["id"])):
            named = [meta("_refunded_item_id", str(taken["id"]))] if draw(st.booleans()) else []
            stated = [{**each, "total": f"-{each['total']}"} for each in taken["taxes"]] if draw(st.booleans()) else []
            net = draw(st.sampled_from([taken["total"], "1.00"]))
            lines.append(item(100 * number + taken["id"], f"-{net}", stated, meta_data=named, sku=taken["sku"]))
        at = f"2026-03-12T10:00:{number:02d}"
        found.append(refund(1000 + number, text(amount), date_created_gmt=at, line_items=lines))
        left -= amount
    return found


def by_base_and_rate(readings: list[Reading]) -> tuple[Counter[str], Counter[str]]:
    bases, taxes = Counter[str](), Counter[str]()
    for reading in readings:
        for line in reading.booked:
            if line.kind == "tax.collected":
                taxes[line.tax_rate] += line.amount_minor
            elif line.kind != "rounding":
                bases[line.tax_rate] += line.amount_minor
    return bases, taxes


@given(st.data())
def test_any_refunds_are_their_amounts_and_give_back_no_more_tax_than_was_taken(data: st.DataObject) -> None:
    """C15, F19."""
    sold = data.draw(sales())
    backs = data.draw(refunds(sold))
    found = read([sold, *backs])
    taxes = by_base_and_rate(found)[1]

    assert [each.off_minor for each in found] == [0] * len(found)
    given_back = [each.start.total_minor for each in found if each.start.kind is DocumentKind.REFUND]
    assert given_back == [-int(back["amount"].replace(".", "")) for back in backs]
    assert all(minor >= 0 for minor in taxes.values())


@given(st.data())
def test_a_refund_of_the_rest_leaves_nothing_of_any_rate(data: st.DataObject) -> None:
    sold = data.draw(sales())
    backs = data.draw(refunds(sold))
    left = int(sold["total"].replace(".", "")) - sum(int(back["amount"].replace(".", "")) for back in backs)
    rest = refund(2000, text(left), date_created_gmt="2026-03-13T10:00:00")
    bases, taxes = by_base_and_rate(read([sold, *backs, rest]))

    if left > 1:
        assert not any(bases.values())
        assert not any(taxes.values())


@given(st.data())
def test_without_free_amounts_nothing_is_left_of_any_kind_either(data: st.DataObject) -> None:
    """Some of the lines first, as the admin refunds them, then the rest by status."""
    sold = data.draw(sales())
    taken = data.draw(st.sampled_from(sold["line_items"]))
    (stated,) = taken["taxes"]
    amount = int(taken["total"].replace(".", "")) + int(stated["total"].replace(".", ""))
    named = [meta("_refunded_item_id", str(taken["id"]))]
    line = item(99, f"-{taken['total']}", [{**stated, "total": f"-{stated['total']}"}], meta_data=named)
    left = int(sold["total"].replace(".", "")) - amount
    assume(left > 1)
    found = read([sold, refund(81, text(amount), line_items=[line]), refund(82, text(left))])

    sums = Counter[tuple[str, str]]()
    for each in found:
        for (kind, rate), minor in each.by_rate().items():
            sums[MIRRORED.get(kind, kind), rate] += minor
    assert not any(minor for (kind, _), minor in sums.items() if kind != "rounding")


@given(st.data())
def test_refunds_brought_in_any_turn_come_out_the_same(data: st.DataObject) -> None:
    sold = data.draw(sales())
    things = [sold, *data.draw(refunds(sold))]
    together = {each.name: (each.start.total_minor, each.lines) for each in read(things)}
    turns = data.draw(st.permutations([recorded([thing]) for thing in things]))

    assert {each.name: (each.start.total_minor, each.lines) for each in join(*turns)} == together


@given(st.data())
def test_what_an_order_becomes_later_changes_no_refund_that_it_showed_before(data: st.DataObject) -> None:
    sold, becomes = data.draw(sales()), data.draw(sales())
    backs = data.draw(refunds(sold))
    shown = [{"id": back["id"], "total": f"-{back['amount']}"} for back in backs]
    before = recorded([{**sold, "refunds": shown}], at="Thu, 12 Mar 2026 12:00:00 GMT")
    edit = recorded([{**becomes, "refunds": shown}], at="Fri, 20 Mar 2026 12:00:00 GMT")
    once = {each.name: each.lines for each in join(before, backs) if each.start.kind is DocumentKind.REFUND}
    turns = data.draw(st.permutations([before, edit, *(recorded([back]) for back in backs)]))
    again = {each.name: each.lines for each in join(*turns) if each.start.kind is DocumentKind.REFUND}

    assert again == once


def less(sold: dict[str, Any], kept: int) -> dict[str, Any]:
    """The order after an edit that left only some of its goods."""
    lines, taxes = sold["line_items"][:kept], Counter[int]()
    for line in lines:
        for each in line["taxes"]:
            taxes[each["id"]] += minor(each["total"])
    net = sum(minor(line["total"]) for line in (*lines, *sold["fee_lines"]))
    rates = [tax_line(rate, percent, text(taxes[rate])) for rate, percent in RATES.items()]
    tax_minor = sum(taxes.values())
    return {**sold, "total": text(net + tax_minor), "total_tax": text(tax_minor), "line_items": lines} | {
        "tax_lines": rates
    }


def minor(amount: str) -> int:
    return int(amount.replace(".", ""))


@st.composite
def paid_back(draw: st.DrawFn, left: int, owed: int) -> list[dict[str, Any]]:
    """Refunds without lines, together no more than what was paid: of what is owed, of what is left, or of anything."""
    found: list[dict[str, Any]] = []
    open_minor = left + owed
    for number in range(draw(st.integers(1, 4))):
        some = st.sampled_from([min(owed, open_minor), min(left, open_minor), open_minor])
        amount = draw(some | st.integers(0, open_minor))
        found.append(refund(1000 + number, text(amount), date_created_gmt=f"2026-03-15T10:00:{number:02d}"))
        open_minor -= amount
    return found


@given(st.data())
def test_refunds_without_lines_pay_back_first_what_an_edit_left_owed(data: st.DataObject) -> None:
    """Of each what is owed then is money alone; a refund of exactly all that is left is of the goods."""
    sold = data.draw(sales())
    edited = less(sold, data.draw(st.integers(0, len(sold["line_items"]))))
    left, owed = minor(edited["total"]), minor(sold["total"]) - minor(edited["total"])
    backs = data.draw(paid_back(left, owed))
    answers = [recorded([each], at=f"Thu, {day} Mar 2026 09:00:00 GMT") for day, each in ((12, sold), (13, edited))] + [
        recorded([back], at="Mon, 16 Mar 2026 09:00:00 GMT") for back in backs
    ]
    found = {each.name: each for each in join(*answers)}
    again = {each.name: each for each in join(*data.draw(st.permutations(answers)))}

    assert {name: each.lines for name, each in again.items()} == {name: each.lines for name, each in found.items()}
    for back in backs:
        amount, reading = minor(back["amount"]), found[DocumentKind.REFUND, str(back["id"])]
        settled = 0 if amount == left != owed else min(amount, owed)
        assert (reading.start.total_minor, reading.off_minor) == (settled - amount, 0)
        assert reading.by_kind().get("tender", 0) == amount
        left, owed = left - (amount - settled), owed - settled
    everything = list(found.values())
    assert sum(line.amount_minor for each in everything for line in each.lines) == -owed
    assert all(tax_minor >= 0 for tax_minor in by_base_and_rate(everything)[1].values())
    order_ = found[DocumentKind.ORDER, "75"]
    assert [concern.amount_minor for concern in order_.concerns] == [-owed] * bool(owed)
