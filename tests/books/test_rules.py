"""Rules: what they decide, from when, and which sets are refused."""

from datetime import date

import pytest

from bridge.books import Result, default_rules
from bridge.books.rules.rulebook import complete
from bridge.errors import ConfigError
from bridge.model.chart import recommended_chart
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.lines import kinds
from bridge.model.rules import Rule
from tests.books.book import ROUTE, Book, plain
from tests.books.builders import line, settlement

ODD = "2026-06-02 unclassified -3.00\n2026-06-03 sale.product 10.00"


def refused(*rules: Rule) -> str:
    with pytest.raises(ConfigError) as caught:
        complete("house rules", rules, recommended_chart())
    assert caught.value.code == "rules.invalid"
    return str(caught.value)


def test_there_is_one_default_for_each_kind_that_can_be_booked() -> None:
    assert [rule.kind for rule in default_rules()] == [name for name in kinds() if name != "ignored"]
    assert all(rule.id == f"default:{rule.kind}" for rule in default_rules())


def test_the_first_rule_that_holds_decides(book: Book) -> None:
    book.rules(
        Rule("mugs", account="4050", kind="sale.*", sku="ACME-MUG-*"),
        Rule("japan", account="4060", kind="sale.*", attributes=(("marketplace", "JP"),)),
        Rule("coupons", account="6500", kind="fee.*", words="*COUPON*"),
        Rule("all fees", account="6040", kind="fee.*"),
    )
    book.book(
        settlement(
            "S1",
            [
                line("1", "sale.product", "1.00", "2026-06-02", sku="ACME-MUG-BLU"),
                line("2", "sale.product", "2.00", "2026-06-02", attributes=(("marketplace", "JP"), ("quantity", "2"))),
                line("3", "sale.product", "4.00", "2026-06-02", sku="ACME-TEA", attributes=(("marketplace", "US"),)),
                line("4", "fee.promotion", "-0.50", "2026-06-02", words="Fee|Coupon Redemption"),
                line("5", "fee.storage", "-0.25", "2026-06-02", words="Storage Fee"),
            ],
        )
    )

    assert book.accounts("S1 2026-06") == {
        "1200": "6.25",
        "4000": "-4.00",
        "4050": "-1.00",
        "4060": "-2.00",
        "6040": "0.25",
        "6500": "0.50",
    }
    assert [posting.rule for posting in book.entry_of("S1 2026-06").postings] == [
        "default:sale.product",
        "mugs",
        "japan",
        "all fees",
        "coupons",
        "",
    ]


def test_a_line_takes_the_version_in_force_on_its_own_local_day(book: Book) -> None:
    """D07: a new version decides from its date on, and nothing before; the date is the merchant's."""
    book.rules(Rule("new", account="5230", kind="fee.storage"), since=date(2026, 6, 10))
    book.book(settlement("S1", "2026-06-10 06:59:59 fee.storage -1.00\n2026-06-10 07:00:00 fee.storage -2.00"))

    assert book.accounts("S1 2026-06") == {"1200": "-3.00", "5220": "1.00", "5230": "2.00"}


def test_unclassified_lines_go_to_suspense_and_hold_all_vouchers_of_the_settlement(book: Book) -> None:
    """F23, D12: an unknown type keeps the total and goes to a person."""
    text = "2026-05-30 unclassified -3.00\n2026-06-03 sale.product 10.00"
    book.book(settlement("S1", text, opened="2026-05-20", closed="2026-06-14"))

    assert book.balance("1990") == "3.00"
    assert book.vouchers() == plain("""
        S1 2026-05  held  unclassified
        S1 2026-06  held  unclassified
        S1 bank     held  unclassified
    """)


def test_a_rule_that_maps_the_unclassified_books_the_settlement_anew_and_lets_it_go(book: Book) -> None:
    book.book(settlement("S1", ODD))
    before = book.entry_of("S1 2026-06")
    book.rules(Rule("labels", kind="unclassified", as_kind="fee.label"))
    outcome = book.run().documents[0]

    assert outcome.result is Result.REBOOKED
    assert book.accounts("S1 2026-06") == {"1200": "7.00", "4000": "-10.00", "5240": "3.00"}
    assert book.entry_of("S1 2026-06").number == before.number + 1
    assert book.vouchers() == plain("""
        S1 2026-06  owed
        S1 bank     owed
    """)
    withdrawn = [each for each in book.deliveries() if each.state is DeliveryState.WITHDRAWN]
    assert {(each.entry_id == before.entry_id, each.reason) for each in withdrawn} == {
        (True, "replaced"),
        (False, "replaced"),
    }
    assert len(book.booked_lines()) == 2


