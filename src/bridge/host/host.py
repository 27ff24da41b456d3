"""The host: keeps connections, lends plugins what they need, and stands between them and everything else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.host.authorization import Authorization
from bridge.host.config import HostConfig
from bridge.host.connecting import Connecting
from bridge.host.connections import check_plugin_settings, check_usable, inbox_of
from bridge.host.credentials import Sealer, reseal
from bridge.host.facts import is_young
from bridge.host.guarded import GuardedSink, GuardedSource
from bridge.host.lending import Lender
from bridge.host.registry import Registry
from bridge.host.tokens import Tokens, unauthorized
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.model.contacts import Contacts, contacts
from bridge.model.facts import LedgerFacts
from bridge.plugin import ChangingSink, Signing, Sink, SinkOffer, Source, SourceOffer
from bridge.store.api import Store

ACTOR: Final = "host"


class Host:
    """Implements the desk. authorization, connecting: let bridge into accounts, by a sign-in or by answers."""

    def __init__(self, store: Store, config: HostConfig, clock: Clock, registry: Registry) -> None:
        check_plugin_settings(registry, config.plugins)
        self.registry = registry
        self._store, self._clock = store, clock
        self._sealer = Sealer(config.sealing_keys)
        self.connecting = Connecting(store, config, clock, registry, self._sealer)
        self._lender = Lender(config, clock, store, self.connecting.key)
        self._tokens = Tokens(
            store,
            self._sealer,
            clock,
            endpoint=lambda kept: self._lender.token_endpoint(kept, registry.offer(kept.plugin)),
        )
        self.authorization = Authorization(
            store,
            self._sealer,
            clock,
            redirect_uri=config.redirect_uri,
            endpoint=lambda kept: self._lender.token_endpoint(kept, registry.offer(kept.plugin)),
            oauth=lambda kept: self._lender.oauth(kept, registry.offer(kept.plugin)),
        )

    def source(self, connection: str) -> GuardedSource:
        """See ``Desk.source``."""
        kept, offer = self._usable(connection), self.source_offer(connection)
        guard, context = self._lender.open(kept, offer, self._tokens)
        return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard)

    def is_asked(self, connection: str) -> bool:
        """See ``Desk.is_asked``."""
        return self.source(connection).is_asked

    def source_offer(self, connection: str) -> SourceOffer:
        """See ``Desk.source_offer``."""
        return self.registry.source(self._connection(connection).plugin)

    def signing(self, connection: str) -> Signing:
        """See ``Desk.signing``."""
        return self._lender.signing(self._connection(connection), self.source_offer(connection))

    def told(self, connection: str, fault: ConfigError) -> ConfigError:
        """See ``Desk.told``."""
        return self.connecting.told(connection, fault)

    def sink(self, connection: str) -> Sink:
        """See ``Desk.sink``."""
        kept, offer = self._usable(connection), self.sink_offer(connection)
        guard, context = self._lender.open(kept, offer, self._tokens, self._contacts(connection))
        return GuardedSink(guard.call("build", lambda: offer.build(context), is_pure=True), guard)

    def sink_offer(self, connection: str) -> SinkOffer:
        """See ``Desk.sink_offer``."""
        return self.registry.sink(self._connection(connection).plugin)

    def facts(self, connection: str, *, is_fresh: bool = False) -> LedgerFacts:
        """See ``Desk.facts``. A new snapshot is saved before it is handed out."""
        with self._store.reading() as unit:
            kept = unit.facts.latest(connection)
        if kept is not None and not is_fresh and is_young(kept, self._clock.now()):
            return kept
        return self._saved(self.sink(connection))

    def standing(self, connection: str, sink: Sink) -> LedgerFacts:
        """See ``Desk.standing``. Only a whole snapshot is saved."""
        with self._store.reading() as unit:
            kept = unit.facts.latest(connection)
        if kept is not None and isinstance(sink, ChangingSink) and self.sink_offer(connection).capabilities.feed_days:
            return sink.standing().with_lists_of(kept)
        return self._saved(sink)

    def _saved(self, sink: Sink) -> LedgerFacts:
        taken = sink.facts()
        with self._store.unit(ACTOR) as unit:
            taken = taken.remembering(unit.facts.latest(taken.connection))
            unit.facts.put(taken)
        return taken

    def _contacts(self, ledger: str) -> Contacts:
        """The names that vouchers for a ledger may give; a channel whose plugin is away has none."""
        channels = {}
        with self._store.reading() as unit:
            routes = [route for route in unit.routes.all() if route.ledger == ledger]
            rules = [version for route in routes for version in unit.rules.versions(route.name)]
            plugins = {route.source: unit.connections.get(route.source).plugin for route in routes}
        for source, plugin in plugins.items():
            with suppress(ConfigError):
                channels[source] = self.registry.source(plugin).title
        return contacts(routes, rules, channels)

    def calls(self, connection: str) -> int:
        """See ``Desk.calls``."""
        return self._lender.calls[connection]

    def inbox(self, connection: str) -> Path | None:
        """The folder in which files for a channel connection arrive; None when it has none."""
        return inbox_of(self._connection(connection))

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

    def reseal(self, actor: str) -> int:
        """Seal every credential anew with the first sealing key; returns how many."""
        return reseal(self._store, self._sealer, actor)

    def _usable(self, name: str) -> Connection:
        kept = self._connection(name)
        check_usable(kept)
        return kept

    def _connection(self, name: str) -> Connection:
        with self._store.reading() as unit:
            return unit.connections.get(name)


def unconnected_source(registry: Registry, config: HostConfig, clock: Clock, plugin: str) -> Source:
    """A guarded source that belongs to no connection: for looking at files without a database.

    Raises: ConfigError when there is no such source, or when its settings are wrong.
    """
    offer = registry.source(plugin)
    nobody = Connection(name="unconnected", plugin=plugin, side=Side.SOURCE, account="")
    guard, context = Lender(config, clock, None).open(nobody, offer, None)
    return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard)
