"""I/O: reads back through its sink what a ledger says, all of it or what changed, and keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice

import msgspec

from bridge.clock import Clock
from bridge.drift.rereading import ACCOUNT, CONTACT, ITEM, Plan, before_a_sweep, moved, plan
from bridge.errors import UnavailableError
from bridge.host.turn import Turn
from bridge.model.deliveries import DeliveryState
from bridge.model.readings import LedgerReading, Listed
from bridge.model.vouchers import LedgerCopy, keeps_marks, nameless, paid_no_more
from bridge.plugin import Absent, Changes, ChangingSink, LookUp, Observation, Present, Sink, Unknown, Unread
from bridge.store.api import Difference, UnitOfWork

Progress = Callable[[int], None]
Announce = Callable[[str], None]
AHEAD = timedelta(days=366)
ANSWERS_AT_A_TIME, DIFFERENCES_AT_A_TIME = 50, 500


class Wanted(msgspec.Struct, frozen=True):
    """What is read. routes: by id; what of theirs does not come by, or comes by changed, is asked for one by one.

    receivable: the accounts of open invoices, by ledger id, where copies of ours are looked for; else empty.
    contacts:   customers that bridge names, by ledger id.
    lists:      what the ledger's lists hold now.
    """

    ledger: str
    routes: tuple[str, ...]
    since_on: date
    today: date
    accounts: frozenset[str]
    receivable: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    lists: tuple[Listed, ...] = ()

    @property
    def observation(self) -> Observation:
        accounts = self.accounts | self.receivable
        return Observation(self.since_on, self.today + AHEAD, accounts, self.contacts)

    def with_all_of(self, kept: LedgerReading | None) -> Wanted:
        """This, and what is kept already: routes of one ledger do not take each other's copies away."""
        if kept is None:
            return self
        return msgspec.structs.replace(
            self,
            since_on=min(self.since_on, kept.since_on),
            accounts=self.accounts.union(kept.accounts),
            contacts=self.contacts.union(kept.contacts),
        )


class Observed(msgspec.Struct, frozen=True):
    """How much was read, and which of our objects the ledger says are not there: by ref, whether it calls them deleted.

    Only these are absent; an object that was neither seen nor denied says nothing.
    receivable, contacts: the accounts of open invoices, by ledger id, where ours were looked for too, else empty; and
                the customers whose objects were asked for.
    in_doubt:   vouchers of which it was not known, when the reading began, whether they had arrived.
    since_on:   the first day of it. how: what was read of it. reading: what is kept of it now.
    """

    objects: int
    absent: Mapping[str, bool]
    since_on: date
    how: Plan
    reading: LedgerReading
    receivable: frozenset[str] = frozenset()
    contacts: frozenset[str] = frozenset()
    in_doubt: frozenset[str] = frozenset()


