"""What waits is listed; what lies before a route's first day is history, and is listed when it is asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bridge.cli.held import held
from tests.growth.past import Past


def test_history_before_the_first_day_is_told_in_a_line_and_listed_when_asked_for(
    tmp_path: Path, migrated_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(migrated_file, tmp_path / "bridge.sqlite")
    past = Past(f"sqlite:///{tmp_path}/bridge.sqlite", tmp_path, 10)

    past.command(held)
    told = capsys.readouterr().out
    past.command(held, "--all")
    listed = capsys.readouterr().out
    past.command(held, "--json")
    waiting = json.loads(capsys.readouterr().out)
    past.command(held, "--all", "--json")
    everything = json.loads(capsys.readouterr().out)

    assert told.splitlines()[0] == "Nothing waits."
    assert "bridge held --all" in told
    assert listed.count("before_first_day") == 2
    assert "--all" not in listed
    assert waiting["documents"] == []
    assert {one["reason"] for one in everything["documents"]} == {"before_first_day"}
