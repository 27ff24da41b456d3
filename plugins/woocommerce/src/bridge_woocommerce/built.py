"""A document as the plugin makes it, before it is given to the host in pieces; and how it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import Line
from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart, FilePart
from bridge_woocommerce.shapes import Order, OrderFacts, Refund

PIECE = 2000
NO_HEADERS: Mapping[str, str] = {}


class Built(msgspec.Struct, frozen=True):
    """One document, whole: the largest order has some hundred lines."""

    start: DocumentStart
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...] = ()

    def parts(self) -> Iterator[FilePart]:
        """As the contract wants it."""
        yield self.start
        for begin in range(0, len(self.lines), PIECE):
            yield DocumentLines(self.lines[begin : begin + PIECE])
        yield DocumentEnd(self.problems)


class Kept(msgspec.Struct, omit_defaults=True):
    """How an order or refund is kept: a recorded answer of its own, which reads back as the same documents."""

    headers: Mapping[str, str]
    body: Order | Refund
    order: OrderFacts | None = None


def payload(body: Order | Refund, told_at: datetime | None, facts: OrderFacts | None = None) -> bytes:
    """The bytes that are kept."""
    headers = {"Date": format_datetime(told_at, usegmt=True)} if told_at is not None else NO_HEADERS
    return msgspec.json.encode(Kept(headers, body, facts))
