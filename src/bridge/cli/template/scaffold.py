"""Writes a channel's first plugin from the templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

FORMATS: Final = ("csv", "json")
_COMMON: Final = "common"
_ENDING: Final = ".jinja"


class Scaffold(msgspec.Struct, frozen=True):
    """A plugin that is still to be written. name: lower-case letters, digits and underscores. format: of its files."""

    name: str
    format: str = FORMATS[0]

    @property
    def distribution(self) -> str:
        """What is installed: ``bridge-corner-shop``."""
        return f"bridge-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What is imported: ``bridge_corner_shop``."""
        return f"bridge_{self.name}"

    @property
    def prefix(self) -> str:
        """Three capital letters that open the numbers of its vouchers."""
        return "".join(letter for letter in self.name if letter.isalpha())[:3].upper().ljust(3, "X")

    def files(self) -> Iterator[tuple[Path, str]]:
        """Every file of the distribution: its path below the folder, and its text."""
        from jinja2 import (
            Environment,
            PackageLoader,
            StrictUndefined,
        )  # of all that is done with plugins, only for this

        words = self.name.split("_")
        facts = {
            "name": self.name,
            "format": self.format,
            "distribution": self.distribution,
            "package": self.package,
            "prefix": self.prefix,
            "title": " ".join(words).capitalize(),
            "camel": "".join(word.capitalize() for word in words),
        }
        # What is made here is code and not a page: nothing in it is to be escaped.
        templates = Environment(
            loader=PackageLoader("bridge.cli.template", "files"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701
        )
        for name in sorted(templates.list_templates(), key=lambda name: name.partition("/")[2]):
            folder, _, place = name.removesuffix(_ENDING).partition("/")
            if name.endswith(_ENDING) and folder in {_COMMON, self.format}:
                yield self._place(PurePosixPath(place)), templates.get_template(name).render(facts)

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Put the files into a folder that is not there yet. Returns where they are. Raises: OSError."""
        folder.mkdir(parents=True)
        written = []
        for place, text in self.files():
            file = folder / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
            written.append(file)
        return tuple(written)

    def _place(self, name: PurePosixPath) -> Path:
        if name.parts[0] == "package":
            return Path("src", self.package, *name.parts[1:])
        return Path(name)
