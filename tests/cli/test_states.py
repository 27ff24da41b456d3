"""States and reasons as the command line tells them: what was withdrawn, what is silent, what a wrong clock left."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from bridge.clock import SystemClock
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant

SETTLEMENT = "28500000031"


class YearAhead(SystemClock):
    """A clock that nobody has looked at."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=365)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whoever waits finds the time over at once."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        monkeypatch.setattr(time, "sleep", traveller.shift)
        yield


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    """A seller whose file is in the inbox; nobody has let bridge into the ledger yet."""
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        shutil.copy(SAMPLES / "gb_v2_dmy.txt", tmp_path / "inbox-gb")
        made.ok("apply")
        yield made


@pytest.fixture
def connected(merchant: Merchant) -> Merchant:
    merchant.connect()
    return merchant


def decide(merchant: Merchant, subject: str, decision: str) -> str:
    return merchant.ok("decide", subject, decision, "--reason", "as agreed", "--by", "Ada").output


def test_a_withdrawn_settlement_is_red_until_it_is_booked_again(connected: Merchant) -> None:
    """From the file to the ledger's objects."""
    connected.ok("import", "--connection", "amazon-gb", str(SAMPLES / "gb_v2_dmy.txt"))
    decide(connected, SETTLEMENT, "withdraw")
    connected.ok("sync")

    held = connected.ok("held").output
    drift = connected.run("drift", "--fail-on", "error")

    assert "Withdrawn by a person: not in the ledger" in held
    assert "bridge decide VOUCHER|SETTLEMENT book_again" in held
    assert drift.return_value == 4
    assert "not delivered, not matched" in drift.output
    assert "2 entries withdrawn" in drift.output
    assert connected.everything("gb").objects == ()

    decide(connected, SETTLEMENT, "book_again")
    connected.ok("sync")

    assert [kind for kind, *_ in connected.everything("gb").objects] == ["JournalEntry", "Transfer"]
    assert connected.ok("drift").output.startswith(
        "Acme Goods UK Ltd (gb): delivered through 2026-06-24, matched, reconciled"
    )
    assert "Nothing waits." in connected.ok("held").output


def test_of_a_delivered_settlement_it_is_said_what_to_do_in_the_ledger(connected: Merchant) -> None:
    connected.ok("sync")

    refused = connected.run("decide", SETTLEMENT, "withdraw", "--reason", "wrong file")

    assert refused.exception is not None
    assert "all 2 are delivered, which withdraw does not fit" in str(refused.exception)
    assert "It is in the ledger (Journal entry AMZ" in str(refused.exception)


def test_drift_never_ends_well_while_it_says_not_reconciled(connected: Merchant) -> None:
    connected.ok("sync")
    realm = connected.sellers["gb"].realm
    connected.sandbox.tamper(realm).add_foreign("1200", "4000", "75.00", "2026-07-01")

    told = connected.run("drift")

    assert "not reconciled" in told.output
    assert (told.return_value, connected.run("drift", "--fail-on", "never").return_value) == (4, 0)


def test_once_bridge_is_let_in_preview_and_deliver_look_again(merchant: Merchant) -> None:
    """The first failure is not repeated until the next sync."""
    merchant.config.write_text(f'{merchant.config.read_text()}tax_regime = "us_sales_tax"\n')
    merchant.ok("apply")
    assert merchant.run("sync").return_value == 2
    assert {one["reason"] for one in merchant.json("held")["vouchers"]} == {"facts.unavailable"}
    assert "To look again: bridge deliver" in merchant.ok("held").output

    merchant.connect()
    previewed = merchant.json("preview")["routes"][0]["vouchers"]
    assert [one["state"] for one in previewed] == ["owed", "owed"]
    assert all(one["body"] for one in previewed)
    assert merchant.ok("deliver").output.startswith("books-gb: 2 delivered")
    assert "Nothing waits." in merchant.ok("held").output


def test_before_bridge_is_let_in_a_route_asks_where_its_company_is_and_books_once_it_knows(merchant: Merchant) -> None:
    assert merchant.run("sync").return_value == 2
    assert "held 1 document: route gb books nothing yet" in merchant.run("held").output

    merchant.connect()
    assert "1 booked" in merchant.ok("sync").output
    assert "Nothing waits." in merchant.ok("held").output


