"""A tiny channel whose files are JSON lines, a sound source that reads them, and the kit over it.

The first line says what the file is and how many lines follow. What is bad in a twin is a change of one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from bridge.errors import DocumentError
from bridge.model.documents import Awaits, DocumentKind, Problem
from bridge.model.entries import Mode
from bridge.model.line_tax import taxed_at
from bridge.model.lines import GATEWAY, TENDER, UNCLASSIFIED, Line, Part
from bridge.model.money import NOT_KNOWN, minor_from_text
from bridge.plugin import (
    Context,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    FileType,
    FileUse,
    Source,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    SourceRegister,
    StandIn,
    Tender,
    TenderClass,
    hookimpl,
)
from bridge.testing import Expected, SampleFile, SourceConformance
from bridge.testing.sources import ReadDocument

T = TypeVar("T")
KINDS = {
    ("order", "product"): ("sale.product", Part.SALE),
    ("order", "shipping"): ("sale.shipping", Part.SALE),
    ("order", "tax"): ("tax.collected", Part.SALE),
    ("refund", "product"): ("refund.product", Part.REFUND),
    ("fee", "processing"): ("fee.payment", Part.FEE),
    ("payout", "charge"): ("settles", Part.PAYOUT),
    ("settlement", "product"): ("sale.product", Part.SALE),
}
CAPABILITIES = SourceCapabilities(
    modes=(Mode.DAY, Mode.ORDER, Mode.PAYOUT),
    files=(FileType("Exports."), FileType("Reports.", FileUse.CHECKS)),
    clearing="1240",
    bank="1000",
    prefix="TNY",
    tenders=(Tender("card", "1240", TenderClass.MARKETPLACE_PAYOUT), Tender("voucher", "2200", TenderClass.LIABILITY)),
    payable=("card",),
    joins_orders=True,
)


class Head(msgspec.Struct):
    """The first line of a file."""

    tiny: str
    count: int


class Row(msgspec.Struct):
    """One amount, or one payment."""

    id: str
    amount: str
    type: str = ""
    gateway: str = ""
    rate: str = ""


class Said(msgspec.Struct, omit_defaults=True):
    """One line of a file. email is the buyer's."""

    type: str
    id: str
    at: datetime
    currency: str
    total: str
    order: str = ""
    paid_at: datetime | None = None
    lines: tuple[Row, ...] = ()
    payments: tuple[Row, ...] = ()
    email: str = ""


