"""The host: keeps connections, lends plugins what they need, and stands between them and everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError
from bridge.host import sending
from bridge.host.config import HostConfig
from bridge.host.connecting import Connecting
from bridge.host.connections import check_plugin_names, check_plugin_settings, check_usable, inbox_of
from bridge.host.credentials import Sealer
from bridge.host.doors import OpenDoor
from bridge.host.facts import is_young
from bridge.host.guarded_sink import GuardedSink
from bridge.host.guarded_source import GuardedSource
from bridge.host.leaving import Leaving
from bridge.host.lending import Lender
from bridge.host.registry import Registry
from bridge.host.signing_in import SigningIn
from bridge.host.tokens import Tokens, is_idle, unauthorized
from bridge.model.channel import ChannelFacts
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.model.facts import LedgerFacts
from bridge.model.pauses import of_connection
from bridge.plugin import ChangingSink, Sink, SinkOffer, Source, SourceOffer
from bridge.store.api import Store

ACTOR: Final = "host"


class Host:
    """Implements the desk.

    authorization, connecting: let bridge into accounts, by a sign-in or by answers. signing_in: by a
    person's browser. leaving: takes that back.
    """

    def __init__(self, store: Store, config: HostConfig, clock: Clock, registry: Registry) -> None:
        check_plugin_names(registry, config.plugins)
        self.registry = registry
        self._store, self._clock, self._plugins = store, clock, config.plugins
        self._sealer = Sealer(config.sealing_keys)
        self.connecting = Connecting(store, config, clock, registry, self._sealer)
        self.authorization, self._lender = self.connecting.authorization, self.connecting.lender
        self._tokens = Tokens(
            store,
            self._sealer,
            clock,
            endpoint=lambda kept: self._lender.token_endpoint(kept, registry.offer(kept.plugin)),
        )
        self.signing_in = SigningIn(store, self._sealer, clock, self.connecting)
        self._plugin_of: dict[str, str] = {}
        self._asked: dict[str, tuple[tuple[Connection, int], bool]] = {}
        self.leaving = Leaving(store, self._sealer, registry, self._lender, self._tokens)

    def check_settings(self) -> None:
        """Raises: ConfigError for a setting that its plugin does not know, used or not; all that have some are loaded.

        What only uses one of them meets that one's settings alone, when it is opened.
        """
        check_plugin_settings(self.registry, self._plugins)

    def source(self, connection: str) -> GuardedSource:
        """See ``Desk.source``."""
        kept = self._usable(connection)
        return self._source(kept)

    def _source(self, kept: Connection) -> GuardedSource:
        offer = self.registry.source(kept.plugin)
        guard, context = self._lender.open(kept, offer, self._tokens)
        return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard)

    def is_asked(self, connection: str) -> bool:
        """See ``Desk.is_asked``."""
        with self._store.reading() as unit:
            kept, pauses = unit.connections.get(connection), unit.pauses.all()
            credential = unit.connections.credential(kept.connection_id)
        check_usable(kept, of_connection(pauses, connection))
        built_of = kept, credential.version if credential else 0
        known = self._asked.get(connection)
        if known is None or known[0] != built_of:
            known = self._asked[connection] = built_of, self._source(kept).is_asked
        return known[1]

    def source_offer(self, connection: str) -> SourceOffer:
        """See ``Desk.source_offer``."""
        return self.registry.source(self._plugin(connection))

    def door(self, connection: str) -> OpenDoor | None:
        """How notices to a connection's own address come in; None where none come. Raises: ConfigError when unknown."""
        kept = self._connection(connection)
        return self._lender.door(kept, self.registry.offer(kept.plugin))

    def told(self, connection: str, fault: ConfigError) -> ConfigError:
        """See ``Desk.told``."""
        return self.connecting.told(connection, fault)

    def unread(self, connection: str, facts: ChannelFacts) -> tuple[str, ...]:
        """See ``Desk.unread``."""
        return self.connecting.unread(self._connection(connection).plugin, facts)

    def sink(self, connection: str) -> GuardedSink:
        """See ``Desk.sink``."""
        kept = self._usable(connection)
        offer = self.registry.sink(kept.plugin)
        guard, context = self._lender.open(kept, offer, self._tokens, self.connecting.names(connection))
        built = guard.call("build", lambda: offer.build(context), is_pure=True)
        return GuardedSink(built, guard, offer.capabilities.types, lambda: self._check_sending(connection, offer))

    def _check_sending(self, connection: str, offer: SinkOffer) -> None:
        with self._store.reading() as unit:
            pauses = unit.pauses.all()
        sending.check(pauses, connection, offer.name, offer.version)

    def sink_offer(self, connection: str) -> SinkOffer:
        """See ``Desk.sink_offer``."""
        return self.registry.sink(self._plugin(connection))

    def facts(self, connection: str, *, is_fresh: bool = False) -> LedgerFacts:
        """See ``Desk.facts``. A new snapshot is saved before it is handed out."""
        with self._store.reading() as unit:
            kept = unit.facts.latest(connection)
        if kept is not None and not is_fresh and is_young(kept, self._clock.now()) and self._has_sought(kept):
            return kept
        return self._taken(connection, self.sink(connection))

    def _has_sought(self, kept: LedgerFacts) -> bool:
        """Whether nothing was named since by a rule: of what it was not asked for it says nothing."""
        return set(self.connecting.names(kept.connection).by_rule) <= set(kept.sought)

    def standing(self, connection: str, sink: Sink) -> LedgerFacts:
        """See ``Desk.standing``. Only a whole snapshot is saved."""
        with self._store.reading() as unit:
            kept = unit.facts.latest(connection)
        if kept is not None and isinstance(sink, ChangingSink) and self.sink_offer(connection).capabilities.feed_days:
            return sink.standing().with_lists_of(kept)
        return self._taken(connection, sink)

    def _taken(self, connection: str, sink: Sink) -> LedgerFacts:
        """A new snapshot, saved; a ledger that refuses it lets bridge in no more."""
        try:
            sought = self.connecting.names(connection).by_rule
            return self.keep(msgspec.structs.replace(sink.facts(), sought=sought))
        except AuthorizationError as refusal:
            self.shut(connection, refusal)
            raise

    def keep(self, taken: LedgerFacts) -> LedgerFacts:
        """Save a snapshot."""
        with self._store.unit(ACTOR) as unit:
            taken = taken.remembering(unit.facts.latest(taken.connection))
            unit.facts.put(taken)
        return taken

    def idle(self) -> tuple[str, ...]:
        """The connections whose sign-in ends soon because nobody uses it, and that using it keeps alive."""
        now = self._clock.now()
        with self._store.reading() as unit:
            kept = {
                one.name: credential
                for one in unit.connections.all()
                if one.state is ConnectionState.ACTIVE
                and (credential := unit.connections.credential(one.connection_id)) is not None
            }
        return tuple(name for name, credential in kept.items() if is_idle(credential, now))

    def keep_alive(self, connection: str) -> None:
        """Use the sign-in of an idle connection, so that its end moves. Raises: as ``Tokens.keep``."""
        self._tokens.keep(connection)

    def calls(self, connection: str) -> int:
        """See ``Desk.calls``."""
        return self._lender.calls[connection]

    def spent(self) -> Mapping[tuple[str, str], int]:
        """What was used of vendors since this was asked last, by plugin and what."""
        spent, self._lender.spent = self._lender.spent, Counter()
        return spent

    def inbox(self, connection: str) -> Path | None:
        """The folder in which files for a channel connection arrive; None when it has none."""
        return inbox_of(self._connection(connection))

    def shut(self, connection: str, refusal: AuthorizationError) -> None:
        """Stop a connection whose vendor lets bridge in no more; the others go on. A person lets it in again."""
        with self._store.unit(ACTOR) as unit:
            unit.connections.shut(connection, refusal.cause)

    def pause(self, connection: str, reason: str) -> None:
        """Stop a connection whose plugin broke its contract; the others go on."""
        with self._store.unit(ACTOR) as unit:
            unit.connections.set_state(connection, ConnectionState.PAUSED, reason)

    def resume(self, connection: str, actor: str) -> None:
        """Let a paused connection work again. Raises: AuthorizationError when it is not let in."""
        with self._store.unit(actor) as unit:
            kept = unit.connections.get(connection)
            if kept.state is ConnectionState.UNAUTHORIZED:
                raise unauthorized(kept)
            unit.connections.set_state(connection, ConnectionState.ACTIVE, "")

    def _usable(self, name: str) -> Connection:
        with self._store.reading() as unit:
            kept, pauses = unit.connections.get(name), unit.pauses.all()
        self._plugin_of[name] = kept.plugin
        check_usable(kept, of_connection(pauses, name))
        return kept

    def _connection(self, name: str) -> Connection:
        with self._store.reading() as unit:
            kept = unit.connections.get(name)
        self._plugin_of[name] = kept.plugin
        return kept

    def _plugin(self, name: str) -> str:
        """Looked up once: a connection keeps its name and its plugin for good, and is asked for it at every step."""
        return self._plugin_of.get(name) or self._connection(name).plugin


def unconnected_source(registry: Registry, config: HostConfig, clock: Clock, plugin: str) -> Source:
    """A guarded source that belongs to no connection: for looking at files without a database.

    Raises: ConfigError when there is no such source, or when its settings are wrong.
    """
    offer = registry.source(plugin)
    nobody = Connection(name="unconnected", plugin=plugin, side=Side.SOURCE, account="")
    guard, context = Lender(config, clock, None).open(nobody, offer, None)
    return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard)


def shared_door(registry: Registry, config: HostConfig, clock: Clock, plugin: str) -> OpenDoor | None:
    """How notices to the one address of all of a plugin's accounts come in; None where there is no such address."""
    offer = registry.offer(plugin)
    if offer.door is None or not offer.door.is_shared:
        return None
    return Lender(config, clock, None).door(None, offer)
