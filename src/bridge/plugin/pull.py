"""PulledSource: reads a channel that is asked, in windows whose completeness the host keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

import msgspec

from bridge.model.channel import ChannelFacts
from bridge.model.pending import Pending
from bridge.plugin.lookup import Unknown
from bridge.plugin.source import FilePart, Source

MAX_PAGE_BYTES: Final = 8 * 1024 * 1024
"""The longest body of a page."""


class Want(msgspec.Struct, frozen=True):
    """What the host asks for: since <= t < until, from where the cursor says (empty: from the beginning).

    known: (kind, external id) of owners that are here, of a stream that ``is_once``: each is told where it is in the
           window, so that it counts there, and may come without its documents.
    """

    stream: str
    since: datetime
    until: datetime
    cursor: bytes
    facts: ChannelFacts
    known: frozenset[tuple[str, str]] = frozenset()


class Wait(msgspec.Struct, frozen=True):
    """Nothing to read before then: a job runs, a report is queued, a limit is spent. Ends the answer.

    cursor: where to go on; it names the job, so that none is submitted twice. why: a few words for people.
    """

    until: datetime
    cursor: bytes
    why: str


class Page(msgspec.Struct, frozen=True):
    """One answer, or a cut of a job's file at an owner's border.

    body:    as it came, ``MAX_PAGE_BYTES`` at most. as_of: the instant for which it holds: of an answer the server's
             date, of a job when it was made, not when it was done.
    cursor:  after it. is_last: nothing of the window comes after it.
    """

    body: bytes
    as_of: datetime
    cursor: bytes = b""
    is_last: bool = False


class FilePage(msgspec.Struct, frozen=True):
    """An answer that is a file, as long as it may be: one owner, whole and final, such as a report the channel made.

    The host reads it by ``read_file`` and keeps it whole, as the file of a person, who may have brought the same. So
    nothing of a buyer stands in it.

    path:    where it lies on this machine until the next answer is asked for; its last part is its name for people.
    kind, external_id: the owner. as_of: when the channel made it. charset: as its download declared; empty: not known.
    cursor, is_last: as of a ``Page``.
    """

    path: str
    kind: str
    external_id: str
    as_of: datetime
    charset: str = ""
    cursor: bytes = b""
    is_last: bool = False


class Gone(msgspec.Struct, frozen=True):
    """The channel was asked by id, answered in full, and knows no such thing (any more). as_of: when it said so."""

    as_of: datetime


class Count(msgspec.Struct, frozen=True):
    """How many owners a window holds. ids: (kind, external id) of each, where they were asked for."""

    owners: int
    ids: tuple[tuple[str, str], ...] = ()


class OwnerStart(msgspec.Struct, frozen=True):
    """Opens an owner: an order with its refunds and fees, a payout with its rows, a report with its documents.

    as_of:    the instant for which all of it holds. is_whole: all documents that hang on it follow; where it is not,
              nothing is concluded from what is not there.
    """

    kind: str
    external_id: str
    as_of: datetime
    is_whole: bool = True


class OwnerEnd(msgspec.Struct, frozen=True):
    """Closes the open owner. is_final: it will not change by itself; else it is asked for again at a cadence."""

    is_final: bool = True


PagePart = FilePart | OwnerStart | OwnerEnd | Pending
"""``Pending`` inside an owner of a stream that ``tells_pending``."""
AnyPage = Page | FilePage


@runtime_checkable
class PulledSource(Source, Protocol):
    """A source of a channel that is asked. It stores nothing; what it has to remember stands in its cursors."""

    def survey(self) -> ChannelFacts:
        """What the channel says of the account now. Network. The same while nothing was set otherwise."""
        ...

    def pull(self, want: Want) -> Iterator[AnyPage | Wait]:
        """The pages of a window in the order of their cursors; the last says so, or a ``Wait`` ends them for now.

        Network. Each page is saved, with its cursor, before the next is asked for; the process may end between any
        two, and goes on from the last cursor saved, in another process. Never sleeps.
        Owners:  one made of several answers shows the same mark of change in the first and the last, else it is read
                 again; its nested pages are read before it is given.
        Raises:  for an answer that carries errors, whole or in part: UnavailableError, RateLimitedError,
                 AuthorizationError, DocumentError. Never a page of it.
        """
        ...

    def one(self, kind: str, external_id: str) -> AnyPage | Gone | Unknown:
        """One owner, or one document, as it is now: a page that holds its whole owner. Network.

        ``Gone`` only where the channel itself said so; whatever is unclear is ``Unknown``, and writes nothing.
        """
        ...

    def census(self, stream: str, since: datetime, until: datetime, *, with_ids: bool = False) -> Count | Unknown:
        """How many different owners the window holds now. Network; another request than its pages, if there is one.

        with_ids: name each; asked where the number is not the one that came. A channel that does not count exactly any
        more, because there are so many, answers ``Unknown``.
        """
        ...

    def minimise(self, page: Page) -> bytes:
        """What is kept of a page: fields on an allow-list, its ``as_of``, and nothing of a buyer.

        Pure. The first thing that is called with a page; nothing else of its body is kept or logged.
        """
        ...

    def read(self, content: bytes, facts: ChannelFacts) -> Iterator[PagePart]:
        """The owners of what ``minimise`` returned, each with its documents; notes between them.

        Pure: the same bytes and facts give the same parts, in whatever turn pages come. No network, no clock, no
        memory of other pages. A document's payload says all that reading it takes, facts among it.
        Raises: DocumentError when it cannot be read whole; nothing of it is then kept.
        """
        ...
