"""The PostgreSQL of the tests gives each test a database of its own, and leaves nothing behind."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer, is_alive, url_of

ROOT = Path(__file__).resolve().parents[2]


def query(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(sql.encode()).fetchall()


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_starts_from_an_empty_database(postgres_url: str, turn: str) -> None:
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert query(postgres_url, tables) == []

    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute(f"CREATE TABLE {turn} (n int)".encode())

    assert query(postgres_url, tables) == [(turn,)]


def test_a_database_can_start_as_a_copy_of_another(postgres_server: PostgresServer, postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE books AS SELECT 7 AS n")

    with postgres_server.database(like=postgres_url) as copy:
        assert query(copy, "SELECT n FROM books") == [(7,)]
        name = copy.split("/")[-1].split("?")[0]
    assert query(postgres_url, f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == []


def test_a_killed_run_leaves_no_server_and_no_folder() -> None:
    run = subprocess.Popen(["/bin/sleep", "60"])
    room = Path(f"/tmp/bridge-pg-{run.pid}-{os.getpid()}")
    url_of(room)
    server = int((room / "data/postmaster.pid").read_text().split()[0])
    assert is_alive(server)

    run.kill()  # and nobody collects it: a dead run counts as dead also while it is a zombie
    patience = time.monotonic() + 60
    while (room.exists() or is_alive(server)) and time.monotonic() < patience:
        time.sleep(0.02)
    run.wait()

    assert not room.exists()
    assert not is_alive(server)


def test_the_tests_of_a_plugin_have_the_same_fixtures() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "pytest", "--fixtures", "-q", "-p", "no:cacheprovider", "plugins/amazon"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "postgres_url" in asked.stdout, asked.stdout + asked.stderr
