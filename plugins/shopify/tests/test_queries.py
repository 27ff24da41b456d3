"""The queries that come with the plugin are valid, ask for no buyer, and ask for all that the plugin reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import msgspec
import pytest
from graphql import (
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    Node,
    Visitor,
    execute,
    parse,
    print_ast,
    validate,
    visit,
)
from graphql.language import DocumentNode

from bridge_shopify.vocabulary import ADJUSTMENT, ROW, SALE, TRANSACTION, vocabulary
from bridge_shopify.wire import Order
from bridge_shopify.wire_payments import Account
from bridge_shopify_sandbox.schema import schema
from plugins.shopify.tests.shop import read, sample

NAMES = ("orders", "bulk_orders", "payments", "shop")
BUYER = {
    "email",
    "phone",
    "customer",
    "displayAddress",
    "note",
    "clientIp",
    "tags",
}


def query(name: str) -> DocumentNode:
    return parse(resources.files("bridge_shopify").joinpath(f"queries/{name}.graphql").read_text(encoding="utf-8"))


def fields(document: DocumentNode) -> set[str]:
    found: set[str] = set()

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            found.add(node.name.value)

    visit(document, Fields())
    return found


def executed(name: str, data: Any, **variables: Any) -> ExecutionResult:
    """What the schema answers to a query, from a sample as its data."""
    shop = {"myshopifyDomain": "acme.myshopify.com", "primaryDomain": {"host": "shop.acme.example"}}
    result = execute(
        schema(),
        query(name),
        _rooted(data | {"shop": shop}),
        variable_values=variables,
        operation_name=name.capitalize(),
    )
    assert isinstance(result, ExecutionResult)
    return result


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_valid_and_asks_for_nothing_of_a_buyer(name: str) -> None:
    assert validate(schema(), query(name)) == []
    assert not fields(query(name)) & BUYER


@pytest.mark.parametrize("name", ["orders", "bulk_orders"])
def test_of_an_address_a_query_asks_for_the_country_alone(name: str) -> None:
    found: list[str] = []

    class Addresses(Visitor):
        def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> None:
            if node.type_condition.name.value == "MailingAddress":
                found.append(" ".join(print_ast(node.selection_set).split()))

        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if node.name.value.endswith("Address") and node.selection_set is not None:
                found.append(" ".join(print_ast(node.selection_set).split()))

    visit(query(name), Addresses())
    assert sorted(found) == ["{ ...Country }", "{ ...Country }", "{ countryCodeV2 }"]


def test_a_bulk_query_has_five_connections_two_deep_and_none_in_a_list() -> None:
    """Source: shopify.dev, bulk operations, queries."""

    def deepest(node: Node, depth: int = 0) -> Iterator[int]:
        if isinstance(node, FieldNode) and node.name.value == "edges":
            depth += 1
            yield depth
        for each in getattr(getattr(node, "selection_set", None), "selections", ()):
            yield from deepest(each, depth)

    document = query("bulk_orders")
    depths = [depth for definition in document.definitions for depth in deepest(definition)]
    assert (len(depths), max(depths)) == (5, 3)
    assert not {"refundLineItems", "orderAdjustments", "pageInfo"} & fields(document)


def _wanted(kind: Any, seen: set[Any]) -> Iterator[str]:
    for found in _structs(msgspec.inspect.type_info(kind)):
        if found.cls not in seen:
            seen.add(found.cls)
            yield from (field.encode_name for field in found.fields)


def _structs(info: Any) -> Iterator[Any]:
    if isinstance(info, msgspec.inspect.StructType):
        yield info
        for field in info.fields:
            yield from _structs(field.type)
    for below in (*getattr(info, "types", ()), getattr(info, "item_type", None)):
        if below is not None:
            yield from _structs(below)


@pytest.mark.parametrize(("name", "kind", "not_asked"), [("orders", Order, set()), ("payments", Account, {"edges"})])
def test_a_query_asks_for_every_field_that_is_read(name: str, kind: Any, not_asked: set[str]) -> None:
    wanted = set(_wanted(kind, set())) - {"edges", "node"} - not_asked

    assert wanted - fields(query(name)) == set()


def test_what_the_query_of_orders_answers_gives_the_documents_of_the_samples() -> None:
    for name in ("orders_us_tax_exclusive.json", "orders_gb_tax_inclusive.json"):
        answer = json.loads(sample(name))
        result = executed("orders", answer["data"], first=25)

        assert result.errors is None
        assert [each.facts for each in read({"data": result.data})] == [each.facts for each in read(answer)]


def test_what_the_query_of_payments_answers_gives_the_documents_of_the_sample() -> None:
    answer = json.loads(sample("shopify_payments_us.json"))
    result = executed("payments", answer["data"])

    assert result.errors is None
    assert [each.facts for each in read({"data": result.data})] == [each.facts for each in read(answer)]


def _rooted(value: Any) -> Any:
    """The sample as a root to resolve from, with what it was not asked for."""
    if isinstance(value, dict):
        found = {name: _rooted(each) for name, each in value.items()}
        if "nodes" in found:
            found.setdefault("pageInfo", {"hasNextPage": False})
        if "displayFinancialStatus" in found:
            found |= {"requiresShipping": True, "shippingAddress": None, "billingAddress": None}
        if "actionType" in found:
            found.setdefault("taxes", [])
        if found.get("kind") == "REFUND":
            found.setdefault("test", False)
        if "chargesGross" in found:
            found.setdefault("usdcRebateCreditAmount", {"amount": "0.00", "currencyCode": "USD"})
        return found
    return [_rooted(each) for each in value] if isinstance(value, list) else value


def test_the_vocabulary_knows_every_word_of_the_schema() -> None:
    """F23: a word that a later version adds is unclassified; those of this one are all named."""

    def words(enum: str) -> set[str]:
        return set(schema().type_map[enum].values)  # type: ignore[attr-defined]

    known = vocabulary()
    assert known.words(ROW) == words("ShopifyPaymentsTransactionType")
    assert known.words(TRANSACTION) == words("OrderTransactionKind")
    assert known.words(ADJUSTMENT) == words("OrderAdjustmentDiscrepancyReason")
    pairs = {f"{line}/{action}" for line in words("SaleLineType") for action in words("SaleActionType")}
    assert known.words(SALE) == pairs
