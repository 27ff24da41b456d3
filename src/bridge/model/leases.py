"""Leases: who alone does something, until when, and how often it was begun."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class LeaseKind(StrEnum):
    """What only one process at a time does to a connection, or (``INTAKE``) brings of a document."""

    DRAIN = "drain"
    DRIFT = "drift"
    INTAKE = "intake"
    PULL = "pull"
    REFRESH = "refresh"


class Lease(msgspec.Struct, frozen=True):
    """The right of one holder to do a thing alone; every save names the epoch.

    subject: the connection's name, or a document's id.
    epoch:   rises with every taking, whoever takes it, and never falls: it fences who slept too long.
    claims:  takings in a row of which none was given back. More than a few: whoever does this does not live to say so.
    """

    kind: LeaseKind
    subject: str
    holder: str
    epoch: int
    until: datetime
    claims: int = 1
