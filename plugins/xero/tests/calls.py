"""One organisation at Xero's own address, as ``responses`` answers for it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bridge.errors import BridgeError
from bridge.transport import HostSession
from bridge_xero.client import Client
from bridge_xero.outcomes import outcomes
from bridge_xero.parse import Chart
from plugins.xero.tests.organisation import TENANT, TOTAL, PatientClock, entry, leg, planned

API = "https://api.xero.com"
HERE = f"{API}/api.xro/2.0"
ID = "d5be01fb-09e6-4c3a-85c6-0bf2b102aefd"
INVOICE = {"InvoiceID": ID, "Type": "ACCREC", "Status": "AUTHORISED", "Date": "/Date(1782777600000+0000)/"}
JULY = (date(2026, 7, 1), date(2026, 7, 31))
CHART = Chart("GBP", "ar", "ap", {"200": "sales"}, {})


def client(
    tenant: str = TENANT,
    *,
    clock: PatientClock | None = None,
    page_size: int = 500,
    token: Callable[[], str] | None = None,
    api_url: str = API,
    read_seconds: float = 5,
) -> Client:
    hosts = frozenset({"api.xero.com", "127.0.0.1"})
    session = HostSession(hosts, PatientClock(), token or (lambda: f"token-of-{tenant}"), read_seconds=read_seconds)
    return Client(session, api_url=api_url, tenant=tenant, clock=clock or PatientClock(), page_size=page_size)


def create(by: Client | None = None, body: bytes = b'{"Invoices":[{}]}') -> Any:
    """What one create gives for its one voucher; raised where that is an error."""
    (voucher,) = planned(entry(leg("4000", -5, "sale.product"), leg("1100", 5, TOTAL)))
    answer = (by or client()).create("Invoice", body, key="brk_a-0", thing="Invoice A")
    (made,) = outcomes([voucher], answer, "Invoice A")
    if isinstance(made, BridgeError):
        raise made
    return made


def refused(by: Client | None = None) -> BridgeError:
    with pytest.raises(BridgeError) as caught:
        create(by)
    return caught.value
