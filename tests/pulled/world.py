"""A merchant whose tiny shop is pulled, through the guard, into a real store."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime

import msgspec

from bridge.host.guard import Guard
from bridge.host.guarded_source import GuardedSource
from bridge.ingest import Pulled, Puller, noticed
from bridge.model.channel import Inquiry, Window
from bridge.model.connections import Connection, Route, Side
from bridge.model.documents import DocumentKind, DocumentState, Identity
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.leases import LeaseKind
from bridge.model.lines import Line
from bridge.plugin import SourceCapabilities, Stream
from bridge.sandbox import SandboxClock, SandboxServer
from bridge.store.api import KeptDocument, Store
from bridge.testing import Bench
from tests.books.mortal import Killed, Life, MortalStore
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.pulled.shop import ACCOUNT, Shop, serve
from tests.pulled.source import CAPABILITIES, Settings, TinyPull, offer, read_notice

CONNECTION = Connection(name="shop", plugin="tinypull", side=Side.SOURCE, account=ACCOUNT)
LEDGER = Connection(name="books", plugin="fake", side=Side.SINK, account="C1")
ROUTE = Route(
    name="main",
    source="shop",
    ledger="books",
    time_zone="Europe/Paris",
    first_day=date(2026, 6, 30),
    clearing="1240",
    bank="1000",
)
PLAIN = msgspec.structs.replace(CAPABILITIES, reports=(), tells_balances=False)
"""Of itself the shop tells nothing: it is asked for documents alone."""
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
ORDER, REFUND, PAYOUT = DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.PAYOUT


class World:
    """The shop, its server, and what bridge knows of it."""

    def __init__(self, store: Store, clock: FakeClock | None = None) -> None:
        self.store, self.clock = store, clock or FakeClock(NOON)
        self.shop = Shop(SandboxClock(self.clock))
        self.server: SandboxServer = serve(self.shop)
        self.source: type[TinyPull] = TinyPull
        self.capabilities = PLAIN
        with store.unit("test") as unit:
            for connection in (CONNECTION, LEDGER):
                unit.connections.put(connection)
            unit.routes.put(ROUTE)

    # What bridge does

    def guarded(self) -> GuardedSource:
        """The plugin's source as the host would build it."""
        offered = offer(self.source, self.capabilities)
        app = Settings(base_url=self.server.base_url)
        bench = Bench(offered, account=ACCOUNT, connection="shop", app=app, clock=self.clock)
        guard = Guard("tinypull", "shop", hosts=frozenset({"127.0.0.1"}), seconds=30)
        return GuardedSource(offered.build(bench), guard)

    def puller(self, store: Store | None = None) -> Puller:
        """A process of its own: nothing is remembered but what is stored."""
        offered = offer(self.source, self.capabilities)
        desk = FakeDesk(self.clock, sources={"shop": self.guarded()}, source_offers={"shop": offered})
        return Puller(store or self.store, desk, self.clock)

    def pull(self, *, after_seconds: float = 0) -> Pulled:
        self.clock.advance(after_seconds)
        return self.puller().pull("shop", actor="worker")

    def pull_all(self) -> None:
        """Pull until no job runs any more."""
        self.pull()
        self.shop.finish_jobs()
        self.pull(after_seconds=120)

    def pull_mortally(self, writes: int) -> bool:
        """Pull in a process that dies before its n-th write or commit; whether it did."""
        life = Life(writes)
        with suppress(Killed):
            self.puller(MortalStore(self.store, life)).pull("shop", actor="worker")
            return False
        self.bury()
        return True

    def bury(self) -> None:
        """What a process holds is free once it has died; this one has not, so that nobody sees that it did."""
        with self.store.unit("worker") as unit:
            if lease := unit.leases.get(LeaseKind.PULL, "shop"):
                unit.leases.release(lease)

    def note(self, kind: str, external_id: str) -> int:
        body = b'{"kind": "%b", "id": "%b"}' % (kind.encode(), external_id.encode())
        names = [(word.kind, word.external_id) for word in read_notice({}, body)]
        with self.store.unit("web") as unit:
            noticed(unit, unit.connections.get("shop").connection_id, names, self.clock.now())
        return len(names)

    def only(self, *streams: str) -> None:
        """Declare these streams alone."""
        kept = tuple(stream for stream in PLAIN.streams if stream.name in streams)
        self.declare(_with(self.capabilities, kept))

    def declare(self, capabilities: SourceCapabilities) -> None:
        self.capabilities = capabilities

    # What is there

    def kept(self, kind: DocumentKind, name: str) -> KeptDocument | None:
        with self.store.reading() as unit:
            return unit.documents.latest(document_id(kind, name))

    def state(self, kind: DocumentKind, name: str) -> tuple[int, DocumentState, str, int]:
        """Revision, state, reason and total of the newest revision."""
        kept = self.kept(kind, name)
        assert kept is not None
        return kept.document.revision, kept.state, kept.reason, kept.document.total_minor

    def book(self, kind: DocumentKind, name: str) -> None:
        """As the books would: mark the newest revision booked."""
        kept = self.kept(kind, name)
        assert kept is not None
        with self.store.unit("books") as unit:
            unit.documents.set_state(kept.document.document_id, kept.document.revision, DocumentState.BOOKED, "")

    def names(self) -> list[tuple[str, str, int]]:
        """Kind, id and total of every newest document, and that it was saved with its lines."""
        with self.store.reading() as unit:
            every = tuple(unit.documents.of_connection(CONNECTION.connection_id))
        return sorted((one.document.identity.kind, one.document.identity.external_id, one.lines_minor) for one in every)

    def lines(self, kind: DocumentKind, name: str) -> list[Line]:
        kept = self.kept(kind, name)
        assert kept is not None
        with self.store.reading() as unit:
            pages = unit.documents.lines(kept.document.document_id, kept.document.revision)
            return [line for page in pages for line in page]

    def findings(self, *states: FindingState) -> list[str]:
        return [kept.finding.code for kept in self.kept_findings(*states)]

    def kept_findings(self, *states: FindingState) -> Sequence[KeptFinding]:
        with self.store.reading() as unit:
            return unit.findings.of_route(ROUTE.route_id, *(states or (FindingState.OPEN,)))

    def accept(self, code: str) -> None:
        wanted = next(kept.finding.finding_id for kept in self.kept_findings() if kept.finding.code == code)
        with self.store.unit("ada") as unit:
            unit.findings.accept(wanted, "ada", "it is meant", None)

    def current(self, stream: str) -> Window | None:
        with self.store.reading() as unit:
            return unit.windows.current(CONNECTION.connection_id, stream)

    def closed(self, stream: str) -> tuple[Window, ...]:
        with self.store.reading() as unit:
            return unit.windows.closed(CONNECTION.connection_id, stream)

    def inquiries(self) -> tuple[Inquiry, ...]:
        with self.store.reading() as unit:
            return unit.inquiries.due(CONNECTION.connection_id, datetime.max.replace(tzinfo=UTC), 1_000)

    def audit_rows(self) -> int:
        with self.store.reading() as unit:
            return len(list(unit.audit.rows()))


def document_id(kind: DocumentKind, name: str) -> str:
    return Identity("tinypull", ACCOUNT, kind, name).document_id


def _with(capabilities: SourceCapabilities, streams: tuple[Stream, ...]) -> SourceCapabilities:
    return msgspec.structs.replace(capabilities, streams=streams)
