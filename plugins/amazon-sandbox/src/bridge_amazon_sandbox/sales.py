"""What was sold, and the settlement file that is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from bridge.model.money import decimal_text

_COLUMNS: Final = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type "
    "order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount "
    "fulfillment-id posted-date posted-date-time order-item-code merchant-order-item-id "
    "merchant-adjustment-item-id sku quantity-purchased promotion-id"
)
_STYLES: Final = ("%Y-%m-%d %H:%M:%S UTC", "%d.%m.%Y %H:%M:%S UTC")


class Sale(msgspec.Struct, frozen=True):
    """What was sold, less Amazon's fee, in minor units; deferred until free_at, where that is later than at.

    settlement: into which it went. is_hidden: no list shows it, though balances count it.
    """

    id: str
    order: str
    marketplace: str
    at: datetime
    free_at: datetime
    price_minor: int
    fee_minor: int
    reason: str = "DD7"
    settlement: str = ""
    is_hidden: bool = False

    @property
    def net_minor(self) -> int:
        return self.price_minor - self.fee_minor

    @property
    def is_deferred_at_all(self) -> bool:
        return self.free_at > self.at


class Closed(msgspec.Struct, frozen=True):
    """What a settlement file says of itself."""

    settlement: str
    total: Decimal
    currency: str
    opened_at: datetime
    closed_at: datetime


def written(settlement: str, currency: str, marketplace: str, sales: Sequence[Sale], now: datetime) -> bytes:
    """A settlement report, V2, of these sales; as the marketplace's currency has it: dates, and the decimal mark."""
    style = _STYLES[currency != "USD"]

    def amount(minor: int) -> str:
        return decimal_text(minor, currency).replace(".", "," if currency == "EUR" else ".")

    def rows() -> Iterator[dict[str, str]]:
        opened_at = min((one.at for one in sales), default=now)
        yield {
            "settlement-start-date": opened_at.strftime(style),
            "settlement-end-date": now.strftime(style),
            "deposit-date": now.strftime(style),
            "total-amount": amount(sum(one.net_minor for one in sales)),
            "currency": currency,
        }
        for sale in sales:
            for kind, words, minor in (
                ("ItemPrice", "Principal", sale.price_minor),
                ("ItemFees", "Commission", -sale.fee_minor),
            ):
                yield {
                    "transaction-type": "Order",
                    "order-id": sale.order,
                    "marketplace-name": marketplace.capitalize(),
                    "amount-type": kind,
                    "amount-description": words,
                    "amount": amount(minor),
                    "fulfillment-id": "AFN",
                    "posted-date": sale.free_at.strftime(style.partition(" ")[0]),
                    "posted-date-time": sale.free_at.strftime(style),
                    "order-item-code": sale.id.removeprefix("txn-"),
                    "sku": "ACME-MUG-BLU",
                    "quantity-purchased": "1",
                }

    columns = _COLUMNS.split()
    lines = [columns, *([({"settlement-id": settlement} | row).get(name, "") for name in columns] for row in rows())]
    return "".join("\t".join(cells) + "\n" for cells in lines).encode()


def closed(content: bytes) -> Closed | None:
    """What the summary row of a settlement file says; None where the file is none."""
    try:
        header, row, *_ = (line.split("\t") for line in content.decode().splitlines() if line)
        told = dict(zip(header, row, strict=False))
        days = [_instant(told[name]) for name in ("settlement-start-date", "settlement-end-date")]
        return Closed(told["settlement-id"], Decimal(told["total-amount"].replace(",", ".")), told["currency"], *days)
    except (ArithmeticError, KeyError, ValueError):
        return None


def _instant(text: str) -> datetime:
    return datetime.strptime(text, _STYLES["." in text]).replace(tzinfo=UTC)
