"""I/O: reads the ledger back through its sink and keeps what it says now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice

import msgspec

from bridge.drift.turn import Turn
from bridge.errors import UnavailableError
from bridge.plugin import Absent, LookUp, Observation, Present, Sink, Unknown
from bridge.store.api import Store

Progress = Callable[[int], None]
AHEAD = timedelta(days=366)
ANSWERS_AT_A_TIME = 50


class Wanted(msgspec.Struct, frozen=True):
    """What is read. vouchers: of these, what does not come by, or comes by changed, is asked for one by one.

    receivable: the account of open invoices, by ledger id, where copies of ours are looked for; else empty.
    """

    ledger: str
    since_on: date
    today: date
    accounts: frozenset[str]
    vouchers: frozenset[str]
    receivable: frozenset[str] = frozenset()


class Observed(msgspec.Struct, frozen=True):
    """How much was read, and which of our objects the ledger says are not there: by ref, whether it calls them deleted.

    Only these are absent; an object that was neither seen nor denied says nothing.
    receivable: the account of open invoices, by ledger id, where ours were looked for too; else empty.
    """

    objects: int
    absent: Mapping[str, bool]
    receivable: frozenset[str] = frozenset()


def observe(store: Store, sink: Sink, wanted: Wanted, turn: Turn, *, actor: str, progress: Progress) -> Observed:
    """Replace the kept copies of a ledger by what it says now.

    Every object dated in the period is paged through. Objects of ours that did not come by (moved to an earlier
    date, deleted) or came by changed are asked for one by one: a list may show an old version.

    Memory: a page. Raises: UnavailableError when the ledger did not answer in full; nothing may then be concluded.
    """
    count = 0
    with store.unit(actor) as unit:
        turn.keep(unit)
        unit.copies.clear(wanted.ledger)
    accounts = wanted.accounts | wanted.receivable
    for page in sink.observe(Observation(wanted.since_on, wanted.today + AHEAD, accounts)):
        with store.unit(actor) as unit:
            turn.keep(unit)
            unit.copies.add(wanted.ledger, page)
        count += len(page)
        progress(count)
    asked, unseen = _to_ask(store, wanted)
    absent: dict[str, bool] = {}
    answers = _answers(sink, asked)
    while some := list(islice(answers, ANSWERS_AT_A_TIME)):
        found = [answer.copy for _, answer in some if isinstance(answer, Present)]
        with store.unit(actor) as unit:
            turn.keep(unit)
            unit.copies.add(wanted.ledger, found)
        absent |= {ref: answer.deleted for ref, answer in some if isinstance(answer, Absent)}
        count += sum(copy.ref in unseen for copy in found)
        progress(count)
    return Observed(objects=count, absent=absent, receivable=wanted.receivable)


def _to_ask(store: Store, wanted: Wanted) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """(type, ref) of our objects that are missing or differ as listed, and the refs of the missing ones."""
    with store.reading() as unit:
        differences = [
            difference
            for difference in unit.copies.differences(wanted.ledger)
            if difference.voucher_id in wanted.vouchers and difference.ours is not None
        ]
    return (
        [(difference.ours[0], difference.ref) for difference in differences if difference.ours is not None],
        frozenset(difference.ref for difference in differences if difference.theirs is None),
    )


def _answers(sink: Sink, asked: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
    """What the ledger says of each ref. Raises: UnavailableError for the first that it says nothing about."""
    waiting = {ref for _, ref in asked}
    for ref, answer in sink.read_back(asked) if asked else ():
        if isinstance(answer, Unknown):
            raise UnavailableError(f"ledger object {ref}", f"could not be read back ({answer.cause})")
        waiting.discard(ref)
        yield ref, answer
    if waiting:
        raise UnavailableError(f"ledger object {min(waiting)}", "was asked for and not spoken of")
