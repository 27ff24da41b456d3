"""Vouchers: one object in one ledger each, as facts a sink can render and a person can read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

import msgspec

from bridge import ids
from bridge.errors import InvariantError
from bridge.model.facts import ContactRole
from bridge.model.tracking import Tracked


class AccountRef(msgspec.Struct, frozen=True):
    """An account of the ledger: its own id there, the number of our chart, and its name for people."""

    ledger_id: str
    number: str
    name: str


class VoucherLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a voucher: positive debit, negative credit, in minor units of the voucher's currency.

    tax_code:  the ledger's own code. The amount includes tax_minor, which has its sign.
    item:      the ledger's id of a product or service, where the form asks for one.
    contact:   the ledger's id of whom the line names, where it names somebody itself, and contact_role what they are.
    tracked:   what it is reported by.
    is_implied: posted by the ledger itself (receivables): not rendered, and shown by the echo all the same.
    """

    account: AccountRef
    amount_minor: int
    description: str = ""
    tax_code: str = ""
    tax_minor: int = 0
    contact: str = ""
    item: str = ""
    is_implied: bool = False
    contact_role: ContactRole = ContactRole.ANY
    tracked: tuple[Tracked, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """The ledger's ids of all that it is marked with, as an echo must show them."""
        return (*filter(None, (self.contact, self.item)), *(one.option_id for one in self.tracked))


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """One object for one ledger, decided in full before anything is sent.

    type:     the ledger's own word (``JournalEntry``, ``Transfer``, ``Invoice``).
    number:   the number it will carry there; empty where the type has none.
    key:      the idempotency key: names this one intent, is carried inside the voucher, and never changes.
    dated_on: the date it will carry; differs from its entry's only by the period policy.
    due_on:   the day its money is said to arrive, of an open document; None: the day of its date.
    after:    voucher ids that must be in the ledger first.
    contact:  the ledger's id of the customer or supplier; empty where the type names none.
    pays:     the voucher id of the invoice or credit note that this settles; it is in ``after`` too.
    applies:  the voucher id of the credit that is set against ``pays``, where no money moves; it is in ``after`` too.
    reference: what a person looks for: the order's name, the payout's id.
    same_amount_days: look for a same-amount entry this many days around before sending; 0 for never.
    rate:     of what is in another currency than the books, exact decimal text in the sense in which the ledger states
              it; empty where it is in their own, or the ledger takes the rate of the day by itself.
    """

    voucher_id: str
    entry_id: str
    type: str
    number: str
    key: str
    dated_on: date
    currency: str
    memo: str
    lines: tuple[VoucherLine, ...]
    after: tuple[str, ...] = ()
    same_amount_days: int = 0
    contact: str = ""
    pays: str = ""
    applies: str = ""
    reference: str = ""
    due_on: date | None = None
    rate: str = ""

    def __post_init__(self) -> None:
        if sum(line.amount_minor for line in self.lines):
            raise InvariantError(
                f"voucher {self.number or self.key}",
                "its lines do not add up to zero",
                "Report this as a bug",
            )

    @property
    def total_minor(self) -> int:
        """The sum of its debits."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def as_kept(self) -> tuple[LedgerLine, ...]:
        """Its lines in a ledger that keeps them as they were sent; words are left out."""
        return tuple(
            LedgerLine(line.account.ledger_id, line.amount_minor, tax_code=line.tax_code, tax_minor=line.tax_minor)
            for line in self.lines
        )


def voucher_id(entry_id: str, number: int) -> str:
    """The id of an entry's n-th voucher, counted from 1."""
    return ids.derive("vch", entry_id, number)


EXCHANGE_RATE: Final = "exchange rate"
"""The kind of the mark that says at which rate an object stands in the books."""


class Mark(msgspec.Struct, frozen=True, order=True):
    """What an object, or a line of it, is marked with beside money: a customer, a class, a product, a rate.

    kind:  for people, in the ledger's own words (``customer``, ``class``, ``exchange rate``).
    value: the ledger's id of it, or exact decimal text: this is compared. shown: how people call it; never compared.
    """

    kind: str
    value: str
    shown: str = ""


Marks = tuple[Mark, ...]


class LedgerLine(msgspec.Struct, frozen=True):
    """One line of an object as the ledger shows it: positive debit, negative credit, minor units.

    The amount includes tax_minor, which has its sign; tax_code is the ledger's own. contact: as of a whole object.
    """

    account_id: str
    amount_minor: int
    description: str = ""
    tax_code: str = ""
    tax_minor: int = 0
    marks: Marks = ()
    contact: str = ""


class LedgerCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One object as the ledger shows it now, or as it echoed it when it was written (the baseline).

    ref:        the ledger's own id. version: its token of change, where it has one.
    key:        our idempotency key if the object carries one, else empty.
    marks:      of the object as a whole; those of its lines stand on them.
    contact:    the ledger's id of the customer or supplier that it names, if only through what it pays. It is asked
                for and never compared: what is compared is a mark.
    settles:    the ledger's ids of the open documents that it pays or is set against.
    open_minor: of an open document, what nobody has paid yet, never negative; None where it is none, or is not told.
    due_on:     of an open document, the day its money is said to arrive, where it is told. It is asked for, never kept.
    is_voided:  still there, but worth nothing.
    changed_by: who changed it last, where the ledger tells; else empty.
    changed_at: ISO 8601 instant of the last change as the ledger says it, else empty.
    """

    ref: str
    type: str
    number: str
    dated_on: date
    currency: str
    lines: tuple[LedgerLine, ...]
    memo: str = ""
    key: str = ""
    version: str = ""
    marks: Marks = ()
    contact: str = ""
    settles: tuple[str, ...] = ()
    open_minor: int | None = None
    due_on: date | None = None
    is_voided: bool = False
    changed_at: str = ""
    changed_by: str = ""

    @property
    def rate(self) -> str:
        """At which it stands in the books, exact decimal text; empty where it is in their currency, or is not told."""
        return next((mark.value for mark in self.marks if mark.kind == EXCHANGE_RATE), "")

    @property
    def contacts(self) -> frozenset[str]:
        """Everybody that it or a line of it names, by the ledger's id."""
        return frozenset({self.contact, *(line.contact for line in self.lines)} - {""})

    @property
    def total_minor(self) -> int:
        """The sum of its debits."""
        return sum(line.amount_minor for line in self.lines if line.amount_minor > 0)

    @property
    def lines_hash(self) -> str:
        """See ``lines_hash``."""
        return lines_hash(self.lines)

    @property
    def marks_hash(self) -> str:
        """A hash of its marks, and of what each account gets under each mark of a line, however lines are cut."""
        heads = [part for mark in sorted(self.marks) for part in (mark.kind, mark.value)]
        sums = sorted(marked_sums(self.lines).items())
        return ids.derive("mrk", len(heads), *heads, *(part for key, amount in sums for part in (*key, amount)))


def marked_sums(lines: Iterable[LedgerLine]) -> dict[tuple[str, str, str], int]:
    """What each account gets under each mark, by (kind, value, account); what nets to nothing is left out."""
    sums: dict[tuple[str, str, str], int] = {}
    for line in lines:
        for mark in line.marks:
            key = mark.kind, mark.value, line.account_id
            sums[key] = sums.get(key, 0) + line.amount_minor
    return {key: amount for key, amount in sums.items() if amount}


def lines_hash(lines: Iterable[LedgerLine]) -> str:
    """A hash of what each account and tax code gets in sum: equal for equal books, whatever order or words."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for line in lines:
        amount, tax = sums.get((line.account_id, line.tax_code), (0, 0))
        sums[line.account_id, line.tax_code] = amount + line.amount_minor, tax + line.tax_minor
    return ids.derive(
        "lin",
        *(
            f"{account}={amount}" + (f",{code}={tax}" if code else "")
            for (account, code), (amount, tax) in sorted(sums.items())
            if amount or tax
        ),
    )


def nameless(copy: LedgerCopy) -> LedgerCopy:
    """The object without what people call its marks: whose sales others enter is nobody's business here."""
    lines = tuple(msgspec.structs.replace(line, marks=_nameless(line.marks)) for line in copy.lines)
    return msgspec.structs.replace(copy, marks=_nameless(copy.marks), lines=lines)


def _nameless(marks: Marks) -> Marks:
    return tuple(Mark(mark.kind, mark.value) for mark in marks)


def paid_no_more(before: LedgerCopy, after: LedgerCopy) -> tuple[str, ...]:
    """What the one paid, or was set against, and the other is not; what came to that since is let be."""
    return tuple(ref for ref in before.settles if ref not in after.settles)


def keeps_marks(before: LedgerCopy, after: LedgerCopy) -> bool:
    """Whether all that one was marked with the other is too: what was added is let be."""
    now, sums = {(mark.kind, mark.value) for mark in after.marks}, marked_sums(after.lines)
    is_whole = all((mark.kind, mark.value) in now for mark in before.marks)
    return is_whole and all(sums.get(key) == amount for key, amount in marked_sums(before.lines).items())
