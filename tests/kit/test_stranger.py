"""A plugin that this repository has never seen, in an environment that has never seen this repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = """
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"

[connections.corner]
plugin = "corner_shop"
account = "corner-1"
time_zone = "America/New_York"
"""
OURS = re.compile(r"(_editable_impl_|__editable__)?_?bridge[_.-]|bridge$|.*\.pth$|__pycache__$")


class Environment:
    """A Python of its own: wheels are put into it, and everything else that runs here is lent to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python = folder / "bin" / "python"
        self.packages = Path(self("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        for name in ("purelib", "platlib"):
            for lent in Path(sysconfig.get_path(name)).iterdir():
                place = self.packages / lent.name
                if not OURS.match(lent.name) and not place.exists():
                    place.symlink_to(lent)

    def install(self, source: Path, wheels: Path) -> None:
        """Build a wheel of what lies there, and put it in."""
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(build, cwd=source, check=True, capture_output=True)
        with zipfile.ZipFile(next(wheels.glob("*.whl"))) as wheel:
            wheel.extractall(self.packages)

    def __call__(self, *arguments: str, cwd: Path | None = None) -> str:
        """What this Python prints. Raises: AssertionError unless it ends with 0."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("BRIDGE_", "PYTHON"))}
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=cwd or self.folder,
            env=kept | {"VIRTUAL_ENV": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
        return done.stdout

    def bridge(self, *arguments: str, cwd: Path | None = None) -> str:
        """What the command prints."""
        return self("-m", "bridge", *arguments, cwd=cwd)


def test_a_strangers_plugin_is_written_installed_and_used(tmp_path: Path) -> None:
    """Wheels alone: nothing here is found through an editable install or the repository's folder."""
    fresh, made, books = Environment(tmp_path / "fresh"), tmp_path / "made", tmp_path / "books"
    fresh.install(ROOT, tmp_path / "host")
    fresh.bridge("plugins", "new", "corner_shop", "--folder", str(made), cwd=tmp_path)
    fresh.install(made, tmp_path / "plugin")

    where = fresh("-c", "import bridge, bridge_corner_shop as own; print(bridge.__file__, own.__file__)").split()
    assert all(Path(file).is_relative_to(fresh.folder) for file in where)

    (found,) = json.loads(fresh.bridge("plugins", "list", "--json"))
    assert (found["name"], found["offers"], found["is_ready"]) == ("corner_shop", ["corner_shop"], True)

    fresh.bridge("init", str(books), cwd=tmp_path)
    (books / "bridge.toml").write_text(SETTINGS, encoding="utf-8")
    fresh.bridge("apply", cwd=books)
    sample = str(made / "tests" / "samples" / "orders.csv")
    inspected = json.loads(fresh.bridge("inspect", "corner_shop", sample, "--json", cwd=books))
    assert [each["total_minor"] for each in inspected["orders"]] == [2420, 1200, 800]
    assert inspected["problems"] == []

    (imported,) = json.loads(fresh.bridge("import", "--connection", "corner", sample, "--json", cwd=books))["files"]
    assert [each["outcome"] for each in imported["documents"]] == ["new"] * 4

    assert "44 passed" in fresh("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=made)