def test_without_network_a_first_sync_and_deliver_say_later(connected: Merchant, hurried: None) -> None:
    connected.sandbox.stop()

    told = connected.run("sync", "--wait", "0")

    assert told.return_value == 5, told.output
    assert "ledger silent" in told.output
    assert connected.run("deliver", "--wait", "0").return_value == 5
    assert connected.run("import", "--connection", "amazon-gb", str(SAMPLES / "gb_v2_dmy.txt")).return_value == 5


def test_a_ledger_that_lets_nobody_in_is_put_right_first(merchant: Merchant) -> None:
    merchant.run("sync")

    told = merchant.run("deliver")

    assert told.return_value == 2
    assert "bridge connections authorize books-gb" in told.output


@pytest.mark.parametrize("command", ["sync", "deliver"])
def test_a_ledger_that_lets_nobody_in_is_told_once(merchant: Merchant, command: str) -> None:
    merchant.run("sync")
    told = merchant.run(command).output

    assert told.count("nobody has authorised it yet") == 1, told
    assert told.count("bridge connections authorize books-gb") == 1, told


def test_a_run_says_what_it_did_and_no_zeros(connected: Merchant) -> None:
    first, again = connected.ok("sync").output, connected.ok("sync").output

    assert "gb: 1 booked, 2 vouchers owed\nbooks-gb: 2 delivered\n" in first
    assert again == "gb: nothing to book\nbooks-gb: nothing to send\n"


def test_what_a_person_released_or_withdrew_is_told_as_such(connected: Merchant) -> None:
    connected.config.write_text(f"{connected.config.read_text()}review = true\n")
    connected.ok("apply")
    assert "gb: 1 booked\n" in connected.run("sync").output
    decide(connected, SETTLEMENT, "release")
    assert "gb: 2 vouchers owed\nbooks-gb: 2 delivered\n" in connected.ok("sync").output


def test_apply_says_which_version_of_the_mapping_rules_counts(connected: Merchant) -> None:
    told = " ".join(connected.ok("apply").output.replace("│", " ").split())
    assert "mapping rules" not in told, "they are there, and the file says nothing of them"

    rules = '[rules.gb]\neffective_from = 2026-01-01\nreason = "as agreed"\n'
    rules += '[[rules.gb.rule]]\nid = "q"\nkind = "unclassified"\nwords = "*|Q"\nas_kind = "fee.inbound"\n'
    connected.config.write_text(f"{connected.config.read_text()}\n{rules}")
    told = " ".join(connected.ok("apply").output.replace("│", " ").split())
    assert "mapping rules gb changed: version 2" in told


def test_what_waits_for_next_year_is_told_by_every_command_and_put_right_by_one(connected: Merchant) -> None:
    """Booked while the clock was a year ahead, its vouchers are due next year."""
    connected.ok("held")
    with connected.app(YearAhead()) as app:
        app.steps.import_inbox("amazon-gb", actor="ann")
        app.books.run("gb", actor="ann")

    told = connected.run("held")
    assert "clock.jump this machine's clock: the last run was at" in told.stderr
    for command in (("held",), ("deliver", "--wait", "0"), ("sync", "--wait", "0")):
        told = connected.run(*command)
        assert "clock.future 2 things wait for times up to" in told.stderr, command
        assert "bridge clock --put-right" in told.stderr
    assert connected.run("clock").return_value == 2
    assert "Times from the future" in connected.run("clock").output

    assert "2 things put right" in connected.ok("clock", "--put-right").output
    done = connected.ok("sync")
    assert "books-gb: 2 delivered" in done.output
    assert done.stderr == ""
    assert connected.json("clock")["beyond"] == []


def test_files_that_may_hold_secrets_are_their_owners_alone(connected: Merchant, tmp_path: Path) -> None:
    connected.ok("sync")
    connected.run("drift", "--html", str(tmp_path / "review.html"), "--csv", str(tmp_path / "review.csv"))
    connected.ok("books", "export", "--output", str(tmp_path / "books.beancount"))
    fresh = tmp_path / "fresh"
    connected.ok("init", str(fresh))

    files = [
        *(tmp_path / name for name in ("bridge.db", "sealing.key", "review.html", "review.csv", "books.beancount")),
        *(fresh / name for name in ("bridge.toml", "sealing.key")),
    ]
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in files} == {file.name: "0o600" for file in files}
