"""Whatever others do to whom and what an object is marked with, or enter again, is told as it is: over both ledgers."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import requests

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import Document, DocumentKind
from bridge.model.findings import Finding, Severity
from tests.end_to_end.shops import TENANT, Shops, shops

CUSTOMER = "Sales channels"


def findings(open_shops: Shops, route: str) -> list[Finding]:
    return [kept.finding for kept in open_shops.app.steps.check(route, actor="ann").open_findings]


def delivered(open_shops: Shops, ledger: str) -> dict[str, list[Delivery]]:
    """What is in a ledger, by type."""
    with open_shops.app.store.reading() as unit:
        found = unit.deliveries.with_state(ledger, DeliveryState.DELIVERED)
    by_type: dict[str, list[Delivery]] = defaultdict(list)
    for each in found:
        assert each.voucher is not None
        by_type[each.voucher.type].append(each)
    return by_type


def orders(open_shops: Shops) -> list[Document]:
    with open_shops.app.store.reading() as unit:
        every = [
            kept.document for one in unit.connections.all() for kept in unit.documents.of_connection(one.connection_id)
        ]
    return [document for document in every if document.identity.kind is DocumentKind.ORDER]


def told(found: list[Finding]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """What is said of each object: the code, and what of it changed."""
    return {one.ref: (one.code, tuple(field for field, _, _ in one.evidence)) for one in found if one.ref}


def test_quickbooks_tells_what_a_form_is_marked_with_and_lets_be_what_was_added(tmp_path: Path) -> None:
    """D03: customer and product are ours; a class, a location and a name on a journal's line are what others added."""
    with shops(tmp_path, "woo-us", mode="order") as open_shops:
        open_shops.import_and_book("woo-us")
        open_shops.deliver()
        there = delivered(open_shops, "books-us")
        before = told(findings(open_shops, "woo-us"))
        first, second, third, fourth = (each.ref for each in there["SalesReceipt"][:4])
        back, journal = there["RefundReceipt"][0].ref, there["JournalEntry"][0].ref

        def edit(op: str, kind: str, ref: str, to: str) -> None:
            open_shops.tamper("books-us", op=op, entity=kind, id=ref, to=to)

        edit("edit_customer", "SalesReceipt", first, "Somebody else")
        edit("edit_item", "SalesReceipt", second, "Another service")
        edit("edit_customer", "RefundReceipt", back, "Somebody else")
        edit("edit_class", "SalesReceipt", third, "Online")
        edit("edit_department", "SalesReceipt", fourth, "Webshop")
        edit("edit_class", "JournalEntry", journal, "Online")
        edit("edit_department", "JournalEntry", journal, "Webshop")
        edit("edit_customer", "JournalEntry", journal, "Somebody else")

        found = findings(open_shops, "woo-us")

    assert {ref: said for ref, said in told(found).items() if ref not in before} == {
        first: ("drift.marked", ("customer",)),
        second: ("drift.marked", ("product",)),
        back: ("drift.marked", ("customer",)),
    }
    (changed,) = (one for one in found if one.ref == first)
    assert changed.evidence == (("customer", CUSTOMER, "Somebody else"),)
    assert "its customer was changed" in changed.title


def test_xero_tells_whom_a_document_is_made_out_to_and_lets_be_what_was_added(tmp_path: Path) -> None:
    """D03: the contact is ours; tracking and an item are what others added, and a contact may be called otherwise."""
    with shops(tmp_path, "shop-gb") as open_shops:
        settings = {"tenant": TENANT, "tracking": {"Region": ["North"]}}
        requests.post(f"{open_shops.urls['xero']}/_sandbox/settings", json=settings, timeout=60).raise_for_status()
        open_shops.import_and_book("shop-gb")
        open_shops.deliver()
        there = delivered(open_shops, "books-gb")
        before = told(findings(open_shops, "shop-gb"))
        first, second = (each.ref for each in there["Invoice"][:2])
        note = there["CreditNote"][0].ref
        edits = [
            {"op": "edit_customer", "entity": "Invoice", "id": first, "to": "Somebody else"},
            {"op": "edit_customer", "entity": "CreditNote", "id": note, "to": "Somebody else"},
            {"op": "edit_tracking", "entity": "Invoice", "id": second, "name": "Region", "to": "North"},
            {"op": "edit_item", "entity": "Invoice", "id": second, "to": "BOOK"},
            {"op": "rename_contact", "name": CUSTOMER, "to": "Web shops"},
        ]
        for order in edits:
            open_shops.tamper("books-gb", **order)

        found = findings(open_shops, "shop-gb")

    assert {ref: said for ref, said in told(found).items() if ref not in before} == {
        first: ("drift.marked", ("contact",)),
        note: ("drift.marked", ("contact",)),
    }


@pytest.mark.parametrize(("shop", "ledger"), [("woo-us", "books-us"), ("woo-gb", "books-gb")])
def test_an_order_entered_again_as_an_invoice_is_double_revenue_and_other_sales_are_not(
    tmp_path: Path, shop: str, ledger: str
) -> None:
    """F08: none of it touches a clearing account, and balances alone would never show it."""
    with shops(tmp_path, shop) as open_shops:
        open_shops.import_and_book(shop)
        open_shops.deliver()
        before = told(findings(open_shops, shop))
        order = next(one for one in orders(open_shops) if one.paid_at and one.total_minor > 0)
        by_hand = {"op": "add_foreign", "entity": "Invoice", "account": "1100", "counter_account": "4000"}

        def enter(number: str, amount: str, **more: str) -> None:
            on = {"date": "2026-08-15", "number": number, "amount": amount}
            open_shops.tamper(ledger, **by_hand, **on, **more)

        enter("OWN-1", "11.11")
        enter("OWN-2", "22.22", note=f"order {order.title}")
        enter("OWN-3", "33.33", customer=CUSTOMER)

        new = [one for one in findings(open_shops, shop) if one.ref and one.ref not in before]

    assert {(one.code, one.severity) for one in new} == {("drift.double_revenue", Severity.ERROR)}
    assert sorted((one.amount_minor, one.title.split()[1]) for one in new) == [(-3333, "OWN-3"), (-2222, "OWN-2")]
    assert next(one for one in new if "OWN-2" in one.title).title.endswith(f"sells order {order.title} again")
