"""Posts many vouchers as a delivery does, within Xero's limits, on a clock that moves by waits and calls alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import requests
from pydantic import SecretStr

from bridge.errors import InDoubtError, RateLimitedError
from bridge.model.budgets import Limit
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, LookUp, Outcome, Parcel, Present, Sought, Unknown
from bridge.sandbox import FaultKind
from bridge.transport import Budget, HostSession
from bridge_xero.kinds import INVOICE, PAYMENT
from bridge_xero.outcomes import BATCH
from bridge_xero.settings import CALLS_PER_MINUTE, XeroSettings, hosts, limits
from bridge_xero.sink import XeroSink
from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.batches import order_entries
from plugins.xero.tests.books import Books
from plugins.xero.tests.organisation import TENANT, PatientClock, SinkContext

STARTED_AT = datetime(2026, 8, 1, 12, tzinfo=UTC)
CALL_SECONDS = 0.05


class BooksClock(PatientClock):
    """The sandbox's own clock, which moves when somebody waits."""

    def __init__(self, sandbox: XeroSandbox) -> None:
        super().__init__()
        self._clock = sandbox.clock
        self._clock.set(STARTED_AT)

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._clock.advance(seconds)


@dataclass
class MeteredContext(SinkContext):
    """What the host lends a sink, the limits that it keeps to included; a call takes its time."""

    allowed: tuple[Limit, ...] = ()
    renew: Callable[[str], str] | None = None

    def session(self, *, bears_token: bool = True) -> requests.Session:
        budget = Budget(self.allowed, self.clock)
        session = HostSession(hosts(self.app), self.clock, lambda: self.token, budget, renew=self._renewed)
        session.counted = lambda: self.clock.sleep(CALL_SECONDS)
        return session

    def _renewed(self, old: str) -> str:
        if self.renew and old == self.token:
            self.token = self.renew(old)
        return self.token


@dataclass
class Posted:
    """What it took. seconds: by the clock. throttled: answers that told us to wait. doubted: vouchers looked up."""

    vouchers: int
    calls: int = 0
    seconds: float = 0
    throttled: int = 0
    doubted: int = 0


@dataclass
class Poster:
    """An organisation, and us posting to it within what is allowed."""

    books: Books
    allowed: tuple[Limit, ...]

    @property
    def clock(self) -> PatientClock:
        return self.books.context.clock

    def plan(self, many: int) -> list[Voucher]:
        """Of so many orders the invoices, then their payments."""
        planned = [voucher for made in order_entries(many) for voucher in self.books.plan(made)]
        return sorted(planned, key=lambda voucher: voucher.type == PAYMENT)

    def post(self, vouchers: Sequence[Voucher], *, lost: Collection[int] = ()) -> Posted:
        """Every voucher, in batches of one type; each of them is there once in the end.

        lost: of which batches, from 1 on, the answer is lost; every second of them does not arrive at all.
        """
        self.clock.sleep(60)  # so that what planning asked takes none of the limits
        told, began_at = Posted(len(vouchers)), self.clock.now()
        calls, throttled = self._counted()
        batches = [some for kind in (INVOICE, PAYMENT) for some in _batches(vouchers, kind)]
        for place, waiting in enumerate(batches, start=1):
            if place in lost:
                kind = FaultKind.DROP if place % 2 else FaultKind.COMMIT_THEN_DROP
                self.books.sandbox.faults.order(kind, method="PUT")
            while waiting:
                waiting = self._round(waiting, told)
        told.seconds = (self.clock.now() - began_at).total_seconds()
        now_calls, now_throttled = self._counted()
        told.calls, told.throttled = now_calls - calls, now_throttled - throttled
        return told

    def floor(self, vouchers: int) -> tuple[int, float]:
        """The fewest calls, and the fewest seconds in which the limits let them through; of two types in even parts."""
        calls = 2 * -(-vouchers // (2 * BATCH))
        return calls, max((-(-calls // limit.many) - 1) * limit.seconds for limit in self.allowed)

    def _round(self, waiting: Sequence[Voucher], told: Posted) -> list[Voucher]:
        """One call, and a look-up where its answer is lost; gives those that are not there."""
        sent_at = self.clock.now()
        found: Sequence[Outcome | LookUp]
        try:
            found = self.books.sink.send_batch([Parcel(one, f"{one.key}-0", self.books.refs) for one in waiting])
        except RateLimitedError as limited:
            self.clock.sleep(limited.retry_after_seconds)
            return list(waiting)
        except InDoubtError:
            told.doubted += len(waiting)
            found = self._looked_up([Sought(one, self.books.refs, sent_at) for one in waiting])
        copies = [one.copy if isinstance(one, Present) else one for one in found]
        for voucher, copy in zip(waiting, copies, strict=True):
            assert isinstance(copy, LedgerCopy | Absent), copy
            if isinstance(copy, LedgerCopy):
                self.books.refs[voucher.voucher_id] = copy.ref
        return [one for one in waiting if one.voucher_id not in self.books.refs]

    def _looked_up(self, sought: Sequence[Sought]) -> Sequence[LookUp]:
        while True:
            self.clock.sleep(self.books.sink.settle_seconds)
            answers = self.books.sink.look_up_batch(sought)
            if not any(isinstance(one, Unknown) for one in answers):
                return answers

    def _counted(self) -> tuple[int, int]:
        counted = self.books.sandbox.requests.counters()
        by_status = counted["by_status"]
        assert isinstance(by_status, dict)
        return int(str(counted["total"])), by_status.get("429", 0)


@contextmanager
def poster(*, foreign: int = 0, declared: int = CALLS_PER_MINUTE, is_stricter: bool = False) -> Iterator[Poster]:
    """An organisation with so many journals of others, two days old.

    declared: the calls a minute that we keep to. is_stricter: whether it allows a fifth less than that.
    """
    with XeroSandbox(limits=True) as sandbox:
        sandbox.add_organisation(TENANT)
        sandbox.limits.windows["minute"].most = declared * 4 // 5 if is_stricter else declared
        clock = BooksClock(sandbox)
        for place in range(foreign):
            sandbox.tamper(TENANT).add_foreign("6000", "4500", "5", f"2026-06-{1 + place % 28:02d}")
        clock.sleep(2 * 86_400)
        app = XeroSettings(
            client_id=sandbox.client_id,
            client_secret=SecretStr(sandbox.client_secret),
            base_url=sandbox.base_url,
            calls_per_minute=declared,
        )
        allowed = limits(app)

        def token(_old: str = "") -> str:
            return sandbox.issue_tokens(TENANT)[0]

        context = MeteredContext(app, token(), clock, allowed=allowed, renew=token)
        yield Poster(Books(sandbox, context, XeroSink(context)), allowed)
        assert sandbox.server.crashes == []


def _batches(vouchers: Sequence[Voucher], kind: str) -> Iterator[Sequence[Voucher]]:
    of_kind = [one for one in vouchers if one.type == kind]
    for start in range(0, len(of_kind), BATCH):
        yield of_kind[start : start + BATCH]
