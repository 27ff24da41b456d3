"""The books of an organisation: documents become entries and owed vouchers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import date, datetime

import msgspec

from bridge import log
from bridge.books import companions, decisions, find, orders, settlements
from bridge.books.engine.basis import Basis, first_day_at, rulings
from bridge.books.explain import Explanation, explain
from bridge.books.outcome import BookRun, DocumentOutcome, Preview
from bridge.books.planning import Ledger
from bridge.books.replan import foreseen, replan, wanted_again
from bridge.books.shown import line_taxes
from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError, PluginError, TransientError
from bridge.host.desk import Desk
from bridge.model.chart import Chart, chart_with, recommended_chart
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.entries import JournalEntry, Mode
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction, InstructionKind, KeptFinding
from bridge.model.periods import closing_day
from bridge.model.reasons import OF_NO_LEDGER, OF_THE_LEDGER, SETTLEMENTS_ASKED_ABOUT, TAX_QUESTIONS, Reason
from bridge.model.tax_setup import TaxQuestion, tax_question, tax_regime
from bridge.plugin import Sink, SourceCapabilities
from bridge.store.api import KeptDocument, Store, UnitOfWork

Progress = Callable[[str, int, int], None]
"""Told after each document: its external id, how many are done, of how many."""

REISSUED = "books.reissued"
_S = DeliveryState


class Books:
    """Books documents, plans their vouchers, and carries out what people decide about those that wait."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, organisation: str = "local") -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._log = log.get("books").bind(organisation=organisation)

    def run(self, route: str, *, actor: str, progress: Progress | None = None) -> BookRun:
        """Book what is new, book anew what newer rules classify, and look again at what waits.

        Twice:   a second run changes nothing.
        Killed:  each document, and each entry that waits, is one unit of work; the next run goes on.
        Network: the ledger's facts, before anything is written; without them entries are booked and held.
        Question: while the route's tax regime is not settled nothing is booked, and what is not sent is held.
        Raises:  ConfigError when the route is unknown, has no rules, or books by another mode than payout.
        """
        with self._store.reading() as uow:
            the_route = self._bookable(uow.routes.get(route))
            ruled = rulings(uow.rules.versions(the_route.name), route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
        ledger = _settled(self._ledger(the_route, is_fresh=is_waiting_for_it), known)
        basis = Basis(ledger, ruled, self._clock.now())
        outcomes, moved = ([], ()) if ledger.question else self._book_all(basis, actor, progress)
        moved += replan(self._store, ledger, self._clock.now(), actor)
        return self._told(ledger, tuple(outcomes), moved)

    def look_again(self, route: str, *, actor: str) -> BookRun:
        """Look again at what is held, and carry out what people decided about it; no document is booked.

        Twice, killed, network: as ``run``. The ledger is asked only where something waits. Raises: ConfigError when
        the route is unknown.
        """
        with self._store.reading() as uow:
            the_route = uow.routes.get(route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
            is_waiting = is_waiting_for_it or _is_any(uow, the_route, _S.HELD)
        if not is_waiting and tax_question(the_route, known) is None:
            return BookRun(route, ())
        ledger = _settled(self._ledger(the_route, is_fresh=is_waiting_for_it), known)
        return self._told(ledger, (), replan(self._store, ledger, self._clock.now(), actor))

    def preview(self, route: str) -> tuple[Preview, ...]:
        """Every held or owed voucher with the bytes that would be sent, in sending order. Changes nothing.

        They are shown as the next run would have them: the ledger is asked anew where something waits for it. Where it
        is silent they are shown as they stand.
        """
        with self._store.reading() as uow:
            the_route = uow.routes.get(route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
            is_waiting = is_waiting_for_it or _is_any(uow, the_route, _S.HELD, _S.OWED)
        if not is_waiting:
            return ()
        ledger = _settled(self._ledger(the_route, is_fresh=is_waiting_for_it), known)
        facts = ledger.facts or known
        with self._store.reading() as uow:
            waiting = list(_with_entries(uow, foreseen(uow, ledger, self._clock.now())))
            first = {name for delivery, _ in waiting if delivery.voucher for name in delivery.voucher.after}
            refs = uow.deliveries.refs(sorted(first))
        sink = self._renderer(ledger) if any(each.voucher for each, _ in waiting) else None
        waiting.sort(key=_sending_order)
        return tuple(
            Preview(
                delivery,
                entry,
                sink.render(delivery.voucher, refs) if sink and delivery.voucher else None,
                line_taxes(delivery.voucher, entry, the_route, facts) if delivery.voucher else (),
            )
            for delivery, entry in waiting
        )

    def _renderer(self, ledger: Ledger) -> Sink | None:
        """What renders bodies; a ledger that is silent just now can do so too. None where it lets nobody in."""
        if ledger.sink is not None:
            return ledger.sink
        with suppress(AuthorizationError, PluginError):
            return self._desk.sink(ledger.route.ledger)
        return None

    def decide(
        self, kind: InstructionKind, subject: str, *, by: str, reason: str, until: datetime | None = None
    ) -> tuple[Instruction, ...]:
        """Save a person's decision about a voucher, or accept a finding; subject: an id, or the beginning of one.

        A settlement's own id means all its vouchers that the decision fits, so that it does not go out by half.

        Carried out: release, book_again, and withdraw of what is held or owed, by the next run; retry, and withdraw of
                     what is parked, by the next delivery; an acceptance at once.
        Raises: ConfigError when name or reason is missing, the subject is unknown, or its state speaks against it.
        """
        if not by.strip() or not reason.strip():
            raise ConfigError(f"{kind} {subject}", "needs a name and a reason", "Say who decides and why")
        now = self._clock.now()
        if until is not None and until <= now:
            raise ConfigError(
                f"{kind} {subject}", f"would lapse on {until:%Y-%m-%d}, which is past", "Name a later day"
            )
        with self._store.unit(by) as uow:
            if kind is InstructionKind.ACCEPT:
                names = [_accept(uow, subject, by, reason, until)]
            else:
                meant = decisions.fitting(uow, kind, subject, find.vouchers(uow, subject), now)
                names = [delivery.voucher_id for delivery in meant]
            instructions = tuple(Instruction(kind, name, by, reason, now, until) for name in names)
            for instruction in instructions:
                uow.instructions.add(instruction)
        return instructions

    def finding(self, wanted: str) -> KeptFinding:
        """The finding somebody means, by its id or the beginning of it. Raises: ConfigError."""
        with self._store.reading() as uow:
            return find.finding(uow, wanted)

    def explain(self, wanted: str, *, lines: int | None = 20) -> tuple[Explanation, ...]:
        """Where entries come from and what became of them. lines: at most so many of each posting; None for all.

        wanted:  an entry's id, a voucher's id or number, the unique beginning of an id, or the channel's own id
                 of a document, which means all its entries.
        Raises:  ConfigError when nothing or too much is meant.
        """
        with self._store.reading() as uow:
            return tuple(explain(uow, kept, self.chart, lines=lines) for kept in find.entries(uow, wanted))

    def chart(self, route: Route) -> Chart:
        """The accounts that a route's rules and channel name; all but the channel's own while its plugin is away."""
        try:
            return chart_with(self._desk.source_offer(route.source).capabilities.accounts)
        except ConfigError:
            return recommended_chart()

    def _bookable(self, route: Route) -> Route:
        modes = self._desk.source_offer(route.source).capabilities.modes or (Mode.PAYOUT,)
        if route.mode not in modes:
            raise ConfigError(
                f"route {route.name}",
                f"mode {route.mode} cannot be booked for this channel",
                f"Use mode {' or '.join(modes)}",
                code="config.mode",
            )
        return route

    def _ledger(self, route: Route, *, is_fresh: bool) -> Ledger:
        source = self._desk.source_offer(route.source)
        types = dict(self._desk.sink_offer(route.ledger).capabilities.account_types)
        try:
            facts = self._desk.facts(route.ledger, is_fresh=is_fresh)
            return Ledger(route, source, facts, self._desk.sink(route.ledger), types=types)
        except (TransientError, AuthorizationError, PluginError) as cause:
            self._log.info("ledger facts unavailable", route=route.name, code=cause.code)
            return Ledger(route, source, None, None, str(cause), cause.disposition, types=types)

    def _book_all(
        self, basis: Basis, actor: str, progress: Progress | None
    ) -> tuple[list[DocumentOutcome], tuple[Delivery, ...]]:
        """Every document that is new, or waits for what has come since; with the vouchers that this moved."""
        route, channel = basis.route, basis.ledger.channel
        is_gathered = orders.are_gathered(channel)
        with self._store.reading() as uow:
            new = list(_new(uow, route, channel))
            again = list(_outdated(uow, route, basis.rulings.newest, is_gathered=is_gathered))
        outcomes = []
        told = progress or (lambda name, done, whole: None)
        for done, kept in enumerate([*new, *again], start=1):
            if (outcome := settlements.book(self._store, kept, basis, actor)) is not None:
                outcomes.append(outcome)
            told(kept.document.identity.external_id, done, len(new) + len(again))
        if is_gathered:
            return [*outcomes, *orders.run(self._store, route, basis, actor, told)], ()
        return outcomes, companions.keep(self._store, basis, actor)

    def _told(self, ledger: Ledger, outcomes: tuple[DocumentOutcome, ...], moved: tuple[Delivery, ...]) -> BookRun:
        route = ledger.route
        made = {entry_id for outcome in outcomes for entry_id in outcome.entry_ids}
        with self._store.reading() as uow:
            held = [
                delivery
                for delivery in uow.deliveries.with_state(route.ledger, _S.HELD)
                if delivery.route_id == route.route_id
            ]
            new = [delivery for several in uow.deliveries.of_entries(sorted(made)).values() for delivery in several]
        known = {delivery.voucher_id for delivery in new}
        states = Counter(
            delivery.state for delivery in [*new, *(each for each in moved if each.voucher_id not in known)]
        )
        return BookRun(
            route.name,
            outcomes,
            owed=states[_S.OWED],
            held=states[_S.HELD],
            withdrawn=states[_S.WITHDRAWN],
            waiting=tuple(sorted(Counter(delivery.reason for delivery in held).items())),
            silence=ledger.silence,
            question=ledger.question,
            why_silent=ledger.why_silent,
        )


def _settled(ledger: Ledger, known: LedgerFacts | None) -> Ledger:
    """The ledger with the regime its route is booked by, or the question. known: its facts of an earlier day."""
    last = ledger.facts or known
    answer = tax_regime(ledger.route, last)
    if isinstance(answer, TaxQuestion):
        return msgspec.structs.replace(ledger, question=answer)
    route = msgspec.structs.replace(ledger.route, tax_regime=answer)
    return msgspec.structs.replace(ledger, route=route, country=last.country if last else "")


def _new(uow: UnitOfWork, route: Route, channel: SourceCapabilities) -> list[KeptDocument]:
    """Documents nobody has booked, those a later first day had kept out, and those whose question may be answered.

    Each is booked by itself.
    """
    connection_id = uow.connections.get(route.source).connection_id
    kinds = [kind for kind in DocumentKind if not (orders.are_gathered(channel) and kind in orders.KINDS)]
    new = uow.documents.with_state(connection_id, DocumentState.NEW, kinds=kinds)
    early = uow.documents.held_for(connection_id, [Reason.BEFORE_FIRST_DAY], since=first_day_at(route))
    let_in = [kept for kept in early if closing_day(kept.document, route.time_zone) >= route.first_day]
    asked = uow.documents.held_for(connection_id, sorted(SETTLEMENTS_ASKED_ABOUT))
    looked_at_again = [kept for kept in (*let_in, *asked) if kept.document.identity.kind in kinds]
    return sorted([*new, *looked_at_again], key=lambda kept: (kept.document.closed_at, kept.document.document_id))


def _waiting(uow: UnitOfWork, route: Route, *states: DeliveryState) -> Iterator[tuple[Delivery, JournalEntry]]:
    """The vouchers of a route in these states, each with its entry."""
    ours = [each for each in uow.deliveries.with_state(route.ledger, *states) if each.route_id == route.route_id]
    return _with_entries(uow, ours)


def _with_entries(uow: UnitOfWork, deliveries: Collection[Delivery]) -> Iterator[tuple[Delivery, JournalEntry]]:
    entries = uow.entries.get_many(sorted({delivery.entry_id for delivery in deliveries}))
    return ((delivery, entries[delivery.entry_id].entry) for delivery in deliveries)


def _outdated(uow: UnitOfWork, route: Route, newest: int, *, is_gathered: bool) -> Iterator[KeptDocument]:
    """Documents whose unsent vouchers newer rules may release, that waited for their regime, or that move elsewhere."""
    seen = set()
    for delivery, entry in _waiting(uow, route, _S.HELD, _S.OWED, _S.PARKED):
        is_overtaken = delivery.state is _S.HELD and (entry.rule_version < newest or delivery.reason in TAX_QUESTIONS)
        is_overtaken = is_overtaken or settlements.is_elsewhere(entry, route)
        if is_overtaken and entry.document_id not in seen:
            seen.add(entry.document_id)
            kept = uow.documents.revision(entry.document_id, entry.revision)
            if kept is not None and not (is_gathered and kept.document.identity.kind in orders.KINDS):
                yield kept


def _waits_for_the_ledger(uow: UnitOfWork, route: Route, known: LedgerFacts | None) -> bool:
    """Whether a voucher waits for something that somebody may just have put right in the ledger, or its regime does."""
    if route.tax_regime is None and known is not None and not known.country:
        return True
    waiting = uow.deliveries.with_state(route.ledger, _S.PARKED, _S.HELD)
    ours = [each for each in waiting if each.route_id == route.route_id]
    return any(each.route_id == route.route_id for each in wanted_again(uow)) or any(
        each.reason not in OF_NO_LEDGER if each.state is _S.HELD else each.reason in OF_THE_LEDGER for each in ours
    )


def _is_any(uow: UnitOfWork, route: Route, *states: DeliveryState) -> bool:
    """Whether a voucher of a route stands in one of these states."""
    return any(each.route_id == route.route_id for each in uow.deliveries.with_state(route.ledger, *states))


def _sending_order(waiting: tuple[Delivery, JournalEntry]) -> tuple[bool, date, str, str, bool]:
    """What moves a payout follows the settlements; the rest goes by date, each payment behind what it pays."""
    delivery, entry = waiting
    voucher = delivery.voucher
    paid = (voucher.pays if voucher else "") or delivery.voucher_id
    day = voucher.dated_on if voucher else entry.booked_on
    return entry.moves_payout, day, entry.entry_id, paid, paid != delivery.voucher_id


def _accept(uow: UnitOfWork, subject: str, by: str, reason: str, until: datetime | None) -> str:
    """Accept a finding; a re-issue that is accepted is no longer held: the books stay as they are."""
    finding = find.finding(uow, subject).finding
    uow.findings.accept(finding.finding_id, by, reason, until)
    document_id, _, revision = finding.subject.partition("#")
    if finding.code == REISSUED and revision.isdecimal():
        uow.documents.set_state(document_id, int(revision), DocumentState.BOOKED, Reason.REISSUE_ACCEPTED)
    return finding.finding_id
