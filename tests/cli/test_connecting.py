"""``bridge connections add``, as people and scripts meet it: shops over HTTP, and nothing left of what did not do."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.clock import SystemClock
from bridge.host.connecting import Tried
from bridge.settings import load_settings
from bridge_amazon_sandbox import AmazonSandbox
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_shopify_sandbox import ShopifySandbox
from bridge_woocommerce_sandbox import WooCommerceSandbox
from tests.books.mortal import Killed, Life, MortalStore

REALM = "9130000000000011"
SETTINGS = """[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"

[plugins.shopify]
base_url = "{shopify}"
calls_per_minute = 60000

[plugins.amazon]
base_url = "{amazon}"
client_id = "amzn1.application-oa2-client.sandbox"
client_secret = "amzn1.oa2-cs.v1.sandbox"

[plugins.quickbooks]
base_url = "{quickbooks}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_second = 1000

[connections.books]
plugin = "quickbooks"
"""
SECRETS = {"TOKEN": "shpat_sandbox", "SECRET": "sandbox-secret", "KEY": "ck_sandbox", "CS": "cs_sandbox",
           "LWA": "amzn1.oa2-cs.v1.sandbox", "REFRESH": "Atzr|sandbox"}  # fmt: skip
TOKEN = ("shopify", "--answer", "way=token", "--answer", "shop=acme", "--secret", "token=TOKEN")
APP = ("shopify", "--answer=way=app", "--answer=shop=https://admin.shopify.com/store/acme/orders",
       "--answer=client_id=sandbox-client", "--secret=client_secret=SECRET")  # fmt: skip
SELLER = ("amazon", "--answer=way=app", "--answer=seller=A1SANDBOX", "--answer=region=na",
          "--secret=refresh_token=REFRESH")  # fmt: skip
OWN = ("amazon", "--answer=way=own", "--answer=seller=A1SANDBOX", "--answer=region=na",
       "--answer=client_id=amzn1.application-oa2-client.sandbox", "--secret=client_secret=LWA",
       "--secret=refresh_token=REFRESH")  # fmt: skip
Done = subprocess.CompletedProcess[str]


class Desk:
    """A merchant's folder, two shops and a company."""

    def __init__(self, folder: Path, command: Path, stack: ExitStack) -> None:
        self.folder, self._command = folder, command
        self.shopify = stack.enter_context(ShopifySandbox())
        self.woo = stack.enter_context(WooCommerceSandbox())
        self.amazon = stack.enter_context(AmazonSandbox())
        self.quickbooks = stack.enter_context(QuickBooksSandbox())
        self.quickbooks.add_company(REALM, home_currency="USD", country="US", name="Acme")
        self.said = ""
        assert self("init", ".").returncode == 0
        urls = {name: getattr(self, name).base_url for name in ("shopify", "amazon", "quickbooks")}
        self.file.write_text(SETTINGS.format(**urls), encoding="utf-8")
        self.before = self.file.read_bytes()

    def __call__(self, *words: str, told: str = "", **variables: str) -> Done:
        """A command as a process of its own. told: on its standard input."""
        command = [str(self._command), *words]
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **SECRETS, **variables}, input=told,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done

    def add(self, *words: str, told: str = "", **variables: str) -> Done:
        return self("-vv", "connections", "add", *words, told=told, **variables)

    def add_woo(self, *words: str) -> Done:
        told = f"url={self.woo.url}\nkey=ck_sandbox\nsecret=cs_sandbox\n"
        return self.add("woocommerce", *words, "--stdin", told=told)

    @property
    def file(self) -> Path:
        return self.folder / "bridge.toml"

    def tables(self, kind: str) -> dict[str, Any]:
        """What was added to the settings file."""
        assert self.file.read_bytes().startswith(self.before)
        found: dict[str, Any] = tomllib.loads(self.file.read_text(encoding="utf-8")).get(kind, {})
        return {name: table for name, table in found.items() if name != "books"}

    def app(self, stack: ExitStack) -> App:
        registry = Setup(self.file, {}, "error").registry()
        return stack.enter_context(open_app(load_settings(self.file, {}), SystemClock(), registry, is_new=True))

    def names(self) -> list[str]:
        with ExitStack() as stack:
            return [one.name for one in self.app(stack).desk.connections()]

    def balances(self) -> dict[str, int]:
        """The company's own books: account number to minor units."""
        return {number: minor for number, minor in self.quickbooks.trial_balance(REALM).items() if minor}

    def has_left_nothing(self) -> bool:
        """Whether the file is as it was, and the database, if there is one, knows no connection and no key."""
        if self.file.read_bytes() != self.before or len(list(self.folder.iterdir())) > 3:
            return False
        if not (base := self.folder / "bridge.db").exists():
            return True
        with closing(sqlite3.connect(base)) as database:
            rows = database.execute("SELECT (SELECT count(*) FROM connection) + (SELECT count(*) FROM credential)")
            return bool(rows.fetchone() == (0,))

    def let_into_the_books(self) -> None:
        assert self("apply").returncode == 0
        with ExitStack() as stack:
            authorization = self.app(stack).host.authorization
            started = authorization.start("books", "ann")
            consent = requests.get(started.url, params={"realm": REALM}, allow_redirects=False, timeout=60)
            authorization.finish(started, consent.headers["Location"])


