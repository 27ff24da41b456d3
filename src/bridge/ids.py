"""Names for things: short, stable, and made from what the thing is, so that making one twice gives one name."""

from __future__ import annotations

import base64
import hashlib

_CHARACTERS, _BYTES = 20, 15
"""Characters of an id, and the bytes they are made from: whole fives, which need no padding."""


def derive(prefix: str, *parts: str | int) -> str:
    """A stable id from the facts that identify a thing.

    Shape:  ``prefix_`` and 20 characters of lower-case base32: 100 bits of SHA-256 over the parts, each
            preceded by its length, so that ("a", "bc") and ("ab", "c") differ.
    """
    encoded = [str(part).encode() for part in parts]
    digest = hashlib.sha256(b"".join([b"%d:%b" % (len(part), part) for part in encoded])).digest()
    return f"{prefix}_{base64.b32encode(digest[:_BYTES]).decode().lower()[:_CHARACTERS]}"


def known(thing: object, name: str, value: str) -> None:
    """Tell a thing that comes from the store the id it is kept under, so that it is not derived again.

    name: of its ``cached_property``, which is kept beside the fields: equality and JSON know nothing of it, and
    ``msgspec.structs.replace`` leaves it behind.
    """
    vars(thing)[name] = value


def sha256_hex(data: bytes) -> str:
    """The content hash by which raw files and bodies are named."""
    return hashlib.sha256(data).hexdigest()
