"""Every form that there is, sent twice: by two clicks, from two tabs, or once more after going back. It is done once.

The forms are those of the site: one that is added fails here until it is told how it is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from starlette.routing import Route
from starlette.testclient import TestClient

from bridge.app import App, House
from bridge.books import Meant
from bridge.model.findings import InstructionKind
from bridge.store.packing import EPOCH
from bridge.store.sql.tables import metadata
from bridge.web.people import Role
from bridge.web.site import PAGES
from bridge.work.deciding import Word
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.abroad import company
from tests.end_to_end.merchant import SAMPLES
from tests.end_to_end.merchant import Merchant as Bookkept
from tests.end_to_end.test_arrived import IN_EUROS, PAYOUT
from tests.web.reviewing import reviewing, send, values
from tests.web.test_arrived_page import TYPED
from tests.web.visiting import CSRF, ann, browser, field_of, opened, sign_in
from tests.web.wizard import BARE_REALM, OTHER_REALM, OTHER_TENANT, TENANT, Browser, Merchant, Vendors

FORMS = {route.name for route in PAGES if isinstance(route, Route) and "POST" in (route.methods or ())}
NOT_COMPARED = {"audit", "seal", "ledger_facts"}
"""What was done twice stands twice in the log; and a ledger may be asked anew what accounts it has."""
COUNTED = {"person", "session", "ticket", "invitation", "credential"}
"""They may be made or sealed anew, but a second one would be a second way in."""


class Desk:
    """Somebody who sends forms twice. ledger: what the ledgers hold."""

    def __init__(self, house: House, organisation: str, client: TestClient, ledger: Callable[[], object]) -> None:
        self.house, self.organisation, self.client, self._ledger = house, organisation, client, ledger
        self.sent: set[str] = set()

    def twice(self, name: str, way: str, /, client: TestClient | None = None, files: Any = None, **data: Any) -> Any:
        """The second answer is no fault of ours, and what is kept, here and in ledgers, is as after the first."""
        route = next(one for one in PAGES if isinstance(one, Route) and one.name == name)
        path = way if way.startswith(("/o/", "/sign", "/join")) else f"/o/{self.organisation}{way}"
        assert route.path_regex.match(path), (name, path)
        self.sent.add(name)
        answers, there = [], []
        for _ in range(2):
            told = {"csrf": CSRF, **data}
            answers.append((client or self.client).post(path, data=told, files=files))
            there.append((self.kept(), self._ledger()))
        first, second = answers
        assert first.status_code in (200, 303), (name, first.status_code, first.text)
        self._check_board(name)
        assert second.status_code < 500, (name, second.text)
        for table in there[0][0]:
            assert there[1][0][table] == there[0][0][table], (name, table)
        assert there[1][1] == there[0][1], name
        return first

    def _check_board(self, name: str) -> None:
        """Each route stands on the board as if it were summed up anew."""
        app = self.house.office(self.organisation)
        said = self._board(app)
        app.summing.of([route.route_id for route in app.desk.routes()], actor="test")
        assert said == self._board(app), name

    @staticmethod
    def _board(app: App) -> Mapping[str, object]:
        with app.store.reading() as unit:
            return {name: msgspec.structs.replace(one.summary, at=EPOCH) for name, one in unit.summaries.all().items()}

    def kept(self) -> Mapping[str, object]:
        """What is kept of everybody."""
        engine = sa.create_engine(self.house.settings.database_url.get_secret_value())
        found: dict[str, object] = {}
        with engine.connect() as connection:
            for name, table in metadata.tables.items():
                if name in COUNTED:
                    found[name] = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
                elif name not in NOT_COMPARED and not table.info["is_operational"]:
                    found[name] = connection.execute(sa.text(f"SELECT * FROM {name}")).fetchall()
        engine.dispose()
        return found


def of_a_bookkeeper(desk: Desk, merchant: Bookkept) -> None:
    """What waits, drift, runs, people, the kill switch, undo."""
    client, app = desk.client, desk.house.office("local")
    vouchers = values(client.get("/o/local/waits?thing=voucher").text, "thing")
    desk.twice("waits_chosen", "/waits", do="assign", thing=vouchers, owner="Bob", note="look")
    preview = desk.twice("foreseen", "/waits/foreseen", decision="release", thing=vouchers)
    chosen = values(preview.text, "thing")
    desk.twice("decided", "/waits/decided", decision="release", thing=chosen, reason="looked at")
    desk.twice("carried_out", "/waits/carried-out", route="gb")
    merchant.ok("sync", "gb")
    merchant.run("deliver")
    desk.twice("deliver_now", "/preview/gb/deliver")
    desk.twice("route_ask", "/routes/us/ask", what="sync")
    desk.twice("route_pause", "/routes/us/pause", connection="amazon-us", reason="x")
    desk.twice("connection_resume", "/stop/connection/resume", connection="amazon-us")
    desk.twice("pause_connection", "/connections/amazon-us/pause", reason="x")
    desk.twice("resume_connection", "/connections/amazon-us/resume")
    desk.twice("deliveries_stop", "/stop/deliveries", plugin="", reason="x")
    desk.twice("deliveries_allow", "/stop/deliveries/allow", subject="")
    desk.twice("check_now", "/drift/us/check")
    desk.twice("run_retry", "/runs/1/retry")
    found = values(client.get("/o/local/waits?thing=finding").text, "thing")
    shown = values(send(client, "/waits/foreseen", decision="accept", thing=found).text, "thing")
    send(client, "/waits/decided", decision="accept", thing=shown, reason="known", until="2026-12-31")
    merchant.run("drift", "us")
    seen = values(client.get("/o/local/drift/us").text, "seen")[0]
    desk.twice("sign", "/drift/us/sign", seen=seen, through="2026-07-08", reason="all well")
    taken = "/undo/28500000031"
    names = values(client.get(f"/o/local{taken}").text, "voucher")
    desk.twice("take_out", taken, voucher=names, reason="wrong", then="out")

    desk.twice("invite", "/people/invite", name="Bea", email="bea@example.com", role="viewer")
    (invited,) = app.members.invitations()
    desk.twice("withdraw_invitation", "/people/withdraw", invitation=invited.invitation_id)
    secret = app.members.invite("Bob", "", Role.VIEWER, by="Ann")
    with browser(desk.house) as bobs:
        token = field_of(bobs.get(f"/join/local/{secret}").text, "csrf")
        desk.twice("accept", f"/join/local/{secret}", client=bobs, csrf=token)
    bob = app.members.get("Bob").person
    desk.twice("change_role", "/people/role", person=bob.person_id, role="bookkeeper")
    with browser(desk.house) as bobs:
        way = f"/sign-in/link/{desk.house.entrance.link(bob.person_id)}"
        token = field_of(bobs.get(way).text, "csrf")
        desk.twice("follow_link", way, client=bobs, csrf=token)
        mine = field_of(bobs.get("/me").text, "csrf")
        desk.twice("sign_out", "/sign-out", client=bobs, csrf=mine)
    desk.twice("remove_person", "/people/remove", person=bob.person_id)


def of_who_connects(desk: Desk, browser: Browser) -> None:
    """From nothing to a route that sends, files, a key, and leaving."""
    vendors = browser.merchant.vendors
    vendors.quickbooks.add_company(BARE_REALM, home_currency="USD", chart="system", name="Bare")
    told: dict[str, Any] = {"way": "token", "name": "shop", "answer.shop": "acme", "answer.token": "shpat_sandbox"}
    desk.twice("connect", "/connect/shopify", **told)
    desk.twice("renew", "/connections/shop/key", **told)
    app = {"answer__client_id": "sandbox-client", "answer__client_secret": "sandbox-secret"}
    back = browser.send("/connect/xero", way="app", name="x", **app).consent(tenant=f"{TENANT},{OTHER_TENANT}")
    choice = browser.open(back).address.partition("/o/acme")[2]
    desk.twice("choose_account", choice, account=OTHER_TENANT)
    browser.connect_quickbooks("bare", BARE_REALM)
    browser.connect_quickbooks("books", OTHER_REALM)
    route: dict[str, Any] = {"with": "books", "answer.first_day": "2026-01-01", "answer.time_zone": "America/New_York"}
    desk.twice("add_route", "/connections/shop/route", **route, tax_regime="us_sales_tax")
    desk.twice("rehearse", "/connections/shop/first-run")
    browser.work()
    voucher = browser.open("/routes/shop/pilot").fields()["voucher"]
    desk.twice("send_pilot", "/routes/shop/pilot", voucher=voucher)
    desk.twice("roll_pilot_back", "/routes/shop/pilot/roll-back", reason="looked at first")
    voucher = browser.open("/routes/shop/pilot").fields()["voucher"]
    browser.send("/routes/shop/pilot", voucher=voucher)
    desk.twice("accept_pilot", "/routes/shop/pilot/accept", reason="seen there")
    browser.send("/connect/amazon", way="files", name="amazon", answer__seller="A1SANDBOX")
    route["with"] = "bare"
    browser.send("/connections/amazon/route", **route, tax_regime="us_sales_tax")
    desk.twice("make_what_lacks", "/connections/bare/lacks", reason="a new channel")
    content = (SAMPLES / "us_v2_standard.txt").read_bytes()
    held = desk.twice("bring_file", "/connections/amazon/files", files={"file": ("report.txt", content)})
    desk.twice("take_in_file", held.headers["location"].partition("/o/acme")[2])
    desk.twice("leave", "/connections/shop/remove")


def test_whatever_is_sent_twice_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "morning").mkdir()
    with ExitStack() as stack:  # a ledger of its own: much is sent to it, and taken out of it again
        morning = stack.enter_context(reviewing(tmp_path / "morning"))
        house = stack.enter_context(opened(morning.config))
        client = stack.enter_context(browser(house))
        sign_in(house, client, ann())
        realms = [seller.realm for seller in morning.sellers.values()]
        first = Desk(house, "local", client, lambda: [morning.sandbox.trial_balance(realm) for realm in realms])
        of_a_bookkeeper(first, morning)
    with ExitStack() as stack:
        (tmp_path / "acme").mkdir()
        vendors = Vendors(stack)
        merchant = Merchant(tmp_path / "acme", vendors, is_hosted=True)
        with merchant.browser() as hers:
            realms = [BARE_REALM, OTHER_REALM]
            house = hers.client.app.state.house  # type: ignore[attr-defined]
            second = Desk(house, "acme", hers.client, lambda: [
                [len(vendors.quickbooks.entities(realm, kind)) for kind in ("Account", "JournalEntry", "SalesReceipt")]
                for realm in realms if realm in vendors.quickbooks.companies()])  # fmt: skip
            of_who_connects(second, hers)
    (tmp_path / "abroad").mkdir()
    with company("quickbooks", tmp_path / "abroad", "US", "USD") as abroad:
        abroad.declare('tax_regime = "us_sales_tax"', channel="amazon")
        abroad.sync(IN_EUROS)
        with opened(abroad.config) as house, browser(house) as client:
            sign_in(house, client, ann())
            third = Desk(house, "local", client, abroad.kinds)
            word: dict[str, Any] = {**TYPED, "reason": "as the statement says", "do": "say"}
            third.twice("say_arrived", f"/arrived/{PAYOUT}", **word)
    assert first.sent | second.sent | third.sent == FORMS


def test_a_process_that_is_killed_while_somebody_decides_leaves_all_of_it_or_nothing(reviewed: Bookkept) -> None:
    """In bulk, and signing: before any write, and before it is saved."""
    with opened(reviewed.config) as house, browser(house) as client:
        sign_in(house, client, ann())
        desk = Desk(house, "local", client, lambda: None)
        chosen = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        shown = values(send(client, "/waits/foreseen", decision="release", thing=chosen).text, "thing")
        meant = [Meant(*one.split(" ")) for one in shown]
        word = Word(InstructionKind.RELEASE, "web:Ann", "looked at")
        assert _lived(desk, lambda app: app.deciding.decide_each(meant, word)) > 2

        found = values(client.get("/o/local/waits?thing=finding").text, "thing")
        shown = values(send(client, "/waits/foreseen", decision="accept", thing=found).text, "thing")
        send(client, "/waits/decided", decision="accept", thing=shown, reason="known")
        (seen,) = values(client.get("/o/local/drift/us").text, "seen")
        through = date(2026, 7, 8)
        sign = {"by": "Ann", "reason": "", "actor": "web:Ann"}
        assert _lived(desk, lambda app: app.signing.sign("us", seen, through, **sign)) > 0
    assert reviewed.run("audit", "verify", "--store").return_value == 0


def _lived(desk: Desk, decide: Callable[[App], object]) -> int:
    """How many writes there are to die before: each time nothing is there, until it is all there."""
    app, before = desk.house.office("local"), desk.kept()
    for writes in count():
        mortal = App(MortalStore(app.store, Life(writes)), app.settings, app.clock, app.host.registry)
        try:
            decide(mortal)
        except Killed:
            assert desk.kept() == before
        else:
            assert desk.kept() != before
            return writes
    return 0
