"""The PulledSource: a shop that is asked for its orders, each whole, and read by the same code as saved answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import msgspec

from bridge.errors import DocumentError, TransientError
from bridge.model.channel import ChannelFacts
from bridge.plugin import (
    Count,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Unknown,
    Wait,
    Want,
)
from bridge_woocommerce.addresses import Site, site_of
from bridge_woocommerce.answers import find, read
from bridge_woocommerce.around import Around
from bridge_woocommerce.client import API, Client
from bridge_woocommerce.files import WooCommerceSource, parts_of
from bridge_woocommerce.kept import payload
from bridge_woocommerce.keyset import Id, span, statuses
from bridge_woocommerce.listing import steps
from bridge_woocommerce.pieces import kept
from bridge_woocommerce.reading import read_all
from bridge_woocommerce.refused import place_in
from bridge_woocommerce.sales import minimised
from bridge_woocommerce.shapes import Order
from bridge_woocommerce.streams import STREAMS
from bridge_woocommerce.whole import asked, chunks, whole

_BY_NAME: Final = {stream.name: stream for stream in STREAMS}
_EXPECTED: Final = (TransientError, DocumentError)


class WooCommercePulled(WooCommerceSource):
    """One shop that is asked. account: how the connection names it. page_size: orders asked for at a time."""

    def __init__(
        self,
        client: Client,
        *,
        account: str,
        page_size: int,
        max_file_megabytes: int,
        decimals: int | None = None,
        sites: Sequence[Site] = (),
    ) -> None:
        super().__init__(max_file_megabytes=max_file_megabytes, decimals=decimals, sites=sites)
        self._client, self._account, self._page_size = client, account, page_size

    def survey(self) -> ChannelFacts:
        """The shop's address and calendar, its currency, decimals and tax settings."""
        index = self._client.get("/", _fields="url,home,gmt_offset,timezone_string")
        site = self._client.decoded(index.body, _Index)
        general, tax = (self._settings(group) for group in ("general", "tax"))
        decimals = general.get("woocommerce_price_num_decimals", "2")
        return ChannelFacts(
            account=self._named(site),
            currency=general.get("woocommerce_currency", ""),
            time_zone=site.timezone_string or f"UTC offset {site.gmt_offset}",
            decimals=int(decimals) if decimals.isdecimal() else 2,
            prices_include_tax=tax.get("woocommerce_prices_include_tax") == "yes",
            rounding="at subtotal" if tax.get("woocommerce_tax_round_at_subtotal") == "yes" else "by line",
            grants=("read",),
        )

    def pull(self, want: Want) -> Iterator[Page | Wait]:
        """The orders of a window by its instant: what is not in the bin, then what is."""
        stream, held = _BY_NAME[want.stream], None
        for step in steps(self._client, stream, want, self._page_size):
            place, as_of = step.place, held or step.at
            for chunk in chunks(self._client, step.new, self._page_size):
                for row in chunk.rows:
                    place = place.after(row, stream)
                yield Page(chunk.body, as_of, place.cursor, step.is_last and chunk.is_last)
            if step.is_last and not step.new:
                yield Page(b"[]", as_of, place.cursor, is_last=True)
            held = None if step.new else as_of

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        """An order; of a refund, the order that it is of."""
        if kind not in {"order", "refund"} or not external_id.isdecimal():
            return Unknown(f"has no {kind} of that id")
        try:
            order_id = self._order_of(external_id) if kind == "refund" else int(external_id)
            if not isinstance(order_id, int):
                return order_id
            answer = asked(self._client, order_id)
            if isinstance(answer, datetime):
                return Gone(answer)
            found = whole(self._client, msgspec.Raw(answer.body), self._page_size)
        except _EXPECTED as error:
            return Unknown(error.cause)
        if found is None:
            return Unknown("went away while it was read")
        return Page(b"[%b]" % found.told(), answer.at, is_last=True)

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        """By the length that the shop gives of its lists."""
        bounds = span(_BY_NAME[stream], since, until)
        try:
            ids = [each for status in statuses() for each in self._ids(status, bounds)] if with_ids else []
            totals = [self._length(status, bounds) for status in statuses()]
        except _EXPECTED as error:
            return Unknown(error.cause)
        counts = [total for total in totals if total is not None]
        if len(counts) < len(totals) or (with_ids and len(set(ids)) != sum(counts)):
            return Unknown(
                "the shop does not say how long its lists are" if not ids else "orders came while it counted"
            )
        return Count(sum(counts), tuple(("order", str(one)) for one in ids))

    # What follows is pure

    def minimise(self, page: Page) -> bytes:
        """The orders and refunds of a page as they are kept of files too, with the page's instant."""
        place, around = place_in("an answer of the shop"), Around(told_at=page.as_of)
        answers = [read(found.told, found.order_id, place).told for found in find(page.body, place)]
        slim = (
            minimised(told) if isinstance(told, Order) else msgspec.structs.replace(told, **kept(told))
            for told in answers
        )
        return payload([(told, around) for told in slim])

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        """Each order with its refunds, whole."""
        place = place_in("an answer of the shop")
        by_order, _ = self._index(content, place)
        for order_id, of_order in by_order.items():
            answers = [self._at(read(told, order_id, place), facts.decimals) for told in of_order]
            as_of = answers[0].around.told_at
            assert as_of is not None
            yield OwnerStart("order", str(order_id), as_of)
            yield from parts_of(read_all(answers, place))
            yield OwnerEnd()

    def notice(self, headers: Mapping[str, str], body: bytes) -> tuple[tuple[str, str], ...]:
        """Of a webhook about an order, its id: refunds come with their order."""
        named = {name.casefold(): value for name, value in headers.items()}
        if named.get("x-wc-webhook-resource", "order") != "order":
            return ()
        try:
            return (("order", str(msgspec.json.decode(body, type=Id).id)),)
        except msgspec.DecodeError:
            return ()

    # Inside

    def _settings(self, group: str) -> Mapping[str, str]:
        answer = self._client.get(f"{API}/settings/{group}", _fields="id,value")
        told = self._client.decoded(answer.body, list[_Setting])
        return {one.id: one.value for one in told if isinstance(one.value, str)}

    def _named(self, index: _Index) -> str:
        """The account, where the shop is the one that it names; else what the shop calls itself."""
        sites = [site for address in (index.home, index.url) if (site := site_of(address)) is not None]
        if any(site.host == own.host and own.path in {"", site.path} for site in sites for own in self._sites):
            return self._account
        return str(sites[0]) if sites else index.home[:80]

    def _order_of(self, refund_id: str) -> int | Gone | Unknown:
        """The order of a refund; where the shop counts none of that id, it is gone."""
        answer = self._client.get(f"{API}/refunds", include=refund_id, _fields="id,parent_id")
        for one in self._client.decoded(answer.body, list[_Parent]):
            if one.id == int(refund_id) and one.parent_id:
                return one.parent_id
        return Gone(answer.at) if answer.total == 0 else Unknown("the shop does not say of which order it is")

    def _length(self, status: str, bounds: Mapping[str, str]) -> int | None:
        query = {**bounds, "status": status, "_fields": "id", "per_page": "1"}
        return self._client.get(f"{API}/orders", **query).total

    def _ids(self, status: str, bounds: Mapping[str, str]) -> Iterator[int]:
        number = 1
        while True:
            query = {**bounds, "status": status, "_fields": "id", "orderby": "id", "order": "asc"}
            answer = self._client.get(f"{API}/orders", **query, per_page="100", page=str(number))
            found = self._client.decoded(answer.body, list[Id])
            yield from (one.id for one in found)
            if len(found) < 100:
                return
            number += 1


class _Index(msgspec.Struct):
    home: str
    url: str = ""
    timezone_string: str = ""
    gmt_offset: Decimal = Decimal(0)


class _Setting(msgspec.Struct):
    id: str
    value: object = ""


class _Parent(msgspec.Struct):
    id: int
    parent_id: int = 0
