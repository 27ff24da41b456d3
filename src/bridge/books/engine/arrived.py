"""Entries of a payout at what of it reached the bank, as a person said, where its ledger does not take its currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from bridge.books.engine.basis import Basis
from bridge.model.arrivals import Arrival, arrival_of
from bridge.model.chart import FACILITATOR_TAX, PAYOUT_FEES
from bridge.model.documents import Document
from bridge.model.entries import ARRIVAL_FEE, CARRY, SETTLEMENT_TOTAL, JournalEntry, Posting
from bridge.model.money import money
from bridge.model.rates import rate_between
from bridge.store.api import UnitOfWork

_FIXED = (SETTLEMENT_TOTAL, CARRY)


def arrivals(uow: UnitOfWork, document_ids: Collection[str], basis: Basis) -> Mapping[str, Arrival]:
    """What people said of these documents; of one that is only being thought about, what would be said."""
    said = uow.instructions.of_subjects(sorted(document_ids))
    found = {name: word for name, several in said.items() if (word := arrival_of(several)) is not None}
    for name in basis.thought.keys() & set(document_ids):
        found.pop(name, None)
        if (word := basis.thought[name]) is not None:
            found[name] = word
    return found


def is_converted(uow: UnitOfWork, document: Document, arrival: Arrival | None, basis: Basis) -> bool:
    """Whether a statement can stand in its ledger, by what that told last, only as what reached the bank."""
    facts = basis.ledger.facts or uow.facts.latest(basis.route.ledger)
    return arrival is not None and facts is not None and not facts.takes(document.currency)


def converted(entries: Sequence[JournalEntry], document: Document, arrival: Arrival) -> list[JournalEntry]:
    """The entries of a statement as what reached the bank: its total is that to the cent.

    Rounding: half to even, an account at a time, so that what was even stays even; what is left over of an entry goes
    to its largest posting beside its total and what it carries.
    """
    return [_converted(entry, document, arrival) for entry in entries]


def _converted(entry: JournalEntry, document: Document, arrival: Arrival) -> JournalEntry:
    total, comes_to = document.total_minor, arrival.comes_to_minor
    amounts = _amounts(entry.postings, total, comes_to)
    fee = arrival.fee_minor if any(posting.kind == SETTLEMENT_TOTAL for posting in entry.postings) else 0
    postings = [
        msgspec.structs.replace(
            posting,
            amount_minor=amounts[posting.number] - (fee if posting.kind == SETTLEMENT_TOTAL else 0),
            tax_minor=_at(posting.tax_minor, comes_to, total),
        )
        for posting in entry.postings
    ]
    if fee:
        words = "Kept by the bank that converted it"
        postings.append(Posting(len(postings) + 1, PAYOUT_FEES, fee, ARRIVAL_FEE, "", description=words))
    whole, came = money(total, document.currency), money(comes_to, arrival.currency)
    return msgspec.structs.replace(
        entry,
        currency=arrival.currency,
        narration=f"{entry.narration}, {whole} as {came}",
        postings=tuple(postings),
        due_on=arrival.on if entry.due_on else None,
        rate=rate_between(comes_to, arrival.currency, total, document.currency),
        rate_into=document.currency,
    )


def _amounts(postings: Sequence[Posting], total: int, comes_to: int) -> dict[int, int]:
    """What each posting comes to, by its number; they add up to nothing again."""
    of_account: dict[str, list[Posting]] = defaultdict(list)
    for posting in postings:
        of_account[f"{posting.kind}" if posting.kind in _FIXED else posting.account].append(posting)
    amounts: dict[int, int] = {}
    for several in of_account.values():
        made = {one.number: _at(one.amount_minor, comes_to, total) for one in several}
        wanted = _at(sum(one.amount_minor for one in several), comes_to, total)
        _give(made, wanted - sum(made.values()), several)
        amounts |= made
    free = [one for one in postings if one.kind not in _FIXED and one.account != FACILITATOR_TAX]
    _give(amounts, -sum(amounts.values()), free or postings)
    return amounts


def _give(amounts: dict[int, int], left: int, among: Sequence[Posting]) -> None:
    """Give what is left over to the largest of these, the first of several."""
    if left:
        amounts[max(among, key=lambda one: (abs(one.amount_minor), -one.number)).number] += left


def _at(minor: int, comes_to: int, total: int) -> int:
    """So much of a total as of what that came to. Rounding: half to even, in whole minor units."""
    whole, rest = divmod(abs(minor) * comes_to, abs(total))
    whole += rest * 2 > abs(total) or (rest * 2 == abs(total) and whole % 2 == 1)
    return whole if minor >= 0 else -whole
