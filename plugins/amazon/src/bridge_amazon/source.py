"""The Source: what Amazon's plugin declares, and how it reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from bridge.model.account_classes import AccountClass
from bridge.model.chart import AccountPurpose, ChartAccount
from bridge.model.entries import Mode
from bridge.plugin import Context, FilePart, Source, SourceCapabilities, SourceFile, SourceOffer
from bridge_amazon.dialect import as_written
from bridge_amazon.files import HEAD_BYTES, READ, settlement_type
from bridge_amazon.packed import MAGIC, Unpacked
from bridge_amazon.refusal import Place
from bridge_amazon.settings import AmazonConnection, AmazonSettings
from bridge_amazon.settlement import document
from bridge_amazon.text import choose_encoding, pieces_of_lines

CLEARING = ChartAccount(
    number="1200",
    name="Amazon clearing",
    account_class=AccountClass.BANK,
    purpose=AccountPurpose.CLEARING,
    note="per seller account and currency; where a ledger takes no journals on a bank account, a current asset",
)


class AmazonSource:
    """Reads one seller's files. max_file_megabytes, marketplaces: see ``settings``."""

    def __init__(self, *, max_file_megabytes: int, marketplaces: tuple[str, ...] = ()) -> None:
        self._max_megabytes, self._marketplaces = max_file_megabytes, marketplaces

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The settlement of a file: which report it is, how it is written, then its rows as they stream by."""
        place = Place(file.name)
        if file.size > self._max_megabytes * 1_000_000:
            raise place.refuse(
                "too_large",
                f"has {file.size // 1_000_000} MB, more than the {self._max_megabytes} MB that are allowed",
                next_step="Raise max_file_megabytes under [plugins.amazon] in the settings, if it is one settlement",
            )
        if _head(file).startswith(MAGIC):
            file = Unpacked(file, place, self._max_megabytes * 1_000_000)
        head = _head(file)
        layout, dialect = settlement_type(head, place)
        encoding = choose_encoding(file, place, head)
        place = Place(file.name, dialect.changes)
        with file.open() as stream:
            pieces = as_written(pieces_of_lines(stream, encoding, place), dialect, place)
            yield from document(pieces, layout, place, self._marketplaces)


def _head(file: SourceFile) -> bytes:
    with file.open() as stream:
        return stream.read(HEAD_BYTES)


def offer() -> SourceOffer[AmazonSettings, AmazonConnection]:
    """What the plugin offers to the host."""
    return SourceOffer(
        name="amazon",
        title="Amazon",
        version=version("bridge-amazon"),
        capabilities=SourceCapabilities(
            modes=(Mode.PAYOUT,),
            files=READ,
            accounts=(CLEARING,),
            clearing=CLEARING.number,
            bank="1000",
            prefix="AMZ",
        ),
        build=build,
        app_settings=AmazonSettings,
        connection_settings=AmazonConnection,
    )


def build(context: Context[AmazonSettings, AmazonConnection]) -> Source:
    """The source of one connection."""
    return AmazonSource(max_file_megabytes=context.app.max_file_megabytes, marketplaces=context.settings.marketplaces)
