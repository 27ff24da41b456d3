"""Keys that seal: a new one is put on top, everything goes over to it, and what an old one is needed for is said."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bridge.errors import ConfigError
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        made.connect()
        yield made


def test_a_key_is_changed_and_the_old_one_dropped_and_the_ledger_still_lets_bridge_in(merchant: Merchant) -> None:
    key_file = merchant.folder / "sealing.key"
    key_file.chmod(0o640)
    before = key_file.read_text()
    assert "next: bridge secrets rotate" in merchant.ok("secrets", "new-key").output
    assert key_file.read_text().endswith(before)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o640

    seen = merchant.run("secrets", "rotate", "--dry-run")
    assert seen.return_value == 2
    assert "key 2 opens 1 credential\n" in seen.output
    done = merchant.ok("secrets", "rotate").output
    assert "key 2 opens 0 credentials: drop it, unless a backup needs it" in done

    key_file.write_text(key_file.read_text().splitlines()[0])
    assert merchant.json("secrets", "rotate") == {"resealed": 0, "opened": [1], "lost": []}
    merchant.ok("connections", "check", "books-gb")


def test_a_secret_that_no_key_opens_is_named_with_what_to_do(merchant: Merchant) -> None:
    (merchant.folder / "sealing.key").write_bytes(Fernet.generate_key())
    told = merchant.run("secrets", "rotate")

    assert told.return_value == 2
    assert "no key opens that of connection books-gb (local)" in told.output
    assert "bridge connections authorize NAME" in told.output


def test_keys_that_come_from_elsewhere_are_changed_there(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (merchant.folder / "sealing.key").read_bytes()
    monkeypatch.setenv("BRIDGE_SEALING_KEYS", Fernet.generate_key().decode())
    refused = merchant.run("secrets", "new-key").exception
    assert isinstance(refused, ConfigError)
    assert "bridge secrets new-key --print" in refused.next_step
    Fernet(merchant.ok("secrets", "new-key", "--print").output.strip())
    assert (merchant.folder / "sealing.key").read_bytes() == before
