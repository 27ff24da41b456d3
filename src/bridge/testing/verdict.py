"""How a check fails: with sentences for the plugin's author, and no trace of the kit's own code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, settings

MOST_FAULTS = 10


def none_of(faults: Iterable[str]) -> None:
    """Fail with the first faults found; pass when there is none."""
    found = list(islice(faults, MOST_FAULTS + 1))
    if found:
        more = ["..."] if len(found) > MOST_FAULTS else []
        fail("\n".join([*found[:MOST_FAULTS], *more]))


def that(is_so: bool, otherwise: str) -> None:
    """Fail with the sentence unless it is so."""
    if not is_so:
        fail(otherwise)


def fail(cause: str) -> NoReturn:
    """Fail the check."""
    pytest.fail(cause, pytrace=False)


def tried(examples: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Settings of hypothesis under which a check tries the same examples wherever it runs."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
