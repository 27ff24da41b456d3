"""What was read of a file, on its way into the store: read once, outside any unit of work, and then saved from here.

Lines are packed and payloads compressed as they come, so that the unit only copies them. A small file stays in memory;
what is beyond that lies in an unnamed temporary file, which nobody else can open and which is gone with the process.
It holds what is kept anyway: checked lines, and payloads without a buyer's data.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any, Self, TypeVar

import msgspec

from bridge.ingest.survey import SeenPart, Surveyed
from bridge.model.connections import Connection
from bridge.model.documents import DocumentKind, Identity, Problem
from bridge.plugin import DocumentLines, DocumentStart, FileNotes
from bridge.store.api import Store
from bridge.store.packing import Content, Packed, in_pieces, pack, packed_piece

IN_MEMORY_BYTES = 16 * 1024 * 1024
_RECORD_BYTES = 256 * 1024
_DOCUMENT_BYTES = 2048
"""What a document takes in memory, about, its lines and its payload aside."""
_ENCODER = msgspec.msgpack.Encoder()
_T = TypeVar("_T")
_Name = tuple[DocumentKind, str]


class Spooled(msgspec.Struct, frozen=True, gc=False):
    """One document. payload: where that lies, and its size. places, pieces: of its first lines, and those after them.

    is_joined: what was read first did not state it; it came with the whole of its order.
    """

    document_id: str
    surveyed: Surveyed
    payload: tuple[int, int] | None
    places: tuple[int, ...]
    pieces: tuple[bytes, ...]
    is_joined: bool = False


_DOCUMENT = msgspec.msgpack.Decoder(Spooled)
_PIECES = msgspec.msgpack.Decoder(tuple[bytes, ...])


class Into(msgspec.Struct, frozen=True):
    """Where what is spooled is to be saved. channel: the name of its plugin."""

    store: Store
    connection: Connection
    channel: str

    def identity(self, kind: DocumentKind, external_id: str) -> Identity:
        return Identity(self.channel, self.connection.account, kind, external_id)


class Spool:
    """Documents in the order they were read. Memory: a piece of lines, and the names of the documents and orders.

    into: None where nothing is to be saved: no lines are kept then. Raises: OSError when the disk is full.
    """

    def __init__(self, into: Into | None = None, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._into = into
        self._records = _Records(in_memory_bytes)
        self._documents = array("Q")
        self._document_ids: list[str] = []
        self._of_order: dict[str, list[int]] = {}
        self._dropped: set[int] = set()
        self._replaced: dict[str, frozenset[_Name]] = {}
        self._payloads: dict[str, tuple[int, int]] = {}
        self._objections: dict[str, tuple[Problem, ...]] = {}
        self._start: DocumentStart | None = None
        self._lines = _Pieces(self._records)
        self.has_payloads = False
        self.most_lines = 0
        self.notes: tuple[Problem, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._records.close()

    def __len__(self) -> int:
        return len(self._documents) - len(self._dropped)

    def take(self, parts: Iterable[SeenPart]) -> Iterator[SeenPart]:
        """The same parts, each document among them kept as it passes, and what is noted of the whole; not checks."""
        for part in parts:
            self.keep(part)
            yield part

    def keep(self, part: SeenPart) -> None:
        """One part, in its turn."""
        if isinstance(part, DocumentStart):
            self._start, self._lines = part, _Pieces(self._records)
        elif isinstance(part, DocumentLines) and self._into is not None:
            self._lines.add(pack(part.lines))
        elif isinstance(part, Surveyed) and self._start is not None:
            start, self._start = self._start, None
            self._keep(start, part)
        elif isinstance(part, FileNotes):
            self.notes += part.problems

    def keep_whole(self, content_hash: str, size: int, chunks: Iterable[bytes]) -> Content:
        """The file itself as the vault keeps it, which lies here until then. chunks: its bytes."""
        kept = _Pieces(self._records)
        for piece in in_pieces(chunks):
            kept.add(packed_piece(piece))
        return Content(content_hash, size, kept)

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Every order that a document belongs to, in the order in which they came."""
        return tuple(self._of_order)

    @property
    def document_ids(self) -> Iterator[str]:
        """Of every document that was not left out, in order."""
        return (self._document_ids[number] for number in self._numbers())

    def of_order(self, order_id: str) -> list[Spooled]:
        """The documents of one order, in order."""
        return [self._document(number) for number in self._of_order[order_id]]

    def drop(self, order_id: str) -> None:
        """Leave the documents of this order out: others come in their place."""
        self._replaced[order_id] = frozenset(_name(spooled.surveyed) for spooled in self.of_order(order_id))
        self._dropped.update(self._of_order.pop(order_id))
        self._objections.pop(order_id, None)

    def documents(self) -> Iterator[Spooled]:
        """Every document that was not left out, in order."""
        return (self._document(number) for number in self._numbers())

    def lines(self, spooled: Spooled) -> Packed:
        """Its lines, as they are saved."""
        return Packed(_Pieces(self._records, spooled.places, spooled.pieces))

    def payload(self, spooled: Spooled) -> Content | None:
        """What is kept of the channel's words; None where nothing is."""
        if spooled.payload is None:
            return None
        place, size = spooled.payload
        pieces = self._records.get(place, _PIECES)
        return Content(spooled.surveyed.payload_hash, size, pieces)

    def _numbers(self) -> Iterator[int]:
        return (number for number in range(len(self._documents)) if number not in self._dropped)

    def _keep(self, start: DocumentStart, found: Surveyed) -> None:
        order_id, kind = start.order_id, start.kind
        payload = self._put_payload(found.payload_hash, start.payload) if start.payload else None
        if kind is DocumentKind.ORDER:
            self._objections[order_id] = tuple(problem for problem in found.problems if problem.blocking)
        if order_id:
            self._of_order.setdefault(order_id, []).append(len(self._documents))
        replaced = self._replaced.get(order_id)
        document_id = self._into.identity(kind, start.external_id).document_id if self._into is not None else ""
        self._document_ids.append(document_id)
        self.has_payloads = self.has_payloads or payload is not None
        self.most_lines = max(self.most_lines, found.line_count)
        is_joined = replaced is not None and _name(found) not in replaced
        spooled = Spooled(document_id, found, payload, self._lines.places, self._lines.last, is_joined)
        self._documents.append(self._records.put(spooled, _DOCUMENT_BYTES + self._lines.size))

    def _document(self, number: int) -> Spooled:
        """A document as it was read; where its order is held, with what holds that: it is held too."""
        spooled = self._records.get(self._documents[number], _DOCUMENT)
        surveyed = spooled.surveyed
        objections = self._objections.get(surveyed.start.order_id, ()) if surveyed.start.order_id else ()
        if not (told := tuple([problem for problem in objections if problem not in surveyed.problems])):
            return spooled
        surveyed = msgspec.structs.replace(surveyed, problems=(*surveyed.problems, *told))
        return msgspec.structs.replace(spooled, surveyed=surveyed)

    def _put_payload(self, payload_hash: str, payload: bytes) -> tuple[int, int]:
        """The documents of one order share a payload, and come one after the other."""
        if payload_hash not in self._payloads:
            kept = tuple(Content.of(payload, payload_hash).pieces)
            place = self._records.put(kept, sum(map(len, kept)))
            self._payloads = {payload_hash: (place, len(payload))}
        return self._payloads[payload_hash]


