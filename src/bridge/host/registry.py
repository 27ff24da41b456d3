"""What is installed: every plugin with its fate at loading, and what the sound ones offer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import msgspec

from bridge.errors import ConfigError, PluginError
from bridge.host.config_file import nearest
from bridge.model.connections import Side
from bridge.plugin import SinkOffer, SourceOffer

Offer = SourceOffer | SinkOffer


class Loaded(msgspec.Struct, frozen=True):
    """One installed plugin. name: of its entry point. code, cause: why it is not ready, else empty."""

    name: str
    distribution: str
    version: str
    offers: tuple[str, ...] = ()
    is_ready: bool = False
    code: str = ""
    cause: str = ""


class Registry:
    """The offers by the name that users write as ``plugin = "..."``.

    A plugin is loaded when something of its name is asked for; all of them when nothing of that name is theirs, or
    when somebody asks for all. So one that is slow to load delays only what uses it. Threads may share it: who asks for
    what another loads just now waits for that.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, list[Callable[[], None]]] = {}
        self._offers: dict[str, Offer] = {}
        self._loaded: tuple[Loaded, ...] = ()
        self._loading = threading.RLock()

    def expect(self, name: str, load: Callable[[], None]) -> None:
        """List an installed plugin. load: loads and admits it, called once, when it is needed."""
        self._waiting.setdefault(name, []).append(load)

    def admit(self, plugin: Loaded, offers: Iterable[Offer] = ()) -> None:
        """List a plugin and take in all that it offers, or nothing. Raises: PluginError when a name is taken.

        The name of another plugin is that one's to offer, whichever of them is loaded first.
        """
        taken = dict(self._offers)
        for offer in offers:
            if offer.name in taken or (offer.name != plugin.name and offer.name in self.installed):
                raise PluginError(
                    f"offer {offer.name!r}",
                    "another plugin, or this one, offers something of that name already",
                    "Uninstall one of them",
                    code="plugin.name_taken",
                )
            taken[offer.name] = offer
        self._offers = taken
        self._loaded = (*self._loaded, plugin)

    @property
    def installed(self) -> frozenset[str]:
        """The name of every plugin, loaded or not."""
        return frozenset({*self._waiting, *(one.name for one in self._loaded)})

    @property
    def loaded(self) -> tuple[Loaded, ...]:
        """Every plugin with its fate, by name; those that wait are loaded for it."""
        self._load(*sorted(self._waiting))
        return tuple(sorted(self._loaded, key=lambda one: one.name))

    @property
    def names(self) -> frozenset[str]:
        """Every name on offer; plugins that wait are loaded for it."""
        self._load(*sorted(self._waiting))
        return frozenset(self._offers)

    def is_loaded(self, name: str) -> bool:
        """Whether a plugin of that name was loaded already, sound or broken."""
        return any(one.name == name for one in self._loaded)

    def get(self, name: str) -> Offer | None:
        """What a sound plugin offers by that name, if anything."""
        self._load(name)
        if name not in self._offers:
            self._load(*sorted(self._waiting))
        return self._offers.get(name)

    def offer(self, name: str) -> Offer:
        """Raises: ConfigError when no sound plugin offers it, with the cause when a broken one is to blame."""
        if found := self.get(name):
            return found
        broken = next((one for one in self._loaded if one.name == name and not one.is_ready), None)
        if broken is not None:
            next_step = f"Install a version of {broken.distribution or name} that loads"
            raise ConfigError(
                f"plugin {name!r}", f"is disabled: {broken.cause}", next_step, code="config.plugin_broken"
            )
        raise ConfigError(
            f"plugin {name!r}",
            "no installed plugin offers it",
            nearest(name, self._offers),
            code="config.plugin_unknown",
        )

    def side(self, name: str) -> Side:
        """Whether connections of this plugin read a channel or write a ledger. Raises: as ``offer``."""
        return Side.SOURCE if isinstance(self.offer(name), SourceOffer) else Side.SINK

    def source(self, name: str) -> SourceOffer:
        """Raises: ConfigError when it is unknown, broken, or a sink."""
        offer = self.offer(name)
        if isinstance(offer, SourceOffer):
            return offer
        raise ConfigError(
            f"plugin {name!r}", "writes a ledger; a channel is needed", "Name a source", code="config.side"
        )

    def sink(self, name: str) -> SinkOffer:
        """Raises: ConfigError when it is unknown, broken, or a source."""
        offer = self.offer(name)
        if isinstance(offer, SinkOffer):
            return offer
        raise ConfigError(f"plugin {name!r}", "reads a channel; a ledger is needed", "Name a sink", code="config.side")

    def _load(self, *names: str) -> None:
        with self._loading:
            for name in names:
                for load in self._waiting.pop(name, ()):
                    load()
