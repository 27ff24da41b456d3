"""A merchant with two sellers whose books were synced and checked, before the site: made once for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant
from tests.end_to_end.sellers import SELLERS

FILES = {"gb": "gb_v2_dmy.txt", "us": "us_v2_standard.txt"}
HOSTILE = "Acme <script>alert(1)</script> & Sons"


@contextmanager
def shop(folder: Path) -> Iterator[Merchant]:
    """Gb was delivered and checked; of us a file came, and nothing was sent yet."""
    with QuickBooksSandbox() as sandbox:
        for seller in SELLERS:
            sandbox.add_company(seller.realm, home_currency=seller.currency, name=HOSTILE)
        merchant = Merchant(folder, sandbox, *FILES)
        merchant.connect()
        for country, name in FILES.items():
            merchant.import_samples(country, name)
        merchant.ok("sync", "gb")
        merchant.ok("drift", "gb")
        yield merchant
