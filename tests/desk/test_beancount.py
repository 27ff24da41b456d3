"""The books as Beancount text: Beancount itself finds nothing wrong, and its balances are ours and the ledger's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from beancount.core.account import is_valid
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.cli.books_export import books
from bridge.cli.context import Setup
from bridge.desk.beancount import (
    Heading,
    account_name,
    entry_text,
    legs,
    quoted,
    standing_entries,
    transaction_text,
)
from bridge.desk.spool import spool
from bridge.errors import ConfigError
from bridge.model.chart import VAT_PAYABLE
from bridge.model.connections import BankLeg
from bridge.model.entries import Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.money import decimal_text
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.books.bean import Loaded, load, load_entries
from tests.books.book import Book, MakeBook
from tests.books.builders import settlement
from tests.charts import CHART
from tests.end_to_end.merchant import Merchant

COUNTRIES = {
    "us": ("us_v2_standard.txt",),
    "ca": ("ca_v2_negative.txt", "ca_v2_after_negative.txt"),
}
BEAN_CHECK = Path(sys.executable).with_name("bean-check")


def entry(
    *amounts: tuple[str, int] | tuple[str, int, str, int],
    narration: str = "Amazon settlement 1",
    currency: str = "USD",
    on: date = date(2026, 6, 30),
    group: str = "1",
    number: int = 1,
    **facts: str,
) -> JournalEntry:
    """An entry from (account, minor units) or (account, minor units, treatment, tax)."""
    postings = tuple(
        Posting(place, amount[0], amount[1], "sale.product", "default:sale.product", 1, *amount[2:], **facts)  # type: ignore[arg-type]
        for place, amount in enumerate(amounts, start=1)
    )
    slot = Slot("rte_1", Mode.PAYOUT, group, "2026-06")
    return JournalEntry(slot, number, "doc_1", 2, on, currency, narration, postings, 3, "hash", "1.0")


def whole(*entries: JournalEntry, title: str = "bridge: us") -> str:
    """A file as the export writes it."""
    heading = Heading(title)
    for each in entries:
        heading.note(each, CHART)
    return heading.text() + "".join(f"\n{transaction_text(each, 'us', CHART)}" for each in entries)


def sums(entries: Sequence[JournalEntry]) -> dict[tuple[str, str], Decimal]:
    """Balances by (Beancount's name, currency) as the postings have them, their tax on the tax account."""
    found: dict[tuple[str, str], int] = {}
    for each in entries:
        for posting in each.postings:
            tax = posting.tax_minor if posting.tax_code else 0
            for account, minor in ((posting.account, posting.amount_minor - tax), (VAT_PAYABLE, tax)):
                key = account_name(account, CHART), each.currency
                found[key] = found.get(key, 0) + minor
    return {key: Decimal(decimal_text(minor, key[1])) for key, minor in found.items() if minor}


# Entries


def test_an_entry_reads_as_a_book() -> None:
    found = entry_text(entry(("1200", 8316), ("6000", 344), ("4000", -8660)), CHART)

    assert re.sub(r" {2,}", "  ", found) == (
        '2026-06-30 * "Amazon settlement 1"\n'
        "  Assets:Clearing:1200-Amazon-clearing  83.16 USD\n"
        "  Expenses:6000-Marketplace-referral-fees  3.44 USD\n"
        "  Income:4000-Product-sales  -86.60 USD\n"
    )
    assert len({row.index(" USD") for row in found.splitlines()[1:]}) == 1, "amounts stand below each other"


def test_tax_inside_a_line_stands_on_the_tax_account_with_its_treatment() -> None:
    found = entry_text(
        entry(("1210", 2496), ("4000", -3000, "sale:20", -500), ("6100", 504, "purchase:20", 84), currency="GBP"),
        CHART,
    )

    assert re.sub(r" {2,}", "  ", found) == (
        '2026-06-30 * "Amazon settlement 1"\n'
        "  Assets:Clearing:1210-Shopify-Payments-clearing  24.96 GBP\n"
        "  Income:4000-Product-sales  -25.00 GBP\n"
        '  tax: "sale:20"\n'
        "  Liabilities:2120-VAT-GST-output-payable  -5.00 GBP\n"
        '  tax: "sale:20"\n'
        "  Expenses:6100-Payment-processing-fees  4.20 GBP\n"
        '  tax: "purchase:20"\n'
        "  Liabilities:2120-VAT-GST-output-payable  0.84 GBP\n"
        '  tax: "purchase:20"\n'
    )
    assert load_entries(found).errors == ()


def test_the_full_form_leads_back_to_where_an_entry_comes_from() -> None:
    booked = entry(("1200", 100), ("4000", -100), tracking="Channel: Amazon", contact="Amazon")
    (transaction,) = load(whole(booked)).transactions

    told = {name: value for name, value in transaction.meta.items() if name not in {"filename", "lineno"}}
    assert {name: told[name] for name in told if not name.startswith("__")} == {
        "entry": booked.entry_id,
        "route": "us",
        "slot": "payout/1/2026-06",
        "number": "1",
        "purpose": "settlement",
        "rules": "3",
        "document": "doc_1",
        "revision": "2",
    }
    assert transaction.postings[1].meta is not None
    assert transaction.postings[1].meta["kind"] == "sale.product"
    assert transaction.postings[1].meta["tracking"] == "Channel: Amazon"
    assert transaction.postings[1].meta["contact"] == "Amazon"


def test_the_heading_opens_each_account_once_on_its_first_day_with_its_currencies() -> None:
    early, late = date(2026, 5, 31), date(2026, 7, 8)
    text = whole(
        entry(("1200", 100), ("4000", -100), on=late),
        entry(("1200", 100), ("4050", -100), on=early, currency="CAD"),
        title='bridge: "us"',
    )

    assert text.splitlines()[:10] == [
        r'option "title" "bridge: \"us\""',
        'option "operating_currency" "CAD"',
        'option "operating_currency" "USD"',
        "",
        "2026-05-31 open Assets:Clearing:1200-Amazon-clearing CAD,USD",
        '  number: "1200"',
        "2026-07-08 open Income:4000-Product-sales USD",
        '  number: "4000"',
        "2026-05-31 open Income:4050-Shipping-income CAD",
        '  number: "4050"',
    ]


# Accounts


def test_every_account_of_the_chart_has_a_name_of_its_own_below_the_root_of_its_type() -> None:
    names = {number: account_name(number, CHART) for number in CHART}

    assert all(is_valid(name) for name in names.values())
    assert len(set(names.values())) == len(names)
    roots = {number: name.partition(":")[0] for number, name in names.items()}
    by_digit = {"1": "Assets", "2": "Liabilities", "3": "Equity", "4": "Income"}
    assert roots == {number: by_digit.get(number[0], "Expenses") for number in names}
    assert names["1210"] == "Assets:Clearing:1210-Shopify-Payments-clearing"


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_a_number_that_no_chart_knows_has_a_name_of_its_own_too(numbers: list[str]) -> None:
    names = [account_name(number, CHART) for number in (*numbers, *CHART) if number]

    assert all(is_valid(name) and name.isascii() for name in names)
    assert len(set(names)) == len({*numbers, *CHART} - {""})


# Any entry

hostile = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ['"', "\\", 'a\\"b', "x\ny", "\r\n\t", "\x00\x1b[2J", "\\n", "2026-01-01 open", "* ; #t ^l", "\ud800"]
    ),
)
accounts = st.one_of(st.sampled_from(sorted(CHART)), st.text(min_size=1, max_size=12))
treatments = st.sampled_from(["", "none", "sale:20", "sale:0", "purchase:5", "purchase:exempt"])
currencies = st.sampled_from(["USD", "GBP", "JPY", "BHD", "CLF"])
amounts = st.integers(-(10**12), 10**12)


