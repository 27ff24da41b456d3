"""The leg that moves a payout from clearing to the bank. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.legs import closing
from bridge.model.connections import BankLeg, Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import BANK, Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.periods import arrival_day
from bridge.model.slots import BankPart, compose


class Banked(msgspec.Struct, frozen=True):
    """The leg, if it is new, what gives way to it, and what is said where it cannot be."""

    entries: tuple[JournalEntry, ...] = ()
    giving_way: tuple[JournalEntry, ...] = ()
    findings: tuple[Finding, ...] = ()


def name_of(document: Document) -> str:
    """A document as entries call it."""
    identity = document.identity
    return f"{identity.channel.capitalize()} {identity.kind} {identity.external_id}"


def paid_out(document: Document) -> str:
    """How the money of a settlement or payout on its way to the bank is called."""
    identity = document.identity
    if identity.kind is DocumentKind.PAYOUT:
        return f"Payout {identity.external_id} of {identity.channel.capitalize()}"
    return f"Payout of {name_of(document)}"


def bank_slot(document: Document, route: Route) -> Slot:
    return Slot(route.route_id, Mode.PAYOUT, document.identity.external_id, compose(BankPart()))


def banked(
    document: Document, standing: Standing, made: Sequence[JournalEntry], going: Iterable[JournalEntry], basis: Basis
) -> Banked:
    """A new leg; or another where it stands unsent and differs, or stands behind entries that give way.

    What was sent equals a line of the bank's: it is never corrected, and a person is told.
    """
    after = tuple(each.entry_id for each in made if each.slot.group == document.identity.external_id)
    wanted = _legs(document, standing, after, basis)
    is_same = [_moved(entry) for entry in standing.live] == [_moved(each) for each in wanted]
    is_withdrawn = any(standing.is_withdrawn(entry) for entry in standing.live)
    behind = {entry.entry_id for entry in going}
    is_moved = any(not behind.isdisjoint(entry.after) for entry in standing.giving_way)
    if is_same and not is_withdrawn and not is_moved:
        return Banked()
    if standing.stays:
        return Banked() if is_same else Banked(findings=(payout_changed(document, standing.live[-1], basis.route),))
    return Banked(wanted, standing.giving_way)


def _legs(document: Document, standing: Standing, after: tuple[str, ...], basis: Basis) -> tuple[JournalEntry, ...]:
    """None where nothing is paid, or the route posts none."""
    route = basis.route
    if document.total_minor <= 0 or route.bank_leg is not BankLeg.TRANSFER:
        return ()
    moved = Move(BANK, route.bank, route.clearing, document.total_minor)
    leg = move(
        document,
        moved,
        standing.slot,
        booked_on=arrival_day(document, route.time_zone),
        narration=paid_out(document),
        purpose=Purpose.BANK,
        after=after,
    )
    number, sent_before = standing.number(), standing.chain.sent_before
    provenance = {"number": number, "sent_before": sent_before, "rule_version": basis.rulings.newest}
    return (msgspec.structs.replace(leg, **provenance),)


def _moved(leg: JournalEntry) -> tuple[date, str, tuple[tuple[str, int], ...]]:
    return leg.booked_on, leg.currency, tuple((posting.account, posting.amount_minor) for posting in leg.postings)


def payout_changed(document: Document, leg: JournalEntry, route: Route) -> Finding:
    """What is said where a payout pays another amount than the transfer that is in the ledger moved."""
    moved = sum(posting.amount_minor for posting in leg.postings if posting.amount_minor > 0)
    return Finding(
        code="books.payout_changed",
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=document.document_id,
        title=f"{leg.narration}: the channel now says another amount than its transfer in the ledger moves",
        amount_minor=document.total_minor - moved,
        currency=document.currency,
        cause="The channel issued the payout again after its transfer was posted",
        repair="Compare with the bank's line; correct the transfer in the ledger, or accept the difference",
        evidence=(
            ("amount", decimal_text(moved, leg.currency), decimal_text(document.total_minor, document.currency)),
        ),
        entry_id=leg.entry_id,
    )


class Move(msgspec.Struct, frozen=True):
    """An amount from one account to another. kind: what the two legs are for."""

    kind: str
    debit: str
    credit: str
    amount_minor: int

    @property
    def legs(self) -> tuple[tuple[str, int], ...]:
        return (self.debit, self.amount_minor), (self.credit, -self.amount_minor)


def move(
    document: Document,
    moved: Move,
    slot: Slot,
    *,
    booked_on: date,
    narration: str,
    purpose: Purpose,
    after: tuple[str, ...] = (),
) -> JournalEntry:
    """An entry of two legs that a document tells of, as the first of its slot."""
    return JournalEntry(
        slot=slot,
        number=1,
        document_id=document.document_id,
        revision=document.revision,
        booked_on=booked_on,
        currency=document.currency,
        narration=narration,
        postings=move_legs(moved.kind, narration, moved.legs),
        rule_version=0,
        content_hash=document.content_hash,
        plugin_version=document.plugin_version,
        after=after,
        purpose=purpose,
    )


def move_legs(kind: str, words: str, legs: Iterable[tuple[str, int]]) -> tuple[Posting, ...]:
    """Postings of one kind, by account and amount."""
    return tuple(closing([(account, kind, amount, words, Half.NONE) for account, amount in legs], 0))
