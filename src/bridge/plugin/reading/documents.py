"""Documents as readers make them, given to the host in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import UNCLASSIFIED, Line
from bridge.model.money import decimal_text
from bridge.plugin.source import Concern, DocumentEnd, DocumentLines, DocumentStart, FilePart

_PIECE: Final = 2000


def in_pieces(lines: Sequence[Line]) -> Iterator[DocumentLines]:
    """Lines of the open document, as many at a time as memory should hold."""
    for begin in range(0, len(lines), _PIECE):
        yield DocumentLines(tuple(lines[begin : begin + _PIECE]))


class WholeDocument(msgspec.Struct, frozen=True):
    """One document, whole: for channels whose largest has some hundred lines."""

    start: DocumentStart
    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    concerns: tuple[Concern, ...] = ()

    def parts(self) -> Iterator[FilePart]:
        """As the contract wants it."""
        yield self.start
        yield from in_pieces(self.lines)
        yield DocumentEnd(self.problems, self.concerns)


def unknown_words(lines: Iterable[Line]) -> Mapping[str, int]:
    """The words that the vocabulary does not know, with the minor units that they come to."""
    sums: dict[str, int] = {}
    for line in lines:
        if line.kind == UNCLASSIFIED:
            sums[line.words] = sums.get(line.words, 0) + line.amount_minor
    return sums


def problems_of(unknown: Mapping[str, int], currency: str, *, code: str, where: str) -> Iterator[Problem]:
    """One blocking problem for each of the words that nobody knows. unknown: as ``unknown_words`` gives them.

    code: the plugin's, ending in ``.unclassified``. where: of the document.
    """
    for words, minor in unknown.items():
        message = (
            f"bridge does not know what {words[:200]!r} is: {decimal_text(minor, currency)} {currency} in all. It is "
            "kept in suspense until a rule says what it is, or a person releases it."
        )
        yield Problem(code=code, message=message, where=where, blocking=True)
