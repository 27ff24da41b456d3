"""What a merchant is asked so that a channel lets bridge in, in words that the host only passes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Generic

import msgspec

from bridge.model.channel import ChannelFacts
from bridge.plugin.settings import App, Own


class Goes(StrEnum):
    """Where an answer is kept: as the connection's account, as its setting of that name, or sealed."""

    ACCOUNT = "account"
    SETTING = "setting"
    SEALED = "sealed"


def stated(answer: str) -> str:
    """The answer without blanks around it. Raises: ValueError for none."""
    if not (plain := answer.strip()):
        raise ValueError("is empty")
    return plain


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a merchant is asked.

    name:      lower-case letters, digits and underscores. prompt: a few words. where: where it is found.
    is_secret: is typed unseen, and never an argument of a command; it is sealed.
    check:     pure; the answer as it is meant. Raises: ValueError with words that fit behind the name.
    default:   what an empty answer means; None where there has to be one.
    """

    name: str
    prompt: str
    where: str = ""
    goes: Goes = Goes.SEALED
    is_secret: bool = False
    default: str | None = None
    check: Callable[[str], str] = stated


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be let in: by a token, by an application of the merchant's own. title: a few words to choose by.

    signs_in: a person then signs in with the vendor, by the application that the answers are of (``Offer.oauth``);
              where the operator's settings name one, nothing is asked.
    """

    name: str
    title: str
    questions: tuple[Question, ...]
    signs_in: bool = False


class Key(msgspec.Struct, Generic[Own], frozen=True):
    """What lets bridge into one connection's account. sealed: the answers that are, by the question's name."""

    connection: str
    account: str
    settings: Own
    sealed: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Key({self.connection})"


class Access(msgspec.Struct, Generic[App, Own], frozen=True, kw_only=True):
    """How a merchant lets bridge in by answers, which are kept sealed beside the connection.

    ways:    at least one. with_key: pure; the operator's settings as if they said what the key does: of one connection,
             for as long as that works. What the operator's settings say of it themselves wins.
    refusals: the codes of errors by which the channel says that the key does not let in, or not any more.
    lacking: pure; what the channel does not let bridge read or see, each with what to do about it, in words.
    """

    ways: tuple[Way, ...]
    with_key: Callable[[App, Key[Own]], App]
    refusals: frozenset[str] = frozenset()
    lacking: Callable[[ChannelFacts], tuple[str, ...]] = lambda _facts: ()
