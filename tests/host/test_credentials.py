"""Secrets are sealed before they are saved, and keys rotate."""

from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.fernet import Fernet

from bridge.errors import ConfigError
from bridge.host.credentials import Credential, Sealer
from bridge.model.connections import Connection, Side

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
BOOKS = Connection(name="books", plugin="books", side=Side.SINK, account="9130")
SHOP = Connection(name="shop", plugin="shop", side=Side.SOURCE, account="A1")


def credential(connection: Connection = BOOKS) -> Credential:
    return Credential(connection.connection_id, "access-4711", "refresh-4711", datetime(2026, 7, 1, 13, tzinfo=UTC))


def test_what_is_kept_shows_no_secret_and_opens_again() -> None:
    sealed = Sealer([NEW]).seal(credential(), 3)

    assert (sealed.connection_id, sealed.version, sealed.expires_at) == (
        BOOKS.connection_id,
        3,
        credential().expires_at,
    )
    assert b"4711" not in sealed.sealed
    assert Sealer([NEW]).open(sealed) == credential()
    assert "4711" not in repr(credential())


def test_new_key_in_front_seals_and_the_old_one_still_opens() -> None:
    rotated = Sealer([NEW, OLD])

    assert rotated.open(Sealer([OLD]).seal(credential(), 1)) == credential()
    assert Sealer([NEW]).open(rotated.seal(credential(), 2)) == credential()


def test_nothing_is_sealed_or_opened_without_a_key() -> None:
    with pytest.raises(ConfigError, match="Set BRIDGE_SEALING_KEYS") as error:
        Sealer([]).seal(credential(), 1)
    assert error.value.code == "config.sealing_keys"
    with pytest.raises(ConfigError, match="never kept unsealed"):
        Sealer([]).open(Sealer([NEW]).seal(credential(), 1))


def test_credential_moved_to_another_connection_does_not_open() -> None:
    stolen = msgspec.structs.replace(Sealer([NEW]).seal(credential(), 1), connection_id=SHOP.connection_id)

    with pytest.raises(ConfigError, match="sealed for another connection"):
        Sealer([NEW]).open(stolen)
