"""Payment transactions exported from the admin: payouts with their rows.

The export names no balance transaction. A row is known by what it says (checkout or order, type, instant, amount) and
its place among rows that say the same, so that the next export, in which rows may have moved, names it alike.
Memory: the rows of the file, as one payout's may stand anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from bridge.plugin import FilePart, SourceFile
from bridge.plugin.reading import FactError, Place, Record, printable
from bridge_shopify.facts import Amounts
from bridge_shopify.notes import Seen
from bridge_shopify.order import Tables
from bridge_shopify.payout_lines import PayoutFacts, Row, moves_payout, payout_parts
from bridge_shopify.spreadsheet import amount_of, day_of, instant_of, midnight, rows
from bridge_shopify.vocabulary import kind_of_export

_NEEDED = ("transaction date", "type", "order", "payout status", "payout date", "payout id", "amount", "fee", "net")
_ID = re.compile(r"\d{1,40}", re.ASCII)
_WORD = re.compile(r"[A-Za-z][A-Za-z_ -]{0,59}", re.ASCII)
_NAME = re.compile(r"[^\s@\x00-\x1f\x7f-\x9f]{1,40}")


class Gathered(msgspec.Struct):
    """One payout as its rows tell it."""

    payout_id: str
    currency: str
    day: date
    status: str
    line: int
    rows: list[Row]


def transactions_parts(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    """Its payouts, by day. The file holds nothing of buyers and is kept whole. Raises: DocumentError."""
    payouts: dict[str, Gathered] = {}
    seen: dict[str, int] = {}
    for record in rows(file, tables.place, *_NEEDED, "currency"):
        if not record["payout id"]:
            tables.notes.count(Seen.PENDING_ROWS)
            continue
        with tables.place.naming(record.line):
            amounts = tables.currencies[record["currency"]]
            _gathered(record, payouts, tables.place).rows.append(_row(record, amounts, seen))
    for payout in sorted(payouts.values(), key=lambda each: (each.day, len(each.payout_id), each.payout_id)):
        yield from _parts(payout, tables.place)


def _gathered(record: Record, payouts: dict[str, Gathered], place: Place) -> Gathered:
    payout_id = record["payout id"]
    if not _ID.fullmatch(payout_id):
        cause = "has a payout id that is no number, as a spreadsheet that saved the file anew would write it"
        raise FactError("file.row", cause)
    told = record["currency"], day_of(record, "payout date"), printable(record["payout status"].lower())[:80]
    payout = payouts.get(payout_id)
    if payout is None:
        payout = payouts[payout_id] = Gathered(payout_id, *told, record.line, [])
    elif told != (payout.currency, payout.day, payout.status):
        cause = f"is of the same payout as line {payout.line}, and says another currency, date or status"
        raise place.refuse("file.row", cause, at=record.line)
    return payout


def _row(record: Record, amounts: Amounts, seen: dict[str, int]) -> Row:
    word, order = record["type"], record["order"]
    if not _WORD.fullmatch(word):
        raise FactError("file.row", "has a type that is no word")
    at = instant_of(record, "transaction date")
    amount, fee, net = (amount_of(record, name, amounts) for name in ("amount", "fee", "net"))
    vat = amount_of(record, "vat", amounts) if record["vat"] else 0
    words = re.sub(r"[ -]+", "_", word).upper()
    name = order if _NAME.fullmatch(order) else ""
    key = f"{printable(record['checkout'][:60]) or name}|{words}|{at:%Y-%m-%dT%H:%M:%SZ}|{amount}"
    count = seen[key] = seen.get(key, 0) + 1
    is_inside = bool(vat) and amount - fee == net
    return Row(
        key=key if count == 1 else f"{key}|{count}",
        kind=kind_of_export(word),
        words=words,
        at=at,
        amount_minor=amount,
        fee_minor=fee - vat if is_inside else fee,
        net_minor=net,
        vat_minor=vat,
        attributes=(("order", name),) if name else (),
    )


def _parts(payout: Gathered, place: Place) -> Iterator[FilePart]:
    """Its total is what its rows come to; the row of the payout itself, which not every export has, proves it."""
    found = sorted(payout.rows, key=lambda each: (each.at, each.key))
    facts = PayoutFacts(
        external_id=payout.payout_id,
        currency=payout.currency,
        net_minor=sum(row.net_minor for row in found if not moves_payout(row, payout.status)),
        issued_at=midnight(payout.day),
        status=payout.status,
    )
    yield from payout_parts(facts, found, (), place(f"payout {payout.payout_id}"))
