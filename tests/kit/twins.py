"""Runs a kit without pytest's own collection: which of its checks fail."""

from __future__ import annotations

import pytest

from bridge.testing import PulledConformance, SinkConformance, SourceConformance

Kit = SourceConformance | PulledConformance | SinkConformance


def checks(kit: type[Kit]) -> frozenset[str]:
    """The names of the checks that pytest would collect."""
    return frozenset(name for name in dir(kit) if name.startswith("test_") and callable(getattr(kit, name)))


def failing(kit: type[Kit]) -> set[str]:
    """The checks that fail. Raises: whatever a check raises that is no verdict."""
    return {name for name in checks(kit) if _fails(kit, name)}


def _fails(kit: type[Kit], name: str) -> bool:
    try:
        getattr(kit(), name)()
    except pytest.fail.Exception:
        return True
    return False
