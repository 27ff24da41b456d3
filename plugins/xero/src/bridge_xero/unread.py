"""What Xero does not let bridge read, while it lets it read the rest: a scope not granted, or a role that sees less.

Source: Xero, "Scopes" and "Response codes" (401 AuthorizationUnsuccessful, ``insufficient_scope``), read 2026-11.
"""

from __future__ import annotations

from bridge.errors import AuthorizationError
from bridge.plugin import Unread
from bridge_xero.client import Client
from bridge_xero.kinds import KINDS, WRITTEN, several


def unread(kind: str, refusal: AuthorizationError, client: Client) -> Unread:
    """What is said of a kind that was refused; one call more tells whether it is the kind, or all.

    Raises: the refusal where it is of a kind that bridge writes; what is said of the organisation itself, where bridge
            is let into it no more.
    """
    if kind in WRITTEN:
        raise refusal
    client.organisation()
    return Unread(
        kind,
        f"Xero does not show {several(KINDS[kind].plural)} to this connection",
        "Let a person who may see them run `bridge connections authorize NAME`, and grant all that is asked for",
    )