@pytest.fixture
def desk(tmp_path: Path, command: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        made = Desk(tmp_path, command, stack)
        yield made
        assert [made.shopify.server.crashes, made.woo.server.crashes] == [[], []]


def test_each_way_leads_to_a_connection_that_was_asked(desk: Desk) -> None:
    by_token, by_key = desk.add(*TOKEN), desk.add_woo("woo")
    desk.shopify.shop.domain = "second.myshopify.com"
    by_app = desk.add("shopify", "second", *APP[1:])

    assert [done.returncode for done in (by_token, by_key, by_app)] == [0, 0, 0], desk.said
    assert "acme.myshopify.com answers. Its currency is USD, prices without tax" in by_token.stdout
    assert "its days are those of America/New_York" in by_token.stdout
    assert "read_orders" in by_token.stdout
    assert desk.tables("connections") == {
        "shopify": {"plugin": "shopify", "account": "acme.myshopify.com"},
        "woo": {"plugin": "woocommerce", "account": "sandbox-shop.example", "url": desk.woo.url},
        "second": {"plugin": "shopify", "account": "second.myshopify.com"},
    }
    assert desk.names() == ["second", "shopify", "woo"], "what else stands in the file waits for `bridge apply`"


def test_it_makes_the_route_and_says_what_comes_next(desk: Desk) -> None:
    desk.let_into_the_books()
    desk.shopify.clock.advance(-3 * 86_400)
    desk.shopify.shop.sell("20.00")
    desk.shopify.clock.run()
    done = desk.add(*TOKEN, "--answer=ledger=books", "--answer=first_day=2026-01-01")

    assert done.returncode == 0, desk.said
    assert "route shopify: added" in done.stdout
    assert "next: bridge backfill shopify" in done.stdout
    assert desk.tables("routes")["shopify"] == {
        "source": "shopify",
        "ledger": "books",
        "first_day": date(2026, 1, 1),
        "time_zone": "America/New_York",
        "mode": "day",
        "pilot": True,
    }
    assert "unchanged" in desk("apply").stdout
    filled = desk("backfill", "shopify")
    assert (filled.returncode, "shopify: 1 document new" in filled.stdout) == (3, True), desk.said
    assert desk.balances() == {}, "a back-fill sends nothing"
    assert desk("sync").returncode == 3, desk.said
    assert desk.balances() == {}, "its pilot is awaited"
    for words in (["--yes"], ["--accept", "--reason", "seen there"]):
        assert desk("pilot", "shopify", *words).returncode == 0, desk.said
    assert desk.balances() == {"1210": 2000, "4000": -2000}
    assert desk("sync").returncode == 0, desk.said


@pytest.mark.parametrize("way", [SELLER, OWN], ids=["app", "own"])
def test_a_seller_account_is_connected_by_its_refresh_token(desk: Desk, way: tuple[str, ...]) -> None:
    if way is OWN:
        text = desk.file.read_text("utf-8").replace('client_secret = "amzn1.oa2-cs.v1.sandbox"\n', "")
        desk.file.write_text(text.replace('client_id = "amzn1.application-oa2-client.sandbox"\n', ""), "utf-8")
        desk.before = desk.file.read_bytes()
    desk.let_into_the_books()
    done = desk.add(*way, "--answer=ledger=books", "--answer=first_day=2026-11-01")

    assert done.returncode == 0, desk.said
    assert "A1SANDBOX answers" in done.stdout
    assert desk.tables("connections") == {"amazon": {"plugin": "amazon", "account": "A1SANDBOX", "region": "na"}}
    assert desk("sync").returncode == 0, desk.said
    assert desk.amazon.requests.count(label="getReports") == 2, "two months: the one before the first day too"
    for secret in ("amzn1.oa2-cs", "Atzr|"):
        assert secret not in desk.said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((*SELLER[:-1], "--secret=refresh_token=TOKEN"), "does not begin with Atzr|"),
        ((*SELLER[:3], "--answer=region=us", SELLER[-1]), "is none of na, eu, fe"),
        ((*SELLER[:2], "--answer=seller=Acme", *SELLER[3:]), "is no seller id"),
    ],
)
def test_an_answer_about_a_seller_that_is_none_is_refused(desk: Desk, words: tuple[str, ...], told: str) -> None:
    done = desk.add(*words)

    assert (done.returncode, told in done.stderr) == (2, True), desk.said
    assert desk.has_left_nothing()
    assert desk.amazon.requests.all() == []


