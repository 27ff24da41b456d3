"""What a source declares that it can be asked for."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentKind
from bridge.model.reports import FigureName


class WindowOf(StrEnum):
    """What puts an owner into a window: that it was changed in it, made in it, or listed in it."""

    CHANGED = "changed"
    CREATED = "created"
    LISTED = "listed"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Something a channel is asked for window by window.

    title:           what people call what it brings, several of them, as within a sentence: ``late edits of orders``.
    owners:          the kinds of its owners: a ``DocumentKind`` where that is what they are.
    brings:          the kinds of documents that hang on them: a day or payout that is made of such waits until it is
                     read beyond that. Empty: the owners themselves; where those are no documents, any kind.
    window:          what its windows mean. lag_seconds: how far behind the present an answer can be believed.
    overlap_seconds: how much earlier than the last window's end the next begins. shortest_seconds: of what must lie
                     behind it before there is a next. longest_seconds: of a window, where those before it were not
                     empty: behind empty ones it may be twelve times as long.
    reach_days:      how far back it tells anything; None: without limit.
    cadence_seconds: how often what is not final is asked for, and a count that was not told.
    recount_days:    how long after its end a closed window is counted again, once a cadence, so that what is deleted
                     is missed; 0: never. has_census: whether the channel counts at all.
    grants:          what the channel's facts must name for it to be read (``ChannelFacts.grants``): where one lacks, it
                     is not asked for, and a finding says so.
    tells_pending:   whether its owners hold money that waits (``Pending``), and no documents: nothing waits for it. It
                     is read from as far back as it reaches, which has to be said.
    is_once:         whether an owner never changes under its id, as a file that the channel made: those that the last
                     window had are named (``Want.known``), to be told and not to be fetched again.
    cursor_version:  of its cursors: a window whose cursor is of another version begins again.
    """

    name: str
    title: str
    owners: tuple[str, ...]
    window: WindowOf
    lag_seconds: int = 0
    overlap_seconds: int = 0
    shortest_seconds: int = 0
    longest_seconds: int = 31 * 86_400
    reach_days: int | None = None
    cadence_seconds: int = 3_600
    recount_days: int = 0
    has_census: bool = True
    grants: tuple[str, ...] = ()
    is_once: bool = False
    cursor_version: int = 1
    brings: tuple[DocumentKind, ...] = ()
    tells_pending: bool = False

    @property
    def kinds(self) -> frozenset[DocumentKind]:
        """The kinds of documents that it may bring."""
        if self.tells_pending:
            return frozenset()
        return frozenset(self.brings or [kind for kind in DocumentKind if kind in self.owners] or DocumentKind)

    def is_granted(self, facts: ChannelFacts) -> bool:
        """Whether the channel lets it be read."""
        return not self.lacking(facts)

    def lacking(self, facts: ChannelFacts) -> tuple[str, ...]:
        """Of its grants those that the channel does not give."""
        return tuple(name for name in self.grants if name not in facts.grants)


class ChannelReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report of the channel's own, that does not come out of the documents it is compared with.

    title:           what people call it: ``Revenue report``. figures: what it tells.
    streams:         which bring the documents it is compared with: no period is before all of them cover it.
    cadence_seconds: how often it is read; what is long past more rarely.
    adds_currencies: whether it adds up amounts of several currencies as they are: such periods are not compared.
    caveat:          why it may differ from a book that is right, for people; a sentence, or nothing.
    """

    name: str
    title: str
    figures: tuple[FigureName, ...]
    streams: tuple[str, ...]
    cadence_seconds: int = 6 * 3_600
    adds_currencies: bool = False
    caveat: str = ""
