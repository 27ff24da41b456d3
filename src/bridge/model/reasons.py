"""Why something is held, parked, withdrawn or passed over: every such reason of bridge's own, in one table.

A code is stored beside a document or a delivery and is promised to scripts (docs/reference/errors.md). A plugin may
hold or refuse for codes of its own, which are not here: what a room does not know it takes for something that a person
looks at. A set of reasons is asked of the table, never written out in a second place.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final, Self

from bridge.model.documents import PAYING, Awaits, DocumentKind


class Subject(StrEnum):
    """What a reason stands beside. import: of a document, without a trace. order: or what belongs to one."""

    IMPORT = "import"
    DOCUMENT = "document"
    SETTLEMENT = "settlement"
    ORDER = "order"
    DELIVERY = "delivery"


class Who(StrEnum):
    """Who can act: nobody need, for it passes by itself or is as it should be; whoever keeps the ledger; a person."""

    NOBODY = "nobody"
    LEDGER = "ledger"
    PERSON = "person"


class Cure(StrEnum):
    """What ends it.

    look: a new look at the ledger's facts. mapping: another account or tax code by mapping. answer: a setting of the
    route, or a regime for it. adopt, release, retry, book_again: that decision about a voucher. pilot: its
    route's, and a person's word about it. acceptance: of its
    finding. content: a newer content of the document itself. order, payout: that document, of the same channel. time:
    its day. reading: its channel, read beyond its day.
    """

    LOOK = "look"
    MAPPING = "mapping"
    ANSWER = "answer"
    ADOPT = "adopt"
    RELEASE = "release"
    RETRY = "retry"
    BOOK_AGAIN = "book_again"
    PILOT = "pilot"
    ACCEPTANCE = "acceptance"
    CONTENT = "content"
    ORDER = "order"
    PAYOUT = "payout"
    TIME = "time"
    READING = "reading"


_IMPORT, _DOCUMENT, _SETTLEMENT, _ORDER, _DELIVERY = Subject
_NOBODY, _LEDGER, _PERSON = Who
_C = Cure


class Reason(StrEnum):
    """A row each: the code, what it stands beside, who can act, what ends it, and the sentence for people.

    cures: each of them ends it; none where nothing does. words: where they are always the same.
    """

    of: Subject
    who: Who
    cures: frozenset[Cure]
    words: str

    def __new__(cls, code: str, of: Subject, who: Who, cures: Collection[Cure] = (), words: str = "") -> Self:
        row = str.__new__(cls, code)
        row._value_ = code
        row.of, row.who, row.cures, row.words = of, who, frozenset(cures), words
        return row

    # A document is passed over when it is brought: an earlier content, or a file after the API has spoken.
    STALE = "stale", _IMPORT, _NOBODY
    FILE_AFTER_API = "known.file_after_api", _IMPORT, _NOBODY

    # A document is held.
    SETTLEMENT_UNBALANCED = "settlement.unbalanced", _SETTLEMENT, _PERSON, [_C.CONTENT]
    ORDER_UNBALANCED = "order.unbalanced", _ORDER, _PERSON, [_C.CONTENT]
    REFUND_UNBALANCED = "refund.unbalanced", _ORDER, _PERSON, [_C.CONTENT]
    FEE_UNBALANCED = "fee.unbalanced", _ORDER, _PERSON, [_C.CONTENT]
    ADJUSTMENT_UNBALANCED = "adjustment.unbalanced", _ORDER, _PERSON, [_C.CONTENT]
    PAYOUT_UNBALANCED = "payout.unbalanced", _DOCUMENT, _PERSON, [_C.CONTENT]
    SETTLEMENT_REISSUED = "settlement.reissued", _SETTLEMENT, _PERSON, [_C.ACCEPTANCE]
    PAYOUT_REISSUED = "payout.reissued", _DOCUMENT, _PERSON
    BEFORE_FIRST_DAY = "before_first_day", _DOCUMENT, _NOBODY, [_C.ANSWER]
    NO_PLACE = "mode.no_place", _DOCUMENT, _PERSON
    VAT_IN_ROWS = "settlement.vat_in_rows", _SETTLEMENT, _PERSON, [_C.ANSWER]
    TWO_PARTIES = "settlement.two_parties", _SETTLEMENT, _PERSON, [_C.ANSWER]
    GIFT_CARDS = "gift_cards.purpose", _ORDER, _PERSON, [_C.ANSWER]
    AWAITS_ORDER = Awaits.ORDER.value, _ORDER, _PERSON, [_C.ORDER]
    AWAITS_DETAILS = Awaits.DETAILS.value, _ORDER, _PERSON, [_C.CONTENT]
    FACTS_CHANGED = "facts.changed", _DOCUMENT, _PERSON, [_C.ACCEPTANCE]
    GONE = "document.gone", _DOCUMENT, _NOBODY, [_C.CONTENT]
    UNPAID = "order.unpaid", _ORDER, _NOBODY, [_C.CONTENT], "it is not paid: it is booked when it is"
    PAYOUT_AWAITED = (
        "payout.awaited",
        _ORDER,
        _NOBODY,
        [_C.PAYOUT],
        "its money is in no payout yet: it is booked with the payout",
    )

    # A document counts as booked, and the books stay on an earlier content of it.
    REISSUE_ACCEPTED = "reissue.accepted", _SETTLEMENT, _NOBODY

    SUPPLEMENT = "reissue.supplement", _SETTLEMENT, _NOBODY
    """It is new, and what is in the books of an earlier content of it gets supplements, as a person said."""

    ARRIVED = "payout.arrived", _DOCUMENT, _NOBODY
    """A person said what of it reached the bank: what is in the books of it, and not sent, is made anew by that."""

    # A route books nothing, and what it has not sent is held.
    UNSTATED = "tax_regime.unstated", _DELIVERY, _PERSON, [_C.ANSWER]
    MISFIT = "tax_regime.misfit", _DELIVERY, _PERSON, [_C.ANSWER]
    SCHEME = "tax_regime.scheme", _DELIVERY, _PERSON, [_C.ANSWER]
    OPEN_DEPOSIT = "tax_regime.open_deposit", _DELIVERY, _PERSON, [_C.ANSWER]
    OPEN_ORDERS = "tax_regime.open_orders", _DELIVERY, _PERSON, [_C.ANSWER]

    # A voucher is held; one whose period is closed may also be parked.
    FACTS_UNAVAILABLE = "facts.unavailable", _DELIVERY, _NOBODY, [_C.LOOK]
    ACCOUNT_MISSING = "account.missing", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    ACCOUNT_ARCHIVED = "account.archived", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    ACCOUNT_TYPE = "account.type", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    TRACKING_MISSING = "tracking.missing", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    ACCOUNT_CURRENCY = "account.currency", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    TAX_CODE_MISSING = "tax_code.missing", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    TAX_CODE_RATE = "tax_code.rate", _DELIVERY, _PERSON, [_C.MAPPING]
    TAXED_JOURNAL = "tax_regime.journal", _DELIVERY, _PERSON
    RATE_MISSING = "rate.missing", _DELIVERY, _LEDGER, [_C.LOOK, _C.MAPPING]
    PERIOD_LOCKED = "period.locked", _DELIVERY, _LEDGER, [_C.LOOK, _C.RETRY]
    HOLD_BACK = "hold_back", _DELIVERY, _NOBODY, [_C.TIME]
    COVERAGE = "coverage.awaited", _DELIVERY, _NOBODY, [_C.READING]
    NOT_PAID = "payout.not_paid", _DELIVERY, _NOBODY, [_C.TIME]
    UNCLASSIFIED = (
        "unclassified",
        _DELIVERY,
        _PERSON,
        [_C.RELEASE],
        "it has lines nobody has classified: map them by a rule, or `bridge decide VOUCHER release`",
    )
    REVIEW = (
        "review",
        _DELIVERY,
        _PERSON,
        [_C.RELEASE, _C.PILOT],
        "its route says review: look at it with `bridge preview`, then `bridge decide VOUCHER release`",
    )

    PILOT_AWAITED = (
        "pilot.awaited",
        _DELIVERY,
        _PERSON,
        [_C.PILOT],
        "its route sends nothing by itself before a pilot is accepted: `bridge pilot ROUTE` shows what it would be",
    )

    # A voucher is parked, or in doubt while bridge asks the ledger.
    SAME_AMOUNT = "same_amount", _DELIVERY, _PERSON, [_C.RETRY]
    ALIKE = "restored.alike", _DELIVERY, _PERSON, [_C.RETRY, _C.ADOPT]
    ACCOUNT_INACTIVE = "account.inactive", _DELIVERY, _PERSON, [_C.RETRY, _C.MAPPING]
    NUMBER_TAKEN = "number.taken", _DELIVERY, _PERSON, [_C.RETRY]
    DELETED = "ledger.deleted", _DELIVERY, _PERSON, [_C.RETRY]
    NEVER_LANDS = "delivery.never_lands", _DELIVERY, _PERSON, [_C.RETRY]
    INTERRUPTED = "delivery.interrupted", _DELIVERY, _NOBODY

    # A voucher is withdrawn: by a person while it was held or owed, parked or in the ledger; or by bridge.
    WITHDRAWN = "withdrawn", _DELIVERY, _PERSON, [_C.BOOK_AGAIN]
    WITHDRAWN_PARKED = "delivery.withdrawn", _DELIVERY, _PERSON, [_C.BOOK_AGAIN]
    UNDONE = "delivery.undone", _DELIVERY, _PERSON, [_C.BOOK_AGAIN]
    PAYOUT_FAILED = "payout.failed", _DELIVERY, _NOBODY
    NO_BANK_LEG = "bank_leg.none", _DELIVERY, _NOBODY, (), "its route books no bank leg any more: code the bank line"
    REPLACED = "replaced", _DELIVERY, _NOBODY, (), "booked anew by newer facts, rules or accounts"
    PLANNED_ANEW = "planned.anew", _DELIVERY, _NOBODY, (), "its entry is now fewer vouchers"


_BY_CODE: Final = {str(row): row for row in Reason}


def reasons(*of: Subject, who: Collection[Who] = tuple(Who), cures: Collection[Cure] = ()) -> frozenset[Reason]:
    """Those beside one of these subjects, for one of these to act on, that one of these cures ends; else of any."""
    return frozenset(
        row
        for row in Reason
        if (not of or row.of in of) and row.who in who and (not cures or not row.cures.isdisjoint(cures))
    )


def unbalanced(kind: DocumentKind) -> Reason:
    """Why a document of that kind is held whose lines do not add up to its total."""
    return _BY_CODE[f"{kind}.unbalanced"]


def reissued(kind: DocumentKind) -> Reason:
    """Why a settlement or a payout is held of which another content is booked."""
    return _BY_CODE[f"{kind}.reissued"]


PATIENT: Final = reasons(who=[Who.NOBODY])
"""Nobody has to do anything about it; why a ledger is silent is told by whoever asked it."""
PASSED_OVER: Final = reasons(Subject.IMPORT)
"""The channel has told better of that document."""
REISSUED: Final = frozenset(map(reissued, PAYING))
ORDERS_THAT_WAIT: Final = reasons(Subject.ORDER, who=[Who.NOBODY])
"""An order, or what belongs to one, rightly waits: for its buyer to pay, or for the payout that it is booked with."""
ORDERS_LOOKED_AT_AGAIN: Final = reasons(Subject.ORDER, cures=[Cure.PAYOUT, Cure.ANSWER])
"""A later run may book it although its content is the same."""
SETTLEMENTS_ASKED_ABOUT: Final = reasons(Subject.SETTLEMENT, cures=[Cure.ANSWER])
"""A settlement waits until its route, its rules or a new regime says how its tax is meant."""
TAX_QUESTIONS: Final = reasons(Subject.DELIVERY, cures=[Cure.ANSWER])
"""Its route books nothing until a person says by which regime."""
OF_THE_LEDGER: Final = reasons(Subject.DELIVERY, cures=[Cure.LOOK])
"""A new look at the ledger may end it."""
OF_NO_LEDGER: Final = reasons(Subject.DELIVERY, cures=[Cure.TIME, Cure.READING, Cure.RELEASE, Cure.PILOT])
"""No look at the ledger ends what is held so; what is held for any other reason lacks something there, or may."""
OF_TIME: Final = reasons(Subject.DELIVERY, cures=[Cure.TIME, Cure.READING])
"""A voucher rightly waits: for its payout, or for what may still come for its day."""
RELEASABLE: Final = reasons(Subject.DELIVERY, cures=[Cure.RELEASE])
OF_A_PILOT: Final = reasons(Subject.DELIVERY, cures=[Cure.PILOT])
"""Nothing but a person's word keeps it back: a pilot may send it."""
BY_PERSON: Final = reasons(Subject.DELIVERY, cures=[Cure.BOOK_AGAIN])
"""A person withdrew it: while it was held or owed, after it was parked, or out of the ledger."""
