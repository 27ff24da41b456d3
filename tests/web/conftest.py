"""One morning for all pages of a bookkeeper: it takes seconds to make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.merchant import Merchant
from tests.web.reviewing import reviewing


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with reviewing(tmp_path_factory.mktemp("morning")) as made:
        yield made


@pytest.fixture
def reviewed(morning: Merchant, tmp_path: Path) -> Merchant:
    """A merchant as that morning begins, with the same ledger."""
    return morning.again(tmp_path / "again", morning.sandbox)
