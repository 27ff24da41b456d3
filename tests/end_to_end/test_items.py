"""Items by rule, from what a shop says to the lines of the ledger's own documents, and what people do to the items."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.model.deliveries import DeliveryState
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_open_orders import books, currency, ledger

BOTH = pytest.mark.parametrize("name", ["shop-us", "shop-gb"], ids=["quickbooks", "xero"])
RULES = """
[rules.{name}]
effective_from = 2026-01-01
reason = "what is sold, by its code"
author = "Ana"
[[rules.{name}.rule]]
id = "mugs"
kind = "*.product"
sku = "MUG-*"
account = "4000"
item = "MUG"
[[rules.{name}.rule]]
id = "never reached"
kind = "sale.product"
sku = "MUG-1"
account = "4000"
item = "OTHER"
[[rules.{name}.rule]]
id = "post"
kind = "sale.shipping"
account = "4050"
item = "Porto ü"
"""
SALES = [
    shopify.sale(301, "30.00", discount="6.00", item=1),
    shopify.sale(302, "12.00", item=2),
    shopify.sale(303, "5.00", line="SHIPPING", shipping=3),
]
ITEMS = shopify.page([shopify.item(1, "30.00", sku="MUG-1"), shopify.item(2, "12.00", sku="TEA-1")])
ORDER: dict[str, Any] = {"agreements": [shopify.agreement(201, SALES)], "total": "47.00", "lineItems": ITEMS}
RETURNED = shopify.agreement(203, [shopify.sale(304, "-30.00", action="RETURN", item=1)], shopify.LATEST, "Refund", 601)
BACK: dict[str, Any] = {
    "agreements": [shopify.agreement(201, SALES), RETURNED],
    "current": "17.00",
    "transactions": [
        shopify.transaction(501, "47.00"),
        shopify.transaction(502, "30.00", kind="REFUND", at=shopify.LATEST),
    ],
    "refunds": [
        shopify.refund(601, [shopify.transaction(502, "30.00", kind="REFUND", at=shopify.LATEST)], shopify.LATEST)
    ],
    "updatedAt": "2026-09-10T12:00:00Z",
}


def take(shop: Told, folder: Path, **changed: Any) -> None:
    """The order as the shop tells of it now, booked and delivered."""
    text = json.dumps(shopify.orders(shopify.order(**{**ORDER, **changed})))
    file = folder / f"{len(list(folder.iterdir()))}.json"
    file.write_text(text.replace('"USD"', f'"{currency(shop)}"'), encoding="utf-8")
    assert shop.opened.app.steps.import_file(shop.name, file, actor="ann").error is None
    shop.sync()


def sold(shop: Told) -> list[tuple[str, str, str]]:
    """Of every line of a document in the ledger: the account, the item by what people call it, the amount."""
    found = books(shop)
    if shop.name.endswith("-gb"):
        lines = [line for kind in ("Invoices", "CreditNotes") for one in found[kind] for line in one["LineItems"]]
        return sorted((one["AccountCode"], one.get("ItemCode", ""), f"{float(one['LineAmount']):.2f}") for one in lines)
    numbers = {one["Id"]: one.get("AcctNum", "") for one in found["Account"]}
    names = {one["Id"]: one["Name"] for one in found["Item"]}
    lines = [line for kind in ("SalesReceipt", "RefundReceipt") for one in found.get(kind, ()) for line in one["Line"]]
    details = [(one, one["SalesItemLineDetail"]) for one in lines if "SalesItemLineDetail" in one]
    return sorted(
        (
            numbers[detail["ItemAccountRef"]["value"]],
            names[detail["ItemRef"]["value"]],
            f"{float(line['Amount']):.2f}",
        )
        for line, detail in details
    )


def held(shop: Told) -> dict[str, str]:
    """What waits or is parked: its reason, and what is said of it."""
    with shop.opened.app.store.reading() as unit:
        waiting = (*unit.deliveries.with_state(ledger(shop), DeliveryState.HELD),)
        waiting += (*unit.deliveries.with_state(ledger(shop), DeliveryState.PARKED),)
    return {each.reason: each.note for each in waiting}


def asked_for_items(shop: Told) -> list[str]:
    """The calls of Xero's list of items."""
    told_of = requests.get(f"{shop.opened.urls['xero']}/_sandbox/requests", timeout=10).json()
    return [one["path"] for one in told_of["requests"] if one["path"].endswith("/Items")]