def test_an_account_for_unclassified_lines_is_a_mapping_too(book: Book) -> None:
    book.rules(Rule("known oddity", account="6040", kind="unclassified", words="Oddity"))
    book.book(settlement("S1", [line("1", "unclassified", "-3.00", "2026-06-02", words="oddity")]))

    assert book.vouchers() == "S1 2026-06 owed"
    assert book.balance("6040") == "3.00"


def test_mapped_tax_meets_its_withheld_leg(book: Book) -> None:
    """Facilitator tax in the channel's new words is found by the mapping, and its group passes through."""
    book.rules(Rule("new words", kind="unclassified", words="NewTax*", as_kind="tax.facilitator"))
    book.book(
        settlement(
            "S1",
            [
                line("1", "tax.collected", "8.00", "2026-06-02", tax_group="order-1"),
                line("2", "unclassified", "-8.00", "2026-06-02", tax_group="order-1", words="NewTax-Principal"),
            ],
        )
    )

    assert book.balance("2100") == book.balance("2110") == book.balance("1990") == "0.00"
    assert book.vouchers() == "S1 2026-06 owed"


def test_new_rules_that_say_nothing_of_it_leave_the_settlement_held_under_the_next_number(book: Book) -> None:
    book.book(settlement("S1", ODD))
    book.rules(Rule("other", account="6040", kind="fee.storage"))
    book.run()
    audited = book.audit_rows()
    book.run()

    assert book.entry_of("S1 2026-06").number == 2
    assert book.delivery("S1 2026-06").reason == "unclassified"
    assert book.audit_rows() == audited


def test_new_rules_do_not_touch_a_settlement_that_is_partly_sent(book: Book) -> None:
    """D08: what is in the ledger is never replaced; a finding asks for the correction, once."""
    text = "2026-05-30 unclassified -3.00\n2026-06-03 sale.product 10.00"
    book.book(settlement("S1", text, opened="2026-05-20", closed="2026-06-14"))
    book.decide(InstructionKind.RELEASE, "S1 2026-05")
    book.run()
    assert book.deliver() == ["S1 2026-05"]
    book.rules(Rule("labels", kind="unclassified", as_kind="fee.label"))

    assert [outcome.result for outcome in book.run().documents] == [Result.NEEDS_CORRECTION]
    assert [kept.finding.code for kept in book.findings()] == ["books.needs_correction"]
    audited = book.audit_rows()
    book.run()
    assert book.audit_rows() == audited
    assert book.balance("1990") == "3.00"


def test_booked_settlements_are_left_alone_by_new_rules(book: Book) -> None:
    """D07: activating rules re-books nothing that is classified."""
    book.book(settlement("S1", "2026-06-03 sale.product 10.00"))
    book.rules(Rule("all sales", account="4060", kind="sale.*"))

    assert book.run().documents == ()
    assert book.balance("4000") == "-10.00"


def test_a_version_is_added_only_when_it_says_something_new(book: Book) -> None:
    rule = Rule("labels", account="5240", kind="fee.label")
    book.rules(rule)
    book.rules(rule)
    book.rules(rule, *default_rules())

    with book.store.reading() as uow:
        versions = uow.rules.versions(ROUTE)
    assert [version.version for version in versions] == [1, 2]
    assert versions[-1].rules == (rule, *default_rules())


def test_sets_that_cannot_work_are_refused_and_the_rule_is_named() -> None:
    own = Rule("own", account="6040", kind="fee.storage")

    assert "rule 'own': is there twice" in refused(own, own)
    assert "names no known kind: 'fee.nonsense'" in refused(Rule("own", account="6040", kind="fee.nonsense"))
    assert "names unknown account '6999'" in refused(Rule("own", account="6999"))
    assert "maps to unknown kind 'fee.nonsense'" in refused(Rule("own", kind="unclassified", as_kind="fee.nonsense"))
    assert "maps money to 'ignored'" in refused(Rule("own", kind="unclassified", as_kind="ignored"))
    assert "re-names lines that are classified already" in refused(Rule("own", as_kind="fee.label"))
    assert "has no account" in refused(Rule("own", kind="fee.label"))
    assert "is about ignored lines" in refused(Rule("own", account="6040", kind="ignored"))
    assert "books to 1280" in refused(Rule("own", account="1280", kind="fee.label"))
    assert "has no id" in refused(Rule(" ", account="6040"))
    assert "contradicts bridge's own default" in refused(Rule("default:fee.label", account="6040", kind="fee.label"))
    assert "stands after the defaults" in refused(default_rules()[0], own)


def test_a_route_without_rules_is_refused_with_the_next_step(book: Book) -> None:
    book.change_route(name="another")

    with pytest.raises(ConfigError, match="has no rules in force"):
        book.books().run("another", actor="cli")
