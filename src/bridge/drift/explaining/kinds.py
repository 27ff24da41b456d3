"""What an amount on an account of the balance sheet is, how that is called, and why it is open."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.drift.comparing import tieout
from bridge.drift.sides import Purpose
from bridge.model import entries, lines

TOTAL, DIFFERENCE, BANK = entries.SETTLEMENT_TOTAL, entries.SETTLEMENT_DIFFERENCE, entries.BANK
FAILED, FEES = lines.PAYOUT_FAILED, tieout.FEES
ITEM, STATED = entries.OPENING_ITEM, entries.OPENING_STATED
OPENING, CARRIED_IN, CARD, DEPOSIT = "opening", lines.CARRIED_IN, "balance.paid", "payout"
# Of a channel that reports orders, beside fees: payments that no payout holds yet, or that
# the channel will not pay out; what is not in the ledger of a payout; what the channel changed since; gift cards.
CHARGED, TAKEN, LACKING, CHANGED, CARDS = "charged", lines.TENDER, "lacking", "changed", "cards"
SETTLEMENT, PAYOUT, DAY = "settlement", "payout", "day"
# What takes up an earlier total again, and what a person may post the other half of.
RESUMES = (CARRIED_IN, FAILED)
ANSWERED_BY_HAND = (CARD, DEPOSIT, DIFFERENCE, FAILED, ITEM, OPENING)

_KINDS: Mapping[str, str] = {
    CARD: "card charge",
    CARRIED_IN: "carried in",
    FAILED: "payout that came back",
    DEPOSIT: "deposit outside it",
    DIFFERENCE: "difference to its former total",
    ITEM: "opening",
}
# Why an amount of ours is open in a clearing account, and what it is called, by its kind.
REASONS: Mapping[str, str] = {
    OPENING: "as stated on the route",
    ITEM: "from before the first day, as a person accepted it: code its bank-feed line to this account",
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
# The same of payments, where something else empties the account than a gateway's payouts.
WAITS: Mapping[Purpose, str] = {
    Purpose.MANUAL: "paid by cash, cheque or transfer: open until its line of the bank is coded to this account",
    Purpose.WALLET: "in the wallet, until it is moved: code the bank's line to this account",
}
TITLES: Mapping[str, str] = {
    OPENING: "opening balance",
    ITEM: "opening: {}",
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


def kind(code: str) -> str:
    """A kind of line for people; one that does not usually stand on a clearing account keeps its own words."""
    return _KINDS.get(code, code.replace(".", " ").replace("_", " "))
