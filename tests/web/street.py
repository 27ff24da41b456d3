"""A house with doors on the street: two organisations in one database, and vendors who knock as they do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bridge.app import House, open_house
from bridge.model.connections import Connection, Route, Side
from bridge.model.duties import Duty, DutyKind, Rhythm
from bridge.model.notices import Notice
from bridge.plugin import signature
from bridge.settings import Settings, load_settings
from bridge.web.doors import Doors
from bridge.web.doors.intake import MOST_WAITING, Intake
from bridge.work.worker.hints import Hints
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.store import facts

ORGANISATIONS = ("local", "other")
SECRET = "app-hush"
TENANT = "c0ffee00-0000-4000-8000-000000000001"
SETTINGS = """
[bridge]
metrics_token = "watchers"
[plugins.shopify]
client_id = "app"
client_secret = "app-hush"
former_client_secret = "app-hush-before"
merchants = ["acme.myshopify.com", "beta.myshopify.com"]
[plugins.woocommerce.shops.woo]
url = "https://woo.example"
key = "ck_1"
secret = "cs_1"
webhook_secret = "woo-hush"
[plugins.quickbooks]
verifier_token = "qb-hush"
[plugins.xero]
webhook_key = "xero-hush"
[plugins.amazon]
client_id = "app"
client_secret = "secret"
notices_key = "bus-hush"
"""
CONNECTIONS = {
    "local": (
        Connection("acme", "shopify", Side.SOURCE, "acme"),
        Connection("woo", "woocommerce", Side.SOURCE, "woo.example"),
        Connection("books", "quickbooks", Side.SINK, "1001"),
    ),
    "other": (
        Connection("beta", "shopify", Side.SOURCE, "https://BETA.myshopify.com/admin"),
        Connection("books", "quickbooks", Side.SINK, "1002"),
        Connection("ledger", "xero", Side.SINK, TENANT.upper()),
    ),
}
JSON = {"content-type": "application/json"}


class Street:
    """The house, its doors, and what a worker makes of what came."""

    def __init__(self, house: House, clock: FakeClock, client: TestClient) -> None:
        self.house, self.clock, self.client = house, clock, client

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """What a vendor is answered."""
        answer = self.client.post(path, content=body, headers=dict(headers))
        assert answer.content == b""
        assert "set-cookie" not in answer.headers
        return answer.status_code

    def shopify(self, topic: str, told: Mapping[str, Any], *, shop: str = "acme", secret: str = SECRET) -> int:
        body = json.dumps(told).encode()
        return self.post("/notices/shopify", body, shopify_headers(topic, body, shop=shop, secret=secret))

    def kept(self) -> tuple[Notice, ...]:
        return self.house.inbox.waiting(1_000)

    def work(self) -> int:
        """A worker comes to what waits."""
        return Hints(self.house.inbox, self.house).take(self.clock.now())

    def due(self, kind: DutyKind, subject: str, organisation: str = "local") -> datetime:
        with self.house.store(organisation).reading() as unit:
            duty = unit.duties.get(kind, subject)
        assert duty is not None
        return duty.due_at

    def inquiries(self, name: str, organisation: str = "local") -> list[tuple[str, str]]:
        with self.house.store(organisation).reading() as unit:
            found = unit.inquiries.of_connection(unit.connections.get(name).connection_id, 100)
        return sorted((one.kind, one.external_id) for one in found)

    def state(self, name: str, organisation: str = "local") -> str:
        with self.house.store(organisation).reading() as unit:
            return str(unit.connections.get(name).state)


def shopify_headers(topic: str, body: bytes, *, shop: str = "acme", secret: str = SECRET) -> dict[str, str]:
    told = {"x-shopify-topic": topic, "x-shopify-shop-domain": f"{shop}.myshopify.com"}
    return {**JSON, **told, "x-shopify-hmac-sha256": signature(secret, body)}


def settings_of(url: str, folder: Path) -> Settings:
    config = folder / "bridge.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    return load_settings(config, {"BRIDGE_DATABASE_URL": url})


def settle_in(house: House, clock: FakeClock) -> None:
    """Connections, a route from each channel, and duties that are due tomorrow."""
    later = Rhythm(every_minutes=24 * 60)
    for organisation, connections in CONNECTIONS.items():
        ledger = next(one.name for one in connections if one.side is Side.SINK)
        with house.store(organisation).unit("ann") as unit:
            for one in connections:
                unit.connections.put(one)
            for one in connections:
                if one.side is Side.SOURCE:
                    unit.routes.put(route(one.name, ledger))
                    for kind in (DutyKind.SYNC, DutyKind.CHECK):
                        unit.duties.put(Duty(kind, one.name, later, tomorrow(clock)))


def route(name: str, ledger: str) -> Route:
    return msgspec.structs.replace(facts.route(name), source=name, ledger=ledger)


def tomorrow(clock: FakeClock) -> datetime:
    return clock.now().replace(hour=0) + timedelta(days=1)


@contextmanager
def street(url: str, folder: Path, most_waiting: int = MOST_WAITING) -> Iterator[Street]:
    """On a migrated database."""
    clock = FakeClock()
    with open_house(settings_of(url, folder), clock, plugins()) as house:
        settle_in(house, clock)
        doors = Doors(house, Intake(house.inbox, most_waiting))
        try:
            with TestClient(Starlette(routes=doors.routes), base_url="https://bridge.test") as client:
                yield Street(house, clock, client)
        finally:
            doors.close()
