"""ReportingSource, BalanceSource, NotifyingSource: what a channel says of itself beside its documents."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, runtime_checkable

from bridge.model.channel import ChannelFacts
from bridge.model.reports import Balances, Figures, Subscription
from bridge.plugin.lookup import Unknown
from bridge.plugin.pull import PulledSource


@runtime_checkable
class ReportingSource(PulledSource, Protocol):
    """A source that declares ``reports``."""

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        """What a report tells of the periods that lie wholly in since <= t < until, and of documents that closed in it.

        Network. The channel's calendar decides what a period is; a day on which nothing happened is told as zero.
        Never made of the answers that ``pull`` gives.
        Unknown: where the channel does not tell it: a scope is lacking, it counts no further, its own count runs.
        Raises:  as ``pull``; nothing else stops for it.
        """
        ...


@runtime_checkable
class BalanceSource(PulledSource, Protocol):
    """A source that declares ``tells_balances``."""

    def balances(self, facts: ChannelFacts) -> Balances | Unknown:
        """What the channel holds for the merchant now, by name and currency. Network. Raises: as ``figures``."""
        ...


@runtime_checkable
class NotifyingSource(PulledSource, Protocol):
    """A source that declares ``notices``."""

    def subscriptions(self, facts: ChannelFacts) -> tuple[Subscription, ...] | Unknown:
        """To whom the channel sends which notices now, whether it does or has stopped: of this app or key, all pages.

        Network. Those of topics that are not declared may be left out. Of the address all is told; what is not the
        host's own it does not keep, for others' secrets may stand in it.
        Unknown, Raises: as ``figures``.
        """
        ...
