"""What a person must decide: refunds that are gone, orders cancelled or in the bin, though no money moved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.model.documents import DocumentKind
from bridge.plugin import ConcernKind
from plugins.woocommerce.tests.shop import Reading, item, join, meta, one, order, read, recorded, refund

FEE = [meta("_stripe_fee", "0.50"), meta("_stripe_net", "9.50"), meta("_stripe_currency", "GBP")]


def answer(day: int, *refunds: int, **more: Any) -> Any:
    """The order, told on a day of March, with the refunds that it shows."""
    stubs = [{"id": number, "total": "-3.00"} for number in refunds]
    return recorded([order(refunds=stubs, **more)], at=f"Thu, {day} Mar 2026 09:00:00 GMT")


def of_refund(day: int, number: int = 88, amount: str = "3.00", **more: Any) -> Any:
    told = refund(number, amount, date_created_gmt="2026-03-12T10:00:00", **more)
    return recorded([told], path="/wp-json/wc/v3/refunds", at=f"Thu, {day} Mar 2026 09:00:00 GMT")


def by_kind(found: list[Reading]) -> dict[DocumentKind, Reading]:
    return {each.start.kind: each for each in found}


def march(day: int) -> datetime:
    return datetime(2026, 3, day, 9, tzinfo=UTC)


# Refunds that are gone


def test_a_refund_that_its_order_does_not_show_any_more_is_given_as_before_with_a_concern() -> None:
    """F20, C15: deleting a record moves no money; it is dated the answer that showed it gone first."""
    told = of_refund(13), [refund(89, "1.00", date_created_gmt="2026-03-11T10:00:00")]
    (before,) = (each for each in join(answer(13, 88, 89), *told) if each.start.external_id == "88")
    found = join(answer(13, 88, 89), *told, answer(15, 89), answer(17, 89))

    (gone,) = (each for each in found if each.start.external_id == "88")
    assert (gone.start.total_minor, gone.lines) == (-300, before.lines)
    (concern,) = gone.concerns
    assert (concern.kind, concern.at, concern.amount_minor) == (ConcernKind.GONE, march(15), -300)
    assert "refund 88 over 3.00 GBP" in concern.message
    assert "fault" not in concern.message
    assert before.concerns == ()


def test_an_answer_that_shows_no_refund_at_all_may_be_the_shops_own_fault_and_says_so() -> None:
    """F20."""
    (concern,) = by_kind(join(answer(13, 88), of_refund(13), answer(15)))[DocumentKind.REFUND].concerns

    assert "shows no refund at all, which may be the shop's own fault" in concern.message


def test_a_refund_that_was_never_shown_by_a_later_answer_is_gone_and_one_of_before_may_not_know_it() -> None:
    assert by_kind(join(answer(13), of_refund(14)))[DocumentKind.REFUND].concerns == ()
    (concern,) = by_kind(join(answer(13), of_refund(14), answer(15)))[DocumentKind.REFUND].concerns
    assert concern.at == march(15)


def test_a_refund_that_is_shown_again_was_never_gone() -> None:
    found = by_kind(join(answer(13, 88), of_refund(13), answer(15), answer(16, 88)))

    assert found[DocumentKind.REFUND].concerns == ()


def test_the_answer_that_showed_a_refund_gone_is_another_content_and_thus_kept() -> None:
    """Read once more from what is kept alone, the concern stands as it did."""
    for first in ((13, 88), (13,)):
        files = [answer(*first), of_refund(14, 88), answer(15)]
        found = join(*files)
        again = join(*files, of_refund(14, 88))
        words = {line.words for line in found[0].lines if line.key == "refunds"}

        assert words == {"refunds|gone 88"}
        assert by_kind(again)[DocumentKind.REFUND].concerns == by_kind(found)[DocumentKind.REFUND].concerns
        assert [each.start.payload for each in again][:1] == [each.start.payload for each in found][:1]


def test_plain_answers_of_a_shop_that_keeps_orders_as_posts_show_it_by_the_list_that_shrank() -> None:
    """No instant is told, and the date of modification stays."""
    shown = order(refunds=[{"id": 88, "total": "-3.00"}], date_modified_gmt="2026-03-12T10:00:00")
    lacks = order(date_modified_gmt="2026-03-12T10:00:00")
    found = by_kind(join([shown, refund()], lacks))

    assert [each.kind for each in found[DocumentKind.REFUND].concerns] == [ConcernKind.GONE]


def test_a_refund_made_anew_after_one_was_deleted_gives_back_what_the_order_has() -> None:
    """The shop refuses more than is left, so the first was gone when the second was made."""
    second = of_refund(15, 89, "10.00")
    found = join(answer(13, 88), of_refund(13, 88, "10.00"), [answer(15, 89), second])
    backs = [each for each in found if each.start.kind is DocumentKind.REFUND]

    assert [each.by_rate() for each in backs] == [{("refund.product", "0"): -1000}] * 2
    assert [len(each.concerns) for each in backs] == [1, 0]


# Bins and cancellations


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("cancelled", ConcernKind.CANCELLED),
        ("failed", ConcernKind.CANCELLED),
        ("trash", ConcernKind.BINNED),
    ],
)
def test_a_paid_order_given_up_without_a_refund_stays_booked_with_its_fee_and_a_concern(
    status: str, kind: ConcernKind
) -> None:
    """C14: no money moved."""
    before = join(answer(13, meta_data=FEE))
    after = join(answer(13, meta_data=FEE), answer(15, meta_data=FEE, status=status), answer(16, status=status))

    assert [each.lines for each in after[:1]] == [each.lines for each in before[:1]]
    (concern,) = after[0].concerns
    assert (concern.kind, concern.at, concern.amount_minor) == (kind, march(15), 1000)
    assert "10.00 GBP of it were not refunded" in concern.message
    assert [each.lines for each in join(answer(15, meta_data=FEE, status=status))] == [each.lines for each in before]


@pytest.mark.parametrize("status", ["cancelled", "trash"])
@pytest.mark.parametrize(("amount", "left"), [("3.00", 700), ("10.00", None)])
def test_what_was_refunded_of_it_is_not_at_stake(status: str, amount: str, left: int | None) -> None:
    back = of_refund(14, 88, amount)
    found = join([answer(15, 88, status=status), back])

    assert [each.amount_minor for each in found[0].concerns] == ([left] if left else [])


def test_a_refund_that_only_its_order_shows_is_no_longer_at_stake_either() -> None:
    """Its own answer is still to be brought."""
    (concern,) = join(answer(15, 88, status="cancelled"))[0].concerns

    assert concern.amount_minor == 700


def test_an_order_taken_out_of_the_bin_leaves_nothing_to_decide() -> None:
    assert join(answer(13), answer(14, status="trash"), answer(15))[0].concerns == ()


@pytest.mark.parametrize("status", ["cancelled", "failed", "pending", "checkout-draft"])
def test_an_order_never_paid_waits_unpaid_whatever_it_is_called(status: str) -> None:
    (found,) = read(order(status=status, date_paid_gmt=None))

    assert (found.start.paid_at, found.start.status, found.concerns) == (None, status, ())
    assert found.by_kind() == {"sale.product": 1000}


def test_an_unpaid_order_in_the_bin_is_counted_and_not_booked() -> None:
    told = order(status="trash", date_paid_gmt=None, meta_data=[meta("_stripe_fee", "0.50")])
    binned = read([told, refund()])

    assert {line.kind for each in binned for line in each.lines} == {"ignored"}
    assert [each.off_minor for each in binned] == [0, 0, 0]
    assert not [each for each in binned if each.concerns]


def test_a_free_order_that_is_cancelled_is_nothing_to_decide() -> None:
    free = order(total="0.00", line_items=[item(1, "0.00", subtotal="10.00")], status="cancelled")

    assert one(free).concerns == ()


def test_edited_and_cancelled_are_two_concerns() -> None:
    edited = answer(14, total="12.00", line_items=[item(1, "12.00")], status="cancelled")
    found = join(answer(13), edited)[0]

    assert [(each.kind, each.amount_minor) for each in found.concerns] == [
        (ConcernKind.EDITED, 200),
        (ConcernKind.CANCELLED, 1200),
    ]


def test_what_is_kept_names_no_more_of_a_refund_than_its_id_and_amount() -> None:
    kept = json.loads(one(answer(13, 88)).start.payload)["body"]["refunds"]

    assert kept == [{"id": 88, "total": "-3.00"}]
