"""Who asks, and what they may."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
from starlette.requests import Request

from bridge.model.people import Role
from bridge.people import Entrance
from bridge.web.front import Front

__all__ = ["Doorkeeper", "Person", "Role", "SessionKeeper"]


class Person(msgspec.Struct, frozen=True):
    """Somebody who is signed in. seats: by organisation. csrf: what their forms carry back."""

    person_id: str
    name: str
    seats: Mapping[str, Role]
    csrf: str
    session_id: str = ""


class Doorkeeper(Protocol):
    """Knows people by their requests."""

    def who(self, request: Request) -> Person | None:
        """Who asks; None for nobody that is signed in. Blocking."""
        ...


class SessionKeeper:
    """Knows people by the cookie of their session."""

    def __init__(self, entrance: Entrance, front: Front) -> None:
        self._entrance, self._front = entrance, front

    def who(self, request: Request) -> Person | None:
        secret = request.cookies.get(self._front.session_cookie, "")
        signed = self._entrance.who(secret) if secret else None
        if signed is None:
            return None
        person, session = signed.person, signed.session
        return Person(person.person_id, person.name, signed.roles, session.csrf, session.session_id)
