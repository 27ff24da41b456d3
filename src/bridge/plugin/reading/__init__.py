"""The reading kit: what readers of files have in common, whatever the channel.

Where a reader stands and how it refuses (``places``), a file's bytes, their limits and packing (``contents``), text and
its encoding (``text``), JSON and JSON lines (``jsons``), tables (``tables``), a plugin's words (``vocabulary``), small
facts (``facts``), documents as the host takes them (``documents``). All of it refuses with a ``DocumentError`` whose
code begins with the channel's name, and tells no value out of the file: one may be a buyer's.
"""

from bridge.plugin.reading.contents import Content, SizeLimit, content_of, first_bytes, looks_like, unpacked
from bridge.plugin.reading.documents import WholeDocument, in_pieces, problems_of, unknown_words
from bridge.plugin.reading.facts import Once, check_year, printable
from bridge.plugin.reading.jsons import JSON_FAULTS, check_crumbs, decoded, json_lines, not_read, or_none
from bridge.plugin.reading.places import FactError, Place
from bridge.plugin.reading.tables import Record, column_names, records, separator_of
from bridge.plugin.reading.text import check_utf8, encoding_of, pieces_of_lines, without_mark
from bridge.plugin.reading.vocabulary import Vocabulary

__all__ = [
    "JSON_FAULTS",
    "Content",
    "FactError",
    "Once",
    "Place",
    "Record",
    "SizeLimit",
    "Vocabulary",
    "WholeDocument",
    "check_crumbs",
    "check_utf8",
    "check_year",
    "column_names",
    "content_of",
    "decoded",
    "encoding_of",
    "first_bytes",
    "in_pieces",
    "json_lines",
    "looks_like",
    "not_read",
    "or_none",
    "pieces_of_lines",
    "printable",
    "problems_of",
    "records",
    "separator_of",
    "unknown_words",
    "unpacked",
    "without_mark",
]
