"""A page, read once and outside any unit of work: into spools that are cut between owners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import msgspec

from bridge.errors import PluginError
from bridge.ingest.disk import FileOnDisk
from bridge.ingest.spool import Into, Spool
from bridge.ingest.survey import Surveyed, walk
from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentKind, Witness
from bridge.plugin import (
    AnyPage,
    DocumentStart,
    FilePage,
    OwnerEnd,
    OwnerStart,
    PagePart,
    Pending,
    PulledSource,
    Source,
)
from bridge.store.packing import Content

TOGETHER = 500
"""Documents after which a unit of work is cut, at the next owner's end."""


class Owner(msgspec.Struct, frozen=True):
    """An owner as it was read: which documents stood in it, and what of the merchant's money waits."""

    start: OwnerStart
    is_final: bool
    documents: frozenset[tuple[DocumentKind, str]]
    pending: tuple[Pending, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        return self.start.kind, self.start.external_id


class Cut(msgspec.Struct):
    """What is saved together. is_kept_whole: some document of it has no payload, so that the page itself is kept."""

    spool: Spool
    owners: list[Owner]
    is_kept_whole: bool = False


class ReadPage(msgspec.Struct, frozen=True):
    """A page as it was read; one cut or more, which may be empty. content: where it is kept whole. file: that it is."""

    content: Content | None
    cuts: tuple[Cut, ...]
    file: FileOnDisk | None = None


def read_page(
    source: PulledSource, page: AnyPage, facts: ChannelFacts, where: str, into: Into, opened: ExitStack
) -> ReadPage:
    """Minimise a page and read it whole, of its body nothing else is kept; or read a file as that of a person is read.

    opened: closes the spools. Raises: as the source does; PluginError when it breaks its contract.
    """
    if isinstance(page, FilePage):
        return _read_file(source, page, into, opened)
    content = source.minimise(page)
    cuts = _cut(_told_by_api(source.read(content, facts), where), where, into, opened)
    is_kept_whole = any(cut.is_kept_whole for cut in cuts)
    return ReadPage(Content.of(content) if is_kept_whole else None, tuple(cuts))


def parts_of_file(source: PulledSource, page: FilePage, file: FileOnDisk) -> Iterator[PagePart]:
    """The owner that a file is: its documents as those of a person's file, but that the channel's API told them."""
    yield OwnerStart(page.kind, page.external_id, page.as_of)
    for part in source.read_file(file):
        if isinstance(part, DocumentStart):
            if part.payload:
                cause = "comes in a file that is kept whole, and has a payload"
                raise _broken(f"file {file.name} document {part.external_id[:40]!r}", cause)
            part = msgspec.structs.replace(part, witness=Witness.API, as_of=page.as_of)
        yield part
    yield OwnerEnd()


def _read_file(source: PulledSource, page: FilePage, into: Into, opened: ExitStack) -> ReadPage:
    file = FileOnDisk(Path(page.path), charset=page.charset)
    (cut,) = _cut(parts_of_file(source, page, file), f"file {file.name}", into, opened)
    with into.store.reading() as unit:
        is_there = unit.vault.has(file.content_hash)
    chunks = () if is_there else file.chunks()
    return ReadPage(cut.spool.keep_whole(file.content_hash, file.size, chunks), (cut,), file)


def _cut(parts: Iterator[PagePart], where: str, into: Into, opened: ExitStack) -> list[Cut]:
    """The parts in spools, cut between owners."""
    cuts = [Cut(opened.enter_context(Spool(into)), [])]
    owner: OwnerStart | None = None
    documents: set[tuple[DocumentKind, str]] = set()
    pending: list[Pending] = []
    for part in walk(parts, where, may_be_empty=True):
        cut = cuts[-1]
        cut.spool.keep(part)
        if isinstance(part, OwnerStart):
            if len(cut.spool) >= TOGETHER:
                cuts.append(Cut(opened.enter_context(Spool(into)), []))
            owner, documents, pending = part, set(), []
        elif isinstance(part, Surveyed):
            documents.add((part.start.kind, part.start.external_id))
            cut.is_kept_whole = cut.is_kept_whole or not part.payload_hash
        elif isinstance(part, Pending):
            pending.append(part)
        elif isinstance(part, OwnerEnd) and owner is not None:
            cut.owners.append(Owner(owner, part.is_final, frozenset(documents), tuple(pending)))
    return cuts


def pulling(source: Source) -> PulledSource:
    """The source, which its plugin declares to be pulled. Raises: PluginError when it is not."""
    if not isinstance(source, PulledSource):
        raise _broken("source", "declares streams, and cannot be pulled")
    return source


def _told_by_api(parts: Iterator[PagePart], where: str) -> Iterator[PagePart]:
    """The same parts. A document of an answer says so itself, for its payload must say it again."""
    for part in parts:
        if isinstance(part, DocumentStart) and (part.witness is not Witness.API or _instant(part) is None):
            cause = "comes in an answer, and does not say as_of when, or that its witness is the API"
            raise _broken(f"{where} document {part.external_id[:40]!r}", cause)
        yield part


def _broken(thing: str, cause: str) -> PluginError:
    return PluginError(thing, cause, "Report this to the plugin's author", code="plugin.contract")


def _instant(start: DocumentStart) -> datetime | None:
    return start.as_of
