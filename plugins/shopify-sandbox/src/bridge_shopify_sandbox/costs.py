"""What a query may cost, and the bucket that it is taken from.

Source: shopify.dev, GraphQL Admin API rate limits: an object costs a point, a scalar nothing, a connection as many
times as ``first`` says; 1,000 points are the most for one query; what was reserved and not used is given back.
"""

from __future__ import annotations

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from bridge.sandbox import Bucket

__all__ = ["MOST_POINTS", "requested", "told"]

MOST_POINTS = 1_000


def told(bucket: Bucket, asked: int, used: int | None) -> dict[str, Any]:
    """``extensions.cost`` of an answer."""
    status = {
        "maximumAvailable": bucket.maximum,
        "currentlyAvailable": max(0, bucket.available()),
        "restoreRate": bucket.restored,
    }
    return {"requestedQueryCost": asked, "actualQueryCost": used, "throttleStatus": status}


def requested(document: DocumentNode, operation: str, variables: dict[str, Any]) -> int:
    """What a query is reserved before it runs."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    chosen = next(one for one in operations if not operation or (one.name and one.name.value == operation))
    defaults = {
        one.variable.name.value: int(one.default_value.value)
        for one in chosen.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }
    return _cost(chosen.selection_set, fragments, defaults | variables)


def _cost(chosen: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]) -> int:
    points = 0
    for one in chosen.selections:
        if isinstance(one, FragmentSpreadNode):
            points += _cost(fragments[one.name.value].selection_set, fragments, variables)
        elif isinstance(one, InlineFragmentNode):
            points += _cost(one.selection_set, fragments, variables)
        elif isinstance(one, FieldNode) and one.selection_set is not None:
            points += _first(one, variables) * _cost(one.selection_set, fragments, variables) + 1
    return points


def _first(field: FieldNode, variables: dict[str, Any]) -> int:
    for argument in field.arguments or ():
        if argument.name.value == "ids" and isinstance(argument.value, VariableNode):
            return len(variables.get(argument.value.name.value, ()))
        if argument.name.value == "first":
            value = argument.value
            told = variables.get(value.name.value, 1) if isinstance(value, VariableNode) else getattr(value, "value", 1)
            return int(told)
    return 1
