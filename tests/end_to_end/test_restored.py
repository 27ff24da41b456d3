"""A backup is restored, and nothing that it does not know of goes out twice, whatever was done to it meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant

REALM_OBJECTS = {
    "quickbooks": ("JournalEntry", "Transfer"),
    "xero": ("Invoices", "ManualJournals"),
}
IDS = {
    "JournalEntry": "Id",
    "Transfer": "Id",
    "Invoices": "InvoiceID",
    "ManualJournals": "ManualJournalID",
}

NUMBERLESS = ("Transfer", "ManualJournals")
EVERYTHING = {"quickbooks": 4, "xero": 3}
OF_ANOTHER = {
    "quickbooks": {
        "account": "1000",
        "counter_account": "1200",
        "amount": "301.24",
        "date": "2026-07-10",
        "entity": "Transfer",
    },
    "xero": {
        "account": "1260",
        "counter_account": "1285",
        "amount": "412.55",
        "date": "2026-06-24",
        "entity": "ManualJournal",
    },
}
"""Objects that equal a voucher of bridge's, and are somebody else's."""


class Books:
    """A merchant of the US with a settlement that is owed, and a backup from before it was sent."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant, self.sandbox = merchant, merchant.sandbox
        self.realm = merchant.sellers["us"].realm
        self.head = merchant.folder / "audit-local.head"
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt")
        self.back_up()

    def back_up(self) -> None:
        backup = self.merchant.folder / "backup.db"
        backup.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.merchant.folder / "bridge.db")) as database:
            database.execute("VACUUM INTO ?", (str(backup),))

    def restore(self) -> None:
        for left in ("bridge.db-wal", "bridge.db-shm"):
            (self.merchant.folder / left).unlink(missing_ok=True)
        shutil.copy(self.merchant.folder / "backup.db", self.merchant.folder / "bridge.db")

    def objects(self) -> list[tuple[str, str]]:
        """Kind and id of everything in the ledger that bridge writes."""
        kinds = REALM_OBJECTS[self.merchant.plugin]
        return [(kind, one[IDS[kind]]) for kind in kinds for one in self.sandbox.entities(self.realm, kind)]

    def rewrite(self, *kinds: str) -> list[str]:
        """A person writes other words on all objects of these kinds. Returns their ids."""
        found = [ref for kind, ref in self.objects() if kind in kinds]
        for kind, ref in self.objects():
            if kind in kinds:
                self.sandbox.tamper(self.realm).change_note(kind, ref, "see the file in the office")
        return found

    def held(self) -> list[dict[str, Any]]:
        return list(self.merchant.json("held")["vouchers"])

    def sync(self) -> tuple[str, int | None]:
        done = self.merchant.run("sync")
        assert done.exception is None, repr(done.exception)
        return done.output, done.return_value


@contextmanager
def open_books(folder: Path, system: str) -> Iterator[Books]:
    merchant, sandbox = (InXero, XeroSandbox) if system == "xero" else (Merchant, QuickBooksSandbox)
    with sandbox() as running:
        yield Books(merchant(folder, running, "us"))


@pytest.fixture(params=REALM_OBJECTS)
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """In either ledger."""
    with open_books(tmp_path, request.param) as opened:
        yield opened


@pytest.fixture
def in_quickbooks(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path, "quickbooks") as opened:
        yield opened


def test_what_bears_its_key_is_found_and_nothing_is_sent(books: Books) -> None:
    """D10: and the database knows of everything again."""
    books.sync()
    there = books.objects()
    books.restore()
    assert books.merchant.run("store", "check").return_value == 2

    printed, code = books.sync()

    assert "the database was restored: its audit log ends at row" in printed
    assert f"books-us: {len(there)} delivered" in printed
    assert f"{len(there)} looked for in the ledger before sending, {len(there)} found there" in printed
    assert (books.objects(), code) == (there, 0)
    assert set(books.merchant.json("drift")["routes"][0]["counts"]) <= {"drift.deposit_unpaid"}, "no bank pays here"
    assert books.merchant.run("store", "check").return_value == 0


def test_what_was_rewritten_meanwhile_is_parked_and_adopted_by_a_person(books: Books) -> None:
    """D10: without a number and without a key, an equal object is not sent a second time."""
    books.sync()
    there = books.objects()
    rewritten = books.rewrite(*NUMBERLESS)
    books.restore()

    printed, code = books.sync()

    held = books.held()
    assert (len(held), code) == (len(rewritten), 3)
    assert f"{len(rewritten)} parked" in printed
    assert {one["reason"] for one in held} == {"restored.alike"}
    assert books.objects() == there

    for voucher in held:
        (ref,) = (ref for ref in rewritten if f"(ledger id {ref})" in voucher["note"])
        books.merchant.ok("decide", voucher["voucher_id"], "adopt", "--ref", ref, "--reason", "I wrote that")
    printed, code = books.sync()

    assert (books.objects(), books.held(), code) == (there, [], 0)
    assert set(books.merchant.json("drift")["routes"][0]["counts"]) <= {"drift.deposit_unpaid"}, "no bank pays here"


def test_what_a_person_says_is_another_matter_is_sent(books: Books) -> None:
    """Once, and without being asked again, for the same amount on the bank account neither."""
    books.sandbox.tamper(books.realm).add_foreign(**OF_ANOTHER[books.merchant.plugin])
    books.merchant.ok("store", "restored", "--by", "Ana")
    books.sync()
    before = books.objects()
    (parked,) = books.held()
    assert parked["reason"] == "restored.alike"

    books.merchant.ok("decide", parked["voucher_id"], "retry", "--reason", "that is another one")
    printed, code = books.sync()

    assert "books-us: 1 delivered" in printed
    assert (len(books.objects()), books.held(), code) == (len(before) + 1, [], 0)


