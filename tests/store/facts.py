"""Facts to keep: small, whole, and different where a test says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import Fate, JournalEntry, Mode, Posting, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.lines import Line, Part
from bridge.model.vouchers import AccountRef, LedgerCopy, LedgerLine, Voucher, VoucherLine, voucher_id
from bridge.store.api import KeptDocument, OpenLine, UnitOfWork

NOON = datetime(2026, 6, 14, 12, tzinfo=UTC)
LEDGER = "books"
SETTLEMENT = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, "6100000001")


def bind(unit: UnitOfWork, document_id: str, revision: int, fates: Sequence[Fate], *, again: bool = False) -> None:
    """Give lines their fates. again: in place of those of an entry that gave way."""
    lines = (
        Line(key=fate.line_key, kind="sale.product", part=Part.SALE, amount_minor=0, occurred_at=NOON) for fate in fates
    )
    unit.entries.bind(
        [(OpenLine(document_id, revision, line, again), fate) for line, fate in zip(lines, fates, strict=True)]
    )


def connection(name: str = "amazon-us", account: str = "A1SELLER", plugin: str = "amazon") -> Connection:
    return Connection(name=name, plugin=plugin, side=Side.SOURCE, account=account)


def route(name: str = "us") -> Route:
    return Route(
        name=name,
        source="amazon-us",
        ledger=LEDGER,
        time_zone="America/Los_Angeles",
        first_day=date(2026, 1, 1),
        clearing="1240",
        bank="1010",
    )


def lines(count: int, *, amount_minor: int = 1000, kind: str = "sale.product", **more: Any) -> tuple[Line, ...]:
    return tuple(
        Line(
            key=f"{number:07d}",
            kind=kind,
            part=Part.SALE,
            amount_minor=amount_minor,
            occurred_at=NOON + timedelta(seconds=number),
            **more,
        )
        for number in range(1, count + 1)
    )


def document(some: Sequence[Line] = (), *, revision: int = 1, identity: Identity = SETTLEMENT, **more: Any) -> Document:
    facts: dict[str, Any] = {
        "identity": identity,
        "revision": revision,
        "currency": "USD",
        "total_minor": sum(line.amount_minor for line in some),
        "opened_at": NOON - timedelta(days=14),
        "closed_at": NOON,
        "pays_at": NOON + timedelta(days=2),
        "line_count": len(some),
        "content_hash": f"content-{revision}",
        "vault_hash": "raw",
        "witness": Witness.FILE,
        "plugin": "amazon",
        "plugin_version": "0.1.0",
        "title": "settlement 6100000001",
    }
    return Document(**(facts | more))


def kept(some: Document, state: DocumentState = DocumentState.NEW, **more: Any) -> KeptDocument:
    return KeptDocument(some, connection().connection_id, some.total_minor, state, NOON, **more)


def save(unit: UnitOfWork, some: Sequence[Line], head: Document | None = None, **more: Any) -> KeptDocument:
    """A document with its lines, as ingest saves it."""
    whole = kept(head or document(some), **more)
    unit.documents.add_many([(whole, some)])
    return whole


def numbered(number: int) -> tuple[KeptDocument, tuple[Line, ...]]:
    """One of many small documents."""
    some = lines(2)
    identity = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, f"{number}")
    return kept(document(some, identity=identity, content_hash=f"content-{number}")), some


def slot(part: str = "2026-06", group: str = "6100000001", route_id: str = "") -> Slot:
    return Slot(route_id or route().route_id, Mode.PAYOUT, group, part)


def entry(number: int = 1, *, place: Slot | None = None, amount_minor: int = 1000, **more: Any) -> JournalEntry:
    facts: dict[str, Any] = {
        "slot": place or slot(),
        "number": number,
        "document_id": SETTLEMENT.document_id,
        "revision": 1,
        "booked_on": date(2026, 6, 14),
        "currency": "USD",
        "narration": "Amazon settlement 6100000001",
        "postings": (
            Posting(1, "4000", -amount_minor, "sale.product", "default", 1, tracking="US"),
            Posting(2, "1240", amount_minor, "settlement.total", "", description="total"),
        ),
        "rule_version": 3,
        "content_hash": "content-1",
        "plugin_version": "0.1.0",
    }
    return JournalEntry(**(facts | more))


def booked(some: Sequence[Line], entry_id: str, posting: int = 1) -> tuple[Fate, ...]:
    return tuple(Fate(line.key, entry_id, posting) for line in some)


def voucher(entry_id: str = "ent_1", number: int = 1, **more: Any) -> Voucher:
    sales, clearing = AccountRef("79", "4000", "Sales"), AccountRef("80", "1240", "Amazon clearing")
    facts: dict[str, Any] = {
        "voucher_id": voucher_id(entry_id, number),
        "entry_id": entry_id,
        "type": "JournalEntry",
        "number": f"AMZ-{entry_id}-{number}",
        "key": f"brk_{entry_id}_{number}",
        "dated_on": date(2026, 6, 14),
        "currency": "USD",
        "memo": "Amazon settlement 6100000001",
        "lines": (
            VoucherLine(account=sales, amount_minor=-1000, description="sales"),
            VoucherLine(account=clearing, amount_minor=1000),
        ),
    }
    return Voucher(**(facts | more))


def delivery(entry_id: str = "ent_1", state: DeliveryState = DeliveryState.OWED, **more: Any) -> Delivery:
    after: tuple[str, ...] = more.pop("after", ())
    facts: dict[str, Any] = {
        "voucher_id": voucher_id(entry_id, 1),
        "entry_id": entry_id,
        "ledger": LEDGER,
        "route_id": route().route_id,
        "voucher": voucher(entry_id, after=after),
        "state": state,
    }
    return Delivery(**(facts | more))


def moved(before: Delivery, state: DeliveryState, **more: Any) -> Delivery:
    return msgspec.structs.replace(before, state=state, **more)


def copy(ref: str = "145", *, amount_minor: int = 1000, **more: Any) -> LedgerCopy:
    facts: dict[str, Any] = {
        "ref": ref,
        "type": "JournalEntry",
        "number": f"AMZ-{ref}",
        "dated_on": date(2026, 6, 14),
        "currency": "USD",
        "lines": (LedgerLine("79", -amount_minor, "sales"), LedgerLine("80", amount_minor)),
        "memo": "Amazon settlement",
        "key": f"brk_{ref}",
        "version": "0",
    }
    return LedgerCopy(**(facts | more))


def finding(subject: str = "vch_1", code: str = "drift.amount", amount_minor: int = 100, **more: Any) -> Finding:
    facts: dict[str, Any] = {
        "code": code,
        "severity": Severity.ERROR,
        "route_id": route().route_id,
        "subject": subject,
        "title": "The amount differs",
        "amount_minor": amount_minor,
        "currency": "USD",
        "cause": "somebody edited it",
        "repair": "set it back",
        "evidence": (("total", "10.00", "11.00"),),
    }
    return Finding(**(facts | more))
