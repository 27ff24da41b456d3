"""Amazon: a source that reads the settlement reports a seller can download."""

from __future__ import annotations

from bridge.plugin import SourceRegister, hookimpl
from bridge_amazon.source import offer


@hookimpl
def bridge_register_sources(register: SourceRegister) -> None:
    """Offer Amazon."""
    register.add(offer())
