"""Pure: what a settlement takes over from the one before it and hands on to the next, and moves between marketplaces.

Each settlement begins a second after the one before ended. The reserve that one holds back, the next gives back; what
one leaves owed to Amazon, the next bears; a payout that bounced comes back in a later one; what one marketplace pays of
another's debt, the other's settlement tells as well. What Amazon charged to the seller's card follows from no row, and
is not asserted. Source: 143 settlements of 2026 as A-SelBox counts them (rules 7/7), and seven Canadian ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.model.lines import PAYOUT_FAILED, Line
from bridge.model.series import Carried, Moved, Series
from bridge_amazon.cells import Attributes
from bridge_amazon.summary import Summary

_RESERVE, _DEBT, _PAYOUT = "reserve", "debt to Amazon", "payout that came back"
_HANDED = frozenset({"reserve", "balance.carried_in", PAYOUT_FAILED, "transfer"})


class Handed:
    """Gathers it while the rows stream by."""

    def __init__(self, summary: Summary, attributes: Attributes) -> None:
        self._summary, self._attributes = summary, attributes
        self._held_minor = self._given_back_minor = self._debt_minor = 0
        self._came_back: list[int] = []
        self._moved: dict[str, Moved] = {}

    def add(self, lines: Sequence[Line]) -> None:
        for line in lines:
            if line.kind in _HANDED and line.amount_minor:
                self._add(line)

    def series(self) -> Series:
        """Of the only marketplace that its rows name; without sales they name none."""
        sold_on, total = self._attributes.sold_on, self._summary.total_minor
        return Series(
            name=next(iter(sold_on)) if len(sold_on) == 1 else "",
            carries_in=(
                *_exact((_RESERVE, self._given_back_minor), (_DEBT, self._debt_minor)),
                *(Carried(_PAYOUT, minor, is_exact=False) for minor in self._came_back),
            ),
            carries_out=(
                *_exact((_RESERVE, self._held_minor), (_DEBT, min(total, 0))),
                *((Carried(_PAYOUT, total, is_exact=False),) if total > 0 else ()),
            ),
            moved=tuple(self._moved.values()),
        )

    def _add(self, line: Line) -> None:
        minor = line.amount_minor
        match line.kind:
            case "reserve" if minor < 0:
                self._held_minor -= minor
            case "reserve":
                self._given_back_minor += minor
            case "balance.carried_in":
                self._debt_minor += minor
            case "transfer":
                before = self._moved.get(line.words) or Moved(0, line.occurred_at, line.words)
                added = before.amount_minor + minor
                self._moved[line.words] = msgspec.structs.replace(before, amount_minor=added)
            case _:
                self._came_back.append(minor)


def _exact(*amounts: tuple[str, int]) -> tuple[Carried, ...]:
    return tuple(Carried(name, minor) for name, minor in amounts if minor)
