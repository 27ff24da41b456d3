"""A sound plugin passes every check of its kit."""

from __future__ import annotations

from tests.kit.books import Books
from tests.kit.pulled import Pulled
from tests.kit.shop import Shop


class TestShop(Shop):
    """The tiny shop."""


class TestBooks(Books):
    """The tiny ledger."""


class TestPulled(Pulled):
    """The tiny shop that is pulled."""
