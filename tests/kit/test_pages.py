"""The contract's page tells all that the kit asks for, and all that may be left out."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from bridge.cli.template import FORMATS, Scaffold
from bridge.testing import PulledConformance, SinkConformance, SourceConformance
from tests.docs.pages import page, rows
from tests.kit.twins import Kit, checks

CONTRACT = page("docs/reference/contract.md")
TUTORIAL = page("docs/tutorials/write-a-plugin.md")
TABLES = [*rows(CONTRACT.section("Names")), *rows(CONTRACT.section("Reading kit"))]
NAMES = [(row[0], name) for row in TABLES for name in re.split(r", (?=[A-Z])", row[1])]
TOLD = {row[0] for row in rows(CONTRACT.section("The kit"))}
KITS: tuple[type[Kit], ...] = (SourceConformance, PulledConformance, SinkConformance)
ATTRIBUTES = {"module", "account", "stand_in"}
GIVEN_BY_THE_KIT = {
    "source",
    "readings",
    "documents",
    "outcome",
    "read",
    "bench",
    "plugin",
    "refusals",
}
GIVEN_BY_THE_KIT |= {"plan", "account", "planned", "settled", "sent", "asked", "app_settings", "connection_settings"}


def hooks(kit: type[Kit]) -> set[str]:
    """What an author gives to a kit."""
    public = {name for name in dir(kit) if not name.startswith(("_", "test_")) and callable(getattr(kit, name))}
    return public - GIVEN_BY_THE_KIT - {"register"}


def left_out(kit: type[Kit]) -> set[str]:
    return {what for name in checks(kit) for what in getattr(getattr(kit, name), "__conformance_needs__", ())}


def test_every_hook_of_the_kit_is_told() -> None:
    assert set().union(*map(hooks, KITS)) | ATTRIBUTES <= TOLD


def test_everything_that_may_be_left_out_is_told_and_nothing_else() -> None:
    may = set().union(*map(left_out, KITS))

    assert may.union(*map(hooks, KITS)) | ATTRIBUTES == TOLD


@pytest.mark.parametrize(("module", "told"), NAMES, ids=lambda value: value)
def test_names_that_authors_import_are_there_with_their_parameters(module: str, told: str) -> None:
    name, _, parameters = told.rstrip(")").partition("(")
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)

    if parameters:
        assert callable(found)
        wanted = [word.lstrip("*") for word in parameters.split(", ") if word != "*"]
        assert wanted == list(inspect.signature(found).parameters)


def test_every_name_that_a_scaffold_imports_is_told() -> None:
    known = {name.partition("(")[0] for _, name in NAMES} | set(CONTRACT.code())
    known |= set(CONTRACT.headings())
    written = "\n".join(text for each in FORMATS for _, text in Scaffold("acme", each).files())
    imported = re.findall(r"^from bridge(?:\.[\w.]+)? import (?:(\w.*)$|\(([^)]+)\))", written, re.MULTILINE)

    assert set(re.findall(r"\w+", " ".join(map(" ".join, imported)))) - known == set()


def test_code_that_the_tutorial_shows_is_the_scaffolds() -> None:
    written = "\n".join(text for _, text in Scaffold("corner", "json").files())
    python = [block for block in TUTORIAL.blocks() if block.language == "python"]
    shown = [block.text for block in python if not block.name]  # what has a name is a file that readers add

    assert shown
    assert [text for text in shown if text not in written] == []
