"""Windows, inquiries and channel facts: kept for whoever goes on, and no business of the audit by themselves."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bridge.errors import Disposition, InvariantError, StaleError
from bridge.model.channel import Asking, ChannelFacts, Fault, Inquiry, Why, Window, WindowState
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store.facts import NOON

CON = "con_1"
FIRST = Window(CON, "orders", NOON, NOON + timedelta(hours=1), facts_hash="f")
FACTS = ChannelFacts(account="shop.example", currency="EUR", time_zone="Europe/Paris")
NAMES = [("order", f"o{number}") for number in range(1_200)]


def closed(window: Window, **more: object) -> Window:
    return msgspec.structs.replace(window, state=WindowState.CLOSED, **more)


def test_a_window_is_read_back_as_it_was_saved(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        unit.windows.open(FIRST)
        saved = unit.windows.save(
            msgspec.structs.replace(FIRST, cursor=b"\x00c", got=3, expected=4, due_at=NOON, note="n")
        )
    with store.reading() as unit:
        assert unit.windows.current(CON, "orders") == saved
        assert unit.windows.current(CON, "payouts") is None
        assert list(unit.audit.rows()) == []


def test_a_stream_has_one_window_that_is_not_closed(store: SqlStore) -> None:
    later = msgspec.structs.replace(FIRST, since=NOON + timedelta(hours=2))
    with store.unit("worker") as unit:
        unit.windows.open(FIRST)
        unit.windows.open(msgspec.structs.replace(FIRST, stream="payouts"))
    with pytest.raises(StaleError), store.unit("worker") as unit:
        unit.windows.open(later)
    with store.unit("worker") as unit:
        unit.windows.save(closed(FIRST))
        unit.windows.open(later)


def test_the_second_to_save_a_window_loses(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        unit.windows.open(FIRST)
        unit.windows.save(FIRST)
    with pytest.raises(StaleError), store.unit("worker") as unit:
        unit.windows.save(FIRST)


def test_closed_windows_that_touch_become_one(store: SqlStore) -> None:
    second = Window(CON, "orders", NOON + timedelta(minutes=50), NOON + timedelta(hours=2), got=7)
    with store.unit("worker") as unit:
        unit.windows.open(FIRST)
        before = unit.windows.save(closed(FIRST))
        unit.windows.open(second)
        after = unit.windows.save(closed(second))
        unit.windows.join(before, after)
        assert unit.windows.closed(CON, "orders") == (msgspec.structs.replace(after, since=NOON),)


def test_a_stream_is_read_as_far_as_its_closed_windows(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        assert unit.windows.through(CON) == {}
        unit.windows.open(FIRST)
        assert unit.windows.through(CON) == {"orders": NOON}
        unit.windows.save(closed(FIRST))
        assert unit.windows.through(CON) == {"orders": FIRST.until}
        unit.windows.open(msgspec.structs.replace(FIRST, since=FIRST.until, until=FIRST.until + timedelta(hours=1)))
        unit.windows.open(msgspec.structs.replace(FIRST, stream="payouts"))
        assert unit.windows.through(CON) == {"orders": FIRST.until, "payouts": NOON}
        assert unit.windows.through("con_2") == {}


def test_how_asking_goes_is_kept_by_stream_and_forgotten_with_it(store: SqlStore) -> None:
    fault = Fault("unavailable", "did not answer", "Nothing", Disposition.RETRY, NOON)
    channel, orders = Asking("", NOON, told=FACTS), Asking("orders", None, fault)
    with store.unit("worker") as unit:
        for asking in (channel, Asking("orders", NOON), orders, Asking("payouts", NOON)):
            unit.windows.put_asking(CON, asking)
        unit.windows.keep_only(CON, ["orders"])
        assert unit.windows.askings(CON) == {"": channel, "orders": orders}
        assert unit.windows.askings("con_2") == {}
        unit.windows.keep_only(CON, [])
        assert unit.windows.askings(CON) == {}
    with store.reading() as unit:
        assert list(unit.audit.rows()) == []


def test_windows_are_counted_again_when_their_time_has_come(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        for number, due in enumerate((2, None, 1, 9)):
            window = msgspec.structs.replace(FIRST, since=NOON + timedelta(days=number))
            unit.windows.open(window)
            unit.windows.save(closed(window, due_at=NOON + timedelta(hours=due) if due else None))
        found = unit.windows.to_count(CON, NOON + timedelta(hours=2))
    assert [(window.since - NOON).days for window in found] == [2, 0]


def test_owners_of_a_window_are_counted_once(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        assert unit.windows.add_owners(FIRST, NAMES[:700]) == 700
        assert unit.windows.add_owners(FIRST, [*NAMES[600:], NAMES[-1], ("payout", "o1")]) == 501
        assert unit.windows.add_owners(FIRST, []) == 0
        unit.windows.forget_owner(CON, "order", "o3")
        assert unit.windows.owners(FIRST) == {*NAMES, ("payout", "o1")} - {("order", "o3")}
        unit.windows.clear_owners(FIRST)
        assert unit.windows.owners(FIRST) == frozenset()
    with store.reading() as unit:
        assert list(unit.audit.rows()) == []


def test_what_is_wanted_twice_is_asked_once_and_at_the_earlier_time(store: SqlStore) -> None:
    later = NOON + timedelta(hours=1)
    with store.unit("web") as unit:
        unit.inquiries.add(CON, [Inquiry("order", "o1", Why.OPEN, later), Inquiry("order", "o2", Why.OPEN, later)])
        unit.inquiries.add(CON, [Inquiry("order", "o1", Why.NOTICE, NOON)])
        unit.inquiries.add(CON, [Inquiry("order", "o1", Why.ABSENT, later)])
        assert unit.inquiries.due(CON, NOON, 10) == (Inquiry("order", "o1", Why.ABSENT, NOON, times=3, since=later),)
        assert [one.external_id for one in unit.inquiries.due(CON, later, 10)] == ["o1", "o2"]
        assert unit.inquiries.due("con_2", later, 10) == ()
        assert [one.external_id for one in unit.inquiries.of_connection(CON, 9)] == ["o1", "o2"]
        assert len(unit.inquiries.of_connection(CON, 1)) == 1
        assert unit.inquiries.of_connection("con_2", 1) == ()
    with store.reading() as unit:
        assert list(unit.audit.rows()) == []


def test_an_inquiry_that_was_wanted_again_meanwhile_stays(store: SqlStore) -> None:
    with store.unit("web") as unit:
        unit.inquiries.add(CON, [Inquiry("order", "o1", Why.OPEN, NOON)])
        (asked,) = unit.inquiries.due(CON, NOON, 1)
        unit.inquiries.add(CON, [Inquiry("order", "o1", Why.NOTICE, NOON)])
        unit.inquiries.settle(CON, asked, None)
        (again,) = unit.inquiries.due(CON, NOON, 1)
        unit.inquiries.settle(CON, again, NOON + timedelta(hours=1))
        assert unit.inquiries.due(CON, NOON, 1) == ()
        (later,) = unit.inquiries.due(CON, NOON + timedelta(hours=1), 10)
        unit.inquiries.settle(CON, later, None)
        assert unit.inquiries.due(CON, NOON + timedelta(hours=1), 10) == ()


def test_facts_are_kept_when_they_change_and_the_audit_says_so(store: SqlStore, another: OpenStore) -> None:
    other = msgspec.structs.replace(FACTS, decimals=0)
    with store.unit("worker") as unit:
        said = [unit.channel_facts.put(CON, facts, NOON) for facts in (FACTS, FACTS, other, FACTS)]
        assert said == [True, False, True, True]
    moved = msgspec.structs.replace(FACTS, reaches_back_to=NOON)
    with store.unit("worker") as unit:
        assert not unit.channel_facts.put(CON, moved, NOON + timedelta(days=1)), (
            "a date that moves by itself is no news"
        )
    with store.reading() as unit:
        assert [kept.facts for kept in unit.channel_facts.all(CON)] == [FACTS, other, FACTS]
        assert unit.channel_facts.all("con_2") == ()
        (row,) = unit.audit.rows()
        assert row.notes.count("channel_facts.taken") == 3
    with another("other").reading() as unit:
        assert unit.channel_facts.all(CON) == ()


def test_a_fact_beside_operational_rows_still_needs_its_note(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        unit.windows.open(FIRST)
        unit.channel_facts.put(CON, FACTS, NOON)
    with store.reading() as unit:
        assert len(list(unit.audit.rows())) == 1
    with pytest.raises(InvariantError), store.reading() as unit:
        unit.windows.open(FIRST)
