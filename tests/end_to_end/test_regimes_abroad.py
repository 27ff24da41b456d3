"""Tax regimes outside the United States, from a raw file or page to the lines of both ledgers (C1, C2, C20, C25)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from tests.books.raw import written
from tests.end_to_end.abroad import LEDGERS, NOTHING, P28, SETTLEMENTS, Rate, company, shop_order

CANADA = ("CA", "CAD", "America/Toronto")
BOTH = pytest.mark.parametrize("ledger", LEDGERS)
Lines = dict[str, list[str]]
PRINCIPAL, TAX = "Order|ItemPrice|Principal", "Order|ItemPrice|Tax"
SOLD = f"2026-06-13  1  {PRINCIPAL}  20.83\n2026-06-13  1  {TAX}  4.17"
STORAGE = """
    2026-06-10  -  FBAFees|FBA Inventory Storage Fee|Base fee    -14.20
    2026-06-10  -  FBAFees|FBA Inventory Storage Fee|Tax on fee   -2.84
"""


def settlement(folder: Path, currency: str, rows: str) -> Path:
    """A settlement of these rows as Amazon writes it: see ``raw.written``."""
    made = folder / "settlement.txt"
    made.write_bytes(written(rows, currency=currency).content)
    return made


@BOTH
def test_two_taxes_on_a_line_become_the_ledgers_one_code_for_both_p28(ledger: str, tmp_path: Path) -> None:
    """GST 5 and QST 9.975 of Quebec: 14.98 on 100.00."""
    with company(ledger, tmp_path, *CANADA) as acme:
        acme.declare('tax_regime = "gst_hst"')
        acme.sync(P28)

        assert (
            acme.lines()
            == {
                "quickbooks": ["4000 -100.00 GST/QST QC - 9.975 -14.98"],
                "xero": ["4000 -100.00 TAX007 -14.98"],
            }[ledger]
        )
        assert (acme.balance("4000"), acme.balance("1220")) == (-10000, 11498)


@pytest.mark.parametrize(
    ("qst", "codes"),
    [("9.98", []), ("9.00", ["books.tax_recomputed", "delivery.echo_differs"])],
)
def test_what_a_ledger_works_out_anew_is_compared_before_it_is_sent_and_after(
    qst: str, codes: list[str], tmp_path: Path
) -> None:
    """C24: QuickBooks splits each amount of a form by its code, whatever was stated: the same to the cent, or told."""
    with company("quickbooks", tmp_path, *CANADA, says={"recalculates_vat": True}) as acme:
        acme.declare('tax_regime = "gst_hst"', 'mode = "order"')
        acme.sync(shop_order(tmp_path, "CAD", ("CA-QC-GST-1", "5", "5.00"), ("CA-QC-QST-2", "9.975", qst)))

        assert (acme.kinds(), acme.findings()) == ({"SalesReceipt"}, codes)


PROVINCES: tuple[tuple[Rate, ...], ...] = (
    (("CA-BC-GST-1", "5", "5.00"), ("CA-BC-PST-2", "7", "7.00")),
    (("CA-MB-GST-1", "5", "5.00"), ("CA-MB-RST-2", "7", "7.00")),
    (("CA-ON-HST-1", "13", "13.00"),),
    (("CA-AB-GST-1", "5", "5.00"),),
    (),
)
CODES: Lines = {
    "quickbooks": ["GST/PST BC -12.00", "GST/PST MB -12.00", "HST ON -13.00", "GST -5.00", "Zero-rated 0.00"],
    "xero": ["TAX005 -12.00", "TAX006 -12.00", "TAX003 -13.00", "TAX001 -5.00", "TAX008 0.00"],
}


@BOTH
def test_each_province_has_a_code_of_its_own_at_the_same_rate_too(ledger: str, tmp_path: Path) -> None:
    with company(ledger, tmp_path, *CANADA) as acme:
        acme.declare('tax_regime = "gst_hst"')
        acme.sync(*(shop_order(tmp_path, "CAD", *each, order_id=at) for at, each in enumerate(PROVINCES, start=130)))

        assert acme.lines() == sorted(f"4000 -100.00 {code}" for code in CODES[ledger])


@BOTH
def test_a_rate_that_several_codes_bear_waits_until_a_person_says_which(ledger: str, tmp_path: Path) -> None:
    """British Columbia and Manitoba both come to 12; the shop does not name the province."""
    untold: tuple[Rate, ...] = (("GST", "5", "5.00"), ("Provincial", "7", "7.00"))
    meant = {"quickbooks": "GST/PST MB", "xero": "TAX006"}[ledger]
    with company(ledger, tmp_path, *CANADA) as acme:
        acme.declare('tax_regime = "gst_hst"')
        acme.sync(shop_order(tmp_path, "CAD", *untold))
        assert acme.held() == ["tax_code.missing"]

        acme.declare('tax_regime = "gst_hst"', "[routes.shop.tax_codes]", f'"sale:5+7" = "{meant}"')
        acme.sync()
        assert acme.lines() == [f"4000 -100.00 {meant} -12.00"]


@BOTH
def test_p34_beside_the_marketplace_the_seller_owes_gst_with_its_own_code(ledger: str, tmp_path: Path) -> None:
    """C1: 12.00 were collected in British Columbia; Amazon withheld its 7.00 of PST, and 5.00 are the seller's GST."""
    with company(ledger, tmp_path, "CA", "CAD", "America/Vancouver") as acme:
        acme.declare('tax_regime = "gst_hst"', 'bank_leg = "none"', channel="amazon")
        acme.sync(SETTLEMENTS / "P34_amazon_ca_partial_pst.txt")

        code = {"quickbooks": "GST", "xero": "TAX001"}[ledger]
        assert acme.lines()[-1:] == [f"4000 -100.00 {code} -5.00"]
        assert (acme.balance("4000"), acme.balance("2110"), acme.balance("1200")) == (-10000, 0, 10500)


