"""Pure: which document of a series follows which, whatever order they came in."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

import msgspec

from bridge.model.series import Carried, Series
from bridge.store.api import KeptDocument

APART = timedelta(minutes=1)
"""A document that begins so soon after another ended follows it: channels write seconds, and mean the next one."""
_ends = attrgetter("document.closed_at")
_begins = attrgetter("document.opened_at")
_order = attrgetter("document.opened_at", "document.closed_at", "document.document_id")

Chain = list[KeptDocument]
"""Documents of one series, each after the one before; where two do not touch, one is missing between them."""


class Difference(msgspec.Struct, frozen=True):
    """What a document carries in otherwise than those before it carried out; minor units, from the merchant's side."""

    name: str
    out_minor: int
    in_minor: int


def chains(documents: Iterable[KeptDocument]) -> Iterator[Chain]:
    """The documents in chains; the first of each begins one, or follows one that nobody here knows.

    Several run side by side where an account has them: one that begins before the others ended follows none of them.
    documents: of one account, in any order. One that names no series is of the only one of its currency, or of the one
    that it touches; else it is in no chain.
    """
    of_currency: dict[str, list[KeptDocument]] = defaultdict(list)
    for kept in sorted(documents, key=_order):
        of_currency[kept.document.currency].append(kept)
    for several in of_currency.values():
        of_name: dict[str, list[KeptDocument]] = defaultdict(list)
        names = _names(several)
        for kept in several:
            of_name[names[kept.document.document_id]].append(kept)
        if len(of_name) > 1:
            of_name.pop("", None)
        for together in of_name.values():
            yield from _joined(_linked(together))


def touches(before: KeptDocument, after: KeptDocument) -> bool:
    """Whether one begins where the other ended, so that none is missing between them."""
    return timedelta(0) <= after.document.opened_at - before.document.closed_at <= APART


def differences(chain: Chain) -> Iterator[tuple[KeptDocument, tuple[Difference, ...]]]:
    """Each document of a chain that takes over something else than the one before hands on.

    Not compared: the first, one after a gap, and one whose lines do not add up, which says so itself.
    """
    open_amounts = Counter[tuple[str, int]]()
    before: KeptDocument | None = None
    for kept in chain:
        claimed = list(_unheard(kept, open_amounts))
        if before is not None and _are_comparable(before, kept) and (found := (*_inexact(before, kept), *claimed)):
            yield kept, found
        open_amounts.update((each.name, each.amount_minor) for each in _series(kept).carries_out if not each.is_exact)
        before = kept


def _names(documents: Sequence[KeptDocument]) -> Mapping[str, str]:
    """The series of each document of one currency, by its id; empty where that is not known."""
    names = {kept.document.document_id: _series(kept).name for kept in documents}
    told = sorted({*names.values()} - {""})
    if len(told) == 1:
        return dict.fromkeys(names, told[0])
    by_end = sorted(documents, key=_ends)
    for several in (documents, documents[::-1]):
        for kept in several:
            if not names[kept.document.document_id]:
                beside = {names[each.document.document_id] for each in _beside(kept, documents, by_end)} - {""}
                names[kept.document.document_id] = beside.pop() if len(beside) == 1 else ""
    return names


def _beside(
    kept: KeptDocument, by_begin: Sequence[KeptDocument], by_end: Sequence[KeptDocument]
) -> Iterator[KeptDocument]:
    """Those that it touches."""
    opened_at, closed_at = kept.document.opened_at, kept.document.closed_at
    for several, key, since in ((by_end, _ends, opened_at - APART), (by_begin, _begins, closed_at)):
        for each in _within(several, key, since):
            if each is not kept and (touches(each, kept) or touches(kept, each)):
                yield each


def _within(several: Sequence[KeptDocument], key: attrgetter[datetime], since: datetime) -> Iterator[KeptDocument]:
    """Those whose instant is in the span of ``APART`` that begins then. several: sorted by it."""
    for place in range(bisect_left(several, since, key=key), len(several)):
        if key(several[place]) > since + APART:
            return
        yield several[place]


def _linked(documents: Sequence[KeptDocument]) -> list[Chain]:
    """Chains without gaps. Of several that it could follow, a document follows one that hands on what it takes over."""
    found: list[Chain] = []
    for kept in documents:
        ended = [chain for chain in found if touches(chain[-1], kept)]
        if ended:
            min(ended, key=lambda chain: len(list(_inexact(chain[-1], kept)))).append(kept)
        else:
            found.append([kept])
    return found


def _joined(parts: Iterable[Chain]) -> list[Chain]:
    """The same, with what comes after a gap behind the latest that ended before it."""
    found: list[Chain] = []
    for part in parts:
        ended = [chain for chain in found if chain[-1].document.closed_at < part[0].document.opened_at]
        if ended:
            max(ended, key=lambda chain: chain[-1].document.closed_at).extend(part)
        else:
            found.append(part)
    return found


def _inexact(before: KeptDocument, after: KeptDocument) -> Iterator[Difference]:
    carried_out, carried_in = _exact(_series(before).carries_out), _exact(_series(after).carries_in)
    for name in sorted({*carried_out, *carried_in}):
        if carried_out[name] != carried_in[name]:
            yield Difference(name, carried_out[name], carried_in[name])


def _unheard(kept: KeptDocument, open_amounts: Counter[tuple[str, int]]) -> Iterator[Difference]:
    """What it carries in that none before it carried out; each is carried in once, and is not open any more."""
    for each in _series(kept).carries_in:
        if each.is_exact:
            continue
        if not open_amounts[each.name, each.amount_minor]:
            yield Difference(each.name, 0, each.amount_minor)
        else:
            open_amounts[each.name, each.amount_minor] -= 1


def _exact(several: Iterable[Carried]) -> Counter[str]:
    sums = Counter[str]()
    for each in several:
        if each.is_exact:
            sums[each.name] += each.amount_minor
    return sums


def _series(kept: KeptDocument) -> Series:
    return kept.document.series or Series("")


def _are_comparable(before: KeptDocument, after: KeptDocument) -> bool:
    is_whole = all(kept.lines_minor == kept.document.total_minor for kept in (before, after))
    return is_whole and touches(before, after)