class Copying:
    """Keeps what a ledger says, as copies of its objects.

    reader: whose reading it is (see ``LedgerReading``). feed_days: how far back the sink tells what changed.
    calls: how many left for the ledger so far. progress: told how many objects were read so far. announce: told what
    a long reading is going to take.
    """

    def __init__(
        self,
        sink: Sink,
        turn: Turn,
        clock: Clock,
        *,
        reader: str,
        feed_days: int,
        calls: Callable[[], int],
        progress: Progress,
        announce: Announce,
    ) -> None:
        self._sink, self._turn, self._clock = sink, turn, clock
        self._reader, self._feed_days, self._calls = reader, feed_days, calls
        self._progress, self._announce = progress, announce

    def observe(self, wanted: Wanted, *, in_full: str = "") -> Observed:
        """Make the kept copies say what the ledger says now.

        What changed since the last reading is read where that is enough; else, or ``in_full`` for that reason, every
        object dated in the period. Objects of ours that did not come by (moved to an earlier date, deleted) or that
        differ are asked for one by one: a list may show an old version.

        Memory: a page. Killed: what the copies cover is said at the end; until then the next reading begins as this.
        Raises: UnavailableError when the ledger did not answer in full; nothing may then be concluded.
        """
        with self._turn.reading() as unit:
            kept = unit.copies.covered(wanted.ledger)
            in_doubt = frozenset(
                delivery.voucher_id for delivery in unit.deliveries.with_state(wanted.ledger, DeliveryState.IN_DOUBT)
            )
        how = Plan(None, in_full) if in_full else self._plan(kept, wanted)
        seen = self._follow(wanted, kept, how.since) if kept and how.since else how
        if isinstance(seen, Unknown):
            seen = Plan(None, seen.cause)
        if isinstance(seen, Plan):
            seen = self._sweep(wanted, kept, seen)
        return self.look_after(wanted, msgspec.structs.replace(seen, in_doubt=in_doubt))

    def is_monthly(self, wanted: Wanted) -> bool:
        """Whether all is to be read because a month passed."""
        with self._turn.reading() as unit:
            kept = unit.copies.covered(wanted.ledger)
        return self._plan(kept, wanted).is_monthly

    def explained(self, wanted: Wanted, seen: Observed, route_id: str, left: Mapping[str, int]) -> None:
        """Keep what a full reading left of balances: where a feed leaves the same, it did not miss anything."""
        reading = seen.reading.with_left_of(route_id, left)
        if reading != seen.reading:
            self._cover(wanted, reading)

    def _plan(self, kept: LedgerReading | None, wanted: Wanted) -> Plan:
        asked = wanted.observation
        is_covered = kept is not None and kept.covers(asked.accounts, asked.contacts, asked.since_on)
        now = self._clock.now()
        how = plan(kept, is_covered=is_covered, reader=self._reader, feed_days=self._feed_days, now=now)
        if kept and how.since and (named := self._moved(kept, wanted)):
            return Plan(None, f"its {' and its '.join(named)} changed in its lists")
        return how

    def _moved(self, kept: LedgerReading, wanted: Wanted) -> tuple[str, ...]:
        """What objects of ours name, and a list holds no more as it was: merged, it may have changed them untold."""
        if not (gone := moved(kept.lists, wanted.lists)):
            return ()
        with self._turn.reading() as unit:
            named = unit.deliveries.contacts(wanted.routes, wanted.ledger)
            ours = [
                one
                for one in gone
                if (one.kind == ACCOUNT and unit.deliveries.reach(wanted.routes, wanted.ledger, one.ledger_id))
                or (one.kind == CONTACT and one.ledger_id in named)
                or one.kind == ITEM
            ]
        return tuple(f"{one.kind} {one.name}" for one in ours)

    def _follow(self, wanted: Wanted, kept: LedgerReading, since: datetime) -> Observed | Unknown:
        """Read what changed; Unknown where the ledger cannot tell that, or lets more be read than it did."""
        sink, count, through = self._sink, 0, self._clock.now()
        assert isinstance(sink, ChangingSink)
        unread: dict[str, Unread] = {}
        for page in sink.changes(since):
            if isinstance(page, Unknown):
                return page
            if isinstance(page, Unread):
                unread[page.kind] = page
                continue
            self._keep(wanted.with_all_of(kept), page)
            count += len(page.copies) + len(page.gone)
            self._progress(count)
        if again := sorted({one.kind for one in kept.unread} - unread.keys()):
            return Unknown(f"objects of the kind {' and '.join(again)} can be read now, and could not before")
        reading = msgspec.structs.replace(kept, through=through, unread=tuple(unread.values()), lists=wanted.lists)
        self._cover(wanted, reading)
        return self._observed(wanted, count, Plan(since), reading)

    def _keep(self, wanted: Wanted, page: Changes) -> None:
        """Of what changed only what an observation would show; what it would show no more is taken out.

        So are parts of a whole that did not come with it; of ours the ledger is asked then.
        """
        asked = wanted.observation
        shown = [copy for copy in page.copies if asked.takes(copy)]
        hidden = [copy.ref for copy in page.copies if not asked.takes(copy)]
        with self._turn.unit() as unit:
            unit.copies.remove_parts(wanted.ledger, page.whole)
            unit.copies.remove(wanted.ledger, hidden)
            unit.copies.add(wanted.ledger, _as_kept(shown))
            unit.copies.remove(wanted.ledger, page.gone, is_deleted=True)

    def _sweep(self, wanted: Wanted, kept: LedgerReading | None, how: Plan) -> Observed:
        """Read all; after a month only what is wanted now, before that what was wanted by others too."""
        through, before, count = self._clock.now(), self._calls(), 0
        if words := before_a_sweep(wanted.ledger, how.why, kept):
            self._announce(words)
        asked = (wanted if how.is_monthly else wanted.with_all_of(kept)).observation
        with self._turn.unit() as unit:
            unit.copies.clear(wanted.ledger)
        unread: dict[str, Unread] = {}
        for page in self._sink.observe(asked):
            if isinstance(page, Unread):
                unread[page.kind] = page
                continue
            with self._turn.unit() as unit:
                unit.copies.add(wanted.ledger, _as_kept(page))
            count += len(page)
            self._progress(count)
        reading = LedgerReading(
            reader=self._reader,
            accounts=tuple(sorted(asked.accounts)),
            contacts=tuple(sorted(asked.contacts)),
            since_on=asked.since_on,
            through=through,
            swept_at=through,
            objects=count,
            calls=self._calls() - before,
            left=kept.left if kept else (),
            unread=tuple(unread.values()),
            lists=wanted.lists,
        )
        self._cover(wanted, reading)
        return self._observed(wanted, count, how, reading)

    def _cover(self, wanted: Wanted, reading: LedgerReading) -> None:
        with self._turn.unit() as unit:
            unit.copies.cover(wanted.ledger, reading)
            unit.copies.learn_marks(wanted.ledger)

    def _observed(self, wanted: Wanted, count: int, how: Plan, reading: LedgerReading) -> Observed:
        return Observed(count, {}, wanted.since_on, how, reading, wanted.receivable, wanted.contacts)

    def look_after(self, wanted: Wanted, seen: Observed) -> Observed:
        """Ask for our objects that did not come by, or differ; not for what was once said to be deleted.

        A full reading asks for that too. Twice: what was delivered meanwhile is asked for too.
        """
        with self._turn.reading() as unit:
            asked, unseen = _to_ask(unit, wanted)
            deleted = unit.copies.deleted(wanted.ledger) & unseen
        known = deleted if seen.how.since else frozenset()
        absent = dict.fromkeys(known, True)
        count = seen.objects
        answers = _answers(self._sink, [place for place in asked if place[1] not in known])
        while some := list(islice(answers, ANSWERS_AT_A_TIME)):
            copies = [answer.copy for _, answer in some if isinstance(answer, Present)]
            gone = {ref: answer.deleted or ref in deleted for ref, answer in some if isinstance(answer, Absent)}
            with self._turn.unit() as unit:
                unit.copies.add(wanted.ledger, copies)
                unit.copies.remove(wanted.ledger, [ref for ref, is_so in gone.items() if is_so], is_deleted=True)
            absent |= gone
            count += sum(copy.ref in unseen for copy in copies)
            self._progress(count)
        return msgspec.structs.replace(seen, objects=count, absent=absent)


