"""A tiny ledger in memory, a sound sink over it, and the kit over both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import ClassVar

import msgspec

from bridge.errors import HoldError, UnavailableError
from bridge.model.ledger_sums import LedgerSum
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher
from bridge.plugin import (
    NO_REFS,
    AppSettings,
    Door,
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
from bridge.testing import FakeLedger, Sent, SinkConformance, StillClock
from tests.fakes import ledger as fakes

BILL = "Bill"
CAPABILITIES = SinkCapabilities(
    types=(fakes.JOURNAL, fakes.TRANSFER),
    number_length=fakes.NUMBER_LENGTH,
    tells_editor=False,
    feed_days=30,
    batch_size=3,
    undoes=((fakes.JOURNAL, "deleted"), (fakes.TRANSFER, "voided")),
    tells_sums=True,
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
    """The ledger in memory, which is its own sink; its bodies are JSON with exact amounts."""

    def __init__(self) -> None:
        super().__init__(StillClock(), replays_header_keys=True, batch_size=3)

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        entry = request.entry
        if any((one.tax_code, one.contact, one.tracking, one.item) != ("", "", "", "") for one in entry.postings):
            raise HoldError(
                entry.narration, "asks for more than this ledger takes", "Ask less", code="tiny.not_carried"
            )
        return super().plan(request)

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
