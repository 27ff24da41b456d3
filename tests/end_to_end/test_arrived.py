"""A payout that arrives in another currency, on a person's word: from the raw file to both ledgers (S18)."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.app import open_app
from bridge.clock import SystemClock
from bridge.errors import ConfigError, StaleError
from bridge.host.loader import load
from bridge.model.arrivals import Arrival
from bridge.settings import load_settings
from tests.end_to_end.abroad import LEDGERS, REALM, Company, Says, company

BOTH = pytest.mark.parametrize("ledger", LEDGERS)
IN_EUROS = Path(__file__).parents[2] / "plugins/amazon/tests/samples/synthetic/fr_v2_comma.txt"
PAYOUT, DAY = "28500000061", "2026-06-30"
"""919.42 EUR that closed on 26 June."""
SAID = (PAYOUT, "995.74 USD", "--on", DAY)
MEANT = ("--yes", "--reason", "as the bank's statement says", "--by", "ann")
SEVERAL: dict[str, Says] = {
    "quickbooks": {"multi_currency": True, "currencies": ("EUR",), "rates": ("EUR=1.07",)},
    "xero": {"currencies": ("EUR",)},
}


def seller(acme: Company, *keys: str) -> None:
    acme.declare('tax_regime = "us_sales_tax"', *keys, channel="amazon")
    acme.sync(IN_EUROS)


def refused(acme: Company, *words: str) -> ConfigError:
    done = acme.run("arrived", *words)
    assert isinstance(done.exception, ConfigError), done.output
    return done.exception


def open_account(acme: Company) -> None:
    """A person opens the account 1229, which is kept in euros, for what is on its way."""
    made = {"Name": "Amazon EUR", "AcctNum": "1229", "AccountType": "Bank", "AccountSubType": "CashOnHand"}
    token = acme.sandbox.issue_tokens(REALM)[0]
    requests.post(
        f"{acme.sandbox.base_url}/v3/company/{REALM}/account",
        json=made | {"CurrencyRef": {"value": "EUR"}},
        headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
        timeout=10,
    ).raise_for_status()


def sent(acme: Company, kind: str) -> list[Any]:
    return acme.sandbox.entities(acme.account, kind)


def told_by_drift(acme: Company, *, full: bool = True) -> str:
    """What the last check says of the route, in a line."""
    output = acme.run("drift", *(["--full"] if full else [])).output
    return next(line for line in output.splitlines() if line.startswith("Acme Ltd (seller)"))


@BOTH
def test_in_books_of_one_currency_a_settlement_is_booked_as_what_reached_the_bank(ledger: str, tmp_path: Path) -> None:
    """S18: its total is that to the cent, what the bank kept a line of its own; 1290 waits in any currency."""
    with company(ledger, tmp_path, "US", "USD") as acme:
        seller(acme)
        assert {"quickbooks": "rate.missing", "xero": "xero.currency"}[ledger] in acme.held()
        told: Any = json.loads(acme.run("held", "--json").stdout)
        assert any(f'`bridge arrived {PAYOUT} "AMOUNT CURRENCY" --on DAY`' in one["note"] for one in told["vouchers"])

        shown = json.loads(acme.run("arrived", *SAID, "--fee", "4.26", "--json").stdout)
        assert (shown["rate"], shown["doubts"], shown["is_done"]) == ("1 EUR = 1.08764 USD", [], False)
        first = {account: minor for account, _, minor in shown["entries"][0]["postings"]}
        assert (first["4000"], first["6200"], first["7100"]) == (-1263_31, 95_71, 4_26)
        assert acme.run("arrived", *SAID, "--yes").exception, "without a reason nothing is kept"
        assert acme.kinds() == set()

        assert acme.run("arrived", *SAID, "--fee", "4.26", *MEANT).exit_code == 0
        preview = acme.run("preview").output
        assert "995.74" in preview
        acme.sync()

        assert acme.held() == []
        assert acme.balance("4000") == -1263_31
        assert acme.balance("7100") == 4_26
        if ledger == "quickbooks":
            assert [f"{one['Amount']}" for one in sent(acme, "Transfer")] == ["995.74"]
            assert acme.balance("1000") == 995_74
        else:
            (invoice,) = sent(acme, "Invoices")
            assert (f"{invoice['Total']}", invoice["CurrencyCode"]) == ("995.74", "USD")
            acme.sandbox.tamper(acme.account).bank_line("1000", "995.74", DAY, invoice=invoice["InvoiceID"])  # type: ignore[call-arg]
        assert "matched, not reconciled" in told_by_drift(acme)
        assert "not matched" not in told_by_drift(acme)
        assert acme.findings() == ["drift.item_late"]
        again = acme.run("sync")
        assert again.exit_code in (0, None)
        assert acme.balance("4000") == -1263_31


@BOTH
def test_said_again_after_it_was_posted_it_is_taken_out_and_booked_anew(ledger: str, tmp_path: Path) -> None:
    with company(ledger, tmp_path, "US", "USD") as acme:
        seller(acme)
        acme.run("arrived", *SAID, *MEANT)
        acme.run("arrived", PAYOUT, "998.00 USD", "--on", DAY, *MEANT)
        acme.sync()
        assert acme.balance("6200") == 95_52, "of two words before anything was sent the later counts"

        meant = (PAYOUT, "995.74 USD", "--on", "2026-07-01")
        shown: Any = json.loads(acme.run("arrived", *meant, "--json").stdout)
        assert (len(shown["taken_out"]), shown["hindered"]) == ({"quickbooks": 2, "xero": 1}[ledger], [])
        acme.run("arrived", *meant, *MEANT)
        acme.sync()

        assert acme.held() == []
        assert acme.balance("6200") == 95_30
        standing = [one for one in sent(acme, "Invoices") if one["Status"] == "AUTHORISED"] if ledger == "xero" else []
        assert [f"{one['Total']}" for one in standing] == {"quickbooks": [], "xero": ["995.74"]}[ledger]
        told_by_drift(acme)
        assert (
            acme.findings()
            == {"quickbooks": ["drift.item_late"], "xero": ["drift.deposit_unpaid", "drift.item_late"]}[ledger]
        )

        acme.run("arrived", PAYOUT, "--take-back", *MEANT)
        acme.sync()
        assert {"quickbooks": "rate.missing", "xero": "xero.currency"}[ledger] in acme.held()
        assert acme.balance("4000") == 0
        assert acme.run("audit", "verify", "--store").return_value == 0


@BOTH
def test_in_books_of_several_currencies_it_goes_through_1295_and_what_the_bank_made_of_it_is_a_line_of_its_own(
    ledger: str, tmp_path: Path
) -> None:
    """It stood at the ledger's rate of its day: 983.78 at 1.07 in QuickBooks, 1021.58 at 0.9 in Xero."""
    with company(ledger, tmp_path, "US", "USD", says=SEVERAL[ledger]) as acme:
        keys = {"quickbooks": '[routes.seller.accounts]\n"1200:EUR" = "1229"', "xero": 'bank_leg = "none"'}[ledger]
        if ledger == "quickbooks":
            open_account(acme)
        seller(acme, keys)
        assert acme.held() == {"quickbooks": ["account.currency"], "xero": []}[ledger]

        acme.run("arrived", *SAID, "--fee", "4.26", *MEANT)
        acme.sync()

        gain = {"quickbooks": -16_22, "xero": 21_58}[ledger]
        assert acme.held() == []
        assert (acme.balance("7100"), acme.balance("7910"), acme.balance("1295")) == (4_26, gain, 0)
        if ledger == "quickbooks":
            assert (acme.balance("1229"), acme.balance("1200"), acme.balance("1000")) == (0, 0, 995_74)
            assert [(f"{one['Amount']}", one["CurrencyRef"]["value"]) for one in sent(acme, "Transfer")] == [
                ("995.74", "USD")
            ]
        else:
            assert acme.balance("1200") == 995_74
            acme.sandbox.tamper(acme.account).bank_line("1000", "995.74", DAY, "1200")
        assert "matched, not reconciled" in told_by_drift(acme)
        assert "not matched" not in told_by_drift(acme)
        assert acme.findings() == ["drift.item_late"]

        kind, name = {"quickbooks": ("JournalEntry", "Id"), "xero": ("ManualJournals", "ManualJournalID")}[ledger]
        half = sent(acme, kind)[-1]
        acme.sandbox.tamper(acme.account).void(kind.removesuffix("s"), half[name]) if ledger == "xero" else (
            acme.sandbox.tamper(acme.account).delete(kind, half[name])
        )
        told_by_drift(acme)
        assert {"quickbooks": "drift.deleted", "xero": "drift.voided"}[ledger] in acme.findings()


