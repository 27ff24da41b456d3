"""Carries out an operation that an order of the admin door names, or says which arguments it takes."""

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

from bridge.sandbox.messages import BadRequestError

__all__ = ["carry_out"]


def carry_out(operations: Mapping[str, Callable[..., object]], whose: object, order: dict[str, Any]) -> object:
    """Carry out ``{"op": NAME, ARGUMENT: VALUE, ...}`` on ``whose``: the operations are methods of its class.

    Raises:   BadRequestError that lists the operations, or the arguments of the one that is meant.
    """
    name = str(order.pop("op", ""))
    if name not in operations:
        raise BadRequestError(f"op must be one of: {', '.join(operations)}")
    takes = list(signature(operations[name]).parameters.values())[1:]
    needed = [one.name for one in takes if one.default is Parameter.empty]
    lacking = [each for each in needed if each not in order]
    unknown = sorted(order.keys() - {one.name for one in takes})
    if lacking or unknown:
        faults = [f"lacks {', '.join(lacking)}"] if lacking else []
        faults += [f"does not know {', '.join(unknown)}"] if unknown else []
        raise BadRequestError(f"{name} {' and '.join(faults)}", _arguments(name, takes))
    try:
        return operations[name](whose, **order)
    except (TypeError, ArithmeticError) as error:
        cause = f"an argument of {name} has a value that cannot be meant"
        advice = 'amounts and days are texts, as "12.50" and "2026-01-31"; a line is a number, counted from 0'
        raise BadRequestError(cause, f"{_arguments(name, takes)}: {advice}") from error


def _arguments(name: str, takes: list[Parameter]) -> str:
    told = [one.name if one.default is Parameter.empty else f"{one.name} (may be left out)" for one in takes]
    return f"{name} takes {', '.join(told)}"
