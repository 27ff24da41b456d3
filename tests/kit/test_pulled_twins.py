"""Every check of the kit for pulled sources has a bad twin: one fault, which fails that check and no other."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec
import pytest

from bridge.errors import UnavailableError
from bridge.model.channel import ChannelFacts
from bridge.model.documents import Witness
from bridge.model.reports import BalanceName, Balances, FigureName, Figures, Sending, Subscription
from bridge.plugin import (
    Count,
    DocumentStart,
    FilePart,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Pending,
    Signing,
    SourceOffer,
    SourceRegister,
    StandIn,
    Stream,
    Unknown,
    Wait,
    Want,
    hookimpl,
)
from tests.kit.pulled import FullShop, InProcess, Pulled
from tests.kit.twins import checks, failing
from tests.pulled.source import CAPABILITIES, DOOR, TinyPull, Told, offer

replace = msgspec.structs.replace


def built(source: type[TinyPull], **more: Any) -> type[Pulled]:
    """The kit over a source that has one fault."""
    return type("Twin", (Pulled,), {"built": source, **more})


class Skipping(InProcess):
    """Leaves a payout out."""

    def pages(self, path: str, want: Want, by: str) -> Iterator[Page | Wait]:
        for answer in super().pages(path, want, by):
            assert isinstance(answer, Page)
            told = {name: [one for one in some if one["id"] != "p2"] for name, some in json.loads(answer.body).items()}
            yield replace(answer, body=json.dumps(told).encode())


class Hasty(InProcess):
    """Gives a cursor that is one order too far."""

    def page(self, found: dict[str, Any], at: str, cursor: bytes, *, is_last: bool) -> Page:
        return super().page(found, at, cursor.replace(b"o2", b"o3").replace(b"T02", b"T03"), is_last=is_last)


class Endless(InProcess):
    """Never says that a page is the last."""

    def pages(self, path: str, want: Want, by: str) -> Iterator[Page | Wait]:
        for answer in super().pages(path, want, by):
            yield replace(answer, is_last=False) if isinstance(answer, Page) else answer


class Padded(InProcess):
    """Gives bodies that are too long."""

    def page(self, found: dict[str, Any], at: str, cursor: bytes, *, is_last: bool) -> Page:
        page = super().page(found, at, cursor, is_last=is_last)
        return replace(page, body=page.body + b" " * 8 * 1024 * 1024) if "payouts" in found else page


class Finishing(InProcess):
    """Takes a job for what the channel says when it is done."""

    def job(self, want: Want) -> Iterator[Page | Wait]:
        for answer in super().job(want):
            yield replace(answer, as_of=self._context.clock.now()) if isinstance(answer, Page) else answer


class Trusting(InProcess):
    """Takes a list that carries errors for an empty one."""

    def get(self, path: str, **query: str) -> dict[str, Any]:
        try:
            return super().get(path, **query)
        except UnavailableError:
            if path != "payouts":
                raise
            return {"items": [], "next": "", "now": self._context.clock.now().isoformat()}


class Submitting(InProcess):
    """Submits another job whenever it looks at one."""

    def job(self, want: Want) -> Iterator[Page | Wait]:
        if want.cursor:
            with suppress(UnavailableError):
                self.submit(want)
        return super().job(want)


class Sleeping(InProcess):
    """Waits for a job a little itself."""

    def job(self, want: Want) -> Iterator[Page | Wait]:
        self._context.clock.sleep(1)
        return super().job(want)


class Loose(InProcess):
    """Says by a number whether an owner is final."""

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        for part in super().read(content, facts):
            yield OwnerEnd(int(part.is_final)) if isinstance(part, OwnerEnd) else part  # type: ignore[arg-type]


class Astray(InProcess):
    """Ends its owners twice."""

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        for part in super().read(content, facts):
            yield part
            if isinstance(part, OwnerEnd):
                yield part


class Bare(InProcess):
    """Takes the first nested page for all of them, and nobody learns of it."""

    def whole(self, first: dict[str, Any]) -> dict[str, Any] | None:
        return {**first, "more": ""}


class Torn(InProcess):
    """Does not compare marks."""

    def whole(self, first: dict[str, Any]) -> dict[str, Any] | None:
        item = {**first, "refunds": list(first["refunds"])}
        while item["more"]:
            again = self.find(f"orders/{item['id']}", after=item["more"])
            if again is None:
                return None
            item["refunds"] += again["order"]["refunds"]
            item["more"] = again["order"]["more"]
        return item


class Final(InProcess):
    """Takes every payout for final."""

    def is_final(self, payout: dict[str, Any]) -> bool:
        return True


class Unsaid(InProcess):
    """Does not say that payouts come from the API."""

    def payout(self, told: dict[str, Any], as_of: datetime, facts: ChannelFacts) -> Iterator[FilePart]:
        for part in super().payout(told, as_of, facts):
            yield replace(part, witness=Witness.FILE) if isinstance(part, DocumentStart) else part


class Sparing(InProcess):
    """Does not know that an order which is asked for by its id is whole."""

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        answer = super().one(kind, external_id)
        if not isinstance(answer, Page) or external_id != "o1":
            return answer
        return replace(answer, body=answer.body.replace(b'"more": ""', b'"more": "o1-r1"'))


class Undead(InProcess):
    """Does not know that something is gone."""

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        answer = super().one(kind, external_id)
        return Unknown("it is not there") if isinstance(answer, Gone) else answer


class Forgetful(InProcess):
    """Leaves out what it has read before."""

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        seen = vars(self).setdefault("seen", set())
        if content not in seen:
            yield from super().read(content, facts)
        seen.add(content)


class Resentful(InProcess):
    """Titles its documents by the page it read before this one."""

    last, title = b"", ""

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        if content != self.last:
            self.title, self.last = str(len(self.last) or ""), content
        for part in super().read(content, facts):
            yield replace(part, title=self.title) if isinstance(part, DocumentStart) else part


class Unfounded(InProcess):
    """Keeps a payload that does not say how the shop was set."""

    is_inside = False

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        self.is_inside = bool(facts.prices_include_tax)
        yield from super().read(content, facts)
        self.is_inside = False

    def payloads(self, order: dict[str, Any], as_of: datetime, facts: ChannelFacts) -> list[Told]:
        return [replace(one, inside=False) for one in super().payloads(order, as_of, facts)]

    def sale(self, told: Told) -> Iterator[FilePart]:
        for part in super().sale(replace(told, inside=self.is_inside)):
            yield replace(part, payload=msgspec.json.encode(told)) if isinstance(part, DocumentStart) else part


class OrderFirst(InProcess):
    """Minds where among the payloads the order stands, where there are many."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        is_late = len(payloads) > 2 and b'"order"' not in payloads[0]
        for part in super().read_order(order_id, payloads, stand_in):
            yield replace(part, title="late") if isinstance(part, DocumentStart) and is_late else part