@BOTH
def test_the_banks_line_of_what_was_converted_is_known_where_it_was_coded_to_sales(ledger: str, tmp_path: Path) -> None:
    """D29, F50: it has the amount and the currency that arrived, and the settlement has neither."""
    with company(ledger, tmp_path, "US", "USD", says=SEVERAL[ledger]) as acme:
        if ledger == "quickbooks":
            open_account(acme)
        seller(
            acme, {"quickbooks": '[routes.seller.accounts]\n"1200:EUR" = "1229"', "xero": 'bank_leg = "none"'}[ledger]
        )
        acme.run("arrived", *SAID, "--fee", "4.26", *MEANT)
        acme.sync()
        hands = acme.sandbox.tamper(acme.account)
        hands.bank_line("1000", "919.42", DAY, "4000")
        told_by_drift(acme)
        assert "drift.coded_elsewhere" not in acme.findings(), "as much of another currency is something else"

        hands.bank_line("1000", "995.74", DAY, "4000")

        assert "not matched" in told_by_drift(acme, full=False)
        assert "drift.coded_elsewhere" in acme.findings()


def test_a_word_that_comes_while_it_is_sent_changes_nothing_and_is_told(tmp_path: Path) -> None:
    with company("quickbooks", tmp_path, "US", "USD") as acme:
        seller(acme)
        acme.run("arrived", *SAID, *MEANT)
        with open_app(load_settings(acme.config, {}), SystemClock(), load()) as app:
            seen = app.arriving.foresee(PAYOUT, Arrival("USD", 998_00, date(2026, 6, 30)), actor="test")
            twice = app.arriving.foresee(PAYOUT, Arrival("USD", 997_00, date(2026, 6, 30)), actor="test")
            acme.sync()
            app.arriving.carry_out(seen, by="ann", reason="read again", actor="test")
            with pytest.raises(StaleError, match="has changed since"):
                app.arriving.carry_out(twice, by="bob", reason="read again", actor="test")
        acme.sync()
        assert acme.balance("1000") == 995_74
        assert "books.arrived_late" in acme.findings()

        acme.run("arrived", PAYOUT, "998.00 USD", "--on", DAY, *MEANT)
        acme.sync()
        assert acme.balance("1000") == 998_00


