"""Pure: the three greens of a route, each with the sentence that says why it is what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from bridge.drift.comparing import Confirmation, Tie
from bridge.drift.comparing.deposits import MATCHED
from bridge.drift.comparing.tieout import POSTED
from bridge.drift.explaining import Clearing
from bridge.drift.report.turning import Answer, Name, counted, listed, turns
from bridge.drift.sides import Coverage, Purpose
from bridge.model.connections import TenderClass
from bridge.model.findings import UNEXPLAINED, KeptFinding
from bridge.model.money import decimal_text
from bridge.model.tenders import LATE_AFTER

# A report that was read last before so long proves nothing of now.
STALE = timedelta(days=7)
# What a ledger does not tell of a posted entry.
_UNSEEN = "and nothing tells whether a line of the bank was matched with"
# How many of what does not tie a sentence names.
NAMED = 3
# What makes each of them no, or leaves it unproven, beside findings.
_NO: Mapping[Name, tuple[str, ...]] = {
    Name.DELIVERED: ("any of these of an entry that is held, parked, owed or in doubt, unless it waits for its day",),
    Name.MATCHED: (
        "a settlement, payout or day whose three sums differ, or of which an entry is missing or withdrawn",
    ),
    Name.RECONCILED: (
        "any open finding that is an error",
        "a clearing account whose balance is not what its entries add up to",
        f"a payout without a posted bank entry {LATE_AFTER[TenderClass.MARKETPLACE_PAYOUT]} bank days after it was due",
        f"payments through a gateway without one after {LATE_AFTER[TenderClass.PAYS_OUT]} bank days",
        f"cash, a cheque or a transfer without one after {LATE_AFTER[TenderClass.MANUAL]} bank days",
        "a wallet whose own statement shows something else than the ledger",
        "any of these in an account that the route shares with another",
    ),
}
_UNPROVEN: Mapping[Name, tuple[str, ...]] = {
    Name.DELIVERED: (
        "a channel of which only files are read, unless each tells what the one before handed over",
        "a channel that was not read whole in the last week",
    ),
    Name.MATCHED: ("nothing came yet that could be matched",),
    Name.RECONCILED: (
        "a wallet without a statement of the end of the month",
        "the ledger tells no balance, or one for several currencies, or entries came in meanwhile",
    ),
}


def red(green: Name) -> tuple[str, ...]:
    """What makes a green no, and what leaves it unproven, for whoever signs."""
    unproven = (f"not proven: {one}" for one in (*_UNPROVEN[green], *listed(green, Answer.NOT_PROVEN)))
    return (*listed(green, Answer.NO), *_NO[green], *unproven)


class Green(msgspec.Struct, frozen=True):
    """One of the three. through: the day up to which it is said, where there is one.

    accepted: how many differences it leaves out because a person accepted them; accepted_minor: what they come to, by
    currency, whatever their signs.
    """

    name: str
    answer: Answer
    why: str
    accepted: int = 0
    accepted_minor: tuple[tuple[str, int], ...] = ()
    through: date | None = None

    @property
    def words(self) -> str:
        """``yes, with 2 accepted (12.50 USD)``"""
        if self.answer is not Answer.YES or not self.accepted:
            return str(self.answer)
        return f"{self.answer}, with {self.accepted} accepted{_sums(self.accepted_minor)}"


class Judged(msgspec.Struct, frozen=True):
    """What is said of one route. findings: that count; accepted: that do not, because a person accepted them.

    beside: open findings of other routes in accounts that this one shares.
    """

    findings: Sequence[KeptFinding]
    accepted: Sequence[KeptFinding]
    coverage: Coverage
    beside: Sequence[KeptFinding] = ()

    def counted(self, green: Name, answer: Answer) -> str:
        return counted(self.findings, green, answer)

    def green(self, name: Name, answer: Answer, why: str) -> Green:
        """With what was accepted of what would turn it."""
        left_out = [kept.finding for kept in self.accepted if turns(kept, name)]
        sums: Counter[str] = Counter()
        for one in left_out:
            sums[one.currency] += abs(one.amount_minor)
        amounts = tuple(sorted((currency, minor) for currency, minor in sums.items() if minor))
        return Green(name, answer, why, len(left_out), amounts, self.coverage.through)


class Tally(msgspec.Struct, frozen=True):
    """How many of a kind tie, of how many that should. kind: settlement, payout or day."""

    kind: str
    tied: int
    whole: int


def delivered(judged: Judged, what: str) -> Green:
    """All that the channel has is booked, and every voucher of it came into the ledger and is still there.

    what: the channel's word for its documents.
    """
    name, coverage = Name.DELIVERED, judged.coverage
    if lacking := judged.counted(name, Answer.NO):
        return judged.green(name, Answer.NO, f"{lacking}.")
    if doubt := coverage.doubt or judged.counted(name, Answer.NOT_PROVEN):
        why = f"What came is booked, and stands in the ledger; that nothing is missing is not proven: {doubt}."
        return judged.green(name, Answer.NOT_PROVEN, why)
    why = (
        f"Every {what} through {coverage.through} is booked, and its entries came into the ledger and still stand there"
    )
    green = judged.green(name, Answer.YES, "")
    return msgspec.structs.replace(green, why=f"{why}{_but_accepted(green.accepted)}.")


def matched(judged: Judged, tallies: Sequence[Tally], untied: Sequence[str], bank: str, *, has_any: bool) -> Green:
    """Every settlement, payout and day comes to the same three ways, by entries of ours that nobody altered.

    untied: what those that do not are called. bank: what is seen of the payouts' money there.
    has_any: whether anything came at all, in scope or not.
    """
    why = _tied(tallies)
    if untied:
        more = f" and {len(untied) - NAMED} more" if len(untied) > NAMED else ""
        why += f" (not: {', '.join(untied[:NAMED])}{more})"
    against = judged.counted(Name.MATCHED, Answer.NO)
    why += f", but {against}" if against else "; nobody altered an entry of ours"
    why += f"; {bank}" if bank else ""
    if against or any(one.tied != one.whole for one in tallies):
        return judged.green(Name.MATCHED, Answer.NO, f"{why}.")
    if not has_any:
        return judged.green(Name.MATCHED, Answer.NOT_PROVEN, "Nothing came yet that could be matched.")
    if doubt := judged.counted(Name.MATCHED, Answer.NOT_PROVEN):
        return judged.green(Name.MATCHED, Answer.NOT_PROVEN, f"{why}; not proven: {doubt}.")
    return judged.green(Name.MATCHED, Answer.YES, f"{why}.")


def at_bank(payouts: Sequence[Tie]) -> str:
    """What the ledger shows of payouts' money at the bank.

    ``1 payout is matched to the bank; 2 payouts are not at the bank yet``. A posted entry is no line of
    the bank: which line it was matched with, if any, no ledger tells.
    """
    documents = [one for one in payouts if one.paid]
    done = sum(one.paid.startswith(MATCHED) for one in documents)
    counts = (
        (done, f"payout is {MATCHED}", f"payouts are {MATCHED}"),
        (len(documents) - done, "payout is not at the bank yet", "payouts are not at the bank yet"),
        (
            sum(one.bank == POSTED for one in payouts),
            f"payout is a {POSTED}, {_UNSEEN} it",
            f"payouts are posted bank entries, {_UNSEEN} them",
        ),
    )
    return "; ".join(plural(count, one, many) for count, one, many in counts if count)


def _tied(tallies: Sequence[Tally]) -> str:
    if [one.kind for one in tallies] == ["settlement"]:
        settlements = plural(tallies[0].whole, "settlement brings", "settlements bring")
        why = f"{tallies[0].tied} of {settlements} clearing the same total in the "
        return why + "channel, the books and the ledger"
    told = ", ".join(f"{one.tied} of {plural(one.whole, one.kind, f'{one.kind}s')}" for one in tallies)
    return f"{told} come to the same in the channel, the books and the ledger"


def reconciled(judged: Judged, accounts: Sequence[Clearing], rolled: Sequence[Clearing]) -> Green:
    """Every clearing account is explained to the cent; nothing in it is a stranger's or late; no error is open.

    rolled: the other accounts of the balance sheet, which are what they hold, as far as their findings say.
    """
    name = Name.RECONCILED
    beside = [kept for kept in judged.beside if turns(kept, name)]
    told_of = {kept.finding.account for kept in (*judged.findings, *beside) if kept.finding.code == UNEXPLAINED}
    off = [one for one in accounts if one.unexplained_minor]
    if unsaid := [one for one in off if one.is_own or one.account in told_of]:
        one = unsaid[0]
        amount = f"{decimal_text(one.unexplained_minor, one.currency)} {one.currency}"
        return judged.green(name, Answer.NO, f"{one.account} is off by {amount} that nothing explains.")
    if against := judged.counted(name, Answer.NO):
        return judged.green(name, Answer.NO, f"Explained to the cent, but first must be cleared: {against}.")
    if beside:
        words = plural(len(beside), "finding of another route stands", "findings of other routes stand")
        return judged.green(name, Answer.NO, f"Explained to the cent, but {words} in an account that it shares.")
    told = (*(one for one in accounts if one.purpose is not Purpose.CARDS), *rolled)
    if unproven := [one for one in told if one.doubt and not one.is_untold]:
        why = f"Nothing speaks against it, but {unproven[0].account} cannot be compared: {unproven[0].doubt}."
        return judged.green(name, Answer.NOT_PROVEN, why)
    if wallets := [one for one in accounts if one.unproven]:
        why = f"Nothing speaks against it, but {wallets[0].account} is not proven: {wallets[0].unproven}."
        return judged.green(name, Answer.NOT_PROVEN, why)
    if doubt := judged.counted(name, Answer.NOT_PROVEN):
        return judged.green(name, Answer.NOT_PROVEN, f"Nothing speaks against it, but it is not proven: {doubt}.")
    green = judged.green(name, Answer.YES, "")
    what = "The clearing account is" if len(accounts) == 1 else "Every clearing account is"
    why = f"{what} explained to the cent{_but_accepted(green.accepted)}"
    if untold := [one.account for one in rolled if one.is_untold and one.doubt]:
        why += f"; the ledger tells no balance of {', '.join(dict.fromkeys(untold))}"
    return msgspec.structs.replace(green, why=f"{why}.")


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


def _sums(amounts: Sequence[tuple[str, int]]) -> str:
    told = ", ".join(f"{decimal_text(minor, currency)} {currency}" for currency, minor in amounts)
    return f" ({told})" if told else ""
