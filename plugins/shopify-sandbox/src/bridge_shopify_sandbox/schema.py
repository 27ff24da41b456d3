"""Carries a query out over the shop, by Shopify's own schema: scopes, search, connections and their cursors."""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from operator import attrgetter
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLType,
    build_schema,
    get_named_type,
    is_list_type,
    parse,
    validate,
)
from graphql.execution import ExecutionResult

from bridge.model.money import decimal_text
from bridge_shopify_sandbox.executing import Field, Query
from bridge_shopify_sandbox.nodes import Node, Order, gid
from bridge_shopify_sandbox.shop import Shop

__all__ = ["Execution", "documents", "schema"]

_TERM = re.compile(r"(\w+):(>=|<=|>|<)?'?([^'\s]+)'?")
_TRANSFER = re.compile(r"payments_transfer_id:'?(\d+)'?")
_EXACT_COUNT = 25_000
_PAYMENTS = "read_shopify_payments_payouts"
_MISSING = object()
_DATES = {"updated_at": "updated_at", "created_at": "at", "processed_at": "at"}
_SIGNS: Mapping[str, Callable[[datetime, datetime], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_IN_BULK = 25
"""Orders that a bulk operation collects at a time."""
T = TypeVar("T")


@cache
def schema() -> GraphQLSchema:
    """The part of Admin API 2026-10 that the plugin's queries ask for."""
    file = resources.files("bridge_shopify_sandbox").joinpath("data/admin_2026-10_subset.graphql")
    return build_schema(file.read_text(encoding="utf-8"))


@cache
def documents(query: str) -> DocumentNode | list[GraphQLError]:
    """A query, parsed and valid; else what is wrong with it."""
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(schema(), document) or document


class Execution:
    """One query over the shop. most: of a connection, where it does not say. objects: how many it gave."""

    def __init__(
        self, shop: Shop, document: DocumentNode, operation: str, variables: dict[str, Any], most: int = 250
    ) -> None:
        self._shop, self._most = shop, most
        self._query = Query(schema(), document, operation, variables, self.resolving)
        self.objects = 0

    def run(self, among: Sequence[Order] | None = None) -> ExecutionResult:
        """Carry it out. among: the orders meant, if not all."""
        with self._shop.lock:
            return self._query.run(self.root(among))

    def root(self, among: Sequence[Order] | None = None) -> object:
        """What it is carried out on."""
        return _Root(self._shop, self._most, among)

    def resolving(self, field: Field) -> Callable[[Any], object]:
        """How the value of a field is found in what the shop holds."""
        if field.name.endswith("Address") and self._shop.hides_addresses:
            return _deny
        name, kind, arguments = field
        is_connection = get_named_type(kind).name.endswith("Connection")

        def resolve(source: Any) -> object:
            if isinstance(source, _Root):
                value: object = getattr(source, f"get_{name}")(**arguments)
            else:
                value = source.get(name, _MISSING)
            if value is _MISSING:
                value = self._default(kind)
            if isinstance(value, list):
                if is_connection:
                    value = _connection(value, **{"first": self._most, **arguments})
                elif "first" in arguments:
                    value = value[: arguments["first"]]
            self.objects += isinstance(value, dict)
            return value

        return resolve

    def _default(self, kind: GraphQLType) -> object:
        """Of what the shop does not care for: nothing, in the type that is promised."""
        if not isinstance(kind, GraphQLNonNull):
            return None
        if is_list_type(kind.of_type):
            return []
        named: GraphQLNamedType = get_named_type(kind)
        if named.name.endswith("Connection"):
            return []
        zero: Node = {"amount": decimal_text(0, self._shop.currency), "currencyCode": self._shop.currency}
        defaults: dict[str, object] = {"Boolean": False, "String": "", "MoneyV2": zero, "MoneyBag": {"shopMoney": zero}}
        return defaults[named.name]


def _deny(_: object) -> object:
    raise GraphQLError("This app is not approved.", extensions={"code": "ACCESS_DENIED"})


class _Root:
    """The root fields."""

    def __init__(self, shop: Shop, most: int, among: Sequence[Order] | None) -> None:
        self._shop, self._most, self._among = shop, most, among

    def get_shop(self) -> Node:
        shop = self._shop
        return {
            "myshopifyDomain": shop.domain,
            "primaryDomain": {"host": shop.domain},
            "currencyCode": shop.currency,
            "ianaTimezone": shop.zone,
            "taxesIncluded": shop.taxes_included,
        }

    def get_currentAppInstallation(self) -> Node:  # noqa: N802 - Shopify's name
        return {"accessScopes": [{"handle": scope} for scope in self._shop.scopes]}

    def get_order(self, id: str) -> Node | None:
        self._check("read_orders")
        return _named(self._shop.orders_seen(), "Order", id, self._shop.currency)

    def get_refund(self, id: str) -> Node | None:
        owners = [order for order in self._shop.visible() if any(gid("Refund", back.id) == id for back in order.backs)]
        nodes = [self.get_order(gid("Order", order.id)) or {} for order in owners]
        return _by_id((refund for node in nodes for refund in node["refunds"]), id)

    def get_orders(self, query: str = "", **paging: Any) -> Node:
        matching = [] if self._shop.hides_orders else self._matching(query)
        by = {"CREATED_AT": "at"}.get(paging.pop("sortKey", ""), "updated_at")
        return _connection(_Things(matching, self._shop.currency, by), **{"first": self._most, **paging})

    def get_ordersCount(self, query: str = "", limit: int | None = None) -> Node:  # noqa: N802 - Shopify's name
        wrong = self._shop.days_wrong if "processed_at" in query else self._shop.counts_wrong
        many = len(self._matching(query)) + wrong
        most = _EXACT_COUNT if limit is None else min(limit, _EXACT_COUNT)
        return {"count": min(many, most + 1), "precision": "EXACT" if many <= most else "AT_LEAST"}

    def get_node(self, id: str) -> Node | None:
        self._check(_PAYMENTS)
        return _named(self._shop.payouts, "ShopifyPaymentsPayout", id, self._shop.currency)

    def get_nodes(self, ids: list[str]) -> list[Node | None]:
        """Orders alone are asked for in this way."""
        return [node | {"__typename": "Order"} if (node := self.get_order(one)) else None for one in ids]

    def get_webhookSubscriptions(self, **paging: Any) -> Node:  # noqa: N802 - Shopify's name
        return _connection([{"topic": topic, "uri": uri} for topic, uri in self._shop.webhooks], **paging)

    def get_bulkOperation(self, id: str) -> Node | None:  # noqa: N802 - Shopify's name
        return _by_id(map(self._shop.bulk.node, self._shop.bulk.operations), id)

    def get_bulkOperations(self, query: str = "", first: int = 50, **_: Any) -> Node:  # noqa: N802 - Shopify's name
        found = _searched(self._shop.bulk.operations, query, {"created_at": "created_at", "operation_type": "type"})
        return _connection([self._shop.bulk.node(one) for one in found[::-1]], first=first)

    def get_bulkOperationRunQuery(self, query: str, **_: Any) -> Node:  # noqa: N802 - Shopify's name
        return self._shop.bulk.submit(query, self._in_bulk)

    def _in_bulk(self, query: str) -> Iterator[ExecutionResult]:
        """What the query finds, some hundred orders at a time; nothing where it is none."""
        document = documents(query)
        if isinstance(document, list):
            return
        execution = Execution(self._shop, document, "", {}, most=sys.maxsize)
        orders = sorted(self._shop.listed(), key=lambda order: (order.updated_at, order.id))
        for place in range(0, max(1, len(orders)), _IN_BULK):
            yield execution.run(orders[place : place + _IN_BULK])

    def get_dispute(self, id: str) -> Node | None:
        self._check("read_shopify_payments_disputes")
        return _named(self._shop.disputes, "ShopifyPaymentsDispute", id, self._shop.currency)

    def get_shopifyPaymentsAccount(self) -> Node | None:  # noqa: N802 - Shopify's name
        if not self._shop.has_payments:
            return None
        return _Account(self._shop, self._check)

    def _matching(self, query: str) -> list[Any]:
        self._check("read_orders")
        return _searched(self._shop.listed() if self._among is None else self._among, query, _DATES)

    def _check(self, scope: str) -> None:
        if scope not in self._shop.scopes:
            told = {"code": "ACCESS_DENIED", "requiredAccess": f"`{scope}` access scope."}
            raise GraphQLError("Access denied.", extensions=told)


class _Account(dict[str, Any]):
    """Shopify Payments: its connections are searched."""

    def __init__(self, shop: Shop, check: Callable[[str], None]) -> None:
        super().__init__()
        self._shop, self._check = shop, check

    def get(self, name: str, default: Any = None) -> Any:
        if name == "disputes":
            self._check("read_shopify_payments_disputes")
            return _Things(self._shop.disputes.values(), self._shop.currency, columns={"initiated_at": "at"})
        if name == "balance":
            self._check("read_shopify_payments_accounts")
            held = sum(row.minor - row.fee for row in self._shop.rows if not row.payout)
            return [{"amount": decimal_text(held, self._shop.currency), "currencyCode": self._shop.currency}]
        self._check(_PAYMENTS)
        if name == "payouts":
            return _Things(self._shop.payouts.values(), self._shop.currency, columns={"issued_at": "at"})
        return _Rows(self._shop)


class _Things(list[Any]):
    """Things of the shop, to be paged by an instant. by: the field of it. columns: see ``_searched``."""

    def __init__(
        self, found: Iterable[Any], currency: str, by: str = "at", columns: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(found)
        self.currency, self.by, self.columns = currency, by, columns or {}

    def searched(self, query: str) -> _Things:
        return _Things(_searched(self, query, self.columns), self.currency, self.by)

    def behind(self, after: tuple[int, int]) -> list[tuple[tuple[int, int], Any]]:
        """Those that come later, each with its second and number."""
        keyed = [((_second(getattr(one, self.by)), one.id), one) for one in self]
        return sorted((pair for pair in keyed if pair[0] > after), key=lambda pair: pair[0])


class _Rows(_Things):
    """The rows of the balance: most searches are for those of one payout."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.rows, shop.currency, columns={"processed_at": "at", "payments_transfer_id": "payout"})
        self._paid_out = shop.paid_out

    def searched(self, query: str) -> _Things:
        payout = _TRANSFER.fullmatch(query)
        if payout is None:
            return super().searched(query)
        return _Things(self._paid_out.get(payout[1], []), self.currency)


def _connection(found: list[Any], *, query: str = "", first: int = 250, after: str | None = "", **_: Any) -> Node:
    """What comes behind a cursor: a second and a number where things are paged, else a place in the list."""
    if isinstance(found, _Things):
        if query:
            found = found.searched(query)
        second, _space, number = (after or "-1 0").partition(" ")
        things = found.behind((int(second), int(number)))
        is_more = len(things) > first
        some = [(f"{key[0]} {key[1]}", one.node(found.currency)) for key, one in things[:first]]
    else:
        keyed = [(f"{place:09}", one) for place, one in enumerate(found)]
        rest = [pair for pair in keyed if pair[0] > (after or "")]
        some, is_more = rest[:first], len(rest) > first
    return {
        "pageInfo": {"hasNextPage": is_more, "endCursor": some[-1][0] if some else None},
        "nodes": [one for _, one in some],
        "edges": [{"cursor": cursor, "node": one} for cursor, one in some],
    }


def _searched(found: Iterable[T], query: str, columns: Mapping[str, str]) -> list[T]:
    """What a search is after: ``updated_at:>='…' AND updated_at:<'…'``. columns: its words, and the fields meant.

    Raises: GraphQLError for a search that cannot be read.
    """
    terms = [_TERM.fullmatch(term) for term in re.split(r"\s+AND\s+|\s+", query or "") if term]
    if not all(term and term[1] in columns for term in terms):
        raise GraphQLError("The search cannot be read.", extensions={"code": "argumentLiteralsIncompatible"})
    for term in filter(None, terms):
        field, sign, value = attrgetter(columns[term[1]]), term[2], term[3]
        if sign is None:
            found = [one for one in found if str(field(one)) == value]
        else:
            holds, wanted = _SIGNS[sign], datetime.fromisoformat(value).replace(microsecond=0)
            found = [one for one in found if holds(field(one), wanted)]
    return list(found)


def _second(at: datetime) -> int:
    """Searches and pages go by whole seconds, as all instants of the shop are."""
    return int(at.timestamp())


def _named(things: Mapping[int, Any], kind: str, an_id: str, currency: str) -> Node | None:
    number = an_id.rpartition("/")[2]
    found = things.get(int(number)) if number.isdecimal() and an_id == gid(kind, int(number)) else None
    node: Node | None = found.node(currency) if found is not None else None
    return node


def _by_id(nodes: Iterable[Node], an_id: str) -> Node | None:
    return next((node for node in nodes if node["id"] == an_id), None)
