"""A full sandbox account for the kit, and what a test asks it through."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bridge.clock import Clock
from bridge.model.documents import DocumentKind
from bridge.model.reports import Balance, BalanceName, Figure, FigureName
from bridge.plugin import AnyPage, Wait, Want
from bridge.sandbox import FaultKind, SandboxClock
from bridge.testing import Bench, KitClock
from bridge.testing.pulls import SINCE, UNTIL
from bridge_amazon.offer import offer
from bridge_amazon.pulled import AmazonPulled
from bridge_amazon.settings import AmazonConnection, AmazonSettings
from bridge_amazon_sandbox import AmazonSandbox, SellerSettings
from plugins.amazon.tests.report import Report, Row

ACCOUNT: Final = "A1SANDBOX"
CONNECTION: Final = "kit"
DAY: Final = ("day", "2026-06-01")


def opened(clock: Clock, **settings: str) -> AmazonSandbox:
    """A sandbox account on this clock, whose limits are off where nothing else is said."""
    return AmazonSandbox(clock=SandboxClock(clock), settings=SellerSettings(limits="off").changed(settings))


NOTICES_KEY = "bus-of-the-operator"


def app_settings(sandbox: AmazonSandbox, **app: Any) -> AmazonSettings:
    """The operator's settings for the sandbox's account. app: fields that are set otherwise."""
    own = sandbox.seller.settings
    seller = {"region": "na", "refresh_token": own.refresh_token}
    told = {
        "client_id": own.client_id,
        "client_secret": own.client_secret,
        "sellers": {CONNECTION: seller},
        "base_url": sandbox.base_url,
        "notices_key": NOTICES_KEY,
        **app,
    }
    return AmazonSettings.model_validate(told)


def source(
    sandbox: AmazonSandbox,
    clock: Clock,
    *,
    marketplaces: tuple[str, ...] = (),
    spend: Callable[[str], None] = lambda _what: None,
    **app: Any,
) -> AmazonPulled:
    """The source of the account's connection."""
    bench = Bench(
        offer(),
        account=ACCOUNT,
        connection=CONNECTION,
        app=app_settings(sandbox, **app),
        settings=AmazonConnection(marketplaces=marketplaces),
        clock=clock,
        spend=spend,
    )
    built = offer().build(bench)
    assert isinstance(built, AmazonPulled)
    return built


def window(
    source: AmazonPulled, cursor: bytes = b"", *, days: int = 1, stream: str = "settlements"
) -> list[AnyPage | Wait]:
    """What a pull of the kit's window gives."""
    until = UNTIL + timedelta(days=days - 1)
    return list(source.pull(Want(stream, SINCE, until, cursor, source.survey())))


def settlement(number: int, **more: Any) -> bytes:
    """A settlement file."""
    rows = (Row(minor=1000 * number), Row(("Order", "ItemFees", "Commission"), -150 * number))
    return Report(**{"rows": rows, "settlement_id": f"2850000001{number}", **more}).text().encode()


class FullAccount:
    """A ``ReportingChannel``: three settlements, one listed under two ids, and one that is not made yet.

    Two things were sold on the first day, of which one is still deferred: its day is read anew with the last weeks.
    """

    def __init__(self, sandbox: AmazonSandbox, clock: KitClock) -> None:
        self.sandbox, self.clock, self.seller = sandbox, clock, sandbox.seller
        self.app = app_settings(sandbox)
        self._call: Callable[[], None] = lambda: None
        sandbox.vendor.on_answer = self._answering
        now = clock.now()
        self.settlements: dict[str, str] = {}
        for number in range(1, 4):
            clock.advance((SINCE + timedelta(hours=number) - clock.now()).total_seconds())
            self._settle(number)
        clock.advance(3_600)
        self.settlements[self.seller.again(self.first)] = self.settlements[self.first]
        self.unmade = self._settle(4, status="IN_PROGRESS")
        clock.advance((SINCE + timedelta(hours=10) - clock.now()).total_seconds())
        self.seller.sell("30.00", fee="4.50")
        self.seller.sell("12.00", days=60, reason="B2B")
        clock.advance((now - clock.now()).total_seconds())

    @property
    def first(self) -> str:
        return min(self.settlements)

    def _settle(self, number: int, *, status: str = "DONE") -> str:
        closed = self.clock.now().replace(microsecond=0)
        file = settlement(number, opened=closed - timedelta(days=14), closed=closed, deposit=closed)
        report = self.seller.settle(file, status=status)
        self.settlements[report] = f"2850000001{number}"
        return report

    def _answering(self) -> None:
        self._call()

    def owners(self, stream: str) -> frozenset[tuple[str, str]]:
        if stream == "deferred":
            return frozenset({DAY})
        return frozenset(("report", name) for name in self.settlements)

    def documents(self, kind: str, external_id: str) -> frozenset[tuple[str, str]]:
        if kind == "day":
            return frozenset()
        is_made = external_id != self.unmade
        return frozenset({("settlement", self.settlements[external_id])} if is_made else ())

    def moving(self) -> frozenset[tuple[str, str]]:
        return frozenset({("report", self.unmade)})

    def figures(self, report: str) -> frozenset[Figure]:
        if report == "deferred":
            end = datetime(2026, 6, 2, 7, tzinfo=UTC)
            return frozenset({Figure(FigureName.DEFERRED, end, end, 3_750, "USD", external_id="Amazon.com")})
        ends = {number: SINCE + timedelta(hours=number) for number in range(1, 4)} | {4: SINCE + timedelta(hours=4)}
        return frozenset(
            Figure(FigureName.TOTAL, at, at, 850 * number, "USD", DocumentKind.SETTLEMENT, f"2850000001{number}")
            for number, at in ends.items()
        )

    def balances(self) -> frozenset[Balance]:
        held = {"AVAILABLE": 2_550, "DEFERRED": 1_200, "RESERVED": 0, "TOTAL": 3_750}
        return frozenset(Balance(BalanceName(name.lower()), minor, "USD") for name, minor in held.items())

    def edit(self) -> tuple[str, str]:
        raise AssertionError("a report is never edited")

    def delete(self) -> tuple[str, str]:
        name = self.first
        del self.settlements[name]
        return "report", self.seller.remove(name)

    def set_otherwise(self) -> None:
        self.seller.set(marketplaces="amazon.com,amazon.ca")

    def break_answer(self, after: int = 0) -> None:
        self.sandbox.faults.order(FaultKind.UNAVAILABLE, skip=after)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def on_answer(self, call: Callable[[], None]) -> None:
        self._call = call

    def finish_jobs(self) -> None:
        pass

    def jobs(self) -> int:
        return 0

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        told = {
            "notificationVersion": "2020-09-04",
            "notificationType": "REPORT_PROCESSING_FINISHED",
            "payload": {
                "reportProcessingFinishedNotification": {
                    "sellerId": ACCOUNT,
                    "reportId": self.first,
                    "reportType": "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2",
                    "processingStatus": "DONE",
                }
            },
        }
        return {"X-Bridge-Key": NOTICES_KEY}, json.dumps(told).encode(), (("report", self.first),)