@BOTH
@pytest.mark.parametrize(
    ("country", "currency", "percent", "tax", "codes"),
    [
        ("AU", "AUD", "10", "10.00", {"quickbooks": ("GST", "GST free"), "xero": ("OUTPUT", "EXEMPTOUTPUT")}),
        ("NZ", "NZD", "15", "15.00", {"quickbooks": ("GST 15%", "Zero-rated"), "xero": ("OUTPUT2", "ZERORATED")}),
    ],
)
def test_gst_rides_on_its_line_and_what_only_moves_money_is_on_no_return(
    ledger: str, country: str, currency: str, percent: str, tax: str, codes: dict[str, tuple[str, str]], tmp_path: Path
) -> None:
    with company(ledger, tmp_path, country, currency) as acme:
        acme.declare(f'tax_regime = "gst_{country.lower()}"')
        acme.sync(shop_order(tmp_path, currency, (f"{country}-GST-1", percent, tax)))

        assert acme.lines() == [f"4000 -100.00 {codes[ledger][0]} -{tax}"]


@BOTH
def test_without_a_rate_gst_is_at_the_countrys_own(ledger: str, tmp_path: Path) -> None:
    """Of an Australian settlement without Tax rows 9.09 of 100.00 are GST; what only moves money is BAS excluded."""
    code = {"quickbooks": "GST", "xero": "OUTPUT"}[ledger]
    with company(ledger, tmp_path, "AU", "AUD", "Australia/Sydney") as acme:
        keys = ('tax_regime = "gst_au"', "vat_in_rows = false", 'bank_leg = "none"')
        acme.declare(*keys, channel="amazon")
        acme.sync(settlement(tmp_path, "AUD", f"2026-06-13  1  {PRINCIPAL}  100.00"))

        sold = f"4000 -90.91 {code} -9.09"
        assert acme.lines() == {"quickbooks": [sold], "xero": ["1200 100.00 BASEXCLUDED 0.00", sold]}[ledger]


BRITAIN = ("GB", "GBP", "Europe/London")
TWENTY: Rate = ("GB-VAT-1", "20", "20.00")


@BOTH
def test_by_cash_accounting_an_order_is_paid_on_its_day(ledger: str, tmp_path: Path) -> None:
    """C25: in order mode a receipt, or an invoice with its payment; no journal bears a code of the return."""
    code, kinds = {"quickbooks": ("20.0% S", {"SalesReceipt"}), "xero": ("OUTPUT2", {"Invoices", "Payments"})}[ledger]
    with company(ledger, tmp_path, *BRITAIN, says=by_cash(ledger)) as acme:
        acme.declare('tax_regime = "vat_cash"', 'mode = "order"')
        acme.sync(shop_order(tmp_path, "GBP", TWENTY))

        assert (acme.lines(), acme.kinds()) == ([f"4000 -100.00 {code} -20.00"], kinds)


