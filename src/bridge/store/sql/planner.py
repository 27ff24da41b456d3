"""What SQLite's planner is told of our tables, so that it does not guess. Pure.

Without statistics SQLite takes the first column of an index to single out ten rows. With us that column is the
organisation, which singles out none: so it would walk through all rows of one index for the sake of their order rather
than find a few by another. Statistics taken from a young database would mislead as much, and change plans as it grows.
So it gets figures of a database with a long history, once and for all. PostgreSQL takes its own, as tables grow.

Source: https://www.sqlite.org/fileformat2.html#stat1tab, read 2026-06-02: the rows in an index, then how many on
average share its first column, its first two, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence

ROWS = 1_000_000
ROWS_OF_A_SMALL_ONE = 1_000
SHARED = 20
"""How many rows share a value of a column that has many."""
FEW_VALUES = frozenset(
    {
        "account",
        "channel",
        "code",
        "connection",
        "connection_id",
        "kind",
        "ledger",
        "mode",
        "plugin",
        "posting",
        "reason",
        "revision",
        "route_id",
        "slot_part",
        "state",
        "status",
    }
)
VALUES_OF_FEW = 3


def figures(columns: Sequence[str], *, is_unique: bool, is_small: bool = False) -> str:
    """The statistics of an index over these columns."""
    rows = left = ROWS_OF_A_SMALL_ONE if is_small else ROWS
    told = [rows]
    for column in columns:
        left = max(1, _left(left, column))
        told.append(left)
    if is_unique:
        told[-1] = 1
    return " ".join(map(str, told))


def _left(rows: int, column: str) -> int:
    """How many of so many rows share one value of a column."""
    if column == "organisation_id":
        return rows
    return rows // VALUES_OF_FEW if column in FEW_VALUES else min(SHARED, rows // 2)
