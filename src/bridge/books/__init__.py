"""Documents into entries and owed vouchers.

``Books`` runs a route: it books each new document once, in one unit of work, into journal entries whose postings
name the lines they sum; it plans their vouchers, and looks again at those that wait. ``activate`` puts rules in
force. How lines become entries is ``engine``; ``choose`` (rules), ``liability`` (whose tax it is), ``planning`` (may
it be sent) and ``paid`` decide, and are pure.
"""

from bridge.books.arriving import ForeseenArrival, Paid, check_sure
from bridge.books.beside.first_day import check_automatic
from bridge.books.beside.opening import Item, Opening, Untold, Way
from bridge.books.masters import MasterResult, Masters
from bridge.books.needs import Needs
from bridge.books.outcome import BookRun, DocumentOutcome, Foreseen, Result
from bridge.books.planning.withdrawal import is_taken_back
from bridge.books.rules.defaults import default_rules
from bridge.books.rules.rulebook import activate
from bridge.books.service import Books, looks_again
from bridge.books.waiting.decisions import Meant, Told, offered
from bridge.books.waiting.pilots import Pick, Pilot, Sample, samples
from bridge.books.waiting.saying import LONGEST_ACCEPTANCE
from bridge.books.waiting.seen import check_seen, document_as_seen, finding_as_seen, voucher_as_seen

__all__ = [
    "LONGEST_ACCEPTANCE",
    "BookRun",
    "Books",
    "DocumentOutcome",
    "Foreseen",
    "ForeseenArrival",
    "Item",
    "MasterResult",
    "Masters",
    "Meant",
    "Needs",
    "Opening",
    "Paid",
    "Pick",
    "Pilot",
    "Result",
    "Sample",
    "Told",
    "Untold",
    "Way",
    "activate",
    "check_automatic",
    "check_seen",
    "check_sure",
    "default_rules",
    "document_as_seen",
    "finding_as_seen",
    "is_taken_back",
    "looks_again",
    "offered",
    "samples",
    "voucher_as_seen",
]
