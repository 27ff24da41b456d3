"""``bridge worker``, ``bridge pause``, ``bridge stop-deliveries``: what they do, and what people are told."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import BridgeError, ConfigError
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant, plugins


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        made.connect()
        shutil.copy(SAMPLES / "gb_v2_dmy.txt", made.folder / "inbox-gb")
        yield made


@contextmanager
def working(merchant: Merchant) -> Iterator[subprocess.Popen[bytes]]:
    """A worker beside the books, until the end of the block; it is told to stop, and does."""
    command = [sys.executable, "-m", "bridge", "--config", str(merchant.config), "worker"]
    with (merchant.folder / "worker.log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()


def until(is_so: Any, what: str) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.1)


def refused(merchant: Merchant, *words: str) -> str:
    """The code of what a command is refused with."""
    error = merchant.run(*words).exception
    assert isinstance(error, BridgeError)
    return error.code


def test_a_worker_takes_a_file_through_to_the_ledger_beside_commands_that_do_the_same(merchant: Merchant) -> None:
    realm = merchant.sellers["gb"].realm
    with working(merchant):
        until(lambda: (merchant.folder / "worker.log").read_text().count("worker began"), "it never began")
        merchant.run("sync")  # at the same time: whoever comes second sees it
        until(lambda: merchant.sandbox.entities(realm, "Transfer"), "nothing arrived")
        until(lambda: (merchant.folder / "worker.log").read_text().count("turn ended"), "it did nothing")
        assert merchant.json("worker", "status")["alive"] == 1

    kinds = [kind for kind, *_ in merchant.everything("gb").objects]
    assert kinds == ["JournalEntry", "Transfer"]
    stands = merchant.json("worker", "status")
    assert (stands["alive"], {one["name"] for one in stands["duties"]}) == (
        0,
        {"sync/gb", "deliver/books-gb", "check/gb", "upkeep/"},
    )
    assert "worker" in {run["actor"] for run in merchant.json("runs", "list")}
    lines = (merchant.folder / "worker.log").read_text()
    assert "turn ended" in lines
    assert "worker ended" in lines
    assert "secret" not in lines.lower()


def test_every_command_says_that_deliveries_are_stopped_and_nothing_is_sent(merchant: Merchant) -> None:
    long = merchant.run("stop-deliveries", "--by", "ann", "--reason", "x" * 2_001)
    assert isinstance(long.exception, ConfigError)
    assert long.exception.code == "words.too_long"
    said = merchant.ok("stop-deliveries", "--by", "ann", "--reason", "totals look wrong\x1b[2J\u202e").output
    assert "Deliveries to all ledgers are stopped" in said

    synced = merchant.run("sync")
    assert synced.return_value == 3
    for command in (("routes",), ("held",), ("runs", "list"), ("connections",)):
        told = merchant.run(*command).stderr
        assert "paused.deliveries" in told
        assert "paused by ann" in told
        assert "totals look wrong\ufffd[2J\ufffd" in told
    assert not merchant.everything("gb").objects

    assert "may go again" in merchant.ok("stop-deliveries", "--lift").output
    assert merchant.ok("sync").stderr == ""
    assert [kind for kind, *_ in merchant.everything("gb").objects] == ["JournalEntry", "Transfer"]
    log = merchant.ok("audit", "show").output
    assert "pause.added" in log
    assert "pause.lifted" in log


def test_deliveries_are_stopped_for_one_version_of_a_plugin(merchant: Merchant) -> None:
    version = plugins().sink("quickbooks").version
    merchant.ok("stop-deliveries", "--plugin", "quickbooks", "--version", version)
    assert merchant.run("sync").return_value == 3
    told = merchant.run("held").stderr
    assert f"stop-deliveries --lift --plugin quickbooks --version {version}" in told

    merchant.ok("stop-deliveries", "--lift", "--plugin", "quickbooks", "--version", version)
    assert refused(merchant, "stop-deliveries", "--plugin", "nobody") == "config.plugin_unknown"
    assert refused(merchant, "stop-deliveries", "--version", "1") == "config.option"
    merchant.ok("sync")


def test_a_paused_connection_does_nothing_and_says_by_whom(merchant: Merchant) -> None:
    """F57: another state than that of a missing sign-in, and authorising does not end it."""
    merchant.ok("pause", "amazon-gb", "--by", "ann", "--reason", "the shop moves")
    synced = merchant.run("sync")
    assert synced.return_value == 3
    assert "paused by ann" in synced.stderr
    (card,) = [one for one in merchant.json("connections") if one["name"] == "amazon-gb"]
    assert card["way"] == "paused by a person"
    assert "the shop moves" in card["why"]
    assert not merchant.everything("gb").objects

    assert refused(merchant, "pause", "nobody") == "connection.unknown"
    assert "not paused any more" in merchant.ok("resume", "amazon-gb").output
    assert "was not paused" in merchant.ok("resume", "amazon-gb").output
    merchant.ok("sync")
    assert merchant.everything("gb").objects


def test_routes_say_when_they_are_read_sent_and_checked_in_a_sentence(merchant: Merchant) -> None:
    written = merchant.config.read_text()
    merchant.config.write_text(written.replace("[routes.gb]", '[routes.gb]\npost_at = "06:00"\ncheck_on = "sunday"'))
    merchant.ok("apply")

    assert "Read every 4 hours, sent at 06:00 in Europe/London" in merchant.ok("routes").output
    assert "checked on Sundays." in merchant.json("routes")[0]["rhythm"]
    for wrong in ('post_at = "6 pm"', 'post_at = "24:00"', 'check_on = "sundays"', "sync_minutes = 1"):
        merchant.config.write_text(written.replace("[routes.gb]", f"[routes.gb]\n{wrong}"))
        assert refused(merchant, "apply") == "config.value"


def test_status_says_that_nobody_does_what_is_due(merchant: Merchant) -> None:
    told = merchant.ok("worker", "status").output
    assert "No worker is at work" in told
    assert refused(merchant, "worker", "again", "sync/gb") == "worker.not_stopped"
