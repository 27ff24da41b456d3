"""Lines into postings: one pass to sum and number them, one to say which posting each line is in.

Memory is bounded by what the rules can tell apart, not by the lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise

from bridge.books.choose import Choice, Chooser
from bridge.books.defaults import IGNORED
from bridge.books.liability import when_withheld
from bridge.books.split import Span, place_of
from bridge.model.chart import OPENING_CLEARING, ROLE_BANK, ROLE_CLEARING
from bridge.model.connections import Route
from bridge.model.entries import Fate
from bridge.model.lines import Line

OPENING = "bridge:opening"
ZERO = "zero"
_NEVER = datetime.max.replace(tzinfo=UTC)
_REMEMBERED = 50_000


class Leg:
    """What one posting sums. number and entry_id are given once all lines were seen."""

    __slots__ = ("amount_minor", "choice", "entry_id", "line_count", "number")

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.amount_minor = 0
        self.line_count = 0
        self.number = 0
        self.entry_id = ""


class Tally:
    """The sums of one document's lines, per month and choice.

    Order: the lines must pass once through ``add``, then ``bind`` names the entries, then the same lines may pass
    through ``fates``. Numbers follow the sorted choices, never the order of the lines.
    """

    def __init__(
        self, spans: tuple[Span, ...], choosers: Mapping[int, Chooser], route: Route, withheld: frozenset[str]
    ) -> None:
        self._starts = [span.since for span in spans]
        self._ends = [*(after.since for _, after in pairwise(spans)), _NEVER]
        self._spans, self._route, self._withheld = spans, route, withheld - {""}
        self._choosers = [choosers[span.rules.version] for span in spans]
        self._known: list[dict[Hashable, tuple[Leg, Leg | None]]] = [{} for _ in spans]
        self._legs: dict[str, dict[Choice, Leg]] = {span.month: {} for span in spans}
        self.excluded: dict[str, int] = {}
        self.booked_minor = 0
        self._at = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Sum some lines."""
        for line in lines:
            amount = line.amount_minor
            if not amount or line.kind == IGNORED:
                reason = IGNORED if amount else ZERO
                self.excluded[reason] = self.excluded.get(reason, 0) + 1
                continue
            leg = self._leg(line)
            leg.amount_minor -= amount
            leg.line_count += 1
            self.booked_minor += amount

    def months(self) -> dict[str, list[Leg]]:
        """The legs of each month that has any, in order, numbered from 1."""
        found = {}
        for month, legs in sorted(self._legs.items()):
            used = [leg for _, leg in sorted(legs.items()) if leg.line_count]
            for number, leg in enumerate(used, start=1):
                leg.number = number
            if used:
                found[month] = used
        return found

    def bind(self, entry_ids: Mapping[str, str]) -> None:
        """Say which entry each month has become."""
        for month, legs in self.months().items():
            for leg in legs:
                leg.entry_id = entry_ids[month]

    def fates(self, lines: Iterable[Line]) -> list[Fate]:
        """What became of some lines, in their order."""
        return [self._fate(line) for line in lines]

    def _fate(self, line: Line) -> Fate:
        if not line.amount_minor or line.kind == IGNORED:
            return Fate(line.key, reason=IGNORED if line.amount_minor else ZERO)
        leg = self._leg(line)
        return Fate(line.key, leg.entry_id, leg.number)

    def _leg(self, line: Line) -> Leg:
        at = self._at
        if not self._starts[at] <= line.occurred_at < self._ends[at]:
            at = self._at = place_of(line.occurred_at, self._starts)
        known, chooser = self._known[at], self._choosers[at]
        key = line.kind if chooser.asks_only_kind else chooser.key(line)
        legs = known.get(key)
        if legs is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            legs = known[key] = self._legs_of(chooser.choose(line), self._spans[at])
        own, withheld = legs
        return own if withheld is None or line.tax_group not in self._withheld else withheld

    def _legs_of(self, choice: Choice, span: Span) -> tuple[Leg, Leg | None]:
        own = settled(choice, self._route, is_opening=span.is_opening)
        withheld = None if span.is_opening else when_withheld(choice)
        legs = self._legs[span.month]
        return (
            legs.setdefault(own, Leg(own)),
            legs.setdefault(withheld, Leg(withheld)) if withheld else None,
        )


def settled(choice: Choice, route: Route, *, is_opening: bool) -> Choice:
    """The choice with its role made a number of the route's chart.

    Inside a settlement a transfer to the bank meets clearing like everything else: only the settlement's own
    total makes a bank leg. What lies before the route's first day goes to opening clearing.
    """
    if is_opening:
        return Choice(OPENING_CLEARING, choice.kind, OPENING)
    if choice.account not in {ROLE_CLEARING, ROLE_BANK}:
        return choice
    return Choice(route.clearing, choice.kind, choice.rule, choice.tracking, choice.contact)
