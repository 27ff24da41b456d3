"""A settlement into journal entries: one a month, the total on clearing, and the leg that reaches the bank."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from bridge.books.liability import RESIDUE, left_over, residue_legs
from bridge.books.summarise import Leg
from bridge.books.taxes import base_of
from bridge.model.chart import ACCOUNTS_RECEIVABLE, CARRY_FORWARD
from bridge.model.connections import BankLeg, Route
from bridge.model.documents import Document
from bridge.model.entries import BANK, SETTLEMENT_TOTAL, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.periods import arrival_day, local_day, month_end, month_of
from bridge.model.slots import BankPart, MonthPart, SlotPart, compose

TOTAL, CARRY, TAX_ALONE = SETTLEMENT_TOTAL, "carry", "tax.alone"


class Settlement(msgspec.Struct, frozen=True):
    """What a document is booked from.

    rule_version: the newest version known when it was booked. number: the next of a slot's chain.
    sent_before: how many entries of a slot were sent. withheld_lines: its lines of tax that the channel withheld.
    """

    document: Document
    route: Route
    rule_version: int
    number: Callable[[Slot], int]
    sent_before: Callable[[Slot], int]
    withheld_lines: int = 0

    @property
    def last_month(self) -> str:
        return month_of(local_day(self.document.closed_at, self.route.time_zone))

    @property
    def name(self) -> str:
        return name_of(self.document)

    def slot(self, part: SlotPart) -> Slot:
        return Slot(self.route.route_id, Mode.PAYOUT, self.document.identity.external_id, compose(part))


def name_of(document: Document) -> str:
    """A document as entries call it."""
    identity = document.identity
    return f"{identity.channel.capitalize()} {identity.kind} {identity.external_id}"


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
        postings += _alone(months.get(month, ()), len(postings))
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
    """What collected and withheld tax leave on the pass-through account over the settlement; zero when they met."""
    return left_over((leg.choice.account, leg.amount_minor) for legs in months.values() for leg in legs)


def _closing_legs(
    settlement: Settlement, months: Mapping[str, Sequence[Leg]], carried: int
) -> tuple[tuple[str, str, int, str], ...]:
    residue = tuple(
        (account, RESIDUE, amount, "Rounding between tax collected and tax withheld")
        for account, amount in residue_legs(residue_minor(months), settlement.withheld_lines)
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


def _alone(legs: Sequence[Leg], numbered: int) -> list[Posting]:
    """Where tax came without what it was charged on: that at its rate, with the tax, and anew without tax.

    So each line of the ledger has its amount beside its tax, and the return shows the tax and no turnover.
    """
    made: list[Posting] = []
    for leg in legs:
        for tax_code, tax_minor in sorted(leg.alone_minor.items()):
            whole = tax_minor + base_of(tax_minor, tax_code)
            for amount, code, tax in ((whole, tax_code, tax_minor), (-whole, leg.choice.tax_code, 0)):
                number = numbered + len(made) + 1
                words = "Tax alone: at its rate, and anew without tax"
                made.append(Posting(number, leg.choice.account, amount, TAX_ALONE, "", 0, code, tax, description=words))
    return [posting for posting in made if posting.amount_minor]


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
    slot = settlement.slot(MonthPart(month))
    is_open = any(posting.kind == TOTAL and posting.account == ACCOUNTS_RECEIVABLE for posting in postings)
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
        due_on=arrival_day(document, route.time_zone) if is_open else None,
    )


def bank_leg(settlement: Settlement, after: tuple[str, ...]) -> tuple[JournalEntry, ...]:
    """The entry that moves a payout from clearing to the bank; none where nothing is paid or the route posts none."""
    document, route = settlement.document, settlement.route
    if document.total_minor <= 0 or route.bank_leg is not BankLeg.TRANSFER:
        return ()
    leg = move(
        document,
        Move(BANK, route.bank, route.clearing, document.total_minor),
        settlement.slot(BankPart()),
        booked_on=arrival_day(document, route.time_zone),
        narration=f"Payout of {settlement.name}",
        purpose=Purpose.BANK,
        after=after,
    )
    number, sent_before = settlement.number(leg.slot), settlement.sent_before(leg.slot)
    provenance = {"number": number, "sent_before": sent_before, "rule_version": settlement.rule_version}
    return (msgspec.structs.replace(leg, **provenance),)


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
    return tuple(_derived([(account, kind, amount, words) for account, amount in legs], 0))
