"""Which notices a channel is to send, and how it proves that one is its own."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping

import msgspec


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
    """

    header: str = ""
    secrets: tuple[str, ...] = ()

    def proves(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether one of the secrets signed this body; tells nobody by its time how near a guess came."""
        told = {name.casefold(): value.encode("utf-8", "replace") for name, value in headers.items()}
        given = told.get(self.header.casefold(), b"")
        return any(hmac.compare_digest(signature(secret, body).encode(), given) for secret in self.secrets if secret)


def signature(secret: str, body: bytes) -> str:
    """What signs a notice of this body."""
    return b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
