"""A tiny ledger in memory, a sound sink over it, and the kit over both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import ClassVar

import msgspec

from bridge.errors import HoldError, UnavailableError
from bridge.model.facts import LedgerDimension, LedgerFacts, LedgerItem, LedgerOption
from bridge.model.ledger_sums import LedgerSum
from bridge.model.money import decimal_text
from bridge.model.vouchers import LedgerCopy, Voucher, voucher_id
from bridge.plugin import (
    NO_REFS,
    AppSettings,
    Door,
    Made,
    Master,
    MasterKind,
    OpenDocument,
    Outcome,
    Parcel,
    PlanRequest,
    Signing,
    Sink,
    SinkCapabilities,
    SinkOffer,
    SinkRegister,
    Word,
    hookimpl,
    signature,
)
from bridge.plugin.wording import voucher_key
from bridge.testing import FakeLedger, Sent, SinkConformance, StillClock
from tests.fakes import ledger as fakes

BILL, RECEIVABLE = "Bill", "1100"
CAPABILITIES = SinkCapabilities(
    types=(fakes.JOURNAL, fakes.TRANSFER),
    number_length=fakes.NUMBER_LENGTH,
    tells_editor=False,
    feed_days=30,
    batch_size=3,
    undoes=((fakes.JOURNAL, "deleted"), (fakes.TRANSFER, "voided")),
    tells_sums=True,
    creates=tuple(MasterKind),
)


def read_notice(_headers: Mapping[str, str], body: bytes) -> tuple[Word, ...]:
    """What a notice of the tiny ledger says."""
    try:
        told = json.loads(body)
        return (Word(told["company"], told["type"], told["id"]),)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()


DOOR: Door[AppSettings] = Door(
    signing=lambda _app, _connection: Signing("X-Tiny", ("hush",)), read=read_notice, is_shared=True, same=str.lower
)


class TinySink(fakes.FakeLedger):
    """The ledger in memory, which is its own sink; its bodies are JSON with exact amounts.

    What stands on accounts receivable is open until a voucher that pays it is sent. made: what ``create`` made.
    """

    def __init__(self) -> None:
        super().__init__(StillClock(), replays_header_keys=True, batch_size=3)
        self.made: dict[str, Master] = {}

    def facts(self) -> LedgerFacts:
        return msgspec.structs.replace(
            super().facts(),
            receivable_id=self.account_id(RECEIVABLE),
            items=tuple(LedgerItem(ref, one.name, one.account_id) for ref, one in self._made(MasterKind.ITEM)),
            dimensions=tuple(
                LedgerDimension(ref, one.name, tuple(LedgerOption(*told) for told in self._options(ref)))
                for ref, one in self._made(MasterKind.DIMENSION)
            ),
        )

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        entry = request.entry
        if any((one.tax_code, one.contact, one.tracking, one.item) != ("", "", "", "") for one in entry.postings):
            raise HoldError(
                entry.narration, "asks for more than this ledger takes", "Ask less", code="tiny.not_carried"
            )
        return self._paying(request, super().plan(request))

    def _paying(self, request: PlanRequest, planned: tuple[Voucher, ...]) -> tuple[Voucher, ...]:
        """In place of a voucher that settles, one for each document that it settles."""
        receivable = self.account_id(RECEIVABLE)
        owed = -sum(
            one.amount_minor for voucher in planned for one in voucher.lines if one.account.ledger_id == receivable
        )
        if owed <= 0:
            return planned
        if owed > sum(one.settled_minor for one in request.settles):
            raise self.overpaid(request)
        (whole,) = planned
        return tuple(self._share(request, whole, place, one) for place, one in enumerate(request.settles, start=1))

    def _share(self, request: PlanRequest, whole: Voucher, place: int, settled: OpenDocument) -> Voucher:
        return msgspec.structs.replace(
            whole,
            voucher_id=voucher_id(whole.entry_id, place),
            key=voucher_key(request.entry.intent_id, place),
            number=f"{whole.number[:-1]}{place}",
            pays=settled.voucher_id,
            after=(*request.after, settled.voucher_id),
            lines=tuple(
                msgspec.structs.replace(line, amount_minor=settled.settled_minor * (1 if line.amount_minor > 0 else -1))
                for line in whole.lines
            ),
        )

    def overpaid(self, request: PlanRequest) -> HoldError:
        return HoldError(request.entry.narration, "pays more than is open", "Look at it", code="tiny.open")

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        outcomes = super().send_batch(parcels)
        for parcel, echo in zip(parcels, outcomes, strict=False):
            if isinstance(echo, LedgerCopy):
                self.settle(parcel, echo)
        return outcomes

    def settle(self, parcel: Parcel, echo: LedgerCopy) -> None:
        """What is on accounts receivable is open, or takes from what was."""
        receivable = self.account_id(RECEIVABLE)
        owed = sum(line.amount_minor for line in echo.lines if line.account_id == receivable)
        ref = parcel.refs.get(parcel.voucher.pays, echo.ref)
        copy = self._objects[ref]
        self._objects[ref] = msgspec.structs.replace(copy, open_minor=(copy.open_minor or 0) + owed)

    def create(self, master: Master) -> Made:
        for ref, one in self._made(master.kind):
            if (one.name, one.dimension_id) == (master.name, master.dimension_id):
                return Made(ref, one.name, is_new=False)
        return self.make(master)

    def make(self, master: Master) -> Made:
        """Make it, whether or not it is there."""
        ref = f"made {len(self.made)}"
        self.made[ref] = master
        if master.account:
            like = self.accounts[0]
            new = msgspec.structs.replace(like, ledger_id=ref, number=master.number, name=master.name)
            self.accounts = (*self.accounts, new)
        return Made(ref, master.name, is_new=True)

    def _made(self, kind: MasterKind) -> tuple[tuple[str, Master], ...]:
        return tuple((ref, one) for ref, one in self.made.items() if one.kind is kind)

    def _options(self, dimension: str) -> tuple[tuple[str, str], ...]:
        return tuple((ref, one.name) for ref, one in self._made(MasterKind.OPTION) if one.dimension_id == dimension)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        lines = [(line.account.ledger_id, self.amount(line.amount_minor, voucher)) for line in voucher.lines]
        return msgspec.json.encode({"key": voucher.key, "number": voucher.number, "lines": lines})

    def balances_on(self, on: date) -> tuple[LedgerSum, ...]:
        return self._sums(date.min, on, {account.ledger_id for account in self.accounts})

    def profit_and_loss(self, since: date, until: date) -> tuple[LedgerSum, ...]:
        earned = {one.ledger_id for one in self.accounts if not one.account_class.is_of_the_balance_sheet}
        return self._sums(since, until, earned)

    def _sums(self, since: date, until: date, accounts: Collection[str]) -> tuple[LedgerSum, ...]:
        sums = Counter[str]()
        for copy in self.objects():
            for line in copy.lines if since <= copy.dated_on <= until else ():
                sums[line.account_id] += line.amount_minor
        return tuple(LedgerSum(account, account, minor) for account, minor in sums.items() if account in accounts)

    def amount(self, minor: int, voucher: Voucher) -> object:
        return msgspec.Raw(decimal_text(minor, voucher.currency).encode())


class TinyLedger(FakeLedger):
    """What the world does to the ledger in memory."""

    def __init__(self, books: TinySink) -> None:
        self._books = books

    @property
    def sink(self) -> Sink:
        return self._books

    def count(self) -> int:
        return len(self._books.objects())

    def lose_the_next_answer(self) -> None:
        self._books.fail_next_send(fakes.Fault.COMMIT_THEN_LOSE)

    def refuse_the_next_write(self) -> None:
        self._books.fail_next_send(fakes.Fault.REFUSE, code="tiny.account")

    def throttle_the_next_write(self, seconds: int) -> None:
        self._books.fail_next_send(fakes.Fault.THROTTLE, seconds=seconds)

    def revoke(self) -> None:
        self._books.is_authorized = False

    def fall_silent(self) -> None:
        def refuse(request: str) -> None:
            if request not in {"send", "send committed"}:
                raise UnavailableError("the ledger", "does not answer")

        self._books.on_request = refuse

    def refuse_to_show(self) -> str:
        self._books.refuse_to_show(BILL)
        return BILL

    def add_foreign(self, on: date, debit: str, credit: str, amount_minor: int) -> None:
        numbers = {account.ledger_id: account.number for account in self._books.accounts}
        self._books.add_foreign(on, ((numbers[debit], amount_minor), (numbers[credit], -amount_minor)))

    def edit(self, kind: str, ref: str) -> None:
        self._books.edit_memo(ref, "as the client says")

    def delete(self, kind: str, ref: str) -> None:
        self._books.delete(ref)


class Plugin:
    """A module with hooks; offers what it is given."""

    def __init__(self, offered: SinkOffer) -> None:
        self._offered = offered

    @hookimpl
    def bridge_register_sinks(self, register: SinkRegister) -> None:
        register.add(self._offered)


class Books(SinkConformance):
    """The kit over the sound sink; every check passes."""

    module = "tests.kit.books"
    sink_type: ClassVar[type[TinySink]] = TinySink
    capabilities: ClassVar[SinkCapabilities] = CAPABILITIES
    door: ClassVar[Door] = DOOR

    def offer(self) -> SinkOffer:
        return SinkOffer(
            name="tiny",
            title="Tiny books",
            version="1.0",
            capabilities=self.capabilities,
            build=lambda _: self.sink_type(),
            door=self.door,
        )

    def noticed(self, app: AppSettings) -> tuple[Sent, ...]:
        body = b'{"company": "c-1", "type": "Journal", "id": "j-1"}'
        return (Sent({"x-tiny": signature("hush", body)}, body, (("Journal", "j-1"),), "C-1"),)

    def plugin(self) -> object:
        return Plugin(self.offer())

    @contextmanager
    def ledger(self) -> Iterator[FakeLedger]:
        yield TinyLedger(self.sink_type())
