"""Pure: a drift check as a working paper, the same layout every week: HTML that prints, CSV, JSON."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import date, datetime
from typing import Any

import jinja2
import msgspec

from bridge.drift.clearing import Clearing
from bridge.drift.compare import AtZero
from bridge.drift.tieout import OPEN_INVOICE, POSTED, Tie, TieKind
from bridge.drift.waiting import Waiting
from bridge.drift.words import amount_is
from bridge.model.findings import FindingState, KeptFinding, Severity
from bridge.model.money import decimal_text

FORMAT_VERSION = 1
AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# Warnings that leave a clearing account in doubt.
IN_CLEARING = ("drift.foreign", "drift.replacement", "drift.payout_unmatched", "drift.unexplained")
# What is not in the ledger though it should be: it never came, or it was taken out.
NEVER_CAME = ("drift.never_booked", "drift.newer_not_booked", "drift.not_delivered")
TAKEN_OUT = ("drift.deleted", "drift.missing", "drift.voided")
# Errors of these codes say that an entry of ours is not in the ledger once and as booked.
ALTERED = (
    *TAKEN_OUT,
    "drift.amount",
    "drift.account",
    "drift.tax",
    "drift.currency",
    "drift.date",
    "drift.extra_copy",
    "delivery.echo_differs",
)


class Tally(msgspec.Struct, frozen=True):
    """How many of a kind tie, of how many that should. kind: settlement, payout or day."""

    kind: str
    tied: int
    whole: int


class Report(msgspec.Struct, frozen=True):
    """One drift check of one route. Amounts are minor units of the currency beside them.

    clearings: the route's own clearing account first, then those that ways to pay go through.
    waiting:   what waits as it should.
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
    findings: tuple[KeptFinding, ...]
    ties: tuple[Tie, ...]
    clearings: tuple[Clearing, ...]
    at_zero: tuple[AtZero, ...]
    audit_head: str
    tells_editor: bool
    waiting: tuple[Waiting, ...] = ()

    @property
    def clearing(self) -> Clearing:
        """The route's own clearing account."""
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
        """Open ones, the gravest first."""
        grave = [Severity.ERROR, Severity.WARNING, Severity.INFO]
        return tuple(
            sorted(
                (kept for kept in self.findings if kept.state is FindingState.OPEN),
                key=lambda kept: (grave.index(kept.finding.severity), kept.finding.code, kept.finding.title),
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
    def ties_in_scope(self) -> tuple[Tie, ...]:
        """The settlements, payouts and days that should be in the ledger by now."""
        return tuple(tie for tie in self.ties if tie.is_in_scope)

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
    def unexplained(self) -> tuple[Clearing, ...]:
        """Clearing accounts whose balance is not what its moves add up to."""
        return tuple(one for one in self.clearings if one.unexplained_minor)

    @property
    def payouts(self) -> tuple[Tie, ...]:
        """Settlements and payouts that bring something to the bank."""
        return tuple(tie for tie in self.ties_in_scope if tie.kind is not TieKind.DAY and tie.channel_minor > 0)

    @property
    def posted(self) -> tuple[Tie, ...]:
        """Payouts whose transfer, or open invoice, is in the ledger."""
        return tuple(tie for tie in self.payouts if tie.bank in (POSTED, OPEN_INVOICE))

    @property
    def in_doubt(self) -> tuple[KeptFinding, ...]:
        """Open findings that leave the clearing account or the books in doubt."""
        return tuple(
            kept
            for kept in self.open_findings
            if kept.finding.severity is Severity.ERROR
            or (kept.finding.severity is Severity.WARNING and kept.finding.code in IN_CLEARING)
        )

    @property
    def taken_out(self) -> tuple[KeptFinding, ...]:
        """Open findings of entries that were in the ledger and do not count there any more."""
        return tuple(kept for kept in self.open_findings if kept.finding.code in TAKEN_OUT)

    @property
    def altered(self) -> tuple[KeptFinding, ...]:
        """Open errors about entries of ours: changed, taken out or copied."""
        return tuple(
            kept
            for kept in self.open_findings
            if kept.finding.severity is Severity.ERROR and kept.finding.code in ALTERED
        )

    @property
    def is_delivered(self) -> bool:
        """First green: every document is booked, and every voucher of it came into the ledger and is still there."""
        return not any(code in (*NEVER_CAME, *TAKEN_OUT) for code in self.counts)

    @property
    def is_matched(self) -> bool:
        """Second green: every settlement, payout and day ties three ways, by entries of ours that nobody altered."""
        return len(self.tied) == len(self.ties_in_scope) and not self.altered

    @property
    def is_reconciled(self) -> bool:
        """Third green: the clearing account is explained to the cent and nothing in it is a stranger's or late."""
        is_explained = self.clearing.balance_minor is not None and not self.clearing.unexplained_minor
        return is_explained and not self.in_doubt


def to_json(reports: tuple[Report, ...]) -> bytes:
    """The reports for a machine: stable names, minor units, ISO 8601."""
    return msgspec.json.format(
        msgspec.json.encode({"version": FORMAT_VERSION, "routes": [_plain(one) for one in reports]})
    )


def _plain(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    plain["counts"] = report.counts
    plain["delivered"], plain["matched"], plain["reconciled"] = (
        report.is_delivered,
        report.is_matched,
        report.is_reconciled,
    )
    for clearing, told in zip(report.clearings, plain["clearings"], strict=True):
        told["unexplained_minor"] = clearing.unexplained_minor
    plain["clearing"] = plain["clearings"][0]
    for tie, told in zip(report.ties, plain["ties"], strict=True):
        told["is_tied"] = tie.is_tied
    for kept, found in zip(report.findings, plain["findings"], strict=True):
        found["finding"]["amount_is"] = amount_is(kept.finding)
    return plain


COLUMNS = (
    "route",
    "state",
    "severity",
    "code",
    "title",
    "amount",
    "currency",
    "amount_is",
    "cause",
    "repair",
    "first_seen",
    "object",
    "accepted_by",
    "accepted_reason",
    "finding_id",
)


def to_csv(reports: tuple[Report, ...]) -> str:
    """The findings, one a row. Text that a spreadsheet would take for a formula is defused with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for report in reports:
        for kept in (*report.open_findings, *report.accepted_findings):
            found = kept.finding
            writer.writerow(
                (
                    report.route,
                    kept.state,
                    found.severity,
                    found.code,
                    _defused(found.title),
                    decimal_text(found.amount_minor, found.currency),
                    found.currency,
                    amount_is(found),
                    _defused(found.cause),
                    _defused(found.repair),
                    kept.first_seen_at.date().isoformat(),
                    _defused(found.ref),
                    _defused(kept.accepted_by),
                    _defused(kept.accepted_reason),
                    found.finding_id,
                )
            )
    return out.getvalue()


def _defused(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_html(reports: tuple[Report, ...]) -> str:
    """The reports as one self-contained page: no script, nothing fetched, every text escaped."""
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("bridge.drift", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["money"] = _money
    pages.filters["figure"] = _figure
    pages.filters["amount_is"] = amount_is
    return pages.get_template("report.html").render(reports=reports)


def _money(minor: int, currency: str) -> str:
    """Grouped for reading: -1,234.50; the minus is a real minus sign."""
    text = decimal_text(abs(minor), currency)
    return _grouped(text, "\N{MINUS SIGN}" if minor < 0 else "")


def _figure(text: str, what: str) -> str:
    """A value of the evidence: an amount is grouped for reading, a number or a word stays as it is."""
    if what == "number" or not AMOUNT.fullmatch(text):
        return text
    return _grouped(text.removeprefix("-"), "\N{MINUS SIGN}" if text.startswith("-") else "")


def _grouped(text: str, sign: str) -> str:
    whole, dot, rest = text.partition(".")
    return f"{sign}{int(whole):,}{dot}{rest}"
