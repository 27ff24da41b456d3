"""What the books of any fake ledger are: settings, objects, and answers to repeats; kept on a shelf."""

import hashlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar

import msgspec

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.exact import JsonObject, encode, load
from bridge.sandbox.messages import BadRequestError, Request, Response
from bridge.sandbox.shelf import Shelf

__all__ = ["BookSettings", "Books", "Replay", "fingerprint"]


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


class Replay(msgspec.Struct, frozen=True):
    """The answer a key got, when, and a fingerprint of what had been asked."""

    asked: str
    at: datetime
    status: int
    body: str
    content_type: str

    def response(self) -> Response:
        """Give the answer again."""
        return Response(self.status, self.body.encode(), self.content_type)


Settings = TypeVar("Settings", bound=BookSettings)
T = TypeVar("T")


class Books(ABC, Generic[Settings]):
    """Objects by kind and id. Whoever reads or writes holds ``lock``; ``save`` ends a change.

    Shape:    ``owner`` is whose they are, by the vendor's id. ``accounts`` is the kind of its accounts, ``number`` the
              key of an account's number, ``currency_setting`` the field of the currency they are kept in. ``told`` is
              called with the kind and id of whatever changes, and whether it was created, updated or deleted.
    """

    noun: ClassVar[str]
    kinds: ClassVar[Iterable[str]]
    settings_type: ClassVar[type[BookSettings]]
    accounts: ClassVar[str]
    number: ClassVar[str]
    currency_setting: ClassVar[str]

    def __init__(self, owner: str, settings: Settings, *, clock: SandboxClock, shelf: Shelf) -> None:
        self.owner = owner
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = clock
        self._replays: dict[str, Replay] = {}
        self._shelf = shelf
        self._objects: dict[str, dict[str, JsonObject]] = {kind: {} for kind in self.kinds}
        self._places: dict[tuple[str, str], str] = {}
        self._next_place = 0
        self._worked_out: dict[Hashable, Any] = {}
        self._unsaved: dict[str, str | None] = {}
        self.told: Callable[[str, str, str], None] = lambda _kind, _id, _what: None

    @abstractmethod
    def id_of(self, kind: str, value: JsonObject) -> str:
        """Give an object's id, or "" where it has none yet."""

    @abstractmethod
    def _counters(self) -> Mapping[str, str]:
        """Give what is saved with every change, by key."""

    @abstractmethod
    def _restored(self, what: str, name: str, text: str) -> None:
        """Take what the shelf held under ``what/name``, but for settings, objects and replays."""

    def _changed(self, kind: str, old: JsonObject | None, new: JsonObject | None) -> None:
        """Keep what finds objects by anything but their ids; None where there was, or now is, none."""

    @property
    def currency(self) -> str:
        """Give the currency they are kept in."""
        return str(getattr(self.settings, self.currency_setting))

    def get(self, kind: str, id: str) -> JsonObject | None:
        """Give an object, or None."""
        return self._objects[kind].get(id)

    def all(self, kind: str) -> Iterator[JsonObject]:
        """Go through the objects of a kind, oldest first."""
        return iter(self._objects[kind].values())

    def account_named(self, text: str) -> JsonObject:
        """Give the account with this number or name.

        Raises:   BadRequestError if there is none.
        """
        for account in self.all(self.accounts):
            if text in {account.get(self.number), account["Name"]}:
                return account
        raise BadRequestError(f"no account {text} in {self.noun} {self.owner}")

    def by_account(self, balances: Mapping[str, int]) -> dict[str, int]:
        """Name the balances of account ids by number (by name where there is none); zero ones are left out."""
        return {
            account.get(self.number) or account["Name"]: balances[id]
            for id, account in self._objects[self.accounts].items()
            if balances.get(id)
        }

    def worked_out(self, what: Hashable, work_out: Callable[[], T]) -> T:
        """Give what was worked out under this name, until the next change of the books."""
        if what not in self._worked_out:
            self._worked_out[what] = work_out()
        found: T = self._worked_out[what]
        return found

    def repeated(self, key: str, *, kept: timedelta | None = None) -> Replay | None:
        """Give the answer that this key got, if it is not older than ``kept``; who asks compares what was asked."""
        found = self._replays.get(key)
        if found is not None and kept is not None and found.at <= self.clock.now() - kept:
            return None
        return found

    def remember(self, key: str, asked: str, response: Response) -> None:
        """Keep the answer for a repeat of this key."""
        body, at = response.body.decode(), self.clock.now()
        replay = Replay(asked, at, response.status, body, response.content_type)
        self._replays[key] = replay
        self._unsaved[f"replay/{key}"] = msgspec.json.encode(replay).decode()

    def change_settings(self, changes: Mapping[str, object]) -> None:
        """Change how they behave."""
        self.settings = self.settings.changed(changes)
        self._worked_out.clear()
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
        made = cls(owner, settings, clock=clock, shelf=shelf)  # type: ignore[arg-type]
        for key, text in saved.items():
            what, _, name = key.partition("/")
            if what == "object":
                made._take_back(name, load(text))
            elif what == "replay":
                made._replays[name] = msgspec.json.decode(text, type=Replay)
            else:
                made._restored(what, name, text)
        return made

    def _take_back(self, place: str, value: JsonObject) -> None:
        kind, _, number = place.partition("/")
        self._places[kind, self.id_of(kind, value)] = place
        self._next_place = max(self._next_place, int(number) + 1)
        self._keep(kind, value)

    def _write(self, kind: str, value: JsonObject) -> None:
        """Keep an object, new or changed, and save it under a key that puts the oldest first."""
        self._keep(kind, value)
        known = kind, self.id_of(kind, value)
        self.told(*known, "updated" if known in self._places else "created")
        if known not in self._places:
            self._places[known] = f"{kind}/{self._next_place:09d}"
            self._next_place += 1
        self._unsaved[f"object/{self._places[known]}"] = encode(value).decode()

    def _erase(self, kind: str, id: str) -> None:
        """Take an object away altogether."""
        self._changed(kind, self._objects[kind].pop(id), None)
        self.told(kind, id, "deleted")
        self._worked_out.clear()
        self._unsaved[f"object/{self._places.pop((kind, id))}"] = None

    def _keep(self, kind: str, value: JsonObject) -> None:
        id = self.id_of(kind, value)
        self._changed(kind, self._objects[kind].get(id), value)
        self._objects[kind][id] = value
        self._worked_out.clear()


def fingerprint(request: Request, *parts: object) -> str:
    """Tell what a request asks, so that another under the same key can be told from a repeat."""
    return hashlib.sha256(" ".join(map(str, parts)).encode() + b" " + request.body).hexdigest()
