"""The story: each thing a person asks to see, read in one moment and handed over as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date

import msgspec

from bridge.books import Books, Opening, find
from bridge.books.beside.before import opening_of
from bridge.clock import Clock
from bridge.desk.access import Access, access, access_ends
from bridge.desk.answers import unproven
from bridge.desk.audit import LogEntry, log_entry
from bridge.desk.board import Board, BoardRow, board
from bridge.desk.cards import RouteCard, card
from bridge.desk.checking import (
    Checked,
    LedgerBooks,
    gravest_first,
    of_channel,
    of_ends,
    of_ledger,
    of_reading,
)
from bridge.desk.choosing import Wanted, paged
from bridge.desk.completeness import AccessEnd
from bridge.desk.duties import Workers, workers
from bridge.desk.everything import Files, everything
from bridge.desk.explain import Explanation, explain
from bridge.desk.export import Export, export
from bridge.desk.figures import Figures, figures_of, month_named
from bridge.desk.held import Held, what_waits
from bridge.desk.monday import RouteView, of_route, what_of_it_waits
from bridge.desk.month import days_of
from bridge.desk.new_route import Terms, partners, terms
from bridge.desk.preview import Preview, PreviewPage, preview_page, previews
from bridge.desk.profit import Profit, profit_of
from bridge.desk.rehearsal import Rehearsal, rehearsal
from bridge.desk.reviews import FindingCard, Reviewed, finding_card, findings_about, reviewed
from bridge.desk.siblings import Siblings, siblings
from bridge.desk.sources import Asked, Completeness, completeness
from bridge.desk.spool import spool
from bridge.desk.waits import Waiting, Waitlist, about, chosen, waits
from bridge.errors import AuthorizationError, BridgeError, ConfigError, PluginError
from bridge.host.desk import Desk
from bridge.host.holder import as_it_stands
from bridge.ingest import expected_at
from bridge.model.chart import Chart, chart_with, recommended_chart, title
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery
from bridge.model.findings import Finding, FindingState, KeptFinding
from bridge.model.organisations import Used
from bridge.model.pauses import Pause
from bridge.model.remarks import Remark, in_order
from bridge.model.reviews import SignOff
from bridge.model.rules import RuleSet
from bridge.model.runs import Run
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import PulledSource, Sink, SummingSink
from bridge.plugin.wording import object_name
from bridge.store.api import AuditRow, Client, Store, UnitOfWork, Unvouched


class Views:
    """What a person sees. Nothing is changed by looking; only a preview may ask a ledger.

    host, books: made when a view first asks for them; most are of the store alone. notices_url: see ``Settings``.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        host: Callable[[], Desk],
        books: Callable[[], Books],
        notices_url: str = "",
    ) -> None:
        self._store, self._clock, self._host, self._books = store, clock, host, books
        self._notices_url = notices_url

    def connections(self) -> tuple[Connection, ...]:
        """Every connection, by name."""
        with self._store.reading() as unit:
            return unit.connections.all()

    def accesses(self) -> tuple[Access, ...]:
        """Every connection, by name, and whether bridge is let in: see ``access``."""
        now = self._clock.now()
        with self._store.reading() as unit:
            pauses = unit.pauses.all()
            return tuple(access(unit, connection, pauses, now) for connection in unit.connections.all())

    def access(self, connection: str) -> Access:
        """One of them. Raises: ConfigError for none of that name."""
        with self._store.reading() as unit:
            return access(unit, unit.connections.get(connection), unit.pauses.all(), self._clock.now())

    @contextmanager
    def everything(self) -> Iterator[Files]:
        """All that is kept of this organisation, as files, in one moment: see ``desk.everything``."""
        with self._store.reading() as unit:
            yield everything(unit)

    def usage(self) -> tuple[Used, ...]:
        """What each month took, the newest first."""
        with self._store.reading() as unit:
            return unit.usage.all()

    def workers(self) -> Workers:
        """Which there are, and what is due: see ``desk.duties``."""
        with self._store.reading() as unit:
            return workers(unit, self._clock.now())

    def board(self) -> Board:
        """Every route of this organisation as the board shows it, the gravest first."""
        with self._store.reading() as unit:
            client = Client(
                organisation="",
                routes=unit.routes.all(),
                connections=unit.connections.all(),
                pauses=unit.pauses.all(),
                duties=unit.duties.all(),
                summaries=unit.summaries.all(),
            )
        return board([client], self._clock.now())

    def _row(self, unit: UnitOfWork, route: Route, duties: Workers) -> BoardRow | None:
        """A route as the board shows it; None of one that has ended. Reads no other."""
        alone = Client(
            organisation="",
            routes=(route,),
            connections=tuple(unit.connections.get(one) for one in (route.source, route.ledger)),
            pauses=duties.pauses,
            duties=tuple(one.duty for one in duties.duties),
            summaries=unit.summaries.of_routes([route.route_id]),
        )
        return next((one for one in board([alone], duties.at).rows if one.route == route.name), None)

    def pauses(self) -> tuple[Pause, ...]:
        """What people stopped."""
        with self._store.reading() as unit:
            return unit.pauses.all()

    def checked(self, name: str) -> Checked:
        """A connection, asked just now: what it is, what is missing, what to look at. Network.

        Raises: ConfigError for none of that name; what keeps it from answering.
        """
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
        now = self._clock.now()
        if connection.side is Side.SINK:
            self._host().facts(name, is_fresh=True)
            return Checked(connection, now, self.known_remarks(name))
        told = self._told_by_channel(connection)
        return Checked(connection, now, gravest_first([*told, *of_ends(self._ends(connection))]))

    def ledger_books(self, name: str, on: date, since: date | None = None) -> LedgerBooks:
        """What a ledger says its accounts come to on a day, and, where a first day is given, since that. Network.

        Raises: ConfigError for none of that name, or one that tells no sums; what keeps it from answering.
        """
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
        if connection.side is Side.SOURCE or not self._host().sink_offer(name).capabilities.tells_sums:
            raise _no_sums(name)
        sink = self._host().sink(name)
        if not isinstance(sink, SummingSink):
            raise _no_sums(name)
        earned = sink.profit_and_loss(since, on) if since else ()
        return LedgerBooks(self._host().facts(name).home_currency, on, sink.balances_on(on), since, earned)

    def known_remarks(self, ledger: str) -> tuple[Remark, ...]:
        """What there is to say of a ledger by what it told last; nothing while it told nothing yet."""
        with self._store.reading() as unit:
            connection = unit.connections.get(ledger)
            facts, reading = unit.facts.latest(ledger), unit.copies.covered(ledger)
            routes = [route for route in unit.routes.all() if route.ledger == ledger]
            cards = [card(unit, route, self._chart(route)) for route in routes]
            sold = [told for one in cards if (told := _currency(unit, one.route.source))]
        if facts is None:
            return ()
        ends = self._ends(connection)
        return gravest_first([*of_ledger(facts, cards, sold), *of_reading(reading), *of_ends(ends)])

    def partners(self, side: Side) -> tuple[Connection, ...]:
        """Where a route from or into a connection of that side may lead: see ``new_route.partners``."""
        with self._store.reading() as unit:
            return partners(side, unit.connections.all(), unit.routes.all())

    def terms(self, channel: str, ledger: str) -> Terms:
        """What a route between them leaves open: see ``Terms``. Network, for a channel that was never asked how it is.

        Raises: ConfigError where one of them is not there, or is not of that side.
        """
        declared = self._host().source_offer(channel).capabilities
        self._host().sink_offer(ledger)
        with self._store.reading() as unit:
            facts = unit.facts.latest(ledger)
            askings = unit.windows.askings(unit.connections.get(channel).connection_id)
        told = askings[""].told if "" in askings else None
        with suppress(BridgeError):  # a silent channel is asked for its time zone no more than a person is
            source = self._host().source(channel)
            if told is None and self._host().is_asked(channel) and isinstance(source, PulledSource):
                told = source.survey()
        return terms(channel, ledger, facts, declared, told.time_zone if told else "")

    def _told_by_channel(self, connection: Connection) -> tuple[Remark, ...]:
        source = self._host().source(connection.name)
        if not (self._host().is_asked(connection.name) and isinstance(source, PulledSource)):
            return (in_order("account", f"{connection.account}: files of it are read, and it is not asked"),)
        facts = source.survey()
        return tuple(of_channel(facts, self._host().unread(connection.name, facts)))

    def _ends(self, connection: Connection) -> tuple[AccessEnd, ...]:
        with self._store.reading() as unit:
            return access_ends(unit, connection, self._clock.now())

    def routes(self) -> tuple[Route, ...]:
        """Every route, by name."""
        with self._store.reading() as unit:
            return unit.routes.all()

    def cards(self, *, with_gateways: bool = False) -> tuple[RouteCard, ...]:
        """Every route as a person is told it: see ``card``."""
        with self._store.reading() as unit:
            routes = unit.routes.all()
            return tuple(card(unit, route, self._chart(route), with_gateways=with_gateways) for route in routes)

    def card(self, route: str) -> RouteCard:
        """One of them. Raises: ConfigError for no such route."""
        with self._store.reading() as unit:
            the_route = unit.routes.get(route)
            return card(unit, the_route, self._chart(the_route))

    def rehearsal(self, route: str, since: int | None) -> Rehearsal | None:
        """How a route's dry run stands: see ``rehearsal``. Raises: ConfigError for no such route."""
        with self._store.reading() as unit:
            return rehearsal(unit, unit.routes.get(route), since, self._clock.now())

    def opening(self, route: str) -> Opening:
        """What was there before a route's first day, and what nobody told. Raises: ConfigError for no such route."""
        with self._store.reading() as unit:
            the_route = unit.routes.get(route)
        channel = self._host().source_offer(the_route.source).capabilities
        with self._store.reading() as unit:
            return opening_of(unit, the_route, channel)

    def titles(self, route: str) -> Mapping[str, str]:
        """What the accounts that a route may name are called, by number. Raises: as ``opening``."""
        with self._store.reading() as unit:
            chart = self._chart(unit.routes.get(route))
        return {number: title(chart, number) for number in chart}

    def held(self, *, is_all: bool) -> Held:
        """Everything that waits: see ``what_waits``."""
        with self._store.reading() as unit:
            return what_waits(unit, self._clock.now(), is_all=is_all)

    def waits(self, wanted: Wanted, number: int) -> Waitlist:
        """A page of what waits, findings too, as one list: see ``waits``."""
        with self._store.reading() as unit:
            return waits(unit, wanted, number, self._clock.now(), self.words)

    def chosen(self, wanted: Wanted, most: int) -> tuple[tuple[str, ...], int]:
        """The ids of the first of what waits and is wanted, and how many there are in all: see ``chosen``."""
        with self._store.reading() as unit:
            return chosen(unit, wanted, most, self._clock.now(), self.words)

    def about(self, subjects: Sequence[str]) -> tuple[Waiting, ...]:
        """These things as they stand: see ``waits.about``."""
        with self._store.reading() as unit:
            return about(unit, list(dict.fromkeys(subjects)), self.words)

    def reviewed(self, route: str) -> Reviewed:
        """A route's last check, as it stands: see ``reviewed``. Raises: ConfigError for no such route."""
        with self._store.reading() as unit:
            return reviewed(unit, unit.routes.get(route), self._clock.now())

    def finding_card(self, wanted: str) -> FindingCard:
        """A finding, with what may be decided about it. Raises: as ``finding``."""
        with self._store.reading() as unit:
            return finding_card(unit, find.finding(unit, wanted))

    def signed(self, sign_off_id: str) -> SignOff:
        """What somebody signed. Raises: ConfigError for none of that id."""
        with self._store.reading() as unit:
            return unit.reviews.sign_off(sign_off_id)

    def findings_about(self, explanations: Sequence[Explanation]) -> tuple[KeptFinding, ...]:
        """The findings that stand, of entries that are explained."""
        entries = frozenset(one.kept.entry.entry_id for one in explanations)
        vouchers = frozenset(each.voucher_id for one in explanations for each in one.deliveries)
        with self._store.reading() as unit:
            return findings_about(unit, entries, vouchers)

    def copies(self, explanations: Sequence[Explanation]) -> Mapping[str, LedgerCopy]:
        """What the ledger showed last of the objects of entries that are explained, by voucher."""
        with self._store.reading() as unit:
            found = {
                each.voucher_id: unit.copies.get(each.ledger, each.ref)
                for one in explanations
                for each in one.deliveries
                if each.ref
            }
        return {name: copy for name, copy in found.items() if copy is not None}

    def undecided(self, routes: Sequence[Route]) -> tuple[Finding, ...]:
        """What changes the books and waits for a person, of these routes, beside what a drift check compares."""
        with self._store.reading() as unit:
            kept = [one for route in routes for one in unit.findings.of_route(route.route_id, FindingState.OPEN)]
        return tuple(one.finding for one in kept if one.finding.changes_books)

    def completeness(self, names: Sequence[str] = ()) -> Completeness:
        """Whether everything is in, of these channel connections or of all: see ``completeness``.

        Raises: ConfigError for one that is not there, or is no channel's.
        """
        with self._store.reading() as unit:
            known = {one.name: one for one in unit.connections.all() if one.side is Side.SOURCE}
        for name in names:
            if name not in known:
                cause = f"there is no channel connection of that name: there are {', '.join(known) or 'none'}"
                raise ConfigError(f"connection {name!r}", cause, "See `bridge connections`", code="connection.unknown")
        asked = {name: self._asked(name) for name in names or known}
        with self._store.reading() as unit:
            return completeness(unit, asked, self._clock.now())

    def finding(self, wanted: str) -> KeptFinding:
        """The finding somebody means, by its id or the beginning of it. Raises: ConfigError."""
        with self._store.reading() as unit:
            return find.finding(unit, wanted)

    def siblings(self, voucher_ids: Sequence[str]) -> Siblings:
        """What else there is of the documents that these vouchers are made from."""
        with self._store.reading() as unit:
            return siblings(unit, voucher_ids)

    def explain(self, wanted: str, *, lines: int | None = 20) -> tuple[Explanation, ...]:
        """Where entries come from and what became of them. lines: at most so many of each posting; None for all.

        wanted:  an entry's id, a voucher's id or number, the unique beginning of an id, or the channel's own id
                 of a document, which means all its entries.
        Raises:  ConfigError when nothing or too much is meant.
        """
        with self._store.reading() as unit:
            return tuple(explain(unit, kept, self._chart, lines=lines) for kept in find.entries(unit, wanted))

    def preview_page(self, route: str, number: int) -> PreviewPage:
        """A page of what ``preview`` shows, with what all of it comes to; bodies are made of that page alone."""
        foreseen = self._books().foreseen(route)
        if foreseen is None:
            return PreviewPage(paged((), 1), (), ())
        is_any = any(delivery.voucher for delivery, _ in foreseen.vouchers)
        return preview_page(foreseen, (foreseen.sink or self._sink(foreseen.route.ledger)) if is_any else None, number)

    def preview(self, route: str) -> tuple[Preview, ...]:
        """Every held or owed voucher with the bytes that would be sent, in sending order: see ``Books.foreseen``."""
        foreseen = self._books().foreseen(route)
        if foreseen is None:
            return ()
        is_any = any(delivery.voucher for delivery, _ in foreseen.vouchers)
        return previews(foreseen, (foreseen.sink or self._sink(foreseen.route.ledger)) if is_any else None)

    def runs(self, limit: int, before: int | None = None) -> tuple[Run, ...]:
        """The last so many runs before that one, newest first; one that its process can no longer end is unfinished."""
        with self._store.reading() as unit:
            found = unit.runs.newest(limit, before)
        now = self._clock.now()
        return tuple(as_it_stands(run, now) for run in found)

    def run(self, number: int) -> Run:
        """One run. Raises: ConfigError when there is none of that number."""
        with self._store.reading() as unit:
            found = unit.runs.get(number)
        return as_it_stands(found, self._clock.now())

    @contextmanager
    def export(self, names: Sequence[str], days: tuple[date, date]) -> Iterator[Export]:
        """Every entry that stands, of these routes or of all, for as long as the block lasts: see ``export``."""
        charts = {route.route_id: self._chart(route) for route in self.routes()}
        with spool() as sorted_texts:
            with self._store.reading() as unit:
                routes = [unit.routes.get(name) for name in dict.fromkeys(names)] or list(unit.routes.all())
                found = export(unit, routes, charts, days, sorted_texts)
            yield found

    def audit_rows(self, last: int) -> tuple[AuditRow, ...]:
        """The newest rows of the audit log, newest last."""
        with self._store.reading() as unit:
            return unit.audit.newest(last)[::-1]

    def audit_log(self, limit: int, before: int | None = None) -> tuple[LogEntry, ...]:
        """The newest rows of the audit log before that one, newest first, as people read them."""
        with self._store.reading() as unit:
            return tuple(map(log_entry, unit.audit.newest(limit, before)))

    def rules(self, route: str) -> tuple[RuleSet, ...]:
        """The versions of a route's rules, the newest first. Raises: ConfigError for no such route."""
        with self._store.reading() as unit:
            return unit.rules.versions(unit.routes.get(route).name)[::-1]

    def route(self, name: str, month: str = "", *, is_all: bool = False) -> RouteView:
        """A route by the questions that are asked of it: see ``desk.monday``, and ``desk.figures`` for the rest.

        Raises: ConfigError for no such route, or no such month.
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            route = unit.routes.get(name)
            accounts = self._chart(route)
            seen = card(unit, route, accounts)
            waits, findings = what_of_it_waits(unit, route), unit.findings.of_route(route.route_id, FindingState.OPEN)
            facts = unit.facts.latest(route.ledger)
            closed = facts.locked_through if facts else None
            duties = workers(unit, now)
            row = self._row(unit, route, duties)
            found = figures_of(unit, route, row, accounts, month_named(month, now, route), now, is_all=is_all)
        source = self.completeness([route.source]).sources[0]
        return RouteView(seen, row, source, waits, findings, of_route(duties, route), closed, found)

    def figures(self, name: str, month: str = "") -> Figures:
        """A route's last week and a month of it, however many lines there are. Raises: as ``route``."""
        return self.route(name, month, is_all=True).figures

    def profit(self, name: str, month: str = "") -> Profit:
        """The ledger's own profit and loss of a month beside what a route booked. Network.

        Raises: ConfigError for no such route, or no such month; what keeps the ledger from answering is told in it.
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            route = unit.routes.get(name)
            since_on, until_on = days_of(month_named(month, now, route), route)
        try:
            books = self.ledger_books(route.ledger, until_on, since_on)
            facts = self._host().facts(route.ledger)
        except BridgeError as error:
            return Profit("", lacking=unproven(f"{error.thing}: {error.cause}.", error.next_step))
        with self._store.reading() as unit:
            return profit_of(unit, route, (since_on, until_on), facts, books.profit_and_loss)

    def audit_verified(self, kept_head: str | None) -> tuple[int, str, int | None]:
        """How many rows the audit log has, its head, and which row has the head that somebody kept, if one has.

        Raises: InvariantError at the first broken row.
        """
        with self._store.reading() as unit:
            rows, head = unit.audit.verify()
            at = next((row.seq for row in unit.audit.rows() if row.hash == kept_head), None) if kept_head else None
        return rows, head, at

    def unvouched(self, limit: int) -> tuple[tuple[Unvouched, ...], int, tuple[Unvouched, ...]]:
        """The first of what does not stand in the database as the audit log says, and how much of it there is.

        Last, what could not be compared with it.
        """
        first, left, many = list[Unvouched](), list[Unvouched](), 0
        with self._store.reading() as unit:
            for each in unit.audit.unvouched():
                many += each.is_compared
                if not each.is_compared:
                    left.append(each)
                elif many <= limit:
                    first.append(each)
        return tuple(first), many, tuple(left)

    def _asked(self, connection: str) -> Asked:
        """What a channel declares; nothing while its plugin is away, and that it is asked only where it can be."""
        asked = Asked()
        with suppress(BridgeError):
            declared = self._host().source_offer(connection).capabilities
            asked = Asked(declared, notices_at=expected_at(self._notices_url, connection, declared))
            is_asked = bool(declared.streams) and self._host().is_asked(connection)
            return msgspec.structs.replace(asked, is_asked=is_asked)
        return asked

    def _chart(self, route: Route) -> Chart:
        """The accounts that a route's rules and channel name; all but the channel's own while its plugin is away."""
        try:
            return chart_with(self._host().source_offer(route.source).capabilities.accounts)
        except ConfigError:
            return recommended_chart()

    def words(self, ledger: str) -> Mapping[str, str]:
        """What a ledger calls its objects, by type; nothing while its plugin is away."""
        with suppress(BridgeError):
            return self._host().sink_offer(ledger).capabilities.words
        return {}

    def called(self, delivery: Delivery) -> str:
        """A voucher for people, without its date; empty where it cannot be planned yet."""
        one = delivery.voucher
        return object_name(one.type, one.number, self.words(delivery.ledger)) if one else ""

    def _sink(self, ledger: str) -> Sink | None:
        """What renders bodies; a ledger that is silent just now can do so too. None where it lets nobody in."""
        with suppress(AuthorizationError, PluginError):
            return self._host().sink(ledger)
        return None


def _currency(unit: UnitOfWork, channel: str) -> tuple[str, str] | None:
    """A channel and the currency that it told last; None where it told none."""
    askings = unit.windows.askings(unit.connections.get(channel).connection_id)
    told = askings[""].told if "" in askings else None
    return (channel, told.currency) if told else None


def _no_sums(name: str) -> ConfigError:
    return ConfigError(
        f"connection {name}",
        "tells no trial balance and no profit and loss",
        "Leave out --since and --until, or name a ledger whose plugin `tells_sums`",
        code="connection.no_sums",
    )
