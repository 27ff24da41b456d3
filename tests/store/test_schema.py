"""The schema: made from nothing, harmless to make twice, and never another than the code believes."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from bridge.model.leases import LeaseKind
from bridge.model.line_tax import Liable, Tax, taxed_at
from bridge.store.sql import migrate, open_store, schema
from bridge.store.sql.codec import encode
from bridge.store.sql.dialect import dialect_of
from bridge.store.sql.tables import metadata
from tests.fakes.clock import FakeClock
from tests.store import facts


def test_migrating_an_empty_database_makes_a_store_that_works(empty_url: str, clock: FakeClock) -> None:
    store = open_store(empty_url, "local", clock)
    store.migrate()
    with store.unit("cli") as unit:
        unit.routes.put(facts.route())
    store.migrate()
    with store.reading() as unit:
        assert unit.routes.all() == (facts.route(),)
    store.close()


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(2) as two:
        list(two.map(migrate, [empty_url, empty_url]))

    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        versions = connection.execute(sa.text("SELECT count(*) FROM alembic_version")).scalar()
    engine.dispose()
    assert versions == 1


def test_a_database_without_tables_is_refused(empty_url: str, clock: FakeClock) -> None:
    store = open_store(empty_url, "local", clock)
    with pytest.raises(ConfigError, match="has no tables yet") as refused, store.reading():
        pass
    assert refused.value.code == "store.empty"
    store.close()


def test_a_database_of_a_newer_bridge_that_this_one_cannot_work_beside_is_refused(
    database_url: str, clock: FakeClock
) -> None:
    _say_newer(database_url, oldest="9998")
    store = open_store(database_url, "local", clock)
    with pytest.raises(ConfigError, match="newer bridge") as refused, store.unit("cli"):
        pass
    assert refused.value.code == "store.schema"
    with pytest.raises(ConfigError, match="newer bridge"):
        store.migrate()
    store.close()


def test_migrations_make_the_tables_the_code_speaks_of(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


def test_migrations_make_them_to_the_letter(migrated_file: Path, tmp_path: Path) -> None:
    """Checks, conditions of indices and clustering are not seen by a comparison of columns."""
    told = sa.create_engine(f"sqlite:///{tmp_path / 'told.sqlite'}")
    metadata.create_all(told)
    migrated = sa.create_engine(f"sqlite:///{migrated_file}")

    assert _definitions(migrated) == _definitions(told)


def test_the_newest_migration_is_the_version_the_code_asks_for(database_url: str) -> None:
    """An empty database is migrated to the last of the scripts, not only to the one the code names."""
    folder = Path(schema.__file__).parent / "migrations" / "versions"
    newest = max(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        told = connection.execute(sa.text("SELECT version_num, oldest FROM alembic_version")).one()
    engine.dispose()
    assert tuple(told) == (newest, schema.OLDEST)
    assert newest == schema.HEAD


def test_every_key_begins_with_the_organisation() -> None:
    for table in metadata.tables.values():
        across = {"seat_person", "duty_due_everywhere"}  # not unique: for questions that are asked of all at once
        keys = [table.primary_key.columns, *(index.columns for index in table.indexes if index.name not in across)]
        keys += [one.columns for one in table.constraints if isinstance(one, sa.UniqueConstraint)]
        assert [next(iter(columns)).name for columns in keys] == ["organisation_id"] * len(keys)


def test_a_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "bridge.sqlite"
    migrate(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["mysql://root@localhost/x", "bridge.sqlite", "sqlite://", "sqlite:///:memory:"])
def test_a_url_of_another_database_is_refused(url: str, clock: FakeClock) -> None:
    with pytest.raises(ConfigError) as refused:
        open_store(url, "local", clock)
    assert refused.value.code == "store.url"


def test_a_password_is_in_no_message(clock: FakeClock) -> None:
    url = "postgresql://bridge:hunter2@127.0.0.1:1/nowhere"
    store = open_store(url, "local", clock)
    with pytest.raises(Exception, match="database") as failed, store.reading():
        pass
    assert "hunter2" not in str(failed.value)
    store.close()


def test_a_sqlite_file_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'bridge.sqlite'}")
    assert refused.value.code == "store.url"


def _say_newer(url: str, oldest: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999', oldest = :o"), {"o": oldest})
    engine.dispose()


def _definitions(engine: sa.Engine) -> set[str]:
    statement = "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite%'"
    with engine.connect() as connection:
        found = {" ".join(sql.split()) for (sql,) in connection.execute(sa.text(statement)) if sql}
    engine.dispose()
    return {sql for sql in found if "alembic_version" not in sql}


def test_a_snapshot_that_says_of_no_account_what_it_is_is_asked_for_again(empty_url: str, clock: FakeClock) -> None:
    account = '{"ledger_id": "1", "number": "1200", "name": "Clearing", "type": "Bank", "currency": "USD"}'
    body = f'{{"connection": "books", "taken_at": "2026-06-01T00:00:00Z", "company": "A", "accounts": [{account}]}}'
    row = {"organisation_id": "local", "connection": "books", "taken_at": 5, "body": body}
    _at_version(empty_url, "0004", "ledger_facts", [row])
    migrate(empty_url)

    with closing(open_store(empty_url, "local", clock)) as store, store.reading() as unit:
        assert unit.facts.latest("books") is None


def test_what_lines_said_of_tax_is_read_as_components(empty_url: str, clock: FakeClock) -> None:
    """As they were written before: a sum of rates, a base, and an attribute for who owes."""
    pair, source, web = '["liable","{}"]', '["source","web"]', ("source", "web")
    channel, unknown = pair.format("channel"), pair.format("unknown")
    said: list[tuple[str, str, str, str, tuple[tuple[str, str], ...], Tax]] = [
        ("sale.product", "", "", "", (), ()),
        ("sale.product", "", "8.875", f"[{source}]", (web,), taxed_at("8.875")),
        ("sale.product", "", "0", f"[{channel}]", (), taxed_at("", liable=Liable.CHANNEL)),
        ("sale.product", "", "0", f"[{source},{channel}]", (web,), taxed_at("", liable=Liable.CHANNEL)),
        ("refund.product", "", "0", f"[{channel},{source}]", (web,), taxed_at("", liable=Liable.CHANNEL)),
        ("tax.collected", "sale.product", "20", "", (), taxed_at("20", base="sale.product")),
        ("tax.on_fees", "fee.payment", "", "", (), taxed_at("", base="fee.payment")),
        (
            "tax.collected",
            "duty",
            "",
            f"[{source},{unknown}]",
            (web,),
            taxed_at("", base="duty", liable=Liable.UNKNOWN),
        ),
        ("tax.facilitator", "duty", "5.3", "", (), taxed_at("5.3", base="duty", liable=Liable.CHANNEL)),
        ("tax.facilitator", "", "", "", (), taxed_at("", liable=Liable.CHANNEL)),
    ]
    _at_version(
        empty_url,
        "0008",
        "line",
        [
            {"organisation_id": "local", "document_id": "doc", "revision": 1, "line_key": f"{number:02}", "kind": kind}
            | {"part": "sale", "amount_minor": 5, "occurred_at": 5, "order_id": "", "tax_group": "", "sku": ""}
            | {"words": "", "attributes": attributes, "reference": "", "tax_base": base, "tax_rate": rate}
            for number, (kind, base, rate, attributes, _, _) in enumerate(said)
        ],
    )
    migrate(empty_url)

    with closing(open_store(empty_url, "local", clock)) as store, store.reading() as unit:
        (page,) = unit.documents.lines("doc", 1)
    assert [(line.attributes, line.tax) for line in page] == [told[4:] for told in said]
    assert [line.tax_base for line in page] == [told[1] for told in said]
    assert [line.tax_rate for line in page] == [told[2] for told in said]
    engine = sa.create_engine(empty_url)
    with pytest.raises(sa.exc.IntegrityError, match="line is append-only"), engine.begin() as connection:
        connection.execute(sa.text("UPDATE line SET words = 'other'"))
    engine.dispose()


def test_epochs_of_ledgers_outlive_the_tables_they_were_kept_in(empty_url: str, clock: FakeClock) -> None:
    """A delivery under way names the epoch under which it was sent: it must not come again."""
    leases = [
        {"organisation_id": "local", "ledger": ledger, "holder": holder, "epoch": epoch, "until_at": 5}
        for ledger, holder, epoch in (("books", "dead", 7), ("drift books", "", 3))
    ]
    _at_version(empty_url, "0003", "lease", leases)
    migrate(empty_url)

    with closing(open_store(empty_url, "local", clock)) as store, store.unit("worker") as unit:
        taken = [
            unit.leases.take(kind, "books", "me", clock.now(), clock.now())
            for kind in (LeaseKind.DRAIN, LeaseKind.DRIFT, LeaseKind.PULL)
        ]
    assert [lease and (lease.epoch, lease.claims) for lease in taken] == [(8, 2), (4, 1), (1, 1)]


def test_what_vouchers_on_their_way_come_to_is_told_of_those_that_were_there(empty_url: str) -> None:
    held, delivered = facts.delivery("ent_1", DeliveryState.HELD), facts.delivery("ent_2", DeliveryState.DELIVERED)
    blank = facts.delivery("ent_3", DeliveryState.HELD, voucher=None)
    rows = [
        {"organisation_id": "local", "voucher_id": one.voucher_id, "entry_id": one.entry_id, "ledger": "books"}
        | {"route_id": "r", "voucher": encode(one.voucher) if one.voucher else None, "state": one.state.value}
        | {"reason": "", "note": "", "round": 0, "attempts": 0, "epoch": 0, "ref": "", "released_by": ""}
        for one in (held, delivered, blank)
    ]
    _at_version(empty_url, "0041", "delivery", rows)
    migrate(empty_url)

    engine = sa.create_engine(empty_url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT voucher_id, total_minor, currency FROM delivery")).fetchall()
    engine.dispose()
    nothing = {(one.voucher_id, None, None) for one in (delivered, blank)}
    assert set(map(tuple, found)) == nothing | {(held.voucher_id, 1000, "USD")}


def _at_version(url: str, version: str, table: str, rows: list[dict[str, object]]) -> None:
    """A database as an older bridge left it, with these rows."""
    dialect = dialect_of(url)
    engine = dialect.engine()
    with dialect.transaction(engine, is_reading=False) as connection:
        config = schema._config()  # noqa: SLF001 - an older version is made by nothing else
        config.attributes.update(connection=connection, dialect=dialect)
        command.upgrade(config, version)
        names = rows[0].keys()
        connection.execute(sa.text(f"INSERT INTO {table} ({', '.join(names)}) VALUES (:{', :'.join(names)})"), rows)
    engine.dispose()
