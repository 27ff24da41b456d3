"""Books with something to show on every page: one seller's settlements, delivered, tampered with, checked.

Everything happens at one instant, so that a page looks the same whenever it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
"""A Monday, days after the settlements."""


@contextmanager
def books_to_show(folder: Path) -> Iterator[Merchant]:
    """A merchant whose books have been checked; the ledger runs on."""
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(folder, sandbox, "us", "gb")
        merchant.connect()
        sandbox.clock.set(NOW)
        inbox = folder / "inbox-us"
        (inbox / "settlement.txt").write_bytes((SAMPLES / "us_v2_standard.txt").read_bytes())
        (folder / "inbox-gb" / "settlement.txt").write_bytes((SAMPLES / "gb_v2_dmy.txt").read_bytes())
        with merchant.app(FakeClock(NOW)) as app:
            app.story.sync([], actor="Ann", wait_seconds=0)
            tamper(sandbox, merchant.sellers["us"].realm)
            strange = (SAMPLES / "us_v2_standard.txt").read_bytes().replace(b"Subscription Fee", b"Moon Landing Fee")
            (inbox / "strange.txt").write_bytes(strange.replace(b"28500000011", b"28500000012"))
            app.story.sync([], actor="Ann", wait_seconds=0)
            app.story.check([], actor="Ann")
        yield merchant


def tamper(sandbox: QuickBooksSandbox, realm: str) -> None:
    """What people do to a ledger by hand: raise an amount, move another, delete a payout, enter money of their own."""
    hands = sandbox.tamper(realm)
    journals = [one["Id"] for one in sandbox.entities(realm, "JournalEntry")]
    (transfer,) = [one["Id"] for one in sandbox.entities(realm, "Transfer")]
    hands.edit_amount("JournalEntry", journals[1], "120.00")
    hands.recode("JournalEntry", journals[2], "6040", line=1)
    hands.delete("Transfer", transfer)
    hands.add_foreign("1200", "4000", "45.00", "2026-07-02")
