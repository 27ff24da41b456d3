"""Connecting an account: what a merchant answered, or signed in with, is tried there, and sealed when that lets in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError
from bridge.host.authorization import Authorization, Brought, Choose, Started, keep
from bridge.host.config import HostConfig
from bridge.host.config_file import refusal
from bridge.host.credentials import Credential, Sealer
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.guarded_sink import GuardedSink
from bridge.host.guarded_source import GuardedSource
from bridge.host.lending import Lender
from bridge.host.registry import Offer, Registry
from bridge.host.tokens import OneToken
from bridge.model.channel import ChannelFacts
from bridge.model.connections import Connection
from bridge.model.contacts import Names, names
from bridge.model.facts import LedgerFacts
from bridge.plugin import Access, ConnectionSettings, Goes, Question, SourceOffer, Way
from bridge.store.api import Store

_SIGN_IN: Final = Way(name="sign_in", title="by the application that the settings name", questions=(), signs_in=True)

_ACCOUNT: Final = Question(
    name="account",
    prompt="Account",
    where="By what the channel tells it from others: a shop's domain, a seller's id",
    goes=Goes.ACCOUNT,
)


class Tried(msgspec.Struct, frozen=True):
    """A connection that was answered. connection: as it is to be declared, with the account that was named.

    settings: of its table in the settings file. credential: what lets bridge in. facts: of a channel, or of a ledger.
    lacking: what a channel does not let bridge read, in words.
    """

    connection: Connection
    settings: Mapping[str, Any]
    credential: Credential
    facts: ChannelFacts | LedgerFacts
    lacking: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Tried({self.connection.name})"


class Connecting:
    """Tries and seals what lets bridge into accounts. Nothing is saved before a channel or ledger has answered."""

    def __init__(self, store: Store, config: HostConfig, clock: Clock, registry: Registry, sealer: Sealer) -> None:
        self._store, self._config = store, config
        self._registry, self._sealer = registry, sealer
        self.lender = Lender(config, clock, store, self.key)
        self.authorization = Authorization(
            store, sealer, clock, registry, self.lender, redirect_uri=config.redirect_uri
        )

    def key(self, connection: Connection) -> Mapping[str, str]:
        """The sealed answers of a connection, opened; empty where it has none."""
        with self._store.reading() as unit:
            kept = unit.connections.credential(connection.connection_id)
        return {} if kept is None else self._sealer.open(kept).key

    def names(self, ledger: str) -> Names:
        """What vouchers for a ledger may name of long lists; a channel whose plugin is away has no contact."""
        channels = {}
        with self._store.reading() as unit:
            routes = [route for route in unit.routes.all() if route.ledger == ledger]
            rules = [version for route in routes for version in unit.rules.versions(route.name)]
            plugins = {route.source: unit.connections.get(route.source).plugin for route in routes}
        for source, plugin in plugins.items():
            with suppress(ConfigError):
                channels[source] = self._registry.source(plugin).title
        return names(routes, rules, channels)

    def access(self, plugin: str) -> Access:
        """What a merchant is asked. Raises: ConfigError where that is nothing, or where nothing can be sealed."""
        offer = self._registry.offer(plugin)
        if offer.access is None and (isinstance(offer, SourceOffer) or offer.oauth is None):
            raise ConfigError(
                f"plugin {plugin!r}",
                f"is let in by what [plugins.{plugin}] says, or read from files, not by questions",
                f'Write [connections.NAME] with plugin = "{plugin}" in the settings file, and what its page in the '
                "documentation names, run `bridge apply`, and where it is signed into, "
                "`bridge connections authorize NAME`",
                code="connection.no_questions",
            )
        self._sealer.check()
        return offer.access or Access(ways=(_SIGN_IN,), with_key=lambda app, _key: app)

    def questions(self, plugin: str, name: str, way: Way) -> tuple[Question, ...]:
        """What is asked of a way; of an application that the operator's settings name, nothing. Raises: ConfigError.

        Of a connection that is there already, only what lets bridge in.
        """
        asked = Connection(name=name, plugin=plugin, side=self._registry.side(plugin), account="")
        is_known = way.signs_in and self.lender.with_key({}).has_application(asked, self._registry.offer(plugin))
        kept, _others = self._known(name, plugin)
        asking = [one for one in way.questions if kept is None or one.goes is Goes.SEALED]
        return tuple(one for one in asking if not is_known or one.goes is not Goes.SEALED)

    def account_question(self, plugin: str) -> Question:
        """How a channel is told apart from others of the plugin, where only files of it are read. Raises: ConfigError.

        As a way to be let in asks for it, where one does: a key that is given later is then of the same account.
        """
        access = self._registry.source(plugin).access
        asked = [question for way in access.ways for question in way.questions] if access else []
        return next((one for one in asked if one.goes is Goes.ACCOUNT), _ACCOUNT)

    def settings_model(self, plugin: str) -> tuple[type[ConnectionSettings], frozenset[str]]:
        """What may be set of a connection, and which of it no person is asked for, for a way to be let in does."""
        offer = self._registry.offer(plugin)
        asked = [question for way in offer.access.ways for question in way.questions] if offer.access else []
        return offer.connection_settings, frozenset(one.name for one in asked if one.goes is Goes.SETTING)

    def checked(self, plugin: str, question: Question, answer: str) -> str:
        """An answer as it is meant. Raises: ConfigError with what is wrong with it, and where it is found."""
        guard = self._guard(plugin)

        def check() -> tuple[str, str]:
            try:
                return question.check(answer), ""
            except ValueError as cause:
                return "", str(cause)

        found, fault = guard.call("check", check, is_pure=True)
        if fault:
            where = question.where or "Answer again"
            raise ConfigError(f"answer {question.name}", fault, where, code="connection.answer")
        return guard.one("check", found, str)

    def attempt(
        self, plugin: str, name: str, way: Way, answers: Mapping[str, str], further: Mapping[str, Any] = {}
    ) -> Tried:
        """Ask the channel with a merchant's answers who it is. Network; saves nothing.

        answers: by question of the way, checked; for a connection that is there already, its sealed ones alone.
        further: settings of a new connection that no question asks for.
        Raises: what the channel answers; ConfigError ``connection.second`` for an account that another connection has,
                ``connection.in_settings`` for one that the settings let in already; AuthorizationError for another
                account than the connection has.
        """
        offer = self._registry.source(plugin)
        kept, others = self._known(name, plugin)
        asked, settings = self._asked(kept, name, offer, way, answers, further)
        sealed = _sealed(way, answers)
        if self._source(asked, offer, {}).is_asked:
            raise ConfigError(
                f"connection {name}",
                f"is let in by [plugins.{plugin}] of the settings already",
                "Take it out there, or leave it there: one place is enough",
                code="connection.in_settings",
            )
        source = self._source(asked, offer, sealed)
        try:
            facts = source.survey()
        except ConfigError as error:
            raise self._refused(error, offer, "Check what was given for it, and give it again") from error
        _check_account(asked, kept, facts.account, others)
        tried = msgspec.structs.replace(asked, account=facts.account)
        credential = Credential(tried.connection_id, key=sealed)
        return Tried(tried, settings, credential, facts, self.unread(plugin, facts))

    def unread(self, plugin: str, facts: ChannelFacts) -> tuple[str, ...]:
        """What a channel does not let bridge read, each with what to do, in words."""
        if (access := self._registry.offer(plugin).access) is None:
            return ()
        guard = self._guard(plugin)
        return guard.each("lacking", guard.call("lacking", lambda: access.lacking(facts), is_pure=True), str)

    def start(
        self,
        plugin: str,
        name: str,
        way: Way,
        answers: Mapping[str, str],
        actor: str,
        further: Mapping[str, Any] = {},
        *,
        place: str = "",
    ) -> Started:
        """Where to send a person who signs in, by the application that the answers are of. Saves nothing.

        further: as for ``attempt``. place: what the state that goes to the vendor and back begins with.
        Raises: ConfigError; AuthorizationError.
        """
        kept, _others = self._known(name, plugin)
        asked, _settings = self._asked(kept, name, self._registry.offer(plugin), way, answers, further)
        is_asked = bool(_of(way, answers, Goes.SEALED))
        return self.authorization.begin(asked, actor, _sealed(way, answers) if is_asked else {}, place)

    def arrive(self, started: Started, address: str, choose: Choose) -> Tried:
        """The ledger that a person let bridge into, asked who it is. address: that they came back to. Network.

        Raises: as ``Authorization.take``, and ``meet``.
        """
        return self.meet(started, self.authorization.take(started, address, choose))

    def meet(self, started: Started, brought: Brought) -> Tried:
        """The ledger that a person brought tokens for, asked who it is. Network. Raises: what the ledger answers."""
        connection = msgspec.structs.replace(started.connection, account=brought.account)
        _kept, others = self._known(connection.name, connection.plugin)
        _check_second(connection, brought.account, others)
        offer = self._registry.sink(connection.plugin)
        lender = self.lender.with_key(started.sealed) if started.sealed else self.lender
        token, named = OneToken(brought.credential.access_token), self.names(connection.name)
        guard, context = lender.open(connection, offer, token, named)
        built = guard.call("build", lambda: offer.build(context), is_pure=True)
        sink = GuardedSink(built, guard, offer.capabilities.types)
        return Tried(connection, msgspec.json.decode(connection.settings), brought.credential, sink.facts())

    def seal(self, tried: Tried, actor: str) -> None:
        """Keep what lets bridge in, in place of what did before; the connection goes on, if it is there yet.

        Raises: AuthorizationError ``authorization.other_account`` where it is there for another account.
        """
        with self._store.unit(actor) as unit:
            for one in unit.connections.all():
                if one.name == tried.connection.name and one.account:
                    _check_same(one, tried.connection)
            keep(unit, self._sealer, tried.connection.name, Brought(tried.connection.account, tried.credential))

    @contextmanager
    def sealed(self, tried: Tried, actor: str) -> Iterator[None]:
        """The same for a new connection, declared within the block: what ends that leaves nothing sealed.

        Somebody else who connects another account under this name at the same time may have sealed theirs meanwhile:
        of whoever declares it, it is sealed once more.
        """
        self.seal(tried, actor)
        try:
            yield
        except BaseException:
            with self._store.unit(actor) as unit:
                if all(one.name != tried.connection.name for one in unit.connections.all()):  # nor by somebody else
                    unit.connections.forget_credential(tried.connection.connection_id)
            raise
        if not self._is_kept(tried.credential):
            self.seal(tried, actor)

    def _is_kept(self, credential: Credential) -> bool:
        """Whether it is what is sealed, whatever else is sealed with it."""
        with self._store.reading() as unit:
            kept = unit.connections.credential(credential.connection_id)
        if kept is None:
            return False
        known = self._sealer.open(kept)
        return known.access_token == credential.access_token if credential.access_token else known.key == credential.key

    def told(self, name: str, error: ConfigError) -> ConfigError:
        """An error of a connection as it is told: one that refuses a sealed key says how to give another."""
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
        if not self.key(connection):
            return error
        return self._refused(
            error, self._registry.offer(connection.plugin), f"A new key: `bridge connections add {name}`"
        )

    def _refused(self, error: ConfigError, offer: Offer, next_step: str) -> ConfigError:
        is_refusal = offer.access is not None and error.code in offer.access.refusals
        return ConfigError(error.thing, error.cause, next_step, code=error.code) if is_refusal else error

    def _asked(
        self,
        kept: Connection | None,
        name: str,
        offer: Offer,
        way: Way,
        answers: Mapping[str, str],
        further: Mapping[str, Any],
    ) -> tuple[Connection, Mapping[str, Any]]:
        """The connection that is to be tried, and the settings of its table; one that is there keeps what it has."""
        told = {} if kept else {**further, **_of(way, answers, Goes.SETTING)}
        settings = self._guard(offer.name).call("settings", lambda: _settings(offer, name, told))
        account = kept.account if kept else "".join(_of(way, answers, Goes.ACCOUNT).values())
        text = kept.settings if kept else msgspec.json.encode(settings).decode()
        side = self._registry.side(offer.name)
        return Connection(name=name, plugin=offer.name, side=side, account=account, settings=text), settings

    def _known(self, name: str, plugin: str) -> tuple[Connection | None, Mapping[str, str]]:
        """The connection of that name, and the others of the plugin, each by its account."""
        with self._store.reading() as unit:
            everyone = unit.connections.all()
        kept = next((one for one in everyone if one.name == name), None)
        return kept, {one.account: one.name for one in everyone if one.plugin == plugin and one.name != name}

    def _guard(self, plugin: str) -> Guard:
        return Guard(plugin, "", hosts=NO_HOSTS, seconds=self._config.limits.plugin_call_seconds)

    def _source(self, connection: Connection, offer: SourceOffer, sealed: Mapping[str, str]) -> GuardedSource:
        guard, context = self.lender.with_key(sealed).open(connection, offer, None)
        return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard)


def _check_account(asked: Connection, kept: Connection | None, account: str, others: Mapping[str, str]) -> None:
    if kept is not None:
        _check_same(kept, msgspec.structs.replace(asked, account=account))
    _check_second(asked, account, others)


def _check_same(kept: Connection, brought: Connection) -> None:
    if (kept.plugin, kept.account) != (brought.plugin, brought.account):
        raise AuthorizationError(
            f"connection {kept.name}",
            f"is for account {kept.account}, and this key is of {brought.account}",
            f"Give the key of {kept.account}; connect the other under a name of its own",
            code="authorization.other_account",
        )


def _check_second(asked: Connection, account: str, others: Mapping[str, str]) -> None:
    if account in others:
        raise ConfigError(
            f"connection {asked.name}",
            f"connection {others[account]} already holds {asked.plugin} account {account}",
            f"A new key for it: `bridge connections add {others[account]}`",
            code="connection.second",
        )


def _sealed(way: Way, answers: Mapping[str, str]) -> dict[str, str]:
    return {"way": way.name, **_of(way, answers, Goes.SEALED)}


def _of(way: Way, answers: Mapping[str, str], goes: Goes) -> dict[str, str]:
    return {one.name: answers[one.name] for one in way.questions if one.goes is goes and one.name in answers}


def _settings(offer: Offer, name: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as the plugin's settings of a connection have them; defaults are left out. Raises: ConfigError."""
    model = offer.connection_settings
    try:
        told: dict[str, Any] = model.model_validate(dict(answers)).model_dump(mode="json", exclude_defaults=True)
    except ValidationError as cause:
        raise refusal(cause, model, lambda steps: f"[connections.{name}] {'.'.join(steps)}") from None
    return told
