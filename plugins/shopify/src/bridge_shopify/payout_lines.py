"""Pure: rows of the balance to the lines of their payout, from an answer or an export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.line_tax import Tax, taxed_at
from bridge.model.lines import SETTLES, Line, Part
from bridge.model.money import decimal_text
from bridge.plugin import DocumentEnd, DocumentStart, FilePart
from bridge.plugin.reading import in_pieces, problems_of, unknown_words

GATEWAY = "shopify_payments"
PAYOUT, RETURNED = "payout", "payout.failed"
_CAME_BACK = frozenset({"failed", "canceled"})
_FEES = {"dispute": "fee.dispute", "loan": "fee.payout"}
_FEE_KINDS = ("fee.", "tax.on_fees")
_VAT_ON_FEES = taxed_at("", base="fee.payment")


class Row(msgspec.Struct, frozen=True, gc=False):
    """One row of the balance.

    kind:      what its type means in the vocabulary it comes from. words: that type, and the reason where one is told.
    fee_minor: what the fee costs, VAT left out; a fee given back is negative. vat_minor: VAT on the fee.
    joins:     (transaction id, minor units) of the payments it carries; several where it is about several orders.
    """

    key: str
    kind: str
    words: str
    at: datetime
    amount_minor: int
    fee_minor: int
    net_minor: int
    vat_minor: int = 0
    order_id: str = ""
    joins: Sequence[tuple[str, int]] = ()
    attributes: tuple[tuple[str, str], ...] = ()


def lines(rows: Iterable[Row]) -> Iterator[Line]:
    """The lines of these rows: the amount, its fee, VAT on the fee."""
    for row in rows:
        kind, words = row.kind, row.words
        part = Part.FEE if kind.startswith(_FEE_KINDS) else Part.PAYOUT if kind == SETTLES else Part.ADJUSTMENT
        joins = row.joins if kind == SETTLES else ()
        if len(joins) > 1 and sum(minor for _, minor in joins) == row.amount_minor:
            for place, (transaction, minor) in enumerate(joins, start=1):
                yield _line(row, f"{row.key}:{place}", kind, part, minor, words, f"{GATEWAY}:{transaction}")
        else:
            reference = f"{GATEWAY}:{joins[0][0]}" if len(joins) == 1 else ""
            yield _line(row, row.key, kind, part, row.amount_minor, words, reference)
        if row.fee_minor:
            fee = _FEES.get(kind, "fee.payment")
            yield _line(row, f"{row.key}:fee", fee, Part.FEE, -row.fee_minor, f"{words}|fee")
        if row.vat_minor:
            vat = f"{row.key}:vat"
            yield _line(row, vat, "tax.on_fees", Part.FEE, -row.vat_minor, f"{words}|VAT", tax=_VAT_ON_FEES)


def _line(
    row: Row, key: str, kind: str, part: Part, minor: int, words: str, reference: str = "", *, tax: Tax = ()
) -> Line:
    return Line(
        key=key,
        kind=kind,
        part=part,
        amount_minor=minor,
        occurred_at=row.at,
        order_id=row.order_id,
        words=words,
        attributes=row.attributes,
        reference=reference,
        tax=tax,
    )


class PayoutFacts(msgspec.Struct, frozen=True, gc=False):
    """A payout as a whole. net_minor: what reaches the bank; negative where the bank pays Shopify."""

    external_id: str
    currency: str
    net_minor: int
    issued_at: datetime
    status: str
    payload: bytes = b""
    witness: Witness = Witness.FILE

    def text(self, minor: int) -> str:
        return f"{decimal_text(minor, self.currency)} {self.currency}"


def moves_payout(row: Row, status: str) -> bool:
    """Whether a payout of this status left the balance by this row, or came back by it: its total, none of its lines.

    A payout that failed came back by its own row; such a row in a later payout is money that is paid anew with it.
    """
    return row.kind == PAYOUT or (row.kind == RETURNED and status in _CAME_BACK)


def payout_title(issued_on: date) -> str:
    """By its day: the export of payouts names them by nothing else."""
    return f"Shopify payout of {issued_on:%Y-%m-%d}"


def payout_parts(payout: PayoutFacts, rows: Sequence[Row], faults: Sequence[Problem], where: str) -> Iterator[FilePart]:
    """The document of a payout, with what speaks against it."""
    inside = [row for row in rows if not moves_payout(row, payout.status)]
    yield DocumentStart(
        kind=DocumentKind.PAYOUT,
        external_id=payout.external_id,
        currency=payout.currency,
        total_minor=payout.net_minor,
        opened_at=min([payout.issued_at, *(row.at for row in inside)]),
        closed_at=payout.issued_at,
        pays_at=payout.issued_at,
        title=payout_title(payout.issued_at),
        status=payout.status,
        payload=payout.payload,
        witness=payout.witness,
    )
    found = tuple(lines(inside))
    yield from in_pieces(found)
    moved = [row for row in rows if row.kind == PAYOUT]
    told = problems_of(unknown_words(found), payout.currency, code="shopify.unclassified", where=where)
    yield DocumentEnd((*faults, *_faults(payout, inside, moved, where), *told))


def disagrees(payout: PayoutFacts, what: str, minor: int, where: str) -> Iterator[Problem]:
    """What is said where another of the payout's own figures is not what it pays."""
    if minor == payout.net_minor:
        return
    message = (
        f"It pays {payout.text(payout.net_minor)}, and {what} {payout.text(minor)}. Bring it again; if it stays, ask "
        "Shopify."
    )
    yield Problem(code="shopify.payout.summary", message=message, where=where, blocking=True)


def _faults(payout: PayoutFacts, inside: Sequence[Row], moved: Sequence[Row], where: str) -> Iterator[Problem]:
    """moved: the rows by which the payout left the balance. They are no part of its sum, and prove it."""
    if off := sum(row.net_minor for row in inside) - payout.net_minor:
        message = (
            f"Its {len(inside)} balance transaction(s) come to {payout.text(off + payout.net_minor)} net, "
            f"{payout.text(abs(off))} {'more' if off > 0 else 'less'} than the {payout.text(payout.net_minor)} that it "
            "pays. Bring a file with all its balance transactions."
        )
        yield Problem(code="shopify.payout.total", message=message, where=where, blocking=True)
    if moved:
        yield from disagrees(payout, "it left the balance as", -sum(row.net_minor for row in moved), where)
    wrong = [row for row in inside if row.amount_minor - row.fee_minor - row.vat_minor != row.net_minor]
    if wrong:
        off = sum(row.amount_minor - row.fee_minor - row.vat_minor - row.net_minor for row in wrong)
        message = (
            f"{len(wrong)} balance transaction(s) are not amount less fee; they are off by {payout.text(off)} in all."
        )
        yield Problem(code="shopify.payout.row", message=message, where=where, blocking=True)