def findings(shop: Told) -> list[tuple[str, tuple[tuple[str, str, str], ...]]]:
    return [(kept.finding.code, kept.finding.evidence) for kept in shop.check().open_findings]


@BOTH
def test_an_item_that_a_rule_names_is_missed_before_the_first_write_and_made_on_a_persons_word(
    tmp_path: Path, name: str
) -> None:
    """Nothing goes out without it and nothing is made silently; then lines that no rule names an item for have none."""
    with told(tmp_path, name, more=RULES.format(name=name)) as shop:
        take(shop, tmp_path)
        assert sold(shop) == []
        assert "names the item 'MUG', and the ledger has none of that name" in held(shop)["item.missing"]
        code, printed = shop.command("accounts", "missing", name)
        assert code == 3
        wanted = [f"posts to {account}" for account in ("4000 Product sales", "4000 Product sales", "4050 Shipping")]
        assert [line for line in printed.splitlines() if "item" in line and "posts to" in line] == [
            line for line in printed.splitlines() if any(one in line for one in wanted)
        ]
        assert "Product sales   │" not in printed

        code, printed = shop.command("accounts", "create", name, "--yes", "--by", "Robin")
        assert (code, printed.count("made: item")) == (0, 3)
        shop.sync()
        unnamed = "" if name == "shop-gb" else "Product sales"
        of_order = [
            ("4000", unnamed, "12.00"),
            ("4000", "MUG", "36.00"),
            ("4050", "Porto ü", "5.00"),
            ("4000", "MUG", "-6.00"),
        ]
        assert sold(shop) == sorted(of_order)
        assert findings(shop) == []

        take(shop, tmp_path, **BACK)
        assert sold(shop) == sorted([*of_order, ("4000", "MUG", "30.00")])
        assert findings(shop) == []


@BOTH
def test_a_refund_of_an_order_whose_item_left_the_rule_says_what_the_rule_says_on_its_own_day(
    tmp_path: Path, name: str
) -> None:
    """What stands in the ledger stays; an item that people took away is told, for what undoes the order names it."""
    with told(tmp_path, name, more=RULES.format(name=name)) as shop:
        shop.command("accounts", "create", name, "--yes")
        take(shop, tmp_path)
        config = tmp_path / "bridge.toml"
        text = config.read_text().replace("effective_from = 2026-01-01", "effective_from = 2026-09-05")
        config.write_text(text.replace('item = "MUG"', "").replace("its code", "its code no more"))
        shop.opened.app.apply(config, actor="ann", is_dry_run=False)

        take(shop, tmp_path, **BACK)
        assert ("4000", "" if name == "shop-gb" else "Product sales", "30.00") in sold(shop)
        assert ("4000", "MUG", "36.00") in sold(shop)
        assert findings(shop) == []


@BOTH
def test_an_item_that_a_new_rule_names_is_looked_for_at_once(tmp_path: Path, name: str) -> None:
    """Facts that are a minute old do not know of it: nothing waits for the hour in which they would be taken anew."""
    with told(tmp_path, name) as shop:
        shop.command("accounts", "missing", name)
        assert not asked_for_items(shop)
        if name == "shop-gb":
            shop.opened.tamper("books-gb", op="add_item", code="MUG")
        config, item = tmp_path / "bridge.toml", "MUG" if name == "shop-gb" else "Shipping income"
        rule = f'id = "post"\nkind = "sale.shipping"\naccount = "4050"\nitem = "{item}"\n'
        rules = f'\n[rules.{name}]\neffective_from = 2026-01-01\nreason = "x"\n[[rules.{name}.rule]]\n{rule}'
        config.write_text(config.read_text() + rules, encoding="utf-8")
        shop.opened.app.apply(config, actor="ann", is_dry_run=False)
        take(shop, tmp_path)

        assert ("4050", item, "5.00") in sold(shop)
        assert held(shop) == {}
        assert bool(asked_for_items(shop)) is (name == "shop-gb")