def _as_kept(copies: Iterable[LedgerCopy]) -> list[LedgerCopy]:
    """What bears no key of ours names the merchant's own customers: they are known by their ids alone."""
    return [copy if copy.key else nameless(copy) for copy in copies]


def _to_ask(unit: UnitOfWork, wanted: Wanted) -> tuple[list[tuple[str, str]], frozenset[str]]:
    """(type, ref) of our objects that are missing or changed as listed, and the refs of the missing ones."""
    asked, missing, every = [], set(), unit.copies.differences(wanted.ledger)
    while some := list(islice(every, DIFFERENCES_AT_A_TIME)):
        deliveries = unit.deliveries.get_many([one.voucher_id for one in some])
        for one in some:
            delivery = deliveries.get(one.voucher_id)
            if delivery is None or delivery.route_id not in wanted.routes or _is_only_marked(unit, wanted.ledger, one):
                continue
            if one.ours is not None:
                asked.append((one.ours[0], one.ref))
            if one.theirs is None:
                missing.add(one.ref)
    return asked, frozenset(missing)


def _is_only_marked(unit: UnitOfWork, ledger: str, one: Difference) -> bool:
    """Whether others only gave it marks beside ours, as an accountant may do to every object, or more to pay."""
    if one.ours is None or one.theirs is None or one.ours[:-2] != one.theirs[:-2]:
        return False
    before, after = unit.deliveries.baseline(ledger, one.ref), unit.copies.get(ledger, one.ref)
    return before is not None and after is not None and keeps_marks(before, after) and not paid_no_more(before, after)


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
