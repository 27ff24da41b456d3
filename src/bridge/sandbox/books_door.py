"""What the admin door of every fake ledger has: its books, their state, tampering, tokens."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from bridge.sandbox.admin import ADMIN_PREFIX
from bridge.sandbox.exact import encode
from bridge.sandbox.messages import BadRequestError, Request, Response
from bridge.sandbox.routes import Routes
from bridge.sandbox.running import BooksSandbox

__all__ = ["BooksDoor", "Tampering"]


class Tampering(Protocol):
    """The hands of somebody who edits books behind our back."""

    def carry_out(self, order: dict[str, Any]) -> object: ...


class BooksDoor:
    """Reads orders and carries them out; each JSON body or query names its account.

    Shape:    ``parameter`` is what names it, ``plural`` what the list is called; ``add`` opens books; ``service`` says,
              by name, on which object which attribute is switched.
    """

    def __init__(
        self,
        sandbox: BooksSandbox[Any],
        *,
        parameter: str,
        plural: str,
        kinds: Iterable[str],
        add: Callable[..., None],
        tamper: Callable[[str], Tampering],
        service: Mapping[str, tuple[object, str]],
    ) -> None:
        self._sandbox, self._parameter, self._plural = sandbox, parameter, plural
        self._kinds, self._add, self._tamper, self._service = tuple(kinds), add, tamper, service
        self.routes = Routes()
        self.answer("GET", plural, self._list)
        self.answer("POST", plural, self._open, 201)
        self.answer("POST", "settings", self._change_settings)
        self.answer("POST", "service", self._change_service)
        self.answer("GET", "state", self._state)
        self.answer("GET", "trial-balance", self._trial_balance)
        self.answer("POST", "tamper", self._tampered)
        self.answer("POST", "tokens", self._issue_tokens)
        self.answer("POST", "disconnect", self._disconnect)

    def answer(self, method: str, path: str, make: Callable[[Request], object], status: int = 200) -> None:
        """Add a path whose answer is what ``make`` gives, as JSON."""

        def handler(request: Request, _parts: dict[str, str]) -> Response:
            return Response(status, encode(make(request)))

        self.routes.add(method, f"{ADMIN_PREFIX}/{path}", handler)

    def _list(self, _request: Request) -> object:
        books = [
            {self._parameter: account, **msgspec.to_builtins(self._sandbox.settings(account))}
            for account in self._sandbox.names()
        ]
        return {self._plural: books}

    def _open(self, request: Request) -> object:
        order = request.json_object()
        self._add(self._named(order), **order)
        return self._list(request)

    def _change_settings(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.set(self._named(order), **order)
        return self._list(request)

    def _change_service(self, request: Request) -> object:
        """Switch the limits, or set how many calls they allow, or how long a replaced refresh token stays good."""
        order = request.json_object()
        for name, (thing, attribute) in self._service.items():
            if type(order.get(name)) is type(getattr(thing, attribute)):
                setattr(thing, attribute, order[name])
        return {name: getattr(thing, attribute) for name, (thing, attribute) in self._service.items()}

    def _state(self, request: Request) -> object:
        account = request.query.get(self._parameter, "")
        return {
            self._parameter: account,
            "balances_minor": self._sandbox.trial_balance(account),
            "entities": {kind: self._sandbox.entities(account, kind) for kind in self._kinds},
        }

    def _trial_balance(self, request: Request) -> object:
        as_of = request.query.get("as_of", "9999-12-31")
        return self._sandbox.trial_balance(request.query.get(self._parameter, ""), as_of)

    def _tampered(self, request: Request) -> object:
        order = request.json_object()
        return {"result": self._tamper(self._named(order)).carry_out(order)}

    def _issue_tokens(self, request: Request) -> object:
        access, refresh = self._sandbox.issue_tokens(self._named(request.json_object()))
        return {"access_token": access, "refresh_token": refresh}

    def _disconnect(self, request: Request) -> object:
        account = self._named(request.json_object())
        self._sandbox.disconnect(account)
        return {"disconnected": account}

    def _named(self, order: dict[str, Any]) -> str:
        account = order.pop(self._parameter, None)
        if not isinstance(account, str) or not account:
            raise BadRequestError(f"name the {self._parameter}", f'Say {{"{self._parameter}": "...", …}}')
        return account
