"""What a person is told where the documents of a series do not fit together: one is missing, or two disagree.

Worked out anew from all that the channel told, booked or not, whatever order it came in: what comes late clears it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from bridge.books.beside import linking
from bridge.books.beside.linking import Difference
from bridge.books.engine.bank import name_of
from bridge.books.engine.basis import Basis
from bridge.books.tax.questions import money
from bridge.model.chart import INTER_MARKETPLACE
from bridge.model.connections import Route
from bridge.model.findings import Finding, FindingState, Severity
from bridge.model.money import decimal_text
from bridge.model.periods import closing_day
from bridge.model.series import Moved
from bridge.store.api import KeptDocument, Store

PREFIX = "books.series_"
GAP, DIFFERS, MOVED = "books.series_gap", "books.series_differs", "books.series_moved"
_SHOWN = 20
Told = tuple[KeptDocument, Moved]
"""An amount that moved, with the document that tells it."""


def keep(store: Store, basis: Basis, actor: str) -> None:
    """Make the findings about a route's series what they should be.

    Twice: a second call changes nothing, and writes nothing. Cost: two questions, over documents that are in a series.
    """
    route = basis.route
    with store.reading() as uow:
        documents = uow.documents.in_series(uow.connections.get(route.source).connection_id)
        found = list(findings(documents, route))
        told = uow.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
    if {each.finding for each in told if each.finding.code.startswith(PREFIX)} == set(found):
        return
    with store.unit(actor) as uow:
        uow.findings.settle(route.route_id, found, basis.now, prefix=PREFIX)


def findings(documents: Sequence[KeptDocument], route: Route) -> Iterator[Finding]:
    """All that is said of them; of what closed before the route's first day nothing. Pure."""
    for chain in linking.chains(documents):
        for before, after in pairwise(chain):
            if not linking.touches(before, after) and _is_of(route, after):
                yield _gap(before, after, route)
        befores = {after.document.document_id: before for before, after in pairwise(chain)}
        for after, differences in linking.differences(chain):
            if _is_of(route, after):
                yield _differs(befores[after.document.document_id], after, differences, route)
    yield from _moved(documents, route)


def _is_of(route: Route, kept: KeptDocument) -> bool:
    return closing_day(kept.document, route.time_zone) >= route.first_day


def _gap(before: KeptDocument, after: KeptDocument, route: Route) -> Finding:
    first, last = before.document, after.document
    since, until = (f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in (first.closed_at, last.opened_at))
    kind = last.identity.kind
    return Finding(
        code=GAP,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=last.document_id,
        title=f"a {kind} is missing between {name_of(first)} and {name_of(last)}",
        amount_minor=0,
        currency=last.currency,
        cause=f"Each begins where the one before ended, and none here covers {since} to {until}: what it sold, charged "
        "and paid out is in no books",
        repair=f"Get the {kind} of that time from the channel and bring it; where it says that there was none, accept "
        "this",
        evidence=(("period", f"{name_of(first)} ends {since}", f"{name_of(last)} begins {until}"),),
    )


def _differs(before: KeptDocument, after: KeptDocument, found: Sequence[Difference], route: Route) -> Finding:
    first, last = before.document, after.document
    names = ", ".join(dict.fromkeys(each.name for each in found))
    return Finding(
        code=DIFFERS,
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=last.document_id,
        title=f"{name_of(last)} takes over something else than {name_of(first)} handed on: {names}",
        amount_minor=sum(each.in_minor - each.out_minor for each in found),
        currency=last.currency,
        cause="One of the two was issued again with other content, or the channel kept or gave back something between "
        "them",
        repair="Bring the newest issue of both; if they still differ, ask the channel for the difference, which stands "
        "on the account of that amount, and accept this once it is explained",
        evidence=tuple(
            (each.name, f"handed on {money(each.out_minor, first)}", f"taken over {money(each.in_minor, last)}")
            for each in found[:_SHOWN]
        ),
    )


def _moved(documents: Sequence[KeptDocument], route: Route) -> Iterator[Finding]:
    """What moved between series adds up to nothing; one finding a currency, unless another may be its other side.

    At what rate an amount was converted nobody tells. So sums of opposite sign in two currencies are taken to answer
    each other. The other side may be in a document that is not closed yet: only what moved in one that ended before
    the newest began is late.
    """
    moved: dict[str, list[Told]] = defaultdict(list)
    for kept in documents:
        for each in kept.document.series.moved if kept.document.series else ():
            moved[kept.document.currency].append((kept, each))
    newest = max((kept.document.opened_at for kept in documents), default=None)
    unanswered = {
        currency: [one for one in _unpaired(several) if _is_of(route, one[0])] for currency, several in moved.items()
    }
    sums = {currency: sum(each.amount_minor for _, each in several) for currency, several in unanswered.items()}
    if min(sums.values(), default=0) < 0 < max(sums.values(), default=0):
        return
    for currency, several in sorted(unanswered.items()):
        if sums[currency] and any(newest is not None and kept.document.closed_at <= newest for kept, _ in several):
            yield _unanswered(sums[currency], currency, several, route)


def _unpaired(several: Iterable[Told]) -> Iterator[Told]:
    """Those of which no other is just the opposite, by time."""
    ordered = sorted(several, key=lambda one: (one[1].at, one[0].document.document_id, one[1].words))
    opposite = Counter(-each.amount_minor for _, each in ordered)
    for kept, each in ordered:
        if opposite[each.amount_minor]:
            opposite[each.amount_minor] -= 1
        else:
            yield kept, each


def _unanswered(minor: int, currency: str, several: Sequence[Told], route: Route) -> Finding:
    amount = f"{decimal_text(minor, currency)} {currency}"
    return Finding(
        code=MOVED,
        severity=Severity.INFO,
        route_id=route.route_id,
        subject=f"{route.source} {currency}",
        title=f"{route.source}: {amount} moved between its series, and no other of them tells it",
        amount_minor=-minor,
        currency=currency,
        cause="The documents of the other series are not here, or tell another amount",
        repair="Bring them; until then it stands on " + INTER_MARKETPLACE,
        evidence=tuple(
            (each.words, name_of(kept.document), money(each.amount_minor, kept.document))
            for kept, each in several[-_SHOWN:]
        ),
    )
