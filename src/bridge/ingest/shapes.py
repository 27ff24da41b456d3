"""How one document of a file is shown to a script: minor units, zeros left out, names as the channel has them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from bridge.ingest.survey import Surveyed
from bridge.model.documents import DocumentKind, called


class Settlement(msgspec.Struct, frozen=True):
    """rows: its lines, zero amounts included."""

    id: str
    currency: str
    total_minor: int
    deposit_at: datetime | None
    start_at: datetime
    end_at: datetime
    rows: int
    by_kind: dict[str, int]


class Payment(msgspec.Struct, frozen=True):
    """What one gateway received from the buyer, less what it gave back."""

    gateway: str
    minor: int


class Order(msgspec.Struct, frozen=True):
    """As it was sold: by_kind adds up to total_minor, before refunds and without its payments."""

    id: str
    name: str
    currency: str
    total_minor: int
    tax_minor: int
    by_kind: dict[str, int]
    payments: tuple[Payment, ...]


class Payout(msgspec.Struct, frozen=True):
    """status: the channel's own word."""

    id: str
    currency: str
    total_minor: int
    status: str
    by_kind: dict[str, int]


class OfOrder(msgspec.Struct, frozen=True):
    """A refund, a fee or an adjustment. name: what people call it. order_id: empty where it belongs to none."""

    id: str
    name: str
    order_id: str
    currency: str
    total_minor: int
    by_kind: dict[str, int]


Shape = Settlement | Order | Payout | OfOrder


def shape_of(found: Surveyed) -> Shape:
    """The document as its kind is shown."""
    start = found.start
    by_kind = {kind: minor for kind, minor in found.by_kind if minor}
    match start.kind:
        case DocumentKind.SETTLEMENT:
            deposit_at = start.pays_at.astimezone(UTC) if start.pays_at else None
            period = start.opened_at.astimezone(UTC), start.closed_at.astimezone(UTC)
            return Settlement(
                start.external_id, start.currency, start.total_minor, deposit_at, *period, found.line_count, by_kind
            )
        case DocumentKind.ORDER:
            payments = tuple(Payment(gateway, minor) for gateway, minor in found.payments if minor)
            tax_minor = found.tax_minor
            return Order(
                start.external_id, start.title, start.currency, start.total_minor, tax_minor, by_kind, payments
            )
        case DocumentKind.PAYOUT:
            return Payout(start.external_id, start.currency, start.total_minor, start.status, by_kind)
        case _:
            name = called(start.kind, start.external_id, start.title)
            return OfOrder(start.external_id, name, start.order_id, start.currency, start.total_minor, by_kind)
