"""A settlement into journal entries: one a month, the total on clearing, and the leg that reaches the bank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from bridge.books.liability import RESIDUE, residue_legs
from bridge.books.summarise import Leg
from bridge.model.chart import ACCOUNTS_RECEIVABLE, CARRY_FORWARD
from bridge.model.connections import BankLeg, Route
from bridge.model.documents import Document
from bridge.model.entries import BANK, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.periods import local_day, month_end, month_of

BANK_PART = "bank"
TOTAL, CARRY = "settlement.total", "carry"


class Settlement(msgspec.Struct, frozen=True):
    """What a document is booked from.

    rule_version: the newest version known when it was booked. number: the next of a slot's chain.
    sent_before: how many entries of a slot were sent.
    """

    document: Document
    route: Route
    rule_version: int
    number: Callable[[Slot], int]
    sent_before: Callable[[Slot], int]

    @property
    def last_month(self) -> str:
        return month_of(local_day(self.document.closed_at, self.route.time_zone))

    @property
    def name(self) -> str:
        identity = self.document.identity
        return f"{identity.channel.capitalize()} {identity.kind} {identity.external_id}"

    def slot(self, part: str) -> Slot:
        return Slot(self.route.route_id, Mode.PAYOUT, self.document.identity.external_id, part)


def entries(settlement: Settlement, months: Mapping[str, Sequence[Leg]]) -> tuple[JournalEntry, ...]:
    """All entries of a settlement: its months in order, then the bank leg.

    Carry: what earlier months move is carried through 1280 into the last, which bears the total; 1280 is zero after
    all of them. The last month is the one the settlement closes in, whether or not it has lines. An entry with
    nothing to say is left out.
    """
    last = settlement.last_month
    order = [*(month for month in months if month != last), last]
    carried = {month: -sum(leg.amount_minor for leg in months[month]) for month in order[:-1]}
    parts = []
    for month in order:
        postings = [line_posting(leg) for leg in months.get(month, ())]
        if month == last:
            postings += _derived(_closing_legs(settlement, months, sum(carried.values())), len(postings))
        else:
            postings += _derived(((CARRY_FORWARD, CARRY, carried[month], f"Carried to {last}"),), len(postings))
        if postings:
            parts.append(_part(settlement, month, postings, f"part {order.index(month) + 1} of {len(order)}"))
    bank = bank_leg(settlement, tuple(entry.entry_id for entry in parts))
    return (*parts, *bank)


def total_account(route: Route, total_minor: int) -> str:
    """Where a settlement's total stands until it is paid: on clearing, or in an open document of its own."""
    is_open = route.bank_leg is BankLeg.DOCUMENT and total_minor > 0
    return ACCOUNTS_RECEIVABLE if is_open else route.clearing


def residue_minor(months: Mapping[str, Sequence[Leg]]) -> int:
    """What collected and withheld tax left on the pass-through account over the settlement; zero when they met."""
    legs = residue_legs(_amounts(months))
    return legs[1][1] if legs else 0


def _closing_legs(
    settlement: Settlement, months: Mapping[str, Sequence[Leg]], carried: int
) -> tuple[tuple[str, str, int, str], ...]:
    residue = tuple(
        (account, RESIDUE, amount, "Facilitator tax left over") for account, amount in residue_legs(_amounts(months))
    )
    return (
        *residue,
        (CARRY_FORWARD, CARRY, -carried, "Carried from earlier months"),
        (
            total_account(settlement.route, settlement.document.total_minor),
            TOTAL,
            settlement.document.total_minor,
            f"Total of {settlement.name}",
        ),
    )


def _amounts(months: Mapping[str, Sequence[Leg]]) -> list[tuple[str, int]]:
    return [(leg.choice.account, leg.amount_minor) for legs in months.values() for leg in legs]


def line_posting(leg: Leg) -> Posting:
    choice = leg.choice
    return Posting(
        number=leg.number,
        account=choice.account,
        amount_minor=leg.amount_minor,
        kind=choice.kind,
        rule=choice.rule,
        line_count=leg.line_count,
        contact=choice.contact,
        tracking=choice.tracking,
        tax_code=choice.tax_code,
        tax_minor=leg.tax_minor,
        half=choice.half,
    )


def _derived(legs: Sequence[tuple[str, str, int, str]], numbered: int) -> list[Posting]:
    kept = [leg for leg in legs if leg[2]]
    return [
        Posting(number=number, account=account, amount_minor=amount, kind=kind, rule="", description=words)
        for number, (account, kind, amount, words) in enumerate(kept, start=numbered + 1)
    ]


def _part(settlement: Settlement, month: str, postings: Sequence[Posting], words: str) -> JournalEntry:
    document, route = settlement.document, settlement.route
    is_last = month == settlement.last_month
    slot = settlement.slot(month)
    return JournalEntry(
        slot=slot,
        number=settlement.number(slot),
        document_id=document.document_id,
        revision=document.revision,
        booked_on=local_day(document.closed_at, route.time_zone) if is_last else month_end(month),
        currency=document.currency,
        narration=settlement.name if words == "part 1 of 1" else f"{settlement.name}, {words}: {month}",
        postings=tuple(postings),
        rule_version=settlement.rule_version,
        content_hash=document.content_hash,
        plugin_version=document.plugin_version,
        sent_before=settlement.sent_before(slot),
    )


def bank_leg(settlement: Settlement, after: tuple[str, ...]) -> tuple[JournalEntry, ...]:
    """The entry that moves a payout from clearing to the bank; none where nothing is paid or the route posts none."""
    document, route = settlement.document, settlement.route
    if document.total_minor <= 0 or route.bank_leg is not BankLeg.TRANSFER:
        return ()
    slot = settlement.slot(BANK_PART)
    legs = (
        (route.bank, BANK, document.total_minor, f"Payout of {settlement.name}"),
        (route.clearing, BANK, -document.total_minor, f"Payout of {settlement.name}"),
    )
    return (
        JournalEntry(
            slot=slot,
            number=settlement.number(slot),
            document_id=document.document_id,
            revision=document.revision,
            booked_on=local_day(document.pays_at or document.closed_at, route.time_zone),
            currency=document.currency,
            narration=f"Payout of {settlement.name}",
            postings=tuple(_derived(legs, 0)),
            rule_version=settlement.rule_version,
            content_hash=document.content_hash,
            plugin_version=document.plugin_version,
            after=after,
            purpose=Purpose.BANK,
            sent_before=settlement.sent_before(slot),
        ),
    )
