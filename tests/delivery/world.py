"""A ledger, a store, and processes that drain the one from the other and may die at any moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec

from bridge import ids
from bridge.delivery import Deliverer, DrainReport, Witness
from bridge.model.connections import Connection, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine, voucher_id
from bridge.store.api import Store, UnitOfWork
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.heads import new_head_file
from tests.fakes.ledger import JOURNAL, TRANSFER, FakeLedger, fake_sink_offer

BOOKS = "books"
ROUTE = "rte_amazon"
HOUR, DAY = 3_600, 86_400
ACCOUNTS = ("1000", "1200", "1280", "2100", "3000", "4000", "6000")
SALE = (("1200", 86_60), ("6000", 3_40), ("4000", -90_00))
PAYOUT = (("1000", 86_60), ("1200", -86_60))
JUNE_30 = date(2026, 6, 30)
NAMES = tuple(f"v{number}" for number in range(8))


class Killed(BaseException):
    """The process is gone: nothing catches this, and nothing it holds can be used again."""


class Life:
    """One process: counts its requests and saves, and ends at the given one."""

    def __init__(self, ends_at: int | None = None) -> None:
        self._left = ends_at
        self.moments: list[str] = []
        self.is_over = False

    def moment(self, name: str) -> None:
        if self.is_over:
            raise Killed(name)
        self.moments.append(name)
        if self._left is not None:
            self._left -= 1
            self.is_over = self._left <= 0
        if self.is_over:
            raise Killed(name)


class MortalStore:
    """The real store as a process that may die sees it: before a unit opens, before it is saved, just after."""

    def __init__(self, store: Store, life: Life) -> None:
        self._store, self._life = store, life

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        self._life.moment("unit opens")
        with self._store.unit(actor) as unit:
            yield unit
            self._life.moment("unit is to be saved")
        self._life.moment("unit is saved")

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._store.reading() as unit:
            yield unit


class World:
    """One ledger connection with vouchers on their way."""

    def __init__(self, store: Store, clock: FakeClock, ledger: FakeLedger) -> None:
        self.store, self.clock, self.head_file = store, clock, new_head_file()
        self.use(ledger)
        self._processes = 0
        with store.unit("test") as unit:
            unit.connections.put(Connection(BOOKS, "fake", Side.SINK, "company-1"))
        Witness(store, clock, self.head_file).keep()

    def use(self, ledger: FakeLedger) -> None:
        """Connect to this ledger."""
        self.ledger = ledger
        self.desk = FakeDesk(self.clock, sinks={BOOKS: ledger}, sink_offers={BOOKS: fake_sink_offer(ledger)})

    # Vouchers

    def owe(
        self,
        name: str,
        lines: Sequence[tuple[str, int]] = SALE,
        *,
        after: Sequence[str] = (),
        dated_on: date = JUNE_30,
        same_amount_days: int = 0,
        type: str = JOURNAL,  # noqa: A002 - the ledger's own word, as in the model
        number: str | None = None,
    ) -> str:
        """Owe a voucher; ``after`` are names. Returns its id."""
        entry_id = ids.derive("ent", name)
        voucher = Voucher(
            voucher_id=id_of(name),
            entry_id=entry_id,
            type=type,
            number=(f"AMZ-{name}"[:21] if number is None else number) if type == JOURNAL else "",
            key=ids.derive("brk", entry_id, 1),
            dated_on=dated_on,
            currency="USD",
            memo=name,
            lines=tuple(VoucherLine(account=self.account(number), amount_minor=minor) for number, minor in lines),
            after=tuple(id_of(other) for other in after),
            same_amount_days=same_amount_days,
        )
        with self.store.unit("test") as unit:
            unit.deliveries.add(Delivery(id_of(name), entry_id, BOOKS, ROUTE, voucher, DeliveryState.OWED))
        return id_of(name)

    def owe_transfer(self, name: str, *, after: Sequence[str] = (), same_amount_days: int = 7) -> str:
        """Owe the payout's money: a type that carries no number."""
        return self.owe(name, PAYOUT, type=TRANSFER, after=after, same_amount_days=same_amount_days)

    def account(self, number: str) -> AccountRef:
        found = next(account for account in self.ledger.accounts if account.number == number)
        return AccountRef(found.ledger_id, found.number, found.name)

    def withdraw(self, name: str) -> None:
        """Books takes back what it owed."""
        owed = self.delivery(name)
        with self.store.unit("books") as unit:
            unit.deliveries.move(owed, msgspec.structs.replace(owed, state=DeliveryState.WITHDRAWN))

    # Processes

    def process(self, life: Life | None = None, *, holder: str = "") -> Deliverer:
        """Start a process; the next one gets another name, as after a crash."""
        self._processes += 1
        name = holder or f"process {self._processes}"
        if life is None:
            return Deliverer(self.store, self.desk, self.clock, name, Witness(self.store, self.clock, self.head_file))
        self.ledger.on_request = life.moment
        mortal = MortalStore(self.store, life)
        return Deliverer(mortal, self.desk, self.clock, name, Witness(mortal, self.clock, self.head_file))

    def drain(self, *, patience_seconds: int = 0, limit: int | None = None) -> DrainReport:
        """Press deliver, in a process that lives."""
        self.ledger.on_request = lambda _: None
        return self.process().drain(BOOKS, actor="cli", patience_seconds=patience_seconds, limit=limit)

    def drain_until(self, life: Life, *, patience_seconds: int = 0) -> bool:
        """Press deliver in a process with this life; whether it lived to the end."""
        try:
            self.process(life).drain(BOOKS, actor="cli", patience_seconds=patience_seconds)
        except Killed:
            return False
        finally:
            self.ledger.on_request = lambda _: None
        return True

    def settle(self) -> DrainReport:
        """Days later, with nobody failing any more."""
        self.clock.advance(DAY)
        return self.drain(patience_seconds=DAY)

    # What stands where

    def delivery(self, name: str) -> Delivery:
        with self.store.reading() as unit:
            return unit.deliveries.get(id_of(name))

    def state(self, name: str) -> DeliveryState:
        return self.delivery(name).state

    def states(self, names: Sequence[str]) -> set[DeliveryState]:
        return {self.state(name) for name in names}

    def sizes(self) -> list[int]:
        """How many vouchers each call carried."""
        return [len(batch) for batch in self.ledger.batches]

    def copies(self, name: str) -> int:
        """How many objects of this voucher the ledger holds."""
        voucher = self.delivery(name).voucher
        assert voucher is not None
        return len(self.ledger.with_key(voucher.key))

    def sends(self) -> int:
        return self.ledger.requests.count("send")

    def say(self, kind: InstructionKind, name: str, reason: str = "I looked", *, ref: str = "") -> None:
        """A person decides."""
        with self.store.unit("ada") as unit:
            unit.instructions.add(Instruction(kind, id_of(name), "ada", reason, self.clock.now(), ref=ref))


def make_ledger(clock: FakeClock, **options: Any) -> FakeLedger:
    """A ledger with the few accounts these tests post to."""
    return FakeLedger(clock, connection=BOOKS, numbers=ACCOUNTS, **options)


def id_of(name: str) -> str:
    return voucher_id(ids.derive("ent", name), 1)
