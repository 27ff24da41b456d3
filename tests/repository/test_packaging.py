"""What a person installs holds all that runs, and the lock pins all of it."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = [ROOT, *sorted(found.parent for found in ROOT.glob("plugins/*/pyproject.toml"))]

PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==\S+(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


@pytest.mark.parametrize("where", DISTRIBUTIONS, ids=lambda path: path.name)
def test_a_wheel_holds_the_code_and_its_data(where: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=where, check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())

    source = where / "src"
    wanted = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - held == set()
    assert {name for name in held - wanted if ".dist-info/" not in name} == set()


def test_the_lock_is_pins_and_hashes_and_nothing_else() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()

    assert [line for line in lines if not PIN.match(line) and not HASH.match(line)] == []


@pytest.mark.parametrize("where", DISTRIBUTIONS, ids=lambda path: path.name)
def test_the_lock_pins_every_declared_dependency(where: Path) -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pinned = {found["name"] for line in lines if (found := PIN.match(line))}
    ours = {project(distribution)["project"]["name"] for distribution in DISTRIBUTIONS}

    assert declared(project(where)) - pinned - ours == set()


def project(where: Path) -> dict[str, Any]:
    return tomllib.loads((where / "pyproject.toml").read_text())


def declared(content: dict[str, Any]) -> set[str]:
    about = content["project"]
    groups = [
        about["dependencies"],
        *about.get("optional-dependencies", {}).values(),
        *content.get("dependency-groups", {}).values(),
    ]
    return {re.split(r"[^A-Za-z0-9.-]", wanted, maxsplit=1)[0].lower() for group in groups for wanted in group}
