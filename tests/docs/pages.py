"""The documentation as tests read it: pages, their headings, their fenced blocks, their tables, their links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<mark>```+)(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=mark)[ ]*$", re.MULTILINE | re.DOTALL)
_GIVEN = re.compile(r"^<!-- given: (?P<text>[^\n]*?) -->$", re.MULTILINE)
_HEADING = re.compile(r"^(#+) +(.*?) *$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


class Block(msgspec.Struct, frozen=True):
    """A fenced block, or a ``given`` remark that prepares what readers have at that point.

    language: the first word behind the fence, ``given`` for a remark. name: the other words. line: where it begins.
    """

    language: str
    name: str
    text: str
    line: int


class Page(msgspec.Struct, frozen=True):
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        """The text without what stands in fences."""
        return _FENCE.sub("", self.text)

    def blocks(self) -> tuple[Block, ...]:
        """Fenced blocks and remarks, in the order of the page."""
        found = [(match.start(), match["info"].strip(), match["text"]) for match in _FENCE.finditer(self.text)]
        found += [(match.start(), "given", match["text"]) for match in _GIVEN.finditer(self.text)]
        return tuple(
            Block(info.partition(" ")[0], info.partition(" ")[2], text, self.text.count("\n", 0, start) + 1)
            for start, info, text in sorted(found)
        )

    def headings(self, level: int | None = None) -> tuple[str, ...]:
        """Headings without their marks and code ticks; of one level, or of all."""
        found = _HEADING.findall(self.prose)
        return tuple(text.replace("`", "") for marks, text in found if level in (None, len(marks)))

    def section(self, heading: str) -> str:
        """What stands under a heading, down to the next of its level or above. Raises: KeyError."""
        for match in _HEADING.finditer(self.text):
            if match[2].replace("`", "") == heading:
                rest = self.text[match.end() :]
                end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, re.MULTILINE)
                return rest[: end.start()] if end else rest
        raise KeyError(f"{self.name} has no heading {heading!r}")

    def links(self) -> tuple[str, ...]:
        return tuple(_LINK.findall(self.prose))

    def code(self) -> tuple[str, ...]:
        """Everything between single back-ticks, tables included."""
        return tuple(_CODE.findall(self.prose))


def page(name: str) -> Page:
    """The page at a path below the repository's root."""
    path = ROOT / name
    return Page(path, path.read_text(encoding="utf-8"))


def pages() -> tuple[Page, ...]:
    """Every page a reader may come to."""
    found = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("plugins/*/README.md")]
    return tuple(page(path.relative_to(ROOT).as_posix()) for path in sorted(found))


def runnable() -> tuple[Page, ...]:
    """Pages whose console examples are carried out."""
    return tuple(each for each in pages() if each.name.startswith(("docs/tutorials/", "docs/how-to/")))


def rows(text: str) -> Iterator[tuple[str, ...]]:
    """The rows of all Markdown tables of a text, head rows left out; cells without code ticks."""
    is_body = False
    for line in text.splitlines():
        if not line.startswith("|"):
            is_body = False
        elif re.fullmatch(r"[|:\- ]+", line):
            is_body = True
        elif is_body:
            yield tuple(cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", line)[1:-1])


def anchor(heading: str) -> str:
    """The name by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
