"""Pure: entries of which there is nothing more to say, put together by day: a check holds days, not a history.

A year of a large store is a hundred thousand orders that stand in the ledger as they were booked. What explains an
account, and ties a day, are sums of such entries; of each of them only its id is held, with the bundle that it is in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property

import msgspec

from bridge.drift.sides.chart import Chart, Purpose
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Mode
from bridge.model.entries import Purpose as EntryPurpose
from bridge.model.lines import TENDER
from bridge.model.slots import DocumentPart
from bridge.store.api import ClearingMove, Shown

PLAIN = frozenset({EntryPurpose.ORDER, EntryPurpose.REFUND, EntryPurpose.JOURNAL})


class Bundle(msgspec.Struct, frozen=True):
    """Entries of one day whose postings are alike but for their amounts, and whose objects do just that.

    entry:    as if they were one: a posting is the sum of theirs with its number. Its own number is that of the first,
              negative: so its id is nobody else's, not even where several entries of one slot stand in several bundles.
    accounts: the ledger's accounts that they went to, by the number of our chart. count: how many they are.
    moves:    what their objects do now, what comes in and what goes out apart.
    """

    entry: JournalEntry
    accounts: Mapping[str, str]
    count: int
    moves: Mapping[str, Sequence[ClearingMove]]


class Signs(msgspec.Struct, frozen=True, dict=True):
    """What may be wrong with objects of ours, by ref: an entry with one of these stands by itself.

    suspects: that differ or are not there. chart: whose account of open invoices an
    object may pass through without a posting of ours, and which accounts wait for a line of the bank an order.
    """

    suspects: Collection[str]
    chart: Chart

    def is_plain(self, entry: JournalEntry, deliveries: Sequence[Delivery], shown: Mapping[str, Shown]) -> bool:
        """Whether an order, or a fee of one, is in the ledger whole and does there what it was booked to do.

        deliveries: of this entry. shown: what the objects do, by ref.
        """
        if entry.slot.mode is not Mode.ORDER or entry.purpose not in PLAIN or entry.due_on or not deliveries:
            return False
        refs = {each.ref for each in deliveries if each.state is DeliveryState.DELIVERED}
        if len(refs) < len(deliveries) or not refs.isdisjoint(self.suspects) or not refs <= shown.keys():
            return False
        objects = [shown[ref] for ref in refs]
        accounts = accounts_of(deliveries)
        return (
            all(not one.open_minor and refs.issuperset(one.settles) for one in objects)
            and self._as_booked(_booked(entry, accounts), objects)
            and not any(one.kind == TENDER and accounts.get(one.account) in self.by_order for one in entry.postings)
            and isinstance(entry.slot.what, DocumentPart)
        )

    def _as_booked(self, booked: Mapping[str, int], objects: Iterable[Shown]) -> bool:
        """Whether the objects do to accounts of the balance sheet what was booked, and to no others anything."""
        sums: dict[str, int] = defaultdict(int)
        for one in objects:
            for account_id, minor in one.amounts.items():
                if minor and (account_id not in self.chart.receivable_ids or account_id in booked):
                    sums[account_id] += minor
        told = {account_id for account_id in sums.keys() | booked.keys() if account_id not in self.chart.sections}
        return all(account_id in booked and booked[account_id] == sums.get(account_id, 0) for account_id in told)

    @cached_property
    def by_order(self) -> frozenset[str]:
        """The accounts, by ledger id, on which each order's payment waits for a line of its own."""
        return frozenset(one.account.ledger_id for one in self.chart.clearings if one.purpose is Purpose.MANUAL)


def accounts_of(deliveries: Iterable[Delivery]) -> Mapping[str, str]:
    """The ledger's accounts that vouchers go to, by the number of our chart."""
    return {
        line.account.number: line.account.ledger_id
        for delivery in deliveries
        if delivery.voucher is not None
        for line in delivery.voucher.lines
    }


def _booked(entry: JournalEntry, accounts: Mapping[str, str]) -> dict[str, int]:
    """What an entry does to each account, by ledger id; under no id what went to none."""
    sums: dict[str, int] = defaultdict(int)
    for posting in entry.postings:
        if posting.amount_minor:
            sums[accounts.get(posting.account, "")] += posting.amount_minor
    return sums


_Alike = tuple[object, ...]
_Place = tuple[str, date, bool]


class Bundling:
    """Takes plain entries in, one by one, in any order: what comes out is the same."""

    def __init__(self) -> None:
        self._bundles: dict[_Alike, _Summing] = {}
        self._accounts: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = {}

    def take(self, entry: JournalEntry, deliveries: Sequence[Delivery], shown: Mapping[str, Shown]) -> None:
        """Put an entry to those that are alike."""
        pairs = tuple(sorted(accounts_of(deliveries).items()))
        accounts = self._accounts.setdefault(pairs, dict(pairs))
        form = tuple((one.account, one.kind, one.half) for one in entry.postings)
        alike = (entry.booked_on, entry.currency, entry.purpose, form, id(accounts))
        bundle = self._bundles.get(alike)
        if bundle is None:
            bundle = self._bundles[alike] = _Summing(entry, accounts)
        bundle.add(entry, [shown[each.ref] for each in deliveries])

    def days(self) -> Mapping[date, Sequence[tuple[Bundle, tuple[str, ...]]]]:
        """All of them by day, in the order of their first entries, each with the ids of its entries."""
        found: dict[date, list[_Summing]] = defaultdict(list)
        for one in self._bundles.values():
            found[one.first.booked_on].append(one)
        return {
            on: [(one.whole(), tuple(sorted(one.members))) for one in sorted(some, key=lambda one: place_of(one.first))]
            for on, some in found.items()
        }


def place_of(entry: JournalEntry) -> tuple[str, str, str, int]:
    """Where an entry stands among those of its route."""
    return entry.slot.mode, entry.slot.group, entry.slot.part, entry.number


class _Summing:
    """The sums of one bundle as they grow."""

    def __init__(self, first: JournalEntry, accounts: Mapping[str, str]) -> None:
        self.first, self._accounts = first, accounts
        self.members: list[str] = []
        self._amounts = [0] * len(first.postings)
        self._moves: dict[_Place, tuple[int, int | None]] = {}

    def add(self, entry: JournalEntry, objects: Iterable[Shown]) -> None:
        self.first = min(self.first, entry, key=place_of)
        self.members.append(entry.entry_id)
        for place, posting in enumerate(entry.postings):
            self._amounts[place] += posting.amount_minor
        for one in objects:
            for account_id, minor in one.amounts.items():
                key = account_id, one.dated_on, minor > 0
                before, told = self._moves.get(key, (0, None))
                self._moves[key] = before + minor, told if one.open_minor is None else 0

    def whole(self) -> Bundle:
        amounts = zip(self.first.postings, self._amounts, strict=True)
        postings = tuple(
            msgspec.structs.replace(one, amount_minor=minor, tax_minor=0, line_count=0, description="")
            for one, minor in amounts
        )
        count = len(self.members)
        narration = f"{count} entries of {self.first.booked_on}"
        facts = {
            "number": -self.first.number,
            "document_id": "",
            "after": (),
            "narration": narration,
            "postings": postings,
        }
        entry = msgspec.structs.replace(self.first, **facts)
        moves = defaultdict[str, list[ClearingMove]](list)
        for (account_id, on, _), (minor, open_minor) in sorted(self._moves.items()):
            where = "", "", "", on, minor, entry.entry_id, entry.slot.route_id, entry.currency
            moves[account_id].append(ClearingMove(*where, (), open_minor))
        return Bundle(entry, self._accounts, count, dict(moves))
