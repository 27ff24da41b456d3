"""Many merchants with fakes: each a shop that sells all the time, and a ledger in memory; the vendor keeps account.

The shop answers from its id and the time alone, so that any number of processes ask the same one. Every call goes
through the shared limits of the plugin, and is written down with its time: whether the limits held is seen from that.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from bridge.clock import SystemClock
from bridge.host.registry import Loaded, Registry
from bridge.model.budgets import Limit
from bridge.plugin import Context, SinkOffer, SourceOffer
from tests.fakes.ledger import FakeLedger, fake_sink_offer
from tests.pulled.source import CAPABILITIES, ORDERS, Settings, TinyPull, offer

BIG: Final = "big"
"""The merchant with a year behind it."""
OF_APP: Final = Limit("requests", 1_200, 60, is_of_app=True)
OF_SHOP: Final = Limit("requests", 120, 60)
PAGE, ANSWER_SECONDS, TAKEN = 250, 0.05, 30
BEFORE: Final = timedelta(hours=3)
FIRST, BEGUN = datetime(2026, 1, 1, tzinfo=UTC), "2026-01-01"
SETTINGS = """
[connections.shop]
plugin = "tinypull"
account = "{name}"
[connections.books]
plugin = "fake"
account = "{name}"
[routes.main]
source = "shop"
ledger = "books"
mode = "order"
time_zone = "Europe/Paris"
first_day = {first_day}
tax_regime = "not_registered"
"""


class Sales(msgspec.Struct, frozen=True):
    """Orders of a shop: one every so many seconds since the first."""

    first_at: datetime
    every_seconds: float

    def between(self, since: datetime, until: datetime) -> range:
        """The numbers of those that were placed then."""
        return range(self._number(since), self._number(until))

    def at(self, number: int) -> datetime:
        return self.first_at + timedelta(seconds=number * self.every_seconds)

    def _number(self, at: datetime) -> int:
        return max(0, -int((self.first_at - at).total_seconds() // self.every_seconds))


def sales_of(account: str, now: datetime) -> Sales:
    """BIG-N has N orders behind it; every other sells once in two minutes, and did so for ``BEFORE``."""
    name, _, orders = account.partition("-")
    if name == BIG:
        return Sales(FIRST, (now - FIRST).total_seconds() / int(orders))
    return Sales(now - BEFORE, 120)


class ManyShops(TinyPull):
    """Asks one of them, without a network. Each call waits as long as an answer takes."""

    def __init__(self, context: Context[Settings]) -> None:
        super().__init__(context)
        self._counting = context

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        self._counting.spend("requests", 1, longest_wait_seconds=20)
        _write_down(self._counting.account)
        time.sleep(ANSWER_SECONDS)
        return 200, {}, self._answer(path, query)

    def _answer(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        account, now = self._counting.account, datetime.now(UTC)
        if path == "facts":
            return {"account": account, "currency": "USD", "zone": "Europe/Paris", "decimals": 2, "inside": False}
        sales = sales_of(account, datetime.fromtimestamp(float(os.environ["TENANTS_BEGAN"]), UTC))
        span = [datetime.fromisoformat(query[name]) for name in ("since", "until")]
        found = sales.between(span[0], min(span[1], now))
        if path == "count":
            return {"count": len(found), "ids": [f"{number}" for number in found]}
        begin = int(query["after"] or found.start)
        some = range(begin, min(begin + PAGE, found.stop))
        more = str(some.stop) if some.stop < found.stop else ""
        return {"items": [_order(number, sales.at(number)) for number in some], "next": more, "now": now.isoformat()}


def _order(number: int, at: datetime) -> dict[str, Any]:
    made = at.isoformat()
    plain = {"id": f"{number}", "total": 1_000 + number % 500, "created_at": made, "paid": True}
    return {**plain, "refunds": [], "more": "", "mark": made}


def _write_down(account: str) -> None:
    with Path(os.environ["TENANTS_CALLS"]).open("a") as file:
        file.write(json.dumps([time.time(), account]) + "\n")


def violations(calls: Path) -> int:
    """How often a limit was not kept: by any sixty seconds that begin with a call."""
    told = [json.loads(line) for line in calls.read_text().splitlines()]
    times = sorted(at for at, _ in told)
    broken = _too_many(times, OF_APP)
    by_shop: dict[str, list[float]] = {}
    for at, account in told:
        by_shop.setdefault(account, []).append(at)
    return broken + sum(_too_many(sorted(some), OF_SHOP) for some in by_shop.values())


def _too_many(times: list[float], limit: Limit) -> int:
    broken, last = 0, 0
    for first, at in enumerate(times):
        last = max(last, first)
        while last < len(times) and times[last] < at + limit.seconds:
            last += 1
        broken += last - first > limit.many
    return broken


def registry() -> Registry:
    """Both plugins, as if installed. A ledger keeps in memory what this process sent to it."""
    made = Registry()
    capabilities = msgspec.structs.replace(
        CAPABILITIES, streams=(ORDERS,), reports=(), tells_balances=False, notices=(), limits=(OF_APP, OF_SHOP)
    )
    for offered in (offer(ManyShops, capabilities), _ledgers()):
        made.admit(Loaded(offered.name, "", "", offers=(offered.name,), is_ready=True), [offered])
    return made


def _ledgers() -> SinkOffer | SourceOffer:
    ledgers: dict[str, FakeLedger] = {}

    def build(context: Context[Any]) -> FakeLedger:
        if context.account not in ledgers:
            ledgers[context.account] = FakeLedger(SystemClock(), settle_seconds=0, batch_size=TAKEN)
        return ledgers[context.account]

    return msgspec.structs.replace(fake_sink_offer(FakeLedger(SystemClock(), batch_size=TAKEN)), build=build)


def read(log: Path) -> list[dict[str, Any]]:
    """The lines of a log."""
    told = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [{**one, "at": datetime.fromisoformat(one["timestamp"]).timestamp()} for one in told]
