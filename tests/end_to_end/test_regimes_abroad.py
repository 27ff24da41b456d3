"""Tax regimes outside the United States, each from a raw file or page to the lines of both ledgers (C1, C2, C20, C25)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.end_to_end.abroad import LEDGERS, P28, SETTLEMENTS, Rate, company, shop_order

BC: tuple[Rate, ...] = (("CA-BC-GST-1", "5", "5.00"), ("CA-BC-PST-2", "7", "7.00"))
CANADA = ("CA", "CAD", "America/Toronto")


@pytest.mark.parametrize("ledger", LEDGERS)
def test_two_taxes_on_a_line_become_the_ledgers_one_code_for_both_p28(ledger: str, tmp_path: Path) -> None:
    """GST 5 and QST 9.975 of Quebec: 14.98 on 100.00."""
    with company(ledger, tmp_path, *CANADA) as acme:
        acme.declare('tax_regime = "gst_hst"')
        acme.sync(P28)
        print(acme.run("held").output, acme.kinds())
        assert acme.lines() == {"quickbooks": ["4000 -100.00 GST/QST QC - 9.975 -14.98"], "xero": ["4000 -100.00 TAX007 -14.98"]}[ledger]
