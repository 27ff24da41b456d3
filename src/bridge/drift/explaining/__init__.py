"""Explains what stands in every account of the balance sheet that we touch, to the cent.

``legs`` and ``openorders`` read our postings as amounts that can be explained; ``accounts`` has each account explained:
``clearing`` and ``setoff`` say why money stands in a clearing account, ``rollforward`` what the others are made of,
``openings`` what these held before, ``findings``, ``rolls`` and ``outsiders`` what is wrong with them. ``kinds`` are
the words of it, ``explained`` what comes of it.
"""

from bridge.drift.explaining.accounts import Accounts
from bridge.drift.explaining.explained import AGE_NAMES, Clearing
from bridge.drift.explaining.findings import (
    coded_instead,
    fees_twice,
    not_paid_out,
    payout_unmatched,
    statements_differ,
    unexplained,
    wrong_sides,
)
from bridge.drift.explaining.outsiders import of_strangers
from bridge.drift.explaining.rolls import of_rolled

__all__ = [
    "AGE_NAMES",
    "Accounts",
    "Clearing",
    "coded_instead",
    "fees_twice",
    "not_paid_out",
    "of_rolled",
    "of_strangers",
    "payout_unmatched",
    "statements_differ",
    "unexplained",
    "wrong_sides",
]
