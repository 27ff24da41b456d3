"""Journal entries as Beancount text: what the books say, in a notation that people and other programs read.

Beancount is only a notation here; nothing of the program is used (docs/decisions/0014). Source: Beancount 3.2,
``parser/lexer.l`` and ``core/account.py``, read 2026-11-22.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache

import msgspec

from bridge import ids
from bridge.model.account_classes import AccountClass
from bridge.model.chart import VAT_PAYABLE, Chart, ChartAccount, recommended_chart
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import Half, JournalEntry, Posting
from bridge.model.money import decimal_text
from bridge.model.reasons import Reason
from bridge.model.tax import NONE as NO_TAX
from bridge.store.api import UnitOfWork

_ASSETS, _LIABILITIES, _EQUITY, _INCOME, _EXPENSES = "Assets", "Liabilities", "Equity", "Income", "Expenses"
_BY_CLASS: Mapping[AccountClass, str] = {
    AccountClass.BANK: f"{_ASSETS}:Bank",
    AccountClass.OTHER_INCOME: f"{_INCOME}:Other",
    AccountClass.COST_OF_SALES: f"{_EXPENSES}:Cost-of-sales",
    AccountClass.OTHER_EXPENSE: f"{_EXPENSES}:Other",
}
_BY_DIGIT: Mapping[str, str] = {"2": _LIABILITIES, "3": _EQUITY, "4": _INCOME} | dict.fromkeys("56789", _EXPENSES)
_CLEARING = f"{_ASSETS}:Clearing"
_UNLISTED = "Unlisted"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")
_DIGITS_ONLY = re.compile(r"[0-9]+")
_ESCAPES: Mapping[str, str] = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "\r": r"\r"}
_UNPRINTABLE = frozenset({"Cc", "Cs"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_HALVES: Mapping[Half, str] = {Half.SALE: "sales", Half.REFUND: "refunds", Half.NONE: "other"}
_NO_TRANSFER = frozenset({Reason.PAYOUT_FAILED, Reason.NO_BANK_LEG})
_DIGITS = 12
_TOLD = 40
_INDENT = "  "


class Leg(msgspec.Struct, frozen=True):
    """One leg as Beancount books it: a posting without its tax, or the tax of one on the tax account."""

    account: str
    amount_minor: int
    posting: Posting


def standing_entries(uow: UnitOfWork, route_id: str) -> Iterator[JournalEntry]:
    """Every entry of a route that stands, in no particular order; one at a time.

    Left out are those replaced before they were sent, and transfers that never were: the payout failed, or its route
    has no bank leg any more.
    """
    for kept in uow.entries.of_route(route_id):
        if not (kept.entry.is_bank_leg and _never_was(uow.deliveries.of_entry(kept.entry.entry_id))):
            yield kept.entry


def _never_was(deliveries: Sequence[Delivery]) -> bool:
    return bool(deliveries) and all(
        delivery.state is DeliveryState.WITHDRAWN and delivery.reason in _NO_TRANSFER for delivery in deliveries
    )


def legs(entry: JournalEntry) -> Iterator[Leg]:
    """The legs of an entry in order: a posting that includes tax is followed by its tax on the tax account."""
    for posting in entry.postings:
        tax = posting.tax_minor if posting.tax_code else 0
        yield Leg(posting.account, posting.amount_minor - tax, posting)
        if tax:
            yield Leg(VAT_PAYABLE, tax, posting)


def account_name(number: str, chart: Chart) -> str:
    """The Beancount name of an account: its root from its class, then number and name as far as the rules allow.

    Two numbers never share a name. A number that the chart does not list stands apart as ``Unlisted``, with the root
    that its first digit has in the chart (assets when it has none).
    """
    known = chart.get(number)
    if known is not None:
        return f"{_place(known)}:{number}-{_NOT_IN_A_NAME.sub('-', known.name).strip('-')}"
    root = _BY_DIGIT.get(number[:1], _ASSETS)
    if _DIGITS_ONLY.fullmatch(number):
        return f"{root}:{_UNLISTED}:{number}"
    told = _NOT_IN_A_NAME.sub("-", number).strip("-")[:_TOLD]
    _, _, unique = ids.derive("acc", number).partition("_")
    return f"{root}:{_UNLISTED}:{told[:1].upper()}{told[1:]}-{unique}" if told else f"{root}:{_UNLISTED}:X-{unique}"


def entry_text(entry: JournalEntry, chart: Chart) -> str:
    """An entry in short: date, narration, and a line a leg with its account and amount; tax treatments below."""
    return _transaction(entry, (), chart, is_full=False)


def transaction_text(entry: JournalEntry, route: str, chart: Chart) -> str:
    """An entry in full: the same, with where it comes from as metadata, so that ``bridge explain`` finds it again."""
    slot = entry.slot
    facts = [
        ("entry", entry.entry_id),
        ("route", route),
        ("slot", "/".join((slot.mode, slot.group, slot.part))),
        ("number", str(entry.number)),
        ("purpose", entry.purpose.value),
        ("rules", str(entry.rule_version)),
        ("document", entry.document_id),
        ("revision", str(entry.revision) if entry.document_id else ""),
    ]
    return _transaction(entry, facts, chart, is_full=True)


class Heading:
    """What a file begins with: title, currencies, and every account with the day on which it is first used.

    Order: every entry of the file passes through ``note`` before ``text`` is asked for. It remembers accounts and
    currencies, never entries.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._opened: dict[tuple[str, str], tuple[date, frozenset[str]]] = {}

    def note(self, entry: JournalEntry, chart: Chart) -> None:
        """Take notice of what an entry uses."""
        for leg in legs(entry):
            account = account_name(leg.account, chart), leg.account
            since, currencies = self._opened.get(account, (entry.booked_on, frozenset()))
            self._opened[account] = min(since, entry.booked_on), currencies | {entry.currency}

    def text(self) -> str:
        """The options, then the accounts by name."""
        used = sorted({currency for _, currencies in self._opened.values() for currency in currencies})
        options = [("title", self._title), *(("operating_currency", currency) for currency in used)]
        rows = [f"option {quoted(name)} {quoted(value)}" for name, value in options]
        rows += ["", *self._openings()] if self._opened else []
        return "".join(f"{row}\n" for row in rows)

    def _openings(self) -> Iterable[str]:
        for (name, number), (since, currencies) in sorted(self._opened.items()):
            yield f"{since.isoformat()} open {name} {','.join(sorted(currencies))}"
            yield from _metadata((("number", number),), _INDENT)


