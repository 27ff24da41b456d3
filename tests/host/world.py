"""A host over a real store, two tiny plugins, and a vendor's OAuth server."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet

from bridge.clock import Clock
from bridge.host.config import HostConfig, Limits
from bridge.host.credentials import Credential, Sealer
from bridge.host.host import Host
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.store.api import Store
from tests.host.oauth_server import OAuthServer
from tests.host.plugins import both

KEY = Fernet.generate_key().decode()
REALM = "9130350"
BOOKS = Connection(name="books-us", plugin="books", side=Side.SINK, account=REALM)
SHOP = Connection(name="shop-us", plugin="shop", side=Side.SOURCE, account="A1", settings='{"region":"south"}')


class World:
    """One process's host. ``changes`` replace the plugins' offers."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        oauth: OAuthServer | None = None,
        *,
        redirect_uri: str = "http://localhost:8731/callback",
        **changes: Any,
    ) -> None:
        self.store, self.clock = store, clock
        plugins = {"books": {"url": oauth.url}} if oauth else {}
        config = HostConfig(
            sealing_keys=(KEY,),
            redirect_uri=redirect_uri,
            plugins=plugins,
            limits=Limits(plugin_call_seconds=5),
        )
        self.host = Host(store, config, clock, both(**changes))

    def put(self, *connections: Connection) -> None:
        with self.store.unit("test") as unit:
            for connection in connections:
                unit.connections.put(connection)

    def authorize(self, name: str = BOOKS.name, *, code: str = "code-1", realm: str = REALM, state: str = "") -> None:
        """As a person does: open the address, allow bridge, come back."""
        started = self.host.authorization.start(name, "cli:ann")
        asked = parse_qs(urlsplit(started.url).query)
        back = f"{asked['redirect_uri'][0]}?code={code}&state={state or asked['state'][0]}&realmId={realm}"
        self.host.authorization.finish(started, back)

    def kept(self, name: str = BOOKS.name) -> tuple[Connection, Credential, int]:
        """The connection, what lets bridge in, and its version."""
        with self.store.reading() as unit:
            connection = unit.connections.get(name)
            sealed = unit.connections.credential(connection.connection_id)
        assert sealed is not None
        return connection, Sealer([KEY]).open(sealed), sealed.version

    def state(self, name: str = BOOKS.name) -> tuple[ConnectionState, str]:
        with self.store.reading() as unit:
            connection = unit.connections.get(name)
        return connection.state, connection.state_reason


def database_bytes(folder: Path) -> bytes:
    """Everything a store keeps on disk."""
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())
