"""pure: whether a connection may work, and the settings that its plugin declared, read from what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from bridge.errors import ConfigError, PausedError, PluginError
from bridge.host.config_file import nearest, refusal
from bridge.host.declaration import HOST_KEYS
from bridge.host.registry import Offer, Registry
from bridge.host.tokens import unauthorized
from bridge.model.connections import Connection, ConnectionState
from bridge.model.pauses import Pause
from bridge.plugin import AppSettings, ConnectionSettings

INBOX: Final = "inbox"


def check_usable(connection: Connection, pause: Pause | None) -> None:
    """Raises: PausedError, AuthorizationError or PluginError when it must wait for a person."""
    if pause is not None:
        raise PausedError(
            f"connection {connection.name}",
            pause.words,
            pause.next_step,
            code="paused.connection",
        )
    if connection.state is ConnectionState.UNAUTHORIZED:
        raise unauthorized(connection)
    if connection.state is ConnectionState.PAUSED:
        raise PluginError(
            f"connection {connection.name}",
            f"is paused: {connection.why}",
            f"Update or repair plugin {connection.plugin}, then run `bridge connections resume {connection.name}`",
            code="plugin.paused",
        )


def app_settings(offer: Offer, plugins: Mapping[str, Mapping[str, Any]]) -> AppSettings:
    """The operator's settings for a plugin. Raises: ConfigError naming ``[plugins.NAME]`` and the key."""
    declared: type[AppSettings] = offer.app_settings
    try:
        return declared.model_validate(dict(plugins.get(offer.name, {})))
    except ValidationError as cause:

        def name_of(steps: tuple[str, ...]) -> str:
            variable = "__".join(("BRIDGE_PLUGINS", offer.name, *steps)).upper()
            return f"[plugins.{offer.name}] {'.'.join(steps)} (or {variable})"

        raise refusal(cause, declared, name_of) from None


def check_plugin_names(registry: Registry, plugins: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises: ConfigError for settings of a plugin that is not there. Loads none that is installed under its name."""
    for name in sorted(plugins):
        if name not in registry.installed and registry.get(name) is None:
            raise ConfigError(
                f"[plugins.{name}]",
                "no installed plugin has this name",
                nearest(name, registry.names | registry.installed),
                code="config.plugin_unknown",
            )


def check_plugin_settings(registry: Registry, plugins: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises: as ``check_plugin_names``; ConfigError for settings that a plugin does not know. Loads each of them.

    A broken plugin's settings are left alone.
    """
    check_plugin_names(registry, plugins)
    for name in sorted(plugins):
        if offer := registry.get(name):
            app_settings(offer, plugins)


def connection_settings(offer: Offer, name: str, kept: str) -> ConnectionSettings:
    """The plugin's own settings of a connection, from the JSON text that is kept. Raises: ConfigError."""
    told = {key: value for key, value in _decoded(kept).items() if key != INBOX}
    declared: type[ConnectionSettings] = offer.connection_settings
    try:
        return declared.model_validate(told)
    except ValidationError as cause:
        raise refusal(
            cause, declared, lambda steps: f"[connections.{name}] {'.'.join(steps)}", also=HOST_KEYS
        ) from None


def inbox_of(connection: Connection) -> Path | None:
    """The folder in which files for this connection arrive; None when it has none."""
    folder = _decoded(connection.settings).get(INBOX)
    return Path(folder) if folder else None


def _decoded(kept: str) -> dict[str, Any]:
    return msgspec.json.decode(kept, type=dict[str, Any])
