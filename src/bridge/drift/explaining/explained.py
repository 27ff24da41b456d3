"""Pure: what a report says of one account of the balance sheet: opening + in - out = closing, and what stands in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from bridge.drift.sides import Holding, Purpose, Side, Statement

# The last day of each age that a review shows by itself; what is older is one more.
AGES = (7, 30, 60, 90)
AGE_NAMES = ("0–7", "8–30", "31–60", "61–90", "over 90")


class OpenItem(msgspec.Struct, frozen=True):
    """Money that stands in the account, since when, and why. late_minor: as much of it as should have come by now.

    ref: of the ledger's object that is not ours and moved it; else empty. route_id: whose documents it comes from;
    empty for what others posted. group: the settlement, payout, day or order of it; kind: what it is, as ``kinds`` has
    it. has_failed: a payout that never arrived.
    """

    what: str
    since: date
    age_days: int
    amount_minor: int
    reason: str
    late_minor: int = 0
    ref: str = ""
    route_id: str = ""
    group: str = ""
    kind: str = ""
    has_failed: bool = False

    @property
    def is_late(self) -> bool:
        return self.late_minor != 0


def open_item(
    what: str, since: date, amount_minor: int, reason: str, today: date, *, ref: str = "", route_id: str = ""
) -> OpenItem:
    """An item as old as it is today."""
    return OpenItem(what, since, max((today - since).days, 0), amount_minor, reason, ref=ref, route_id=route_id)


class SettledByHand(msgspec.Struct, frozen=True):
    """An amount of ours whose other half somebody else posted, as the report asks; no longer open.

    group: the settlement, payout, day or order it belongs to. kind: what the amount is, as ``kinds`` has it.
    fee_minor, fee_account: what that entry names as kept of it. booked_fee_minor: what bridge booked as kept of this.
    """

    what: str
    amount_minor: int
    by: str
    ref: str
    on: date
    route_id: str = ""
    group: str = ""
    kind: str = ""
    fee_minor: int = 0
    fee_account: str = ""
    booked_fee_minor: int = 0


class Proof(msgspec.Struct, frozen=True):
    """A wallet beside its own statement. stands_minor: what the ledger's balance was at the end of that day."""

    statement: Statement
    stands_minor: int

    @property
    def differs_minor(self) -> int:
        """The ledger less the statement."""
        return self.stands_minor - self.statement.minor


class Part(msgspec.Struct, frozen=True):
    """What one route brings to an account: its own entries, and what others posted to settle them.

    in_minor, out_minor: both positive. changed_minor: what of it hands changed on its entries since they were posted.
    """

    route_id: str
    opening_minor: int
    in_minor: int
    out_minor: int
    changed_minor: int = 0

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.in_minor - self.out_minor


class Clearing(msgspec.Struct, frozen=True):
    """One account in one currency: opening + in - out = closing, compared with the ledger's own balance.

    in_minor, out_minor: both positive. closing_minor: what the moves that were read add up to.
    balance_minor: what the ledger says; None where it says nothing that can be compared. The items add up to
    ``closing_minor``; ``unexplained_minor`` is balance - closing and is never hidden.
    parts:   by route. sharing: the names of the routes, where there are several; this is then either all of the
             account, or (``is_part``) one route's part of it.
    doubt:   why the balance cannot be compared; else empty. side: on which it rightly ends.
    account_id: the ledger's own. is_own: it is a route's own clearing account, whose opening that route states.
    proof: of a wallet, where a statement of it is kept; unproven: why none proves it; else empty.
    holding: what an account that is rolled forward holds, and until when. is_untold: it is a liability, or joins
    two currencies, and the ledger tells no balance of that: what was read is all that is known.
    """

    account: str
    currency: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    balance_minor: int | None
    items: tuple[OpenItem, ...]
    settled: tuple[SettledByHand, ...] = ()
    purpose: Purpose = Purpose.SETTLEMENTS
    parts: tuple[Part, ...] = ()
    sharing: tuple[str, ...] = ()
    is_part: bool = False
    doubt: str = ""
    side: Side = Side.EITHER
    account_id: str = ""
    is_own: bool = False
    proof: Proof | None = None
    unproven: str = ""
    holding: Holding | None = None
    is_untold: bool = False

    @property
    def unexplained_minor(self) -> int:
        return 0 if self.balance_minor is None else self.balance_minor - self.closing_minor

    @property
    def aged_minor(self) -> tuple[int, ...]:
        """The items by age: up to each of ``AGES``, then what is older."""
        return aged(self.items)

    @property
    def of_others_minor(self) -> int:
        """What no route brings: entries of others, and what stood there before."""
        return self.closing_minor - sum(part.closing_minor for part in self.parts)

    def part(self, route_id: str) -> Part:
        """What one route brings."""
        return next((part for part in self.parts if part.route_id == route_id), Part(route_id, 0, 0, 0))

    def of_route(self, route_id: str) -> Clearing:
        """One route's part of a shared account; the ledger's balance is of all of it and is not compared."""
        part = self.part(route_id)
        return msgspec.structs.replace(
            self,
            opening_minor=part.opening_minor,
            in_minor=part.in_minor,
            out_minor=part.out_minor,
            closing_minor=part.closing_minor,
            balance_minor=None,
            items=tuple(item for item in self.items if item.route_id == route_id),
            settled=tuple(one for one in self.settled if one.route_id == route_id),
            parts=(part,),
            is_part=True,
        )


def aged(items: Iterable[OpenItem]) -> tuple[int, ...]:
    """What the items of each age come to."""
    sums = [0] * (len(AGES) + 1)
    for item in items:
        sums[sum(item.age_days > age for age in AGES)] += item.amount_minor
    return tuple(sums)


def in_and_out(amounts: Sequence[int]) -> tuple[int, int]:
    """What comes in and what goes out, both positive."""
    return sum(amount for amount in amounts if amount > 0), -sum(amount for amount in amounts if amount < 0)


def by_age(items: Iterable[OpenItem]) -> tuple[OpenItem, ...]:
    """The oldest first; items of nothing are left out."""
    return tuple(sorted((item for item in items if item.amount_minor), key=lambda item: (item.since, item.what)))
