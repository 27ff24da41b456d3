"""Organisations: whose books are kept in one database, and what a month of each took."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from bridge.errors import ConfigError

OWN = "local"
"""The one that is there without anybody adding it."""
DOCUMENTS, CALLS = "documents", "calls"
NAME = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class Organisation(msgspec.Struct, frozen=True):
    """One merchant. title: what people call it.

    is_tenant:  it is somebody else's than the operator's: whoever looks in by a command says why, and it sees that.
    leaving_at: since when it is being erased; None for one that stays.
    """

    name: str
    title: str
    added_at: datetime
    is_tenant: bool = True
    leaving_at: datetime | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(NAME, self.name):
            raise ConfigError(
                f"organisation {self.name[:80]!r}",
                "is no name: small letters, digits, - and _, at most 63, the first a letter or digit",
                "Choose another",
                code="organisation.name",
            )


class Used(msgspec.Struct, frozen=True):
    """So many of something in a month, of one plugin. month: ``2026-06``. what: ``documents``, ``calls``, ..."""

    month: str
    plugin: str
    what: str
    many: int


def month_of(at: datetime) -> str:
    """In UTC, as vendors bill."""
    return f"{at:%Y-%m}"
