"""What was posted is taken out of the ledger again, all or nothing, and booked again where a person wants it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.clock import SystemClock
from bridge.errors import ConfigError, InDoubtError, RejectedError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.money import decimal_text
from bridge.sandbox import FaultKind
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant
from tests.fakes.stores import put_migrated

SETTLEMENT = "28500000011"
JSON = "application/json"
MATCHED = """{"Fault": {"Error": [{"Message": "It is matched", "Detail": "Undo the match", "code": "6480"}],
 "type": "ValidationFault"}}"""
MEANT = ("--yes", "--reason", "mapped wrongly", "--by", "anna")


class Posted:
    """A merchant whose settlement is in the ledger."""

    def __init__(self, merchant: Merchant) -> None:
        self.merchant = merchant
        self.realm = merchant.sellers["us"].realm
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt")
        merchant.ok("deliver")
        self.before = self.balances()

    def balances(self) -> dict[str, int]:
        return {name: minor for name, minor in self.merchant.sandbox.trial_balance(self.realm).items() if minor}

    def deliveries(self, *states: DeliveryState) -> tuple[Delivery, ...]:
        with self.merchant.app() as app, app.store.reading() as unit:
            found: tuple[Delivery, ...] = unit.deliveries.with_state("books-us", *states)
            return found

    def refused(self, *words: str) -> ConfigError:
        done = self.merchant.run("undo", SETTLEMENT, *words)
        assert isinstance(done.exception, ConfigError), done.output
        return done.exception

    @property
    def is_xero(self) -> bool:
        return isinstance(self.merchant, InXero)

    def tamper(self) -> Any:
        return self.merchant.sandbox.tamper(self.realm)

    def delivered(self, *types: str) -> Delivery:
        sent = self.deliveries(DeliveryState.DELIVERED)
        return next(one for one in sent if one.voucher and one.voucher.type in types)

    def close_books(self, through: str) -> None:
        name = "period_lock_date" if self.is_xero else "book_close_date"
        self.merchant.sandbox.set(self.realm, **{name: through})


@pytest.fixture(params=["quickbooks", "xero"])
def posted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Posted]:
    if request.param == "quickbooks":
        with QuickBooksSandbox() as quickbooks:
            yield Posted(Merchant(tmp_path, quickbooks, "us"))
    else:
        with XeroSandbox() as xero:
            yield Posted(InXero(tmp_path, xero, "us"))


def test_it_is_shown_first_and_nothing_is_done(posted: Posted) -> None:
    shown = posted.merchant.json("undo", SETTLEMENT)

    assert [one["hindrance"] for one in shown["vouchers"]] == [""] * len(shown["vouchers"])
    assert {one["becomes"] for one in shown["vouchers"]} <= {"deleted", "voided"}
    assert len(shown["vouchers"]) == len(posted.deliveries(DeliveryState.DELIVERED)) > 1
    assert posted.balances() == posted.before


def test_what_is_undone_is_out_of_every_account_and_stays_withdrawn(posted: Posted) -> None:
    posted.merchant.ok("undo", SETTLEMENT, *MEANT)
    withdrawn = posted.deliveries(DeliveryState.WITHDRAWN)
    posted.merchant.run("sync")

    assert posted.balances() == {}
    assert not posted.deliveries(DeliveryState.DELIVERED, DeliveryState.OWED)
    assert {(one.reason, one.note, one.ref) for one in withdrawn} == {("delivery.undone", "anna: mapped wrongly", "")}
    assert posted.merchant.run("audit", "verify", "--store").return_value == 0


def test_booked_again_it_is_there_once_under_numbers_of_its_own(posted: Posted) -> None:
    first = {one.voucher.number for one in posted.deliveries(DeliveryState.DELIVERED) if one.voucher}
    posted.merchant.ok("undo", SETTLEMENT, *MEANT, "--book-again")
    posted.merchant.run("sync")
    second = {one.voucher.number for one in posted.deliveries(DeliveryState.DELIVERED) if one.voucher}
    report = posted.merchant.run("drift", "us", "--full")
    again = posted.merchant.ok("undo", SETTLEMENT, *MEANT, "--book-again")
    posted.merchant.run("sync")

    assert posted.balances() == posted.before
    assert len(first) == len(second)
    assert first & second <= {""}
    assert "copy" not in report.output, report.output
    assert "missing" not in report.output, report.output
    assert "taken out" in again.output


def test_what_somebody_edited_is_not_undone(posted: Posted) -> None:
    delivery = posted.delivered("JournalEntry", "Invoice")
    posted.tamper().change_date("Invoice" if posted.is_xero else "JournalEntry", delivery.ref, "2026-06-28")
    refusal = posted.refused(*MEANT)

    assert refusal.code == "undo.hindered"
    assert "somebody edited it in the ledger" in str(refusal)
    assert {one.state for one in posted.deliveries(*DeliveryState)} == {DeliveryState.DELIVERED}


def test_nothing_is_undone_in_a_closed_period(posted: Posted) -> None:
    posted.close_books("2026-12-31")
    refusal = posted.refused(*MEANT)

    assert refusal.code == "undo.hindered"
    assert "lies in the period closed through 2026-12-31" in str(refusal)
    assert posted.balances() == posted.before


class Later(SystemClock):
    """Two minutes on: whatever a ledger was at work on is settled."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=2)


