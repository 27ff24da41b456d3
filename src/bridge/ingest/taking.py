"""From a page that was read into the store: cut by cut, each in one unit of work, the cursor with the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

import msgspec

from bridge.errors import PluginError
from bridge.ingest import gone
from bridge.ingest.intake import ImportedDocument, Intake
from bridge.ingest.joining import NOTHING_KNOWN, join
from bridge.ingest.paging import Cut, Owner, ReadPage, read_page
from bridge.ingest.revisions import Outcome
from bridge.ingest.setting import Setting
from bridge.ingest.spool import Into
from bridge.model.channel import Inquiry, Why, Window
from bridge.model.documents import DocumentKind
from bridge.model.reasons import Reason
from bridge.plugin import AnyPage
from bridge.store.api import UnitOfWork

Finish = Callable[[UnitOfWork, Window | None], Window | None]


def take(
    setting: Setting, page: AnyPage, name: str, window: Window | None, finish: Finish, asked: Inquiry | None = None
) -> tuple[tuple[ImportedDocument, ...], Window | None]:
    """Read a page, and save what it brings. Returns its documents, and the window as it was saved last.

    window: that it belongs to; None where a thing was asked for by its id: what was asked. finish: said with the last
    cut, of the window with all that came.
    Killed: between two cuts the window says what came, and not the cursor after the page: it is read again.
    """
    into = Into(setting.store, setting.connection, setting.offer.name)
    with ExitStack() as opened:
        read = read_page(setting.source, page, setting.facts, name, into, opened)
        documents: list[ImportedDocument] = []
        for number, cut in enumerate(read.cuts, start=1):
            is_last = number == len(read.cuts)
            some, window = _take_cut(setting, into, read, cut, name, window, finish if is_last else _going_on, asked)
            documents += some
    return tuple(documents), window


def later(setting: Setting, kind: str) -> datetime:
    """The next time at which something of a kind is asked for by its id."""
    streams = setting.offer.capabilities.streams
    of_kind = [stream.cadence_seconds for stream in streams if kind in stream.owners]
    return setting.clock.now() + timedelta(seconds=min(of_kind or [stream.cadence_seconds for stream in streams]))


def _going_on(unit: UnitOfWork, window: Window | None) -> Window | None:
    return None if window is None else unit.windows.save(window)


def _take_cut(
    setting: Setting,
    into: Into,
    page: ReadPage,
    cut: Cut,
    name: str,
    window: Window | None,
    finish: Finish,
    asked: Inquiry | None,
) -> tuple[tuple[ImportedDocument, ...], Window | None]:
    offer, connection = setting.offer, setting.connection
    known = join(into, setting.source, cut.spool) if offer.capabilities.joins_orders else NOTHING_KNOWN
    intake = Intake(
        into,
        offer,
        setting.clock,
        cut.spool,
        name=page.file.name if page.file is not None else name,
        facts_hash=setting.facts.facts_hash,
        foreign=setting.foreign,
    )
    with intake.unit(setting.actor, known, page.content if cut.is_kept_whole else None) as unit:
        if page.file is not None:
            unit.vault.remember(connection.connection_id, page.file.content_hash, page.file.name)
        documents = tuple(intake.save(unit))
        if window is not None:
            came = unit.windows.add_owners(window, [owner.name for owner in cut.owners])
            window = msgspec.structs.replace(window, got=window.got + came)
        _keep_pending(setting, unit, cut)
        window = finish(unit, window)
        now = setting.clock.now()
        gone.absent(unit, connection, setting.routes, cut.owners, now)
        still = [
            Inquiry(*owner.name, Why.OPEN, later(setting, owner.start.kind), since=_since(owner, asked, now))
            for owner in cut.owners
            if not owner.is_final
        ]
        unit.inquiries.add(setting.connection_id, [*still, *_awaited(documents, now)])
    return documents, window


def _awaited(documents: Sequence[ImportedDocument], now: datetime) -> list[Inquiry]:
    """The orders that refunds wait for which came without them: one that is gone would never come."""
    held = [one for one in documents if one.outcome is Outcome.HELD and one.reason == Reason.AWAITS_ORDER]
    return [
        Inquiry(DocumentKind.ORDER, name, Why.ABSENT, now)
        for name in dict.fromkeys(of.document.order_id for of in held)
    ]


def _keep_pending(setting: Setting, unit: UnitOfWork, cut: Cut) -> None:
    """What waits in owners of streams that tell such; none of an owner that holds nothing any more."""
    kinds = {kind for stream in setting.offer.capabilities.streams if stream.tells_pending for kind in stream.owners}
    for owner in cut.owners:
        if owner.start.kind in kinds:
            unit.pending.put(setting.connection_id, owner.name, owner.pending)
        elif owner.pending:
            cause = "holds money that waits, and no stream that tells such declares it"
            thing = f"{owner.start.kind} {owner.start.external_id[:40]!r}"
            raise PluginError(thing, cause, "Report this to the plugin's author", code="plugin.contract")


def _since(owner: Owner, asked: Inquiry | None, now: datetime) -> datetime | None:
    """Since when something that still moves is asked for."""
    return asked.since if asked is not None and owner.name == (asked.kind, asked.external_id) else now
