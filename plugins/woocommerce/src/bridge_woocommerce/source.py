"""The Source: what WooCommerce's plugin declares, and how it reads files and orders.

A file is gone through twice: first every order and refund in it is found, and where it stands; then order by order is
read, made into documents and let go. Nothing but the places of all orders is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version

import msgspec

from bridge.model.entries import Mode
from bridge.plugin import Context, FileNotes, FilePart, FileType, SourceCapabilities, SourceFile, SourceOffer, StandIn
from bridge.plugin.reading import Content, Place, SizeLimit, content_of, unpacked
from bridge_woocommerce.addresses import Site, site_of, stranger
from bridge_woocommerce.answers import Answer, Told, find, read
from bridge_woocommerce.beside import GIFT_CARD, STORE_CREDIT
from bridge_woocommerce.decimals import are_whole, shown_decimals
from bridge_woocommerce.notes import Notes
from bridge_woocommerce.reading import OrderRead, read_all
from bridge_woocommerce.refused import BRING, place_in
from bridge_woocommerce.settings import WooCommerceConnection, WooCommerceSettings
from bridge_woocommerce.shapes import Order

READ = (
    FileType(
        "Orders, as saved from /wp-json/wc/v3/orders (JSON): the answer alone, or with request, status and headers."
    ),
    FileType("Refunds, as saved from /wp-json/wc/v3/refunds or /wp-json/wc/v3/orders/ID/refunds (JSON)."),
)
TENDERS = (
    ("stripe*", "1220"),
    ("ppcp*", "1230"),
    ("paypal*", "1230"),
    ("woocommerce_payments*", "1240"),
    ("cod", "1250"),
    ("bacs", "1250"),
    ("cheque", "1250"),
    (GIFT_CARD, "2200"),
    (STORE_CREDIT, "2200"),
    ("*", "1240"),
)


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
                yield from _parts(order)
            if problems := tuple(notes.problems()):
                yield FileNotes(problems)

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        """The documents of one order, from everything that was kept of them."""
        place = place_in(f"kept answers about order {order_id}")
        found = (each for payload in payloads for each in find(payload, place))
        order = read_all([self._at(read(each.told, each.order_id, place)) for each in found], place, stand_in)
        yield from _parts(order)

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


def _parts(order: OrderRead) -> Iterator[FilePart]:
    """The documents of an order."""
    for built in order.documents:
        yield from built.parts()


def offer() -> SourceOffer[WooCommerceSettings, WooCommerceConnection]:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="woocommerce",
        title="WooCommerce",
        version=version("bridge-woocommerce"),
        capabilities=SourceCapabilities(
            modes=(Mode.DAY, Mode.ORDER),
            files=READ,
            clearing="1250",
            bank="1000",
            prefix="WOO",
            tenders=TENDERS,
            joins_orders=True,
        ),
        build=build,
        app_settings=WooCommerceSettings,
        connection_settings=WooCommerceConnection,
    )


def build(context: Context[WooCommerceSettings, WooCommerceConnection]) -> WooCommerceSource:
    """The source of one connection."""
    settings = context.settings
    own = (context.account, *settings.addresses) if context.account else ()
    return WooCommerceSource(
        max_file_megabytes=context.app.max_file_megabytes,
        decimals=settings.decimals,
        sites=[site for address in own if (site := site_of(address)) is not None],
    )
