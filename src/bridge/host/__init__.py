"""Finds plugins and keeps connections: loads each plugin alone, guards every call, seals what lets bridge in.

``load`` finds plugins and answers a ``Registry``; a ``Host`` over it is the ``desk.Desk`` by which services meet
sources and sinks. ``apply`` and ``declarations`` make the store match a settings file.
"""

from bridge.host.authorization import Started
from bridge.host.config import HostConfig, Limits
from bridge.host.host import Host, unconnected_source
from bridge.host.loader import load
from bridge.host.registry import Loaded, Registry

__all__ = ["Host", "HostConfig", "Limits", "Loaded", "Registry", "Started", "load", "unconnected_source"]
