"""Whatever an entry is, its body adds up, is valid by Intuit's schema, and reads back as the same books."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import HoldError
from bridge.model.entries import Half, JournalEntry, Posting, Purpose
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge_quickbooks.parse import Lists, ledger_copy, lines_of
from bridge_quickbooks.render import render
from bridge_quickbooks.words import SALES_FORMS
from bridge_quickbooks_sandbox import CompanySettings
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.totals import complete
from bridge_quickbooks_sandbox.wire import decode
from plugins.quickbooks.tests.company import made, posting
from plugins.quickbooks.tests.test_receipts import account, known, planned_all

ACCOUNTS = ("2100", "2210", "4000", "4050", "4100", "4200", "6000", "6100")
TENDERS = {"1210": "Bank", "1220": "Bank", "1250": "Other Current Asset", "2200": "Other Current Liability"}
TREATMENTS = ("sale:20", "sale:0", "sale:exempt", "purchase:20", "purchase:exempt", "none")
amounts = st.integers(-(10**9), 10**9).filter(bool)


@st.composite
def entries(draw: st.DrawFn) -> JournalEntry:
    """An entry of any purpose in any regime; its tax is a part of its line."""
    regime = draw(st.sampled_from(("us_sales_tax", "vat_standard", "not_registered")))
    purpose = draw(st.sampled_from(Purpose))
    currency = "USD" if regime == "us_sales_tax" else "GBP"
    if purpose is Purpose.BANK:
        amount = draw(st.integers(1, 10**9))
        return made(purpose, posting("1000", amount, "bank"), posting("1210", -amount, "bank"), currency=currency)
    postings = [draw(sold(regime)) for _ in range(draw(st.integers(1, 6)))]
    owed = sum(each.amount_minor for each in postings)
    tenders = draw(st.lists(st.sampled_from(sorted(TENDERS)), min_size=1, max_size=2))
    shares = [*(draw(amounts) for _ in tenders[1:]), 0]
    shares[-1] = -owed - sum(shares)
    money = [posting(name, share, "tender") for name, share in zip(tenders, shares, strict=True) if share]
    return made(purpose, *postings, *money, currency=currency)


@st.composite
def sold(draw: st.DrawFn, regime: str) -> Posting:
    amount = draw(amounts)
    tax = draw(st.sampled_from(TREATMENTS)) if regime == "vat_standard" else ""
    tax_minor = (abs(amount) * draw(st.integers(0, 20)) // 120) * (1 if amount > 0 else -1) if "20" in tax else 0
    half = draw(st.sampled_from(Half))
    return posting(draw(st.sampled_from(ACCOUNTS)), amount, "sale.product", tax=tax, tax_minor=tax_minor, half=half)


def company(entry: JournalEntry) -> LedgerFacts:
    kinds = {**TENDERS, **dict.fromkeys(ACCOUNTS, "Income")}
    return msgspec.structs.replace(
        known(entry),
        accounts=tuple(account(name, kind, "") for name, kind in kinds.items()),
        items=tuple(LedgerItem(f"item-{name}", name, f"id-{name}") for name in ACCOUNTS),
    )


class Echo:
    """What of a company a form's own figures need: its items; its tax is what the lines say, and nothing was paid."""

    settings = CompanySettings(country="GB")

    def get(self, kind: str, ref: str) -> dict[str, Any] | None:
        return {"IncomeAccountRef": {"value": ref.replace("item-", "id-")}} if kind == "Item" else None

    def all(self, _kind: str) -> tuple[()]:
        return ()


def echoed(voucher: Voucher) -> LedgerCopy:
    """A voucher as QuickBooks shows it once it has worked out its own figures."""
    read = load_schema().read(voucher.type, decode(render(voucher)))
    complete(Echo(), voucher.type, read)  # type: ignore[arg-type]
    lists = Lists(receivable={"": "id-1150"})
    return ledger_copy(voucher.type, {**read, "Id": "1"}, home_currency=voucher.currency, lists=lists)


@given(entry=entries())
def test_every_body_adds_up_is_valid_and_reads_back_as_the_same_books(entry: JournalEntry) -> None:
    """F17, F18, F29: every purpose, every regime, to the minor unit."""
    vouchers = planned_all(entry, company(entry))

    assert vouchers == planned_all(entry, company(entry))
    wanted, got = Counter[str](), Counter[str]()
    for each in entry.postings:
        wanted[f"id-{each.account}"] += each.amount_minor
    for voucher in vouchers:
        for line in voucher.lines:
            got[line.account.ledger_id] += line.amount_minor
        copy = echoed(voucher)
        sent = msgspec.structs.replace(copy, lines=lines_of(voucher))
        assert sum(line.amount_minor for line in voucher.lines) == 0
        assert (copy.lines_hash, copy.is_voided) == (sent.lines_hash, False)
        assert (copy.key, copy.dated_on, copy.currency) == (voucher.key, voucher.dated_on, voucher.currency)
        assert (copy.number or voucher.number) == voucher.number
    assert {name: sum_ for name, sum_ in got.items() if sum_} == {name: sum_ for name, sum_ in wanted.items() if sum_}


@given(entry=entries())
def test_no_amount_that_quickbooks_takes_unsigned_is_negative(entry: JournalEntry) -> None:
    """2290: a journal gives the side apart; a form and a transfer are positive as a whole."""
    for voucher in planned_all(entry, company(entry)):
        read = load_schema().read(voucher.type, decode(render(voucher)))
        if voucher.type == "JournalEntry":
            details = [line["JournalEntryLineDetail"] for line in read["Line"]]
            assert all(line["Amount"] >= 0 for line in read["Line"])
            assert all(detail.get("TaxAmount", 0) >= 0 for detail in details)
        else:
            assert echoed(voucher).total_minor > 0


@given(entry=entries())
def test_what_is_a_form_waits_for_its_items_and_nothing_else_asks_for_them(entry: JournalEntry) -> None:
    without = msgspec.structs.replace(company(entry), items=())
    if planned_all(entry, company(entry))[0].type in SALES_FORMS:
        with pytest.raises(HoldError, match="no active service item"):
            planned_all(entry, without)
    else:
        assert planned_all(entry, without) == planned_all(entry, company(entry))
