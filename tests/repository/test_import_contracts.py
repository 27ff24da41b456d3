"""The floors of the house hold, and each contract notices when one import line breaks it."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "src", *sorted(ROOT.glob("plugins/*/src"))]

# Which contract, and the lines that break it, by the file they go to; a file that is not there is made.
VIOLATIONS: list[tuple[str, Mapping[str, str]]] = [
    ("Imports point down", {"bridge/model/__init__.py": "import bridge.host"}),
    ("Imports point down", {"bridge/books/__init__.py": "import bridge.drift"}),
    ("Imports point down", {"bridge/transport/__init__.py": "import bridge.sandbox"}),
    ("Imports point down", {"bridge/store/api/__init__.py": "import bridge.books"}),
    ("Imports point down", {"bridge/settings.py": "import bridge.work"}),
    ("Imports point down", {"bridge/desk/__init__.py": "import bridge.work"}),
    ("Imports point down", {"bridge/drift/__init__.py": "import bridge.work"}),
    ("Imports point down", {"bridge/attic/__init__.py": ""}),
    ("The wings of drift build on one another", {"bridge/drift/sides/chart.py": "import bridge.drift.explaining"}),
    ("The wings of drift build on one another", {"bridge/drift/compare.py": "import bridge.drift.report"}),
    ("Only app joins the store to the services", {"bridge/cli/__init__.py": "import bridge.store.sql"}),
    ("Fake systems stay out of real work", {"bridge/host/__init__.py": "import bridge.sandbox"}),
    ("Only pages and fakes are served over HTTP", {"bridge/transport/__init__.py": "import starlette"}),
    ("One module knows the engine", {"bridge/cli/__init__.py": "import dbos"}),
    ("Plugins use the authors' door", {"bridge_amazon/__init__.py": "import bridge.store.api"}),
    ("Plugins are strangers to each other", {"bridge_amazon/__init__.py": "import bridge_quickbooks"}),
    ("Plugins are found, not imported", {"bridge/cli/__init__.py": "import bridge_amazon"}),
    (
        "Nothing that runs imports the test kit",
        {"bridge/testing/__init__.py": "", "bridge/cli/__init__.py": "import bridge.testing"},
    ),
    (
        "Nothing that runs imports the test kit",
        {"bridge/testing/__init__.py": "", "bridge_amazon/__init__.py": "import bridge.testing"},
    ),
    ("The wings of the books build on one another", {"bridge/books/engine/__init__.py": "import bridge.books.waiting"}),
    (
        "No circles between siblings",
        {"bridge/errors.py": "import bridge.log", "bridge/log.py": "import bridge.errors"},
    ),
]

AUTHORS_ROOMS = {"clock", "errors", "ids", "log", "model", "plugin", "sandbox", "transport"}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of all that runs, in one folder, with the contracts."""
    only_code = shutil.ignore_patterns("__pycache__", "*.csv", "*.xsd", "*.html", "*.json")
    for source in SOURCES:
        shutil.copytree(source, tmp_path, ignore=only_code, dirs_exist_ok=True)
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_the_house_keeps_its_contracts(house: Path) -> None:
    assert broken_contracts(house) == set()


@pytest.mark.parametrize(("contract", "planted"), VIOLATIONS)
def test_a_planted_violation_breaks_its_contract(house: Path, contract: str, planted: Mapping[str, str]) -> None:
    for name, line in planted.items():
        file = house / name
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as text:
            text.write(f"\n{line}\n")

    assert contract in broken_contracts(house)


def test_every_contract_has_a_planted_violation() -> None:
    names = {section["name"] for section in contracts().values() if "name" in section}

    assert names == {contract for contract, _ in VIOLATIONS}


def test_every_room_is_either_open_or_closed_to_plugins() -> None:
    closed = set(contracts()["importlinter:contract:door"]["forbidden_modules"].split())
    rooms = {path.stem for path in (ROOT / "src/bridge").iterdir() if is_room(path)}

    assert rooms == AUTHORS_ROOMS | {name.removeprefix("bridge.") for name in closed} | (rooms & {"testing"})


def test_every_plugin_is_under_contract_and_type_checked() -> None:
    plugins = {package.name for package in ROOT.glob("plugins/*/src/bridge_*")}
    rules = contracts()
    mypy_path = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["mypy_path"]

    assert set(rules["importlinter"]["root_packages"].split()) == plugins | {"bridge"}
    for listing in ("door", "plugins", "found"):
        section = rules[f"importlinter:contract:{listing}"]
        listed = " ".join(section[key] for key in ("source_modules", "forbidden_modules", "modules") if key in section)
        assert plugins <= set(listed.split()), listing
    for source in SOURCES:
        assert f"$MYPY_CONFIG_FILE_DIR/{source.relative_to(ROOT)}" in mypy_path.split(":")


def is_room(path: Path) -> bool:
    return (path / "__init__.py").exists() or (path.suffix == ".py" and path.stem != "__init__")


def contracts() -> configparser.ConfigParser:
    rules = configparser.ConfigParser()
    rules.read(ROOT / ".importlinter")
    return rules


def broken_contracts(house: Path) -> set[str]:
    """What lint-imports says is broken in this copy; the copy comes before anything installed."""
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    broken = set(re.findall(r"^(.+) BROKEN", done.stdout, flags=re.MULTILINE))
    assert re.search(r"^Contracts: ", done.stdout, flags=re.MULTILINE), done.stdout + done.stderr
    assert done.returncode == (1 if broken else 0)
    return broken
