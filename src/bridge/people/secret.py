"""Secrets that are sent out: random, and kept as their hash alone."""

from __future__ import annotations

import secrets
from typing import Final

from bridge import ids

_BYTES: Final = 32
LONGEST: Final = 64
"""Characters; what is longer is none of ours, and is not even hashed."""


def fresh() -> str:
    """A secret of 256 random bits, fit for an address."""
    return secrets.token_urlsafe(_BYTES)


def kept(secret: str) -> str:
    """Under what it is kept. Nobody finds the secret by it: it is random, so a plain hash is enough."""
    return ids.sha256_hex(secret[: LONGEST + 1].encode(errors="replace"))
