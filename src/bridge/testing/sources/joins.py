"""Checks of sources that read the documents of an order together, from everything that was kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from bridge.errors import BridgeError
from bridge.ingest.joining import joining
from bridge.model.documents import DocumentKind
from bridge.model.lines import GATEWAY
from bridge.plugin import StandIn
from bridge.testing.sources.bench import SourceBench
from bridge.testing.sources.reading import ReadDocument, gather
from bridge.testing.verdict import fail, none_of


class JoinChecks(SourceBench):
    """An order is what its payloads say, whatever files they came in. Nothing to check where none are joined.

    stand_in: what a person says of an order that nobody can bring.
    """

    stand_in: ClassVar[StandIn] = StandIn("JPY", "card")

    def test_an_order_is_the_same_in_any_turn_of_its_payloads(self) -> None:
        none_of(self._turned())

    def test_a_refund_without_its_order_awaits_it_or_is_the_same(self) -> None:
        none_of(self._guessed())

    def test_a_refund_alone_takes_a_persons_word_for_its_order(self) -> None:
        none_of(self._unheard())

    # Inside

    def _joined(self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None) -> list[ReadDocument]:
        """The documents of an order, by kind and id. The check fails when they are refused."""
        try:
            parts = joining(self.source()).read_order(order_id, payloads, stand_in)
            found = gather(parts, f"order {order_id}").documents
        except BridgeError as error:
            fail(f"order {order_id} is refused: {error} ({error.code})")
        return sorted(found, key=lambda document: (document.start.kind, document.start.external_id))

    def _payloads(self) -> dict[str, dict[bytes, DocumentKind]]:
        """Every payload of the samples by order, each once, with the kind of the first document that has it."""
        found: dict[str, dict[bytes, DocumentKind]] = {}
        if self.offer().capabilities.joins_orders:
            for document in self.documents():
                if document.start.order_id and document.start.payload:
                    of_order = found.setdefault(document.start.order_id, {})
                    of_order.setdefault(document.start.payload, document.start.kind)
        return found

    def _turned(self) -> Iterator[str]:
        for order_id, payloads in self._payloads().items():
            first = self._joined(order_id, tuple(payloads))
            for turn in _turns(tuple(payloads)):
                yield from _differences(first, self._joined(order_id, turn), "with its payloads in another turn")

    def _guessed(self) -> Iterator[str]:
        for order_id, alone in self._refunds():
            whole = {
                _name(document): document for document in self._joined(order_id, tuple(self._payloads()[order_id]))
            }
            for document in self._joined(order_id, alone):
                if document.start.awaits is None and document.facts != whole[_name(document)].facts:
                    yield f"{document.name}: says without its order what it does not say with it; it must await it"

    def _unheard(self) -> Iterator[str]:
        for order_id, alone in self._refunds():
            for document in self._joined(order_id, alone, self.stand_in):
                gateways = {dict(line.attributes).get(GATEWAY) for line in document.lines if line.part.is_money}
                if document.start.awaits is not None or document.start.currency != self.stand_in.currency:
                    yield f"{document.name}: is not in the currency that a person named"
                elif gateways != {self.stand_in.gateway}:
                    yield f"{document.name}: is not paid back by the gateway that a person named"

    def _refunds(self) -> Iterator[tuple[str, tuple[bytes, ...]]]:
        """Each order with the payloads of its refunds alone, where it has both."""
        for order_id, payloads in self._payloads().items():
            alone = tuple(payload for payload, kind in payloads.items() if kind is DocumentKind.REFUND)
            if alone and len(alone) < len(payloads):
                yield order_id, alone


def _turns(payloads: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """Each payload first, and all backwards."""
    yield from (payloads[first:] + payloads[:first] for first in range(1, len(payloads)))
    yield payloads[::-1]


def _differences(first: Sequence[ReadDocument], again: Sequence[ReadDocument], how: str) -> Iterator[str]:
    if [_name(document) for document in first] != [_name(document) for document in again]:
        yield f"{first[0].file}: other documents come, {how}"
    for one, other in zip(first, again, strict=False):
        if one.facts != other.facts:
            yield f"{one.name}: is not the same, {how}"


def _name(document: ReadDocument) -> tuple[str, str]:
    return document.start.kind, document.start.external_id
