"""The demo is the first thing anyone sees: it must find everything, every time, and leave something to explore."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path

from bridge.cli.demo.world import MARKER
from tests.cli.serving import serving
from tests.web.visiting import text_of


def test_the_demo_finds_every_edit_and_leaves_its_books_to_explore(tmp_path: Path) -> None:
    folder = tmp_path / "bridge-demo"
    folder.mkdir()
    for earlier in (MARKER, "review.html"):
        (folder / earlier).write_text("earlier")
    demo = [sys.executable, "-m", "bridge", "demo"]
    told = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stdout + told.stderr
    assert all((folder / earlier).read_text() != "earlier" for earlier in (MARKER, "review.html")), "it is replaced"
    assert str(folder / "review.html") in told.stdout
    assert "order #1001 (shop-us): 96.00 USD, before that 76.00 USD" in told.stdout
    counted = re.search(r"(\d+) sent in all, (\d+) in the ledgers", told.stdout)
    assert counted
    assert counted[1] == counted[2], "each is there, and once"
    assert "10 edits made, 10 findings, 0 missed or false" in told.stdout
    for channel in ("amazon-us, amazon", "shopify-us, shopify", "woocommerce-us, woocommerce"):
        assert "UTC for all" in told.stdout.partition(channel)[2].partition("\n\n")[0]
    report = json.loads((folder / "review.json").read_text())
    codes = {kept["finding"]["code"] for route in report["routes"] for kept in route["findings"]}
    assert len(report["routes"]) == 8
    assert codes >= {f"drift.{word}" for word in ("amount", "account", "deleted", "voided", "date", "tax", "foreign")}
    clearings = [clearing for route in report["routes"] for clearing in route["clearings"]]
    assert len(clearings) > 8
    assert all(clearing["unexplained_minor"] == 0 for clearing in clearings)
    explain = [sys.executable, "-m", "bridge", "--config", str(folder / "bridge.toml"), "explain", "28500000011"]
    explained = subprocess.run(explain, capture_output=True, text=True, check=False, timeout=60)
    assert "Order|ItemPrice|Principal" in explained.stdout
    pages = re.search(r"^Pages +(.*)$", told.stdout, re.MULTILINE)
    assert pages
    with serving(shlex.split(pages[1])) as served:
        assert "amazon-us" in text_of(served.signed_in().get(f"{served.url}/o/local/").text)


def test_the_demo_touches_no_folder_that_is_not_its_own(tmp_path: Path) -> None:
    mine = tmp_path / "bridge-demo" / "taxes.xlsx"
    mine.parent.mkdir()
    mine.write_text("mine")
    demo = [sys.executable, "-m", "bridge", "demo"]
    told = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 2
    assert mine.read_text() == "mine"


def test_the_demo_says_what_to_install_before_it_touches_anything(tmp_path: Path) -> None:
    """In an environment that lacks what two of the fakes are found by."""
    packages = tmp_path / "packages"
    packages.mkdir()
    for package in Path(sysconfig.get_path("purelib")).iterdir():
        if not package.name.startswith(("bridge_amazon_sandbox-", "bridge_shopify_sandbox-")):
            (packages / package.name).symlink_to(package)
    started = f"import site; site.addsitedir({str(packages)!r}); from bridge.cli.main import main; main()"
    demo = [sys.executable, "-S", "-c", started, "demo"]
    told = subprocess.run(demo, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 2, told.stderr
    assert "Install bridge-amazon[sandbox], bridge-shopify[sandbox]" in told.stderr
    assert not (tmp_path / "bridge-demo").exists()
