"""Checks of a door, for whatever kit: a good notice is taken, a forged one is not, and an odd one does no harm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from bridge.plugin import AppSettings, Door, Word
from bridge.testing.bench import CONNECTION

Names = tuple[tuple[str, str], ...]
"""(kind, external id) of each thing that a notice is about."""


class Sent(msgspec.Struct, frozen=True):
    """A notice as the vendor sends it, signed, and what it is about. account: whose it is, as it names it itself."""

    headers: Mapping[str, str]
    body: bytes
    names: Names
    account: str = ""


def unproven(door: Door, app: AppSettings, sent: Sent) -> Iterator[str]:
    """What speaks against how notices are signed."""
    signing = door.signing(app, "" if door.is_shared else CONNECTION)
    if not signing.proves(sent.headers, sent.body):
        yield "the fake's notice is not proven by what signs it"
    forged = {**_lower(sent.headers), signing.header.casefold(): "Zm9yZ2Vk"}
    if signing.proves(forged, sent.body) or signing.proves({}, sent.body):
        yield "a notice is proven that nobody signed"
    if signing.bears_secret:
        return
    if signing.proves(sent.headers, sent.body + b" "):
        yield "a notice is proven whose body is not the one that was signed"
    if any(secret in str(sent.headers) for secret in filter(None, signing.secrets)):
        yield "a notice bears the secret that signs it"


def unnoticed(door: Door, sent: Sent) -> Iterator[str]:
    """What speaks against how notices are read."""
    headers = _lower(sent.headers)
    words = door.read(headers, sent.body)
    if _names(words) != sent.names:
        yield f"a notice about {sent.names} names {_names(words)}"
    if sent.account and {door.same(sent.account)} != {word.account for word in words}:
        yield f"a notice of {sent.account} says that it is of {[word.account for word in words]}"
    for odd in (b"", b"\xff", b"{}", b"[]", b"[" * 100_000, sent.body[: len(sent.body) // 2]):
        try:
            if door.read(headers, odd):
                yield f"a notice that says {odd[:20]!r} names something"
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault that is told
            yield f"a notice that says {odd[:20]!r} raises {type(error).__name__}"


def _names(words: tuple[Word, ...]) -> Names:
    return tuple((word.kind, word.external_id) for word in words)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.casefold(): value for name, value in headers.items()}
