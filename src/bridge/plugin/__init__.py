"""The contract: all that a plugin's author reads.

A plugin offers sources and sinks when it is loaded, through the hooks in ``hookspecs``; the work then goes through the
typed protocols ``Source`` and ``Sink``. Authors import this room, ``model``, ``transport``, ``sandbox``,
``errors``, ``clock``, ``ids`` and ``log``; never another plugin.
"""

from bridge.model.budgets import Limit
from bridge.plugin.hookspecs import SinkRegister, SourceRegister, hookimpl
from bridge.plugin.offer import (
    AppSettings,
    ConnectionSettings,
    Context,
    OAuth2,
    SinkOffer,
    SourceOffer,
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
    Unknown,
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

__all__ = [
    "NO_REFS",
    "Absent",
    "AppSettings",
    "Concern",
    "ConcernKind",
    "ConnectionSettings",
    "Context",
    "Cure",
    "DocumentCheck",
    "DocumentEnd",
    "DocumentLines",
    "DocumentStart",
    "FileNotes",
    "FilePart",
    "FileType",
    "FileUse",
    "Limit",
    "LookUp",
    "OAuth2",
    "Observation",
    "OrderSource",
    "PlanRequest",
    "Present",
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
    "TaxedAmount",
    "Unknown",
    "give_back",
    "hookimpl",
    "residual",
    "tax_inside",
]
