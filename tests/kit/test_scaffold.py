"""`bridge plugins new`: what it writes is sound as it stands, and it overwrites nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.cli.template import FORMATS, Scaffold
from bridge.errors import ConfigError


def new(folder: Path, *arguments: str) -> int:
    """Carry the command out. Returns its exit code. Raises: what it raises."""
    done = CliRunner().invoke(cli, ["plugins", "new", *arguments, "--folder", str(folder)], standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    code: int = done.return_value
    return code


def test_what_is_written_needs_no_mending(tmp_path: Path) -> None:
    """Formatted, linted and typed as strictly as its own settings say."""
    ruff = str(Path(sys.executable).with_name("ruff"))
    tools = [
        [ruff, "format", "--check", "--no-cache", "."],
        [ruff, "check", "--no-cache", "."],
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "mypy")],
    ]
    for file_format in FORMATS:
        folder = tmp_path / file_format
        assert new(folder, "corner_shop", "--format", file_format) == 0
        for tool in tools:
            done = subprocess.run(tool, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["", "Acme", "acme-shop", "1acme", "acme__shop", "_acme", "acmé", "a" * 41, "../acme"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        new(tmp_path / "made", name)

    assert refused.value.code == "plugins.name"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("name", ["amazon", "quickbooks"])
def test_a_name_that_is_installed_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        new(tmp_path / "made", name)

    assert refused.value.code == "plugins.taken"


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError) as refused:
        new(tmp_path, "acme")

    assert refused.value.code == "plugins.exists"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError) as refused:
        new(tmp_path / "file" / "made", "acme")

    assert refused.value.code == "output.unwritable"


@pytest.mark.parametrize(
    ("name", "prefix", "distribution"),
    [("acme", "ACM", "bridge-acme"), ("x2", "XXX", "bridge-x2"), ("corner_shop", "COR", "bridge-corner-shop")],
)
def test_names_follow_from_the_channels(name: str, prefix: str, distribution: str) -> None:
    scaffold = Scaffold(name)

    assert (scaffold.prefix, scaffold.distribution) == (prefix, distribution)
