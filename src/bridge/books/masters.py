"""What the routes of a ledger lack in its lists: told, and made on a person's word, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from bridge.books.needs import Needs, Use, needs, together
from bridge.books.planning.plan import Ledger
from bridge.books.waiting.standing import vouchers, with_entries
from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, PausedError, StaleError
from bridge.host.desk import Desk
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction, InstructionKind
from bridge.plugin import Made, Master, MasterKind
from bridge.store.api import Store


class MasterResult(msgspec.Struct, frozen=True):
    """What became of one. made: None where the ledger refused; fault: what it said then, with the next step.

    is_last: nothing more may be made for now, by that fault.
    """

    master: Master
    made: Made | None
    fault: str = ""
    is_last: bool = False


class Creating(Protocol):
    """Who alone may write to ledgers."""

    def __call__(self, ledger: str, *, actor: str) -> AbstractContextManager[Callable[[Master], Made]]:
        """Within, what makes one of them. Raises: BridgeError, also of what is made."""
        ...


class Masters:
    """Accounts, contacts, items and options that vouchers would name and a ledger does not have."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, creating: Creating) -> None:
        self._store, self._desk, self._clock, self._creating = store, desk, clock, creating

    def missing(self, name: str, *, is_whole: bool = False) -> Needs:
        """What a route, or every route of a ledger, lacks. Network: the ledger's facts, taken anew. Changes nothing.

        Raises: ConfigError when there is neither route nor ledger of that name; what the sink raises when it is silent.
        """
        routes = self._routes(name)
        return self._needs(routes, self._desk.facts(routes[0].ledger, is_fresh=True), is_whole=is_whole)

    def create(self, name: str, *, by: str, reason: str, is_whole: bool = False) -> Iterator[MasterResult]:
        """Make what is missing, on the word of whoever says so; each as it is made.

        Order:   accounts before the items that post to them, dimensions before their options.
        Saved:   the word, before anything is made; what was made, as soon as it is.
        Stopped: by a person, or by another who took over: told as the result of what was next, and ends it.
        Twice, killed: what is there is not missing; the next run makes the rest.
        Raises:  as ``missing``; ConfigError ``ledger.by_hand``, ``ledger.busy`` and PausedError before the first. What
                 the ledger refuses is told as a result, and the others go on.
        """
        routes = self._routes(name)
        ledger, is_stale = routes[0].ledger, False
        facts = self._desk.facts(ledger, is_fresh=True)
        if not self._needs(routes, facts, is_whole=is_whole).masters:
            return
        with self._creating(ledger, actor=by) as create:
            for kind in MasterKind:
                if is_stale:
                    facts, is_stale = self._desk.facts(ledger, is_fresh=True), False
                for master in self._needs(routes, facts, is_whole=is_whole).masters:
                    if master.kind is kind:
                        is_stale = True
                        result = self._create(create, ledger, master, by, reason)
                        yield result
                        if result.is_last:
                            return
        if is_stale:
            self._desk.facts(ledger, is_fresh=True)

    def _create(
        self, create: Callable[[Master], Made], ledger: str, master: Master, by: str, reason: str
    ) -> MasterResult:
        self._save(f"{ledger}: {master.title}", by, reason)
        try:
            made = create(master)
        except BridgeError as cause:
            fault = f"{cause.code}: {cause.cause}. {cause.next_step}."
            return MasterResult(master, None, fault, is_last=isinstance(cause, PausedError | StaleError))
        outcome = "made" if made.is_new else "there already"
        self._save(f"{ledger}: {master.title} is {made.ledger_id}", by, outcome, ref=made.ledger_id)
        return MasterResult(master, made)

    def _save(self, subject: str, by: str, reason: str, ref: str = "") -> None:
        """Keep the word, or what came of it; both are in the audit log so."""
        instruction = Instruction(InstructionKind.CREATE, subject, by, reason, self._clock.now(), ref=ref)
        with self._store.unit(by) as unit:
            unit.instructions.hold()
            unit.instructions.add(instruction)

    def _routes(self, name: str) -> tuple[Route, ...]:
        with self._store.reading() as unit:
            every = unit.routes.all()
        found = tuple(one for one in every if one.name == name) or tuple(one for one in every if one.ledger == name)
        if not found:
            known = ", ".join(sorted({one.name for one in every} | {one.ledger for one in every})) or "none"
            cause = f"there is neither a route nor a ledger with one of that name: there are {known}"
            raise ConfigError(f"{name!r}", cause, "See `bridge routes`", code="route.unknown")
        return found

    def _needs(self, routes: tuple[Route, ...], facts: LedgerFacts, *, is_whole: bool) -> Needs:
        return together([self._needs_of(route, facts, is_whole=is_whole) for route in routes])

    def _needs_of(self, route: Route, facts: LedgerFacts, *, is_whole: bool) -> Needs:
        ledger = Ledger(route, self._desk.source_offer(route.source), facts, None)
        makes = self._desk.sink_offer(route.ledger).capabilities
        with self._store.reading() as unit:
            waiting = with_entries(
                unit, vouchers(unit, route, DeliveryState.HELD, DeliveryState.OWED, DeliveryState.PARKED)
            )
            versions = unit.rules.versions(route.name)
        entries = {entry.entry_id: entry for _, entry in waiting}
        return needs(
            ledger, facts, makes, Use(tuple(entries.values()), versions[-1] if versions else None), is_whole=is_whole
        )
