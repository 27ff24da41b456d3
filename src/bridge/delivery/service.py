"""The story: take the ledger's lease, drain it, let go, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.delivery.attempt import OUT_OF_THE_WAY, Attempts
from bridge.delivery.drain import Drain, Errand, Told
from bridge.delivery.looking import Looking
from bridge.delivery.reading_back import ReadBack, read_back
from bridge.delivery.report import BUSY, DrainReport, Stop
from bridge.delivery.restored import Restored
from bridge.delivery.saving import Saving
from bridge.delivery.turn import LeaseLostError, Turn, Way, take
from bridge.delivery.undoing import Undo, Undoing, Word
from bridge.delivery.witness import Witness, mark_of
from bridge.errors import AuthorizationError, ConfigError, PausedError, TransientError
from bridge.host.desk import Desk
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.leases import Lease
from bridge.plugin import BatchingSink, CreatingSink, Made, Master
from bridge.store.api import Store

# Whoever sends has half of it left, and a call may wait its turn under a vendor's limits for 65 s before it leaves.
LEASE_SECONDS = 180
UNDER_WAY = tuple(state for state in DeliveryState if state not in OUT_OF_THE_WAY)
LONGEST_PATIENCE_SECONDS = 7 * 86_400
Create = Callable[[Master], Made]


class Deliverer:
    """Drains ledgers.

    holder: names this process among all that live; two that share it would take the lease from each other.
    """

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        holder: str,
        witness: Witness,
        *,
        lease_seconds: int = LEASE_SECONDS,
    ) -> None:
        self._store, self._desk, self._clock, self._witness = store, desk, clock, witness
        self._holder, self._lease_seconds = holder, lease_seconds
        self._pauses: dict[str, datetime] = {}

    def drain(
        self,
        ledger: str,
        *,
        actor: str,
        patience_seconds: int = 0,
        limit: int | None = None,
        ends_at: datetime | None = None,
        only: Collection[str] = (),
        progress: Callable[[Delivery], None] | None = None,
    ) -> DrainReport:
        """Bring every voucher of a ledger that is due into it, each once.

        patience_seconds: how long in all to wait for what comes due later, a week at most; 0 to end when nothing
        is due now.
        limit:    the most steps to take. ends_at: when to begin no further batch, for others to come before the rest.
        only:     these vouchers alone, by id; empty for all.
        progress: told of every delivery as it comes to rest.
        Twice:    what is delivered stays so; a second drain sends only what is owed.
        Killed:   at any point: the next drain asks the ledger about whatever was under way.
        Restored: see ``Witness.notice``: what may be in the ledger already is looked for there before it is sent.
        Raises:   ConfigError for an unknown ledger, or where it cannot be known whether the store was restored;
                  UnavailableError when our own store is out of reach; InvariantError. What the ledger says or does is
                  told in the report.
        """
        try:
            sink = self._desk.sink(ledger)
        except (AuthorizationError, PausedError) as error:
            return self._report(ledger, Counter(), Stop(error.code, str(error)))
        turn = self._take(ledger, actor)
        if not isinstance(turn, Turn):
            return self._report(ledger, Counter(), _busy(ledger, turn), turn.until if turn else None)
        until = self._clock.now() + timedelta(seconds=min(patience_seconds, LONGEST_PATIENCE_SECONDS))
        errand = Errand(ledger, actor, until, limit, ends_at, frozenset(only))
        told = Told(progress or (lambda _: None))
        try:
            odd = self._witness.notice(actor)
            restored = self._restored(ledger, sink, turn)
            words = self._desk.sink_offer(ledger).capabilities.words
            saving = Saving(self._store, self._clock, turn, ledger=ledger, actor=actor, told=told, words=words)
            looking = Looking(self._store, self._clock, sink, turn, restored, ledger=ledger, words=words)
            attempts = Attempts(
                self._store,
                self._desk,
                self._clock,
                sink,
                turn,
                ledger=ledger,
                saving=saving,
                looking=looking,
                witness=self._witness,
            )
            drain = Drain(self._store, self._clock, turn, attempts, told, errand, self._pauses)
            stop = self._resumed(ledger, turn, actor, told) or drain.run()
        finally:
            with suppress(TransientError):  # the lease lapses by itself
                turn.release()
        self._witness.keep()
        odds = tuple(filter(None, (odd, restored.words if restored else "")))
        return self._report(ledger, told.tally, stop, drain.resume_at, odds)

    def _resumed(self, ledger: str, turn: Turn, actor: str, told: Told) -> Stop | None:
        """Go on with what is being taken out; what stands in the way of all else, if anything."""
        if not self._desk.sink_offer(ledger).capabilities.undoes:
            return None
        try:
            with suppress(AuthorizationError, PausedError):  # whatever is due meets it too, and says so
                self._undoing(ledger, actor).resume(turn, self._witness, told)
        except LeaseLostError as lost:
            return Stop(lost.code, str(lost))
        return None

    def read_back(self, ledger: str, voucher_ids: Sequence[str]) -> tuple[ReadBack, ...]:
        """These vouchers as their ledger shows them now, field by field beside what was sent; writes nothing.

        Shape:  one of each that is in the ledger, in their order; of what is not there yet none.
        Raises: ConfigError for an unknown ledger; AuthorizationError; UnavailableError or RateLimitedError.
        """
        with self._store.reading() as unit:
            known = unit.deliveries.get_many(voucher_ids)
            paid = (one.voucher.pays for one in known.values() if one.voucher and one.voucher.pays)
            refs = unit.deliveries.refs(sorted(set(paid)))
        there = [one for name in voucher_ids if (one := known.get(name)) and one.state is DeliveryState.DELIVERED]
        answers = self._desk.sink(ledger).read_back([(one.due_voucher.type, one.ref) for one in there])
        return tuple(read_back(one, answer, refs) for one, (_, answer) in zip(there, answers, strict=True))

    def hindrances(self, ledger: str, voucher_ids: Sequence[str], *, actor: str) -> tuple[Undo, ...]:
        """How vouchers would be taken out of their ledger, in their order, and what hinders it. Writes nothing there.

        Raises: ConfigError for an unknown ledger; AuthorizationError; UnavailableError or RateLimitedError.
        """
        return self._undoing(ledger, actor).look(voucher_ids)

    def undo(self, ledger: str, voucher_ids: Sequence[str], word: Word, *, actor: str) -> tuple[Delivery, ...]:
        """Take vouchers out of their ledger on a person's word: those that are in it, what stands on another first.

        What of them is not sent yet is withdrawn, unless all is to be booked again.
        Twice:  those that are out stay so. Killed: the next drain goes on.
        Raises: ConfigError ``undo.hindered`` where one cannot be, and nothing is done; ``undo.busy`` while another
                drains the ledger; PausedError; what the ledger said where it stopped on the way; as ``hindrances``.
        """
        undoing = self._undoing(ledger, actor)
        with self._alone(ledger, actor, code="undo.busy") as turn:
            try:
                self._witness.notice(actor)
                return tuple(undoing.carry_out(voucher_ids, turn, self._witness, word))
            finally:
                self._witness.keep()

    @contextmanager
    def creating(self, ledger: str, *, actor: str) -> Iterator[Create]:
        """Within, what makes a thing that the ledger lists: alone with it, and while nobody stops what goes there.

        Raises: ConfigError ``ledger.by_hand`` where its plugin makes nothing, ``ledger.busy`` while another writes to
                it; PausedError, LeaseLostError, also of what is made; AuthorizationError.
        """
        sink = self._desk.sink(ledger)
        if not isinstance(sink, CreatingSink):
            raise ConfigError(f"ledger {ledger}", "its plugin makes nothing", "Make it by hand", code="ledger.by_hand")
        with self._alone(ledger, actor, code="ledger.busy") as turn:

            def create(master: Master) -> Made:
                turn.keep()
                return sink.create(master)

            yield create

    @contextmanager
    def _alone(self, ledger: str, actor: str, *, code: str) -> Iterator[Turn]:
        """A turn at a ledger. Raises: ConfigError of this code while another has it; PausedError."""
        turn = self._take(ledger, actor)
        if not isinstance(turn, Turn):
            raise ConfigError(
                f"ledger {ledger}", "is being delivered to just now", "Run it again in a minute", code=code
            )
        try:
            turn.keep()
            yield turn
        finally:
            with suppress(TransientError):  # the lease lapses by itself
                turn.release()

    def _undoing(self, ledger: str, actor: str) -> Undoing:
        return Undoing(self._store, self._desk, self._clock, ledger=ledger, actor=actor)

    def _restored(self, ledger: str, sink: BatchingSink, turn: Turn) -> Restored | None:
        with self._store.reading() as unit:
            mark = mark_of(unit, ledger)
        return Restored(self._store, self._clock, sink, turn, mark) if mark else None

    def _take(self, ledger: str, actor: str) -> Turn | Lease | None:
        offer = self._desk.sink_offer(ledger)
        return take(
            self._store,
            self._clock,
            Way(ledger, offer.name, offer.version),
            holder=self._holder,
            actor=actor,
            lease_seconds=self._lease_seconds,
        )

    def _report(
        self,
        ledger: str,
        tally: Counter[DeliveryState],
        stop: Stop | None,
        resume_at: datetime | None = None,
        told: tuple[str, ...] = (),
    ) -> DrainReport:
        with self._store.reading() as unit:
            under_way = unit.deliveries.standing(ledger, *UNDER_WAY)
        standing = Counter[DeliveryState]()
        for one in under_way:
            standing[one.state] += one.count
        return DrainReport(
            ledger=ledger,
            delivered=tally[DeliveryState.DELIVERED],
            parked=tally[DeliveryState.PARKED],
            withdrawn=tally[DeliveryState.WITHDRAWN],
            standing=standing,
            next_due_at=resume_at,
            stopped=stop.code if stop else "",
            note=stop.note if stop else "",
            told=told,
        )


def _busy(ledger: str, lease: Lease | None) -> Stop:
    if lease is None:
        return Stop(BUSY, f"ledger {ledger}: another drain was just ending. Run it again")
    return Stop(
        BUSY,
        f"ledger {ledger}: {lease.holder} is draining it until {lease.until:%Y-%m-%d %H:%M:%S} UTC at the latest. "
        "Nothing to do: what is due goes out there",
    )
