"""Everything that is logged while a test runs, at any level, whatever was set up before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
import structlog
from structlog.testing import capture_logs

from bridge import log


@pytest.fixture
def logs() -> Iterator[Sequence[Mapping[str, object]]]:
    before = structlog.get_config()
    log.configure(level="debug")
    with capture_logs() as found:
        yield found
    structlog.configure(**before)