def quoted(text: str) -> str:
    """Any text as a Beancount string on one line; what cannot be printed becomes the replacement character."""
    return f'"{"".join(_printable(each) for each in text)}"'


def _printable(each: str) -> str:
    if each in _ESCAPES:
        return _ESCAPES[each]
    return _REPLACEMENT if unicodedata.category(each) in _UNPRINTABLE else each


def _transaction(entry: JournalEntry, facts: Iterable[tuple[str, str]], chart: Chart, *, is_full: bool) -> str:
    rows = [f"{entry.booked_on.isoformat()} * {quoted(entry.narration)}"]
    rows += _metadata(facts, _INDENT)
    for words, some in _halves(entry):
        rows += [f"{_INDENT}; {words}"] if words else []
        for leg in some:
            amount = decimal_text(leg.amount_minor, entry.currency)
            rows.append(f"{_INDENT}{account_name(leg.account, chart):{_widest()}} {amount:>{_DIGITS}} {entry.currency}")
            rows += _metadata(_facts(leg.posting, is_full=is_full), _INDENT * 2)
    return "".join(f"{row}\n" for row in rows)


def _halves(entry: JournalEntry) -> Iterator[tuple[str, list[Leg]]]:
    """The legs of each half with its name; all of them without a name where an entry has not both."""
    every = list(legs(entry))
    by_half = {half: [leg for leg in every if leg.posting.half is half] for half in Half}
    if not (by_half[Half.SALE] and by_half[Half.REFUND]):
        return iter([("", every)])
    return ((_HALVES[half], some) for half, some in by_half.items() if some)


def _facts(posting: Posting, *, is_full: bool) -> Iterator[tuple[str, str]]:
    yield "tax", posting.tax_code if is_full or posting.tax_code != NO_TAX else ""
    if is_full:
        yield from (
            ("posting", str(posting.number)),
            ("kind", posting.kind),
            ("half", posting.half.value),
            ("rule", posting.rule),
            ("contact", posting.contact),
            ("tracking", posting.tracking),
            ("item", posting.item),
            ("description", posting.description),
        )


def _metadata(facts: Iterable[tuple[str, str]], indent: str) -> list[str]:
    return [f"{indent}{name}: {quoted(value)}" for name, value in facts if value]


def _place(account: ChartAccount) -> str:
    if account.purpose:
        return _CLEARING
    return _BY_CLASS.get(account.account_class) or (
        _ASSETS if account.account_class.is_asset else _BY_DIGIT[account.number[0]]
    )


@cache
def _widest() -> int:
    """The width of the account column: amounts stand below each other over the whole file."""
    return max(len(account_name(number, recommended_chart())) for number in recommended_chart())
