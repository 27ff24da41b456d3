"""What a person sees, as read models: the command line prints them, and pages will show them.

``Views`` has them all; each is one value, read in one snapshot of the store, and asks for what it shows. Nothing here
writes, or asks a channel; a preview asks a ledger, through the books, where something waits for it.
"""

from bridge.desk.access import Access
from bridge.desk.answers import Answer, Verdict
from bridge.desk.audit import LogEntry
from bridge.desk.board import Board, BoardRow, Cause, Place, Risk, board
from bridge.desk.cards import RouteCard
from bridge.desk.checking import COMPANY, TAX, Checked, LedgerBooks
from bridge.desk.choosing import PAGE, Paged, Wanted, paged, sums
from bridge.desk.completeness import AccessEnd, Standing, StreamStatus
from bridge.desk.duties import DutyCard, Workers
from bridge.desk.everything import Files
from bridge.desk.explain import Explanation, PostingExplanation
from bridge.desk.export import Export
from bridge.desk.figures import Figures
from bridge.desk.held import Held
from bridge.desk.monday import RouteView, Waits
from bridge.desk.month import Month
from bridge.desk.new_route import FIRST_DAY, Terms, calendar
from bridge.desk.preview import Preview, PreviewPage
from bridge.desk.profit import Profit
from bridge.desk.rehearsal import Rehearsal, check_is_kept_back, is_kept_back
from bridge.desk.reviews import FindingCard, Reviewed
from bridge.desk.service import Views
from bridge.desk.shown import LineTax
from bridge.desk.siblings import Siblings
from bridge.desk.sources import Completeness, LedgerAccess, NoticeStatus, SourceStatus
from bridge.desk.waits import Waiting, Waitlist
from bridge.desk.week import Usual, Week
from bridge.desk.wording import document_name, voucher_name

__all__ = [
    "COMPANY",
    "FIRST_DAY",
    "PAGE",
    "TAX",
    "Access",
    "AccessEnd",
    "Answer",
    "Board",
    "BoardRow",
    "Cause",
    "Checked",
    "Completeness",
    "DutyCard",
    "Explanation",
    "Export",
    "Figures",
    "Files",
    "FindingCard",
    "Held",
    "LedgerAccess",
    "LedgerBooks",
    "LineTax",
    "LogEntry",
    "Month",
    "NoticeStatus",
    "Paged",
    "Place",
    "PostingExplanation",
    "Preview",
    "PreviewPage",
    "Profit",
    "Rehearsal",
    "Reviewed",
    "Risk",
    "RouteCard",
    "RouteView",
    "Siblings",
    "SourceStatus",
    "Standing",
    "StreamStatus",
    "Terms",
    "Usual",
    "Verdict",
    "Views",
    "Waiting",
    "Waitlist",
    "Waits",
    "Wanted",
    "Week",
    "Workers",
    "board",
    "calendar",
    "check_is_kept_back",
    "document_name",
    "is_kept_back",
    "paged",
    "sums",
    "voucher_name",
]
