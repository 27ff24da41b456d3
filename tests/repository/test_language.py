"""The repository stands alone: it names no machine, no package index, nothing outside itself."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# In parts, so that this file may name them.
FORBIDDEN = [
    r"(?<!\w)/" + "work/",  # a path from the root, which a folder of ours of that name is not
    "/" + "opt/pypi",
    r"pypi\.org" + "/simple",
    r"files\.python" + r"hosted\.org",
    r"\.\." + "/shared",
]

MADE_HERE = {"__pycache__", "bridge-demo", "build", "dist"}
OURS_THOUGH_HIDDEN = {".ci", ".github"}


def test_no_file_names_a_machine_an_index_or_a_neighbour() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{number}: {words}"
        for file, text in texts()
        for number, line in enumerate(text.splitlines(), start=1)
        for words in FORBIDDEN
        if re.search(words, line)
    ]

    assert found == []


def test_no_lock_that_names_an_index_is_kept() -> None:
    assert [file for file in files() if file.name == "uv.lock"] == []


def texts() -> Iterator[tuple[Path, str]]:
    for file in files():
        content = file.read_bytes()
        if b"\0" not in content:
            yield file, content.decode("utf-8", errors="replace")


def files() -> list[Path]:
    """What git keeps or would keep; without git, all that is not plainly made here."""
    listing = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0")
        found = [ROOT / name for name in names if name]
    except (FileNotFoundError, subprocess.CalledProcessError):
        found = [path for path in ROOT.rglob("*") if not is_made_here(path.relative_to(ROOT))]
    assert ROOT / "dev.py" in found
    return [path for path in found if path.is_file() and not path.is_symlink()]


def is_made_here(path: Path) -> bool:
    hidden = {folder for folder in path.parts[:-1] if folder.startswith(".")} - OURS_THOUGH_HIDDEN
    return bool(hidden or MADE_HERE.intersection(path.parts))
