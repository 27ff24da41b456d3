"""Which manual journals of ours an organisation holds: read once, and from then on only what is newer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bridge.transport import Json
from bridge_xero.client import Client
from bridge_xero.kinds import MANUAL_JOURNAL
from bridge_xero.parse import id_of, key_of
from bridge_xero.wire import instant

# How much later than a newer one a journal may come to light: longer than a sink lets pass before it asks.
LATE = timedelta(minutes=6)
_NEVER = datetime.max.replace(tzinfo=UTC)


class JournalsSeen:
    """What reading one organisation has shown so far.

    Xero lists manual journals neither by date nor by several narrations, but only all that changed since an instant.
    Others' journals are thus read once a drain, and not once a batch; of them nothing is kept.
    Twice: only what is newer than the newest seen is read, by Xero's own clock. A read that ended early changes nothing
           but for what it showed.
    """

    def __init__(self) -> None:
        self._since, self._newest = _NEVER, _NEVER
        self._refs: dict[str, set[str]] = {}

    def refs(self, key: str) -> Sequence[str]:
        """The ids of all that were seen to bear a key."""
        return sorted(self._refs.get(key, ()))

    def unseen(self, client: Client, since: datetime) -> Iterator[tuple[Json, ...]]:
        """Pages of what was made or changed since an instant and was not seen, or perhaps was."""
        start = self._newest - LATE if self._since <= since else since
        newest = start if self._since == _NEVER else self._newest
        for page in client.changed(MANUAL_JOURNAL, start):
            for found in page:
                newest = max(newest, instant(found.get("UpdatedDateUTC")) or newest)
                if key := key_of(MANUAL_JOURNAL, found):
                    self._refs.setdefault(key, set()).add(id_of(MANUAL_JOURNAL, found))
            yield page
        self._since, self._newest = min(self._since, since), newest
