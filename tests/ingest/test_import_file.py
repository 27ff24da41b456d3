"""A file is saved whole or not at all; the same content twice changes nothing; another content is a revision."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bridge.errors import BridgeError, ConfigError, DocumentError, PluginError
from bridge.ingest import FileOnDisk, Outcome
from bridge.model.documents import DocumentState, Witness
from tests.ingest.channel import ROUTE, Sold, Statement, statement
from tests.ingest.conftest import World


def test_a_file_becomes_a_document_with_its_lines_and_its_raw_bytes(world: World) -> None:
    path = world.drop(
        "june.json", Statement("P-1", [Sold(1000), Sold(-150, "fee.referral", "fee"), Sold(0)], title="June")
    )
    (found,) = world.take(path).documents

    kept = world.kept()
    assert (found.outcome, found.document, kept.document) == (Outcome.NEW, kept.document, found.document)
    assert (kept.state, kept.reason, kept.lines_minor, kept.saved_at) == (DocumentState.NEW, "", 850, world.clock.now())
    document = kept.document
    assert (document.revision, document.total_minor, document.line_count, document.title) == (1, 850, 3, "June")
    assert (document.identity.channel, document.identity.account) == ("small", "S1")
    assert (document.witness, document.plugin, document.plugin_version) == (Witness.FILE, "small", "1.2")
    assert [(line.key, line.amount_minor) for line in world.lines(document)] == [
        ("0001", 1000),
        ("0002", -150),
        ("0003", 0),
    ]
    assert world.vault(document.vault_hash) == path.read_bytes()


def test_several_documents_of_one_file_are_all_saved(world: World) -> None:
    found = world.take(world.drop("two.json", statement(100, 200, name="P-1"), statement(5, name="P-2")))
    assert [(each.document.identity.external_id, each.lines_minor) for each in found.documents] == [
        ("P-1", 300),
        ("P-2", 5),
    ]
    assert len(world.lines(world.kept("P-1").document)) == 2


def test_importing_twice_changes_nothing_and_says_so(world: World) -> None:
    path = world.drop("june.json", statement(1000))
    first, rows = world.take(path), world.audit_rows()
    again = world.take(path)

    assert [found.outcome for found in again.documents] == [Outcome.KNOWN]
    assert again.documents[0].document == first.documents[0].document
    assert not again.is_news
    assert world.audit_rows() == rows


def test_the_same_content_in_other_bytes_is_no_revision_and_its_bytes_are_kept(world: World) -> None:
    world.take(world.drop("june.json", statement(1000)))
    twin = world.folder / "twin.json"
    twin.write_bytes((world.folder / "june.json").read_bytes() + b"\n\n")
    found = world.take(twin)

    assert [each.outcome for each in found.documents] == [Outcome.KNOWN]
    assert world.kept().document.revision == 1
    assert world.vault(found.content_hash) == twin.read_bytes()


def test_lines_that_do_not_add_up_to_the_total_are_held_with_the_exact_difference(world: World) -> None:
    """F22, D02: nothing is booked from a settlement that lost a line, and the missing amount is named."""
    found = world.take(world.drop("cut.json", statement(1000, 250, total=1255))).documents[0]

    kept = world.kept()
    assert (found.outcome, kept.state, kept.reason) == (Outcome.HELD, DocumentState.HELD, "settlement.unbalanced")
    assert (kept.lines_minor, kept.document.total_minor) == (1250, 1255)
    assert "12.50 USD, 0.05 USD less than its total of 12.55 USD" in kept.problems[0].message
    assert kept.problems[0].blocking


def test_a_document_with_unknown_lines_is_saved_to_be_booked(world: World) -> None:
    """F23, D12: books put them into suspense and hold the voucher; the document itself is whole."""
    world.take(world.drop("new.json", Statement("P-1", [Sold(1000), Sold(5, "unclassified")])))
    assert world.kept().state is DocumentState.NEW


def test_a_reissued_document_is_held_with_a_finding_while_the_booked_one_stays(world: World) -> None:
    """F49: another content for a settlement that was booked is never an overwrite."""
    world.take(world.drop("june.json", statement(1000)))
    world.book()
    found = world.take(world.drop("june-again.json", statement(1000, -30))).documents[0]

    assert (found.outcome, found.reason, found.document.revision) == (Outcome.HELD, "settlement.reissued", 2)
    assert world.kept(revision=1).state is DocumentState.BOOKED
    assert world.kept().state is DocumentState.HELD
    assert [line.amount_minor for line in world.lines(world.kept(revision=1).document)] == [1000]
    (finding,) = world.findings()
    assert (finding.finding.code, finding.finding.amount_minor) == ("books.reissued", -30)
    assert finding.finding.route_id == ROUTE.route_id
    assert ("total", "10.00 USD", "9.70 USD") in finding.finding.evidence
    assert found.problems[0].code == "settlement.reissued"


def test_the_content_of_an_earlier_revision_is_known_too(world: World) -> None:
    first = world.drop("june.json", statement(1000))
    world.take(first)
    world.book()
    world.take(world.drop("june-again.json", statement(1000, -30)))

    assert [each.document.revision for each in world.take(first).documents] == [1]
    assert world.kept().document.revision == 2


def test_a_whole_file_after_a_cut_one_is_simply_booked(world: World) -> None:
    """Nothing stands in the books yet, so there is nothing to correct."""
    world.take(world.drop("cut.json", statement(1000, total=1255)))
    found = world.take(world.drop("whole.json", statement(1000, 255))).documents[0]

    assert (found.outcome, found.document.revision) == (Outcome.NEW, 2)
    assert world.kept().state is DocumentState.NEW
    assert world.findings() == ()


def test_a_cut_copy_of_a_booked_document_is_set_aside_and_changes_nothing(world: World) -> None:
    world.take(world.drop("june.json", statement(1000, 255)))
    world.book()
    cut = world.take(world.drop("cut.json", statement(1000, total=1255)))

    assert cut.documents == ()
    assert cut.error is not None
    assert cut.error.code == "settlement.damaged_copy"
    assert world.kept().document.revision == 1
    assert world.kept().state is DocumentState.BOOKED
    assert world.findings() == ()


def test_a_cut_copy_does_not_take_the_place_of_a_whole_file_that_waits_to_be_booked(world: World) -> None:
    """Both files in one command: the whole one is booked, the cut one is named."""
    whole = world.drop("june.json", statement(1000, 255))
    world.take(whole)
    cut = world.take(world.drop("cut.json", statement(1000, total=1255)))

    assert cut.error is not None
    assert cut.error.code == "settlement.damaged_copy"
    assert "A complete file of it is there already (12.55 USD), and stays." in str(cut.error)
    assert (world.kept().document.revision, world.kept().state) == (1, DocumentState.NEW)


def test_a_whole_file_that_stands_behind_a_cut_copy_comes_to_the_front_when_it_is_brought_again(world: World) -> None:
    """As stores have it into which a cut copy was taken before it was refused."""
    whole = world.drop("june.json", statement(1000, 255))
    world.take(whole)
    kept = world.kept()
    cut = msgspec.structs.replace(kept.document, revision=2, line_count=0, content_hash="cut")
    with world.store.unit("before") as unit:
        held = msgspec.structs.replace(kept, document=cut, lines_minor=0, state=DocumentState.HELD)
        unit.documents.add_many([(msgspec.structs.replace(held, reason="settlement.unbalanced"), ())])

    found = world.take(whole).documents[0]
    assert (found.outcome, found.document.revision) == (Outcome.NEW, 3)
    assert (world.kept().state, world.kept().reason) == (DocumentState.NEW, "")
    assert [line.amount_minor for line in world.lines(world.kept().document)] == [1000, 255]
    assert [each.outcome for each in world.take(whole).documents] == [Outcome.KNOWN]


def test_two_cut_copies_do_not_take_turns(world: World) -> None:
    first, second = statement(1000, total=1255), statement(900, total=1255)
    outcomes = [world.take(world.drop("cut.json", each)).documents[0].outcome for each in (first, second, first)]
    assert outcomes == [Outcome.HELD, Outcome.HELD, Outcome.KNOWN]


def test_before_anything_is_booked_the_newest_whole_content_is_the_one_to_book(world: World) -> None:
    world.take(world.drop("june.json", statement(1000)))
    found = world.take(world.drop("again.json", statement(1000, -30))).documents[0]
    assert (found.outcome, found.document.revision) == (Outcome.NEW, 2)


@pytest.mark.parametrize("year", [1, 1989, 2201, 9999])
def test_an_instant_no_business_has_leaves_nothing_behind(world: World, year: int) -> None:
    """Saved, it would stop every later run at the edge of the calendar."""
    at = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = world.take(world.drop("far.json", Statement("P-1", [Sold(1000, at=at)])))
    assert found.error is not None
    assert (found.error.code, world.documents()) == ("plugin.line", ())


def test_texts_no_terminal_and_no_store_should_get_are_kept_without_their_control_characters(world: World) -> None:
    words = "a\x00b\x1b[31mc\x9bd" + "é" * 600
    path = world.drop("\x1b[2Jjune\n.json", Statement("P-1", [Sold(1000, words=words)]))
    found = world.take(path)

    assert found.name == "?[2Jjune?.json"
    assert world.lines(found.documents[0].document)[0].words == "a b [31mc d" + "é" * (500 - 11)
    assert [each.outcome for each in world.take(path).documents] == [Outcome.KNOWN]


def test_a_file_name_that_is_no_utf8_can_be_shown(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path / "a") + b"\xff.txt"))
    path.write_bytes(b"x")
    assert FileOnDisk(path).name == "a?.txt"


@pytest.mark.parametrize(
    "other",
    [
        Statement("P-1", [Sold(1000, words="other words")]),
        Statement("P-1", [Sold(400), Sold(600)]),
        Statement("P-1", [Sold(1000)], currency="CAD"),
    ],
    ids=["words", "lines", "currency"],
)
def test_other_words_lines_or_currency_are_other_content(world: World, other: Statement) -> None:
    world.take(world.drop("june.json", statement(1000)))
    world.take(world.drop("other.json", other))
    assert world.kept().document.revision == 2


@pytest.mark.parametrize(
    "other", [Statement("P-1", [Sold(1000, "sale.other")]), Statement("P-1", [Sold(1000)], title="x")]
)
def test_our_reading_and_our_titles_are_not_content(world: World, other: Statement) -> None:
    """A better vocabulary makes no revision of what the channel said."""
    world.take(world.drop("june.json", statement(1000)))
    world.take(world.drop("other.json", other))
    assert world.kept().document.revision == 1


@pytest.mark.parametrize("damaged_after", [1, 2, 3, 4, 5])
def test_a_file_that_breaks_off_leaves_nothing_behind_and_says_why(world: World, damaged_after: int) -> None:
    rows = world.audit_rows()
    path = world.drop("cut.json", statement(1, 2, 3), statement(4, name="P-2"), damaged_after=damaged_after)
    found = world.take(path)

    assert isinstance(found.error, DocumentError)
    assert (found.error.code, found.documents) == ("small.cut", ())
    assert world.documents() == ()
    assert world.audit_rows() == rows
    with pytest.raises(BridgeError):
        world.vault(found.content_hash)


def test_a_file_that_breaks_the_plugins_contract_leaves_nothing_behind(world: World) -> None:
    found = world.take(world.drop("odd.json", Statement("P-1", [Sold(1000, "no.such.kind")])))
    assert isinstance(found.error, PluginError)
    assert found.error.code == "plugin.line"
    assert world.documents() == ()


def test_a_file_that_changes_while_it_is_read_leaves_nothing_behind(world: World) -> None:
    path = world.drop("june.json", statement(1000))

    def grow(_: int) -> None:
        world.drop("june.json", statement(1000, 5))

    found = world.importer.import_file("shop", path, actor="ada", progress=grow)
    assert found.error is not None
    assert found.error.code == "ingest.file_changed"
    assert world.documents() == ()


def test_progress_counts_the_lines_read_and_then_the_lines_saved(world: World) -> None:
    seen: list[int] = []
    world.importer.import_file("shop", world.drop("june.json", statement(1, 2, 3)), actor="ada", progress=seen.append)
    assert seen == [2, 3, 3]


def test_two_connections_keep_their_own_documents_of_the_same_name(world: World) -> None:
    path = world.drop("june.json", statement(1000))
    world.take(path)
    found = world.take(path, "other").documents[0]
    assert (found.outcome, found.document.identity.account) == (Outcome.NEW, "S2")


@pytest.mark.parametrize(("connection", "code"), [("nowhere", "connection.unknown"), ("books", "ingest.connection")])
def test_an_unknown_connection_or_a_ledgers_is_refused(world: World, connection: str, code: str) -> None:
    path = world.drop("june.json", statement(1000))
    with pytest.raises(ConfigError) as refusal:
        world.take(path, connection)
    assert refusal.value.code == code


def test_a_path_that_leads_nowhere_is_refused(world: World, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.txt", tmp_path):
        with pytest.raises(ConfigError) as refusal:
            FileOnDisk(path)
        assert refusal.value.code == "ingest.file"
