"""What comes from outside is shown by a terminal, and never obeyed."""

from __future__ import annotations

import json

import pytest
from rich.markup import escape

from bridge.cli.output import say, show_error, show_json, show_table
from bridge.errors import ConfigError
from bridge.model.words import OBEYED

HOSTILE = "Acme\x1b[2J\x9b31m\x07\u202e[red]\nok  all is well"


def test_a_name_moves_no_cursor_turns_no_text_and_colours_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    say(escape(HOSTILE))
    show_table("", ("name",), [(HOSTILE,)])
    show_error(ConfigError(HOSTILE, HOSTILE, HOSTILE, code="config.x"))
    shown = capsys.readouterr()
    printed = shown.out + shown.err

    assert not set(printed) & {"\x1b", "\x9b", "\x07", "\u202e"}
    assert printed.count("Acme") == printed.count("[red]") == 5


def test_json_holds_what_was_said_and_shows_none_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_json({"name": HOSTILE})
    printed = capsys.readouterr().out
    assert not OBEYED & set(printed)
    assert json.loads(printed) == {"name": HOSTILE}


def test_an_error_stays_on_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    show_error(ConfigError(HOSTILE, HOSTILE, "Do\r\nthat", code="config.x"))

    assert len(capsys.readouterr().err.splitlines()) == 2
