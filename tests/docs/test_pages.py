"""Pages hang together: links lead somewhere, everything is found from the index, words are the house's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Page, anchor, page, pages


@pytest.mark.parametrize("each", pages(), ids=lambda each: each.name)
def test_every_relative_link_leads_somewhere(each: Page) -> None:
    broken = []
    for link in each.links():
        place, _, heading = link.partition("#")
        if "://" in place or place.startswith("mailto:"):
            continue
        target = (each.path.parent / place).resolve() if place else each.path
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert not broken


def anchors(target: Path) -> set[str]:
    return {anchor(text) for text in Page(target, target.read_text(encoding="utf-8")).headings()}


def test_every_page_is_found_from_the_index() -> None:
    seen: set[str] = set()
    waiting = [page("docs/README.md")]
    while waiting:
        each = waiting.pop()
        seen.add(each.name)
        for link in each.links():
            target = (each.path.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.is_relative_to(DOCS):
                name = target.relative_to(ROOT).as_posix()
                waiting += [page(name)] if name not in seen else []

    assert {path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md")} - seen == set()


def test_the_map_names_every_room() -> None:
    shown = page("docs/development/map.md")
    rooms = {path.name for path in (ROOT / "src/bridge").iterdir() if path.is_dir() and not path.name.startswith("_")}

    assert set(re.findall(r"^\| `(\w+)` \|", shown.section("Rooms"), re.MULTILINE)) == rooms


def test_the_map_shows_the_floors_that_the_contracts_keep() -> None:
    written = (ROOT / ".importlinter").read_text(encoding="utf-8")
    floors = re.search(r"^layers =\n((?:    .+\n)+)", written, re.MULTILINE)
    assert floors is not None
    kept = [re.split(r" [|:] ", line.strip()) for line in floors[1].splitlines() if line.strip() != "__main__"]
    drawn = re.search(r"```text\n(.*?)```", page("docs/development/map.md").section("Floors"), re.DOTALL)
    assert drawn is not None

    assert [re.split(r" \| |   +", line.strip()) for line in drawn[1].splitlines()] == kept


@pytest.mark.parametrize(
    "each", [each for each in pages() if each.path.is_relative_to(DOCS)], ids=lambda each: each.name
)
def test_a_page_has_one_title_and_short_lines(each: Page) -> None:
    assert len(each.headings(1)) == 1
    long = [line for line in each.prose.splitlines() if len(line) > 160 and line[0] not in "|<"]
    assert not long
