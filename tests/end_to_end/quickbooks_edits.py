"""What people do to two QuickBooks companies, and what must be found of it: each row is one kind of edit."""

from __future__ import annotations

from tests.end_to_end.tampered import Place, by_hand, several, to

# 2026-09-05: 1210 87.63, 2100 -6.68, 4000 -75.00, 4050 -5.95
DAY = Place("shop-us", "JournalEntry", 4)
# 2026-09-20: 1210 -27.06, 2100 2.06, 4200 25.00
SMALL = Place("shop-us", "JournalEntry", 5)
# 2026-09-01: 1210 66.03, 1230 50.00, 2100 -5.18, 2200 -50.00, 4000 -61.00, 4050 -5.95, 4100 6.10
MANY = Place("shop-us", "JournalEntry", 0)
REFUNDS = Place("shop-us", "JournalEntry", 3)
FEES = Place("shop-us", "Purchase", 0)
PAYOUT = Place("shop-us", "Transfer", 0)
LAST_PAYOUT = Place("shop-us", "Transfer", 1)
# Part 1 of a settlement: 4000 -111.97 is line 3, 1280 387.92 the last.
PART = Place("amazon-us", "JournalEntry", 1)
RESERVE = Place("amazon-us", "JournalEntry", 0)
DEPOSIT = Place("amazon-us", "Transfer", 0)
# 2026-09-17: 1220 21.60, 2100 -1.60, 4000 -20.00; the tax is line 0
RECEIPT = Place("woo-us", "SalesReceipt", 1)
SOLD = Place("woo-us", "SalesReceipt", 2)
GIVEN_BACK = Place("woo-us", "RefundReceipt", 0)
CARD_FEE = Place("woo-us", "Purchase", 1)

