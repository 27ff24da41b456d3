"""A fresh fake Xero with one British organisation for each test."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bridge_xero_sandbox import XeroSandbox
from plugins.xero.tests.sandbox.client import TENANT, Client


@pytest.fixture(scope="session")
def closing() -> Iterator[ThreadPoolExecutor]:
    """Where servers are stopped while the next test runs; the last is waited for."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def sandbox(closing: ThreadPoolExecutor) -> Iterator[XeroSandbox]:
    running = XeroSandbox()
    running.add_organisation(TENANT)
    yield running
    closing.submit(running.stop)
    assert running.server.crashes == []


@pytest.fixture
def client(sandbox: XeroSandbox) -> Iterator[Client]:
    opened = Client(sandbox)
    yield opened
    opened.close()
