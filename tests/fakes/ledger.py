"""A ledger in memory, with state, faults to order and hands that tamper: it stands in for a vendor's.

It is as unhelpful as real ones. It forgets header keys unless told otherwise, commits and then loses the
answer, and finds a new object only once its index has caught up.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from bridge.clock import Clock
from bridge.errors import (
    AuthorizationError,
    BridgeError,
    ConflictError,
    HoldError,
    InDoubtError,
    PluginError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)
from bridge.model.account_classes import AccountClass
from bridge.model.entries import Posting
from bridge.model.facts import LedgerAccount, LedgerContact, LedgerFacts, LedgerTaxCode
from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher, VoucherLine, voucher_id
from bridge.plugin import (
    NO_REFS,
    Absent,
    Changes,
    Cure,
    DayOfCurrency,
    LookUp,
    Observation,
    Outcome,
    Parcel,
    PlanRequest,
    Present,
    SinkCapabilities,
    SinkOffer,
    Sought,
    Unknown,
    Unread,
)
from bridge.plugin.wording import voucher_key
from bridge.store.api import is_writing
from tests.charts import CHART, class_of

JOURNAL, TRANSFER = "JournalEntry", "Transfer"
COUNTRIES = {"USD": "US", "GBP": "GB", "EUR": "FR", "CAD": "CA", "JPY": "JP"}
NUMBER_LENGTH = 21
FEED_DAYS = 30


class Fault(StrEnum):
    """What becomes of one call."""

    COMMIT_THEN_LOSE = "commit then lose"
    COMMIT_HALF = "commit half, then lose"
    LOSE_BEFORE_COMMIT = "lose before commit"
    COMMIT_THEN_BREAK = "commit then break"
    REFUSE = "refuse"
    BREAK_BEFORE_COMMIT = "break before commit"
    THROTTLE = "throttle"
    UNAVAILABLE = "unavailable"


class Order(msgspec.Struct, frozen=True):
    """A fault for the next call of its kind. code: of a refusal. seconds: of a throttle."""

    fault: Fault
    code: str = ""
    seconds: int = 0


class FakeLedger:
    """One company's books. As a ``Sink`` it is what bridge sees; the other methods are the world's.

    settle_seconds:      what it declares. index_lag_seconds: how long a new object really stays unfound.
    has_unique_numbers:  whether it refuses a number that stands. replays_header_keys: whether a repeated
    header key returns the first answer.
    known_rates:         its rates of other currencies, whatever the day; where there are some it takes those.
    on_request:          called with the name of every request as it arrives, and ``send committed`` between
    commit and answer; a test may move the clock there, start a rival, or raise its own death.
    batch_size, batch_of_one_type: as it declares them.
    unread:              by kind, what it lets nobody read.
    refuses, spoils:     why it refuses one voucher of a call, or a whole call for one voucher in it; answers: what it
    makes of its answers to a call.
    """

    cures: tuple[tuple[str, Cure], ...] = (
        ("fake.account", Cure.ACCOUNT),
        ("fake.tax_code", Cure.TAX_CODE),
        ("fake.period", Cure.PERIOD),
    )

    def __init__(
        self,
        clock: Clock,
        *,
        connection: str = "books",
        settle_seconds: int = 60,
        index_lag_seconds: int = 0,
        has_unique_numbers: bool = True,
        replays_header_keys: bool = False,
        page_size: int = 50,
        home_currency: str = "USD",
        country: str = "",
        numbers: Sequence[str] = (),
        batch_size: int = 1,
        batch_of_one_type: bool = False,
    ) -> None:
        self._clock, self._connection = clock, connection
        self._settle_seconds, self.index_lag_seconds = settle_seconds, index_lag_seconds
        self.has_unique_numbers, self.replays_header_keys = has_unique_numbers, replays_header_keys
        self.page_size, self.home_currency = page_size, home_currency
        self.country = country or COUNTRIES[home_currency]
        self.accounts = _accounts(numbers or tuple(sorted(CHART)), home_currency)
        self.locked_through: date | None = None
        self.tax_codes: tuple[LedgerTaxCode, ...] = ()
        self.known_rates: dict[str, str] = {}
        self.contacts: tuple[LedgerContact, ...] = ()
        self.is_authorized = True
        self.unread: dict[str, Unread] = {}
        self.on_request: Callable[[str], None] = lambda _: None
        self.alters: Callable[[LedgerCopy], LedgerCopy] = lambda copy: copy
        self.batch_size, self.batch_of_one_type = batch_size, batch_of_one_type
        self.refuses: Callable[[Parcel], BridgeError | None] = lambda _: None
        self.spoils: Callable[[Parcel], BridgeError | None] = lambda _: None
        self.answers: Callable[[tuple[Outcome, ...]], tuple[Outcome, ...]] = lambda outcomes: outcomes
        self.requests: list[str] = []
        self.batches: list[tuple[Voucher, ...]] = []
        self.header_keys: list[str] = []
        self._objects: dict[str, LedgerCopy] = {}
        self._visible_at: dict[str, datetime] = {}
        self._gone: dict[str, LedgerCopy] = {}
        self._gone_at: dict[str, datetime] = {}
        self.feed_days = FEED_DAYS
        self._replays: dict[str, str] = {}
        self._last_ref = 100
        self._sends: deque[Order] = deque()
        self._reads: deque[Order] = deque()
        self._turn = threading.RLock()

    # The sink

    @property
    def settle_seconds(self) -> int:
        return self._settle_seconds

    def facts(self) -> LedgerFacts:
        self._arrive("facts")
        balances: dict[str, int] = {}
        for copy in self._standing():
            for line in copy.lines:
                balances[line.account_id] = balances.get(line.account_id, 0) + line.amount_minor
        return LedgerFacts(
            connection=self._connection,
            taken_at=self._clock.now(),
            company="Example Company",
            home_currency=self.home_currency,
            accounts=tuple(
                msgspec.structs.replace(account, balance_minor=balances.get(account.ledger_id, 0))
                for account in self.accounts
            ),
            locked_through=self.locked_through,
            has_unique_numbers=self.has_unique_numbers,
            tax_codes=self.tax_codes,
            contacts=self.contacts,
            country=self.country,
            is_multicurrency=bool(self.known_rates),
            currencies=tuple(sorted(self.known_rates)),
        )

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        assert not is_writing(), "a sink plans outside units of work"
        entry, facts = request.entry, request.facts
        rate = request.rate if entry.currency != facts.home_currency else ""
        if entry.currency != facts.home_currency and not rate:
            raise HoldError(
                f"entry {entry.narration}",
                f"is in {entry.currency} and no rate to {facts.home_currency} is known",
                "Give a rate",
                code="rate.missing",
            )

        def line(posting: Posting) -> VoucherLine:
            words = posting.description or posting.kind
            code = request.tax_codes.get(posting.tax_code, "")
            tax_minor = posting.tax_minor if code else 0
            return VoucherLine(
                account=request.accounts[posting.account],
                amount_minor=posting.amount_minor,
                description=words,
                tax_code=code,
                tax_minor=tax_minor,
            )

        number = "" if entry.is_bank_leg else f"{request.prefix}-{entry.entry_id.removeprefix('ent_')}"[:NUMBER_LENGTH]
        return (
            Voucher(
                voucher_id=voucher_id(entry.entry_id, 1),
                entry_id=entry.entry_id,
                type=TRANSFER if entry.is_bank_leg else JOURNAL,
                number=number,
                key=voucher_key(entry.intent_id, 1, request.again),
                dated_on=request.dated_on,
                currency=entry.currency,
                memo=entry.narration,
                lines=tuple(line(posting) for posting in entry.postings if posting.amount_minor),
                after=request.after,
                same_amount_days=7 if entry.is_bank_leg else 0,
                due_on=entry.due_on,
                rate=rate,
            ),
        )

    def rates(self, wanted: Sequence[DayOfCurrency]) -> Mapping[DayOfCurrency, str]:
        self._read("rates")
        return {day: self.known_rates[day[0]] for day in wanted if day[0] in self.known_rates}

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return msgspec.json.encode(voucher)

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str] = NO_REFS) -> LedgerCopy:
        (outcome,) = self.send_batch([Parcel(voucher, header_key, refs)])
        if isinstance(outcome, BridgeError):
            raise outcome
        return outcome

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        self._arrive("send")
        with self._turn:
            self.batches.append(tuple(parcel.voucher for parcel in parcels))
            self.header_keys += [parcel.header_key for parcel in parcels]
            order = self._sends.popleft() if self._sends else None
            thing = self._fail_before_commit(parcels, order)
            taken = parcels[: len(parcels) // 2] if order and order.fault is Fault.COMMIT_HALF else parcels
            refused = order if order and order.fault is Fault.REFUSE else None
            outcomes = tuple(self._take(parcel, refused if parcel is parcels[0] else None) for parcel in taken)
        self.on_request("send committed")
        if order is not None and order.fault in (Fault.COMMIT_THEN_LOSE, Fault.COMMIT_HALF):
            raise InDoubtError(thing, "the answer was lost")
        if order is not None and order.fault is Fault.COMMIT_THEN_BREAK:
            raise _broken()
        return self.answers(outcomes)

    def look_up(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> LookUp:
        return self.look_up_batch([Sought(voucher, refs)])[0]

    def look_up_batch(self, sought: Sequence[Sought]) -> tuple[LookUp, ...]:
        try:
            self._read("look_up")
        except BridgeError as cause:
            return (Unknown(str(cause)),) * len(sought)
        return tuple(self._answer(one.voucher.key) for one in sought)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        self._read("same_amount")
        bank = next(line for line in voucher.lines if line.amount_minor > 0)
        within = timedelta(days=voucher.same_amount_days)
        return tuple(
            copy
            for copy in self._found()
            if copy.key != voucher.key
            and not copy.is_voided
            and abs(copy.dated_on - voucher.dated_on) <= within
            and any(
                (line.account_id, line.amount_minor) == (bank.account.ledger_id, bank.amount_minor)
                for line in copy.lines
            )
        )

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        self._read("observe")
        yield from self.unread.values()
        copies = [copy for copy in self._found() if wanted.since_on <= copy.dated_on <= wanted.until_on]
        for start in range(0, len(copies), self.page_size):
            if start:
                self._read("observe")
            yield tuple(copies[start : start + self.page_size])

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        self._read("changes")
        if self._clock.now() - since > timedelta(days=self.feed_days):
            yield Unknown(f"it tells what changed for {self.feed_days} days only")
            return
        yield from self.unread.values()
        copies = [copy for copy in self._found() if datetime.fromisoformat(copy.changed_at) >= since]
        gone = [ref for ref, at in self._gone_at.items() if at >= since]
        for start in range(0, max(len(copies), 1), self.page_size):
            if start:
                self._read("changes")
            yield Changes(tuple(copies[start : start + self.page_size]), () if start else tuple(gone))

    def standing(self) -> LedgerFacts:
        return self.facts()

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        for _, ref in refs:
            try:
                self._read("read_back")
            except BridgeError as cause:
                yield ref, Unknown(str(cause))
                continue
            copy = self._objects.get(ref)
            yield ref, Present(copy) if copy else Absent(deleted=ref in self._gone)

    # Faults to order

    def fail_next_send(self, fault: Fault, *, code: str = "", seconds: int = 0) -> None:
        """Queue a fault: each send takes one from the queue."""
        self._sends.append(Order(fault, code, seconds))

    def fail_next_read(self, fault: Fault = Fault.UNAVAILABLE, *, seconds: int = 0) -> None:
        """Queue a fault for a look-up, same-amount search, read-back or page of an observation."""
        self._reads.append(Order(fault, seconds=seconds))

    def forget_faults(self) -> None:
        """Nothing ordered so far will happen."""
        self._sends.clear()
        self._reads.clear()

    def close_account(self, number: str) -> None:
        """Make an account inactive."""
        self._replace_account(number, is_active=False)

    def keep_in(self, number: str, currency: str) -> None:
        """Keep an account in another currency."""
        self._replace_account(number, currency=currency)

    def take_any_currency(self, number: str) -> None:
        """Let an account be none of a bank: what is in another currency is converted there."""
        self._replace_account(number, account_class=AccountClass.CURRENT_ASSET)

    def reopen_account(self, number: str) -> None:
        """Make an account active again."""
        self._replace_account(number, is_active=True)

    def account_id(self, number: str) -> str:
        """The ledger's own id of an account."""
        return next(account.ledger_id for account in self.accounts if account.number == number)

    def refuse_to_show(self, kind: str) -> None:
        """Let nobody read objects of this type from now on."""
        self.unread[kind] = Unread(kind, "the plan has none", "Raise the plan")

    # Hands that tamper

    def add_foreign(
        self,
        dated_on: date,
        lines: Sequence[tuple[str, int]],
        *,
        type: str = JOURNAL,  # noqa: A002 - the ledger's own word, as in the model
        number: str = "",
        memo: str = "",
        key: str = "",
        currency: str = "",
        contact: str = "",
        settles: Sequence[str] = (),
    ) -> str:
        """Put in somebody else's object; lines are (account number, amount). Returns its ref."""
        amounts = tuple(LedgerLine(self.account_id(account), minor) for account, minor in lines)
        copy = LedgerCopy(
            ref="",
            type=type,
            number=number,
            dated_on=dated_on,
            currency=currency or self.home_currency,
            lines=amounts,
            memo=memo,
            key=key,
            contact=contact,
            settles=tuple(settles),
        )
        return self._commit(copy, lag_seconds=0)

    def take_number(self, number: str, dated_on: date = date(2026, 1, 15)) -> str:
        """Let a stranger's object carry this number. Returns its ref."""
        return self.add_foreign(dated_on, (("1000", 1), ("3000", -1)), number=number)

    def edit_amount(self, ref: str, by_minor: int) -> None:
        """Raise the first line and lower the last, so that the object still balances."""
        lines = list(self._objects[ref].lines)
        for place, change in ((0, by_minor), (-1, -by_minor)):
            lines[place] = msgspec.structs.replace(lines[place], amount_minor=lines[place].amount_minor + change)
        self._edit(ref, lines=tuple(lines))

    def edit_date(self, ref: str, dated_on: date) -> None:
        """Give the object another date."""
        self._edit(ref, dated_on=dated_on)

    def edit_account(self, ref: str, before: str, after: str) -> None:
        """Re-code every line from one account to another, by number."""
        old, new = self.account_id(before), self.account_id(after)
        lines = (
            msgspec.structs.replace(line, account_id=new) if line.account_id == old else line
            for line in self._objects[ref].lines
        )
        self._edit(ref, lines=tuple(lines))

    def edit_memo(self, ref: str, memo: str) -> None:
        """Change words only."""
        self._edit(ref, memo=memo)

    def rewrite(self, ref: str) -> None:
        """Put other words where the key stood."""
        self._edit(ref, memo="as the client says", key="")

    def void(self, ref: str) -> None:
        """Leave the object there, worth nothing."""
        lines = tuple(msgspec.structs.replace(line, amount_minor=0) for line in self._objects[ref].lines)
        self._edit(ref, lines=lines, is_voided=True)

    def delete(self, ref: str) -> None:
        """Remove the object."""
        with self._turn:
            self._gone[ref] = self._objects.pop(ref)
            self._gone_at[ref] = self._clock.now()

    def duplicate(self, ref: str, *, keeps_key: bool = True, number: str | None = None) -> str:
        """Copy the object, as a person or a second tool does. Returns the copy's ref."""
        copy = self._objects[ref]
        key, number = copy.key if keeps_key else "", copy.number if number is None else number
        return self._commit(msgspec.structs.replace(copy, key=key, number=number), lag_seconds=0)

    # What a bookkeeper sees

    def objects(self) -> tuple[LedgerCopy, ...]:
        """Everything that stands, found by the index or not, oldest first."""
        return tuple(self._objects.values())

    def with_key(self, key: str) -> tuple[LedgerCopy, ...]:
        """The objects that carry one of our keys."""
        return tuple(copy for copy in self._objects.values() if copy.key == key)

    def trial_balance(self) -> dict[str, int]:
        """Minor units by account number; accounts at zero are left out."""
        numbers = {account.ledger_id: account.number for account in self.accounts}
        sums: dict[str, int] = {}
        for copy in self._standing():
            for line in copy.lines:
                sums[numbers[line.account_id]] = sums.get(numbers[line.account_id], 0) + line.amount_minor
        return {number: minor for number, minor in sorted(sums.items()) if minor}

    # Inside

    def _arrive(self, request: str) -> None:
        self.requests.append(request)
        self.on_request(request)
        if not self.is_authorized:
            raise AuthorizationError(
                f"connection {self._connection}",
                "access was revoked",
                f"Run bridge connect {self._connection}",
            )

    def _read(self, request: str) -> None:
        self._arrive(request)
        order = self._reads.popleft() if self._reads else None
        if order is not None and order.fault is Fault.THROTTLE:
            raise RateLimitedError("the ledger", retry_after_seconds=order.seconds)
        if order is not None:
            raise UnavailableError("the ledger", "did not answer in full")

    def _answer(self, key: str) -> LookUp:
        found = [copy for copy in self._found() if copy.key == key]
        return Present(found[0]) if found else Absent(deleted=any(copy.key == key for copy in self._gone.values()))

    def _fail_before_commit(self, parcels: Sequence[Parcel], order: Order | None) -> str:
        """What befalls a whole call; returns what it is about."""
        thing = _thing(parcels[0].voucher) if len(parcels) == 1 else f"{len(parcels)} vouchers"
        if spoilt := next(filter(None, map(self.spoils, parcels)), None):
            raise spoilt
        match order.fault if order else None:
            case Fault.LOSE_BEFORE_COMMIT:
                raise InDoubtError(thing, "no answer came")
            case Fault.BREAK_BEFORE_COMMIT:
                raise _broken()
            case Fault.UNAVAILABLE:
                raise UnavailableError("the ledger", "could not be reached")
            case Fault.THROTTLE:
                assert order is not None
                raise RateLimitedError("the ledger", retry_after_seconds=order.seconds)
        return thing

    def _take(self, parcel: Parcel, refused: Order | None) -> Outcome:
        """What becomes of one voucher of a call."""
        voucher, key = parcel.voucher, parcel.header_key
        if refused is not None:
            code = refused.code or "rejected"
            return RejectedError(_thing(voucher), "the ledger refused it", "Correct it", code=code)
        if not (self.replays_header_keys and key in self._replays):
            if wrong := self.refuses(parcel) or self._what_is_wrong(voucher):
                return wrong
            self._replays[key] = self._commit(self.alters(_copy_of(voucher)))
        return self._objects[self._replays[key]]

    def _what_is_wrong(self, voucher: Voucher) -> BridgeError | None:
        thing = _thing(voucher)
        if self.locked_through is not None and voucher.dated_on <= self.locked_through:
            cause = f"its date {voucher.dated_on} lies in a closed period"
            return RejectedError(thing, cause, "Reopen the period, or let bridge re-date it", code="fake.period")
        active = {account.ledger_id for account in self.accounts if account.is_active}
        if any(line.account.ledger_id not in active for line in voucher.lines):
            return RejectedError(thing, "an account is inactive", "Make it active", code="account.inactive")
        taken = any(copy.number == voucher.number for copy in self._objects.values())
        if self.has_unique_numbers and voucher.number and taken:
            cause = f"number {voucher.number} is taken"
            return ConflictError(thing, cause, "Look at the object that carries it", code="number.taken")
        return None

    def _commit(self, copy: LedgerCopy, *, lag_seconds: int | None = None) -> str:
        with self._turn:
            self._last_ref += 1
            ref = str(self._last_ref)
            now = self._clock.now()
            self._objects[ref] = msgspec.structs.replace(copy, ref=ref, version="0", changed_at=now.isoformat())
            lag = self.index_lag_seconds if lag_seconds is None else lag_seconds
            self._visible_at[ref] = now + timedelta(seconds=lag)
            return ref

    def _edit(self, ref: str, **changes: object) -> None:
        with self._turn:
            copy = self._objects[ref]
            stamp = {"version": str(int(copy.version) + 1), "changed_at": self._clock.now().isoformat()}
            self._objects[ref] = msgspec.structs.replace(copy, **changes, **stamp)

    def _replace_account(self, number: str, **facts: object) -> None:
        self.accounts = tuple(
            msgspec.structs.replace(account, **facts) if account.number == number else account
            for account in self.accounts
        )

    def _found(self) -> list[LedgerCopy]:
        now = self._clock.now()
        return [
            copy
            for ref, copy in tuple(self._objects.items())
            if self._visible_at[ref] <= now and copy.type not in self.unread
        ]

    def _standing(self) -> list[LedgerCopy]:
        return [copy for copy in self._objects.values() if not copy.is_voided]


