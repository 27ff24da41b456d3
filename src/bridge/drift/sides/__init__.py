"""The sides that a check sets beside each other, as one snapshot of the store has them.

``chart``: the ledger's accounts that are meant; ``holdings``: what each holds, and until when. ``told``: what we told
the ledger; ``bundles``: sums by day of what stands there as it was booked; ``days``: what of them a check hands to the
next. ``gathered``: what the channel's documents
say. ``reported``: what the channel says of itself beside them. ``statements``: what wallets' own show. ``moves``: what
moves in the ledger now. ``snapshot``: all of it, for one route and those beside it.
"""

from bridge.drift.sides.bundles import Bundle, Signs
from bridge.drift.sides.chart import (
    Chart,
    Purpose,
    Rolled,
    Touched,
    Watch,
    chart_of,
    shares,
    title,
    touched,
    wallets,
)
from bridge.drift.sides.coverage import Coverage
from bridge.drift.sides.days import HandedOn, keep
from bridge.drift.sides.gathered import Gathered, Row, RowKind, Said, has_failed, row_of, waits
from bridge.drift.sides.holdings import Due, Holding, Others, Side
from bridge.drift.sides.moves import Moves
from bridge.drift.sides.reported import Reported, Stated, Waiting
from bridge.drift.sides.snapshot import Channel, Scope, Snapshot, before_of, books_of, signs_of, snapshot
from bridge.drift.sides.statements import Statement, keep_statement, statements
from bridge.drift.sides.told import Party, Sharing, Told, standing, told

__all__ = [
    "Bundle",
    "Channel",
    "Chart",
    "Coverage",
    "Due",
    "Gathered",
    "HandedOn",
    "Holding",
    "Moves",
    "Others",
    "Party",
    "Purpose",
    "Reported",
    "Rolled",
    "Row",
    "RowKind",
    "Said",
    "Scope",
    "Sharing",
    "Side",
    "Signs",
    "Snapshot",
    "Stated",
    "Statement",
    "Told",
    "Touched",
    "Waiting",
    "Watch",
    "before_of",
    "books_of",
    "chart_of",
    "has_failed",
    "keep",
    "keep_statement",
    "row_of",
    "shares",
    "signs_of",
    "snapshot",
    "standing",
    "statements",
    "title",
    "told",
    "touched",
    "waits",
    "wallets",
]
