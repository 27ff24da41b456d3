"""Pulls a channel: how it is set, its windows one after the other, what is asked for by its id, what it says of itself.

No plugin works while a unit of work writes. A page is saved with the cursor after it, or not at all.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, DocumentError, TransientError
from bridge.host.desk import Desk
from bridge.host.turn import turn
from bridge.ingest import notices, silence, windows
from bridge.ingest.asking import ask, recount
from bridge.ingest.back import Back
from bridge.ingest.notices import Notices
from bridge.ingest.reporting import ReportRead, read_reports
from bridge.ingest.revisions import Outcome
from bridge.ingest.setting import Setting
from bridge.ingest.silence import SALES, SAMPLE, Listened
from bridge.ingest.streaming import Streaming, StreamReport
from bridge.model.findings import Finding, FindingState
from bridge.model.leases import LeaseKind
from bridge.model.reports import NOTICES
from bridge.plugin import Stream
from bridge.store.api import Store, UnitOfWork


class Pulled(msgspec.Struct, frozen=True):
    """What a run brought. asked: things asked for by their id that were answered. by_id: their documents, counted.

    reports: what was read of what the channel says of itself.
    """

    connection: str
    streams: tuple[StreamReport, ...]
    asked: int = 0
    by_id: tuple[tuple[Outcome, int], ...] = ()
    error: BridgeError | None = None
    reports: tuple[ReportRead, ...] = ()

    @property
    def is_cut(self) -> bool:
        """Whether it was left off before its end, for others to come before the rest."""
        return any(report.is_cut for report in self.streams)

    @property
    def documents(self) -> dict[Outcome, int]:
        """How many documents were read, by what became of them."""
        counts: Counter[Outcome] = Counter(dict(self.by_id))
        for report in self.streams:
            counts.update(dict(report.documents))
        return dict(counts)


class Puller:
    """Pulls connections, each by one process at a time. notices_url: see ``Settings``."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, notices_url: str = "") -> None:
        self._store, self._desk, self._clock, self._notices_url = store, desk, clock, notices_url

    def pull(self, connection: str, *, actor: str, back: Back | None = None, until: datetime | None = None) -> Pulled:
        """Read what every stream has since it was read last, ask for what is asked for by its id, then read reports.

        back:    a back-fill: what more is to be had than before is read too, and somebody looks on.
        until:   then it is left off behind the page that has just come, and the next pull goes on.
        Twice:   goes on where the first stopped; what is known changes nothing. Failure: of one stream is told in
                 the answer, and the others go on. Never sleeps: what has to wait is saved, with the time to go on.
        Raises:  ConfigError for an account that is not the connection's; PluginError, AuthorizationError;
                 TransientError when the channel does not say how it is set; StaleError ``pull.busy`` while another
                 pulls it, or when another took over because this one was silent for ten minutes.
        """
        what = f"pull of {connection}"
        with turn(self._store, self._clock, LeaseKind.PULL, connection, actor, what=what, code="pull.busy") as mine:
            return self._pull(mine, connection, actor, back, until)

    def _pull(self, store: Store, connection: str, actor: str, back: Back | None, until: datetime | None) -> Pulled:
        setting = Setting(store, self._desk, self._clock, connection, actor, self._notices_url)
        streams = tuple(Streaming(setting, stream, back, until).run() for stream in self._allowed(setting))
        if any(report.is_cut for report in streams):
            return Pulled(connection, streams)
        try:
            recount(setting)
        except (TransientError, DocumentError) as error:
            return Pulled(connection, streams, error=error)
        asked, documents, fault = ask(setting)
        by_id = Counter(document.outcome for document in documents)
        return Pulled(connection, streams, asked, tuple(by_id.items()), fault, read_reports(setting))

    def _allowed(self, setting: Setting) -> tuple[Stream, ...]:
        """The streams that the channel lets us read; of each other a finding says so, as long as that is so."""
        declared, facts = setting.offer.capabilities.streams, setting.facts
        allowed = tuple(stream for stream in declared if stream.is_granted(facts))
        with setting.store.unit(setting.actor) as unit:
            unit.windows.keep_only(setting.connection_id, [stream.name for stream in allowed])
            for stream in (one for one in declared if one.grants):
                for route in setting.routes:
                    found = windows.refused(route, stream, setting.connection_id, facts)
                    self._tell(unit, found, stands=stream not in allowed)
        return allowed

    def _tell(self, unit: UnitOfWork, found: Finding, *, stands: bool) -> None:
        if stands:
            unit.findings.add(found, self._clock.now())
        elif any(kept.state is not FindingState.CLOSED for kept in unit.findings.of_ids([found.finding_id])):
            unit.findings.close(found.finding_id)

    def forget(self, connection: str, *, actor: str) -> None:
        """A connection that is not asked, or not any more: nothing waits for its windows."""
        with self._store.reading() as unit:
            connection_id = unit.connections.get(connection).connection_id
            was_asked = unit.windows.through(connection_id) or unit.windows.askings(connection_id)
        if was_asked:
            with self._store.unit(actor) as unit:
                unit.windows.keep_only(connection_id, ())

    def listen(self, connection: str, *, actor: str) -> None:
        """Say what is silent of a channel for too long, and which notices do not come; unsay it where that is over.

        Asks nothing itself.

        Called after each pull, whatever came of it. Twice: changes nothing.
        """
        with self._store.reading() as unit:
            routes = [route for route in unit.routes.all() if route.source == connection]
            listened, now = self._listened(unit, connection), self._clock.now()
            heard = self._heard(unit, connection, listened)
            found = {
                route.route_id: [
                    *silence.findings(route, listened, now),
                    *notices.findings(route, listened.connection_id, heard),
                ]
                for route in routes
            }
            stand = {route_id for route_id in found if _has_alarm(unit, route_id)}
        for route_id, alarms in found.items():
            if alarms or route_id in stand:
                with self._store.unit(actor) as unit:
                    unit.findings.settle(route_id, alarms, now, prefix=silence.PREFIX)

    def _listened(self, unit: UnitOfWork, connection: str) -> Listened:
        connection_id = unit.connections.get(connection).connection_id
        askings = unit.windows.askings(connection_id)
        return Listened(
            connection_id,
            self._desk.source_offer(connection).capabilities.streams if askings else (),
            unit.windows.through(connection_id),
            askings,
            unit.documents.newest_of(connection_id, SALES, SAMPLE) if askings else (),
        )

    def _heard(self, unit: UnitOfWork, connection: str, listened: Listened) -> Notices:
        declared, connection_id = self._desk.source_offer(connection).capabilities, listened.connection_id
        address = notices.expected_at(self._notices_url, connection, declared)
        if not address:
            return Notices("")
        return notices.known(address, declared, unit.readings.of_report(connection_id, NOTICES), listened.told)


def _has_alarm(unit: UnitOfWork, route_id: str) -> bool:
    told = unit.findings.of_route(route_id, FindingState.OPEN, FindingState.ACCEPTED)
    return any(kept.finding.code.startswith(silence.PREFIX) for kept in told)