def test_a_refresh_token_of_no_application_says_what_to_set(desk: Desk) -> None:
    text = desk.file.read_text("utf-8").replace('client_id = "amzn1.application-oa2-client.sandbox"\n', "")
    desk.file.write_text(text, "utf-8")
    desk.before = desk.file.read_bytes()
    done = desk.add(*SELLER)

    assert (done.returncode, "[plugins.amazon] client_id" in done.stderr) == (2, True), desk.said
    assert desk.has_left_nothing()


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("shopify", {"status": 401}, "shopify.token"),
    ("shopify", {"status": 404}, "shopify.address"),
    ("shopify", {"status": 200, "body": "<html>Are you a robot?</html>"}, "unavailable"),
    ("shopify", {"status": 403}, "shopify.scope"),
    ("amazon", {"status": 400, "body": '{"error": "invalid_grant"}'}, "amazon.refresh_token"),
    ("amazon", {"status": 401, "body": '{"error": "invalid_client"}'}, "amazon.client"),
    ("woo", {"status": 401, "body": '{"code": "woocommerce_rest_authentication_error"}'}, "woocommerce.key"),
    ("woo", {"status": 200, "body": "<html>Are you a robot?</html>"}, "woocommerce.answer.html"),
    ("woo", {"status": 301, "headers": {"Location": "https://other.example"}}, "woocommerce.moved"),
    ("woo", {"status": 404, "body": "nothing here"}, "woocommerce.no_api"),
]


@pytest.mark.parametrize(("shop", "answer", "code"), WRONG)
def test_what_does_not_let_in_is_told_and_nothing_is_saved(
    desk: Desk, shop: str, answer: dict[str, Any], code: str
) -> None:
    sandbox = {"shopify": desk.shopify, "amazon": desk.amazon, "woo": desk.woo}[shop]
    sandbox.faults.order("answer", times=None, **answer)
    done = desk.add_woo() if shop == "woo" else desk.add(*(TOKEN if shop == "shopify" else SELLER))

    assert done.returncode != 0
    assert code in done.stderr
    assert "Traceback" not in desk.said
    assert desk.has_left_nothing()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (TOKEN[:-2], "answer token: is missing, and there is no terminal to ask at"),
        (TOKEN[:3], "answer shop: is missing"),
        (TOKEN[:1], "answer way: is missing"),
        ((*TOKEN[:-1], "token=NOWHERE"), "variable NOWHERE is not set"),
        ((*TOKEN[:-2], "--answer=token=shpat_x"), "is a secret"),
        ((*TOKEN, "--answer=shopp=acme"), "nothing asks for it"),
        ((*TOKEN, "--answer=shop"), "is not NAME=VALUE"),
        (("shopify", "--answer=way=door"), "is none of app, token"),
        ((*TOKEN[:3], "--answer=shop=acme.example", "--secret=token=TOKEN"), "ends in .myshopify.com"),
        ((*TOKEN[:-1], "token=SECRET"), "begin with shpat_"),
        (("shopyfi",), "Did you mean shopify"),
        (("shopify", "Shop 1", *TOKEN[1:]), "is no name"),
    ],
)
def test_an_answer_that_is_none_is_refused_by_its_name(desk: Desk, words: tuple[str, ...], told: str) -> None:
    done = desk.add(*words)

    assert (done.returncode, told in done.stderr) == (2, True), desk.said
    assert desk.has_left_nothing()
    assert desk.shopify.requests.all() == []


