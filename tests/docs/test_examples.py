"""What the pages show is what happens."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.host.declarations import read_declarations
from bridge.settings import load_settings
from tests.docs.console import Session, commands, matches
from tests.docs.pages import Block, Page, page, pages, runnable
from tests.docs.reader import home
from tests.docs.shops import open_shop

SETTINGS_TABLES = {"bridge", "plugins", "connections", "routes", "rules"}


TUTORIALS = ("tutorials/first-connection", "tutorials/write-a-plugin")
IN_A_ROW = {
    "both tutorials and the shops": (*TUTORIALS, "how-to/connect-a-shop", "how-to/connect-xero"),
    "the first tutorial and a shop": (TUTORIALS[0], "how-to/connect-a-shop"),
    "Xero alone": ("how-to/connect-xero",),
}


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for pages that install nothing."""
    with home(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture
def ask_postgres(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Gives an empty database to the page that wants one."""
    return lambda: str(request.getfixturevalue("postgres_url"))


def untrue(shown: Iterable[Page], home: Path, ask_postgres: Callable[[], str]) -> list[str]:
    """Read pages one after the other at a home; what they say that is not so."""
    with open_shop() as shop, closing(Session(home, shop, ask_postgres)) as session:
        return [
            f"{each.name}:{step.line}: $ {step.command}\n{step.expected}\n--- printed\n{step.printed}"
            for each in shown
            for step in session.read(each)
            if not step.holds
        ]


@pytest.mark.parametrize(
    "shown",
    [
        each
        for each in runnable()
        if not any(each.path.match(f"{name}.md") for row in IN_A_ROW.values() for name in row)
    ],
    ids=lambda shown: shown.path.stem,
)
def test_console_examples_print_what_the_page_says(
    shown: Page, shared_home: Path, ask_postgres: Callable[[], str]
) -> None:
    wrong = untrue([shown], shared_home, ask_postgres)

    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize("names", IN_A_ROW.values(), ids=list(IN_A_ROW))
def test_a_new_reader_who_follows_pages_in_a_row_sees_what_they_say(
    names: tuple[str, ...], tmp_path: Path, ask_postgres: Callable[[], str]
) -> None:
    """From an empty home, and nothing is made for the reader: the pages say all there is to do."""
    with home(tmp_path) as new_home:
        wrong = untrue([page(f"docs/{name}.md") for name in names], new_home, ask_postgres)

    assert not wrong, "\n\n".join(wrong)


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
    blocks = page("docs/tutorials/first-connection.md").blocks()
    return "".join(block.text for block in blocks if block.name.partition(" ")[0] == "bridge.toml")


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
    assert list(commands("$ runs\non\n^C\nStopped.\n")) == [("runs", "on\n"), ("^C", "Stopped.\n")]