@st.composite
def any_entry(draw: st.DrawFn) -> JournalEntry:
    rows = draw(st.lists(st.tuples(accounts, amounts, treatments, amounts), max_size=5))
    facts = {name: draw(hostile) for name in ("contact", "tracking", "item", "description", "rule", "kind")}
    postings = [
        Posting(
            number=place,
            account=account,
            amount_minor=minor,
            tax_code=treatment,
            tax_minor=tax,
            half=draw(st.sampled_from(Half)),
            **facts,  # type: ignore[arg-type]
        )
        for place, (account, minor, treatment, tax) in enumerate(rows, start=1)
    ]
    if off := -sum(posting.amount_minor for posting in postings):
        postings.append(Posting(len(postings) + 1, "1200", off, "settlement.total", ""))
    return JournalEntry(
        slot=Slot("rte_1", draw(st.sampled_from(Mode)), draw(st.text(max_size=20)), draw(st.text(max_size=20))),
        number=draw(st.integers(1, 9)),
        document_id=draw(st.sampled_from(["", "doc_1"])),
        revision=1,
        booked_on=draw(st.dates(date(1990, 1, 1), date(2199, 12, 31))),
        currency=draw(currencies),
        narration=draw(hostile),
        postings=tuple(postings),
        rule_version=1,
        content_hash="",
        plugin_version="",
        purpose=draw(st.sampled_from(Purpose)),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(any_entry(), max_size=4), hostile)
