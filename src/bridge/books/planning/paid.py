"""Whether a payout reached the bank, as far as the channel's own files tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from bridge.model.documents import FAILED_STATUS


class Payout(msgspec.Struct, frozen=True):
    """A settlement or payout as seen from the bank.

    due_on: the day on which the money is said to arrive. status: the channel's own word, where it has one: it then
            decides.
    """

    document_id: str
    external_id: str
    currency: str
    total_minor: int
    closed_at: datetime
    due_on: date
    status: str = ""


class Failure(msgspec.Struct, frozen=True):
    """A line by which a later settlement takes back a payout that did not arrive.

    failed_on: the day it says. account, entry_id: where it is booked; empty where it is not.
    """

    document_id: str
    external_id: str
    currency: str
    amount_minor: int
    closed_at: datetime
    failed_on: date
    account: str = ""
    entry_id: str = ""


class PayState(StrEnum):
    """Where a payout stands."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"


def failed(payouts: Sequence[Payout], failures: Iterable[Failure]) -> Mapping[str, Failure]:
    """Which payouts failed: by document id, with the line that says so.

    A line takes the latest earlier settlement of its currency whose total is its amount and which no earlier
    line has taken: a payout fails once.
    """
    taken: dict[str, Failure] = {}
    for failure in sorted(failures, key=lambda line: (line.closed_at, line.document_id)):
        fits = [
            payout
            for payout in payouts
            if payout.currency == failure.currency
            and payout.total_minor == failure.amount_minor
            and payout.closed_at < failure.closed_at
            and payout.document_id not in taken
        ]
        if fits:
            taken[max(fits, key=lambda payout: payout.closed_at).document_id] = failure
    return taken


def pay_state(payout: Payout, failures: Mapping[str, Failure], today: date) -> PayState:
    """Failed when a later settlement says so; else as the channel says; else paid once its day has come."""
    if payout.document_id in failures or payout.status in FAILED_STATUS:
        return PayState.FAILED
    if payout.status:
        return PayState.PAID if payout.status == "paid" else PayState.PENDING
    return PayState.PAID if payout.due_on <= today else PayState.PENDING
