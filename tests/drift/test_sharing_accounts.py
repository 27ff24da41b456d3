"""Open invoices, accounts that several shops share, several currencies in one account, and how it all is shown."""

from __future__ import annotations

import json
from datetime import date

from bridge.drift import Report
from bridge.drift.report.pages import to_html, to_json
from bridge.model.connections import BankLeg
from tests.books.shop import order
from tests.drift.counter import INVOICE, Counter, are_explained, items, payout, row
from tests.drift.firm import Firm, MakeFirm, codes, is_explained, over_month_end, paid
from tests.drift.test_report import Page
from tests.drift.test_shops import open_for_business


def test_a_settlement_that_is_an_open_invoice_ties_to_its_total(make_firm: MakeFirm) -> None:
    firm = make_firm(bank_leg=BankLeg.DOCUMENT)
    firm.bring_in(over_month_end("S1"), paid("S2", "10.00", "-25.00", opened="2026-06-08 20:00"))
    clean = firm.check()
    firm.ledger.move(firm.ref("S1 2026-06"), "4000", "1100", 2_50)
    edited = firm.check()

    first, second = clean.ties
    assert (first.channel_minor, first.booked_minor, first.ledger_minor, first.bank) == (
        135_00,
        135_00,
        135_00,
        "open invoice",
    )
    assert (second.channel_minor, second.booked_minor, second.ledger_minor, second.bank) == (-15_00,) * 3 + ("",)
    assert codes(clean) == []
    assert [(item.what, item.amount_minor) for item in clean.clearing.items] == [("settlement S2", -15_00)]
    assert (clean.is_matched, clean.is_reconciled) == (True, True)
    assert is_explained(clean)
    assert codes(edited) == ["amount"]
    assert edited.ties[0].ledger_minor == 137_50
    assert len(clean.posted) == 1


def test_the_customers_other_invoices_are_none_of_our_business_and_a_copy_of_ours_is(make_firm: MakeFirm) -> None:
    firm: Firm = make_firm(bank_leg=BankLeg.DOCUMENT)
    firm.bring_in(paid("S1"))
    ref = firm.ref("S1 2026-06")
    firm.ledger.add_foreign(date(2026, 6, 14), [("1100", 99_00), ("4000", -99_00)], type=INVOICE, number="INV-8")
    firm.ledger.add_foreign(date(2026, 6, 17), [("1000", 85_00), ("1100", -85_00)], type="Payment")
    assert codes(firm.check()) == []

    firm.ledger.duplicate(ref, keeps_key=False, number="INV-9")

    assert codes(firm.check()) == ["extra_copy"]


def test_each_of_two_shops_shows_its_own_money_in_the_accounts_they_share(counter: Counter) -> None:
    sister = counter.sister()
    open_for_business(counter)
    sister.bring_in(
        order("E1", "2026-06-03 12:00", {"sale.product": 400}),
        order("E2", "2026-06-03 12:00", {"sale.product": 70}, {"paypal": 70}),
        payout("EP1", "2026-06-29 00:00", row("E1", 400, "2026-06-03 12:00", fee=10), status="in_transit"),
    )

    counter.read_statement("1230", 1570)

    mine, theirs = counter.check_ledger(), sister.check_ledger()

    assert codes(mine) == codes(theirs) == []
    assert (len(mine.days), len(theirs.days)) == (2, 1)
    assert items(mine, "1210") == [("payments of 2026-06-04", "7.00")]
    assert items(theirs, "1210") == [("payout EP1", "3.90")]
    assert items(mine, "1230") == [("payments of 2026-06-03", "18.00"), ("payments of 2026-06-04", "-3.00")]
    assert items(theirs, "1230") == [("payments of 2026-06-03", "0.70")]
    assert are_explained(mine)
    assert are_explained(theirs)
    assert (mine.is_reconciled, theirs.is_reconciled) == (True, True)
    assert shared(mine) == shared(theirs) == [("1210 Shopify Payments clearing", 10_90), ("1230 PayPal balance", 15_70)]


def shared(report: Report) -> list[tuple[str, int]]:
    """The clearing accounts that several routes share: what stands there in all."""
    return [(one.account.account, one.account.closing_minor) for one in report.shared if one.account.purpose.clears]


def test_a_foreign_entry_in_a_shared_account_is_a_finding_of_one_route_whichever_is_checked(counter: Counter) -> None:
    sister = counter.sister()
    open_for_business(counter)
    sister.bring_in(order("E2", "2026-06-03 12:00", {"sale.product": 70}, {"paypal": 70}))
    counter.ledger.add_foreign(date(2026, 6, 8), [("1210", -4_44), ("6120", 4_44)])

    for first, second in ((counter, sister), (sister, counter)):
        first.check_ledger(), second.check_ledger()
        with counter.store.reading() as unit:
            found = {
                shop.route.name: [kept.finding.code for kept in unit.findings.of_route(shop.route.route_id)]
                for shop in (counter, sister)
            }
        assert sorted(found.values()) == [[], ["drift.foreign"]]


