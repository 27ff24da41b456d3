"""Refunds that only their order shows: they wait for their own answer, and nobody takes the books for whole."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from bridge.model.documents import Awaits, DocumentKind
from bridge.plugin import ConcernKind, StandIn
from plugins.woocommerce.tests.shop import Reading, item, join, meta, order, read, recorded, refund

FEE = [meta("_stripe_fee", "0.50"), meta("_stripe_net", "9.50"), meta("_stripe_currency", "GBP")]


def answer(day: int, *stubs: Any, **more: Any) -> Any:
    """The order, told on a day of March, with the refunds that it shows."""
    return recorded([order(refunds=list(stubs), **more)], at=f"Thu, {day} Mar 2026 09:00:00 GMT")


def stub(number: int = 88, total: str | None = "-3.00") -> dict[str, Any]:
    return {"id": number, "reason": "", "total": total}


def backs(found: list[Reading]) -> dict[str, Reading]:
    return {each.start.external_id: each for each in found if each.start.kind is DocumentKind.REFUND}


def sale(found: list[Reading]) -> Reading:
    return next(each for each in found if each.start.kind is DocumentKind.ORDER)


def test_a_refund_that_only_its_order_shows_waits_with_its_amount_and_says_what_to_bring() -> None:
    found = read(answer(13, stub(), stub(89, "-1.50"), meta_data=FEE))

    assert {number: back.start.total_minor for number, back in backs(found).items()} == {"88": -300, "89": -150}
    back = backs(found)["88"]
    assert (back.start.awaits, back.start.currency, back.start.order_id) == (Awaits.DETAILS, "GBP", "75")
    assert (back.start.title, back.lines, back.concerns) == ("Refund 88 of order #75", (), ())
    (problem,) = back.problems
    assert (problem.code, problem.blocking) == ("woocommerce.refund.awaits_details", True)
    assert "refund 88 over 3.00 GBP: its order 75 shows it" in problem.message
    assert "/wp-json/wc/v3/orders/75/refunds?dp=6" in problem.message


def test_order_and_fee_of_it_are_as_they_would_be_without_it() -> None:
    shown, plain = (read(answer(13, *stubs, meta_data=FEE)) for stubs in ((stub(),), ()))

    for kind in (DocumentKind.ORDER, DocumentKind.FEE):
        one, other = (next(each for each in found if each.start.kind is kind) for found in (shown, plain))
        assert (one.start.total_minor, one.by_kind(), one.problems) == (other.start.total_minor, other.by_kind(), ())


@pytest.mark.parametrize("turn", list(permutations(range(3))))
def test_it_heals_when_its_own_answer_comes_whichever_comes_first(turn: tuple[int, ...]) -> None:
    own = [recorded([refund(number, amount)], path="/wp-json/wc/v3/refunds") for number, amount in TOLD]
    files = [answer(13, stub(), stub(89, "-1.50")), *own]
    found = backs(join(*(files[place] for place in turn)))

    assert {number: (back.start.awaits, back.start.total_minor) for number, back in found.items()} == {
        "88": (None, -300),
        "89": (None, -150),
    }


TOLD = ((88, "3.00"), (89, "1.50"))


def test_one_that_came_leaves_the_other_waiting() -> None:
    found = backs(join(answer(13, stub(), stub(89, "-1.50")), [refund(88)]))

    assert [(number, back.start.awaits) for number, back in sorted(found.items())] == [
        ("88", None),
        ("89", Awaits.DETAILS),
    ]


def test_it_is_dated_the_answer_that_showed_it_first_whatever_comes_later() -> None:
    found = backs(join(answer(13, stub()), answer(20, stub()), answer(12)))["88"]

    assert f"{found.start.closed_at:%Y-%m-%d}" == "2026-03-13"


@pytest.mark.parametrize("total", ["-0.00", "-", ""])
def test_one_over_nothing_is_not_waited_for(total: str) -> None:
    assert backs(read(answer(13, stub(total=total)))) == {}


@pytest.mark.parametrize("total", [None, "three"])
def test_one_whose_amount_is_not_told_waits_too(total: str | None) -> None:
    back = backs(read(answer(13, stub(total=total))))["88"]

    assert (back.start.awaits, back.start.total_minor) == (Awaits.DETAILS, 0)
    assert "over an amount not told" in back.problems[0].message
    assert backs(join(answer(13, stub(total=total)), stand_in=StandIn("GBP", "")))["88"].start.awaits is Awaits.DETAILS


def test_an_order_that_is_not_paid_waits_itself_and_so_does_all_of_it() -> None:
    assert backs(read(answer(13, stub(), date_paid_gmt=None, status="on-hold"))) == {}


def test_on_a_persons_word_it_is_a_free_amount_of_its_order() -> None:
    back = backs(join(answer(13, stub()), stand_in=StandIn("GBP", "")))["88"]

    assert (back.start.awaits, back.start.total_minor, back.problems) == (None, -300, ())
    assert back.by_kind() == {"refund.goodwill": -300, "tender": 300}
    assert dict(back.line("tender").attributes)["gateway"] == "stripe"


def test_a_later_refund_gives_back_no_more_than_one_that_waits_leaves() -> None:
    rest = refund(90, "7.00", date_created_gmt="2026-03-20T10:00:00")
    found = backs(join(answer(13, stub()), [rest]))

    assert found["90"].by_kind() == {"refund.product": -700, "tender": 700}


def test_one_that_is_gone_before_its_answer_came_is_waited_for_no_more_and_told() -> None:
    """A record was deleted: nothing of it is in the books, and only the gateway knows whether money moved."""
    found = join(answer(13, stub()), answer(15))
    back = backs(found)["88"]

    assert (back.start.total_minor, back.lines, back.problems) == (0, (), ())
    (concern,) = back.concerns
    assert (concern.kind, concern.amount_minor, f"{concern.at:%d}") == (ConcernKind.GONE, -300, "15")
    assert "Nothing of it is in the books" in concern.message


# Called refunded


def test_an_order_called_refunded_that_shows_no_refund_is_a_concern() -> None:
    told = sale(join(answer(13), answer(15, status="refunded"), answer(17, status="refunded")))

    (concern,) = told.concerns
    assert (concern.kind, concern.amount_minor) == (ConcernKind.REFUND_UNSHOWN, 1000)
    assert f"{concern.at:%Y-%m-%d}" == "2026-03-15"
    assert "it shows no refund for 10.00 GBP of it" in concern.message


def test_of_what_its_refunds_leave_the_rest_is_the_concern() -> None:
    (concern,) = sale(read([*[answer(13, stub(), status="refunded")], [refund()]])).concerns

    assert (concern.kind, concern.amount_minor) == (ConcernKind.REFUND_UNSHOWN, 700)


@pytest.mark.parametrize("stubs", [[stub(total="-10.00")], [stub(), stub(89, "-7.00")]])
def test_one_whose_refunds_are_shown_is_none_for_they_wait_themselves(stubs: list[Any]) -> None:
    assert sale(read(answer(13, *stubs, status="refunded"))).concerns == ()


def test_nor_is_one_that_was_never_paid_or_another_status() -> None:
    assert sale(read(answer(13, status="refunded", date_paid_gmt=None))).concerns == ()
    assert sale(read(answer(13, status="completed", line_items=[item()]))).concerns == ()
