"""Deliveries move by compare-and-swap under a lease, and what the ledger echoed is kept."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import DeliveryState
from bridge.model.leases import LeaseKind
from bridge.model.vouchers import LedgerLine, voucher_id
from bridge.store.api import Standing
from bridge.store.sql import SqlStore
from bridge.store.sql.codec import EPOCH
from tests.store import facts

S = DeliveryState
MINUTE = timedelta(minutes=1)


def test_a_delivery_comes_back_as_it_was_saved(store: SqlStore) -> None:
    planned = facts.delivery(due_at=facts.NOON, note="wäscht", after=("vch_1",))
    unplanned = facts.delivery("ent_2", S.HELD, voucher=None, reason="account.missing")
    with store.unit("books") as unit:
        unit.deliveries.add(planned)
        unit.deliveries.add(unplanned)
    with store.reading() as unit:
        assert unit.deliveries.get(planned.voucher_id) == planned
        assert unit.deliveries.of_entry("ent_2") == (unplanned,)
        assert set(unit.deliveries.of_route(facts.route().route_id)) == {planned, unplanned}
        assert unit.deliveries.with_state(facts.LEDGER, S.HELD) == (unplanned,)
        assert unit.deliveries.with_state(facts.LEDGER, S.OWED, S.HELD, reasons=["account.missing"]) == (unplanned,)
        standing = unit.deliveries.standing(facts.LEDGER, S.OWED, S.HELD, S.PARKED)
        route_id = facts.route().route_id
        assert standing == (Standing(S.HELD, route_id, "account.missing", 1), Standing(S.OWED, route_id, "", 1))
        names = [unplanned.voucher_id, "vch_unknown", planned.voucher_id]
        assert unit.deliveries.get_many(names) == {each.voucher_id: each for each in (planned, unplanned)}
        with pytest.raises(ConfigError):
            unit.deliveries.get("vch_unknown")
    with pytest.raises(StaleError), store.unit("books") as unit:
        unit.deliveries.add(planned)


def test_of_two_who_move_a_delivery_the_later_loses(store: SqlStore) -> None:
    owed = facts.delivery()
    with store.unit("books") as unit:
        unit.deliveries.add(owed)
    with store.unit("books") as unit:
        unit.deliveries.move(owed, facts.moved(owed, S.HELD, reason="review"))
    with pytest.raises(StaleError), store.unit("worker") as unit:
        unit.deliveries.move(owed, facts.moved(owed, S.SENDING))
    with store.reading() as unit:
        assert unit.deliveries.get(owed.voucher_id).state is S.HELD


def test_what_was_planned_anew_while_it_stayed_owed_is_not_sent_as_it_was(store: SqlStore) -> None:
    owed = facts.delivery(due_at=facts.NOON)
    with store.unit("books") as unit:
        unit.deliveries.add(owed)
        unit.deliveries.move(owed, facts.moved(owed, S.OWED, due_at=facts.NOON + MINUTE))
    with pytest.raises(StaleError), store.unit("worker") as unit:
        unit.deliveries.move(owed, facts.moved(owed, S.SENDING))


@pytest.mark.parametrize("stale", [{"round": 1}, {"attempts": 1}, {"epoch": 1}])
def test_a_move_from_an_older_round_attempt_or_epoch_loses(store: SqlStore, stale: dict[str, int]) -> None:
    owed = facts.delivery()
    with store.unit("books") as unit:
        unit.deliveries.add(owed)
    read = msgspec.structs.replace(owed, **stale)
    with pytest.raises(StaleError), store.unit("worker") as unit:
        unit.deliveries.move(read, facts.moved(read, S.SENDING))


def test_a_worker_that_lost_its_lease_saves_nothing(store: SqlStore) -> None:
    """A frozen worker wakes up when another has taken over: the epoch fences it."""
    owed, now = facts.delivery(), facts.NOON
    with store.unit("one") as unit:
        unit.deliveries.add(owed)
        first = unit.leases.take(LeaseKind.DRAIN, facts.LEDGER, "one", now, now + MINUTE)
    assert first is not None
    with store.unit("two") as unit:
        second = unit.leases.take(LeaseKind.DRAIN, facts.LEDGER, "two", now + MINUTE, now + 2 * MINUTE)
    assert second is not None
    sending = facts.moved(owed, S.SENDING, epoch=first.epoch)
    with pytest.raises(StaleError), store.unit("one") as unit:
        unit.deliveries.move(owed, sending, epoch=first.epoch)
    with store.unit("two") as unit:
        unit.deliveries.move(owed, facts.moved(owed, S.SENDING, epoch=second.epoch), epoch=second.epoch)
        unit.leases.release(second)
    with store.reading() as unit:
        now_sending = unit.deliveries.get(owed.voucher_id)
    with pytest.raises(StaleError), store.unit("two") as unit:
        unit.deliveries.move(now_sending, facts.moved(now_sending, S.DELIVERED), epoch=second.epoch)


def test_a_lease_of_another_ledger_does_not_help(store: SqlStore) -> None:
    owed = facts.delivery()
    with store.unit("one") as unit:
        unit.deliveries.add(owed)
        other = unit.leases.take(LeaseKind.DRAIN, "other-books", "one", facts.NOON, facts.NOON + MINUTE)
        assert other is not None
    with pytest.raises(StaleError), store.unit("one") as unit:
        unit.deliveries.move(owed, facts.moved(owed, S.SENDING), epoch=other.epoch)


def test_moves_the_table_does_not_know_are_refused(store: SqlStore) -> None:
    held = facts.delivery(state=S.HELD)
    with store.unit("books") as unit:
        unit.deliveries.add(held)
    for state in (S.DELIVERED, S.IN_DOUBT):
        with pytest.raises(InvariantError), store.unit("books") as unit:
            unit.deliveries.move(held, facts.moved(held, state))
        with pytest.raises(InvariantError), store.unit("books") as unit:
            unit.deliveries.move_many([(held, facts.moved(held, state))])


def test_many_move_together_and_what_others_moved_meanwhile_stays_as_it_is(store: SqlStore) -> None:
    owed = [facts.delivery(f"ent_{number}") for number in range(120)]
    with store.unit("books") as unit:
        unit.deliveries.add_many(owed)
        unit.deliveries.move(owed[7], withdrawn := facts.moved(owed[7], S.WITHDRAWN, reason="delivery.replaced"))
    sending = [facts.moved(one, S.SENDING, attempts=1, sent_at=facts.NOON, note="wäscht", due_at=None) for one in owed]

    with store.unit("worker") as unit:
        moved = unit.deliveries.move_many(list(zip(owed, sending, strict=True)))

    assert moved == {one.voucher_id for one in owed} - {withdrawn.voucher_id}
    with store.reading() as unit:
        there = unit.deliveries.get_many([one.voucher_id for one in owed])
        *_, row = unit.audit.rows()
    wanted = [*sending[:7], withdrawn, *sending[8:]]
    assert there == {one.voucher_id: one for one in wanted}
    assert row.notes.count("owed to sending") == 119


def test_none_of_many_moves_under_a_lease_that_was_lost(store: SqlStore) -> None:
    owed = [facts.delivery(f"ent_{number}") for number in range(3)]
    with store.unit("one") as unit:
        unit.deliveries.add_many(owed)
        lease = unit.leases.take(LeaseKind.DRAIN, facts.LEDGER, "one", facts.NOON, facts.NOON + MINUTE)
    assert lease is not None
    moves = [(one, facts.moved(one, S.SENDING)) for one in owed]
    with store.unit("one") as unit:
        assert unit.deliveries.move_many(moves, epoch=lease.epoch + 1) == frozenset()
    with store.unit("one") as unit:
        assert len(unit.deliveries.move_many(moves, epoch=lease.epoch)) == 3


def test_none_moves_as_another_voucher_and_a_row_that_is_gone_is_told(store: SqlStore) -> None:
    owed, gone = facts.delivery(), facts.delivery("ent_2")
    with store.unit("books") as unit:
        unit.deliveries.add(owed)
    other = facts.moved(owed, S.OWED, voucher=facts.voucher("ent_1", memo="another one"))
    for before, after in ((owed, other), (gone, facts.moved(gone, S.SENDING))):
        with pytest.raises(InvariantError), store.unit("worker") as unit:
            unit.deliveries.move_many([(before, after)])


def test_a_voucher_stays_what_it_is_while_it_is_on_its_way(store: SqlStore) -> None:
    owed, sending = facts.delivery(), facts.delivery("ent_2", S.SENDING)
    other = facts.voucher("ent_2", memo="another one")
    with store.unit("books") as unit:
        unit.deliveries.add(owed)
        unit.deliveries.add(sending)
    for before, after in (
        (owed, msgspec.structs.replace(owed, ledger="elsewhere")),
        (sending, facts.moved(sending, S.OWED, voucher=other)),
    ):
        with pytest.raises(InvariantError), store.unit("books") as unit:
            unit.deliveries.move(before, after)


def test_a_delivery_may_be_put_off_where_it_stands_but_not_once_it_is_over(store: SqlStore) -> None:
    owed, done = facts.delivery(), facts.delivery("ent_2", S.DELIVERED, ref="145")
    later = facts.moved(owed, S.OWED, due_at=facts.NOON, note="the ledger asked us to wait")
    with store.unit("worker") as unit:
        unit.deliveries.add(owed)
        unit.deliveries.add(done)
        unit.deliveries.move(owed, later)
        assert unit.deliveries.get(owed.voucher_id) == later
    with pytest.raises(InvariantError), store.unit("worker") as unit:
        unit.deliveries.move(done, facts.moved(done, S.DELIVERED, ref="146"))


def test_a_held_voucher_may_be_planned_anew(store: SqlStore) -> None:
    held = facts.delivery(state=S.HELD, voucher=None, reason="account.missing")
    owed = facts.delivery(after=("vch_first",))
    with store.unit("books") as unit:
        unit.deliveries.add(held)
        unit.deliveries.move(held, owed)
        unit.deliveries.add(facts.delivery("ent_2"))
    with store.reading() as unit:
        assert unit.deliveries.get(held.voucher_id) == owed
        due = unit.deliveries.due(facts.LEDGER, facts.NOON, 9)
    assert [one.entry_id for one in due] == ["ent_2"]


def test_what_is_due_comes_oldest_first_without_what_waits_for_others(store: SqlStore) -> None:
    now = facts.NOON
    first = facts.delivery("ent_1")
    rows = [
        first,
        facts.delivery("ent_2", after=(first.voucher_id,)),
        facts.delivery("ent_3", S.IN_DOUBT, due_at=now - MINUTE, after=(first.voucher_id,)),
        facts.delivery("ent_4", S.SENDING, due_at=now - 2 * MINUTE),
        facts.delivery("ent_5", due_at=now + MINUTE),
        facts.delivery("ent_6", S.PARKED),
        facts.delivery("ent_7", voucher=facts.voucher("ent_7", dated_on=date(2026, 1, 31))),
        facts.delivery("ent_8", ledger="other-books"),
    ]
    with store.unit("books") as unit:
        for row in rows:
            unit.deliveries.add(row)
        due = [one.entry_id for one in unit.deliveries.due(facts.LEDGER, now, 50)]
        assert due == ["ent_7", "ent_1", "ent_4", "ent_3"]
        assert [one.entry_id for one in unit.deliveries.due(facts.LEDGER, now, 2)] == due[:2]


@pytest.mark.parametrize("over", [S.DELIVERED, S.WITHDRAWN])
def test_a_voucher_waits_no_longer_when_the_one_before_it_is_there_or_withdrawn(store: SqlStore, over: S) -> None:
    first, second = facts.delivery("ent_1", S.PARKED), facts.delivery("ent_2", after=(voucher_id("ent_1", 1),))
    with store.unit("books") as unit:
        unit.deliveries.add(first)
        unit.deliveries.add(second)
        assert unit.deliveries.next_due(facts.LEDGER) is None
        unit.deliveries.move(first, facts.moved(first, S.OWED))
        assert unit.deliveries.next_due(facts.LEDGER) == EPOCH
        owed = facts.moved(first, S.OWED)
        sending = facts.moved(first, S.SENDING)
        if over is S.DELIVERED:
            unit.deliveries.move(owed, sending)
            unit.deliveries.move(sending, facts.moved(first, over))
        else:
            unit.deliveries.move(owed, facts.moved(first, over))
        assert [one.entry_id for one in unit.deliveries.due(facts.LEDGER, facts.NOON, 1)] == ["ent_2"]
        assert unit.deliveries.next_due(facts.LEDGER) == EPOCH


def test_the_next_due_instant_is_the_earliest(store: SqlStore) -> None:
    with store.unit("books") as unit:
        assert unit.deliveries.next_due(facts.LEDGER) is None
        unit.deliveries.add(facts.delivery("ent_1", due_at=facts.NOON + MINUTE))
        unit.deliveries.add(facts.delivery("ent_2", S.IN_DOUBT, due_at=facts.NOON))
        unit.deliveries.add(facts.delivery("ent_3", S.PARKED, due_at=facts.NOON - MINUTE))
        assert unit.deliveries.next_due(facts.LEDGER) == facts.NOON


def test_the_deliveries_of_a_route_are_all_there(store: SqlStore) -> None:
    with store.unit("books") as unit:
        for number in range(1_003):
            unit.deliveries.add(facts.delivery(f"ent_{number}"))
    with store.reading() as unit:
        found = [one.entry_id for one in unit.deliveries.of_route(facts.route().route_id)]
    assert sorted(found) == sorted(f"ent_{number}" for number in range(1_003))


def test_the_echo_is_kept_once_and_anew_when_it_changed(store: SqlStore) -> None:
    echo = facts.copy(changed_at="2026-06-15T00:00:00Z", changed_by="Anna", is_voided=True)
    newer = msgspec.structs.replace(echo, version="1", lines=(LedgerLine("79", -5), LedgerLine("80", 5)))
    with store.unit("worker") as unit:
        unit.deliveries.put_baseline("vch_1", "ent_1", facts.LEDGER, echo)
    with store.unit("worker") as unit:
        unit.deliveries.put_baseline("vch_1", "ent_1", facts.LEDGER, echo)
    with store.reading() as unit:
        assert unit.deliveries.baseline(facts.LEDGER, "145") == echo
        assert unit.audit.verify()[0] == 1
    with store.unit("worker") as unit:
        unit.deliveries.put_baseline("vch_1", "ent_1", facts.LEDGER, newer)
        assert unit.deliveries.baseline(facts.LEDGER, "145") == newer
        assert unit.deliveries.baseline(facts.LEDGER, "146") is None


def test_the_echoes_of_many_are_kept_and_told_whose_they_are(store: SqlStore) -> None:
    echoes = [(f"vch_{number}", f"ent_{number}", facts.copy(f"r{number}")) for number in range(300)]
    with store.unit("worker") as unit:
        unit.deliveries.put_baselines(facts.LEDGER, echoes[:200])
    newer = [(voucher, entry, msgspec.structs.replace(copy, version="1")) for voucher, entry, copy in echoes[:2]]
    with store.unit("worker") as unit:
        unit.deliveries.put_baselines(facts.LEDGER, [*newer, *echoes[2:]])

    with store.reading() as unit:
        assert unit.deliveries.owners(facts.LEDGER, ["r0", "r299", "r300"]) == {"r0": "vch_0", "r299": "vch_299"}
        assert unit.deliveries.owners("another", ["r0"]) == {}
        kept = [unit.deliveries.baseline(facts.LEDGER, ref) for ref in ("r0", "r1", "r2", "r299")]
        *_, row = unit.audit.rows()
    assert kept == [newer[0][2], newer[1][2], echoes[2][2], echoes[299][2]]
    assert row.notes.count("baseline.kept") == 102


def test_two_vouchers_cannot_be_one_object_nor_one_voucher_two(store: SqlStore) -> None:
    with store.unit("worker") as unit:
        unit.deliveries.put_baseline("vch_1", "ent_1", facts.LEDGER, facts.copy("145"))
    for voucher, ref in (("vch_2", "145"), ("vch_1", "146")):
        with pytest.raises(InvariantError) as refused, store.unit("worker") as unit:
            unit.deliveries.put_baseline(voucher, "ent_1", facts.LEDGER, facts.copy(ref))
        assert refused.value.code == "store.baseline"
