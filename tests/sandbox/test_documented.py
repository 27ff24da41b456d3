"""The fake that the contract's page shows is one."""

from typing import Any

import requests

from tests.docs.pages import page


def test_the_fake_on_the_page_answers_is_told_and_keeps_its_limits() -> None:
    """F44"""
    [block] = [one for one in page("docs/reference/contract.md").blocks() if "class AcmeSandbox" in one.text]
    names: dict[str, Any] = {}
    exec(compile(block.text, "contract.md", "exec"), names)  # noqa: S102 - what readers are told to write
    with names["AcmeSandbox"]() as acme:
        acme.clock.set(acme.clock.now())
        url, key = f"{acme.base_url}/orders", {"Authorization": "Bearer acme-token"}
        told = requests.post(f"{acme.base_url}/_sandbox/sell", json={"number": "A-2"}, timeout=60)
        first = requests.get(url, headers=key, timeout=60)
        acme.faults.order("throttle", label="orders")
        statuses = [requests.get(url, headers=key, timeout=60).status_code for _ in range(3)]
        acme.clock.advance(1)

        assert (told.status_code, first.json()) == (201, {"orders": ["A-1", "A-2"]})
        assert statuses == [429, 200, 429]
        assert requests.get(url, headers=key, timeout=60).status_code == 200
        assert requests.get(url, timeout=60).json() == {"error": "unauthorized"}
        assert requests.post(f"{acme.base_url}/_sandbox/sell", data="[", timeout=60).status_code == 400
        assert acme.requests.count(label="orders", status=429) == 2
        assert acme.summary().splitlines() == [
            f"Acme sandbox         {acme.base_url}",
            "  access token       acme-token",
            f"  admin door         {acme.base_url}/_sandbox",
        ]
