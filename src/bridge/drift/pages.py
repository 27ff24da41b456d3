"""Pure: drift checks as a working paper, the same layout every week: HTML that prints, CSV, JSON."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import jinja2
import msgspec

from bridge.drift.explained import AGE_NAMES
from bridge.drift.greens import RED, Answer
from bridge.drift.report import Report, shared_accounts, worst_first
from bridge.drift.words import amount_is
from bridge.model.money import decimal_text

FORMAT_VERSION = 2
AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def to_json(reports: tuple[Report, ...]) -> bytes:
    """The reports for a machine: stable names, minor units, ISO 8601."""
    return msgspec.json.format(
        msgspec.json.encode({"version": FORMAT_VERSION, "routes": [_plain(one) for one in reports]})
    )


def _plain(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    plain["counts"], plain["at_stake_minor"] = report.counts, report.at_stake_minor
    plain["greens"] = [msgspec.to_builtins(green) for green in report.greens]
    plain |= {green.name: green.answer is Answer.YES for green in report.greens}
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
    "account",
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
                    _defused(found.account),
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
        loader=jinja2.PackageLoader("bridge.drift", "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["money"] = _money
    pages.filters["figure"] = _figure
    pages.filters["amount_is"] = amount_is
    pages.globals["age_names"] = AGE_NAMES
    page = pages.get_template("report.html")
    return page.render(reports=worst_first(reports), shared=shared_accounts(reports), red=RED)


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
