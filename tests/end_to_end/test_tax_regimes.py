"""A shop's raw answer into a company abroad, by the command line: held with the question, booked once answered."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from bridge.app import open_app
from bridge.cli.main import cli
from bridge.clock import SystemClock
from bridge.host.loader import load
from bridge.settings import load_settings
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.fakes.stores import put_migrated

P28 = Path(__file__).parent / "samples" / "P28_canada_gst_qst.json"
REALM = "9130000000000028"
SETTINGS = """
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
[plugins.quickbooks]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000
calls_per_second = 1000
batches_per_minute = 60000
batch_items_per_minute = 60000
[connections.shop]
plugin = "woocommerce"
account = "shop.example.com"
[connections.books]
plugin = "quickbooks"
account = "{realm}"
customer = "Sales channels"
[routes.shop]
source = "shop"
ledger = "books"
time_zone = "America/Toronto"
first_day = 2026-01-01
"""
HELD = "held route shop books nothing yet: it states no tax_regime, and Boutique Érable Inc is a company in CA"
NEXT = (
    'next: Write tax_regime = "gst_hst" (registered for GST/HST) or "not_registered" in [routes.shop] of bridge.toml; '
    "then run `bridge apply`"
)


class Boutique:
    """A shop in Quebec whose books are a Canadian company in a sandbox QuickBooks."""

    def __init__(self, folder: Path, sandbox: QuickBooksSandbox) -> None:
        self.sandbox, self.config = sandbox, folder / "bridge.toml"
        sandbox.add_company(REALM, home_currency="CAD", country="CA", name="Boutique Érable Inc")
        CliRunner().invoke(cli, ["init", str(folder)], standalone_mode=False)
        put_migrated(folder / "bridge.db")
        self.state()

    def state(self, *keys: str) -> Result:
        """Put these further keys on the route, and apply."""
        text = SETTINGS.format(base_url=self.sandbox.base_url, realm=REALM) + "\n".join(keys) + "\n"
        self.config.write_text(text, encoding="utf-8")
        return self.run("apply")

    def authorize(self) -> None:
        """Play the browser."""
        with open_app(load_settings(self.config, {}), SystemClock(), load()) as app:
            started = app.host.authorization.start("books", "test")
            consent = requests.get(started.url, params={"realm": REALM}, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self.config), *words], standalone_mode=False)

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def balances(self) -> dict[str, int]:
        """The company's own trial balance."""
        return {account: minor for account, minor in self.sandbox.trial_balance(REALM).items() if minor}


@pytest.fixture
def boutique(tmp_path: Path) -> Iterator[Boutique]:
    with QuickBooksSandbox() as sandbox:
        yield Boutique(tmp_path, sandbox)


def test_a_canadian_shop_is_held_with_the_question_and_nothing_stands_on_2100_p28(boutique: Boutique) -> None:
    boutique.authorize()
    imported = boutique.run("import", "--connection", "shop", str(P28))

    assert imported.return_value == 3
    for words in (["sync"], ["routes"], ["preview"], ["apply"]):
        said = boutique.run(*words).output
        assert (HELD in said, NEXT in said) == (True, True), words
    assert HELD in imported.output
    assert HELD.replace("held ", "held 1 document: ") in boutique.run("held").output
    assert boutique.run("sync").return_value == 3, "a scheduler must hear of it"
    held = boutique.json("held")
    assert [(one["code"], one["company"], one["country"]) for one in held["questions"]] == [
        ("tax_regime.unstated", "Boutique Érable Inc", "CA")
    ]
    assert [one["document"]["identity"]["external_id"] for one in held["documents"]] == ["130"]
    assert held["vouchers"] == []
    assert boutique.balances() == {}


def test_a_regime_of_the_united_states_is_questioned_too_until_it_is_confirmed_p28(boutique: Boutique) -> None:
    boutique.authorize()
    boutique.state('tax_regime = "us_sales_tax"')
    boutique.run("import", "--connection", "shop", str(P28))
    (question,) = boutique.json("held")["questions"]

    assert question["code"] == "tax_regime.misfit"
    assert boutique.balances() == {}
    applied = boutique.state('tax_regime = "us_sales_tax"', 'tax_regime_confirmed = "CA"')
    assert "books nothing" not in applied.output
    boutique.run("sync")
    assert boutique.balances() == {"1220": 11498, "2100": -1498, "4000": -10000}