@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.DROP, FaultKind.ANSWER])
def test_a_lost_answer_is_looked_at_and_the_rest_is_undone_on_the_same_word(posted: Posted, fault: FaultKind) -> None:
    """An answer of success that says nothing of the object is none."""
    says_nothing = {"status": 200, "body": "{}", "content_type": JSON} if fault is FaultKind.ANSWER else {}
    posted.merchant.sandbox.faults.order(
        fault,
        method="POST",
        label="*.delete" if not posted.is_xero else None,
        path="*/Invoices/*" if posted.is_xero else None,
        **says_nothing,
    )
    stopped = posted.merchant.run("undo", SETTLEMENT, *MEANT)
    begun = posted.deliveries(DeliveryState.UNDOING)
    with posted.merchant.app(Later()) as app:
        app.deliverer.drain("books-us", actor="ann")
    after = posted.deliveries(DeliveryState.UNDOING)
    posted.merchant.ok("undo", SETTLEMENT, *MEANT)

    assert isinstance(stopped.exception, InDoubtError)
    assert [len(begun), len(after)] == [1, 0]
    assert posted.balances() == {}


def test_money_that_the_bank_has_seen_stays(posted: Posted) -> None:
    """A deposit document that is paid, and a receipt that stands in a deposit, are told before anything is done."""
    if posted.is_xero:
        invoice = posted.delivered("Invoice")
        assert invoice.voucher
        owed = decimal_text(invoice.voucher.lines[0].amount_minor, "USD")
        posted.tamper().pay(invoice.ref, "1000", owed, "2026-06-30")
        assert "which is not of bridge, settles it: remove that first" in str(posted.refused(*MEANT))
    else:
        order = {"method": "POST", "label": "Transfer.delete", "status": 400, "body": MATCHED, "content_type": JSON}
        posted.merchant.sandbox.faults.order(FaultKind.ANSWER, **order)
        stopped = posted.merchant.run("undo", SETTLEMENT, *MEANT)
        assert isinstance(stopped.exception, RejectedError)
        assert stopped.exception.code == "quickbooks.6480"
        assert {one.state for one in posted.deliveries(*DeliveryState)} == {DeliveryState.DELIVERED}
    assert posted.balances() != {}


def test_what_was_booked_again_is_met_by_a_database_that_is_made_anew(posted: Posted) -> None:
    """Its keys are not those of a first booking: bridge asks a person, and sends nothing a second time."""
    posted.merchant.ok("undo", SETTLEMENT, *MEANT, "--book-again")
    posted.merchant.run("sync")
    for file in posted.merchant.folder.glob("bridge.db*"):
        file.unlink()
    put_migrated(posted.merchant.folder / "bridge.db")
    posted.merchant.connect()
    posted.merchant.import_samples("us", "us_v2_standard.txt")
    done = posted.merchant.run("deliver")

    assert posted.balances() == posted.before, done.output
    assert {one.reason for one in posted.deliveries(DeliveryState.PARKED)} == {"restored.alike"}
    assert not posted.deliveries(DeliveryState.DELIVERED)
