"""The fake carries queries out as graphql-core does: those of the plugin, over weeks of a shop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
)
from graphql.language import DocumentNode

from bridge.sandbox import SandboxClock, life
from bridge_shopify.bulk_job import bulk_query
from bridge_shopify.client import query
from bridge_shopify_sandbox import Living, Shop
from bridge_shopify_sandbox.executing import Field, Query
from bridge_shopify_sandbox.nodes import gid
from bridge_shopify_sandbox.schema import Execution, documents, schema

SINCE = "updated_at:>='2025-01-03T00:00:00Z'"
VARIABLES: dict[str, Any] = {"first": 20, "after": None, "lines": 2}


@pytest.fixture(scope="module")
def shop() -> Shop:
    clock = SandboxClock()
    clock.set(datetime(2025, 1, 1, tzinfo=UTC))
    made = Shop(clock)
    Living(made).live(life(3, 60, datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)))
    return made


def by_graphql_core(execution: Execution, document: DocumentNode, operation: str, **variables: Any) -> ExecutionResult:
    """The same resolvers, and the library's own execution."""

    def resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> object:
        return execution.resolving(Field(info.field_name, info.return_type, arguments))(source)

    return execute_sync(
        schema(),
        document,
        execution.root(),
        variable_values=variables,
        operation_name=operation or None,
        field_resolver=resolve,
        type_resolver=lambda value, _info, _type: str(value["__typename"]),
    )


def operations() -> Iterator[tuple[str, str]]:
    for file in ("orders", "payments", "reports", "shop"):
        document = parse(query(file))
        for one in document.definitions:
            if isinstance(one, OperationDefinitionNode) and one.name:
                yield file, one.name.value


@pytest.mark.parametrize("is_let_in", [True, False], ids=["let in", "kept out"])
@pytest.mark.parametrize(("file", "operation"), list(operations()))
def test_every_operation_is_answered_as_by_graphql_core(
    shop: Shop, file: str, operation: str, is_let_in: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "hides_addresses", not is_let_in)
    monkeypatch.setattr(shop, "scopes", shop.scopes if is_let_in else ["read_orders"])
    changed = next(order for order in shop.orders.values() if order.backs)
    kinds = {"Order": changed.id, "Refund": changed.backs[0].id, "ShopifyPaymentsPayout": next(iter(shop.payouts))}
    for kind, number in kinds.items():
        given = {
            **VARIABLES,
            "id": gid(kind, number),
            "ids": [gid("Order", name) for name in list(shop.orders)[:9]],
            "query": "" if file == "payments" else SINCE,
            "rows": f"payments_transfer_id:{number}",
            **dict.fromkeys("abcdefgh", SINCE.replace("updated", "processed")),
        }
        document = documents(query(file))
        assert isinstance(document, DocumentNode)

        ours = Execution(shop, document, operation, given).run()

        theirs = by_graphql_core(Execution(shop, document, operation, given), document, operation, **given)
        assert ours.data == theirs.data
        assert told(ours) == told(theirs)
        assert not (is_let_in and ours.errors)


def test_a_bulk_query_collects_what_graphql_core_finds(shop: Shop) -> None:
    document = documents(bulk_query("updated_at:>='2025-01-10T00:00:00Z'", addresses=True))
    assert isinstance(document, DocumentNode)

    ours = Execution(shop, document, "", {}, most=1_000).run()

    theirs = by_graphql_core(Execution(shop, document, "", {}, most=1_000), document, "")
    assert ours.data == theirs.data
    assert ours.data
    assert len(ours.data["orders"]["edges"]) > 20


SMALL = build_schema("""
    interface Named { name: String! }
    type Dog implements Named { name: String!, age: Int }
    type Cat implements Named { name: String!, lives: [Int!] }
    type Query { pets: [Named]!, first: Named, sure: Named! }
""")
PETS = [{"__typename": "Dog", "name": "Rex", "age": 3}, {"__typename": "Cat", "name": "Tom", "lives": [7, None]}]


def pets(text: str, **variables: Any) -> ExecutionResult:
    def resolving(field: Field) -> Any:
        def resolve(source: Any) -> object:
            if isinstance(found := source[field.name], GraphQLError):
                raise found
            return found

        return resolve

    root = {"pets": [*PETS, {"__typename": "Dog", "name": None}], "first": PETS[1], "sure": GraphQLError("No pet.")}
    return Query(SMALL, parse(text), "", variables, resolving).run(root)


def test_nothing_stands_for_what_fails_and_for_what_needs_it() -> None:
    found = pets("{ pets { __typename ...Dog ... on Cat { lives } } } fragment Dog on Dog { call: name }")
    assert found.data == {"pets": [{"__typename": "Dog", "call": "Rex"}, {"__typename": "Cat", "lives": None}, None]}
    assert len(told(found)) == 2
    assert pets("{ first { name } sure { name } }").data is None


def test_what_is_skipped_is_left_out_and_a_variable_that_lacks_is_told() -> None:
    text = "query ($is: Boolean!) { first { name @include(if: $is) ... @skip(if: $is) { __typename } } }"

    assert pets(text, **{"is": False}).data == {"first": {"__typename": "Cat"}}
    assert pets(text, **{"is": True}).data == {"first": {"name": "Tom"}}
    assert pets(text).data is None
    assert told(pets(text))


def told(result: ExecutionResult) -> list[object]:
    return [one.extensions or "" for one in result.errors or ()]
