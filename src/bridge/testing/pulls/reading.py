"""Checks that reading is pure: what comes of bytes and facts, whenever, by whomever, from a page or from the vault."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.errors import BridgeError
from bridge.host.guard import NO_HOSTS, Guard
from bridge.ingest.joining import joining
from bridge.model.documents import DocumentKind
from bridge.plugin import Page
from bridge.testing.plugin import needs
from bridge.testing.pulls.bench import Asked, PulledBench, ReadOwner
from bridge.testing.sources.reading import ReadDocument, gather
from bridge.testing.verdict import fail, none_of

_SECONDS = 60


class ReadingChecks(PulledBench):
    """Nothing is asked, nothing is remembered, and nothing of a buyer gets that far."""

    def test_the_same_bytes_and_facts_give_the_same(self) -> None:
        none_of(self._changed())

    def test_any_turn_of_pages_gives_the_same(self) -> None:
        none_of(self._turned())

    def test_payloads_give_their_documents_again(self) -> None:
        none_of(self._lost_in_payload())

    def test_payloads_in_any_turn_give_the_same(self) -> None:
        none_of(self._shuffled())

    def test_a_refund_before_its_order_awaits_it_or_is_the_same(self) -> None:
        none_of(self._guessed())

    def test_minimising_and_reading_ask_nobody(self) -> None:
        none_of(self._asking())

    @needs("buyer_markers")
    def test_nothing_of_a_buyer_is_kept_of_a_page(self) -> None:
        none_of(self._kept())

    # Inside

    def _changed(self) -> Iterator[str]:
        with self.asked() as asked:
            facts = asked.facts()
            for stream in self.streams:
                for page in asked.drain(stream):
                    source = asked.source()
                    content = asked.content(source, page)
                    if content != asked.content(source, page) or content != asked.content(asked.source(), page):
                        yield f"{stream.name}: a page is not minimised to the same bytes again"
                    first = asked.read_by(source, content, facts)
                    asked.clock.advance(1)
                    for again in (asked.read_by(source, content, facts), asked.read_by(asked.source(), content, facts)):
                        yield from _differences(first, again, "read again")

    def _turned(self) -> Iterator[str]:
        with self.asked() as asked:
            facts, source = asked.facts(), asked.source()
            pages = [page for stream in self.streams for page in asked.drain(stream)]
            contents = list(dict.fromkeys(asked.content(source, page) for page in pages))
            backwards = [asked.read_by(source, content, facts) for content in reversed(contents)]
            for content, again in zip(contents, reversed(backwards), strict=True):
                first = asked.read_by(asked.source(), content, facts)
                yield from _differences(first, again, "read behind the pages that follow it")

    def _lost_in_payload(self) -> Iterator[str]:
        """As the channel is set, and as it is set otherwise: what reading takes of the facts is in the payload."""
        with self.asked() as asked:
            for _ in range(1 if "meaning" in self.left_out else 2):
                for stream in self.streams:
                    for owner in asked.owners(asked.drain(stream)):
                        yield from self._lost(asked, owner)
                asked.channel.set_otherwise()

    def _lost(self, asked: Asked, owner: ReadOwner) -> Iterator[str]:
        for order_id, together in _by_order(owner).items():
            payloads = list(dict.fromkeys(document.start.payload for document in together))
            again = {(one.start.kind, one.start.external_id): one for one in self._again(asked, order_id, payloads)}
            for document in together:
                one = again.get((document.start.kind, document.start.external_id))
                if one is None or one.facts != document.facts:
                    yield f"{owner.called}: its {document.start.kind} is not the same from the payloads that are kept"

    def _shuffled(self) -> Iterator[str]:
        with self.asked() as asked:
            for owner, order_id, together in self._orders(asked):
                payloads = list(dict.fromkeys(document.start.payload for document in together))
                first = {one.name: one.facts for one in self._again(asked, order_id, payloads)}
                for turn in (payloads[::-1], payloads[1:] + payloads[:1]):
                    if {one.name: one.facts for one in self._again(asked, order_id, turn)} != first:
                        yield f"{owner.called}: is not the same from its payloads in another turn"

    def _guessed(self) -> Iterator[str]:
        with self.asked() as asked:
            for owner, order_id, together in self._orders(asked):
                backs = [one for one in together if one.start.kind is DocumentKind.REFUND]
                known = {one.start.external_id: one.facts for one in backs}
                for one in self._again(asked, order_id, [back.start.payload for back in backs]) if backs else ():
                    if one.start.awaits is None and one.facts != known.get(one.start.external_id):
                        yield f"{owner.called}: a refund says without its order what it does not say with it"

    def _orders(self, asked: Asked) -> Iterator[tuple[ReadOwner, str, list[ReadDocument]]]:
        """Where the source joins orders: each owner's documents of an order, that have payloads."""
        if self.offer().capabilities.joins_orders:
            for stream in self.streams:
                for owner in asked.owners(asked.drain(stream)):
                    yield from ((owner, order_id, some) for order_id, some in _by_order(owner).items() if order_id)

    def _again(self, asked: Asked, order_id: str, payloads: list[bytes]) -> list[ReadDocument]:
        source = asked.source()
        try:
            if order_id and self.offer().capabilities.joins_orders:
                return list(gather(joining(source).read_order(order_id, payloads), "payloads").documents)
            owners = [owner for one in payloads for owner in asked.read_by(source, one, asked.facts())]
        except BridgeError as error:
            fail(f"payloads are refused: {error} ({error.code})")
        return [document for owner in owners for document in owner.documents]

    def _asking(self) -> Iterator[str]:
        with self.asked() as asked:
            facts = asked.facts()
            pages = [page for stream in self.streams for page in asked.drain(stream)]
            source = asked.source()
            guard = Guard(self.offer().name, "kit", hosts=NO_HOSTS, seconds=_SECONDS)
            for page in pages:
                try:
                    content = guard.call("minimise", lambda page=page: asked.content(source, page), is_pure=True)  # type: ignore[misc]
                    guard.call("read", lambda content=content: list(asked.parts(source, content, facts)), is_pure=True)  # type: ignore[misc]
                except BridgeError as error:
                    yield str(error)

    def _kept(self) -> Iterator[str]:
        with self.asked() as asked:
            drained = [page for stream in self.streams for page in asked.drain(stream)]
            pages = [page for page in drained if isinstance(page, Page)]
            for marker in self.buyer_markers():
                sought = marker.casefold().encode()
                if not any(sought in page.body.lower() for page in pages):
                    yield f"the marker {marker!r} stands in no page, so nothing is proved by it"
                yield from (
                    f"{marker!r} is kept of a page" for page in pages if sought in asked.source().minimise(page).lower()
                )


def _by_order(owner: ReadOwner) -> dict[str, list[ReadDocument]]:
    """Its documents that have payloads, by their order; of none: empty."""
    orders: dict[str, list[ReadDocument]] = {}
    for document in owner.documents:
        if document.start.payload:
            orders.setdefault(document.start.order_id, []).append(document)
    return orders


def _differences(first: tuple[ReadOwner, ...], again: tuple[ReadOwner, ...], how: str) -> Iterator[str]:
    if [(owner.start, owner.is_final, owner.facts) for owner in first] != [
        (owner.start, owner.is_final, owner.facts) for owner in again
    ]:
        names = {owner.called for owner in (*first, *again)}
        yield f"{min(names, default='a page')}: is not the same, {how}"
