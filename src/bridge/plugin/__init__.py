"""The contract: all that a plugin's author reads.

A plugin offers sources and sinks when it is loaded, through the hooks in ``hookspecs``; the work then goes through the
typed protocols ``Source`` and ``Sink``. Authors import this room, ``model``, ``transport``, ``sandbox``,
``errors``, ``clock``, ``ids`` and ``log``; never another plugin.
"""

from bridge.model.budgets import Limit
from bridge.plugin.hookspecs import SinkRegister, SourceRegister, hookimpl
from bridge.plugin.lookup import Unknown
from bridge.plugin.offer import (
    App,
    AppSettings,
    ConnectionSettings,
    Context,
    OAuth2,
    Own,
    SinkOffer,
    SourceOffer,
)
from bridge.plugin.pull import (
    MAX_PAGE_BYTES,
    Count,
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
from bridge.plugin.rounding import residual, tax_inside
from bridge.plugin.sink import (
    NO_REFS,
    Absent,
    Cure,
    LookUp,
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
from bridge.plugin.streams import Stream, WindowOf

__all__ = [
    "MAX_PAGE_BYTES",
    "NO_REFS",
    "Absent",
    "App",
    "AppSettings",
    "Concern",
    "ConcernKind",
    "ConnectionSettings",
    "Context",
    "Count",
    "Cure",
    "DocumentCheck",
    "DocumentEnd",
    "DocumentLines",
    "DocumentStart",
    "FileNotes",
    "FilePart",
    "FileType",
    "FileUse",
    "Gone",
    "Limit",
    "LookUp",
    "OAuth2",
    "Observation",
    "OrderSource",
    "Own",
    "OwnerEnd",
    "OwnerStart",
    "Page",
    "PagePart",
    "PlanRequest",
    "Present",
    "PulledSource",
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
    "Unknown",
    "Wait",
    "Want",
    "WindowOf",
    "give_back",
    "hookimpl",
    "residual",
    "tax_inside",
]
