"""Who may do what, what is connected and what is stopped is held against the log, on both databases (D16)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bridge.model.connections import ConnectionState
from bridge.model.organisations import Organisation
from bridge.model.pauses import Pause, Scope
from bridge.model.people import Invitation, Role, Seat
from bridge.model.reviews import Assignment
from bridge.store.api import SealedCredential, UnitOfWork
from bridge.store.sql import SqlStore
from bridge.store.sql.sealed import NAMED, Sealed
from tests.fakes.clock import FakeClock
from tests.store import facts

NOW = FakeClock().now()
ID = facts.connection().connection_id


def pause(scope: Scope, *, is_everywhere: bool = False) -> Pause:
    return Pause(scope, "amazon-us" if scope is Scope.CONNECTION else "", "ann", "x", NOW, is_everywhere)


WRITES: dict[Sealed, Callable[[UnitOfWork], object]] = {
    Sealed.CONNECTION: lambda unit: unit.connections.put(facts.connection()),
    Sealed.CREDENTIAL: lambda unit: unit.connections.put_credential(SealedCredential(ID, 1, b"\0secret", None)),
    Sealed.ROUTE: lambda unit: unit.routes.put(facts.route()),
    Sealed.SEAT: lambda unit: unit.people.give(Seat("p1", Role.OWNER, "ann", NOW)),
    Sealed.INVITATION: lambda unit: unit.people.invite(Invitation("i1", "Bea", Role.VIEWER, "ann", NOW, NOW)),
    Sealed.PAUSE: lambda unit: unit.pauses.add(pause(Scope.CONNECTION)),
    Sealed.STOP: lambda unit: unit.pauses.add(pause(Scope.DELIVERIES, is_everywhere=True)),
    Sealed.ORGANISATION: lambda unit: unit.organisations.put(Organisation("local", "Ours", NOW)),
    Sealed.ASSIGNMENT: lambda unit: unit.assignments.put(Assignment("vch_1", "ann", "", "ann", NOW)),
}
TABLES = {kind: kind.value for kind in NAMED} | {Sealed.STOP: "pause"}
CHANGES: list[Callable[[UnitOfWork], object]] = [
    lambda unit: unit.connections.set_state("amazon-us", ConnectionState.UNAUTHORIZED, "dead"),
    lambda unit: unit.connections.reseal(SealedCredential(ID, 1, b"\0secret", None), b"other"),
    lambda unit: unit.people.give(Seat("p1", Role.VIEWER, "ann", NOW)),
    lambda unit: unit.assignments.put(Assignment("vch_1", "bob", "", "ann", NOW)),
    lambda unit: unit.connections.forget_credential(ID),
    lambda unit: unit.people.take("p1"),
    lambda unit: unit.people.take_invitation("i1"),
    lambda unit: unit.pauses.lift(Scope.CONNECTION, "amazon-us", "ann"),
    lambda unit: unit.pauses.lift(Scope.DELIVERIES, "", "ann", is_everywhere=True),
]


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """One of each."""
    with store.unit("ann") as unit:
        for write in WRITES.values():
            write(unit)
        unit.audit.note("organisation.added", "local", "Ours")
    return store


def found(store: SqlStore) -> list[tuple[str, str, bool]]:
    with store.reading() as unit:
        return [(one.kind, one.fault.split(",")[0], one.is_compared) for one in unit.audit.unvouched()]


def past_bridge(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            assert connection.execute(sa.text(statement)).rowcount
    engine.dispose()


def test_whatever_is_written_through_bridge_stands_as_it_was_left(filled: SqlStore) -> None:
    assert set(WRITES) == set(NAMED)
    assert found(filled) == []
    for change in CHANGES:
        with filled.unit("ann") as unit:
            assert change(unit) is not False
        assert found(filled) == []


@pytest.mark.parametrize("kind", NAMED)
def test_what_was_taken_out_or_put_in_past_bridge_is_named(filled: SqlStore, database_url: str, kind: Sealed) -> None:
    of_all = kind in (Sealed.PAUSE, Sealed.STOP)
    where = f" WHERE scope = '{'deliveries' if kind is Sealed.STOP else 'connection'}'" if of_all else ""
    past_bridge(database_url, f"DELETE FROM {TABLES[kind]}{where}")
    assert found(filled) == [(kind, "was deleted", True)]


def test_what_an_earlier_version_wrote_is_told_and_not_compared_and_all_else_is(
    filled: SqlStore, database_url: str
) -> None:
    """It works beside this one while workers are replaced, and names no digests."""
    past_bridge(
        database_url,
        "UPDATE seat SET role = 'viewer'",
        "UPDATE connection SET state = 'active', body = body || ' '",
        "DELETE FROM invitation",
        "DELETE FROM pause",
    )
    with filled.unit("worker") as unit:
        for action, subject in (
            ("seat.given", "Ann (of Acme) (p1)"),
            ("connection.state", "amazon-us"),
            ("invitation.ended", "Bea"),
            ("pause.lifted", "deliveries everywhere"),
        ):
            unit.audit.note(action, subject)
        unit.routes.put(facts.route("another"))
    told = {(kind, is_compared) for kind, _, is_compared in found(filled)}
    assert told == {("seat", False), ("connection", False), ("invitation", False), ("stop", False), ("pause", True)}
    with filled.unit("ann") as unit:
        unit.people.give(Seat("p1", Role.OWNER, "ann", NOW))
    assert "seat" not in {kind for kind, _, _ in found(filled)}, "this version has written it since"


def test_an_update_has_the_log_vouch_once_for_what_stands_from_before(store: SqlStore, database_url: str) -> None:
    seat = (
        "INSERT INTO seat (organisation_id, person_id, role, given_by, since_at) VALUES ('{}', '{}', 'owner', 'x', 0)"
    )
    for name in ("local", "acme"):
        with store.of(name).unit("ann") as unit:
            unit.organisations.put(Organisation(name, name, NOW))
            unit.audit.note("organisation.added", name)
        past_bridge(database_url, seat.format(name, "before"))
    since = ("DROP INDEX document_new", "DROP INDEX entry_day")
    past_bridge(database_url, *since, "UPDATE alembic_version SET version_num = '0042'")

    store.migrate()
    for name in ("local", "acme"):
        assert found(store.of(name)) == []
        with store.of(name).reading() as unit:
            (row,) = unit.audit.newest(1)
        assert "store.vouched" in {action for action, _, _ in json.loads(row.notes)}
    past_bridge(database_url, seat.format("acme", "later"))
    store.migrate()
    assert found(store.of("acme")) == [("seat", "was written by nobody that the audit log knows of", True)]
