"""What a command brings into memory: only what it uses. Told by modules, which no busy machine slows down."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bridge.cli.commands import COMMANDS
from bridge.cli.main import cli
from bridge.model.findings import InstructionKind
from bridge.work.deciding import ELSEWHERE

OF_PLUGINS = {"bridge_amazon", "bridge_quickbooks", "bridge_shopify", "bridge_woocommerce", "bridge_xero"}
OF_HTTP = {"requests", "authlib"}
OF_DATABASES = {"sqlalchemy", "alembic", "psycopg"}
OF_SETTINGS = {"pydantic", "pydantic_settings"}
OF_FAKES = {"starlette", "uvicorn"}
HEAVY = OF_PLUGINS | OF_HTTP | OF_DATABASES | OF_SETTINGS | {"cryptography", "jinja2", "structlog", "rich"}
# The program as it is installed; when it ends, the names of all modules.
_RUN = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=open({told!r}, 'w'))); "
_RUN += "from bridge.cli import main; sys.argv[1:] = {words!r}; main()"
ORDERS = Path(__file__).parents[2] / "plugins/woocommerce/tests/samples/us_exclusive/orders/all_dp6_oldest_first.json"
SETTINGS = """
[bridge]
database_url = "sqlite:///books.db"

[connections.shop]
plugin = "woocommerce"
account = "shop.example.com"

[connections.other]
plugin = "slow"
account = "other"
"""
LEDGERS = """
[bridge]
database_url = "sqlite:///books.db"
sealing_key_file = "sealing.key"
[plugins.quickbooks]
client_id = "c"
client_secret = "s"
[plugins.xero]
client_id = "c"
client_secret = "s"
[connections.shop]
plugin = "woocommerce"
account = "shop.example.com"
[connections.books-gb]
plugin = "xero"
account = "5a0dbe11-0000-4000-8000-000000000001"
[connections.books-us]
plugin = "quickbooks"
account = "9130000000000001"
[routes.gb]
source = "shop"
ledger = "books-gb"
time_zone = "Europe/London"
first_day = 2026-01-01
tax_regime = "vat_standard"
"""
SLOW = """
from pathlib import Path

(Path(__file__).parent / "loaded").touch()
raise ImportError("it was to be left alone")
"""


def modules(folder: Path, *words: str) -> set[str]:
    """The modules that were in memory when this command had ended, in a folder where it runs."""
    told = folder / "modules"
    done = subprocess.run(
        [sys.executable, "-c", _RUN.format(told=str(told), words=list(words))],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    return set(told.read_text(encoding="utf-8").split())


def tops(names: Sequence[str] | set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A merchant's folder, set up; and beside it a plugin that leaves a mark when it is loaded."""
    place = tmp_path_factory.mktemp("start")
    (place / "bridge_slow.py").write_text(SLOW, encoding="utf-8")
    info = place / "bridge_slow-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bridge-slow\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[bridge.plugins]\nslow = bridge_slow\n", encoding="utf-8")
    (place / "bridge.toml").write_text(SETTINGS.partition("[connections.other]")[0], encoding="utf-8")
    modules(place, "apply")
    return place


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["-h"]])
def test_help_needs_none_of_what_commands_need(tmp_path: Path, words: list[str]) -> None:
    found = modules(tmp_path, *words)

    assert not tops(found) & HEAVY
    assert len([name for name in found if name.startswith("bridge")]) < 10


def test_what_opens_no_database_loads_none(tmp_path: Path) -> None:
    assert not tops(modules(tmp_path, "init")) & (OF_PLUGINS | OF_HTTP | OF_DATABASES | OF_SETTINGS)
    assert not tops(modules(tmp_path, "plugins", "list")) & (OF_DATABASES | OF_FAKES | {"pydantic_settings", "jinja2"})
    found = modules(tmp_path, "inspect", "woocommerce", str(ORDERS))
    assert not tops(found) & (OF_DATABASES | OF_PLUGINS - {"bridge_woocommerce"} | {"jinja2"})


