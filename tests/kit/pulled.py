"""The kit for pulled sources over the tiny shop, which answers in this process: a check asks it some hundred times."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from bridge.model.documents import DocumentKind
from bridge.model.reports import Balance, BalanceName, Figure, FigureName, Subscription
from bridge.plugin import SourceCapabilities, SourceOffer
from bridge.sandbox import Request, SandboxClock
from bridge.testing import KitClock, PulledConformance
from bridge.testing.pulls import SINCE
from tests.pulled.shop import ACCOUNT, HOUR, Hook, Shop
from tests.pulled.source import CAPABILITIES, Plugin, Settings, TinyPull, offer, signed

SHOPS: dict[str, Shop] = {}
NUMBERS = count(1)
NESTED = "o2"


class InProcess(TinyPull):
    """The sound source, without HTTP."""

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        sent = json.dumps(body).encode() if body else b""
        answer = SHOPS[self._base].handle(Request(method, f"/{path}", query, {}, sent))
        return answer.status, answer.headers, json.loads(answer.body)


class FullShop:
    """A ``FakeChannel``: five orders, three payouts."""

    def __init__(self, clock: KitClock) -> None:
        self.shop = Shop(SandboxClock(clock))
        self.app = Settings(base_url=f"memory:{next(NUMBERS)}")
        self.fill()

    def fill(self) -> None:
        for number in range(1, 6):
            backs = (100, 200, 300) if f"o{number}" == NESTED else (50,) * (number % 2)
            self.shop.sell(f"o{number}", 1200 * number, *backs, at=SINCE + number * HOUR)
        for number in range(1, 4):
            self.shop.pay_out(f"p{number}", 900)
            self.shop.payouts[f"p{number}"].at = SINCE + number * HOUR
        self.shop.payouts["p3"].status = "scheduled"
        for topic in CAPABILITIES.notices:
            self.shop.hooks.append(Hook(topic.name, f"https://books.example/{NESTED}"))

    def owners(self, stream: str) -> frozenset[tuple[str, str]]:
        kind, things = ("payout", self.shop.payouts) if stream == "payouts" else ("order", self.shop.orders)
        return frozenset((kind, name) for name in things)

    def documents(self, kind: str, external_id: str) -> frozenset[tuple[str, str]]:
        backs = self.shop.orders[external_id].refunds if kind == "order" else ()
        return frozenset({(kind, external_id), *(("refund", back.id) for back in backs)})

    def moving(self) -> frozenset[tuple[str, str]]:
        return frozenset({("payout", "p3")})

    def edit(self) -> tuple[str, str]:
        self.shop.edit(NESTED, 2406)
        return "order", NESTED

    def delete(self) -> tuple[str, str]:
        del self.shop.orders["o1"]
        return "order", "o1"

    def set_otherwise(self) -> None:
        self.shop.settings["inside"] = not self.shop.settings["inside"]

    def break_answer(self, after: int = 0) -> None:
        self.shop.breaks_at = self.shop.answers + after + 1

    def mend(self) -> None:
        self.shop.breaks_at = 0

    def on_answer(self, call: Callable[[], None]) -> None:
        self.shop.on_answer = lambda _number: call()

    def finish_jobs(self) -> None:
        self.shop.finish_jobs()

    def jobs(self) -> int:
        return len(self.shop.jobs)

    def figures(self, report: str) -> frozenset[Figure]:
        if report == "days":
            until = SINCE + 24 * HOUR
            orders = self.shop.orders.values()
            takings = sum(one.total - sum(back.minor for back in one.refunds) for one in orders)
            placed = Figure(FigureName.PLACED, SINCE, until, len(orders))
            return frozenset({placed, Figure(FigureName.TAKINGS, SINCE, until, takings, "EUR")})
        return frozenset(
            Figure(FigureName.TOTAL, one.at, one.at, one.minor, "EUR", DocumentKind.PAYOUT, one.id)
            for one in self.shop.payouts.values()
        )

    def balances(self) -> frozenset[Balance]:
        available = sum(one.minor for one in self.shop.payouts.values())
        return frozenset({Balance(BalanceName.AVAILABLE, available, "EUR"), Balance(BalanceName.DEFERRED, -5, "EUR")})

    def subscriptions(self) -> frozenset[Subscription]:
        return frozenset(Subscription(one.topic, one.address) for one in self.shop.hooks)

    def switch_off(self) -> str:
        self.shop.hooks[0].state = "failing"
        return self.shop.hooks[0].topic

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        body = b'{"kind": "order", "id": "o1"}'
        return signed(body), body, (("order", "o1"),)


class Pulled(PulledConformance):
    """The kit over the sound source; every check passes."""

    module = "tests.kit.pulled"
    account = ACCOUNT
    built: type[TinyPull] = InProcess
    capabilities: SourceCapabilities = CAPABILITIES
    full: type[FullShop] = FullShop

    def offer(self) -> SourceOffer:
        return offer(self.built, self.capabilities)

    def plugin(self) -> object:
        return Plugin()

    @contextmanager
    def channel(self, clock: KitClock) -> Iterator[FullShop]:
        full = self.full(clock)
        SHOPS[full.app.base_url] = full.shop
        yield full
        del SHOPS[full.app.base_url]

    def buyer_markers(self) -> Sequence[str]:
        return ("ann.buyer@example.com",)
