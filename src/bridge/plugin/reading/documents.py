"""Documents as readers make them, given to the host in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import Line
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
