"""A small channel whose documents of one order hang together: a refund names no currency, and an order may change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bridge.model.documents import Awaits, DocumentKind, Problem, Witness
from bridge.model.entries import Mode
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.model.money import NOT_KNOWN
from bridge.plugin import (
    Concern,
    ConcernKind,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    FileType,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    StandIn,
    Tender,
    TenderClass,
)
from tests.ingest.channel import CLOSED


class Sale(msgspec.Struct, tag="sale", frozen=True):
    """An order as it stands. refunds: those it shows. told_at: when the channel answered.

    is_doubted: whether it must not be booked as it is.
    """

    id: str
    minor: int
    told_at: datetime
    currency: str = "GBP"
    refunds: tuple[str, ...] = ()
    is_cancelled: bool = False
    is_doubted: bool = False


class Back(msgspec.Struct, tag="back", frozen=True):
    """A refund: positive minor units, of a currency that only its order tells."""

    id: str
    of: str
    minor: int
    told_at: datetime


Thing = Sale | Back
_FILE = msgspec.json.Decoder(list[Thing])


def write(path: Path, *things: Thing) -> Path:
    """Put a file there. Returns its path."""
    path.write_bytes(msgspec.json.encode(list(things)))
    return path


class JoinedSource:
    """Reads such files. asked: the order and how many payloads of each reading of an order by itself."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            things = _FILE.decode(stream.read())
        for order_id in dict.fromkeys(_order_of(thing) for thing in things):
            yield from _whole(order_id, [thing for thing in things if _order_of(thing) == order_id], None)

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        self.asked.append((order_id, len(payloads)))
        return _whole(order_id, [thing for payload in payloads for thing in _FILE.decode(payload)], stand_in)


def _order_of(thing: Thing) -> str:
    return thing.id if isinstance(thing, Sale) else thing.of


def _whole(order_id: str, things: Sequence[Thing], stand_in: StandIn | None) -> Iterator[FilePart]:
    """All documents of an order: it was charged what it came to first, and what it came to later is dated then."""
    told = sorted(dict.fromkeys(things), key=lambda thing: thing.told_at)
    sales = [thing for thing in told if isinstance(thing, Sale)]
    backs = {thing.id: thing for thing in told if isinstance(thing, Back)}
    if sales:
        yield from _sale(sales, sum(backs[name].minor for name in sales[-1].refunds if name in backs))
    for back in backs.values():
        if not sales and stand_in is None:
            yield from _awaiting(back)
            continue
        gone = bool(sales) and back.id not in sales[-1].refunds and sales[-1].told_at > back.told_at
        currency = sales[-1].currency if sales else stand_in.currency if stand_in else ""
        yield from _refund(back, order_id, currency, sales[-1].told_at if gone else None)


def _sale(sales: Sequence[Sale], refunded: int) -> Iterator[FilePart]:
    first, last = sales[0], sales[-1]
    yield DocumentStart(
        kind=DocumentKind.ORDER,
        external_id=first.id,
        currency=last.currency,
        total_minor=last.minor,
        opened_at=CLOSED,
        closed_at=CLOSED,
        title=f"#{first.id}",
        paid_at=CLOSED,
        as_of=last.told_at,
        order_id=first.id,
        payload=msgspec.json.encode(sales),
        witness=Witness.API,
    )
    lines = [
        Line(
            key="sold",
            kind="sale.product",
            part=Part.SALE,
            amount_minor=first.minor,
            occurred_at=CLOSED,
            order_id=first.id,
        )
    ]
    before = first.minor
    for sale in sales[1:]:
        if sale.minor != before:
            name = f"edit {sale.told_at:%Y-%m-%d}"
            lines.append(
                Line(
                    key=name,
                    kind="sale.product",
                    part=Part.SALE,
                    amount_minor=sale.minor - before,
                    occurred_at=sale.told_at,
                    order_id=first.id,
                )
            )
            before = sale.minor
    lines.append(_money("paid", Part.RECEIPT, -first.minor, CLOSED, first.id))
    yield DocumentLines(tuple(lines))
    concerns = []
    if last.minor != first.minor:
        message = f"{last.minor - first.minor} was not charged"
        concerns.append(Concern(ConcernKind.EDITED, last.told_at, last.minor - first.minor, message))
    if last.is_cancelled and refunded < last.minor:
        left = last.minor - refunded
        concerns.append(Concern(ConcernKind.CANCELLED, last.told_at, left, "cancelled without a refund"))
    doubt = Problem("joined.doubted", f"order {last.id} cannot be right", f"order {last.id}", blocking=True)
    yield DocumentEnd((doubt,) if last.is_doubted else (), tuple(concerns))


def _refund(back: Back, order_id: str, currency: str, gone_at: datetime | None) -> Iterator[FilePart]:
    yield _start(back, currency, -back.minor, is_awaiting=False)
    line = Line(
        key="back",
        kind="refund.product",
        part=Part.REFUND,
        amount_minor=-back.minor,
        occurred_at=back.told_at,
        order_id=order_id,
    )
    yield DocumentLines((line, _money("repaid", Part.REPAYMENT, back.minor, back.told_at, order_id)))
    concern = Concern(ConcernKind.GONE, gone_at, -back.minor, "the shop shows it no more") if gone_at else None
    yield DocumentEnd((), (concern,) if concern else ())


def _awaiting(back: Back) -> Iterator[FilePart]:
    yield _start(back, NOT_KNOWN, 0, is_awaiting=True)
    message = f"refund {back.id} of {back.minor} waits for order {back.of}"
    yield DocumentEnd((Problem("joined.refund.awaits_order", message, f"refund {back.id}", blocking=True),))


def _start(back: Back, currency: str, total: int, *, is_awaiting: bool) -> DocumentStart:
    return DocumentStart(
        kind=DocumentKind.REFUND,
        external_id=back.id,
        currency=currency,
        total_minor=total,
        opened_at=back.told_at,
        closed_at=back.told_at,
        title=f"{back.id} of order {back.of}",
        paid_at=back.told_at,
        as_of=back.told_at,
        order_id=back.of,
        payload=msgspec.json.encode([back]),
        witness=Witness.API,
        awaits=Awaits.ORDER if is_awaiting else None,
    )


def _money(key: str, part: Part, minor: int, at: datetime, order_id: str) -> Line:
    return Line(
        key=key,
        kind=TENDER,
        part=part,
        amount_minor=minor,
        occurred_at=at,
        order_id=order_id,
        attributes=((GATEWAY, "card"),),
    )


def offer(source: JoinedSource) -> SourceOffer:
    """What the channel's plugin would declare."""
    capabilities = SourceCapabilities(
        modes=(Mode.DAY, Mode.ORDER),
        files=(FileType("JSON: books"),),
        clearing="1240",
        bank="1000",
        prefix="JND",
        tenders=(Tender("*", "1240", TenderClass.PAYS_OUT),),
        joins_orders=True,
    )
    return SourceOffer(
        name="small", title="Joined channel", version="1.2", capabilities=capabilities, build=lambda _: source
    )
