"""A company outside the United States, in a sandbox of either ledger.

A shop's raw answer or a settlement's raw file goes in by the command line, and what comes out is read in the ledger's
own terms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import requests
from click.testing import CliRunner, Result

from bridge.app import open_app
from bridge.cli.main import cli
from bridge.clock import SystemClock
from bridge.host.loader import load
from bridge.model.findings import FindingState
from bridge.settings import load_settings
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import OWN_FILE
from tests.fakes.stores import put_migrated

P28 = Path(__file__).parent / "samples" / "P28_canada_gst_qst.json"
SETTLEMENTS = Path(__file__).parents[2] / "plugins/amazon/tests/samples/public"
REALM, TENANT = "9130000000000028", "5a0dbe11-0000-4000-8000-000000000028"
LEDGERS = ("quickbooks", "xero")
SETTINGS = """
[bridge]
database_url = "{database}"
sealing_key_file = "sealing.key"
[plugins.{plugin}]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000
{often}
[connections.{source}]
plugin = "{channel}"
account = "seller.example.com"
[connections.books]
plugin = "{plugin}"
account = "{account}"
{customer} = "Sales channels"
[routes.{source}]
source = "{source}"
ledger = "books"
time_zone = "{zone}"
first_day = 2026-01-01
"""
OFTEN = """calls_per_second = 1000
batches_per_minute = 60000
batch_items_per_minute = 60000"""
Says = Mapping[str, Any]
NOTHING: Says = MappingProxyType({})
Rate = tuple[str, str, str]
"""A tax of an order: its rate's code, in percent, and what it came to."""


class Company:
    """One company and one channel. ledger: which of the two it keeps its books in."""

    def __init__(self, ledger: str, folder: Path, sandbox: QuickBooksSandbox | XeroSandbox, zone: str) -> None:
        self.ledger, self.sandbox, self.zone = ledger, sandbox, zone
        self.account = REALM if ledger == "quickbooks" else TENANT
        self.config = folder / "bridge.toml"
        CliRunner().invoke(cli, ["init", str(folder)], standalone_mode=False)
        put_migrated(folder / "bridge.db")
        self._source, self.database = "", OWN_FILE

    def declare(self, *keys: str, channel: str = "woocommerce") -> Result:
        """Put these keys on the route, apply, and let bridge into the ledger."""
        self._source = "shop" if channel == "woocommerce" else "seller"
        text = SETTINGS.format(
            database=self.database,
            plugin=self.ledger,
            base_url=self.sandbox.base_url,
            source=self._source,
            channel=channel,
            account=self.account,
            zone=self.zone,
            customer="customer" if self.ledger == "quickbooks" else "contact",
            often=OFTEN if self.ledger == "quickbooks" else "",
        )
        self.config.write_text(text + "\n".join(keys) + "\n", encoding="utf-8")
        applied = self.run("apply")
        if applied.exception:
            raise applied.exception
        with open_app(load_settings(self.config, {}), SystemClock(), load()) as app:
            started = app.host.authorization.start("books", "test")
            picked = {"realm": REALM} if self.ledger == "quickbooks" else {"tenant": TENANT}
            consent = requests.get(started.url, params=picked, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])
        return applied

    def sync(self, *files: Path) -> None:
        """Bring files in, book and send."""
        for file in files:
            self.run("import", "--connection", self._source, str(file))
        self.run("sync")

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self.config), *words], standalone_mode=False)

    def held(self) -> list[str]:
        """Why vouchers are held, or what is asked before any is made."""
        told: Any = json.loads(self.run("held", "--json").stdout)
        return [one["code"] for one in told["questions"]] or [one["reason"] for one in told["vouchers"]]

    def findings(self) -> list[str]:
        """What is found of the route and open, by code."""
        with open_app(load_settings(self.config, {}), SystemClock(), load()) as app, app.store.reading() as unit:
            route_id = unit.routes.get(self._source).route_id
            return sorted(kept.finding.code for kept in unit.findings.of_route(route_id, FindingState.OPEN))

    def lines(self) -> list[str]:
        """Every line that bears a tax code: what it stands in, its account, its amount without tax, code and tax.

        Amounts: credit negative.
        """
        read = self._of_quickbooks if self.ledger == "quickbooks" else self._of_xero
        return sorted(read())

    def kinds(self) -> set[str]:
        """As which objects the ledger holds what it was sent."""
        kinds = ("JournalEntry", "SalesReceipt", "RefundReceipt", "Transfer")
        if self.ledger == "xero":
            kinds = ("Invoices", "CreditNotes", "ManualJournals", "Payments")
        return {kind for kind in kinds if self.sandbox.entities(self.account, kind)}

    def balance(self, number: str) -> int:
        return self.sandbox.trial_balance(self.account).get(number, 0)

    def _of_quickbooks(self) -> Iterator[str]:
        names = {one["Id"]: one["Name"] for one in self.sandbox.entities(REALM, "TaxCode")}
        numbers = {one["Id"]: one.get("AcctNum", "") for one in self.sandbox.entities(REALM, "Account")}
        for found in self.sandbox.entities(REALM, "JournalEntry"):
            for line in found["Line"]:
                detail = line["JournalEntryLineDetail"]
                if code := detail.get("TaxCodeRef", {}).get("value"):
                    sign = 1 if detail["PostingType"] == "Debit" else -1
                    side = "" if detail["TaxApplicableOn"] == "Sales" else " bought"
                    net, tax = sign * _decimal(line["Amount"]), sign * _decimal(detail["TaxAmount"]) + 0
                    yield f"{numbers[detail['AccountRef']['value']]} {net} {names[code]}{side} {tax}"
        for kind, sign in (("SalesReceipt", -1), ("RefundReceipt", 1)):
            for found in self.sandbox.entities(REALM, kind):
                for line in found["Line"]:
                    if detail := line.get("SalesItemLineDetail"):
                        net, code = _decimal(line["Amount"]), names[detail["TaxCodeRef"]["value"]]
                        number = numbers[detail["ItemAccountRef"]["value"]]
                        tax = _decimal(detail["TaxInclusiveAmt"]) - net
                        yield f"{number} {sign * net + 0} {code} {sign * tax + 0}"

    def _of_xero(self) -> Iterator[str]:
        names = {one["AccountID"]: one.get("Code", "") for one in self.sandbox.entities(TENANT, "Accounts")}
        for kind, sign in (("Invoices", -1), ("CreditNotes", 1)):
            for found in self.sandbox.entities(TENANT, kind):
                for line in found["LineItems"]:
                    tax, gross = _decimal(line["TaxAmount"]), _decimal(line["LineAmount"])
                    number = names.get(line.get("AccountID", ""), line.get("AccountCode", ""))
                    yield f"{number} {sign * (gross - tax)} {line['TaxType']} {sign * tax + 0}"
        for found in self.sandbox.entities(TENANT, "ManualJournals"):
            for line in found["JournalLines"]:
                tax, gross = _decimal(line.get("TaxAmount", 0)), _decimal(line["LineAmount"])
                number = names.get(line.get("AccountID", ""), line.get("AccountCode", ""))
                yield f"{number} {gross - tax} {line['TaxType']} {tax}"


