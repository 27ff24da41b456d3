"""What the author of a pulled source gives, and what every check of it starts from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from bridge.errors import BridgeError
from bridge.ingest.disk import FileOnDisk
from bridge.ingest.paging import parts_of_file
from bridge.model.channel import ChannelFacts
from bridge.plugin import (
    AnyPage,
    FilePage,
    FilePart,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    Pending,
    PulledSource,
    SourceOffer,
    Stream,
    Unknown,
    Wait,
    Want,
)
from bridge.testing.bench import Bench
from bridge.testing.plugin import PluginConformance
from bridge.testing.pulls.channel import SINCE, UNTIL, FakeChannel, KitClock
from bridge.testing.sources.reading import ReadDocument, gather
from bridge.testing.verdict import fail

_MOST: Final = 1_000
"""Answers after which a window is taken to have no end."""


class ReadOwner(msgspec.Struct, frozen=True):
    """An owner as it was read."""

    start: OwnerStart
    is_final: bool
    documents: tuple[ReadDocument, ...]
    pending: tuple[Pending, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        return self.start.kind, self.start.external_id

    @property
    def called(self) -> str:
        return f"{self.start.kind} {self.start.external_id}"

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """Of its documents."""
        return frozenset((str(one.start.kind), one.start.external_id) for one in self.documents)

    @property
    def facts(self) -> tuple[object, ...]:
        """What it says, whenever it was asked."""
        documents = sorted(self.documents, key=lambda one: (one.start.kind, one.start.external_id))
        pending = (msgspec.structs.replace(one, as_of=one.occurred_at) for one in self.pending)
        return (*self.name, *(one.facts for one in documents), *pending)


class Asked:
    """A channel, and sources that were never used to ask it: each is a process of its own."""

    def __init__(self, kit: PulledBench, channel: FakeChannel, clock: KitClock, folder: Path) -> None:
        self._kit, self.channel, self.clock = kit, channel, clock
        self._folder, self._copies = folder, count()

    def source(self) -> PulledSource:
        offer = self._kit.offer()
        bench = Bench(
            offer,
            account=self._kit.account,
            app=self.channel.app,
            settings=self._kit.connection_settings(),
            clock=self.clock,
        )
        source = offer.build(bench)
        if not isinstance(source, PulledSource):
            fail(f"{offer.name} declares streams, and what it builds is no PulledSource")
        return source

    def facts(self) -> ChannelFacts:
        return self.source().survey()

    def pull(self, stream: Stream, cursor: bytes = b"") -> Iterator[AnyPage | Wait]:
        """What a source answers that was never asked before. Raises: what it raises."""
        for number, answer in enumerate(self.source().pull(Want(stream.name, SINCE, UNTIL, cursor, self.facts()))):
            if number > _MOST:
                fail(f"{stream.name}: a window has more than {_MOST} pages, or no end")
            yield answer

    def waiting(self, stream: Stream) -> bytes:
        """Where a window waits that was begun now; empty where it does not."""
        return next((answer.cursor for answer in self.pull(stream) if isinstance(answer, Wait)), b"")

    def drain(self, stream: Stream, cursor: bytes = b"") -> list[AnyPage]:
        """All pages of the window; where the source says to wait, the channel's jobs are done by then."""
        pages, waits = list[AnyPage](), 0
        while True:
            wait = None
            for answer in self._sound(stream, cursor):
                if isinstance(answer, Wait):
                    wait, cursor = answer, answer.cursor
                    break
                pages.append(self.kept(answer))
            if wait is None:
                return pages
            waits += 1
            if waits > _MOST:
                fail(f"{stream.name}: goes on waiting for ever")
            self.channel.finish_jobs()
            self.clock.advance(max(0.0, (wait.until - self.clock.now()).total_seconds()))

    def kept(self, page: AnyPage) -> AnyPage:
        """The page; a file, which is there only until the next answer is asked for, as a copy of it."""
        if isinstance(page, Page):
            return page
        folder = self._folder / str(next(self._copies))
        folder.mkdir()
        return msgspec.structs.replace(page, path=str(copy(page.path, folder)))

    def _sound(self, stream: Stream, cursor: bytes) -> Iterator[AnyPage | Wait]:
        try:
            yield from self.pull(stream, cursor)
        except BridgeError as error:
            fail(f"{stream.name}: a window cannot be pulled: {error} ({error.code})")

    def read(self, page: AnyPage, facts: ChannelFacts | None = None) -> tuple[ReadOwner, ...]:
        """The owners of a page, read by a source that never read anything."""
        source = self.source()
        return self.read_by(source, self.content(source, page), facts or self.facts())

    def content(self, source: PulledSource, page: AnyPage) -> bytes | FilePage:
        """What is kept of a page; of a file, all."""
        return page if isinstance(page, FilePage) else source.minimise(page)

    def parts(self, source: PulledSource, content: bytes | FilePage, facts: ChannelFacts) -> Iterator[PagePart]:
        """What a source reads of that."""
        if isinstance(content, FilePage):
            return parts_of_file(source, content, FileOnDisk(Path(content.path), charset=content.charset))
        return source.read(content, facts)

    def read_by(self, source: PulledSource, content: bytes | FilePage, facts: ChannelFacts) -> tuple[ReadOwner, ...]:
        try:
            return tuple(_owners(self.parts(source, content, facts)))
        except BridgeError as error:
            fail(f"a page is refused: {error} ({error.code})")

    def owners(self, pages: Iterable[AnyPage]) -> list[ReadOwner]:
        """Those of some pages, in turn."""
        return [owner for page in pages for owner in self.read(page)]

    def one(self, kind: str, external_id: str) -> object:
        """What asking by id comes to; an error of bridge is as good as Unknown."""
        source = self.source()
        try:
            answer = source.one(kind, external_id)
            return self.kept(answer) if isinstance(answer, FilePage) else answer
        except BridgeError as error:
            return Unknown(str(error))


class PulledBench(PluginConformance):
    """An author's answers. account: the fake's own."""

    account = "kit-account"

    @abstractmethod
    def offer(self) -> SourceOffer:
        """What the plugin offers to the host."""

    @abstractmethod
    def channel(self, clock: KitClock) -> AbstractContextManager[FakeChannel]:
        """Starts a fake of the channel, full, and stops it afterwards."""

    def buyer_markers(self) -> Sequence[str]:
        """Texts in the fake that belong to buyers: names, addresses, phone numbers, notes."""
        fail("give buyer_markers(), or leave 'buyer_markers' out where no answer of the channel holds any")

    # What checks start from

    @property
    def streams(self) -> tuple[Stream, ...]:
        return self.offer().capabilities.streams

    @contextmanager
    def asked(self) -> Iterator[Asked]:
        """A fresh channel to ask."""
        clock = KitClock()
        with self.channel(clock) as channel, TemporaryDirectory() as folder:
            yield Asked(self, channel, clock, Path(folder))


def _owners(parts: Iterable[PagePart]) -> Iterator[ReadOwner]:
    """Lenient: what stands outside an owner is passed over; it is for one check to judge."""
    start: OwnerStart | None = None
    inside: list[FilePart] = []
    pending: list[Pending] = []
    for part in parts:
        if isinstance(part, OwnerStart):
            start, inside, pending = part, [], []
        elif isinstance(part, OwnerEnd):
            if start is not None:
                yield ReadOwner(start, part.is_final, gather(inside, "page").documents, tuple(pending))
            start = None
        elif isinstance(part, Pending):
            pending.append(part)
        else:
            inside.append(part)