def test_what_was_never_sent_goes_out(books: Books) -> None:
    """Nothing like it is there."""
    books.merchant.run("deliver", "--limit", "1")
    (sent,) = books.objects()
    books.restore()

    printed, code = books.sync()

    assert "1 found there" in printed
    assert (len(books.objects()), books.held(), code) == (EVERYTHING[books.merchant.plugin], [], 0)
    assert sent in books.objects()


def test_numbers_guard_objects_that_were_rewritten_and_changed(in_quickbooks: Books) -> None:
    """A number of ours on other figures: a person decides, and it is not even offered to the ledger."""
    in_quickbooks.sync()
    there = in_quickbooks.objects()
    in_quickbooks.rewrite("JournalEntry")
    tamper = in_quickbooks.sandbox.tamper(in_quickbooks.realm)
    changed = [ref for kind, ref in there if kind == "JournalEntry"][1]
    tamper.edit_amount("JournalEntry", changed, "1.23")
    in_quickbooks.restore()

    in_quickbooks.sync()

    held = [one for one in in_quickbooks.held() if one["state"] == "parked"]
    assert [one["reason"] for one in held] == ["restored.alike"]
    assert f"(ledger id {changed})" in held[0]["note"]
    in_quickbooks.merchant.ok("decide", held[0]["voucher_id"], "adopt", "--ref", changed, "--reason", "corrected there")
    printed, _ = in_quickbooks.sync()
    assert "2 delivered" in printed, "and the transfer, which waited for it"
    assert in_quickbooks.objects() == there
    assert "delivery.echo_differs" in str(in_quickbooks.merchant.json("drift"))


def test_an_object_that_is_not_there_cannot_be_adopted(in_quickbooks: Books) -> None:
    in_quickbooks.sync()
    in_quickbooks.rewrite("Transfer")
    in_quickbooks.restore()
    in_quickbooks.sync()
    (parked,) = in_quickbooks.held()
    name = parked["voucher_id"]

    assert "names no object" in str(in_quickbooks.merchant.run("decide", name, "adopt", "--reason", "x").exception)
    in_quickbooks.merchant.ok("decide", name, "adopt", "--ref", "999999", "--reason", "a slip")
    _, code = in_quickbooks.sync()

    (still,) = in_quickbooks.held()
    assert "holds no Transfer 999999" in still["note"]
    assert code == 3


def test_a_lost_file_is_taken_for_a_restored_database_and_told_once(books: Books) -> None:
    """It lay on the machine that is gone; the first use, before anything was sent, needs no word."""
    assert "restored" not in books.merchant.run("deliver", "--limit", "1").output
    assert books.head.stat().st_mode & 0o777 == 0o600
    books.back_up()
    books.sync()
    there = books.objects()
    books.restore()
    books.head.unlink()

    printed, code = books.sync()

    assert "audit-local.head is gone, or was left behind, so the database may have been restored" in printed
    assert (books.objects(), code) == (there, 0)
    assert "left behind" not in books.sync()[0]


def test_a_file_of_another_database_marks_the_ledgers(books: Books) -> None:
    """Begun anew in an empty folder, with the old file: what the lost one sent is looked for."""
    books.sync()
    there = books.objects()
    row = books.head.read_text(encoding="ascii").splitlines()[1].split()
    books.restore()
    books.head.write_text(f"1 {row[1]} {row[2]}\n", encoding="ascii")

    printed, _ = books.sync()

    assert "the database is another one than audit-local.head knows: its audit log has not the same row 1" in printed
    assert books.objects() == there
    assert "another one" not in books.sync()[0]


def test_with_a_file_that_cannot_be_read_nothing_is_sent_until_a_person_speaks(in_quickbooks: Books) -> None:
    in_quickbooks.head.write_text("no head\n", encoding="ascii")

    done = in_quickbooks.merchant.run("sync")

    assert "store.head_unreadable" in done.stderr
    assert (done.return_value, in_quickbooks.objects()) == (2, [])
    said = in_quickbooks.merchant.ok("store", "restored", "--by", "Ana").output
    assert said.startswith("Saved: restored by Ana, of books-us.")
    assert in_quickbooks.sync()[1] == 0
    assert len(in_quickbooks.objects()) == 4
    assert "Ana" in in_quickbooks.merchant.ok("store", "check").output


def test_where_the_file_cannot_be_written_nothing_is_sent(in_quickbooks: Books) -> None:
    text = in_quickbooks.merchant.config.read_text(encoding="utf-8")
    elsewhere = text.replace("[bridge]", '[bridge]\nhead_file = "no-such-folder/audit.head"')
    in_quickbooks.merchant.config.write_text(elsewhere, encoding="utf-8")

    done = in_quickbooks.merchant.run("sync")

    assert "store.head_unwritable" in done.stderr
    assert (done.return_value, in_quickbooks.objects()) == (2, [])


def test_the_likes_of_it_are_found_where_only_a_person_knew_of_the_restored_backup(books: Books) -> None:
    """A machine that is set back to before the first send has no file either, so that nothing tells by itself."""
    books.sync()
    there = books.objects()
    rewritten = books.rewrite(*NUMBERLESS)
    books.restore()
    books.head.unlink()
    assert books.merchant.ok("store", "check").output.startswith("Nothing was sent yet")

    books.merchant.ok("store", "restored", "--by", "Ana", "--reason", "the machine was set back")
    printed, code = books.sync()

    assert "by Ana)" in printed
    assert (books.objects(), code, len(books.held())) == (there, 3, len(rewritten))
