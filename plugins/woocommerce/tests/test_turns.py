"""Answers about one order that come file by file, in any turn and again: the same as if all had come at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.documents import DocumentKind
from bridge.plugin import ConcernKind
from plugins.woocommerce.tests.shop import Reading, item, join, order, read, recorded, refund, tax, tax_line

PLACED = datetime(2026, 3, 10, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return PLACED + timedelta(hours=hours)


def told(body: Any, hours: float) -> Any:
    return [recorded([body], at=format_datetime(at(hours), usegmt=True))]


def sold(hours: float, total: str = "10.00", **more: Any) -> Any:
    """The order as it stood, unchanged since it was placed but for what is said."""
    fields = {"line_items": [item(1, total)], "date_modified_gmt": "2026-03-10T09:00:00", **more}
    return told(order(total=total, **fields), hours)


def documents(found: list[Reading]) -> dict[tuple[DocumentKind, str], Any]:
    """All but what is kept of them, which may tell of more."""
    return {
        each.name: (msgspec.structs.replace(each.start, payload=b""), each.lines, each.concerns, each.codes)
        for each in found
    }


LATE, AGAIN, EARLY = sold(31, "15.00"), sold(40, "15.00"), sold(1)


@pytest.mark.parametrize("files", [(LATE, EARLY), (LATE, AGAIN, EARLY), (LATE, EARLY, AGAIN), (AGAIN, LATE, EARLY)])
def test_what_was_charged_first_counts_also_where_it_is_told_of_last(files: tuple[Any, ...]) -> None:
    """C15: also after the later content was told of twice, which is known, and not for nothing."""
    (found,) = join(*files)

    assert (found.start.total_minor, found.by_kind()["tender"]) == (1500, -1000)
    assert [(one.kind, one.amount_minor) for one in found.concerns] == [(ConcernKind.EDITED, 500)]


def test_a_total_that_was_charged_and_told_of_twice_is_not_taken_for_an_edit_of_what_lies_between() -> None:
    between = sold(9, "12.00", date_modified_gmt="2026-03-10T17:00:00")
    (found,) = join(LATE, sold(2, "15.00"), between)

    assert (found.start.total_minor, found.by_kind()["tender"]) == (1500, -1500)


def test_a_content_that_one_file_told_of_twice_was_so_until_the_second_time() -> None:
    """Also where it is another by the end of that file."""
    file = [*sold(2, "15.00"), *sold(20, "15.00"), *sold(31, "16.00", date_modified_gmt="2026-03-11T15:00:00")]
    between = sold(9, "12.00", date_modified_gmt="2026-03-10T17:00:00")
    (found,) = join(file, between)

    edits = {f"{line.occurred_at:%d %H}": line.amount_minor for line in found.booked}
    assert edits == {"10 09": 1500, "10 17": -300, "11 05": 300, "11 15": 100}


def test_a_refund_that_was_told_of_again_was_not_gone_before() -> None:
    shown, without = told(refund(), 60), sold(55)
    found = documents(join(without, told(refund(), 50), shown, sold(56)))

    assert found[DocumentKind.REFUND, "88"][2] == ()


def money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """All answers about an order that is sold, edited, cancelled and refunded, told now and then, by the hour.

    The shop says truly when it changed the order last, as one does that does not keep its orders as posts.
    """
    net, rate, status, modified = draw(st.integers(500, 2000)), draw(st.sampled_from([0, 20])), "processing", 0.0
    shown: dict[int, dict[str, Any]] = {}
    answers: list[Any] = []
    for hour in range(1, draw(st.integers(1, 7)) + 1):
        step = draw(st.sampled_from(["nothing", "nothing", "edit", "cancel", "restore", "note", "refund", "delete"]))
        modified = modified if step == "nothing" else hour
        net += draw(st.sampled_from([-100, 250])) if step == "edit" else 0
        status = {"cancel": "cancelled", "restore": "processing"}.get(step, status)
        if step == "refund" and len(shown) < 2:
            back = refund(80 + hour, money(draw(st.integers(1, 200))), date_created_gmt=f"{at(hour):%Y-%m-%dT%H:%M:%S}")
            shown[back["id"]] = back
        elif step == "delete" and shown:
            shown.popitem()
        vat = net * rate // 100
        if draw(st.booleans()) or hour == 1:
            body = order(
                total=money(net + vat),
                total_tax=money(vat),
                status=status,
                line_items=[item(1, money(net), [tax(1, money(vat))], total_tax=money(vat))],
                tax_lines=[tax_line(1, rate, money(vat))],
                refunds=[{"id": number, "total": f"-{back['amount']}"} for number, back in shown.items()],
                date_modified_gmt=f"{at(modified):%Y-%m-%dT%H:%M:%S}",
            )
            answers.append(told(body, hour + 0.5))
        answers += [told(back, hour + 0.75) for back in shown.values() if draw(st.booleans())]
    return answers


@settings(max_examples=150, deadline=None)
@given(stories(), st.data())
def test_answers_in_any_files_in_any_turn_and_again_give_what_they_give_at_once(
    answers: list[Any], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(answers), max_size=4))
    came = data.draw(st.permutations([*answers, *again]))
    size = data.draw(st.integers(1, 3))
    files = [[one for answer in came[first : first + size] for one in answer] for first in range(0, len(came), size)]

    assert documents(join(*files)) == documents(read([one for answer in answers for one in answer]))
