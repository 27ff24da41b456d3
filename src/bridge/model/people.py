"""People who sign in: who they are, what they may in an organisation, and how they come in."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from bridge.clock import SKEW

IDLE, LONGEST = timedelta(hours=12), timedelta(days=14)
"""After which a session ends: unused, and however much it is used."""
LINK_LASTS, SIGN_IN_LASTS, INVITATION_LASTS = timedelta(minutes=15), timedelta(minutes=10), timedelta(days=7)
LONGEST_NAME: Final = 80


class Role(IntEnum):
    """What a person may in an organisation: each also what those before may."""

    VIEWER = 1
    BOOKKEEPER = 2
    OWNER = 3

    @property
    def word(self) -> str:
        """As it is written."""
        return self.name.lower()


ROLES: Final = {role.word: role for role in Role}


class KeptPerson(msgspec.Struct, frozen=True):
    """A person, who stands above organisations.

    subject: who an OpenID provider says it is, as ``ISSUER SUBJECT``; empty for who comes by links alone.
    email:   as that provider verified it; what anybody else says of it is not kept here.
    """

    person_id: str
    name: str
    since_at: datetime
    subject: str = ""
    email: str = ""


class Seat(msgspec.Struct, frozen=True):
    """What a person may in an organisation, by whose word."""

    person_id: str
    role: Role
    by: str
    since_at: datetime


class Invitation(msgspec.Struct, frozen=True):
    """A seat for whoever brings its secret, once. invitation_id: the secret's hash. email: who alone is meant."""

    invitation_id: str
    name: str
    role: Role
    by: str
    at: datetime
    until_at: datetime
    email: str = ""

    def is_good(self, now: datetime) -> bool:
        return now < self.until_at <= now + INVITATION_LASTS + SKEW


class Session(msgspec.Struct, frozen=True):
    """A browser in which a person is signed in. session_id: the hash of its secret. csrf: what its forms carry."""

    session_id: str
    person_id: str
    csrf: str
    begun_at: datetime
    seen_at: datetime
    browser: str = ""
    address: str = ""

    @property
    def ends_at(self) -> datetime:
        """When it ends unless it is used."""
        return min(self.seen_at + IDLE, self.begun_at + LONGEST)

    def is_good(self, now: datetime) -> bool:
        """Nor where it was seen in the time to come, by a clock that was put back since: it would last longer."""
        return now < self.ends_at and self.seen_at <= now + SKEW


class TicketKind(StrEnum):
    """A link that signs in; a sign-in under way at an OpenID provider."""

    LINK = "link"
    PROVIDER = "provider"


class Ticket(msgspec.Struct, frozen=True):
    """Good once, until a time. ticket_id: the hash of its secret. facts: what is to be known when it comes back."""

    ticket_id: str
    kind: TicketKind
    until_at: datetime
    facts: dict[str, str]
