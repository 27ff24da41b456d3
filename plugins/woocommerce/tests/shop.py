"""A shop's answers written to order, and files read as the host reads them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from bridge.ingest.survey import Surveyed, walk
from bridge.model.documents import DocumentKind, Problem
from bridge.model.lines import Line
from bridge.plugin import Concern, DocumentEnd, DocumentLines, DocumentStart, FileNotes, FilePart, StandIn
from bridge_woocommerce.addresses import site_of
from bridge_woocommerce.files import WooCommerceSource

SAMPLES = Path(__file__).parent / "samples"
SHOPS = ["gb_inclusive", "us_exclusive"]
ZONES = {"gb_inclusive": "Europe/London", "us_exclusive": "America/Los_Angeles"}


class MemoryFile:
    """A SourceFile over bytes."""

    charset = ""

    def __init__(self, content: bytes, *, name: str = "orders.json") -> None:
        self.content, self.name, self.size = content, name, len(content)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class Reading(msgspec.Struct, frozen=True):
    """One document as the source gave it."""

    start: DocumentStart
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    concerns: tuple[Concern, ...] = ()

    @property
    def name(self) -> tuple[DocumentKind, str]:
        return self.start.kind, self.start.external_id

    @property
    def booked(self) -> tuple[Line, ...]:
        """The lines that make its total."""
        return tuple(line for line in self.lines if not line.part.is_money)

    @property
    def off_minor(self) -> int:
        return sum(line.amount_minor for line in self.booked) - self.start.total_minor

    def by_kind(self) -> dict[str, int]:
        """Minor units by kind, zeros left out, money that moved included."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.kind] = sums.get(line.kind, 0) + line.amount_minor
        return {kind: minor for kind, minor in sums.items() if minor}

    def by_rate(self) -> dict[tuple[str, str], int]:
        """Minor units by kind and rate, money that moved aside."""
        sums: dict[tuple[str, str], int] = {}
        for line in self.booked:
            key = line.kind, line.tax_rate
            sums[key] = sums.get(key, 0) + line.amount_minor
        return {key: minor for key, minor in sums.items() if minor}

    @property
    def content_hash(self) -> str:
        """By which the host knows a content again."""
        parts: list[FilePart] = [self.start, DocumentLines(self.lines), DocumentEnd(self.problems, self.concerns)]
        return next(part.content_hash for part in walk(iter(parts), "a test") if isinstance(part, Surveyed))

    def line(self, key: str) -> Line:
        return next(line for line in self.lines if line.key == key)

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


def shop(*, account: str = "", decimals: int | None = None) -> WooCommerceSource:
    """The source of a connection."""
    sites = [site for site in [site_of(account)] if site is not None]
    return WooCommerceSource(max_file_megabytes=64, decimals=decimals, sites=sites)


def gather(parts: Iterable[FilePart]) -> list[Reading]:
    """The documents among a source's parts."""
    found: list[Reading] = []
    start: DocumentStart | None = None
    lines: list[Line] = []
    for part in parts:
        if isinstance(part, DocumentStart):
            start, lines = part, []
        elif isinstance(part, DocumentLines):
            lines += part.lines
        elif isinstance(part, DocumentEnd):
            assert start is not None
            found.append(Reading(start, tuple(lines), part.problems, part.concerns))
    return found


def notes(content: bytes) -> list[Problem]:
    """What is said of a file as a whole."""
    parts = shop().read_file(MemoryFile(content))
    return [problem for part in parts if isinstance(part, FileNotes) for problem in part.problems]


def read_bytes(content: bytes, source: WooCommerceSource | None = None) -> list[Reading]:
    """Every document of a file."""
    return gather((source or shop()).read_file(MemoryFile(content)))


def read(told: Any, source: WooCommerceSource | None = None) -> list[Reading]:
    """Every document of a file that holds this JSON."""
    return read_bytes(json.dumps(told).encode(), source)


def one(told: Any, kind: DocumentKind = DocumentKind.ORDER, source: WooCommerceSource | None = None) -> Reading:
    """The only document of that kind."""
    (found,) = [each for each in read(told, source) if each.start.kind is kind]
    return found


