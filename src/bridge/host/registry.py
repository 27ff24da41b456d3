"""What is installed: every plugin with its fate at loading, and what the sound ones offer."""

from __future__ import annotations

from collections.abc import Iterable

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
    """The offers by the name that users write as ``plugin = "..."``. loaded: every plugin, by name."""

    def __init__(self) -> None:
        self._offers: dict[str, Offer] = {}
        self.loaded: tuple[Loaded, ...] = ()

    def admit(self, plugin: Loaded, offers: Iterable[Offer] = ()) -> None:
        """List a plugin and take in all that it offers, or nothing. Raises: PluginError when a name is taken."""
        taken = dict(self._offers)
        for offer in offers:
            if offer.name in taken:
                raise PluginError(
                    f"offer {offer.name!r}",
                    "another plugin, or this one, offers something of that name already",
                    "Uninstall one of them",
                    code="plugin.name_taken",
                )
            taken[offer.name] = offer
        self._offers = taken
        self.loaded = (*self.loaded, plugin)

    @property
    def names(self) -> frozenset[str]:
        """Every name on offer."""
        return frozenset(self._offers)

    def offer(self, name: str) -> Offer:
        """Raises: ConfigError when no sound plugin offers it, with the cause when a broken one is to blame."""
        if found := self._offers.get(name):
            return found
        broken = next((one for one in self.loaded if one.name == name and not one.is_ready), None)
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