def test_what_the_channel_does_not_let_bridge_read_is_said(desk: Desk) -> None:
    desk.shopify.shop.scopes = ["read_orders"]
    done = desk.add(*TOKEN)

    assert done.returncode == 0
    assert "missing: payouts are not read, for the app lacks read_shopify_payments_payouts" in done.stdout
    assert "is asked for new and changed orders, orders by day placed, back to" in done.stdout
    assert "missing: orders of the last 60 days alone are seen" in done.stdout


def test_what_lacks_a_scope_is_not_said_to_come_with_the_next_sync(desk: Desk) -> None:
    desk.let_into_the_books()
    desk.shopify.shop.scopes = ["read_orders"]
    assert desk.add(*TOKEN, "--answer=ledger=books", "--answer=first_day=2026-11-01").returncode == 0, desk.said
    desk("sync")
    status = desk("sources", "status")

    assert status.stdout.count("not readable: the channel does not give bridge") == 2, desk.said
    assert (status.returncode, "bridge sync" in status.stdout) == (3, False)


def test_a_channel_without_a_route_is_said_to_lack_one_not_a_sync(desk: Desk) -> None:
    desk("apply")
    nothing = desk("sources", "status")
    assert desk.add(*TOKEN).returncode == 0
    synced, status = desk("sync"), desk("sources", "status")

    assert (nothing.returncode, "No channel is connected yet" in nothing.stdout) == (0, True)
    assert (synced.returncode, 'Write [routes.NAME] with source = "shopify"' in synced.stderr) == (2, True)
    assert (status.returncode, "no route books it, so it is not asked" in status.stdout) == (2, True), desk.said
    assert '[routes.NAME] with source = "shopify"' in status.stdout
    assert "bridge sync" not in status.stdout


def test_two_connections_to_one_account_are_refused(desk: Desk) -> None:
    assert desk.add(*TOKEN).returncode == 0
    again = desk.add("shopify", "again", *TOKEN[1:])

    assert "connection.second" in again.stderr
    assert list(desk.tables("connections")) == ["shopify"]


def test_a_name_that_is_taken_or_only_declared_is_told(desk: Desk) -> None:
    assert desk.add(*TOKEN).returncode == 0
    other = desk.add("woocommerce", "shopify", "--stdin")
    with desk.file.open("a") as file:
        file.write('\n[connections.woo]\nplugin = "woocommerce"\naccount = "sandbox-shop.example"\n')
    declared = desk.add_woo("woo")

    assert "is there already, of plugin shopify" in other.stderr
    assert "connection.declared" in declared.stderr


def test_a_revoked_key_says_what_to_do_and_a_new_one_goes_on(desk: Desk) -> None:
    desk.let_into_the_books()
    assert desk.add(*TOKEN, "--answer=ledger=books", "--answer=first_day=2026-11-01").returncode == 0
    desk.shopify.shop.token = "shpat_other"
    sync = desk("sync")
    assert (sync.returncode, "A new key: `bridge connections add shopify`" in sync.stderr) == (2, True), desk.said
    status = desk("sources", "status")
    assert (status.returncode, "next: A new key: `bridge connections add shopify`" in status.stdout) == (2, True), (
        desk.said
    )
    before = desk.file.read_bytes()

    wrong = desk.add("shopify", "--answer=way=token", "--secret=token=TOKEN")
    assert (wrong.returncode, "shopify.token" in wrong.stderr) == (2, True)
    right = desk.add("shopify", "--answer=way=token", "--secret=token=TOKEN", TOKEN="shpat_other")
    assert (right.returncode, "only for what lets bridge in is asked" in right.stdout) == (0, True), desk.said
    assert desk("sync").returncode == 0, desk.said
    assert desk.file.read_bytes() == before


