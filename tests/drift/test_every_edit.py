"""Whatever people do to whichever vouchers: each edit is found once, and nothing else is."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.findings import Severity
from tests.drift.firm import Firm, MakeFirm, codes, is_explained, over_month_end, paid

ENTRIES = ("S1 2026-05", "S1 2026-06", "S1 bank", "S2 2026-06", "S2 bank", "S3 2026-06", "S3 bank")
ENDS = {"delete": "deleted", "forget": "missing", "void": "voided"}


class Fate(msgspec.Struct, frozen=True):
    """What people do to one voucher. end: one of ENDS. copies: of it as it was, with key and number or without."""

    end: str = ""
    cents: int = 0
    recoded_to: str = ""
    days: int = 0
    number: str = ""
    is_reworded: bool = False
    is_recut: bool = False
    copies: tuple[bool, ...] = ()

    def expected(self) -> list[str]:
        """The codes of what should be found."""
        copied = ["replacement" if self.end else "extra_copy"] * len(self.copies)
        if self.end:
            return [ENDS[self.end], *copied]
        found = ["date"] if self.days else []
        found += ["number"] if self.number else []
        found += ["amount"] if self.cents else ["account"] if self.recoded_to else []
        return found + copied


FATES = st.builds(
    Fate,
    end=st.sampled_from(["", "", "", *ENDS]),
    cents=st.sampled_from([0, 0, 1, -7, 99]),
    recoded_to=st.sampled_from(["", "", "3000", "1990"]),
    days=st.sampled_from([0, 0, 1, -30, -400, 40]),
    number=st.sampled_from(["", "", "JE-1"]),
    is_reworded=st.booleans(),
    is_recut=st.booleans(),
    copies=st.lists(st.booleans(), max_size=2).map(tuple),
)
# Cents that no total of ours has.
FOREIGN = st.tuples(st.sampled_from(["1200", "1280", "6000"]), st.integers(101, 100_000).map(lambda n: n * 100 + 33))


def visit(firm: Firm, entry: str, fate: Fate) -> None:
    """Do to a voucher what is fated."""
    ledger, ref = firm.ledger, firm.ref(entry)
    for keeps_key in fate.copies:
        ledger.duplicate(ref, keeps_key=keeps_key)
    if fate.cents:
        ledger.edit_amount(ref, fate.cents)
    if fate.recoded_to:
        ledger.edit_account(ref, ledger.lines(ref)[0][0], fate.recoded_to)
    if fate.days:
        ledger.edit_date(ref, ledger.object(ref).dated_on + timedelta(days=fate.days))
    if fate.number:
        ledger.edit_number(ref, fate.number)
    if fate.is_recut:
        ledger.recut(ref)
    if fate.is_reworded:
        ledger.save_again(ref)
    if fate.end:
        getattr(ledger, fate.end)(ref)


@pytest.fixture(scope="module")
def firm(make_firm: MakeFirm) -> Firm:
    """Three settlements, one over a month end, all in the ledger and checked once."""
    firm = make_firm()
    firm.bring_in(
        over_month_end("S1"),
        paid("S2", "212.40", opened="2026-06-08 20:00", closed="2026-06-18 20:00", pays="2026-06-20 12:00"),
        paid("S3", "99.99", "-1.10", opened="2026-06-18 20:00", closed="2026-06-28 20:00", pays="2026-06-30 12:00"),
    )
    assert codes(firm.check()) == []
    firm.ledger.remember()
    return firm


@given(
    fates=st.dictionaries(st.sampled_from(ENTRIES), FATES, max_size=len(ENTRIES)),
    foreign=st.lists(FOREIGN, max_size=3, unique=True),
)
@settings(max_examples=60)
def test_each_edit_is_found_once_and_nothing_falsely(
    firm: Firm, fates: dict[str, Fate], foreign: list[tuple[str, int]]
) -> None:
    """D03, and D14: the clearing account stays explained whatever happens in it."""
    firm.ledger.come_back()
    for entry, fate in fates.items():
        visit(firm, entry, fate)
    for account, minor in foreign:
        firm.ledger.add_foreign(date(2026, 6, 20), [(account, minor), ("3100", -minor)])

    # What is forgotten without a trace no feed tells of; a full reading does.
    report = firm.check(in_full=any(fate.end == "forget" for fate in fates.values()))

    expected = [code for fate in fates.values() for code in fate.expected()]
    expected += ["foreign" for account, _ in foreign if account in ("1200", "1280")]
    assert Counter(codes(report)) == Counter(expected)
    assert is_explained(report)
    assert report.is_delivered is not any(fate.end for fate in fates.values())
    assert not (
        report.is_matched
        and any(
            kept.finding.severity is Severity.ERROR
            for kept in report.open_findings
            if kept.finding.code != "drift.foreign"
        )
    )
    firm.ledger.come_back()
    assert codes(firm.check()) == []
