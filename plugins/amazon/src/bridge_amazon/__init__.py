"""Amazon: a source that reads settlement reports, as a seller downloads them or as Amazon is asked for them."""

from __future__ import annotations

from bridge.plugin import SourceRegister, hookimpl
from bridge_amazon.offer import offer


@hookimpl
def bridge_register_sources(register: SourceRegister) -> None:
    """Offer Amazon."""
    register.add(offer())
