"""Amazon's plugin does what it declares: the conformance kit over settlement reports in both layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from bridge.model.documents import DocumentKind
from bridge.plugin import SourceOffer
from bridge.testing import Expected, SampleFile, SourceConformance
from bridge_amazon.offer import offer
from plugins.amazon.tests.report import SAMPLES, Report, Row

FIRST = Report(
    rows=(
        Row(),
        Row(("Order", "ItemPrice", "Shipping"), 399),
        Row(("Order", "ItemFees", "Commission"), -375),
        Row(("Refund", "ItemPrice", "Principal"), -2499, adjustment="A-1"),
    )
)
STANDARD = Expected(DocumentKind.SETTLEMENT, "28500000011", "USD", 30124)
FURTHER = ("ca_v1_flatfile.txt", "ca_v2_negative.txt", "fr_v2_comma.txt", "gb_v2_dmy.txt")


class TestAmazon(SourceConformance):
    """Settlement reports."""

    module = "bridge_amazon"
    large_bytes = 5_000_000  # a piece is 256 KiB, and some thousand texts are kept for the rows that repeat them
    left_out: ClassVar[Mapping[str, str]] = {
        "buyer_markers": "settlement reports hold no name, no address, nothing of a buyer",
        "payload": "the file is kept whole: it is the document",
        "write": "a settlement report holds one document",
    }

    def offer(self) -> SourceOffer:
        return offer()

    def samples(self) -> Sequence[SampleFile]:
        folder = SAMPLES / "synthetic"
        return [
            SampleFile("first.txt", FIRST.text().encode()),
            SampleFile.at(folder / "us_v2_standard.txt", STANDARD),
            *(SampleFile.at(folder / name) for name in FURTHER),
        ]

    def with_unknown_type(self, content: bytes) -> bytes:
        return content.replace(b"\tShipping\t", b"\tTeleport\t")

    def with_amount(self, content: bytes, change: Callable[[str], str]) -> bytes:
        return content.replace(b"\t3.99\t", f"\t{change('3.99')}\t".encode())

    def repeat(self, content: bytes, times: int) -> bytes:
        header, summary, rows = content.split(b"\n", 2)
        return header + b"\n" + summary + b"\n" + rows * times
