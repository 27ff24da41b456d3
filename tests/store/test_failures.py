"""A database that fails is told as what it is, with what to do next: never as a bug of bridge, and never with a row."""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import socket
import sqlite3
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from bridge.cli.output import Exit, exit_code
from bridge.errors import BridgeError
from bridge.store.sql import open_store
from bridge.store.sql.dialect import dialect_of
from tests.fakes.clock import FakeClock
from tests.store import facts, history
from tests.store.test_plans import ASKED

PAGE = 4096
NOBODY = 65534
SECRET = "hunter2"
END_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"


def failure(url: str, story: Callable[[Any], object] = lambda unit: unit.routes.put(facts.route())) -> BridgeError:
    """What a writing unit over this database raises; the store is closed before anything is checked."""
    store = open_store(url, history.ORGANISATION, FakeClock())
    with closing(store), pytest.raises(BridgeError) as failed, store.unit("cli") as unit:
        story(unit)
    return failed.value


@pytest.fixture
def file(tmp_path: Path, migrated_file: Path) -> Path:
    """A migrated SQLite file."""
    path = tmp_path / "bridge.sqlite"
    shutil.copy(migrated_file, path)
    return path


@pytest.fixture(scope="module")
def history_bytes(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> bytes:
    """A SQLite file with a history, in which every page means something."""
    path = tmp_path_factory.mktemp("whole") / "bridge.sqlite"
    shutil.copy(migrated_file, path)
    history.write(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.read_bytes()


@contextmanager
def on_every_connection(*pragmas: str) -> Iterator[None]:
    """Set SQLite up otherwise than bridge does."""

    def change(driver: sqlite3.Connection, _: object) -> None:
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}").close()

    sa.event.listen(sa.pool.Pool, "connect", change)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "connect", change)


# Damage


