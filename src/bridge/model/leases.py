"""Leases: who alone does something, until when, and how often it was begun."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

STARTING = "starting"
"""The subject, in the place of a worker's number, of the lease of whoever is just starting one."""


class LeaseKind(StrEnum):
    """What only one process at a time does to a connection, brings of a document (``INTAKE``), or is (``WORKER``)."""

    DRAIN = "drain"
    DRIFT = "drift"
    DUTY = "duty"
    INTAKE = "intake"
    PULL = "pull"
    REFRESH = "refresh"
    WORKER = "worker"


class Lease(msgspec.Struct, frozen=True):
    """The right of one holder to do a thing alone; every save names the epoch.

    subject: the connection's name, a document's id, a duty's name, or a worker's number.
    epoch:   rises with every taking, whoever takes it, and never falls: it fences who slept too long.
    claims:  takings in a row of which none was given back. More than a few: whoever does this does not live to say so.
    """

    kind: LeaseKind
    subject: str
    holder: str
    epoch: int
    until: datetime
    claims: int = 1
