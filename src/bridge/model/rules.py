"""Mapping rules: which account a line gets. Ordered, in immutable versions; the first rule that holds applies."""

from __future__ import annotations

from datetime import date, datetime
from fnmatch import fnmatchcase

import msgspec

from bridge.errors import ConfigError
from bridge.model.lines import Line


class Rule(msgspec.Struct, frozen=True):
    """Conditions that must all hold, and what the line then gets. An empty condition always holds.

    kind, sku, words: shell-style patterns (``*``, ``?``) on the line's kind, SKU and channel words.
    attributes:       exact facts of the line that must all be there, as (name, value).
    as_kind:          the kind an unclassified line is from now on booked as; empty to keep its own.
    account:          an account number of the chart, or a role (``@clearing``); empty only with as_kind,
                      which then takes that kind's default.
    tracking:         what it is reported by in the ledger, as ``model.tracking`` reads it; before the route's own.
    contact, item:    by name: whom a line of a journal names, and the service that a form sells.
    tax:              the tax treatment (``model.tax``) in place of the one its rate gives, in VAT regimes.
    """

    id: str
    account: str = ""
    kind: str = "*"
    sku: str = ""
    words: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    as_kind: str = ""
    tracking: str = ""
    contact: str = ""
    tax: str = ""
    item: str = ""

    def holds(self, line: Line) -> bool:
        return (
            fnmatchcase(line.kind, self.kind)
            and (not self.sku or fnmatchcase(line.sku, self.sku))
            and (not self.words or fnmatchcase(line.words.casefold(), self.words.casefold()))
            and (not self.attributes or set(self.attributes) <= set(line.facts))
        )


class RuleSet(msgspec.Struct, frozen=True):
    """One version of a route's rules: whole, immutable, in force from a date.

    effective_from: the first book date it decides. The last rules are the defaults, one per kind.
    """

    name: str
    version: int
    effective_from: date
    rules: tuple[Rule, ...]
    author: str
    reason: str
    made_at: datetime


def in_force(versions: tuple[RuleSet, ...], on: date) -> RuleSet:
    """The version in force on a book date: the highest whose date is not later; before the first, the first.

    Raises: ConfigError when there is none at all.
    """
    if not versions:
        raise ConfigError("rule set", "no version of it is active", "Run `bridge apply`", code="rules.none")
    reached = [version for version in versions if version.effective_from <= on]
    return max(reached or versions[:1], key=lambda version: (version.version,))
