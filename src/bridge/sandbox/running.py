"""A fake ledger as one object: any number of books behind one server."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

from bridge.sandbox.books import Books
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.exact import JsonObject
from bridge.sandbox.faults import Faults
from bridge.sandbox.messages import BadRequestError
from bridge.sandbox.oauth import OAuthDoor
from bridge.sandbox.requests_seen import RequestLog
from bridge.sandbox.routes import Routes
from bridge.sandbox.server import SandboxServer, Vendor
from bridge.sandbox.shelf import Shelf

__all__ = ["BooksSandbox", "books_told", "options_told"]

B = TypeVar("B", bound=Books[Any, Any])


class BooksSandbox(ABC, Generic[B]):
    """Subclass it for a vendor, and call ``_listen`` at the end of its ``__init__``.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    books_type: ClassVar[type[Books[Any, Any]]]
    door: ClassVar[type[OAuthDoor]]

    def __init__(
        self, *, data: Path | None, client_id: str, client_secret: str, clock: SandboxClock | None = None
    ) -> None:
        self.clock = clock or SandboxClock()
        self.client_id = client_id
        self.client_secret = client_secret
        self._shelf = Shelf(data)
        self._lock = threading.Lock()
        self._books: dict[str, B] = {}
        for room in self._shelf.rooms():
            what, _, account = room.partition("/")
            if what == self.books_type.noun:
                restored = self.books_type.restore(account, clock=self.clock, shelf=self._shelf)
                self._books[account] = restored  # type: ignore[assignment]

    def _listen(self, vendor: Vendor, admin: Routes, port: int) -> None:
        try:
            self.server = SandboxServer(vendor, port=port, clock=self.clock, admin=admin)
        except BadRequestError:
            self._shelf.close()
            raise

    @abstractmethod
    def entities(self, account: str, kind: str) -> list[JsonObject]:
        """List the objects of a kind as answers show them."""

    @abstractmethod
    def trial_balance(self, account: str, as_of: str = "9999-12-31") -> dict[str, int]:
        """Give balances in minor units by account, debit positive; zero ones left out."""

    @abstractmethod
    def issue_tokens(self, account: str) -> tuple[str, str]:
        """Give (access token, refresh token) without the OAuth dance."""

    @abstractmethod
    def disconnect(self, account: str) -> None:
        """Take the connection away, as its user does who disconnects the application."""

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return self.server.base_url

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

    @property
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def set(self, account: str, **settings: Any) -> None:
        """Change how books behave; the keywords are the fields of their settings."""
        books = self._found(account)
        with books.lock:
            books.change_settings(settings)
            books.save()

    def settings(self, account: str) -> Any:
        """Give how books behave at present."""
        return self._found(account).settings

    def names(self) -> dict[str, str]:
        """Give the names of all books by account."""
        with self._lock:
            return {account: books.settings.name for account, books in self._books.items()}

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _add(self, books: B) -> None:
        """Raises:   BadRequestError if there are books of that account."""
        with self._lock:
            if books.owner in self._books:
                raise BadRequestError(f"{books.noun} {books.owner} exists already")
            self._books[books.owner] = books

    def _found(self, account: str) -> B:
        with self._lock:
            books = self._books.get(account)
        if books is None:
            raise BadRequestError(f"there is no {self.books_type.noun} {account}")
        return books


def options_told(options: Mapping[str, str], defaults: Mapping[str, str], *whole: str) -> dict[str, str]:
    """Give what a person chose, or the default; ``limits`` is on or off, and ``whole`` names whole numbers.

    Raises:   BadRequestError naming an option that is unknown or cannot be read.
    """
    if unknown := sorted(set(options) - set(defaults)):
        raise BadRequestError(f"unknown options: {', '.join(unknown)}", f"There are: {', '.join(defaults)}")
    chosen = {**defaults, **options}
    if chosen["limits"] not in {"on", "off"}:
        raise BadRequestError("limits is on or off", "Correct the option")
    for name in whole:
        if not chosen[name].isdecimal():
            raise BadRequestError(f"{name} is a whole number", "Correct the option")
    return chosen


def books_told(option: str, text: str) -> list[tuple[str, str, str, str]]:
    """Give (account, currency, country, name) of each of ``ACCOUNT:CURRENCY:COUNTRY:NAME``, parted by commas."""
    found = []
    for one in text.split(","):
        parts = one.split(":", 3)
        if len(parts) != 4 or not all(parts):
            raise BadRequestError(f"{option}: {one!r} cannot be read", "Write ACCOUNT:CURRENCY:COUNTRY:NAME")
        found.append((parts[0], parts[1], parts[2], parts[3]))
    return found
