"""The contract: all that a plugin's author reads.

A plugin offers sources and sinks at start, through the hooks in ``hookspecs``; the work then goes through the
typed protocols ``Source`` and ``Sink``. Authors import this room, ``model``, ``transport``, ``sandbox``,
``errors``, ``clock``, ``ids`` and ``log``; never another plugin.
"""

from bridge.plugin.hookspecs import SinkRegister, SourceRegister, hookimpl
from bridge.plugin.offer import (
    AppSettings,
    ConnectionSettings,
    Context,
    OAuth2,
    SinkOffer,
    SourceOffer,
)
from bridge.plugin.sink import Absent, LookUp, Observation, Present, Sink, SinkCapabilities, Unknown
from bridge.plugin.source import (
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    Source,
    SourceCapabilities,
    SourceFile,
)

__all__ = [
    "Absent",
    "AppSettings",
    "ConnectionSettings",
    "Context",
    "DocumentEnd",
    "DocumentLines",
    "DocumentStart",
    "FilePart",
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
    "SourceFile",
    "SourceOffer",
    "SourceRegister",
    "Unknown",
    "hookimpl",
]
