"""What is worth knowing of an account that bridge was let into: one thing each, how it stands, and what to do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Grade(StrEnum):
    """How a thing stands.

    ok: as it should be. missing: something will wait, or fail, until it is put right. look: bridge cannot know, or it
    may be meant: a person looks.
    """

    OK = "ok"
    MISSING = "missing"
    LOOK = "to look at"


class Remark(msgspec.Struct, frozen=True):
    """One thing that was looked at. code: the same for as long as it is the same thing (``acme.numbers``).

    what: a sentence for people. next_step: what to do, empty where nothing is. Neither ends in a full stop.
    """

    code: str
    grade: Grade
    what: str
    next_step: str = ""


def lacking(code: str, what: str, next_step: str) -> Remark:
    """A thing that has to be put right."""
    return Remark(code, Grade.MISSING, what, next_step)


def to_look_at(code: str, what: str, next_step: str) -> Remark:
    """A thing that only a person can judge."""
    return Remark(code, Grade.LOOK, what, next_step)


def in_order(code: str, what: str) -> Remark:
    """A thing that is as it should be."""
    return Remark(code, Grade.OK, what)
