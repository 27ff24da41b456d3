"""An edit makes an order less than was charged: a refund without lines pays that back first, and is no goodwill."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from bridge.model.documents import DocumentKind
from bridge.plugin import Concern, ConcernKind
from plugins.woocommerce.tests.shop import Reading, item, join, meta, order, recorded, refund, tax, tax_line

MUG, LABEL = item(1, "29.48", [tax(1, "5.90")], sku="MUG"), item(2, "7.22", [tax(1, "1.44")], sku="LABEL")


def answer(day: int, *backs: Any, edited: bool, **more: Any) -> Any:
    """An order of 44.04, or of 35.38 once the label is off it, told on a day of March."""
    lines, total, tax_total = ([MUG], "35.38", "5.90") if edited else ([MUG, LABEL], "44.04", "7.34")
    stubs = [{"id": back["id"], "total": f"-{back['amount']}"} for back in backs]
    fields: dict[str, Any] = {
        "line_items": lines,
        "total_tax": tax_total,
        "tax_lines": [tax_line(1, 20, tax_total)],
        "refunds": stubs,
    }
    return recorded([order(total=total, **fields, **more)], at=f"Thu, {day} Mar 2026 09:00:00 GMT")


def back(number: int = 88, amount: str = "8.66", day: int = 14, **more: Any) -> dict[str, Any]:
    return refund(number, amount, date_created_gmt=f"2026-03-{day}T10:00:00", **more)


def own(told: Any, day: int = 15) -> Any:
    return recorded([told], path="/wp-json/wc/v3/refunds", at=f"Thu, {day} Mar 2026 09:00:00 GMT")


CHARGED, EDITED = answer(11, edited=False), answer(13, edited=True)


def of(found: list[Reading], number: int = 88) -> Reading:
    return next(each for each in found if each.name == (DocumentKind.REFUND, str(number)))


def concern(found: list[Reading]) -> Concern | None:
    """What is said of the edit, if anything."""
    (sale,) = (each for each in found if each.start.kind is DocumentKind.ORDER)
    assert all(each.kind is ConcernKind.EDITED for each in sale.concerns)
    return sale.concerns[0] if sale.concerns else None


def open_minor(found: list[Reading]) -> int:
    """What stands open of the order: of the buyer's debts positive, of ours negative."""
    return sum(line.amount_minor for each in found if each.start.kind is not DocumentKind.FEE for line in each.lines)


@pytest.mark.parametrize("turn", list(permutations(range(4))))
def test_a_refund_of_the_overcharge_pays_it_back_whichever_answer_comes_first(turn: tuple[int, ...]) -> None:
    told = back()
    files = [CHARGED, EDITED, own(told), answer(16, told, edited=True)]
    found = join(*(files[place] for place in turn))

    assert of(found).by_kind() == {"tender": 866}
    assert (of(found).start.total_minor, of(found).off_minor) == (0, 0)
    assert (open_minor(found), concern(found)) == (0, None)


def test_until_then_it_is_owed() -> None:
    said = concern(join(CHARGED, EDITED))

    assert said is not None
    assert (said.amount_minor, open_minor(join(CHARGED, EDITED))) == (-866, -866)


@pytest.mark.parametrize("turn", [1, -1])
def test_an_edit_and_its_refund_that_are_first_seen_together_belong_together(turn: int) -> None:
    """The shop says that the order was changed last when the refund was made; the amount says why."""
    told = back()
    files = [CHARGED, own(told), answer(16, told, edited=True, date_modified_gmt="2026-03-14T10:00:01")]
    found = join(*files[::turn])

    assert of(found).by_kind() == {"tender": 866}
    assert (open_minor(found), concern(found)) == (0, None)


def test_a_refund_that_was_seen_before_the_edit_is_goodwill_and_the_edit_is_still_owed() -> None:
    told = back(day=12)
    found = join(CHARGED, own(told, 12), answer(13, told, edited=False), answer(16, told, edited=True))

    assert of(found).by_rate() == {("refund.goodwill", "20"): -722, ("tax.collected", "20"): -144}
    assert open_minor(found) == -866


def test_less_leaves_the_rest_owed_and_more_is_goodwill() -> None:
    part, rest = back(88, "5.00"), back(89, "10.00", 15)
    after_part = join(CHARGED, EDITED, own(part))
    found = join(CHARGED, EDITED, own(part), own(rest, 16))

    said = concern(after_part)
    assert said is not None
    assert (said.amount_minor, open_minor(after_part)) == (-366, -366)
    assert "5.00 GBP of that were paid back" in said.message
    assert of(found, 88).by_kind() == {"tender": 500}
    assert of(found, 89).start.total_minor == 366 - 1000
    assert of(found, 89).by_rate() == {("refund.goodwill", "20"): -528, ("tax.collected", "20"): -106}
    assert (open_minor(found), concern(found)) == (0, None)


def test_all_that_was_charged_pays_back_the_overcharge_and_takes_the_order_back() -> None:
    found = join(CHARGED, EDITED, own(back(amount="44.04")))

    assert of(found).by_rate() == {("refund.product", "20"): -2948, ("tax.collected", "20"): -590}
    assert (open_minor(found), concern(found)) == (0, None)


def test_all_that_the_order_has_left_is_of_the_goods_as_a_status_set_to_refunded_makes_it() -> None:
    found = join(CHARGED, EDITED, own(back(amount="35.38")))

    assert of(found).by_rate() == {("refund.product", "20"): -2948, ("tax.collected", "20"): -590}
    said = concern(found)
    assert said is not None
    assert (said.amount_minor, open_minor(found)) == (-866, -866)


def test_lines_that_a_refund_names_stay_lines_and_only_what_they_leave_pays_back() -> None:
    named = [meta("_refunded_item_id", "1")]
    line = item(9, "-10.00", [tax(1, "-2.00")], total_tax="-2.00", sku="", meta_data=named)
    rates = [tax_line(1, 20, "-2.00")]
    lines, more = (back(amount=amount, line_items=[line], tax_lines=rates) for amount in ("12.00", "15.00"))

    for told, paid_back in ((lines, 0), (more, 300)):
        found = join(CHARGED, EDITED, own(told))
        assert of(found).by_rate() == {("refund.product", "20"): -1000, ("tax.collected", "20"): -200}
        assert open_minor(found) == paid_back - 866


def test_a_refund_that_is_gone_had_paid_it_back_as_it_is_booked() -> None:
    told = back()
    found = join(CHARGED, EDITED, own(told), answer(16, told, edited=True), answer(18, edited=True))

    assert of(found).by_kind() == {"tender": 866}
    (gone,) = of(found).concerns
    assert (gone.kind, gone.amount_minor) == (ConcernKind.GONE, -866)


def test_one_that_only_its_order_shows_is_told_as_waiting_and_the_edit_no_more() -> None:
    found = join(CHARGED, EDITED, answer(16, back(), edited=True))

    assert of(found).start.total_minor == -866
    assert concern(found) is None
