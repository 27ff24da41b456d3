"""The Source: what Amazon's plugin declares, and how it reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from bridge.errors import PluginError
from bridge.model.entries import Mode
from bridge.plugin import Context, FilePart, Source, SourceCapabilities, SourceFile, SourceOffer
from bridge_amazon.files import HEAD_BYTES, READ, settlement_type
from bridge_amazon.refusal import Place
from bridge_amazon.settings import AmazonSettings
from bridge_amazon.settlement import document
from bridge_amazon.text import choose_encoding, pieces_of_lines


class AmazonSource:
    """Reads one seller's files. max_file_megabytes: see ``AmazonSettings``."""

    def __init__(self, *, max_file_megabytes: int) -> None:
        self._max_megabytes = max_file_megabytes

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The settlement of a file: which report it is, in which encoding, then its rows as they stream by."""
        place = Place(file.name)
        if file.size > self._max_megabytes * 1_000_000:
            raise place.refuse(
                "too_large",
                f"has {file.size // 1_000_000} MB, more than the {self._max_megabytes} MB that are allowed",
                next_step="Raise max_file_megabytes under [plugins.amazon] in the settings, if it is one settlement",
            )
        with file.open() as stream:
            head = stream.read(HEAD_BYTES)
        layout = settlement_type(head, place)
        encoding = choose_encoding(file, place, head)
        with file.open() as stream:
            yield from document(pieces_of_lines(stream, encoding, place), layout, place)


def offer() -> SourceOffer:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="amazon",
        title="Amazon",
        version=version("bridge-amazon"),
        capabilities=SourceCapabilities(modes=(Mode.PAYOUT,), files=READ, clearing="1200", bank="1000", prefix="AMZ"),
        build=build,
        app_settings=AmazonSettings,
    )


def build(context: Context) -> Source:
    """The source of one connection. Raises: PluginError when the host hands over another plugin's settings."""
    if not isinstance(context.app, AmazonSettings):
        raise PluginError(f"connection {context.connection}", "got settings that are not Amazon's", "Report this")
    return AmazonSource(max_file_megabytes=context.app.max_file_megabytes)
