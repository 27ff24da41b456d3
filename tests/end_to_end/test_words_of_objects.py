"""What people read calls a ledger's objects as that ledger does; what machines read keeps the types of its API."""

from __future__ import annotations

import re
from pathlib import Path

import requests

from bridge.delivery import Word
from bridge.errors import BridgeError
from bridge_quickbooks.words import CALLED as OF_QUICKBOOKS
from bridge_xero.kinds import CALLED as OF_XERO
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_on_terms import UNPAID, later, on_terms
from tests.end_to_end.test_on_terms_paid_back import STORIES
from tests.end_to_end.test_open_orders import BOTH, books, ledger, take

TYPES = re.compile(r"\b(" + "|".join(kind for kind, called in (*OF_QUICKBOOKS, *OF_XERO) if " " in called) + r")s?\b")


@BOTH
def test_no_text_for_people_says_a_type_of_an_api(tmp_path: Path, name: str) -> None:
    """Commands, findings, refusals and notes of a shop whose objects are sent, lost, edited and decided about."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        telling = STORIES["all of it, in two ways"][0]
        take(shop, orders, **{**UNPAID, "transactions": telling["transactions"][:1], **later(9)})
        take(shop, orders, **{**UNPAID, **telling, **later(12)})
        group = shop.opened.entries(name)[0].slot.group
        said = [shop.command(*words)[1] for words in (("explain", group), ("undo", group), ("preview", name))]
        said += refusals(shop, group)
        lose(shop)
        other = {"id": "gid://shopify/Order/9002", "name": "#9002"}
        sold = [shopify.agreement(201, [shopify.sale(301, "44.04", item=1)])]
        take(shop, orders, **{**UNPAID, **other, "agreements": sold, **later(13)})
        said.append(shop.command("held", "--all")[1])
        shop.sync()
        tampered(shop)
        report = shop.opened.check(name)
        said += [f"{one.finding.title} {one.finding.cause} {one.finding.repair}" for one in report.open_findings]
        said += [shop.command("drift", name)[1], shop.command("held", "--all")[1]]

        assert report.open_findings
        assert [found.group() for text in said for found in TYPES.finditer(text)] == []
        kinds = {"shop-us": "RefundReceipt", "shop-gb": "CreditNote"}
        assert kinds[name] in shop.command("undo", group, "--json")[1]


def refusals(shop: Told, group: str) -> list[str]:
    """What is said of decisions that do not fit, and of an undoing by half."""
    names = [one.voucher_id for one in shop.opened.app.books.meant(group)]
    found = []
    for attempt in (
        lambda: shop.command("decide", names[0], "withdraw", "--reason", "no"),
        lambda: shop.command("decide", group, "retry", "--reason", "no"),
        lambda: shop.opened.app.deliverer.undo(ledger(shop), names[:1], Word("ann", "no", is_again=False), actor="ann"),
    ):
        try:
            attempt()
        except (BridgeError, AssertionError) as refusal:
            found.append(str(refusal))
    assert len(found) == 3
    return found


def lose(shop: Told) -> None:
    """The next write is cut off after the ledger took it."""
    plugin, path = ("quickbooks", "/v3/*/invoice") if shop.name == "shop-us" else ("xero", "/api.xro/2.0/Invoices")
    fault = {"kind": "commit_then_drop", "path": path}
    requests.post(f"{shop.opened.urls[plugin]}/_sandbox/faults", json=fault, timeout=10).raise_for_status()


def tampered(shop: Told) -> None:
    """A person edits one document and deletes, or voids, another's payment."""
    kind, field = ("CreditMemo", "Id") if shop.name == "shop-us" else ("CreditNotes", "CreditNoteID")
    ref = books(shop)[kind][0][field]
    shop.opened.tamper(ledger(shop), op="change_date", entity=kind.removesuffix("s"), id=ref, to="2026-09-11")
