"""Connections, and their sealed secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.connections import Connection, ConnectionState
from bridge.store.api import SealedCredential
from bridge.store.sql import tables
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Select, Work, asking

_C = tables.connection.c
_S = tables.credential.c


class SqlConnections:
    """See ``store.api.Connections``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, connection: Connection) -> bool:
        known = self._find(_named, name=connection.name)
        if known == connection:
            return False
        self._refuse_second(connection)
        columns = _columns(connection)
        if known is None:
            added = self._work.add(tables.connection, connection_id=connection.connection_id, **columns)
        else:
            change = self._work.update(tables.connection).where(_C.name == connection.name).values(**columns)
            added = self._work.write(change) == 1
        if not added:
            raise StaleError(f"connection {connection.name}", "was made by somebody else just now", "Run it again")
        self._work.seal(Sealed.CONNECTION, [(connection.name,)])
        self._work.note("connection.put", connection.name, f"{connection.plugin} {connection.account}")
        return True

    def get(self, name: str) -> Connection:
        found = self._find(_named, name=name)
        if found is None:
            raise ConfigError(
                f"connection {name!r}",
                "there is none of that name",
                "See `bridge connections`",
                code="connection.unknown",
            )
        return found

    def all(self) -> tuple[Connection, ...]:
        return tuple(body for (body,) in self._work.ask(lambda: asking(tables.connection, _C.body).order_by(_C.name)))

    def set_state(self, name: str, state: ConnectionState, reason: str) -> None:
        known = self.get(name)
        since = known.state_since if state is known.state else self._work.clock.now()
        since = None if state is ConnectionState.ACTIVE else since
        changed = msgspec.structs.replace(known, state=state, state_reason=reason, state_since=since)
        if changed == known:
            return
        change = self._work.update(tables.connection).where(_C.name == name)
        self._work.write(change.values(**_columns(changed)))
        self._work.seal(Sealed.CONNECTION, [(name,)])
        self._work.note("connection.state", name, f"{state} {reason}".rstrip())

    def shut(self, name: str, reason: str) -> None:
        if self.get(name).state is ConnectionState.ACTIVE:
            self.set_state(name, ConnectionState.UNAUTHORIZED, reason)

    def credential(self, connection_id: str) -> SealedCredential | None:
        found = self._work.ask(lambda one: asking(tables.credential).where(_S.connection_id == one), one=connection_id)
        if not found:
            return None
        row = found[0]
        return SealedCredential(
            connection_id=connection_id,
            version=row.version,
            sealed=bytes(row.sealed),
            expires_at=row.expires_at,
            refresh_expires_at=row.refresh_expires_at,
            consent_ends_at=row.consent_ends_at,
        )

    def put_credential(self, credential: SealedCredential) -> None:
        if credential.version < 1:
            raise InvariantError("a credential", "versions are counted from 1", "Report this as a bug")
        values = msgspec.structs.asdict(credential)
        del values["connection_id"]
        columns, mine = tables.credential.c, credential.connection_id
        if credential.version == 1:
            saved = self._work.add(tables.credential, connection_id=mine, **values)
        else:
            before = self._work.update(tables.credential).where(
                columns.connection_id == mine, columns.version == credential.version - 1
            )
            saved = self._work.write(before.values(**values)) == 1
        if not saved:
            raise StaleError(f"connection {mine}", "its secret was saved by somebody else first", "Read it again")
        self._work.seal(Sealed.CREDENTIAL, [(mine,)])
        self._work.note("credential.saved", mine, f"version {credential.version}")

    def reseal(self, kept: SealedCredential, sealed: bytes) -> bool:
        columns, mine = tables.credential.c, kept.connection_id
        as_read = self._work.update(tables.credential).where(
            columns.connection_id == mine, columns.version == kept.version, columns.sealed == kept.sealed
        )
        is_saved = self._work.write(as_read.values(sealed=sealed)) == 1
        if is_saved:
            self._work.seal(Sealed.CREDENTIAL, [(mine,)])
            self._work.note("credential.resealed", mine, f"version {kept.version}")
        return is_saved

    def forget_credential(self, connection_id: str) -> bool:
        mine = self._work.delete(tables.credential).where(tables.credential.c.connection_id == connection_id)
        is_gone = self._work.write(mine) == 1
        if is_gone:
            self._work.seal(Sealed.CREDENTIAL, [(connection_id,)])
            self._work.note("credential.forgotten", connection_id)
        return is_gone

    def _find(self, question: Callable[..., Select], **values: Any) -> Connection | None:
        return next((body for (body,) in self._work.ask(question, **values)), None)

    def _refuse_second(self, connection: Connection) -> None:
        """Two connections to one account would book the same documents twice."""
        self._work.lock("connection")
        whose = {"plugin": connection.plugin, "account": connection.account, "but": connection.name}
        rival = connection.account and self._find(_rivals, **whose)
        if rival:
            raise ConfigError(
                f"connection {connection.name}",
                f"connection {rival.name} already holds {connection.plugin} account {connection.account}",
                f"Use {rival.name}, or name another account",
                code="connection.second",
            )


def _named(name: Any) -> Select:
    return asking(tables.connection, _C.body).where(_C.name == name)


def _rivals(plugin: Any, account: Any, but: Any) -> Select:
    return asking(tables.connection, _C.body).where(_C.plugin == plugin, _C.account == account, _C.name != but)


def _columns(connection: Connection) -> dict[str, Any]:
    return {
        "name": connection.name,
        "plugin": connection.plugin,
        "side": connection.side,
        "account": connection.account,
        "state": connection.state,
        "body": connection,
    }
