"""What every page says first while anything is stopped. Pure."""

from __future__ import annotations

import msgspec

from bridge.model.pauses import Pause, Scope


class Stopped(msgspec.Struct, frozen=True):
    """One thing that a person stopped: what, then by whom, when and why. is_grave: nothing of a kind is sent at all."""

    what: str
    words: str
    is_grave: bool = False


def stopped(pause: Pause) -> Stopped:
    """A pause as pages say it."""
    if pause.scope is Scope.ORGANISATION:
        return Stopped("Everything of this organisation is", pause.words, is_grave=True)
    if pause.scope is Scope.CONNECTION:
        return Stopped(f"Connection {pause.subject} is", pause.words)
    whose = " of every organisation" if pause.is_everywhere else ""
    return Stopped(f"Deliveries to {pause.subject or 'every ledger'}{whose} are", pause.words, is_grave=True)
