"""A real settlement file all the way into both stores."""

from __future__ import annotations

import json
from pathlib import Path

from bridge.ingest import FileOnDisk, Importer, inspect_files
from bridge.model.connections import Connection, Side
from bridge.model.documents import DocumentState
from bridge.store.api import Store
from bridge_amazon.offer import offer
from bridge_amazon.source import AmazonSource
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk

SAMPLES = Path(__file__).parents[2] / "plugins" / "amazon" / "tests" / "samples" / "synthetic"


def test_a_settlement_is_in_the_store_as_it_was_in_the_file(store: Store) -> None:
    source, clock = AmazonSource(max_file_megabytes=1), FakeClock()
    desk = FakeDesk(clock, sources={"us": source}, source_offers={"us": offer()})
    connection = Connection(name="us", plugin="amazon", side=Side.SOURCE, account="A1SELLER")
    with store.unit("test") as unit:
        unit.connections.put(connection)
    path = SAMPLES / "us_v2_standard.txt"

    (found,) = Importer(store, desk, clock).import_file("us", path, actor="ada").documents

    with store.reading() as unit:
        kept = unit.documents.latest(found.document.document_id)
        pages = unit.documents.lines(found.document.document_id, 1)
        lines = [line for page in pages for line in page]
        raw = b"".join(unit.vault.open(found.document.vault_hash))
    assert kept is not None
    assert (kept.document, kept.state) == (found.document, DocumentState.NEW)
    assert (len(lines), sum(line.amount_minor for line in lines)) == (58, 30124)
    assert [line.key for line in lines] == [f"{number:07d}" for number in range(1, 59)]
    assert raw == path.read_bytes()


def test_every_sample_is_inspected_as_its_expected_file_says() -> None:
    """D02: header, rows and sums by kind, in minor units."""
    expected = {path: json.loads(path.read_text()) for path in sorted(SAMPLES.glob("*.expected.json"))}
    files = [FileOnDisk(path.with_name(path.name.replace(".expected.json", ".txt"))) for path in expected]
    found = inspect_files(AmazonSource(max_file_megabytes=1), files)

    assert found.exit_code == 0
    assert json.loads(found.json())["settlements"] == [
        {
            "id": each["settlement_id"],
            "currency": each["currency"],
            "total_minor": cents(each["total_amount"]),
            "deposit_at": each["deposit_utc"],
            "start_at": each["start_utc"],
            "end_at": each["end_utc"],
            "rows": each["detail_rows"],
            "by_kind": {kind: cents(text) for kind, text in each["by_kind"].items() if cents(text)},
        }
        for each in expected.values()
    ]


def cents(text: str) -> int:
    return int(text.replace(".", ""))
