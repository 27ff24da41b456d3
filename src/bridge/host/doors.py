"""A door that is open: whether a notice is the vendor's, and what it says, each call through the guard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from bridge.host.guard import Guard
from bridge.plugin import AppSettings, Door, Signing, Word

_Short = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$")]
_MOST_WORDS: Final = 1_000


class _Checked(msgspec.Struct):
    account: _Short
    kind: _Short
    external_id: _Short
    mark: _Short


class OpenDoor:
    """Takes the notices of one address. connection: whose it is; empty for the one that all accounts share."""

    def __init__(self, plugin: str, door: Door, signing: Signing, connection: str, guard: Guard) -> None:
        self.plugin, self.connection = plugin, connection
        self.max_bytes, self.types, self.oldest_seconds = door.max_bytes, door.types, door.oldest_seconds
        self._door, self._signing, self._guard = door, signing, guard

    @classmethod
    def of(cls, plugin: str, door: Door, app: AppSettings, connection: str, guard: Guard) -> OpenDoor:
        """Raises: PluginError."""
        told = guard.call("signing", lambda: door.signing(app, connection), is_pure=True)
        return cls(plugin, door, guard.one("signing", told, Signing), connection, guard)

    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the vendor signed it."""
        return self._signing.proves(headers, body)

    def is_greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether it only asks if anybody is there. Raises: PluginError."""
        return bool(self._guard.call("is_greeting", lambda: self._door.is_greeting(headers, body), is_pure=True))

    def read(self, headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
        """What a notice says that was proven. Raises: PluginError."""
        guard = self._guard
        words = guard.each("read", guard.call("read", lambda: self._door.read(headers, body), is_pure=True), Word)
        try:
            for word in words[:_MOST_WORDS]:
                msgspec.convert(msgspec.to_builtins(word), _Checked)
        except msgspec.ValidationError:
            raise guard.broken("read", "gave an account, a kind, an id or a mark that is no short line") from None
        if len(words) > _MOST_WORDS:
            raise guard.broken("read", f"gave more than {_MOST_WORDS} words")
        return words

    def same(self, account: str) -> str:
        """An account as its notices write it. Raises: PluginError."""
        return self._guard.one("same", self._guard.call("same", lambda: self._door.same(account), is_pure=True), str)
