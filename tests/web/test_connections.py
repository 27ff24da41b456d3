"""Connections that are there: how they stand, what people do with them, and files that they bring."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bridge.settings import LimitSettings
from bridge.web.people import Person, Role
from tests.end_to_end.merchant import SAMPLES
from tests.web.visiting import ann
from tests.web.wizard import BARE_REALM, OTHER_REALM, REALM, Browser, Merchant, Vendors

SETTLEMENT = (SAMPLES / "us_v2_standard.txt").read_bytes()


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with ExitStack() as stack:
        yield Vendors(stack)


@pytest.fixture
def merchant(tmp_path: Path, vendors: Vendors, monkeypatch: pytest.MonkeyPatch) -> Merchant:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return Merchant(tmp_path, vendors, is_hosted=True)


@pytest.fixture
def browser(merchant: Merchant) -> Iterator[Browser]:
    with merchant.browser() as opened:
        yield opened


@pytest.fixture
def amazon(browser: Browser) -> Browser:
    """A channel that is read from files alone."""
    return browser.send("/connect/amazon", way="files", name="amazon", answer__seller="A1SANDBOX")


def bring(browser: Browser, content: bytes = SETTLEMENT, name: str = "report.txt") -> Browser:
    return browser.send("/connections/amazon/files", files={"file": (name, content)})


def test_a_pause_says_who_and_why_and_letting_in_again_does_not_end_it(browser: Browser) -> None:
    """F57."""
    browser.connect_quickbooks()
    browser.send("/connections/books/pause", reason="a quarter is being <closed>")
    said = browser.open("/connections").says
    assert "paused by Ann at" in said
    assert "a quarter is being <closed>" in said
    assert "<closed>" not in browser.shown
    browser.open(browser.send("/connections/books/key", way="app").consent(realm=REALM))
    assert "paused by Ann at" in browser.open("/connections/books").says
    assert "paused.connection" in browser.open("/connections/books/check").says
    browser.send("/connections/books/resume")
    assert "works" in browser.open("/connections/books").says


def test_a_key_that_is_refused_and_a_date_on_which_access_ends_are_seen_at_a_glance(browser: Browser) -> None:
    """D31."""
    browser.connect_quickbooks()
    listed = browser.open("/connections").says
    assert "works" in listed
    assert "Access ends" in listed
    assert browser.shown.count("20") > 2
    browser.merchant.vendors.quickbooks.disconnect(REALM)
    assert "not let in" in browser.open("/connections/books/check").open("/connections").says


def test_removing_tells_the_vendor_and_keeps_what_came_of_it(browser: Browser) -> None:
    browser.connect_quickbooks()
    browser.connect_shop()
    browser.make_route()
    assert "still books into it" in browser.open("/connections/books/remove").says
    assert browser.send("/connections/books/remove").status == 422
    browser.send("/connect/quickbooks", way="app", name="spare")
    assert "read only from files" in browser.open("/connections/shop/remove").says
    assert "is forgotten" in browser.send("/connections/shop/remove").says
    assert "reads files" in browser.open("/connections/shop").says


def test_a_ledger_tells_its_accounts(browser: Browser) -> None:
    browser.connect_quickbooks()
    browser.open("/connections/books/books?until=2026-11-30&since=2026-01-01")
    assert "Trial balance on 2026-11-30" in browser.says
    assert "Profit and loss from 2026-01-01" in browser.says
    assert browser.open("/connections/books/books?until=soon").status == 422


def test_a_file_is_looked_at_before_it_is_taken_in(amazon: Browser) -> None:
    amazon.connect_quickbooks()
    told = {"with": "books", "answer.first_day": "2025-01-01", "answer.time_zone": "America/Los_Angeles"}
    amazon.send("/connections/amazon/route", **told, tax_regime="us_sales_tax")
    looked = bring(amazon, name="../../<b>settlement</b>.txt")
    assert (looked.status, "1 settlement in USD" in looked.says) == (200, True), looked.says
    assert "<b>settlement" not in looked.shown
    page = looked.address.partition("/o/acme")[2]
    assert "Nothing yet" in amazon.open("/connections/amazon/first-run").says, "nothing is kept yet"
    taken = amazon.send(page)
    assert ("Taken in: 1 new" in taken.says, "USD" in taken.says) == (True, True), taken.says
    again = amazon.send(page)
    assert (again.status, "upload.gone" in again.says) == (422, True)
    assert "Taken in: 1 known" in amazon.send(bring(amazon).address.partition("/o/acme")[2]).says
    assert not any(amazon.merchant.vendors.quickbooks.trial_balance(REALM).values())


def test_a_file_that_cannot_be_read_is_told_and_cannot_be_taken_in(amazon: Browser) -> None:
    looked = bring(amazon, b"<html>no report</html>")
    assert (looked.status, "Take it in" in looked.says, "amazon.file" in looked.says) == (200, False, True), looked.says
    assert bring(amazon, b"").status == 422


HOSTILE = {
    "a zip": (b"PK\x03\x04" + bytes(64), "amazon.file.unknown"),
    "a row without end": (SETTLEMENT.partition(b"\n")[0] + b"\n" + b"x" * 1_300_000, "amazon.file.unknown"),
    "zero bytes": (SETTLEMENT[:3000] + bytes(99) + SETTLEMENT[3000:], "amazon.file.encoding"),
    "another encoding": (SETTLEMENT.decode("cp1252").encode("utf-32"), "amazon.file.unknown"),
    "packed and cut": (gzip.compress(SETTLEMENT)[:-20], "amazon.file.truncated"),
    "packed, and packed again": (gzip.compress(gzip.compress(SETTLEMENT)), "amazon.file.unknown"),
}


def test_a_hostile_file_is_refused_with_a_code_and_cannot_be_taken_in(amazon: Browser) -> None:
    """What it would hold in memory, the tests of the reading kit ask."""
    for name, (content, code) in HOSTILE.items():
        looked = bring(amazon, content, f"../../{name}\x1b\u202e.txt")
        assert (looked.status, "Take it in" in looked.says, code in looked.says) == (200, False, True), (
            name,
            looked.says,
        )


def test_a_file_that_is_too_large_is_not_even_read(amazon: Browser, merchant: Merchant) -> None:
    most = LimitSettings().max_upload_bytes
    answer = amazon.client.post("/o/acme/connections/amazon/files", headers={"Content-Length": str(most + 1)})
    assert answer.status_code == 413
    pieces, kind = (b"x" * 1024**2 for _ in range(3)), {"Content-Type": "application/x-www-form-urlencoded"}
    assert amazon.client.post("/o/acme/connections/amazon/pause", content=pieces, headers=kind).status_code == 413


def test_what_one_person_brought_no_other_can_open(amazon: Browser, merchant: Merchant) -> None:
    address = bring(amazon).address
    other = Person("p-bob", "Bob", {"acme": Role.BOOKKEEPER}, "csrf")
    with merchant.browser(other) as bobs:
        assert bobs.open(address.removeprefix("https://bridge.test")).status == 422
    with merchant.browser(ann(Role.VIEWER, "acme")) as viewers:
        assert bring(viewers).status == 403
        assert viewers.open("/connections/amazon/check").status == 403
    with merchant.browser(Person("p-eve", "Eve", {"other": Role.OWNER}, "x")) as strangers:
        assert bring(strangers).status == 404


def test_what_the_ledger_lacks_is_made_on_an_owners_word(browser: Browser, merchant: Merchant) -> None:
    merchant.vendors.quickbooks.add_company(BARE_REALM, home_currency="USD", chart="system", name="Bare")
    browser.connect_quickbooks(realm=BARE_REALM)
    browser.connect_shop()
    browser.make_route()
    page, word = "/connections/books/lacks", "a new channel"
    assert "account 1210" in browser.open(page).says
    with merchant.browser(Person("p-bob", "Bob", {"acme": Role.BOOKKEEPER}, "x")) as bobs:
        assert (bobs.open(page).status, bobs.send(page, reason=word).status) == (200, 403)
    assert browser.send(page, reason=" ").status == 422
    browser.send("/stop/deliveries", reason="looks wrong", plugin="")
    stopped = browser.send(page, reason=word)
    assert (stopped.status, "paused.deliveries" in stopped.says) == (409, True), stopped.says
    browser.send("/stop/deliveries/allow", subject="")
    assert "made account 1210" in browser.send(page, reason=word).says
    assert "1000 Operating bank. Make it in the ledger" in browser.says, "nobody but its keeper opens a bank's account"
    assert "made account" not in browser.send(page, reason=word).says, "it is made once"


def test_a_pilot_is_sent_as_it_was_shown_read_back_and_accepted(browser: Browser) -> None:
    browser.connect_quickbooks(realm=OTHER_REALM)
    browser.connect_shop()
    browser.make_route()
    assert "bring a sale in first" in browser.open("/routes/shop/pilot").says
    browser.send("/connections/shop/first-run").work()
    shown = browser.open("/routes/shop/pilot")
    assert "20.00 USD" in shown.says
    voucher = shown.fields()["voucher"]
    before = browser.merchant.vendors.quickbooks.trial_balance(OTHER_REALM)
    assert browser.send("/routes/shop/pilot", voucher="another").status == 409
    assert browser.merchant.vendors.quickbooks.trial_balance(OTHER_REALM) == before
    for _ in range(2):
        assert "It has passed" in browser.send("/routes/shop/pilot", voucher=voucher).says
    assert sum(map(abs, browser.merchant.vendors.quickbooks.trial_balance(OTHER_REALM).values())) == 4000
    assert browser.send("/routes/shop/pilot/accept", reason="").status == 422
    browser.send("/routes/shop/pilot/roll-back", reason="looked at first")
    assert not any(browser.merchant.vendors.quickbooks.trial_balance(OTHER_REALM).values())
    browser.send("/routes/shop/pilot", voucher=browser.open("/routes/shop/pilot").fields()["voucher"])
    assert "accepted by Ann" in browser.send("/routes/shop/pilot/accept", reason="seen there").says