class _Pieces:
    """Pieces of bytes in order, however many: what is much of them lies among the records."""

    def __init__(self, records: _Records, places: tuple[int, ...] = (), last: tuple[bytes, ...] = ()) -> None:
        self._records, self.places, self.last = records, places, last
        self.size = 0

    def add(self, piece: bytes) -> None:
        self.last += (piece,)
        self.size += len(piece)
        if self.size > _RECORD_BYTES:
            self.places += (self._records.put(self.last, self.size),)
            self.last, self.size = (), 0

    def __iter__(self) -> Iterator[bytes]:
        for place in self.places:
            yield from self._records.get(place, _PIECES)
        yield from self.last


class _Records:
    """Things by their number: the first of them in memory, what comes after those in a file."""

    def __init__(self, in_memory_bytes: int) -> None:
        self._left = in_memory_bytes
        self._memory: list[Any] = []
        self._ends = array("Q", [0])
        self._file: IO[bytes] | None = None

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, thing: object, size: int) -> int:
        """Its number. size: of it in memory, about."""
        self._left -= size
        if self._left >= 0:
            self._memory.append(thing)
            return len(self._memory) - 1
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed with the spool
        content = _ENCODER.encode(thing)
        self._file.seek(self._ends[-1])
        self._file.write(content)
        self._ends.append(self._ends[-1] + len(content))
        return len(self._memory) + len(self._ends) - 2

    def get(self, number: int, decoder: msgspec.msgpack.Decoder[_T]) -> _T:
        place = number - len(self._memory)
        if place < 0 or self._file is None:
            found: _T = self._memory[number]
            return found
        self._file.seek(self._ends[place])
        return decoder.decode(self._file.read(self._ends[place + 1] - self._ends[place]))


def _name(surveyed: Surveyed) -> _Name:
    return surveyed.start.kind, surveyed.start.external_id