class TinySource:
    """Reads the files of the tiny channel."""

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """One document, or one check, a line."""
        with file.open() as stream:
            head = self.decoded(stream.readline().removeprefix(b"\xef\xbb\xbf"), Head, file.name)
            count = 0
            currencies: dict[str, str] = {}
            for raw in stream:
                said = self.decoded(raw, Said, file.name)
                if said.type == "order":
                    currencies[said.order] = said.currency
                known = said.currency or currencies.get(said.order, "")
                yield from self.checked(said, file.name) if head.tiny == "report" else self.told(said, known, file.name)
                count += 1
        if count != head.count or not count:
            raise refused(file.name, "cut", f"says that it has {head.count} lines, and has {count}")

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        """All of an order: what it says last counts; a refund may leave it to the order to tell its currency."""
        name = f"order {order_id}"
        every = [self.decoded(payload, Said, name) for payload in payloads]
        last = {(said.type, said.id): said for said in sorted(every, key=lambda said: said.at)}
        currencies = [said.currency for said in last.values() if said.type == "order"]
        currency = currencies[0] if currencies else ""
        for said in last.values():
            if not currencies and stand_in is not None:
                yield from self.told(self.on_their_word(said, stand_in), stand_in.currency, name)
            else:
                yield from self.told(said, said.currency or currency, name)

    def on_their_word(self, said: Said, stand_in: StandIn) -> Said:
        payments = tuple(msgspec.structs.replace(row, gateway=stand_in.gateway) for row in said.payments)
        return msgspec.structs.replace(said, currency="", payments=payments)

    def told(self, said: Said, currency: str, name: str) -> Iterator[FilePart]:
        """A document in a currency; without one it awaits the order that tells it."""
        if currency and said.currency == currency:
            yield from self.document(said, name)
        elif currency:
            whole = msgspec.structs.replace(said, currency=currency)
            for part in self.document(whole, name):
                payload = msgspec.json.encode(msgspec.structs.replace(said, email=""))
                yield msgspec.structs.replace(part, payload=payload) if isinstance(part, DocumentStart) else part
        else:
            yield from self.awaiting(said, name)

    def awaiting(self, said: Said, name: str) -> Iterator[FilePart]:
        yield DocumentStart(
            kind=DocumentKind(said.type),
            external_id=said.id,
            currency=NOT_KNOWN,
            total_minor=0,
            opened_at=said.at,
            closed_at=said.at,
            order_id=said.order,
            payload=msgspec.json.encode(msgspec.structs.replace(said, email="")),
            awaits=Awaits.ORDER,
        )
        waits = f"{said.type} {said.id} waits for order {said.order}"
        yield DocumentEnd((Problem("tiny.awaits_order", waits, name, blocking=True),))

    def decoded(self, raw: bytes, kind: type[T], name: str) -> T:
        with suppress(msgspec.MsgspecError, UnicodeDecodeError):
            return msgspec.json.decode(raw, type=kind)
        raise refused(name, "line", f"has a line that is no {kind.__name__}")

    def amount(self, text: str, currency: str, name: str) -> int:
        try:
            return minor_from_text(text, currency)
        except DocumentError as error:
            raise refused(name, "amount", "has an amount or a currency that is none") from error

    def checked(self, said: Said, name: str) -> Iterator[FilePart]:
        total = self.amount(said.total, said.currency, name)
        yield DocumentCheck(
            kind=DocumentKind.ORDER, external_id=said.id, title="", currency=said.currency, total_minor=total
        )

    def document(self, said: Said, name: str) -> Iterator[FilePart]:
        try:
            kind = DocumentKind(said.type)
        except ValueError:
            raise refused(name, "type", "has a document of a type that is none") from None
        if said.at.tzinfo is None or (said.paid_at is not None and said.paid_at.tzinfo is None) or not said.id:
            raise refused(name, "line", "has an instant without a zone, or no id")
        start = DocumentStart(
            kind=kind,
            external_id=said.id,
            currency=said.currency,
            total_minor=self.amount(said.total, said.currency, name),
            opened_at=said.at,
            closed_at=said.at,
            paid_at=said.paid_at,
            order_id=said.order,
            payload=msgspec.json.encode(msgspec.structs.replace(said, email="")),
        )
        lines = [self.line(said, row, name) for row in said.lines]
        lines += [self.payment(said, row, name) for row in said.payments]
        unknown = [line for line in lines if line.kind == UNCLASSIFIED]
        problem = Problem(
            "tiny.unclassified", f"{len(unknown)} line(s) of a type that is not known", name, blocking=True
        )
        yield start
        yield DocumentLines(tuple(lines))
        yield DocumentEnd((problem,) if unknown else ())

    def line(self, said: Said, row: Row, name: str) -> Line:
        kind, part = KINDS.get((said.type, row.type), (UNCLASSIFIED, Part.ADJUSTMENT))
        return Line(
            key=row.id,
            kind=kind,
            part=part,
            amount_minor=self.amount(row.amount, said.currency, name),
            occurred_at=said.at,
            order_id=said.order,
            words=f"{said.type}|{row.type}",
            tax=taxed_at(row.rate, base="sale.product" if kind.startswith("tax.") else ""),
        )

    def payment(self, said: Said, row: Row, name: str) -> Line:
        part = Part.RECEIPT if said.type == "order" else Part.REPAYMENT
        amount = self.amount(row.amount, said.currency, name)
        attributes = ((GATEWAY, row.gateway),)
        return Line(
            key=row.id,
            kind=TENDER,
            part=part,
            amount_minor=amount,
            occurred_at=said.at,
            order_id=said.order,
            attributes=attributes,
            reference=f"{row.gateway}:{row.id}",
        )


def refused(name: str, code: str, cause: str) -> DocumentError:
    return DocumentError(f"file {name}", cause, "Export it again", code=f"tiny.{code}")


def offer(source: type[TinySource] = TinySource, capabilities: SourceCapabilities = CAPABILITIES) -> SourceOffer:
    """What the channel's plugin offers. source: what it builds for every connection."""

    def build(_: Context) -> Source:
        return source()

    return SourceOffer(name="tiny", title="Tiny shop", version="1.0", capabilities=capabilities, build=build)


class Plugin:
    """A module with hooks; offers what it is given."""

    def __init__(self, offered: SourceOffer) -> None:
        self._offered = offered

    @hookimpl
    def bridge_register_sources(self, register: SourceRegister) -> None:
        register.add(self._offered)


# Samples


