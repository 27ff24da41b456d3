"""A desk over dicts: the services' host without loading, sealing or guarding anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.model.channel import ChannelFacts
from bridge.model.facts import LedgerFacts
from bridge.plugin import BatchingSink, ChangingSink, Sink, SinkOffer, Source, SourceOffer

YOUNG = timedelta(hours=1)
T = TypeVar("T")


class FakeDesk:
    """Hands out what it was given by connection name; keeps facts for an hour, as the host does."""

    def __init__(
        self,
        clock: Clock,
        *,
        sources: Mapping[str, Source] | None = None,
        source_offers: Mapping[str, SourceOffer] | None = None,
        sinks: Mapping[str, BatchingSink] | None = None,
        sink_offers: Mapping[str, SinkOffer] | None = None,
    ) -> None:
        self._clock = clock
        self._sources, self._source_offers = sources or {}, source_offers or {}
        self._sinks, self._sink_offers = sinks or {}, sink_offers or {}
        self._facts: dict[str, LedgerFacts] = {}

    def source(self, connection: str) -> Source:
        return _given(self._sources, connection)

    def is_asked(self, connection: str) -> bool:
        return connection in self._sources

    def source_offer(self, connection: str) -> SourceOffer:
        return _given(self._source_offers, connection)

    def told(self, connection: str, fault: ConfigError) -> ConfigError:
        return fault

    def unread(self, connection: str, facts: ChannelFacts) -> tuple[str, ...]:
        return ()

    def sink(self, connection: str) -> BatchingSink:
        return _given(self._sinks, connection)

    def sink_offer(self, connection: str) -> SinkOffer:
        return _given(self._sink_offers, connection)

    def facts(self, connection: str, *, is_fresh: bool = False) -> LedgerFacts:
        kept = self._facts.get(connection)
        if kept is None or is_fresh or self._clock.now() - kept.taken_at >= YOUNG:
            kept = self._facts[connection] = self.sink(connection).facts()
        return kept

    def standing(self, connection: str, sink: Sink) -> LedgerFacts:
        kept = self._facts.get(connection)
        if kept is not None and isinstance(sink, ChangingSink) and self.sink_offer(connection).capabilities.feed_days:
            return sink.standing().with_lists_of(kept)
        self._facts[connection] = sink.facts()
        return self._facts[connection]

    def spent(self) -> Mapping[tuple[str, str], int]:
        return {}

    def calls(self, connection: str) -> int:
        return len(getattr(self.sink(connection), "requests", ()))


def _given(things: Mapping[str, T], connection: str) -> T:
    if connection not in things:
        raise ConfigError(f"connection {connection}", "there is none of that name", "Check the name")
    return things[connection]
