"""Xero's own part of the admin door: organisations, state, trial balance, tampering, oddities, tokens."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from bridge.sandbox import ADMIN_PREFIX, BadRequestError, Request, Response, Routes
from bridge_xero.sandbox.kinds import KINDS
from bridge_xero.sandbox.limits import RateLimits
from bridge_xero.sandbox.oddities import Oddities
from bridge_xero.sandbox.organisation import OrganisationSettings
from bridge_xero.sandbox.tamper import Tamper
from bridge_xero.sandbox.tokens import UserTokens
from bridge_xero.sandbox.wire import JsonObject, encode

__all__ = ["admin_routes"]


class _Desk(Protocol):
    """What the door needs of the sandbox."""

    limits: RateLimits
    oddities: Oddities
    tokens: UserTokens

    def add_organisation(self, tenant: str, **settings: Any) -> None: ...
    def set(self, tenant: str, **settings: Any) -> None: ...
    def organisations(self) -> dict[str, str]: ...
    def settings(self, tenant: str) -> OrganisationSettings: ...
    def issue_tokens(self, tenant: str) -> tuple[str, str]: ...
    def disconnect(self, tenant: str) -> None: ...
    def tamper(self, tenant: str) -> Tamper: ...
    def entities(self, tenant: str, kind: str) -> list[JsonObject]: ...
    def trial_balance(self, tenant: str, as_of: str = ...) -> dict[str, int]: ...


def admin_routes(sandbox: _Desk) -> Routes:
    """Give the routes; each JSON body or query names its ``tenant``."""
    door = _Door(sandbox)
    routes = Routes()

    def add(method: str, path: str, answer: Callable[[Request], object], status: int = 200) -> None:
        def handler(request: Request, _parts: dict[str, str]) -> Response:
            return Response(status, encode(answer(request)))

        routes.add(method, f"{ADMIN_PREFIX}/{path}", handler)

    add("GET", "organisations", door.list_organisations)
    add("POST", "organisations", door.add_organisation, 201)
    add("POST", "settings", door.change_settings)
    add("POST", "service", door.change_service)
    add("GET", "state", door.state)
    add("GET", "trial-balance", door.trial_balance)
    add("POST", "tamper", door.tamper)
    add("GET", "oddities", door.list_oddities)
    add("POST", "oddities", door.order_oddity, 201)
    add("DELETE", "oddities", door.clear_oddities)
    add("POST", "tokens", door.issue_tokens)
    add("POST", "disconnect", door.disconnect)
    return routes


class _Door:
    """Reads orders and carries them out on the sandbox."""

    def __init__(self, sandbox: _Desk) -> None:
        self._sandbox = sandbox

    def list_organisations(self, _request: Request) -> object:
        return {
            "organisations": [
                {"tenant": tenant, **msgspec.to_builtins(self._sandbox.settings(tenant))}
                for tenant in self._sandbox.organisations()
            ]
        }

    def add_organisation(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.add_organisation(_tenant(order), **order)
        return self.list_organisations(request)

    def change_settings(self, request: Request) -> object:
        order = request.json_object()
        self._sandbox.set(_tenant(order), **order)
        return self.list_organisations(request)

    def change_service(self, request: Request) -> object:
        """Switch the limits, set how many calls they allow, or how long a replaced refresh token stays good."""
        order = request.json_object()
        limits, desk = self._sandbox.limits, self._sandbox.tokens
        if isinstance(order.get("limits"), bool):
            limits.is_on = order["limits"]
        if isinstance(order.get("minute_limit"), int):
            limits.minute = order["minute_limit"]
        if isinstance(order.get("day_limit"), int):
            limits.day = order["day_limit"]
        if isinstance(order.get("refresh_grace_seconds"), int):
            desk.grace_seconds = order["refresh_grace_seconds"]
        return {
            "limits": limits.is_on,
            "minute_limit": limits.minute,
            "day_limit": limits.day,
            "refresh_grace_seconds": desk.grace_seconds,
        }

    def state(self, request: Request) -> object:
        tenant = request.query.get("tenant", "")
        return {
            "tenant": tenant,
            "balances_minor": self._sandbox.trial_balance(tenant),
            "entities": {kind: self._sandbox.entities(tenant, kind) for kind in KINDS},
        }

    def trial_balance(self, request: Request) -> object:
        as_of = request.query.get("as_of", "9999-12-31")
        return self._sandbox.trial_balance(request.query.get("tenant", ""), as_of)

    def tamper(self, request: Request) -> object:
        order = request.json_object()
        return {"result": self._sandbox.tamper(_tenant(order)).carry_out(order)}

    def list_oddities(self, _request: Request) -> object:
        return {"pending": self._sandbox.oddities.pending()}

    def order_oddity(self, request: Request) -> object:
        order = request.json_object()
        if unknown := sorted(set(order) - {"kind", "label", "times"}):
            raise BadRequestError(f"unknown keys in the oddity: {', '.join(unknown)}")
        self._sandbox.oddities.order(str(order.get("kind", "")), order.get("label", "*"), order.get("times", 1))
        return self.list_oddities(request)

    def clear_oddities(self, request: Request) -> object:
        self._sandbox.oddities.clear()
        return self.list_oddities(request)

    def issue_tokens(self, request: Request) -> object:
        access, refresh = self._sandbox.issue_tokens(_tenant(request.json_object()))
        return {"access_token": access, "refresh_token": refresh}

    def disconnect(self, request: Request) -> object:
        tenant = _tenant(request.json_object())
        self._sandbox.disconnect(tenant)
        return {"disconnected": tenant}


def _tenant(order: dict[str, Any]) -> str:
    tenant = order.pop("tenant", None)
    if not isinstance(tenant, str) or not tenant:
        raise BadRequestError("name the tenant", 'Say {"tenant": "00000000-0000-4000-8000-000000000001", …}')
    return tenant
