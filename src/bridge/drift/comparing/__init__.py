"""Names what differs between what we told the ledger and what it says: of our objects, of strangers, and in sums.

``reading`` reads for the pure files: ``classify`` and ``ours`` (what happened to our objects), ``strangers`` (what
others put there), ``revenue`` (whether that is a sale of ours again), ``stake`` (the amount that matters),
``unfinished`` (what never arrived, and what rightly waits), ``deposits`` (what paid a payout's open document),
``tieout`` (each settlement, payout and day three ways), ``coded`` (the bank's lines of payouts that went elsewhere),
``confirming`` (the channel's own reports beside all that), ``unread`` (what the ledger does not let bridge read),
``retyped`` (accounts that became of another kind).
"""

from bridge.drift.comparing.coded import coded_elsewhere
from bridge.drift.comparing.confirming import REPORT_DIFFERS, Confirmation, confirm, differing
from bridge.drift.comparing.deposits import Deposit, deposits, of_deposits
from bridge.drift.comparing.reading import ON_THE_WAY, changes, others_in, unbooked, unmatched
from bridge.drift.comparing.retyped import retyped
from bridge.drift.comparing.strangers import BankLine, Double, Nature, Stranger, Unanswered
from bridge.drift.comparing.tieout import Tie, TieKind, booked_of_payouts, tie_out
from bridge.drift.comparing.unfinished import Waiting, not_delivered, taken_back, waiting
from bridge.drift.comparing.unread import unread

__all__ = [
    "ON_THE_WAY",
    "REPORT_DIFFERS",
    "BankLine",
    "Confirmation",
    "Deposit",
    "Double",
    "Nature",
    "Stranger",
    "Tie",
    "TieKind",
    "Unanswered",
    "Waiting",
    "booked_of_payouts",
    "changes",
    "coded_elsewhere",
    "confirm",
    "deposits",
    "differing",
    "not_delivered",
    "of_deposits",
    "others_in",
    "retyped",
    "taken_back",
    "tie_out",
    "unbooked",
    "unmatched",
    "unread",
    "waiting",
]
