"""What a person says reached the bank of a payout: whether that can be, what would be booked by it, and saving it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

import msgspec

from bridge.books import find, settlements
from bridge.books.beside import exchange
from bridge.books.engine import chains
from bridge.books.engine.bank import bank_slot, banked
from bridge.books.engine.basis import Basis
from bridge.errors import ConfigError, StaleError
from bridge.model.accounts import seek_for
from bridge.model.arrivals import (
    LATER_WORDS,
    OF_A_KIND,
    Arrival,
    arrival_of,
    as_arrived,
    rate_of,
    rough_rate,
    times_off,
)
from bridge.model.connections import BankLeg, Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import PAYING, Document, DocumentState
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.money import money
from bridge.model.periods import closing_day, local_day
from bridge.model.reasons import Reason
from bridge.model.slots import ArrivedPart
from bridge.store.api import KeptDocument, UnitOfWork

MOST_FEE = 10
"""A bank keeps at most a tenth, or somebody is asked."""
_AGAIN = "Look at the bank's statement, and say it again"


class Paid(msgspec.Struct, frozen=True):
    """A payout in the books, the route that it is booked on, and what was said of it until now."""

    kept: KeptDocument
    route: Route
    said: Arrival | None

    @property
    def document(self) -> Document:
        return self.kept.document

    @property
    def name(self) -> str:
        """``payout 778``"""
        return f"{self.document.identity.kind} {self.document.identity.external_id}"

    def stands_by(self, word: Arrival | None) -> bool:
        """Whether that was said of it, and it is booked by it."""
        is_same = word is not None and self.said is not None and self.said.text == word.text
        return is_same and self.kept.state is DocumentState.BOOKED


class ForeseenArrival(msgspec.Struct, frozen=True):
    """What a word would come to. wanted: None where what was said is taken back.

    entries: what would be booked; none where something of it is in the ledger, and is made anew only once it is out.
    sent: that. rate: what one unit came to, for people. doubts: why somebody should be sure of it.
    """

    paid: Paid
    wanted: Arrival | None
    entries: tuple[JournalEntry, ...] = ()
    sent: tuple[Delivery, ...] = ()
    rate: str = ""
    doubts: tuple[str, ...] = ()


def paid(uow: UnitOfWork, thing: str) -> Paid:
    """The payout that somebody means, by the channel's id of it, or a voucher of it.

    Raises: ConfigError ``arrived.unknown`` where that is none, or is not in the books.
    """
    documents = sorted({kept.entry.document_id for kept in find.entries(uow, thing)} - {""})
    heads = [history[0] for history in uow.documents.heads(documents).values()]
    paying = [kept for kept in heads if kept.document.identity.kind in PAYING]
    if len(paying) != 1:
        raise _refused(
            thing, "is no settlement or payout", "Name one by the channel's id of it", code="arrived.unknown"
        )
    (kept,) = paying
    routes = {route.source: route for route in uow.routes.all() if not route.is_ended}
    connections = {uow.connections.get(name).connection_id: route for name, route in routes.items()}
    route = connections.get(kept.connection_id)
    if route is None or (kept.state, kept.reason) not in _READY:
        why = "is not in the books as its channel tells it now" if route else "is on no route"
        raise _refused(thing, why, "See `bridge held` for what it waits for; then say it", code="arrived.unknown")
    return Paid(kept, route, arrival_of(uow.instructions.of_subject(kept.document.document_id)))


_READY = ((DocumentState.BOOKED, ""), (DocumentState.NEW, Reason.ARRIVED))


def foresee(uow: UnitOfWork, one: Paid, wanted: Arrival | None, basis: Basis) -> ForeseenArrival:
    """What it would come to. Raises: ConfigError ``arrived.*`` where it cannot be so."""
    facts = basis.ledger.facts or uow.facts.latest(one.route.ledger)
    if facts is None:
        raise _refused(
            one.name, "is of a ledger that has told nothing yet", "Run `bridge sync` first", code="arrived.unfit"
        )
    if wanted is not None:
        _check(uow, one, wanted, facts, basis)
    sent = tuple(_sent(uow, one, facts))
    doubts = tuple(_doubts(uow, one, wanted)) if wanted is not None else ()
    rate = f"1 {one.document.currency} = {_shown(rate_of(one.document, wanted))} {wanted.currency}" if wanted else ""
    entries = () if sent else tuple(_entries(uow, one, wanted, basis))
    return ForeseenArrival(one, wanted, entries, sent, rate, doubts)


def save(uow: UnitOfWork, foreseen: ForeseenArrival, by: str, reason: str, now: datetime) -> None:
    """Keep the word; the next run books by it. Raises: StaleError ``decide.stale`` where it is otherwise by now."""
    one = foreseen.paid
    document_id, revision = one.document.document_id, one.document.revision
    latest = uow.documents.latest(document_id)
    said = arrival_of(uow.instructions.of_subject(document_id))
    if latest is None or latest.document.revision != revision or said != one.said:
        raise StaleError(one.name, "has changed since it was looked at", "Look at it again", code="decide.stale")
    text = foreseen.wanted.text if foreseen.wanted else ""
    uow.instructions.add(Instruction(InstructionKind.ARRIVED, document_id, by, reason, now, ref=text))
    uow.documents.set_state(document_id, revision, DocumentState.NEW, Reason.ARRIVED)


def _check(uow: UnitOfWork, one: Paid, word: Arrival, facts: LedgerFacts, basis: Basis) -> None:
    document, route, name = one.document, one.route, one.name
    if document.total_minor <= 0:
        total = money(document.total_minor, document.currency)
        raise _refused(
            name, f"comes to {total}: nothing of it reaches the bank", "Say nothing of it", code="arrived.amount"
        )
    if word.amount_minor <= 0 or word.fee_minor < 0:
        raise _refused(
            name, "what reached the bank is more than nothing, and a fee is not less", _AGAIN, code="arrived.amount"
        )
    closed, today = closing_day(document, route.time_zone), local_day(basis.now, route.time_zone)
    if not closed <= word.on <= today:
        when = f"was made only on {closed}" if word.on < closed else "cannot have arrived on a day to come"
        raise _refused(name, f"{when}, and {word.on} is said", _AGAIN, code="arrived.day")
    if word.currency == document.currency:
        words = f"is in {word.currency} itself: bridge books it so, and nobody need say anything"
        raise _refused(
            name, words, "Say nothing, or name the currency that the bank's account is kept in", code="arrived.currency"
        )
    _check_bank(one, word, facts)
    if facts.takes(document.currency):
        if route.bank_leg is BankLeg.DOCUMENT:
            words = f"stands in {document.currency} as an open document, which the ledger settles in any currency"
            raise _refused(name, words, "Match the bank's line with that document in the ledger", code="arrived.unfit")
        if not (basis.ledger.channel.tenders or _is_delivered(uow, one)):
            words = "is not in the ledger yet, so that nobody knows at which rate it stands there"
            raise _refused(name, words, "Have it sent first (`bridge sync`), then say it", code="arrived.unknown")
    elif basis.ledger.channel.tenders:
        raise _refused(
            name,
            f"is of sales in {document.currency}, booked order by order or day by day, which books of "
            f"{facts.home_currency} alone do not take",
            f"Switch on {document.currency} in the ledger, or give the channel a route to books that have it",
            code="arrived.unfit",
        )


def _is_delivered(uow: UnitOfWork, one: Paid) -> bool:
    live = uow.entries.of_group(one.route.route_id, one.document.identity.external_id)
    own = [kept.entry.entry_id for kept in live if kept.entry.purpose is Purpose.SETTLEMENT]
    deliveries = [each for several in uow.deliveries.of_entries(own).values() for each in several]
    return bool(deliveries) and all(each.state is DeliveryState.DELIVERED for each in deliveries)


def _check_bank(one: Paid, word: Arrival, facts: LedgerFacts) -> None:
    """The account at which it arrived is of the currency that arrived."""
    bank = seek_for(facts, one.route, one.route.bank, word.currency)
    if bank.account is None:
        words = f"the ledger has no account {bank.wanted!r}, at which its money arrives"
        raise _refused(one.name, words, "Create it there, or map it in the route's accounts", code="arrived.currency")
    kept_in = bank.account.currency or facts.home_currency
    if kept_in != word.currency:
        words = f"{bank.account.name!r}, at which its money arrives, is kept in {kept_in}, and {word.currency} is said"
        step = f'{_AGAIN}; or map the account of that currency as "@bank:{word.currency}" in the route\'s accounts'
        raise _refused(one.name, words, step, code="arrived.currency")


def _doubts(uow: UnitOfWork, one: Paid, word: Arrival) -> Iterable[str]:
    """What is odd about it: a rate unlike the last one that was said, or unlike what a currency is worth."""
    rate, currency = rate_of(one.document, word), one.document.currency
    usual, most = _last_rate(uow, one, word.currency), LATER_WORDS
    if usual is None:
        usual, most = rough_rate(currency, word.currency), Fraction(OF_A_KIND)
    if usual is not None and (times := times_off(rate, usual)) > most:
        more = "more" if rate > usual else "less"
        yield (
            f"1 {currency} would be {_shown(rate)} {word.currency}, {round(times)} times {more} than the usual "
            f"{_shown(usual)}"
        )
    if word.fee_minor * MOST_FEE > word.comes_to_minor:
        yield f"a fee of {money(word.fee_minor, word.currency)} is more than a tenth of it"


def _last_rate(uow: UnitOfWork, one: Paid, into: str) -> Fraction | None:
    """The rate of the latest word about another payout of the channel between the same currencies."""
    said: dict[str, Arrival] = {}
    for instruction in uow.instructions.of_kind(InstructionKind.ARRIVED):
        said.pop(instruction.subject, None)
        if instruction.ref:
            said[instruction.subject] = Arrival.parse(instruction)
    said.pop(one.document.document_id, None)
    names = [name for name, word in said.items() if word.currency == into][-20:]
    heads = uow.documents.heads(names)
    for name in reversed(names):
        kept = heads[name][0]
        if (kept.connection_id, kept.document.currency) == (one.kept.connection_id, one.document.currency):
            return rate_of(kept.document, said[name])
    return None


def _sent(uow: UnitOfWork, one: Paid, facts: LedgerFacts) -> Iterable[Delivery]:
    """What of it is in the ledger, or may be, that another word would make otherwise."""
    is_all = not facts.takes(one.document.currency)
    live = uow.entries.of_group(one.route.route_id, one.document.identity.external_id)
    meant = [
        kept.entry.entry_id
        for kept in live
        if is_all or kept.entry.is_bank_leg or isinstance(kept.entry.slot.what, ArrivedPart) or _is_in(kept.entry, one)
    ]
    for several in uow.deliveries.of_entries(meant).values():
        yield from (each for each in several if each.state not in chains.UNSENT)


def _is_in(entry: JournalEntry, one: Paid) -> bool:
    return entry.purpose is Purpose.SETTLEMENT and entry.currency != one.document.currency


def _entries(uow: UnitOfWork, one: Paid, wanted: Arrival | None, basis: Basis) -> Iterable[JournalEntry]:
    """What would be booked by it, as the books would be if it were said."""
    document = one.document
    basis = msgspec.structs.replace(basis, thought={document.document_id: wanted})
    if basis.ledger.channel.tenders:
        standing = chains.standing(uow, [bank_slot(document, one.route)])[bank_slot(document, one.route)]
        yield from banked(as_arrived(document, wanted), standing, (), (), basis).entries
    else:
        made = settlements.foreseen(uow, one.kept, basis)
        yield from made.entries
        if any(entry.purpose is Purpose.SETTLEMENT and entry.currency != document.currency for entry in made.entries):
            return
    yield from exchange.foreseen(uow, one.kept, basis)


def _shown(rate: Fraction) -> str:
    """To five figures or so, for people: the amounts are what is booked."""
    places = 2 if rate >= 100 else 5
    whole, rest = divmod(round(rate * 10**places), 10**places)
    return f"{whole}.{rest:0{places}}".rstrip("0").rstrip(".")


def _refused(thing: str, cause: str, next_step: str, *, code: str) -> ConfigError:
    return ConfigError(thing, cause, next_step, code=code)


def check_sure(foreseen: ForeseenArrival) -> None:
    """Raises: ConfigError ``arrived.rate`` that tells each doubt."""
    if foreseen.doubts:
        raise _refused(
            foreseen.paid.name,
            "; ".join(foreseen.doubts),
            "Look for a slip of the decimal point, or at the wrong payout; where it is right, say that you are sure",
            code="arrived.rate",
        )
