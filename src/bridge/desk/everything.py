"""Everything that is kept of an organisation, as files: for whoever leaves, or wants to look elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bridge.store.api import UnitOfWork

Files = Iterator[tuple[str, Iterator[bytes]]]
"""Their names, and what is in them, in pieces."""


def everything(unit: UnitOfWork) -> Files:
    """A file of JSON lines for each table, then the files that were taken in, by their hashes. Memory: a page of rows.

    What is left out stands in a file of its own, with why.
    """
    yield "LEFT_OUT.txt", (f"{table}: {why}\n".encode() for table, why in unit.organisations.left_out().items())
    for table in unit.organisations.told():
        yield f"{table}.jsonl", (msgspec.json.encode(row) + b"\n" for row in unit.organisations.rows(table))
    for kept in unit.organisations.rows("vault"):
        content_hash = str(kept["content_hash"])
        yield f"files/{content_hash}", unit.vault.open(content_hash)
