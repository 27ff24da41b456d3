"""Several elements in one request: each is saved or refused by itself, and the answer tells which."""

from collections.abc import Callable, Iterable

from bridge_xero_sandbox.refusals import InvalidError, Text, validation_answer
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["Outcome", "carry_out"]

Outcome = tuple[int, JsonObject]


def carry_out(
    name: str,
    elements: Iterable[JsonObject],
    write: Callable[[JsonObject], JsonObject],
    show: Callable[[JsonObject], JsonObject],
    *,
    summarizes: bool,
    refused: frozenset[int] = frozenset(),
) -> Outcome:
    """Write each element and give status and body of the answer.

    Shape:    ``refused`` are the places, from 1 on, of those that are refused to order.
              ``summarizes``: one invalid element makes the answer a 400 that holds the invalid ones only; the good
              ones are saved all the same, and the client is not told their ids. Otherwise 200 with every element's own
              outcome.
    """
    shown, invalid = [], []
    for place, element in enumerate(elements, start=1):
        try:
            if place in refused:
                raise InvalidError(Text.TO_ORDER)
            outcome = {**show(write(dict(element))), "StatusAttributeString": "OK"}
        except InvalidError as error:
            messages = [{"Message": message} for message in error.messages]
            outcome = {**element, "StatusAttributeString": "ERROR", "ValidationErrors": messages, "HasErrors": True}
            invalid.append(outcome)
        shown.append(outcome)
    if not summarizes:
        return 200, {name: shown}
    if invalid:
        return 400, validation_answer([_without_status(element) for element in invalid])
    return 200, {name: [_without_status(element) for element in shown]}


def _without_status(element: JsonObject) -> JsonObject:
    return {key: value for key, value in element.items() if key != "StatusAttributeString"}
