"""Pure: what the report calls things: what a finding's amount is, and what an amount on the clearing account is."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.drift.setoff import CARD, CARRIED_IN, DEPOSIT, FAILED
from bridge.model.findings import Finding

# What the amount of a finding is, by code; signed as ledger minus ours.
_AMOUNTS: Mapping[str, str] = {
    "drift.deleted": "total taken out",
    "drift.missing": "total taken out",
    "drift.voided": "total taken out",
    "drift.extra_copy": "total put in",
    "drift.replacement": "total put in",
    "drift.amount": "amount changed",
    "drift.account": "amount re-coded",
    "drift.tax": "tax changed",
    "drift.foreign": "effect on clearing",
    "drift.never_booked": "document's total",
    "drift.newer_not_booked": "difference",
    "drift.not_delivered": "voucher's total",
    "drift.payout_unmatched": "still open",
    "drift.unexplained": "not explained",
}
_KINDS: Mapping[str, str] = {
    CARD: "card charge",
    CARRIED_IN: "carried in",
    FAILED: "payout that came back",
    DEPOSIT: "deposit outside it",
}


def amount_is(finding: Finding) -> str:
    """What the amount of a finding is: ``total put in``; empty where it has none."""
    return _AMOUNTS.get(finding.code, "difference") if finding.amount_minor else ""


def kind(code: str) -> str:
    """A kind of line for people; one that does not usually stand on a clearing account keeps its own words."""
    return _KINDS.get(code, code.replace(".", " ").replace("_", " "))
