"""Whether a day is over, and all of a day or payout is here: its channel is read beyond it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bridge.model.connections import Route
from bridge.model.documents import DocumentKind
from bridge.model.entries import JournalEntry, Mode
from bridge.model.periods import day_start
from bridge.model.reasons import Reason
from bridge.model.slots import ConvertedPart, DayFees, ExchangePart, SalesOfMonth

_SALES: Final = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})
_FEES: Final = frozenset({DocumentKind.FEE, DocumentKind.ADJUSTMENT})
_PAYOUTS: Final = frozenset({DocumentKind.PAYOUT})


class ReadStream(msgspec.Struct, frozen=True):
    """How far a stream is read whole; None: nothing of it is. kinds: of the documents that it brings."""

    title: str
    kinds: frozenset[DocumentKind]
    through: datetime | None


class Early(msgspec.Struct, frozen=True):
    """Why something may not be owed yet, and in words."""

    reason: Reason
    note: str


Coverage = tuple[ReadStream, ...]
"""The streams of a channel; none of a channel that is not asked: nothing waits for what it would say."""


def early(entry: JournalEntry, route: Route, now: datetime, coverage: Callable[[], Coverage]) -> Early | None:
    """Why an entry still waits for what may come for it; None when it does not.

    A day waits until it is over, and for the route's hold-back. Where the channel is asked, a day, and what a payout
    holds of orders, wait until every stream that they are made from is read beyond them too: after an outage the clock
    alone says nothing. A settlement, and the transfer of a payout, are whole in themselves.
    coverage: asked where it matters.
    """
    kinds = _made_from(entry, route)
    if not kinds:
        return None
    day = entry.booked_on
    whole_at = day_start(day + timedelta(days=1), route.time_zone) + timedelta(hours=route.hold_back_hours)
    if entry.slot.mode is Mode.DAY and now < whole_at:
        waits = f"so it waits {route.hold_back_hours} hours after it"
        return Early(Reason.HOLD_BACK, f"nothing to do: more may come for {day}, {waits}")
    lacking = [one for one in coverage() if one.kinds & kinds and (one.through is None or one.through < whole_at)]
    if not lacking:
        return None
    read = ", ".join(_read(one) for one in lacking)
    return Early(
        Reason.COVERAGE,
        f"more may come for {day}: of {route.source}, {read}, and not yet through {whole_at:%Y-%m-%d %H:%M} UTC; "
        f"why: `bridge sources status {route.source}`",
    )


def _made_from(entry: JournalEntry, route: Route) -> frozenset[DocumentKind]:
    """The kinds of documents that more may come of for an entry; none where it is whole in itself."""
    part = entry.slot.what
    match entry.slot.mode:
        case Mode.DAY if isinstance(part, DayFees):
            return _FEES
        case Mode.DAY:
            return _SALES | _PAYOUTS if route.mode is Mode.PAYOUT else _SALES
        case Mode.PAYOUT if isinstance(part, SalesOfMonth | ExchangePart | ConvertedPart):
            return _SALES | _PAYOUTS
        case _:
            return frozenset()


def _read(stream: ReadStream) -> str:
    if stream.through is None:
        return f"{stream.title} are not read at all"
    return f"{stream.title} are read through {stream.through:%Y-%m-%d %H:%M}"
