"""Orders on terms to which anything happens in any order: the ledger says to the cent what the shop's answers say."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_on_terms import later, on_terms
from tests.end_to_end.test_open_orders import BOTH, FIRST, books, ledger, take

GATEWAYS = {"shopify_payments": "1210", "paypal": "1230", "gift_card": "2200"}
ORDERS, STEPS = 4, 6


def text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}" if minor >= 0 else f"-{text(-minor)}"


class Story:
    """One order as its shop tells of it, and what that comes to: worked out from what is told alone."""

    def __init__(self, number: int, chance: Random, gateways: list[str]) -> None:
        self.number, self._chance, self._day, self._gateways = number, chance, 3, gateways
        self._ids = iter(range(1000 * number, 1000 * number + 1000))
        self.sold, self.returned, self.money = 44_04, 0, Counter[str]()
        self._agreements, self._refunds, self._transactions = [FIRST], list[Any](), list[Any]()

    def happen(self) -> None:
        """One more thing, on the day of the one before or later."""
        self._day += self._chance.choice((0, 0, 1, 2))
        what = self._chance.choice((self._paid, self._paid, self._edited, self._refunded, self._refunded))
        what(f"2026-09-{self._day:02}T{10 + len(self._transactions) + len(self._agreements):02}:00:00Z")

    def told(self, day: int) -> dict[str, Any]:
        return {
            "id": f"gid://shopify/Order/{9000 + self.number}",
            "name": f"#{9000 + self.number}",
            "agreements": list(self._agreements),
            "total": text(self.sold),
            "current": text(self.sold - self.returned),
            "transactions": list(self._transactions),
            "refunds": list(self._refunds),
            **later(day),
        }

    @property
    def balances(self) -> Counter[str]:
        """What stands on each account by now; what its buyer owes, or is owed, by what is left."""
        found = Counter({GATEWAYS[name]: minor for name, minor in self.money.items()})
        found |= Counter({"4200": self.returned})
        found["4000"] = -self.sold
        left = -sum(found.values())
        found["1100" if left > 0 else "2220"] = left
        return found

    def _paid(self, at: str) -> None:
        amount, gateway = self._chance.randint(1, 30_00), self._chance.choice(self._gateways)
        self._transactions.append(shopify.transaction(next(self._ids), text(amount), at=at, gateway=gateway))
        self.money[gateway] += amount

    def _edited(self, at: str) -> None:
        by = self._chance.randint(-(self.sold - self.returned) // 2, 20_00) or 1
        sale = shopify.sale(next(self._ids), text(by), action="UPDATE", item=1)
        self._agreements.append(shopify.agreement(next(self._ids), [sale], at, "OrderEdit"))
        self.sold += by

    def _refunded(self, at: str) -> None:
        """Something taken back, or not, and money that goes back, or not: less, as much, or more."""
        taken = self._chance.choice((0, 0, self._chance.randint(0, self.sold - self.returned)))
        number, paid_out = next(self._ids), list[Any]()
        for gateway in self._chance.sample(sorted(self.money), self._chance.randint(0, len(self.money))):
            if amount := self._chance.randint(0, max(self.money[gateway], 0)):
                paid_out.append(shopify.transaction(next(self._ids), text(amount), "REFUND", at, gateway=gateway))
                self.money[gateway] -= amount
        if taken:
            sale = shopify.sale(next(self._ids), text(-taken), action="RETURN", item=1)
            self._agreements.append(shopify.agreement(next(self._ids), [sale], at, "Refund", number))
            self.returned += taken
        if taken or paid_out:
            self._refunds.append(shopify.refund(number, paid_out, at))
            self._transactions += paid_out


def open_in(shop: Told) -> int:
    """What invoices say that is due, less the credit that is not used."""
    is_xero = ledger(shop) == "books-gb"
    fields = {"Invoices": "AmountDue", "CreditNotes": "RemainingCredit"} if is_xero else {"Invoice": "Balance"}
    fields |= {} if is_xero else {"CreditMemo": "Balance"}
    found = books(shop)
    signs = {"CreditMemo": -1, "CreditNotes": -1}
    return sum(
        signs.get(kind, 1) * round(float(row[field]) * 100)
        for kind, field in fields.items()
        for row in found.get(kind, ())
    )


@BOTH
@pytest.mark.parametrize("seed", range(2))
def test_whatever_happens_to_orders_on_terms_the_ledger_says_what_the_shop_says(
    tmp_path: Path, name: str, seed: int
) -> None:
    """Payments in parts, several refunds, gift cards, edits between; each told by itself, or several at once."""
    chance = Random(seed)
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=f'gift_cards = "multi_purpose"\n{on_terms(name)}') as shop:
        # Xero takes no line of a document on PayPal's account of type BANK: what comes beside credit waits there.
        gateways = [one for one in GATEWAYS if name == "shop-us" or one != "paypal"]
        stories = [Story(number, chance, gateways) for number in range(1, ORDERS + 1)]
        for story in stories:
            take(shop, orders, **story.told(2))
        for round_ in range(STEPS):
            for story in stories:
                story.happen()
                if chance.random() < 0.7 or round_ == STEPS - 1:
                    take(shop, orders, **story.told(20 + round_))
        report = shop.opened.check(shop.name)

        total = Counter[str]()
        for story in stories:
            total.update(story.balances)
        held = json.loads(shop.command("held", "--json")[1])["vouchers"]
        assert [each["note"] for each in held] == []
        assert shop.opened.trial_balance(ledger(shop)) == {key: minor for key, minor in sorted(total.items()) if minor}
        assert open_in(shop) == total["1100"]
        assert (report.is_delivered, report.is_matched) == (True, True)
