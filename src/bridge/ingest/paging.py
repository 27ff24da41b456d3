"""A page, read once and outside any unit of work: into spools that are cut between owners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime

import msgspec

from bridge.errors import PluginError
from bridge.ingest.spool import Into, Spool
from bridge.ingest.survey import Surveyed, walk
from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentKind, Witness
from bridge.plugin import DocumentStart, OwnerEnd, OwnerStart, Page, PagePart, PulledSource, Source
from bridge.store.packing import Content

TOGETHER = 500
"""Documents after which a unit of work is cut, at the next owner's end."""


class Owner(msgspec.Struct, frozen=True):
    """An owner as it was read, and which documents stood in it."""

    start: OwnerStart
    is_final: bool
    documents: frozenset[tuple[DocumentKind, str]]

    @property
    def name(self) -> tuple[str, str]:
        return self.start.kind, self.start.external_id


class Cut(msgspec.Struct):
    """What is saved together. is_kept_whole: some document of it has no payload, so that the page itself is kept."""

    spool: Spool
    owners: list[Owner]
    is_kept_whole: bool = False


class ReadPage(msgspec.Struct, frozen=True):
    """A page as it was minimised and read; at least one cut, which may be empty. content: where it is kept whole."""

    content: Content | None
    cuts: tuple[Cut, ...]


def read_page(
    source: PulledSource, page: Page, facts: ChannelFacts, where: str, into: Into, opened: ExitStack
) -> ReadPage:
    """Minimise a page and read it whole; of its body nothing else is kept.

    opened: closes the spools. Raises: as the source does; PluginError when it breaks its contract.
    """
    content = source.minimise(page)
    cuts = [Cut(opened.enter_context(Spool(into)), [])]
    owner: OwnerStart | None = None
    documents: set[tuple[DocumentKind, str]] = set()
    for part in walk(_told_by_api(source.read(content, facts), where), where, may_be_empty=True):
        cut = cuts[-1]
        cut.spool.keep(part)
        if isinstance(part, OwnerStart):
            if len(cut.spool) >= TOGETHER:
                cuts.append(Cut(opened.enter_context(Spool(into)), []))
            owner, documents = part, set()
        elif isinstance(part, Surveyed):
            documents.add((part.start.kind, part.start.external_id))
            cut.is_kept_whole = cut.is_kept_whole or not part.payload_hash
        elif isinstance(part, OwnerEnd) and owner is not None:
            cut.owners.append(Owner(owner, part.is_final, frozenset(documents)))
    is_kept_whole = any(cut.is_kept_whole for cut in cuts)
    return ReadPage(Content.of(content) if is_kept_whole else None, tuple(cuts))


def pulling(source: Source) -> PulledSource:
    """The source, which its plugin declares to be pulled. Raises: PluginError when it is not."""
    if not isinstance(source, PulledSource):
        cause = "declares streams, and cannot be pulled"
        raise PluginError("source", cause, "Report this to the plugin's author", code="plugin.contract")
    return source


def _told_by_api(parts: Iterator[PagePart], where: str) -> Iterator[PagePart]:
    """The same parts. A document of an answer says so itself, for its payload must say it again."""
    for part in parts:
        if isinstance(part, DocumentStart) and (part.witness is not Witness.API or _instant(part) is None):
            raise PluginError(
                f"{where} document {part.external_id[:40]!r}",
                "comes in an answer, and does not say as_of when, or that its witness is the API",
                "Report this to the plugin's author",
                code="plugin.contract",
            )
        yield part


def _instant(start: DocumentStart) -> datetime | None:
    return start.as_of
