"""Units of work: all or nothing, read-only when they say so, and never saved after the database refused something."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bridge.errors import InvariantError, PluginError
from bridge.model.leases import LeaseKind
from bridge.store.sql import SqlStore
from bridge.store.sql.dialect import dialect_of
from tests.fakes.stores import OpenStore
from tests.store import facts


def test_a_crash_inside_a_unit_leaves_nothing(store: SqlStore) -> None:
    def crash() -> None:
        with store.unit("cli") as unit:
            unit.routes.put(facts.route())
            facts.save(unit, facts.lines(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        crash()

    with store.reading() as unit:
        assert unit.routes.all() == ()
        assert unit.documents.latest(facts.SETTLEMENT.document_id) is None
        assert list(unit.documents.lines(facts.SETTLEMENT.document_id, 1)) == []
        assert list(unit.audit.rows()) == []


def test_a_reading_may_not_write(store: SqlStore) -> None:
    with store.reading() as unit, pytest.raises(InvariantError) as refused:
        unit.routes.put(facts.route())
    assert refused.value.code == "store.read_only"


def test_a_unit_after_a_reading_may_write_again(store: SqlStore) -> None:
    for number in range(3):
        with store.reading() as unit:
            assert len(unit.routes.all()) == number
        with store.unit("cli") as unit:
            assert unit.routes.put(facts.route(f"route-{number}"))


def test_a_reading_is_one_snapshot(store: SqlStore) -> None:
    with store.reading() as reading:
        before = reading.routes.all()
        with store.unit("cli") as unit:
            unit.routes.put(facts.route())
        assert reading.routes.all() == before == ()
    with store.reading() as reading:
        assert reading.routes.all() == (facts.route(),)


def test_a_unit_is_not_saved_when_a_refusal_in_it_was_swallowed(store: SqlStore) -> None:
    """Half of a bulk insert may be in the transaction: going on would save the half."""
    some = facts.lines(3)

    def swallow() -> None:
        with store.unit("cli") as unit:
            unit.routes.put(facts.route())
            with contextlib.suppress(PluginError):
                facts.save(unit, [*some, some[0]])

    with pytest.raises(InvariantError, match="goes on after an error"):
        swallow()
    with store.reading() as unit:
        assert unit.routes.all() == ()


def test_an_error_of_the_callers_own_comes_through_as_it_is(store: SqlStore) -> None:
    """Only what the database says is put into our words."""
    with pytest.raises(OverflowError, match="the caller's"), store.unit("cli"):
        raise OverflowError("the caller's")


def test_what_a_database_cannot_hold_is_refused_and_told_apart(store: SqlStore) -> None:
    """An amount beyond 64 bits is no second key."""
    (line,) = facts.lines(1, amount_minor=2**63)
    with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
        unit.documents.write_ahead(facts.SETTLEMENT.document_id, 1, [line])
    assert refused.value.code == "store.refused"


def test_a_unit_needs_an_actor(store: SqlStore) -> None:
    with pytest.raises(InvariantError, match="no actor"), store.unit(""):
        pass


def test_two_organisations_in_one_database_never_see_each_other(another: OpenStore) -> None:
    """Same names, same ids, same keys: two merchants, one database."""
    ours, theirs = another("acme"), another("globex")
    some = facts.lines(3)
    for store in (ours, theirs):
        with store.unit("cli") as unit:
            unit.connections.put(facts.connection())
            unit.routes.put(facts.route())
            facts.save(unit, some)
            unit.entries.add(facts.entry())
            facts.bind(unit, facts.SETTLEMENT.document_id, 1, facts.booked(some, facts.entry().entry_id))
            unit.deliveries.add(facts.delivery())
            unit.deliveries.put_baseline("vch_1", "ent_1", facts.LEDGER, facts.copy())
            unit.copies.add(facts.LEDGER, [facts.copy()])
            unit.findings.add(facts.finding(), facts.NOON)
            assert unit.leases.take(LeaseKind.DRAIN, facts.LEDGER, "worker", facts.NOON, facts.NOON)

    with theirs.unit("cli") as unit:
        unit.routes.put(msgspec.structs.replace(facts.route(), bank="1020"))
        unit.entries.replace([facts.entry().entry_id])
        unit.copies.clear(facts.LEDGER)
        unit.findings.settle(facts.route().route_id, [], facts.NOON, prefix="drift.")

    with ours.reading() as unit:
        assert unit.routes.all() == (facts.route(),)
        assert unit.entries.get(facts.entry().entry_id).is_live
        assert [len(page) for page in unit.entries.lines_of(facts.entry().entry_id, 1)] == [3]
        assert list(unit.copies.differences(facts.LEDGER)) == []
        assert unit.copies.get(facts.LEDGER, "145") == facts.copy()
        assert len(unit.findings.of_route(facts.route().route_id)) == 1
        assert unit.audit.verify()[0] == 1
    with theirs.reading() as unit:
        assert [difference.theirs for difference in unit.copies.differences(facts.LEDGER)] == [None]
        assert unit.audit.verify()[0] == 2


def test_what_was_compiled_for_one_file_serves_another_file(tmp_path: Path) -> None:
    only_here, seen = sa.select(sa.literal("nobody else asks this").label("asked")), []

    def watch(*event: Any) -> None:
        seen.append((event[0].engine.url.database, event[4].cache_hit.name))

    files = [str(tmp_path / name) for name in ("one.sqlite", "two.sqlite")]
    for file in files:
        dialect = dialect_of(f"sqlite:///{file}")
        engine = dialect.engine()
        with dialect.transaction(engine, is_reading=True) as connection:
            sa.event.listen(connection, "before_cursor_execute", watch)
            assert connection.execute(only_here).scalar_one() == "nobody else asks this"
            sa.event.remove(connection, "before_cursor_execute", watch)
        engine.dispose()

    assert seen == [(files[0], "CACHE_MISS"), (files[1], "CACHE_HIT")]


@pytest.mark.parametrize(
    "use",
    [
        lambda store: store.reading().__enter__(),
        lambda store: store.unit("cli").__enter__(),
        lambda store: store.of("acme").reading().__enter__(),
        lambda store: store.moment(),
        lambda store: store.check(),
    ],
    ids=["reading", "unit", "another", "moment", "check"],
)
def test_a_store_that_was_closed_is_not_used_any_more(another: OpenStore, use: Callable[[SqlStore], object]) -> None:
    """Its pool would connect anew, and nobody would give that back."""
    store = another()
    acme = store.of("acme")
    store.close()
    store.close()

    for each in (store, acme):
        with pytest.raises(InvariantError) as refused:
            use(each)
        assert refused.value.code == "store.closed"
