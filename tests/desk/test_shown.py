"""The tax of each line of a voucher, as ``bridge preview`` shows it."""

from datetime import UTC, date, datetime

from bridge.desk.shown import LineTax, line_taxes
from bridge.model.connections import Route
from bridge.model.entries import JournalEntry, Mode, Posting, Slot
from bridge.model.facts import LedgerFacts, LedgerTaxCode
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine

ROUTE = Route("shop", "shop", "books", "UTC", date(2026, 1, 1), "1210", "1000")
DAY = date(2026, 6, 3)
CODES = (LedgerTaxCode("5", "20.0% S", "20", ("sale:20", "purchase:20")), LedgerTaxCode("6", "Exempt", "0"))
FACTS = LedgerFacts(
    connection="books",
    taken_at=datetime(2026, 6, 3, tzinfo=UTC),
    company="Acme",
    home_currency="GBP",
    accounts=(),
    tax_codes=CODES,
)


def entry(*postings: tuple[str, int, str, int]) -> JournalEntry:
    """(account, amount, treatment, tax) of each posting."""
    made = (
        Posting(number, account, minor, "kind", "rule", tax_code=code, tax_minor=tax)
        for number, (account, minor, code, tax) in enumerate(postings, start=1)
    )
    slot = Slot(ROUTE.route_id, Mode.DAY, "GBP", "sales")
    return JournalEntry(slot, 1, "", 0, DAY, "GBP", "a day", tuple(made), 1, "", "")


def voucher(*lines: VoucherLine) -> Voucher:
    return Voucher(
        voucher_id="vch",
        entry_id="ent",
        type="JournalEntry",
        number="N1",
        key="key",
        dated_on=DAY,
        currency="GBP",
        memo="memo",
        lines=lines,
    )


def line(account: str, minor: int, code: str = "", tax: int = 0, *, is_implied: bool = False) -> VoucherLine:
    return VoucherLine(
        account=AccountRef(f"id-{account}", account, ""),
        amount_minor=minor,
        description="",
        tax_code=code,
        tax_minor=tax,
        is_implied=is_implied,
    )


def test_one_code_that_serves_both_sides_is_shown_with_the_treatment_of_its_line() -> None:
    """QuickBooks marks a purchase's code; what a person reads is the code's own name."""
    made = entry(("4000", -1200, "sale:20", -200), ("6000", 600, "purchase:20", 100), ("1210", 600, "none", 0))
    shown = voucher(line("4000", -1200, "5", -200), line("6000", 600, "5/purchase", 100), line("1210", 600))

    assert line_taxes(shown, made, ROUTE, FACTS) == (
        LineTax("sale:20", "5", "20.0% S", -200),
        LineTax("purchase:20", "5", "20.0% S", 100),
        LineTax("none"),
    )


def test_what_the_ledger_itself_posts_takes_no_treatment_from_a_line_of_the_same_amount() -> None:
    made = entry(("1100", 500, "sale:20", 0), ("1100", -500, "", 0))
    shown = voucher(line("1100", 500, is_implied=True), line("1100", -500))

    assert line_taxes(shown, made, ROUTE, FACTS) == (LineTax(), LineTax())


def test_a_code_that_no_treatment_asked_for_is_shown_by_its_name() -> None:
    """In the United States a form says of each line that it is not taxed."""
    facts = LedgerFacts(
        connection="books",
        taken_at=FACTS.taken_at,
        company="Acme",
        home_currency="USD",
        accounts=(),
        tax_codes=(LedgerTaxCode("NON", "Not taxed"),),
    )
    made = entry(("4000", -500, "", 0), ("1210", 500, "", 0))

    assert line_taxes(voucher(line("4000", -500, "NON"), line("1210", 500)), made, ROUTE, facts) == (
        LineTax("", "NON", "Not taxed"),
        LineTax(),
    )


def test_while_the_ledgers_facts_are_not_known_its_codes_are_shown_as_they_are() -> None:
    made = entry(("4000", -1200, "sale:20", -200), ("1210", 1200, "none", 0))

    assert line_taxes(voucher(line("4000", -1200, "5", -200), line("1210", 1200)), made, ROUTE, None)[0] == (
        LineTax("sale:20", "5", "5", -200)
    )
