"""How a channel is set: its facts, kept with their date, and what it means that they are others than before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError
from bridge.host.desk import Desk
from bridge.ingest import meaning, notices, silence
from bridge.ingest.paging import pulling
from bridge.model.channel import Asking, ChannelFacts
from bridge.model.connections import Connection, Route
from bridge.model.documents import DocumentState
from bridge.model.findings import FindingState
from bridge.model.reasons import Reason
from bridge.plugin import PulledSource, SourceOffer
from bridge.store.api import Store, UnitOfWork


class Setting:
    """One pull of one connection, and how its channel is set while it lasts.

    started_at: no window ends later. facts: of the channel as it is set now. foreign: hashes of facts that mean
    something else, while nobody accepted the change. notices_at: where its notices are expected; empty: nowhere.
    """

    facts: ChannelFacts

    def __init__(
        self, store: Store, desk: Desk, clock: Clock, connection: str, actor: str, notices_url: str = ""
    ) -> None:
        with store.reading() as unit:
            self.connection: Connection = unit.connections.get(connection)
            self.routes: Sequence[Route] = tuple(route for route in unit.routes.all() if route.source == connection)
        self.store, self.clock, self.actor = store, clock, actor
        self._desk = desk
        self.offer: SourceOffer = desk.source_offer(connection)
        self.source: PulledSource = pulling(desk.source(connection))
        self.notices_at: str = notices.expected_at(notices_url, connection, self.offer.capabilities)
        self.started_at: datetime = clock.now()
        self.foreign: frozenset[str] = frozenset()
        try:
            self.learn(self.source.survey())
        except BridgeError as fault:
            self.note("", fault, has_answered=False)
            raise
        self.note("", None, has_answered=True, told=self.facts)

    @property
    def connection_id(self) -> str:
        return self.connection.connection_id

    def note(
        self, stream: str, fault: BridgeError | None, *, has_answered: bool, told: ChannelFacts | None = None
    ) -> None:
        """Keep how asking for a stream went; ``""``: how the channel is set, which it told."""
        fault = self._desk.told(self.connection.name, fault) if isinstance(fault, ConfigError) else fault
        with self.store.unit(self.actor) as unit:
            before = unit.windows.askings(self.connection_id).get(stream, Asking(stream))
            after = silence.asked(before, fault, self.clock.now(), has_answered=has_answered)
            unit.windows.put_asking(self.connection_id, msgspec.structs.replace(after, told=told or before.told))

    def learn(self, facts: ChannelFacts) -> None:
        """Keep the facts, dated, where they are new. Another meaning than before is a finding until it is accepted.

        Raises: ConfigError when the channel answers for another account than the connection's.
        """
        connection = self.connection
        if connection.account and facts.account != connection.account:
            raise ConfigError(
                f"connection {connection.name}",
                f"is of account {connection.account}, and the channel answers for {facts.account}",
                f"Give it the key or sign-in of {connection.account}, or declare {facts.account} as another connection",
                code="channel.account",
            )
        with self.store.reading() as unit:
            kept = unit.channel_facts.all(self.connection_id)
            held = unit.documents.held_for(self.connection_id, [Reason.FACTS_CHANGED])
            is_open = self._has_open(unit)
        is_new = not kept or kept[-1].facts.facts_hash != facts.facts_hash
        if is_new or (held and not is_open):
            with self.store.unit(self.actor) as unit:
                if is_new:
                    unit.channel_facts.put(self.connection_id, facts, self.clock.now())
                    is_open = self._change(unit, kept[-1].facts, facts) if kept else False
                if not is_open:
                    keys = [(one.document.document_id, one.document.revision) for one in held]
                    unit.documents.set_states(keys, DocumentState.NEW, "")
        self.facts = facts
        self.foreign = meaning.foreign(kept, facts) if is_open else frozenset()

    def _change(self, unit: UnitOfWork, before: ChannelFacts, facts: ChannelFacts) -> bool:
        """Findings of another meaning in place of those there were; whether any stands now."""
        if before.meaning == facts.meaning:
            return self._has_open(unit)
        for route in self.routes:
            for kept in unit.findings.of_route(route.route_id, FindingState.OPEN):
                if kept.finding.code == meaning.MEANING:
                    unit.findings.close(kept.finding.finding_id)
            unit.findings.add(meaning.finding(self.connection, route, before, facts), self.clock.now())
        return bool(self.routes)

    def _has_open(self, unit: UnitOfWork) -> bool:
        return any(
            kept.finding.code == meaning.MEANING
            for route in self.routes
            for kept in unit.findings.of_route(route.route_id, FindingState.OPEN)
        )
