"""Lines into postings: one pass to sum and number them, one to say which posting each line is in.

Memory is bounded by what the rules can tell apart, not by the lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise

import msgspec

from bridge.books.choose import Choice, Chooser
from bridge.books.defaults import IGNORED
from bridge.books.split import Span, place_of
from bridge.books.taxes import Taxes, tax_inside
from bridge.model.chart import OPENING_CLEARING, ROLE_BANK, ROLE_CLEARING, ROLE_TENDER
from bridge.model.connections import Route
from bridge.model.entries import Fate
from bridge.model.lines import Line

OPENING = "bridge:opening"
ZERO = "zero"
_NEVER = datetime.max.replace(tzinfo=UTC)
_REMEMBERED = 50_000


class Leg:
    """What one posting sums. number and entry_id are given once all lines were seen.

    amount_minor: debit positive, tax inside it included. orders: some of the orders its refunds belong to.
    alone_minor:  tax whose base is nowhere, by the treatment under which that base would be.
    """

    __slots__ = (
        "_stated_minor",
        "_unrated_minor",
        "_unrated_tax_minor",
        "alone_minor",
        "amount_minor",
        "choice",
        "entry_id",
        "line_count",
        "number",
        "orders",
    )

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.amount_minor = 0
        self.line_count = 0
        self.number = 0
        self.entry_id = ""
        self.orders: set[str] = set()
        self.alone_minor: dict[str, int] = {}
        self._stated_minor = self._unrated_minor = self._unrated_tax_minor = 0

    def add(self, amount_minor: int, *, is_tax: bool = False, is_unrated: bool = False) -> None:
        """Add one line's share: debit positive."""
        self.amount_minor += amount_minor
        self.line_count += 1
        if is_tax:
            self._stated_minor += amount_minor
            self._unrated_tax_minor += amount_minor if is_unrated else 0
        elif is_unrated:
            self._unrated_minor += amount_minor

    @property
    def tax_minor(self) -> int:
        """The tax inside its amount."""
        return tax_inside(
            self._stated_minor, self._unrated_minor, self._unrated_tax_minor, self.line_count, self.choice.tax_code
        )


class Placed(msgspec.Struct, frozen=True):
    """Where lines that nothing can tell apart go. is_open, alone: see ``taxes.Treated``."""

    leg: Leg
    is_tax: bool = False
    is_unrated: bool = False
    is_open: bool = False
    alone: str = ""


class Tally:
    """The sums of one document's lines, per month and choice.

    Order: the lines must pass once through ``add``, then ``bind`` names the entries, then the same lines may pass
    through ``fates``. Numbers follow the sorted choices, never the order of the lines.

    open_lines, open_minor: lines of which nobody has said whether tax is inside them, and what they come to.
    """

    def __init__(self, spans: tuple[Span, ...], choosers: Mapping[int, Chooser], route: Route, taxes: Taxes) -> None:
        self._starts = [span.since for span in spans]
        self._ends = [*(after.since for _, after in pairwise(spans)), _NEVER]
        self._spans, self._route, self._taxes = spans, route, taxes
        self._choosers = [choosers[span.rules.version] for span in spans]
        self._known: list[dict[Hashable, Placed]] = [{} for _ in spans]
        self._legs: dict[str, dict[Choice, Leg]] = {span.month: {} for span in spans}
        self.excluded: dict[str, int] = {}
        self.booked_minor = 0
        self.open_lines = self.open_minor = 0
        self._at = 0

    def add(self, lines: Iterable[Line]) -> None:
        """Sum some lines."""
        for line in lines:
            amount = line.amount_minor
            if not amount or line.kind == IGNORED:
                reason = IGNORED if amount else ZERO
                self.excluded[reason] = self.excluded.get(reason, 0) + 1
                continue
            placed = self._placed(line)
            placed.leg.add(-amount, is_tax=placed.is_tax, is_unrated=placed.is_unrated)
            self.booked_minor += amount
            if placed.is_open:
                self.open_lines += 1
                self.open_minor += amount
            elif placed.alone:
                placed.leg.alone_minor[placed.alone] = placed.leg.alone_minor.get(placed.alone, 0) - amount

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
        leg = self._placed(line).leg
        return Fate(line.key, leg.entry_id, leg.number)

    def _placed(self, line: Line) -> Placed:
        at = self._at
        if not self._starts[at] <= line.occurred_at < self._ends[at]:
            at = self._at = place_of(line.occurred_at, self._starts)
        known, chooser = self._known[at], self._choosers[at]
        key = chooser.key(line)
        if (facts := self._taxes.facts(line)) is not None:
            key = (key, facts)
        placed = known.get(key)
        if placed is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            placed = known[key] = self._place(line, chooser, self._spans[at])
        return placed

    def _place(self, line: Line, chooser: Chooser, span: Span) -> Placed:
        treated = self._taxes.treat(line, chooser)
        choice = settled(treated.choice, self._route, is_opening=span.is_opening)
        leg = self._legs[span.month].setdefault(choice, Leg(choice))
        if not choice.tax_code:
            return Placed(leg)
        return Placed(leg, treated.is_tax, treated.is_unrated, treated.is_open, treated.alone)


def settled(choice: Choice, route: Route, *, is_opening: bool, tender: str = "") -> Choice:
    """The choice with its role made a number of the route's chart.

    Inside a settlement a transfer to the bank meets clearing like everything else: only the settlement's own
    total makes a bank leg. What lies before the route's first day goes to opening clearing.
    tender: the account of the line's gateway, for the role of tenders; without one they meet clearing too.
    """
    if is_opening:
        return Choice(OPENING_CLEARING, choice.kind, OPENING, half=choice.half)
    if choice.account not in {ROLE_CLEARING, ROLE_BANK, ROLE_TENDER}:
        return choice
    account = (tender or route.clearing) if choice.account == ROLE_TENDER else route.clearing
    return msgspec.structs.replace(choice, account=account)
