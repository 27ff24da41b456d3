"""Sends vouchers, one call after the other, and says of each what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError, BridgeError, InDoubtError, RejectedError, TransientError, UnavailableError
from bridge.model.vouchers import Voucher
from bridge.plugin import Outcome, Parcel, Sought
from bridge_xero import parse
from bridge_xero.allocations import Allocations
from bridge_xero.client import Client
from bridge_xero.errors import NumberTakenError, bounced_error
from bridge_xero.kinds import ALLOCATION
from bridge_xero.outcomes import Created, Load, loads, outcomes, thing
from bridge_xero.parse import Chart
from bridge_xero.search import Search
from bridge_xero.seen import JournalsSeen

_LONGEST_TURN = timedelta(seconds=30)


class Sending(msgspec.Struct, frozen=True):
    """Writes to one organisation. brisk: the client of looks that nobody may wait long for. chart: echoes go by it."""

    client: Client
    brisk: Client
    chart: Chart
    seen: JournalsSeen
    clock: Clock

    def batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        """See ``XeroSink.send_batch``."""
        told: dict[str, Outcome] = {one.voucher.key: _unpaid(one.voucher) for one in parcels if not _may_leave(one)}
        for load, made in self._sent(tuple(loads(one for one in parcels if one.voucher.key not in told))):
            told |= {voucher.key: outcome for voucher, outcome in zip(load.vouchers, made, strict=True)}
        return tuple(told[one.voucher.key] for one in parcels)

    def _sent(self, together: Sequence[Load]) -> Iterator[tuple[Load, tuple[Outcome, ...]]]:
        """One call after the other, until Xero lets no more in, or until they take so long that a lease might lapse.

        Raises: what befell the only call as a whole.
        """
        until = self.clock.now() + _LONGEST_TURN
        stop: BridgeError | None = None
        for load in together:
            if self.clock.now() > until:
                stop = stop or UnavailableError(load.thing, "what was sent before it took long, so it was not sent yet")
            if stop:
                yield load, (stop,) * len(load.parcels)
                continue
            try:
                yield load, self._created(load)
            except BridgeError as cause:
                if len(together) == 1:
                    raise
                stop = cause if isinstance(cause, TransientError | AuthorizationError) else None
                yield load, (cause,) * len(load.parcels)

    def _created(self, load: Load) -> tuple[Outcome, ...]:
        """What one call made of its vouchers. Raises: what befell the call as a whole."""
        if load.kind == ALLOCATION:
            (parcel,) = load.parcels
            allocated = Allocations(self.client).send(parcel.voucher, parcel.header_key, parcel.refs, load.thing)
            return (_outcome(parcel.voucher, allocated, self.chart),)
        answer = self.client.create(load.kind, load.body, key=load.key, thing=load.thing)
        made = outcomes(load.vouchers, answer, load.thing)
        pairs = tuple(zip(load.parcels, made, strict=True))
        taken = [parcel for parcel, one in pairs if isinstance(one, NumberTakenError)]
        adopted = self._adopted(load.kind, taken) if taken else {}
        return tuple(
            adopted.get(parcel.voucher.key) or _outcome(parcel.voucher, one, self.chart) for parcel, one in pairs
        )

    def _adopted(self, kind: str, taken: Sequence[Parcel]) -> Mapping[str, Outcome]:
        """Of our numbers that are taken, those that our own vouchers hold, by key: their echoes, told late.

        In doubt are all when the holders could not be looked at; of the others nothing is said.
        """
        search = Search(self.brisk, self.chart, self.seen)
        try:
            holders = search.find(kind, [Sought(parcel.voucher, parcel.refs) for parcel in taken])
            return {key: search.copy(kind, one) for key, one in holders.items() if not parse.is_deleted(one)}
        except BridgeError as cause:
            return {parcel.voucher.key: _unseen(parcel.voucher, cause) for parcel in taken}


def _may_leave(parcel: Parcel) -> bool:
    return all(name in parcel.refs for name in (parcel.voucher.pays, parcel.voucher.applies) if name)


def _unpaid(voucher: Voucher) -> RejectedError:
    return RejectedError(
        thing(voucher),
        "the invoice or credit note that it settles is not in Xero",
        "Deliver that first, or withdraw this voucher as well",
        code="xero.payment",
    )


def _unseen(voucher: Voucher, cause: BridgeError) -> InDoubtError:
    return InDoubtError(thing(voucher), f"its number is taken, and by what could not be read ({cause.cause})")


def _outcome(voucher: Voucher, created: Created, chart: Chart) -> Outcome:
    """The echo as a copy, or what is to be said of the voucher instead."""
    match created:
        case RejectedError():
            return bounced_error(voucher, created)
        case BridgeError():
            return created
        case _:
            try:
                return parse.ledger_copy(voucher.type, created, chart)
            except BridgeError:
                return InDoubtError(thing(voucher), "Xero took it, and its echo cannot be read")
