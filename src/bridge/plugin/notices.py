"""Which notices a vendor is to send, how it proves that one is its own, and what one says."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Generic

import msgspec

from bridge.model.notices import Says
from bridge.plugin.settings import App

MEGABYTE = 1024 * 1024


class NoticeTopic(msgspec.Struct, frozen=True):
    """Something that a channel is to send word of.

    name:      in the channel's words. next_step: for people, where at the channel its notices are switched on.
    grants:    what the channel's facts must name for it to be sent (``ChannelFacts.grants``).
    """

    name: str
    next_step: str
    grants: tuple[str, ...] = ()


class Signing(msgspec.Struct, frozen=True):
    """Each notice bears, in a header, the base64 of the HMAC-SHA256 of its raw body.

    header:  its name; case does not count. secrets: any of them signs: two, while one takes the other's place. Where
             there is none, no notice is proven.
    bears_secret: the header bears the secret itself, of a vendor that signs nothing.
    """

    header: str = ""
    secrets: tuple[str, ...] = ()
    bears_secret: bool = False

    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the secrets signed this body; tells nobody by its time how near a guess came."""
        told = {name.casefold(): value.encode("utf-8", "replace") for name, value in headers.items()}
        given = told.get(self.header.casefold(), b"")
        wanted = [(one if self.bears_secret else signature(one, body)).encode() for one in self.secrets if one]
        return sum(hmac.compare_digest(one, given) for one in wanted) > 0  # all are compared


class Word(msgspec.Struct, frozen=True):
    """One thing that a notice says.

    account: whose it is, where the notice tells it; empty: of the connection at whose address it came.
    kind, external_id: what is to be asked for: of a channel an owner or a document, of a ledger an object.
    mark:    what names it for good, where signed bytes tell that; empty: the body as a whole names it.
    sent_at: when it happened, as far as the notice tells that.
    """

    account: str = ""
    kind: str = ""
    external_id: str = ""
    says: Says = Says.CHANGED
    mark: str = ""
    sent_at: datetime | None = None


class Door(msgspec.Struct, Generic[App], frozen=True, kw_only=True):
    """How notices of a vendor come in. All of it is pure; header names come in lower case.

    signing: from the AppSettings and a connection's name, how its notices are signed. The name is empty at the address
             that all accounts share.
    read:    what a notice says, after the host proved it; empty where it is of no concern, or cannot be read. It is a
             hint: what it names is asked for, never believed. Headers are signed by nobody.
    is_shared: whether one address takes the notices of all accounts, each of which names its own.
    same:    an account as notices write it, so that ``acme`` and ``acme.shop.example`` are one.
    is_greeting: what a vendor sends, unsigned, to see whether anybody is there: it is answered, and is nothing else.
    max_bytes: a larger body is not read. types: the media types that it may have.
    oldest_seconds: what says that it was sent longer ago is dropped: how long the vendor goes on sending the same.
    """

    signing: Callable[[App, str], Signing]
    read: Callable[[Mapping[str, str], bytes], tuple[Word, ...]]
    is_shared: bool = False
    same: Callable[[str], str] = str
    is_greeting: Callable[[Mapping[str, str], bytes], bool] = lambda _headers, _body: False
    max_bytes: int = MEGABYTE
    types: tuple[str, ...] = ("application/json",)
    oldest_seconds: int = 3 * 86_400


def signature(secret: str, body: bytes) -> str:
    """What signs a notice of this body."""
    return b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
