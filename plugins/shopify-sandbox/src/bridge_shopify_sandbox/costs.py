"""What a query may cost, and the bucket that it is taken from.

Source: shopify.dev, GraphQL Admin API rate limits: an object costs a point, a scalar nothing, a connection as many
times as ``first`` says; 1,000 points are the most for one query; what was reserved and not used is given back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
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

from bridge.sandbox import SandboxClock

__all__ = ["MOST_POINTS", "Bucket", "requested"]

MOST_POINTS = 1_000


class Bucket:
    """Points of one app in one shop, that come back by the second. is_on: whether limits are kept to."""

    def __init__(self, clock: SandboxClock, *, is_on: bool, maximum: int = 2_000, restored: int = 100) -> None:
        self._clock, self.is_on = clock, is_on
        self.maximum, self.restored = maximum, restored
        self._left, self._at = float(maximum), clock.now()

    def take(self, points: int) -> bool:
        """Whether so many are there; they are then gone."""
        left = self.available()
        if self.is_on and points > left:
            return False
        self._left = left - points
        return True

    def give_back(self, points: int) -> None:
        self._left = min(self.maximum, self._left + points)

    def available(self) -> int:
        now: datetime = self._clock.now()
        passed = max(timedelta(0), now - self._at)
        self._left, self._at = min(self.maximum, self._left + passed.total_seconds() * self.restored), now
        return int(self._left)

    def told(self, asked: int, used: int | None) -> dict[str, Any]:
        """``extensions.cost`` of an answer."""
        status = {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": max(0, self.available()),
            "restoreRate": self.restored,
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