AMERICAN = (
    to(DAY, "more on clearing", "amount 1210", op="edit_amount", amount="94.63", line=0, counter_line=2),
    to(DAY, "less on clearing", "amount 1210", op="edit_amount", amount="80.63", line=0, counter_line=2),
    to(DAY, "a cent less on clearing", "amount 1210", op="edit_amount", amount="87.62", line=0, counter_line=2),
    to(MANY, "between two ways to pay", "amount 1210", op="edit_amount", amount="67.03", line=0, counter_line=1),
    to(MANY, "between two kinds of income", "amount 4000", op="edit_amount", amount="62.00", line=4, counter_line=5),
    to(MANY, "another tax", "amount 2100", op="edit_amount", amount="6.18", line=2, counter_line=4),
    to(MANY, "more gift cards sold", "amount 2200", op="edit_amount", amount="51.00", line=3, counter_line=4),
    to(SMALL, "re-coded in its section", "account 4210", op="recode", account="4210", line=2),
    to(SMALL, "re-coded to an expense", "account 6040", op="recode", account="6040", line=2),
    to(SMALL, "re-coded to clearing", "account 1220", op="recode", account="1220", line=2),
    to(SMALL, "re-coded to the bank", "account 1000", op="recode", account="1000", line=0),
    to(SMALL, "re-coded to suspense", "account 1990", op="recode", account="1990", line=2),
    to(SMALL, "re-coded to another way to pay", "account 1230", op="recode", account="1230", line=0),
    to(SMALL, "tax re-coded to income", "account 4000", op="recode", account="4000", line=1),
    to(FEES, "fee re-coded to another expense", "account 6040", op="recode", account="6040", line=0),
    to(SMALL, "another day of the month", "date", op="change_date", to="2026-09-22"),
    to(SMALL, "another month", "date", op="change_date", to="2026-10-02"),
    to(SMALL, "a month that is closed", "date", op="change_date", to="2026-02-15"),
    to(SMALL, "before the first day", "date", op="change_date", to="2024-12-30"),
    to(SMALL, "the year after next", "date", op="change_date", to="2028-03-01"),
    to(SMALL, "another number", "number", op="change_number", to="JE-1"),
    to(SMALL, "no number", "number", op="change_number", to=""),
    to(SMALL, "another currency", "currency", op="edit_currency", to="EUR"),
    to(SMALL, "a line more", "amount 4200", op="add_line", account="4210", amount="3.00", counter_line=2),
    to(SMALL, "a line less", "amount 2100", op="remove_line", line=1, counter_line=2),
    to(SMALL, "voided", "voided 1210", op="void"),
    to(SMALL, "deleted", "deleted 1210", op="delete"),
    to(SMALL, "copied as it is", "extra_copy 1210", op="duplicate"),
    to(SMALL, "copied with another number", "extra_copy 1210", op="duplicate", number="JE-2"),
    to(SMALL, "copied without its key", "extra_copy 1210", op="duplicate", note="again"),
    to(SMALL, "copied with neither", "extra_copy 1210", op="duplicate", number="JE-3", note="again"),
    several(
        SMALL,
        "entered anew by hand",
        "replacement 1210, deleted 1210",
        {"op": "duplicate", "number": "JE-4", "note": "as it should be"},
        {"op": "delete"},
    ),
    to(REFUNDS, "refunds lowered", "amount 1210", op="edit_amount", amount="20.26", line=0, counter_line=2),
    to(FEES, "fee raised", "amount 1210", op="edit_amount", amount="4.92", line=0),
    to(PAYOUT, "raised", "amount 1210", op="edit_amount", amount="76.11"),
    to(PAYOUT, "lowered", "amount 1210", op="edit_amount", amount="74.11"),
    to(PAYOUT, "to another account", "account 1230", op="recode", account="1230"),
    to(PAYOUT, "another day of the month", "date", op="change_date", to="2026-09-08"),
    to(PAYOUT, "another month", "date", op="change_date", to="2026-10-07"),
    to(PAYOUT, "voided", "voided 1210", op="void"),
    to(PAYOUT, "deleted", "deleted 1210", op="delete"),
    to(PAYOUT, "copied", "extra_copy 1210", op="duplicate"),
    to(LAST_PAYOUT, "copied without its key", "extra_copy 1210", op="duplicate", note="again"),
    to(PART, "another amount of a sale", "amount 1280", op="edit_amount", amount="112.97", line=3, counter_line=13),
    to(PART, "carry-forward re-coded", "account 1200", op="recode", account="1200", line=13),
    to(PART, "voided", "voided 1260", op="void"),
    to(RESERVE, "another amount", "amount 1260", op="edit_amount", amount="413.55"),
    to(RESERVE, "deleted", "deleted 1260", op="delete"),
    to(DEPOSIT, "lowered", "amount 1200", op="edit_amount", amount="300.24"),
    to(DEPOSIT, "deleted", "deleted 1200", op="delete"),
    to(RECEIPT, "raised", "amount 1220", op="edit_amount", amount="23.00", line=1),
    to(RECEIPT, "lowered", "amount 1220", op="edit_amount", amount="19.00", line=1),
    to(RECEIPT, "its tax raised", "amount 1220", op="edit_amount", amount="2.60", line=0),
    to(RECEIPT, "a product of another account", "account 2100", op="recode", account="2100", line=1),
    to(RECEIPT, "another product of the account", "marked", op="edit_item", to="Another service", line=1),
    to(RECEIPT, "another customer", "marked", op="edit_customer", to="Somebody else"),
    to(RECEIPT, "deposited elsewhere", "account 1230", op="deposit_to", account="1230"),
    to(RECEIPT, "another day of the month", "date", op="change_date", to="2026-09-20"),
    to(RECEIPT, "another month", "date", op="change_date", to="2026-10-01"),
    to(RECEIPT, "another number", "number", op="change_number", to="SR-1"),
    to(RECEIPT, "no number", "number", op="change_number", to=""),
    to(RECEIPT, "a line more", "amount 1220", op="add_line", account="4000", amount="3.00"),
    to(RECEIPT, "a line less", "amount 1220", op="remove_line", line=0),
    to(RECEIPT, "voided", "voided 1220", op="void"),
    to(RECEIPT, "deleted", "deleted 1220", op="delete"),
    to(RECEIPT, "copied", "extra_copy 1220", op="duplicate"),
    to(SOLD, "copied with neither key nor number", "extra_copy 1220", op="duplicate", number="SR-2", note="again"),
    to(GIVEN_BACK, "raised", "amount 1220", op="edit_amount", amount="4.00"),
    to(GIVEN_BACK, "another customer", "marked", op="edit_customer", to="Somebody else"),
    to(GIVEN_BACK, "paid from elsewhere", "account 1230", op="deposit_to", account="1230"),
    to(GIVEN_BACK, "deleted", "deleted 1220", op="delete"),
    to(CARD_FEE, "raised", "amount 1220", op="edit_amount", amount="0.50", line=0),
    to(CARD_FEE, "deleted", "deleted 1220", op="delete"),
    *(
        by_hand(route, f"a journal on {account}", f"foreign {account}", account=account, counter_account="3100")
        for route, account in (
            ("amazon-us", "1200"),
            ("shop-us", "1210"),
            ("woo-us", "1220"),
            ("shop-us", "1230"),
            ("woo-us", "1250"),
            ("shop-us", "2200"),
        )
    ),
    *(
        by_hand("amazon-us", f"a journal on {account}", f"foreign {account}", account=account, counter_account="3100")
        for account in ("1280", "1990", "2110", "1260")
    ),
    by_hand("shop-us", "money of a shop coded to income", "foreign 1210", account="4000", counter_account="1210"),
    by_hand(
        "woo-us",
        "an order again as an invoice",
        "double_revenue 4000",
        account="1100",
        counter_account="4000",
        entity="Invoice",
        amount="30.00",
        number="OWN-1",
        note="order #77",
        customer="Jane Doe",
    ),
    # Nothing says whose sale it is: the route that is checked first tells it.
    by_hand(
        "shop-us",
        "an invoice to our customer",
        "double_revenue 4000",
        account="1100",
        counter_account="4000",
        entity="Invoice",
        number="OWN-2",
        customer="Sales channels",
    ),
    by_hand(
        "woo-us",
        "an order again as a receipt to the bank",
        "double_revenue 4000",
        account="1000",
        counter_account="4000",
        entity="SalesReceipt",
        amount="30.00",
        number="OWN-3",
        note="order #77",
    ),
    by_hand(
        "shop-us",
        "a day again as a journal",
        "double_revenue 4000",
        account="1000",
        counter_account="4000",
        amount="20.00",
        date="2026-09-02",
    ),
    to(SMALL, "its note wiped", "", op="change_note", to=""),
    to(SMALL, "split, the total kept", "", op="split_line", part="5.00", line=2),
    to(SMALL, "a name on a line", "", op="edit_customer", to="Jane Doe"),
    to(SMALL, "a class on a line", "", op="edit_class", to="Online"),
    to(SMALL, "a location on a line", "", op="edit_department", to="Webshop"),
    to(PAYOUT, "its note wiped", "", op="change_note", to=""),
    to(RECEIPT, "its note wiped", "", op="change_note", to=""),
    to(RECEIPT, "split, the total kept", "", op="split_line", part="5.00", line=1),
    to(RECEIPT, "a class on a line", "", op="edit_class", to="Online", line=1),
    to(RECEIPT, "a location", "", op="edit_department", to="Webshop"),
    by_hand("shop-us", "a clearing account renamed", "", op="rename_account", account="1210", to="Shop money"),
    by_hand(
        "shop-us",
        "the bank's line of a payout",
        "",
        entity="Deposit",
        account="1000",
        counter_account="1220",
        amount="20.00",
        date="2026-09-21",
    ),
    by_hand("", "a sale of another shop", "", entity="Invoice", account="1100", counter_account="4000", number="OWN-4"),
    by_hand(
        "woo-us",
        "the bank's line, less a fee that is booked already",
        "fee_twice 6100",
        op="bank_line",
        account="1000",
        amount="19.20",
        date="2026-09-21",
        to="1220",
        share="20.00",
        rest="6100",
    ),
    by_hand("woo-us", "a fee by a journal", "foreign 1220", account="6100", counter_account="1220", amount="20.00"),
    by_hand("shop-us", "a return by a journal", "foreign 1230", account="4200", counter_account="1230", amount="25.00"),
    by_hand(
        "shop-us",
        "the bank's line, less a fee",
        "",
        op="bank_line",
        account="1000",
        amount="19.20",
        date="2026-09-21",
        to="1230",
        share="20.00",
        rest="7100",
    ),
    by_hand("", "rent", "", account="6040", counter_account="1000"),
    by_hand("", "an account of nobody's deactivated", "", op="deactivate", account="7000"),
)

