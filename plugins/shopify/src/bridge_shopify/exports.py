"""The exports that only check: payouts and orders as the admin lists them. Nothing of them is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bridge.model.documents import DocumentKind
from bridge.plugin import DocumentCheck, FilePart, SourceFile
from bridge_shopify.cells import reading, records
from bridge_shopify.facts import printable
from bridge_shopify.order import Tables
from bridge_shopify.payout_lines import payout_title

_ID = re.compile(r"\d{1,40}", re.ASCII)


def payout_checks(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    """What each payout came to. The export names payouts by their day alone, and by their id where it has one."""
    with records(file, tables.place, ("payout date", "total", "currency")) as found:
        for record in found:
            with reading(record, tables.place):
                amounts = tables.currencies[record["currency"]]
                payout_id = record["payout id"] if _ID.fullmatch(record["payout id"]) else ""
                title, total = payout_title(record.day("payout date")), record.amount("total", amounts)
                yield DocumentCheck(
                    kind=DocumentKind.PAYOUT,
                    external_id=payout_id,
                    title=title,
                    currency=amounts.currency,
                    total_minor=total,
                )


def order_checks(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    """What each order came to before returns, and its tax. Further rows of an order only list its goods.

    The export holds buyers' names and addresses: only name, id, currency, total and tax are looked at.
    """
    latest = ""
    with records(file, tables.place, ("name", "currency", "total", "taxes")) as found:
        for record in found:
            if not record["currency"] and record["name"] == latest:
                continue
            latest = record["name"]
            with reading(record, tables.place):
                amounts = tables.currencies[record["currency"]]
                order_id = record["id"] if _ID.fullmatch(record["id"]) else ""
                total, tax = (record.amount(each, amounts) if record[each] else None for each in ("total", "taxes"))
                name = printable(latest[:200])
                yield DocumentCheck(
                    kind=DocumentKind.ORDER,
                    external_id=order_id,
                    title=name,
                    currency=amounts.currency,
                    total_minor=total,
                    tax_minor=tax,
                )
