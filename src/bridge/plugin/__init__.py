"""The contract: all that a plugin's author reads.

A plugin offers sources and sinks when it is loaded, through the hooks in ``hookspecs``; the work then goes through the
typed protocols ``Source`` and ``Sink``. Authors import this room, ``model``, ``transport``, ``sandbox``,
``errors``, ``clock``, ``ids`` and ``log``; never another plugin.
"""

from bridge.plugin.hookspecs import SinkRegister, SourceRegister, hookimpl
from bridge.plugin.offer import (
    AppSettings,
    ConnectionSettings,
    Context,
    KnownOrder,
    OAuth2,
    SinkOffer,
    SourceContext,
    SourceOffer,
)
from bridge.plugin.rounding import residual, tax_inside
from bridge.plugin.sink import NO_REFS, Absent, LookUp, Observation, Present, Sink, SinkCapabilities, Unknown
from bridge.plugin.source import (
    DocumentCheck,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    FileType,
    FileUse,
    Source,
    SourceCapabilities,
    SourceFile,
)

__all__ = [
    "NO_REFS",
    "Absent",
    "AppSettings",
    "ConnectionSettings",
    "Context",
    "DocumentCheck",
    "DocumentEnd",
    "DocumentLines",
    "DocumentStart",
    "FilePart",
    "FileType",
    "FileUse",
    "KnownOrder",
    "LookUp",
    "OAuth2",
    "Observation",
    "Present",
    "Sink",
    "SinkCapabilities",
    "SinkOffer",
    "SinkRegister",
    "Source",
    "SourceCapabilities",
    "SourceContext",
    "SourceFile",
    "SourceOffer",
    "SourceRegister",
    "Unknown",
    "hookimpl",
    "residual",
    "tax_inside",
]
