"""The operator's settings: one frozen value, read once at the process's door and handed down.

Who wins: what the caller says, then ``BRIDGE_*`` variables, then the secrets directory, then the settings
file (``[bridge]`` and ``[plugins.NAME]``). The file's other tables declare connections, routes and rules, which
live in the store; ``bridge apply`` reads them, nothing here does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.errors import ConfigError
from bridge.host.config import HostConfig, Limits
from bridge.host.config_file import check_tables, nearest, read_toml, refusal

ENV_PREFIX: Final = "BRIDGE_"
SECRETS_DIRECTORY: Final = "BRIDGE_SECRETS_DIR"
SETTINGS_FILE: Final = "BRIDGE_CONFIG"
# What a URL looks like is told here without the library that opens databases: many commands open none.
_DATABASES: Final = re.compile(r"(sqlite|postgresql)(\+\w+)?://")
_SQLITE: Final = re.compile(r"(sqlite(?:\+\w+)?:///)([^?]+)(.*)")


class LimitSettings(BaseModel):
    """How long and how much anything may take before bridge stops waiting for it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    max_file_bytes: int = Field(2 * 1024**3, gt=0)
    max_upload_bytes: int = Field(256 * 1024**2, gt=0)
    http_connect_seconds: int = Field(10, gt=0, le=600)
    http_read_seconds: int = Field(120, gt=0, le=3600)
    max_response_bytes: int = Field(64 * 1024**2, gt=0)
    plugin_call_seconds: int = Field(900, gt=0)


