"""Pure: what the report calls things: what a finding's amount is, and what an amount on the clearing account is."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.drift.setoff import (
    CARD,
    CARDS,
    CARRIED_IN,
    CHANGED,
    CHARGED,
    DEPOSIT,
    DIFFERENCE,
    FAILED,
    FEES,
    OPENING,
    TAKEN,
)
from bridge.model.findings import Finding

# What the amount of a finding is, by code; an account that it stands on is named after it.
_AMOUNTS: Mapping[str, str] = {
    "drift.deleted": "taken out",
    "drift.missing": "taken out",
    "drift.voided": "taken out",
    "drift.extra_copy": "put in twice",
    "drift.replacement": "put in",
    "drift.amount": "changed",
    "drift.account": "re-coded to",
    "drift.tax": "tax changed",
    "drift.foreign": "put in",
    "drift.never_booked": "document's total",
    "drift.newer_not_booked": "difference",
    "drift.not_delivered": "not put in yet",
    "drift.withdrawn": "not put in",
    "drift.wrong_side": "stands there",
    "drift.payout_unmatched": "still open",
    "drift.payout_rows": "matched by no payment",
    "drift.unexplained": "not explained",
    "channel.gone": "paid back, or not",
    "channel.cancelled": "at stake",
    "channel.binned": "at stake",
    "channel.edited": "more or less than was paid",
    "channel.charge_unknown": "at stake",
    "channel.refund_unshown": "at stake",
}
_KINDS: Mapping[str, str] = {
    CARD: "card charge",
    CARRIED_IN: "carried in",
    FAILED: "payout that came back",
    DEPOSIT: "deposit outside it",
    DIFFERENCE: "difference to its former total",
}
# Why an amount of ours is open in a clearing account, and what it is called, by its kind.
REASONS: Mapping[str, str] = {
    OPENING: "as stated on the route",
    CARD: "taken by the channel from the seller's card: code the card's bank-feed line to this account",
    CARRIED_IN: "a debt that no settlement known to bridge left open",
    FAILED: "a payout that came back after its transfer was posted: reverse the transfer, or code its return here",
    DEPOSIT: "a deposit outside the settlement: code its bank-feed line to this account",
    DIFFERENCE: "issued again with another total after the former was posted: compare with the bank's line, and code "
    "here what came or went besides",
    CHARGED: "paid by buyers, less what was paid back, and in no payout that is booked yet",
    TAKEN: "by a gateway whose payouts bridge does not read: open until the bank's line is coded to this account",
    CHANGED: "changed by the channel since; the correction is not in the ledger yet",
    CARDS: "owed to those who hold gift cards and store credit, until they redeem them",
    FEES: "taken or given by the channel outside its payouts",
}
TITLES: Mapping[str, str] = {
    OPENING: "opening balance",
    CHARGED: "payments of {}",
    TAKEN: "payments of {}",
    CHANGED: "payments of {}, as they were",
    CARDS: "gift cards and store credit",
    FEES: "fees and adjustments of {}",
}
UNTOLD = "paid out by the channel: its bank-feed line is not coded to this account yet"
OWED = "owed to the channel: the next settlement carries it in"
TAKEN_BACK = "taken back by the channel: code its bank-feed line to this account"
NO_TOTAL = "moved to the bank without a settlement's total behind it"
NOT_THERE = "payments or fees of it that are not in the ledger yet"
UNMATCHED = "rows of it that no booked payment matches: its finding says what to bring"
BY_HAND = "changed by hand in the ledger"
OTHER_ROUTE = "posted by bridge for another route"


def amount_is(finding: Finding) -> str:
    """What the amount of a finding is: ``taken out, 1240 Other gateway clearing``; empty where it has none."""
    if not finding.amount_minor:
        return ""
    words = _AMOUNTS.get(finding.code, "difference")
    if not finding.account:
        return words
    return f"{words} {finding.account}" if finding.code == "drift.account" else f"{words}, {finding.account}"


def kind(code: str) -> str:
    """A kind of line for people; one that does not usually stand on a clearing account keeps its own words."""
    return _KINDS.get(code, code.replace(".", " ").replace("_", " "))
