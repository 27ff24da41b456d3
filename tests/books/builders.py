"""Settlements as a channel tells them, short enough to write by hand; ``raw`` reads them from files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.lines import Line, Part, kinds
from bridge.model.money import minor_from_text
from bridge.model.series import Series
from bridge.store.api import KeptDocument

PARTS = {"sales": Part.SALE, "refunds": Part.REFUND, "fees": Part.FEE, "fulfilment": Part.FEE}


def at(text: str) -> datetime:
    """``2026-06-24`` or ``2026-06-24 17:32:11``, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def line(
    key: str,
    kind: str,
    amount: str | int,
    when: str | datetime,
    *,
    tax_group: str = "",
    words: str = "",
    sku: str = "",
    attributes: tuple[tuple[str, str], ...] = (),
) -> Line:
    """One line; the amount as people write it in dollars, or in cents."""
    minor = amount if isinstance(amount, int) else minor_from_text(amount, "USD")
    part = PARTS.get(kinds()[kind].rollup, Part.ADJUSTMENT)
    occurred_at = at(when) if isinstance(when, str) else when
    return Line(
        key=key,
        kind=kind,
        part=part,
        amount_minor=minor,
        occurred_at=occurred_at,
        tax_group=tax_group,
        words=words,
        sku=sku,
        attributes=attributes,
    )


def lines(text: str) -> tuple[Line, ...]:
    """A line a row: date (with time, if it matters), kind, amount, and the tax group where there is one."""
    made = []
    for number, row in enumerate((row for row in text.splitlines() if row.strip()), start=1):
        words = row.split()
        when = words.pop(0)
        when += f" {words.pop(0)}" if ":" in words[0] else " 12:00"
        kind, amount, *group = words
        made.append(line(f"{number:06d}", kind, amount, when, tax_group=group[0] if group else ""))
    return tuple(made)


class Received:
    """A settlement with its lines, as ingest saves it."""

    def __init__(self, kept: KeptDocument, lines: tuple[Line, ...]) -> None:
        self.kept, self.lines = kept, lines

    @property
    def document(self) -> Document:
        return self.kept.document


def settlement(
    external_id: str,
    content: str | Sequence[Line],
    *,
    opened: str | datetime = "2026-06-01",
    closed: str | datetime = "2026-06-14",
    pays: str | datetime | None = None,
    total: str | int | None = None,
    currency: str = "USD",
    connection_id: str = "",
    kind: DocumentKind = DocumentKind.SETTLEMENT,
    revision: int = 1,
    series: Series | None = None,
) -> Received:
    """A settlement of early June whose total is the sum of its lines, unless told otherwise."""
    made = lines(content) if isinstance(content, str) else tuple(content)
    added = sum(one.amount_minor for one in made)
    stated = added if total is None else minor_from_text(total, currency) if isinstance(total, str) else total
    digest = hashlib.sha256(repr((external_id, made, stated)).encode()).hexdigest()
    document = Document(
        identity=Identity("amazon", "A1SELLER", kind, external_id),
        revision=revision,
        currency=currency,
        total_minor=stated,
        opened_at=_instant(opened),
        closed_at=_instant(closed),
        pays_at=None if pays is None else _instant(pays),
        line_count=len(made),
        content_hash=digest,
        vault_hash=digest,
        witness=Witness.FILE,
        plugin="amazon",
        plugin_version="1.0",
        series=series,
    )
    kept = KeptDocument(document, connection_id, added, DocumentState.NEW, _instant(closed))
    return Received(kept, made)


def _instant(value: str | datetime) -> datetime:
    return at(value) if isinstance(value, str) else value
