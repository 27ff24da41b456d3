"""What the author of a source gives, and what every check of it starts from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import ClassVar

from bridge.errors import BridgeError
from bridge.plugin import FilePart, Source, SourceOffer
from bridge.testing.bench import Bench
from bridge.testing.plugin import PluginConformance
from bridge.testing.sources.reading import ReadDocument, Reading, read
from bridge.testing.sources.samples import SampleFile
from bridge.testing.verdict import fail

Outcome = Reading | BridgeError


class SourceBench(PluginConformance):
    """An author's answers: the abstract ones always, the others where they are not left out.

    account:      the account at the channel that the samples are of.
    examples:     how many orders of documents, and how many damages, are tried.
    """

    account: ClassVar[str] = "kit-account"
    examples: ClassVar[int] = 25

    @abstractmethod
    def offer(self) -> SourceOffer:
        """What the plugin offers to the host."""

    @abstractmethod
    def samples(self) -> Sequence[SampleFile]:
        """A few of the channel's files, small ones, that together show all that is declared."""

    def buyer_markers(self) -> Sequence[str]:
        """Texts in the samples that belong to buyers: names, addresses, phone numbers, notes."""
        fail("give buyer_markers(), or leave 'buyer_markers' out where no file of the channel holds any")

    def with_unknown_type(self, content: bytes) -> bytes:
        """The content of the first sample, with a type of line that the channel may invent tomorrow."""
        fail("give with_unknown_type(), or leave 'with_unknown_type' out where lines have no types")

    def with_amount(self, content: bytes, change: Callable[[str], str]) -> bytes:
        """The content of the first sample, with the text of one of its amounts changed."""
        fail("give with_amount(), or leave 'with_amount' out where the files hold no amounts as text")

    def repeat(self, content: bytes, times: int) -> bytes:
        """A file of the first sample's kind, about so many times as long; its documents need not add up."""
        fail("give repeat(), or leave 'repeat' out where files cannot be large")

    def write(self, documents: Sequence[ReadDocument]) -> bytes:
        """A file of the first sample's kind that holds these documents, in this order."""
        fail("give write(), or leave 'write' out where documents cannot be put together anew")

    def read_payload(self, payload: bytes) -> Iterable[FilePart]:
        """What the plugin makes of a payload it kept; as it stands, the payload is read as a file."""
        return self.source().read_file(SampleFile("payload", payload))

    # What checks start from

    def bench(self) -> Bench:
        """What the plugin's source is built with."""
        return Bench(
            self.offer(),
            account=self.account,
            app=self.app_settings(),
            settings=self.connection_settings(),
        )

    def source(self) -> Source:
        """A new source, as the host would build it."""
        return self.offer().build(self.bench())

    def readings(self) -> Iterator[Reading]:
        """What a source says of each sample."""
        source = self.source()
        for file in self.samples():
            yield self.read(source, file)

    def documents(self) -> Iterator[ReadDocument]:
        """Every document of every sample."""
        for reading in self.readings():
            yield from reading.documents

    def read(self, source: Source, file: SampleFile) -> Reading:
        """What a source says of a sample; the check fails when it refuses it."""
        try:
            return read(source, file)
        except BridgeError as error:
            fail(f"a sample is refused: {error} ({error.code})")

    def outcome(self, file: SampleFile) -> Outcome:
        """What reading a file comes to: the reading, or bridge's own error. Raises: anything else."""
        try:
            return read(self.source(), file)
        except BridgeError as error:
            return error
