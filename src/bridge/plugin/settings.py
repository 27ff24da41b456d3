"""Settings as plugins declare them: the operator's for the plugin, the merchant's for one connection."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict
from typing_extensions import TypeVar


class AppSettings(BaseModel):
    """The operator's settings for one plugin: application ids and secrets, addresses. Subclass it.

    They come from ``[plugins.NAME]`` in the settings file, ``BRIDGE_PLUGINS__NAME__*`` in the environment, or
    files in the secrets directory. Secrets are ``SecretStr``. An unknown name is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConnectionSettings(BaseModel):
    """One merchant's settings for one connection; kept in the store, without secrets. Subclass it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def base_url(url: str) -> str:
    """An address as settings hold it, without a slash at its end.

    Raises: ValueError for one that is neither https nor on this machine.
    """
    from bridge.transport import is_loopback  # loads requests, where there is an address to check

    parts = urlsplit(url)
    is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if url and not (is_here or (parts.scheme == "https" and parts.hostname)):
        raise ValueError("must be an https:// address, or http:// on this machine")
    return url.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(base_url)]
"""A setting that names a stand-in for a vendor's addresses: https, or http on this machine; empty for none."""


def hosts_of(*urls: str) -> frozenset[str]:
    """The hosts of these addresses, as an offer declares them."""
    return frozenset(urlsplit(url).hostname or "" for url in urls)


App = TypeVar("App", bound=AppSettings, default=Any)
Own = TypeVar("Own", bound=ConnectionSettings, default=Any)
