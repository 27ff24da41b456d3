"""What a pull brought, for a person and for a machine."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from bridge.cli.output import counted, plain_error, say
from bridge.ingest import Outcome, Pulled, StreamReport


def plain_pull(pulled: Pulled) -> dict[str, Any]:
    """How far each stream came, and how many documents were new or held."""
    return {
        "connection": pulled.connection,
        "streams": [
            {
                "stream": report.stream,
                "title": report.title,
                "through": report.through,
                "due_at": report.due_at,
                "why": report.why,
                "error": plain_error(report.error) if report.error else None,
            }
            for report in pulled.streams
        ],
        "reports": [
            {
                "report": one.report,
                "spans": one.spans,
                "why": one.why,
                "error": plain_error(one.error) if one.error else None,
            }
            for one in pulled.reports
        ],
        "asked": pulled.asked,
        "documents": _outcomes(pulled),
    }


def show_pull(pulled: Pulled) -> None:
    """A line a stream that has something to say, one a report that was not read, and one for all documents."""
    for report in pulled.streams:
        if said := _said(report):
            say(f"{pulled.connection}, {report.title}: {escape(said)}")
    for one in pulled.reports:
        if why := one.why or (one.error and one.error.cause):
            say(f"{pulled.connection}: {escape(one.title)} was not read: {escape(why)}")
    if found := _outcomes(pulled):
        told = ", ".join(f"{counted(count, 'document')} {outcome}" for outcome, count in found.items())
        say(f"{pulled.connection}: {told}")


def _said(report: StreamReport) -> str:
    if report.due_at is not None:
        return f"{report.why}; goes on at {report.due_at:%Y-%m-%d %H:%M} UTC"
    if report.closed and report.through is not None:
        return f"complete through {report.through:%Y-%m-%d %H:%M} UTC"
    return ""


def _outcomes(pulled: Pulled) -> dict[str, int]:
    """Documents by outcome; known ones are no news."""
    counts = pulled.documents
    return {str(outcome): counts[outcome] for outcome in (Outcome.NEW, Outcome.HELD) if counts.get(outcome)}