EMAIL = "ann.buyer@example.com"
AT = "2026-06-03T10:00:00Z"
ORDER = {
    "type": "order",
    "id": "1001",
    "order": "1001",
    "at": AT,
    "paid_at": AT,
    "currency": "USD",
    "total": "26.60",
    "email": EMAIL,
    "lines": [
        {"id": "1", "type": "product", "amount": "20.00", "rate": "8"},
        {"id": "2", "type": "shipping", "amount": "5.00"},
        {"id": "1:tax", "type": "tax", "amount": "1.60", "rate": "8"},
    ],
    "payments": [
        {"id": "t1", "gateway": "card", "amount": "-20.00"},
        {"id": "t2", "gateway": "voucher", "amount": "-6.60"},
    ],
}
UNPAID = {
    "type": "order",
    "id": "1002",
    "order": "1002",
    "at": AT,
    "currency": "USD",
    "total": "5.00",
    "lines": [{"id": "1", "type": "product", "amount": "5.00"}],
}
REFUND = {
    "type": "refund",
    "id": "r1",
    "order": "1001",
    "at": AT,
    "paid_at": AT,
    "currency": "USD",
    "total": "-20.00",
    "lines": [{"id": "1", "type": "product", "amount": "-20.00"}],
    "payments": [{"id": "t3", "gateway": "card", "amount": "20.00"}],
}
FEE = {
    "type": "fee",
    "id": "f1",
    "order": "1001",
    "at": AT,
    "paid_at": AT,
    "currency": "USD",
    "total": "-0.88",
    "lines": [{"id": "1", "type": "processing", "amount": "-0.88"}],
    "payments": [{"id": "f1", "gateway": "card", "amount": "0.88"}],
}
PAYOUT = {
    "type": "payout",
    "id": "p1",
    "at": AT,
    "currency": "USD",
    "total": "20.00",
    "lines": [{"id": "1", "type": "charge", "amount": "20.00"}],
}
SETTLEMENT = PAYOUT | {"type": "settlement", "id": "s1", "lines": [{"id": "1", "type": "product", "amount": "20.00"}]}
CHECK = {"type": "order", "id": "1001", "at": AT, "currency": "USD", "total": "26.60"}


def export(*documents: object, tiny: str = "export") -> bytes:
    """A file of the tiny channel."""
    rows = [msgspec.json.encode(row) for row in ({"tiny": tiny, "count": len(documents)}, *documents)]
    return b"".join(row + b"\n" for row in rows)


SAMPLES = (
    SampleFile(
        "export.jsonl",
        export(ORDER, UNPAID, REFUND, FEE),
        (
            Expected(
                DocumentKind.ORDER,
                "1001",
                "USD",
                2660,
                {"sale.product": 2000, "sale.shipping": 500, "tax.collected": 160},
            ),
            Expected(DocumentKind.ORDER, "1002", "USD", 500),
            Expected(DocumentKind.REFUND, "r1", "USD", -2000),
            Expected(DocumentKind.FEE, "f1", "USD", -88, {"fee.payment": -88}),
        ),
    ),
    SampleFile("payouts.jsonl", export(PAYOUT, SETTLEMENT)),
    SampleFile("report.jsonl", export(CHECK, tiny="report")),
    SampleFile(
        "refunds.jsonl",
        export(REFUND | {"id": "r2", "currency": ""}, REFUND | {"id": "r3"}),
        held=("tiny.awaits_order",),
    ),
)


class Shop(SourceConformance):
    """The kit over the sound source; every check passes."""

    module = "tests.kit.shop"
    large_bytes = 60_000
    examples = 6

    def offer(self) -> SourceOffer:
        return offer()

    def plugin(self) -> object:
        return Plugin(self.offer())

    def samples(self) -> Sequence[SampleFile]:
        return SAMPLES

    def buyer_markers(self) -> Sequence[str]:
        return (EMAIL,)

    def with_unknown_type(self, content: bytes) -> bytes:
        return content.replace(b'"type":"shipping"', b'"type":"teleport"')

    def with_amount(self, content: bytes, change: Callable[[str], str]) -> bytes:
        return content.replace(b'"5.00"', msgspec.json.encode(change("5.00")))

    def repeat(self, content: bytes, times: int) -> bytes:
        rows = content.splitlines(keepends=True)[1:]
        return export(*(msgspec.Raw(row.strip()) for row in rows * times))

    def write(self, documents: Sequence[ReadDocument]) -> bytes:
        return export(*(msgspec.Raw(document.start.payload) for document in documents))

    def read_payload(self, payload: bytes) -> Iterator[FilePart]:
        return self.source().read_file(SampleFile("payload", export(msgspec.Raw(payload))))
