"""A channel's answer may be a file: it is read and kept as the file of a person is, who may have brought the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from bridge.errors import DocumentError, PluginError
from bridge.ingest import Importer, Outcome
from bridge.model.documents import DocumentKind, DocumentState, Witness
from bridge.model.lines import Line, Part
from bridge.plugin import (
    AnyPage,
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePage,
    FilePart,
    Gone,
    Page,
    SourceFile,
    Stream,
    Unknown,
    Wait,
    Want,
    WindowOf,
)
from bridge.store.api import Store
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.pulled.source import CAPABILITIES, TinyPull, offer
from tests.pulled.world import NOON, World

SETTLEMENT = DocumentKind.SETTLEMENT
REPORTS = Stream(
    name="reports", title="reports", owners=("report",), window=WindowOf.LISTED, overlap_seconds=3_600, has_census=False
)


class Reporting(TinyPull):
    """Gives reports: by id, the path of a file. keeps_payload: its documents have payloads, which they may not.

    made: when, where not at noon.
    """

    files: dict[str, Path]
    made: dict[str, datetime]
    keeps_payload = False

    def pull(self, want: Want) -> Iterator[AnyPage | Wait]:  # type: ignore[override]
        for name, path in self.files.items():
            if name.encode() > want.cursor:
                yield FilePage(str(path), "report", name, self.made.get(name, NOON), cursor=name.encode())
        yield Page(b"{}", NOON, b"z", is_last=True)

    def one(self, kind: str, external_id: str) -> AnyPage | Gone | Unknown:  # type: ignore[override]
        return FilePage(str(self.files[external_id]), kind, external_id, NOON, is_last=True)

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        with file.open() as stream:
            name, _, minor = stream.read().decode().partition(" ")
        if not minor:
            raise DocumentError(f"file {file.name}", "is cut", "Wait for the next", code="tinypull.file")
        payload = b"{}" if self.keeps_payload else b""
        yield DocumentStart(
            kind=SETTLEMENT,
            external_id=name,
            currency="EUR",
            total_minor=int(minor),
            opened_at=NOON,
            closed_at=NOON,
            payload=payload,
        )
        line = Line(key="1", kind="sale.product", part=Part.SALE, amount_minor=int(minor), occurred_at=NOON)
        yield DocumentLines((line,))
        yield DocumentEnd()


@pytest.fixture
def world(sqlite_store: Store, tmp_path: Path) -> Iterator[World]:
    """Its channel gives the files of a folder."""
    made = World(sqlite_store, FakeClock(NOON))
    made.source = type("Here", (Reporting,), {"files": {}, "made": {}})
    made.declare(msgspec.structs.replace(CAPABILITIES, streams=(REPORTS,), joins_orders=False))
    yield made
    made.server.stop()


def put(world: World, name: str, text: str, folder: Path) -> Path:
    """Let the channel have a report of this content."""
    path = folder / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    world.source.files[name] = path  # type: ignore[attr-defined]
    return path


def test_a_file_is_kept_whole_and_the_api_is_its_witness(world: World, tmp_path: Path) -> None:
    put(world, "r1", "S1 1000", tmp_path)
    pulled = world.pull(after_seconds=60)
    kept = world.kept(SETTLEMENT, "S1")

    assert (pulled.documents, pulled.streams[0].closed) == ({Outcome.NEW: 1}, 1)
    assert kept is not None
    document = kept.document
    assert (document.witness, document.as_of, document.total_minor) == (Witness.API, NOON, 1000)
    assert document.vault_hash == sha256(b"S1 1000").hexdigest()
    with world.store.reading() as unit:
        assert b"".join(unit.vault.open(document.vault_hash)) == b"S1 1000"


def importing(world: World) -> Importer:
    """Takes in what a person brings of this channel."""
    offered = offer(world.source, world.capabilities)
    desk = FakeDesk(world.clock, sources={"shop": world.guarded()}, source_offers={"shop": offered})
    return Importer(world.store, desk, world.clock)


def test_a_person_who_brings_the_same_file_brings_nothing_new(world: World, tmp_path: Path) -> None:
    path = put(world, "r1", "S1 1000", tmp_path)
    world.pull(after_seconds=60)
    importer = importing(world)

    assert importer.import_folder("shop", path.parent, actor="ann") == ()
    (known,) = importer.import_file("shop", path, actor="ann").documents
    assert known.outcome is Outcome.KNOWN


def test_the_same_bytes_under_another_name_are_known_and_other_bytes_are_another_revision(
    world: World, tmp_path: Path
) -> None:
    put(world, "r1", "S1 1000", tmp_path)
    put(world, "r2", "S1 1000", tmp_path)
    assert world.pull(after_seconds=60).documents == {Outcome.NEW: 1, Outcome.KNOWN: 1}

    world.book(SETTLEMENT, "S1")
    put(world, "r3", "S1 1200", tmp_path)
    world.pull(after_seconds=7_200)

    assert world.state(SETTLEMENT, "S1") == (2, DocumentState.HELD, "settlement.reissued", 1200)
    assert world.findings() == ["books.reissued"]


@pytest.mark.parametrize(
    "turns",
    [
        "first again",
        "again first",
        "first again first",
        "first again twice first",
        "FIRST first again",
        "AGAIN first again",
        "AGAIN again first",
        "AGAIN FIRST first again",
        "FIRST AGAIN first again",
        "first AGAIN again",
        "first AGAIN FIRST again",
        "first again FIRST",
        "again FIRST first",
    ],
)
def test_of_contents_of_which_none_is_booked_that_counts_which_the_channel_made_last(
    world: World, tmp_path: Path, turns: str
) -> None:
    """F49: in whatever order they come; those in capitals are files of a person, which do not say when."""
    totals = {"first": 1000, "again": 1200, "twice": 1200}
    world.source.made |= {name: NOON + timedelta(minutes=number) for number, name in enumerate(totals)}  # type: ignore[attr-defined]
    importer = importing(world)
    for turn in turns.split():
        name = turn.lower()
        world.source.files.clear()  # type: ignore[attr-defined]
        path = put(world, name, f"S1 {totals[name]}", tmp_path)
        if turn.isupper():
            assert importer.import_file("shop", path, actor="ann").error is None
        else:
            world.pull(after_seconds=7_200)

    kept = world.kept(SETTLEMENT, "S1")
    assert kept is not None
    assert (kept.document.total_minor, kept.state, kept.document.witness) == (1200, DocumentState.NEW, Witness.API)
    assert kept.document.revision <= 4


def test_an_earlier_content_than_what_is_booked_says_nothing_new(world: World, tmp_path: Path) -> None:
    world.source.made |= {"first": NOON - timedelta(minutes=1)}  # type: ignore[attr-defined]
    put(world, "again", "S1 1200", tmp_path)
    world.pull(after_seconds=60)
    world.book(SETTLEMENT, "S1")
    put(world, "first", "S1 1000", tmp_path)
    world.pull(after_seconds=7_200)

    assert world.state(SETTLEMENT, "S1") == (1, DocumentState.BOOKED, "", 1200)
    assert world.findings() == []


def test_a_file_that_cannot_be_read_is_set_aside_and_read_when_it_can_be(world: World, tmp_path: Path) -> None:
    """F48: nothing of it is kept, the others go on, and it is told until it can be read."""
    put(world, "r1", "cut", tmp_path)
    put(world, "r2", "S2 2000", tmp_path)
    pulled = world.pull(after_seconds=60)

    assert (world.names(), world.findings()) == ([(SETTLEMENT, "S2", 2000)], ["channel.unreadable"])
    report = pulled.streams[0]
    assert (report.closed, report.error and report.error.code) == (1, "tinypull.file")
    (found,) = world.kept_findings()
    assert "Wait for the next" in found.finding.repair

    put(world, "r1", "S1 1000", tmp_path)
    world.pull(after_seconds=3_700)

    assert (world.names()[0], world.findings()) == ((SETTLEMENT, "S1", 1000), [])


def test_documents_of_a_file_have_no_payload(world: World, tmp_path: Path) -> None:
    world.source.keeps_payload = True  # type: ignore[attr-defined]
    put(world, "r1", "S1 1000", tmp_path)

    with pytest.raises(PluginError, match="has a payload"):
        world.pull(after_seconds=60)
    assert world.names() == []


@pytest.mark.parametrize("fault", [{"path": "/nowhere"}, {"external_id": ""}, {"as_of": datetime(2026, 7, 1)}])  # noqa: DTZ001
def test_a_file_that_is_not_there_or_of_nobody_breaks_the_contract(
    world: World, tmp_path: Path, fault: dict[str, object]
) -> None:
    path = put(world, "r1", "S1 1000", tmp_path)
    page = msgspec.structs.replace(FilePage(str(path), "report", "r1", NOON), **fault)
    world.source = type("Broken", (world.source,), {"pull": lambda _self, _want: iter([page])})

    with pytest.raises(PluginError) as refused:
        world.pull(after_seconds=60)
    assert refused.value.code == "plugin.contract"
