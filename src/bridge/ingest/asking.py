"""What is asked for by its id: what a notice named, what still moves, what is not shown, what is counted otherwise."""

from __future__ import annotations

from bridge.errors import BridgeError, ConfigError, DocumentError, RateLimitedError, TransientError
from bridge.ingest import gone, windows
from bridge.ingest.aside import read_after_all
from bridge.ingest.intake import ImportedDocument
from bridge.ingest.setting import Setting
from bridge.ingest.streaming import put_by
from bridge.ingest.taking import later, take
from bridge.model.channel import Inquiry, Why, Window
from bridge.model.documents import DocumentKind, Identity
from bridge.plugin import Count, FilePage, Gone, Stream, Unknown
from bridge.store.api import UnitOfWork

_ASKED = 100
"""Inquiries of one run: the rest is asked by the next."""


def recount(setting: Setting) -> None:
    """Count closed windows again whose time has come: of what differs each thing is to be asked for by its id."""
    with setting.store.reading() as unit:
        due = unit.windows.to_count(setting.connection_id, setting.clock.now())
    streams = {stream.name: stream for stream in setting.offer.capabilities.streams}
    for window in due:
        if stream := streams.get(window.stream):
            _recount(setting, stream, window)


def _recount(setting: Setting, stream: Stream, window: Window) -> None:
    source, now = setting.source, setting.clock.now()
    count = source.census(stream.name, window.since, window.until)
    with setting.store.reading() as unit:
        ours = unit.windows.owners(window)
    theirs = ours
    if isinstance(count, Count) and count.owners != len(ours):
        count = source.census(stream.name, window.since, window.until, with_ids=True)
        theirs = frozenset(count.ids) if isinstance(count, Count) else ours
    with setting.store.unit(setting.actor) as unit:
        unit.windows.add_owners(window, theirs - ours)
        asked = [Inquiry(*name, Why.COUNTED, now) for name in sorted(theirs ^ ours)]
        unit.inquiries.add(setting.connection_id, asked)
        after = unit.windows.save(windows.recounted(stream, window, count, now))
        if after.due_at is None:
            put_by(unit, after)


def ask(setting: Setting) -> tuple[int, tuple[ImportedDocument, ...], BridgeError | None]:
    """Ask for what is due: how many were answered, what they brought, and what stopped it.

    What the channel does not answer, or refuses, is asked again a cadence later, and nothing is written but that. What
    is of a stream that it does not let be read is asked no more: when it does, all of that is read.
    """
    with setting.store.reading() as unit:
        due = unit.inquiries.due(setting.connection_id, setting.clock.now(), _ASKED)
    answered, documents, refusal = 0, list[ImportedDocument](), None
    refused = _refused_kinds(setting)
    for inquiry in due:
        if inquiry.kind in refused:
            with setting.store.unit(setting.actor) as unit:
                unit.inquiries.settle(setting.connection_id, inquiry, None)
            continue
        try:
            some = _ask(setting, inquiry)
        except (TransientError, DocumentError, ConfigError) as fault:
            if isinstance(fault, RateLimitedError):
                return answered, tuple(documents), fault
            refusal, some = fault if isinstance(fault, ConfigError) else refusal, None
        if some is None:
            with setting.store.unit(setting.actor) as unit:
                unit.inquiries.settle(setting.connection_id, inquiry, later(setting, inquiry.kind))
            continue
        answered += 1
        documents += some
    return answered, tuple(documents), refusal


def _refused_kinds(setting: Setting) -> frozenset[str]:
    """Of owners that no stream brings which the channel lets be read."""
    streams = setting.offer.capabilities.streams
    granted = {kind for stream in streams if stream.is_granted(setting.facts) for kind in stream.owners}
    return frozenset(kind for stream in streams for kind in stream.owners if kind not in granted)


def _ask(setting: Setting, inquiry: Inquiry) -> tuple[ImportedDocument, ...] | None:
    """What came of it; None where the channel did not say."""
    answer = setting.source.one(inquiry.kind, inquiry.external_id)
    if isinstance(answer, Unknown):
        return None
    if isinstance(answer, Gone):
        with setting.store.unit(setting.actor) as unit:
            _take_gone(setting, unit, inquiry, answer)
            unit.inquiries.settle(setting.connection_id, inquiry, None)
        return ()

    def finish(unit: UnitOfWork, window: Window | None) -> Window | None:
        unit.inquiries.settle(setting.connection_id, inquiry, None)
        if isinstance(answer, FilePage):
            read_after_all(unit, setting, answer)
        return window

    documents, _ = take(setting, answer, f"{inquiry.kind} {inquiry.external_id}", None, finish, inquiry)
    return documents


def _take_gone(setting: Setting, unit: UnitOfWork, inquiry: Inquiry, answer: Gone) -> None:
    unit.windows.forget_owner(setting.connection_id, inquiry.kind, inquiry.external_id)
    if inquiry.kind in frozenset(DocumentKind):
        kind, account = DocumentKind(inquiry.kind), setting.connection.account
        identity = Identity(setting.offer.name, account, kind, inquiry.external_id)
        gone.take_gone(unit, setting.connection, setting.routes, identity, answer.as_of, setting.clock.now())