def flipped_bits(content: bytearray, chance: random.Random) -> None:
    """Some bits of one page."""
    page = chance.randrange(len(content) // PAGE)
    for _ in range(8):
        content[page * PAGE + chance.randrange(PAGE)] ^= 1 << chance.randrange(8)


def zeroed_page(content: bytearray, chance: random.Random) -> None:
    """A page that was never written, as after a power cut on a disk that lies."""
    page = chance.randrange(len(content) // PAGE)
    content[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def strange_page(content: bytearray, chance: random.Random) -> None:
    """A page of something else."""
    page = chance.randrange(len(content) // PAGE)
    content[page * PAGE : (page + 1) * PAGE] = chance.randbytes(PAGE)


def cut_short(content: bytearray, chance: random.Random) -> None:
    """A copy that was not finished."""
    del content[chance.randrange(len(content)) :]


def rot(content: bytearray, chance: random.Random) -> None:
    """Bits flipped all over the file."""
    for _ in range(2_000):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("damage", [flipped_bits, zeroed_page, strange_page, cut_short, rot])
def test_of_a_damaged_file_what_is_answered_is_sound_or_it_is_called_damaged(
    tmp_path: Path, history_bytes: bytes, damage: Callable[[bytearray, random.Random], None], seed: int
) -> None:
    content = bytearray(history_bytes)
    damage(content, random.Random(seed))
    path = tmp_path / "bridge.sqlite"
    path.write_bytes(content)

    errors = []
    with closing(open_store(f"sqlite:///{path}", history.ORGANISATION, FakeClock())) as store:
        for ask, _ in ASKED.values():
            try:
                with suppress(ZeroDivisionError), store.unit("cli") as unit:
                    ask(unit, 100)
                    raise ZeroDivisionError  # nothing of it is to stay
            except BridgeError as error:
                errors.append(error)

    assert {error.code for error in errors} <= {"store.damaged", "store.unreadable", "store.not_a_database"}
    assert {exit_code(error) for error in errors} <= {Exit.FIX}
    assert all("backup" in error.next_step and "bug" not in str(error) for error in errors)


@pytest.mark.parametrize(
    ("ask", "key"),
    [
        ("documents.confirm", "doc"),
        ("documents.set_states", "doc"),
        ("entries.of_documents", "ent"),
        ("entries.get_many", "ent"),
    ],
)
def test_a_key_that_rotted_in_one_of_its_places_is_damage_and_no_bug(
    tmp_path: Path, history_bytes: bytes, ask: str, key: str
) -> None:
    """In its row, or in one index of several: what relies on both finds a row, and then does not find it."""
    rotten = history.name(key, 60).encode()
    places = [found.start() for found in re.finditer(rotten, history_bytes)]
    codes = []
    for number, place in enumerate(places):
        content = bytearray(history_bytes)
        content[place + len(rotten) - 1] ^= 1 << 6
        path = tmp_path / f"{number}.sqlite"
        path.write_bytes(content)
        with closing(open_store(f"sqlite:///{path}", history.ORGANISATION, FakeClock())) as store:
            try:
                with suppress(ZeroDivisionError), store.unit("cli") as unit:
                    ASKED[ask][0](unit, 100)
                    raise ZeroDivisionError
            except BridgeError as error:
                codes.append(error.code)

    assert "store.damaged" in codes
    assert set(codes) <= {"store.damaged", "store.unreadable"}


def test_rot_is_noticed(tmp_path: Path, history_bytes: bytes) -> None:
    """Of what is damaged all over, something is told; else the test above would prove nothing."""
    content = bytearray(history_bytes)
    rot(content, random.Random(0))
    path = tmp_path / "bridge.sqlite"
    path.write_bytes(content)

    assert failure(f"sqlite:///{path}", lambda unit: list(unit.entries.of_route(history.ROUTE))).code == "store.damaged"


@pytest.mark.parametrize(
    ("table", "change", "ask"),
    [
        ("document", "closed_at = 'yesterday'", "documents.latest"),
        ("document", "kind = 'gift'", "documents.latest"),
        ("document", "currency = ''", "documents.latest"),
        ("document", "problems = '{'", "documents.latest"),
        ("entry", "booked_on = '2026-99-99'", "entries.get"),
        ("entry", "mode = 'weekly'", "entries.get"),
        ("delivery", "voucher = '{\"voucher_id\": 1}'", "deliveries.get"),
        ("finding", "body = 'x'", "findings.get"),
    ],
)
def test_a_value_that_is_not_what_was_saved_is_called_unreadable(
    tmp_path: Path, history_bytes: bytes, table: str, change: str, ask: str
) -> None:
    path = tmp_path / "bridge.sqlite"
    path.write_bytes(history_bytes)
    with closing(sqlite3.connect(path)) as somebody:
        somebody.execute(f"UPDATE {table} SET {change}")
        somebody.commit()

    error = failure(f"sqlite:///{path}", lambda unit: ASKED[ask][0](unit, 1))

    assert (error.code, exit_code(error)) == ("store.unreadable", Exit.FIX)
    assert error.thing.startswith("stored ")


def test_an_entry_that_adds_up_no_more_is_called_unreadable_and_no_bug(tmp_path: Path, history_bytes: bytes) -> None:
    path = tmp_path / "bridge.sqlite"
    path.write_bytes(history_bytes)
    with closing(sqlite3.connect(path)) as somebody:
        somebody.execute("DROP TRIGGER posting_no_update")
        somebody.execute("UPDATE posting SET amount_minor = amount_minor + 1 WHERE number = 1")
        somebody.commit()

    error = failure(f"sqlite:///{path}", lambda unit: ASKED["entries.get"][0](unit, 1))

    assert (error.code, error.thing) == ("store.unreadable", f"stored entry {history.name('ent', 1000)}")


def test_a_table_that_is_gone_is_damage(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE delivery_after"))
    engine.dispose()

    error = failure(database_url, lambda unit: unit.deliveries.next_due("books"))

    assert (error.code, exit_code(error)) == ("store.damaged", Exit.FIX)


# What is no database, or cannot be reached, written or waited for


@pytest.mark.parametrize("content", [b"date,total\n2026-06-01,4.95\n" * 500, secrets.token_bytes(PAGE * 3)])
def test_a_file_that_is_no_database_is_called_so(tmp_path: Path, content: bytes) -> None:
    """So is one that another program encrypted: without its key it looks like noise."""
    path = tmp_path / "orders.csv"
    path.write_bytes(content)

    error = failure(f"sqlite:///{path}")

    assert (error.code, exit_code(error)) == ("store.not_a_database", Exit.FIX)
    assert str(path) in error.thing
    assert path.read_bytes() == content


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write everything; nobody may not."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o555, 0o444), (0o755, 0o444), (0o755, 0o000), (0o000, 0o644)])
def test_a_file_or_folder_that_may_not_be_written_is_named(
    migrated_file: Path, folder_mode: int, file_mode: int
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as above:
        Path(above).chmod(0o755)
        folder = Path(above) / "books"
        folder.mkdir()
        path = Path(shutil.copy(migrated_file, folder / "bridge.sqlite"))
        path.chmod(file_mode)
        folder.chmod(folder_mode)
        with as_nobody():
            error = failure(f"sqlite:///{path}")
        folder.chmod(0o755)

    assert (error.code, exit_code(error)) == ("store.unreachable", Exit.FIX)
    assert str(path) in error.thing


def test_a_full_disk_is_told_and_what_was_saved_is_there_once_there_is_room(file: Path) -> None:
    url, some = f"sqlite:///{file}", facts.lines(20_000)
    pages = file.stat().st_size // PAGE + 50
    with on_every_connection(f"max_page_count = {pages}"):
        with closing(open_store(url, "local", FakeClock())) as store, store.unit("cli") as unit:
            unit.routes.put(facts.route())
        error = failure(url, lambda unit: facts.save(unit, some))

    assert (error.code, exit_code(error)) == ("store.disk", Exit.LATER)
    assert "Make room" in error.next_step
    with closing(open_store(url, "local", FakeClock())) as store:
        with store.reading() as unit:
            assert unit.routes.all() == (facts.route(),)
            assert unit.documents.latest(facts.SETTLEMENT.document_id) is None
        with store.unit("cli") as unit:
            facts.save(unit, some)


def test_a_database_that_another_process_holds_is_told_after_the_wait(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with on_every_connection("busy_timeout = 20"):
            error = failure(f"sqlite:///{file}")

    assert (error.code, exit_code(error)) == ("store.locked", Exit.LATER)


# PostgreSQL


def test_a_server_that_does_not_run_is_worth_another_try(tmp_path: Path) -> None:
    for url in ("postgresql://bridge:hunter2@127.0.0.1:1/books", f"postgresql://bridge@/books?host={tmp_path}"):
        error = failure(url)
        assert (error.code, exit_code(error)) == ("store.gone", Exit.LATER)
        assert SECRET not in str(error)


def test_a_server_that_stops_in_the_middle_saves_nothing_and_is_worth_another_try(postgres_store_url: str) -> None:
    def stopped(unit: Any) -> None:
        unit.routes.put(facts.route())
        _administer(
            postgres_store_url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        unit.routes.put(facts.route("another"))

    error = failure(postgres_store_url, stopped)

    assert (error.code, exit_code(error)) == ("store.gone", Exit.LATER)
    with closing(open_store(postgres_store_url, "local", FakeClock())) as store, store.reading() as unit:
        assert unit.routes.all() == ()


@pytest.mark.parametrize("is_user", [False, True])
def test_a_database_or_user_that_is_not_there_is_named(postgres_store_url: str, *, is_user: bool) -> None:
    there = make_url(postgres_store_url)
    url = there.set(username="nobody_here") if is_user else there.set(database="nobody_here")

    error = failure(url.render_as_string(hide_password=False))

    assert (error.code, exit_code(error)) == ("store.unreachable", Exit.FIX)
    assert "nobody_here" in error.cause


def test_a_wrong_password_is_told_without_the_password() -> None:
    with refusing_server() as port:
        error = failure(f"postgresql://bridge:{SECRET}@127.0.0.1:{port}/books")

    assert (error.code, exit_code(error)) == ("store.unreachable", Exit.FIX)
    assert "password authentication failed" in error.cause
    assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("error", "code", "exits"),
    [
        (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "store.standby", Exit.FIX),
        (psycopg.errors.DataCorrupted("invalid page in block 7"), "store.damaged", Exit.FIX),
        (psycopg.errors.IndexCorrupted("unexpected zero page"), "store.damaged", Exit.FIX),
        (psycopg.errors.DiskFull("could not extend file"), "store.disk", Exit.LATER),
        (psycopg.errors.IoError("could not read block"), "store.disk", Exit.LATER),
        (psycopg.errors.TooManyConnections("sorry, too many clients already"), "store.gone", Exit.LATER),
        (psycopg.errors.AdminShutdown("terminating connection"), "store.gone", Exit.LATER),
        (psycopg.errors.CannotConnectNow("the database system is starting up"), "store.gone", Exit.LATER),
        (psycopg.OperationalError("FATAL: the database system is in recovery mode"), "store.gone", Exit.LATER),
        (psycopg.errors.LockNotAvailable("canceling statement"), "store.busy", Exit.LATER),
        (psycopg.errors.DeadlockDetected("deadlock detected"), "store.gone", Exit.LATER),
        (psycopg.errors.UndefinedTable('relation "entry" does not exist'), "store.damaged", Exit.FIX),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else "",
)
def test_what_a_server_says_becomes_what_to_do(error: psycopg.Error, code: str, exits: Exit) -> None:
    told = dialect_of("postgresql://bridge@localhost/books").translate(error)

    assert (told.code, exit_code(told)) == (code, exits)


def test_what_a_server_says_of_a_value_is_not_repeated() -> None:
    error = psycopg.errors.InvalidTextRepresentation('invalid input syntax for type bigint: "Ana Smith"')

    assert "Ana" not in str(dialect_of("postgresql://bridge@localhost/books").translate(error))


def test_a_user_who_may_not_read_the_tables_is_told_so(postgres_store_url: str) -> None:
    role = f"guest_{secrets.token_hex(4)}"
    _administer(postgres_store_url, f"CREATE ROLE {role} LOGIN")
    try:
        url = make_url(postgres_store_url).set(username=role).render_as_string(hide_password=False)
        error = failure(url)
    finally:
        _administer(postgres_store_url, f"DROP ROLE {role}")

    assert (error.code, exit_code(error)) == ("store.unreachable", Exit.FIX)
    assert re.search("permission denied", error.cause)


@pytest.fixture
def postgres_store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated PostgreSQL database."""
    server = request.getfixturevalue("postgres_server")
    with server.database(like=request.getfixturevalue("migrated_database")) as url:
        yield url


def _administer(url: str, statement: str) -> None:
    """Say something to the server from outside the database, whose name is {name}."""
    parsed = make_url(url)
    outside = parsed.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(outside, autocommit=True)) as admin:
        admin.execute(statement.format(name=parsed.database).encode())


@contextmanager
def refusing_server() -> Iterator[int]:
    """Speaks as much of PostgreSQL's protocol as it takes to ask for a password and to refuse it. Yields its port.

    Source: PostgreSQL 16 documentation, 55.2 and 55.7, read 2026-06-02.
    """
    said = b'SFATAL\x00C28P01\x00Mpassword authentication failed for user "bridge"\x00\x00'
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client:
                        while len(client.recv(1024)) == 8:  # asks for encryption first
                            client.sendall(b"N")
                        client.sendall(b"R" + struct.pack("!ii", 8, 3))
                        client.recv(1024)
                        client.sendall(b"E" + struct.pack("!i", len(said) + 4) + said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(60)


# Taken away while it is in use


def dropped(file: Path, *ends: str) -> None:
    for end in ends:
        file.with_name(file.name + end).unlink()


def aside(file: Path) -> None:
    """Replaced by a backup, as by ``mv``."""
    copy = file.with_name("copy")
    shutil.copy(file, copy)
    copy.replace(file)


@pytest.mark.parametrize(
    "harm",
    [
        lambda file: dropped(file, "-wal"),
        lambda file: dropped(file, "-wal", "-shm"),
        lambda file: dropped(file, ""),
        aside,
    ],
    ids=["log", "log and index", "deleted", "replaced"],
)
def test_what_lies_there_no_more_takes_nothing_that_would_be_lost(file: Path, harm: Callable[[Path], None]) -> None:
    """By two processes, one in the middle of a unit: what either was told is saved is there, where a file is."""
    url = f"sqlite:///{file}"
    stores = [open_store(url, history.ORGANISATION, FakeClock()) for _ in range(2)]
    for number, store in enumerate(stores):
        with store.unit("cli") as unit:
            unit.routes.put(facts.route(f"before-{number}"))
    with stores[0].unit("cli") as unit:
        unit.routes.put(facts.route("within"))
        harm(file)
    for store in (*stores, *stores):
        for attempt in (store.reading, lambda store=store: store.unit("cli")):
            with pytest.raises(BridgeError) as refused, attempt():
                raise AssertionError("goes on")
            assert (refused.value.code, str(file) in str(refused.value)) == ("store.moved", True)
    if not file.exists():
        return  # nobody made an empty one in its place
    with closing(open_store(url, history.ORGANISATION, FakeClock())) as store:
        with store.unit("cli") as unit:
            unit.routes.put(facts.route("after"))
        with store.reading() as unit:
            names = {route.name for route in unit.routes.all()}
    for store in stores:
        store.close()
    assert "after" in names
    assert harm is aside or names == {"before-0", "before-1", "within", "after"}, "what was there is another file's"
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
