"""The rates that a ledger itself gives for what waits in another currency, asked for outside any unit of work."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bridge import log
from bridge.books.planning.plan import Ledger
from bridge.books.waiting.standing import WAITING, vouchers, with_entries
from bridge.errors import AuthorizationError, PluginError, RejectedError, TransientError
from bridge.model.deliveries import Delivery
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.periods import place
from bridge.plugin import DayOfCurrency, RatedSink
from bridge.store.api import Store


def with_rates(store: Store, ledger: Ledger) -> Ledger:
    """The ledger with its rates for all that waits on the route.

    What a voucher bears already stays: it is not planned anew at another rate. Of a ledger that does not answer nothing
    more is known, and what waits goes on waiting. Network; writes nothing.
    """
    facts, sink = ledger.facts, ledger.sink
    if facts is None or not facts.is_multicurrency or not isinstance(sink, RatedSink):
        return ledger
    with store.reading() as uow:
        waiting = with_entries(uow, vouchers(uow, ledger.route, *WAITING))
    known = {
        (made.currency, made.dated_on): made.rate
        for one, entry in waiting
        if (made := one.voucher) is not None and made.rate and not entry.rate
    }
    wanted = sorted(_lacking(waiting, ledger, facts) - known.keys())
    try:
        told = sink.rates(wanted) if wanted else {}
    except (TransientError, AuthorizationError, RejectedError, PluginError) as cause:
        log.get("books").info("ledger rates unavailable", route=ledger.route.name, code=cause.code)
        told = {}
    return msgspec.structs.replace(ledger, rates={**told, **known})


def _lacking(
    waiting: Iterable[tuple[Delivery, JournalEntry]], ledger: Ledger, facts: LedgerFacts
) -> set[DayOfCurrency]:
    """The days and currencies of what could not be planned yet, whatever else it lacks beside a rate."""
    days = (
        (entry.currency, place(entry.booked_on, facts.locked_through, ledger.route.late))
        for delivery, entry in waiting
        if delivery.voucher is None and entry.currency != facts.home_currency
    )
    return {(currency, on) for currency, on in days if on is not None}
