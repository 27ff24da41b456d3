"""The vouchers that new entries are owed, planned outside any unit: a sink's code never runs while one writes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, partial

import msgspec

from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.coverage import coverage
from bridge.books.planning.early import early
from bridge.books.planning.open import NOTHING_BEFORE, open_before
from bridge.books.planning.plan import Waiting, first_deliveries, plan
from bridge.books.tax.recomputed import Recomputed, off_their_rate
from bridge.model.deliveries import Delivery
from bridge.model.entries import JournalEntry, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.store.api import UnitOfWork


class Owed(msgspec.Struct, frozen=True):
    """deliveries: of all entries, those that cannot be planned yet as places that are held."""

    deliveries: tuple[Delivery, ...]
    findings: tuple[Finding, ...]


def owed(
    uow: UnitOfWork,
    entries: Sequence[JournalEntry],
    standing: Mapping[Slot, Standing],
    is_unclassified: Callable[[JournalEntry], bool],
    basis: Basis,
    *,
    going: Collection[JournalEntry] = (),
) -> Owed:
    """What new entries are owed; one that moves nothing is owed none.

    entries: in an order in which what must be sent first comes first. going: those that give way to them.
    """
    ledger, route = basis.ledger, basis.route
    made: dict[str, tuple[Delivery, ...]] = {entry.entry_id: () for entry in entries}
    known = uow.deliveries.of_entries(sorted(_first(entries) - made.keys()))
    findings: list[Finding] = []
    before = open_before(uow, entries, beside=[entry.entry_id for entry in going])
    covered = cache(partial(coverage, uow, route, ledger.channel))
    for entry in entries:
        if not any(posting.amount_minor for posting in entry.postings):
            if any(posting.tax_minor for posting in entry.postings):
                findings.append(_tax_alone(entry))
            continue
        findings += [_off_its_rate(entry, each) for each in off_their_rate(entry.postings)]
        first = [each for name in entry.after for each in made.get(name) or known.get(name, ())]
        planned = plan(entry, ledger, [each.voucher_id for each in first], before.get(entry.entry_id, NOTHING_BEFORE))
        waiting = Waiting(is_unclassified(entry), early=early(entry, route, basis.now, covered))
        # A round in which its keys have never been tried: a vendor may repeat an old refusal for an old one.
        from_round = standing[entry.slot].chain.from_round(entry.sent_before)
        made[entry.entry_id] = first_deliveries(entry, planned, waiting, route, basis.now, from_round=from_round)
    return Owed(tuple(each for several in made.values() for each in several), tuple(findings))


def _first(entries: Iterable[JournalEntry]) -> set[str]:
    return {name for entry in entries for name in entry.after}


def _tax_alone(entry: JournalEntry) -> Finding:
    """What is said where tax changed and no amount did: no voucher can carry that."""
    tax = sum(posting.tax_minor for posting in entry.postings)
    return Finding(
        code="books.tax_alone",
        severity=Severity.ERROR,
        route_id=entry.slot.route_id,
        subject=entry.entry_id,
        title=f"{entry.narration}: its tax changed, and none of its amounts",
        amount_minor=tax,
        currency=entry.currency,
        cause="The channel corrected the tax inside amounts that were sent before",
        repair="Adjust the tax by hand in the ledger, then accept this with a reason",
        entry_id=entry.entry_id,
    )


def _off_its_rate(entry: JournalEntry, tax: Recomputed) -> Finding:
    """What is said where the tax that is stated is not what a ledger would work out at its rate."""
    stated, computed = (decimal_text(abs(minor), entry.currency) for minor in (tax.stated_minor, tax.computed_minor))
    return Finding(
        code="books.tax_recomputed",
        severity=Severity.WARNING,
        route_id=entry.slot.route_id,
        subject=f"{entry.entry_id} {tax.treatment}",
        title=f"{entry.narration}: a tax of {stated} {entry.currency} is not what {tax.treatment} comes to, {computed}",
        amount_minor=tax.off_minor,
        currency=entry.currency,
        cause="The channel states a tax that the rate it names does not give, by more than rounding",
        repair="Look at the rate in the channel; correct the code or the tax in the ledger, or accept the difference",
        entry_id=entry.entry_id,
    )
