"""What the audit log vouches for, by name; how is in ``seals``."""

from __future__ import annotations

from enum import StrEnum

Key = tuple[str | int, ...]
"""The key of a thing: the columns of its table's primary key after the organisation."""


class Sealed(StrEnum):
    """What is sealed."""

    DOCUMENT = "document"
    ENTRY = "entry"
    RULES = "rule set"
    VOUCHER = "voucher"
    BASELINE = "baseline"
    INSTRUCTION = "instruction"
    ACCEPTANCE = "acceptance"
    OPENING = "opening"
    SIGN_OFF = "sign-off"
