"""Writes everything of an organisation into a new folder, with the sums to prove later that it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from bridge.cli.output import private_file, unwritable
from bridge.desk import Files

READ_ME = """Everything that bridge kept of this organisation, but what let it into accounts, and what is of the moment.

books.beancount   the journal entries that stand, as text for people and for other programs
*.jsonl           a table each: one JSON object a line. Amounts are whole minor units of the currency beside them.
                  document: what channels told. line: what it consists of. entry, posting: what was booked, fate: why.
                  delivery: vouchers on their way into ledgers. audit: every change, in a chain of hashes.
LEFT_OUT.txt      the tables that are not here, and why
files/            what was taken in, byte for byte, under its SHA-256
SHA256SUMS        of all of these: check them by `sha256sum -c SHA256SUMS`
"""


def write_all(folder: Path, files: Files, books: Iterator[str]) -> tuple[int, int]:
    """How many files and bytes were written. Raises: ConfigError where that cannot be."""
    sums: list[str] = []
    size = 0
    try:
        folder.mkdir(mode=0o700, parents=True)
        (folder / "files").mkdir(mode=0o700)
        for name, pieces in _all(files, books):
            digest = sha256()
            with private_file(folder / name, is_new=True) as file:
                for piece in pieces:
                    digest.update(piece)
                    size += file.write(piece)
            sums.append(f"{digest.hexdigest()}  {name}\n")
        with private_file(folder / "SHA256SUMS", is_new=True) as file:
            file.write("".join(sums).encode())
    except OSError as cause:
        raise unwritable(folder, cause) from cause
    return len(sums) + 1, size


def _all(files: Files, books: Iterator[str]) -> Files:
    yield "README.txt", iter([READ_ME.encode()])
    yield "books.beancount", (text.encode() for text in books)
    yield from files
