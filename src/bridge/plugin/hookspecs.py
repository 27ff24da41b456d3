"""The hooks by which a plugin offers things, once, when it is loaded."""

from __future__ import annotations

from typing import Protocol

import pluggy

from bridge.plugin.offer import SinkOffer, SourceOffer

PROJECT = "bridge"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class SourceRegister(Protocol):
    """Takes the sources a plugin offers."""

    def add(self, offer: SourceOffer) -> None:
        """Offer one channel. Raises: PluginError when its name is taken or its declaration does not hold."""
        ...


class SinkRegister(Protocol):
    """Takes the sinks a plugin offers."""

    def add(self, offer: SinkOffer) -> None:
        """Offer one ledger. Raises: PluginError when its name is taken or its declaration does not hold."""
        ...


@hookspec
def bridge_register_sources(register: SourceRegister) -> None:
    """Offer sources to the host.

    Called:  once per process, when a plugin of its name is first asked for.
    Order:   plugins load by name; order carries no meaning.
    Returns: nothing; call ``register.add`` once per channel.
    Failure: disables this plugin alone and shows in ``bridge plugins list``.
    Since:   0.1
    """


@hookspec
def bridge_register_sinks(register: SinkRegister) -> None:
    """Offer sinks to the host.

    Called:  once per process, when a plugin of its name is first asked for.
    Order:   plugins load by name; order carries no meaning.
    Returns: nothing; call ``register.add`` once per ledger.
    Failure: disables this plugin alone and shows in ``bridge plugins list``.
    Since:   0.1
    """