def join(*files: Any, order_id: str = "75", stand_in: StandIn | None = None) -> list[Reading]:
    """An order as the host reads it once its files were brought one after the other, each as JSON."""
    kept: dict[tuple[DocumentKind, str], list[tuple[str, bytes]]] = {}
    found: list[Reading] = []
    for told in files:
        found = read(told)
        before = _payloads(kept)
        in_file = {each.start.payload: None for each in found if each.start.order_id == order_id}
        if not before.keys() <= in_file.keys():
            found = gather(shop().read_order(order_id, [*(each for each in before if each not in in_file), *in_file]))
        for each in found:
            revisions, content = kept.setdefault(each.name, []), each.content_hash
            if revisions and revisions[-1][0] == content:
                revisions.pop()
            revisions.append((content, each.start.payload))
    return gather(shop().read_order(order_id, list(_payloads(kept)), stand_in)) if stand_in is not None else found


def _payloads(kept: Mapping[tuple[DocumentKind, str], list[tuple[str, bytes]]]) -> dict[bytes, None]:
    """What the host keeps: of each content of a document the last that was given."""
    return {payload: None for revisions in kept.values() for _, payload in revisions}


def sample(path: str) -> bytes:
    return (SAMPLES / f"{path}.json").read_bytes()


def told(path: str) -> Any:
    """A sample as JSON, amounts in numbers exact."""
    return json.loads(sample(path), parse_float=Decimal)


def recording(shop: str) -> list[Reading]:
    """All orders and refunds of a recorded shop, read from one file with both answers, six decimals."""
    return read_bytes(b"[%s,%s]" % (sample(f"{shop}/orders/all_dp6_oldest_first"), sample(f"{shop}/refunds/all_dp6")))


def cents(text: str | Decimal) -> int:
    """Half up, away from zero: the shop's own rule."""
    exact = Decimal(text) * 100
    return int(exact.quantize(Decimal(1), "ROUND_HALF_UP"))


# Answers


def recorded(body: Any, *, path: str = "/wp-json/wc/v3/orders", at: str = "Thu, 12 Mar 2026 09:00:00 GMT") -> Any:
    return {"request": {"method": "GET", "path": path}, "status": 200, "headers": {"Date": at}, "body": body}


def tax(rate: int, total: str, before: str | None = None) -> dict[str, Any]:
    """before: without discounts; the same where there are none."""
    return {"id": rate, "total": total, "subtotal": total if before is None else before}


def tax_line(rate: int, percent: float, total: str, shipping: str = "0.00") -> dict[str, Any]:
    return {
        "id": 900 + rate,
        "rate_id": rate,
        "rate_code": f"RATE-{rate}",
        "rate_percent": percent,
        "tax_total": total,
        "shipping_tax_total": shipping,
    }


def item(number: int = 1, total: str = "10.00", taxes: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    fields = {"id": number, "name": "Mug", "quantity": 1, "subtotal": total, "total": total, "sku": f"SKU-{number}"}
    return {**fields, "total_tax": "0.00", "taxes": list(taxes), "price": 3.3333333333333335, **more}


def fee(number: int, total: str, taxes: Sequence[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    return {"id": number, "name": "Handling", "total": total, "total_tax": "0.00", "taxes": list(taxes), **more}


def shipping(number: int, total: str, taxes: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"id": number, "method_id": "flat_rate", "total": total, "total_tax": "0.00", "taxes": list(taxes)}


def order(number: int = 75, total: str = "10.00", **more: Any) -> dict[str, Any]:
    """A paid order of one untaxed mug, unless told otherwise."""
    fields = {
        "id": number,
        "number": str(number),
        "status": "processing",
        "currency": "GBP",
        "date_created_gmt": "2026-03-10T09:00:00",
        "date_modified_gmt": "2026-03-10T09:00:05",
        "date_paid_gmt": "2026-03-10T09:00:01",
        "total": total,
        "total_tax": "0.00",
        "payment_method": "stripe",
        "transaction_id": "ch_1",
        "line_items": [item()],
        "shipping_lines": [],
        "fee_lines": [],
        "tax_lines": [],
        "refunds": [],
        "meta_data": [],
    }
    return {**fields, **more}


def refund(number: int = 88, amount: str = "3.00", **more: Any) -> dict[str, Any]:
    """A refund of an amount, without lines unless told otherwise."""
    fields = {
        "id": number,
        "parent_id": 75,
        "date_created_gmt": "2026-03-12T10:00:00",
        "amount": amount,
        "reason": "Chipped",
        "refunded_by": 1,
        "refunded_payment": True,
        "meta_data": [],
        "line_items": [],
        "shipping_lines": [],
        "fee_lines": [],
        "tax_lines": [],
    }
    return {**fields, **more}


def meta(key: str, value: Any) -> dict[str, Any]:
    return {"id": 1, "key": key, "value": value}
