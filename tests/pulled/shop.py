"""A shop that keeps orders, refunds and payouts over loopback HTTP; it is edited, deletes, runs jobs, fails to order.

It answers in pages of two, shows an order's refunds one at a time, and counts by another path than it lists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bridge.sandbox import FaultKind, Request, Response, SandboxClock, SandboxServer, json_response

ACCOUNT = "tiny.example"
HOUR = timedelta(hours=1)


@dataclass
class Refund:
    """minor: positive. repaid: whether a gateway moved it."""

    id: str
    minor: int
    at: datetime
    repaid: bool = True


@dataclass
class Order:
    """What a buyer bought. total: minor units, with tax inside or without, as the shop is set.

    refunded: how often anything was given back; no refund ever has the id of another.
    """

    id: str
    total: int
    created_at: datetime
    changed_at: datetime
    paid: bool = True
    email: str = "ann.buyer@example.com"
    refunds: list[Refund] = field(default_factory=list)
    refunded: int = 0


@dataclass
class Payout:
    id: str
    minor: int
    at: datetime
    status: str = "paid"


@dataclass
class Hook:
    """To whom notices of a topic are sent. state: ``on``, ``stopped``, ``failing``."""

    topic: str
    address: str
    state: str = "on"


@dataclass
class Job:
    """A bulk operation: the orders as they were when it was made."""

    made_at: datetime
    orders: list[dict[str, Any]]
    is_done: bool = False


class Shop:
    """The shop's state, and its side of HTTP.

    on_answer:    called before each answer to a plugin, with its number; a test may edit the shop there.
    breaks:       so many answers to come carry errors, with status 200, as this vendor does. breaks_at: the number
                  of one.
    counts_wrong: what is added to every count. is_uncounted: it counts nothing any more, because there is too much.
    reports_wrong: what is added to the orders of each day of its report.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self.clock = clock
        self.orders: dict[str, Order] = {}
        self.payouts: dict[str, Payout] = {}
        self.jobs: dict[str, Job] = {}
        self.hooks: list[Hook] = []
        self.settings: dict[str, Any] = {"currency": "EUR", "zone": "Europe/Paris", "decimals": 2, "inside": False}
        self.account = ACCOUNT
        self.on_answer: Callable[[int], None] = lambda _number: None
        self.answers = self.breaks = self.breaks_at = self.counts_wrong = self.reports_wrong = 0
        self.is_uncounted = False
        self.page_size = 2
        self.asked: list[str] = []

    # What merchants and buyers do

    def sell(self, name: str, total: int, *refunds: int, at: datetime | None = None, paid: bool = True) -> Order:
        now = at or self.clock.now()
        backs = [Refund(f"{name}-r{number}", minor, now) for number, minor in enumerate(refunds, start=1)]
        order = self.orders[name] = Order(name, total, now, now, paid, refunds=backs)
        return order

    def edit(self, name: str, total: int) -> None:
        """Sell something else: its total and all its refunds change at once, and its mark with them."""
        order = self.orders[name]
        order.total = total
        order.refunds = [Refund(back.id, back.minor + 1, back.at, back.repaid) for back in order.refunds]
        order.changed_at = self.clock.now()

    def refund(self, name: str, minor: int, *, repaid: bool = True) -> str:
        order = self.orders[name]
        order.refunded += 1
        back = Refund(f"{name}-r{order.refunded}", minor, self.clock.now(), repaid)
        order.refunds.append(back)
        order.changed_at = self.clock.now()
        return back.id

    def pay_out(self, name: str, minor: int, status: str = "paid") -> None:
        self.payouts[name] = Payout(name, minor, self.clock.now(), status)

    # The vendor

    def label(self, request: Request) -> str:
        return f"{request.method} {request.path}"

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        return json_response({"errors": [str(kind)]}, 429 if kind is FaultKind.THROTTLE else 401, {"Retry-After": "90"})

    def handle(self, request: Request) -> Response:
        self.answers += 1
        self.asked.append(f"{request.method} {request.path}")
        self.on_answer(self.answers)
        if self.breaks or self.answers == self.breaks_at:
            self.breaks = max(0, self.breaks - 1)
            return json_response({"data": {"orders": []}, "errors": ["internal"]})
        found = self._answer(request)
        if found is None:
            return json_response({"error": "no such thing"}, 404)
        return json_response({"now": self.clock.now().isoformat(), **found})

    def _answer(self, request: Request) -> dict[str, Any] | None:
        kind, _, name = request.path.strip("/").partition("/")
        query = dict(request.query)
        match kind, request.method:
            case "days" | "paid_out" | "balances" | "hooks", _:
                return self._say_of_itself(kind, query)
            case "facts", _:
                return {"account": self.account, **self.settings}
            case "count", _:
                return self._count(query)
            case "jobs", "POST":
                return self._submit(request.json_object())
            case "jobs", _:
                return self._job(name, query)
            case "orders", _:
                return self._order(name, query) if name else self._page(self._within(query), query, self._told)
            case "refunds", _:
                return self._refund(name)
            case "payouts", _ if name:
                return {"payout": _plain(self.payouts[name])} if name in self.payouts else None
            case "payouts", _:
                return self._page(self._paid(query), query, _plain)
        return None

    def _page(self, found: list[Any], query: dict[str, str], told: Callable[[Any], Any]) -> dict[str, Any]:
        """Keyset: what comes behind (instant, id)."""
        after = query.get("after", "")
        keyed = [(f"{_at(one, query).isoformat()} {one.id}", one) for one in found]
        rest = sorted((pair for pair in keyed if pair[0] > after), key=lambda pair: pair[0])
        some = rest[: self.page_size]
        return {"items": [told(one) for _, one in some], "next": some[-1][0] if len(rest) > self.page_size else ""}

    def _within(self, query: dict[str, str]) -> list[Order]:
        since, until = _span(query)
        return [order for order in self.orders.values() if since <= _at(order, query) < until]

    def _paid(self, query: dict[str, str]) -> list[Payout]:
        since, until = _span(query)
        return [payout for payout in self.payouts.values() if since <= payout.at < until]

    def _told(self, order: Order, after: str = "") -> dict[str, Any]:
        """An order with its mark and one refund; its others one by one."""
        ids = [back.id for back in order.refunds]
        first = ids.index(after) + 1 if after in ids else 0
        some = order.refunds[first : first + 1]
        has_more = len(order.refunds) > first + 1
        plain = {**_plain(order), "refunds": [_plain(back) for back in some]}
        return {**plain, "mark": order.changed_at.isoformat(), "more": some[-1].id if has_more else ""}

    def _order(self, name: str, query: dict[str, str]) -> dict[str, Any] | None:
        order = self.orders.get(name)
        return {"order": self._told(order, query.get("after", ""))} if order else None

    def _refund(self, name: str) -> dict[str, Any] | None:
        for order in self.orders.values():
            for back in order.refunds:
                if back.id == name:
                    return {"refund": {**_plain(back), "of": order.id}}
        return None

    def _count(self, query: dict[str, str]) -> dict[str, Any]:
        if self.is_uncounted:
            return {"count": None}
        found: Iterable[Order] = self._within(query)
        return {"count": len(list(found)) + self.counts_wrong, "ids": [order.id for order in found]}

    def _say_of_itself(self, what: str, query: dict[str, str]) -> dict[str, Any]:
        if what == "hooks":
            return {"hooks": [asdict(hook) for hook in self.hooks]}
        if what == "days":
            return {"days": self._days(*_span(query))}
        if what == "paid_out":
            return {"paid_out": [_plain(payout) for payout in self._paid(query)]}
        return {"available": sum(one.minor for one in self.payouts.values()), "deferred": -5}

    def _days(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        """The shop's own sums, by days of UTC that lie wholly in the span."""
        days, day = [], datetime.combine(since.date(), time(), UTC)
        while (after := day + 24 * HOUR) <= until:
            placed = [order for order in self.orders.values() if day <= order.created_at < after]
            backs = [back.minor for order in self.orders.values() for back in order.refunds if day <= back.at < after]
            paid = sum(order.total for order in placed if order.paid)
            told = {"placed": len(placed) + self.reports_wrong, "takings": paid - sum(backs)}
            days += [{"since": day.isoformat(), **told}] if day >= since else []
            day = after
        return days

    def _submit(self, order: dict[str, Any]) -> dict[str, Any]:
        name = f"job-{len(self.jobs) + 1}"
        query = {"since": order["since"], "until": order["until"], "by": "created"}
        orders = [self._told(one) for one in sorted(self._within(query), key=lambda one: one.id)]
        self.jobs[name] = Job(self.clock.now(), orders)
        return {"job": name, "made_at": self.jobs[name].made_at.isoformat()}

    def _job(self, name: str, query: dict[str, str]) -> dict[str, Any] | None:
        job = self.jobs.get(name)
        if job is None:
            return None
        if not job.is_done:
            return {"state": "running"}
        first = int(query.get("offset", "0"))
        after = first + self.page_size if first + self.page_size < len(job.orders) else 0
        return {"state": "done", "items": job.orders[first : first + self.page_size], "next": after}

    def finish_jobs(self) -> None:
        for job in self.jobs.values():
            job.is_done = True


def serve(shop: Shop) -> SandboxServer:
    """The shop over HTTP."""
    return SandboxServer(shop, clock=shop.clock)


def _at(one: Any, query: dict[str, str]) -> datetime:
    at: datetime = one.at if isinstance(one, Payout) else one.created_at if query["by"] == "created" else one.changed_at
    return at


def _span(query: dict[str, str]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(query["since"]), datetime.fromisoformat(query["until"])


def _plain(one: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(asdict(one), default=lambda at: at.isoformat()))
    return plain
