"""What the admin door of every fake ledger has: its books, their state, tampering, tokens."""

from typing import Any

import msgspec

from bridge.sandbox.admin import AdminDoor
from bridge.sandbox.books_running import BooksSandbox
from bridge.sandbox.messages import BadRequestError, Request

__all__ = ["BooksDoor"]


class BooksDoor(AdminDoor):
    """Reads orders and carries them out; each JSON body or query names its account.

    Shape:    ``service`` says, by name, on which object which attribute is switched.
    """

    def __init__(self, sandbox: BooksSandbox[Any, Any, Any], **service: tuple[object, str]) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._parameter, self._plural = sandbox.door.parameter, sandbox.plural
        self._service: dict[str, tuple[object, str]] = {
            "limits": (sandbox.limits, "is_on"),
            **service,
            "refresh_grace_seconds": (sandbox.tokens, "grace_seconds"),
        }
        self.answer("GET", self._plural, self._list)
        self.answer("POST", self._plural, self._open, 201)
        self.answer("POST", "settings", self._change_settings)
        self.answer("POST", "service", self._change_service)
        self.answer("GET", "state", self._state)
        self.answer("GET", "trial-balance", self._trial_balance)
        self.answer("POST", "tamper", self._tampered)
        self.answer("POST", "remember", self._remember)
        self.answer("POST", "come-back", self._come_back)
        self.answer("POST", "tokens", self._issue_tokens)
        self.answer("POST", "disconnect", self._disconnect)
        self.answer("POST", "end-grants", self._end_grants)

    def _list(self, _request: Request) -> object:
        books = [
            {self._parameter: account, **msgspec.to_builtins(self._sandbox.settings(account))}
            for account in self._sandbox.names()
        ]
        return {self._plural: books}

    def _open(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.add(self._named(order), order)
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
            "entities": {kind: self._sandbox.entities(account, kind) for kind in self._sandbox.books_type.kinds},
        }

    def _trial_balance(self, request: Request) -> object:
        as_of = request.query.get("as_of", "9999-12-31")
        return self._sandbox.trial_balance(request.query.get(self._parameter, ""), as_of)

    def _tampered(self, request: Request) -> object:
        order = request.json_object()
        return {"result": self._sandbox.tamper(self._named(order)).carry_out(order)}

    def _remember(self, request: Request) -> object:
        account = self._named(request.json_object())
        self._sandbox.remember(account)
        return {"remembered": account}

    def _come_back(self, request: Request) -> object:
        account = self._named(request.json_object())
        self._sandbox.come_back(account)
        return {"came_back": account}

    def _issue_tokens(self, request: Request) -> object:
        order = request.json_object()
        access, refresh = self._sandbox.issue_tokens(self._named(order), str(order.get("scope", "")))
        return {"access_token": access, "refresh_token": refresh}

    def _disconnect(self, request: Request) -> object:
        account = self._named(request.json_object())
        self._sandbox.disconnect(account)
        return {"disconnected": account}

    def _end_grants(self, request: Request) -> object:
        account = self._named(request.json_object())
        self._sandbox.end_grants(account)
        return {"ended": account}

    def _named(self, order: dict[str, Any]) -> str:
        account = order.pop(self._parameter, None)
        if not isinstance(account, str) or not account:
            raise BadRequestError(f"name the {self._parameter}", f'Say {{"{self._parameter}": "...", …}}')
        return account
