"""Settlements of many weeks, written as a seller downloads them, and a merchant who brings one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
BEGINS = date(2026, 5, 4)
"""A Monday, eight weeks before the last one that is whole in a settlement until ``ENDS``."""
LAST, ENDS = date(2026, 6, 29), date(2026, 7, 8)
HEADER = (SAMPLES / "us_v2_standard.txt").read_text(encoding="utf-8").splitlines()[0].split("\t")
SALE, REFUND = ("Order", "ItemPrice", "Principal"), ("Refund", "ItemPrice", "Principal")
TAX, WITHHELD = ("Order", "ItemPrice", "Tax"), ("Order", "ItemWithheldTax", "MarketplaceFacilitatorTax-Principal")
COMMISSION = ("Order", "ItemFees", "Commission")
STORAGE = ("other-transaction", "other-transaction", "Storage Fee")


class Row(NamedTuple):
    """One row of a settlement. words: transaction type, amount type and description."""

    on: date
    words: tuple[str, str, str]
    amount: str
    order: str = ""
    sku: str = ""


def sold(on: date, order: str, amount: str, sku: str, tax: str = "0.00") -> list[Row]:
    """A sale, of whose tax the marketplace takes all, with its commission."""
    return [
        Row(on, SALE, amount, order, sku),
        *([Row(on, TAX, tax, order, sku), Row(on, WITHHELD, f"-{tax}", order, sku)] if Decimal(tax) else []),
        Row(on, COMMISSION, "-15.00", order, sku),
    ]


def every_week(weeks: int = 9, refund: str = "-10.00") -> list[Row]:
    """The same in each of so many weeks, the last whole one included: 100.00 sold and some of it given back."""
    rows = []
    for number in range(weeks):
        on = LAST - timedelta(weeks=number) + timedelta(days=1)
        rows += [*sold(on, f"114-{number:07d}-0000001", "100.00", "MUG", "7.00")]
        rows += [Row(on, REFUND, refund, f"113-{number:07d}-0000001", "MUG"), Row(on, STORAGE, "-2.00")]
    return rows


def settlement(name: str, rows: Iterable[Row], since: date = BEGINS, until: date = ENDS, currency: str = "USD") -> str:
    """The report of one settlement."""
    rows = list(rows)
    total = sum((Decimal(row.amount) for row in rows), Decimal())
    ends = [f"{on} 12:00:00 UTC" for on in (since, until, until + timedelta(days=2))]
    told = [[name, *ends, str(total), currency, *[""] * (len(HEADER) - 6)]]
    for number, row in enumerate(sorted(rows, key=lambda one: one.on), start=1):
        cells = dict.fromkeys(HEADER, "")
        cells |= dict(zip(("transaction-type", "amount-type", "amount-description"), row.words, strict=True))
        cells |= {"settlement-id": name, "amount": row.amount, "posted-date": str(row.on), "sku": row.sku}
        cells |= {"posted-date-time": f"{row.on} 18:00:00 UTC", "order-id": row.order, "marketplace-name": "Amazon.com"}
        cells |= (
            {"order-item-code": row.order.replace("-", "")[-14:], "shipment-id": f"D{row.order[-9:]}"}
            if row.order
            else {}
        )
        cells |= {"adjustment-id": f"adj{number}"} if row.words[0] == "Refund" else {}
        told.append([cells[column] for column in HEADER])
    return "\n".join("\t".join(cells) for cells in (HEADER, *told)) + "\n"


@contextmanager
def merchant_of_weeks(folder: Path, rows: Iterable[Row], more: str = "") -> Iterator[Merchant]:
    """An American seller whose one settlement is delivered; nothing is checked. more: of the settings file."""
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(folder, sandbox, "us")
        merchant.config.write_text(merchant.config.read_text(encoding="utf-8") + more, encoding="utf-8")
        merchant.connect()
        sandbox.clock.set(NOW)
        bring(merchant, "28500000071", settlement("28500000071", rows))
        yield merchant


def bring(merchant: Merchant, name: str, text: str, now: datetime = NOW) -> None:
    """Put a report into the inbox, and have it booked and sent."""
    (merchant.folder / "inbox-us" / f"{name}.txt").write_text(text, encoding="utf-8")
    with merchant.app(FakeClock(now)) as app:
        app.story.sync([], actor="Ann", wait_seconds=0)


def check(merchant: Merchant) -> None:
    with merchant.app(FakeClock(NOW)) as app:
        app.story.check([], actor="Ann")
