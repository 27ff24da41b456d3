"""The answer to a question about figures, as commands and pages say it: how it stands, in a few words, and why."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Verdict(StrEnum):
    """How it stands. fine: all that it takes was looked at. unproven: something of that is not known."""

    FINE = "fine"
    LOOK = "look"
    WRONG = "wrong"
    UNPROVEN = "not proven"


class Answer(msgspec.Struct, frozen=True):
    """words: a few, without a full stop. why, next_step: more, and what to do, as sentences; both may be empty."""

    verdict: Verdict
    words: str
    why: str = ""
    next_step: str = ""


def unproven(why: str, next_step: str = "") -> Answer:
    """Of what is not known."""
    return Answer(Verdict.UNPROVEN, "not proven", why, next_step)
