"""An organisation that is erased leaves nothing, whatever goes on beside it and wherever it is killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from bridge.app import House, open_house
from bridge.errors import BridgeError, ConfigError, StaleError
from bridge.host.holder import holder_name
from bridge.model.connections import Connection, Side
from bridge.model.duties import Duty, DutyKind, Rhythm
from bridge.model.leases import Lease, LeaseKind
from bridge.model.notices import Notice, Says
from bridge.model.pauses import Pause, Scope
from bridge.settings import load_settings
from bridge.store.api import Store
from bridge.store.sql import tables
from bridge.work.worker.hints import Hints
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.store import facts

NAMES = ("acme", "zoo")
ODD: dict[str, dict[str, object]] = {"fate": {"reason": None}, "lease": {"holder": ""}}
"""What a row of any value may not say: a line is booked or has a reason, and nobody is at work."""


@contextmanager
def town(url: str, folder: Path) -> Iterator[House]:
    """Two tenants with a connection and a route that are named alike."""
    config = folder / "bridge.toml"
    config.write_text("[bridge]\n", encoding="utf-8")
    clock = FakeClock()
    with open_house(load_settings(config, {"BRIDGE_DATABASE_URL": url}), clock, plugins()) as house:
        for name in NAMES:
            house.organisations.add(name, "", is_tenant=True, actor="ann")
            with house.store(name).unit("ann") as unit:
                unit.connections.put(facts.connection("shop", account=name))
                unit.connections.put(Connection("gone", "not-installed", Side.SOURCE, "1"))
                unit.routes.put(msgspec.structs.replace(facts.route(), source="shop"))
                unit.duties.put(Duty(DutyKind.SYNC, "us", Rhythm(every_minutes=5), clock.now()))
        yield house


@pytest.fixture
def house(own_url: str, tmp_path: Path) -> Iterator[House]:
    """On both databases."""
    with town(own_url, tmp_path) as found:
        yield found


def erase(house: House, name: str = "acme", *, dies_at: int = 10_000) -> int:
    """What was deleted. dies_at: the step before which the process dies."""
    steps = iter(range(10_000))

    def told(words: str) -> None:
        if next(steps) == dies_at:
            raise KeyboardInterrupt(words)

    return house.erasing.erase(name, by="olga", reason="their wish", actor="operator:olga", progress=told).rows


def filled(url: str, names: tuple[str, ...]) -> None:
    """A row in every table that has none of theirs yet, past all that would refuse it."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "PRAGMA foreign_keys = OFF" if engine.dialect.name == "sqlite" else "SET session_replication_role = replica"
        )
        for table in tables.metadata.sorted_tables:
            for name in names:
                if not _many(connection, table, name):
                    row = {column.name: _value(column, name) for column in table.columns}
                    row |= ODD.get(table.name, {})
                    columns = ", ".join(f'"{key}"' for key in row)
                    places = ", ".join(f":{key}" for key in row)
                    connection.execute(sa.text(f"INSERT INTO {table.name} ({columns}) VALUES ({places})"), row)
        connection.commit()
    engine.dispose()


def _value(column: sa.Column[object], name: str) -> object:
    if column.name == "organisation_id":
        return name
    kind = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.LargeBinary):
        return b"x"
    return 1 if isinstance(kind, sa.Integer) else "x"


def _many(connection: sa.Connection, table: sa.Table, name: str) -> int:
    wanted = sa.select(sa.func.count()).select_from(table).where(table.c.organisation_id == name)
    return int(connection.execute(wanted).scalar_one())


def counted(url: str, name: str) -> dict[str, int]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = {table.name: _many(connection, table, name) for table in tables.metadata.sorted_tables}
    engine.dispose()
    return found


def test_every_table_is_emptied_of_it_wherever_it_is_killed_and_of_nobody_else(house: House, own_url: str) -> None:
    """Generic over the schema: a table that comes later is in it."""
    filled(own_url, NAMES)
    before = counted(own_url, "zoo")
    assert all(before.values())
    for dies_at in range(0, len(before), 7):
        with pytest.raises(KeyboardInterrupt):
            erase(house, dies_at=dies_at)
        with house.store("local").reading() as unit:
            assert unit.organisations.get("acme").leaving_at is not None
    erase(house)

    assert not any(counted(own_url, "acme").values())
    assert counted(own_url, "zoo") == before
    house.organisations.add("acme", "", is_tenant=True, actor="ann")
    assert {table for table, many in counted(own_url, "acme").items() if many} == {"organisation", "audit"}
    with house.store("acme").reading() as unit:
        assert (head := unit.audit.head()) is not None
        assert head.seq == 1


def test_whoever_still_writes_for_it_is_waited_for_or_refused_before_the_first_row_goes(
    house: House, own_url: str
) -> None:
    """A page, a command or a turn that was open when it began, and one that comes in the middle of it, and after it."""
    page, late = house.store("acme"), house.store("acme")
    for store in (page, late):
        write(store, "first")
    wrote, begun, refused = threading.Event(), threading.Event(), list[str]()

    def open_page() -> None:
        with page.unit("web:ann") as unit:
            unit.pauses.add(Pause(Scope.CONNECTION, "shop", "ann", "x", FakeClock().now()))
            wrote.set()
            begun.wait(1)  # long enough for the other to stand at the door

    asks = threading.Thread(target=open_page)
    asks.start()
    assert wrote.wait(10)
    steps = iter(range(10_000))

    def beside(_words: str) -> None:
        if next(steps) in (0, 10, 40):
            with pytest.raises(ConfigError) as told:
                write(late, "beside")
            refused.append(told.value.code)

    try:
        house.erasing.erase("acme", by="olga", reason="x", actor="operator:olga", progress=beside)
    finally:
        begun.set()
        asks.join()

    with house.store("acme").reading() as unit, pytest.raises(ConfigError):
        unit.organisations.get("acme")
    assert refused == ["organisation.leaving"] * 3
    with pytest.raises(ConfigError):
        write(late, "after")
    assert not any(counted(own_url, "acme").values())


