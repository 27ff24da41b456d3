"""Pure: a voucher as its ledger shows it, field by field beside what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from bridge.delivery import check
from bridge.errors import UnavailableError
from bridge.model.deliveries import Delivery
from bridge.model.money import decimal_text
from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher
from bridge.plugin import LookUp, Present, Unknown

_ABSENT = "not there"
_Key = tuple[str, str]
_Sums = dict[_Key, tuple[int, int, int]]


class Field(msgspec.Struct, frozen=True):
    """One thing that was sent, and what the ledger shows of it, both as texts for people."""

    name: str
    sent: str
    kept: str

    @property
    def is_same(self) -> bool:
        """Whether the ledger shows what was sent."""
        return self.sent == self.kept


class ReadBack(msgspec.Struct, frozen=True):
    """One voucher beside its object in the ledger."""

    delivery: Delivery
    fields: tuple[Field, ...]

    @property
    def is_same(self) -> bool:
        """Whether every field of it is."""
        return all(field.is_same for field in self.fields)


def read_back(delivery: Delivery, answer: LookUp, refs: Mapping[str, str]) -> ReadBack:
    """What was sent beside what is there; of what is gone that alone. refs: of what it pays, by voucher id.

    Raises: UnavailableError where the ledger cannot say.
    """
    if isinstance(answer, Unknown):
        raise UnavailableError(
            f"voucher {delivery.voucher_id}", f"the ledger does not say how it stands: {answer.cause}"
        )
    if isinstance(answer, Present):
        return ReadBack(delivery, tuple(fields(delivery.due_voucher, answer.copy, refs)))
    return ReadBack(delivery, (Field("object", delivery.ref, _ABSENT),))


def fields(voucher: Voucher, copy: LedgerCopy, refs: Mapping[str, str]) -> Iterator[Field]:
    """Every field of a voucher that a ledger keeps. What has no place in an object of its type is not compared:

    the key where none is shown, a contact and a day due where the voucher has none.
    """
    for name, sent, kept in check.fields(voucher, copy):
        if name == "marks" and sent == kept:
            sent = kept = _marks(voucher)
        if name != "lines" and (sent or kept):
            yield Field(name, sent, kept)
    if copy.key:
        yield Field("key", voucher.key, copy.key)
    if voucher.contact:
        yield Field("contact", voucher.contact, copy.contact)
    if voucher.due_on is not None:
        yield Field("due", str(voucher.due_on), str(copy.due_on or _ABSENT))
    if paid := refs.get(voucher.pays):
        yield Field("pays", paid, paid if paid in copy.settles else ", ".join(copy.settles) or _ABSENT)
    yield from _lines(voucher, copy)
    if items := {line.item for line in voucher.lines if line.item}:
        shown = items & {mark.value for line in copy.lines for mark in line.marks}
        yield Field("products", ", ".join(sorted(items)), ", ".join(sorted(shown)))


def _marks(voucher: Voucher) -> str:
    """Whom its lines name, and what they are reported by, each once."""
    named = (line.contact for line in voucher.lines)
    tracked = (f"{one.name}={one.option}" for line in voucher.lines for one in line.tracked)
    return ", ".join(dict.fromkeys(filter(None, (*named, *tracked))))


def _lines(voucher: Voucher, copy: LedgerCopy) -> Iterator[Field]:
    """What each account gets on each side under each tax code, however lines are cut: all accounts, codes, amounts."""
    sent, kept = _sums(voucher.as_kept), _sums(copy.lines)
    names = {line.account.ledger_id: f"{line.account.number} {line.account.name}".strip() for line in voucher.lines}
    for key in dict.fromkeys((*sent, *kept)):
        account, code = key
        name = " ".join(filter(None, (names.get(account, f"account {account}"), code)))
        yield Field(name, _amounts(sent, key, voucher.currency), _amounts(kept, key, voucher.currency))


def _sums(lines: Iterable[LedgerLine]) -> _Sums:
    """Debits, credits and tax of each account and code."""
    sums: _Sums = {}
    for line in lines:
        key, minor = (line.account_id, line.tax_code), line.amount_minor
        debit, credit, tax = sums.get(key, (0, 0, 0))
        sums[key] = debit + max(minor, 0), credit + min(minor, 0), tax + line.tax_minor
    return {key: several for key, several in sums.items() if any(several)}


def _amounts(sums: Mapping[_Key, tuple[int, int, int]], key: _Key, currency: str) -> str:
    """``7.55 and -7.55, tax -1.25``; nothing where it gets nothing."""
    debit, credit, tax = sums.get(key, (0, 0, 0))
    amounts = " and ".join(decimal_text(minor, currency) for minor in (debit, credit) if minor)
    return amounts + (f", tax {decimal_text(tax, currency)}" if tax else "")