def test_connections_say_what_is_refused_removed_or_not_signed_in_and_what_to_do(desk: Desk) -> None:
    assert desk("apply").returncode == 0, desk.said
    assert desk.add(*TOKEN, "--answer=ledger=books", "--answer=first_day=2026-11-01").returncode == 0, desk.said
    told = states(desk)
    assert told["books"] == ("not let in", "Run `bridge connections authorize books`")
    assert told["shopify"] == ("not asked yet", "")
    assert "books: bridge is not let in" in desk("connections").stdout

    desk.let_into_the_books()
    desk("sync")
    assert states(desk) == {"books": ("works", ""), "shopify": ("works", "")}

    desk.shopify.shop.token = "shpat_other"
    desk("sync")
    assert states(desk)["shopify"] == ("refused", "A new key: `bridge connections add shopify`")
    assert "shopify: access is refused since" in desk("connections").stdout

    desk("connections", "remove", "shopify")
    assert "connection.used" in desk("connections", "remove", "books").stderr
    ended = desk.file.read_text("utf-8").replace("[routes.shopify]", "[routes.shopify]\nended = true")
    desk.file.write_text(ended, "utf-8")
    assert desk("apply").returncode == 0, desk.said
    assert desk("connections", "remove", "books").returncode == 0, desk.said
    told = states(desk)
    assert told["shopify"] == ("reads files", "")
    assert told["books"] == ("not let in", "Run `bridge connections authorize books`")


def states(desk: Desk) -> dict[str, tuple[str, str]]:
    """How things stand with each connection, and what to do, as a script is told."""
    told = json.loads(desk("connections", "--json").stdout)
    return {one["name"]: (one["way"], one["next"]) for one in told}


def test_a_shop_that_is_down_does_not_hide_that_another_refuses_its_key(desk: Desk) -> None:
    desk.let_into_the_books()
    route = ("--answer=ledger=books", "--answer=first_day=2026-11-01")
    assert desk.add(*TOKEN, *route).returncode == 0
    assert desk.add_woo("woo", *route).returncode == 0, desk.said
    desk.woo.faults.order("unavailable", times=None)
    assert desk("sync").returncode == 5, desk.said
    desk.shopify.shop.token = "shpat_other"
    synced, status = desk("sync"), desk("sources", "status")

    assert ("unavailable" in synced.stderr, "shopify.token" in synced.stderr) == (True, True)
    assert (synced.returncode, status.returncode) == (2, 2), desk.said


def test_a_key_of_another_account_is_refused_for_a_connection_that_is_there(desk: Desk) -> None:
    assert desk.add_woo().returncode == 0
    desk.woo.shop.settings = msgspec.structs.replace(desk.woo.shop.settings, home="https://other.example")
    done = desk.add("woocommerce", "--stdin", told="key=ck_sandbox\nsecret=cs_sandbox\n")

    assert (done.returncode, "authorization.other_account" in done.stderr) == (2, True), desk.said


def test_what_the_settings_let_in_already_is_refused(desk: Desk) -> None:
    with desk.file.open("a") as file:
        file.write('\n[plugins.shopify.tokens]\nacme = "shpat_sandbox"\n')
    done = desk.add(*TOKEN)

    assert (done.returncode, "connection.in_settings" in done.stderr) == (2, True), desk.said
    assert desk.names() == []


def test_a_removed_key_is_forgotten_and_files_are_read_still(desk: Desk) -> None:
    desk.let_into_the_books()
    assert desk.add(*TOKEN, "--answer=ledger=books", "--answer=first_day=2026-11-01").returncode == 0
    removed, again = desk("connections", "remove", "shopify"), desk("connections", "remove", "shopify")
    asked = desk.shopify.requests.counters()["total"]

    assert "is forgotten" in removed.stdout
    assert "Nothing is sealed" in again.stdout
    assert desk("sync").returncode == 0, desk.said
    assert desk.shopify.requests.counters()["total"] == asked
    assert desk.add("shopify", "--answer=way=token", "--secret=token=TOKEN").returncode == 0


