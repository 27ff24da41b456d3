"""What the audit log vouches for, by name; how is in ``seals``, and of few things in ``named``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

Key = tuple[str | int, ...]
"""The key of a thing: columns of its table that no two rows have in common, after the organisation."""


class Sealed(StrEnum):
    """What is sealed. stop: of what goes to ledgers, for every organisation."""

    DOCUMENT = "document"
    ENTRY = "entry"
    RULES = "rule set"
    VOUCHER = "voucher"
    BASELINE = "baseline"
    INSTRUCTION = "instruction"
    ACCEPTANCE = "acceptance"
    OPENING = "opening"
    SIGN_OFF = "sign-off"
    CONNECTION = "connection"
    CREDENTIAL = "credential"
    ROUTE = "route"
    SEAT = "seat"
    INVITATION = "invitation"
    PAUSE = "pause"
    STOP = "stop"
    ORGANISATION = "organisation"
    ASSIGNMENT = "assignment"


NAMED: Final = (
    Sealed.CONNECTION,
    Sealed.CREDENTIAL,
    Sealed.ROUTE,
    Sealed.SEAT,
    Sealed.INVITATION,
    Sealed.PAUSE,
    Sealed.STOP,
    Sealed.ORGANISATION,
    Sealed.ASSIGNMENT,
)
"""Few, and seldom changed: their digests stand in the audit row itself."""
