"""Checks of files that are not as they should be: cut, empty, of another kind, with amounts that are none."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import BridgeError, DocumentError
from bridge.testing.plugin import needs
from bridge.testing.sources.bench import Outcome, SourceBench
from bridge.testing.sources.reading import Reading
from bridge.testing.sources.samples import SampleFile
from bridge.testing.verdict import none_of, tried

EMPTY: Final = {"nothing": b"", "blank lines": b"\n \r\n\n", "a byte order mark": codecs.BOM_UTF8}
STRANGE: Final = {
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
    "a zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(200)),
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    "a web page": b"<!doctype html>\n<html><head><title>Sign in</title></head><body></body></html>\n",
    "a letter": b"Dear Sir or Madam,\n\nplease find enclosed nothing at all.\n",
    "a table of something else": b"colour,weather\nblue,fine\ngrey,rain\n",
    "an empty list": b"[]",
    "an empty object": b"{}",
    "text of UTF-16": "colour\tweather\r\nblue\tfine\r\n".encode("utf-16"),
}
_MOST_CUTS: Final = 150
_DIGITS: Final = {ord(str(digit)): 0xFF10 + digit for digit in range(10)}
EXCESS: Final[dict[str, Callable[[str], str]]] = {
    "more decimals than the currency has": lambda text: f"{text}9" if {".", ","} & set(text) else f"{text}.009",
}
NOT_MONEY: Final[dict[str, Callable[[str], str]]] = {
    "not a number": lambda _: "NaN",
    "infinity": lambda _: "Infinity",
    "an exponent": lambda text: f"{text}e0",
    "an underscore among its digits": lambda text: f"{text[:-1]}_{text[-1:]}",
    "digits of another script": lambda text: text.translate(_DIGITS),
    "a word": lambda _: "twenty",
}


class DamageChecks(SourceBench):
    """A file is read whole, or refused with a code, or its documents are held; never less than that."""

    def test_an_empty_file_is_refused(self) -> None:
        none_of(self._not_refused(EMPTY))

    def test_a_file_of_another_kind_is_refused(self) -> None:
        none_of(self._not_refused(STRANGE))

    def test_a_byte_order_mark_changes_nothing(self) -> None:
        none_of(self._minds_a_mark())

    def test_a_cut_file_never_passes_for_a_whole_one(self) -> None:
        none_of(self._passes_though_cut(self._cuts_inside_lines))

    @needs("cut_between_lines")
    def test_a_file_cut_between_lines_never_passes_for_a_whole_one(self) -> None:
        none_of(self._passes_though_cut(_cuts_between_lines))

    @needs("with_amount")
    def test_an_amount_that_is_no_money_is_refused_or_flagged(self) -> None:
        none_of(self._takes_for_money(NOT_MONEY))

    @needs("with_amount", "excess_decimals")
    def test_an_amount_is_never_rounded(self) -> None:
        none_of(self._takes_for_money(EXCESS))

    @needs("with_unknown_type")
    def test_an_unknown_type_becomes_an_unclassified_line(self) -> None:
        none_of(self._minds_the_unknown())

    def test_damage_raises_document_errors_and_nothing_else(self) -> None:
        first = self.samples()[0]

        @tried(self.examples)
        @given(st.integers(0, max(0, first.size - 1)), st.integers(0, 3), st.binary(max_size=3))
        def damaged(place: int, lost: int, put: bytes) -> None:
            content = first.content[:place] + put + first.content[place + lost :]
            none_of(self._leaks(first.holding(content), f"{lost} byte(s) at {place} became {put!r}"))

        damaged()

    def test_every_code_begins_with_the_plugins_name(self) -> None:
        beginning = f"{self.offer().name}."
        none_of(
            f"{how}: the code {code!r} does not begin with {beginning!r}"
            for how, code in sorted(set(self._codes()))
            if not code.startswith(beginning)
        )

    # What later checks go through as well

    def refusals(self) -> Iterator[tuple[str, BridgeError]]:
        """Every refusal that these checks meet, and how the file was made."""
        first = self.samples()[0]
        contents = [*EMPTY.items(), *STRANGE.items()]
        contents += [(f"cut after {place} bytes", first.content[:place]) for place in self._cuts_inside_lines(first)]
        if "with_amount" not in self.left_out:
            contents += [
                (what, self.with_amount(first.content, change)) for what, change in (EXCESS | NOT_MONEY).items()
            ]
        for how, content in contents:
            got = self._tried(first.holding(content))
            if isinstance(got, BridgeError):
                yield how, got

    # Inside

    def _tried(self, file: SampleFile) -> Outcome | Exception:
        try:
            return self.outcome(file)
        except Exception as other:  # noqa: BLE001 - whatever comes out of a plugin is what is judged here
            return other

    def _not_refused(self, contents: dict[str, bytes]) -> Iterator[str]:
        for what, content in contents.items():
            for file in self.samples():
                got = self._tried(file.holding(content))
                again = self._tried(file.holding(content))
                if not isinstance(got, DocumentError):
                    yield f"{what}, called {file.name}, gives {_said(got)}; a DocumentError is wanted"
                elif not isinstance(again, DocumentError) or again.code != got.code:
                    yield f"{what}, called {file.name}, is refused with {got.code} once, and then gives {_said(again)}"

    def _minds_a_mark(self) -> Iterator[str]:
        for file in self.samples():
            if file.charset or not _is_utf8(file.content):
                continue
            got = self._tried(file.holding(codecs.BOM_UTF8 + file.content.removeprefix(codecs.BOM_UTF8)))
            if not isinstance(got, Reading):
                yield f"{file.name} behind a byte order mark gives {_said(got)}"
            elif [one.facts for one in got.documents] != [
                one.facts for one in self.read(self.source(), file).documents
            ]:
                yield f"{file.name} behind a byte order mark gives other documents"

    def _cuts_inside_lines(self, file: SampleFile) -> Iterator[int]:
        """Where a file is cut so that its last line is not a whole one, spread over the file."""
        step = max(1, file.size // _MOST_CUTS)
        for place in range(1, file.size, step):
            before, after = file.content[:place], file.content[place:]
            if not before.endswith(b"\n") and not after.startswith((b"\n", b"\r\n")) and after.strip():
                yield place

    def _passes_though_cut(self, cuts: Callable[[SampleFile], Iterator[int]]) -> Iterator[str]:
        for file in self.samples():
            whole = [document.money for document in self.read(self.source(), file).documents]
            for place in cuts(file):
                got = self._tried(file.holding(file.content[:place]))
                if isinstance(got, Reading):
                    same = [document.money for document in got.documents] == whole
                    if not got.is_flagged and not same:
                        yield f"{file.name}, cut after {place} of {file.size} bytes, passes with {_said(got)}"
                elif not isinstance(got, DocumentError):
                    yield f"{file.name}, cut after {place} bytes, gives {_said(got)}; a DocumentError is wanted"

    def _takes_for_money(self, changes: Mapping[str, Callable[[str], str]]) -> Iterator[str]:
        first = self.samples()[0]
        for what, change in changes.items():
            content = self.with_amount(first.content, change)
            got = self._tried(first.holding(content))
            if content == first.content:
                yield f"with_amount() changed nothing for {what}"
            elif isinstance(got, Reading) and not got.is_flagged:
                yield f"an amount with {what} is taken for money"
            elif not isinstance(got, Reading | DocumentError):
                yield f"an amount with {what} gives {_said(got)}; a DocumentError is wanted"

    def _minds_the_unknown(self) -> Iterator[str]:
        first = self.samples()[0]
        before = self.read(self.source(), first)
        got = self._tried(first.holding(self.with_unknown_type(first.content)))
        if not isinstance(got, Reading):
            yield f"a type of line that the plugin does not know gives {_said(got)}; an unclassified line is wanted"
            return
        if len(got.unclassified) <= len(before.unclassified):
            yield "a type of line that the plugin does not know becomes no line of kind unclassified"
        for line in got.unclassified:
            if not line.words.strip():
                yield f"the unclassified line {line.key!r} does not tell the channel's words"

    def _leaks(self, file: SampleFile, how: str) -> Iterator[str]:
        got = self._tried(file)
        if not isinstance(got, Reading | DocumentError):
            yield f"{file.name}, where {how}, gives {_said(got)}; a DocumentError is wanted"

    def _codes(self) -> Iterator[tuple[str, str]]:
        for how, error in self.refusals():
            yield how, error.code
        for document in self.documents():
            for problem in document.problems:
                yield document.name, problem.code


def _cuts_between_lines(file: SampleFile) -> Iterator[int]:
    """Behind every line but the last, with its end and without."""
    place = file.content.find(b"\n")
    while 0 <= place < file.size - 1:
        yield place
        yield place + 1
        place = file.content.find(b"\n", place + 1)


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _said(got: Outcome | Exception) -> str:
    if isinstance(got, Reading):
        return f"{len(got.documents)} document(s)"
    return f"{type(got).__name__} ({got})"
