"""Connecting a channel: what a merchant answered is tried at the channel, and sealed only when that let bridge in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from pydantic import ValidationError

from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError
from bridge.host.config import HostConfig
from bridge.host.config_file import refusal
from bridge.host.credentials import Credential, Sealer
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.guarded import GuardedSource
from bridge.host.lending import Keys, Lender
from bridge.host.registry import Offer, Registry
from bridge.model.channel import ChannelFacts
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.plugin import Access, Goes, Question, SourceOffer, Way
from bridge.store.api import Store


class Tried(msgspec.Struct, frozen=True):
    """A connection that the channel answered. connection: as it is to be declared, with the account that it named.

    settings: of its table in the settings file. sealed: what lets bridge in. lacking: what it may not read, in words.
    """

    connection: Connection
    settings: Mapping[str, Any]
    sealed: Mapping[str, str]
    facts: ChannelFacts
    lacking: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Tried({self.connection.name})"


class Connecting:
    """Tries and seals what lets bridge into channels. Nothing is saved before a channel has answered."""

    def __init__(self, store: Store, config: HostConfig, clock: Clock, registry: Registry, sealer: Sealer) -> None:
        self._store, self._config, self._clock = store, config, clock
        self._registry, self._sealer = registry, sealer

    def key(self, connection: Connection) -> Mapping[str, str]:
        """The sealed answers of a connection, opened; empty where it has none."""
        with self._store.reading() as unit:
            kept = unit.connections.credential(connection.connection_id)
        return {} if kept is None else self._sealer.open(kept).key

    def access(self, plugin: str) -> Access:
        """What a merchant is asked. Raises: ConfigError where that is nothing, or where nothing can be sealed."""
        offer = self._registry.offer(plugin)
        if offer.access is None:
            has_sign_in = offer.oauth is not None
            words = "by signing in" if has_sign_in else f"by what [plugins.{plugin}] says, or read from files"
            raise ConfigError(
                f"plugin {plugin!r}",
                f"is let in {words}, not by questions",
                f'Write [connections.NAME] with plugin = "{plugin}" in the settings file'
                + ("" if has_sign_in else ", and what its page in the documentation names")
                + ", run `bridge apply`"
                + (", then `bridge connections authorize NAME`" if has_sign_in else ""),
                code="connection.no_questions",
            )
        self._sealer.check()
        return offer.access

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

    def attempt(self, plugin: str, name: str, way: Way, answers: Mapping[str, str]) -> Tried:
        """Ask the channel with a merchant's answers who it is. Network; saves nothing.

        answers: by question of the way, checked; for a connection that is there already, its sealed ones alone.
        Raises: what the channel answers; ConfigError ``connection.second`` for an account that another connection has,
                ``connection.in_settings`` for one that the settings let in already; AuthorizationError for another
                account than the connection has.
        """
        offer = self._registry.source(plugin)
        kept, others = self._known(name, plugin)
        told = {} if kept else _of(way, answers, Goes.SETTING)
        settings = self._guard(plugin).call("settings", lambda: _settings(offer, name, told))
        account = kept.account if kept else "".join(_of(way, answers, Goes.ACCOUNT).values())
        text = kept.settings if kept else msgspec.json.encode(settings).decode()
        asked = Connection(name=name, plugin=plugin, side=Side.SOURCE, account=account, settings=text)
        sealed = {"way": way.name, **_of(way, answers, Goes.SEALED)}
        if self._source(asked, offer, {})[0].is_asked:
            raise ConfigError(
                f"connection {name}",
                f"is let in by [plugins.{plugin}] of the settings already",
                "Take it out there, or leave it there: one place is enough",
                code="connection.in_settings",
            )
        source, guard = self._source(asked, offer, sealed)
        try:
            facts = source.survey()
        except ConfigError as error:
            raise self._refused(error, offer, "Check what was given for it, and give it again") from error
        _check_account(asked, kept, facts.account, others)
        lacking = guard.call("lacking", lambda: self.access(plugin).lacking(facts), is_pure=True)
        tried = msgspec.structs.replace(asked, account=facts.account)
        return Tried(tried, settings, sealed, facts, guard.each("lacking", lacking, str))

    def seal(self, tried: Tried, actor: str) -> None:
        """Keep what lets bridge in, in place of what did before; the connection goes on, if it is there yet."""
        connection = tried.connection
        with self._store.unit(actor) as unit:
            kept = unit.connections.credential(connection.connection_id)
            before = self._sealer.open(kept) if kept else Credential(connection.connection_id)
            credential = msgspec.structs.replace(before, key=dict(tried.sealed))
            unit.connections.put_credential(self._sealer.seal(credential, kept.version + 1 if kept else 1))
            if any(one.name == connection.name for one in unit.connections.all()):
                unit.connections.set_state(connection.name, ConnectionState.ACTIVE, "")

    @contextmanager
    def sealed(self, tried: Tried, actor: str) -> Iterator[None]:
        """The same for a new connection, declared within the block: what ends that leaves nothing sealed."""
        self.seal(tried, actor)
        try:
            yield
        except BaseException:
            with self._store.unit(actor) as unit:
                unit.connections.forget_credential(tried.connection.connection_id)
            raise

    def forget(self, name: str, actor: str) -> bool:
        """Forget what lets bridge into a connection's account; whether there was anything.

        A channel is then read from files only; a ledger waits until it is authorised again.
        """
        with self._store.unit(actor) as unit:
            connection = unit.connections.get(name)
            is_forgotten = unit.connections.forget_credential(connection.connection_id)
            if is_forgotten and connection.side is Side.SINK:
                unit.connections.set_state(name, ConnectionState.UNAUTHORIZED, "its tokens were removed")
        return is_forgotten

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

    def _known(self, name: str, plugin: str) -> tuple[Connection | None, Mapping[str, str]]:
        """The connection of that name, and the others of the plugin, each by its account."""
        with self._store.reading() as unit:
            everyone = unit.connections.all()
        kept = next((one for one in everyone if one.name == name), None)
        return kept, {one.account: one.name for one in everyone if one.plugin == plugin and one.name != name}

    def _guard(self, plugin: str) -> Guard:
        return Guard(plugin, "", hosts=NO_HOSTS, seconds=self._config.limits.plugin_call_seconds)

    def _source(
        self, connection: Connection, offer: SourceOffer, sealed: Mapping[str, str]
    ) -> tuple[GuardedSource, Guard]:
        keys: Keys = lambda _connection: sealed  # noqa: E731 - a keyword argument would say less
        guard, context = Lender(self._config, self._clock, self._store, keys).open(connection, offer, None)
        return GuardedSource(guard.call("build", lambda: offer.build(context), is_pure=True), guard), guard


def _check_account(asked: Connection, kept: Connection | None, account: str, others: Mapping[str, str]) -> None:
    if kept is not None and kept.account != account:
        raise AuthorizationError(
            f"connection {asked.name}",
            f"is for account {kept.account}, and this key is of {account}",
            f"Give the key of {kept.account}; connect the other under a name of its own",
            code="authorization.other_account",
        )
    if account in others:
        raise ConfigError(
            f"connection {asked.name}",
            f"connection {others[account]} already holds {asked.plugin} account {account}",
            f"A new key for it: `bridge connections add {others[account]}`",
            code="connection.second",
        )


def _of(way: Way, answers: Mapping[str, str], goes: Goes) -> dict[str, str]:
    return {one.name: answers[one.name] for one in way.questions if one.goes is goes and one.name in answers}


def _settings(offer: SourceOffer, name: str, answers: Mapping[str, str]) -> dict[str, Any]:
    """The answers as the plugin's settings of a connection have them; defaults are left out. Raises: ConfigError."""
    model = offer.connection_settings
    try:
        told: dict[str, Any] = model.model_validate(dict(answers)).model_dump(mode="json", exclude_defaults=True)
    except ValidationError as cause:
        raise refusal(cause, model, lambda steps: f"[connections.{name}] {'.'.join(steps)}") from None
    return told
