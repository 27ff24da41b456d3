"""Vouchers on their way into ledgers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.vouchers import LedgerCopy


class Standing(msgspec.Struct, frozen=True):
    """How many vouchers of a route stand in a state for a reason."""

    state: DeliveryState
    route_id: str
    reason: str
    count: int


class Deliveries(Protocol):
    def add(self, delivery: Delivery) -> None: ...

    def add_many(self, deliveries: Sequence[Delivery]) -> None:
        """The same of many. Raises: StaleError when one is already there. Bulk."""
        ...

    def get(self, voucher_id: str) -> Delivery:
        """Raises: ConfigError when there is none."""
        ...

    def get_many(self, voucher_ids: Sequence[str]) -> Mapping[str, Delivery]:
        """The same of many, by id; those that are not there are left out. Bulk."""
        ...

    def of_entry(self, entry_id: str) -> tuple[Delivery, ...]: ...

    def of_entries(self, entry_ids: Sequence[str]) -> Mapping[str, tuple[Delivery, ...]]:
        """The same of many, by entry; those without deliveries are left out. Bulk."""
        ...

    def refs(self, voucher_ids: Sequence[str]) -> Mapping[str, str]:
        """The ledger's ids of these vouchers, of those that have one. Bulk."""
        ...

    def named(self, name: str) -> tuple[Delivery, ...]:
        """Those of this number, or with this id in a ledger."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The voucher ids that begin so."""
        ...

    def move(self, before: Delivery, after: Delivery, *, epoch: int | None = None) -> None:
        """Compare-and-swap: save ``after`` where the row still stands as ``before``.

        What is compared: state, round, attempts, epoch, due_at.

        A delivery may also stay in its state (another due date, another reason) until it is delivered or withdrawn.

        epoch: of the lease under which delivery moves it; checked against the lease row in the same statement.
        Raises: StaleError when another moved it or the lease was lost; InvariantError for an unknown move, or for
                another voucher while it is sending or in doubt.
        """
        ...

    def move_many(self, moves: Sequence[tuple[Delivery, Delivery]], *, epoch: int | None = None) -> frozenset[str]:
        """The same of many of one ledger, (before, after) each: the ids of those that were moved. Bulk.

        What others moved meanwhile is left as it stands, and so is everything when the lease was lost.
        Raises: InvariantError as ``move``, and for any other voucher than before.
        """
        ...

    def due(self, ledger: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Owed, sending or in doubt, due by now, the oldest first.

        An owed voucher that waits for another to be delivered or withdrawn is left out.
        """
        ...

    def next_due(self, ledger: str) -> datetime | None:
        """When the next owed, sending or in-doubt voucher of this ledger comes due; None when there is none.

        A voucher that waits for another to be delivered or withdrawn is not counted; 1970 means at once.
        """
        ...

    def with_state(self, ledger: str, *states: DeliveryState, reasons: Collection[str] = ()) -> tuple[Delivery, ...]:
        """Those in these states, for one of these reasons where some are named; by their date."""
        ...

    def of_route(self, route_id: str) -> Iterator[Delivery]: ...

    def reach(self, route_ids: Sequence[str], ledger: str, account_id: str) -> bool:
        """Whether what a ledger acknowledged of these routes went to one of its accounts."""
        ...

    def contacts(self, route_ids: Sequence[str], ledger: str) -> frozenset[str]:
        """Whom a ledger named on what it acknowledged of these routes, by its own ids."""
        ...

    def standing(self, ledger: str, *states: DeliveryState) -> tuple[Standing, ...]:
        """How many stand in each of these states, by route and reason; none is read itself."""
        ...

    def put_baseline(self, voucher_id: str, entry_id: str, ledger: str, copy: LedgerCopy) -> None:
        """Keep the ledger's echo of a delivered voucher. Idempotent."""
        ...

    def put_baselines(self, ledger: str, echoes: Sequence[tuple[str, str, LedgerCopy]]) -> None:
        """The same of many: (voucher id, entry id, echo). Raises: InvariantError where one is another's. Bulk."""
        ...

    def owners(self, ledger: str, refs: Collection[str]) -> Mapping[str, str]:
        """Whose baseline these objects are: the ledger's id to the voucher's, of those that are any's. Bulk."""
        ...

    def baseline(self, ledger: str, ref: str) -> LedgerCopy | None: ...

    def forget_baseline(self, voucher_id: str) -> None:
        """Its object is not in the ledger any more, as a person wanted."""
        ...

    def behind(self, voucher_ids: Sequence[str]) -> tuple[Delivery, ...]:
        """Those that had to wait for one of these."""
        ...
