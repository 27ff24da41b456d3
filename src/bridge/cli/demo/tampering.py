"""What people do to the ledgers behind bridge's back, and what drift must call each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from bridge.cli.demo.world import CA, FR, GB, US, Admin, Company
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.store.api import Store


class Edit(msgspec.Struct, frozen=True):
    """One edit that was made, and the finding it must raise on which route."""

    what: str
    route: str
    code: str
    ref: str


class Posted:
    """What bridge has in the ledgers, as its own store tells it."""

    def __init__(self, store: Store) -> None:
        with store.reading() as unit:
            self._found: dict[tuple[str, str], list[Delivery]] = {}
            for route in unit.routes.all():
                for delivery in unit.deliveries.of_route(route.route_id):
                    if delivery.state is DeliveryState.DELIVERED and delivery.voucher is not None:
                        self._found.setdefault((route.name, delivery.voucher.type), []).append(delivery)

    def refs(self, route: str, kind: str) -> Sequence[str]:
        """The ledger's ids of a route's objects of one kind, by their dates."""
        return [each.ref for each in self._by_date(route, kind)]

    def day_before_the_first(self, route: str, kind: str) -> str:
        """The day before the earliest of these objects, as ledgers write it."""
        first = self._by_date(route, kind)[0].voucher
        return (first.dated_on - timedelta(days=1)).isoformat() if first else ""

    def _by_date(self, route: str, kind: str) -> Sequence[Delivery]:
        found = self._found[route, kind]
        found.sort(key=lambda each: (each.voucher.dated_on if each.voucher else None, each.voucher_id))
        return found


def tamper(admin: Admin, posted: Posted) -> tuple[Edit, ...]:
    """Edit the ledgers as people would, each object at most once."""
    _reserve, june, july = posted.refs("us", "JournalEntry")
    negative, after = posted.refs("ca", "JournalEntry")
    (transfer,) = posted.refs("us", "Transfer")
    sold, moved = posted.refs("shop-us", "JournalEntry")[0], posted.day_before_the_first("shop-us", "JournalEntry")
    paid = posted.refs("shop-gb", "Payment")[0]
    invoice = posted.refs("woo-gb", "Invoice")[0]

    def edit(company: Company, route: str, ref: str, op: str, what: str, code: str, **how: object) -> Edit:
        kind = how.pop("entity", "JournalEntry")
        admin.tamper(company, op, entity=kind, id=ref, **how)
        return Edit(what, route, code, ref)

    return (
        edit(US, "us", june, "edit_amount", "raised an amount", "drift.amount", amount="120.00"),
        edit(US, "us", july, "recode", "moved a line to another account", "drift.account", account="6040"),
        edit(US, "us", transfer, "delete", "deleted the bank transfer", "drift.deleted", entity="Transfer"),
        edit(US, "shop-us", sold, "change_date", "moved a day of sales", "drift.date", to=moved),
        edit(CA, "ca", negative, "void", "voided a journal entry", "drift.voided"),
        edit(CA, "ca", after, "change_date", "moved an entry to another month", "drift.date", to="2026-06-30"),
        _foreign(admin),
        _coded(admin),
        edit(GB, "shop-gb", paid, "delete", "deleted a payment", "drift.deleted", entity="Payment"),
        edit(
            GB,
            "woo-gb",
            invoice,
            "change_tax",
            "gave a sale another tax code",
            "drift.tax",
            entity="Invoice",
            to="ZERORATEDOUTPUT",
        ),
    )


def _coded(admin: Admin) -> Edit:
    """The ledger's own automation codes a payout's line of the bank straight to sales."""
    coded = admin.tamper(GB, "bank_line", account="1000", to="4000", amount="32.76", date="2026-06-26")
    return Edit(
        "let the bank feed code a payout to sales", "gb", "drift.coded_elsewhere", str(coded["BankTransactionID"])
    )


def _foreign(admin: Admin) -> Edit:
    posted = admin.tamper(
        FR, "add_foreign", account="1200", counter_account="4000", amount="75.00", date="2026-06-27", note="fix"
    )
    return Edit("posted to the clearing account by hand", "fr", "drift.foreign", str(posted["Id"]))
