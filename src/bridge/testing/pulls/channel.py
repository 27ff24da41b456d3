"""The fake of a channel that the kit works with: with state, edited and broken to order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, Protocol, runtime_checkable

from bridge.model.reports import Balance, Figure, Subscription
from bridge.plugin import AppSettings
from bridge.testing.bench import StillClock

SINCE: Final = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL: Final = datetime(2026, 6, 2, tzinfo=UTC)
"""The window that the kit pulls. What a fake holds is of this day."""
Names = frozenset[tuple[str, str]]
"""(kind, external id) of owners or documents."""


class KitClock(StillClock):
    """Stands still but for the kit; ``waits`` lists what somebody slept."""

    def advance(self, seconds: float) -> None:
        waits = list(self.waits)
        self.sleep(seconds)
        self.waits = waits


class FakeChannel(Protocol):
    """A channel that is full: at least two pages of each stream, and an owner whose nested pages are several.

    It tells the time of the clock it was made with. app: the settings with which the source under test reaches it.
    """

    @property
    def app(self) -> AppSettings: ...

    def owners(self, stream: str) -> Names:
        """Those that a stream holds in the window."""
        ...

    def documents(self, kind: str, external_id: str) -> Names:
        """Those that hang on an owner."""
        ...

    def moving(self) -> Names:
        """Owners that are not final."""
        ...

    def edit(self) -> tuple[str, str]:
        """Change the owner with the nested pages: its amounts, those of all that hangs on it, its mark. Its name."""
        ...

    def delete(self) -> tuple[str, str]:
        """Take an owner out, so that nothing of it is there. Its name."""
        ...

    def set_otherwise(self) -> None:
        """Change a setting by which amounts or days mean something else."""
        ...

    def break_answer(self, after: int = 0) -> None:
        """Let an answer carry errors, as the channel does it: the next, or the one after so many."""
        ...

    def mend(self) -> None:
        """No answer to come carries errors."""
        ...

    def on_answer(self, call: Callable[[], None]) -> None:
        """Call this before each answer, in the place of what was to be called before."""
        ...

    def finish_jobs(self) -> None:
        """Let all jobs be done."""
        ...

    def jobs(self) -> int:
        """How many jobs were submitted."""
        ...

    def notice(self) -> tuple[Mapping[str, str], bytes, tuple[tuple[str, str], ...]]:
        """Headers and body of a notice, signed as the channel signs, and what it is about."""
        ...


@runtime_checkable
class ReportingChannel(FakeChannel, Protocol):
    """The fake of a channel that says something of itself; either is asked only where the source declares it."""

    def figures(self, report: str) -> frozenset[Figure]:
        """What a report tells of the window and of a day at either end of it, zeros left out."""
        ...

    def balances(self) -> frozenset[Balance]:
        """What the channel holds for the merchant."""
        ...


@runtime_checkable
class NotifyingChannel(FakeChannel, Protocol):
    """The fake of a channel that sends notices of every topic that the source declares."""

    def subscriptions(self) -> frozenset[Subscription]:
        """Which it sends, of declared topics, as they are now."""
        ...

    def switch_off(self) -> str:
        """Stop sending notices of a topic, to anybody, as the channel does when they are not taken. Its name."""
        ...
