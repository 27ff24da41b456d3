"""A fresh fake QuickBooks with one company for each test."""

from collections.abc import Iterator

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


@pytest.fixture
def sandbox() -> Iterator[QuickBooksSandbox]:
    with QuickBooksSandbox() as running:
        running.add_company(REALM)
        yield running
        assert running.server.crashes == []


@pytest.fixture
def client(sandbox: QuickBooksSandbox) -> Iterator[Client]:
    opened = Client(sandbox)
    yield opened
    opened.close()
