"""Pure: what QuickBooks says where it does not let bridge read one kind of object, and what that is to people.

A query that it takes for one kind and refuses for another is refused for that kind, and not for its form: plans without
bills, vendor credits and the like know no such query; and what the person who let bridge in may not see is not shown.
Source: Intuit, "Error codes", read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import AuthorizationError, BridgeError
from bridge.plugin import Unread
from bridge_quickbooks.errors import INVALID_QUERY

_PLAN = "QuickBooks knows no such query in this company: its plan has none of this kind"
_PERSON = "QuickBooks does not show it to the person who let bridge in"
_RAISE = "Where the company does have some, raise its plan in QuickBooks"
_AUTHORIZE = "Let a person who may see it run `bridge connections authorize NAME` for this connection"
_REASONS: Mapping[str, tuple[str, str]] = {
    "quickbooks.4000": (_PLAN, _RAISE),
    f"quickbooks.{INVALID_QUERY}": (_PLAN, _RAISE),
    "quickbooks.5020": (_PERSON, _AUTHORIZE),
    AuthorizationError.code: (_PERSON, _AUTHORIZE),
}


def may_be_of_one_kind(refusal: BridgeError) -> bool:
    """Whether it may be meant for one kind alone: the answer to another kind tells."""
    return refusal.code in _REASONS


def unread(kind: str, refusal: BridgeError) -> Unread:
    """What is said of a kind. refusal: one that is of it alone."""
    return Unread(kind, *_REASONS[refusal.code])
