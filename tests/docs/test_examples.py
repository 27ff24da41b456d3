"""What the pages show is what happens."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bridge.host.declarations import read_declarations
from bridge.settings import load_settings
from tests.docs.console import carry_out, commands, matches
from tests.docs.pages import Block, Page, page, pages, runnable

SETTINGS_TABLES = {"bridge", "plugins", "connections", "routes", "rules"}


@pytest.mark.parametrize("shown", runnable(), ids=lambda shown: shown.path.stem)
def test_console_examples_print_what_the_page_says(shown: Page, tmp_path: Path, postgres_url: str) -> None:
    wrong = [step for step in carry_out(shown, tmp_path, postgres_url) if not step.holds]

    told = [
        f"{shown.name}:{step.line}: $ {step.command}\n{step.expected}\n--- printed\n{step.printed}" for step in wrong
    ]
    assert not told, "\n\n".join(told)


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{each.path.stem}:{block.line}")
        for each in pages()
        for block in each.blocks()
        if block.language == "toml" and SETTINGS_TABLES & tomllib.loads(block.text).keys()
    ],
)
def test_settings_shown_are_settings_that_bridge_reads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    text = block.text if _is_whole(block.text) else _tutorial() + block.text
    file.write_text(text.replace("sealing_key_file", "# sealing_key_file"), encoding="utf-8")

    load_settings(file, {})
    read_declarations(file)


def _is_whole(text: str) -> bool:
    """Whether an example stands for itself; one that adds to a route needs the route."""
    return all("source" in route for route in tomllib.loads(text).get("routes", {}).values())


def _tutorial() -> str:
    return next(
        block.text for block in page("docs/tutorials/first-connection.md").blocks() if block.name == "bridge.toml"
    )


def test_every_toml_example_is_toml() -> None:
    for each in pages():
        for block in each.blocks():
            if block.language == "toml":
                tomllib.loads(block.text)


def test_every_tutorial_and_how_to_shows_something_that_runs() -> None:
    idle = [each.name for each in runnable() if not any(block.language == "console" for block in each.blocks())]
    assert not idle


@pytest.mark.parametrize(
    ("expected", "printed", "is_same"),
    [
        ("a  b", "a b  \n", True),
        ("a\n...\nz", "a\nb\nc\nz", True),
        ("a ... z", "a b c z", True),
        ("a ... z", "a b c y", False),
        ("x ┃ y\n━━╇━━", "x   ┃ y\n━━━━━╇━━━━━", True),
        ("a", "a\nb", False),
    ],
)
def test_output_is_compared_but_for_blanks_and_dots(expected: str, printed: str, is_same: bool) -> None:
    assert matches(expected, printed) is is_same


def test_commands_of_a_block_come_with_what_they_print() -> None:
    assert list(commands("$ one\nsays\nthis\n$ two\n$ three \\\n  more\n")) == [
        ("one", "says\nthis\n"),
        ("two", ""),
        ("three    more", ""),
    ]
