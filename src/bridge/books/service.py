"""The books of an organisation: documents become entries and owed vouchers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from bridge import log
from bridge.books import arriving, find, orders, settlements
from bridge.books.arriving import ForeseenArrival, Paid
from bridge.books.beside import before, companions, exchange, first_day, series
from bridge.books.beside.opening import Opening
from bridge.books.engine.basis import Basis, first_day_at, rulings
from bridge.books.outcome import BookRun, DocumentOutcome, Foreseen, Result
from bridge.books.planning.plan import Ledger
from bridge.books.waiting import decisions, pilots
from bridge.books.waiting import standing as waiting
from bridge.books.waiting.rates import with_rates
from bridge.books.waiting.replan import foreseen, replan
from bridge.books.waiting.saying import Saying
from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError, PausedError, PluginError, StaleError, TransientError
from bridge.host.desk import Desk
from bridge.model.arrivals import Arrival
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.entries import Mode
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.periods import closing_day
from bridge.model.reasons import SETTLEMENTS_ASKED_ABOUT, Reason
from bridge.model.tax_setup import TaxQuestion, tax_question, tax_regime
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, Store, UnitOfWork

Progress = Callable[[str, int, int], None]
"""Told after each document: its external id, how many are done, of how many."""

_S = DeliveryState


class Books:
    """Books documents, plans their vouchers, and carries out what people decide about those that wait."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, organisation: str = "local") -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._log = log.get("books").bind(organisation=organisation)

    def run(
        self, route: str, *, actor: str, until: datetime | None = None, progress: Progress | None = None
    ) -> BookRun:
        """Book what is new, book anew what newer rules classify, and look again at what waits.

        until:   when to begin with nothing further of what is new, for the next run to go on; all that comes after it
                 is done by the run that finds nothing new any more. Something is booked however late it is.
        Twice:   a second run changes nothing.
        Killed:  each document, and each entry that waits, is one unit of work; the next run goes on.
        Network: the ledger's facts, before anything is written; without them entries are booked and held. Then its
                 rates, for what is in another currency.
        Question: while the route's tax regime is not settled nothing is booked, and what is not sent is held.
        Raises:  ConfigError when the route is unknown, has no rules, or books by another mode than payout.
        """
        with self._store.reading() as uow:
            the_route = self._bookable(uow.routes.get(route))
            ruled = rulings(uow.rules.versions(the_route.name), route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
        ledger = self._ledger(the_route, known, is_fresh=is_waiting_for_it)
        basis = Basis(ledger, ruled, self._clock.now())
        outcomes, is_whole = ([], True) if ledger.question else self._book_new(basis, actor, until, progress)
        moved: tuple[Delivery, ...] = ()
        if is_whole and not ledger.question:
            moved = companions.keep(self._store, basis, actor)
        if not ledger.question:
            has_news = any(outcome.result is Result.BEFORE_FIRST_DAY for outcome in outcomes)
            first_day.keep(self._store, basis, actor, has_news=has_news)
        if is_whole:
            moved += replan(self._store, with_rates(self._store, ledger), self._clock.now(), actor)
        return msgspec.structs.replace(self._told(ledger, tuple(outcomes), moved), is_cut=not is_whole)

    def look_again(self, route: str, *, actor: str) -> BookRun:
        """Look again at what is held, and carry out what people decided about it; no document is booked.

        Twice, killed, network: as ``run``. The ledger is asked only where something waits. Raises: ConfigError when
        the route is unknown.
        """
        with self._store.reading() as uow:
            the_route = uow.routes.get(route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
            is_waiting = looks_again(uow, the_route, known)
        if not is_waiting:
            return BookRun(route, ())
        ledger = self._ledger(the_route, known, is_fresh=is_waiting_for_it)
        return self._told(ledger, (), replan(self._store, with_rates(self._store, ledger), self._clock.now(), actor))

    def foreseen(self, route: str) -> Foreseen | None:
        """What would be held or owed after the next run; None where nothing waits. Changes nothing.

        The ledger is asked anew where something waits for it. Where it is silent all is as it stands.
        """
        with self._store.reading() as uow:
            the_route = uow.routes.get(route)
            known = uow.facts.latest(the_route.ledger)
            is_waiting_for_it = _waits_for_the_ledger(uow, the_route, known)
            is_waiting = is_waiting_for_it or waiting.standing(uow, the_route, _S.HELD, _S.OWED)
        if not is_waiting:
            return None
        ledger = with_rates(self._store, self._ledger(the_route, known, is_fresh=is_waiting_for_it))
        with self._store.reading() as uow:
            vouchers = foreseen(uow, ledger, self._clock.now())
            first = {name for delivery, _ in vouchers if delivery.voucher for name in delivery.voucher.after}
            refs = uow.deliveries.refs(sorted(first))
        return Foreseen(the_route, ledger.facts or known, ledger.sink, tuple(vouchers), refs)

    def decide(
        self,
        kind: InstructionKind,
        subject: str,
        *,
        by: str,
        reason: str,
        until: datetime | None = None,
        ref: str = "",
    ) -> tuple[Instruction, ...]:
        """Save a person's decision about a voucher, or accept a finding; subject: an id, or the beginning of one.

        A settlement's own id means all its vouchers that the decision fits, so that it does not go out by half.
        ref: the ledger's id of the object that one parked voucher is; of adopt alone.

        Carried out: release, book_again, supplement, and withdraw of what is held or owed, by the next run; retry,
                     adopt, and withdraw of what is parked, by the next delivery; an acceptance at once.
        Raises: ConfigError when name or reason is missing, the subject is unknown, or its state speaks against it.
        """
        _check_said(f"{kind} {subject}", by, reason)
        said = Saying(kind, by, reason, self._clock.now(), until, self._words())
        with self._store.unit(by) as uow:
            uow.instructions.hold()
            instructions = said.of(uow, decisions.Meant(subject, ref=ref))
            for instruction in instructions:
                said.carry_out(uow, instruction)
        return instructions

    def decide_each(
        self,
        kind: InstructionKind,
        things: Sequence[decisions.Meant],
        *,
        by: str,
        reason: str,
        until: datetime | None = None,
        is_rehearsal: bool = False,
    ) -> tuple[decisions.Told, ...]:
        """The same about each of several things, in one unit: what does not fit is told, and the others are done.

        is_rehearsal: only say what would come of it; a reason may be missing.
        Twice:  what was decided is not as it was seen any more, so nothing is said of it again.
        Raises: ConfigError when name or reason is missing.
        """
        if not is_rehearsal:
            _check_said(str(kind), by, reason)
        said = Saying(kind, by, reason, self._clock.now(), until, self._words())
        found = []
        with self._store.reading() if is_rehearsal else self._store.unit(by) as uow:
            if not is_rehearsal:
                uow.instructions.hold()
            for thing in dict.fromkeys(things):
                try:
                    instructions = said.of(uow, thing)
                except (ConfigError, StaleError) as refusal:
                    found.append(decisions.Told(thing, refusal=refusal))
                    continue
                found.append(decisions.Told(thing, instructions))
                for instruction in () if is_rehearsal else instructions:
                    said.carry_out(uow, instruction)
        return tuple(found)

    def _words(self) -> decisions.WordsOf:
        """What each ledger calls its objects: asked of the host before a unit writes."""
        with self._store.reading() as uow:
            ledgers = {route.ledger for route in uow.routes.all()}
        known = {ledger: self._desk.sink_offer(ledger).capabilities.words for ledger in sorted(ledgers)}
        return lambda ledger: known.get(ledger, {})

    def accept_opening(self, route: str, *, by: str, reason: str) -> Opening:
        """Save a person's word that these items were there before the route's first day, and book them at once.

        Twice:  books nothing twice. What is told of that time later is booked as a supplement by the next run.
        Killed: between the two, the next run books what was accepted.
        Raises: ConfigError when name or reason is missing, the route is unknown, its first day has not come, or the
                ledger holds another opening than the items come to.
        """
        with self._store.unit(by) as uow:
            uow.instructions.hold()
            the_route = uow.routes.get(route)
            first_day.accept(uow, the_route, by, reason, self._clock.now())
            ruled = rulings(uow.rules.versions(the_route.name), route)
            known = uow.facts.latest(the_route.ledger)
        ledger = self._ledger(the_route, known, is_fresh=False)
        if not ledger.question:
            companions.keep(self._store, Basis(ledger, ruled, self._clock.now()), by)
        with self._store.reading() as uow:
            return before.opening_of(uow, the_route)

    def foresee_arrival(self, thing: str, wanted: Arrival | None) -> ForeseenArrival:
        """What it would come to, were it said that so much of a payout reached the bank; None takes a word back.

        Changes nothing. Raises: ConfigError ``arrived.*`` where that cannot be.
        """
        with self._store.reading() as uow:
            one = arriving.paid(uow, thing)
            ruled = rulings(uow.rules.versions(one.route.name), one.route.name)
            known = uow.facts.latest(one.route.ledger)
        basis = Basis(self._ledger(one.route, known, is_fresh=False), ruled, self._clock.now())
        with self._store.reading() as uow:
            return arriving.foresee(uow, one, wanted, basis)

    def say_arrived(self, foreseen: ForeseenArrival, *, by: str, reason: str) -> None:
        """Save a person's word about what reached the bank. Carried out: by the next run.

        Twice:  books nothing twice. Raises: ConfigError when name or reason is missing; StaleError ``decide.stale``.
        """
        _check_said(foreseen.paid.name, by, reason)
        with self._store.unit(by) as uow:
            uow.instructions.hold()
            arriving.save(uow, foreseen, by, reason, self._clock.now())

    def said_of(self, thing: str) -> Paid:
        """A payout in the books, and what was said of it. Raises: ConfigError ``arrived.unknown``."""
        with self._store.reading() as uow:
            return arriving.paid(uow, thing)

    def pilot(self, route: str) -> pilots.Pilot:
        """Where a route's pilot stands. Raises: ConfigError when the route is unknown."""
        with self._store.reading() as uow:
            return pilots.pilot_of(uow, uow.routes.get(route))

    def picks(self, route: str) -> tuple[pilots.Pick, ...]:
        """What would try a route out, of what it holds or owes. Network, raises: as ``foreseen``."""
        found = self.foreseen(route)
        return pilots.picks(found.vouchers, found.route) if found else ()

    def say_of_pilot(self, kind: InstructionKind, subjects: Sequence[str], *, by: str, reason: str) -> None:
        """Save a person's word about a pilot: that vouchers are part of it, are no longer, or that it is accepted.

        subjects: voucher ids, or the one ``Route.pilot_subject``. Carried out: by the next run.
        Twice:  what was said of one last is not said again.
        Raises: ConfigError when name or reason is missing.
        """
        _check_said("pilot", by, reason)
        now = self._clock.now()
        with self._store.unit(by) as uow:
            uow.instructions.hold()
            said = uow.instructions.of_subjects(subjects)
            for subject in subjects:
                if kind not in {one.kind for one in said.get(subject, ())[-1:]}:
                    uow.instructions.add(Instruction(kind, subject, by, reason, now))

    def meant(self, wanted: str) -> tuple[Delivery, ...]:
        """The vouchers of what somebody names: a settlement, payout, day, order or voucher. Raises: ConfigError."""
        with self._store.reading() as uow:
            return find.vouchers(uow, wanted)

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

    def _ledger(self, route: Route, known: LedgerFacts | None, *, is_fresh: bool) -> Ledger:
        """A ledger as it answers now, with the regime its route is booked by, and ``pilot`` only while one is awaited.

        known: its facts of an earlier day.
        """
        with self._store.reading() as uow:
            the_route = pilots.settled(uow, route)
        return _settled(self._answering(the_route, is_fresh=is_fresh), known)

    def _answering(self, route: Route, *, is_fresh: bool) -> Ledger:
        source = self._desk.source_offer(route.source)
        declared = self._desk.sink_offer(route.ledger).capabilities
        known: dict[str, Any] = {"types": dict(declared.account_types), "turns_rates": declared.turns_rates}
        try:
            facts = self._desk.facts(route.ledger, is_fresh=is_fresh)
            return Ledger(route, source, facts, self._desk.sink(route.ledger), **known)
        except (TransientError, AuthorizationError, PausedError, PluginError) as cause:
            self._log.info("ledger facts unavailable", route=route.name, code=cause.code)
            return Ledger(route, source, None, None, str(cause), cause.disposition, **known)

    def _book_new(
        self, basis: Basis, actor: str, until: datetime | None, progress: Progress | None
    ) -> tuple[list[DocumentOutcome], bool]:
        """Every document that is new, or waits for what has come since; and whether that is all there is."""
        route, channel = basis.route, basis.ledger.channel
        is_gathered = orders.are_gathered(channel)
        told = progress or (lambda name, done, whole: None)

        def is_over() -> bool:
            return until is not None and self._clock.now() >= until

        with self._store.reading() as uow:
            new = _new(uow, route, channel)
        series.keep(self._store, basis, actor)
        outcomes: list[DocumentOutcome] = []
        for done, kept in enumerate(new, start=1):
            outcomes += self._book_one(kept, basis, actor)
            told(kept.document.identity.external_id, done, len(new))
            if done < len(new) and kept.state is DocumentState.NEW and is_over():
                return outcomes, False
        if is_gathered:
            found, is_whole = orders.run(self._store, route, basis, actor, told, is_over)
            outcomes += found
            if not is_whole:
                return outcomes, False
        with self._store.reading() as uow:
            again = [
                kept
                for kept in waiting.outdated(uow, route, basis.rulings.newest)
                if not (is_gathered and kept.document.identity.kind in orders.KINDS)
            ]
        for done, kept in enumerate(again, start=len(new) + 1):
            outcomes += self._book_one(kept, basis, actor)
            told(kept.document.identity.external_id, done, len(new) + len(again))
        return outcomes, True

    def _book_one(self, kept: KeptDocument, basis: Basis, actor: str) -> list[DocumentOutcome]:
        """What became of it; of what is left as it is, nothing."""
        outcome = settlements.book(self._store, kept, basis, actor)
        if outcome is None:
            return []
        exchange.book(self._store, [kept.document.document_id], basis, actor)
        return [outcome]

    def _told(self, ledger: Ledger, outcomes: tuple[DocumentOutcome, ...], moved: tuple[Delivery, ...]) -> BookRun:
        route = ledger.route
        made = {entry_id for outcome in outcomes for entry_id in outcome.entry_ids}
        with self._store.reading() as uow:
            held = waiting.standing(uow, route, _S.HELD)
            new = [delivery for several in uow.deliveries.of_entries(sorted(made)).values() for delivery in several]
        known = {delivery.voucher_id for delivery in new}
        states = Counter(
            delivery.state for delivery in [*new, *(each for each in moved if each.voucher_id not in known)]
        )
        reasons = Counter[str]()
        for one in held:
            reasons[one.reason] += one.count
        return BookRun(
            route.name,
            outcomes,
            owed=states[_S.OWED],
            held=states[_S.HELD],
            withdrawn=states[_S.WITHDRAWN],
            waiting=tuple(sorted(reasons.items())),
            silence=ledger.silence,
            question=ledger.question,
            why_silent=ledger.why_silent,
        )


def _check_said(what: str, by: str, reason: str) -> None:
    if not by.strip() or not reason.strip():
        raise ConfigError(what, "needs a name and a reason", "Say who decides and why")


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


def looks_again(uow: UnitOfWork, route: Route, known: LedgerFacts | None) -> bool:
    """Whether anything of a route is to be looked at again before its ledger is sent to. known: what that said last."""
    return (
        _waits_for_the_ledger(uow, route, known)
        or bool(waiting.standing(uow, route, _S.HELD))
        or tax_question(route, known) is not None
    )


def _waits_for_the_ledger(uow: UnitOfWork, route: Route, known: LedgerFacts | None) -> bool:
    """Whether a voucher waits for something that somebody may just have put right in the ledger, or its regime does."""
    is_country_missing = route.tax_regime is None and known is not None and not known.country
    return is_country_missing or waiting.waits_for_the_ledger(uow, route)
