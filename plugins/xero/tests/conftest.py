"""An organisation in the sandbox, one entry of every kind to put into it, and Xero's own address without Xero."""

from collections.abc import Iterator
from datetime import date

import pytest
import responses
from pydantic import SecretStr

from bridge.model.entries import JournalEntry, Purpose
from bridge_xero.settings import XeroSettings
from bridge_xero.sink import XeroSink
from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.books import Books
from plugins.xero.tests.organisation import TENANT, TOTAL, SinkContext, entry, leg, refund, sale

ENTRIES: dict[str, JournalEntry] = {
    "settlement": entry(
        leg("4000", -12000, "sale.product", tax_code="sale:20", tax_minor=-2001),
        leg("6000", 1704, "fee.referral", tax_code="purchase:20", tax_minor=284),
        leg("4500", -500, "reimb.inventory", tax_code="none"),
        leg("1100", 10796, TOTAL),
    ),
    "part": entry(leg("4000", -12000, "sale.product"), leg("1280", 12000, "carry"), group="settlement 2"),
    "negative": entry(leg("6200", 5000, "fee.advertising"), leg("1200", -5000, TOTAL), group="settlement 3"),
    "order": entry(
        sale("4000", -10500, "sale.product", tax_code="sale:20", tax_minor=-1750),
        sale("1210", 8000),
        sale("2200", 2500),
        purpose=Purpose.ORDER,
        group="1001",
        narration="Shopify order #1001",
    ),
    "refund": entry(
        refund("4200", 2000, "refund.product"), refund("1210", -2000), purpose=Purpose.REFUND, group="refund 7"
    ),
    "journal": entry(
        leg("6100", 310, "fee.payment", tax_code="purchase:exempt"),
        leg("1210", -310),
        purpose=Purpose.JOURNAL,
        group="fees",
        narration="Shopify fees 2026-06-30",
    ),
    "spent": entry(leg("6100", 310, "fee.payment"), leg("1230", -310), purpose=Purpose.JOURNAL, group="wallet"),
    "received": entry(leg("4500", -310, "reimb"), leg("1230", 310), purpose=Purpose.JOURNAL, group="wallet 2"),
    "transfer": entry(
        leg("1000", 8445, "bank"),
        leg("1230", -8445, "bank"),
        purpose=Purpose.BANK,
        group="payout 9",
        on=date(2026, 7, 8),
    ),
}


def connected(sandbox: XeroSandbox) -> Books:
    """Our sink, let into the sandbox's organisation."""
    app = XeroSettings(
        client_id=sandbox.client_id, client_secret=SecretStr(sandbox.client_secret), base_url=sandbox.base_url
    )
    context = SinkContext(app, sandbox.issue_tokens(TENANT)[0])
    return Books(sandbox, context, XeroSink(context))


@pytest.fixture
def books() -> Iterator[Books]:
    with XeroSandbox() as sandbox:
        sandbox.add_organisation(TENANT, currencies=["EUR"])
        yield connected(sandbox)
        assert sandbox.server.crashes == []


@pytest.fixture
def net() -> Iterator[responses.RequestsMock]:
    """Xero at its own address, answering as the test says."""
    with responses.RequestsMock() as mocked:
        yield mocked
