"""The command line as the pages and the messages speak of it is the one there is."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

import click
import pytest

from bridge.cli.main import cli
from bridge.cli.output import Exit
from tests.docs.console import commands
from tests.docs.pages import Page, page, pages, rows
from tests.docs.source_codes import modules

REFERENCE = page("docs/reference/commands.md")
_OPTIONS = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")


def tree(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Every command with the words that call it."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if below := command.get_command(context, name):
                yield from tree(below, (*path, name))


COMMANDS = dict(tree(cli, ("bridge",)))


def options(command: click.Command) -> set[str]:
    return {name for each in command.params if isinstance(each, click.Option) for name in each.opts}


def test_every_command_has_its_heading_and_no_other() -> None:
    assert set(REFERENCE.headings(2)) - {"Exit codes"} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_stands_in_the_commands_table(name: str) -> None:
    told = rows(REFERENCE.section(name))

    assert {option for row in told for option in _OPTIONS.findall(row[0])} == options(COMMANDS[name])


@pytest.mark.parametrize("name", COMMANDS)
def test_defaults_are_told(name: str) -> None:
    told = {_OPTIONS.findall(row[0])[0]: row[1] for row in rows(REFERENCE.section(name))}

    for each in COMMANDS[name].params:
        if not isinstance(each, click.Option) or each.opts[0] not in told:
            continue
        if each.required:
            assert told[each.opts[0]] == "required"
        elif isinstance(each.show_default, str):
            assert told[each.opts[0]] == each.show_default
        elif each.show_default:
            assert told[each.opts[0]] == str(each.default)


def test_every_exit_code_is_told() -> None:
    told = {int(row[0]) for row in rows(REFERENCE.section("Exit codes"))}

    assert told == {*Exit, 130}


def said() -> Iterator[tuple[str, str]]:
    """Every call of bridge that a page or a message speaks of: where, and its words."""
    for each in pages():
        if "/decisions/" not in each.name:
            yield from _of_page(each)
    for path, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for call in re.findall(r"(?<!`)`(bridge [^`]+)`(?!`)", node.value):
                    yield f"{path.name}:{node.lineno}", call
            if isinstance(node, ast.JoinedStr):
                whole = "".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values)
                for call in re.findall(r"(?<!`)`(bridge [^`]+)`(?!`)", whole):
                    yield f"{path.name}:{node.lineno}", call


def _of_page(each: Page) -> Iterator[tuple[str, str]]:
    for block in each.blocks():
        if block.language == "console":
            for command, _ in commands(block.text):
                yield f"{each.name}:{block.line}", command.partition(" > ")[0]
    for call in each.code():
        yield each.name, call


def test_every_call_that_pages_and_messages_speak_of_exists() -> None:
    wrong = {
        f"{where}: {call}"
        for where, call in said()
        if call.startswith("bridge ") and "[" not in call and not _exists(call)
    }

    assert not wrong, "\n".join(sorted(wrong))


def _exists(call: str) -> bool:
    """Whether the words lead to a command, and its options are options."""
    words = shlex.split(call.partition(" # ")[0].replace("'...'", "X"))
    while len(words) > 3 and words[1] in ("--config", "--organisation", "--reason"):
        del words[1:3]
    command: click.Command = cli
    for word in words[1:]:
        if word.startswith("-"):
            continue
        if not isinstance(command, click.Group):
            if not any(
                isinstance(each, click.Argument | click.Option) and each.name != "as_json" for each in command.params
            ):
                return False
            break
        below = command.get_command(click.Context(command), word)
        if below is None:
            return word.isupper() or word == "..." or "|" in word
        command = below
    flags = {word.partition("=")[0] for word in words if word.startswith("-")}
    return flags <= options(command) | options(cli) | {"--help", "-vv"}
