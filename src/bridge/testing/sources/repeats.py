"""Checks that the same facts come back: read again, in pieces, in another order, from a payload, at any size."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BridgeError
from bridge.ingest.joining import joining
from bridge.testing.plugin import needs
from bridge.testing.sources.bench import SourceBench
from bridge.testing.sources.reading import ReadDocument, Reading, gather
from bridge.testing.sources.samples import SampleFile
from bridge.testing.verdict import fail, none_of, tried

_STEPS = (1, 2, 3, 7, 64, 1000)


class RepeatChecks(SourceBench):
    """Nothing depends on how, when or in which order a file is read.

    large_bytes: the size of the file whose peak of memory is compared with that of a quarter of it.
    """

    large_bytes: ClassVar[int] = 1_000_000

    def test_reading_again_gives_the_same(self) -> None:
        none_of(self._read_again())

    def test_any_chunk_size_gives_the_same(self) -> None:
        none_of(self._read_dripping())

    def test_any_order_of_files_gives_the_same(self) -> None:
        none_of(self._read_backwards())

    @needs("payload")
    def test_a_payload_gives_its_documents_again(self) -> None:
        none_of(self._lost_in_payload())

    @needs("write")
    def test_any_order_of_documents_gives_the_same(self) -> None:
        first = self.samples()[0]
        documents = self.read(self.source(), first).documents

        @tried(self.examples)
        @given(st.permutations(documents))
        def shuffled(order: list[ReadDocument]) -> None:
            again = self.read(self.source(), first.holding(self.write(order)))
            none_of(_differences(documents, again.documents, "written in another order"))

        shuffled()

    @needs("repeat")
    def test_memory_does_not_grow_with_the_file(self) -> None:
        none_of(self._grown())

    # Inside

    def _read_again(self) -> Iterator[str]:
        for file in self.samples():
            source = self.source()
            first, second = self.read(source, file), self.read(source, file)
            yield from _changes(first, second, "read a second time")
            yield from _changes(first, self.read(self.source(), file), "read by a source built anew")

    def _read_dripping(self) -> Iterator[str]:
        for file in self.samples():
            first = self.read(self.source(), file)
            for step in _STEPS:
                again = self.read(self.source(), file.dripping(step))
                yield from _changes(first, again, f"read {step} byte(s) at a time")

    def _read_backwards(self) -> Iterator[str]:
        samples, source = list(self.samples()), self.source()
        backwards = [self.read(source, file) for file in reversed(samples)]
        for first, again in zip(self.readings(), reversed(backwards), strict=True):
            yield from _changes(first, again, "read after the samples that follow it")

    def _lost_in_payload(self) -> Iterator[str]:
        if self.offer().capabilities.joins_orders:
            yield from self._lost_in_orders()
            return
        has_payload = False
        for file in self.samples():
            reading = self.read(self.source(), file)
            for payload in dict.fromkeys(document.start.payload for document in reading.documents):
                if not payload:
                    continue
                has_payload = True
                again = self._read_alone(payload)
                together = [one for one in reading.documents if one.start.payload == payload]
                yield from _differences(together, again.documents, "read from its payload")
        if not has_payload:
            yield "no document has a payload: leave 'payload' out where files are kept whole"

    def _lost_in_orders(self) -> Iterator[str]:
        """Of an order all payloads of a file make its documents again; what belongs to none is read alone."""
        has_payload = False
        for file in self.samples():
            orders: dict[str, list[ReadDocument]] = {}
            for document in self.read(self.source(), file).documents:
                if document.start.payload:
                    orders.setdefault(document.start.order_id, []).append(document)
            for order_id, together in orders.items():
                has_payload = True
                payloads = dict.fromkeys(document.start.payload for document in together)
                again = self._read_together(order_id, tuple(payloads)) if order_id else self._read_each(payloads)
                yield from _differences(together, again, "read from its payloads")
        if not has_payload:
            yield "no document has a payload, though joins_orders is declared"

    def _read_together(self, order_id: str, payloads: Sequence[bytes]) -> Sequence[ReadDocument]:
        try:
            return gather(joining(self.source()).read_order(order_id, payloads), f"order {order_id}").documents
        except BridgeError as error:
            fail(f"the payloads of order {order_id} are refused: {error} ({error.code})")

    def _read_each(self, payloads: Iterable[bytes]) -> Sequence[ReadDocument]:
        return [document for payload in payloads for document in self._read_alone(payload).documents]

    def _read_alone(self, payload: bytes) -> Reading:
        """A payload, read where nothing else is known: it stands for itself."""
        try:
            return gather(self.read_payload(payload), "payload")
        except BridgeError as error:
            fail(f"a payload is refused: {error} ({error.code})")

    def _grown(self) -> Iterator[str]:
        first = self.samples()[0]
        times = max(4, self.large_bytes // max(1, first.size))
        small, large = (first.holding(self.repeat(first.content, count)) for count in (times // 4, times))
        self._peak(small)  # what is kept once and for all, such as a vocabulary, is not counted
        grown = self._peak(large) - self._peak(small)
        if grown > (large.size - small.size) // 4:
            yield f"a file of {large.size:,} bytes takes {grown:,} bytes more at its peak than one of {small.size:,}"

    def _peak(self, file: SampleFile) -> int:
        """The most memory that reading the file takes, its parts let go as they come."""
        source = self.source()
        tracemalloc.start()
        try:
            for _ in source.read_file(file):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def _changes(first: Reading, again: Reading, how: str) -> Iterator[str]:
    yield from _differences(first.documents, again.documents, how)
    if first.checks != again.checks:
        yield f"what a file only checks is not the same, {how}"


def _differences(first: Sequence[ReadDocument], again: Sequence[ReadDocument], how: str) -> Iterator[str]:
    """What the second set has not of the first, and the other way round; their order does not count."""
    for document in first:
        twin = next((one for one in again if _identity(one) == _identity(document)), None)
        if twin is None:
            yield f"{document.name}: is not there, {how}"
        elif twin.facts != document.facts:
            yield f"{document.name}: is not the same, {how}"
    if len(again) > len(first):
        yield f"{len(again) - len(first)} document(s) more, {how}"


def _identity(document: ReadDocument) -> tuple[str, str]:
    return document.start.kind, document.start.external_id
