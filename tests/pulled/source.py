"""The plugin of that shop: a sound source of three streams, of which a bad twin changes one method."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import requests

from bridge.errors import BridgeError, DocumentError, RateLimitedError, UnavailableError
from bridge.model.channel import ChannelFacts
from bridge.model.documents import Awaits, DocumentKind, Problem, Witness
from bridge.model.entries import Mode
from bridge.model.line_tax import taxed_at
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.model.money import NOT_KNOWN
from bridge.model.reports import Balance, BalanceName, Balances, Figure, FigureName, Figures, Sending, Subscription
from bridge.plugin import (
    AppSettings,
    ChannelReport,
    Concern,
    ConcernKind,
    Context,
    Count,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    Door,
    FilePart,
    Gone,
    NoticeTopic,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Signing,
    Source,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    SourceRegister,
    StandIn,
    Stream,
    Tender,
    TenderClass,
    Unknown,
    Wait,
    Want,
    WindowOf,
    Word,
    hookimpl,
    signature,
    tax_inside,
)

WITH_ORDERS = (DocumentKind.ORDER, DocumentKind.REFUND)
ORDERS = Stream(
    name="orders",
    title="new and changed orders",
    owners=("order",),
    brings=WITH_ORDERS,
    window=WindowOf.CHANGED,
    overlap_seconds=60,
)
HISTORY = Stream(
    name="history",
    title="orders by day placed",
    owners=("order",),
    brings=WITH_ORDERS,
    window=WindowOf.CREATED,
    overlap_seconds=60,
    recount_days=30,
)
PAYOUTS = Stream(name="payouts", title="payouts", owners=("payout",), window=WindowOf.LISTED, has_census=False)
DAYS = ChannelReport(
    name="days",
    title="Sales by day",
    figures=(FigureName.PLACED, FigureName.TAKINGS),
    streams=("orders", "history"),
    caveat="It leaves out what the shop's owner hides.",
)
PAID_OUT = ChannelReport(name="paid_out", title="Payouts", figures=(FigureName.TOTAL,), streams=("payouts",))
CAPABILITIES = SourceCapabilities(
    modes=(Mode.DAY, Mode.ORDER),
    files=(),
    clearing="1240",
    bank="1000",
    prefix="TNY",
    tenders=(Tender("card", "1240", TenderClass.MARKETPLACE_PAYOUT),),
    payable=("card",),
    joins_orders=True,
    streams=(ORDERS, HISTORY, PAYOUTS),
    reports=(DAYS, PAID_OUT),
    tells_balances=True,
    notices=(
        NoticeTopic("order changed", "Switch it on under Messages"),
        NoticeTopic("dispute opened", "Switch it on under Disputes", grants=("disputes",)),
    ),
)
KEPT = ("id", "total", "created_at", "paid", "refunds", "more")
POLL_SECONDS = 60
STATES = {"on": Sending.ACTIVE, "stopped": Sending.PAUSED, "failing": Sending.DISABLED}


class Settings(AppSettings):
    base_url: str = "http://127.0.0.1:9"


class Told(msgspec.Struct, omit_defaults=True):
    """A payload: an order, or a refund of one. shows: its refunds, where it shows all. inside: tax in prices."""

    type: str
    as_of: datetime
    id: str
    of: str
    minor: int
    at: datetime
    currency: str = ""
    decimals: int = 2
    inside: bool = False
    paid: bool = True
    shows: tuple[str, ...] | None = None


class TinyPull:
    """Asks the shop."""

    def __init__(self, context: Context[Settings]) -> None:
        self._context = context
        self._session: requests.Session | None = None
        self._base = context.app.base_url

    # Asking

    def survey(self) -> ChannelFacts:
        told = self.get("facts")
        return ChannelFacts(
            account=told["account"],
            currency=told["currency"],
            time_zone=told["zone"],
            decimals=told["decimals"],
            prices_include_tax=told["inside"],
        )

    def pull(self, want: Want) -> Iterator[Page | Wait]:
        match want.stream:
            case "orders":
                return self.pages("orders", want, "changed")
            case "payouts":
                return self.pages("payouts", want, "")
            case _:
                return self.job(want)

    def pages(self, path: str, want: Want, by: str) -> Iterator[Page | Wait]:
        after = want.cursor.decode()
        while True:
            told = self.get(path, since=want.since.isoformat(), until=want.until.isoformat(), by=by, after=after)
            items = [self.whole(item) if path == "orders" else item for item in told["items"]]
            after = told["next"]
            yield self.page({path: [one for one in items if one]}, told["now"], after.encode(), is_last=not after)
            if not after:
                return

    def whole(self, first: dict[str, Any]) -> dict[str, Any] | None:
        """An order with all its refunds, of one mark; None where it went away meanwhile."""
        while True:
            item, mark = {**first, "refunds": list(first["refunds"])}, first["mark"]
            while item["more"]:
                again = self.find(f"orders/{item['id']}", after=item["more"])
                if again is None:
                    return None
                item["refunds"] += again["order"]["refunds"]
                item["more"], item["mark"] = again["order"]["more"], again["order"]["mark"]
            last = self.find(f"orders/{item['id']}") if len(item["refunds"]) > 1 else {"order": first}
            if last is None:
                return None
            if last["order"]["mark"] == mark == item["mark"]:
                return item
            first = last["order"]

    def job(self, want: Want) -> Iterator[Page | Wait]:
        place = json.loads(want.cursor) if want.cursor else self.submit(want)
        later = self._context.clock.now() + timedelta(seconds=POLL_SECONDS)
        if not want.cursor:
            yield Wait(later, json.dumps(place).encode(), "a job runs")
            return
        while True:
            told = self.get(f"jobs/{place['job']}", offset=str(place["offset"]))
            if told["state"] == "running":
                yield Wait(later, json.dumps(place).encode(), "a job runs")
                return
            place = {**place, "offset": told["next"]}
            is_last = not told["next"]
            yield self.page({"orders": told["items"]}, place["made_at"], json.dumps(place).encode(), is_last=is_last)
            if is_last:
                return

    def submit(self, want: Want) -> dict[str, Any]:
        told = self.send("POST", "jobs", {}, {"since": want.since.isoformat(), "until": want.until.isoformat()})
        return {"job": told["job"], "made_at": told["made_at"], "offset": 0}

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        try:
            told = self.find(f"{kind}s/{external_id}")
            item = told and (self.whole(told["order"]) if kind == "order" else told[kind])
        except BridgeError as error:
            return Unknown(error.cause)
        if told is None or item is None:
            return Gone(self._context.clock.now())
        return self.page({f"{kind}s": [item]}, told["now"], b"", is_last=True)

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        by = "changed" if stream == "orders" else "created"
        try:
            told = self.get("count", since=since.isoformat(), until=until.isoformat(), by=by)
        except BridgeError as error:
            return Unknown(error.cause)
        if told["count"] is None:
            return Unknown("it counts so many no more")
        return Count(told["count"], tuple(("order", name) for name in told["ids"]) if with_ids else ())

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        span = {"since": since.isoformat(), "until": until.isoformat()}
        told = self.get(report, **span)
        of = _of_day if report == "days" else _of_payout
        found = tuple(figure for row in told[report] for figure in of(row, facts.currency))
        return Figures(datetime.fromisoformat(told["now"]), found)

    def balances(self, facts: ChannelFacts) -> Balances | Unknown:
        told = self.get("balances")
        names = BalanceName.AVAILABLE, BalanceName.DEFERRED
        found = tuple(Balance(name, told[name], facts.currency) for name in names)
        return Balances(datetime.fromisoformat(told["now"]), found)

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        return tuple(
            Subscription(one["topic"], one["address"], STATES[one["state"]], "7 failed" * (one["state"] == "failing"))
            for one in self.get("hooks")["hooks"]
        )

    def page(self, found: dict[str, Any], at: str, cursor: bytes, *, is_last: bool) -> Page:
        return Page(json.dumps(found).encode(), datetime.fromisoformat(at), cursor, is_last)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self.send("GET", path, query)

    def find(self, path: str, **query: str) -> dict[str, Any] | None:
        """None where the shop says that there is no such thing."""
        return self.send("GET", path, query, may_lack=True) or None

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: object = None, *, may_lack: bool = False
    ) -> dict[str, Any]:
        status, headers, told = self.request(method, path, query, body)
        if status == 404 and may_lack:
            return {}
        if status == 429:
            raise RateLimitedError("tiny shop", retry_after_seconds=int(headers["Retry-After"]))
        if status != 200:
            raise UnavailableError("tiny shop", f"answered with status {status}")
        if self.carries_errors(told):
            raise UnavailableError("tiny shop", "answered with errors")
        return told

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object
    ) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        if self._session is None:
            self._session = self._context.session()
        try:
            answer = self._session.request(method, f"{self._base}/{path}", params=query, json=body)
        except requests.RequestException:
            raise UnavailableError("tiny shop", "could not be reached") from None
        is_json = answer.headers["Content-Type"] == "application/json"
        return answer.status_code, answer.headers, answer.json() if is_json else {}

    def carries_errors(self, told: dict[str, Any]) -> bool:
        return "errors" in told

    # What follows is pure

    def minimise(self, page: Page) -> bytes:
        told = json.loads(page.body)
        for order in told.get("orders", []):
            for name in order.keys() - set(KEPT):
                del order[name]
        return json.dumps({"as_of": page.as_of.isoformat(), **told}, sort_keys=True).encode()

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        try:
            told = json.loads(content)
            as_of = datetime.fromisoformat(told["as_of"])
        except (ValueError, KeyError, TypeError):
            raise DocumentError("answer", "is none of the shop's", "Pull again", code="tinypull.answer") from None
        for order in told.get("orders", []):
            yield OwnerStart("order", order["id"], as_of, is_whole=not order["more"])
            payloads = [msgspec.json.encode(one) for one in self.payloads(order, as_of, facts)]
            yield from self.read_order(order["id"], payloads)
            yield OwnerEnd(is_final=not order["more"])
        for refund in told.get("refunds", []):
            yield OwnerStart("refund", refund["id"], as_of)
            yield from self.read_order(refund["of"], [msgspec.json.encode(_refund(refund, refund["of"], as_of))])
            yield OwnerEnd()
        for payout in told.get("payouts", []):
            yield OwnerStart("payout", payout["id"], as_of)
            yield from self.payout(payout, as_of, facts)
            yield OwnerEnd(is_final=self.is_final(payout))

    def is_final(self, payout: dict[str, Any]) -> bool:
        return bool(payout["status"] == "paid")

    def payloads(self, order: dict[str, Any], as_of: datetime, facts: ChannelFacts) -> list[Told]:
        shows = None if order["more"] else tuple(back["id"] for back in order["refunds"])
        created = datetime.fromisoformat(order["created_at"])
        sale = Told("order", as_of, order["id"], order["id"], order["total"], created, facts.currency, facts.decimals)
        sale.inside, sale.paid, sale.shows = bool(facts.prices_include_tax), order["paid"], shows
        return [sale, *(_refund(back, order["id"], as_of) for back in order["refunds"])]

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        every = sorted((msgspec.json.decode(one, type=Told) for one in payloads), key=lambda one: one.as_of)
        sales = [one for one in every if one.type == "order"]
        if sales:
            yield from self.sale(sales[-1])
        currency = sales[-1].currency if sales else stand_in.currency if stand_in else ""
        wholes = [sale for sale in sales if sale.shows is not None]
        for back in {one.id: one for one in every if one.type == "refund"}.values():
            is_shown = not wholes or wholes[-1].as_of <= back.as_of or back.id in (wholes[-1].shows or ())
            yield from self.back(back, currency, None if is_shown else wholes[-1].as_of)

    def sale(self, told: Told) -> Iterator[FilePart]:
        tax = tax_inside(told.minor, Decimal(20)) if told.inside else 0
        yield _start(told, DocumentKind.ORDER, told.currency, told.minor)
        lines = [
            Line(
                key="sold",
                kind="sale.product",
                part=Part.SALE,
                amount_minor=told.minor - tax,
                occurred_at=told.at,
                order_id=told.of,
            )
        ]
        if tax:
            lines.append(
                Line(
                    key="sold:tax",
                    kind="tax.collected",
                    part=Part.SALE,
                    amount_minor=tax,
                    occurred_at=told.at,
                    order_id=told.of,
                    tax=taxed_at("", base="sale.product"),
                )
            )
        if told.paid:
            lines.append(_money("paid", Part.RECEIPT, -told.minor, told))
        yield DocumentLines(tuple(lines))
        yield DocumentEnd()

    def back(self, told: Told, currency: str, gone_at: datetime | None) -> Iterator[FilePart]:
        if not currency:
            yield _start(told, DocumentKind.REFUND, NOT_KNOWN, 0, Awaits.ORDER)
            waits = f"refund {told.id} waits for order {told.of}"
            yield DocumentEnd((Problem("tinypull.awaits_order", waits, told.id, blocking=True),))
            return
        yield _start(told, DocumentKind.REFUND, currency, -told.minor)
        lines = [
            Line(
                key="back",
                kind="refund.product",
                part=Part.REFUND,
                amount_minor=-told.minor,
                occurred_at=told.at,
                order_id=told.of,
            )
        ]
        if told.paid:
            lines.append(_money("repaid", Part.REPAYMENT, told.minor, told))
        yield DocumentLines(tuple(lines))
        gone = gone_at and Concern(ConcernKind.GONE, gone_at, -told.minor, "the shop shows it no more")
        yield DocumentEnd((), (gone,) if gone else ())

    def payout(self, told: dict[str, Any], as_of: datetime, facts: ChannelFacts) -> Iterator[FilePart]:
        at = datetime.fromisoformat(told["at"])
        yield DocumentStart(
            kind=DocumentKind.PAYOUT,
            external_id=told["id"],
            currency=facts.currency,
            total_minor=told["minor"],
            opened_at=at,
            closed_at=at,
            as_of=as_of,
            status=told["status"],
            witness=Witness.API,
        )
        yield DocumentLines(
            (Line(key="all", kind="settles", part=Part.PAYOUT, amount_minor=told["minor"], occurred_at=at),)
        )
        yield DocumentEnd()

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        raise DocumentError(f"file {file.name}", "is none", "Nothing is read from files here", code="tinypull.file")


def _refund(back: dict[str, Any], of: str, as_of: datetime) -> Told:
    at = datetime.fromisoformat(back["at"])
    return Told("refund", as_of, back["id"], of, back["minor"], at, paid=back["repaid"])


def _of_day(row: dict[str, Any], currency: str) -> Iterator[Figure]:
    since = datetime.fromisoformat(row["since"])
    until = since + timedelta(days=1)
    yield Figure(FigureName.PLACED, since, until, row["placed"])
    yield Figure(FigureName.TAKINGS, since, until, row["takings"], currency)


def _of_payout(row: dict[str, Any], currency: str) -> Iterator[Figure]:
    at = datetime.fromisoformat(row["at"])
    yield Figure(FigureName.TOTAL, at, at, row["minor"], currency, DocumentKind.PAYOUT, row["id"])


def _start(told: Told, kind: DocumentKind, currency: str, total: int, awaits: Awaits | None = None) -> DocumentStart:
    return DocumentStart(
        kind=kind,
        external_id=told.id,
        currency=currency,
        total_minor=total,
        opened_at=told.at,
        closed_at=told.at,
        paid_at=told.at if told.paid or kind is DocumentKind.REFUND else None,
        as_of=told.as_of,
        order_id=told.of,
        payload=msgspec.json.encode(told),
        witness=Witness.API,
        awaits=awaits,
    )


def _money(key: str, part: Part, minor: int, told: Told) -> Line:
    return Line(
        key=key,
        kind=TENDER,
        part=part,
        amount_minor=minor,
        occurred_at=told.at,
        order_id=told.of,
        attributes=((GATEWAY, "card"),),
        reference=f"card:{told.id}",
    )


def read_notice(_headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """What a notice of the tiny shop says."""
    try:
        told = json.loads(body)
        return (Word(kind=told["kind"], external_id=told["id"]),) if told["kind"] in _NOTICED else ()
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()


_NOTICED = ("order", "refund", "payout")
DOOR: Door[Settings] = Door(
    signing=lambda _app, _connection: Signing("X-Tiny-Signature", ("hush", "the next")), read=read_notice
)


def offer(source: type[TinyPull] = TinyPull, capabilities: SourceCapabilities = CAPABILITIES) -> SourceOffer:
    """What the plugin offers. source: what it builds for every connection."""

    def build(context: Context[Settings]) -> Source:
        return source(context)

    return SourceOffer(
        name="tinypull",
        title="Tiny shop by API",
        version="1.0",
        capabilities=capabilities,
        build=build,
        app_settings=Settings,
        hosts=lambda _app: frozenset({"127.0.0.1"}),
        door=DOOR,
    )


def signed(body: bytes) -> dict[str, str]:
    """The headers of a notice."""
    return {"x-tiny-signature": signature("the next", body)}


class Plugin:
    """A module with hooks."""

    @hookimpl
    def bridge_register_sources(self, register: SourceRegister) -> None:
        register.add(offer())
