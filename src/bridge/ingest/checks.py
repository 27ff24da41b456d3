"""What files only state, compared with the documents that are there. Saves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from bridge.ingest.survey import TAXES
from bridge.model.connections import Connection
from bridge.model.documents import Document, DocumentKind, Identity, Problem, called
from bridge.model.money import decimal_text
from bridge.plugin import DocumentCheck, DocumentStart, SourceCapabilities, SourceOffer
from bridge.store.api import KeptDocument, UnitOfWork

_TOGETHER = 500
_IGNORED = "ignored"
_NEVER = datetime.min.replace(tzinfo=UTC)


def compare(
    unit: UnitOfWork, connection: Connection, offer: SourceOffer, checks: Sequence[DocumentCheck], where: str
) -> tuple[int, tuple[Problem, ...]]:
    """How many agree, and a problem for each that does not with the newest revision of its document, or finds none.

    Of a channel that is asked, what was made later than it is read is not compared, but for a document that is there by
    its id: by its title alone it might be taken for another. How many such rows there are is one further problem.
    """
    problems: list[Problem] = []
    through = _read_through(unit, connection, offer.capabilities)
    unread: list[DocumentCheck] = []
    for first in range(0, len(checks), _TOGETHER):
        some = checks[first : first + _TOGETHER]
        documents = _documents(unit, connection, offer.name, some)
        meant = {_key(kept) for candidates in documents.values() for kept in candidates}
        taxes = _taxes(unit, sorted(meant))
        for place, check in enumerate(some):
            if _is_ahead(check, through) and not (check.external_id and place in documents):
                unread.append(check)
            elif fault := _fault(check, documents.get(place, ()), taxes):
                problems.append(_problem(check, fault, where))
    agreed = len(checks) - len(unread) - len(problems)
    if unread:
        problems.append(_unread(len(unread), min(through[check.kind] for check in unread), where))
    return agreed, tuple(problems)


def _read_through(
    unit: UnitOfWork, connection: Connection, channel: SourceCapabilities
) -> Mapping[DocumentKind, datetime]:
    """By kind, up to when all documents of it are here; none where a channel is not asked, or tells no such."""
    through = unit.windows.through(connection.connection_id)
    found: dict[DocumentKind, datetime] = {}
    for stream in channel.streams if through else ():
        for kind in stream.kinds:
            read = through.get(stream.name, _NEVER)
            found[kind] = min(read, found.get(kind, read))
    return found


def _is_ahead(check: DocumentCheck, through: Mapping[DocumentKind, datetime]) -> bool:
    return check.at is not None and check.kind in through and check.at >= through[check.kind]


def _unread(count: int, through: datetime, where: str) -> Problem:
    read = "nothing of it is" if through == _NEVER else f"it is read through {through:%Y-%m-%d %H:%M} UTC"
    told = f"{count:,} of its rows are from later than the channel was read ({read}), and are not compared"
    message = f"{told}: bring the file again after the next sync"
    return Problem(code="check.unread", message=message, where=where, blocking=False)


def objection(start: DocumentStart, document: Document, where: str) -> Problem | None:
    """What a file says otherwise of a document whose channel's API has spoken: it is told, and changes nothing."""
    check = DocumentCheck(
        kind=start.kind,
        external_id=start.external_id,
        title=start.title,
        currency=start.currency,
        total_minor=start.total_minor,
        tax_minor=None,
    )
    faults = list(_differences(check, document, None))
    if start.status and document.status and start.status != document.status:
        faults.append(f"this file says that it is {start.status}, the channel's API said {document.status}")
    return _problem(check, "; ".join(faults), where) if faults else None


def _documents(
    unit: UnitOfWork, connection: Connection, channel: str, checks: Sequence[DocumentCheck]
) -> dict[int, tuple[KeptDocument, ...]]:
    """By the check's place, the newest revisions that it may mean: a title is not always borne by one alone."""
    ids = {
        place: Identity(channel, connection.account, check.kind, check.external_id).document_id
        for place, check in enumerate(checks)
        if check.external_id
    }
    histories = unit.documents.heads(sorted(set(ids.values())))
    found = {place: histories[document_id][:1] for place, document_id in ids.items() if document_id in histories}
    for kind in DocumentKind:
        titles = {check.title for check in checks if check.kind is kind and not check.external_id}
        bearers: dict[str, tuple[KeptDocument, ...]] = {}
        for kept in unit.documents.titled(connection.connection_id, kind, sorted(titles)):
            bearers[kept.document.title] = (kept, *bearers.get(kept.document.title, ()))
        for place, check in enumerate(checks):
            if check.kind is kind and not check.external_id and check.title in bearers:
                found[place] = bearers[check.title]
    return found


def _taxes(unit: UnitOfWork, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], int | None]:
    """The tax in each document; None for one that is not booked (a test order), of which it is not told apart."""
    sums = unit.documents.sums(keys, (*TAXES, _IGNORED))
    return {
        key: None if _IGNORED in by_kind else sum(by_kind.values())
        for key in keys
        for by_kind in (sums.get(key[0], {}),)
    }


def _fault(
    check: DocumentCheck, candidates: Sequence[KeptDocument], taxes: Mapping[tuple[str, int], int | None]
) -> str:
    """What is wrong; empty when one of the documents that it may mean agrees. The latest of them is spoken of."""
    if not candidates:
        return _MISSING
    faults = ["; ".join(_differences(check, kept.document, taxes[_key(kept)])) for kept in candidates]
    return faults[0] if all(faults) else ""


_MISSING = (
    "is in this file, and bridge has none such: bring the file it can be booked from, for a page or a period may be "
    "missing"
)


def _differences(check: DocumentCheck, document: Document, tax_minor: int | None) -> Iterator[str]:
    if check.total_minor is not None:
        told, there = _money(check.total_minor, check.currency), _money(document.total_minor, document.currency)
        if told != there:
            yield f"this file says {told}, bridge has {there}"
    elif check.currency != document.currency:
        yield f"this file says {check.currency}, bridge has {document.currency}"
    if check.tax_minor is not None and tax_minor is not None:
        told, there = _money(check.tax_minor, check.currency), _money(tax_minor, document.currency)
        if told != there:
            yield f"of tax this file says {told}, bridge has {there}"


def _problem(check: DocumentCheck, fault: str, where: str) -> Problem:
    code = "check.missing" if fault is _MISSING else "check.differs"
    return Problem(code, f"{called(check.kind, check.external_id, check.title)}: {fault}", where, blocking=False)


def _money(minor: int, currency: str) -> str:
    return f"{decimal_text(minor, currency)} {currency}"


def _key(kept: KeptDocument) -> tuple[str, int]:
    return kept.document.document_id, kept.document.revision