def _accounts(numbers: Sequence[str], currency: str) -> tuple[LedgerAccount, ...]:
    return tuple(
        LedgerAccount(
            ledger_id=str(place),
            number=number,
            name=CHART[number].name,
            type=CHART[number].account_class,
            currency=currency,
            account_class=class_of(number),
        )
        for place, number in enumerate(numbers, start=31)
    )


def _thing(voucher: Voucher) -> str:
    return f"voucher {voucher.number or voucher.key}"


def _broken() -> PluginError:
    return PluginError("sink fake", "raised KeyError", "Report this to the plugin's author")


def _copy_of(voucher: Voucher) -> LedgerCopy:
    lines = tuple(
        LedgerLine(line.account.ledger_id, line.amount_minor, line.description, line.tax_code, line.tax_minor)
        for line in voucher.lines
    )
    return LedgerCopy(
        ref="",
        type=voucher.type,
        number=voucher.number,
        dated_on=voucher.dated_on,
        currency=voucher.currency,
        lines=lines,
        memo=voucher.memo,
        key=voucher.key,
    )


def fake_sink_offer(ledger: FakeLedger) -> SinkOffer:
    """What a plugin would declare for this ledger."""
    capabilities = SinkCapabilities(
        types=(JOURNAL, TRANSFER),
        number_length=NUMBER_LENGTH,
        tells_editor=False,
        feed_days=FEED_DAYS,
        cures=ledger.cures,
        batch_size=ledger.batch_size,
        batch_of_one_type=ledger.batch_of_one_type,
    )
    return SinkOffer(name="fake", title="Fake ledger", version="0", capabilities=capabilities, build=lambda _: ledger)
