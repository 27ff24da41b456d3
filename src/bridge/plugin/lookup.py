"""What was not found out."""

from __future__ import annotations

import msgspec


class Unknown(msgspec.Struct, frozen=True):
    """A channel or a ledger could not be asked, or did not answer in full. Never a reason to write."""

    cause: str
