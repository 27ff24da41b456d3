"""Finding plugins: each installed entry point is loaded alone, so that a broken one disables itself and no other."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from importlib import metadata
from typing import Any, Final, Protocol

import msgspec
import pluggy

from bridge import log
from bridge.errors import PluginError
from bridge.host.declaration import check_offer
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.registry import Loaded, Offer, Registry
from bridge.plugin import SinkOffer, SourceOffer, hookspecs

GROUP: Final = "bridge.plugins"


class EntryPoint(Protocol):
    """An installed plugin, not yet imported; ``importlib.metadata`` makes them."""

    @property
    def name(self) -> str: ...

    @property
    def dist(self) -> metadata.Distribution | None: ...

    def load(self) -> Any: ...


def load(entry_points: Iterable[EntryPoint] | None = None, *, seconds: float = 60) -> Registry:
    """Every plugin that is installed, or given; each is loaded when it is first asked for.

    seconds: how long one import, or one hook, may take. Raises: nothing for a broken plugin; ``Registry.loaded`` and
    the log name it with its cause.
    """
    registry = Registry()
    found = _installed() if entry_points is None else entry_points
    for point in sorted(found, key=lambda point: point.name):
        registry.expect(point.name, partial(_load_one, point, registry, seconds))
    return registry


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Looked for once: what is installed while a process runs, it has when it starts anew."""
    return tuple(metadata.entry_points(group=GROUP))


def _load_one(point: EntryPoint, registry: Registry, seconds: float) -> None:
    distribution, version = (point.dist.name, point.dist.version) if point.dist else ("", "")
    plugin = Loaded(point.name, distribution, version)
    try:
        if registry.is_loaded(point.name):
            raise PluginError(
                f"plugin {point.name}", "another one has the same name", "Uninstall one", code="plugin.name_taken"
            )
        offers = _offers(point, Guard(point.name, "", hosts=NO_HOSTS, seconds=seconds))
        names = tuple(offer.name for offer in offers)
        registry.admit(msgspec.structs.replace(plugin, offers=names, is_ready=True), offers)
    except PluginError as error:
        code = "plugin.network_at_import" if error.code == "plugin.undeclared_host" else error.code
        log.get("host").error(
            "plugin.disabled", plugin=point.name, distribution=distribution, code=code, cause=str(error)
        )
        registry.admit(msgspec.structs.replace(plugin, code=code, cause=f"{error.thing}: {error.cause}"))


def _offers(point: EntryPoint, guard: Guard) -> tuple[Offer, ...]:
    """Import a plugin, hold its hooks against the specs, and ask what it offers; no network in all of this."""
    plugin = guard.call("import", point.load, is_loading=True)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    sources, sinks = _Register(SourceOffer), _Register(SinkOffer)

    def register() -> None:
        manager.register(plugin, point.name)
        manager.check_pending()
        manager.hook.bridge_register_sources(register=sources)
        manager.hook.bridge_register_sinks(register=sinks)

    guard.call("register", register, is_loading=True)
    offers = (*sources.offers, *sinks.offers)
    if fault := sources.fault or sinks.fault:
        raise fault
    if not offers:
        raise guard.broken("register", "offers nothing")
    return offers


class _Register:
    """Takes offers of one kind; remembers the first that did not hold, should the plugin swallow the error."""

    def __init__(self, kind: type[Offer]) -> None:
        self._kind = kind
        self.offers: list[Offer] = []
        self.fault: PluginError | None = None

    def add(self, offer: Offer) -> None:
        try:
            check_offer(offer, self._kind)
        except PluginError as fault:
            self.fault = self.fault or fault
            raise
        self.offers.append(offer)
