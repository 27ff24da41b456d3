"""Secrets go over to a new key while work goes on, whatever is killed and whoever is at work beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import msgspec
import pytest
from cryptography.fernet import Fernet

from bridge.errors import ConfigError
from bridge.host.credentials import Credential, Sealer
from bridge.host.rotation import Lost, Rotation, rotate
from bridge.model.connections import Connection, Side
from bridge.store.api import SealedCredential, Store, UnitOfWork
from bridge.store.sql import SqlStore
from tests.delivery.world import Killed, Life, MortalStore

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BOTH = Sealer([NEW, OLD])


def connection(number: int) -> Connection:
    return Connection(name=f"books-{number}", plugin="books", side=Side.SINK, account=f"91{number}")


def keep(store: Store, sealer: Sealer, *numbers: int) -> None:
    with store.unit("test") as unit:
        for mine in map(connection, numbers):
            unit.connections.put(mine)
            unit.connections.put_credential(sealer.seal(Credential(mine.connection_id, f"token of {mine.name}"), 1))


def kept(store: Store, number: int) -> SealedCredential:
    with store.reading() as unit:
        found = unit.connections.credential(connection(number).connection_id)
    assert found is not None
    return found


class Beside:
    """A store beside which something happens whenever a writing unit is to begin."""

    def __init__(self, store: Store, meanwhile: Callable[[], object]) -> None:
        self._store, self._meanwhile, self.reading = store, meanwhile, store.reading

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        self._meanwhile()
        with self._store.unit(actor) as unit:
            yield unit


def of_two(store: SqlStore) -> Mapping[str, Store]:
    """Two organisations with three secrets under the old key, and one under the new."""
    there = {"local": store, "other": store.of("other")}
    keep(there["local"], Sealer([OLD]), 1, 2)
    keep(there["local"], Sealer([NEW]), 3)
    keep(there["other"], Sealer([OLD]), 1)
    return there


def test_all_organisations_secrets_go_over_to_the_first_key_and_the_old_one_opens_nothing_more(store: SqlStore) -> None:
    there = of_two(store)
    assert store.with_secrets() == ("local", "other")
    assert rotate(there, BOTH, "cli", is_dry_run=True) == Rotation(0, (1, 3), ())

    assert rotate(there, BOTH, "cli") == Rotation(3, (4, 0), ())
    assert rotate(there, BOTH, "cli") == Rotation(0, (4, 0), ()), "a second time there is nothing to do"
    for number in (1, 2, 3):
        assert Sealer([NEW]).open(kept(store, number)).access_token == f"token of books-{number}"
    with store.reading() as unit:
        assert sum("credential.resealed" in row.notes for row in unit.audit.rows()) == 1


def test_a_rotation_that_is_killed_anywhere_is_finished_by_the_next(sqlite_store: SqlStore) -> None:
    keep(sqlite_store, Sealer([OLD]), 1, 2, 3, 4, 5)
    begin, saved = "unit opens", 0
    for moments in range(1, 8):
        life = Life(moments)
        with suppress(Killed):
            rotate({"local": MortalStore(sqlite_store, life)}, BOTH, "cli", batch=2)
        assert moments > 1 or life.moments == [begin]
        opened = rotate({"local": sqlite_store}, BOTH, "cli", is_dry_run=True).opened
        assert sum(opened) == 5
        assert opened[0] >= saved, "what was saved stands"
        saved = opened[0]
    assert rotate({"local": sqlite_store}, BOTH, "cli") == Rotation(5 - saved, (5, 0), ())


def test_a_token_that_is_refreshed_meanwhile_is_saved_and_not_overwritten(sqlite_store: SqlStore) -> None:
    """By a process that was not started anew, and seals with the old key: it is counted."""
    keep(sqlite_store, Sealer([OLD]), 1)
    fresh = Sealer([OLD]).seal(Credential(connection(1).connection_id, "fresh"), 2)

    def refresh() -> None:
        with sqlite_store.unit("host") as unit:
            unit.connections.put_credential(fresh)

    assert rotate({"local": Beside(sqlite_store, refresh)}, BOTH, "cli") == Rotation(0, (0, 1), ())
    assert kept(sqlite_store, 1) == fresh
    assert rotate({"local": sqlite_store}, BOTH, "cli") == Rotation(1, (1, 0), ())


def test_who_refreshed_while_their_secret_was_sealed_anew_saves_what_the_vendor_gave(sqlite_store: SqlStore) -> None:
    """A vendor takes back the old refresh token: lost, the new one could be had only from a person."""
    keep(sqlite_store, Sealer([OLD]), 1)
    before = kept(sqlite_store, 1)
    rotate({"local": sqlite_store}, BOTH, "cli")
    with sqlite_store.unit("host") as unit:
        unit.connections.put_credential(BOTH.seal(Credential(before.connection_id, "fresh"), before.version + 1))
    assert BOTH.open(kept(sqlite_store, 1)).access_token == "fresh"


def test_a_secret_that_no_key_opens_is_named_and_the_others_go_over(sqlite_store: SqlStore) -> None:
    keep(sqlite_store, Sealer([Fernet.generate_key().decode()]), 1)
    keep(sqlite_store, Sealer([OLD]), 2, 3)
    moved = msgspec.structs.replace(kept(sqlite_store, 2), connection_id=connection(3).connection_id, version=2)
    with sqlite_store.unit("test") as unit:
        unit.connections.put_credential(moved)

    done = rotate({"local": sqlite_store}, BOTH, "cli")
    assert done == Rotation(1, (1, 0), (Lost("local", "books-1"), Lost("local", "books-3")))
    assert not done.is_done


def test_nothing_is_rotated_without_a_key(sqlite_store: SqlStore) -> None:
    with pytest.raises(ConfigError, match="there is none"):
        rotate({"local": sqlite_store}, Sealer([]), "cli")