class Guessing(InProcess):
    """Takes refunds whose order is not there to be in dollars."""

    def read_order(
        self, order_id: str, payloads: Sequence[bytes], stand_in: StandIn | None = None
    ) -> Iterator[FilePart]:
        has_order = any(b'"order"' in payload for payload in payloads)
        return super().read_order(order_id, payloads, stand_in or (None if has_order else StandIn("USD", "card")))


class Asking(InProcess):
    """Looks up a name while it reads."""

    def minimise(self, page: Page) -> bytes:
        with suppress(OSError):
            socket.getaddrinfo("127.0.0.1", 9)
        return super().minimise(page)


class Keeping(InProcess):
    """Keeps a buyer's address."""

    def minimise(self, page: Page) -> bytes:
        told = json.loads(super().minimise(page))
        emails = [order["email"] for order in json.loads(page.body).get("orders", [])]
        return json.dumps({**told, "emails": emails}, sort_keys=True).encode()


class Restless(InProcess):
    """Takes the time for a setting."""

    def survey(self) -> ChannelFacts:
        return replace(super().survey(), grants=(self._context.clock.now().isoformat(),))


class Unmoved(InProcess):
    """Does not ask whether prices include tax."""

    def survey(self) -> ChannelFacts:
        return replace(super().survey(), prices_include_tax=None)


