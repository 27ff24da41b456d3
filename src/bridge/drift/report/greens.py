"""Pure: the three greens of a route, each with the sentence that says why it is what it is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from bridge.drift.comparing import Confirmation
from bridge.drift.explaining import Clearing
from bridge.drift.sides import Purpose
from bridge.model.connections import TenderClass
from bridge.model.findings import NOT_PAID_OUT, UNEXPLAINED, KeptFinding, Severity
from bridge.model.money import decimal_text
from bridge.model.tenders import LATE_AFTER

# What is not in the ledger though it should be, and how it is counted: it never came, or it was taken out.
NOT_DELIVERED: Mapping[str, tuple[str, str]] = {
    "books.series_gap": ("document missing between two others", "documents missing between others"),
    "drift.never_booked": ("document not in the books", "documents not in the books"),
    "drift.newer_not_booked": ("newer version of a document not in the books", "newer versions not in the books"),
    "drift.not_delivered": ("entry not delivered", "entries not delivered"),
    "drift.withdrawn": ("entry withdrawn", "entries withdrawn"),
    "drift.deleted": ("entry deleted in the ledger since", "entries deleted in the ledger since"),
    "drift.missing": ("entry gone from the ledger since", "entries gone from the ledger since"),
    "drift.voided": ("entry voided in the ledger since", "entries voided in the ledger since"),
}
# Errors of these codes say that an entry of ours is not in the ledger once and as booked.
ALTERED = (
    "drift.deleted",
    "drift.missing",
    "drift.voided",
    "drift.amount",
    "drift.account",
    "drift.tax",
    "drift.currency",
    "drift.date",
    "drift.extra_copy",
    "delivery.echo_differs",
)
# Warnings that leave an account of the balance sheet in doubt.
IN_ACCOUNTS = (
    "drift.foreign",
    "drift.replacement",
    "drift.payout_unmatched",
    NOT_PAID_OUT,
    "drift.fee_twice",
    UNEXPLAINED,
    "drift.wrong_side",
)

# A report that was read last before so long proves nothing of now.
STALE = timedelta(days=7)
# How many of what does not tie a sentence names.
NAMED = 3
# What makes each of them no, and what leaves it unproven, for whoever signs.
RED: Mapping[str, tuple[str, ...]] = {
    "delivered": (
        "a document that is missing between two of its series",
        "a document that is not in the books, or of which a newer version is not",
        "an entry that is held, parked, owed or in doubt, unless it waits for its day or its payout",
        "an entry that a person withdrew",
        "an entry that was deleted or voided in the ledger, or that the ledger does not know",
    ),
    "matched": (
        "a settlement, payout or day whose three sums differ, or of which an entry is missing or withdrawn",
        "an entry whose amounts, accounts, tax, currency or month were changed in the ledger",
        "an entry that was taken out, or that is there twice",
        "an entry of which the ledger kept something else than it was sent",
    ),
    "reconciled": (
        "any open finding that is an error",
        "a clearing account whose balance is not what its entries add up to",
        "somebody else’s entry in a clearing account, or one entered in place of ours",
        f"a payout without a posted bank entry {LATE_AFTER[TenderClass.MARKETPLACE_PAYOUT]} bank days after it was due",
        f"payments through a gateway without one after {LATE_AFTER[TenderClass.PAYS_OUT]} bank days",
        f"cash, a cheque or a transfer without one after {LATE_AFTER[TenderClass.MANUAL]} bank days",
        "an asset that ends in credit, or a liability in debit",
        "any of these in an account that the route shares with another",
        "a wallet whose own statement shows something else than the ledger",
        "not proven: a wallet without a statement of the end of the month",
        "not proven: the ledger tells no balance, or one for several currencies, or entries came in meanwhile",
    ),
}


class Answer(StrEnum):
    """What a green says. not proven: nothing speaks against it, but what would prove it is not there."""

    YES = "yes"
    NO = "no"
    NOT_PROVEN = "not proven"


class Green(msgspec.Struct, frozen=True):
    """One of the three. accepted: how many differences it leaves out because a person accepted them."""

    name: str
    answer: Answer
    why: str
    accepted: int = 0

    @property
    def words(self) -> str:
        """``yes, with 2 accepted``"""
        return f"{self.answer}, with {self.accepted} accepted" if self.accepted and self._is_yes else str(self.answer)

    @property
    def _is_yes(self) -> bool:
        return self.answer is Answer.YES


class Tally(msgspec.Struct, frozen=True):
    """How many of a kind tie, of how many that should. kind: settlement, payout or day."""

    kind: str
    tied: int
    whole: int


def delivered(counts: Mapping[str, int], accepted: Mapping[str, int], what: str) -> Green:
    """Every document is booked, and every voucher of it came into the ledger and is still there.

    counts, accepted: findings by code. what: the channel's word for its documents.
    """
    lacking = [plural(counts[code], *words) for code, words in NOT_DELIVERED.items() if counts.get(code)]
    if lacking:
        return Green("delivered", Answer.NO, f"{', '.join(lacking)}.")
    why = f"Every {what} is booked, and its entries came into the ledger and still stand there"
    left_out = sum(accepted.get(code, 0) for code in NOT_DELIVERED)
    return Green("delivered", Answer.YES, f"{why}{_but_accepted(left_out)}.", left_out)


def matched(
    tallies: Sequence[Tally], untied: Sequence[str], findings: Iterable[KeptFinding], accepted: Mapping[str, int]
) -> Green:
    """Every settlement, payout and day comes to the same three ways, by entries of ours that nobody altered.

    untied: what those that do not are called.
    """
    altered = sum(_is_error(kept) and kept.finding.code in ALTERED for kept in findings)
    if [one.kind for one in tallies] == ["settlement"]:
        settlements = plural(tallies[0].whole, "settlement brings", "settlements bring")
        why = f"{tallies[0].tied} of {settlements} clearing the same total in the "
        why += "channel, the books and the ledger"
    else:
        told = ", ".join(f"{one.tied} of {plural(one.whole, one.kind, f'{one.kind}s')}" for one in tallies)
        why = f"{told} come to the same in the channel, the books and the ledger"
    if untied:
        more = f" and {len(untied) - NAMED} more" if len(untied) > NAMED else ""
        why += f" (not: {', '.join(untied[:NAMED])}{more})"
    if altered:
        words = "error is open about an entry of ours that was", "errors are open about entries of ours that were"
        why += f", but {plural(altered, *words)} changed, taken out or copied"
    else:
        why += "; no error is open about an entry of ours"
    is_yes = not altered and all(one.tied == one.whole for one in tallies)
    left_out = sum(accepted.get(code, 0) for code in (*ALTERED, "drift.withdrawn"))
    return Green("matched", Answer.YES if is_yes else Answer.NO, f"{why}.", left_out)


def reconciled(
    accounts: Sequence[Clearing],
    findings: Iterable[KeptFinding],
    beside: Iterable[KeptFinding],
    accepted: Mapping[str, int],
) -> Green:
    """Every clearing account is explained to the cent; nothing in it is a stranger's or late; no error is open.

    beside: open findings of other routes in accounts that this one shares.
    """
    doubts, beside = ([kept for kept in some if _is_in_doubt(kept)] for some in (findings, beside))
    off = [one for one in accounts if one.unexplained_minor]
    told_of = {kept.finding.account for kept in (*doubts, *beside) if kept.finding.code == UNEXPLAINED}
    if unsaid := [one for one in off if one.is_own or one.account in told_of]:
        one = unsaid[0]
        amount = f"{decimal_text(one.unexplained_minor, one.currency)} {one.currency}"
        return Green("reconciled", Answer.NO, f"{one.account} is off by {amount} that nothing explains.")
    if doubts:
        return Green(
            "reconciled",
            Answer.NO,
            f"Explained to the cent, but {plural(len(doubts), 'finding', 'findings')} below must be cleared first.",
        )
    if beside:
        words = plural(len(beside), "finding of another route stands", "findings of other routes stand")
        return Green("reconciled", Answer.NO, f"Explained to the cent, but {words} in an account that it shares.")
    if unproven := [one for one in accounts if one.doubt and one.purpose is not Purpose.CARDS]:
        why = f"Nothing speaks against it, but {unproven[0].account} cannot be compared: {unproven[0].doubt}."
        return Green("reconciled", Answer.NOT_PROVEN, why)
    if wallets := [one for one in accounts if one.unproven]:
        why = f"Nothing speaks against it, but {wallets[0].account} is not proven: {wallets[0].unproven}."
        return Green("reconciled", Answer.NOT_PROVEN, why)
    left_out = sum(accepted.values())
    what = "The clearing account is" if len(accounts) == 1 else "Every clearing account is"
    return Green("reconciled", Answer.YES, f"{what} explained to the cent{_but_accepted(left_out)}.", left_out)


class OwnReport(msgspec.Struct, frozen=True):
    """A report that the channel makes of itself. read_at: when it was read last; None where it never was."""

    title: str
    read_at: datetime | None


def confirmed(
    reports: Sequence[OwnReport], confirmations: Sequence[Confirmation], accepted: Collection[str], now: datetime
) -> Green:
    """What the channel says of itself, by reports that its documents do not come from, is what the documents come to.

    It stands beside the three: not proven is no reason to wait. accepted: subjects of accepted findings.
    """
    off = [one for one in confirmations if one.differs and one.subject not in accepted]
    left_out = sum(one.differs for one in confirmations) - len(off)
    if off:
        return Green("confirmed", Answer.NO, f"{_figures(len(off))} of its own reports differ{_named(off)}.", left_out)
    if doubt := _unconfirmed(reports, confirmations, now):
        return Green("confirmed", Answer.NOT_PROVEN, doubt, left_out)
    compared = sum(one.is_compared for one in confirmations)
    later = len(confirmations) - compared
    why = f"{_figures(compared)} of its own reports come to what its documents come to{_but_accepted(left_out)}"
    return Green(
        "confirmed", Answer.YES, f"{why}; {later:,} could not be compared yet." if later else f"{why}.", left_out
    )


def _unconfirmed(reports: Sequence[OwnReport], confirmations: Sequence[Confirmation], now: datetime) -> str:
    """Why nothing is proven; empty where something is."""
    if not reports:
        return "No independent report: this channel tells no figures of its own, beside the documents."
    if all(report.read_at is None for report in reports):
        return "No independent report: none was read yet; `bridge sync` reads them where the channel is asked itself."
    for report in reports:
        of_report = [one for one in confirmations if one.report == report.title]
        if report.read_at is None or now - report.read_at > STALE:
            when = "was never read" if report.read_at is None else f"was last read on {report.read_at:%Y-%m-%d}"
            return f"No independent report: {report.title} {when}; `bridge sync` says why."
        if of_report and not any(one.is_compared for one in of_report):
            return f"{report.title} cannot be compared yet: {of_report[-1].state}."
    return "" if confirmations else "No independent report: the channel's own tell nothing of this time yet."


def _figures(count: int) -> str:
    return f"{count:,} {'figure' if count == 1 else 'figures'}"


def _named(some: Sequence[Confirmation]) -> str:
    more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
    return f": {', '.join(one.called for one in some[:NAMED])}{more}"


def plural(count: int, one: str, many: str) -> str:
    """``1 finding``, ``2 findings``."""
    return f"{count} {one if count == 1 else many}"


def _but_accepted(count: int) -> str:
    return f", but for {plural(count, 'difference that was', 'differences that were')} accepted" if count else ""


def _is_error(kept: KeptFinding) -> bool:
    return kept.finding.severity is Severity.ERROR


def _is_in_doubt(kept: KeptFinding) -> bool:
    is_in_accounts = kept.finding.severity is Severity.WARNING and kept.finding.code in IN_ACCOUNTS
    return _is_error(kept) or is_in_accounts