@BOTH
def test_by_cash_accounting_an_order_on_terms_is_an_invoice_whose_tax_waits_for_its_money(
    ledger: str, tmp_path: Path
) -> None:
    """C25: the ledger itself knows when it is paid."""
    code = {"quickbooks": "20.0% S", "xero": "OUTPUT2"}[ledger]
    with company(ledger, tmp_path, *BRITAIN, says=by_cash(ledger)) as acme:
        on_terms = ('mode = "order"', "placed_from = 2026-01-01", "[routes.shop.accounts]", '"1150" = "1100"')
        acme.declare('tax_regime = "vat_cash"', *on_terms)
        for day, status in (("", "processing"), ("2026-07-20T10:00:00", "completed")):
            file = shop_order(tmp_path, "GBP", TWENTY)
            pages = json.loads(file.read_text(encoding="utf-8"))
            pages[0]["body"][0] |= {"date_paid_gmt": day or None, "status": status, "payment_method": "cod"}
            file.write_text(json.dumps(pages), encoding="utf-8")
            acme.sync(file)

            assert acme.balance("1100") == (0 if day else 120_00)
            (invoice,) = acme.sandbox.entities(acme.account, {"quickbooks": "Invoice", "xero": "Invoices"}[ledger])
            assert float(invoice.get("Balance") or invoice.get("AmountDue") or 0) == (0 if day else 120)
        assert acme.balance("2120") == -20_00
        assert acme.kinds() <= {"Invoices", "Payments"}
        assert (acme.lines() or [f"4000 -100.00 {code} -20.00"]) == [f"4000 -100.00 {code} -20.00"]


def by_cash(ledger: str) -> dict[str, str]:
    """What of a company's settings says so: QuickBooks tells no basis."""
    return {"sales_tax_basis": "CASH"} if ledger == "xero" else {}


def test_by_cash_accounting_a_day_is_no_journal_of_quickbooks(tmp_path: Path) -> None:
    with company("quickbooks", tmp_path, *BRITAIN) as acme:
        acme.declare('tax_regime = "vat_cash"', 'mode = "day"', "hold_back_hours = 0")
        acme.sync(shop_order(tmp_path, "GBP", TWENTY))

        assert (acme.held(), acme.kinds()) == (["tax_regime.journal"], set())
        assert 'Set mode = "order"' in acme.run("held").output


@BOTH
def test_by_cash_accounting_what_a_marketplace_takes_is_received_that_day(ledger: str, tmp_path: Path) -> None:
    """C25: nothing stays open until the bank has it; QuickBooks could say it only by a journal, which is refused."""
    file = SETTLEMENTS / "P31_amazon_gb_vat_row_a.txt"
    with company(ledger, tmp_path, *BRITAIN, says=by_cash(ledger)) as acme:
        acme.declare('tax_regime = "vat_cash"', "vat_in_rows = true", channel="amazon")
        acme.sync(file)

        if ledger == "quickbooks":
            assert acme.held()[:1] == ["tax_regime.journal"]
        else:
            assert acme.kinds() == {"Invoices", "Payments"}
            assert {one["Status"] for one in acme.sandbox.entities(acme.account, "Invoices")} == {"PAID"}
            assert acme.lines() == ["4000 -20.83 OUTPUT2 -4.17"]


def test_by_cash_accounting_an_open_deposit_is_asked_about(tmp_path: Path) -> None:
    with company("xero", tmp_path, *BRITAIN, says={"sales_tax_basis": "CASH"}) as acme:
        acme.declare('tax_regime = "vat_cash"', 'bank_leg = "document"', "vat_in_rows = true", channel="amazon")
        acme.sync(SETTLEMENTS / "P31_amazon_gb_vat_row_a.txt")

        assert acme.held() == ["tax_regime.open_deposit"]


@BOTH
def test_by_flat_rate_sales_keep_their_code_and_tax_on_a_fee_is_its_cost(ledger: str, tmp_path: Path) -> None:
    code = {"quickbooks": "20.0% S", "xero": "OUTPUT2"}[ledger]
    more = {"sales_tax_basis": "FLATRATEACCRUAL"} if ledger == "xero" else {}
    with company(ledger, tmp_path, *BRITAIN, says=more) as acme:
        acme.declare('tax_regime = "vat_flat_rate"', "vat_in_rows = true", 'bank_leg = "none"', channel="amazon")
        acme.sync(settlement(tmp_path, "GBP", f"{SOLD}\n{STORAGE}"))

        assert [line for line in acme.lines() if line.startswith("4000")] == [f"4000 -20.83 {code} -4.17"]
        assert acme.balance("5220") == 1704


