"""The contract: all that a plugin's author reads.

A plugin offers sources and sinks when it is loaded, through the hooks in ``hookspecs``; the work then goes through the
typed protocols ``Source`` and ``Sink``. Authors import this room, ``model``, ``transport``, ``sandbox``,
``errors``, ``clock``, ``ids`` and ``log``; never another plugin.
"""

from bridge.model.budgets import Limit
from bridge.model.connections import TenderClass
from bridge.model.pending import Pending
from bridge.model.tenders import Tender
from bridge.plugin.access import Access, Goes, Key, Question, Way
from bridge.plugin.hookspecs import SinkRegister, SourceRegister, hookimpl
from bridge.plugin.lookup import Unknown
from bridge.plugin.masters import CreatingSink, Made, Master
from bridge.plugin.notices import NoticeTopic, Signing, signature
from bridge.plugin.offer import Context, LedgerContext, OAuth2, SinkOffer, SourceOffer
from bridge.plugin.pull import (
    MAX_PAGE_BYTES,
    AnyPage,
    Count,
    FilePage,
    Gone,
    OwnerEnd,
    OwnerStart,
    Page,
    PagePart,
    PulledSource,
    Wait,
    Want,
)
from bridge.plugin.refunds import TaxedAmount, give_back
from bridge.plugin.reporting import BalanceSource, NotifyingSource, ReportingSource
from bridge.plugin.rounding import residual, tax_inside
from bridge.plugin.settings import App, AppSettings, BaseUrl, ConnectionSettings, Own, base_url, hosts_of
from bridge.plugin.sink import (
    NO_REFS,
    NO_TRACKING,
    Absent,
    BankFeed,
    Changes,
    ChangingSink,
    Cure,
    LookUp,
    MasterKind,
    Observation,
    PlanRequest,
    Present,
    Sink,
    SinkCapabilities,
)
from bridge.plugin.source import (
    Concern,
    ConcernKind,
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FileNotes,
    FilePart,
    FileType,
    FileUse,
    OrderSource,
    Source,
    SourceCapabilities,
    SourceFile,
    StandIn,
)
from bridge.plugin.streams import ChannelReport, Stream, WindowOf

__all__ = [
    "MAX_PAGE_BYTES",
    "NO_REFS",
    "NO_TRACKING",
    "Absent",
    "Access",
    "AnyPage",
    "App",
    "AppSettings",
    "BalanceSource",
    "BankFeed",
    "BaseUrl",
    "Changes",
    "ChangingSink",
    "ChannelReport",
    "Concern",
    "ConcernKind",
    "ConnectionSettings",
    "Context",
    "Count",
    "CreatingSink",
    "Cure",
    "DocumentCheck",
    "DocumentEnd",
    "DocumentLines",
    "DocumentStart",
    "FileNotes",
    "FilePage",
    "FilePart",
    "FileType",
    "FileUse",
    "Goes",
    "Gone",
    "Key",
    "LedgerContext",
    "Limit",
    "LookUp",
    "Made",
    "Master",
    "MasterKind",
    "NoticeTopic",
    "NotifyingSource",
    "OAuth2",
    "Observation",
    "OrderSource",
    "Own",
    "OwnerEnd",
    "OwnerStart",
    "Page",
    "PagePart",
    "Pending",
    "PlanRequest",
    "Present",
    "PulledSource",
    "Question",
    "ReportingSource",
    "Signing",
    "Sink",
    "SinkCapabilities",
    "SinkOffer",
    "SinkRegister",
    "Source",
    "SourceCapabilities",
    "SourceFile",
    "SourceOffer",
    "SourceRegister",
    "StandIn",
    "Stream",
    "TaxedAmount",
    "Tender",
    "TenderClass",
    "Unknown",
    "Wait",
    "Want",
    "Way",
    "WindowOf",
    "base_url",
    "give_back",
    "hookimpl",
    "hosts_of",
    "residual",
    "signature",
    "tax_inside",
]
