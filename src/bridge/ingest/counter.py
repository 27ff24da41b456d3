"""Pure: the document that takes back another, on a person's word and dated that day. Nothing is edited or destroyed.

A refund whose record is gone is taken back whole. An order that was cancelled, or put in the bin, without its money
going back is taken back with all its refunds, but for the money: what is left of it is owed to the buyer. What was
taken back may have to stand again (the refund is shown again, the money goes back after all): that is a further
document, which takes the one before it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from bridge import ids
from bridge.model.documents import BRIDGE, Document, DocumentKind, Identity, Witness, called
from bridge.model.lines import Line, Part

_MARK = ":reversed:"
_ANY_TIME = datetime.min.replace(tzinfo=UTC)
_OTHER_WAY = {
    Part.SALE: Part.REFUND,
    Part.REFUND: Part.SALE,
    Part.RECEIPT: Part.REPAYMENT,
    Part.REPAYMENT: Part.RECEIPT,
}


def name_of(of: Document, number: int) -> str:
    """The external id of the n-th document that takes back this one, or stands it up again."""
    return f"{of.identity.kind} {of.identity.external_id}{_MARK}{number}"


def number_of(of: Document, external_id: str) -> int:
    """Which of those an external id names; 0 for none."""
    number = external_id.rpartition(_MARK)[2]
    return int(number) if number.isdecimal() and name_of(of, int(number)) == external_id else 0


def taken_back(lines: Iterable[Line], at: datetime) -> tuple[Line, ...]:
    """The lines the other way round: amounts negated, a sale as given back, a receipt as paid back, dated ``at``."""
    return tuple(
        msgspec.structs.replace(
            line,
            key=f"{number}",
            amount_minor=-line.amount_minor,
            part=_OTHER_WAY.get(line.part, line.part),
            occurred_at=at,
        )
        for number, line in enumerate(lines, start=1)
        if line.amount_minor
    )


def come_to_the_same(some: Iterable[Line], others: Iterable[Line]) -> bool:
    """Whether lines say the same in sum, however they are cut and whenever they happened."""
    return _sums(some) == _sums(others)


def _sums(lines: Iterable[Line]) -> dict[Line, int]:
    sums: dict[Line, int] = {}
    for line in lines:
        alike = msgspec.structs.replace(line, key="", amount_minor=0, occurred_at=_ANY_TIME, tax=(line.tax_sum,))
        sums[alike] = sums.get(alike, 0) + line.amount_minor
    return {alike: minor for alike, minor in sums.items() if minor}


def counter(of: Document, number: int, lines: Sequence[Line], at: datetime) -> Document:
    """The document of such lines. of: what is taken back, or the order whose money stays."""
    total_minor = sum(line.amount_minor for line in lines if not line.part.is_money)
    kind = DocumentKind.ORDER if total_minor >= 0 else DocumentKind.REFUND
    what = "reversal" if number % 2 else "reversal undone"
    content = (f"{one.kind} {one.part} {one.amount_minor} {one.tax_base} {one.tax_rate}" for one in lines)
    return Document(
        identity=Identity(of.identity.channel, of.identity.account, kind, name_of(of, number)),
        revision=1,
        currency=of.currency,
        total_minor=total_minor,
        opened_at=at,
        closed_at=at,
        pays_at=None,
        line_count=len(lines),
        content_hash=ids.derive("cnt", of.document_id, number, at.isoformat(), *content),
        vault_hash="",
        witness=Witness.API,
        plugin=BRIDGE,
        plugin_version="",
        title=f"{called(of.identity.kind, of.identity.external_id, of.title)}: {what}",
        paid_at=at,
        as_of=at,
        order_id=of.order_id,
        status="reversed" if number % 2 else "stands again",
    )