def test_beancount_finds_nothing_wrong_with_any_entries_and_its_balances_are_ours(
    entries: list[JournalEntry], title: str
) -> None:
    loaded = load(whole(*entries, title=title))

    assert loaded.errors == ()
    assert loaded.balances == sums(entries)
    assert sorted(each.narration or "" for each in loaded.transactions) == sorted(shown(each) for each in entries)


def shown(each: JournalEntry) -> str:
    """What may be seen of a narration: all but what cannot be printed."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", each.narration)


def test_text_of_others_cannot_write_a_line_of_its_own() -> None:
    forged = 'x"\n2026-01-01 * "forged"\n  Assets:Bank:1000-Operating-bank  1.00 USD\n; "'

    assert "\n" not in quoted(forged)
    assert "\x1b" not in quoted("\x1b]0;title\x07")
    assert len(load(whole(entry(narration=forged))).transactions) == 1


def test_zero_decimals_are_written_without_a_point() -> None:
    assert " 1500 JPY" in entry_text(entry(("1200", 1500), ("4000", -1500), currency="JPY"), CHART)


def test_legs_of_one_entry_add_up_to_zero_like_its_postings() -> None:
    taxed = entry(("1200", 1200), ("4000", -1200, "sale:20", -200))

    assert [(leg.account, leg.amount_minor) for leg in legs(taxed)] == [("1200", 1200), ("4000", -1000), ("2120", -200)]


# The command


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    """Two sellers with everything delivered."""
    with QuickBooksSandbox() as sandbox:
        one = Merchant(tmp_path_factory.mktemp("merchant"), sandbox, *COUNTRIES)
        one.connect()
        for country, names in COUNTRIES.items():
            one.import_samples(country, *names)
        one.ok("deliver")
        yield one


def exported(merchant: Merchant, *arguments: str) -> Result:
    return CliRunner().invoke(
        books,
        ["export", *arguments],
        obj=Setup(merchant.config, {}),
        standalone_mode=False,
    )


def against_trial_balance(loaded: Loaded, ledger: dict[str, int], currency: str) -> dict[str, tuple[Decimal, Decimal]]:
    """What differs between Beancount's balances and a ledger's trial balance, by account: (export, ledger)."""
    theirs = {account: Decimal(decimal_text(minor, currency)) for account, minor in ledger.items()}
    ours = loaded.balances_of(currency)
    both = {account: (ours.get(account, Decimal(0)), theirs.get(account, Decimal(0))) for account in {*ours, *theirs}}
    return {account: pair for account, pair in both.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_exports_balances_are_the_ledgers_trial_balance_d01(merchant: Merchant, country: str) -> None:
    seller = merchant.sellers[country]
    loaded = load(exported(merchant, "--route", country).stdout)
    ledger = merchant.sandbox.trial_balance(seller.realm)

    assert loaded.errors == ()
    assert against_trial_balance(loaded, ledger, seller.currency) == {}
    for account in loaded.balances_of(seller.currency):
        off = against_trial_balance(loaded, {**ledger, account: ledger[account] + 1}, seller.currency)
        assert list(off) == [account], "one cent is seen"


def test_bean_check_accepts_the_file(merchant: Merchant, tmp_path: Path) -> None:
    file = tmp_path / "books.beancount"
    told = exported(merchant, "--output", str(file))
    checked = subprocess.run([BEAN_CHECK, str(file)], capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    assert re.fullmatch(r"\d+ entries written to \S+\n", told.stdout)
    assert file.read_text(encoding="utf-8") == exported(merchant).stdout


def test_an_export_is_by_date_then_by_id_and_the_same_every_time(merchant: Merchant) -> None:
    first, second = exported(merchant).stdout, exported(merchant).stdout
    found = re.findall(r'^(\d{4}-\d\d-\d\d) \*.*\n  entry: "(\w+)"', first, re.MULTILINE)

    assert first == second
    assert found == sorted(found)
    assert len(found) == len(load(first).transactions) > 5


def test_days_and_routes_narrow_an_export(merchant: Merchant) -> None:
    days = [each.date for each in load(exported(merchant, "--route", "us").stdout).transactions]
    some = load(exported(merchant, "--route", "us", "--since", "2026-07-08", "--until", "2026-07-08").stdout)
    two = load(exported(merchant, "--route", "us", "--route", "ca", "--route", "us").stdout)

    assert date(2026, 7, 8) in days
    assert {each.date for each in some.transactions} == {date(2026, 7, 8)}
    assert len(some.transactions) == days.count(date(2026, 7, 8))
    assert {each.meta["route"] for each in two.transactions} == {"us", "ca"}


def test_an_export_without_entries_is_still_a_file(merchant: Merchant) -> None:
    assert exported(merchant, "--until", "1999-12-31").stdout == 'option "title" "bridge: ca, us"\n'


def test_an_export_changes_nothing(merchant: Merchant) -> None:
    def audited() -> int:
        with merchant.app() as app, app.store.reading() as unit:
            return sum(1 for _ in unit.audit.rows())

    before = audited()
    exported(merchant)
    assert audited() == before


def test_an_unknown_route_or_a_place_that_cannot_be_written_is_refused(merchant: Merchant, tmp_path: Path) -> None:
    unknown = exported(merchant, "--route", "mars").exception
    unwritable = exported(merchant, "--output", str(tmp_path / "none" / "books.beancount")).exception

    assert isinstance(unknown, ConfigError)
    assert unknown.code == "route.unknown"
    assert isinstance(unwritable, ConfigError)
    assert unwritable.code == "output.unwritable"


def test_an_entry_that_was_replaced_before_it_was_sent_is_not_exported(tmp_path: Path) -> None:
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(tmp_path, sandbox, "us")
        merchant.connect()
        merchant.import_samples("us", *COUNTRIES["us"])
        before = load(exported(merchant).stdout)
        with merchant.config.open("a", encoding="utf-8") as file:
            file.write('clearing = "1240"\n')
        merchant.ok("apply")
        merchant.import_samples("us", *COUNTRIES["us"])
        after = load(exported(merchant).stdout)

    assert {"1200", "1240"} & set(before.numbers.values()) == {"1200"}
    assert {"1200", "1240"} & set(after.numbers.values()) == {"1240"}
    assert len(after.transactions) == len(before.transactions)


def test_a_transfer_that_never_was_is_not_exported(make_book: MakeBook) -> None:
    sold = "2026-06-03 sale.product 12.00"
    failed = "2026-06-17 payout.failed 12.00\n2026-06-20 sale.product 40.00"
    bounced, without, paid = make_book(), make_book(), make_book()
    for book in (bounced, without, paid):
        book.book(settlement("S1", sold, opened="2026-06-01", closed="2026-06-14", pays="2026-07-16"))
    bounced.book(settlement("S2", failed, opened="2026-06-14", closed="2026-06-28"))
    without.change_route(bank_leg=BankLeg.NONE)
    without.run()

    assert {each.slot.part for each in standing(paid)} == {"2026-06", "bank"}
    assert {each.slot.part for each in standing(without)} == {"2026-06"}
    assert {(each.slot.group, each.slot.part) for each in standing(bounced)} == {
        ("S1", "2026-06"),
        ("S2", "2026-06"),
        ("S2", "bank"),
    }


def standing(book: Book) -> list[JournalEntry]:
    with book.store.reading() as uow:
        return list(standing_entries(uow, book.route.route_id))


def test_texts_come_off_the_spool_by_day_then_name() -> None:
    with spool() as texts:
        texts.add([(date(2026, 7, 1), "a", "3"), (date(2026, 6, 1), "b", "2")])
        texts.add([(date(2026, 6, 1), "a", "1")])

        assert list(texts.texts()) == ["1", "2", "3"]