@contextmanager
def company(
    ledger: str, folder: Path, country: str, currency: str, zone: str = "UTC", says: Says = NOTHING
) -> Iterator[Company]:
    """A company of a country. says: further settings of the sandbox."""
    if ledger == "quickbooks":
        with QuickBooksSandbox() as quickbooks:
            quickbooks.add_company(REALM, home_currency=currency, country=country, name="Acme Ltd", **says)
            yield Company(ledger, folder, quickbooks, zone)
    else:
        with XeroSandbox() as xero:
            xero.add_organisation(TENANT, base_currency=currency, country=country, name="Acme Ltd", **says)
            yield Company(ledger, folder, xero, zone)


def shop_order(folder: Path, currency: str, *rates: Rate, order_id: int = 130) -> Path:
    """A paid order of one thing at 100.00, as the shop's API answers it, with these taxes on it."""
    pages: Any = json.loads(P28.read_text(encoding="utf-8"), parse_float=Decimal)
    (order,) = pages[0]["body"]
    tax = sum((Decimal(amount) for _, _, amount in rates), Decimal(0))
    (item,) = order["line_items"]
    item |= {"id": 10 * order_id, "subtotal_tax": f"{tax}", "total_tax": f"{tax}", "taxes": _cells(rates)}
    order |= {
        "id": order_id,
        "number": f"{order_id}",
        "transaction_id": f"ch_syn_{order_id}",
        "currency": currency,
        "total": f"{100 + tax}",
        "total_tax": f"{tax}",
        "tax_lines": [_tax_line(number, rate) for number, rate in enumerate(rates, start=11)],
    }
    made = folder / f"order-{order_id}.json"
    made.write_text(json.dumps(pages, default=float), encoding="utf-8")
    return made


def _cells(rates: Sequence[Rate]) -> list[Mapping[str, object]]:
    return [{"id": number, "total": each[2], "subtotal": each[2]} for number, each in enumerate(rates, start=11)]


def _tax_line(number: int, rate: Rate) -> Mapping[str, object]:
    code, percent, amount = rate
    return {
        "id": 1380 + number,
        "rate_code": code,
        "rate_id": number,
        "label": "Tax",
        "compound": False,
        "tax_total": amount,
        "shipping_tax_total": "0",
        "rate_percent": Decimal(percent),
        "meta_data": [],
    }


def _decimal(told: object) -> Decimal:
    return Decimal(str(told)).quantize(Decimal("0.01"))
