"""A settlement that its channel issues again, and a person who lets the books follow."""

from __future__ import annotations

import msgspec

from bridge.ingest.revisions import reissue_finding
from bridge.model.findings import InstructionKind
from bridge.model.reasons import reissued
from tests.books.book import Book
from tests.books.builders import Received


def again(received: Received, revision: int = 2) -> Received:
    """The same settlement as a later revision."""
    kept = received.kept
    document = msgspec.structs.replace(kept.document, revision=revision)
    return Received(msgspec.structs.replace(kept, document=document), received.lines)


def reissue(book: Book, second: Received) -> str:
    """The channel issues a settlement again, as ingest says it; the finding's id."""
    book.book(second)
    assert book.document_state(second) == ("held", reissued(second.document.identity.kind))
    with book.store.unit("test") as uow:
        first = uow.documents.revision(second.document.document_id, second.document.revision - 1)
        assert first is not None
        finding = reissue_finding(second.document, first, book.route)
        uow.findings.add(finding, book.clock.now())
    return finding.finding_id


def supplement(book: Book, second: Received) -> None:
    """The same, and a person lets the books follow."""
    book.books().decide(InstructionKind.SUPPLEMENT, reissue(book, second), by="ann", reason="checked")
    book.run()
    book.deliver()


def assert_lines_add_up(book: Book) -> None:
    """Every posting is what its lines come to; those taken back are in neither."""
    with book.store.reading() as uow:
        for entry in book.entries():
            for posting in entry.postings:
                if posting.line_count:
                    pages = uow.entries.lines_of(entry.entry_id, posting.number)
                    back = uow.entries.taken_back_by(entry.entry_id, posting.number)
                    lines = sum(line.amount_minor for page in pages for line in page)
                    taken = sum(line.amount_minor for page in back for line in page)
                    assert posting.amount_minor == taken - lines, (entry.narration, posting)
