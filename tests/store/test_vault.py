"""The vault gives back the same bytes, whatever their size, and notices when it cannot."""

from __future__ import annotations

import hashlib
import random
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import ConfigError, InvariantError
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore

MEGABYTE = 1024 * 1024


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunks=st.lists(st.binary(max_size=700_000), max_size=4))
def test_bytes_come_back_as_they_were_whatever_chunks_they_came_in(store: SqlStore, chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    name = hashlib.sha256(whole).hexdigest()
    with store.unit("cli") as unit:
        unit.vault.put(name, "settlement.txt", chunks)
    with store.reading() as unit:
        assert unit.vault.has(name)
        assert b"".join(unit.vault.open(name)) == whole


def test_bytes_are_kept_once(store: SqlStore) -> None:
    name = hashlib.sha256(b"a\tb\n").hexdigest()
    with store.unit("cli") as unit:
        assert unit.vault.put(name, "one.txt", [b"a\t", b"b\n"])
        assert not unit.vault.put(name, "two.txt", [b"a\tb\n"])


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
        unit.vault.put(name, "year.txt", file())
    back = hashlib.sha256()
    with store.reading() as unit:
        for piece in unit.vault.open(name):
            back.update(piece)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert back.hexdigest() == name
    assert peak < 12 * MEGABYTE


def test_bytes_that_are_not_what_their_name_says_are_refused(store: SqlStore) -> None:
    name = hashlib.sha256(b"what was announced").hexdigest()
    with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
        unit.vault.put(name, "settlement.txt", [b"what came"])
    assert refused.value.code == "vault.hash"
    with store.reading() as unit:
        assert not unit.vault.has(name)


def test_a_hash_that_is_not_there_is_told_at_once(store: SqlStore) -> None:
    with store.reading() as unit, pytest.raises(ConfigError, match="none of that hash"):
        unit.vault.open("0" * 64)


@pytest.mark.parametrize("harm", ["UPDATE vault_chunk SET piece = :piece", "DELETE FROM vault_chunk"])
def test_damaged_bytes_are_noticed(store: SqlStore, database_url: str, harm: str) -> None:
    name = hashlib.sha256(b"whole").hexdigest()
    with store.unit("cli") as unit:
        unit.vault.put(name, "settlement.txt", [b"whole"])
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text(harm), {"piece": b"damaged"} if ":piece" in harm else {})
    engine.dispose()

    with store.reading() as unit, pytest.raises(InvariantError) as refused:
        list(unit.vault.open(name))
    assert refused.value.code == "vault.hash"


def named(*contents: bytes) -> dict[str, bytes]:
    return {hashlib.sha256(content).hexdigest(): content for content in contents}


def test_many_small_contents_are_kept_at_once_each_under_its_hash(store: SqlStore) -> None:
    some = named(*(b'{"order": %d}' % number for number in range(1_100)), bytes(600_000), b"")
    with store.unit("cli") as unit:
        assert unit.vault.put_many("page.json", some) == len(some)
        assert unit.vault.put_many("page.json", {}) == 0
    with store.unit("cli") as unit:
        new = named(b"another")
        assert unit.vault.put_many("next.json", some | new) == 1
    with store.reading() as unit:
        for content_hash, content in [*list(some.items())[::100], *list(some.items())[-2:], *new.items()]:
            assert b"".join(unit.vault.open(content_hash)) == content
        notes = [row.notes for row in unit.audit.rows()]
    assert ["1102 contents" in notes[0], "1 contents" in notes[1]] == [True, True]


def test_a_content_that_is_not_what_its_name_says_keeps_none_of_them(store: SqlStore) -> None:
    some = named(b"one", b"two")
    with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
        unit.vault.put_many("page.json", some | {"0" * 64: b"three"})
    assert refused.value.code == "vault.hash"
    with store.reading() as unit:
        assert not any(unit.vault.has(content_hash) for content_hash in some)


def test_contents_and_whole_files_know_of_each_other(store: SqlStore) -> None:
    (name,) = named(b"whole")
    with store.unit("cli") as unit:
        unit.vault.put(name, "file.txt", [b"whole"])
        assert unit.vault.put_many("page.json", named(b"whole")) == 0
        unit.vault.put_many("page.json", named(b"part"))
        (name,) = named(b"part")
        assert not unit.vault.put(name, "file.txt", [b"part"])


def test_two_that_keep_the_same_contents_at_once_both_succeed(another: OpenStore) -> None:
    contents = [b"%d" % number for number in range(400)]
    stores = [another(), another()]
    start = threading.Barrier(2)

    def keep(place: int) -> int:
        some = contents if place else contents[::-1]
        start.wait()
        with stores[place].unit("cli") as unit:
            return unit.vault.put_many("page.json", named(*some[:200])) + unit.vault.put_many("p", named(*some[200:]))

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
