"""What is to be saved, made ready before a unit of work begins, so that the unit only copies it: pure."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from typing import Any, Final, Self
from zlib import compress, decompress

import msgspec

from bridge.errors import InvariantError
from bridge.model.line_tax import Tax
from bridge.model.lines import Line

PIECE_BYTES: Final = 256 * 1024
"""Raw bytes are kept compressed in pieces of so many, so that memory never holds a whole file."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_REMEMBERED = 4_096
_ENCODER = msgspec.json.Encoder()


class Content(msgspec.Struct, frozen=True):
    """Raw bytes on their way into the vault, hashed and compressed.

    size: in bytes, as they were. pieces: those still to be put; can be read again.
    """

    content_hash: str
    size: int
    pieces: Iterable[bytes]

    @classmethod
    def of(cls, content: bytes, content_hash: str = "") -> Self:
        """content_hash: where it is known."""
        pieces = (content,) if 0 < len(content) <= PIECE_BYTES else in_pieces((content,))
        packed = tuple([packed_piece(piece) for piece in pieces])
        return cls(content_hash or sha256(content).hexdigest(), len(content), packed)

    @property
    def piece_count(self) -> int:
        return -(-self.size // PIECE_BYTES)

    def whole(self) -> bytes:
        """The bytes themselves; of small contents only."""
        return b"".join([decompress(piece) for piece in self.pieces])


class Packed(msgspec.Struct, frozen=True):
    """Lines of a document on their way into the store. pieces: each what ``pack`` made; can be read again."""

    pieces: Iterable[bytes]


Lines = Sequence[Line] | Packed


def packed_piece(piece: bytes) -> bytes:
    """As small as zlib's own level makes such files, in two thirds of the time."""
    return compress(piece, 5)


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size, whatever sizes they come in."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) >= PIECE_BYTES:
            yield bytes(waiting[:PIECE_BYTES])
            del waiting[:PIECE_BYTES]
    if waiting:
        yield bytes(waiting)


def pack(lines: Sequence[Line]) -> bytes:
    """Lines as rows, for this process only and never kept."""
    return marshal.dumps(_rows(lines))


def rows_of(lines: Lines) -> Iterable[tuple[Any, ...]]:
    """Their rows as databases hold them, by the fields of a line: part as its word, instant, attributes as JSON.

    Of the tax its base comes first, in a column of its own; then the components as JSON.
    """
    if not isinstance(lines, Packed):
        return _rows(lines)
    return chain.from_iterable(map(marshal.loads, lines.pieces))


def micros(at: datetime) -> int:
    """Whole microseconds since 1970 in UTC: exact, and ordered like the instants."""
    if at.tzinfo is None:
        raise InvariantError("an instant", "has no zone", "Report this as a bug")
    return (at - EPOCH) // _MICRO


def _rows(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    return [
        (
            line.key,
            line.kind,
            line.part._value_,
            line.amount_minor,
            (line.occurred_at - EPOCH) // _MICRO,
            line.order_id,
            line.tax_group,
            line.sku,
            line.words,
            _pack_pairs(line.attributes) if line.attributes else "",
            line.reference,
            line.tax[0].base if line.tax else "",
            _pack_tax(line.tax) if line.tax else "",
        )
        for line in lines
    ]


@lru_cache(maxsize=_REMEMBERED)
def _pack_pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    """A line's attributes as JSON text; remembered, because lines come by the million and say much the same."""
    return _ENCODER.encode(pairs).decode()


@lru_cache(maxsize=_REMEMBERED)
def _pack_tax(tax: Tax) -> str:
    """The components of a line's tax as JSON text; remembered, as attributes are."""
    return _ENCODER.encode(tax).decode()
