"""What people see to: who has a thing that waits, a check as they look at it, and what of it they signed."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from bridge import ids


class Assignment(msgspec.Struct, frozen=True):
    """Who has a thing that waits, and what they noted. subject: its id. owner: empty where nobody has it any more."""

    subject: str
    owner: str
    note: str
    by: str
    at: datetime


class Review(msgspec.Struct, frozen=True):
    """The last check of a route. body: its report, packed; digest: of the report."""

    route_id: str
    checked_at: datetime
    digest: str
    body: bytes


class SignOff(msgspec.Struct, frozen=True):
    """A person's word for one check of a route through a day.

    digest:     of the report as the person saw it. greens: each with what it said (``delivered``, ``yes``).
    accepted:   how many differences were accepted in it. reason: why it was signed where a green was not proven.
    page, data, rows: hashes of what was signed, as HTML, JSON and CSV; the vault has them.
    audit_head: of the audit log when it was signed.
    """

    route_id: str
    route: str
    company: str
    through: date
    checked_at: datetime
    signed_at: datetime
    by: str
    reason: str
    digest: str
    greens: tuple[tuple[str, str], ...]
    accepted: int
    page: str
    data: str
    rows: str
    audit_head: str

    @property
    def sign_off_id(self) -> str:
        """The same person signs the same through the same day once."""
        return sign_off_id(self.route_id, self.digest, self.through, self.by)


def sign_off_id(route_id: str, digest: str, through: date, by: str) -> str:
    """See ``SignOff.sign_off_id``."""
    return ids.derive("sgn", route_id, digest, through.isoformat(), by)
