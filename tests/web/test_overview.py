"""The overview: every route of an organisation, and nothing of another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.web.people import Role
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant
from tests.web.visiting import ann, text_of, visiting


@pytest.fixture
def merchant(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        made = Merchant(tmp_path, sandbox, "gb")
        made.connect()
        yield made


def test_every_route_is_shown(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(Role.VIEWER)) as client:
        shown = client.get("/o/local/")
    assert shown.status_code == 200
    assert "amazon-gb" in text_of(shown.text)


def test_who_has_no_seat_is_not_told_that_there_is_an_organisation(merchant: Merchant) -> None:
    with visiting(merchant.config, ann(organisation="other")) as client:
        assert client.get("/o/local/").status_code == 404
