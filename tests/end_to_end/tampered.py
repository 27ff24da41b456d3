"""Companies whose sales are all in their ledgers, for people to tamper with: each edit begins with the same books.

One QuickBooks company is American, one British; a third company is in a Xero. All is delivered once; what the fakes and
the database hold then is what every case comes back to.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import FindingState
from plugins.woocommerce.tests.shop import item, meta, order, recorded, refund, tax, tax_line
from tests.drift.reading import all_read_whole
from tests.end_to_end.shops import FILES, SAMPLES, Shops, shops
from tests.fakes.clock import FakeClock

AMAZON = SAMPLES / "amazon/tests/samples/synthetic"
LANE = """
[connections.{name}]
plugin = "{plugin}"
account = "{name}.example.com"

[routes.{name}]
source = "{name}"
ledger = "{ledger}"
time_zone = "{zone}"
first_day = 2025-01-01
{more}
"""
DAYS = ("2026-09-16", "2026-09-17", "2026-09-18", "2026-09-21")
AT = "Fri, 25 Sep 2026 09:00:00 GMT"
# Late enough for every day to be over, and soon enough for what the edits are about not to be late.
NOW = datetime(2026, 9, 28, 12, tzinfo=UTC)
# A deposit is late five days of the bank after its day: where it is edited, it must not be.
SOON: Mapping[tuple[str, ...], datetime] = {("amazon-gb",): datetime(2026, 6, 26, 12, tzinfo=UTC)}
# So long after a first check the edits are made: the feeds tell of these alone; of the rest counts what was handed on.
QUIET = timedelta(days=2)
# The ids of objects that are not ours and were entered by an edit.
ENTERED = frozenset({"extra_copy", "replacement", "foreign", "double_revenue", "fee_twice"})


class Place(msgspec.Struct, frozen=True):
    """The n-th object, by its date and amount, of a kind that a route has in its ledger."""

    route: str
    kind: str
    nth: int = 0


class Edit(msgspec.Struct, frozen=True):
    """What people do to the object of a place, or without one to the ledger, and what must be found of it.

    found: ``CODE ACCOUNT`` of each order, parted by commas; empty where nothing may be found. The account is that, by
           number, on which the finding's amount is told: none where it has no amount, and a finding of tax names none.
           The amount is what the fake's own trial balance changed by.
    route: whose finding it is, where there is no place.
    """

    what: str
    orders: tuple[Mapping[str, Any], ...]
    found: str
    place: Place | None = None
    route: str = ""

    @property
    def whose(self) -> str:
        """The route whose object it is, or whose finding."""
        return self.place.route if self.place else self.route

    @property
    def name(self) -> str:
        """What a test is called."""
        where = f"{self.whose} {self.place.kind} {self.place.nth}" if self.place else self.whose or "nobody's"
        return f"{where}: {self.what}"


def to(place: Place, what: str, found: str, **order_: Any) -> Edit:
    """One edit of an object of ours."""
    return Edit(what, (order_,), found, place)


def several(place: Place, what: str, found: str, *orders: Mapping[str, Any]) -> Edit:
    """Several edits of an object of ours that belong together."""
    return Edit(what, orders, found, place)


def by_hand(route: str, what: str, found: str, **order_: Any) -> Edit:
    """Something that is not done to an object of ours: without an ``op``, something is entered."""
    entry = {"op": "add_foreign", "amount": "77.77", "date": "2026-09-15"} if "op" not in order_ else {}
    return Edit(what, ({**entry, **order_},), found, route=route)


class Said(msgspec.Struct, frozen=True, order=True):
    """What a finding says: of which object, and how much changed on which account."""

    route: str
    code: str
    ref: str
    amount_minor: int
    account: str


class World:
    """One ledger, all that is in it, and the routes that go there."""

    def __init__(self, opened: Shops, folder: Path, ledger: str, routes: Sequence[str]) -> None:
        self.opened, self.ledger, self.routes = opened, ledger, routes
        self._live, self._kept = folder / "shops.db", folder / f"{ledger}.kept"
        self._before: Counter[Said] = Counter()
        self._places: dict[tuple[str, str], list[Delivery]] = {}

    def remember(self) -> None:
        """Let this be what every edit begins with."""
        self._before = self._open()
        _copy(self._live, self._kept)
        self.opened.order(self.ledger, "remember")
        with self.opened.app.store.reading() as unit:
            for delivery in unit.deliveries.with_state(self.ledger, DeliveryState.DELIVERED):
                assert delivery.voucher is not None
                route = next(one.name for one in unit.routes.all() if one.route_id == delivery.route_id)
                self._places.setdefault((route, delivery.voucher.type), []).append(delivery)
        for found in self._places.values():
            found.sort(key=lambda one: (one.voucher.dated_on, one.voucher.total_minor) if one.voucher else ())

    def come_back(self) -> None:
        _copy(self._kept, self._live)
        self.opened.order(self.ledger, "come-back")

    def ref(self, place: Place) -> str:
        return self._places[place.route, place.kind][place.nth].ref

    def kinds(self) -> Counter[str]:
        """How many of each kind of object are there."""
        return Counter({kind: len(found) for (_, kind), found in sorted(self._places.items())})

    def visit(self, edit: Edit) -> Counter[Said]:
        """Do what people do; gives what must be found of it."""
        told = [one.strip().partition(" ") for one in edit.found.split(",") if one.strip()]
        ref, expected = self.ref(edit.place) if edit.place else "", Counter[Said]()
        kind = edit.place.kind if edit.place else ""
        for number, order_ in enumerate(edit.orders):
            before = self.opened.trial_balance(self.ledger)
            made = self.opened.tamper(self.ledger, **({"entity": kind, "id": ref} if ref else {}), **order_)
            after = self.opened.trial_balance(self.ledger)
            for code, _, account in told[number : number + 1]:
                name = _id(made, str(order_.get("entity", kind))) if code in ENTERED else ref
                changed = _changed(code, account, before, after)
                expected[Said(edit.whose, f"drift.{code}", name, changed, "" if code == "tax" else account)] += 1
        return expected

    def found(self) -> Counter[Said]:
        """What a check of every route says that it did not say before any edit."""
        for route in self.routes:
            self.opened.app.steps.check(route, actor="ann")
        now = self._open()
        assert not self._before - now, "what was open is said no more"
        return now - self._before

    def _open(self) -> Counter[Said]:
        with self.opened.app.store.reading() as unit:
            return Counter(
                Said(
                    one.name,
                    kept.finding.code,
                    kept.finding.ref,
                    kept.finding.amount_minor,
                    _number(kept.finding.account),
                )
                for one in unit.routes.all()
                if one.ledger == self.ledger
                for kept in unit.findings.of_route(one.route_id, FindingState.OPEN)
            )


def _changed(code: str, account: str, before: Mapping[str, int], after: Mapping[str, int]) -> int:
    changed = sum(after.get(number, 0) - before.get(number, 0) for number in account.split(" and "))
    return abs(changed) if code == "account" else changed


def _number(account: str) -> str:
    return " and ".join(re.findall(r"(?:^| and )(\d{4})\b", account))


def _id(made: Mapping[str, Any], kind: str) -> str:
    return str(made.get(f"{kind or 'ManualJournal'}ID") or made.get("Id") or "")


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def _lane(name: str, plugin: str, ledger: str, more: str) -> str:
    zone = "America/Los_Angeles" if ledger == "books-us" else "Europe/London"
    return LANE.format(name=name, plugin=plugin, ledger=ledger, zone=zone, more=more)


def _orders(folder: Path, name: str, currency: str, percent: int) -> Iterator[Path]:
    """Four orders that were paid by card, each taxed by so many percent, and a refund of the first."""
    told = [_order(number, on, currency, percent) for number, on in enumerate(DAYS, 75)]
    back = recorded(
        [refund(88, "3.00", parent_id=75, date_created_gmt="2026-09-17T10:00:00")], path="/wp-json/wc/v3/refunds", at=AT
    )
    for number, answer in enumerate((recorded(told, at=AT), back)):
        path = folder / f"{name}-{number}.json"
        path.write_text(json.dumps([answer]), encoding="utf-8")
        yield path


def _order(number: int, on: str, currency: str, percent: int) -> dict[str, Any]:
    price = 10 * (number - 74)
    taxed, total = f"{price * percent / 100:.2f}", f"{price + price * percent / 100:.2f}"
    return order(
        number,
        total,
        currency=currency,
        total_tax=taxed,
        line_items=[item(total=f"{price}.00", total_tax=taxed, taxes=[tax(1, taxed)])],
        tax_lines=[tax_line(1, percent, taxed)],
        refunds=[{"id": 88, "total": "-3.00"}] if number == 75 else [],
        date_created_gmt=f"{on}T09:00:00",
        date_modified_gmt=f"{on}T09:00:05",
        date_paid_gmt=f"{on}T09:00:01",
        transaction_id=f"ch_{number}",
        meta_data=[
            meta("_stripe_fee", "0.40"),
            meta("_stripe_net", f"{price + price * percent / 100 - 0.4:.2f}"),
            meta("_stripe_currency", currency),
        ],
    )


BY_DAY, BY_ORDER = 'mode = "day"\ntax_regime = "{}"', 'mode = "order"\ntax_regime = "{}"'
VAT, IRISH = "vat_standard", '[routes.shop-gb.tax_codes]\n"sale:23" = "Irish VAT"\n'
LANES = (
    _lane("amazon-us", "amazon", "books-us", ""),
    _lane("shop-us", "shopify", "books-us", BY_DAY.format("us_sales_tax")),
    _lane("woo-us", "woocommerce", "books-us", BY_ORDER.format("us_sales_tax")),
    _lane("shop-qb", "shopify", "books-qb", BY_DAY.format(VAT)),
    _lane("woo-qb", "woocommerce", "books-qb", BY_ORDER.format(VAT)),
    _lane("amazon-gb", "amazon", "books-gb", 'tax_regime = "not_registered"\ntax_regime_confirmed = "GB"'),
    _lane("shop-gb", "shopify", "books-gb", f"{BY_DAY.format(VAT)}\n{IRISH}"),
    _lane("woo-gb", "woocommerce", "books-gb", BY_ORDER.format(VAT)),
)


def _files(folder: Path, route: str) -> Sequence[Path]:
    shop = {"shop-us": FILES["shop-us"], "shop-gb": FILES["shop-gb"], "shop-qb": FILES["shop-gb"]}
    if route.startswith("amazon"):
        return (AMAZON / ("us_v2_standard.txt" if route == "amazon-us" else "gb_v2_dmy.txt"),)
    if route.startswith("woo"):
        currency, percent = ("USD", 8) if route == "woo-us" else ("GBP", 20)
        return tuple(_orders(folder, route, currency, percent))
    return shop[route]


@contextmanager
def world(folder: Path, *routes: str) -> Iterator[World]:
    """A ledger that these routes of its are delivered to, remembered, its books closed through February."""
    ledger = f"books-{routes[0][-2:]}"
    clock = FakeClock(SOON.get(routes, NOW))
    with shops(folder, more="".join(LANES), clock=clock, are_kept=True) as opened:
        opened.make_rates({"Irish VAT": "23"})
        for route in routes:
            for file in _files(folder, route):
                imported = opened.app.steps.import_file(route, file, actor="ann")
                assert imported.error is None, imported.error
            opened.app.books.run(route, actor="ann")
        opened.app.steps.deliver(ledger, actor="ann", patience_seconds=10)
        closed = "period_lock_date" if ledger == "books-gb" else "book_close_date"
        opened.order(ledger, "settings", **{closed: "2026-02-28"})
        if ledger == "books-gb":
            opened.order(ledger, "settings", tracking={"Region": ["North"]})
        with all_read_whole(opened.app):
            made = World(opened, folder, ledger, routes)
            made.found()
            clock.advance(QUIET.total_seconds())
            made.found()
            made.remember()
            yield made
