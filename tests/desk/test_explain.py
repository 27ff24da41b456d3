"""Where a posting comes from, and exactly what would be sent."""

from datetime import date

import pytest

from bridge.desk.explain import Ruling
from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from bridge.model.rules import Rule
from tests.books.book import Book
from tests.books.builders import line, settlement
from tests.books.raw import sample
from tests.books.shop import Shop, order, refund
from tests.fakes.statements import statements


def test_a_posting_leads_back_to_its_rule_its_author_and_its_lines(book: Book) -> None:
    """D01: each ledger line lists the source lines it sums."""
    book.rules(Rule("labels", account="5240", kind="fee.storage"), since=date(2026, 6, 10), reason="ask the client")
    book.book(
        settlement(
            "S1",
            [
                line("1", "fee.storage", "-1.00", "2026-06-11", words="Storage Fee"),
                line("2", "fee.storage", "-2.00", "2026-06-12", words="Storage Fee"),
                line("3", "sale.product", "0.00", "2026-06-12"),
            ],
        )
    )
    book.rules(Rule("later", account="5230", kind="fee.storage"), since=date(2026, 6, 1))

    [found] = book.views().explain("S1")
    storage, total = found.postings
    assert storage.rulings == (Ruling("labels", 2, "ann", "ask the client"),)
    assert [(one.key, one.words, one.amount_minor) for one in storage.lines] == [
        ("1", "Storage Fee", -100),
        ("2", "Storage Fee", -200),
    ]
    assert total.rulings == (
        Ruling("settlement.total", 0, "bridge", "the settlement's own total: what the channel owes"),
    )
    assert found.excluded == (("zero", 1, 0),)
    assert found.documents[0].document.plugin_version == "1.0"
    assert [each.state for each in found.deliveries] == [DeliveryState.OWED]


def test_a_posting_of_two_versions_names_both(book: Book) -> None:
    book.rules(Rule("labels", account="6040", kind="fee.label"), since=date(2026, 6, 10))
    lines = [line("1", "fee.storage", "-1.00", "2026-06-02"), line("2", "fee.storage", "-2.00", "2026-06-12")]
    book.book(settlement("S1", lines))

    [found] = book.views().explain("S1", lines=1)
    assert [ruling.version for ruling in found.postings[0].rulings] == [1, 2]
    assert len(found.postings[0].lines) == 1


def test_a_version_that_took_none_of_its_lines_is_not_named_beside_a_posting(book: Book) -> None:
    book.rules(Rule("labels", account="6040", kind="fee.label"), since=date(2026, 6, 10))
    book.book(settlement("S1", "2026-06-02 fee.storage -1.00\n2026-06-09 fee.storage -2.00"))

    [found] = book.views().explain("S1", lines=0)
    assert [ruling.version for ruling in found.postings[0].rulings] == [1]
    assert found.postings[0].lines == ()


def test_of_many_lines_only_those_that_are_shown_are_read(book: Book) -> None:
    def cost(name: str, count: int) -> int:
        lines = [line(f"{number:05}", "fee.storage", "-1.00", "2026-06-02") for number in range(count)]
        book.book(settlement(name, lines))
        with statements() as sent:
            [found] = book.views().explain(name, lines=3)
        assert [one.key for one in found.postings[0].lines] == ["00000", "00001", "00002"]
        assert found.postings[0].posting.line_count == count
        return len(sent)

    assert cost("S1", 5) == cost("S2", 6_000), "more than a page of them"


def test_entries_are_found_by_whatever_a_person_has_at_hand(book: Book) -> None:
    book.book(sample("us_v2_standard.txt"))
    book.deliver()
    views, june = book.views(), book.entry_of("28500000011 2026-06")
    delivery = book.delivery("28500000011 2026-06")
    assert delivery.voucher is not None

    for wanted in (june.entry_id, june.entry_id[:12], delivery.voucher_id[:12], delivery.voucher.number, delivery.ref):
        assert [found.kept.entry for found in views.explain(wanted)] == [june]
    assert [found.kept.entry.slot.part for found in views.explain("28500000011")] == [
        "2026-06",
        "2026-07",
        "bank",
        "opening",
    ]


def test_what_fits_nothing_or_too_much_is_refused(book: Book) -> None:
    book.book(sample("us_v2_standard.txt"))

    with pytest.raises(ConfigError, match="there is no entry of that id"):
        book.views().explain("ent_nonesuch")
    with pytest.raises(ConfigError, match="there is no entry of that id"):
        book.views().explain("")
    with pytest.raises(ConfigError, match=r"there is no entry of that id.*such as 'USD 2026-07-06'"):
        book.views().explain("2026-07-06")


def test_a_preview_shows_every_waiting_voucher_in_sending_order_with_its_exact_bytes(book: Book) -> None:
    book.ledger.close_account("4000")
    book.book(
        settlement("S1", "2026-06-02 sale.product 1.00"),
        settlement("S2", "2026-05-02 fee.storage -1.00", opened="2026-05-01", closed="2026-05-14"),
    )
    audited = book.audit_rows()
    shown = book.views().preview(book.route.name)

    assert [(each.entry.slot.group, each.entry.slot.part, each.delivery.reason) for each in shown] == [
        ("S2", "2026-05", ""),
        ("S1", "2026-06", "account.archived"),
        ("S1", "bank", ""),
    ]
    assert shown[1].body is None
    assert "4000 Product sales" in shown[1].delivery.note
    sent = shown[0]
    assert sent.delivery.voucher is not None
    assert sent.body == book.ledger.render(sent.delivery.voucher)
    assert book.audit_rows() == audited


def test_a_preview_of_nothing_is_empty_and_asks_no_ledger(book: Book) -> None:
    assert book.views().preview(book.route.name) == ()
    assert book.ledger.requests == []


def test_an_order_is_found_by_its_name_in_every_entry_that_holds_a_line_of_it(shop: Shop) -> None:
    shop.book(
        order("1001", "2026-06-03 12:00", {"sale.product": 1000}),
        order("1002", "2026-06-03 12:00", {"sale.product": 500}),
        refund("R1", "1001", "2026-06-08 12:00", {"refund.product": -400}),
    )
    first, second = shop.views().explain("#1001")

    assert (first.document_count, second.document_count) == (2, 1)
    assert [line.order_id for line in second.postings[1].lines] == ["1001"]
    assert (first.order_names, second.order_names) == ({"1001": "#1001", "1002": "#1002"}, {"1001": "#1001"})
    assert second.kept.entry.narration == "Shop refunds of 2026-06-08 (USD)"
    assert second.postings[1].posting.description == "Refunded from order #1001"


def test_what_a_supplement_takes_back_is_shown(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.deliver_all()
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 900}))
    _, supplement = shop.views().explain("1")

    sold = supplement.postings[1]
    assert ([line.amount_minor for line in sold.lines], [line.amount_minor for line in sold.taken_back]) == (
        [900],
        [1000],
    )
