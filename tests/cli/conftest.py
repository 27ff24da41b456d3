"""What the commands' tests have in common."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.warm import warm_bridge


@pytest.fixture(scope="session")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ``bridge`` to start as a process: each call is one of its own, so that tests may share it."""
    place = tmp_path_factory.mktemp("bin") / "bridge"
    with warm_bridge(place, Path(sys.executable)):
        yield place
