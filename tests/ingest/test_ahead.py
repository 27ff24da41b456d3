"""A document too large for one unit is written ahead of it: nobody waits long, and a kill in between is nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.errors import InvariantError, PluginError, StaleError
from bridge.ids import sha256_hex
from bridge.ingest import ImportedFile, Importer, Outcome
from bridge.ingest.ahead import AtOnce
from bridge.model.documents import DocumentState
from bridge.model.leases import LeaseKind
from bridge.store.api import Store, UnitOfWork
from bridge.store.sql import SqlStore
from tests.fakes.desk import FakeDesk
from tests.ingest.channel import CONNECTION, SmallSource, Sold, Statement, offer, statement, write
from tests.ingest.conftest import World, document_id

SMALL = AtOnce(lines=4, raw_bytes=10, portion_bytes=1, cleared=3)
DOCUMENT = document_id("P-1")
LARGE = tuple(range(1, 12))
"""Written in six units of two lines."""


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class WatchedStore:
    """The real store, where something happens as the n-th unit begins, or before or after its commit."""

    def __init__(self, store: Store, number: int, act: Callable[[], None], *, when: str = "begin") -> None:
        self._store, self._number, self._act, self._when = store, number, act, when
        self.units = 0

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        self.units += 1
        self._happen("begin")
        with self._store.unit(actor) as unit:
            yield unit
            self._happen("before commit")
        self._happen("after commit")

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return self._store.reading()

    def _happen(self, when: str) -> None:
        if self.units == self._number and when == self._when:
            self._act()


@pytest.fixture
def world(store: SqlStore, tmp_path: Path) -> World:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return World(store, folder)


def take(world: World, path: Path, store: Store | None = None, at_once: AtOnce = SMALL) -> ImportedFile:
    source = SmallSource()
    desk = FakeDesk(world.clock, sources={"shop": source}, source_offers={"shop": offer(source)})
    return Importer(store or world.store, desk, world.clock, at_once=at_once).import_file("shop", path, actor="ada")


def die() -> None:
    raise Killed


def kill(world: World, path: Path, number: int, when: str) -> bool:
    """An import that dies at its n-th unit; whether it had so many."""
    try:
        take(world, path, WatchedStore(world.store, number, die, when=when))
    except Killed:
        return True
    return False


def is_whole(world: World, path: Path, *amounts: int, revision: int = 1) -> bool:
    """Whether the newest content is this one, with its raw bytes, and nobody is said to be at it."""
    kept = world.kept()
    with world.store.reading() as unit:
        held = [lease for lease in unit.leases.all() if lease.kind is LeaseKind.INTAKE]
    assert (held, kept.state) == ([], DocumentState.NEW)
    assert [line.amount_minor for line in world.lines(kept.document)] == list(amounts)
    assert (kept.document.revision, kept.lines_minor) == (revision, sum(amounts))
    return world.vault(kept.document.vault_hash) == path.read_bytes()


def notes(world: World) -> list[str]:
    with world.store.reading() as unit:
        return [row.notes for row in unit.audit.rows()]


def test_a_large_document_is_written_in_many_short_units_and_a_small_one_in_one(world: World) -> None:
    large = world.drop("large.json", statement(*LARGE))
    found = take(world, large)

    assert (found.error, [one.outcome for one in found.documents]) == (None, [Outcome.NEW])
    assert is_whole(world, large, *LARGE)
    written = [word for word in notes(world) if "lines.written" in word]
    assert ["2 lines of revision 1" in word for word in written] == [True] * 5 + [False]
    assert len(world.clock.slept) >= len(written)

    slept, rows = len(world.clock.slept), world.audit_rows()
    take(world, world.drop("small.json", statement(1, 2, 3, name="P-2")), at_once=AtOnce())
    assert (len(world.clock.slept), world.audit_rows()) == (slept, rows + 1)


def test_a_large_document_that_is_known_is_not_written_again(world: World) -> None:
    large = world.drop("large.json", statement(*LARGE))
    take(world, large)
    for path in (large, world.drop("twin.json", statement(*LARGE))):
        rows = len([word for word in notes(world) if "lines." in word])
        assert [one.outcome for one in take(world, path).documents] == [Outcome.KNOWN]
        assert len([word for word in notes(world) if "lines." in word]) == rows


@pytest.mark.parametrize("when", ["before commit", "after commit"])
@pytest.mark.parametrize("amounts", [LARGE, LARGE[::-1], (*LARGE, 12, 13), (5, 6, 7)])
def test_killed_between_any_two_units_nothing_is_to_see_and_the_next_import_is_whole(
    world: World, when: str, amounts: tuple[int, ...]
) -> None:
    """Be it of the same file, or of another content of the document, large or small."""
    first = write(world.folder / "first.json", statement(*LARGE))
    then = write(world.folder / "then.json", statement(*amounts))
    number = 0
    while kill(world, first, number := number + 1, when):
        with world.store.reading() as unit:
            if unit.documents.latest(DOCUMENT) is not None:
                break
            assert not unit.vault.has(sha256_hex(first.read_bytes()))
            assert unit.vault.seen(CONNECTION.connection_id, [sha256_hex(first.read_bytes())]) == frozenset()
            assert unit.documents.with_state(CONNECTION.connection_id, *DocumentState) == ()
    assert number > 8

    take(world, then)
    assert is_whole(world, then, *amounts, revision=1 if amounts == LARGE else 2)


@pytest.mark.parametrize("amounts", [LARGE, (*LARGE[::-1], 12, 13), (5, 6, 7)])
@pytest.mark.parametrize("number", [2, 5, 9])
def test_what_a_killed_import_left_is_cleared_by_the_next(world: World, number: int, amounts: tuple[int, ...]) -> None:
    first = write(world.folder / "first.json", statement(*LARGE))
    then = write(world.folder / "then.json", statement(*amounts))
    assert kill(world, first, number, "after commit")

    assert take(world, then).error is None
    assert is_whole(world, then, *amounts)


@pytest.mark.parametrize("amounts", [LARGE, LARGE[::-1], (5, 6, 7)])
@pytest.mark.parametrize("number", [2, 3, 6, 9])
def test_who_was_overtaken_stops_and_leaves_what_the_other_brought(
    world: World, number: int, amounts: tuple[int, ...]
) -> None:
    first = write(world.folder / "first.json", statement(*LARGE))
    other = write(world.folder / "other.json", statement(*amounts))

    def overtake() -> None:
        assert take(world, other).error is None

    with pytest.raises(StaleError):
        take(world, first, WatchedStore(world.store, number, overtake))
    with world.store.reading() as unit:
        assert [line.amount_minor for line in world.lines(world.kept().document)] == list(amounts)
        assert [kept.document.revision for kept in unit.documents.heads([DOCUMENT])[DOCUMENT]] == [1]
    assert {one.outcome for one in take(world, other).documents} == {Outcome.KNOWN}
    assert is_whole(world, other, *amounts)


def test_a_key_that_comes_twice_is_found_though_its_lines_were_written_apart(world: World) -> None:
    path = write(world.folder / "twice.json", Statement("P-1", [Sold(minor) for minor in LARGE], repeats="0001"))
    error = take(world, path).error
    assert isinstance(error, PluginError)
    assert error.code == "plugin.line_key"
    assert world.documents() == ()


def test_a_line_that_is_lost_on_the_way_is_missed_before_the_head_is_added(world: World, database_url: str) -> None:
    path = write(world.folder / "first.json", statement(*LARGE))

    def lose() -> None:
        engine = sa.create_engine(database_url)
        with engine.begin() as connection:
            assert connection.execute(sa.text("DELETE FROM line WHERE line_key = '0003'")).rowcount == 1
        engine.dispose()

    with pytest.raises(InvariantError) as refused:
        take(world, path, WatchedStore(world.store, 8, lose))
    assert refused.value.code == "store.lines"
    assert world.documents() == ()
    take(world, path)
    assert is_whole(world, path, *LARGE)
