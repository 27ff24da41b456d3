"""QuickBooks' own part of the admin door: companies, state, trial balance, tampering, tokens."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from bridge.sandbox import ADMIN_PREFIX, BadRequestError, Request, Response, Routes
from bridge_quickbooks.sandbox.company import CompanySettings
from bridge_quickbooks.sandbox.kinds import KINDS
from bridge_quickbooks.sandbox.limits import RateLimits
from bridge_quickbooks.sandbox.tamper import Tamper
from bridge_quickbooks.sandbox.tokens import CompanyTokens
from bridge_quickbooks.sandbox.wire import JsonObject, encode

__all__ = ["admin_routes"]


class _Desk(Protocol):
    """What the door needs of the sandbox."""

    limits: RateLimits
    tokens: CompanyTokens

    def add_company(self, realm: str, **settings: Any) -> None: ...
    def set(self, realm: str, **settings: Any) -> None: ...
    def companies(self) -> dict[str, str]: ...
    def settings(self, realm: str) -> CompanySettings: ...
    def issue_tokens(self, realm: str) -> tuple[str, str]: ...
    def disconnect(self, realm: str) -> None: ...
    def tamper(self, realm: str) -> Tamper: ...
    def entities(self, realm: str, kind: str) -> list[JsonObject]: ...
    def trial_balance(self, realm: str, as_of: str = ...) -> dict[str, int]: ...


def admin_routes(sandbox: _Desk) -> Routes:
    """Give the routes; each JSON body or query names its ``realm``."""
    door = _Door(sandbox)
    routes = Routes()

    def add(method: str, path: str, answer: Callable[[Request], object], status: int = 200) -> None:
        def handler(request: Request, _parts: dict[str, str]) -> Response:
            return Response(status, encode(answer(request)))

        routes.add(method, f"{ADMIN_PREFIX}/{path}", handler)

    add("GET", "companies", door.list_companies)
    add("POST", "companies", door.add_company, 201)
    add("POST", "settings", door.change_settings)
    add("POST", "service", door.change_service)
    add("GET", "state", door.state)
    add("GET", "trial-balance", door.trial_balance)
    add("POST", "tamper", door.tamper)
    add("POST", "tokens", door.issue_tokens)
    add("POST", "disconnect", door.disconnect)
    return routes


class _Door:
    """Reads orders and carries them out on the sandbox."""

    def __init__(self, sandbox: _Desk) -> None:
        self._sandbox = sandbox

    def list_companies(self, _request: Request) -> object:
        return {
            "companies": [
                {"realm": realm, **msgspec.to_builtins(self._sandbox.settings(realm))}
                for realm in self._sandbox.companies()
            ]
        }

    def add_company(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.add_company(_realm(order), **order)
        return self.list_companies(request)

    def change_settings(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.set(_realm(order), **order)
        return self.list_companies(request)

    def change_service(self, request: Request) -> object:
        """Switch the limits, or set how long a replaced refresh token stays good."""
        order = request.json_object()
        limits, grace = order.get("limits"), order.get("refresh_grace_seconds")
        if isinstance(limits, bool):
            self._sandbox.limits.is_on = limits
        if isinstance(grace, int):
            self._sandbox.tokens.grace_seconds = grace
        return {"limits": self._sandbox.limits.is_on, "refresh_grace_seconds": self._sandbox.tokens.grace_seconds}

    def state(self, request: Request) -> object:
        realm = request.query.get("realm", "")
        return {
            "realm": realm,
            "balances_minor": self._sandbox.trial_balance(realm),
            "entities": {kind: self._sandbox.entities(realm, kind) for kind in KINDS},
        }

    def trial_balance(self, request: Request) -> object:
        as_of = request.query.get("as_of", "9999-12-31")
        return self._sandbox.trial_balance(request.query.get("realm", ""), as_of)

    def tamper(self, request: Request) -> object:
        order = request.json_object()
        return {"result": self._sandbox.tamper(_realm(order)).carry_out(order)}

    def issue_tokens(self, request: Request) -> object:
        access, refresh = self._sandbox.issue_tokens(_realm(request.json_object()))
        return {"access_token": access, "refresh_token": refresh}

    def disconnect(self, request: Request) -> object:
        realm = _realm(request.json_object())
        self._sandbox.disconnect(realm)
        return {"disconnected": realm}


def _realm(order: dict[str, Any]) -> str:
    realm = order.pop("realm", None)
    if not isinstance(realm, str) or not realm:
        raise BadRequestError("name the realm", 'Say {"realm": "9130000000000001", …}')
    return realm
