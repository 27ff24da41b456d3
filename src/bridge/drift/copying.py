"""I/O: reads the ledger back through its sink and keeps what it says now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import islice

import msgspec

from bridge.errors import UnavailableError
from bridge.host.turn import Turn
from bridge.model.deliveries import DeliveryState
from bridge.plugin import Absent, LookUp, Observation, Present, Sink, Unknown
from bridge.store.api import UnitOfWork

Progress = Callable[[int], None]
AHEAD = timedelta(days=366)
ANSWERS_AT_A_TIME = 50


class Wanted(msgspec.Struct, frozen=True):
    """What is read. routes: by id; what of theirs does not come by, or comes by changed, is asked for one by one.

    receivable: the account of open invoices, by ledger id, where copies of ours are looked for; else empty.
    contacts:   customers that bridge names, by ledger id.
    """

    ledger: str
    routes: tuple[str, ...]
    since_on: date
    today: date
    accounts: frozenset[str]
    receivable: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()


class Observed(msgspec.Struct, frozen=True):
    """How much was read, and which of our objects the ledger says are not there: by ref, whether it calls them deleted.

    Only these are absent; an object that was neither seen nor denied says nothing.
    receivable, contacts: the account of open invoices, by ledger id, where ours were looked for too, else empty; and
                the customers whose objects were asked for.
    in_doubt:   vouchers of which it was not known, when the reading began, whether they had arrived.
    """

    objects: int
    absent: Mapping[str, bool]
    receivable: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


class Copying:
    """Keeps what a ledger says, as copies of its objects. progress: told how many objects were read so far."""

    def __init__(self, sink: Sink, turn: Turn, progress: Progress) -> None:
        self._sink, self._turn, self._progress = sink, turn, progress

    def observe(self, wanted: Wanted) -> Observed:
        """Replace the kept copies of a ledger by what it says now.

        Every object dated in the period is paged through. Objects of ours that did not come by (moved to an earlier
        date, deleted) or came by changed are asked for one by one: a list may show an old version.

        Memory: a page. Raises: UnavailableError when the ledger did not answer in full; nothing may then be concluded.
        """
        count = 0
        with self._turn.unit() as unit:
            unit.copies.clear(wanted.ledger)
            in_doubt = frozenset(
                delivery.voucher_id for delivery in unit.deliveries.with_state(wanted.ledger, DeliveryState.IN_DOUBT)
            )
        accounts = wanted.accounts | wanted.receivable
        asked = Observation(wanted.since_on, wanted.today + AHEAD, accounts, wanted.contacts)
        for page in self._sink.observe(asked):
            with self._turn.unit() as unit:
                unit.copies.add(wanted.ledger, page)
            count += len(page)
            self._progress(count)
        with self._turn.unit() as unit:
            unit.copies.learn_marks(wanted.ledger)
        return self.look_after(wanted, Observed(count, {}, wanted.receivable, wanted.contacts, in_doubt))

    def look_after(self, wanted: Wanted, seen: Observed) -> Observed:
        """Ask for our objects that did not come by, or came by changed.

        Twice: what was delivered meanwhile is asked for too.
        """
        with self._turn.reading() as unit:
            asked, unseen = _to_ask(unit, wanted)
        absent: dict[str, bool] = {}
        count = seen.objects
        answers = _answers(self._sink, asked)
        while some := list(islice(answers, ANSWERS_AT_A_TIME)):
            copies = [answer.copy for _, answer in some if isinstance(answer, Present)]
            with self._turn.unit() as unit:
                unit.copies.add(wanted.ledger, copies)
            absent |= {ref: answer.deleted for ref, answer in some if isinstance(answer, Absent)}
            count += sum(copy.ref in unseen for copy in copies)
            self._progress(count)
        return msgspec.structs.replace(seen, objects=count, absent=absent)


def _to_ask(unit: UnitOfWork, wanted: Wanted) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """(type, ref) of our objects that are missing or differ as listed, and the refs of the missing ones."""
    meant = {delivery.ref for route_id in wanted.routes for delivery in unit.deliveries.of_route(route_id)}
    differences = [one for one in unit.copies.differences(wanted.ledger) if one.ref in meant]
    return (
        [(one.ours[0], one.ref) for one in differences if one.ours is not None],
        frozenset(one.ref for one in differences if one.theirs is None),
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
