"""The PulledSource: one shop that is asked itself, beside the files that are brought of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import requests

from bridge.errors import ConfigError, UnavailableError
from bridge.model.channel import ChannelFacts
from bridge.model.money import exponent
from bridge.model.reports import Balances, Figures, Subscription
from bridge.plugin import Context, Count, Gone, Page, PagePart, Unknown, Wait, Want
from bridge.plugin.reading import Place
from bridge_shopify.access import Access, Granted, Lent, Permanent
from bridge_shopify.bulk_job import BulkJob
from bridge_shopify.client import VERSION, VERSION_ENDS, Client
from bridge_shopify.live_notices import subscriptions
from bridge_shopify.live_orders import By, LiveOrders
from bridge_shopify.live_payments import LivePayments
from bridge_shopify.live_reports import LiveReports
from bridge_shopify.order import Tables
from bridge_shopify.pages import account_body, minimised, orders_body, page_parts
from bridge_shopify.places import cursor_of
from bridge_shopify.settings import ShopifySettings
from bridge_shopify.shop import canonical
from bridge_shopify.source import ShopifySource
from bridge_shopify.streams import (
    ALL_ORDERS,
    CHANGED,
    DAYS,
    DISPUTES,
    NUMBER,
    ORDER,
    PAYOUTS,
    PLACED,
    READ_ACCOUNTS,
    READ_ORDERS,
    READ_PAYOUTS,
    SEEN_DAYS,
)
from bridge_shopify.wire import Shop, Text, Wire

_REACH: Final = f"without {ALL_ORDERS} an app sees the orders of the last {SEEN_DAYS} days"
_BY: Final = {CHANGED.name: By.CHANGED, PLACED.name: By.PLACED}
_COUNTED_FROM: Final = timedelta(hours=1)
"""How long a window is of which it is asked first how much it holds."""


class _Asked(Shop, frozen=True, kw_only=True):
    currency_code: Text
    iana_timezone: Text
    taxes_included: bool


class _Scope(Wire, frozen=True):
    handle: Text


class _Installation(Wire, frozen=True):
    access_scopes: list[_Scope]


class _Survey(Wire, frozen=True):
    shop: _Asked
    current_app_installation: _Installation


class PulledShopify(ShopifySource):
    """One shop, asked with the access that the operator's settings have to it."""

    def __init__(self, context: Context[ShopifySettings]) -> None:
        app, account = context.app, context.account
        super().__init__(
            account, max_answer_megabytes=app.max_answer_megabytes, max_file_megabytes=app.max_file_megabytes
        )
        self._context = context
        self._thing = f"shop {account}"
        self._lent: Client | None = None
        self._place = Place("answer of the shop", channel="shopify", next_step="Pull again; if it stays, report it")

    # Asking

    def survey(self) -> ChannelFacts:
        told = self._client.get(_Survey, "shop", "Shop")
        scopes = tuple(sorted(scope.handle for scope in told.current_app_installation.access_scopes))
        if READ_ORDERS not in scopes:
            raise self._lacking("orders", READ_ORDERS)
        sees_all = ALL_ORDERS in scopes
        return ChannelFacts(
            account=self._named(told.shop),
            currency=told.shop.currency_code,
            time_zone=told.shop.iana_timezone,
            decimals=exponent(told.shop.currency_code),
            prices_include_tax=told.shop.taxes_included,
            grants=scopes,
            access_ends=((f"support of version {VERSION} of Shopify's API (update bridge-shopify)", VERSION_ENDS),),
            reaches_back_to=None if sees_all else self._context.clock.now() - timedelta(days=SEEN_DAYS),
            reach_cause="" if sees_all else _REACH,
            reach_of=tuple(_BY),
        )

    def pull(self, want: Want) -> Iterator[Page | Wait]:
        if want.stream in _BY:
            return self._orders(want)
        stream = PAYOUTS if want.stream == PAYOUTS.name else DISPUTES
        if lacking := [scope for scope in stream.grants if scope not in want.facts.grants]:
            raise self._lacking(stream.name, *lacking)
        payments = LivePayments(self._client)
        return payments.pull_payouts(want) if stream is PAYOUTS else payments.pull_disputes(want)

    def one(self, kind: str, external_id: str) -> Page | Gone | Unknown:
        try:
            return self._one(kind, external_id.removeprefix("dispute:"))
        except UnavailableError as error:
            return Unknown(error.cause)

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        if stream not in _BY:
            return Unknown("Shopify does not count them")
        try:
            return LiveOrders(self._client, _BY[stream]).census(since, until, with_ids=with_ids)
        except UnavailableError as error:
            return Unknown(error.cause)

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        reports = LiveReports(self._client, self._place)
        if report == DAYS:
            return reports.days(since, until, facts)
        if READ_PAYOUTS not in facts.grants:
            return Unknown(f"the app lacks {READ_PAYOUTS}")
        return reports.payouts(since, until)

    def balances(self, facts: ChannelFacts) -> Balances | Unknown:
        if READ_ACCOUNTS not in facts.grants:
            return Unknown(f"the app lacks {READ_ACCOUNTS}")
        return LiveReports(self._client, self._place).balances()

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        return subscriptions(self._client)

    # What follows is pure

    def minimise(self, page: Page) -> bytes:
        return minimised(page, self._place)

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        return page_parts(content, Tables(self._place, self._context.account))

    # Inside

    @property
    def _client(self) -> Client:
        if self._lent is None:
            session, url = self._context.session(), self._context.app.url(self._context.account)
            access = self._access(session, url)
            self._lent = Client(session, access, url=url, thing=self._thing, clock=self._context.clock)
        return self._lent

    def _access(self, session: requests.Session, url: str) -> Access:
        app = self._context.app
        if token := app.token(self._context.account):
            return Permanent(token)
        if app.is_of_merchant(self._context.account):
            return Lent(self._context.connection)
        secret = app.client_secret.get_secret_value()
        clock, thing = self._context.clock, self._thing
        return Granted(session, url=url, client_id=app.client_id, client_secret=secret, thing=thing, clock=clock)

    def _named(self, shop: Shop) -> str:
        """The account as the connection names it, where the shop is that one."""
        domains = [shop.myshopify_domain, *([shop.primary_domain.host] if shop.primary_domain else [])]
        account = self._context.account
        return account if canonical(account) in map(canonical, domains) else shop.myshopify_domain

    def _lacking(self, stream: str, *scopes: str) -> ConfigError:
        cause = f"does not let the app read {stream}: it lacks {', '.join(scopes)}"
        return ConfigError(self._thing, cause, "Give the app that scope, and install it again", code="shopify.scope")

    def _orders(self, want: Want) -> Iterator[Page | Wait]:
        """Page by page; what a window of many orders holds by one bulk operation."""
        orders, place = LiveOrders(self._client, _BY[want.stream]), cursor_of(want.cursor)
        self._client.begin()
        job = BulkJob(self._client, self._without_token, orders, self._context.clock, self._place)
        if not want.cursor and self._holds_many(want, orders):
            intent = job.begin()
            yield intent
            place = cursor_of(intent.cursor)
        yield from job.go_on(orders.search(want), place.job) if place.job else orders.pull(want, place)

    def _holds_many(self, want: Want, orders: LiveOrders) -> bool:
        if want.until - want.since < _COUNTED_FROM:
            return False
        count = orders.census(want.since, want.until, with_ids=False)
        return isinstance(count, Unknown) or count.owners >= self._context.app.bulk_from_orders

    def _without_token(self) -> requests.Session:
        return self._context.session(bears_token=False)

    def _one(self, kind: str, number: str) -> Page | Gone | Unknown:
        if not NUMBER.fullmatch(number):
            return Unknown(f"{kind} {number} cannot be asked for by itself")
        orders, payments = LiveOrders(self._client), LivePayments(self._client)
        self._client.begin()
        match kind:
            case "order":
                order = orders.one(number)
                body = orders_body([order]) if order is not None else b""
            case "refund":
                owner = orders.of_refund(number)
                return self._one(ORDER, owner) if owner else self._gone(ORDER)
            case "payout":
                account = payments.payout(number)
                body = account_body(account) if account is not None else b""
            case "dispute" | "adjustment":
                account = payments.dispute(number)
                body = account_body(account) if account is not None else b""
            case _:
                return Unknown(f"no {kind} can be asked for")
        return Page(body, self._client.asked_at, b"", is_last=True) if body else self._gone(kind)

    def _gone(self, kind: str) -> Gone | Unknown:
        """It is not there; but an order that is too old to be seen is not there either."""
        at = self._client.asked_at
        if kind == ORDER and self.survey().reaches_back_to is not None:
            return Unknown(f"the app sees {SEEN_DAYS} days only, so that it may be there")
        return Gone(at)