def test_a_code_that_was_changed_in_xero_is_told_of_what_was_sent_and_of_what_is_to_be(tmp_path: Path) -> None:
    """An item renamed between plan and send is refused, and planned anew; a check tells of those that were sent."""
    with told(tmp_path, "shop-gb", more=RULES.format(name="shop-gb")) as shop:
        for code in ("MUG", "OTHER", "Porto ü"):
            shop.opened.tamper("books-gb", op="add_item", code=code)
        take(shop, tmp_path)
        shop.opened.tamper("books-gb", op="rename_item", code="MUG", to="CUP")
        assert findings(shop) == [("drift.marked", (("item", "MUG", "CUP (MUG)"),))]

        shop.opened.tamper("books-gb", op="rename_item", code="CUP", to="MUG")
        text = json.dumps(shopify.orders(shopify.order(**{**ORDER, **BACK}))).replace('"USD"', '"GBP"')
        (tmp_path / "again.json").write_text(text, encoding="utf-8")
        shop.opened.app.steps.import_file("shop-gb", tmp_path / "again.json", actor="ann")
        shop.opened.app.books.run("shop-gb", actor="ann")
        shop.opened.tamper("books-gb", op="rename_item", code="MUG", to="CUP")
        shop.opened.deliver()
        assert "Xero: Item code 'MUG' is not valid" in held(shop)["xero.item"]

        (parked,) = voucher_ids(shop, DeliveryState.PARKED)
        assert shop.command("decide", parked, "retry", "--reason", "looked")[0] == 0
        shop.sync()
        assert "names the item 'MUG', and the ledger has none of that name" in held(shop)["item.missing"]
        shop.opened.tamper("books-gb", op="rename_item", code="CUP", to="MUG")
        shop.sync()
        assert ("4000", "MUG", "30.00") in sold(shop)


def test_an_item_that_xero_tracks_as_inventory_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with told(tmp_path, "shop-gb", more=RULES.format(name="shop-gb")) as shop:
        shop.opened.tamper("books-gb", op="add_item", code="MUG", stock="1300", cost="5000")
        take(shop, tmp_path)
        told_of = held(shop)["item.unusable"]

        assert "names the item 'MUG', which cannot be used: Xero tracks it as inventory" in told_of
        assert sold(shop) == []
        assert "by hand: item MUG, which rule mugs names" in shop.command("accounts", "missing", "shop-gb")[1]


@pytest.mark.parametrize(
    ("op", "why"),
    [
        ({"op": "deactivate_item", "item": "MUG"}, "it is inactive in QuickBooks"),
        ({"op": "merge_item", "item": "MUG", "into": "Product sales"}, "the ledger has none of that name"),
        ({"op": "rename_item", "item": "MUG", "to": "CUP"}, "the ledger has none of that name"),
    ],
    ids=["inactive", "merged", "renamed"],
)
def test_an_item_of_quickbooks_that_is_no_more_as_it_was_is_told_before_the_first_write(
    tmp_path: Path, op: dict[str, str], why: str
) -> None:
    with told(tmp_path, "shop-us", more=RULES.format(name="shop-us")) as shop:
        shop.command("accounts", "create", "shop-us", "--yes")
        shop.opened.tamper("books-us", **op)
        shop.command("accounts", "missing", "shop-us")  # asks QuickBooks anew
        take(shop, tmp_path)

        (told_of,) = held(shop).values()
        assert why in told_of
        assert sold(shop) == []


def voucher_ids(shop: Told, state: DeliveryState) -> list[str]:
    with shop.opened.app.store.reading() as unit:
        return [each.voucher_id for each in unit.deliveries.with_state(ledger(shop), state)]
