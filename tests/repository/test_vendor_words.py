"""The host knows no vendor's words: neither a plugin's name, nor what a ledger calls its accounts."""

from __future__ import annotations

import ast
import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOST = ROOT / "src/bridge"
# The demo tells a story of these very plugins, and the example of a settings file must name some.
TOLD = ("cli/demo", "cli/bridge.toml")
# Words that ledgers share with plain English, or with the notation that the books are written in.
PLAIN = {"Bank", "Equity", "Income", "Expense", "Inventory", "EXPENSE", "Checking"}
VIOLATIONS = {
    "books/chain.py": "# As Xero has it.",
    "delivery/decide.py": 'CURED = ("quickbooks.6430",)',
    "drift/chart.py": 'TYPES = ("Other Current Asset",)',
    "model/chart_of_accounts.csv": "1200,Amazon clearing,bank,clearing,,ask",
}


def names() -> set[str]:
    """Of every plugin of this repository."""
    return {path.name for path in (ROOT / "plugins").iterdir() if (path / "pyproject.toml").exists()}


def account_words() -> set[str]:
    """What the ledgers' plugins say that accounts are called there."""
    words = set()
    for file in ROOT.glob("plugins/*/src/*/account_types.csv"):
        with file.open(encoding="utf-8", newline="") as table:
            for row in csv.DictReader(table):
                words |= {row.get("type", ""), row.get("detail", "")}
    return words - PLAIN - {""}


def spoken(host: Path) -> Iterator[str]:
    """Every place of the host where a vendor is spoken of."""
    vendors, words = names(), account_words()
    for file in sorted(host.rglob("*")):
        place = file.relative_to(host).as_posix()
        if not file.is_file() or file.suffix == ".pyc" or place.startswith(TOLD):
            continue
        text = file.read_text(encoding="utf-8")
        yield from (f"{place}: {name}" for name in vendors if name in text.casefold())
        if file.suffix == ".py":
            told = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
            yield from (f"{place}: {word}" for word in sorted(words & {one for one in told if isinstance(one, str)}))


def test_the_rooms_know_no_vendor() -> None:
    assert len(account_words()) > 20
    assert list(spoken(HOST)) == []


@pytest.mark.parametrize("place", VIOLATIONS)
def test_a_planted_word_is_noticed(tmp_path: Path, place: str) -> None:
    host = tmp_path / "bridge"
    shutil.copytree(HOST, host, ignore=shutil.ignore_patterns("__pycache__"))
    with (host / place).open("a", encoding="utf-8") as file:
        file.write(f"\n{VIOLATIONS[place]}\n")

    assert [one.partition(":")[0] for one in spoken(host)] == [place]
