"""What ``bridge preview`` shows: the tax of every line, in the ledger's words, in a window of 80 columns."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import cli
from tests.end_to_end.shops import Shops, shops

COLUMNS = 80
SALES = """\
account                                    ┃ tax inside ┃     debit ┃    credit
━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━
4000 Product sales                         │       0.00 │           │     15.00
  sale:0 = Zero Rated Income               │            │           │
  Product sales (sale.product), 1 line     │            │           │
4000 Product sales                         │       6.00 │           │     36.00
  sale:20 = 20% (VAT on Income)            │            │           │
  Product sales (sale.product), 2 lines    │            │           │
4050 Shipping income                       │       0.83 │           │      4.99
  sale:20 = 20% (VAT on Income)            │            │           │
  Shipping income (sale.shipping), 2 lines │            │           │
Accounts receivable                        │            │     55.99 │
  Posted by Xero itself: what is owed      │            │           │
total                                      │            │ 55.99 GBP │ 55.99 GBP
"""


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Shops]]:
    folder = tmp_path_factory.mktemp("preview")
    with shops(folder, "shop-gb", "woo-us") as open_shops:
        open_shops.import_and_book("shop-gb", "woo-us")
        yield folder, open_shops


def at_a_terminal(folder: Path, *words: str) -> str:
    """What a person reads in a window of 80 columns."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "bridge", "--config", str(folder / "bridge.toml"), *words]
    with subprocess.Popen(command, stdout=writer, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(writer)
        told = b"".join(_read(reader))
        os.close(reader)
    assert process.returncode == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", told.decode()).replace("\r\n", "\n")


def _read(reader: int) -> Iterator[bytes]:
    """Until the other side is closed, which Linux tells as an error."""
    try:
        while piece := os.read(reader, 65_536):
            yield piece
    except OSError as ended:
        if ended.errno != errno.EIO:
            raise


def test_every_line_shows_treatment_code_and_tax_and_fits_eighty_columns(opened: tuple[Path, Shops]) -> None:
    told = "\n".join(line.rstrip() for line in at_a_terminal(opened[0], "preview").splitlines())

    assert SALES in told
    assert "tax vat_standard: tax stands inside the lines it was charged on; Acme is in GB" in told
    assert [line for line in told.splitlines() if {"│", "┃"} & set(line) and len(line) > COLUMNS] == []


def test_an_entry_is_explained_with_the_same_treatments_codes_and_tax(opened: tuple[Path, Shops]) -> None:
    folder, _ = opened
    config = ["--config", str(folder / "bridge.toml")]
    (shown,) = json.loads(CliRunner().invoke(cli, [*config, "preview", "shop-gb", "--json"]).stdout)["routes"]
    invoice = next(one for one in shown["vouchers"] if one["voucher"] and one["voucher"]["type"] == "Invoice")
    told = CliRunner().invoke(cli, [*config, "explain", invoice["voucher_id"], "--lines", "0"]).stdout

    for posting in (
        "credit 4000 Product sales: 15.00 GBP, sale.product\n   tax sale:0 = Zero Rated Income\n",
        "credit 4000 Product sales: 36.00 GBP, sale.product\n   tax sale:20 = 20% (VAT on Income), 6.00 GBP inside\n",
        "credit 4050 Shipping income: 4.99 GBP, sale.shipping\n   tax sale:20 = 20% (VAT on Income), 0.83 GBP inside\n",
    ):
        assert posting in told


def test_a_voucher_without_tax_codes_has_no_column_of_tax(opened: tuple[Path, Shops]) -> None:
    told = at_a_terminal(opened[0], "preview", "woo-us")

    assert "tax us_sales_tax: tax stands on lines of its own; Acme is in US" in told
    assert "2100 Sales tax collected - to remit" in told
    assert "tax inside" not in told


def test_where_tax_stands_on_lines_of_its_own_no_line_is_told_to_be_not_taxed(tmp_path: Path) -> None:
    """The ledger's receipts bear its code for that all the same."""
    with shops(tmp_path, "woo-us", mode="order") as open_shops:
        open_shops.import_and_book("woo-us")
        told = at_a_terminal(tmp_path, "preview", "woo-us")
        (shown,) = json.loads(
            CliRunner().invoke(cli, ["--config", str(tmp_path / "bridge.toml"), "preview", "--json"]).stdout
        )["routes"]
        coded = [one["voucher_id"] for one in shown["vouchers"] if any(tax["code"] for tax in one["taxes"])]
        explained = at_a_terminal(tmp_path, "explain", coded[0])

    assert "2100 Sales tax collected - to remit" in told
    for text in (told, explained):
        assert "Not taxed" not in text
        assert "tax inside" not in text
        assert "   tax " not in text.replace("   tax us_sales_tax", "")


def test_a_payment_stands_behind_the_invoice_that_it_pays(opened: tuple[Path, Shops]) -> None:
    folder, _ = opened
    words = ["--config", str(folder / "bridge.toml"), "preview", "shop-gb", "--json"]
    (shown,) = json.loads(CliRunner().invoke(cli, words, standalone_mode=False).stdout)["routes"]
    vouchers = [one["voucher"] for one in shown["vouchers"] if one["voucher"]]

    for before, after in pairwise(vouchers):
        if after["pays"]:
            assert after["pays"] in {before["voucher_id"], before["pays"]}
    taxes = [tax for one in shown["vouchers"] for tax in one["taxes"] if tax["treatment"] == "sale:20"]
    assert {(tax["code"], tax["name"]) for tax in taxes} == {("OUTPUT2", "20% (VAT on Income)")}
