"""What a ledger may hold already of the vouchers that are owed to it, for its database was restored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from bridge.clock import Clock
from bridge.delivery import alike, decide
from bridge.delivery.turn import Turn
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Observation, Sink, Unread
from bridge.store.api import Store, UnitOfWork

READ_LASTS = timedelta(minutes=30)
_S = DeliveryState


class Restored:
    """One marked ledger, read once for all that is owed, when the first voucher is due that may be there.

    mark: the word that its store was restored. found: how many vouchers were there.
    Memory: what bears no key of another voucher.
    """

    def __init__(self, store: Store, clock: Clock, sink: Sink, turn: Turn, mark: Instruction) -> None:
        self._store, self._clock, self._sink, self._turn = store, clock, sink, turn
        self.mark = mark
        self._looked: set[str] = set()
        self.found = 0
        self._days: tuple[date, date] | None = None
        self._read_at: datetime | None = None
        self._accounts: frozenset[str] = frozenset()
        self._copies: list[LedgerCopy] = []

    @property
    def words(self) -> str:
        """What was made of the mark, for people; empty when nothing was."""
        if not self._looked:
            return ""
        at = f"{self.mark.given_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"{len(self._looked)} looked for in the ledger before sending, {self.found} found there "
            f"(the database was restored: told at {at} by {self.mark.by})"
        )

    def meant(self, owed: Sequence[Delivery]) -> frozenset[str]:
        """Those, by id, that may have been sent by the database as it was before."""
        with self._store.reading() as unit:
            days = booked_on(unit, owed)
        marked_on = self.mark.given_at.date()
        meant = frozenset(name for name, day in days.items() if alike.may_be_there(day, marked_on))
        self._looked |= meant
        return meant

    def asked(self, owed: Sequence[Delivery]) -> tuple[Delivery, ...]:
        """Those of whose likes to look for: unless a person has said that they are not it."""
        meant = self.meant(owed)
        with self._store.reading() as unit:
            said = unit.instructions.of_subjects(list(meant))
        return tuple(
            one
            for one in owed
            if one.voucher_id in meant and not decide.is_unlike(one, said.get(one.voucher_id, ()), self.mark)
        )

    def alike(self, owed: Sequence[Delivery]) -> Mapping[str, tuple[LedgerCopy, ...]]:
        """Objects that may be these vouchers, ours or not, by voucher id. Raises: as ``Sink.observe``."""
        with self._store.reading() as unit:
            days = booked_on(unit, owed)
        windows = {one.voucher_id: alike.window(one.due_voucher, days[one.voucher_id]) for one in owed}
        if not all(self._has_read(one.due_voucher, *windows[one.voucher_id]) for one in owed):
            self._read(owed)
        return {one.voucher_id: self._likes(one.due_voucher, *windows[one.voucher_id]) for one in owed}

    def _likes(self, voucher: Voucher, since_on: date, until_on: date) -> tuple[LedgerCopy, ...]:
        return tuple(
            copy for copy in self._copies if since_on <= copy.dated_on <= until_on and alike.is_alike(voucher, copy)
        )

    def _has_read(self, voucher: Voucher, since_on: date, until_on: date) -> bool:
        is_fresh = self._read_at is not None and self._clock.now() - self._read_at < READ_LASTS
        is_within = self._days is not None and self._days[0] <= since_on and until_on <= self._days[1]
        return is_fresh and is_within and _accounts([voucher]) <= self._accounts

    def _read(self, owed: Sequence[Delivery]) -> None:
        """Read what is dated around these vouchers and all others that are on their way."""
        with self._store.reading() as unit:
            others = unit.deliveries.with_state(owed[0].ledger, _S.OWED, _S.SENDING, _S.IN_DOUBT)
            meant = [one for one in (*owed, *others) if one.voucher is not None]
            days = booked_on(unit, meant)
        vouchers = [one.due_voucher for one in meant]
        windows = [alike.window(one.due_voucher, days[one.voucher_id]) for one in meant]
        keys, types = {voucher.key for voucher in vouchers}, {voucher.type for voucher in vouchers}
        self._days = min(since_on for since_on, _ in windows), max(until_on for _, until_on in windows)
        self._accounts, self._copies, self._read_at = _accounts(vouchers), [], None
        for page in self._sink.observe(Observation(*self._days, self._accounts)):
            self._turn.keep()
            if isinstance(page, Unread):  # of none of these types, which are written
                continue
            self._copies += (copy for copy in page if copy.key in keys or (not copy.key and copy.type in types))
        self._read_at = self._clock.now()


def booked_on(unit: UnitOfWork, owed: Iterable[Delivery]) -> Mapping[str, date]:
    """On which day the entry of each was booked, by voucher id; the voucher's own day where the entry is not there."""
    owed = list(owed)
    days = unit.entries.days(list(dict.fromkeys(one.entry_id for one in owed)))
    return {one.voucher_id: days.get(one.entry_id, one.due_voucher.dated_on) for one in owed}


def _accounts(vouchers: Iterable[Voucher]) -> frozenset[str]:
    return frozenset(line.account.ledger_id for voucher in vouchers for line in voucher.lines)