def write(store: Store, name: str) -> None:
    with store.unit("web:ann") as unit:
        unit.connections.put(Connection(name, "not-installed", Side.SOURCE, name))


def end(store: Store, lease: Lease) -> None:
    """As a turn does."""
    at = FakeClock().now()
    with store.unit("worker") as unit:
        unit.leases.renew(lease, at)
        unit.duties.ask(DutyKind.SYNC, "us", at)


def test_a_turn_under_way_is_waited_for_and_saves_nothing_more_and_nobody_lets_it_go_on(house: House) -> None:
    store, clock = house.store("acme"), house.clock
    now = clock.now()
    with store.unit("worker") as unit:
        lease = unit.leases.take(LeaseKind.DUTY, "sync/us", holder_name(), now, now.replace(hour=now.hour + 1))
    assert lease is not None
    with pytest.raises(StaleError) as busy:
        erase(house)
    assert busy.value.code == "organisation.busy"

    with pytest.raises(BridgeError) as refused:
        end(store, lease)
    assert refused.value.code == "organisation.leaving"
    with pytest.raises(BridgeError) as kept:
        house.organisations.resume("acme", by="olga", actor="operator:olga")
    assert kept.value.code == "organisation.leaving"
    with store.unit("worker") as unit:
        unit.leases.release(lease)
    assert erase(house) > 0


def notice(mark: str, account: str = "", organisation: str = "", says: Says = Says.CHANGED, **more: str) -> Notice:
    plugin, at = more.get("plugin", "amazon"), FakeClock().now()
    connection = "shop" if organisation else ""
    return Notice(
        plugin=plugin,
        organisation=organisation,
        connection=connection,
        account=account,
        says=says,
        mark=mark,
        received_at=at,
    )


def test_what_came_for_it_at_an_address_of_all_goes_with_it_and_what_is_also_anothers_stays(house: House) -> None:
    """Notices that somebody came to, and ends of accounts, which are kept for a year else."""
    for name in NAMES:
        with house.store(name).unit("ann") as unit:
            unit.connections.put(facts.connection("second", account="of-both"))
    marks = {
        "acme": notice("1", "acme"),
        "ended": notice("2", "acme", says=Says.ENDED),
        "privacy": notice("3", "acme", says=Says.PRIVACY),
        "own": notice("4", organisation="acme"),
        "both": notice("5", "of-both"),
        "zoo": notice("6", "zoo", says=Says.ENDED),
        "another plugin": notice("7", "acme", plugin="shopify"),
    }
    house.inbox.save([*marks.values()])
    house.inbox.settle([one.number for one in house.inbox.waiting(9)], house.clock.now())
    assert house.inbox.waiting(9) == ()

    erase(house)

    assert house.inbox.save([*marks.values()]) == 4, "who comes again was let go of"
    assert {one.mark for one in house.inbox.waiting(9)} == {"1", "2", "3", "4"}
    came_late = {"1", "2", "3"}
    Hints(house.inbox, house).take(house.clock.now())
    assert house.inbox.save([*marks.values()]) == len(came_late), "what is of nobody here is not kept"


def test_files_that_were_brought_go_with_it_and_nothing_beside_them(house: House) -> None:
    folder = house.settings.uploads_folder
    for name in NAMES:
        house.uploads.keep((name, "shop", "p"), "report.txt", BytesIO(b"buyers"), house.clock.now())
    (folder / "notes.txt").write_text("of somebody else")
    (folder / "acme" / "left").mkdir()

    done = house.erasing.erase("acme", by="olga", reason="x", actor="operator:olga", progress=lambda _words: None)

    assert done.files == 1
    assert sorted(one.name for one in folder.iterdir()) == ["notes.txt", "zoo"]
    assert len(list(folder.rglob("report.txt"))) == 1


def test_upkeep_lets_go_of_files_that_nobody_took_in(house: House) -> None:
    assert isinstance(house.clock, FakeClock)
    for name in NAMES:
        house.uploads.keep((name, "shop", "p"), "report.txt", BytesIO(b"buyers"), house.clock.now())
    house.clock.advance(2 * 3_600)

    house.office("acme").story.upkeep(actor="worker")

    assert [one.name for one in house.settings.uploads_folder.iterdir()] == ["zoo"], "each does its own"


def test_a_link_in_the_place_of_its_files_leads_nowhere_and_is_told(house: House, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    (beside / "kept").mkdir(parents=True)
    folder = house.settings.uploads_folder
    folder.mkdir(mode=0o700)
    (folder / "acme").symlink_to(beside)

    with pytest.raises(ConfigError) as told:
        erase(house)

    assert told.value.code == "upload.folder"
    assert (beside / "kept").is_dir()
    (folder / "acme").unlink()
    assert erase(house) == 0, "all else had gone"
