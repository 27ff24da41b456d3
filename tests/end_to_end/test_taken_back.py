"""An update that is taken back strands nothing: what worked before it works on the database it left (D32)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.settings import load_settings
from bridge.store.sql import schema
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.stores import put_migrated

SQLITE = 'database_url = "sqlite:///bridge.db"'

EARLIER = """
import json, sys
import bridge
from click.testing import CliRunner
from bridge.cli.main import cli
config, *commands = sys.argv[1:]
said = [bridge.__path__[0]]
for command in commands:
    done = CliRunner().invoke(cli, ["--config", config, *command.split()], standalone_mode=False)
    error = done.exception
    how = f"{getattr(error, 'code', '')} {error!r}" if error else str(done.return_value or 0)
    said.append(how + chr(10) + done.output)
print(json.dumps(said))
"""


@pytest.fixture
def sandbox() -> Iterator[QuickBooksSandbox]:
    with QuickBooksSandbox() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def merchant(request: pytest.FixtureRequest, sandbox: QuickBooksSandbox, tmp_path: Path) -> Merchant:
    """Whose settlements wait in inboxes."""
    made = Merchant(tmp_path, sandbox, "us", "gb")
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        made.config.write_text(made.config.read_text().replace(SQLITE, f'database_url = "{url}"'))
    made.connect()
    return made


def put(merchant: Merchant, country: str, sample: str) -> None:
    (merchant.folder / f"inbox-{country}" / sample).write_bytes((SAMPLES / sample).read_bytes())


def make_newer(url: str, *, oldest: str) -> None:
    """Do to a database what a next version may: everything that only adds, to every table."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in sa.inspect(connection).get_table_names():
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN later_words TEXT NOT NULL DEFAULT ''")
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN later_many BIGINT")
            connection.exec_driver_sql(f"CREATE INDEX {table}_later ON {table} (later_many)")
        connection.exec_driver_sql("CREATE TABLE later (organisation_id TEXT PRIMARY KEY, words TEXT NOT NULL)")
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999', oldest = :o"), {"o": oldest})
    engine.dispose()


def database_of(merchant: Merchant) -> str:
    return load_settings(merchant.config, {}).database_url.get_secret_value()


def test_this_version_does_its_work_on_the_schema_of_the_next(merchant: Merchant) -> None:
    """What it will be when the next one was installed, and is taken back."""
    put(merchant, "us", "us_v2_standard.txt")
    merchant.ok("sync")
    make_newer(database_of(merchant), oldest=schema.HEAD)

    put(merchant, "gb", "gb_v2_dmy.txt")
    merchant.ok("apply")
    merchant.ok("sync")
    reports = merchant.json("drift")["routes"]
    assert [(one["route"], one["matched"]) for one in reports] == [("gb", True), ("us", True)]
    merchant.ok("audit", "verify", "--store")
    merchant.ok("runs", "list")
    merchant.ok("books", "export", "--output", str(merchant.folder / "books.beancount"))


def test_a_next_version_that_takes_something_away_is_refused_before_anything_is_done(
    sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    put_migrated(tmp_path / "bridge.db")
    make_newer(database_of(merchant), oldest="9999")
    for command in ("apply", "sync", "held"):
        refused = merchant.run(command).exception
        assert isinstance(refused, ConfigError)
        assert refused.code == "store.schema"


class Earlier:
    """The version before this one: its own code, in a process of its own, on the same folder."""

    def __init__(self, folder: Path) -> None:
        with tarfile.open(Path(__file__).parent / "earlier" / "code.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        self.sources = [folder / "src", *folder.glob("plugins/*/src")]

    @property
    def schemas(self) -> set[str]:
        """The versions of the schema that it knows."""
        folder = self.sources[0] / "bridge" / "store" / "sql" / "migrations" / "versions"
        return {file.name.partition("_")[0] for file in folder.glob("[0-9]*.py")}

    def run(self, merchant: Merchant, *commands: str) -> list[str]:
        """What each command says, from its exit code or error on."""
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, self.sources))}
        told = [sys.executable, "-c", EARLIER, str(merchant.config), *commands]
        done = subprocess.run(told, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        home, *said = json.loads(done.stdout)
        assert Path(home).is_relative_to(self.sources[0]), "another version runs"
        return [str(one) for one in said]


def test_the_version_before_takes_over_from_this_one_and_this_one_from_it(
    sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    """On what this one wrote: new rows, new words; it books, sends, checks, and nothing is doubled or lost."""
    merchant, earlier = Merchant(tmp_path / "books", sandbox, "us", "gb"), Earlier(tmp_path / "earlier")
    merchant.connect()
    put(merchant, "us", "us_v2_standard.txt")
    merchant.ok("sync")
    merchant.ok("drift", "us")

    put(merchant, "gb", "gb_v2_dmy.txt")
    said = earlier.run(merchant, "apply", "sync", "drift", "held", "runs list", "connections", "audit verify --store")
    if schema.OLDEST not in earlier.schemas:
        assert all("store.schema" in one for one in said), "it may not run, and says so"
        return
    assert [one.partition("\n")[0] for one in said] == ["0"] * 7, said
    assert "books-gb: 2 delivered" in said[1]

    assert "nothing to send" in merchant.ok("sync").output
    assert all(one["matched"] for one in merchant.json("drift")["routes"])
    merchant.ok("audit", "verify", "--store")
    journals = [len(sandbox.entities(one.realm, "JournalEntry")) for one in merchant.sellers.values()]
    assert sorted(journals) == [1, 3]
