"""What the host works by, handed down as a value; the operator's settings are read above it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """How long and how much a plugin's call and its HTTP may take."""

    http_connect_seconds: int = 10
    http_read_seconds: int = 120
    max_response_bytes: int = 64 * 1024**2
    plugin_call_seconds: float = 900


class HostConfig(msgspec.Struct, frozen=True):
    """Keys, limits and raw application settings.

    sealing_keys: Fernet keys; the first seals, all open. keys_again: reads them anew, where that can be.
    redirect_uri: where a vendor sends the browser back to.
    plugins:      per plugin name, raw values for its AppSettings. proxy: for https calls; empty for none.
    ca_bundle:    the certificate authorities to believe, where they are not the usual ones.
    networks:     that connections may reach beside the public internet; None: any.

    What may hold a secret is never shown.
    """

    sealing_keys: tuple[str, ...] = ()
    keys_again: Callable[[], Sequence[str]] | None = None
    redirect_uri: str = "http://localhost:8731/callback"
    plugins: Mapping[str, Mapping[str, Any]] = {}
    limits: Limits = Limits()
    proxy: str = ""
    ca_bundle: Path | None = None
    networks: tuple[str, ...] | None = None

    def __repr__(self) -> str:
        return f"HostConfig(redirect_uri={self.redirect_uri!r}, plugins={sorted(self.plugins)}, limits={self.limits})"
