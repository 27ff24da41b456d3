"""What earlier entries of an order left open in the customer's name, and which of it an entry settles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from bridge.model.chart import DUE_FROM_BUYERS
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import JournalEntry, Mode
from bridge.model.lines import TENDER
from bridge.model.vouchers import voucher_id
from bridge.plugin import OpenDocument
from bridge.store.api import OpenEntry, UnitOfWork


class OpenBefore(msgspec.Struct, frozen=True):
    """What its order had open before an entry.

    settles: what the entry settles of that, the oldest first. contact: where it has its buyer owe money again that went
    back, the name that rules gave to what that had paid; empty for the channel's own.
    """

    settles: tuple[OpenDocument, ...] = ()
    contact: str = ""


NOTHING_BEFORE = OpenBefore()


def open_before(
    uow: UnitOfWork, entries: Iterable[JournalEntry], *, beside: Collection[str] = ()
) -> Mapping[str, OpenBefore]:
    """By entry id, of those of these entries that settle anything, or have it owed again. Bulk.

    entries: of one route; those of one work may settle each other. beside: entries that give way.
    Left out: where a route books no order by itself, and what will never be in the ledger.
    """
    own = {entry.entry_id: entry for entry in entries if entry.slot.mode is Mode.ORDER}
    asking = {entry_id: entry for entry_id, entry in own.items() if _owed(entry) < 0 or _is_owed_again(entry)}
    orders = sorted({entry.slot.group for entry in asking.values()})
    if not orders:
        return {}
    route_id = next(iter(own.values())).slot.route_id
    kept = uow.entries.open_by_entry(route_id, orders, beside=sorted(beside))
    found = {order_id: _with_own(kept.get(order_id, ()), order_id, own) for order_id in orders}
    gone = _gone(uow, {each.entry_id for several in found.values() for each in several})
    contacts = _contacts(uow, found, own)
    return {
        entry_id: OpenBefore(contact=contacts[entry_id])
        if _owed(entry) > 0
        else OpenBefore(
            tuple(
                OpenDocument(voucher_id(each.entry_id, 1), share, contacts[each.entry_id])
                for each, share in _shares(found[entry.slot.group], entry_id, gone)
            )
        )
        for entry_id, entry in asking.items()
    }


def _owed(entry: JournalEntry) -> int:
    """What it adds to what its buyer owes; below nothing where it settles."""
    return sum(posting.amount_minor for posting in entry.postings if posting.account == DUE_FROM_BUYERS)


def _is_owed_again(entry: JournalEntry) -> bool:
    """Whether money went back by which its buyer owes more."""
    return _owed(entry) > 0 and any(each.kind == TENDER and each.amount_minor < 0 for each in entry.postings)


def _with_own(kept: Sequence[OpenEntry], order_id: str, own: Mapping[str, JournalEntry]) -> list[OpenEntry]:
    """Those that are kept and those that are only made, by their days."""
    known = {each.entry_id for each in kept}
    made = [
        OpenEntry(entry_id, entry.booked_on, owed)
        for entry_id, entry in own.items()
        if entry_id not in known and entry.slot.group == order_id and (owed := _owed(entry))
    ]
    return sorted([*kept, *made], key=lambda each: each.booked_on)


def _contacts(
    uow: UnitOfWork, found: Mapping[str, Sequence[OpenEntry]], own: Mapping[str, JournalEntry]
) -> Mapping[str, str]:
    """In whose name each entry that owes stands, as rules say: its own, else in that of the one before it."""
    owing = {each.entry_id for several in found.values() for each in several if each.owed_by_minor > 0}
    kept = uow.entries.get_many(sorted(owing - own.keys()))
    entries = {**own, **{entry_id: one.entry for entry_id, one in kept.items()}}
    names: dict[str, str] = {}
    for several in found.values():
        last = ""
        for name in (each.entry_id for each in several if each.owed_by_minor > 0):
            last = names[name] = next((one.contact for one in entries[name].postings if one.contact), last)
    return names


def _gone(uow: UnitOfWork, entry_ids: Collection[str]) -> frozenset[str]:
    """Those whose document was withdrawn, by whoever it was."""
    vouchers = uow.deliveries.of_entries(sorted(entry_ids))
    return frozenset(
        each.entry_id
        for several in vouchers.values()
        for each in several
        if each.voucher_id == voucher_id(each.entry_id, 1) and each.state is DeliveryState.WITHDRAWN
    )


def _shares(legs: Sequence[OpenEntry], entry_id: str, gone: Collection[str]) -> Iterator[tuple[OpenEntry, int]]:
    """What one of them settles of those that owe, after what those before it settled."""
    place = [each.entry_id for each in legs].index(entry_id)
    taken = -sum(each.owed_by_minor for each in legs[:place] if each.owed_by_minor < 0)
    left = -legs[place].owed_by_minor
    for each in legs:
        amount = max(each.owed_by_minor, 0)
        free = max(amount - taken, 0)
        taken -= min(amount, taken)
        if (share := min(left, free)) and each.entry_id not in gone:
            yield each, share
        left -= share
