"""Pure: drift checks as a working paper, the same layout every week: HTML that prints, CSV, JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec

from bridge.drift.explaining import AGE_NAMES
from bridge.drift.report.greens import red
from bridge.drift.report.report import Report, shared_accounts, worst_first
from bridge.drift.report.turning import Answer, Name
from bridge.model.findings import NOT_PAID_OUT, UNEXPLAINED, Finding, KeptFinding
from bridge.model.money import decimal_text
from bridge.model.words import shown

FORMAT_VERSION = 2
AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# What the amount of a finding is, by code; an account that it stands on is named after it.
_AMOUNTS: Mapping[str, str] = {
    "drift.deleted": "taken out",
    "drift.missing": "taken out",
    "drift.voided": "taken out",
    "drift.extra_copy": "put in twice",
    "drift.double_revenue": "sold twice",
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
    "drift.deposit_unpaid": "still open",
    "drift.deposit_part_paid": "still open",
    "drift.deposit_paid_otherwise": "paid otherwise",
    "drift.coded_elsewhere": "coded there",
    "drift.payout_rows": "matched by no payment",
    "drift.report_differs": "told beyond the documents",
    NOT_PAID_OUT: "still open",
    "drift.fee_twice": "named twice",
    "drift.statement_differs": "beyond its statement",
    UNEXPLAINED: "not explained",
    "drift.opening": "beyond what was agreed",
    "drift.item_late": "still there",
    "drift.open_documents": "less or more than is unpaid",
    "channel.gone": "paid back, or not",
    "channel.cancelled": "at stake",
    "channel.binned": "at stake",
    "channel.edited": "more or less than was paid",
    "channel.charge_unknown": "at stake",
    "channel.refund_unshown": "at stake",
}


class Signature(msgspec.Struct, frozen=True):
    """Who signed, through which day, when, and what they said where something is not proven."""

    by: str
    through: date
    at: datetime
    reason: str = ""


def to_json(reports: tuple[Report, ...], signature: Signature | None = None) -> bytes:
    """The reports for a machine: stable names, minor units, ISO 8601."""
    told = {"version": FORMAT_VERSION, "routes": [_plain(one) for one in reports]}
    return msgspec.json.format(msgspec.json.encode(told | ({"signed": signature} if signature else {})))


def _plain(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    plain["counts"], plain["at_stake_minor"] = report.counts, report.at_stake_minor
    plain["greens"] = [msgspec.to_builtins(green) for green in report.greens]
    plain |= {green.name: green.answer is Answer.YES for green in report.greens}
    plain["read_back"]["words"] = report.read_back.words
    plain["confirmed"] = msgspec.to_builtins(report.confirmed)
    accounts = (*report.clearings, *report.rolled), (*plain["clearings"], *plain["rolled"])
    for account, told in zip(*accounts, strict=True):
        told["unexplained_minor"] = account.unexplained_minor
    for account in (*plain["clearings"], *plain["rolled"], *(one["account"] for one in plain["shared"])):
        for item in account["items"]:
            item["is_late"] = item["late_minor"] != 0
    plain["clearing"] = plain["clearings"][0]
    for tie, told in zip(report.ties, plain["ties"], strict=True):
        told["is_tied"] = tie.is_tied
    for kept, found in zip(report.findings, plain["findings"], strict=True):
        found["finding"]["amount_is"] = amount_is(kept.finding)
    return plain


def amount_is(finding: Finding) -> str:
    """What the amount of a finding is: ``taken out, 1240 Other gateway clearing``; empty where it has none."""
    if not finding.amount_minor:
        return ""
    words = _AMOUNTS.get(finding.code, "difference")
    if not finding.account:
        return words
    return f"{words} {finding.account}" if finding.code == "drift.account" else f"{words}, {finding.account}"


# What a row says of a finding, by column.
COLUMNS: Mapping[str, Callable[[Report, KeptFinding], object]] = {
    "route": lambda report, _: report.route,
    "state": lambda _, kept: kept.state,
    "severity": lambda _, kept: kept.finding.severity,
    "code": lambda _, kept: kept.finding.code,
    "title": lambda _, kept: _defused(kept.finding.title),
    "amount": lambda _, kept: decimal_text(kept.finding.amount_minor, kept.finding.currency),
    "currency": lambda _, kept: kept.finding.currency,
    "amount_is": lambda _, kept: amount_is(kept.finding),
    "account": lambda _, kept: _defused(kept.finding.account),
    "cause": lambda _, kept: _defused(kept.finding.cause),
    "repair": lambda _, kept: _defused(kept.finding.repair),
    "first_seen": lambda _, kept: kept.first_seen_at.date().isoformat(),
    "object": lambda _, kept: _defused(kept.finding.ref),
    "accepted_by": lambda _, kept: _defused(kept.accepted_by),
    "accepted_reason": lambda _, kept: _defused(kept.accepted_reason),
    "finding_id": lambda _, kept: kept.finding.finding_id,
}


def to_csv(reports: tuple[Report, ...]) -> str:
    """The findings, one a row. Text that a spreadsheet would take for a formula is defused with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for report in reports:
        for kept in (*report.open_findings, *report.accepted_findings):
            writer.writerow([told(report, kept) for told in COLUMNS.values()])
    return out.getvalue()


def _defused(text: str) -> str:
    text = shown(text)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def to_html(reports: tuple[Report, ...], signature: Signature | None = None) -> str:
    """The reports as one self-contained page: no script, nothing fetched, every text escaped."""
    import jinja2  # only for who wants a page

    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("bridge.drift.report", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: shown(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["money"] = _money
    pages.filters["figure"] = _figure
    pages.filters["amount_is"] = amount_is
    pages.globals["age_names"] = AGE_NAMES
    page = pages.get_template("report.html")
    return page.render(
        reports=worst_first(reports),
        shared=shared_accounts(reports),
        red={green: red(green) for green in Name},
        signature=signature,
    )


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