def test_a_small_supplier_books_the_price_as_it_is_p28(boutique: Boutique) -> None:
    boutique.sandbox.set(REALM, uses_sales_tax=False)
    boutique.authorize()
    boutique.run("import", "--connection", "shop", str(P28))
    boutique.state('tax_regime = "not_registered"')
    boutique.run("sync")

    assert boutique.balances() == {"1220": 11498, "4000": -11498}
    assert "tax not_registered: tax is part of price and cost; Boutique Érable Inc is in CA" in (
        boutique.run("routes").output
    )


def test_a_small_supplier_that_books_each_order_sends_forms_to_which_no_tax_applies(boutique: Boutique) -> None:
    """Outside the United States QuickBooks wants a code on each line of a form, unless that says that none applies."""
    boutique.sandbox.set(REALM, uses_sales_tax=False)
    boutique.authorize()
    boutique.run("import", "--connection", "shop", str(P28))
    boutique.state('tax_regime = "not_registered"\nmode = "order"')
    boutique.run("sync")

    assert boutique.json("held")["vouchers"] == []
    assert boutique.balances() == {"1220": 11498, "4000": -11498}
    (form,) = boutique.sandbox.entities(REALM, "SalesReceipt")
    assert (form["GlobalTaxCalculation"], float(form["TotalAmt"])) == ("NotApplicable", 114.98)


def test_before_the_ledger_was_asked_nothing_is_booked_and_the_next_step_is_said(boutique: Boutique) -> None:
    imported = boutique.run("import", "--connection", "shop", str(P28))

    assert imported.return_value == 3
    assert "has not told yet in which country its company is" in imported.output
    assert "bridge connections authorize books" in imported.output
    assert boutique.json("routes")[0]["books_by"] is None


def test_signing_in_says_whose_books_these_are_and_asks_at_once_p28(boutique: Boutique) -> None:
    words = ["--config", str(boutique.config), "connections", "authorize", "books", "--paste"]
    with subprocess.Popen(
        [sys.executable, "-m", "bridge", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stop = threading.Timer(30, process.kill)
        stop.start()
        address = next(line.strip() for line in process.stdout if "/oauth2/authorize" in line)
        page = requests.get(address, params={"realm": REALM}, allow_redirects=False, timeout=60)
        told, _ = process.communicate(page.headers["Location"] + "\n")
        stop.cancel()

    assert process.returncode == 0
    assert "Boutique Érable Inc: in CA, books in CAD.\nroute shop:\n" in told
    assert HELD in told
    assert HELD in boutique.run("apply").output, "from now on the country is known"


def test_a_gateway_that_is_misspelt_is_told_with_those_that_were_seen(boutique: Boutique) -> None:
    boutique.authorize()
    tenders = "\n[routes.shop.tenders]\n"
    boutique.state('tax_regime = "not_registered"', tenders + '"strip*" = "1240"\n"pay_pal" = "1240"')
    assert boutique.json("routes")[0]["unmet_tenders"] == [], "nothing was seen yet"
    boutique.run("import", "--connection", "shop", str(P28))

    told = boutique.run("routes").output
    assert "tender 'pay_pal' fits no gateway seen so far: stripe" in told
    assert "strip*" not in told


def test_a_tax_code_of_another_rate_is_told_at_apply_and_holds_what_it_serves(boutique: Boutique) -> None:
    """HST ON is 13 %, the treatment 5 %: the return would be wrong, line by line."""
    boutique.authorize()
    boutique.run("sync")
    keys = ['tax_regime = "vat_standard"', 'tax_regime_confirmed = "CA"', "[routes.shop.tax_codes]"]
    applied = boutique.state(*keys, '"sale:5" = "HST ON"')

    assert "sale:5 is mapped to 'HST ON', a code of 13 %: what it serves is held (tax_code.rate)" in applied.output
    assert "sale:5 is mapped to 'HST ON'" in boutique.run("routes").output
    assert boutique.json("apply")["odd_tax_codes"] == [["shop", "sale:5 is mapped to 'HST ON', a code of 13 %"]]
