"""The vault gives back the same bytes, whatever their size, and notices when it cannot."""

from __future__ import annotations

import hashlib
import random
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from zlib import compress

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import ConfigError, InvariantError
from bridge.store.packing import PIECE_BYTES, Content, in_pieces
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore

MEGABYTE = 1024 * 1024


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=700_000), max_size=4))
def test_bytes_come_back_as_they_were_whatever_chunks_they_came_in(store: SqlStore, chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    name = hashlib.sha256(whole).hexdigest()
    with store.unit("cli") as unit:
        pieces = [compress(piece) for piece in in_pieces(chunks)]
        unit.vault.put("settlement.txt", Content(name, len(whole), pieces))
    with store.reading() as unit:
        assert unit.vault.has(name)
        assert b"".join(unit.vault.open(name)) == whole


def test_bytes_are_kept_once(store: SqlStore) -> None:
    name = hashlib.sha256(b"a\tb\n").hexdigest()
    with store.unit("cli") as unit:
        assert unit.vault.put("one.txt", Content.of(b"a\tb\n"))
        assert not unit.vault.put("two.txt", Content.of(b"a\tb\n"))
        assert b"".join(unit.vault.open(name)) == b"a\tb\n"


def test_fifty_megabytes_pass_through_little_memory(store: SqlStore) -> None:
    """A year in one file must not need its own size in memory, neither going in nor coming out."""
    block = random.Random(1).randbytes(MEGABYTE // 128) * 128

    def file() -> Iterator[bytes]:
        for number in range(50):
            yield number.to_bytes(4, "big") + block[4:]

    digest = hashlib.sha256()
    for chunk in file():
        digest.update(chunk)
    name = digest.hexdigest()

    tracemalloc.start()
    with store.unit("cli") as unit:
        unit.vault.put("year.txt", Content(name, 50 * MEGABYTE, map(compress, in_pieces(file()))))
    back = hashlib.sha256()
    with store.reading() as unit:
        for piece in unit.vault.open(name):
            back.update(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert back.hexdigest() == name
    assert peak < 12 * MEGABYTE


def test_what_is_written_ahead_of_a_file_is_there_when_the_file_is_put(store: SqlStore) -> None:
    """Whoever was killed on the way wrote the same pieces."""
    whole = random.Random(2).randbytes(3 * PIECE_BYTES + 1)
    content = Content.of(whole)
    first, *others = content.pieces
    for number, some in [(1, [first]), (1, [first, others[0]]), (3, others[1:])]:
        with store.unit("cli") as unit:
            unit.vault.write_ahead(content.content_hash, number, some)
            assert not unit.vault.has(content.content_hash)
    with store.unit("cli") as unit:
        assert unit.vault.put("year.txt", Content(content.content_hash, content.size, ()))
    with store.reading() as unit:
        assert b"".join(unit.vault.open(content.content_hash)) == whole


def test_a_hash_that_is_not_there_is_told_at_once(store: SqlStore) -> None:
    with store.reading() as unit, pytest.raises(ConfigError, match="none of that hash"):
        unit.vault.open("0" * 64)


@pytest.mark.parametrize("harm", ["UPDATE vault_chunk SET piece = :piece", "DELETE FROM vault_chunk"])
def test_damaged_bytes_are_noticed(store: SqlStore, database_url: str, harm: str) -> None:
    name = hashlib.sha256(b"whole").hexdigest()
    with store.unit("cli") as unit:
        unit.vault.put("settlement.txt", Content.of(b"whole"))
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(harm), {"piece": b"damaged"} if ":piece" in harm else {})
    engine.dispose()

    with store.reading() as unit, pytest.raises(InvariantError) as refused:
        list(unit.vault.open(name))
    assert refused.value.code == "vault.hash"


def packed(*contents: bytes) -> list[Content]:
    return [Content.of(content) for content in contents]


def test_many_small_contents_are_kept_at_once_each_under_its_hash(store: SqlStore) -> None:
    some = [*(b'{"order": %d}' % number for number in range(1_100)), bytes(600_000), b""]
    with store.unit("cli") as unit:
        assert unit.vault.put_many("page.json", packed(*some)) == len(some)
        assert unit.vault.put_many("page.json", []) == 0
    with store.unit("cli") as unit:
        assert unit.vault.put_many("next.json", packed(*some, b"another")) == 1
    with store.reading() as unit:
        for content in packed(*some[::100], *some[-2:], b"another"):
            assert b"".join(unit.vault.open(content.content_hash)) == content.whole()
        notes = [row.notes for row in unit.audit.rows()]
    assert ["1102 contents" in notes[0], "1 contents" in notes[1]] == [True, True]


def test_contents_and_whole_files_know_of_each_other(store: SqlStore) -> None:
    with store.unit("cli") as unit:
        unit.vault.put("file.txt", Content.of(b"whole"))
        assert unit.vault.put_many("page.json", packed(b"whole")) == 0
        unit.vault.put_many("page.json", packed(b"part"))
        assert not unit.vault.put("file.txt", Content.of(b"part"))


def test_two_that_keep_the_same_contents_at_once_both_succeed(another: OpenStore) -> None:
    contents = [b"%d" % number for number in range(400)]
    stores = [another(), another()]
    start = threading.Barrier(2)

    def keep(place: int) -> int:
        some = contents if place else contents[::-1]
        start.wait()
        with stores[place].unit("cli") as unit:
            return unit.vault.put_many("page.json", packed(*some[:200])) + unit.vault.put_many("p", packed(*some[200:]))

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(keep, range(2))) == 400


def test_a_file_is_remembered_for_the_connection_that_took_it_in(store: SqlStore) -> None:
    with store.unit("cli") as unit:
        unit.vault.remember("con_1", "hash", "page.json")
        unit.vault.remember("con_1", "hash", "again.json")
    with store.reading() as unit:
        assert (unit.vault.has_seen("con_1", "hash"), unit.vault.has_seen("con_2", "hash")) == (True, False)
        assert unit.vault.seen("con_1", ["hash", "other"]) == {"hash"}
        assert unit.vault.seen("con_2", ["hash"]) == frozenset()
        assert not unit.vault.has("hash")
