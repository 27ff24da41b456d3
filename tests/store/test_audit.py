"""The audit log: one chained row per writing unit, and nothing done to it goes unseen (D16)."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from unittest.mock import ANY

import pytest
import sqlalchemy as sa

from bridge.errors import InvariantError
from bridge.model.documents import DocumentKind, Identity
from bridge.model.duties import Duty, DutyKind, Rhythm
from bridge.model.findings import Instruction, InstructionKind
from bridge.store.api import Revised
from bridge.store.sql import SqlStore, open_store, tables
from bridge.store.sql.unit import SqlUnitOfWork
from bridge.store.sql.work import Work
from tests.fakes.clock import FakeClock
from tests.fakes.stores import Database
from tests.store import facts


@pytest.fixture
def written(store: SqlStore, clock: FakeClock) -> SqlStore:
    """A store with five rows of audit."""
    for number in range(5):
        clock.advance(1)
        with store.unit("cli") as unit:
            unit.routes.put(facts.route(f"route-{number}"))
    return store


def test_a_unit_is_one_row_that_names_what_it_changed(store: SqlStore, clock: FakeClock) -> None:
    with store.unit("anna") as unit:
        unit.routes.put(facts.route())
        unit.documents.add_many([(facts.kept(facts.document(facts.lines(3))), facts.lines(3))])
        other = facts.document(facts.lines(2), identity=Identity("amazon", "A1SELLER", DocumentKind.FEE, "1"))
        unit.documents.add_many([(facts.kept(other), facts.lines(2))])
        unit.audit.note("import", "settlement.txt", "by hand")
    with store.reading() as unit:
        (row,) = unit.audit.rows()
    document = facts.SETTLEMENT.document_id
    assert (row.seq, row.at, row.actor, row.prev_hash) == (1, clock.now(), "anna", "")
    assert json.loads(row.notes) == [
        ["route.put", "us", "amazon-us to books, payout"],
        ["document.saved", document, "6100000001 revision 1 new"],
        ["document.saved", other.document_id, "1 revision 1 new"],
        ["import", "settlement.txt", "by hand"],
        ["lines.added", facts.connection().connection_id, "5 lines"],
        ["sealed route", '["us"]', ANY],
        ["sealed", "2 digests", ANY],
    ]


def test_the_first_row_says_since_when_the_log_is(store: SqlStore, clock: FakeClock) -> None:
    with store.reading() as unit:
        assert unit.audit.begun_at() is None
    begun_at = clock.now()
    for name in ("one", "two"):
        with store.unit("cli") as unit:
            unit.routes.put(facts.route(name))
        clock.advance(60)
    with store.reading() as unit:
        assert unit.audit.begun_at() == begun_at


def test_a_unit_that_wrote_nothing_writes_no_row(store: SqlStore) -> None:
    with store.unit("cli") as unit:
        unit.routes.put(facts.route())
    with store.unit("cli") as unit:
        unit.routes.put(facts.route())
        unit.audit.note("apply", "bridge.toml")
        unit.entries.settle_fates(Revised((("doc_unknown", 2),), is_new=False))
        unit.copies.clear(facts.LEDGER)
        unit.copies.add(facts.LEDGER, [])
    with store.reading() as unit:
        assert unit.audit.verify()[0] == 1


def test_a_write_without_a_note_is_refused(sqlite_store: SqlStore, sqlite_database: Database, clock: FakeClock) -> None:
    """Whoever writes a new part and forgets the note is told by the first test that uses it."""
    engine = sa.create_engine(sqlite_database.url)
    with sqlite_store.unit("cli") as unit:
        unit.routes.put(facts.route())
    with engine.begin() as connection:
        work = Work(connection, sqlite_store.dialect, "local", clock, "cli")
        work.write(work.delete(tables.route))
        with pytest.raises(InvariantError) as refused:
            SqlUnitOfWork(work).finish()
    engine.dispose()
    assert refused.value.code == "audit.no_note"


def test_the_chain_can_be_verified_by_anyone(written: SqlStore) -> None:
    with written.reading() as unit:
        rows = list(unit.audit.rows())
        assert unit.audit.verify() == (5, rows[-1].hash)
    head = ""
    for row in rows:
        told = {
            "organisation": "local",
            "seq": row.seq,
            "at": row.at.isoformat(timespec="microseconds"),
            "actor": row.actor,
            "notes": row.notes,
            "prev_hash": head,
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        head = hashlib.sha256(text.encode()).hexdigest()
        assert head == row.hash


@pytest.mark.parametrize(
    ("harm", "broken_row"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE seq = 3", 3),
        ("UPDATE audit SET notes = '[]' WHERE seq = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE seq = 5", 5),
        ("UPDATE audit SET prev_hash = hash WHERE seq = 4", 4),
        ("DELETE FROM audit WHERE seq = 2", 3),
        ("DELETE FROM audit WHERE seq = 1", 2),
        ("DELETE FROM audit WHERE seq = 2; UPDATE audit SET seq = seq - 1 WHERE seq > 2", 2),
        ("UPDATE audit SET seq = -seq; UPDATE audit SET seq = 6 + seq", 1),
        ("UPDATE audit SET organisation_id = 'globex'", 1),
    ],
)
def test_tampering_is_found_and_the_first_broken_row_named(
    written: SqlStore, database_url: str, clock: FakeClock, harm: str, broken_row: int
) -> None:
    """D16: flipped, deleted, reordered, moved to another organisation; by somebody who can drop triggers."""
    _harm(database_url, harm)
    store = open_store(database_url, "globex" if "globex" in harm else "local", clock)
    with store.reading() as unit, pytest.raises(InvariantError, match=f"audit row {broken_row}:") as found:
        unit.audit.verify()
    assert found.value.code == "audit.broken"
    store.close()


def test_a_log_cut_short_is_seen_by_who_kept_its_head(written: SqlStore, database_url: str) -> None:
    with written.reading() as unit:
        kept = unit.audit.verify()
    _harm(database_url, "DELETE FROM audit WHERE seq > 3")
    with written.reading() as unit:
        count, head = unit.audit.verify()
    assert count == 3
    assert head != kept[1]


@pytest.mark.parametrize("harm", ["UPDATE audit SET actor = 'x' WHERE seq = 1", "DELETE FROM audit WHERE seq = 1"])
def test_the_database_itself_refuses_to_change_the_log(written: SqlStore, database_url: str, harm: str) -> None:
    engine = sa.create_engine(database_url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(harm))
    engine.dispose()
    with written.reading() as unit:
        assert unit.audit.verify()[0] == 5


def test_a_long_log_is_verified_page_by_page(sqlite_store: SqlStore) -> None:
    for number in range(503):
        with sqlite_store.unit("cli") as unit:
            unit.instructions.add(_instruction(number))
    with sqlite_store.reading() as unit:
        assert unit.audit.verify()[0] == 503
        assert [row.seq for row in unit.audit.rows()] == list(range(1, 504))


def test_of_a_long_document_every_line_is_vouched_for(store: SqlStore, database_url: str) -> None:
    """Its lines are read in pages, and another document's behind them."""
    some, other = facts.lines(10_001), Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, "6100000002")
    with store.unit("cli") as unit:
        facts.save(unit, some)
        facts.save(unit, facts.lines(2), facts.document(facts.lines(2), identity=other))
    engine = sa.create_engine(database_url)
    trigger = "line_no_update" if engine.dialect.name == "sqlite" else "line_no_change ON line"
    sku = sa.text("UPDATE line SET sku = :sku WHERE line_key = :key AND document_id = :of")

    def rewrite(place: int, to: str) -> list[str]:
        with engine.begin() as connection:
            of = {"key": some[place].key, "of": facts.SETTLEMENT.document_id}
            assert connection.execute(sku, {"sku": to, **of}).rowcount == 1
        with store.reading() as unit:
            return [each.kind for each in unit.audit.unvouched()]

    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP TRIGGER {trigger}"))
    for place in (0, 4_999, 5_000, 10_000):
        assert rewrite(place, "X") == ["document"], place
        assert rewrite(place, some[place].sku) == [], place
    engine.dispose()


