"""Bytes to lines: the encoding of a file, and its lines in pieces.

Source: Amazon flat files have been seen as UTF-8, ISO-8859-1/windows-1252 and Shift_JIS (selling-partner-api-docs
#21, selling-partner-api-models #2748 and #4955, python-amazon-sp-api #244 and #769).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from bridge.plugin import SourceFile
from bridge_amazon.files import is_japanese
from bridge_amazon.refusal import Place

PIECE_BYTES = 1 << 18
MAX_LINE_CHARACTERS = 1 << 20

# What the two labels mean in practice: their supersets on the machines that write the files.
SUPERSETS = {"iso8859-1": "cp1252", "shift_jis": "cp932"}


def choose_encoding(file: SourceFile, place: Place, head: bytes) -> str:
    """The encoding in which the whole file can be read: one cheap pass over its bytes.

    head:   the file's first bytes. A byte order mark says UTF-8 and nothing else will do.
    Order:  what the download declared; else UTF-8, else cp932 for a Japanese file and windows-1252 for any other.
    Raises: DocumentError ``amazon.file.encoding`` when none reads it, or it holds NUL bytes.
    """
    candidates: tuple[str, ...] = ("utf-8-sig", "cp932" if is_japanese(head) else "cp1252")
    if head.startswith(codecs.BOM_UTF8):
        candidates = ("utf-8-sig",)
    elif file.charset:
        candidates = (_declared(file.charset, place),)
    for candidate in candidates:
        if not (fault := _fault(file, candidate, place)):
            return candidate
        if candidate == "utf-8-sig" and fault.is_cut:
            raise place.refuse("truncated", "ends in the middle of a character")
    raise place.refuse("encoding", f"cannot be read as {' or as '.join(candidates)}")


def pieces_of_lines(stream: BinaryIO, encoding: str, place: Place) -> Iterator[tuple[list[str], bool]]:
    r"""The lines in pieces, without their ends; false beside a last line that nothing ended.

    Lines end with LF or CRLF and with nothing else. Decoded before it is split: in cp932 the bytes of ``\\`` and
    ``|`` are also halves of letters.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    while chunk := stream.read(PIECE_BYTES):
        text = rest + decoder.decode(chunk)
        whole, mark, rest = text.rpartition("\n")
        if len(rest) > MAX_LINE_CHARACTERS:
            raise place.refuse("unknown", f"has a line of more than {MAX_LINE_CHARACTERS} characters")
        if mark:
            yield whole.replace("\r\n", "\n").removesuffix("\r").split("\n"), True
    rest += decoder.decode(b"", final=True)
    if rest:
        yield [rest.removesuffix("\r")], False


class _Fault:
    """Why a file is not in an encoding. is_cut: it ends inside a letter, after others that could be read."""

    def __init__(self, *, is_cut: bool) -> None:
        self.is_cut = is_cut


def _fault(file: SourceFile, encoding: str, place: Place) -> _Fault | None:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    is_plain = True
    with file.open() as stream:
        chunk = stream.read(PIECE_BYTES)
        try:
            while chunk:
                if b"\0" in chunk:
                    raise place.refuse("encoding", "holds NUL bytes, as a damaged download does")
                is_plain &= decoder.decode(chunk).isascii()
                chunk = stream.read(PIECE_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _Fault(is_cut=not chunk and not is_plain)
    return None


def _declared(charset: str, place: Place) -> str:
    try:
        name = codecs.lookup(charset.strip().strip('"')).name
    except LookupError as error:
        raise place.refuse("encoding", f"was declared as {charset[:40]!r}, which is no known charset") from error
    return "utf-8-sig" if name == "utf-8" else SUPERSETS.get(name, name)
