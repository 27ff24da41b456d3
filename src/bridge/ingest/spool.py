"""What was read of a file, on its way into the store: it is read once, judged, and then saved from here.

A small file stays in memory; beyond that it lies in an unnamed temporary file, which nobody else can open and which is
gone with the process. It holds what is kept anyway: checked lines, and payloads without a buyer's data.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import Self, TypeVar

import msgspec

from bridge.ingest.survey import SeenPart, Surveyed
from bridge.model.documents import DocumentKind, Problem
from bridge.model.lines import Line
from bridge.plugin import DocumentLines, DocumentStart, FileNotes

IN_MEMORY_BYTES = 16 * 1024 * 1024
_LENGTH_BYTES = 8
_ENCODER = msgspec.msgpack.Encoder()
_T = TypeVar("_T")
_Lines = tuple[Line, ...]
_Name = tuple[DocumentKind, str]


class Spooled(msgspec.Struct, frozen=True):
    """One document. payload, pieces: where its payload and the pieces of its lines lie.

    is_joined: what was read first did not state it; it came with the whole of its order.
    """

    surveyed: Surveyed
    payload: int | None
    pieces: tuple[int, ...]
    is_joined: bool = False


_DOCUMENT = msgspec.msgpack.Decoder(Spooled)
_LINES = msgspec.msgpack.Decoder(_Lines)
_PAYLOAD = msgspec.msgpack.Decoder(bytes)


class Spool:
    """Documents in the order they were read. Memory: a piece of lines, and a few bytes a document.

    Raises: OSError when the disk is full.
    """

    def __init__(self, in_memory_bytes: int = IN_MEMORY_BYTES) -> None:
        self._file = SpooledTemporaryFile(max_size=in_memory_bytes)  # noqa: SIM115 - closed with the spool
        self._end = 0
        self._documents = array("Q")
        self._of_order: dict[str, list[int]] = {}
        self._dropped: set[int] = set()
        self._replaced: dict[str, frozenset[_Name]] = {}
        self._payloads: dict[str, int] = {}
        self._objections: dict[str, tuple[Problem, ...]] = {}
        self._start: DocumentStart | None = None
        self._pieces: list[int] = []
        self.notes: tuple[Problem, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

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
            self._start, self._pieces = part, []
        elif isinstance(part, DocumentLines):
            self._pieces.append(self._put(part.lines))
        elif isinstance(part, Surveyed) and self._start is not None:
            start, self._start = self._start, None
            payload = self._put_payload(part.payload_hash, start.payload) if start.payload else None
            if part.start.kind is DocumentKind.ORDER:
                blocking = (problem for problem in part.problems if problem.blocking)
                self._objections[part.start.order_id] = tuple(blocking)
            if part.start.order_id:
                self._of_order.setdefault(part.start.order_id, []).append(len(self._documents))
            replaced = self._replaced.get(part.start.order_id)
            is_joined = replaced is not None and _name(part) not in replaced
            self._documents.append(self._put(Spooled(part, payload, tuple(self._pieces), is_joined)))
        elif isinstance(part, FileNotes):
            self.notes += part.problems

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Every order that a document belongs to, in the order in which they came."""
        return tuple(self._of_order)

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
        return (self._document(number) for number in range(len(self._documents)) if number not in self._dropped)

    def lines(self, spooled: Spooled) -> Iterator[tuple[Line, ...]]:
        """The pieces of its lines."""
        return (self._get(place, _LINES) for place in spooled.pieces)

    def payload(self, spooled: Spooled) -> bytes:
        """What is kept of the channel's words; empty where nothing is."""
        return b"" if spooled.payload is None else self._get(spooled.payload, _PAYLOAD)

    def _document(self, number: int) -> Spooled:
        """A document as it was read; where its order is held, with what holds that: it is held too."""
        spooled = self._get(self._documents[number], _DOCUMENT)
        surveyed = spooled.surveyed
        objections = self._objections.get(surveyed.start.order_id, ()) if surveyed.start.order_id else ()
        if not (told := tuple([problem for problem in objections if problem not in surveyed.problems])):
            return spooled
        surveyed = msgspec.structs.replace(surveyed, problems=(*surveyed.problems, *told))
        return msgspec.structs.replace(spooled, surveyed=surveyed)

    def _put_payload(self, payload_hash: str, payload: bytes) -> int:
        """The documents of one order share a payload, and come one after the other."""
        if payload_hash not in self._payloads:
            self._payloads = {payload_hash: self._put(payload)}
        return self._payloads[payload_hash]

    def _put(self, thing: object) -> int:
        content, place = _ENCODER.encode(thing), self._end
        self._file.seek(place)
        self._file.write(len(content).to_bytes(_LENGTH_BYTES, "big"))
        self._file.write(content)
        self._end = self._file.tell()
        return place

    def _get(self, place: int, decoder: msgspec.msgpack.Decoder[_T]) -> _T:
        self._file.seek(place)
        return decoder.decode(self._file.read(int.from_bytes(self._file.read(_LENGTH_BYTES), "big")))


def _name(surveyed: Surveyed) -> _Name:
    return surveyed.start.kind, surveyed.start.external_id
