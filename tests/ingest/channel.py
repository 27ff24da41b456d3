"""A small channel whose files are JSON, and a desk that knows one connection to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bridge.errors import DocumentError
from bridge.model.connections import Connection, Route, Side
from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.entries import Mode
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.plugin import (
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePart,
    FileType,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
    Stream,
    WindowOf,
)
from tests.charts import AMAZON_CLEARING

OPENED, CLOSED = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)
CONNECTION = Connection(name="shop", plugin="small", side=Side.SOURCE, account="S1")
OTHER = Connection(name="other", plugin="small", side=Side.SOURCE, account="S2")
LEDGER = Connection(name="books", plugin="fake", side=Side.SINK, account="C1")
ROUTE = Route(
    name="main",
    source="shop",
    ledger="books",
    time_zone="America/Los_Angeles",
    first_day=OPENED.date(),
    clearing="1200",
    bank="1000",
)


class Sold(msgspec.Struct):
    """A line in a file."""

    minor: int
    kind: str = "sale.product"
    words: str = "sold"
    at: datetime = CLOSED


class Statement(msgspec.Struct):
    """A settlement in a file; ``total`` is what it says, right or wrong. repeats: the key that its last line bears."""

    id: str = "P-1"
    lines: list[Sold] = []
    total: int | None = None
    currency: str = "USD"
    title: str = ""
    repeats: str = ""


class Fact(msgspec.Struct):
    """An order, or what belongs to one, in a file; ``buyer`` is never handed on.

    paid: minor units from the buyer by gateway (of a refund: back to the buyer). order: its order's id.
    """

    id: str
    lines: list[Sold] = []
    paid: dict[str, int] = {}
    kind: DocumentKind = DocumentKind.ORDER
    order: str = ""
    name: str = ""
    total: int | None = None
    currency: str = "USD"
    status: str = ""
    paid_at: datetime | None = None
    as_of: datetime | None = None
    witness: Witness = Witness.API
    is_test: bool = False
    is_kept: bool = True
    buyer: str = ""


class Stated(msgspec.Struct):
    """What a file states of a document, without its lines."""

    total: int | None
    id: str = ""
    name: str = ""
    tax: int | None = None
    kind: DocumentKind = DocumentKind.ORDER
    currency: str = "USD"
    at: datetime | None = None


class Script(msgspec.Struct):
    """A file: what it holds, and after how many parts its source finds it damaged (0 for never)."""

    statements: list[Statement] = []
    damaged_after: int = 0
    problems: list[Problem] = []
    facts: list[Fact] = []
    stated: list[Stated] = []
    notes: list[Problem] = []


def write(path: Path, *statements: Statement, damaged_after: int = 0, problems: list[Problem] | None = None) -> Path:
    """Put a file there. Returns its path."""
    path.write_bytes(msgspec.json.encode(Script(list(statements), damaged_after, problems or [])))
    return path


def write_facts(
    path: Path,
    *facts: Fact,
    stated: Sequence[Stated] = (),
    statements: Sequence[Statement] = (),
    notes: Sequence[Problem] = (),
) -> Path:
    """Put a file of orders there, of what belongs to them, of what it only states, and of what it says of itself.

    Returns its path.
    """
    script = Script(list(statements), facts=list(facts), stated=list(stated), notes=list(notes))
    path.write_bytes(msgspec.json.encode(script))
    return path


def statement(*amounts: int, name: str = "P-1", total: int | None = None) -> Statement:
    """A settlement of sales; it adds up unless a total is given that does not."""
    return Statement(name, [Sold(amount) for amount in amounts], total)


class SmallSource:
    """Reads such files in pieces of two lines.

    readings: how often it was asked. unfinished: how many readings were neither read to their end nor closed.
    breaks_after: after how many parts it finds a file damaged (0 for never).
    """

    def __init__(self) -> None:
        self.readings = self.unfinished = self.breaks_after = 0

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        self.readings += 1
        with file.open() as stream:
            content = stream.read()
        try:
            script = msgspec.json.decode(content, type=Script)
        except msgspec.DecodeError as error:
            raise DocumentError(
                f"file {file.name}", "is no file of ours", "Bring another", code="small.unknown"
            ) from error
        damaged_after = script.damaged_after or self.breaks_after
        self.unfinished += 1
        try:
            for number, part in enumerate(parts(script), start=1):
                if number == damaged_after:
                    raise DocumentError(
                        f"file {file.name}, line {number}", "is cut", "Bring it again", code="small.cut"
                    )
                yield part
        finally:
            self.unfinished -= 1


def parts(script: Script) -> Iterator[FilePart]:
    """What a script holds, as a source tells it."""
    for each in script.statements:
        total = sum(sold.minor for sold in each.lines) if each.total is None else each.total
        yield DocumentStart(
            kind=DocumentKind.SETTLEMENT,
            external_id=each.id,
            currency=each.currency,
            total_minor=total,
            opened_at=OPENED,
            closed_at=CLOSED,
            pays_at=CLOSED,
            title=each.title,
        )
        lines = tuple(
            Line(
                key=f"{number:04d}",
                kind=sold.kind,
                part=Part.SALE,
                amount_minor=sold.minor,
                occurred_at=sold.at,
                words=sold.words,
            )
            for number, sold in enumerate(each.lines, start=1)
        )
        if each.repeats:
            lines = (*lines[:-1], msgspec.structs.replace(lines[-1], key=each.repeats))
        for first in range(0, len(lines), 2):
            yield DocumentLines(lines[first : first + 2])
        yield DocumentEnd(tuple(script.problems))
    for fact in script.facts:
        yield from _of_fact(fact)
        yield DocumentEnd(tuple(script.problems))
    for said in script.stated:
        yield DocumentCheck(
            kind=said.kind,
            external_id=said.id,
            title=said.name,
            currency=said.currency,
            total_minor=said.total,
            tax_minor=said.tax,
            at=said.at,
        )
    if script.notes:
        yield FileNotes(tuple(script.notes))


def _of_fact(fact: Fact) -> Iterator[FilePart]:
    is_refund = fact.kind is DocumentKind.REFUND
    order = fact.order or (fact.id if fact.kind is DocumentKind.ORDER else "")
    yield DocumentStart(
        kind=fact.kind,
        external_id=fact.id,
        currency=fact.currency,
        total_minor=sum(sold.minor for sold in fact.lines) if fact.total is None else fact.total,
        opened_at=CLOSED,
        closed_at=CLOSED,
        title=fact.name,
        paid_at=fact.paid_at,
        as_of=fact.as_of,
        order_id=order,
        status=fact.status,
        payload=payload(order or fact.id) if fact.is_kept else b"",
        witness=fact.witness,
    )
    yield DocumentLines(
        tuple(
            Line(
                key=f"{number:04d}",
                kind="ignored" if fact.is_test else sold.kind,
                part=Part.REFUND if is_refund else Part.SALE,
                amount_minor=sold.minor,
                occurred_at=sold.at,
                order_id=order,
                words=sold.words,
            )
            for number, sold in enumerate(fact.lines, start=1)
        )
    )
    yield DocumentLines(
        tuple(
            Line(
                key=f"{gateway}:tender",
                kind="ignored" if fact.is_test else TENDER,
                part=Part.REPAYMENT if is_refund else Part.RECEIPT,
                amount_minor=minor if is_refund else -minor,
                occurred_at=CLOSED,
                order_id=order,
                attributes=((GATEWAY, gateway),),
                reference=f"{gateway}:{fact.id}",
            )
            for gateway, minor in fact.paid.items()
        )
    )


def payload(order: str) -> bytes:
    """What the channel hands on of an order and all that belongs to it."""
    return msgspec.json.encode({"order": order})


def offer(source: SmallSource) -> SourceOffer:
    """What the channel's plugin would declare."""
    capabilities = SourceCapabilities(
        modes=(Mode.PAYOUT,),
        files=(FileType("JSON: books"),),
        accounts=(AMAZON_CLEARING,),
        clearing="1200",
        bank="1000",
        prefix="SML",
        streams=(
            Stream(name="orders", title="orders", owners=("order",), window=WindowOf.CHANGED),
            Stream(name="payouts", title="payouts", owners=("payout",), window=WindowOf.LISTED),
        ),
    )
    return SourceOffer(
        name="small", title="Small channel", version="1.2", capabilities=capabilities, build=lambda _: source
    )
