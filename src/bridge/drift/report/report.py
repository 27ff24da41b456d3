"""Pure: one drift check of one route as a value: what was found, what ties, what stands where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

import msgspec

from bridge.drift.comparing import REPORT_DIFFERS, Confirmation, Waiting
from bridge.drift.comparing.tieout import OPEN_INVOICE, POSTED, Tie, TieKind
from bridge.drift.explaining import Clearing
from bridge.drift.report.greens import (
    Green,
    Judged,
    OwnReport,
    Tally,
    at_bank,
    confirmed,
    delivered,
    matched,
    reconciled,
)
from bridge.drift.report.turning import Answer
from bridge.drift.rereading import ReadBack
from bridge.drift.sides import Coverage
from bridge.model.findings import FindingState, KeptFinding, Severity
from bridge.model.reports import Balance

GRAVE = (Severity.ERROR, Severity.WARNING, Severity.INFO)


class Beside(msgspec.Struct, frozen=True):
    """A finding in an account that this route shares, and the route it belongs to."""

    route: str
    kept: KeptFinding


class Shared(msgspec.Struct, frozen=True):
    """All of an account that several routes post to. names: of routes, by id."""

    ledger: str
    company: str
    account: Clearing
    names: Mapping[str, str]


class Report(msgspec.Struct, frozen=True):
    """One drift check of one route. Amounts are minor units of the currency beside them.

    clearings: the route's own clearing account first, then those that ways to pay go through. rolled: the other
    accounts of the balance sheet that its entries touch. Of an account that several routes share these are the
    route's part; all of it is in ``shared``, and findings of others in it in ``beside``.
    read_back: how the ledger was read, in full or by what changed, and in how many calls.
    waiting:   what waits as it should. coverage: how far all that the channel has is known to be here.
    reports, confirmations: what the channel says of itself, beside its documents. balances: what it held for the
               merchant at ``balances_at``, by its own word; None where it does not tell.
    """

    route: str
    source: str
    source_account: str
    ledger: str
    company: str
    time_zone: str
    checked_at: datetime
    since_on: date
    until_on: date
    locked_through: date | None
    objects_read: int
    read_back: ReadBack
    findings: tuple[KeptFinding, ...]
    ties: tuple[Tie, ...]
    clearings: tuple[Clearing, ...]
    rolled: tuple[Clearing, ...]
    audit_head: str
    tells_editor: bool
    coverage: Coverage
    waiting: tuple[Waiting, ...] = ()
    shared: tuple[Shared, ...] = ()
    beside: tuple[Beside, ...] = ()
    reports: tuple[OwnReport, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    balances: tuple[Balance, ...] = ()
    balances_at: datetime | None = None

    @property
    def clearing(self) -> Clearing:
        """The route's own clearing account, or its part of it."""
        return self.clearings[0]

    @property
    def settlements(self) -> tuple[Tie, ...]:
        return self._of(TieKind.SETTLEMENT)

    @property
    def buyers_payouts(self) -> tuple[Tie, ...]:
        """Payouts of what buyers paid."""
        return self._of(TieKind.PAYOUT)

    @property
    def days(self) -> tuple[Tie, ...]:
        return self._of(TieKind.DAY)

    def _of(self, kind: TieKind) -> tuple[Tie, ...]:
        return tuple(tie for tie in self.ties if tie.kind is kind)

    @property
    def open_findings(self) -> tuple[KeptFinding, ...]:
        """Open ones, the worst first: by gravity, then by amount."""
        return tuple(
            sorted(
                (kept for kept in self.findings if kept.state is FindingState.OPEN),
                key=lambda kept: (
                    GRAVE.index(kept.finding.severity),
                    -abs(kept.finding.amount_minor),
                    kept.finding.code,
                    kept.finding.title,
                ),
            )
        )

    @property
    def accepted_findings(self) -> tuple[KeptFinding, ...]:
        return tuple(kept for kept in self.findings if kept.state is FindingState.ACCEPTED)

    @property
    def counts(self) -> dict[str, int]:
        """Open findings by code."""
        return dict(sorted(Counter(kept.finding.code for kept in self.open_findings).items()))

    @property
    def at_stake_minor(self) -> dict[str, int]:
        """What the open findings come to, by currency; hints apart."""
        sums: Counter[str] = Counter()
        for kept in self.open_findings:
            if kept.finding.severity is not Severity.INFO and kept.finding.amount_minor:
                sums[kept.finding.currency] += abs(kept.finding.amount_minor)
        return dict(sorted(sums.items()))

    @property
    def ties_in_scope(self) -> tuple[Tie, ...]:
        """The settlements, payouts and days that should be in the ledger by now.

        One of which all that is missing was withdrawn is not, once that was accepted.
        """
        accepted = {kept.finding.entry_id for kept in self.accepted_findings if kept.finding.code == "drift.withdrawn"}
        in_scope = (tie for tie in self.ties if tie.is_in_scope)
        return tuple(tie for tie in in_scope if not (tie.is_withdrawn and accepted.issuperset(tie.withdrawn)))

    @property
    def tied(self) -> tuple[Tie, ...]:
        return tuple(tie for tie in self.ties_in_scope if tie.is_tied)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """How many settlements, payouts and days tie; kinds without any are left out, but for settlements alone."""
        kinds = [kind for kind in TieKind if self._of(kind)] or [TieKind.SETTLEMENT]
        return tuple(
            Tally(str(kind), sum(one.kind is kind for one in self.tied), sum(one.kind is kind for one in found))
            for kind in kinds
            for found in [self.ties_in_scope]
        )

    @property
    def payouts(self) -> tuple[Tie, ...]:
        """Settlements and payouts that bring something to the bank; not those that came back, or will."""
        return tuple(tie for tie in self.ties_in_scope if tie.pays_out)

    @property
    def posted(self) -> tuple[Tie, ...]:
        """Payouts whose transfer, or open invoice, is in the ledger."""
        return tuple(tie for tie in self.payouts if tie.bank in (POSTED, OPEN_INVOICE))

    @property
    def whole_accounts(self) -> tuple[Clearing, ...]:
        """Every clearing account as a whole, those that are shared too."""
        return (
            *(one for one in self.clearings if not one.is_part),
            *(one.account for one in self.shared if one.account.purpose.clears),
        )

    @property
    def greens(self) -> tuple[Green, Green, Green]:
        """Delivered, matched, reconciled."""
        return self.delivered, self.matched, self.reconciled

    @property
    def delivered(self) -> Green:
        what = "settlement" if not self.days and not self.buyers_payouts else "document"
        return delivered(self._judged, what)

    @property
    def matched(self) -> Green:
        untied = [one.called_waiting for one in self.ties_in_scope if not one.is_tied]
        return matched(self._judged, self.tallies, untied, at_bank(self.payouts), has_any=bool(self.ties))

    @property
    def reconciled(self) -> Green:
        shared = (one.account for one in self.shared if not one.account.purpose.clears)
        rolled = (*(one for one in self.rolled if not one.is_part), *shared)
        return reconciled(self._judged, self.whole_accounts, rolled)

    @property
    def _judged(self) -> Judged:
        """What counts: the open findings, and of the accepted ones those that no acceptance covers."""
        accepted = self.accepted_findings
        return Judged(
            findings=(*self.open_findings, *(kept for kept in accepted if kept.finding.binding)),
            accepted=tuple(kept for kept in accepted if not kept.finding.binding),
            coverage=self.coverage,
            beside=tuple(one.kept for one in self.beside if one.kept.state is FindingState.OPEN),
        )

    @property
    def confirmed(self) -> Green:
        """Beside the three: whether reports of the channel's own say what its documents say."""
        accepted = {kept.finding.subject for kept in self.accepted_findings if kept.finding.code == REPORT_DIFFERS}
        return confirmed(self.reports, self.confirmations, accepted, self.checked_at)

    @property
    def is_delivered(self) -> bool:
        return self.delivered.answer is Answer.YES

    @property
    def is_matched(self) -> bool:
        return self.matched.answer is Answer.YES

    @property
    def is_reconciled(self) -> bool:
        return self.reconciled.answer is Answer.YES


def shared_accounts(reports: Iterable[Report]) -> tuple[Shared, ...]:
    """Every shared account once, as the latest of these checks saw it."""
    found: dict[tuple[str, str, str], Shared] = {}
    for report in reports:
        for one in report.shared:
            found[one.ledger, one.account.account, one.account.currency] = one
    return tuple(found[key] for key in sorted(found))


def worst_first(reports: Iterable[Report]) -> tuple[Report, ...]:
    """The routes with the gravest findings first, of those the ones with most at stake."""

    def key(report: Report) -> tuple[int, ...]:
        counts = Counter(kept.finding.severity for kept in report.open_findings)
        no = sum(green.answer is not Answer.YES for green in report.greens)
        return (-counts[Severity.ERROR], -no, -max(report.at_stake_minor.values(), default=0))

    return tuple(sorted(reports, key=key))