class Settings(BaseSettings):
    """Everything an operator decides.

    folder, file:     where relative paths start: the settings file's folder, else the working directory; the settings
                      file itself, None where there is none.
    database_url:     ``sqlite:///`` and a path, or ``postgresql+psycopg://``; secret, as it may hold a password.
    sealing_keys:     Fernet keys that seal credentials at rest; the first seals, all of them open.
    sealing_key_file: the same, one key a line; used when ``sealing_keys`` is empty.
    head_file:        where it is kept how far the database was when something was last sent; see ``audit_head_file``.
    uploads_folder:   where files that people bring to a page are held until they are taken in, for an hour at most.
    redirect_uri:     where a vendor sends the browser back to after sign-in, as registered there.
    notices_url:      under which notices of vendors reach this installation: those of a connection at
                      ``/ORGANISATION/CONNECTION`` below it, those of all accounts of an application at ``/PLUGIN``;
                      empty: none are expected, and nobody asks whether they are sent.
    metrics_token:    who bears it is shown ``/metrics`` of the site; empty: nobody is.
    health_address:   ``HOST:PORT`` at which a worker tells how it is; empty: nowhere.
    public_url:       the site's address as browsers know it, without a path; empty: it is for this machine alone.
    host, port:       where the site listens.
    forwarded_allow_ips: proxies whose word is taken for the address and the protocol of a browser, parted by commas.
    oidc_issuer, oidc_client_id, oidc_client_secret: the OpenID provider that people sign in by; empty for none.
    internal_networks: that connections may reach beside the public internet, such as ``10.2.0.0/16``, parted by commas.
                      Empty: any, where the installation is for this machine alone (no ``public_url``, its database a
                      file); else none but what ``[plugins]`` names.
    proxy, ca_bundle: for HTTP out of a closed network: the proxy's address, and the certificates to believe.
    plugins:          per plugin name, its application settings as the plugin's own model will read them.
    """

    model_config = SettingsConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, validate_default=False)

    folder: Path = Path()
    file: Path | None = None
    organisation: str = Field("local", pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    database_url: SecretStr = SecretStr("sqlite:///bridge.db")
    sealing_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    sealing_key_file: Path | None = None
    head_file: Path | None = None
    uploads_folder: Path = Path("bridge-uploads")
    redirect_uri: str = "http://localhost:8731/callback"
    notices_url: str = ""
    metrics_token: SecretStr = SecretStr("")
    health_address: str = Field("", pattern=r"^([A-Za-z0-9.-]+:[0-9]{1,5})?$")
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8730, gt=0, le=65535)
    forwarded_allow_ips: str = "127.0.0.1"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    internal_networks: str = ""
    proxy: SecretStr = SecretStr("")
    ca_bundle: Path | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    log_json: bool = False
    limits: LimitSettings = LimitSettings()
    plugins: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)

    @field_validator("sealing_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("sealing_keys")
    @classmethod
    def _check_keys(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        return checked_keys(keys)

    @field_validator("database_url")
    @classmethod
    def _check_url(cls, url: SecretStr) -> SecretStr:
        if not _DATABASES.match(url.get_secret_value()):
            raise ValueError("must start with sqlite:/// or postgresql+psycopg://")
        return url

    @field_validator("notices_url")
    @classmethod
    def _check_notices_url(cls, url: str) -> str:
        from bridge.plugin import base_url  # only where notices are expected

        if set("?#@") & set(url):
            raise ValueError("must have no user, no query and no fragment")
        parts = urlsplit(base_url(url))
        return parts._replace(netloc=parts.netloc.lower()).geturl()

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str) -> str:
        checked = cls._check_notices_url(url)
        if urlsplit(checked).path:
            raise ValueError("must have no path: bridge has a host name of its own")
        return checked

    @field_validator("internal_networks")
    @classmethod
    def _check_networks(cls, told: str) -> str:
        for network in _networks(told):
            ip_network(network)
        return told

    @field_validator("oidc_issuer")
    @classmethod
    def _check_issuer(cls, url: str) -> str:
        from bridge.plugin import base_url  # as above

        base_url(url)
        return url

    def located(self) -> Settings:
        """The same with the paths it names starting at ``folder``, and the key file's keys read."""
        changes: dict[str, object] = {
            "database_url": _located_url(self.database_url, self.folder),
            "uploads_folder": self.folder / self.uploads_folder,
        }
        if self.ca_bundle is not None:
            changes |= {"ca_bundle": self.folder / self.ca_bundle}
        if self.head_file is not None:
            changes |= {"head_file": self.folder / self.head_file}
        if self.sealing_key_file is not None:
            file = self.folder / self.sealing_key_file
            changes |= {"sealing_key_file": file}
            if not self.sealing_keys:
                changes |= {"sealing_keys": _keys_of(file)}
        return self.model_copy(update=changes)

    @property
    def notices_at(self) -> str:
        """Under which those of the organisation's connections come; empty where none are expected."""
        return self.notices_url and f"{self.notices_url}/{self.organisation}"

    @property
    def audit_head_file(self) -> Path:
        """The named one; else one of the organisation's beside the sealing key, or in the folder where no file has it.

        Outside the database, so that a restored backup is behind it.
        """
        beside = self.sealing_key_file.parent if self.sealing_key_file else self.folder
        return self.head_file or beside / f"audit-{self.organisation}.head"

    @property
    def is_keyed_by_file(self) -> bool:
        """Whether the keys are those of the key file, and not told elsewhere."""
        return self.sealing_key_file is not None and self.sealing_keys == _keys_of(self.sealing_key_file)

    @property
    def networks(self) -> tuple[str, ...] | None:
        """Those beside the public internet that connections may reach; None for any."""
        is_hosted = bool(self.public_url) or not self.database_url.get_secret_value().startswith("sqlite")
        return _networks(self.internal_networks) if self.internal_networks or is_hosted else None

    def told(self) -> tuple[tuple[str, str], ...]:
        """What an operator set, by name, as people may be told it: of secrets and places only that they are set."""
        return (
            ("organisation", self.organisation),
            ("database", self.database_url.get_secret_value().partition(":")[0].partition("+")[0]),
            ("sealing keys", str(len(self.sealing_keys))),
            ("redirect_uri", self.redirect_uri),
            ("notices_url", self.notices_url or "none are expected"),
            ("internal_networks", "any" if self.networks is None else ", ".join(self.networks) or "none"),
            ("proxy", "set" if self.proxy.get_secret_value() else "none"),
            ("ca_bundle", "set" if self.ca_bundle else "the system's"),
            ("log_level", self.log_level),
            *((f"limits.{name}", f"{value:,}") for name, value in self.limits.model_dump().items()),
            *((f"plugins.{name}", f"set: {', '.join(sorted(keys))}") for name, keys in sorted(self.plugins.items())),
        )

    def host_config(self) -> HostConfig:
        """The part of the settings that the host works by."""
        limits = self.limits
        return HostConfig(
            sealing_keys=tuple(key.get_secret_value() for key in self.sealing_keys),
            redirect_uri=self.redirect_uri,
            proxy=self.proxy.get_secret_value(),
            ca_bundle=self.ca_bundle,
            plugins=self.plugins,
            networks=self.networks,
            limits=Limits(
                http_connect_seconds=limits.http_connect_seconds,
                http_read_seconds=limits.http_read_seconds,
                max_response_bytes=limits.max_response_bytes,
                plugin_call_seconds=limits.plugin_call_seconds,
            ),
        )


class _Layer(PydanticBaseSettingsSource):
    """One place settings come from, already read: a tree of values, and how a person names a key of it."""

    def __init__(self, tree: dict[str, Any], name_of: Callable[[tuple[str, ...]], str]) -> None:
        super().__init__(Settings)
        self.tree, self.name_of = tree, name_of

    def get_field_value(self, _field: object, field_name: str) -> tuple[Any, str, bool]:
        return self.tree.get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        return self.tree

    def holds(self, path: tuple[str, ...]) -> bool:
        """Whether this place says anything about that key."""
        node: object = self.tree
        for step in path:
            if not isinstance(node, dict) or step not in node:
                return False
            node = node[step]
        return True


def load_settings(path: Path | None, env: Mapping[str, str], **init: Any) -> Settings:
    """The settings of this process.

    path: the settings file, which must exist; None for none. env: the process's environment.
    init: what the caller itself says; it wins over everything.
    Raises: ConfigError naming the file or variable, the key, the cause and the next step; never a secret.
    """
    layers = (
        _Layer(dict(init), lambda steps: f"argument {'.'.join(steps)}"),
        _Layer(_variables(env), lambda steps: ENV_PREFIX + "__".join(steps).upper()),
        _Layer(_secrets(env.get(SECRETS_DIRECTORY, "")), lambda steps: f"secret file {'__'.join(steps)}"),
        _Layer(_tables(path) if path else {}, lambda steps: f"{path}: {_in_table(steps)}"),
    )

    class Layered(Settings):
        @classmethod
        def settings_customise_sources(cls, *_: object, **__: object) -> tuple[PydanticBaseSettingsSource, ...]:
            return layers

    def name_of(steps: tuple[str, ...]) -> str:
        for told in (steps, steps[:1]):
            for layer in layers:
                if layer.holds(told):
                    return layer.name_of(steps)
        return ".".join(steps)

    try:
        values = dict(Layered())
    except ValidationError as cause:
        raise refusal(cause, Settings, name_of) from None
    if path is not None and "folder" not in init:
        values |= {"folder": path.resolve().parent, "file": path}
    return Settings.model_construct(**values).located()


def _variables(env: Mapping[str, str]) -> dict[str, Any]:
    """The ``BRIDGE_*`` variables as a tree. Raises: ConfigError for one that names no setting."""
    told = {name: value for name, value in env.items() if name.upper().startswith(ENV_PREFIX)}
    names = {name: name.upper() for name in told if name not in {SECRETS_DIRECTORY, SETTINGS_FILE}}
    return _tree(
        {name: (upper.removeprefix(ENV_PREFIX).lower(), told[name]) for name, upper in names.items()}, "variable"
    )


def _secrets(directory: str) -> dict[str, Any]:
    """The files of the secrets directory as a tree; a file is named like a variable without its prefix."""
    if not directory:
        return {}
    try:
        files = [file for file in Path(directory).iterdir() if file.is_file() and not file.name.startswith(".")]
        told = {str(file): (file.name.lower(), file.read_text(encoding="utf-8").strip()) for file in sorted(files)}
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(
            f"{SECRETS_DIRECTORY} {directory}", "cannot be read", "Check the folder and its files", code="config.file"
        ) from cause
    return _tree(told, "secret file")


def _tree(told: Mapping[str, tuple[str, str]], what: str) -> dict[str, Any]:
    """Flat names such as ``limits__max_file_bytes`` as nested values.

    The library ignores a misspelt name in silence; here it is refused with the nearest right one.
    """
    right = {name for name in Settings.model_fields if name not in {"folder", "file", "limits", "plugins"}}
    right |= {f"limits__{name}" for name in LimitSettings.model_fields}
    tree: dict[str, Any] = {}
    for name, (key, value) in told.items():
        steps = key.split("__")
        is_plugin = steps[0] == "plugins" and len(steps) >= 3 and all(steps)
        if key not in right and not is_plugin:
            spelt = str.upper if what == "variable" else str.lower
            prefix = ENV_PREFIX if what == "variable" else ""
            alike = [good for good in (*right, "plugins__name__key") if "__" in good or "__" not in key]
            next_step = nearest(spelt(prefix + key), {spelt(prefix + good) for good in alike})
            raise ConfigError(f"{what} {name}", "names no setting of bridge", next_step, code="config.unknown_variable")
        node = tree
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        node[steps[-1]] = value
    return tree


def _tables(path: Path) -> dict[str, Any]:
    """``[bridge]`` and ``[plugins]`` of the settings file as one tree. Raises: ConfigError for a table nobody reads."""
    document = read_toml(path)
    check_tables(path, document)
    settings = document.get("bridge", {})
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: bridge", "is not a table", "Write [bridge]", code="config.value")
    for name in settings.keys() & {"folder", "file", "plugins"}:
        raise ConfigError(
            f"{path}: [bridge] {name}", "there is no such key", "Plugins have tables of their own, [plugins.NAME]",
            code="config.unknown_key",
        )  # fmt: skip
    return settings | ({"plugins": document["plugins"]} if "plugins" in document else {})


def _in_table(steps: tuple[str, ...]) -> str:
    """A key as it stands in the settings file."""
    return ".".join(steps) if steps[:1] == ("plugins",) else f"[bridge] {'.'.join(steps)}"


def _networks(told: str) -> tuple[str, ...]:
    return tuple(one for one in told.replace(",", " ").split())


def _located_url(url: SecretStr, folder: Path) -> SecretStr:
    """A relative SQLite path starts at the folder, so that the same books open from any working directory."""
    told = _SQLITE.fullmatch(url.get_secret_value())
    if told is None or told[2] == ":memory:":
        return url
    return SecretStr(f"{told[1]}{folder / told[2]}{told[3]}")


def checked_keys(keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
    """The same keys. Raises: ValueError naming by place, never by value, one that cannot seal."""
    from cryptography.fernet import Fernet  # only where there are keys

    for place, key in enumerate(keys, start=1):
        try:
            Fernet(key.get_secret_value())
        except ValueError as cause:
            raise ValueError(f"key {place} is no Fernet key (32 bytes in URL-safe base64)") from cause
    return keys


def _keys_of(file: Path) -> tuple[SecretStr, ...]:
    """The keys of a key file, one a line; a line that starts with ``#`` is a remark."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(
            f"sealing_key_file {file}", "cannot be read", "Check the path and its permissions", code="config.file"
        ) from cause
    keys = tuple(SecretStr(line) for line in lines if line and not line.startswith("#"))
    try:
        return checked_keys(keys)
    except ValueError as cause:
        raise ConfigError(f"sealing_key_file {file}", str(cause), "Correct the file", code="config.value") from None
