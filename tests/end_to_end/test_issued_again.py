"""A settlement that was issued again, from the file to the ledger: the books follow when a person says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.app import App
from bridge.clock import SystemClock
from bridge.settings import load_settings
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import SAMPLES, InXero, Merchant, plugins

FILE = "us_v2_standard.txt"
# Of a fee of June a part is moved to a commission of July; or a fee is less, and so the payout more.
SAME_TOTAL = ((b"\t-3.86\t", b"\t-2.86\t"), (b"\t-19.35\t", b"\t-20.35\t"))
OTHER_TOTAL = ((b"301.24", b"302.24"), (b"-39.99", b"-38.99"))
DIFFERENCE = "settlement 28500000011: difference to its former total"


class Books(msgspec.Struct, frozen=True):
    """Where a merchant keeps the books. bank: the account that holds a settlement's total when all is done."""

    ledger: str
    bank_leg: str
    bank: str

    @property
    def late(self) -> dict[str, int]:
        """What a check counts because nobody matches the bank's lines here: a document stays unpaid."""
        return {"drift.deposit_unpaid": 1} if self.bank_leg == "document" else {}


BOOKS = (
    Books("quickbooks", "transfer", "1000"),
    Books("xero", "none", "1000"),
    Books("xero", "document", "1100"),
)


@pytest.fixture(params=BOOKS, ids=lambda books: f"{books.ledger}-{books.bank_leg}")
def books(request: pytest.FixtureRequest) -> Books:
    found: Books = request.param
    return found


def test_with_the_same_total_the_ledger_ends_as_that_of_who_saw_only_the_second_file(
    tmp_path: Path, books: Books
) -> None:
    second = issued_again(tmp_path, SAME_TOTAL)
    expected = of_who_saw_only(second, books, paid="301.24")
    with merchant(tmp_path / "ours", books) as ours:
        follow(ours, second, paid="301.24")
        assert balances(ours) == expected

        report = ours.json("drift")["routes"][0]
        assert report["counts"] == books.late
        is_at_bank = not books.late
        assert (report["delivered"], report["matched"], report["reconciled"]) == (True, is_at_bank, is_at_bank)


def test_with_another_total_what_it_differs_by_stands_on_clearing_and_is_named(tmp_path: Path, books: Books) -> None:
    second = issued_again(tmp_path, OTHER_TOTAL)
    expected = of_who_saw_only(second, books, paid="302.24")
    with merchant(tmp_path / "ours", books) as ours:
        follow(ours, second, paid="301.24")
        differ = Counter(balances(ours))
        differ.subtract(expected)
        assert {account: minor for account, minor in differ.items() if minor} == {"1200": 100, books.bank: -100}

        report = ours.json("drift")["routes"][0]
        assert report["counts"] == {"books.payout_changed": 1, **books.late}
        assert (report["delivered"], report["matched"], report["reconciled"]) == (True, False, False)
        clearing = report["clearing"]
        assert (clearing["closing_minor"], clearing["unexplained_minor"]) == (100, 0)
        assert [(item["what"], item["amount_minor"]) for item in clearing["items"]] == [(DIFFERENCE, 100)]


@contextmanager
def merchant(folder: Path, books: Books) -> Iterator[Merchant]:
    is_xero = books.ledger == "xero"
    with XeroSandbox() if is_xero else QuickBooksSandbox() as sandbox:
        made = (InXero if is_xero else Merchant)(folder, sandbox, "us")
        made.config.write_text(f'{made.config.read_text()}bank_leg = "{books.bank_leg}"\n')
        made.connect()
        yield made


def issued_again(folder: Path, changes: tuple[tuple[bytes, bytes], ...]) -> Path:
    """The sample, with the first of each of these amounts changed."""
    content = (SAMPLES / FILE).read_bytes()
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    path = folder / "again.txt"
    path.write_bytes(content)
    return path


def of_who_saw_only(second: Path, books: Books, *, paid: str) -> dict[str, int]:
    """Account to minor units in the ledger of a merchant who imported nothing but this file."""
    with merchant(second.parent / "other", books) as other:
        other.run("import", "--connection", "amazon-us", str(second))
        other.ok("deliver")
        bring_to_the_bank(other, paid)
        return balances(other)


def follow(ours: Merchant, second: Path, *, paid: str) -> None:
    """Book and send the sample, which is paid; import it issued again, and let the books follow.

    The run dies before each of its writes, then lives; and all is done once too often.
    """
    ours.import_samples("us", FILE)
    ours.ok("deliver")
    bring_to_the_bank(ours, paid)
    assert ours.run("import", "--connection", "amazon-us", str(second)).return_value == 3
    with ours.app() as app, app.store.reading() as unit:
        (kept,) = unit.findings.of_route(unit.routes.get("us").route_id)
    before = balances(ours)
    ours.ok("decide", kept.finding.finding_id, "supplement", "--reason", "the bank says the same")
    deaths = next(writes for writes in count() if not dies(ours, writes))
    assert deaths > 0
    assert balances(ours) == before, "what is booked is not sent yet"

    assert ours.run("sync").return_value in (0, 3)
    after = balances(ours)
    assert after != before
    asked = writes_to(ours)
    assert ours.run("sync").return_value in (0, 3)
    assert writes_to(ours) == asked
    assert balances(ours) == after
    assert ours.json("held")["documents"] == []


def dies(ours: Merchant, writes: int) -> bool:
    """A run of the books by a process that dies before its write after so many; whether it did."""
    settings = load_settings(ours.config, {})
    with ours.app() as app:
        mortal: Any = MortalStore(app.store, Life(writes))
        try:
            App(mortal, settings, SystemClock(), plugins()).books.run("us", actor="test")
        except Killed:
            return True
        return False


def bring_to_the_bank(one: Merchant, amount: str) -> None:
    """Where bridge moves no payout, the bookkeeper codes the bank's line to clearing."""
    if isinstance(one, InXero) and 'bank_leg = "none"' in one.config.read_text():
        hands = one.sandbox.tamper(one.sellers["us"].realm)
        hands.add_foreign("1000", "1200", amount, "2026-07-10", "BankTransactions")


def writes_to(one: Merchant) -> int:
    """How many requests changed something in the ledger."""
    return sum(seen.method in {"POST", "PUT"} and "token" not in seen.path for seen in one.sandbox.requests.all())


def balances(one: Merchant) -> dict[str, int]:
    found: dict[str, int] = one.sandbox.trial_balance(one.sellers["us"].realm)
    return found
