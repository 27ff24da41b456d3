"""What fake books keep: objects in their order, answers to repeats, and all of it over a restart."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.sandbox import BadRequestError, Books, BookSettings, JsonObject, Response, SandboxClock, Shelf
from bridge_quickbooks_sandbox import create_sandbox


class LedgerSettings(BookSettings, forbid_unknown_fields=True):
    name: str = "Ledger"
    currency: str = "USD"


class Ledger(Books[LedgerSettings]):
    noun, kinds, settings_type = "ledger", ("Account",), LedgerSettings
    accounts, number, currency_setting = "Account", "Number", "currency"

    def id_of(self, kind: str, value: JsonObject) -> str:
        return str(value["Id"])

    def put(self, id: str, **more: object) -> None:
        self._write("Account", {"Id": id, "Name": f"Account {id}", **more})
        self.save()

    def remove(self, id: str) -> None:
        self._erase("Account", id)
        self.save()

    def _counters(self) -> Mapping[str, str]:
        return {}

    def _restored(self, what: str, name: str, text: str) -> None:
        raise AssertionError(what)


@contextmanager
def _kept_in(data: Path, clock: SandboxClock | None = None) -> Iterator[Ledger]:
    """The books of a file, new ones where it is not there yet."""
    is_new, shelf, at = not data.exists(), Shelf(data), clock or SandboxClock()
    yield Ledger("1", LedgerSettings(), clock=at, shelf=shelf) if is_new else Ledger.restore("1", clock=at, shelf=shelf)
    shelf.close()


def test_objects_stay_in_their_order_over_restarts_whatever_was_taken_away(tmp_path: Path) -> None:
    """A new one must not be kept in the place of another."""
    data = tmp_path / "ledger.db"
    with _kept_in(data) as first:
        for id in ("b", "a", "d"):
            first.put(id)
        first.remove("a")
    with _kept_in(data) as second:
        second.put("c")
        second.put("b", Number="1000")

    with _kept_in(data) as third:
        assert [account["Id"] for account in third.all("Account")] == ["b", "d", "c"]
        assert third.account_named("1000")["Id"] == third.account_named("Account b")["Id"] == "b"
        with pytest.raises(BadRequestError, match="no account 2000 in ledger 1"):
            third.account_named("2000")
        assert third.by_account({"b": 5, "c": -5, "d": 0}) == {"1000": 5, "Account c": -5}


def test_an_answer_is_given_again_until_it_is_too_old_also_after_a_restart(tmp_path: Path) -> None:
    """F01"""
    clock, data = SandboxClock(), tmp_path / "ledger.db"
    with _kept_in(data, clock) as books:
        books.remember("k-1", "what was asked", Response(201, b"{}", "text/plain"))
        books.save()

    with _kept_in(data, clock) as books:
        replay = books.repeated("k-1")
        assert replay is not None
        assert (replay.asked, replay.response()) == ("what was asked", Response(201, b"{}", "text/plain"))
        assert books.repeated("k-2") is None
        clock.advance(360)
        assert books.repeated("k-1", kept=timedelta(minutes=5)) is None
        assert books.repeated("k-1") == replay


def test_what_was_worked_out_is_good_until_the_books_change() -> None:
    books = Ledger("1", LedgerSettings(), clock=SandboxClock(), shelf=Shelf(None))
    books.put("a")

    def count() -> int:
        return books.worked_out("count", lambda: len(list(books.all("Account"))))

    assert count() == count() == 1
    books.put("b")
    assert count() == 2
    books.remove("a")
    assert count() == 1


def test_opening_books_that_are_there_changes_nothing_of_them(tmp_path: Path) -> None:
    options, data = {"companies": "1:USD:US:One"}, tmp_path / "quickbooks.db"
    with create_sandbox(data=data, options=options) as first:
        with pytest.raises(BadRequestError, match="exists already"):
            first.add_company("1", name="Another", chart="system")
        accounts = first.entities("1", "Account")

    with create_sandbox(data=data, options={"companies": "1:EUR:DE:Two,2:GBP:GB:Three"}) as second:
        assert second.companies() == {"1": "One", "2": "Three"}
        assert second.settings("1").home_currency == "USD"
        assert second.entities("1", "Account") == accounts
