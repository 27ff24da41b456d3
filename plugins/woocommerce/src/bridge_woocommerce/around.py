"""What is known of an answer besides what it says: what was asked, and when the shop answered."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from bridge.plugin.reading import Content, or_none

_DECIMALS = re.compile(r"[?&]dp=(\d{1,2})(?=&|$)")
_HEAD = re.compile(rb"HTTP/[0-9.]+ (?P<status>[0-9]{3})[^\n]*\n(?P<fields>(?:[^\r\n][^\n]*\n)*)\r?\n", re.ASCII)
_DATE = re.compile(rb"^date:[ \t]*([^\r\n]+)", re.ASCII | re.IGNORECASE | re.MULTILINE)


class Around(msgspec.Struct, frozen=True):
    """What is known of an answer besides what it says.

    path: what was asked for. told_at: when the shop answered; None where the file does not tell. decimals: how many the
    shop shows, where bridge found that out before it kept the answer.
    """

    path: str = ""
    told_at: datetime | None = None
    decimals: int | None = None

    @property
    def asked_decimals(self) -> int | None:
        """How many decimals the shop was asked to give, where it was asked."""
        asked = _DECIMALS.search(self.path)
        return int(asked[1]) if asked else None


def around(request: msgspec.Raw, headers: msgspec.Raw, decimals: msgspec.Raw) -> Around:
    """What a recorded answer tells."""
    named = or_none(headers, dict[str, msgspec.Raw]) or {}
    date = next((or_none(value, str) for name, value in named.items() if name.casefold() == "date"), None)
    return Around(_path(request), _instant(date), or_none(decimals, int))


def without_head(content: Content) -> tuple[Content, Around, int]:
    """A file without the head of the answer, where it has one; what that tells; and its status."""
    told, status = Around(), 200
    while head := _HEAD.match(content):  # several, where the shop's answer came after others
        date = _DATE.search(head["fields"])
        told = Around(told_at=_instant(date[1].decode("ascii", "replace")) if date else None)
        content, status = content[head.end() :], int(head["status"])
    return content, told, status


class _Request(msgspec.Struct):
    path: str = ""


def _path(request: msgspec.Raw) -> str:
    """What was asked for; empty where the file does not tell."""
    asked = or_none(request, _Request)
    return asked.path if asked is not None else or_none(request, str) or ""


def _instant(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
