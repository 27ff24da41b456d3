"""The host's tests run over one kind of database; that both kinds keep their promises is the store's own suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.host.oauth_server import OAuthServer


@pytest.fixture
def oauth_server() -> Iterator[OAuthServer]:
    with OAuthServer() as server:
        yield server