def test_a_copied_file_verifies_alike(
    sqlite_store: SqlStore, sqlite_database: Database, tmp_path: Path, clock: FakeClock
) -> None:
    """A backup, looked at elsewhere, tells the same head."""
    with sqlite_store.unit("cli") as unit:
        unit.routes.put(facts.route())
    with sqlite_store.reading() as unit:
        head = unit.audit.verify()
    sqlite_store.close()
    shutil.copy(sqlite_database.url.removeprefix("sqlite:///"), tmp_path / "backup.sqlite")
    backup = open_store(f"sqlite:///{tmp_path / 'backup.sqlite'}", "local", clock)
    with backup.reading() as unit:
        assert unit.audit.verify() == head
    backup.close()


def _instruction(number: int) -> Instruction:
    return Instruction(InstructionKind.RELEASE, f"vch_{number}", "anna", "looked at it", facts.NOON)


def _harm(url: str, statements: str) -> None:
    """What an administrator could do who first takes the triggers away."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for trigger in ("audit_no_update", "audit_no_delete"):
                connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {trigger}"))
        else:
            connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
        for statement in statements.split("; "):
            connection.execute(sa.text(statement))
    engine.dispose()


def test_what_somebody_has_noted_is_in_the_log_though_no_fact_was_written(store: SqlStore) -> None:
    with store.unit("web:Ann") as unit:
        unit.duties.put(Duty(DutyKind.CHECK, "us", Rhythm(5), facts.NOON))
        unit.audit.note("duty.asked", "check/us")

    with store.reading() as unit:
        (row,) = unit.audit.rows()
    assert (row.actor, "duty.asked" in row.notes) == ("web:Ann", True)
