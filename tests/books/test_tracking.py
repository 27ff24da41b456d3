"""What an entry's postings are reported by, and the proof that its vouchers say so."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from bridge.books.planning.proof import check
from bridge.books.planning.tracking import tracking
from bridge.errors import PluginError
from bridge.model.account_classes import AccountClass
from bridge.model.connections import Route
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerAccount, LedgerDimension, LedgerFacts, LedgerOption
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine, voucher_id
from tests.store import facts as made

SHOP, WHOLESALE = Tracked("class", "1", "class", "Shop"), Tracked("class", "2", "class", "Wholesale")
NUMBERS = {"1200": AccountClass.CURRENT_ASSET, "4000": AccountClass.INCOME, "6000": AccountClass.EXPENSE}
REFS = {number: AccountRef(f"id-{number}", number, number) for number in NUMBERS}
LEDGER = LedgerFacts(
    connection="books",
    taken_at=datetime(2026, 7, 1, tzinfo=UTC),
    company="Acme",
    home_currency="USD",
    accounts=tuple(
        LedgerAccount(
            ledger_id=f"id-{number}", number=number, name=number, type="", currency="USD", account_class=account_class
        )
        for number, account_class in NUMBERS.items()
    ),
    dimensions=(LedgerDimension("class", "class", (LedgerOption("1", "Shop"), LedgerOption("2", "Wholesale"))),),
)
ROUTE = Route("us", "shop", "books", "UTC", date(2026, 6, 1), clearing="1200", bank="1000", tracking="class=Shop")
POSTINGS = (
    Posting(1, "4000", -700, "sale.product", "default"),
    Posting(2, "4000", -300, "sale.product", "wholesale", tracking="class=Wholesale"),
    Posting(3, "6000", 100, "fee.payment", "default"),
    Posting(4, "1200", 900, "tender", "default"),
    Posting(5, "6000", 0, "fee.payment", "default"),
)
ENTRY: JournalEntry = msgspec.structs.replace(made.entry(), postings=POSTINGS)
WANTED = {1: (SHOP,), 2: (WHOLESALE,), 3: (SHOP,)}


def test_the_route_speaks_for_profit_and_loss_and_a_rule_for_whatever_it_takes() -> None:
    assert tracking(POSTINGS, ROUTE, LEDGER, REFS).tracked == WANTED

    on_clearing = msgspec.structs.replace(POSTINGS[3], tracking="class=Wholesale")
    assert tracking((on_clearing,), ROUTE, LEDGER, REFS).tracked == {4: (WHOLESALE,)}


def test_what_the_ledger_lacks_is_told_once_however_many_lines_want_it() -> None:
    route = msgspec.structs.replace(ROUTE, tracking="class=Shop; location=Leeds")

    assert tracking(POSTINGS, route, LEDGER, REFS).missing == ("it has no dimension 'location' (it has: 'class')",)


def voucher(*options: tuple[Tracked, ...]) -> Voucher:
    lines = tuple(
        VoucherLine(account=REFS[one.account], amount_minor=one.amount_minor, tracked=said)
        for one, said in zip(POSTINGS, options, strict=False)
    )
    return msgspec.structs.replace(
        made.voucher(ENTRY.entry_id), voucher_id=voucher_id(ENTRY.entry_id, 1), lines=lines, currency=ENTRY.currency
    )


def test_a_plan_that_drops_or_moves_an_option_is_no_plan() -> None:
    check(ENTRY, (voucher((SHOP,), (WHOLESALE,), (SHOP,), ()),), REFS, WANTED)

    for options in (((), (WHOLESALE,), (SHOP,), ()), ((WHOLESALE,), (SHOP,), (SHOP,), ())):
        with pytest.raises(PluginError, match=r"class (Shop|Wholesale) gets"):
            check(ENTRY, (voucher(*options),), REFS, WANTED)
