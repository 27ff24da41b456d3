"""From a change at the vendor to the books, through the door: over real HTTP, signed as the vendor signs."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import requests

from bridge.app import App, House
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.model.documents import DocumentKind
from bridge.model.notices import Notice, Says
from bridge.store.sql import SqlStore, open_inbox
from bridge.work.worker.hints import Hints
from bridge.work.worker.plan import plan
from bridge.work.worker.turns import Turns
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.live import DAY, REALM, Live
from tests.end_to_end.live_shop import live_shop
from tests.end_to_end.live_shopify import TOKEN, live_shopify
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated
from tests.web.served import apart, served
from tests.web.street import SETTINGS, TENANT, shopify_headers

HUSH = "sandbox-secret"


def heed(house: House, live: Live) -> int:
    """A worker comes to what waits."""
    return Hints(house.inbox, house).take(live.clock.now())


@contextmanager
def planned(live: Live) -> Iterator[App]:
    """A worker that did all that was due, and waits for its next time."""
    with live.app() as app:
        plan(app.store, "local", "worker", live.clock.now())
        take_turns(app, live.clock)
        yield app


def take_turns(app: App, clock: FakeClock) -> list[str]:
    """Whatever is due, once."""
    assert isinstance(app.store, SqlStore)
    hand = Turns(app.store, clock, lambda _name: app.story)
    with app.store.reading() as unit:
        due = unit.duties.due(clock.now())
    return sorted(duty.key for duty in due if hand.take("local", duty.kind, duty.subject))


def test_an_order_that_is_changed_in_a_shop_is_booked_by_the_next_turn_long_before_its_time(tmp_path: Path) -> None:
    """F12."""
    with live_shopify(tmp_path) as live:
        live.set_up(f'client_id = "sandbox-client"\nclient_secret = "{HUSH}"\n{TOKEN}')
        order = live.shop.sell("100.00")
        with planned(live) as app, served(live.config, live.clock) as (house, url):
            for topic in ("ORDERS_CREATE", "ORDERS_UPDATED", "REFUNDS_CREATE"):
                live.shop.subscribe(topic, f"{url}/shopify")
            live.clock.advance(120)
            assert f"sync/{live.route}" not in take_turns(app, live.clock)
            for amount in ("10.00", "5.00"):
                live.shop.refund(order, amount)
            assert set(live.shop.send_webhooks()) == {200}
            assert heed(house, live) > 1
            assert f"sync/{live.route}" in take_turns(app, live.clock)

            kept = live.kept(DocumentKind.ORDER, order)
            assert kept is not None
            live.shop.subscribe("APP_UNINSTALLED", f"{url}/shopify")
            live.shop.uninstall()
            assert live.shop.send_webhooks() == [200]
            heed(house, live)
            with app.store.reading() as unit:
                assert unit.connections.get("shop").state is ConnectionState.UNAUTHORIZED
                assert "took bridge's access away" in unit.connections.get("shop").why
            live.clock.advance(DAY)
            assert f"sync/{live.route}" not in take_turns(app, live.clock)


def test_a_woocommerce_shop_asks_first_and_then_sends_word_of_orders(tmp_path: Path) -> None:
    with live_shop(tmp_path) as live:
        live.set_up(more='webhook_secret = "whsec"')
        with planned(live) as app, served(live.config, live.clock) as (house, url):
            webhook = live.shop.add_webhook("order.created", f"{url}/local/shop", "whsec")
            live.shop.add_webhook("order.updated", f"{url}/local/shop", "another")
            assert live.shop.send_webhooks() == [200, 200]
            live.clock.advance(120)
            placed = live.shop.place(["40.00"], tax="4", fee="0.49")
            assert live.shop.send_webhooks() == [200]
            heed(house, live)
            assert "sync/shop" in take_turns(app, live.clock)
            assert live.kept(DocumentKind.ORDER, placed) is not None

            for _ in range(6):
                live.shop.add(placed, "1.00")
                assert live.shop.send_webhooks() == [401]
            live.shop.add(placed, "1.00")
            assert live.shop.send_webhooks() == [], "the shop gave up, and told nobody"
            assert live.shop.webhooks[webhook]["status"] == "active"


def test_what_somebody_else_touches_in_a_ledger_is_checked_within_the_hour_and_what_bridge_sent_is_not(
    tmp_path: Path,
) -> None:
    with live_shopify(tmp_path) as live:
        text = live.config.read_text().replace("settle_seconds = 0", 'settle_seconds = 0\nverifier_token = "intuit"', 1)
        live.config.write_text(text)
        live.shop.sell("100.00")
        with planned(live) as app, served(live.config, live.clock) as (house, url):
            live.quickbooks.notify(f"{url}/quickbooks", "intuit")
            live.clock.advance(4 * DAY)
            for _ in range(3):
                take_turns(app, live.clock)
                live.clock.advance(60)
            sent = [one for kind in ("JournalEntry", "SalesReceipt") for one in live.quickbooks.entities(REALM, kind)]
            assert sent
            assert live.quickbooks.send_notices(secret="wrong") == 401
            assert live.quickbooks.send_notices() == 200
            assert heed(house, live) > 0
            assert f"check/{live.route}" not in take_turns(app, live.clock)

            live.clock.advance(DAY)
            take_turns(app, live.clock)
            kind = "JournalEntry" if live.quickbooks.entities(REALM, "JournalEntry") else "SalesReceipt"
            live.quickbooks.tamper(REALM).change_note(kind, str(sent[0]["Id"]), "as the client says")
            assert live.quickbooks.send_notices() == 200
            live.clock.advance(3_600)
            take_turns(app, live.clock)
            heed(house, live)
            assert f"check/{live.route}" in take_turns(app, live.clock)


def test_xero_is_shown_that_notices_are_meant_to_come_and_sends_those_of_its_organisations(tmp_path: Path) -> None:
    put_migrated(tmp_path / "bridge.db")
    config = tmp_path / "bridge.toml"
    config.write_text(SETTINGS)
    clock = FakeClock()
    with XeroSandbox() as xero, served(config, clock) as (house, url):
        xero.clock.set(clock.now())
        xero.add_organisation(TENANT)
        with house.store("local").unit("ann") as unit:
            unit.connections.put(Connection("ledger", "xero", Side.SINK, TENANT))
        xero.notify(f"{url}/xero", "xero-hush")
        assert xero.ask_intent() == [200, 401, 200, 401]
        assert house.inbox.count() == 0


def test_nothing_that_was_answered_is_lost_when_the_process_is_killed(own_url: str, tmp_path: Path) -> None:
    config = tmp_path / "bridge.toml"
    config.write_text(SETTINGS.replace("[bridge]", f'[bridge]\ndatabase_url = "{own_url}"'))
    answered: list[int] = []
    sent = threading.Event()

    def send(port: int, first: int) -> None:
        with requests.Session() as session:
            for number in range(first, first + 2_000):
                body = json.dumps({"id": number}).encode()
                headers = shopify_headers("orders/updated", body)
                try:
                    answer = session.post(f"http://127.0.0.1:{port}/notices/shopify", data=body, headers=headers)
                except requests.RequestException:
                    return
                if answer.status_code == 200:
                    answered.append(number)
                if len(answered) > 150:
                    sent.set()

    with apart(config) as (process, port):
        crowd = [threading.Thread(target=send, args=(port, first)) for first in (10_000, 20_000, 30_000, 40_000)]
        for one in crowd:
            one.start()
        assert sent.wait(60)
        process.send_signal(signal.SIGKILL)
        for one in crowd:
            one.join()
    inbox = open_inbox(own_url)
    kept = {int(notice.external_id) for notice in inbox.waiting(10_000)}
    inbox.close()
    assert kept >= set(answered)
    assert len(answered) < 8_000


def test_forgetting_keeps_what_waits_and_what_ended_an_account(own_url: str) -> None:
    clock = FakeClock()
    old, inbox = clock.now() - timedelta(days=30), open_inbox(own_url)
    some = [
        Notice(plugin="shopify", organisation=organisation, says=says, mark=f"{organisation}{says}", received_at=old)
        for organisation in ("a", "b")
        for says in Says
    ]
    assert (inbox.save(some), inbox.save(some), inbox.count()) == (6, 0, 6)
    before = clock.now() - timedelta(days=8), clock.now() - timedelta(days=366)
    assert inbox.forget(*before) == 0, "nobody came to them"
    inbox.settle([one.number for one in inbox.waiting(100)], clock.now())
    assert (inbox.forget(*before), inbox.count()) == (2, 0)
    assert inbox.save(some) == 2, "what ended an account is known for a year"
    assert inbox.erase("a") == 3
    inbox.close()
