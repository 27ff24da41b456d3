"""Every form that there is, filled in as people do: in the morning of a bookkeeper, connecting, and of a payout abroad.

The forms are those of the site: one that is added fails in the tests until it is told here how it is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from itertools import repeat
from pathlib import Path
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from starlette.routing import Route
from starlette.testclient import TestClient

from bridge.app import App, House
from bridge.store.packing import EPOCH
from bridge.store.sql.tables import metadata
from bridge.web.people import Role
from bridge.web.site import PAGES
from tests.end_to_end.abroad import company
from tests.end_to_end.merchant import OWN_FILE, SAMPLES
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


class Desk(Protocol):
    """Somebody who sends forms, each as often as the test means, and returns the answer of the one that was done."""

    house: House
    organisation: str
    client: TestClient
    sent: set[str]

    def act(self, name: str, post: Callable[[], Any]) -> Any:
        """Send it. name: of the form. post: sends it once."""
        ...

    def send(self, name: str, way: str, /, client: TestClient | None = None, files: Any = None, **data: Any) -> Any:
        """A form of the site, filled in."""
        route = next(one for one in PAGES if isinstance(one, Route) and one.name == name)
        path = way if way.startswith(("/o/", "/sign", "/join")) else f"/o/{self.organisation}{way}"
        assert route.path_regex.match(path), (name, path)
        self.sent.add(name)
        told = {"csrf": CSRF, **data}
        return self.act(name, lambda: (client or self.client).post(path, data=told, files=files))


Ledger = Callable[[], object]
"""What the ledgers hold."""
MakeDesk = Callable[[House, str, TestClient, Ledger], Desk]
Open = Callable[[Path], AbstractContextManager[House]]


def check_board(house: House, organisation: str, name: str) -> None:
    """Each route stands on the board as if it were summed up anew."""
    app = house.office(organisation)
    said = _board(app)
    app.summing.of([route.route_id for route in app.desk.routes()], actor="test")
    assert said == _board(app), name


def _board(app: App) -> Mapping[str, object]:
    with app.store.reading() as unit:
        return {name: msgspec.structs.replace(one.summary, at=EPOCH) for name, one in unit.summaries.all().items()}


def kept(house: House) -> Mapping[str, object]:
    """What is kept of everybody."""
    engine = sa.create_engine(house.settings.database_url.get_secret_value())
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
    desk.send("waits_chosen", "/waits", do="assign", thing=vouchers, owner="Bob", note="look")
    preview = desk.send("foreseen", "/waits/foreseen", decision="release", thing=vouchers)
    chosen = values(preview.text, "thing")
    desk.send("decided", "/waits/decided", decision="release", thing=chosen, reason="looked at")
    desk.send("carried_out", "/waits/carried-out", route="gb")
    merchant.ok("sync", "gb")
    merchant.run("deliver")
    desk.send("deliver_now", "/preview/gb/deliver")
    desk.send("route_ask", "/routes/us/ask", what="sync")
    desk.send("route_pause", "/routes/us/pause", connection="amazon-us", reason="x")
    desk.send("connection_resume", "/stop/connection/resume", connection="amazon-us")
    desk.send("pause_connection", "/connections/amazon-us/pause", reason="x")
    desk.send("resume_connection", "/connections/amazon-us/resume")
    desk.send("deliveries_stop", "/stop/deliveries", plugin="", reason="x")
    desk.send("deliveries_allow", "/stop/deliveries/allow", subject="")
    desk.send("check_now", "/drift/us/check")
    desk.send("run_retry", "/runs/1/retry")
    found = values(client.get("/o/local/waits?thing=finding").text, "thing")
    shown = values(send(client, "/waits/foreseen", decision="accept", thing=found).text, "thing")
    send(client, "/waits/decided", decision="accept", thing=shown, reason="known", until="2026-12-31")
    merchant.run("drift", "us")
    seen = values(client.get("/o/local/drift/us").text, "seen")[0]
    desk.send("sign", "/drift/us/sign", seen=seen, through="2026-07-08", reason="all well")
    taken = "/undo/28500000031"
    names = values(client.get(f"/o/local{taken}").text, "voucher")
    desk.send("take_out", taken, voucher=names, reason="wrong", then="out")

    desk.send("invite", "/people/invite", name="Bea", email="bea@example.com", role="viewer")
    (invited,) = app.members.invitations()
    desk.send("withdraw_invitation", "/people/withdraw", invitation=invited.invitation_id)
    secret = app.members.invite("Bob", "", Role.VIEWER, by="Ann")
    with browser(desk.house) as bobs:
        token = field_of(bobs.get(f"/join/local/{secret}").text, "csrf")
        desk.send("accept", f"/join/local/{secret}", client=bobs, csrf=token)
    bob = app.members.get("Bob").person
    desk.send("change_role", "/people/role", person=bob.person_id, role="bookkeeper")
    with browser(desk.house) as bobs:
        way = f"/sign-in/link/{desk.house.entrance.link(bob.person_id)}"
        token = field_of(bobs.get(way).text, "csrf")
        desk.send("follow_link", way, client=bobs, csrf=token)
        mine = field_of(bobs.get("/me").text, "csrf")
        desk.send("sign_out", "/sign-out", client=bobs, csrf=mine)
    desk.send("remove_person", "/people/remove", person=bob.person_id)


def of_who_connects(desk: Desk, browser: Browser) -> None:
    """From nothing to a route that sends, files, a key, and leaving."""
    vendors = browser.merchant.vendors
    vendors.quickbooks.add_company(BARE_REALM, home_currency="USD", chart="system", name="Bare")
    told: dict[str, Any] = {"way": "token", "name": "shop", "answer.shop": "acme", "answer.token": "shpat_sandbox"}
    desk.send("connect", "/connect/shopify", **told)
    desk.send("renew", "/connections/shop/key", **told)
    app = {"answer__client_id": "sandbox-client", "answer__client_secret": "sandbox-secret"}
    back = browser.send("/connect/xero", way="app", name="x", **app).consent(tenant=f"{TENANT},{OTHER_TENANT}")
    choice = browser.open(back).address.partition("/o/acme")[2]
    desk.send("choose_account", choice, account=OTHER_TENANT)
    browser.connect_quickbooks("bare", BARE_REALM)
    browser.connect_quickbooks("books", OTHER_REALM)
    route: dict[str, Any] = {"with": "books", "answer.first_day": "2026-01-01", "answer.time_zone": "America/New_York"}
    desk.send("add_route", "/connections/shop/route", **route, tax_regime="us_sales_tax")
    desk.send("rehearse", "/connections/shop/first-run")
    browser.work()
    voucher = browser.open("/routes/shop/pilot").fields()["voucher"]
    desk.send("send_pilot", "/routes/shop/pilot", voucher=voucher)
    desk.send("roll_pilot_back", "/routes/shop/pilot/roll-back", reason="looked at first")
    voucher = browser.open("/routes/shop/pilot").fields()["voucher"]
    browser.send("/routes/shop/pilot", voucher=voucher)
    desk.send("accept_pilot", "/routes/shop/pilot/accept", reason="seen there")
    browser.send("/connect/amazon", way="files", name="amazon", answer__seller="A1SANDBOX")
    route["with"] = "bare"
    browser.send("/connections/amazon/route", **route, tax_regime="us_sales_tax")
    desk.send("make_what_lacks", "/connections/bare/lacks", reason="a new channel")
    content = (SAMPLES / "us_v2_standard.txt").read_bytes()
    held = desk.send("bring_file", "/connections/amazon/files", files={"file": ("report.txt", content)})
    desk.send("take_in_file", held.headers["location"].partition("/o/acme")[2])
    desk.send("leave", "/connections/shop/remove")


def everywhere(
    folder: Path, make: MakeDesk, *, open_: Open = opened, databases: Iterator[str] | None = None
) -> set[str]:
    """Every form that there is, at three merchants'; the names of those that were sent.

    make: the desk of each. databases: theirs; else a file each.
    """
    urls, sent = databases or repeat(OWN_FILE), set[str]()
    with ExitStack() as stack:  # a ledger of its own: much is sent to it, and taken out of it again
        (folder / "morning").mkdir()
        morning = stack.enter_context(reviewing(folder / "morning", next(urls)))
        house = stack.enter_context(open_(morning.config))
        client = stack.enter_context(browser(house))
        sign_in(house, client, ann())
        realms = [seller.realm for seller in morning.sellers.values()]
        first = make(house, "local", client, lambda: [morning.sandbox.trial_balance(realm) for realm in realms])
        of_a_bookkeeper(first, morning)
        sent |= first.sent
    with ExitStack() as stack:
        (folder / "acme").mkdir()
        vendors = Vendors(stack)
        merchant = Merchant(folder / "acme", vendors, is_hosted=True, database=next(urls))
        with merchant.browser(open_=open_) as hers:
            realms = [BARE_REALM, OTHER_REALM]
            house = hers.client.app.state.house  # type: ignore[attr-defined]
            second = make(house, "acme", hers.client, lambda: [
                [len(vendors.quickbooks.entities(realm, kind)) for kind in ("Account", "JournalEntry", "SalesReceipt")]
                for realm in realms if realm in vendors.quickbooks.companies()])  # fmt: skip
            of_who_connects(second, hers)
        sent |= second.sent
    (folder / "abroad").mkdir()
    with company("quickbooks", folder / "abroad", "US", "USD") as abroad:
        abroad.database = next(urls)
        abroad.declare('tax_regime = "us_sales_tax"', channel="amazon")
        abroad.sync(IN_EUROS)
        with open_(abroad.config) as house, browser(house) as client:
            sign_in(house, client, ann())
            third = make(house, "local", client, abroad.kinds)
            word: dict[str, Any] = {**TYPED, "reason": "as the statement says", "do": "say"}
            third.send("say_arrived", f"/arrived/{PAYOUT}", **word)
        sent |= third.sent
    return sent
