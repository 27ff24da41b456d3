"""What is beyond Xero's limits: texts are cut with the key whole, lines summed, a journal cut into parts."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import HoldError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import voucher_id
from bridge_xero.render import render
from bridge_xero.words import MOST_BYTES, size_of
from plugins.xero.tests.organisation import account, entry, facts, leg, planned, sale, sums

WORDS = "Ж" * 650  # six bytes each in a body, for it is ASCII


def journal(count: int, *, tax: str = "", words: str = WORDS) -> JournalEntry:
    """Fees on so many accounts."""
    fees = [
        leg(f"{60000 + place}", 100 + place, "fee.payment", tax_code=tax, description=words) for place in range(count)
    ]
    total = sum(each.amount_minor for each in fees)
    return entry(*fees, leg("1210", -total, "clearing"), purpose=Purpose.JOURNAL, group="fees")


def chart(made: JournalEntry) -> LedgerFacts:
    return facts(*(account(each.account) for each in made.postings if each.account != "1210"))


def test_a_journal_that_is_too_large_is_cut_into_parts_that_each_balance_over_its_largest_leg() -> None:
    made = journal(1500)
    parts = planned(made, chart(made))

    assert len(parts) == 3
    assert all(len(render(each)) < 3_500_000 for each in parts)
    assert all(sum(line.amount_minor for line in each.lines) == 0 for each in parts)
    assert sums(parts) == sums(planned(journal(1500, words="-"), chart(made)))
    assert [each.lines[0].account.number for each in parts] == ["1210"] * 3
    assert [each.voucher_id for each in parts] == [voucher_id(made.entry_id, place) for place in (1, 2, 3)]
    assert len({each.key for each in parts}) == 3
    assert [each.memo.rpartition("settlement 1")[2] for each in parts] == [
        f", part {place} of 3" for place in (1, 2, 3)
    ]
    assert parts == planned(made, chart(made))


def test_a_journal_with_tax_is_not_cut_for_xero_would_come_to_another_tax() -> None:
    made = journal(1500, tax="purchase:exempt")
    with pytest.raises(HoldError) as held:
        planned(made, chart(made))

    assert held.value.code == "xero.too_long"
    assert "1,501 lines" in str(held.value)


def test_a_document_is_summed_and_never_cut() -> None:
    """C5: what equals the bank's line, or is paid, stays one."""
    lines = [leg("4000", -100, "sale.product", description=f"{place} {WORDS}") for place in range(1500)]
    made = entry(*lines, leg("1100", 150000, "settlement.total"))
    (invoice,) = planned(made)

    assert [(line.account.number, line.amount_minor) for line in invoice.lines] == [("4000", -150000), ("1100", 150000)]
    assert invoice.lines[0].description.endswith("and 1499 more")
    assert size_of(invoice.lines) < MOST_BYTES


def test_a_document_whose_sums_are_too_large_still_waits() -> None:
    lines = [leg(f"{40000 + place}", -100, "sale.product", description=WORDS) for place in range(1500)]
    made = entry(*lines, leg("1100", 150000, "settlement.total"))
    with pytest.raises(HoldError, match="1,501 lines") as held:
        planned(made, facts(*(account(each.account) for each in lines)))

    assert held.value.code == "xero.too_long"


@given(narration=st.text(st.characters(), max_size=400), purpose=st.sampled_from([Purpose.ORDER, Purpose.JOURNAL]))
def test_every_text_is_within_its_limit_as_xero_counts_with_the_key_whole(narration: str, purpose: Purpose) -> None:
    made = entry(sale("4000", -500, "sale.product"), sale("1210", 500), purpose=purpose, group="1001")
    for voucher in planned(msgspec.structs.replace(made, narration=narration)):
        assert voucher.key in voucher.memo
        assert len(voucher.memo.encode("utf-16-le")) // 2 <= (500 if voucher.type == "ManualJournal" else 255)
        assert len(voucher.reference.encode("utf-16-le")) // 2 <= 255
        assert voucher.memo.isprintable()
        json.loads(render(voucher))


def test_a_letter_of_two_units_is_never_cut_in_half() -> None:
    made = entry(sale("4000", -500, "sale.product"), sale("1210", 500), purpose=Purpose.ORDER, group="1001")
    (invoice, _) = planned(msgspec.structs.replace(made, narration="🎁" * 300))

    assert invoice.memo.startswith("🎁" * 100)
    assert 253 <= len(invoice.memo.encode("utf-16-le")) // 2 <= 255
