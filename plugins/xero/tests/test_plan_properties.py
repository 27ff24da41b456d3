"""Whatever the entry, its vouchers say the same."""

from collections import Counter

from hypothesis import event, given
from hypothesis import strategies as st

from bridge.errors import HoldError
from bridge.model.entries import Half, JournalEntry, Posting, Purpose
from bridge.model.vouchers import voucher_id
from plugins.xero.tests.organisation import (
    TOTAL,
    account_id,
    entry,
    leg,
    planned,
    sums,
)

MONEY = st.integers(-20_000, 20_000)
LINES = st.tuples(
    st.sampled_from(["4000", "4050", "4200", "6000", "2210", "7990"]),
    MONEY,
    st.sampled_from(["", "none", "sale:20", "sale:0", "purchase:20"]),
    st.integers(-2, 2),
)


def taxed(line: tuple[str, int, str, int], half: Half) -> Posting:
    number, minor, code, off = line
    tax = int(minor / 6) + off if code.endswith(":20") and minor else 0
    return leg(number, minor, "sale.product", half, tax_code=code, tax_minor=tax)


@st.composite
def entries(draw: st.DrawFn) -> JournalEntry:
    """Entries of every purpose and shape that books may hand over."""
    purpose = draw(st.sampled_from([one for one in Purpose if one is not Purpose.BANK]))
    postings: list[Posting] = []
    if purpose in {Purpose.ORDER, Purpose.REFUND, Purpose.DAY}:
        for half in (Half.SALE, Half.REFUND):
            own = [taxed(line, half) for line in draw(st.lists(LINES, max_size=4))]
            own += [
                leg(number, minor, "", half)
                for number, minor in draw(st.lists(st.tuples(st.sampled_from(["1210", "2200"]), MONEY), max_size=3))
            ]
            own.append(leg(draw(st.sampled_from(["1210", "1240"])), -sum(one.amount_minor for one in own), "", half))
            postings += own
    else:
        postings = [taxed(line, Half.NONE) for line in draw(st.lists(LINES, max_size=5))]
        closing, kind = draw(st.sampled_from([("1100", TOTAL), ("1200", TOTAL), ("1280", "carry"), ("1230", "")]))
        postings.append(leg(closing, -sum(one.amount_minor for one in postings), kind))
    return entry(*postings, purpose=purpose, currency=draw(st.sampled_from(["GBP", "GBP", "EUR"])))


@given(made=entries())
def test_whatever_the_entry_its_vouchers_say_the_same(made: JournalEntry) -> None:
    """F05: numbered ids, a key each, one currency, payments of what comes before them, and every account's sum."""
    try:
        vouchers = planned(made)
    except HoldError as error:
        event(error.code)
        return

    wanted = Counter[str]()
    for posting in made.postings:
        wanted[account_id(posting.account)] += posting.amount_minor
    ids = [voucher.voucher_id for voucher in vouchers]
    event(", ".join(sorted({voucher.type for voucher in vouchers})) or "nothing")
    assert sums(vouchers) == {key: minor for key, minor in wanted.items() if minor}
    assert ids == [voucher_id(made.entry_id, number) for number in range(1, len(ids) + 1)]
    assert len({voucher.key for voucher in vouchers}) == len(ids)
    assert {voucher.currency for voucher in vouchers} <= {made.currency}
    totals = {one.voucher_id: abs(sum(line.amount_minor for line in one.lines if line.is_implied)) for one in vouchers}
    for voucher in vouchers:
        assert sum(line.amount_minor for line in voucher.lines) == 0
        if voucher.pays:
            assert voucher.pays in ids[: ids.index(voucher.voucher_id)]
            totals[voucher.pays] -= voucher.total_minor
    assert all(left >= 0 for left in totals.values()), "no document is paid by more than its total"