def test_no_secret_stands_anywhere_in_clear(desk: Desk) -> None:
    assert desk.add(*APP).returncode == 0, desk.said
    assert desk.add_woo("woo").returncode == 0
    desk("-vv", "backfill", "--json")
    desk("-vv", "connections", "--json")
    desk("audit", "verify")
    encoded = b64encode(b"ck_sandbox:cs_sandbox").decode()
    for secret in ("sandbox-secret", "ck_sandbox", "cs_sandbox", encoded):
        assert secret not in desk.said
        for file in desk.folder.rglob("*"):
            own = file.read_bytes().replace(desk.before, b"") if file.is_file() else b""
            assert secret.encode() not in own, file


def test_a_file_that_takes_no_tables_is_told_before_anything_is_saved(desk: Desk) -> None:
    desk.file.write_text(
        'connections = {books = {plugin = "quickbooks"}}\n' + desk.file.read_text().partition("[conn")[0]
    )
    desk.before = desk.file.read_bytes()
    done = desk.add(*TOKEN)

    assert (done.returncode, "connection.file" in done.stderr) == (2, True), desk.said
    assert desk.has_left_nothing()


def test_one_that_is_killed_anywhere_can_be_done_again(desk: Desk) -> None:
    """What is sealed comes before what is declared: whatever is there can be gone on with."""
    deaths = 0
    for writes in range(30):
        desk.file.write_bytes(desk.before)
        (desk.folder / "bridge.db").unlink(missing_ok=True)
        with ExitStack() as stack:
            app = desk.app(stack)
            access = app.host.connecting.access("shopify")
            answers = {"shop": "acme.myshopify.com", "token": "shpat_sandbox"}
            tried: Tried = app.host.connecting.attempt("shopify", "shopify", access.ways[1], answers)
            mortal = App(MortalStore(app.store, Life(writes)), app.settings, SystemClock(), app.host.registry)
            try:
                mortal.declaring.connect(tried, {}, "ann")
            except Killed:
                deaths += 1
            else:
                break
        assert desk.add(*TOKEN).returncode == 0, desk.said
    assert deaths > 3
    assert list(desk.tables("connections")) == ["shopify"]


class Person:
    """Somebody at a terminal who types when asked."""

    def __init__(self, folder: Path, *words: str) -> None:
        self._terminal, theirs = pty.openpty()
        command = [sys.executable, "-m", "bridge", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.read = ""

    def answer(self, prompt: str, typed: str) -> None:
        """Wait for a question, and type."""
        seen, ends = len(self.read), time.monotonic() + 60
        while prompt not in self.read[seen:]:
            ready, _, _ = select.select([self._terminal], [], [], ends - time.monotonic())
            assert ready, self.read
            self.read += os.read(self._terminal, 4096).decode()
        os.write(self._terminal, typed.encode())

    def end(self) -> int:
        with suppress(OSError):  # a terminal that nobody holds any more
            while more := os.read(self._terminal, 4096):
                self.read += more.decode()
        os.close(self._terminal)
        return self.process.wait(60)


def test_a_person_is_asked_again_until_the_shop_lets_in(desk: Desk) -> None:
    person = Person(desk.folder, "connections", "add", "shopify", "main")
    person.answer("Way", "token\n")
    person.answer("The shop", "acme.example\n")
    person.answer("The shop", "acme\n")
    person.answer("Access token", "shpat_wrong\n")
    person.answer("Way", "token\n")
    person.answer("The shop [acme.myshopify.com]", "\n")
    person.answer("Access token", "shpat_sandbox\n")

    assert person.end() == 0, person.read
    assert "does not know the access token" in person.read
    assert "shpat_" not in person.read.replace("it begins with shpat_", ""), "secrets are typed unseen"
    assert list(desk.tables("connections")) == ["main"]


def test_ctrl_c_leaves_nothing(desk: Desk) -> None:
    person = Person(desk.folder, "connections", "add", "shopify")
    person.answer("Way", "token\n")
    person.answer("The shop", "acme\n")
    person.answer("Access token", "")
    person.process.send_signal(signal.SIGINT)

    assert person.end() == 130
    assert "Stopped." in person.read
    assert desk.has_left_nothing()
