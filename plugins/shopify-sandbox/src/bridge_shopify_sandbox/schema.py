"""Carries a query out over the shop, by Shopify's own schema: scopes, search, connections and their cursors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLType,
    build_schema,
    get_named_type,
    is_list_type,
    parse,
    validate,
)
from graphql.execution import ExecutionResult, execute_sync

from bridge.model.money import decimal_text
from bridge_shopify_sandbox.nodes import Node, gid, moments
from bridge_shopify_sandbox.shop import Shop

__all__ = ["Execution", "documents", "schema"]

_TERM = re.compile(r"(\w+):(>=|<=|>|<)?'?([^'\s]+)'?")
_EXACT_COUNT = 25_000
_PAYMENTS = "read_shopify_payments_payouts"
_MISSING = object()


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
    """One query over the shop. most: of a connection, where a query does not say. objects: how many it gave."""

    def __init__(self, shop: Shop, most: int = 250) -> None:
        self._shop, self._most = shop, most
        self.objects = 0

    def run(self, document: DocumentNode, operation: str, variables: dict[str, Any]) -> ExecutionResult:
        with self._shop.lock:
            return execute_sync(
                schema(),
                document,
                _Root(self._shop, self._most),
                variable_values=variables,
                operation_name=operation or None,
                field_resolver=self._resolve,
                type_resolver=lambda value, _info, _type: str(value["__typename"]),
            )

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> object:
        if info.field_name.endswith("Address") and self._shop.hides_addresses:
            raise GraphQLError("This app is not approved.", extensions={"code": "ACCESS_DENIED"})
        if isinstance(source, _Root):
            value: object = getattr(source, f"get_{info.field_name}")(**arguments)
        else:
            value = source.get(info.field_name, _MISSING)
        if value is _MISSING:
            value = self._default(info.return_type)
        if isinstance(value, list) and get_named_type(info.return_type).name.endswith("Connection"):
            value = _connection(value, **{"first": self._most, **arguments})
        elif isinstance(value, list) and "first" in arguments:
            value = value[: arguments["first"]]
        self.objects += isinstance(value, dict)
        return value

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


class _Root:
    """The root fields."""

    def __init__(self, shop: Shop, most: int) -> None:
        self._shop, self._most = shop, most

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
        found = [order for order in self._shop.visible() if gid("Order", order.id) == id]
        return found[0].node(self._shop.currency) if found else None

    def get_refund(self, id: str) -> Node | None:
        nodes = [self.get_order(gid("Order", order.id)) or {} for order in self._shop.visible() if order.backs]
        return _by_id((refund for node in nodes for refund in node["refunds"]), id)

    def get_orders(self, query: str = "", **paging: Any) -> Node:
        matching = [] if self._shop.hides_orders else self._matching(query)
        found = [order.node(self._shop.currency) for order in matching]
        by = {"CREATED_AT": "createdAt"}.get(paging.pop("sortKey", ""), "updatedAt")
        return _connection(found, by=by, **{"first": self._most, **paging})

    def get_ordersCount(self, query: str = "", limit: int | None = None) -> Node:  # noqa: N802 - Shopify's name
        wrong = self._shop.days_wrong if "processed_at" in query else self._shop.counts_wrong
        many = len(self._matching(query)) + wrong
        most = _EXACT_COUNT if limit is None else min(limit, _EXACT_COUNT)
        return {"count": min(many, most + 1), "precision": "EXACT" if many <= most else "AT_LEAST"}

    def get_node(self, id: str) -> Node | None:
        self._check(_PAYMENTS)
        return _by_id((payout.node(self._shop.currency) for payout in self._shop.payouts.values()), id)

    def get_nodes(self, ids: list[str]) -> list[Node | None]:
        """Orders alone are asked for in this way."""
        return [node | {"__typename": "Order"} if (node := self.get_order(one)) else None for one in ids]

    def get_webhookSubscriptions(self, **paging: Any) -> Node:  # noqa: N802 - Shopify's name
        return _connection([{"topic": topic, "uri": uri} for topic, uri in self._shop.webhooks], **paging)

    def get_bulkOperation(self, id: str) -> Node | None:  # noqa: N802 - Shopify's name
        return _by_id(map(self._shop.bulk.node, self._shop.bulk.operations), id)

    def get_bulkOperations(self, query: str = "", first: int = 50, **_: Any) -> Node:  # noqa: N802 - Shopify's name
        tests = _terms(query)
        found = [
            self._shop.bulk.node(one)
            for one in self._shop.bulk.operations
            if all(test({"created_at": one.created_at, "operation_type": "query"}) for test in tests)
        ]
        return _connection(found[::-1], first=first)

    def get_bulkOperationRunQuery(self, query: str, **_: Any) -> Node:  # noqa: N802 - Shopify's name
        return self._shop.bulk.submit(query, self._in_bulk)

    def _in_bulk(self, query: str) -> ExecutionResult:
        document = documents(query)
        if isinstance(document, list):
            return ExecutionResult(None, None)
        return Execution(self._shop, most=sys.maxsize).run(document, "", {})

    def get_dispute(self, id: str) -> Node | None:
        self._check("read_shopify_payments_disputes")
        return _by_id((dispute.node(self._shop.currency) for dispute in self._shop.disputes.values()), id)

    def get_shopifyPaymentsAccount(self) -> Node | None:  # noqa: N802 - Shopify's name
        if not self._shop.has_payments:
            return None
        return _Account(self._shop, self._check)

    def _matching(self, query: str) -> list[Any]:
        self._check("read_orders")
        tests = _terms(query)
        return [order for order in self._shop.listed() if all(test(_dates(order)) for test in tests)]

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
            return _Searched(self._shop.disputes.values(), self._shop.currency, "initiated_at", "initiatedAt")
        if name == "balance":
            self._check("read_shopify_payments_accounts")
            held = sum(row.minor - row.fee for row in self._shop.rows if not row.payout)
            return [{"amount": decimal_text(held, self._shop.currency), "currencyCode": self._shop.currency}]
        self._check(_PAYMENTS)
        if name == "payouts":
            return _Searched(self._shop.payouts.values(), self._shop.currency, "issued_at", "issuedAt")
        return _Searched(self._shop.rows, self._shop.currency, "processed_at", "transactionDate")


class _Searched(list[Any]):
    """A list to be searched and paged by an instant. column: the search's word for it; by: the field's."""

    def __init__(self, found: Iterable[Any], currency: str, column: str, by: str) -> None:
        super().__init__(found)
        self.currency, self.column, self.by = currency, column, by

    def nodes(self, query: str) -> list[Node]:
        tests = _terms(query)
        return [
            one.node(self.currency)
            for one in self
            if all(test({self.column: one.at, "payments_transfer_id": getattr(one, "payout", 0)}) for test in tests)
        ]


def _dates(order: Any) -> dict[str, Any]:
    """What orders are searched by."""
    return {"updated_at": order.updated_at, "created_at": order.at, "processed_at": order.at}


def _connection(
    found: list[Any], *, by: str = "", query: str = "", first: int = 250, after: str | None = "", **_: Any
) -> Node:
    """What comes behind a cursor: an instant and an id where it is sorted by one, else a place in the list."""
    if isinstance(found, _Searched):
        by, found = found.by, found.nodes(query)
    keyed = [(f"{one[by]} {one['id']:0>60}" if by else f"{place:09}", one) for place, one in enumerate(found)]
    rest = sorted((pair for pair in keyed if pair[0] > (after or "")), key=lambda pair: pair[0])
    some = rest[:first]
    return {
        "pageInfo": {"hasNextPage": len(rest) > len(some), "endCursor": some[-1][0] if some else None},
        "nodes": [one for _, one in some],
        "edges": [{"cursor": cursor, "node": one} for cursor, one in some],
    }


def _terms(query: str) -> list[Callable[[dict[str, Any]], bool]]:
    """The tests of a search: ``updated_at:>='…' AND updated_at:<'…'``. Raises: GraphQLError for what it cannot read."""
    terms = [_TERM.fullmatch(term) for term in re.split(r"\s+AND\s+|\s+", query or "") if term]
    if not all(terms):
        raise GraphQLError("The search cannot be read.", extensions={"code": "argumentLiteralsIncompatible"})
    return [_test(*term.groups()) for term in terms if term]


def _test(name: str, sign: str | None, value: str) -> Callable[[dict[str, Any]], bool]:
    def holds(thing: dict[str, Any]) -> bool:
        if not isinstance(thing[name], datetime):
            return str(thing[name]) == value
        there = moments(thing[name])
        return {">=": there >= value, "<=": there <= value, ">": there > value, "<": there < value}[sign or ""]

    return holds


def _by_id(nodes: Iterable[Node], an_id: str) -> Node | None:
    return next((node for node in nodes if node["id"] == an_id), None)