class Miscounting(InProcess):
    """Counts one too many."""

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        count = super().census(stream, since, until, with_ids=with_ids)
        return replace(count, owners=count.owners + 1) if isinstance(count, Count) else count


class Presuming(InProcess):
    """Takes an answer that carries errors for one that says that nothing is there."""

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        answer = super().one(kind, external_id)
        return Gone(self._context.clock.now()) if isinstance(answer, Unknown) else answer


class Unnoticing(Pulled):
    """Takes no notice of anything."""

    def offer(self) -> SourceOffer:
        return replace(super().offer(), door=replace(DOOR, read=lambda _headers, _body: ()))


class _AnySigning(Signing, frozen=True):
    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        return True


class Unsigned(Pulled):
    """Believes whatever comes."""

    def offer(self) -> SourceOffer:
        return replace(super().offer(), door=replace(DOOR, signing=lambda _app, _connection: _AnySigning()))


class Misreporting(InProcess):
    """Takes the orders of a day for those of the day before."""

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        told = super().figures(report, since, until, facts)
        if report != "days" or not isinstance(told, Figures):
            return told
        values = {one.since: one.value for one in told.figures if one.name is FigureName.PLACED}
        figures = (
            replace(one, value=values.get(one.until, 0)) if one.name is FigureName.PLACED else one
            for one in told.figures
        )
        return replace(told, figures=tuple(figures))


class Straying(InProcess):
    """Tells of the whole day that it was asked a part of."""

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        return super().figures(report, since.replace(hour=0), until, facts)


class Unbalanced(InProcess):
    """Takes what is deferred for available too."""

    def balances(self, facts: ChannelFacts) -> Balances | Unknown:
        told = super().balances(facts)
        if isinstance(told, Unknown):
            return told
        every = (replace(one, name=BalanceName.AVAILABLE) for one in told.balances)
        return replace(told, balances=tuple(every))


class Believing(InProcess):
    """Takes an answer that carries errors for days on which nothing was sold."""

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        try:
            return super().figures(report, since, until, facts)
        except UnavailableError:
            return Figures(self._context.clock.now(), ())


class Overlooking(InProcess):
    """Tells of the first subscription alone."""

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        told = super().subscriptions(facts)
        return told if isinstance(told, Unknown) else told[:1]


class Confident(InProcess):
    """Takes every subscription for an active one."""

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        told = super().subscriptions(facts)
        if isinstance(told, Unknown):
            return told
        return tuple(replace(one, state=Sending.ACTIVE, why="") for one in told)


class Alarming(InProcess):
    """Takes an answer that carries errors for a shop that sends nothing."""

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        try:
            return super().subscriptions(facts)
        except UnavailableError:
            return ()


class Sparse(FullShop):
    """Shows one payout only."""

    def fill(self) -> None:
        super().fill()
        del self.shop.payouts["p1"], self.shop.payouts["p2"]


class Hoarding(InProcess):
    """Holds money that waits in every owner, and no stream tells such."""

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        for part in super().read(content, facts):
            yield part
            if isinstance(part, OwnerStart):
                yield Pending(
                    external_id=part.external_id,
                    words="sale",
                    place="shop",
                    currency="EUR",
                    amount_minor=1,
                    occurred_at=part.as_of,
                    as_of=part.as_of,
                )


CONCEALING = tuple(replace(stream, brings=()) for stream in CAPABILITIES.streams)
"""No stream says that refunds come with its orders."""


ALIKE = tuple(replace(stream, title="orders") for stream in CAPABILITIES.streams)
"""Streams that a bookkeeper cannot tell apart."""


class Offering:
    """A plugin that registers an offer of these streams."""

    def __init__(self, *streams: Stream) -> None:
        self._offer: SourceOffer = offer(capabilities=replace(CAPABILITIES, streams=streams))

    @hookimpl
    def bridge_register_sources(self, register: SourceRegister) -> None:
        register.add(self._offer)


