"""A fake ledger as one object: any number of books behind one server."""

import threading
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from bridge.sandbox.admin import AdminDoor
from bridge.sandbox.books import Books
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.exact import JsonObject
from bridge.sandbox.limits import RateLimits
from bridge.sandbox.messages import BadRequestError
from bridge.sandbox.oauth import OAuthDoor
from bridge.sandbox.posting import Mail, Mailbag
from bridge.sandbox.running import FakeSystem, options_told
from bridge.sandbox.server import Gate, Vendor
from bridge.sandbox.tokens import TokenDesk

__all__ = ["BooksSandbox", "Change", "books_told"]

B = TypeVar("B", bound=Books[Any])
D = TypeVar("D", bound=TokenDesk)
T = TypeVar("T")


class GatedVendor(Vendor, Gate, Protocol):
    """What answers for a fake ledger."""


@dataclass(frozen=True, slots=True)
class Change:
    """What changed in whose books: ``created``, ``updated`` or ``deleted``."""

    account: str
    kind: str
    id: str
    what: str
    at: datetime


class BooksSandbox(FakeSystem, Generic[B, D, T]):
    """Of books, a desk of tokens, and the hands ``tamper`` gives. Subclass it for a vendor.

    Shape:    an account is whose books they are, by the vendor's id. ``title`` names the vendor, ``plural`` many books,
              ``usual_books`` those of whoever asks for none.
    """

    books_type: ClassVar[type[Books[Any]]]
    desk_type: ClassVar[type[TokenDesk]]
    door: ClassVar[type[OAuthDoor]]
    tamper_type: ClassVar[type[Any]]
    title: ClassVar[str]
    plural: ClassVar[str]
    usual_books: ClassVar[str]
    usual_grace_seconds: ClassVar[int]

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | None = None,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",  # noqa: S107 - the sandbox's own, known to everybody
        limits: bool = False,
        refresh_grace_seconds: int | None = None,
        clock: SandboxClock | None = None,
    ) -> None:
        super().__init__(data=data, clock=clock)
        self.client_id, self.client_secret = client_id, client_secret
        grace = self.usual_grace_seconds if refresh_grace_seconds is None else refresh_grace_seconds
        self.tokens: D = self.desk_type(clock=self.clock, shelf=self._shelf, grace_seconds=grace)  # type: ignore[assignment]
        self.oauth = self.door(self.tokens, client_id=client_id, client_secret=client_secret, accounts=self.names)
        self.limits = self._limits(is_on=limits)
        self._lock = threading.Lock()
        self._remembered: dict[str, dict[str, str]] = {}
        self._notices_to, self._bag = ("", ""), Mailbag()
        self._changes: list[Change] = []
        self._books: dict[str, B] = {}
        for room in self._shelf.rooms():
            what, _, account = room.partition("/")
            if what == self.books_type.noun:
                self._books[account] = self._restored(account)
        vendor, admin = self._served()
        self._listen(vendor, admin, port, vendor)

    @classmethod
    def options(cls, options: Mapping[str, str], **whole: str) -> dict[str, str]:
        """Give what a person chose, or what is usual; ``whole`` are further whole numbers, as is usual.

        Raises:   BadRequestError naming an option that is unknown or cannot be read.
        """
        usual = {
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            "limits": "on",
            **whole,
            "refresh_grace_seconds": str(cls.usual_grace_seconds),
            cls.plural: cls.usual_books,
        }
        chosen = options_told(options, usual, *whole, "refresh_grace_seconds")
        books_told(cls.plural, chosen[cls.plural])
        return chosen

    @classmethod
    def start(cls, chosen: Mapping[str, str], *, port: int, data: Path | None) -> Self:
        """Start it for a person, as ``options`` says, with the books that are not in ``data`` already."""
        sandbox = cls(
            port=port,
            data=data,
            client_id=chosen["client_id"],
            client_secret=chosen["client_secret"],
            limits=chosen["limits"] == "on",
            refresh_grace_seconds=int(chosen["refresh_grace_seconds"]),
        )
        for account, currency, country, name in books_told(cls.plural, chosen[cls.plural]):
            if sandbox.key_of(account) not in sandbox.names():
                sandbox.add(account, {cls.books_type.currency_setting: currency, "country": country, "name": name})
        return sandbox

    @abstractmethod
    def _limits(self, *, is_on: bool) -> RateLimits:
        """Make the vendor's limits."""

    @abstractmethod
    def _served(self) -> tuple[GatedVendor, AdminDoor]:
        """Give what answers clients, and what answers people and tests."""

    @abstractmethod
    def _open(self, books: B) -> None:
        """Give new books what they begin with."""

    @abstractmethod
    def _entities(self, books: B, kind: str) -> list[JsonObject] | None:
        """List the objects of a kind as answers show them; None if there is no such kind."""

    @abstractmethod
    def _trial_balance(self, books: B, as_of: str) -> dict[str, int]:
        """Give balances in minor units by account id, debit positive."""

    def add(self, account: str, settings: dict[str, Any]) -> None:
        """Open books.

        Raises:   BadRequestError if there are books of that account, or a setting is wrong.
        """
        key, kind = self.key_of(account), self.books_type
        told = kind.settings_type().changed(settings)  # type: ignore[call-arg]
        with self._lock:
            if key in self._books:
                raise BadRequestError(f"{kind.noun} {key} exists already")
            books: B = kind(key, told, clock=self.clock, shelf=self._shelf)  # type: ignore[assignment]
            self._open(books)
            self._books[key] = books
            self._listen_to(key, books)

    def notify(self, url: str, secret: str) -> None:
        """Send word there of whatever changes from now on, signed with this secret, whenever ``send_notices`` says."""
        with self._lock:
            self._notices_to = url, secret
            self._changes.clear()
            for account, books in self._books.items():
                self._listen_to(account, books)

    def send_notices(self, *, secret: str = "") -> int:
        """Post all that changed since, of all books in one delivery; what was answered, 0 where nobody did.

        secret: sign with another. What was not taken is in the next one too.
        """
        with self._lock:
            changes, (url, own) = tuple(self._changes), self._notices_to
        headers, body = self._notice(changes, secret or own)
        self._bag.put(Mail(url, headers, body))
        posted = self._bag.post()
        status = posted[-1][1] if posted else 0
        if 200 <= status < 300:
            with self._lock:
                del self._changes[: len(changes)]
        return status

    def _notice(self, changes: Sequence[Change], secret: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a delivery, as the vendor sends it."""
        raise BadRequestError(f"{self.title} sends no notices")

    def _listen_to(self, account: str, books: Books[Any]) -> None:
        if self._notices_to[0]:
            books.told = lambda kind, id, what: self._changes.append(Change(account, kind, id, what, self.clock.now()))

    def key_of(self, account: str) -> str:
        """Give an account in the one form in which it is kept."""
        return account

    @property
    def authorize_url(self) -> str:
        """Where a user is sent to consent."""
        return self.base_url + self.door.authorize_path

    @property
    def token_url(self) -> str:
        """Where codes and refresh tokens are exchanged."""
        return self.base_url + self.door.token_paths[0]

    @property
    def revoke_url(self) -> str:
        """Where a token is revoked."""
        return self.base_url + self.door.revoke_path

    def entities(self, account: str, kind: str) -> list[JsonObject]:
        """List the objects of a kind as answers show them.

        Raises:   BadRequestError if there is no such kind, or no such books.
        """
        books = self._found(account)
        with books.lock:
            found = self._entities(books, kind)
        if found is None:
            raise BadRequestError(f"there is no kind {kind}")
        return deepcopy(found)

    def trial_balance(self, account: str, as_of: str = "9999-12-31") -> dict[str, int]:
        """Give balances in minor units by account number (or name), debit positive; zero ones left out."""
        books = self._found(account)
        with books.lock:
            return books.by_account(self._trial_balance(books, as_of))

    def account_id(self, account: str, number: str) -> str:
        """Give the id of the account of its chart with this number or name."""
        books = self._found(account)
        return books.id_of(books.accounts, books.account_named(number))

    def issue_tokens(self, account: str, scope: str = "") -> tuple[str, str]:
        """Give (access token, refresh token) without the OAuth dance; an empty scope is for everything."""
        pair = self.tokens.issue([self._found(account).owner], scope)
        return pair.access, pair.refresh

    def disconnect(self, account: str) -> None:
        """Take the connection away, as its user does who disconnects the application."""
        self.tokens.disconnect(self._found(account).owner)

    def end_grants(self, account: str) -> None:
        """End every consent for books, so that its tokens are refused: ``invalid_grant``."""
        self.tokens.end_grants(self._found(account).owner)

    def tamper(self, account: str) -> T:
        """Give the hands of somebody who edits these books behind our back."""
        hands: T = self.tamper_type(self._found(account))
        return hands

    def set(self, account: str, **settings: Any) -> None:
        """Change how books behave; the keywords are the fields of their settings."""
        books = self._found(account)
        with books.lock:
            books.change_settings(settings)
            books.save()

    def remember(self, account: str) -> None:
        """Keep what the books are now, to come back to as often as is asked.

        Raises:   BadRequestError if there are no such books, or no file keeps them.
        """
        books = self._found(account)
        if not self._shelf.keeps:
            raise BadRequestError(f"no file keeps {books.noun} {books.owner}", "Start the sandbox with --data FILE")
        with books.lock:
            self._remembered[books.owner] = self._shelf.load(self._room(books.owner))

    def come_back(self, account: str) -> None:
        """Let the books be as they were when they were to be remembered.

        Raises:   BadRequestError if there are no such books, or they were not to be remembered.
        """
        books = self._found(account)
        texts = self._remembered.get(books.owner)
        if texts is None:
            raise BadRequestError(f"{books.noun} {books.owner} was not remembered")
        with self._lock, books.lock:
            self._shelf.replace(self._room(books.owner), texts)
            self._books[books.owner] = self._restored(books.owner)

    def settings(self, account: str) -> Any:
        """Give how books behave at present."""
        return self._found(account).settings

    def names(self) -> dict[str, str]:
        """Give the names of all books by account."""
        with self._lock:
            return {account: books.settings.name for account, books in self._books.items()}

    def summary(self) -> str:
        """Tell a person how to use it."""
        client = [("client id", self.client_id), ("client secret", self.client_secret)]
        doors = [("authorise", self.authorize_url), ("tokens", self.token_url), *self._more_doors()]
        books = [
            (self.books_type.noun, f"{account}  {one.currency}  {one.settings.name}")
            for account, one in self._books.items()
        ]
        return self._told(self.title, [*client, *doors], books)

    def _more_doors(self) -> list[tuple[str, str]]:
        """Give what else is told of where things are, by name."""
        return []

    def _room(self, account: str) -> str:
        return f"{self.books_type.noun}/{account}"

    def _restored(self, account: str) -> B:
        restored: B = self.books_type.restore(account, clock=self.clock, shelf=self._shelf)  # type: ignore[assignment]
        return restored

    def _found(self, account: str) -> B:
        with self._lock:
            books = self._books.get(self.key_of(account))
        if books is None:
            raise BadRequestError(f"there is no {self.books_type.noun} {account}")
        return books


def books_told(option: str, text: str) -> list[tuple[str, str, str, str]]:
    """Give (account, currency, country, name) of each of ``ACCOUNT:CURRENCY:COUNTRY:NAME``, parted by commas."""
    found = []
    for one in text.split(","):
        parts = one.split(":", 3)
        if len(parts) != 4 or not all(parts):
            raise BadRequestError(f"{option}: {one!r} cannot be read", "Write ACCOUNT:CURRENCY:COUNTRY:NAME")
        found.append((parts[0], parts[1], parts[2], parts[3]))
    return found
