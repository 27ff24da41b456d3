"""Reads how far all that the channel has is known to be here: nothing is green beyond it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

import msgspec

from bridge.drift.sides.told import Party
from bridge.model.documents import Document, DocumentKind
from bridge.model.periods import closing_day, local_day
from bridge.store.api import KeptDocument, UnitOfWork

# What was read whole so long ago proves nothing of now, for it is to be read every day. Files come when they come.
STALE = timedelta(days=7)
ONLY_FILES = (
    "only files of it are read, and a file does not say what is in no file: let bridge ask the channel itself "
    "(`bridge connections add`)"
)
_DAY = timedelta(days=1)


class Coverage(msgspec.Struct, frozen=True):
    """All that the channel has is here through a day of the route's zone; None where that is not known.

    doubt: why it is not proven, or not of now; empty where it is.
    """

    through: date | None
    doubt: str = ""


def coverage(
    unit: UnitOfWork, party: Party, connection_id: str, documents: Iterable[KeptDocument], today: date
) -> Coverage:
    """By the streams that were read whole, where the channel is asked itself; else by an unbroken series of documents.

    Whether something is missing between two of a series is told by a finding.
    """
    through = unit.windows.through(connection_id)
    if through:
        return _of_streams(party, through, today)
    return _of_series(party, documents)


def _of_streams(party: Party, through: Mapping[str, datetime], today: date) -> Coverage:
    """Every stream that brings documents must have been read; the one that is furthest behind says how far."""
    telling = [stream.name for stream in party.channel.streams if stream.kinds] or list(through)
    if unread := [name for name in telling if name not in through]:
        return Coverage(None, f"{' and '.join(unread)} of the channel were never read whole: run `bridge sync`")
    last = min(local_day(through[name], party.route.time_zone) for name in telling) - _DAY
    if today - last > STALE:
        return Coverage(last, f"the channel was read whole through {last} only: run `bridge sync`")
    return Coverage(last)


def _of_series(party: Party, documents: Iterable[KeptDocument]) -> Coverage:
    """Each settlement says what the one before handed over, so none is missing between the first and the last."""
    settlements: list[Document] = []
    for kept in documents:
        if kept.document.identity.kind is not DocumentKind.SETTLEMENT:
            return Coverage(None, ONLY_FILES)
        settlements.append(kept.document)
    if silent := [document.identity.external_id for document in settlements if document.series is None]:
        return Coverage(None, f"settlement {silent[0]} does not tell what came before it: import its file again")
    days = [closing_day(document, party.route.time_zone) for document in settlements]
    return Coverage(max(days)) if days else Coverage(None, ONLY_FILES)