def test_a_word_that_cannot_be_is_refused_and_one_that_is_odd_is_asked_about(tmp_path: Path) -> None:
    with company("quickbooks", tmp_path, "US", "USD") as acme:
        seller(acme)
        for words, code, told in (
            ((PAYOUT, "919.42 EUR", "--on", DAY), "arrived.currency", "in EUR itself"),
            ((PAYOUT, "780.00 GBP", "--on", DAY), "arrived.currency", "is kept in USD, and GBP is said"),
            ((PAYOUT, "0.00 USD", "--on", DAY), "arrived.amount", "more than nothing"),
            ((PAYOUT, "--on", DAY, "--", "-995.74 USD"), "arrived.amount", "more than nothing"),
            ((PAYOUT, "995.74 USD", "--on", DAY, "--fee", "-1.00"), "arrived.amount", "a fee is not less"),
            ((PAYOUT, "995.74 USD", "--on", "2026-06-25"), "arrived.day", "made only on 2026-06-26"),
            ((PAYOUT, "995.74 USD", "--on", "2099-01-01"), "arrived.day", "a day to come"),
            (("999", "995.74 USD", "--on", DAY), "entry.unknown", "there is no entry"),
            ((PAYOUT, "--take-back"), "arrived.unknown", "nothing was said of it"),
        ):
            error = refused(acme, *words)
            assert (error.code, told in str(error)) == (code, True), str(error)
        hundredfold = (PAYOUT, "99574.00 USD", "--on", DAY)
        assert "97 times more than the usual 1.12" in acme.run("arrived", *hundredfold).output
        assert refused(acme, *hundredfold, *MEANT).code == "arrived.rate"
        assert refused(acme, PAYOUT, "800.00 USD", "--on", DAY, "--fee", "195.74", *MEANT).code == "arrived.rate"
        assert acme.run("arrived", PAYOUT, "995.74 USD").exception, "no day"
        assert acme.run("arrived", *hundredfold, *MEANT, "--sure").exit_code in (0, None)


def test_where_a_word_is_not_needed_or_nothing_is_posted_yet_that_is_said(tmp_path: Path) -> None:
    with company("xero", tmp_path, "US", "USD", says=SEVERAL["xero"]) as acme:
        seller(acme)
        error = refused(acme, *SAID)
        assert (error.code, "as an open document" in str(error)) == ("arrived.unfit", True)

        acme.declare('tax_regime = "us_sales_tax"', 'bank_leg = "none"', "review = true", channel="amazon")
        acme.run("undo", PAYOUT, "--yes", "--reason", "by a line of the bank", "--book-again")
        acme.sync()
        error = refused(acme, *SAID)
        assert (error.code, "not in the ledger yet" in str(error)) == ("arrived.unknown", True)
