"""What the books of any fake ledger are: settings, objects, and answers remembered; kept on a shelf."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Generic, Self, TypeVar

import msgspec

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.exact import JsonObject
from bridge.sandbox.messages import BadRequestError
from bridge.sandbox.shelf import Shelf

__all__ = ["BookSettings", "Books"]


class BookSettings(msgspec.Struct, forbid_unknown_fields=True):
    """What books are, and how they are told to behave. The admin door sets these. Subclass it."""

    name: str

    def changed(self, changes: Mapping[str, object]) -> Self:
        """Give a copy with these changes.

        Raises:   BadRequestError naming the setting that is unknown or has a wrong type.
        """
        try:
            return msgspec.convert({**msgspec.to_builtins(self), **changes}, type(self))
        except msgspec.ValidationError as error:
            raise BadRequestError(f"setting: {error}", "The admin door shows them all") from error


Settings = TypeVar("Settings", bound=BookSettings)
Replay = TypeVar("Replay")


class Books(ABC, Generic[Settings, Replay]):
    """Objects by kind and id. Whoever reads or writes holds ``lock``; ``save`` ends a change.

    Shape:    ``owner`` is whose they are, by the vendor's id.
    """

    noun: ClassVar[str]
    settings_type: ClassVar[type[BookSettings]]

    def __init__(
        self, owner: str, settings: Settings, kinds: Iterable[str], *, clock: SandboxClock, shelf: Shelf
    ) -> None:
        self.owner = owner
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = clock
        self.version = 0
        self.replays: dict[str, Replay] = {}
        self._shelf = shelf
        self._objects: dict[str, dict[str, JsonObject]] = {kind: {} for kind in kinds}
        self._unsaved: dict[str, str | None] = {}

    @abstractmethod
    def _counters(self) -> Mapping[str, str]:
        """Give what is saved with every change, by key."""

    @abstractmethod
    def _restored(self, saved: dict[str, str]) -> None:
        """Take what the shelf held, but for the settings."""

    def all(self, kind: str) -> Iterator[JsonObject]:
        """Go through the objects of a kind, oldest first."""
        return iter(self._objects[kind].values())

    def remember(self, key: str, replay: Replay) -> None:
        """Keep the answer for a repeat of this key."""
        self.replays[key] = replay
        self._unsaved[f"replay/{key}"] = msgspec.json.encode(replay).decode()

    def change_settings(self, changes: Mapping[str, object]) -> None:
        """Change how they behave."""
        self.settings = self.settings.changed(changes)
        self.version += 1
        self._unsaved["settings"] = msgspec.json.encode(self.settings).decode()

    def save(self) -> None:
        """Put what changed on the shelf, together."""
        if self._unsaved:
            self._unsaved.setdefault("settings", msgspec.json.encode(self.settings).decode())
            self._shelf.save(f"{self.noun}/{self.owner}", [*self._unsaved.items(), *self._counters().items()])
            self._unsaved.clear()

    @classmethod
    def restore(cls, owner: str, *, clock: SandboxClock, shelf: Shelf) -> Self:
        """Build them from what the shelf holds."""
        saved = shelf.load(f"{cls.noun}/{owner}")
        settings = msgspec.json.decode(saved.pop("settings"), type=cls.settings_type)
        made = cls(owner, settings, clock=clock, shelf=shelf)  # type: ignore[call-arg, arg-type]
        made._restored(saved)
        return made
