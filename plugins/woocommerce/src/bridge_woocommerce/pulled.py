"""The PulledSource: a shop that is asked for its orders, each whole, and read by the same code as saved answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec

from bridge.errors import DocumentError, TransientError
from bridge.model.channel import ChannelFacts
from bridge.model.reports import Figures, Subscription
from bridge.plugin import (
    Count,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Stream,
    Unknown,
    Wait,
    Want,
)
from bridge.plugin.reading import Place
from bridge_woocommerce.addresses import Site, site_of
from bridge_woocommerce.answers import Answer, find, read
from bridge_woocommerce.around import Around
from bridge_woocommerce.client import API, Client
from bridge_woocommerce.errors import NO_ROUTE
from bridge_woocommerce.files import WooCommerceSource, parts_of
from bridge_woocommerce.kept import payload
from bridge_woocommerce.keyset import Id, of_status, span, statuses
from bridge_woocommerce.listing import ask, steps
from bridge_woocommerce.pieces import kept
from bridge_woocommerce.reading import read_all
from bridge_woocommerce.refused import place_in
from bridge_woocommerce.revenue import OFFSET, revenue
from bridge_woocommerce.sales import minimised
from bridge_woocommerce.shapes import Order
from bridge_woocommerce.streams import EDITED, REFUNDED, STREAMS
from bridge_woocommerce.sweep import sweep
from bridge_woocommerce.webhooks import subscriptions
from bridge_woocommerce.whole import REFUND, asked, chunks, order_told, refund_told

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
            time_zone=site.timezone_string or f"{OFFSET}{site.gmt_offset}",
            decimals=int(decimals) if decimals.isdecimal() else 2,
            prices_include_tax=tax.get("woocommerce_prices_include_tax") == "yes",
            rounding="at subtotal" if tax.get("woocommerce_tax_round_at_subtotal") == "yes" else "by line",
            grants=("read",),
        )

    def pull(self, want: Want) -> Iterator[Page | Wait]:
        """What a window holds by its instant; of orders what is not in the bin, then what is."""
        stream = _BY_NAME[want.stream]
        if stream is not EDITED:
            yield from self._pages(stream, want)
        elif (found := sweep(self._client, want)) is not None:
            yield from self._pages(stream, found.want, found.at)
        else:
            yield Page(b"[]", want.until, is_last=True)

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        """An order with its refunds, or a refund by itself."""
        if kind not in {"order", "refund"} or not external_id.isdecimal():
            return Unknown(f"has no {kind} of that id")
        try:
            return self._refund(int(external_id)) if kind == "refund" else self._order(int(external_id))
        except _EXPECTED as error:
            return Unknown(error.cause)

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        """By the length that the shop gives of its lists."""
        of, bounds = _BY_NAME[stream], span(_BY_NAME[stream], since, until)
        lists = [{**bounds, **of_status(of, status)} for status in statuses(of)]
        try:
            ids = [each for one in lists for each in self._ids(of, one)] if with_ids else []
            totals = [ask(self._client, of, **one, _fields="id", per_page="1").total for one in lists]
        except _EXPECTED as error:
            return Unknown(error.cause)
        counts = [total for total in totals if total is not None]
        if len(counts) < len(totals) or (with_ids and len(set(ids)) != sum(counts)):
            return Unknown("the shop does not say how long its lists are" if not ids else "more came while it counted")
        return Count(sum(counts), tuple((of.owners[0], str(one)) for one in ids))

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        """The revenue report: it is made of tables of its own, not of the lists that are pulled."""
        return revenue(self._client, since, until, facts)

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...]:
        return subscriptions(self._client)

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
        """Each order with its refunds, whole; a refund that comes without its order by itself."""
        place = place_in("an answer of the shop")
        by_order, _ = self._index(content, place)
        for order_id, of_order in by_order.items():
            answers = [self._at(read(told, order_id, place), facts.decimals) for told in of_order]
            if any(isinstance(answer.told, Order) for answer in answers):
                yield from _owner("order", order_id, answers, place)
            else:
                for answer in answers:
                    yield from _owner("refund", answer.told.id, [answer], place)

    # Inside

    def _pages(self, stream: Stream, want: Want, held: datetime | None = None) -> Iterator[Page]:
        """held: an instant before the first list was asked for, for which it holds as well."""
        told = refund_told if stream is REFUNDED else partial(order_told, self._client, page_size=self._page_size)
        for step in steps(self._client, stream, want, self._page_size):
            place, as_of = step.place, held or step.at
            for chunk in chunks(step.new, told):
                for row in chunk.rows:
                    place = place.after(row, stream)
                yield Page(chunk.body, as_of, place.cursor, step.is_last and chunk.is_last)
            if step.is_last and not step.new:
                yield Page(b"[]", as_of, place.cursor, is_last=True)
            held = None if step.new else as_of

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

    def _order(self, order_id: int) -> Page | Gone | Unknown:
        answer = asked(self._client, order_id)
        if isinstance(answer, datetime):
            return Gone(answer)
        found = order_told(self._client, msgspec.Raw(answer.body), self._page_size)
        return Page(b"[%b]" % found, answer.at, is_last=True) if found else Unknown("went away while it was read")

    def _refund(self, refund_id: int) -> Page | Gone | Unknown:
        """It is gone where the shop, asked for that id alone, counts none."""
        answer = self._client.find(f"{API}/refunds", NO_ROUTE, **REFUND, include=str(refund_id))
        if isinstance(answer, datetime):
            return Unknown("the shop lists no refunds: they are told with their orders")
        for raw in self._client.listed(answer):
            if self._client.decoded(raw, Id).id == refund_id:
                return Page(b"[%b]" % refund_told(raw), answer.at, is_last=True)
        return Gone(answer.at) if answer.total == 0 else Unknown("the shop does not say whether it has it")

    def _ids(self, stream: Stream, query: Mapping[str, str]) -> Iterator[int]:
        number = 1
        while True:
            order = {"_fields": "id", "orderby": "id", "order": "asc", "per_page": "100", "page": str(number)}
            answer = ask(self._client, stream, **query, **order)
            found = self._client.decoded(answer.body, list[Id])
            yield from (one.id for one in found)
            if len(found) < 100:
                return
            number += 1


def _owner(kind: str, number: int, answers: Sequence[Answer], place: Place) -> Iterator[PagePart]:
    """answers: all of one page, of one instant."""
    as_of = answers[0].around.told_at
    assert as_of is not None
    yield OwnerStart(kind, str(number), as_of)
    yield from parts_of(read_all(answers, place))
    yield OwnerEnd()


class _Index(msgspec.Struct):
    home: str
    url: str = ""
    timezone_string: str = ""
    gmt_offset: Decimal = Decimal(0)


class _Setting(msgspec.Struct):
    id: str
    value: object = ""
