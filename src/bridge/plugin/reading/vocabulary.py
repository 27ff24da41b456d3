"""A plugin's words for what moved, to our kinds of line: data, in ``vocabulary.csv`` beside its code."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.model.lines import UNCLASSIFIED

Row = Mapping[str, str]
_NONE: Final[Row] = MappingProxyType({})


class Vocabulary:
    """The table, asked by the words of a channel. Its column ``kind`` holds our kind; others are the plugin's own.

    columns: those that hold the channel's words, in the order in which they are asked for.
    alike:   makes words the same that mean the same; as they are, where it is not given.
    Order:   the row of exactly these words; else, of the rows with an asterisk that fit (``Fee*`` is what begins so, a
             lone one anything), that with most cells free of it, then with the longest text.
    """

    def __init__(self, rows: Iterable[Row], columns: Sequence[str], alike: Callable[[str], str] = str) -> None:
        self._alike = alike
        self._exact: dict[tuple[str, ...], Row] = {}
        patterns: list[_Pattern] = []
        for row in rows:
            cells = [row[column] for column in columns]
            words = tuple(map(alike, (cell.rstrip("*") for cell in cells)))
            if any(cell.endswith("*") for cell in cells):
                patterns.append(_Pattern(words, tuple(cell.endswith("*") for cell in cells), row))
            else:
                self._exact[words] = row
        self._patterns = sorted(patterns, key=lambda pattern: pattern.rank, reverse=True)

    @classmethod
    def of(cls, package: str, *columns: str, alike: Callable[[str], str] = str) -> Vocabulary:
        """The table that comes with a plugin: ``Vocabulary.of(__package__, "document", "type")``."""
        text = resources.files(package).joinpath("vocabulary.csv").read_text(encoding="utf-8")
        return cls(csv.DictReader(text.splitlines()), columns, alike)

    def row(self, *words: str) -> Row:
        """What the table says of these words; empty where it does not know them."""
        asked = tuple(map(self._alike, words))
        return self._exact.get(asked) or next((each.row for each in self._patterns if each.fits(asked)), _NONE)

    def kind(self, *words: str) -> str:
        """The kind of line; ``unclassified`` for words that the table does not know: never guessed."""
        return self.row(*words).get("kind", UNCLASSIFIED)

    def words(self, *first: str) -> frozenset[str]:
        """Every last word that the table knows exactly behind the first ones."""
        asked = tuple(map(self._alike, first))
        return frozenset(words[-1] for words in self._exact if words[:-1] == asked)


class _Pattern(msgspec.Struct, frozen=True):
    """A row with an asterisk: each cell is a whole text, or the beginning of one."""

    cells: tuple[str, ...]
    are_open: tuple[bool, ...]
    row: Row

    def fits(self, words: tuple[str, ...]) -> bool:
        return all(
            word.startswith(cell) if is_open else word == cell
            for cell, is_open, word in zip(self.cells, self.are_open, words, strict=True)
        )

    @property
    def rank(self) -> tuple[int, int]:
        """How much it says."""
        return self.are_open.count(False), sum(map(len, self.cells))
