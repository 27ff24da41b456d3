"""How saved answers are read, and orders from what is kept of them.

A file is gone through twice: first every order and refund in it is found, and where it stands; then order by order is
read, made into documents and let go. Nothing but the places of all orders is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bridge.plugin import FileNotes, FilePart, SourceFile, StandIn
from bridge.plugin.reading import Content, Place, SizeLimit, content_of, unpacked
from bridge_woocommerce.addresses import Site, stranger
from bridge_woocommerce.answers import Answer, Told, find, read
from bridge_woocommerce.decimals import are_whole, shown_decimals
from bridge_woocommerce.notes import Notes
from bridge_woocommerce.reading import OrderRead, read_all
from bridge_woocommerce.refused import BRING, place_in
from bridge_woocommerce.shapes import Order

_MOST_ORDERS: Final = 1_000_000
_IN_PIECES: Final = "Bring it in smaller pieces: one file a year, or a month"


class WooCommerceSource:
    """Reads one shop's saved answers. sites: the shop's own; none while files are only looked at."""

    def __init__(self, *, max_file_megabytes: int, decimals: int | None = None, sites: Sequence[Site] = ()) -> None:
        self._limit, self._decimals, self._sites = SizeLimit(max_file_megabytes), decimals, tuple(sites)

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The orders of a file in its order, each with its gateway's fee and its refunds."""
        place = place_in(f"file {file.name}")
        with content_of(unpacked(file, place, self._limit)) as content:
            by_order, is_whole = self._index(content, place)
            if not by_order:
                raise place.refuse(
                    "file.empty", "holds no order and no refund, as the page after the last one", next_step=BRING
                )
            decimals = shown_decimals(_orders(by_order, place)) if is_whole else None
            notes = Notes(place)
            for order_id in tuple(by_order):
                of_order = by_order.pop(order_id)
                order = read_all([self._at(read(told, order_id, place), decimals) for told in of_order], place)
                notes.add(order)
                yield from parts_of(order)
            if problems := tuple(notes.problems()):
                yield FileNotes(problems)

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        """The documents of one order, from everything that was kept of them."""
        place = place_in(f"kept answers about order {order_id}")
        found = (each for payload in payloads for each in find(payload, place))
        order = read_all([self._at(read(each.told, each.order_id, place)) for each in found], place, stand_in)
        yield from parts_of(order)

    def _index(self, content: Content, place: Place) -> tuple[dict[int, list[Told]], bool]:
        """Where everything of each order stands, and whether all totals are whole.

        Raises: DocumentError for an answer of another shop than the connection's.
        """
        by_order: dict[int, list[Told]] = {}
        is_whole = True
        for found in find(content, place):
            if other := stranger(found.links, self._sites):
                raise place.refuse(
                    "file.other_shop",
                    f"is an answer of {other}, and this connection is {self._sites[0]}",
                    at=found.name,
                    next_step="Bring it to the connection of that shop; if it is this shop under another address, name "
                    "it under `addresses` of the connection",
                )
            is_whole = is_whole and are_whole(found.totals)
            by_order.setdefault(found.order_id, []).append(found.told)
            if len(by_order) > _MOST_ORDERS:
                raise place.refuse("file.too_large", f"holds more than {_MOST_ORDERS:,} orders", next_step=_IN_PIECES)
        return by_order, is_whole

    def _at(self, answer: Answer, of_file: int | None = None) -> Answer:
        """The answer with the decimals the shop shows: as the connection says, as was found out before, or now."""
        kept = answer.around.decimals
        decimals = self._decimals if self._decimals is not None else kept if kept is not None else of_file
        if decimals == kept:
            return answer
        return msgspec.structs.replace(answer, around=msgspec.structs.replace(answer.around, decimals=decimals))


def _orders(by_order: Mapping[int, Sequence[Told]], place: Place) -> Iterator[Order]:
    """The orders of a file, read."""
    for order_id, of_order in by_order.items():
        for told in of_order:
            if isinstance(order := read(told, order_id, place).told, Order):
                yield order


def parts_of(order: OrderRead) -> Iterator[FilePart]:
    """The documents of an order."""
    for built in order.documents:
        yield from built.parts()
