"""Declaring what is new, in the settings file where the organisation has one and in the store, by the checks of apply.

An organisation that has no file is declared in its store alone: nothing else says what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from bridge.errors import BridgeError, ConfigError
from bridge.host.apply import ApplyReport
from bridge.host.connecting import Tried
from bridge.host.declarations import Declarations, check_name, declarations_of, read_declarations
from bridge.host.host import Host
from bridge.host.settings_file import SettingsFile
from bridge.model.facts import LedgerFacts
from bridge.store.api import Store

Tables = Mapping[tuple[str, str], Mapping[str, Any]]
"""Tables as a person would write them, by kind and name: ``("routes", "shop")``."""
Apply = Callable[[Declarations, str], ApplyReport]


class Declaring:
    """Adds connections and routes. file: of the organisation; None for one that has none."""

    def __init__(self, store: Store, host: Host, file: SettingsFile | None, apply: Apply) -> None:
        self._store, self._host, self.file, self._apply = store, host, file, apply

    def check_new(self, name: str) -> None:
        """Whether a connection may be added by that name. Raises: ConfigError."""
        check_name("connection", name)
        with self._store.reading() as unit:
            known = next((one for one in unit.connections.all() if one.name == name), None)
        if known is not None:
            cause = f"is there already, of plugin {known.plugin}"
            raise ConfigError(f"connection {name}", cause, "Choose another name", code="config.fixed")
        if self.file is None:
            return
        if self.file.declares("connections", name):
            raise ConfigError(
                f"connection {name}",
                f"is declared in {self.file.path}, and not applied",
                "Run `bridge apply`, then this again",
                code="connection.declared",
            )
        self.file.check()

    def declare(self, tables: Tables, actor: str) -> ApplyReport:
        """Declare these tables, with what a file says already of the connections among them, and nothing else.

        Failure: nothing of it stands, in the file or in the store. Killed: `bridge apply` brings the rest of a file.
        Raises:  ConfigError naming table and key; StaleError where others declared at the same time.
        """
        if self.file is None:
            return self._apply(declarations_of(tables), actor)
        with self.file.added(tables):
            return self._apply(read_declarations(self.file.path).only(tables), actor)

    def connect(self, tried: Tried, route: Mapping[str, Any], actor: str) -> ApplyReport:
        """Declare what answered, seal what let bridge in.

        route: the table of one from it or into it, named as its channel; empty for none. Killed: as ``declare``, or a
        sealed key is there without its connection, which whoever connects it again replaces.
        """
        connection = tried.connection
        table = {"plugin": connection.plugin, "account": connection.account, **tried.settings}
        tables: Tables = {("connections", connection.name): table}
        if route:
            tables = {**tables, ("routes", route["source"]): route}
        with self._host.connecting.sealed(tried, actor):
            report = self.declare(tables, actor)
        self._remember(tried)
        if ledger := route.get("ledger", ""):
            self.look_at(ledger)
        return report

    def renew(self, tried: Tried, actor: str) -> None:
        """Seal what lets bridge into a connection that is there, in place of what did before; it goes on."""
        self._host.connecting.seal(tried, actor)
        self._remember(tried)

    def settle(self, tried: Tried, actor: str) -> None:
        """Connect, or renew what is there of that name: whichever it is. Twice: the second time renews."""
        with self._store.reading() as unit:
            is_there = any(one.name == tried.connection.name for one in unit.connections.all())
        if is_there:
            self.renew(tried, actor)
        else:
            self.check_new(tried.connection.name)
            self.connect(tried, {}, actor)

    def look_at(self, ledger: str) -> None:
        """Ask a ledger anew, for whom a new route names nobody looked; planning asks again where it is silent."""
        with suppress(BridgeError):
            self._host.facts(ledger, is_fresh=True)

    def _remember(self, tried: Tried) -> None:
        if isinstance(tried.facts, LedgerFacts):
            self._host.keep(tried.facts)
