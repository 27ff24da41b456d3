"""The Source: what Amazon's plugin declares, and how it reads a file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from bridge.model.account_classes import AccountClass
from bridge.model.chart import AccountPurpose, ChartAccount
from bridge.model.entries import Mode
from bridge.plugin import Context, FilePart, Source, SourceCapabilities, SourceFile, SourceOffer
from bridge.plugin.reading import SizeLimit, encoding_of, first_bytes, pieces_of_lines, unpacked
from bridge_amazon.dialect import as_written
from bridge_amazon.files import HEAD_BYTES, READ, is_japanese, settlement_type
from bridge_amazon.refusal import ReportPlace
from bridge_amazon.settings import AmazonConnection, AmazonSettings
from bridge_amazon.settlement import document

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
