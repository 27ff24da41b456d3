"""Orders and what belongs to them: many small documents, and nothing of a buyer."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.errors import DocumentError
from bridge.ingest import Outcome
from bridge.model.documents import DocumentKind, DocumentState, Witness
from bridge.model.lines import Part
from tests.fakes.statements import statements
from tests.ingest.channel import CLOSED, Fact, Sold, payload, statement, write_facts
from tests.ingest.conftest import World

LINES = [Sold(2000), Sold(500, "sale.shipping"), Sold(200, "tax.collected")]
ORDER = Fact("1001", LINES, {"card": 2700}, name="#1001", status="paid", paid_at=CLOSED, as_of=CLOSED)
REFUND = Fact("R1", [Sold(-2000, "refund.product")], {"card": 2000}, DocumentKind.REFUND, order="1001", as_of=CLOSED)


def many(count: int) -> list[Fact]:
    return [Fact(f"{number:05d}", LINES, {"card": 2700}, name=f"#{number}") for number in range(count)]


def test_an_order_is_kept_with_all_that_the_channel_says_of_it(world: World) -> None:
    (found,) = world.take(world.drop_facts("page.json", ORDER)).documents
    kept = world.order()
    document = kept.document

    assert (found.outcome, found.document, kept.state) == (Outcome.NEW, document, DocumentState.NEW)
    assert (document.title, document.order_id, document.status) == ("#1001", "1001", "paid")
    assert (document.paid_at, document.as_of, document.witness) == (CLOSED, CLOSED, Witness.API)
    assert [(line.part, line.amount_minor) for line in world.lines(document)][-1] == (Part.RECEIPT, -2700)


def test_what_a_buyer_paid_is_no_part_of_what_an_order_adds_up_to(world: World) -> None:
    world.take(world.drop_facts("page.json", ORDER, REFUND))
    order, refund = world.order(), world.kept("R1", kind=DocumentKind.REFUND)

    assert (order.lines_minor, order.document.total_minor, order.document.line_count) == (2700, 2700, 4)
    assert (refund.lines_minor, refund.document.total_minor, refund.document.line_count) == (-2000, -2000, 2)
    assert (refund.state, refund.document.order_id) == (DocumentState.NEW, "1001")


def test_an_order_that_does_not_add_up_is_held_with_the_exact_difference(world: World) -> None:
    """F22: the difference is named to the cent, by the order's own name."""
    fact = Fact("1001", LINES, {"card": 2705}, name="#1001", total=2705)
    found = world.take(world.drop_facts("page.json", fact)).documents[0]

    assert (found.outcome, found.reason) == (Outcome.HELD, "order.unbalanced")
    assert (
        "order #1001: its lines add up to 27.00 USD, 0.05 USD less than its total of 27.05" in found.problems[0].message
    )


def test_the_file_itself_is_not_kept_where_the_channel_hands_on_payloads(world: World) -> None:
    """The documents of one order share one payload, kept under its own hash."""
    found = world.take(world.drop_facts("page.json", ORDER, REFUND))
    hashes = {each.document.vault_hash for each in found.documents}

    assert hashes == {hashlib.sha256(payload("1001")).hexdigest()}
    assert world.vault(*hashes) == payload("1001")
    assert not world.has_bytes(found.content_hash)


def test_of_a_document_without_payload_in_such_a_file_nothing_raw_is_kept(world: World) -> None:
    bare = Fact("1002", LINES, is_kept=False)
    found = world.take(world.drop_facts("page.json", ORDER, bare))
    assert found.documents[1].document.vault_hash == ""
    assert not world.has_bytes(found.content_hash)


def test_a_file_without_payloads_is_kept_whole(world: World) -> None:
    path = world.drop_facts("page.json", Fact("1001", LINES, is_kept=False))
    found = world.take(path)
    assert world.vault(found.documents[0].document.vault_hash) == path.read_bytes()


def test_nothing_of_a_buyer_reaches_the_database(world: World) -> None:
    """Whatever stands in the file beside the payloads: not in lines, vault, audit log or problems, held or not."""
    marker = "Ada-Lovelace-7f3a"
    facts = [
        Fact("1001", LINES, {"card": 2700}, name="#1001", buyer=marker),
        Fact("1002", LINES, {"card": 2700}, name="#1002", total=1, buyer=marker),
        *(Fact(f"2{number:03d}", LINES, buyer=marker) for number in range(700)),
    ]
    path = world.drop_facts("page.json", *facts)
    assert marker.encode() in path.read_bytes()
    found = world.take(path)
    assert len(found.documents) == 702
    path.write_bytes(path.read_bytes() + b" ")
    assert world.take(path).error is None
    broken = world.drop("broken.json", statement(1), damaged_after=2)
    broken.write_text(broken.read_text().replace("sold", marker))
    assert world.take(broken).error is not None

    database = world.store.dialect.path  # type: ignore[attr-defined]
    files = [database, *(Path(f"{database}{end}") for end in ("-wal", "-journal"))]
    content = b"".join(file.read_bytes() for file in files if file.exists())
    assert b"page.json" in content
    assert marker.encode() not in content