# 2026-09-25: 1210 -38.50, 4200 36.00 with 6.00 of tax, 4210 2.50 with 0.42
TAXED = Place("shop-qb", "JournalEntry", 3)
# 2026-09-17: 1220 24.00, 4000 -24.00 with 4.00 of tax
TAXED_RECEIPT = Place("woo-qb", "SalesReceipt", 1)
TAXED_REFUND = Place("woo-qb", "RefundReceipt", 0)
BRITISH = (
    to(TAXED, "another tax code", "tax", op="change_tax", to="0.0% Z", line=1),
    to(TAXED, "another tax", "tax 2120", op="change_tax_amount", to="5.00", line=1),
    to(TAXED, "no tax code", "tax", op="change_tax", to="No VAT", line=1),
    to(TAXED, "another amount", "amount 1210", op="edit_amount", amount="31.00", line=1, counter_line=0),
    to(TAXED, "deleted", "deleted 1210", op="delete"),
    to(TAXED_RECEIPT, "another tax code", "tax", op="change_tax", to="0.0% Z"),
    to(TAXED_RECEIPT, "another tax", "tax 2120", op="change_tax_amount", to="3.00"),
    to(TAXED_RECEIPT, "raised", "amount 1220", op="edit_amount", amount="21.00"),
    to(TAXED_RECEIPT, "voided", "voided 1220", op="void"),
    to(TAXED_REFUND, "another tax code", "tax", op="change_tax", to="0.0% Z"),
    to(TAXED_REFUND, "another tax", "tax 2120", op="change_tax_amount", to="0.30"),
    to(TAXED, "its note wiped", "", op="change_note", to=""),
    to(TAXED_RECEIPT, "its note wiped", "", op="change_note", to=""),
)
