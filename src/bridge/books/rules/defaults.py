"""The rules every set ends in: one per kind, to the account of the recommended chart."""

from __future__ import annotations

from functools import cache

from bridge.model.lines import kinds
from bridge.model.rules import Rule

DEFAULT = "default:"
IGNORED = "ignored"


@cache
def default_rules() -> tuple[Rule, ...]:
    """One rule a kind, in the order of the table of kinds; none for ``ignored``, which is never booked."""
    return tuple(
        Rule(id=DEFAULT + kind.name, kind=kind.name, account=kind.account)
        for kind in kinds().values()
        if kind.name != IGNORED
    )
