"""From an organisation that has nothing to what would be sent to its ledger, in a browser that runs no scripts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from tests.web.wizard import REALM, SECRETS, TENANT, Merchant, Vendors


@pytest.fixture(scope="module")
def vendors() -> Iterator[Vendors]:
    with ExitStack() as stack:
        yield Vendors(stack)


@pytest.fixture(params=["file", "hosted"])
def merchant(request: pytest.FixtureRequest, tmp_path: Path, vendors: Vendors) -> Merchant:
    return Merchant(tmp_path, vendors, is_hosted=request.param == "hosted")


@pytest.fixture
def hosted(tmp_path: Path, vendors: Vendors) -> Merchant:
    return Merchant(tmp_path, vendors, is_hosted=True)


def test_an_empty_organisation_gets_to_a_preview(merchant: Merchant) -> None:
    merchant.vendors.shopify.shop.sell("20.00")
    merchant.vendors.shopify.clock.advance(-3 * 86_400)
    with merchant.browser() as browser:
        assert "Nothing is connected yet" in browser.open("/connections").says
        assert "QuickBooks" in browser.open("/connect").says
        browser.connect_quickbooks()
        assert (browser.status, "Acme" in browser.says) == (200, True), browser.says
        browser.connect_shop()
        assert "acme.myshopify.com" in browser.says
        form = browser.open("/connections/shop/route").fields()
        assert form["answer.time_zone"] == "America/New_York"
        browser.make_route()
        assert "Dry run of shop" in browser.says
        browser.send("/connections/shop/first-run")
    print(browser.says)
    assert 0
