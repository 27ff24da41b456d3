"""What waits on a route, read in bulk: some statements for some hundred vouchers, however many wait."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from bridge.books.engine import chains
from bridge.books.engine.chains import is_unclassified
from bridge.books.planning.open import NOTHING_BEFORE, OpenBefore, open_before
from bridge.books.planning.plan import Waiting
from bridge.books.planning.withdrawal import is_wanted_again
from bridge.books.settlements import is_elsewhere, is_overtaken
from bridge.books.waiting.payments import Payments
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.reasons import OF_NO_LEDGER, OF_THE_LEDGER, TAX_QUESTIONS
from bridge.store.api import KeptDocument, Standing, UnitOfWork

_S = DeliveryState
WAITING = (_S.HELD, _S.OWED, _S.PARKED)
_BEGUN = frozenset({_S.SENDING, _S.IN_DOUBT, _S.DELIVERED})
_AT_A_TIME = 200


class Case(msgspec.Struct, frozen=True):
    """An entry with vouchers that wait, and all that decides about them. decisions: by voucher id, newest last.

    after: voucher ids that must be in the ledger first. before: what its order had open; what of that it settles is
    among ``after``. known: every voucher id the entry ever had. is_begun: one of its vouchers is in the ledger, or may
    be.
    """

    entry: JournalEntry
    deliveries: tuple[Delivery, ...]
    after: tuple[str, ...]
    waiting: Waiting
    decisions: Mapping[str, tuple[Instruction, ...]]
    known: frozenset[str]
    is_begun: bool
    before: OpenBefore = NOTHING_BEFORE

    def is_booked_again(self, delivery: Delivery) -> bool:
        """Withdrawn by a person, and now wanted again."""
        return is_wanted_again(delivery, self.decisions.get(delivery.voucher_id, ()))

    @property
    def undone(self) -> int:
        """How often a person had it taken out of the ledger: what is booked again then bears another key."""
        kinds = [[one.kind for one in said] for said in self.decisions.values()]
        return max((several.count(InstructionKind.UNDO) for several in kinds), default=0)

    def is_untried(self, delivery: Delivery) -> bool:
        """Owed, but nothing of its entry was ever sent: it may still become another voucher."""
        return delivery.state is _S.OWED and delivery.attempts == 0 and not self.is_begun


def standing(uow: UnitOfWork, route: Route, *states: DeliveryState) -> list[Standing]:
    """How many vouchers of a route stand in these states, and why; none is read itself."""
    return [one for one in uow.deliveries.standing(route.ledger, *states) if one.route_id == route.route_id]


def vouchers(uow: UnitOfWork, route: Route, *states: DeliveryState) -> list[Delivery]:
    """The vouchers of a route in these states."""
    return [one for one in uow.deliveries.with_state(route.ledger, *states) if one.route_id == route.route_id]


def with_entries(uow: UnitOfWork, deliveries: Collection[Delivery]) -> list[tuple[Delivery, JournalEntry]]:
    """Each with the entry that it is made from."""
    entries = uow.entries.get_many(sorted({delivery.entry_id for delivery in deliveries}))
    return [(delivery, entries[delivery.entry_id].entry) for delivery in deliveries]


def wanted_again(uow: UnitOfWork, route: Route) -> list[Delivery]:
    """Vouchers of a route that a person withdrew, of which one said later that they be booked again.

    Not of what gave way to another entry since.
    """
    subjects = dict.fromkeys(one.subject for one in uow.instructions.of_kind(InstructionKind.BOOK_AGAIN))
    found = uow.deliveries.get_many(list(subjects)).values()
    ours = [one for one in found if one.is_taken_back and one.route_id == route.route_id]
    entries = uow.entries.get_many(sorted({one.entry_id for one in ours}))
    return [one for one in ours if entries[one.entry_id].is_live]


def waits_for_the_ledger(uow: UnitOfWork, route: Route) -> bool:
    """Whether a voucher waits for something that somebody may just have put right in the ledger."""
    waiting = standing(uow, route, _S.PARKED, _S.HELD)
    return bool(wanted_again(uow, route)) or any(
        one.reason not in OF_NO_LEDGER if one.state is _S.HELD else one.reason in OF_THE_LEDGER for one in waiting
    )


def outdated(uow: UnitOfWork, route: Route, newest: int) -> list[KeptDocument]:
    """Documents whose unsent vouchers newer rules may release, that waited for their regime, or that move elsewhere.

    Each is booked anew in a unit of work of its own, which decides the same again; what it would leave alone is not
    among them. newest: version of the rules.
    """
    revisions: dict[str, int] = {}
    for delivery, entry in with_entries(uow, vouchers(uow, route, *WAITING)):
        is_older = delivery.state is _S.HELD and (entry.rule_version < newest or delivery.reason in TAX_QUESTIONS)
        if entry.document_id and (is_older or is_elsewhere(entry, route)):
            revisions.setdefault(entry.document_id, entry.revision)
    names = _to_book_anew(uow, list(revisions), route, newest)
    heads = uow.documents.heads(names)
    return [kept for name in names for kept in heads[name] if kept.document.revision == revisions[name]]


def _to_book_anew(uow: UnitOfWork, document_ids: Sequence[str], route: Route, newest: int) -> list[str]:
    """Those of these documents that are booked anew, or about which it is said that nobody can."""
    of_documents = uow.entries.of_documents(document_ids)
    live = {name: [kept.entry for kept in several if kept.is_live] for name, several in of_documents.items()}
    standing = chains.standing(uow, {entry.slot for entries in live.values() for entry in entries})
    return [name for name, entries in live.items() if is_overtaken(entries, standing, route, newest)]


def cases(uow: UnitOfWork, route: Route, payments: Payments, now: datetime) -> Iterator[Case]:
    """Every entry with vouchers that wait. Memory: what waits, and what decides about some hundred of it."""
    waiting: dict[str, list[Delivery]] = {}
    for delivery in (*vouchers(uow, route, *WAITING), *wanted_again(uow, route)):
        waiting.setdefault(delivery.entry_id, []).append(delivery)
    names = list(waiting)
    for start in range(0, len(names), _AT_A_TIME):
        yield from _some_cases(uow, {name: waiting[name] for name in names[start : start + _AT_A_TIME]}, payments, now)


def _some_cases(
    uow: UnitOfWork, waiting: Mapping[str, Sequence[Delivery]], payments: Payments, now: datetime
) -> Iterator[Case]:
    entries = {entry_id: kept.entry for entry_id, kept in uow.entries.get_many(list(waiting)).items()}
    payments.look_at(entries.values())
    every = uow.deliveries.of_entries(list(waiting))
    earlier = uow.deliveries.of_entries(sorted({name for entry in entries.values() for name in entry.after}))
    decisions = uow.instructions.of_subjects([each.voucher_id for several in waiting.values() for each in several])
    before = open_before(uow, entries.values())
    suspense = _suspense(uow, entries.values())
    for entry_id, deliveries in waiting.items():
        entry, left_open = entries[entry_id], before.get(entry_id, NOTHING_BEFORE)
        has_suspense = suspense[entry.document_id] if entry.document_id else is_unclassified((entry,))
        yield Case(
            entry,
            tuple(deliveries),
            (*_open_before(earlier, entry.after), *(each.voucher_id for each in left_open.settles)),
            payments.waiting(entry, now, is_unclassified=has_suspense),
            {each.voucher_id: decisions.get(each.voucher_id, ()) for each in deliveries},
            frozenset(each.voucher_id for each in every[entry_id]),
            any(each.state in _BEGUN for each in every[entry_id]),
            left_open,
        )


def _suspense(uow: UnitOfWork, entries: Iterable[JournalEntry]) -> dict[str, bool]:
    """Of which documents an entry that stands holds lines nobody has classified."""
    document_ids = sorted({entry.document_id for entry in entries if entry.document_id})
    return {
        document_id: is_unclassified(each.entry for each in kept if each.is_live)
        for document_id, kept in uow.entries.of_documents(document_ids).items()
    }


def _open_before(before: Mapping[str, Sequence[Delivery]], entry_ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        delivery.voucher_id
        for entry_id in entry_ids
        for delivery in before.get(entry_id, ())
        if delivery.state is not DeliveryState.WITHDRAWN
    )
