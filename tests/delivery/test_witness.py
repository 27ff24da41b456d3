"""The file outside the database knows of everything that may have left, and of nothing that was not saved."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from bridge.delivery import HeadFile, Witness
from bridge.delivery.witness import Verdict, mark_of
from bridge.errors import ConfigError, DiskError
from bridge.model.deliveries import DeliveryState
from bridge.store.api import Head
from tests.delivery.world import BOOKS, Life, World
from tests.fakes.disks import full_disk
from tests.fakes.heads import new_head_file

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def head(world: World) -> Head | None:
    with world.store.reading() as unit:
        return unit.audit.head()


def witness(world: World) -> Witness:
    return Witness(world.store, world.clock, world.head_file)


def watched(world: World, at_request: Callable[[str], None]) -> None:
    """Drain, and look at each request as it leaves."""
    deliverer = world.process()
    world.ledger.on_request = at_request
    deliverer.drain(BOOKS, actor="cli")


def test_the_intent_is_in_the_file_before_anything_leaves(either_world: World) -> None:
    """F01: a store that is restored from before it is behind the file."""
    world = either_world
    world.owe("june")
    world.owe("july")
    known: list[Head | None] = []

    def at_request(request: str) -> None:
        if request == "send":
            known.append(world.head_file.read())
            assert known[-1] == head(world)

    watched(world, at_request)

    assert len(known) == len(set(known)) == 2
    assert world.head_file.read() == head(world), "after the drain the outcome is known too"


def test_a_process_that_dies_in_its_request_leaves_its_intent_in_the_file(world: World) -> None:
    """F01: whatever moment it dies at, the file is never ahead, and what left is never behind it."""
    world.owe("june")
    whole = Life()
    world.drain_until(whole)
    for moment in range(1, len(whole.moments) + 1):
        world.owe(f"june {moment}")
        before = world.sends()
        world.drain_until(Life(moment))
        kept, saved = world.head_file.read(), head(world)
        assert kept is not None
        assert saved is not None
        assert kept.seq <= saved.seq
        if world.sends() > before:
            with world.store.reading() as unit:
                notes = [row.notes for row in unit.audit.rows() if row.seq <= kept.seq]
            assert any(world.delivery(f"june {moment}").voucher_id in one and "to sending" in one for one in notes)
        world.settle()


def test_a_store_behind_the_file_marks_every_ledger_once(either_world: World) -> None:
    world = either_world
    now = head(world)
    assert now is not None
    world.head_file.renew(Head(now.seq + 5, NOON, "f" * 64))
    assert witness(world).look().verdict is Verdict.BEHIND

    first, second = world.drain(), world.drain()

    (told,) = first.told
    assert told == (
        f"the database was restored: its audit log ends at row {now.seq} of {now.at:%Y-%m-%d %H:%M} UTC, and "
        f"{world.head_file.path.name} knows row {now.seq + 5} of 2026-07-01 12:00 UTC"
    )
    assert second.told == ()
    with world.store.reading() as unit:
        mark = mark_of(unit, BOOKS)
    assert mark is not None
    assert (mark.by, mark.reason) == ("bridge", told)


def test_another_chain_is_no_row_of_this_store(either_world: World) -> None:
    now = head(either_world)
    assert now is not None
    either_world.head_file.renew(Head(now.seq, now.at, "f" * 64))
    assert witness(either_world).look().verdict is Verdict.ANOTHER
    either_world.head_file.renew(now)
    assert witness(either_world).look().verdict is Verdict.SAME


def test_nothing_is_sent_while_the_file_says_nothing_that_can_be_read(world: World) -> None:
    world.owe("june")
    world.head_file.path.write_bytes(b"\xff\xff")

    with pytest.raises(ConfigError, match="nobody knows whether the database was restored") as refused:
        world.drain()

    assert refused.value.code == "store.head_unreadable"
    assert (world.state("june"), world.sends()) == (DeliveryState.OWED, 0)
    with world.store.reading() as unit:
        assert all(not lease.holder for lease in unit.leases.all())


def test_a_persons_word_needs_a_name_and_a_reason(world: World) -> None:
    for by, reason in (("", "why"), ("ada", " ")):
        with pytest.raises(ConfigError, match="needs a name and a reason"):
            witness(world).restored(by=by, reason=reason)
    assert witness(world).restored(by="ada", reason="set back") == (BOOKS,)
    assert witness(world).marks()[BOOKS].by == "ada"


def test_processes_never_bring_the_file_back() -> None:
    """Each writes what it read a moment ago."""
    file = new_head_file()
    heads = [Head(number * 7 % 61, NOON, f"{number:064x}") for number in range(1, 61)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: HeadFile(file.path).keep(one), heads))
    kept = file.read()
    assert kept is not None
    assert kept.seq == 60


def test_what_it_said_wrongly_gives_way_to_a_smaller_number_alone() -> None:
    file = new_head_file()
    wrong, right = Head(9, NOON, "a"), Head(4, NOON, "b")
    file.keep(wrong)
    file.keep(right)
    assert file.read() == wrong
    file.keep(right, instead_of=Head(8, NOON, "a"))
    assert file.read() == wrong, "another process brought it further meanwhile"
    file.keep(right, instead_of=wrong)
    assert file.read() == right


def test_a_half_written_file_of_a_process_that_died_is_in_nobodys_way() -> None:
    file = new_head_file()
    file.path.with_name(f"{file.path.name}.new").write_text("4 20", encoding="ascii")
    assert file.read() is None
    file.keep(Head(1, NOON, "a"))
    assert file.read() == Head(1, NOON, "a")
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_waited_for_and_the_file_says_what_it_said(world: World) -> None:
    """Nobody's setting is wrong: what was to leave is tried again in minutes."""
    world.owe("v0")
    before = world.head_file.read()
    with full_disk(0), pytest.raises(DiskError):
        witness(world).keep()
    assert world.head_file.read() == before
    witness(world).keep()
    assert world.head_file.read() == head(world) != before
