"""From an organisation that has nothing to what would be sent to its ledger, in a browser that runs no scripts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.app import App, open_app
from bridge.cli.main import cli
from bridge.clock import SystemClock
from bridge.settings import load_settings
from bridge.web.people import Person, Role
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.web.visiting import ann
from tests.web.wizard import (
    BRITISH_REALM,
    OTHER_REALM,
    OTHER_TENANT,
    REALM,
    SECRETS,
    TENANT,
    Browser,
    Merchant,
    Vendors,
)

XERO_APP = {"answer__client_id": "sandbox-client", "answer__client_secret": "sandbox-secret"}


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with ExitStack() as stack:
        yield Vendors(stack)


@pytest.fixture
def hosted(tmp_path: Path, vendors: Vendors) -> Iterator[Merchant]:
    """A merchant whose every page is searched for secrets in the end."""
    made = Merchant(tmp_path, vendors, is_hosted=True)
    yield made
    for secret in SECRETS:
        assert all(secret not in answer for answer in made.answers), secret


@pytest.fixture
def browser(hosted: Merchant) -> Iterator[Browser]:
    with hosted.browser() as opened:
        yield opened


@pytest.mark.parametrize("is_hosted", [False, True], ids=["file", "hosted"])
def test_an_empty_organisation_gets_to_a_preview_and_nothing_is_sent(
    tmp_path: Path, vendors: Vendors, is_hosted: bool, logs: Sequence[Mapping[str, object]]
) -> None:
    merchant = Merchant(tmp_path, vendors, is_hosted=is_hosted)
    before = merchant.config.read_bytes()
    with merchant.browser() as browser:
        assert "Nothing is connected yet" in browser.open("/connections").says
        assert "QuickBooks" in browser.open("/connect").says
        assert "Acme: in US, books in USD" in browser.connect_quickbooks().says
        assert "acme.myshopify.com: its currency is USD" in browser.connect_shop().says
        assert browser.open("/connections/shop/route").fields()["answer.time_zone"] == "America/New_York"
        assert "1000 Operating bank" in browser.says
        assert "Dry run of shop" in browser.make_route(bank="1000").says
        assert "No worker is at work" in browser.send("/connections/shop/first-run").says
        browser.work()
        assert "Booked: 1 booked" in browser.open(browser.address).says
    assert "1 voucher" in browser.says
    assert "20.00 USD" in browser.says
    assert not any(vendors.quickbooks.trial_balance(REALM).values())
    said = repr(logs)
    assert "'call'" in said
    assert [secret for secret in SECRETS if secret in said] == []
    if is_hosted:
        assert merchant.config.read_bytes() == before
        return
    tables = tomllib.loads(merchant.config.read_text("utf-8"))
    assert tables["routes"]["shop"] | {"mode": "day"} == {
        "source": "shop", "ledger": "books", "first_day": date(2026, 1, 1), "time_zone": "America/New_York",
        "mode": "day", "tax_regime": "us_sales_tax", "accounts": {"@bank": "1000"}, "pilot": True,
    }  # fmt: skip
    with open_app(load_settings(merchant.config, {}), SystemClock(), plugins()) as app:
        applied = app.apply(merchant.config, actor="ann", is_dry_run=False)
    assert {item.outcome for item in applied.items} == {"unchanged"}


def test_of_several_organisations_that_a_sign_in_opens_a_person_chooses_one(browser: Browser) -> None:
    back = browser.send("/connect/xero", way="app", name="books", **XERO_APP).consent(tenant=f"{TENANT},{OTHER_TENANT}")
    browser.open(back)
    assert ("Acme Ltd" in browser.says, "Acme Two Ltd" in browser.says, browser.names()) == (True, True, []), (
        browser.says
    )
    choice = browser.address.partition("/o/acme")[2]
    assert browser.send(choice, account="another").status == 409
    assert "Acme Two Ltd: in" in browser.send(choice, account=OTHER_TENANT).says
    assert [(one.name, one.account) for one in browser.app.desk.connections()] == [("books", OTHER_TENANT)]
    assert browser.send(choice, account=TENANT).status == 409, "it is good once"


def test_a_shop_is_connected_by_its_key_and_a_wrong_one_leaves_nothing(browser: Browser) -> None:
    url = browser.merchant.vendors.woo.url
    told = {"way": "key", "name": "woo", "answer__url": url, "answer__plain_permalinks": "no"}
    wrong = browser.send("/connect/woocommerce", **told, answer__key="ck_wrong", answer__secret="cs_wrong")
    assert (wrong.status, "woocommerce.key" in wrong.says, wrong.names()) == (422, True, [])
    assert wrong.fields() | told == wrong.fields() | told
    assert (wrong.fields()["answer.url"], wrong.fields()["answer.secret"]) == (url, "")
    assert "cs_wrong" not in wrong.shown
    right = browser.send("/connect/woocommerce", **told, answer__key="ck_sandbox", answer__secret="cs_sandbox")
    assert (right.status, right.names()) == (200, ["woo"]), right.says


def test_an_owner_leads_bridge_to_no_address_inside_the_operators_network(tmp_path: Path, vendors: Vendors) -> None:
    """What an operator names in [plugins] is reached all the same: the ledgers here lie on this machine too."""
    merchant, shop = Merchant(tmp_path, vendors, is_hosted=True, networks=""), vendors.woo.url
    told = {"way": "key", "name": "woo", "answer__plain_permalinks": "no"}
    keys = {"answer__key": "ck_sandbox", "answer__secret": "cs_sandbox"}
    with merchant.browser() as browser:
        for url in (shop, "https://169.254.169.254/latest", "https://[::1]/", "https://localhost:5432"):
            answer = browser.send("/connect/woocommerce", **told, **keys, answer__url=url)
            assert (answer.status, "internal_networks" in answer.says, browser.names()) == (422, True, []), answer.says
        browser.connect_quickbooks()
        browser.connect_shop()
        assert browser.names() == ["books", "shop"]


def test_what_is_wrong_stands_beside_its_field(browser: Browser) -> None:
    told = {"way": "token", "name": "Shop 1", "answer__shop": "acme.example", "answer__token": "4711"}
    browser.send("/connect/shopify", **told)
    assert browser.status == 422
    assert [one[:20] for one in browser.errors()] == [
        "Name is of lower-cas", "The shop is not the ", "Access token is no a",
    ]  # fmt: skip
    assert browser.fields()["answer.shop"] == "acme.example"
    assert "4711" not in browser.shown
    browser.send("/connect/amazon", way="files", answer__seller="A1SANDBOX", setting__marketplaces="x" * 61)
    assert (browser.status, len(browser.errors())) == (422, 1)


def test_a_form_that_is_sent_twice_connects_once(browser: Browser) -> None:
    assert browser.connect_shop().status == 200
    assert browser.connect_shop().status == 200
    assert browser.connect_quickbooks().status == 200
    for _ in range(2):
        assert "Dry run of shop" in browser.make_route().says
    assert browser.names() == ["books", "shop"]
    assert browser.open("/connect/shopify").fields()["name"] == "shopify", "going back shows the form anew"


def test_a_cancelled_consent_changes_nothing(browser: Browser) -> None:
    back = browser.send("/connect/quickbooks", way="app", name="books").consent(deny="1")
    assert (browser.open(back).status, "access_denied" in browser.says, browser.names()) == (409, True, [])
    again = browser.send("/connect/quickbooks", way="app", name="books").consent(deny="1")
    hostile = again.replace("access_denied", "%3Cscript%3Ealert(1)%3C%2Fscript%3E" + "x" * 5000)
    assert (browser.open(hostile).status, "<script>alert" in browser.shown) == (409, False)
    assert len(browser.says) < 2000


def test_a_sign_in_that_comes_too_late_or_again_is_refused(hosted: Merchant) -> None:
    clock = FakeClock()
    with hosted.browser(clock=clock) as browser:
        late = browser.send("/connect/quickbooks", way="app", name="books").consent(realm=REALM)
        clock.advance(15 * 60)
        assert (browser.open(late).status, "quarter of an hour" in browser.says) == (409, True)
        back = browser.send("/connect/quickbooks", way="app", name="books").consent(realm=REALM)
        assert browser.open(back).status == 200
        again = browser.client.get(back)
        assert (again.status_code, "authorization.state" in again.text) == (409, True)
        assert again.headers["Referrer-Policy"] == "no-referrer"
        assert again.headers["Cache-Control"] == "no-store"


def test_a_key_is_changed_and_dropped_while_people_sign_in_and_nothing_is_unreadable(hosted: Merchant) -> None:
    """By no process: one that began before it opens what a newer one sealed, and seals with no key that was dropped."""
    key_file = hosted.config.with_name("sealing.key")
    clock = FakeClock()
    with hosted.browser(clock=clock) as browser, hosted.browser(clock=clock) as another:
        browser.connect_quickbooks("first", OTHER_REALM)
        back = browser.send("/connect/quickbooks", way="app", name="books").consent(realm=REALM)
        choice = another.open(another.send("/connect/xero", way="app", name="x", **XERO_APP).consent(
            tenant=f"{TENANT},{OTHER_TENANT}")).address.partition("/o/acme")[2]  # fmt: skip
        old = key_file.read_text()
        assert secrets(hosted, "new-key").return_value == 0
        newer = browser.send("/connect/quickbooks", way="app", name="newer").consent(realm=BRITISH_REALM)
        assert secrets(hosted, "rotate").return_value == 0
        key_file.write_text(key_file.read_text().removesuffix(old))
        assert browser.open(back).status == 200, browser.says
        assert "Acme Two Ltd: in" in another.send(choice, account=OTHER_TENANT).says
        assert browser.open(newer).status == 200
        clock.advance(2 * 3_600)  # by now tokens are renewed, and sealed
        for name in ("first", "books", "newer"):
            assert "State works" in browser.open(f"/connections/{name}/check").says, browser.says
    assert secrets(hosted, "rotate").return_value == 0, "one key opens everything"


def secrets(merchant: Merchant, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(merchant.config), "secrets", *words], standalone_mode=False)


def test_the_answer_to_somebody_elses_sign_in_is_refused_and_stays_theirs(hosted: Merchant) -> None:
    """Whoever is led to another's call-back would connect the other's company, and send it their sales."""
    mallory = Person("p-mallory", "Mallory", {"acme": Role.OWNER}, "csrf-of-mallory")
    same_session_of_another = Person("p-ann", "Ann", {"acme": Role.OWNER}, "csrf-of-another-session")
    with hosted.browser() as anns:
        back = anns.send("/connect/quickbooks", way="app", name="books").consent(realm=REALM)
        for other in (mallory, same_session_of_another):
            with hosted.browser(other) as theirs:
                assert (theirs.open(back).status, theirs.names()) == (409, [])
        with hosted.browser(Person("p-eve", "Eve", {"other": Role.OWNER}, "x")) as eves:
            assert eves.open(back).status == 404
        assert anns.open(back).status == 200


def test_the_code_of_another_vendor_is_refused(browser: Browser) -> None:
    """Both come back to one address: the state says which vendor was asked, and no other is told the code."""
    xeros = browser.send("/connect/xero", way="app", name="x", **XERO_APP).consent(tenant=TENANT)
    books = browser.send("/connect/quickbooks", way="app", name="books").consent(realm=REALM)
    code = xeros.partition("code=")[2].partition("&")[0]
    mixed = books.replace(books.partition("code=")[2].partition("&")[0], code)
    assert (browser.open(mixed).status, browser.names()) == (409, [])
    assert (browser.open(xeros.partition("?")[0] + "?state=acme.nothing&code=x").status, browser.names()) == (409, [])


def test_letting_in_again_takes_the_same_company_alone(browser: Browser) -> None:
    browser.connect_quickbooks()
    other = browser.send("/connections/books/key", way="app").consent(realm=OTHER_REALM)
    assert (browser.open(other).status, f"is for account {REALM}" in browser.says) == (409, True)
    same = browser.send("/connections/books/key", way="app").consent(realm=REALM)
    assert (browser.open(same).status, "Acme: in US" in browser.says) == (200, True)
    second = browser.send("/connect/quickbooks", way="app", name="second").consent(realm=REALM)
    assert ("connection.second" in browser.open(second).says, browser.names()) == (True, ["books"])


def test_who_is_no_owner_connects_nothing(hosted: Merchant) -> None:
    with hosted.browser(ann(Role.BOOKKEEPER, "acme")) as browser:
        pages = [browser.open(page).status for page in ("/connect", "/connect/shopify")]
        assert [*pages, browser.connect_shop().status, browser.open("/connections").status] == [403, 403, 403, 200]
    with hosted.browser() as browser:
        told = {"way": "token", "name": "shop", "answer__shop": "acme", "answer__token": "shpat_sandbox"}
        assert (browser.send("/connect/shopify", csrf="", **told).status, browser.names()) == (403, [])


def test_the_regime_of_a_company_abroad_is_asked_and_never_preset(browser: Browser) -> None:
    browser.connect_shop()
    browser.connect_quickbooks(realm=BRITISH_REALM)
    form = browser.open("/connections/shop/route")
    assert "us_sales_tax" not in form.shown
    refused = browser.make_route(tax_regime="")
    assert (refused.status, "is to be chosen" in refused.errors()[0]) == (422, True)
    assert browser.make_route(tax_regime="us_sales_tax").status == 422
    assert browser.make_route(**{"answer.first_day": "soon"}, tax_regime="vat_standard").errors() == [
        "First day that is booked is no day, such as 2026-01-01"
    ]
    assert "Dry run of shop" in browser.make_route(tax_regime="vat_standard").says


def test_one_that_is_killed_anywhere_leaves_nothing_half(tmp_path: Path, vendors: Vendors) -> None:
    """Without a file: whatever is there, the same form goes on with it."""
    for writes in range(30):
        (tmp_path / f"{writes}").mkdir()
        merchant = Merchant(tmp_path / f"{writes}", vendors, is_hosted=True)
        with merchant.browser() as browser:
            app, is_dead = browser.app, False
            way = app.host.connecting.access("shopify").ways[1]
            answers = {"shop": "acme.myshopify.com", "token": "shpat_sandbox"}
            tried = app.host.connecting.attempt("shopify", "shop", way, answers)
            mortal = App(MortalStore(app.store, Life(writes)), app.settings, SystemClock(), app.host.registry)
            try:
                mortal.declaring.settle(tried, "ann")
            except Killed:
                is_dead = True
            assert (browser.connect_shop().status, browser.names()) == (200, ["shop"])
        if not is_dead:
            break
    assert writes > 3