IRELAND = ("IE", "EUR", "Europe/Dublin")
GERMAN: Rate = ("DE-VAT-1", "19", "19.00")
IRISH: Rate = ("IE-VAT-1", "23", "23.00")
MAPPED = {
    "quickbooks": ('"sale:oss_ioss:19@DE" = "19.0% OSS DE"', '"sale:reverse_charge" = "0.0% ECG"'),
    "xero": ('"sale:oss_ioss:19@DE" = "TAX001"', '"sale:reverse_charge" = "TAX002"'),
}
OWN = {"sales_tax_rates": {"OSS Germany 19%": "19", "EC Sales 0%": "0"}}


ABROAD: tuple[Rate, ...] = (GERMAN, IRISH, ("DE-VAT-0", "0", "0.00"), ("FR-VAT-1", "20", "20.00"))
WENT: dict[str, Lines] = {
    "oss": {
        "quickbooks": ["0.0% ECG 0.00", "19.0% OSS DE -19.00", "23.0% S -23.00"],
        "xero": ["TAX002 0.00", "TAX001 -19.00", "OUTPUT -23.00"],
    },
    "eu_b2b": {"quickbooks": ["0.0% ECG 0.00", "23.0% S -23.00"], "xero": ["TAX002 0.00", "OUTPUT -23.00"]},
}


@BOTH
@pytest.mark.parametrize("regime", ["oss", "eu_b2b"])
def test_within_the_union_goods_are_coded_by_where_they_went(ledger: str, regime: str, tmp_path: Path) -> None:
    """A country's tax that nobody mapped waits by its own name."""
    with company(ledger, tmp_path, *IRELAND, says=OWN if ledger == "xero" else NOTHING) as acme:
        keys = (f'tax_regime = "{regime}"', 'mode = "order"', "[routes.shop.tax_codes]", *MAPPED[ledger])
        acme.declare(*keys)
        acme.sync(*(shop_order(tmp_path, "EUR", each, order_id=at) for at, each in enumerate(ABROAD, start=130)))

        assert acme.lines() == sorted(f"4000 -100.00 {code}" for code in WENT[regime][ledger])
        assert set(acme.held()) == {"tax_code.missing"}
        untold = {"oss": "sale:oss_ioss:20@FR", "eu_b2b": "sale:20"}[regime]
        assert untold in acme.run("held").output


SAYS = [
    ("GB", "vat_standard", {"sales_tax_basis": "CASH"}, "vat_cash"),
    ("AU", "gst_au", {"sales_tax_basis": "NONE"}, "not_registered"),
    ("CA", "not_registered", {"uses_sales_tax": True}, "gst_hst"),
]


@pytest.mark.parametrize(("country", "stated", "says", "meant"), SAYS)
def test_what_the_ledger_says_of_its_scheme_is_held_against_the_regime(
    country: str, stated: str, says: dict[str, object], meant: str, tmp_path: Path
) -> None:
    """Before anything is booked; a person may keep the regime all the same."""
    ledger = "xero" if "sales_tax_basis" in says else "quickbooks"
    currency = {"GB": "GBP", "AU": "AUD", "CA": "CAD"}[country]
    with company(ledger, tmp_path, country, currency, says=says) as acme:
        acme.declare(f'tax_regime = "{stated}"')
        acme.sync(shop_order(tmp_path, currency))

        assert (acme.held(), acme.kinds()) == (["tax_regime.scheme"], set())
        assert f'Write tax_regime = "{meant}"' in acme.run("routes").output
        acme.declare(f'tax_regime = "{stated}"', f'tax_regime_confirmed = "{country}"')
        acme.sync()
        assert "tax_regime.scheme" not in acme.held()


@pytest.mark.parametrize(("name", "why"), [("quick_method", "Quick Method"), ("margin_scheme", "margin scheme")])
def test_schemes_that_bridge_cannot_book_are_refused_by_name(name: str, why: str, tmp_path: Path) -> None:
    with company("quickbooks", tmp_path, *CANADA) as acme, pytest.raises(ConfigError, match=why) as refused:
        acme.declare(f'tax_regime = "{name}"')
    assert "is not booked by bridge" in str(refused.value)