TWINS: dict[str, type[Pulled]] = {
    # Every plugin
    "test_importing_it_reaches_no_network": type("Twin", (Pulled,), {"module": "tests.kit.noisy"}),
    "test_the_host_takes_its_offer": type("Twin", (Pulled,), {"plugin": lambda _: Offering(*CAPABILITIES.streams[:1])}),
    "test_what_is_left_out_has_a_reason": type("Twin", (Pulled,), {"left_out": {"jobs": " "}}),
    # Pages and jobs
    "test_people_can_tell_its_streams_apart": type(
        "Twin", (Pulled,), {"capabilities": replace(CAPABILITIES, streams=ALIKE), "plugin": lambda _: Offering(*ALIKE)}
    ),
    "test_the_fake_shows_what_is_declared": type("Twin", (Pulled,), {"full": Sparse}),
    "test_every_owner_of_a_window_comes": built(Skipping),
    "test_a_pull_goes_on_from_every_cursor": built(Hasty),
    "test_the_last_page_says_so": built(Endless),
    "test_pages_are_no_longer_than_allowed": built(Padded),
    "test_a_page_tells_the_instant_for_which_it_holds": built(Finishing),
    "test_an_answer_that_carries_errors_is_no_page": built(Trusting),
    "test_a_job_is_submitted_once": built(Submitting),
    "test_a_source_never_sleeps": built(Sleeping),
    # Owners
    "test_owners_stand_around_every_document": built(Astray),
    "test_an_owner_holds_all_that_hangs_on_it": built(Bare),
    "test_a_stream_brings_the_kinds_that_it_declares": type(
        "Twin",
        (Pulled,),
        {"capabilities": replace(CAPABILITIES, streams=CONCEALING), "plugin": lambda _: Offering(*CONCEALING)},
    ),
    "test_an_owner_is_never_torn_by_an_edit": built(Torn),
    "test_what_still_moves_is_not_final": built(Final),
    "test_every_document_says_who_told_it_and_when": built(Unsaid),
    "test_one_thing_comes_with_its_whole_owner": built(Sparing),
    "test_what_is_deleted_is_gone": built(Undead),
    # Reading
    "test_the_same_bytes_and_facts_give_the_same": built(Forgetful),
    "test_any_turn_of_pages_gives_the_same": built(Resentful),
    "test_payloads_give_their_documents_again": built(Unfounded),
    "test_payloads_in_any_turn_give_the_same": built(OrderFirst),
    "test_a_refund_before_its_order_awaits_it_or_is_the_same": built(Guessing),
    "test_minimising_and_reading_ask_nobody": built(Asking),
    "test_nothing_of_a_buyer_is_kept_of_a_page": built(Keeping),
    # What is asked beside pages
    "test_every_answer_is_of_the_types_that_are_promised": built(Loose),
    "test_facts_are_the_same_while_nothing_is_set": built(Restless),
    "test_another_meaning_shows_in_the_facts": built(Unmoved),
    "test_a_census_counts_what_a_window_holds": built(Miscounting),
    "test_what_is_not_answered_is_unknown": built(Presuming),
    "test_a_notice_names_what_it_is_about": Unnoticing,
    "test_a_notice_is_proven_by_its_signature": Unsigned,
    # What the channel says of itself
    "test_a_report_tells_what_the_channel_holds": built(Misreporting),
    "test_figures_lie_within_what_was_asked_for": built(Straying),
    "test_balances_are_what_the_channel_holds": built(Unbalanced),
    "test_an_answer_with_errors_tells_neither_figures_nor_balances": built(Believing),
    "test_subscriptions_are_told_as_the_channel_has_them": built(Overlooking),
    "test_notices_that_are_switched_off_are_told": built(Confident),
    "test_an_answer_with_errors_tells_no_subscriptions": built(Alarming),
}


@pytest.mark.parametrize("check", TWINS)
def test_a_bad_twin_fails_its_check_and_no_other(check: str) -> None:
    assert failing(TWINS[check]) == {check}


def test_money_that_waits_where_no_stream_tells_such_fails_the_same_check() -> None:
    assert failing(built(Hoarding)) == {"test_a_stream_brings_the_kinds_that_it_declares"}


def test_every_check_has_a_bad_twin() -> None:
    assert checks(Pulled) == TWINS.keys()
