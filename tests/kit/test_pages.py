"""The contract's page tells all that the kit asks for, and all that may be left out."""

from __future__ import annotations

from bridge.testing import SinkConformance, SourceConformance
from tests.docs.pages import page, rows
from tests.kit.twins import Kit, checks

TOLD = {row[0] for row in rows(page("docs/reference/contract.md").section("The kit"))}
ATTRIBUTES = {"module", "account"}
GIVEN_BY_THE_KIT = {"source", "readings", "documents", "outcome", "read", "bench", "plugin", "refusals", "knowing_nothing"}
GIVEN_BY_THE_KIT |= {"plan", "account", "planned", "settled", "sent", "app_settings", "connection_settings"}


def hooks(kit: type[Kit]) -> set[str]:
    """What an author gives to a kit."""
    public = {name for name in dir(kit) if not name.startswith(("_", "test_")) and callable(getattr(kit, name))}
    return public - GIVEN_BY_THE_KIT - {"register"}


def left_out(kit: type[Kit]) -> set[str]:
    return {what for name in checks(kit) for what in getattr(getattr(kit, name), "__conformance_needs__", ())}


def test_every_hook_of_the_kit_is_told() -> None:
    assert hooks(SourceConformance) | hooks(SinkConformance) | ATTRIBUTES <= TOLD


def test_everything_that_may_be_left_out_is_told_and_nothing_else() -> None:
    may = left_out(SourceConformance) | left_out(SinkConformance)

    assert may | hooks(SourceConformance) | hooks(SinkConformance) | ATTRIBUTES == TOLD
