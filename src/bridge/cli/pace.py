"""Pure: how far a stream is, how fast it comes, and how long the rest takes by what is known."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.ingest import Far


class Pace:
    """One stream since somebody looks on. start: how far it was then."""

    def __init__(self, start: Far, at: datetime) -> None:
        self.start, self._at = start, at
        self._told_at: datetime | None = None
        self._is_over = False

    def share(self, far: Far) -> float:
        """How much of it is there, of 1: by number where the channel counts, else by days."""
        if far.expected is not None:
            return min(1.0, far.owners / far.expected) if far.expected else 1.0
        span = far.until - far.first
        return min(1.0, ((far.through or far.first) - far.first) / span) if span > timedelta(0) else 1.0

    def words(self, far: Far, now: datetime) -> str:
        """``to 2026-03-01 of 2026-11-29, 1,200 of 5,000, 40 a second, 2 min to go``"""
        through = f"{far.through:%Y-%m-%d}" if far.through else f"{far.first:%Y-%m-%d}"
        parts = [f"to {through} of {far.until:%Y-%m-%d}"]
        if far.expected is not None:
            parts.append(f"{far.owners:,} of {max(far.expected, far.owners):,}")
        elif far.owners:
            parts.append(f"{far.owners:,}")
        seconds, came = (now - self._at).total_seconds(), far.owners - self.start.owners
        if seconds >= 1 and came > 0:
            parts.append(_rate(came, seconds))
        if left := self._left(far, seconds):
            parts.append(f"{left} to go")
        return ", ".join(parts)

    def is_news(self, far: Far, now: datetime, seconds: int) -> bool:
        """Whether a line is due: at the start, at the end, or when none was for so long."""
        is_over = far.through is not None and far.through >= far.until
        is_due = self._told_at is None or (now - self._told_at).total_seconds() >= seconds
        is_news = is_due or (is_over and not self._is_over)
        self._is_over = is_over
        if is_news:
            self._told_at = now
        return is_news

    def _left(self, far: Far, seconds: float) -> str:
        done, all_done = self.share(far) - self.share(self.start), 1.0 - self.share(far)
        if done <= 0 or all_done <= 0 or seconds < 1:
            return ""
        minutes = round(seconds * all_done / done / 60)
        if minutes < 1:
            return "less than a minute"
        return f"{minutes} min" if minutes < 120 else f"{minutes // 60:,} h"


def _rate(came: int, seconds: float) -> str:
    by_second = came / seconds
    return f"{by_second:,.0f} a second" if by_second >= 1 else f"{by_second * 60:,.0f} a minute"
