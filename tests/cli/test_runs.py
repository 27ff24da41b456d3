"""``bridge runs``: from what commands did to what is told of it afterwards."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        made.connect()
        yield made


def test_every_command_that_works_is_a_run_and_may_be_done_again(merchant: Merchant) -> None:
    assert "Nothing was run yet." in merchant.ok("runs", "list").output
    shutil.copy(SAMPLES / "gb_v2_dmy.txt", merchant.folder / "inbox-gb")

    assert merchant.json("sync")["run"] == 1
    merchant.ok("drift")
    merchant.ok("deliver")
    again = merchant.json("runs", "retry", "1")

    runs = merchant.json("runs", "list")
    assert [(run["number"], run["piece"]["kind"], run["outcome"]) for run in runs] == [
        (4, "sync", "done"),
        (3, "deliver", "done"),
        (2, "drift", "done"),
        (1, "sync", "done"),
    ]
    first = runs[-1]["told"]
    assert first["taken_in"] == {"new": 1}
    assert first["booked"] == {"booked": 1}
    assert first["vouchers"] == {"delivered": 2}
    assert [one["what"] for one in first["amounts"]] == ["delivered", "settlement"]
    assert (again["run"], runs[0]["retry_of"]) == (4, 1)
    assert [kind for kind, *_ in merchant.everything("gb").objects] == ["JournalEntry", "Transfer"]
    shown = merchant.ok("runs", "show", "4").output
    assert "Run 4: sync of gb, run 1 once more: done" in shown


def test_a_killed_sync_stands_as_unfinished_with_what_it_did_and_the_next_one_goes_on(merchant: Merchant) -> None:
    """Killed after the ledger took a voucher, and before bridge heard of it."""
    shutil.copy(SAMPLES / "gb_v2_dmy.txt", merchant.folder / "inbox-gb")
    merchant.sandbox.faults.order("commit_then_delay", path="*/journalentry", seconds=30)
    realm = merchant.sellers["gb"].realm
    with subprocess.Popen([sys.executable, "-m", "bridge", "--config", str(merchant.config), "sync"]) as process:
        patience = time.monotonic() + 60
        while not merchant.sandbox.entities(realm, "JournalEntry") and time.monotonic() < patience:
            assert process.poll() is None, "it ended by itself"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    (left,) = merchant.json("runs", "list")
    assert (left["number"], left["outcome"], left["ended_at"]) == (1, "unfinished", None)
    assert (left["told"]["taken_in"], left["told"]["booked"]) == ({"new": 1}, {"booked": 1})
    assert "To do the same once more: bridge runs retry 1" in merchant.ok("runs", "show", "1").output

    again = merchant.ok("runs", "retry", "1")

    assert "run.unfinished run 1 (sync, begun" in again.stderr
    assert [(run["number"], run["outcome"]) for run in merchant.json("runs", "list")] == [
        (2, "done"),
        (1, "unfinished"),
    ]
    assert [kind for kind, *_ in merchant.everything("gb").objects] == ["JournalEntry", "Transfer"]


def test_what_stood_in_the_way_is_told_with_what_to_do(merchant: Merchant) -> None:
    (merchant.folder / "broken.txt").write_text("no settlement\n", encoding="utf-8")

    code = merchant.run("import", "--connection", "amazon-gb", str(merchant.folder / "broken.txt")).return_value

    shown = merchant.ok("runs", "show", "1").output
    assert code == 2
    assert "Run 1: import of 1 file for amazon-gb: failed" in shown
    assert "next: " in shown
    assert "To do the same once more: bridge runs retry 1" in shown


def test_a_number_that_is_not_there_is_refused(merchant: Merchant) -> None:
    done = merchant.run("runs", "show", "7")

    assert "run 7: there is none of that number" in str(done.exception)