def test_a_route_that_shares_an_account_is_not_reconciled_while_anothers_finding_stands_in_it(
    counter: Counter,
) -> None:
    sister = counter.sister()
    open_for_business(counter)
    sister.bring_in(order("E2", "2026-06-03 12:00", {"sale.product": 70}, {"paypal": 70}))
    counter.ledger.add_foreign(date(2026, 6, 8), [("1210", -4_44), ("6120", 4_44)])

    sister.read_statement("1230", 1570)

    told = [shop.check_ledger() for shop in (counter, sister)]
    (home,) = [report for report in told if codes(report)]
    (other,) = [report for report in told if not codes(report)]

    assert (home.is_reconciled, other.is_reconciled) == (False, False)
    assert [(one.route, one.kept.finding.code) for one in other.beside] == [(home.route, "drift.foreign")]
    assert "a finding of route" in Page(to_html((other,))).text
    counter.accept(home, "foreign")
    assert all(shop.check_ledger().is_reconciled for shop in (counter, sister))


def test_the_page_shows_a_shared_account_once_and_each_route_its_part(counter: Counter) -> None:
    sister = counter.sister()
    open_for_business(counter)
    sister.bring_in(order("E2", "2026-06-03 12:00", {"sale.product": 70}, {"paypal": 70}))

    text = Page(to_html((counter.check_ledger(), sister.check_ledger()))).text

    assert text.count("1230 PayPal balance, shared by") == 1
    assert text.count("What stands in 1230 PayPal balance, this route’s part") == 2
    assert "1230 PayPal balance (part) 15.00 USD" in text
    assert "1230 PayPal balance (part) 0.70 USD" in text


def test_amounts_of_two_currencies_in_one_account_are_explained_each_by_itself(counter: Counter) -> None:
    counter.ledger.takes_currencies = ("EUR",)
    counter.ledger.take_any_currency("1210")
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1000}),
        order("2", "2026-06-03 12:00", {"sale.product": 700}, currency="EUR"),
    )

    report = counter.check_ledger()

    assert codes(report) == []
    assert [(one.account[:4], one.currency, one.closing_minor, one.balance_minor) for one in report.clearings] == [
        ("1210", "USD", 1000, None),
        ("1210", "EUR", 700, None),
    ]
    assert [(tie.currency, tie.channel_minor, tie.is_tied) for tie in report.days] == [
        ("EUR", 700, True),
        ("USD", 1000, True),
    ]
    assert not report.is_reconciled


def test_the_page_has_a_section_for_payouts_days_and_each_account(counter: Counter) -> None:
    open_for_business(counter)
    counter.receive(order("9", "2026-06-03 13:00", {"sale.product": 2000}, {}))
    counter.run()
    counter.ledger.add_foreign(date(2025, 12, 31), [("1230", 40_00), ("3100", -40_00)])
    counter.ledger.pay_out("2026-06-06", "1250", 2500)

    text = Page(to_html((counter.check_ledger(),))).text

    assert "Settlements, three ways" not in text
    assert "Payouts, three ways" in text
    assert "P1 2026-06-05 9.41 9.41 9.41 USD yes posted" in text
    assert "2026-06-03 sales 2 33.00 0.00 33.00 33.00 33.00 USD yes" in text
    assert "1 of 1 payout, 2 of 2 days come to the same" in text
    assert "Waiting, as it should: 1 order not paid." in text
    assert "What stands in the clearing account 1210" in text
    for other in ("1230 PayPal balance", "1250 Manual payments clearing", "2200 Gift card and store credit liability"):
        assert f"What stands in {other}" in text
    assert "1230 PayPal balance is off by 40.00 USD that nothing explains." in text
    assert "1 of 1 payout tied; 2 of 2 days tied; 1230 PayPal balance 15.00 USD, the ledger says 55.00" in text


def test_the_json_lists_every_clearing_account_and_still_names_the_routes_own(counter: Counter) -> None:
    open_for_business(counter)

    (told,) = json.loads(to_json((counter.check_ledger(),)))["routes"]

    assert told["clearing"] == told["clearings"][0]
    assert [one["purpose"] for one in told["clearings"]] == ["payouts", "wallet", "manual", "cards"]
    assert {one["kind"] for one in told["ties"]} == {"payout", "day"}


def test_a_shop_whose_way_to_pay_is_its_clearing_account_is_explained_by_its_bank_lines(counter: Counter) -> None:
    """A channel without payouts of its own: nothing but the bank empties its clearing account."""
    counter.pay_nothing_out("1250")
    counter.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"cash": 1000}))
    counter.ledger.pay_out("2026-06-04", "1250", 600)

    report = counter.check_ledger()

    assert codes(report) == ["not_paid_out"]
    assert items(report, "1250") == [("payments of order 1", "4.00")]
    assert are_explained(report)
