"""Pure: what speaks against sending a voucher, and how the ledger's echo differs from what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from bridge.errors import PluginError
from bridge.model.accounts import odd_class
from bridge.model.chart import recommended_chart
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.facts import LedgerFacts
from bridge.model.findings import ECHO_DIFFERS, Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin.wording import object_name

_SAME_RATE: Final = Decimal("0.000001")
Words = Mapping[str, str]
"""What the ledger calls its objects, by type; see ``SinkCapabilities``."""


class Objection(msgspec.Struct, frozen=True):
    """Why a voucher is not sent: a stable code, and the sentence for people."""

    code: Reason
    note: str


def objection(voucher: Voucher, facts: LedgerFacts) -> Objection | None:
    """What fresh facts of the ledger say against this voucher."""
    name = voucher.number or voucher.memo
    if facts.locked_through is not None and voucher.dated_on <= facts.locked_through:
        return Objection(
            Reason.PERIOD_LOCKED,
            f"voucher {name}: its date {voucher.dated_on} lies in the period closed through "
            f"{facts.locked_through}. Reopen the period and retry, or let the route date it into the open period.",
        )
    active = {account.ledger_id for account in facts.accounts if account.is_active}
    accounts = {line.account.ledger_id: line.account for line in voucher.lines}
    gone = sorted(f"{one.number} {one.name}".strip() for key, one in accounts.items() if key not in active)
    if gone:
        return Objection(
            Reason.ACCOUNT_INACTIVE,
            f"voucher {name}: {', '.join(gone)} is inactive or deleted in the ledger. "
            "Make it active there, or map another account, then retry.",
        )
    known = recommended_chart()
    types = {account.ledger_id: account for account in facts.accounts}
    odd = sorted(
        filter(None, (odd_class(known[one.number], types[key]) for key, one in accounts.items() if one.number in known))
    )
    if odd:
        return Objection(
            Reason.ACCOUNT_INACTIVE,
            f"voucher {name}: {'; '.join(odd)}: it became of another kind after this was planned. "
            "Give it back its type there, or map another account, then retry.",
        )
    return None


def same_amount_note(voucher: Voucher, others: Sequence[LedgerCopy], words: Words) -> str:
    """Names the objects that may be this voucher entered by other hands."""
    amount = f"{decimal_text(voucher.total_minor, voucher.currency)} {voucher.currency}"
    named = "; ".join(f"{called(other, words)} of {other.dated_on} (ledger id {other.ref})" for other in others)
    return (
        f"voucher {voucher.number or voucher.memo}: {amount} already stands on this bank account near "
        f"{voucher.dated_on}: {named}. If that is this payout, withdraw the voucher; if it is another matter, retry."
    )


def no_object_note(voucher: Voucher, ref: str, words: Words) -> str:
    """That a person named an object that cannot be this voucher."""
    named = object_name(voucher.type, ref, words)
    return (
        f"voucher {voucher.number or voucher.memo}: the ledger holds no {named}, or it is "
        "another voucher: look at its id there and decide adopt once more, or retry."
    )


def mistaken(delivery: Delivery, copy: LedgerCopy, words: Words, *, is_shared: bool, owner: str) -> PluginError | None:
    """Why an object of the ledger cannot be this voucher, though it was told to be; None where it may be.

    is_shared: another was told to be the same. owner: the voucher whose object it is known to be. What a person has
    named may bear any key, or none.
    """
    voucher, is_named = delivery.due_voucher, delivery.state is DeliveryState.PARKED
    if is_shared or owner != delivery.voucher_id or not (is_named or _may_be(voucher, copy)):
        return PluginError(
            f"voucher {voucher.number or voucher.memo}",
            f"{called(copy, words)} was told to be it, and is another voucher's",
            "bridge asks the ledger again. Does this go on, report it to the plugin's author",
        )
    return None


def called(copy: LedgerCopy, words: Words) -> str:
    """An object of the ledger for people."""
    return object_name(copy.type, copy.number or copy.ref, words)


def _may_be(voucher: Voucher, copy: LedgerCopy) -> bool:
    """By the key; what bears none, by what else tells vouchers apart."""
    if copy.key:
        return copy.key == voucher.key
    is_other_number = bool(voucher.number and copy.number) and copy.number != voucher.number
    return copy.type == voucher.type and not is_other_number


def echo_finding(delivery: Delivery, copy: LedgerCopy, words: Words) -> Finding | None:
    """The finding when the ledger keeps something else than it was sent; None when it keeps the same."""
    voucher = delivery.voucher
    assert voucher is not None
    evidence = differences(voucher, copy)
    if not evidence:
        return None
    name = object_name(voucher.type, voucher.number or copy.ref, words)
    only_words = {field for field, _, _ in evidence} <= {"number"}
    changed_minor, account = _largest_change(voucher, copy)
    return Finding(
        code=ECHO_DIFFERS,
        severity=Severity.WARNING if only_words else Severity.ERROR,
        route_id=delivery.route_id,
        subject=delivery.voucher_id,
        title=f"{name}: the ledger kept something else than it was sent",
        amount_minor=changed_minor,
        currency=voucher.currency,
        cause="The ledger changed it while taking it in (tax, rounding, numbering), or a person did since",
        repair="Compare the two; correct the ledger's settings, or accept the difference",
        evidence=evidence,
        entry_id=delivery.entry_id,
        ref=copy.ref,
        account=account,
    )


def _largest_change(voucher: Voucher, copy: LedgerCopy) -> tuple[int, str]:
    """What the ledger keeps on an account beyond what was sent there: the largest such amount, and that account."""
    off: dict[str, int] = {}
    names = {line.account.ledger_id: f"{line.account.number} {line.account.name}".strip() for line in voucher.lines}
    for account_id, minor in (
        *((line.account_id, line.amount_minor) for line in copy.lines),
        *((line.account.ledger_id, -line.amount_minor) for line in voucher.lines),
    ):
        off[account_id] = off.get(account_id, 0) + minor
    account_id = max(off, key=lambda one: abs(off[one]), default="")
    changed = off.get(account_id, 0)
    return changed, names.get(account_id, f"account {account_id}") if changed else ""


def differences(voucher: Voucher, copy: LedgerCopy) -> tuple[tuple[str, str, str], ...]:
    """(field, sent, kept) wherever the two differ in what the books say; words are not compared."""
    return tuple(pair for pair in fields(voucher, copy) if pair[1] != pair[2])


def fields(voucher: Voucher, copy: LedgerCopy) -> tuple[tuple[str, str, str], ...]:
    """(field, sent, kept) of all that the books say; of lines that say the same, however they are cut, nothing."""
    places = voucher.currency  # what a ledger echoes as a currency may be anything
    sent = LedgerCopy(
        ref=copy.ref,
        type=voucher.type,
        number=voucher.number or copy.number,
        dated_on=voucher.dated_on,
        currency=voucher.currency,
        lines=voucher.as_kept,
    )
    return (
        ("date", str(sent.dated_on), str(copy.dated_on)),
        ("currency", sent.currency, copy.currency),
        ("number", sent.number, copy.number),
        ("total", decimal_text(sent.total_minor, places), decimal_text(copy.total_minor, places)),
        ("status", "standing", "voided" if copy.is_voided else "standing"),
        ("exchange rate", *_rates(voucher, copy)),
        ("marks", *_marks(voucher, copy)),
        ("lines", *(("", "") if sent.lines_hash == copy.lines_hash else (_lines(sent, places), _lines(copy, places)))),
    )


def _rates(voucher: Voucher, copy: LedgerCopy) -> tuple[str, str]:
    """The rate that was stated, beside that of the ledger; nothing where either says none.

    A ledger keeps so many digits of it as it likes: what is the same to six places is the same.
    """
    if not (voucher.rate and copy.rate):
        return "", ""
    is_same = abs(Decimal(voucher.rate) - Decimal(copy.rate)) < _SAME_RATE
    return voucher.rate, voucher.rate if is_same else copy.rate


def _marks(voucher: Voucher, copy: LedgerCopy) -> tuple[str, str]:
    """What lines were to be marked with and are not, beside what of that is there; what was added is no difference."""
    sent, kept = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for ours in voucher.lines:
        for one in ours.named:
            sent[ours.account.ledger_id, one] += ours.amount_minor
    for theirs in copy.lines:
        for mark in theirs.marks:
            kept[theirs.account_id, mark.value] += theirs.amount_minor
    whole = {mark.value for mark in copy.marks}
    off = sorted(key for key in sent if key[1] not in whole and kept[key] != sent[key])
    return _marked(sent, off, voucher.currency), _marked(kept, off, voucher.currency)


def _marked(sums: Counter[tuple[str, str]], keys: Sequence[tuple[str, str]], currency: str) -> str:
    return ", ".join(f"{key[0]} with {key[1]}: {decimal_text(sums[key], currency)}" for key in keys)


def _lines(copy: LedgerCopy, places: str) -> str:
    return ", ".join(
        f"{line.account_id}: {decimal_text(line.amount_minor, places)}"
        + (f" ({line.tax_code} {decimal_text(line.tax_minor, places)})" if line.tax_code else "")
        for line in sorted(copy.lines, key=lambda line: (line.account_id, line.amount_minor))
    )
