"""The exports that only check: payouts and orders as the admin lists them. Nothing of them is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from bridge.model.documents import DocumentKind
from bridge.plugin import DocumentCheck, FilePart, SourceFile
from bridge.plugin.reading import FactError, Record, printable
from bridge_shopify.order import Tables
from bridge_shopify.payout_lines import payout_title
from bridge_shopify.spreadsheet import amount_of, day_of, instant_of, midnight, rows

_ID = re.compile(r"\d{1,40}", re.ASCII)


def payout_checks(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    """What each payout came to. The export names payouts by their day alone, and by their id where it has one."""
    for record in rows(file, tables.place, "payout date", "total", "currency"):
        with tables.place.naming(record.line):
            amounts = tables.currencies[record["currency"]]
            yield DocumentCheck(
                kind=DocumentKind.PAYOUT,
                external_id=record["payout id"] if _ID.fullmatch(record["payout id"]) else "",
                title=payout_title(day := day_of(record, "payout date")),
                currency=amounts.currency,
                total_minor=amount_of(record, "total", amounts),
                at=midnight(day),
            )


def order_checks(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    """What each order came to before returns, and its tax. Further rows of an order only list its goods.

    The export holds buyers' names and addresses: only name, id, currency, total and tax are looked at.
    """
    latest = ""
    for record in rows(file, tables.place, "name", "currency", "total", "taxes"):
        if not record["currency"] and record["name"] == latest:
            continue
        latest = record["name"]
        with tables.place.naming(record.line):
            amounts = tables.currencies[record["currency"]]
            yield DocumentCheck(
                kind=DocumentKind.ORDER,
                external_id=record["id"] if _ID.fullmatch(record["id"]) else "",
                title=printable(latest[:200]),
                currency=amounts.currency,
                total_minor=amount_of(record, "total", amounts) if record["total"] else None,
                tax_minor=amount_of(record, "taxes", amounts) if record["taxes"] else None,
                at=_placed_at(record),
            )


def _placed_at(record: Record) -> datetime | None:
    """When an order was placed; None where the export does not say it in Shopify's own style."""
    with suppress(FactError):
        return instant_of(record, "created at")
    return None
