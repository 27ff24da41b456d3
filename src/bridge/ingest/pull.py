"""Pulls a channel: how it is set, its windows one after the other, and what is asked for by its id.

No plugin works while a unit of work writes. A page is saved with the cursor after it, or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, TransientError
from bridge.host.desk import Desk
from bridge.host.turn import turn
from bridge.ingest.asking import ask, recount
from bridge.ingest.back import Back
from bridge.ingest.paging import pulling
from bridge.ingest.revisions import Outcome
from bridge.ingest.setting import Setting
from bridge.ingest.streaming import Streaming, StreamReport
from bridge.model.channel import Inquiry, Why
from bridge.model.leases import LeaseKind
from bridge.store.api import Store


class Pulled(msgspec.Struct, frozen=True):
    """What a run brought. asked: things asked for by their id that were answered. by_id: their documents, counted."""

    connection: str
    streams: tuple[StreamReport, ...]
    asked: int = 0
    by_id: tuple[tuple[Outcome, int], ...] = ()
    error: BridgeError | None = None

    @property
    def documents(self) -> dict[Outcome, int]:
        """How many documents were read, by what became of them."""
        counts: Counter[Outcome] = Counter(dict(self.by_id))
        for report in self.streams:
            counts.update(dict(report.documents))
        return dict(counts)


class Puller:
    """Pulls connections, each by one process at a time."""

    def __init__(self, store: Store, desk: Desk, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock

    def pull(self, connection: str, *, actor: str, back: Back | None = None) -> Pulled:
        """Read what every stream has since it was read last, then ask for what is asked for by its id.

        back:    a back-fill: what more is to be had than before is read too, and somebody looks on.
        Twice:   goes on where the first stopped; what is known changes nothing. Failure: of one stream is told in
                 the answer, and the others go on. Never sleeps: what has to wait is saved, with the time to go on.
        Raises:  ConfigError for an account that is not the connection's; PluginError, AuthorizationError;
                 TransientError when the channel does not say how it is set; StaleError ``pull.busy`` while another
                 pulls it, or when another took over because this one was silent for ten minutes.
        """
        what = f"pull of {connection}"
        with turn(self._store, self._clock, LeaseKind.PULL, connection, actor, what=what, code="pull.busy") as mine:
            return self._pull(mine, connection, actor, back)

    def _pull(self, store: Store, connection: str, actor: str, back: Back | None) -> Pulled:
        setting = Setting(store, self._desk, self._clock, connection, actor)
        with store.unit(actor) as unit:
            unit.windows.keep_only(setting.connection_id, [one.name for one in setting.offer.capabilities.streams])
        reports = tuple(Streaming(setting, stream, back).run() for stream in setting.offer.capabilities.streams)
        try:
            recount(setting)
        except TransientError as error:
            return Pulled(connection, reports, error=error)
        asked, documents, fault = ask(setting)
        by_id = Counter(document.outcome for document in documents)
        return Pulled(connection, reports, asked, tuple(by_id.items()), fault)

    def forget(self, connection: str, *, actor: str) -> None:
        """A connection that is not asked, or not any more: nothing waits for its windows."""
        with self._store.reading() as unit:
            connection_id = unit.connections.get(connection).connection_id
            has_windows = unit.windows.through(connection_id) is not None
        if has_windows:
            with self._store.unit(actor) as unit:
                unit.windows.keep_only(connection_id, ())

    def note(self, connection: str, headers: Mapping[str, str], body: bytes, *, actor: str) -> int:
        """Keep what a notice is about, for the next pull to ask for; it moves no window. Its signature is proven.

        Returns how many things it names. Twice: they are asked for once.
        """
        with self._store.reading() as unit:
            connection_id = unit.connections.get(connection).connection_id
        named = dict.fromkeys(pulling(self._desk.source(connection)).notice(headers, body))
        now = self._clock.now()
        with self._store.unit(actor) as unit:
            unit.inquiries.add(connection_id, [Inquiry(*name, Why.NOTICE, now) for name in named])
        return len(named)
