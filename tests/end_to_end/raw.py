"""Raw files to ledger bodies: each file of a shop goes the whole way, into books of its own, up to what would be sent.

One pair of sandboxes and one database serve all files of a module: opening them takes longer than booking a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import Finding, FindingState
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.model.vouchers import voucher_id
from bridge.plugin import NO_REFS
from bridge_quickbooks.render import render as quickbooks_body
from bridge_xero.render import render as xero_body
from tests.end_to_end.shops import Shops, shops

LEDGERS = {
    "us": "books-us",
    "gb": "books-gb",
    "gb-quickbooks": "books-qb",
    "no": "books-no",
    "no-quickbooks": "books-no-qb",
}
XERO = frozenset({"books-gb", "books-no"})
ZONES = {"us": "America/New_York", "gb": "Europe/London", "no": "Europe/Oslo"}
LANE = """
[connections.{name}]
plugin = "{plugin}"
account = "{account}"

[routes.{name}]
source = "{name}"
ledger = "{ledger}"
time_zone = "{zone}"
first_day = 2026-01-01
mode = "{mode}"
tax_regime = "{regime}"
{more}
"""
Body = dict[str, Any]


class Raw(msgspec.Struct, frozen=True):
    """What became of files: entries, what is owed or held or withdrawn, documents (id to state and reason), lines.

    findings: those of the route that are open.
    """

    entries: tuple[JournalEntry, ...]
    deliveries: tuple[Delivery, ...]
    documents: dict[str, str]
    lines: tuple[Line, ...]
    findings: tuple[Finding, ...] = ()

    def text(self) -> str:
        """The entries as a bookkeeper reads them."""
        return "\n".join(_text(entry) for entry in self.entries)

    @property
    def balances(self) -> dict[str, int]:
        """Account to balance, zeros left out."""
        found: dict[str, int] = {}
        for entry in self.entries:
            for posting in entry.postings:
                found[posting.account] = found.get(posting.account, 0) + posting.amount_minor
        return {number: minor for number, minor in found.items() if minor}

    @property
    def bodies(self) -> list[Body]:
        """What would be sent, in order; accounts by our numbers, items by those of the accounts they sell to."""
        return [self._body(each) for each in self.deliveries if each.voucher is not None]

    @property
    def owed(self) -> list[Body]:
        """What would be sent now: without what was withdrawn for something newer."""
        return [self._body(each) for each in self.deliveries if each.state is DeliveryState.OWED]

    def _body(self, delivery: Delivery) -> Body:
        assert delivery.voucher is not None
        is_xero = delivery.ledger in XERO
        refs = dict.fromkeys([delivery.voucher.pays], "its-ref") if delivery.voucher.pays else NO_REFS
        body = (xero_body if is_xero else quickbooks_body)(delivery.voucher, refs)
        text = body.decode()
        for line in delivery.voucher.lines:
            text = text.replace(f'"{line.account.ledger_id}"', f'"{line.account.number}"')
        found: Body = json.loads(text)
        sold = [line.account.number for line in delivery.voucher.lines if line.item]
        for item, number in zip(found["Line"] if sold else (), sold, strict=True):
            item["SalesItemLineDetail"]["ItemRef"]["value"] = number
        return found


class RawBooks:
    """Books for files, each in a lane of its own."""

    def __init__(self, open_shops: Shops, config: Path) -> None:
        self._shops, self._config, self._numbers = open_shops, config, count(1)

    def make_rates(self, rates: dict[str, str], tenant: str) -> None:
        """Make tax rates on sales in Xero, by name and per cent."""
        self._shops.make_rates(rates, tenant)

    def book(
        self,
        *contents: bytes,
        ledger: str = "us",
        regime: str = "",
        mode: str = "day",
        plugin: str = "shopify",
        account: str = "",
        more: str = "",
    ) -> Raw:
        """Import and book files one after the other. more: settings of the route, tables of it among them."""
        name = f"lane-{next(self._numbers)}"
        country = ledger[:2]
        lane = LANE.format(
            name=name,
            plugin=plugin,
            account=account or f"{name}.example.com",
            ledger=LEDGERS[ledger],
            zone=ZONES[country],
            mode=mode,
            regime=regime or ("us_sales_tax" if country == "us" else "vat_standard"),
            more=more.replace("[route.", f"[routes.{name}."),
        )
        self._config.write_text(self._config.read_text(encoding="utf-8") + lane, encoding="utf-8")
        app = self._shops.app
        app.apply(self._config, actor="ann", is_dry_run=False)
        for number, content in enumerate(contents):
            path = self._config.parent / f"{name}-{number}"
            path.write_bytes(content)
            imported = app.steps.import_file(name, path, actor="ann")
            assert imported.error is None, imported.error
            app.books.run(name, actor="ann")
        return self._raw(name)

    def _raw(self, name: str) -> Raw:
        with self._shops.app.store.reading() as unit:
            route = unit.routes.get(name)
            source = unit.connections.get(name)
            entries = [kept.entry for kept in unit.entries.of_route(route.route_id)]
            deliveries = list(unit.deliveries.of_route(route.route_id))
            kept = list(unit.documents.of_connection(source.connection_id))
            lines = [
                line
                for each in kept
                for page in unit.documents.lines(each.document.document_id, each.document.revision)
                for line in page
            ]
            findings = tuple(kept.finding for kept in unit.findings.of_route(route.route_id, FindingState.OPEN))
        entries.sort(key=lambda entry: (entry.booked_on, entry.narration, entry.number))
        place = {voucher_id(entry.entry_id, n): (i, n) for i, entry in enumerate(entries) for n in range(1, 30)}
        return Raw(
            tuple(entries),
            tuple(sorted(deliveries, key=lambda each: place.get(each.voucher_id, (len(place), 0)))),
            {each.document.identity.external_id: f"{each.state} {each.reason}".strip() for each in kept},
            tuple(lines),
            findings,
        )


def _text(entry: JournalEntry) -> str:
    legs = [
        f"    {posting.account} {decimal_text(posting.amount_minor, entry.currency)} {posting.kind}"
        + (f" {posting.tax_code} {decimal_text(posting.tax_minor, entry.currency)}" if posting.tax_code else "")
        for posting in entry.postings
    ]
    return "\n".join([f"{entry.booked_on} {entry.narration}", *legs])


@contextmanager
def raw_books(folder: Path) -> Iterator[RawBooks]:
    with shops(folder) as open_shops:
        yield RawBooks(open_shops, folder / "bridge.toml")
