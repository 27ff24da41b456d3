"""A company in the sandbox, and entries to put into it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bridge.model.entries import JournalEntry
from bridge_quickbooks.settings import QuickBooksSettings
from bridge_quickbooks.sink import QuickBooksSink
from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.company import REALM, Books, SinkContext, entry, payout_entry


def _opened(sandbox: QuickBooksSandbox, **settings: str) -> Books:
    sandbox.add_company(REALM, **settings)
    app = QuickBooksSettings(
        client_id=sandbox.client_id, client_secret=SecretStr(sandbox.client_secret), base_url=sandbox.base_url
    )
    context = SinkContext(app, sandbox.issue_tokens(REALM)[0])
    return Books(sandbox, context, QuickBooksSink(context))


@pytest.fixture
def books() -> Iterator[Books]:
    with QuickBooksSandbox() as sandbox:
        yield _opened(sandbox)


@pytest.fixture
def british_books() -> Iterator[Books]:
    with QuickBooksSandbox() as sandbox:
        yield _opened(sandbox, home_currency="GBP", country="GB")


@pytest.fixture
def sales() -> JournalEntry:
    """Month part of a settlement: 100.00 of sales, 15.55 of fees, the rest on clearing."""
    return entry(("1200", 8445, "carry"), ("4000", -10000, "sale.product"), ("6000", 1555, "fee.referral"))


@pytest.fixture
def payout() -> JournalEntry:
    """The bank leg of a settlement of 84.45."""
    return payout_entry()
