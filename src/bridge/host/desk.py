"""The desk: what the services ask of the host. They know plugins only through it."""

from __future__ import annotations

from typing import Protocol

from bridge.errors import ConfigError
from bridge.model.channel import ChannelFacts
from bridge.model.facts import LedgerFacts
from bridge.plugin import BatchingSink, Sink, SinkOffer, Source, SourceOffer


class Desk(Protocol):
    """Hands out guarded sources and sinks by connection name, and dated ledger facts."""

    def source(self, connection: str) -> Source:
        """The connection's source. Raises: ConfigError when unknown, AuthorizationError when it must wait."""
        ...

    def is_asked(self, connection: str) -> bool:
        """Whether a channel connection has what it takes to be asked; else it reads files. Raises: as ``source``."""
        ...

    def source_offer(self, connection: str) -> SourceOffer:
        """What the connection's plugin declared."""
        ...

    def told(self, connection: str, fault: ConfigError) -> ConfigError:
        """A fault of a connection as it is told: one that refuses a sealed key says how to give another."""
        ...

    def unread(self, connection: str, facts: ChannelFacts) -> tuple[str, ...]:
        """What a channel does not let bridge read, by what it says of itself, each with what to do, in words."""
        ...

    def sink(self, connection: str) -> BatchingSink:
        """The connection's sink; one that sends one by one takes batches of one.

        Raises: ConfigError when unknown, AuthorizationError when it must wait.
        """
        ...

    def sink_offer(self, connection: str) -> SinkOffer:
        """What the connection's plugin declared."""
        ...

    def facts(self, connection: str, *, is_fresh: bool = False) -> LedgerFacts:
        """The ledger's facts: the saved snapshot while younger than an hour, else (or ``is_fresh``) a new one.

        Network, hence never inside a unit of work. Raises what the sink raises when the ledger does not answer.
        """
        ...

    def standing(self, connection: str, sink: Sink) -> LedgerFacts:
        """The chart, its balances and the lock date as they are now; the rest at most as old as the saved snapshot.

        sink: the one that goes on reading, which then need not ask for the same again. Raises: as ``facts``.
        """
        ...

    def calls(self, connection: str) -> int:
        """How many calls left this process for a connection so far."""
        ...
