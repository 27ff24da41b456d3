"""The command line as people and schedulers meet it: what it prints, what it leaves, and its exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.sandbox import Shelf
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.warm import HURRY

WITH_EXPECTED = sorted(path.name.removesuffix(".expected.json") for path in SAMPLES.glob("*.expected.json"))


class Command:
    """The command as a process of its own: ``start`` is what starts it."""

    def __init__(self, *start: str | Path) -> None:
        self.start = start

    def __call__(self, *words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
        command, told = [*self.start, *words], {**os.environ, **variables}
        return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False, timeout=60)


COLD = Command(sys.executable, "-m", "bridge")


@pytest.fixture
def bridge(command: Path) -> Command:
    return Command(command)


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        made.connect()
        yield made


@pytest.mark.parametrize("name", WITH_EXPECTED)
def test_inspect_agrees_with_every_expected_file(name: str) -> None:
    expected = json.loads((SAMPLES / f"{name}.expected.json").read_text())
    done = CliRunner().invoke(cli, ["inspect", "amazon", str(SAMPLES / f"{name}.txt"), "--json"], standalone_mode=False)
    shown = json.loads(done.stdout)
    assert done.return_value == 0
    assert shown["problems"] == []
    (settlement,) = shown["settlements"]
    minor = {kind: int(Decimal(amount) * 100) for kind, amount in expected["by_kind"].items() if Decimal(amount)}
    assert settlement == {
        "id": expected["settlement_id"],
        "currency": expected["currency"],
        "total_minor": int(Decimal(expected["total_amount"]) * 100),
        "deposit_at": expected["deposit_utc"],
        "start_at": expected["start_utc"],
        "end_at": expected["end_utc"],
        "rows": expected["detail_rows"],
        "by_kind": minor,
    }


def test_inspect_tells_unreadable_from_held_by_its_exit_code(tmp_path: Path) -> None:
    strange = tmp_path / "strange.txt"
    strange.write_bytes((SAMPLES / "gb_v2_dmy.txt").read_bytes().replace(b"Commission", b"Levy of the Moon"))
    held = CliRunner().invoke(cli, ["inspect", "amazon", str(strange), "--json"], standalone_mode=False)
    assert held.return_value == 3
    assert {one["code"] for one in json.loads(held.stdout)["problems"]} == {"amazon.unclassified"}
    later = [str(SAMPLES / name) for name in ("us_date_range_transactions.csv", "us_all_orders_by_last_update.txt")]
    both = CliRunner().invoke(cli, ["inspect", "amazon", *later, str(strange), "--json"], standalone_mode=False)
    assert both.return_value == 2, "a file that cannot be read outranks one that would be held"
    shown = json.loads(both.stdout)
    assert [one["code"] for one in shown["problems"][:2]] == ["amazon.file.not_yet"] * 2
    assert len(shown["settlements"]) == 1, "the others are reported all the same"


def test_inspect_needs_no_settings_and_leaves_nothing(tmp_path: Path) -> None:
    done = COLD("inspect", "amazon", str(SAMPLES / "us_v2_standard.txt"), folder=tmp_path)
    assert done.returncode == 0
    assert "301.24 USD" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_command_without_settings_says_what_to_do(bridge: Command, tmp_path: Path) -> None:
    for words in (["sync"], ["drift"], ["held"], ["connections"], ["apply"]):
        done = bridge(*words, folder=tmp_path)
        assert done.returncode == 2
        assert "config.no_file" in done.stderr
        assert "bridge init" in done.stderr
        assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_writes_what_apply_accepts_and_overwrites_nothing(bridge: Command, tmp_path: Path) -> None:
    assert bridge("init", folder=tmp_path).returncode == 0
    assert (tmp_path / "sealing.key").stat().st_mode & 0o777 == 0o600
    assert bridge("apply", folder=tmp_path).returncode == 0
    again = bridge("init", folder=tmp_path)
    assert again.returncode == 2
    assert "init.exists" in again.stderr


def test_every_example_of_the_written_settings_is_accepted_when_its_remark_signs_go(
    bridge: Command, tmp_path: Path
) -> None:
    assert bridge("init", folder=tmp_path).returncode == 0
    file = tmp_path / "bridge.toml"
    lines = file.read_text().splitlines()
    bare = [re.sub(r"^# ?(?=(\[+[^]]+\]+\s*(#|$)|[a-z_]+ = |\"[^\"]+\" = ))", "", line) for line in lines]
    file.write_text("\n".join(line for line in bare if "base_url" not in line and "client_secret" not in line))
    done = bridge("apply", "--dry-run", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    names = {(one["what"], one["name"]) for one in json.loads(done.stdout)["items"]}
    assert {("connection", "amazon-us"), ("connection", "books-us"), ("route", "us"), ("rules", "us")} <= names


def test_authorize_takes_the_browser_back_on_this_machine(bridge: Command, merchant: Merchant) -> None:
    merchant.sandbox.disconnect(merchant.sellers["gb"].realm)
    command = [*bridge.start, "--config", str(merchant.config), "connections", "authorize", "books-gb"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stop = threading.Timer(30, process.kill)
        stop.start()
        address = next(line.strip() for line in process.stdout if "/oauth2/authorize" in line)
        page = requests.get(address, params={"realm": merchant.sellers["gb"].realm}, timeout=60)
        rest = process.stdout.read()
        stop.cancel()
    assert page.status_code == 200
    assert process.returncode == 0
    assert "is authorised" in rest
    assert "code=" not in rest


def test_authorize_takes_the_pasted_address_from_a_pipe(bridge: Command, merchant: Merchant) -> None:
    words = [*bridge.start, "--config", str(merchant.config)]
    authorize = [*words, "connections", "authorize", "books-gb", "--paste"]
    with subprocess.Popen(
        authorize, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stop = threading.Timer(30, process.kill)
        stop.start()
        address = next(line.strip() for line in process.stdout if "/oauth2/authorize" in line)
        realm = merchant.sellers["gb"].realm
        page = requests.get(address, params={"realm": realm}, allow_redirects=False, timeout=60)
        out, _ = process.communicate(page.headers["Location"] + "\n")
        stop.cancel()
    assert process.returncode == 0
    assert "is authorised" in out


def test_no_secret_stands_in_the_database_in_clear(merchant: Merchant) -> None:
    access, refresh = merchant.sandbox.issue_tokens(merchant.sellers["gb"].realm)
    raw = b"".join(file.read_bytes() for file in merchant.folder.glob("bridge.db*"))
    for secret in (b"access_token", b"refresh_token", access[:12].encode(), refresh[:12].encode(), b"sandbox-secret"):
        assert secret not in raw


def test_the_audit_log_names_the_row_that_was_tampered_with_d16(bridge: Command, merchant: Merchant) -> None:
    merchant.import_samples("gb", "gb_v2_dmy.txt")
    assert merchant.run("audit", "verify").return_value == 0
    with sqlite3.connect(merchant.folder / "bridge.db") as database:
        triggers = database.execute("select name from sqlite_master where type = 'trigger' and name like '%audit%'")
        for (name,) in triggers.fetchall():
            database.execute(f"drop trigger {name}")
        database.execute("update audit set actor = 'nobody' where seq = 3")
    database.close()
    done = bridge("--config", str(merchant.config), "audit", "verify", folder=merchant.folder)
    assert done.returncode == 1
    assert "3" in done.stderr


def test_what_waits_can_be_seen_and_decided(merchant: Merchant) -> None:
    text = merchant.config.read_text().replace("first_day = 2025-01-01", "first_day = 2025-01-01\nreview = true")
    merchant.config.write_text(text)
    merchant.ok("apply")
    assert merchant.import_samples("gb", "gb_v2_dmy.txt").return_value == 3
    waiting = merchant.json("held")["vouchers"]
    assert {one["reason"] for one in waiting} == {"review"}
    for one in waiting:
        merchant.ok("decide", one["voucher_id"], "release", "--reason", "looked at it", "--by", "Ada")
    merchant.run("sync")
    assert sorted(kind for kind, *_ in merchant.everything("gb").objects) == ["JournalEntry", "Transfer"]
    with merchant.app() as app, app.store.reading() as unit:
        assert any(row.actor == "Ada" for row in unit.audit.rows())


def test_an_entry_is_explained_down_to_the_channels_lines(merchant: Merchant) -> None:
    merchant.import_samples("gb", "gb_v2_dmy.txt")
    shown = merchant.ok("explain", "28500000031").output
    assert "Order|ItemPrice|Principal" in shown
    assert "default:fee.storage" in shown
    assert "   tax " not in shown, "its route knows no tax of lines"
    assert "kept as sha256" in shown


def test_drift_fails_by_the_gravity_asked_for(bridge: Command, merchant: Merchant, tmp_path: Path) -> None:
    merchant.import_samples("gb", "gb_v2_dmy.txt")
    merchant.ok("deliver")
    merchant.ok("drift", "--fail-on", "info")
    realm = merchant.sellers["gb"].realm
    merchant.sandbox.tamper(realm).add_foreign("1200", "4000", "75.00", "2026-07-01", note="=HYPERLINK('x')<script>")
    page, table = tmp_path / "review.html", tmp_path / "review.csv"
    words = ("--config", str(merchant.config), "drift", "--html", str(page), "--csv", str(table))
    assert bridge(*words, "--fail-on", "warning", folder=tmp_path).returncode == 4
    assert bridge(*words, "--fail-on", "error", folder=tmp_path).returncode == 4, "it is not reconciled"
    assert bridge(*words, "--fail-on", "never", folder=tmp_path).returncode == 0
    assert "<script>" not in page.read_text()
    assert "drift.foreign" in table.read_text()


@pytest.mark.parametrize("words", [("drift",), ("deliver", "--wait", "0")], ids=["drift", "deliver"])
def test_a_silent_ledger_is_told_and_nothing_concluded_f07(
    words: tuple[str, ...], bridge: Command, merchant: Merchant
) -> None:
    merchant.import_samples("gb", "gb_v2_dmy.txt")
    merchant.sandbox.stop()

    done = bridge("--config", str(merchant.config), *words, folder=merchant.folder, **{HURRY: "yes"})

    assert done.returncode == 5, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr


def test_sandbox_runs_for_anyone_until_interrupted(tmp_path: Path) -> None:
    command = [*COLD.start, "sandbox", "quickbooks", "--data", str(tmp_path / "ledger.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        stop = threading.Timer(30, process.kill)
        stop.start()
        told = ""
        for line in process.stdout:
            told += line
            if "Ctrl-C" in line:
                break
        address = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert address is not None
        assert requests.get(f"{address[0]}/_sandbox/companies", timeout=60).json()["companies"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        stop.cancel()


def test_unknown_names_are_refused_with_the_known_ones(bridge: Command, tmp_path: Path) -> None:
    for words in (["sandbox", "sage"], ["inspect", "ebay", str(SAMPLES / "gb_v2_dmy.txt")]):
        done = bridge(*words, folder=tmp_path)
        assert done.returncode == 2
        assert "next:" in done.stderr


def test_plugins_are_listed_with_what_they_offer(bridge: Command, tmp_path: Path) -> None:
    done = bridge("plugins", "list", "--json", folder=tmp_path)
    assert {one["name"]: one["is_ready"] for one in json.loads(done.stdout)} == dict.fromkeys(
        ("amazon", "quickbooks", "shopify", "woocommerce", "xero"), True
    )
    assert bridge("plugins", "check", folder=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("name", "room", "rows"),
    [
        ("quickbooks", "company/1", {"settings": "{}", "object/TaxCode/TAX": '{"Id": "TAX"}'}),
        (
            "woocommerce",
            "shop",
            {"settings": "{}", "orders": '{"all": []}', "refunds": '{"all": []}', "last_id": "100"},
        ),
    ],
)
def test_what_an_older_fake_kept_is_refused_in_words(
    bridge: Command, tmp_path: Path, name: str, room: str, rows: dict[str, str]
) -> None:
    data = tmp_path / "old.db"
    shelf = Shelf(data)
    shelf.save(room, rows.items())
    shelf.close()
    before = data.read_bytes()
    told = bridge("sandbox", name, "--data", str(data), folder=tmp_path)

    assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
    assert "sandbox.data" in told.stderr
    assert "Name another file, or delete this one and begin anew" in told.stderr
    assert data.read_bytes() == before, "it is left as it was"


def test_a_file_that_no_fake_wrote_is_refused_in_words(bridge: Command, tmp_path: Path) -> None:
    data = tmp_path / "notes.txt"
    data.write_text("to buy: tape, boxes, patience\n" * 40)
    told = bridge("sandbox", "quickbooks", "--data", str(data), folder=tmp_path)

    assert (told.returncode, "sandbox.data" in told.stderr, "Traceback" in told.stderr) == (2, True, False), told.stderr


def test_without_a_route_every_command_of_the_work_says_what_lacks(bridge: Command, tmp_path: Path) -> None:
    assert bridge("init", ".", folder=tmp_path).returncode == 0
    assert bridge("apply", folder=tmp_path).returncode == 0
    for command in ("sync", "backfill", "deliver", "drift"):
        told = bridge(command, folder=tmp_path)
        assert (told.returncode, "route.none" in told.stderr) == (2, True), told.stderr
        assert "bridge connections add --help" in told.stderr
    assert "Nothing was run yet." in bridge("runs", "list", folder=tmp_path).stdout
    assert "No connection yet" in bridge("connections", folder=tmp_path).stdout
