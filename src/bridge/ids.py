"""Names for things: short, stable, and made from what the thing is, so that making one twice gives one name."""

from __future__ import annotations

import base64
import hashlib


def derive(prefix: str, *parts: str | int) -> str:
    """A stable id from the facts that identify a thing.

    Shape:  ``prefix_`` and 20 characters of lower-case base32: 100 bits of SHA-256 over the parts, each
            preceded by its length, so that ("a", "bc") and ("ab", "c") differ.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = str(part).encode()
        digest.update(b"%d:" % len(encoded) + encoded)
    return f"{prefix}_{base64.b32encode(digest.digest()).decode().lower()[:20]}"


def sha256_hex(data: bytes) -> str:
    """The content hash by which raw files and bodies are named."""
    return hashlib.sha256(data).hexdigest()
