"""The Source of files: what a file is, and its settlement."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.plugin import FilePart, SourceFile
from bridge.plugin.reading import SizeLimit, encoding_of, first_bytes, pieces_of_lines, unpacked
from bridge_amazon.dialect import as_written
from bridge_amazon.files import HEAD_BYTES, is_japanese, settlement_type
from bridge_amazon.refusal import ReportPlace
from bridge_amazon.settlement import document


class AmazonSource:
    """Reads one seller's files. max_file_megabytes, marketplaces: see ``settings``."""

    def __init__(self, *, max_file_megabytes: int, marketplaces: tuple[str, ...] = ()) -> None:
        self._limit, self._marketplaces = SizeLimit(max_file_megabytes), marketplaces

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The settlement of a file: which report it is, how it is written, then its rows as they stream by."""
        place = ReportPlace(file.name)
        file = unpacked(file, place, self._limit)
        head = first_bytes(file, HEAD_BYTES)
        layout, dialect = settlement_type(head, place)
        encoding = encoding_of(file, place, guesses=("cp932" if is_japanese(head) else "cp1252",))
        place = ReportPlace(file.name, dialect.changes)
        with file.open() as stream:
            pieces = as_written(pieces_of_lines(stream, encoding, place), dialect, place)
            yield from document(pieces, layout, place, self._marketplaces)
