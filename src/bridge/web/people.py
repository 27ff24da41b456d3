"""Who asks, and what they may."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Protocol

import msgspec
from starlette.requests import Request


class Role(IntEnum):
    """What a person may in an organisation: each also what those before may."""

    VIEWER = 1
    BOOKKEEPER = 2
    OWNER = 3


class Person(msgspec.Struct, frozen=True):
    """Somebody who is signed in. seats: by organisation. csrf: what their forms carry back."""

    person_id: str
    name: str
    seats: Mapping[str, Role]
    csrf: str


class Doorkeeper(Protocol):
    """Knows people by their requests."""

    def who(self, request: Request) -> Person | None:
        """Who asks; None for nobody that is signed in. Blocking."""
        ...