@pytest.mark.parametrize(
    "words",
    [["routes"], ["connections"], ["held"], ["audit", "verify"], ["books", "export"]],
    ids=lambda words: words[0],
)
def test_what_looks_into_the_books_loads_no_plugin_and_no_http(folder: Path, words: list[str]) -> None:
    found = modules(folder, *words)

    assert not tops(found) & (OF_PLUGINS | OF_HTTP | {"alembic", "psycopg", "jinja2", "bridge_slow"})


def test_a_slow_plugin_is_left_alone_by_what_does_not_use_it(folder: Path) -> None:
    """Not by what lists all plugins: that is what it is for."""
    (folder / "loaded").unlink(missing_ok=True)
    for words in (["sync"], ["inspect", "woocommerce", str(ORDERS)]):
        subprocess.run(
            [sys.executable, "-m", "bridge", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            check=False,
        )
    assert not (folder / "loaded").exists()

    modules(folder, "plugins", "list")
    assert (folder / "loaded").exists()


@pytest.mark.parametrize("plugin", ["bridge_quickbooks", "bridge_xero"])
def test_a_sink_brings_nothing_but_its_own_files_before_it_is_used(plugin: str) -> None:
    """Beside what plugins are written with: no vendor's library, which takes longer than all the rest."""
    asked = f"import sys, bridge.plugin, bridge.transport; known = set(sys.modules); import {plugin}; "
    asked += "print(*(set(sys.modules) - known))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)

    assert tops(set(done.stdout.split())) == {plugin, "bridge"}
    assert len(done.stdout.split()) < 60


def test_what_a_route_does_not_use_it_does_not_load(tmp_path: Path) -> None:
    """Two ledgers are connected, and nobody has let bridge into them: a preview loads neither."""
    modules(tmp_path, "init", ".")
    (tmp_path / "bridge.toml").write_text(LEDGERS, encoding="utf-8")
    modules(tmp_path, "apply")

    preview = modules(tmp_path, "preview", "gb")
    left = modules(tmp_path, "connections", "remove", "books-us")

    assert tops(preview) & OF_PLUGINS == {"bridge_woocommerce"}
    assert tops(left) & OF_PLUGINS == {"bridge_quickbooks"}
    assert not tops(preview | left) & {"quickbooks", "requests_oauthlib", "xero_python", "dateutil"}


def test_a_setting_that_no_plugin_knows_is_named_before_it_is_used(tmp_path: Path) -> None:
    modules(tmp_path, "init", ".")
    wrong = LEDGERS.replace("[plugins.quickbooks]\n", '[plugins.quickbooks]\nclient_idd = "c"\n')
    (tmp_path / "bridge.toml").write_text(wrong, encoding="utf-8")

    with pytest.raises(AssertionError, match=r"\[plugins.quickbooks\] client_idd"):
        modules(tmp_path, "apply")


def test_the_list_of_commands_says_a_whole_line_of_each_on_a_narrow_screen() -> None:
    told = CliRunner().invoke(cli, ["--help"], terminal_width=80).output
    context = click.Context(cli)

    assert "..." not in told.partition("To begin:")[2]
    for name, listed in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(listed.help)}$", told, re.MULTILINE), f"{name} is not on one line"
        assert cli.get_command(context, name) is not None


def test_each_decision_is_said_in_a_line_of_its_own() -> None:
    told = CliRunner().invoke(cli, ["decide", "--help"], terminal_width=80).output

    for decision in InstructionKind:
        if decision not in ELSEWHERE:
            assert re.search(rf"^    {decision} +\w", told, re.MULTILINE), f"{decision} is not said"


def test_a_plugin_without_its_fake_says_what_to_install(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "sandbox", "slow"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "Install bridge-slow[sandbox]" in done.stderr


def test_a_fake_without_what_serves_it_says_what_to_install(tmp_path: Path) -> None:
    """``starlette`` and ``uvicorn`` come with the extra alone; here is a machine that has neither."""
    for name in OF_FAKES:
        text = f"raise ModuleNotFoundError({name!r}, name={name!r})"
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bridge", "sandbox", "shopify"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "Install bridge-shopify[sandbox]" in done.stderr
    assert any(name in done.stderr for name in OF_FAKES)
