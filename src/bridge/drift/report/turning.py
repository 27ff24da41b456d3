"""What turns a green: one row for each code of a finding, and what an acceptance of it covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from bridge.model.findings import (
    ECHO_DIFFERS,
    FACILITATOR_RESIDUE,
    NOT_PAID_OUT,
    PAYOUT_BOUNCED,
    REISSUED,
    UNEXPLAINED,
    KeptFinding,
    Severity,
)


class Name(StrEnum):
    """The three greens."""

    DELIVERED = "delivered"
    MATCHED = "matched"
    RECONCILED = "reconciled"


class Answer(StrEnum):
    """What a green says. not proven: nothing speaks against it, but what would prove it is not there."""

    YES = "yes"
    NO = "no"
    NOT_PROVEN = "not proven"


class Turn(msgspec.Struct, frozen=True):
    """What findings of one code turn, from ``least`` on. one, many: how they are counted; ``one`` is listed too."""

    greens: frozenset[Name]
    one: str
    many: str
    answer: Answer = Answer.NO
    least: Severity = Severity.WARNING


GRAVITY = (Severity.INFO, Severity.WARNING, Severity.ERROR)
_NO, _UNPROVEN = Answer.NO, Answer.NOT_PROVEN
_D, _M, _R = Name.DELIVERED, Name.MATCHED, Name.RECONCILED


def _of(greens: Iterable[Name], one: str, many: str, answer: Answer = _NO, least: Severity = Severity.WARNING) -> Turn:
    return Turn(frozenset(greens), one, many, answer, least)


# Every finding that turns a green, in the order in which a sentence names them. Reconciled is no by any error, these
# or not; what is not here turns nothing else.
TURNS: Mapping[str, Turn] = {
    # What the channel has, and the ledger has not.
    "books.series_gap": _of((_D,), "document missing between two others", "documents missing between others"),
    "source.silent": _of((_D,), "part of the channel not answering", "parts of the channel not answering"),
    "window.short": _of((_D,), "time of which documents are missing", "times of which documents are missing"),
    "channel.unreadable": _of((_D,), "answer of the channel that cannot be read", "answers that cannot be read"),
    "window.refused": _of((_D,), "part that may not be read", "parts that may not be read", _UNPROVEN),
    "window.reach": _of((_D,), "time before the channel tells", "times before the channel tells", _UNPROVEN),
    "source.quiet": _of((_D,), "long time without a sale", "long times without a sale", _UNPROVEN),
    "drift.never_booked": _of((_D,), "document not in the books", "documents not in the books"),
    "drift.newer_not_booked": _of(
        (_D,), "newer version of a document not in the books", "newer versions not in the books"
    ),
    REISSUED: _of((_D,), "document issued again, and not booked anew", "documents issued again, and not booked anew"),
    "books.needs_correction": _of((_D,), "correction not in the books", "corrections not in the books"),
    "books.tax_alone": _of((_D,), "tax that no entry could take", "taxes that no entry could take"),
    "drift.not_delivered": _of((_D,), "entry not delivered", "entries not delivered"),
    "drift.withdrawn": _of((_D, _M), "entry withdrawn", "entries withdrawn"),
    ECHO_DIFFERS: _of((_D, _M), "entry of which the ledger kept something else", "entries kept otherwise"),
    # What is in the ledger otherwise than it was told.
    "drift.deleted": _of((_D, _M), "entry deleted in the ledger since", "entries deleted in the ledger since"),
    "drift.missing": _of((_D, _M), "entry gone from the ledger since", "entries gone from the ledger since"),
    "drift.voided": _of((_D, _M), "entry voided in the ledger since", "entries voided in the ledger since"),
    "drift.amount": _of((_M,), "entry with other amounts", "entries with other amounts"),
    "drift.account": _of((_M,), "entry on another account", "entries on other accounts"),
    "drift.tax": _of((_M,), "entry with another tax", "entries with another tax"),
    "drift.currency": _of((_M,), "entry in another currency", "entries in another currency"),
    "drift.date": _of((_M,), "entry on another day", "entries on other days"),
    "drift.number": _of((_M,), "entry under another number", "entries under other numbers"),
    "drift.marked": _of((_M,), "entry with another customer, class or the like", "entries marked otherwise"),
    "drift.extra_copy": _of((_M,), "entry that is there twice", "entries that are there twice"),
    "drift.double_revenue": _of((_M,), "sale that somebody entered again", "sales that somebody entered again"),
    "drift.replacement": _of((_M, _R), "entry that somebody entered anew", "entries that somebody entered anew"),
    "drift.payout_unmatched": _of((_M, _R), "payout that is late at the bank", "payouts that are late at the bank"),
    NOT_PAID_OUT: _of((_M, _R), "payment that nobody paid out", "payments that nobody paid out"),
    "drift.deposit_unpaid": _of((_M, _R), "payout whose document is unpaid", "payouts whose documents are unpaid"),
    "drift.deposit_part_paid": _of(
        (_M,), "payout whose document is part paid", "payouts whose documents are part paid"
    ),
    "drift.deposit_paid_otherwise": _of(
        (_M,), "payout whose document the bank did not pay", "payouts whose documents the bank did not pay"
    ),
    "drift.coded_elsewhere": _of((_M, _R), "line of the bank coded elsewhere", "lines of the bank coded elsewhere"),
    "drift.payout_rows": _of((_M,), "payout with rows that match no payment", "payouts with rows of no payment"),
    PAYOUT_BOUNCED: _of((_M,), "failed payout that still stands", "failed payouts that still stand"),
    "books.payout_changed": _of((_M,), "payout that was changed after it was booked", "payouts changed after booking"),
    "books.series_differs": _of((_M,), "amount that was not handed on as told", "amounts not handed on as told"),
    "books.tax_recomputed": _of((_M,), "tax that its rate does not give", "taxes that their rates do not give"),
    "channel.gone": _of((_M,), "booked document gone at the channel", "booked documents gone at the channel"),
    "channel.charge_unknown": _of((_M,), "order of unknown charge", "orders of unknown charge", _UNPROVEN),
    "channel.refund_unshown": _of((_M,), "refund that no answer shows", "refunds that no answer shows", _UNPROVEN),
    "facts.meaning": _of((_M,), "setting that changed what amounts mean", "settings that changed what amounts mean"),
    # What nobody can say.
    "drift.unread": _of(
        (_M, _R), "kind of object that cannot be read", "kinds of object that cannot be read", _UNPROVEN
    ),
    # What stands in an account without a reason.
    "drift.foreign": _of((_R,), "entry that is not bridge's", "entries that are not bridge's"),
    "drift.statement_differs": _of((_R,), "wallet that shows something else", "wallets that show something else"),
    "drift.fee_twice": _of((_R,), "fee that is named twice", "fees that are named twice"),
    "drift.wrong_side": _of((_R,), "account on its wrong side", "accounts on their wrong side"),
    "drift.account_type": _of((_R,), "account that became of another kind", "accounts that became of another kind"),
    UNEXPLAINED: _of((_R,), "balance that nothing explains", "balances that nothing explains"),
    "drift.opening": _of((_R,), "account that opens otherwise than agreed", "accounts that open otherwise than agreed"),
    "drift.item_late": _of((_R,), "item that should be gone by now", "items that should be gone by now"),
    "drift.open_documents": _of(
        (_R,), "account of open invoices that is not what they come to", "accounts of open invoices that differ"
    ),
    "books.opening_differs": _of((_R,), "opening that is not its items", "openings that are not their items"),
    FACILITATOR_RESIDUE: _of((_R,), "tax that a marketplace left over", "taxes that marketplaces left over"),
}
_ANY = Turn(frozenset({_R}), "other error", "other errors", least=Severity.ERROR)


def turns(kept: KeptFinding, green: Name) -> Answer | None:
    """What a finding turns a green to; None where it does not."""
    found = kept.finding
    turn = TURNS.get(found.code)
    if turn and green in turn.greens and GRAVITY.index(found.severity) >= GRAVITY.index(turn.least):
        return turn.answer
    return _NO if green is _R and found.severity is Severity.ERROR else None


def counted(findings: Iterable[KeptFinding], green: Name, answer: Answer) -> str:
    """``2 entries withdrawn, 1 balance that nothing explains``; empty where nothing turns it to that."""
    counts: dict[str, int] = {}
    for kept in findings:
        if turns(kept, green) is answer:
            counts[kept.finding.code] = counts.get(kept.finding.code, 0) + 1
    return ", ".join(_plural(counts[code], TURNS.get(code, _ANY)) for code in sorted(counts, key=_place))


def listed(green: Name, answer: Answer) -> tuple[str, ...]:
    """What turns a green to that, for whoever signs."""
    return tuple(turn.one for turn in TURNS.values() if green in turn.greens and turn.answer is answer)


def in_words(code: str, count: int) -> str:
    """Findings of one code in the words of the greens, such as ``2 entries not delivered``."""
    words = code.rpartition(".")[2].replace("_", " ")
    return _plural(count, TURNS[code]) if code in TURNS else f"{count} {words}"


def kind(code: str) -> str:
    """What one finding of a code is about."""
    return in_words(code, 1).removeprefix("1 ")


def _place(code: str) -> tuple[int, str]:
    codes = list(TURNS)
    return (codes.index(code), "") if code in TURNS else (len(codes), code)


def _plural(count: int, turn: Turn) -> str:
    return f"{count} {turn.one if count == 1 else turn.many}"