def test_a_file_whose_bytes_are_not_kept_is_known_by_its_hash_all_the_same(world: World) -> None:
    path = world.drop_facts("page.json", ORDER, REFUND)
    world.sync()
    readings, rows = world.source.readings, world.audit_rows()

    assert world.sync() == ()
    assert world.source.readings == readings
    again = world.take(path)
    assert [found.outcome for found in again.documents] == [Outcome.KNOWN, Outcome.KNOWN]
    assert (again.is_news, world.audit_rows()) == (False, rows)


def test_thousands_of_orders_are_saved_in_few_statements_and_one_short_audit_row(world: World) -> None:
    rows = world.audit_rows()
    path = world.drop_facts("page.json", *many(1_300))
    with statements() as sent:
        found = world.take(path)

    assert [each.outcome for each in found.documents] == [Outcome.NEW] * 1_300
    assert [each.document.identity.external_id for each in found.documents][:2] == ["00000", "00001"]
    assert len(sent) < 100
    assert world.audit_rows() == rows + 1
    assert len(world.notes()) < 40
    assert ("document.saved", found.documents[0].document.document_id, "00000 revision 1 new") in world.notes()
    assert [detail for action, _, detail in world.notes() if "more" in detail] == ["1280 more documents"]
    assert len(world.documents()) == 1_300
    assert len(world.lines(world.order("01299").document)) == 4
    with statements() as sent:
        again = world.take(path)
    assert {each.outcome for each in again.documents} == {Outcome.KNOWN}
    assert len(sent) < 40


def test_a_file_that_breaks_off_leaves_nothing_of_a_thousand_orders(world: World) -> None:
    rows = world.audit_rows()
    world.source.breaks_after = 4_000
    found = world.take(world.drop_facts("page.json", *many(1_300)))

    assert isinstance(found.error, DocumentError)
    assert (world.documents(), world.audit_rows()) == ((), rows)
    assert not world.has_bytes(hashlib.sha256(payload("00000")).hexdigest())
    world.source.breaks_after = 0
    assert len(world.take(world.folder / "page.json").documents) == 1_300


def test_a_source_is_never_left_halfway_through_a_file(world: World) -> None:
    """Left to the garbage collector, its plugin's thread would be waited for at some later, unlucky moment."""
    world.take(world.drop("whole.json", statement(1000, 255)))
    world.book()
    damaged = world.take(world.drop("cut.json", statement(1000, total=1255), statement(5, name="P-2")))
    assert damaged.error is not None
    assert world.source.unfinished == 0


def test_a_document_that_comes_twice_in_a_file_is_judged_twice(world: World) -> None:
    later = Fact("1001", [Sold(2100)], as_of=CLOSED + timedelta(hours=1))
    found = world.take(world.drop_facts("pages.json", ORDER, later, ORDER, REFUND, later))

    outcomes = [(str(each.outcome), each.document.revision, each.reason) for each in found.documents]
    assert outcomes == [("new", 1, ""), ("new", 2, ""), ("known", 2, "stale"), ("new", 1, ""), ("known", 2, "")]
    assert world.order().document.total_minor == 2100


def test_large_and_small_documents_of_one_file_are_all_whole(world: World) -> None:
    """A large one is saved piece by piece between batches of small ones."""
    large = Fact("9000", [Sold(number) for number in range(1, 4_002)], name="#9000")
    (*_,) = world.take(world.drop_facts("page.json", *many(3), large, *many(5)[3:])).documents

    assert [line.amount_minor for line in world.lines(world.order("9000").document)] == list(range(1, 4_002))
    assert len(world.documents()) == 6
    assert all(kept.state is DocumentState.NEW for kept in world.documents())


@pytest.mark.parametrize("connections", [("shop", "other"), ("other", "shop")])
def test_two_connections_may_share_a_payload(world: World, connections: tuple[str, str]) -> None:
    path = write_facts(world.folder / "page.json", ORDER)
    assert [world.take(path, name).documents[0].outcome for name in connections] == [Outcome.NEW, Outcome.NEW]
