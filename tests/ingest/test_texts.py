"""What people call documents."""

from __future__ import annotations

import pytest

from bridge.model.documents import DocumentKind, called


@pytest.mark.parametrize(
    ("kind", "title", "name"),
    [
        (DocumentKind.ORDER, "#1001", "order #1001"),
        (DocumentKind.ORDER, "EN 1001", "order EN 1001"),
        (DocumentKind.ORDER, "", "order 7"),
        (DocumentKind.REFUND, "Refund 115 of order 83", "Refund 115 of order 83"),
        (DocumentKind.REFUND, "Return of #1001", "Return of #1001"),
        (DocumentKind.REFUND, "R-115", "refund R-115"),
        (DocumentKind.ADJUSTMENT, "Shopify dispute 77", "Shopify dispute 77"),
        (DocumentKind.PAYOUT, "Shopify payout of 2026-09-07", "Shopify payout of 2026-09-07"),
        (DocumentKind.SETTLEMENT, "Amazon settlement 7", "settlement 7"),
    ],
)
def test_a_document_is_called_what_it_is_once(kind: DocumentKind, title: str, name: str) -> None:
    assert called(kind, "7", title) == name
