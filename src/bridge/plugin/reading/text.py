"""Bytes to text: the encoding of a file, and its lines in pieces."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from bridge.plugin.reading.contents import Content
from bridge.plugin.reading.places import Place
from bridge.plugin.source import SourceFile

UTF_8: Final = "utf-8-sig"
_PIECE: Final = 1 << 18
_LONGEST_LINE: Final = 1 << 20
# What these labels mean in practice: their supersets on the machines that write the files.
_SUPERSETS: Final = {"iso8859-1": "cp1252", "shift_jis": "cp932"}


def without_mark(content: Content) -> Content:
    """The bytes behind a byte order mark, where there is one."""
    return content[len(codecs.BOM_UTF8) :] if bytes(content[:3]) == codecs.BOM_UTF8 else content


def check_utf8(content: Content, place: Place, *, code: str = "file.encoding") -> None:
    """Raises: DocumentError for what is no UTF-8, wherever it stands; a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for begin in range(0, len(content), _PIECE):
            decoder.decode(content[begin : begin + _PIECE])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise place.refuse(code, "is not in UTF-8") from None


def encoding_of(file: SourceFile, place: Place, guesses: Sequence[str] = ()) -> str:
    """The encoding in which the whole file can be read: one cheap pass over its bytes.

    guesses: what to try after UTF-8, in turn, where nobody says.
    Order:   a byte order mark says UTF-8, and nothing else will do; else what the download declared; else a guess.
    Raises:  DocumentError ``file.encoding`` when none reads it, or it holds NUL bytes; ``file.truncated`` for UTF-8
             that ends inside a letter.
    """
    with file.open() as stream:
        has_mark = stream.read(3) == codecs.BOM_UTF8
    candidates = [UTF_8] if has_mark else [_declared(file.charset, place)] if file.charset else [UTF_8, *guesses]
    for candidate in candidates:
        if (is_cut := _fault(file, candidate, place)) is None:
            return candidate
        if candidate == UTF_8 and is_cut:
            raise place.refuse("file.truncated", "ends in the middle of a character")
    raise place.refuse("file.encoding", f"cannot be read as {' or as '.join(candidates)}")


def pieces_of_lines(stream: BinaryIO, encoding: str, place: Place) -> Iterator[tuple[list[str], bool]]:
    r"""The lines in pieces, without their ends; false beside a last line that nothing ended.

    Lines end with LF or CRLF and with nothing else. Decoded before it is split: in cp932 the bytes of ``\\`` and
    ``|`` are also halves of letters.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    rest = ""
    while chunk := stream.read(_PIECE):
        text = rest + decoder.decode(chunk)
        whole, mark, rest = text.rpartition("\n")
        if len(rest) > _LONGEST_LINE:
            raise place.refuse("file.unknown", f"has a line of more than {_LONGEST_LINE} characters")
        if mark:
            yield whole.replace("\r\n", "\n").removesuffix("\r").split("\n"), True
    rest += decoder.decode(b"", final=True)
    if rest:
        yield [rest.removesuffix("\r")], False


def _fault(file: SourceFile, encoding: str, place: Place) -> bool | None:
    """None where the file is in the encoding; else whether it ends inside a letter, after others that could be read."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    is_plain = True
    with file.open() as stream:
        chunk = stream.read(_PIECE)
        try:
            while chunk:
                if b"\0" in chunk:
                    raise place.refuse("file.encoding", "holds NUL bytes, as a damaged download does")
                is_plain &= decoder.decode(chunk).isascii()
                chunk = stream.read(_PIECE)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return not chunk and not is_plain
    return None


def _declared(charset: str, place: Place) -> str:
    try:
        name = codecs.lookup(charset.strip().strip('"')).name
    except LookupError as error:
        raise place.refuse("file.encoding", f"was declared as {charset[:40]!r}, which is no known charset") from error
    return UTF_8 if name == "utf-8" else _SUPERSETS.get(name, name)
